abi <abi/4.0>,
profile file_owner_audit_deny {
  owner /home/** rw,
  owner /home/*/bin/** ix,
  /home/shared r,
  audit /var/log/** w,
  audit deny /etc/shadow r,
  deny /etc/gshadow r,
  deny owner /home/*/.ssh/** rw,
  audit owner /tmp/** rwk,
  /tmp/x r,
  deny /home/*/.ssh/id_* mrwklx,
}
