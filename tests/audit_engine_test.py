"""A real engine with a container for each runtime check and one clean one, six images; the verdicts expected for 1.0.0, 1.6.0, 1.8.0."""
import json
import os
import pathlib
import resource
import subprocess
import sys
import time

import real_engine

BULKHEAD = os.environ.get("BULKHEAD", "build/bulkhead")
BUSYBOX = pathlib.Path("/bin/busybox")
if not BUSYBOX.exists():
    real_engine.skip("no /bin/busybox (package busybox-static)")

faults = []


def expect(what, seen, wanted):
    if seen != wanted:
        faults.append(f"{what}: expected {wanted!r}, saw {seen!r}")


def bulkhead(*words, code=None):
    run = subprocess.run([BULKHEAD, *words], capture_output=True, text=True)
    if code is not None and run.returncode != code:
        faults.append(f"bulkhead {' '.join(words)}: exit {run.returncode}, expected {code}: {run.stderr[-300:]}")
    return run


def audit(*words):
    run = bulkhead("audit", "--format", "json", *words)
    try:
        return {f["key"]: f for f in json.loads(run.stdout)["findings"]}
    except ValueError:
        sys.exit(f"bulkhead audit {' '.join(words)}: {run.stderr}")


def subjects(finding, outcome):
    """Names of the containers (or images) with that outcome."""
    return sorted({e["subject"].split(" ", 1)[-1] for e in finding["evidence"] if e["outcome"] == outcome})


SHELL = {"bin/busybox": (0o755, BUSYBOX.read_bytes()), "etc/passwd": b"root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n"}
SLEEP = ["/bin/busybox", "sleep", "1000"]

IMAGES = {
    "clean:1": (SHELL, ["USER app", 'HEALTHCHECK CMD ["/bin/busybox", "true"]', f"CMD {json.dumps(SLEEP)}"]),
    "root:1": ({**SHELL, "root": b""}, ['HEALTHCHECK CMD ["/bin/busybox", "true"]', f"CMD {json.dumps(SLEEP)}"]),
    "toor:1": ({**SHELL, "toor": b""}, ["USER toor", 'HEALTHCHECK CMD ["/bin/busybox", "true"]', f"CMD {json.dumps(SLEEP)}"]),
    "nohealth:1": ({**SHELL, "nohealth": b""}, ["USER app", f"CMD {json.dumps(SLEEP)}"]),
    "secret:1": ({**SHELL, "secret": b""}, ["USER app", 'HEALTHCHECK CMD ["/bin/busybox", "true"]', "ENV DB_PASSWORD=hunter2hunter2", f"CMD {json.dumps(SLEEP)}"]),
    "setid:1": ({**SHELL, "bin/su": (0o4755, b"x")}, ["USER app", 'HEALTHCHECK CMD ["/bin/busybox", "true"]', f"CMD {json.dumps(SLEEP)}"]),
}

