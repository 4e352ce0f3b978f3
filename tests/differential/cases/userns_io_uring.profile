abi <abi/4.0>,
profile userns_io_uring {
  userns,
  io_uring sqpoll,
  io_uring override_creds label=other,
  profile denied { deny userns, deny io_uring, }
  profile audited { audit userns create, audit io_uring, }
  profile none { /x r, }
}
