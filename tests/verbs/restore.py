"""restore: what bulkhead keeps is back in the kernel by our own compiler, and status says who will do it at the next boot."""
from guest import profile_named

SPEC = 'Name = "docker-back"\n[Filesystem]\nWritablePaths = ["/var/log/back/**"]\n'
# What the distribution's parser cannot read lies where only we load it from.
NEWER = "abi <abi/3.0>,\nprofile docker-newer {\n  priority=3 /** r,\n}\n"
OWN = "/var/lib/bulkhead/profiles"
UNIT = "/etc/systemd/system/bulkhead-restore.service"


def steps(guest):
    guest.file("/t/back.toml", SPEC)
    guest.file("/t/newer", NEWER)
    guest.bulkhead("apply", "/t/back.toml", out="loaded, enforce")
    guest.bulkhead("apply", "/t/newer", exit=2, err=f"--output-dir {OWN}")
    guest.bulkhead("apply", "/t/newer", "--output-dir", OWN, out=f"written: {OWN}/docker-newer",
                   err=[f"nothing loads {OWN}/docker-newer at a boot of this host", "bulkhead-restore.service"])
    guest.bulkhead("restore", "--print-unit", out=["ExecStart=/usr/bin/bulkhead restore", "Before=docker.service", "After=local-fs.target apparmor.service"])
    guest.bulkhead("status", "docker-newer", "--format", "json", json_is=profile_named("docker-newer", file=f"{OWN}/docker-newer", back_by=[]))
    guest.sh(f"bulkhead restore --print-unit > {UNIT} && mkdir -p /etc/systemd/system/multi-user.target.wants && "
             f"ln -s {UNIT} /etc/systemd/system/multi-user.target.wants/")
    guest.bulkhead("status", "docker-newer", "docker-back", out=["docker-newer  enforce  0", "apparmor.service, bulkhead-restore.service"])
    guest.bulkhead("status", "--format", "json", json_is=lambda value: profile_named("docker-newer", back_by=["bulkhead-restore.service"])(value)
                   + profile_named("docker-back", back_by=["apparmor.service", "bulkhead-restore.service"])(value))
    # A boot: the kernel forgets. A damaged file does not keep the others out.
    guest.bulkhead("remove", "docker-back", "docker-newer", "--keep-file")
    guest.sh("head -2 /etc/apparmor.d/docker-back | sed 's/profile docker-back/profile docker-torn/' > /etc/apparmor.d/docker-torn; "
             "echo 'profile docker-torn {' >> /etc/apparmor.d/docker-torn")
    guest.bulkhead("restore", exit=2, out=["docker-back: loaded, enforce (/etc/apparmor.d/docker-back)", f"docker-newer: loaded, enforce ({OWN}/docker-newer)"],
                   err="cannot load /etc/apparmor.d/docker-torn")
    guest.sh("rm /etc/apparmor.d/docker-torn")
    guest.bulkhead("restore", out=["docker-back: replaced, enforce", "docker-newer: replaced, enforce"])
    guest.bulkhead("remove", "docker-back", "docker-newer", out=["/etc/apparmor.d/docker-back: removed", f"{OWN}/docker-newer: removed"])
    guest.sh("rm -r /etc/systemd/system/multi-user.target.wants")