# What a container that violates nothing is created with.
CLEAN = {"NetworkMode": "none", "CapDrop": ["ALL"], "ReadonlyRootfs": True, "Memory": 64 << 20, "CpuShares": 512, "PidsLimit": 100,
         "SecurityOpt": ["no-new-privileges"], "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 5}}

# One deviation each: name -> (host configuration, further configuration, checks that it violates with their outcome).
VIOLATIONS = {
    "privileged": ({"Privileged": True}, {}, {"rt-privileged": "fail", "rt-seccomp": "fail", "rt-capabilities": "fail"}),
    "capadd": ({"CapAdd": ["SYS_PTRACE"]}, {}, {"rt-capabilities": "fail", "community-no-cap-sys-ptrace": "fail", "bh-dangerous-capabilities": "fail"}),
    "sensitive": ({"Binds": ["/etc:/data:rw"]}, {}, {"rt-sensitive-mounts": "fail", "bh-writable-host-paths": "fail"}),
    "systemd-ro": ({"Binds": ["/run/systemd:/data:ro"]}, {}, {"rt-sensitive-mounts": "warn"}),
    "sockdir": ({"Binds": ["/run:/data:ro"]}, {}, {"rt-docker-sock": "fail", "rt-sensitive-mounts": "warn"}),
    "lowport": ({"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "80"}]}}, {"ExposedPorts": {"80/tcp": {}}}, {"rt-privileged-ports": "fail"}),
    "wildcard": ({"PortBindings": {"80/tcp": [{"HostIp": "::", "HostPort": "8080"}]}}, {"ExposedPorts": {"80/tcp": {}}}, {"rt-bind-interface": "fail"}),
    "hostnet": ({"NetworkMode": "host"}, {}, {"rt-host-network": "fail"}),
    "nomemory": ({"Memory": 0}, {}, {"rt-memory-limit": "fail"}),
    "shares1024": ({"CpuShares": 1024}, {}, {"rt-cpu-limit": "fail"}),
    "writable": ({"ReadonlyRootfs": False}, {}, {"rt-readonly-rootfs": "fail"}),
    "always": ({"RestartPolicy": {"Name": "always"}}, {}, {"rt-restart-policy": "fail"}),
    "hostpid": ({"PidMode": "host"}, {}, {"rt-host-pid": "fail"}),
    "hostipc": ({"IpcMode": "host"}, {}, {"rt-host-ipc": "fail"}),
    "hostuts": ({"UTSMode": "host"}, {}, {"rt-host-uts": "fail"}),
    "device": ({"Devices": [{"PathOnHost": "/dev/zero", "PathInContainer": "/dev/zero", "CgroupPermissions": "rwm"}]}, {}, {"rt-host-devices": "warn"}),
    "ulimit": ({"Ulimits": [{"Name": "nofile", "Soft": 100, "Hard": 200}]}, {}, {"rt-ulimit-override": "manual"}),
    "unconfined": ({"SecurityOpt": ["no-new-privileges", "seccomp=unconfined"]}, {}, {"rt-seccomp": "fail"}),
    "newprivs": ({"SecurityOpt": ["no-new-privileges:false"]}, {}, {"rt-no-new-privileges": "fail"}),
    "cgroup": ({"CgroupParent": "/bulkhead-test"}, {}, {"rt-cgroup-parent": "fail"}),
    "unhealthy": ({}, {"Healthcheck": {"Test": ["NONE"]}}, {"rt-healthcheck": "fail"}),
    "nopids": ({"PidsLimit": 0}, {}, {"rt-pids-limit": "fail"}),
    "bridge": ({"NetworkMode": "default"}, {}, {"rt-default-bridge": "fail"}),
    "ssh": ({}, {"Cmd": ["/usr/sbin/sshd", "-D"]}, {"rt-sshd": "warn"}),
    "asroot": ({}, {"User": "0:0"}, {"image-user": "fail"}),
}
# Other violations that follow of themselves and are right.
FOLLOWS = {
    "rt-docker-sock": [], "rt-sensitive-mounts": [], "rt-capabilities": [],
    "rt-privileged-ports": [], "rt-bind-interface": [],
}

version = sys.argv[1] if len(sys.argv) > 1 else "20.10"
with real_engine.engine(version, config={"log-level": "debug", "insecure-registries": ["10.9.0.0/16"]}) as engine:
    os.environ["DOCKER_HOST"] = f"unix://{engine.socket}"
    for name, (files, changes) in IMAGES.items():
        engine.api.import_image(name, files, changes)
    engine.api.create("clean", "clean:1", CLEAN)
    for name, (host, further, _) in VIOLATIONS.items():
        engine.api.create(name, "clean:1", {**CLEAN, **host}, **further)
    running = None
    try:
        running = engine.api.create("running", "clean:1", {**CLEAN, "CapDrop": [], "Memory": 0, "PidsLimit": 0}, start=True)
    except RuntimeError as error:
        print(f"note: no container can be started here: {error}")

    by_version = {v: audit("--benchmark", v, "--layers") for v in ("1.0.0", "1.6.0", "1.8.0")}
    newest = by_version["1.8.0"]

    # Each runtime check: exactly the containers that were made to violate it.
    wanted = {}
    for name, (_, _, checks) in VIOLATIONS.items():
        for key, outcome in checks.items():
            wanted.setdefault((key, outcome), set()).add(name)
    extra = {
        ("rt-privileged", "fail"): set(), ("rt-sensitive-mounts", "warn"): set(),
        ("community-no-cap-sys-ptrace", "fail"): {"privileged"}, ("bh-dangerous-capabilities", "fail"): {"privileged"},
        ("rt-no-new-privileges", "fail"): set(),
    }
    if running:
        extra[("rt-capabilities", "fail")] = {"running"}
        extra[("rt-memory-limit", "fail")] = {"running"}
        extra[("rt-pids-limit", "fail")] = {"running"}
    for (key, outcome), names in sorted(wanted.items()):
        seen = set(subjects(newest[key], outcome))
        if key == "image-user":
            seen -= set(IMAGES)
        expect(f"{key} {outcome}", sorted(seen), sorted(names | extra.get((key, outcome), set())))
    for key, finding in newest.items():
        if key.startswith("rt-") and any(e["subject"] == "container clean" and e["outcome"] in ("fail", "warn", "unknown") for e in finding["evidence"]):
            faults.append(f"{key}: the clean container is not clean: {finding['evidence']}")

    # Images.
    expect("image-user", sorted(set(subjects(newest["image-user"], "fail")) & set(IMAGES)), ["root:1", "toor:1"])
    expect("image-healthcheck", subjects(newest["image-healthcheck"], "fail"), ["nohealth:1"])
    expect("image-secrets", subjects(newest["image-secrets"], "fail"), ["secret:1"])
    expect("image-setuid", subjects(newest["image-setuid"], "warn"), ["setid:1"])
    expect("image-setuid pass", "clean:1" in subjects(newest["image-setuid"], "pass"), True)
    if running:
        user = [e for e in newest["image-user"]["evidence"] if e["subject"] == "container running"]
        expect("user of a running container, image built with USER", (user[0]["outcome"], user[0]["text"]), ("pass", "its first process is uid 1000"))

    # The daemon, in each version by its own number.
    for v, key, identity, outcome in [
        ("1.0.0", "audit-docker-daemon", "1.8", None), ("1.6.0", "audit-docker-daemon", "1.1.3", None), ("1.8.0", "audit-docker-daemon", "1.1.3", None),
        ("1.0.0", "daemon-log-level", "2.3", "fail"), ("1.8.0", "daemon-log-level", "2.3", "fail"),
        ("1.0.0", "daemon-iptables", "2.4", "fail"), ("1.6.0", "daemon-insecure-registries", "2.5", "fail"),
        ("1.8.0", "daemon-no-devicemapper", "2.7", "pass"), ("1.0.0", "rt-privileged", "5.5", "fail"), ("1.6.0", "rt-privileged", "5.5", "fail"),
        ("1.0.0", "rt-sensitive-mounts", "5.6", "fail"), ("1.8.0", "daemon-icc", "2.2", "not-applicable"), ("1.8.0", "swarm-mode-off", "5.1", "pass"),
        ("1.0.0", "daemon-no-lxc", "2.1", "pass"), ("1.8.0", "daemon-rootless", "2.1", "warn"), ("1.8.0", "daemon-live-restore", "2.16", "fail"),
        ("1.8.0", "daemon-seccomp-profile", "2.18", "pass"), ("1.8.0", "host-docker-uptodate", "1.2.2", "fail" if version in ("20.10", "26.1") else "pass"),
        ("1.8.0", "file-docker-sock-mode", "3.16", "pass"), ("1.8.0", "file-daemon-json-mode", "3.18", "pass"),
    ]:
        finding = by_version[v][key]
        expect(f"{v} {key} id", finding["id"], identity)
        if outcome:
            expect(f"{v} {key}", finding["outcome"], outcome)
    for v, number in (("1.0.0", 84), ("1.6.0", 116), ("1.8.0", 117)):
        ours = [f for f in by_version[v].values() if not f["id"].startswith(("BH.", "C."))]
        print(f"{v}: {len(ours)} recommendations")
    expect("where the log level was set", newest["daemon-log-level"]["evidence"][0]["where"], str(engine.root / "daemon.json"))

    # The book's four, each in one command.
    expect("1.0.0 1.8", list(audit("--benchmark", "1.0.0", "--check", "1.8")), ["audit-docker-daemon"])
    expect("4.1", list(audit("--check", "4.1")), ["image-user"])
    mounts = audit("--check", "5.6", "--container", "systemd-ro")["rt-sensitive-mounts"]
    expect("5.6 read-only", (mounts["outcome"], "RW false" in mounts["summary"]), ("warn", True))
    expect("5.5", audit("--check", "5.5", "--container", "privileged")["rt-privileged"]["outcome"], "fail")
    expect("5.5 clean", bulkhead("audit", "--check", "5.5", "--container", "clean").returncode, 0)

    # A snapshot says the same, and no secret leaves the host.
    snapshot = engine.root / "snapshot.json"
    bulkhead("snapshot", "-o", str(snapshot), "--layers", code=0)
    expect("no secret in the snapshot", "hunter2" in snapshot.read_text(), False)
    expect("its mode", oct(snapshot.stat().st_mode & 0o777), "0o600")
    live = {k: f["outcome"] for k, f in audit("--layers").items()}
    expect("audit --from", {k: f["outcome"] for k, f in audit("--from", str(snapshot)).items()}, live)

    # Selection and exit codes.
    expect("usage", bulkhead("audit", "--benchmark", "9.9").returncode, 2)
    expect("fail-on never", bulkhead("audit", "--fail-on", "never").returncode, 0)
    expect("fail-on fail", bulkhead("audit").returncode, 1)
    expect("level 1", any(f["level"] == 2 for f in audit("--level", "1").values()), False)

    # Speed, beside the bare API calls.
    for n in range(50):
        engine.api.create(f"many{n}", "clean:1", CLEAN)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    bulkhead("audit")
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"76 containers audited in {wall:.2f} s wall, {cpu:.2f} s of our CPU")

print("\n".join(faults) or "all as expected")
sys.exit(1 if faults else 0)
