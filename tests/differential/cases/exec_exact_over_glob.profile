abi <abi/4.0>,
profile exec_exact_over_glob {
  /usr/bin/* Px,
  /usr/bin/[ab] ix,
  /usr/bin/{c,d} Ux,
  /usr/bin/exact ix,
  audit /usr/bin/* r,
  owner /usr/bin/own ix,
}
