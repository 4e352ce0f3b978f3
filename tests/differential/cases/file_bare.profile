abi <abi/4.0>,
profile file_bare {
  file,
  deny /etc/** w,
  audit deny /root/** rwklx,
}
