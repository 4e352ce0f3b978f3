# An abi from before network_v8, with the one `}` too many that its file has.
abi <abi/kernel-5.4-outoftree-network>,
profile abi_5_4_outoftree {
  file,
  network inet stream,
  network raw,
  audit network unix,
  deny network netlink,
  mount,
  userns,
}
