abi <abi/4.0>,
profile unix_sockets {
  unix type=stream,
  unix (create bind listen accept) type=stream addr=@one,
  unix (connect send receive) type=stream peer=(label=unconfined addr=@two/*),
  unix (send) type=dgram addr=none peer=(label=x),
  unix (getattr setattr getopt setopt shutdown) addr=@three,
  deny unix peer=(addr=@/containerd-shim/**),
  audit unix (bind) type=seqpacket addr=@a[0-9]*,
  profile all { unix, }
}
