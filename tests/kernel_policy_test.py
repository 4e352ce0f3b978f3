#!/usr/bin/env python3
"""What the three kernels make of what we compile: they load all of it, and they answer as `bulkhead query` does.

Loaded are every case of the parser's corpus and of tests/differential that compiles, random profiles, and 5,000 literal paths (75,091 states;
refused clearly where the kernel has no state32). Asked are docker-default, bane's sample, strict's examples and random profiles: random
questions of each class, by the kernel's own `.access` file (tests/tools/ask_kernel.cpp), as the owner of a file and as another. The strings that
are matched are made here, from the kernel's sources, not by the program under test.

usage: kernel_policy_test.py [--all] [--kernel K]... [--questions N] [--seed N]; without --all a part of it, on the newest kernel.
"""
import argparse
import json
import os
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE)]
sys.dont_write_bytecode = True
import random_profile  # noqa: E402
from differential_test import BUILD, CACHE, CORPORA, KERNELS  # noqa: E402
from guest import BULKHEAD, SOURCE, Guest, Skipped  # noqa: E402

NETWORK_CLASS = {"6.1": 14, "6.12": 14, "7.2": 15}
LITERALS = 5000
OWNER, OTHER = 0, 65534

# The kernel's bits, security/apparmor/include/perms.h.
FILE_BITS = {"exec": 0x1, "write": 0x2, "read": 0x4, "append": 0x8, "create": 0x10, "delete": 0x20, "chmod": 0x1000, "chown": 0x2000, "lock": 0x8000, "mmap-exec": 0x10000}
NET_BITS = {"create": 0x10, "bind": 0x200000, "listen": 0x400000, "accept": 0x100000, "connect": 0x40, "send": 0x2, "receive": 0x4, "setopt": 0x1000000, "getopt": 0x2000000}
PTRACE_BITS = {"trace": 2, "read": 4, "tracedby": 8, "readby": 0x10}
FAMILIES = {"inet": 2, "inet6": 10, "netlink": 16, "packet": 17, "bluetooth": 31, "vsock": 40}
TYPES = {"stream": 1, "dgram": 2, "raw": 3, "rdm": 4, "seqpacket": 5}
SIGNALS = {"hup": 1, "int": 2, "kill": 9, "usr1": 10, "term": 15, "chld": 17, "exists": 35, "rtmin+0": 128, "rtmin+8": 136}
MOUNT_FLAGS = {"ro": 0, "nosuid": 1, "nodev": 2, "noexec": 3, "sync": 4, "noatime": 10}
COMPONENTS = ["a", "b", "ab", "x.y", "etc", "passwd", "shadow", "usr", "bin", "sh", "proc", "sys", "kernel", "sysrq", "1", "var", "log", "nginx", "run", "home", "tmp", "dev", "null", "lib", "attr", "current", "a b"]
LABELS = ["a", "b", "x/y", "unconfined", "a//b", "/usr/bin/a", "docker-default", "ab", "runc"]


