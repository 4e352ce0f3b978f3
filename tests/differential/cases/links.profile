abi <abi/4.0>,
profile links {
  /a/** l,
  link /b -> /c,
  link subset /d/* -> /e/**,
  /f rwl -> /g,
  audit link /h -> /i,
  deny link /j -> /k,
  owner /l rl,
  deny /m wl,
}
