abi <abi/4.0>,

profile names {
  /bin/cat ix,
  /bin/ls ix,
  /usr/bin/ls ix,
  /{,usr/}bin/both ix,
  /var/run/app.pid rw,
  /run/other.pid rw,
  /var/run/other.pid rw,
  "/lib/quoted path" r,
  /lib/modules/** r,
  /usr/lib/** r,
  /bin/sh ix,
}

profile denied {
  /{,**} rix,
  audit deny /bin/mount x,
  audit deny /sbin/{,**} x,
  audit deny /usr/sbin/** x,
  audit deny /{,usr/}bin/sh x,
}

profile fine {
  /{,usr/}bin/{sh,dash} ix,
}
