abi <abi/3.0>,
profile network_old_abi {
  network inet tcp,
  network inet udp,
  network netlink dgram,
  network unix stream,
  deny network raw,
  deny network packet,
}
