"""apply: generate, compile, check, load, read back, keep; and nothing of it where one of these fails."""
from guest import members, no_profile_named, profile_named

SPEC = """Name = "docker-web"
[Filesystem]
WritablePaths = ["/var/log/web/**"]
AllowExec = ["/usr/bin/**"]
[[Expect]]
Allow = ["write /var/log/web/access.log"]
Deny = ["write /etc/passwd"]
"""
OTHER = SPEC.replace("/var/log/web/", "/var/log/other/")
WRONG = SPEC.replace("docker-web", "docker-wrong").replace('Deny = ["write /etc/passwd"]', 'Deny = ["read /etc/passwd"]')
FILE = "/etc/apparmor.d/docker-web"
POLICY = "/sys/kernel/security/apparmor/policy/profiles"
UNREADABLE_3 = "abi <abi/3.0>,\nprofile docker-new {\n  priority=3 /** r,\n}\n"

# What the kernel holds of docker-web, and what lies in the folder, before and after.
REMEMBER = f"sha256sum {POLICY}/docker-web.*/raw_data > /tmp/held && ls -lA %s > /tmp/lay"
SAME = f"sha256sum -c -s /tmp/held && ls -lA %s | cmp - /tmp/lay"


def steps(guest):
    guest.file("/t/web.toml", SPEC)
    guest.file("/t/other.toml", OTHER)
    guest.file("/t/wrong.toml", WRONG)
    guest.file("/t/foreign.toml", SPEC.replace("docker-web", "docker-foreign"))
    guest.file("/t/new", UNREADABLE_3)
    guest.file("/etc/apparmor.d/docker-foreign", "# by hand\nprofile docker-foreign {\n}\n")
    guest.file("/t/by-hand", "# by hand\n" * 4000)
    guest.sh("mkdir -p /etc/systemd/system/sysinit.target.wants && ln -s /x /etc/systemd/system/sysinit.target.wants/apparmor.service")
    whole(guest)
    nothing_where_something_is_wrong(guest)
    back_where_keeping_fails(guest)
    complain_and_elsewhere(guest)


def whole(guest):
    guest.bulkhead("apply", "/t/web.toml", out=[
        "profile docker-web\n", "expected   2 of 2 hold", "kernel     loaded, enforce, read back and compared, byte by byte",
        f"file       written: {FILE}", "docker run --security-opt apparmor=docker-web IMAGE", "security_opt:\n      - apparmor=docker-web"])
    guest.sh(f"head -2 {FILE}", out=["# Made by bulkhead", "from /t/web.toml", "# bulkhead: profile docker-web sha256 "])
    guest.sh("ls -A /etc/apparmor.d | grep '^[.]'", exit=1)
    guest.bulkhead("status", "docker-web", "--format", "json", json_is=profile_named(
        "docker-web", mode="enforce", persisted=True, file=FILE, file_written_by="bulkhead"))
    guest.sh(REMEMBER % "/etc/apparmor.d")
    guest.bulkhead("apply", "/t/web.toml", out=["kernel     replaced, enforce", f"file       kept: {FILE} holds it already"])
    guest.bulkhead("apply", "/t/web.toml", "--format", "json", json_is=members(
        name="docker-web", loaded=True, verified="bytes", file=FILE, file_outcome="unchanged", survives_reboot=True, back_by=["apparmor.service"], host_parser="not_asked",
        docker_flag="--security-opt apparmor=docker-web", as_expected=True))
    guest.bulkhead("apply", FILE, out=["is what was applied"])
    guest.sh(SAME % "/etc/apparmor.d")
    guest.bulkhead("apply", "--dry-run", "/t/other.toml", out=["would be replaced", f"would be written: {FILE}"])
    guest.sh(SAME % "/etc/apparmor.d")
    # What is kept is what a boot loads: the distribution's own parser and ours take it.
    guest.run("apparmor_parser", "-r", "-K", FILE)
    guest.bulkhead("status", "docker-web", out="enforce")
    guest.bulkhead("apply", "/t/web.toml")


def nothing_where_something_is_wrong(guest):
    guest.sh(REMEMBER % "/etc/apparmor.d")
    guest.bulkhead("apply", "/t/wrong.toml", exit=1, out=["kernel     not loaded", "file       not written"],
                   err=["read /etc/passwd", "nothing was loaded or written"])
    guest.bulkhead("apply", "/t/foreign.toml", exit=2, err=["/etc/apparmor.d/docker-foreign was not written by bulkhead", "--force"])
    guest.bulkhead("apply", "/t/new", exit=2, err=["BH5004", "apparmor_parser cannot read this profile", "--output-dir"])
    guest.bulkhead("apply", "/t/missing.toml", exit=2, err="No such file")
    guest.bulkhead("status", "--format", "json", json_is=lambda value: sum(
        [no_profile_named(name)(value) for name in ("docker-wrong", "docker-foreign", "docker-new")], []))
    guest.sh(SAME % "/etc/apparmor.d")
    guest.bulkhead("apply", "--force", "/t/foreign.toml", out=["loaded, enforce", "what was there is now /etc/apparmor.d/docker-foreign.orig"])
    guest.sh("cat /etc/apparmor.d/docker-foreign.orig", out="# by hand")
    # Edited by hand is no longer ours.
    guest.sh("echo '# mine' >> /etc/apparmor.d/docker-foreign")
    guest.bulkhead("apply", "/t/foreign.toml", exit=2, err="was edited since bulkhead wrote it")


def back_where_keeping_fails(guest):
    """A tmpfs of 128 KiB: too full for anything, then for the copy of what is overwritten only, which is made after the load."""
    guest.sh("mkdir /small && mount -t tmpfs -o size=128k none /small && head -c 131072 /dev/zero > /small/ballast")
    guest.sh(REMEMBER % "/small")
    guest.bulkhead("apply", "/t/other.toml", "--output-dir", "/small", exit=2, err=["cannot write /small/docker-web", "No space left on device"])
    guest.sh(SAME % "/small")
    guest.sh("head -c 60000 /dev/zero > /small/ballast && cp /t/by-hand /small/docker-web")
    guest.sh(REMEMBER % "/small")
    guest.bulkhead("apply", "/t/other.toml", "--output-dir", "/small", "--force", exit=2,
                   err=["No space left on device", "the kernel has the old profile again"])
    guest.sh(SAME % "/small")
    guest.sh("mount -o remount,ro /small")
    guest.bulkhead("apply", "/t/other.toml", "--output-dir", "/small", "--force", exit=2, err=["Read-only file system", "run as root"])
    guest.sh(SAME % "/small")
    guest.sh("umount /small")


def complain_and_elsewhere(guest):
    guest.bulkhead("apply", "--complain", "/t/web.toml", out=["replaced, complain", f"written: {FILE}"])
    guest.sh(f"grep '^profile docker-web ' {FILE}", out="complain")
    guest.bulkhead("apply", "/t/web.toml", out=["replaced, enforce", f"written: {FILE}"])
    guest.bulkhead("apply", "/t/new", "--output-dir", "/var/lib/elsewhere", out=["loaded, enforce", "written: /var/lib/elsewhere/docker-new"],
                   err="nothing loads /var/lib/elsewhere/docker-new at a boot of this host")
    guest.bulkhead("status", "docker-new", "--format", "json", json_is=profile_named("docker-new", persisted=False))
