"""On a real AppArmor kernel with a real engine: labels by the kernel, a profile in complain mode, profiles that are gone after a reboot, one that
was taken away, a privileged container, profiles scored; and the book's check of the audited daemon: none, `audit-rules install`, then
`docker ps` leaves one decoded event that `events -k docker` shows, from auditd's own log and from the kernel's stream.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import docker_guest
import real_engine

PROFILE = "abi <abi/3.0>,\nprofile {name} flags=(attach_disconnected{flags}) {{\n  file,\n  capability,\n  network,\n  signal,\n{more}}}\n"
DENIALS = """  deny /proc/{sys/**,sysrq-trigger,kcore,kallsyms,keys,interrupts,bus/**} rwklx,
  deny /sys/** wklx, deny /sys/firmware/** rwklx, deny /sys/kernel/{debug,security}/** rwklx,
  deny /{dev,run,var/run}/** rwklx, deny /etc/** wl, deny /usr/bin/runc w,
  deny capability sys_admin, deny capability sys_module, deny capability net_admin, deny capability mknod,
  deny network raw, deny network packet, deny network netlink, deny network alg,
"""

# Each container: the profile it asks for (None: the engine's own), further flags, whether it runs.
CONTAINERS = {
    "plain": (None, "", True),
    "privileged": (None, "--privileged", True),
    "open": ("unconfined", "", False),
    "complaining": ("bh-lax", "", True),
    "wide": ("bh-wide", "", True),
    "bereft": ("bh-bereft", "", True),  # its profile is removed while it runs
    "replaced": ("bh-replaced", "", True),  # its profile is replaced while it runs
    "absent": ("bh-absent", "", False),  # asks for what is not loaded
    "both": ("bh-wide", "--privileged", True),  # the engine then says unconfined, and applies the profile
}

# What the kernel and the engine together mean, by check: container -> outcome. What is not named passes.
EXPECTED = {
    "rt-apparmor": {"privileged": "fail", "open": "fail", "complaining": "warn", "bereft": "fail", "absent": "warn"},
    "rt-privileged": {"privileged": "fail", "both": "fail"},
    "bh-profile-complain": {"complaining": "fail"},
    "bh-label-differs": {"bereft": "fail", "absent": "not-applicable", "open": "not-applicable", "both": "fail"},
    "bh-profile-not-persisted": {"privileged": "not-applicable", "open": "not-applicable", "bereft": "not-applicable",
                                 "complaining": "fail", "replaced": "fail", "absent": "fail"},
    "bh-profile-score": {"plain": "warn", "privileged": "not-applicable", "open": "not-applicable", "bereft": "not-applicable", "wide": "fail",
                         "both": "fail", "complaining": "fail", "replaced": "pass", "absent": "not-applicable"},
    "rt-capabilities": dict.fromkeys(CONTAINERS, "fail"),  # the default set has NET_RAW
    "bh-dangerous-capabilities": {"privileged": "fail", "both": "fail"},
    "rt-seccomp": {"privileged": "fail", "both": "fail"},
}

# What `status --containers` says of each, beside the label: words that some finding holds. What is not named agrees.
GONE = "gone after a boot"  # nothing in this guest loads profiles at one
STATUS = {
    "plain": ("docker-default (enforce)", []),
    "privileged": ("unconfined", ["asks for no profile"]),
    "open": (None, ["asks for no profile"]),
    "complaining": ("bh-lax (complain)", ["only logged", GONE]),
    "wide": ("bh-wide (enforce)", [GONE]),
    "bereft": ("unconfined", ["asks for bh-bereft, but has processes that are unconfined"]),
    "replaced": ("bh-replaced (enforce)", [GONE]),
    "absent": (None, ["asks for bh-absent, which is not loaded"]),
    "both": ("bh-wide (enforce)", ["docker exec", GONE]),
}

SCENARIO = r"""
chmod 755 /probe32
rm -f /etc/audit/rules.d/*
rm /etc/systemd/system/sysinit.target.wants/apparmor.service
/sbin/auditd -s nochange || echo "auditd does not start"
for profile in lax wide bereft; do bulkhead load /profiles/bh-$profile >/dev/null || echo "cannot load $profile"; done
bulkhead load /profiles/bh-replaced.before >/dev/null
cp /profiles/bh-wide /etc/apparmor.d/
import_image test:1 /image.tar 'CMD ["/bin/busybox","sleep","1000"]'
@CREATE@
docker start @STARTED@ >/dev/null || echo "cannot start them all"
bulkhead remove --force bh-bereft >/dev/null || echo "cannot remove bh-bereft"
bulkhead load /profiles/bh-replaced >/dev/null
for pid in $(pidof sleep busybox); do cat /proc/$pid/attr/current; done >/results/labels 2>/dev/null
bulkhead status --containers --format json >/results/containers.json; echo $? >/results/containers.code
bulkhead status --containers >/results/containers

bulkhead audit --format json >/results/audit.json
bulkhead snapshot -o /results/snapshot.json
bulkhead audit --from /results/snapshot.json --format json >/results/from.json

bulkhead audit --benchmark 1.0.0 --check 1.8 --format json >/results/before.json
bulkhead audit-rules show >/results/show
bulkhead audit-rules install >/results/install; echo $? >/results/install.code
auditctl -l >/results/auditctl
bulkhead audit --benchmark 1.0.0 --check 1.8 --format json >/results/after.json
bulkhead audit --section host --format json >/results/host.json
bulkhead events -k docker --follow --for 300s --format json >/results/stream.json &
follower=$!
wait_for 60 sh -c 'awk "\$2 == 9 && \$4 == \"00000001\" { found = 1 } END { exit !found }" /proc/net/netlink'
docker ps >/results/ps
/probe32 || echo "the 32-bit probe fails: $?"
wait_for 60 grep -q 'comm="probe32"' /var/log/audit/audit.log
wait_for 60 grep -q probe32 /results/stream.json
kill $follower
bulkhead events -k docker --format json >/results/log.json
bulkhead events -k docker --since 1h >/results/log.text
bulkhead events -k docker --until 1h >/results/older; echo $? >/results/older.code
bulkhead audit-rules verify >/results/verify; echo $? >/results/verify.code
bulkhead audit-rules remove >/results/remove; echo $? >/results/remove.code
auditctl -l >/results/auditctl.after
ls /etc/audit/rules.d >/results/rules.after
cp /var/log/audit/audit.log /results/audit.log
"""

# A program of the other architecture: open("/etc/docker/daemon.json", O_WRONLY), exit(0). No C library, 30 instructions.
PROBE32 = """
.globl _start
_start: movl $5, %eax
        movl $path, %ebx
        movl $1, %ecx
        int $0x80
        movl $1, %eax
        xorl %ebx, %ebx
        int $0x80
path:   .asciz "/etc/docker/daemon.json"
"""

faults = []


def expect(what, seen, wanted):
    if seen != wanted:
        faults.append(f"{what}: expected {wanted!r}, saw {seen!r}")


def probe32():
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "p.s").write_text(PROBE32)
        subprocess.run(["as", "--32", "p.s", "-o", "p.o"], cwd=folder, check=True)
        subprocess.run(["ld", "-m", "elf_i386", "p.o", "-o", "p"], cwd=folder, check=True)
        return (pathlib.Path(folder) / "p").read_bytes()


def machine():
    guest = docker_guest.DockerGuest()
    guest.add("/probe32", probe32())  # not as a program: the lab would look for its libraries
    guest.add("/image.tar", docker_guest.image_tar({"bin/busybox": "/bin/busybox"}))
    guest.add("/etc/audit/auditd.conf", b"log_file = /var/log/audit/audit.log\nlog_format = RAW\nflush = NONE\npriority_boost = 0\n"
              b"space_left = 2\nadmin_space_left = 1\nspace_left_action = IGNORE\nadmin_space_left_action = IGNORE\ndisk_full_action = IGNORE\n", 0o640)
    for name, (flags, more) in {"lax": (",complain", ""), "wide": ("", "  mount,\n  ptrace,\n  umount,\n"),
                                "bereft": ("", ""), "replaced": ("", DENIALS)}.items():
        guest.add(f"/profiles/bh-{name}", PROFILE.format(name=f"bh-{name}", flags=flags, more=more).encode())
    guest.add("/profiles/bh-replaced.before", PROFILE.format(name="bh-replaced", flags="", more="").encode())
    create = []
    for name, (profile, flags, _) in CONTAINERS.items():
        option = f"--security-opt apparmor={profile}" if profile else ""
        create.append(f"docker create --name {name} --network none {option} {flags} test:1 >/dev/null || echo 'cannot create {name}'")
    started = " ".join(name for name, (_, _, runs) in CONTAINERS.items() if runs)
    return guest, SCENARIO.replace("@CREATE@", "\n".join(create)).replace("@STARTED@", started)


def findings(results, name):
    try:
        return {f["key"]: f for f in json.loads(results.get(name, ""))["findings"]}
    except ValueError:
        sys.exit(f"{name}: {results.get(name)!r}\nlog: {results.get('log')}\n")


def check_containers(results):
    seen = findings(results, "audit.json")
    for key, wanted in EXPECTED.items():
        outcomes = {e["subject"].removeprefix("container "): e["outcome"] for e in seen[key]["evidence"] if e["subject"].startswith("container ")}
        expect(key, outcomes, {name: wanted.get(name, "pass") for name in CONTAINERS})
    same = {k: f["outcome"] for k, f in findings(results, "from.json").items()}
    expect("audit --from", same, {k: f["outcome"] for k, f in seen.items()})
    labels = sorted(results["labels"].split("\n"))
    expect("labels by the kernel", sorted({line for line in labels if line}),
           sorted({"unconfined", "docker-default (enforce)", "bh-lax (complain)", "bh-wide (enforce)", "bh-replaced (enforce)"}))
    for f in seen.values():
        for e in f["evidence"]:
            if e["outcome"] == "unknown":
                faults.append(f"{f['key']} is unknown of {e['subject']}: {e['text']}")


def check_status(results):
    """The label truth, container by container."""
    seen = {c["name"]: c for c in json.loads(results["containers.json"])["containers"]}
    expect("status --containers", sorted(seen), sorted(STATUS))
    for name, (label, parts) in STATUS.items():
        expect(f"status: {name} carries", seen[name]["carried"], [label] if label else [])
        findings_of = seen[name]["findings"]
        if len(findings_of) != len(parts) or not all(any(part in finding for finding in findings_of) for part in parts):
            faults.append(f"status: {name}: expected {parts}, saw {findings_of}")
        for finding in findings_of:
            if f"{name}: {finding}" not in results["containers"]:
                faults.append(f"status: the text does not say {name}: {finding}")
    expect("status --containers with findings exits", results["containers.code"].strip(), "1")


def check_rules(results):
    expect("1.8 before", findings(results, "before.json")["audit-docker-daemon"]["outcome"], "fail")
    expect("1.8 after", findings(results, "after.json")["audit-docker-daemon"]["outcome"], "pass")
    for key, finding in findings(results, "host.json").items():
        if key.startswith("audit-") and finding["outcome"] not in ("pass", "not-applicable"):
            faults.append(f"{key} after install: {finding['summary']}")
    for name in ("install.code", "verify.code", "remove.code"):
        expect(name, results[name].strip(), "0")
    ours = sorted(line for line in results["show"].splitlines() if line.startswith("-w"))
    expect("auditctl -l beside audit-rules show", sorted(results["auditctl"].splitlines()), ours)
    for path in ("/usr/bin/docker", "/usr/sbin/dockerd", "/etc/docker", "/usr/sbin/runc"):
        if not any(line.startswith(f"-w {path} ") for line in ours):
            faults.append(f"no watch on {path}")
    expect("after remove", (results["auditctl.after"].strip(), results["rules.after"].strip()), ("No rules", ""))


def check_events(results):
    for name in ("log.json", "stream.json"):
        events = [json.loads(line) for line in results[name].splitlines()]
        if not all("docker" in e["keys"] for e in events):
            faults.append(f"{name}: events without the key")
        runs = [e for e in events if e["syscall"] == "execve" and e["argv"] == ["docker", "ps"]]
        expect(f"{name}: docker ps leaves one event", len(runs), 1)
        for e in runs:
            expect(f"{name}: decoded", (e["exe"], e["comm"], e["success"], e["cwd"], e["proctitle"], e["uid"]),
                   ("/usr/bin/docker", "docker", "yes", "/", "docker ps", "0"))
            expect(f"{name}: its paths", e["paths"][0]["name"], "/usr/bin/docker")
        others = [e for e in events if e["exe"] == "/probe32"]
        expect(f"{name}: a 32-bit program", [(e["syscall"], e["paths"][-1]["name"]) for e in others], [("open", "/etc/docker/daemon.json")])
    if "docker ps" not in results["log.text"]:
        faults.append(f"events as text: {results['log.text'][:500]}")
    expect("nothing is older than an hour", (results["older"], results["older.code"].strip()), ("", "1"))


def main():
    if shutil.which("as") is None or shutil.which("ld") is None:
        real_engine.skip("no assembler (package binutils)")
    guest, script = machine()
    results = guest.run(script, kernel=os.environ.get("KERNEL", "oldest"))
    print(f"the guest took {results['seconds']:.0f} s")
    if keep := os.environ.get("KEEP"):
        for name, text in results.items():
            pathlib.Path(keep, name).write_text(str(text))
    check_containers(results)
    check_status(results)
    check_rules(results)
    check_events(results)
    if results.get("log"):
        print("the script said:", results["log"])
    print("\n".join(faults) or "all as expected")
    return 1 if faults else 0


sys.exit(main())
