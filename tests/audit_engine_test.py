"""Three real engines, each with a container for each runtime check and a clean one, and an image for each image check: exactly the verdicts of
tests/audit_verdicts.tsv for 1.0.0, 1.6.0 and 1.8.0, and which container or image decided each.

The host's files are staged (--root), so that the machine's own do not decide; what the kernel tells (audit rules, listening sockets) is
left to audit_apparmor_test. UPDATE=1 rewrites the table: read the diff.
"""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import real_engine

BULKHEAD = os.environ.get("BULKHEAD", "build/bulkhead")
TABLE = pathlib.Path(__file__).with_name("audit_verdicts.tsv")
BUSYBOX = pathlib.Path("/bin/busybox")
if not BUSYBOX.exists():
    real_engine.skip("no /bin/busybox (package busybox-static)")
VERSIONS = ("1.0.0", "1.6.0", "1.8.0")
ENGINES = ("20.10", "26.1", "28.5")

SHELL = {"bin/busybox": (0o755, BUSYBOX.read_bytes()), "etc/passwd": b"root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n"}
SLEEP = ["/bin/busybox", "sleep", "1000"]
COMMAND = f"CMD {json.dumps(SLEEP)}"
HEALTH = 'HEALTHCHECK CMD ["/bin/busybox", "true"]'

# Imported, one deviation each: name -> (files, instructions).
IMAGES = {
    "clean:1": (SHELL, ["USER app", HEALTH, COMMAND]),
    "root:1": ({**SHELL, "root": b""}, [HEALTH, COMMAND]),
    "zero:1": ({**SHELL, "zero": b""}, ["USER 0:0", HEALTH, COMMAND]),
    "toor:1": ({**SHELL, "toor": b""}, ["USER toor", HEALTH, COMMAND]),
    "nohealth:1": ({**SHELL, "nohealth": b""}, ["USER app", COMMAND]),
    "none:1": ({**SHELL, "none": b""}, ["USER app", "HEALTHCHECK NONE", COMMAND]),
    "secret:1": ({**SHELL, "secret": b""}, ["USER app", HEALTH, "ENV DB_PASSWORD=hunter2hunter2", COMMAND]),
    "setid:1": ({**SHELL, "bin/su": (0o4755, b"x")}, ["USER app", HEALTH, COMMAND]),
}
# Built on the clean one by the engine's own builder, so that there is a history.
BUILDS = {
    "added:1": "FROM clean:1\nADD Dockerfile /x\n",
    "copied:1": 'FROM clean:1\nCOPY Dockerfile /x\nLABEL loader="ADDR"\n',
    "updates:1": 'FROM clean:1\nSHELL ["/bin/busybox", "sh", "-c"]\nRUN apt-get update || true\n',
    "installs:1": 'FROM clean:1\nSHELL ["/bin/busybox", "sh", "-c"]\nRUN (apt-get update && apt-get install x) || true\n',
    "pipes:1": 'FROM clean:1\nSHELL ["/bin/busybox", "sh", "-c"]\nRUN curl http://x/y | sh || true\n',
}