class Questions:
    """Random questions: (what bulkhead is asked, class and string for the kernel, the bits)."""

    def __init__(self, seed, kernel, hints):
        self.random, self.kernel, self.hints = random.Random(seed), kernel, hints

    def path(self, folder=False):
        if self.hints and self.random.random() < 0.5:
            path = self.random.choice(self.hints)
        else:
            path = "/" + "/".join(self.random.choice(COMPONENTS) for _ in range(self.random.randint(1, 4)))
        path = path.replace(" ", "")
        return path.rstrip("/") + "/" if folder and self.random.random() < 0.8 else path

    def label(self):
        return self.random.choice(LABELS)

    def file(self):
        verb, path = self.random.choice(list(FILE_BITS)), self.path()
        return f"{verb} {path}", b"\x02" + path.encode(), FILE_BITS[verb]

    def change_profile(self):
        label = self.label()
        return f"change_profile -> {label}", b"\x02" + label.encode(), 0x40000000

    def network(self):
        access, family, kind = (self.random.choice(list(words)) for words in (NET_BITS, FAMILIES, TYPES))
        return f"network {access} {family} {kind}", struct.pack(">BHH", NETWORK_CLASS[self.kernel], FAMILIES[family], TYPES[kind]), NET_BITS[access]

    def unix(self):
        kind = self.random.choice(["stream", "dgram", "seqpacket"])
        if self.kernel != "7.2":
            access = self.random.choice(list(NET_BITS))
            return f"network {access} unix {kind}", struct.pack(">BHH", NETWORK_CLASS[self.kernel], 1, TYPES[kind]), NET_BITS[access]
        return f"unix create type={kind}", struct.pack(">BHHH", 15, 1, TYPES[kind], 0), 0x10

    def signal(self):
        way, signal, label = self.random.choice(["send", "receive"]), self.random.choice(list(SIGNALS)), self.label()
        return f"signal {way} {signal} peer={label}", bytes([10, SIGNALS[signal]]) + label.encode(), 2 if way == "send" else 4

    def ptrace(self):
        way, label = self.random.choice(list(PTRACE_BITS)), self.label()
        if way.endswith("by") and label == "unconfined":  # answered by nobody: the kernel does not ask the profile then, `.access` does
            label = "a"
        return f"ptrace {way} peer={label}", b"\x09" + label.encode(), PTRACE_BITS[way]

    def mount(self):
        target, source = self.path(True), self.path()
        kind = self.random.choice(["new", "new", "bind", "remount", "move", "private"])
        if kind == "new":
            flags = sorted(self.random.sample(list(MOUNT_FLAGS), self.random.randint(0, 2)), key=MOUNT_FLAGS.get)
            fstype = self.random.choice(["ext4", "tmpfs", "xfs", "nfs4", "proc"])
            words, device = f"-t {fstype} " + (f"-o {','.join(flags)} " if flags else ""), source
            codes = bytes(MOUNT_FLAGS[flag] + 1 for flag in flags)
        elif kind in ("bind", "move"):
            words, fstype, device, codes = f"-o {kind} ", "", source, b"\x0d" if kind == "bind" else b"\x0e"
        else:
            words, fstype, device, source, codes = f"-o {kind} ", "", "", "", b"\x06" if kind == "remount" else b"\x13"
        string = b"\x07" + target.encode() + b"\0" + device.encode() + b"\0" + fstype.encode() + b"\0" + codes
        return f"mount {words}{source}{' ' if source else ''}-> {target}", string, 2

    def umount(self):
        path = self.path(True)
        return f"umount {path}", b"\x07" + path.encode(), 4

    def pivot_root(self):
        new, old = self.path(True), self.path(True)
        return f"pivot_root {new} {old}", b"\x07" + new.encode() + b"\0" + old.encode(), 1

    def userns(self):
        return "userns create", b"\x15", 8

    def io_uring(self):
        if self.random.random() < 0.5:
            return "io_uring sqpoll", b"\x16", 0x10
        label = self.label()
        return f"io_uring override_creds peer={label}", b"\x16" + label.encode(), 8

    def dbus(self):
        bus = self.random.choice(["system", "session"])
        way = self.random.choice(["send", "receive", "bind", "eavesdrop"])
        head = b"\x20" + bus.encode()
        if way == "eavesdrop":
            return f"dbus eavesdrop bus={bus}", head, 0x20
        name = self.random.choice(["a.b", "a.c", "b.c", "org.x"])
        if way == "bind":
            return f"dbus bind bus={bus} name={name}", head + b"\0" + name.encode(), 0x40
        label, path, interface, member = self.label(), self.path(), self.random.choice(["a.b", "b.c"]), self.random.choice(["M", "N", "Mx"])
        string = b"\0".join([head, name.encode(), label.encode(), path.encode(), interface.encode(), member.encode()])
        return f"dbus {way} bus={bus} path={path} interface={interface} member={member} peer=(name={name} label={label})", string, 2 if way == "send" else 4

    def some(self, count):
        """`count` of each class, each once."""
        classes = [self.file, self.change_profile, self.network, self.unix, self.signal, self.ptrace, self.mount, self.umount, self.pivot_root, self.dbus]
        classes += [self.userns, self.io_uring] if self.kernel == "7.2" else []
        found = {}
        for make in classes:
            for _ in range(count):
                action, string, bits = make()
                found[action] = (string, bits)
        return [(action, string, bits) for action, (string, bits) in found.items()]


