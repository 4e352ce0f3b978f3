"""Binaries of the reference parsers 3.0.8, 4.1 and 5.0 for three kernels, and ours: each is decoded, in words and as JSON, with the
profiles that the text has. Cut short anywhere or with bytes changed they are decoded or refused; nothing crashes or runs away."""
import json
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile

BULKHEAD, SOURCE = os.environ["BULKHEAD"], pathlib.Path(os.environ["BH_SOURCE_DIR"])
PARSERS = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "bulkhead" / "parsers"
FEATURES = SOURCE / "tests" / "features"
SEED = int(os.environ.get("SEED", "1"))
MUTATIONS = int(os.environ.get("MUTATIONS", "250"))
faults = []

TEXT = """\
@{PROC} = /proc/
profile plain /usr/bin/{plain,other} flags=(complain, attach_disconnected) {
  /etc/** r,
  owner /home/*/** rwk,
  audit deny /etc/shadow rw,
  /usr/bin/* Cx -> child,
  /usr/sbin/* Px,
  capability net_admin,
  audit capability chown,
  set rlimit nofile <= 1024,
  network inet stream,
  signal (send, receive) set=(hup, kill) peer=unconfined,
  ptrace read,
  unix (send, receive) type=stream,
  mount fstype=tmpfs options=(rw, nosuid) -> /mnt/**,
  change_profile -> other,
  @{PROC}/[0-9]*/stat r,
  profile child {
    /** ix,
  }
  ^hat {
    /hat w,
  }
}
profile second {
}
"""
NAMES = ["plain", "plain//child", "plain//hat", "second"]


def limited():
    resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))


def decode(path, *more):
    return subprocess.run([BULKHEAD, "decode", *more, str(path)], capture_output=True, timeout=30, preexec_fn=limited)


def binaries(folder):
    """(what it is, path) of each binary that could be made."""
    text = folder / "text"
    text.write_text(TEXT)
    for kernel in ("6.1", "6.12", "7.2"):
        out = folder / f"bulkhead-{kernel}"
        subprocess.run([BULKHEAD, "compile", "--no-cache", "--features", kernel, "-o", out, text], check=True, capture_output=True)
        yield out
        for version in ("3.0.8", "4.1", "5.0"):
            parser = PARSERS / version / "apparmor_parser"
            if not parser.exists():
                continue
            done = subprocess.run([parser, "-QKS", "--config-file", "/dev/null", "-M", FEATURES / kernel, text], capture_output=True)
            if done.returncode != 0:
                sys.exit(f"{version} for {kernel}: {done.stderr.decode()}")
            out = folder / f"{version}-{kernel}"
            out.write_bytes(done.stdout)
            yield out


def is_read(path):
    words, both = decode(path), decode(path, "--format", "json")
    if words.returncode != 0 or both.returncode != 0:
        faults.append(f"{path.name}: exit {words.returncode}\n{words.stderr.decode()}")
        return
    profiles = json.loads(both.stdout)["profiles"]
    names = [profile["name"] for profile in profiles]
    if sorted(names) != sorted(NAMES):
        faults.append(f"{path.name}: profiles {names}")
    plain = next(profile for profile in profiles if profile["name"] == "plain")
    held = {tuple(sorted(one["allow"])) for one in plain["file"]["permissions"]}
    for what, good in (("mode", plain["mode"] == "complain"), ("capabilities", "net_admin" in plain["capabilities"]["allow"]),
                       ("audited", "chown" in plain["capabilities"]["audit"]), ("rlimit", plain["rlimits"].get("nofile") == 1024),
                       ("targets", any("child" in target for target in plain["file"]["exec_targets"])),
                       ("read", any("read" in allow and "write" not in allow for allow in held)),
                       ("signal", "signal" in plain["policydb"]["classes"]), ("words", b"/etc/a: " in words.stdout and b"exec target: " in words.stdout)):
        if not good:
            faults.append(f"{path.name}: {what}\n{json.dumps(plain)[:2000]}")


def survives(what, path, bytes_):
    path.write_bytes(bytes_)
    try:
        done = decode(path, "--format", "json")
    except subprocess.TimeoutExpired:
        faults.append(f"{what}: runs away")
        return 0
    if done.returncode == 0:
        json.loads(done.stdout)
    elif done.returncode != 2 or not done.stderr.startswith(b"bulkhead: cannot decode "):
        faults.append(f"{what}: exit {done.returncode}\n{done.stderr.decode(errors='replace')[:500]}")
    return done.returncode == 0


def mutated(random_, whole):
    """Bytes changed where tables begin as well as anywhere; pieces cut out, doubled, filled."""
    out = bytearray(whole)
    for _ in range(random_.randint(1, 4)):
        at = random_.randrange(len(out))
        kind = random_.randrange(4)
        if kind == 0:
            out[at] ^= 1 << random_.randrange(8)
        elif kind == 1:
            out[at:at + 4] = random_.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\x80", b"\x7f\xff\xff\xff"))
        elif kind == 2:
            del out[at:at + random_.randint(1, 64)]
        else:
            out[at:at] = out[at:at + random_.randint(1, 64)]
        if not out:
            return b"\x04"
    return bytes(out)


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    made = list(binaries(folder))
    for path in made:
        is_read(path)
    random_ = random.Random(SEED)
    decoded = runs = 0
    for index in range(MUTATIONS):
        source = random_.choice(made)
        whole = source.read_bytes()
        cut = whole[:random_.randrange(len(whole))]
        for how, bytes_ in (("cut", cut), ("mutated", mutated(random_, whole))):
            what = f"{source.name} {how}, seed {SEED} run {index}"
            before = len(faults)
            decoded += survives(what, folder / "hostile", bytes_)
            runs += 1
            if len(faults) > before:
                kept = pathlib.Path(tempfile.gettempdir()) / f"decode-{SEED}-{index}-{how}"
                kept.write_bytes(bytes_)
                faults.append(f"kept as {kept}")
    print(f"{len(made)} binaries read ({', '.join(sorted(path.name for path in made))}); of {runs} cut or mutated {decoded} decoded")
print("\n".join(faults))
sys.exit(1 if faults else 0)
