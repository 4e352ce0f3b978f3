"""remove: not while processes use the profile; with --force it says who is unconfined now, and the kernel agrees."""
from guest import profile_named

SPEC = 'Name = "docker-gone"\n[Filesystem]\nAllowExec = ["/usr/bin/**"]\n'
FILE = "/etc/apparmor.d/docker-gone"


def steps(guest):
    guest.file("/t/gone.toml", SPEC)
    guest.bulkhead("apply", "/t/gone.toml")
    guest.start("used", "sleep", "100", profile="docker-gone")
    guest.bulkhead("remove", "docker-gone", exit=2, err=["docker-gone is in use by 1 process", " sleep as docker-gone", "--force"])
    guest.bulkhead("remove", "docker-gone", "--format", "json", exit=2, json_is=lambda value: [
        f"{value}" for report in value if report["removed"] or report["file_removed"] or [p["command"] for p in report["processes"]] != ["sleep"]])
    guest.bulkhead("status", "docker-gone", "--format", "json", json_is=profile_named("docker-gone", persisted=True, processes=lambda all: len(all) == 1))
    guest.sh(f"test -f {FILE} && cat /proc/$(pidof sleep)/attr/apparmor/current", out="docker-gone (enforce)")
    guest.bulkhead("remove", "docker-gone", "--force", "--dry-run", out=["docker-gone: would be removed from the kernel", f"{FILE}: would be removed"],
                   err="1 process would be unconfined")
    guest.bulkhead("remove", "docker-gone", "--force", out=["docker-gone: removed from the kernel", f"{FILE}: removed"],
                   err=["1 process unconfined now", " sleep as docker-gone", "bulkhead apply /t/gone.toml"])
    guest.sh("cat /proc/$(pidof sleep)/attr/apparmor/current", out="unconfined")
    guest.sh(f"test ! -e {FILE} && ls -A /etc/apparmor.d | grep -c docker-gone", exit=1)
    # Loading it again does not bring the process back, as was said.
    guest.bulkhead("apply", "/t/gone.toml", out="loaded, enforce")
    guest.sh("cat /proc/$(pidof sleep)/attr/apparmor/current", out="unconfined")
    guest.stop("used")
    guest.bulkhead("remove", "docker-gone", "--keep-file", out=["removed from the kernel", "kept, --keep-file"])
    guest.bulkhead("remove", "docker-gone", out=f"{FILE}: removed")
    guest.bulkhead("remove", "docker-gone", exit=2, err="no profile named docker-gone is loaded")
    # Somebody else's file stays.
    guest.sh("echo 'profile docker-theirs { }' > /etc/apparmor.d/docker-theirs")
    guest.bulkhead("load", "/etc/apparmor.d/docker-theirs")
    guest.bulkhead("remove", "docker-theirs", out=["removed from the kernel", "/etc/apparmor.d/docker-theirs: kept, bulkhead did not write it"])
    guest.sh("rm /etc/apparmor.d/docker-theirs")
