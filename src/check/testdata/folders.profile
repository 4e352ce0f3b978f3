abi <abi/4.0>,

profile folders {
  /{,**} rw,
  audit deny /etc/** w,
  audit deny "/with blank/**" w,
  audit deny /secret/** r,
  audit deny /whole/{,**} w,
  audit deny /apart/ w,
  audit deny /apart/** w,
  audit deny /run/** x,
}

profile listing {
  /srv/** r,
  /data/** r,
  /data/ r,
  /deep/{,**} r,
  /write/** w,
}
