# Slashes at the ends of a variable's values: which go, in words of every kind.
@{one} = /a/
@{two} = /b/ /d
@{long} = ///e/// f
@{star} = /home/*/ /root/
@{empty} = "" /g/
@{none} = ""
@{nested} = @{two}/h/@{one}

profile variable_slashes /opt/@{two}/@{one}/x {
  @{one}/1 r,
  @{two}/2 r,
  /x/@{two}/3 r,
  /x/@{one}@{two}/4 r,
  /x@{two}@{one} r,
  /@{long}/5 r,
  /y@{long}/6 r,
  /y/@{long}@{long} r,
  @{star}/.c/* r,
  /z/@{empty}@{two}/7 r,
  @{nested}/** r,
  /w{/@{two},@{one}/}/8 r,
  /v\/@{two}\/9 r,
  /srv//@{two}//10 r,
  /t@{none}/@{two}/19 r,
  /u/@{none}@{two}/20 r,
  @{none}/q/@{two}/21 r,
  /p/@{one}@{none}@{two}/22 r,
  link /l/@{two}/11 -> /@{one}/12,
  change_profile /x//@{two}/13 -> /x/@{two}//14,
  mount fstype=q/@{two}//15 /@{two}/16 -> /m/@{two}//17,
  umount //@{one}/18,
  pivot_root oldroot=/o/@{two}/ //@{two}/,
  signal peer=/x/@{two}//19,
  signal peer=//@{two}/20,
  signal peer=@{one}@{two}@{one},
  ptrace peer=:ns://@{two}/21,
  unix (bind) type=stream addr="@@{star}/.cache/*",
  unix (connect, send) type=stream peer=(addr="@//x//@{long}/*" label=/@{two}//x),
  dbus send bus=session path=/x/@{two}//22 interface=i/@{two} member=m/@{two} peer=(name=n/@{two} label=l/@{two}),
}
