abi <abi/4.0>,
profile ptraces {
  ptrace (trace read) peer=@{profile_name},
  ptrace readby peer=unconfined,
  ptrace tracedby,
  deny ptrace read peer=/usr/**,
  audit ptrace trace peer=dbg,
  profile all { ptrace, }
}
