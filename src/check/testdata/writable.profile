abi <abi/4.0>,

profile writable {
  include <abstractions/small>
  /srv/upload/** rw,
  /srv/** ix,
  /usr/bin/* ix,
  owner /home/*/bin/* w,
  /home/*/bin/tool px,
  /var/tmp/** rwix,
  audit deny /var/tmp/** mx,
  /log/* a,
  /log/run ix,
}
