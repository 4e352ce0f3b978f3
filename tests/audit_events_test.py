"""`events` on auditd's log: rotated files in order, time ranges, keys, both formats, damaged logs, and a log larger than memory should be."""
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

BULKHEAD = os.environ.get("BULKHEAD", "build/bulkhead")
faults = []


def expect(what, seen, wanted):
    if seen != wanted:
        faults.append(f"{what}: expected {wanted!r}, saw {seen!r}")


def event(seconds, serial, command="docker ps", key='"docker"', arch="c000003e", syscall=59):
    """The records of one execve, as auditd writes them (RAW)."""
    stamp = f"msg=audit({seconds}.500:{serial}):"
    words = command.split(" ")
    arguments = " ".join(f'a{n}="{word}"' for n, word in enumerate(words))
    return (f"type=SYSCALL {stamp} arch={arch} syscall={syscall} success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=2 ppid=1 pid={serial} auid=1000 uid=0 gid=0 euid=0 "
            f'suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=3 comm="docker" exe="/usr/bin/docker" subj=unconfined key={key}\n'
            f"type=EXECVE {stamp} argc={len(words)} {arguments}\n"
            f'type=CWD {stamp} cwd="/root"\n'
            f'type=PATH {stamp} item=0 name="/usr/bin/docker" inode=7 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0\n'
            f"type=PROCTITLE {stamp} proctitle={command.replace(' ', chr(0)).encode().hex().upper()}\n")


def events(log, *words, code=0):
    done = subprocess.run([BULKHEAD, "events", "--log", str(log), "--format", "json", *words], capture_output=True, text=True)
    if done.returncode != code:
        faults.append(f"events {words}: exit {done.returncode}, expected {code}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def serials(log, *words, code=0):
    return [e["serial"] for e in events(log, *words, code=code)[0]]


def check_ranges(folder):
    log = folder / "audit.log"
    now = int(time.time())
    (folder / "audit.log.2").write_text(event(1000000000, 1) + event(1000000100, 2))
    (folder / "audit.log.1").write_text(event(1000000200, 3) + event(1000000300, 4, key='"other"'))
    log.write_text(event(1000000400, 5, key="(null)") + event(now - 7200, 6) + event(now - 60, 7, key="646F636B6572016F74686572"))
    expect("all, oldest first", serials(log), [1, 2, 3, 4, 5, 6, 7])
    expect("by key; one field may hold two", serials(log, "-k", "docker"), [1, 2, 3, 6, 7])
    expect("by either key", serials(log, "-k", "docker", "-k", "other"), [1, 2, 3, 4, 6, 7])
    expect("--since 1h", serials(log, "--since", "1h"), [7])
    expect("--until 1h", serials(log, "--until", "1h", "-k", "docker"), [1, 2, 3, 6])
    expect("between, as the text says it", serials(log, "--since", "2001-09-09T01:46:40.501Z", "--until", "2001-09-09T01:50:00.500Z"), [2, 3])
    expect("no time", serials(log, "--since", "yesterday", code=2), [])
    expect("between two times", serials(log, "--since", "2001-09-09T01:48:20Z", "--until", "1000000300"), [2, 3])
    expect("none", serials(log, "--since", "1h", "--until", "2h", code=1), [])
    expect("another's log", "No such file" in events(folder / "none.log", code=2)[1], True)
    seen = events(log, "-k", "docker", "--until", "1000000001")[0][0]
    expect("decoded", [seen[k] for k in ("syscall", "argv", "cwd", "exe", "proctitle", "auid", "tty", "session", "success")],
           ["execve", ["docker", "ps"], "/root", "/usr/bin/docker", "docker ps", "1000", "pts0", "3", "yes"])


def check_damaged(folder):
    log = folder / "damaged.log"
    whole = event(1000000000, 1) + event(1000000001, 2, arch="40000003", syscall=11) + event(1000000002, 3, arch="c00000b7", syscall=221)
    log.write_bytes(b"\x00\xff garbage\n" + whole.encode() + b"type=SYSCALL msg=audit(\n" + b"A" * 3_000_000 + b"\n" + event(1000000003, 4).encode()[:200])
    found, complaint = events(log)
    expect("what is whole is read", [e["serial"] for e in found], [1, 2, 3, 4])
    expect("of another architecture", [e["syscall"] for e in found], ["execve", "execve", "221", "execve"])
    expect("the rest is told", "no audit records" in complaint, True)
    text = subprocess.run([BULKHEAD, "events", "--log", str(log)], capture_output=True).stdout
    expect("nothing unprintable", [b for b in set(text) if b < 32 and b != 10], [])


def check_size(folder):
    log = folder / "large.log"
    with log.open("w") as out:
        for block in range(200):
            out.write("".join(event(1000000000 + block, block * 1000 + n, key='"docker"' if n == 0 else '"other"') for n in range(1000)))
    start = time.monotonic()
    found = serials(log, "-k", "docker")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"{log.stat().st_size >> 20} MiB of log in {time.monotonic() - start:.1f} s, at most {peak} MiB")
    expect("all of them", found, [block * 1000 for block in range(200)])
    if peak > 100:
        faults.append(f"used {peak} MiB")


with tempfile.TemporaryDirectory() as name:
    check_ranges(pathlib.Path(name))
    check_damaged(pathlib.Path(name))
    check_size(pathlib.Path(name))
print("\n".join(faults) or "all as expected")
sys.exit(1 if faults else 0)