# What a container that violates nothing is created with.
CLEAN = {"NetworkMode": "none", "CapDrop": ["ALL"], "ReadonlyRootfs": True, "Memory": 64 << 20, "CpuShares": 512, "PidsLimit": 100,
         "SecurityOpt": ["no-new-privileges"], "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 5}}

# One deviation each: name -> (host configuration, further configuration).
VIOLATIONS = {
    "privileged": ({"Privileged": True}, {}),
    "capadd": ({"CapAdd": ["SYS_PTRACE"]}, {}),
    "capall": ({"CapAdd": ["ALL"]}, {}),
    "capdefault": ({"CapDrop": []}, {}),
    "sensitive": ({"Binds": ["/etc:/data:rw"]}, {}),
    "below": ({"Binds": ["/etc/ssl:/data:rw"]}, {}),
    "looks-like": ({"Binds": ["/srv:/etc:rw"]}, {}),
    "systemd-rw": ({"Binds": ["/run/systemd:/data:rw"]}, {}),
    "systemd-ro": ({"Binds": ["/run/systemd:/data:ro"]}, {}),
    "linked": ({"Binds": ["/srv/link:/data:rw"]}, {}),
    "loops": ({"Binds": ["/srv/a:/data:rw"]}, {}),
    "sockdir": ({"Binds": ["/run:/data:ro"]}, {}),
    "mount-type": ({"Mounts": [{"Type": "bind", "Source": "/etc", "Target": "/data", "ReadOnly": True}]}, {}),
    "volume": ({"Mounts": [{"Type": "volume", "Source": "bound", "Target": "/data"}]}, {}),
    "shared": ({"Binds": ["/srv:/data:rshared"]}, {}),
    "lowport": ({"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "80"}]}}, {"ExposedPorts": {"80/tcp": {}}}),
    "port1024": ({"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "1024"}]}}, {"ExposedPorts": {"80/tcp": {}}}),
    "wildcard": ({"PortBindings": {"80/tcp": [{"HostIp": "::", "HostPort": "8080"}]}}, {"ExposedPorts": {"80/tcp": {}}}),
    "hostnet": ({"NetworkMode": "host"}, {}),
    "joins": ({"NetworkMode": "container:hostnet"}, {}),
    "nomemory": ({"Memory": 0}, {}),
    "shares1024": ({"CpuShares": 1024}, {}),
    "quota": ({"CpuShares": 0, "CpuQuota": 50000, "CpuPeriod": 100000}, {}),
    "writable": ({"ReadonlyRootfs": False}, {}),
    "always": ({"RestartPolicy": {"Name": "always"}}, {}),
    "unbounded": ({"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 0}}, {}),
    "hostpid": ({"PidMode": "host"}, {}),
    "hostipc": ({"IpcMode": "host"}, {}),
    "hostuts": ({"UTSMode": "host"}, {}),
    "device": ({"Devices": [{"PathOnHost": "/dev/zero", "PathInContainer": "/dev/zero", "CgroupPermissions": "rwm"}]}, {}),
    "gpu": ({"DeviceRequests": [{"Driver": "nvidia", "Count": -1, "Capabilities": [["gpu"]]}]}, {}),
    "devicerule": ({"DeviceCgroupRules": ["c 1:3 rwm"]}, {}),
    "ulimit": ({"Ulimits": [{"Name": "nofile", "Soft": 100, "Hard": 200}]}, {}),
    "unconfined": ({"SecurityOpt": ["no-new-privileges", "seccomp=unconfined"]}, {}),
    "newprivs": ({"SecurityOpt": ["no-new-privileges:false"]}, {}),
    "oldprivs": ({"SecurityOpt": []}, {}),
    "cgroup": ({"CgroupParent": "/bulkhead-test"}, {}),
    "unhealthy": ({}, {"Healthcheck": {"Test": ["NONE"]}}),
    "nopids": ({"PidsLimit": 0}, {}),
    "bridge": ({"NetworkMode": "default"}, {}),
    "ssh": ({}, {"Cmd": ["/usr/sbin/sshd", "-D"]}),
    "port22": ({}, {"ExposedPorts": {"22/tcp": {}}}),
    "asroot": ({}, {"User": "0:0"}),
    "logs": ({"LogConfig": {"Type": "none"}}, {}),
}
# These run, so that the kernel is asked: what was asked for, and what the first process really has.
RUNNING = {
    "run-clean": ({}, {}),
    "run-loose": ({"CapDrop": [], "Memory": 0, "PidsLimit": 0, "SecurityOpt": []}, {}),
    "run-unconfined": ({"SecurityOpt": ["no-new-privileges", "seccomp=unconfined"]}, {}),
    "run-hostnet": ({"NetworkMode": "host"}, {}),
    "run-hostpid": ({"PidMode": "host"}, {}),
    "run-root": ({}, {"User": "0"}),
    "run-two": ({}, {"Cmd": ["/bin/busybox", "sh", "-c", "/bin/busybox sleep 1000 & /bin/busybox sleep 1001"]}),
}
# Decided by the machine that runs the test, whatever is staged; audit_apparmor_test has them on a machine of its own.
BY_THE_MACHINE = ("audit-", "host-remove-services", "host-separate-partition", "host-docker-uptodate")


class Run:
    """One engine's run: its faults and the rows of the table as seen there."""

    def __init__(self, version):
        self.version, self.faults, self.rows = version, [], {}

    def expect(self, what, seen, wanted):
        if seen != wanted:
            self.faults.append(f"{self.version}: {what}: expected {wanted!r}, saw {seen!r}")

    def bulkhead(self, *words, code=None):
        run = subprocess.run([BULKHEAD, *words], capture_output=True, text=True, env={**os.environ, "DOCKER_HOST": self.host})
        if code is not None and run.returncode != code:
            self.faults.append(f"{self.version}: bulkhead {' '.join(words)}: exit {run.returncode}, expected {code}: {run.stderr[-300:]}")
        return run

    def audit(self, *words):
        run = self.bulkhead("audit", "--format", "json", *(["--root", self.root] if "--from" not in words else []), *words)
        try:
            return {f["key"]: f for f in json.loads(run.stdout)["findings"]}
        except ValueError:
            raise RuntimeError(f"{self.version}: bulkhead audit {' '.join(words)}: {run.stderr}")


@contextlib.contextmanager
def staged_host(engine):
    """A folder that is a host: the machine's /proc, the engine's own folder, and files made here."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="bulkhead-host-"))
    outside = str(engine.root)
    listener = socket.socket(socket.AF_UNIX)
    try:
        for folder in ("proc", "sys", "tmp", "srv", "boot", "dev", "usr/sbin", "root", "home", "run/systemd/system", "run/dbus", "etc/ssl", "etc/default",
                       "etc/systemd/system/docker.service.d", "lib/systemd/system", "etc/docker/certs.d/registry.example", outside[1:]):
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / "var").mkdir(exist_ok=True)
        (root / "var/run").symlink_to("/run")
        (root / "srv/link").symlink_to("/etc")
        (root / "srv/a").symlink_to("b")
        (root / "srv/b").symlink_to("../srv/a")
        (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nbob:x:1000:998::/home/bob:/bin/sh\n")
        (root / "etc/group").write_text("root:x:0:\ndocker:x:998:alice\n")
        for path, mode in (("lib/systemd/system/docker.service", 0o644), ("etc/systemd/system/docker.service.d/over ride.conf", 0o666),
                           ("lib/systemd/system/docker.socket", 0o477), ("etc/docker/certs.d/registry.example/client.key", 0o444),
                           ("etc/default/docker", 0o644)):
            (root / path).write_text("")
            (root / path).chmod(mode)
        (root / "etc/profile.d").mkdir()
        (root / "etc/profile.d/trust.sh").write_text("export DOCKER_CONTENT_TRUST=1\n")
        listener.bind(str(root / "run/docker.sock"))
        for source in ("/proc", outside):
            subprocess.run(["mount", "--bind", source, f"{root}{source}"], check=True)
        yield str(root)
    finally:
        listener.close()
        real_engine.unmount_below(root)
        shutil.rmtree(root, ignore_errors=True)


@contextlib.contextmanager
def decoy():
    """A newer process called dockerd, with arguments that would pass: the peer reads the newest."""
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "dockerd"
        shutil.copy(BUSYBOX, program)
        other = subprocess.Popen(["sh", "-c", "read forever", "--iptables=true", "--log-level=info"], executable=str(program), stdin=subprocess.PIPE)
        try:
            yield
        finally:
            other.kill()
            other.wait()


def populate(api):
    for name, (files, changes) in IMAGES.items():
        api.import_image(name, files, changes)
    for name, dockerfile in BUILDS.items():
        api.build_image(name, dockerfile)
    api.call("POST", "/volumes/create", {"Name": "bound", "DriverOpts": {"type": "none", "o": "bind", "device": "/etc"}})
    api.create("clean", "clean:1", CLEAN)
    for name, (host, further) in VIOLATIONS.items():
        api.create(name, "clean:1", {**CLEAN, **host}, **further)
    for name, (host, further) in RUNNING.items():
        api.create(name, "clean:1", {**CLEAN, **host}, start=True, **further)
    for user, privileged in (("0", True), ("app", False)):
        body = {"Cmd": ["/bin/busybox", "sleep", "1000"], "User": user, "Privileged": privileged}
        api.call("POST", "/containers/run-clean/exec" if privileged else "/containers/run-loose/exec", body)


def row(by_version, key):
    """One line of the table: numbers, outcome, and who decided it."""
    finding = by_version["1.8.0"].get(key) or by_version["1.6.0"].get(key) or by_version["1.0.0"][key]
    told = {}
    for item in finding["evidence"]:
        if item["outcome"] not in ("pass", "not-applicable"):
            told.setdefault(item["outcome"], []).append(item["subject"].removeprefix("container "))
    decided = "; ".join(f"{outcome}: {', '.join(sorted(set(who)))}" for outcome, who in sorted(told.items()))
    return "\t".join([key, *(by_version[v][key]["id"] if key in by_version[v] else "-" for v in VERSIONS), finding["outcome"], decided])


def check_table(run, by_version):
    for key in sorted({key for findings in by_version.values() for key in findings}):
        if not key.startswith(BY_THE_MACHINE):
            run.rows[key] = row(by_version, key).replace(run.engine_root, "ROOT")
    for v in VERSIONS:  # the same question has the same answer under every number
        for key, finding in by_version[v].items():
            newest = by_version["1.8.0"].get(key)
            if newest and not key.startswith("audit-"):
                run.expect(f"{key} in {v}", finding["outcome"], newest["outcome"])
    for key, finding in by_version["1.8.0"].items():
        for item in finding["evidence"]:
            clean = item["subject"] in ("container clean", "container run-clean", "image clean:1")
            if clean and item["outcome"] in ("fail", "warn", "unknown") and key not in ("rt-exec-root", "rt-exec-privileged"):
                run.faults.append(f"{run.version}: {key}: {item['subject']} is not clean: {item['text']}")


def check_the_books_four(run):
    run.expect("1.0.0 1.8", list(run.audit("--benchmark", "1.0.0", "--check", "1.8")), ["audit-docker-daemon"])
    users = {e["subject"]: (e["outcome"], e["text"]) for e in run.audit("--check", "4.1")["image-user"]["evidence"]}
    run.expect("4.1 of a container from an image with USER", users["container run-clean"], ("pass", "its first process is uid 1000"))
    run.expect("4.1 of its image", users["image clean:1"], ("pass", "USER is app, uid 1000 in the image") if run.layers else ("pass", "USER is app"))
    run.expect("4.1 of a container as root", users["container run-root"][0], "fail")
    mounts = run.audit("--check", "5.6", "--container", "systemd-ro", "--container", "systemd-rw")["rt-sensitive-mounts"]
    seen = {e["subject"]: (e["outcome"], e["text"].split(" reaches")[0]) for e in mounts["evidence"]}
    run.expect("5.6", seen, {"container systemd-ro": ("warn", "/run/systemd on /data, RW false"), "container systemd-rw": ("fail", "/run/systemd on /data, RW true")})
    run.expect("5.5", run.audit("--check", "5.5", "--container", "privileged")["rt-privileged"]["outcome"], "fail")
    run.expect("5.5 clean", run.bulkhead("audit", "--check", "5.5", "--container", "clean").returncode, 0)


def check_settings(run, newest):
    run.expect("where the log level was set", newest["daemon-log-level"]["evidence"][0]["where"], f"{run.engine_root}/daemon.json")
    iptables = newest["daemon-iptables"]
    run.expect("the daemon's own arguments, not those of a newer namesake", (iptables["outcome"], "pid" in iptables["evidence"][0]["where"]), ("fail", True))
    pid = iptables["evidence"][0]["where"].rpartition("pid ")[2].rstrip(")")
    run.expect("by the daemon's pid", pid, str(run.pid))
    if run.version != "28.5":  # a branch that has ended stays ended; which are maintained is the table's, for its time
        run.expect("1.2.2", newest["host-docker-uptodate"]["outcome"], "fail")


def check_snapshot(run, folder):
    snapshot = folder / "snapshot.json"
    run.bulkhead("snapshot", "-o", str(snapshot), "--layers", "--root", run.root, code=0)
    run.expect("no secret in the snapshot", "hunter2" in snapshot.read_text(), False)
    run.expect("its mode", oct(snapshot.stat().st_mode & 0o777), "0o600")
    live = {k: f["outcome"] for k, f in run.audit("--layers").items()}
    run.expect("audit --from", {k: f["outcome"] for k, f in run.audit("--from", str(snapshot)).items()}, live)


def check_selection(run):
    run.expect("usage", run.bulkhead("audit", "--benchmark", "9.9").returncode, 2)
    run.expect("fail-on never", run.bulkhead("audit", "--fail-on", "never").returncode, 0)
    run.expect("fail-on fail", run.bulkhead("audit").returncode, 1)
    run.expect("level 1", any(f["level"] == 2 for f in run.audit("--level", "1").values()), False)


def one_engine(version):
    run = Run(version)
    with real_engine.engine(version, config={"log-level": "debug", "insecure-registries": ["10.9.0.0/16"]}) as engine, staged_host(engine) as root, decoy():
        run.host, run.root, run.engine_root, run.pid, run.layers = f"unix://{engine.socket}", root, str(engine.root), engine.pid, False
        populate(engine.api)
        by_version = {v: run.audit("--benchmark", v, "--layers") for v in VERSIONS}
        check_table(run, by_version)
        check_settings(run, by_version["1.8.0"])
        check_the_books_four(run)
        check_snapshot(run, engine.root)
        check_selection(run)
    return run


def table_of(runs):
    """A line that all engines agree on stands once; else one for each, with its engine."""
    lines = ["# key\t" + "\t".join(VERSIONS) + "\toutcome\twho decided it (not those that pass)\tengine, where they differ"]
    for key in sorted({key for run in runs for key in run.rows}):
        seen = [(run.version, run.rows.get(key, f"{key}\tmissing")) for run in runs]
        if len({text for _, text in seen}) == 1:
            lines.append(seen[0][1])
        else:
            lines.extend(f"{text}\t{version}" for version, text in seen)
    return "\n".join(lines) + "\n"


def main():
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        runs = list(pool.map(one_engine, ENGINES))
    faults = [fault for run in runs for fault in run.faults]
    table = table_of(runs)
    if os.environ.get("UPDATE"):
        TABLE.write_text(table)
    wanted, seen = TABLE.read_text().splitlines(), table.splitlines()
    faults += [f"not as the table has it: {line}" for line in seen if line not in wanted]
    faults += [f"not seen: {line}" for line in wanted if line not in seen]
    print(f"{len(VIOLATIONS) + len(RUNNING) + 1} containers and {len(IMAGES) + len(BUILDS)} images on each of {len(runs)} engines, "
          f"{len(seen) - 1} lines, {time.monotonic() - start:.0f} s")
    print("\n".join(faults) or "all as expected")
    return 1 if faults else 0


sys.exit(main())