def compiled(path, kernel, into, *words):
    """The run of the compiler; where it exits 0 the policy is at `into`."""
    return subprocess.run([BULKHEAD, "compile", "--features", str(SOURCE / "tests" / "features" / kernel), "-o", str(into), *words, str(path)],
                          capture_output=True, text=True, errors="replace")


def verdict_of(answer, bits):
    """In the words of `bulkhead query`."""
    allow, deny, audit, quiet = (int(word, 16) for word in answer.split())
    allow &= ~deny
    if bits & ~allow == 0:
        return "allowed and audited" if bits & audit else "allowed"
    return "denied silently" if bits & ~allow & ~quiet == 0 else "denied"


# ---- what is asked about

def asked_profiles(work, seeds):
    """(name of the profile, its text): those that people use, and random ones in enforce mode."""
    base = "/etc/apparmor.d"
    made = {}
    commands = {"docker-default": ["show", "docker-default"]}
    sample = next(iter(sorted(CORPORA.glob("bane/genuinetools-bane__sample__*.toml"))), SOURCE / "examples" / "nginx-sample.toml")
    commands["bane"] = ["generate", "--style", "bane", sample]
    for spec in sorted((SOURCE / "examples").glob("*.toml")):
        commands[spec.stem] = ["generate", "--abi", "5.0", spec]
    for name, words in commands.items():
        made[name] = subprocess.run([BULKHEAD, *words, "--base", base], capture_output=True, text=True, check=True).stdout
    for seed in seeds:
        text = random_profile.spelled("\n".join(line for line, _ in random_profile.Generator(seed).lines()), 1)
        if not re.search(r"flags=\([^)]*(unconfined|default_allow)", text):
            made[f"s{seed}"] = text
    for name, text in made.items():
        path = work / f"{name}.asked"
        path.write_text(text)
        yield path


def names_in(policy):
    said = subprocess.run([BULKHEAD, "decode", str(policy)], capture_output=True, text=True).stdout
    return re.findall(r"^profile (.*) \(\w+\)$", said, re.M)


def add_questions(guest, path, kernel, count, seed, work):
    """Loads the profile and puts the questions; the check compares with what `bulkhead query` says to the same."""
    policy = work / f"{path.name}.{kernel}"
    done = compiled(path, kernel, policy)
    if done.returncode != 0:
        return 0
    name = names_in(policy)[0]
    hints = [hint.replace("*", "a").replace("?", "b") for hint in re.findall(r"(?<![\w}])/[\w./*?-]+", path.read_text())]
    questions = Questions(seed, kernel, hints).some(count)
    answers = []
    for at in range(0, len(questions), 1000):
        asked = subprocess.run([BULKHEAD, "query", "--format", "json", "--features", str(SOURCE / "tests" / "features" / kernel), str(path),
                                *[action for action, _, _ in questions[at:at + 1000]]], capture_output=True, text=True)
        if not asked.stdout:
            raise SystemExit(f"bulkhead query {path.name}: {asked.stderr[-2000:]}")
        answers += json.loads(asked.stdout)["answers"]
    packed = b"".join(struct.pack("<H", len(string)) + string for _, string, _ in questions)
    guest.bytes(f"/q/{policy.name}", packed)
    guest.bytes(f"/p/{policy.name}", policy.read_bytes())
    guest.step(loads(path.name), do="load", target=f"/p/{policy.name}")
    for uid, side in ((OWNER, "owner"), (OTHER, "other")):
        guest.step(agree(questions, answers, side), do="run", argv=["ask_kernel", name, f"/q/{policy.name}", str(uid)], timeout_ms=300_000)
    return 2 * len(questions)


