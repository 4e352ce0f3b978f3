# A container's profile: no abi, silent denials, peers that are not stacked.
# vim: ft=apparmor

profile given {
  /** r,
  deny /etc/shadow r,
  deny /etc/gshadow r,
  audit deny /root/** r,
  signal (send, receive) peer=given,
  ptrace (trace, read) peer=@{profile_name},
  signal (receive) peer=unconfined,
  userns,
}

profile stacked {
  signal (send, receive) peer=stacked,
  signal (send, receive) peer={,**//&}stacked{,//&**},
}

/usr/bin/attached {
  signal (send, receive) peer=/usr/bin/attached,
}
