"""The default profile of Docker: `show` says whether the one that the kernel holds is the one known, also where the distribution's parser compiled
it; what its pattern lets be written, the kernel lets be written; check's edit closes that, and so does the floor of every strict profile."""

# One letter of shm each is enough to slip through `[^s][^h][^m]**`.
SLIPPED = ["/proc/sys/kernel/sysrq", "/proc/sys/kernel/threads-max", "/proc/sys/kernel/yama/ptrace_scope", "/proc/sys/kernel/sched_rt_runtime_us",
           "/proc/sys/kernel/seccomp/actions_logged"]
SPEC = 'Name = "docker-floor"\n[Filesystem]\nReadOnlyPaths = ["/etc/**"]\n'
POLICY = "/t/docker-default"


def steps(guest):
    guest.file("/t/floor.toml", SPEC)
    guest.bulkhead("show", "docker-default", "--loaded", exit=1, out="no profile of docker-default is loaded")
    guest.sh(f"bulkhead show docker-default > {POLICY}", err="no profile of docker-default is loaded")
    loaded_by_the_distributions_parser(guest)
    slips_through(guest)


def loaded_by_the_distributions_parser(guest):
    guest.run("apparmor_parser", "-r", "-K", POLICY)
    guest.bulkhead("show", "docker-default", "--loaded", out="the docker-default that this kernel holds is this one (its manager is under a profile of its own name)")
    # As a daemon writes it that is not confined itself, which is the usual one.
    guest.sh(f"sed 's/peer=dockerd/peer=unconfined/' {POLICY} > /t/unconfined && apparmor_parser -r -K /t/unconfined")
    guest.bulkhead("show", "docker-default", "--loaded", out="is this one (its manager is unconfined)")
    guest.sh("bulkhead show docker-default > /dev/null", err="is this one (its manager is unconfined)")
    # An older Docker's: which sockets, at which string?
    guest.sh("sed '/network alg/d' /t/unconfined > /t/older && apparmor_parser -r -K /t/older")
    guest.bulkhead("show", "docker-default", "--loaded", exit=1, out=["is another one", "policydb", "create"])
    guest.bulkhead("show", "docker-default@containerd", "--loaded", exit=1, out="no profile of docker-default@containerd is loaded")


def slips_through(guest):
    guest.run("apparmor_parser", "-r", "-K", "/t/unconfined")
    for path in SLIPPED:
        guest.probe("docker-default", "file", path, "w", allowed=True, label=f"docker-default: {path}")
    guest.probe("docker-default", "file", "/proc/sys/kernel/core_pattern", "w", allowed=False, label="docker-default: core_pattern")
    guest.bulkhead("query", "docker-default", *[f"write {path}" for path in SLIPPED], "--expect", "allow", out="file,")
    guest.bulkhead("check", "/t/unconfined", exit=1, out=["BH4112", "deny @{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w,", SLIPPED[0]])
    # Mended, what shall be writable stays so.
    guest.bulkhead("check", "/t/unconfined", "--unsafe-fixes", "--fail-on", "never", err="mended")
    guest.run("apparmor_parser", "-r", "-K", "/t/unconfined")
    for path in SLIPPED:
        guest.probe("docker-default", "file", path, "w", allowed=False, label=f"mended: {path}")
    guest.probe("docker-default", "file", "/proc/sys/kernel/shmmax", "w", allowed=True, label="mended: shmmax")
    guest.bulkhead("apply", "/t/floor.toml", out="docker-floor")
    for path in SLIPPED:
        guest.probe("docker-floor", "file", path, "w", allowed=False, label=f"the strict floor: {path}")
    guest.bulkhead("remove", "docker-floor")
    guest.bulkhead("remove", "docker-default")
