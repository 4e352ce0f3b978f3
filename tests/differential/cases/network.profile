abi <abi/4.0>,
profile network {
  network inet stream,
  network inet6 dgram,
  network netlink raw,
  network unix,
  audit network packet,
  deny network raw,
  network tcp,
  deny network alg seqpacket,
  network inet icmp,
  profile all { network, deny network packet, }
  profile none { /x r, }
}
