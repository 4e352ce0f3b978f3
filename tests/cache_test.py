"""The cache of compiled policy, end to end: what decides whether an entry is good, and what must never decide it."""
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(os.environ["BH_SOURCE_DIR"]) / "bench"))
from measure import run_once  # noqa: E402

BULKHEAD = os.environ["BULKHEAD"]
FEATURES = str(pathlib.Path(os.environ["BH_SOURCE_DIR"]) / "tests" / "features" / "7.2")
faults = []


def check(what, good, more=""):
    if not good:
        faults.append(f"{what} {more}")


class Policy:
    """A folder of two profiles with an include each, one include that both read, one folder that is included and one name that
    is looked for in vain."""

    def __init__(self, root):
        self.root, self.base, self.cache = root, root / "base", root / "cache"
        self.write("abstractions/shared", "  /shared r,\n")
        self.write("abstractions/one", "  /one r,\n")
        self.write("abstractions/two", "  /two r,\n")
        self.write("parts/first", "  /parts/first r,\n")
        head = "profile {0} {{\n  include <abstractions/shared>\n  include <abstractions/{0}>\n  include if exists <local/{0}>\n"
        self.write("one", head.format("one") + "  include <parts>\n  mqueue,\n}\n")
        self.write("two", head.format("two") + "}\n")

    def write(self, name, text):
        path = self.base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def command(self, *more, features=FEATURES, cache=None):
        return [BULKHEAD, "compile", "--features", features, "--base", str(self.base), "--cache-dir", str(cache or self.cache), *more]

    def compile(self, *more, names=("one", "two"), **settings):
        argv = self.command("--format", "json", *more, *(str(self.base / name) for name in names), **settings)
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            faults.append(f"{argv}: exit {done.returncode}\n{done.stderr}")
            return {}
        return {pathlib.Path(file["input"]).name: file["cache"] for file in json.loads(done.stdout)["files"]}

    def expect(self, what, *more, one, two, **settings):
        got = self.compile(*more, **settings)
        check(what, got == {"one": one, "two": two}, f"gave {got}")

    def bytes(self, *more):
        out = self.root / "out.bin"
        subprocess.run(self.command("-o", str(out), *more, str(self.base / "one")), check=True, capture_output=True)
        return out.read_bytes()


def what_is_read_decides(policy):
    policy.expect("the first time", one="miss", two="miss")
    policy.expect("the second time", one="hit", two="hit")
    check("a hit has the same bytes", policy.bytes() == policy.bytes("--no-cache"))
    policy.write("abstractions/one", "  /one/changed r,\n")
    policy.expect("an include of one changed", one="miss", two="hit")
    check("the change is in", policy.bytes() == policy.bytes("--no-cache"))
    policy.write("abstractions/shared", "  /shared w,\n")
    policy.expect("the include of both changed", one="miss", two="miss")
    policy.write("local/two", "  /local r,\n")
    policy.expect("a name that was looked for in vain is there now", one="hit", two="miss")
    policy.write("parts/second", "  /parts/second r,\n")
    policy.expect("a file more in an included folder", one="miss", two="hit")
    policy.write("parts/second~", "  nonsense\n")
    policy.expect("a backup in an included folder", one="hit", two="hit")
    (policy.base / "parts/second").unlink()
    policy.expect("a file less in an included folder", one="miss", two="hit")
    policy.write("one", (policy.base / "one").read_text() + "# a comment\n")
    policy.expect("the text itself changed", one="miss", two="hit")


def settings_decide(policy):
    policy.compile()
    policy.expect("complain", "--complain", one="miss", two="miss")
    policy.expect("other features", one="miss", two="miss", features="6.12")
    policy.expect("back again", one="hit", two="hit")
    shadow = policy.root / "shadow"
    (shadow / "abstractions").mkdir(parents=True)
    policy.expect("a folder before the base", "-I", str(shadow), one="miss", two="miss")
    policy.expect("the same", "-I", str(shadow), one="hit", two="hit")
    (shadow / "abstractions/two").write_text("  /shadow r,\n")
    policy.expect("a file there that goes before", "-I", str(shadow), one="hit", two="miss")
    for flag in ("--no-cache", "--skip-cache", "-K"):
        policy.expect(flag, flag, one="off", two="off")
    features = policy.root / "features"
    features.write_text(pathlib.Path(FEATURES).read_text())
    policy.expect("the same features by another name", one="hit", two="hit", features=str(features))
    abi = policy.root / "abi"
    abi.write_text(pathlib.Path(FEATURES).read_text())
    policy.expect("policy features", "--policy-features", str(abi), one="miss", two="miss")
    abi.write_text(pathlib.Path(FEATURES).with_name("6.1").read_text())
    policy.expect("other policy features", "--policy-features", str(abi), one="miss", two="miss")