def agree(questions, answers, side):
    def check(step):
        lines = step["outcome"]["out"].split("\n")[:-1]
        if step["outcome"]["exit"] != 0 or len(lines) != len(questions):
            return [f"{len(lines)} answers to {len(questions)} questions: {step['outcome']['err']}"]
        faults = []
        for (action, string, bits), answer, line in zip(questions, answers, lines):
            says, kernel = answer[side], verdict_of(line, bits)
            if says != kernel and not (says == "not mediated" and kernel.startswith("allowed")):
                faults.append(f"{action} ({side}): query says {says}, the kernel {kernel} ({line}, asked {bits:x} by {string!r})")
        return faults[:10] + ([f"and {len(faults) - 10} more"] if len(faults) > 10 else [])

    return check


# ---- what is loaded

def loads(what):
    return lambda step: [] if step["outcome"]["exit"] == 0 else [f"the kernel does not load {what}: {step['outcome']['err']}"]


def refused(words):
    return lambda step: [] if words in step["outcome"]["err"] else [f"not refused for `{words}`: {step['outcome']['err']}"]


def add_corpus(guest, kernel, part, work):
    """Every case that compiles, each a load of its own."""
    cases = [(path, []) for path in sorted((SOURCE / "tests" / "differential" / "cases").iterdir())]
    corpus = work / "tst"
    corpus.mkdir(exist_ok=True)
    if CORPORA.is_dir() and not (corpus / "simple_tests").exists():
        (corpus / "simple_tests").symlink_to((CORPORA / "policy").resolve())
    found = [pathlib.Path(folder, name) for folder, _, names in os.walk(corpus / "simple_tests", followlinks=True) for name in names if name.endswith(".sd")]
    cases += [(path, ["--base", str(corpus / "simple_tests")]) for path in sorted(found)]
    count = 0
    before = os.getcwd()
    os.chdir(corpus)
    for at, (path, words) in enumerate(cases[::part]):
        policy = work / f"case{at}.{kernel}"
        if compiled(path.relative_to(corpus) if words else path, kernel, policy, *words).returncode != 0 or not policy.stat().st_size:
            continue
        content = policy.read_bytes()
        guest.bytes(f"/p/{policy.name}", content)
        # A load is about one namespace; 7.2 refuses to change it in the middle; older kernels complain and take it.
        spaces = set(re.findall(rb"\x04\x0a\x00namespace\x00\x05..([^\x00]*)\x00", content))
        whole = len(spaces) + (content.count(b"\x04\x08\x00version\x00\x02") > content.count(b"\x04\x0a\x00namespace\x00"))
        guest.step(loads(path.name) if whole <= 1 or kernel != "7.2" else refused("ns change"), do="load", target=f"/p/{policy.name}")
        count += 1
    os.chdir(before)
    return count


def add_literals(guest, kernel, work):
    path, policy = work / "literals", work / f"literals.{kernel}"
    pick = random.Random(1)
    lines = "".join(f"  /{''.join(pick.choices('abcdefghijklmnopqrstuvwxyz', k=24))} r,\n" for _ in range(LITERALS))
    path.write_text(f"profile literals {{\n{lines}}}\n")
    done = compiled(path, kernel, policy)
    has_state32 = "state32" in (SOURCE / "tests" / "features" / kernel).read_text()
    if not has_state32:
        good = done.returncode == 2 and "state" in done.stderr
        return [] if good else [f"{LITERALS} literal paths for {kernel}, which has no state32: exit {done.returncode}\n{done.stderr[-500:]}"]
    if done.returncode != 0:
        return [f"{LITERALS} literal paths for {kernel}: {done.stderr[-2000:]}"]
    guest.bytes("/p/literals", policy.read_bytes())
    guest.step(loads(f"{LITERALS} literal paths"), do="load", target="/p/literals")
    return []


# ---- where the reference is not followed (docs/decisions/0006)

