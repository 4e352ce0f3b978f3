abi <abi/4.0>,
profile priorities {
  /a/** r,
  priority=1 deny /a/b r,
  priority=2 /a/b r,
  priority=-1 deny /a/c r,
  priority=1 /bin/* px,
  /bin/x ix,
  priority=5 capability chown,
  deny capability chown,
  priority=1 userns,
  deny userns,
}
