abi <abi/4.0>,
profile hats /usr/sbin/with-hats flags=(attach_disconnected) {
  /a r,
  ^one { /b r, }
  hat two flags=(complain) { /c w, }
  profile child /usr/bin/child { /d r, }
}