# (what it is about, rules, class and string, bits, as whom, what our policy answers, what the reference's does)
DECISIONS = [
    ("blocks: deny", "network inet, deny { network inet stream, }", struct.pack(">BHH", 15, 2, 1), 0x10, OWNER, "denied silently", "allowed"),
    ("blocks: deny inside", "audit { /a rw, deny /b r, }", b"\x02/b", 4, OWNER, "denied", "allowed and audited"),
    ("deny all", "file, deny all,", b"\x02/a", 4, OTHER, "denied silently", "allowed"),
    ("accesses of unix sockets", "network (receive) unix stream,", struct.pack(">BHHH", 15, 1, 1, 0), 0x10, OWNER, "denied", "allowed"),
    ("change_profile rules that look alike", "change_profile -> a, change_profile -> b,", b"\x02a", 0x40000000, OWNER, "allowed", "denied"),
]


def add_decisions(guest, work):
    """Both compilers' policies, side by side on the newest kernel."""
    parser = CACHE / "parsers" / "5.0" / "apparmor_parser"
    if not parser.exists():
        print(f"the reference's side of the decisions is left out: there is no {parser}")
    for at, (about, rules, string, bits, uid, ours, theirs) in enumerate(DECISIONS):
        guest.bytes(f"/q/decision{at}", struct.pack("<H", len(string)) + string)
        for side, expected in (("ours", ours), ("theirs", theirs)):
            path, policy, name = work / f"decision{at}.{side}", work / f"decision{at}.{side}.policy", f"{side}{at}"
            path.write_text(f"profile {name} {{ {rules} }}\n")
            if side == "ours":
                compiled(path, "7.2", policy).check_returncode()
            elif parser.exists():
                features = SOURCE / "tests" / "features" / "7.2"
                policy.write_bytes(subprocess.run([parser, "-QKS", "-b", work, "--config-file", "/dev/null", "-M", features, path],
                                                  capture_output=True, check=True).stdout)
            else:
                continue
            guest.bytes(f"/p/{policy.name}", policy.read_bytes())
            guest.step(loads(policy.name), do="load", target=f"/p/{policy.name}")
            guest.step(answers_with(f"{about}, {side}", bits, expected), do="run", argv=["ask_kernel", name, f"/q/decision{at}", str(uid)])


def answers_with(about, bits, expected):
    def check(step):
        said = step["outcome"]["out"].strip()
        found = verdict_of(said, bits) if said else step["outcome"]["err"]
        return [] if found == expected else [f"{about}: the kernel answers {found}, not {expected}"]

    return check


def boot(kernel, args, work):
    guest = Guest(memory_mib=2048 if args.all else 1024)
    guest.plan["timeout_s"] = 1500 if args.all else 240
    guest.add(BUILD / "tests" / "ask_kernel", "/usr/bin/ask_kernel")
    seeds = range(args.seed, args.seed + (20 if args.all else 4))
    asked = sum(add_questions(guest, path, kernel, args.questions, args.seed, work) for path in asked_profiles(work, seeds))
    loaded = add_corpus(guest, kernel, 1 if args.all else 12, work)
    wrong = add_literals(guest, kernel, work)
    if kernel == KERNELS[-1]:
        add_decisions(guest, work)
    faults, report = guest.boot(kernel)
    print(f"{kernel}: Linux {report['kernel']}, {asked} questions, {loaded} cases loaded, {len(wrong + faults)} not as expected, {report['seconds']:.0f} s in the guest", flush=True)
    for fault in wrong + faults:
        print("\n".join("    " + line[:600] for line in fault.splitlines()))
    return not wrong and not faults


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--all", action="store_true")
    options.add_argument("--kernel", action="append")
    options.add_argument("--questions", type=int)
    options.add_argument("--seed", type=int, default=1)
    args = options.parse_args()
    args.questions = args.questions or (500 if args.all else 40)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        good = [boot(kernel, args, pathlib.Path(folder)) for kernel in args.kernel or (KERNELS if args.all else KERNELS[-1:])]
    print(f"{time.monotonic() - began:.0f} s")
    return 0 if all(good) else 1


try:
    sys.exit(main())
except Skipped as why:
    print(f"skipped: {why}")
    sys.exit(77)
