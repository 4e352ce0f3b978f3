abi <abi/4.0>,
profile signals {
  signal send set=(term kill) peer=runc,
  signal (receive) peer=unconfined,
  signal peer=@{profile_name},
  signal set=(hup) ,
  audit signal receive set=(rtmin+3 exists) peer=/usr/bin/*,
  deny signal send peer=x//*,
  signal (send receive) set=("usr1" "usr2"),
  profile all { signal, }
}
