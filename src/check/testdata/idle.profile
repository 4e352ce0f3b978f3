# What does nothing, and why.
abi <abi/4.0>,

profile idle {
  include <abstractions/small>

  # covered by one rule, by two, and by what is included
  /etc/passwd r,   # the comment stays
  /etc/** r,
  /var/{a,b} r,
  /var/a rw,
  /var/b rk,
  /etc/hosts r,
  owner /etc/group r,

  # said twice
  /opt/tool ix,
  capability chown,
  /opt/tool ix,
  capability chown,
  /opt/one r, /opt/one r, /opt/two r,

  # taken back by deny rules
  /srv/secret w,
  /srv/data/log w,
  audit deny /srv/data/** w,
  capability net_raw,
  audit deny capability net_raw,
  network inet raw,
  audit deny network raw,

  # denied twice; and denials of what nothing allows, which the next rule may
  audit deny /srv/data/old w,
  audit deny /root/** r,

  # not idle: audit, priority, another exec, a limit
  audit /etc/shadow r,
  priority=1 /srv/data/kept w,
  /opt/** px,
  set rlimit nofile <= 100,

  # no file rules; in a block; on two lines; with a comment inside, which nobody but a person may move
  signal send set=(term) peer=a,
  signal send set=(term, kill) peer=a,

  audit deny {
    /root/.ssh/** r,
  }
  if defined @{nothing} {
    /etc/never r,
  } else {
    /etc/conditional r,
  }
  /etc/split
    r,
  /etc/commented # inside
    r,
}
