"""audit-rules against the running kernel: show, install, an event that follows, verify, remove; and the kernel is left as it was.

Skipped where auditing belongs to somebody (auditd runs, rules are loaded) or the kernel has none.
"""
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import time

BULKHEAD = os.environ.get("BULKHEAD", "build/bulkhead")
RULES = pathlib.Path("/etc/audit/rules.d/50-bulkhead-docker.rules")


def skip(why):
    print(f"skipped: {why}")
    raise SystemExit(77)


def status():
    """(enabled, pid of auditd) by the kernel."""
    link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
    link.send(struct.pack("IHHII", 16, 1000, 1, 1, 0))
    answer = link.recv(8192)
    kind = struct.unpack_from("H", answer, 4)[0]
    if kind != 1000:
        skip(f"the kernel does not tell its audit status: {os.strerror(-struct.unpack_from('i', answer, 16)[0])}")
    _, enabled, _, pid = struct.unpack_from("4I", answer, 16)
    return enabled, pid


if os.geteuid() != 0:
    skip("needs root")
try:
    enabled, pid = status()
except OSError as error:
    skip(f"no audit in this kernel: {error}")
if pid or enabled == 2 or RULES.exists():
    skip("auditing belongs to somebody on this machine")

faults = []


def run(*words, code=0):
    done = subprocess.run([BULKHEAD, *words], capture_output=True, text=True)
    if done.returncode != code:
        faults.append(f"bulkhead {' '.join(words)}: exit {done.returncode}, expected {code}: {done.stdout}{done.stderr}")
    return done.stdout


watched = pathlib.Path("/etc/docker")
made = not watched.exists()
watched.mkdir(exist_ok=True)
existed = [p for p in (pathlib.Path("/etc/audit"), pathlib.Path("/etc/audit/rules.d")) if p.exists()]
try:
    if "-w /etc/docker -p wa -k docker" not in run("audit-rules", "show"):
        faults.append("show does not name /etc/docker")
    run("audit-rules", "verify", code=1)
    follower = subprocess.Popen([BULKHEAD, "events", "-k", "docker", "--follow", "--for", "6s", "--format", "json"], stdout=subprocess.PIPE, text=True)
    time.sleep(1)
    run("audit-rules", "install")
    run("audit-rules", "install")  # twice does no harm
    run("audit-rules", "verify")
    probe = watched / "bulkhead probe"
    probe.write_text("x")
    probe.unlink()
    events = [json.loads(line) for line in follower.communicate()[0].splitlines()]
    if not any(e["syscall"] in ("openat", "open") and any(p["name"].endswith("bulkhead probe") and p["nametype"] == "CREATE" for p in e["paths"]) for e in events):
        faults.append(f"the event of a written file is not among {events}")
    run("audit-rules", "remove")
    run("audit-rules", "verify", code=1)
    if RULES.exists():
        faults.append("remove left its file")
    if status()[0] != enabled:
        faults.append(f"auditing was {enabled} and is {status()[0]}")
    run("audit-rules", "remove", code=2)
finally:
    subprocess.run([BULKHEAD, "audit-rules", "remove"], capture_output=True)
    for folder in (pathlib.Path("/etc/audit/rules.d"), pathlib.Path("/etc/audit")):
        if folder not in existed and folder.exists():
            folder.rmdir()
    if made:
        watched.rmdir()

print("\n".join(faults) or "all as expected")
sys.exit(1 if faults else 0)