def time_stamps_decide_nothing(policy):
    policy.compile()
    for path in [*policy.base.rglob("*"), *policy.cache.iterdir()]:
        os.utime(path, (0, 0))
    policy.expect("everything is from 1970", one="hit", two="hit")
    for path in policy.base.rglob("*"):
        os.utime(path, (2**31, 2**31))
    policy.expect("sources from the future", one="hit", two="hit")
    path = policy.base / "abstractions/one"
    before = path.stat()
    policy.write("abstractions/one", path.read_text().replace("one", "eno"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    policy.expect("other bytes under the same size and time", one="miss", two="hit")


def what_was_said_is_said_again(policy):
    policy.write("one", (policy.base / "one").read_text().replace("mqueue,", "mqueue,\n  userns,\n  include <abstractions/said>"))
    policy.write("abstractions/said", "  unix peer=(label=x),\n")
    def said():
        return subprocess.run(policy.command(str(policy.base / "one"), features="6.1"), capture_output=True, text=True, timeout=60)
    first, second = said(), said()
    check("something is said", "note[BH30" in first.stderr and "abstractions/said:1:3" in first.stderr, first.stderr)
    check("and said again by a hit", (first.stderr, first.stdout) == (second.stderr, second.stdout), second.stderr)
    policy.write("one", "profile one {\n  /a rq,\n}\n")
    for _ in range(2):
        done = said()
        check("errors are never kept", done.returncode == 2 and "BH2020" in done.stderr, done.stderr)


def many_runs_at_once(policy):
    argv = policy.command("-o", "-", str(policy.base / "one"), str(policy.base / "two"))
    runs = [subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(12)]
    outputs = {(run.communicate(timeout=60)[0], run.returncode) for run in runs}
    check("twelve runs at once agree", len(outputs) == 1 and {code for _, code in outputs} == {0}, f"{len(outputs)} outcomes")
    check("and leave two entries", len(list(policy.cache.iterdir())) == 2)
    policy.expect("after them", one="hit", two="hit")


def nothing_that_fails_is_an_error(policy):
    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    done = subprocess.run(policy.command("-v", str(policy.base / "one")), capture_output=True, text=True, preexec_fn=limited, timeout=60)
    check("no room for the entry", done.returncode == 0 and "cache miss" in done.stderr and "not kept: " in done.stderr, done.stderr)
    check("nothing is left of it", not list(policy.cache.iterdir()))
    done = subprocess.run(policy.command("-v", str(policy.base / "one"), cache="/proc/nothing/here"), capture_output=True, text=True, timeout=60)
    check("a folder that cannot be made", done.returncode == 0 and "not kept: " in done.stderr, done.stderr)
    policy.compile()
    for entry in policy.cache.iterdir():
        entry.write_bytes(entry.read_bytes()[:-1])
    policy.expect("torn entries", one="miss", two="miss")
    for entry in policy.cache.iterdir():
        entry.chmod(0o666)
    policy.expect("entries that anybody may write to", one="miss", two="miss")
    policy.cache.chmod(0o777)
    done = subprocess.run(policy.command(str(policy.base / "one")), capture_output=True, text=True, timeout=60)
    check("a folder that anybody may write to", done.returncode == 0 and "the cache is not used: others than" in done.stderr, done.stderr)


def a_hit_is_quick(policy):
    rules = "".join(f"  /srv/{i}/**/x{i} rw,\n" for i in range(400))
    policy.write("heavy", f"profile heavy {{\n  include <abstractions/shared>\n{rules}}}\n")
    argv = policy.command("-o", "/dev/null", str(policy.base / "heavy"))
    run_once(argv, 60)
    best = min(run_once(argv, 60).cpu for _ in range(30))
    check("a hit costs under 2 ms", best < 0.002, f"{best * 1000:.2f} ms")


for test in (what_is_read_decides, settings_decide, time_stamps_decide_nothing, what_was_said_is_said_again, many_runs_at_once,
             nothing_that_fails_is_an_error, a_hit_is_quick):
    with tempfile.TemporaryDirectory() as name:
        before = len(faults)
        started = time.monotonic()
        test(Policy(pathlib.Path(name)))
        print(f"{test.__name__}: {'ok' if len(faults) == before else 'FAILED'} ({time.monotonic() - started:.1f} s)")
print("\n".join(faults))
sys.exit(1 if faults else 0)
