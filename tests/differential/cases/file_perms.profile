abi <abi/4.0>,
profile file_perms {
  /read r,
  /write w,
  /append a,
  /lock k,
  /map m,
  /all rwmlkix,
  rw /first,
  file r /with-keyword,
  file /after-keyword w,
  "/quoted path" rw,
  /esc\ aped rw,
}
