abi <abi/4.0>,
profile all_rule {
  all,
  deny /etc/shadow rw,
}
