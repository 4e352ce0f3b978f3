abi <abi/4.0>,
@{one} = /a /b
@{one} += /c
@{two} = @{one}/x{1,2}
@{PROC} = /proc/
alias /old/ -> /new/,
profile variables {
  @{one}/** r,
  @{two} w,
  @{PROC}/@{profile_name} r,
  /old/place rw,
  owner @{one}/own/* k,
}
