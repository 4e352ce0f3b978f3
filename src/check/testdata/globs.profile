# Docker's pattern, bane's, and regular expressions.
abi <abi/4.0>,
@{PROC}=/proc/

profile dockers {
  /{,**} rw,
  audit deny @{PROC}/{[^1-9/],[^1-9/][^0-9/],[^1-9s/][^0-9y/][^0-9s/],[^1-9/][^0-9/][^0-9/][^0-9/]*}/{,**} w,
  audit deny @{PROC}/sys/[^k]{,**} w,
  audit deny @{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w,
}

profile banes {
  /{,**} rw,
  audit deny @{PROC}/{[^1-9],[^1-9][^0-9],[^1-9s][^0-9y][^0-9s],[^1-9][^0-9][^0-9][^0-9]*}/{,**} w,
  audit deny @{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w,
}

profile exact {
  /{,**} rw,
  audit deny @{PROC}/sys/kernel/{[^s]*,s,sh,s[^h]*,sh[^m]*}{,/**} w,
  audit deny /sys/[^f]*/{,**} w,
}

profile elsewhere {
  /{,**} rw,
  audit deny /srv/[^a][^b]* w,
}

profile expressions {
  /usr/bin/(foo|bar) ix,
  /usr/bin/plain(1) ix,
  "/srv/(a|b)/c d" r,
}
