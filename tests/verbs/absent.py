"""A kernel without AppArmor: the cause and the way out, exit 2, and what can be written is written."""
from guest import members

SPEC = 'Name = "docker-web"\n[[Expect]]\nDeny = ["write /proc/sysrq-trigger"]\n'
FILE = "/etc/apparmor.d/docker-web"


def steps(guest, cause, way_out):
    guest.file("/t/web.toml", SPEC)
    for words in (["load", "/t/web.toml"], ["status"], ["mode", "complain", "docker-web"], ["remove", "docker-web"], ["restore"]):
        guest.bulkhead(*words, exit=2, err=[cause, way_out])
    guest.bulkhead("apply", "/t/web.toml", exit=2, out=[f"NOT loaded: {cause}", f"written: {FILE}", "docker run --security-opt apparmor=docker-web IMAGE"],
                   err=["docker-web is not enforced", cause, way_out, "compiled for Linux 7.2"])
    guest.sh(f"head -2 {FILE}", out="# bulkhead: profile docker-web sha256 ")
    guest.bulkhead("apply", "--format", "json", "/t/web.toml", exit=2, json_is=members(
        loaded=False, file_outcome="unchanged", features_assumed=True, not_loaded_because=lambda text: cause in text, way_out=lambda text: way_out in text))
    guest.bulkhead("apply", "--dry-run", "/t/web.toml")
    guest.bulkhead("remove", "docker-web", out=f"{FILE}: removed", err=[cause, "to have it back: bulkhead apply /t/web.toml"])


def not_mounted(guest):
    """AppArmor is there, its file system is not: in a container, or before the mount."""
    guest.add("/usr/bin/unshare")
    guest.file("/t/unmounted.toml", SPEC)
    for folder, script, wanted in (
            ("securityfs", "umount /sys/kernel/security", ["securityfs is not mounted here", "mount -t securityfs"]),
            ("sysfs", "umount -l /sys", ["sysfs is not mounted here", "not in a chroot or container"])):
        guest.run("unshare", "--mount", "sh", "-c", f"{script} && exec bulkhead load /t/unmounted.toml", exit=2, err=wanted, label=folder)
