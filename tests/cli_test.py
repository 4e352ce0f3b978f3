"""Bad input, end to end: a clear error with its place, exit 2, nothing written."""
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

BULKHEAD = os.environ["BULKHEAD"]
SOURCE = pathlib.Path(os.environ["BH_SOURCE_DIR"])
FEATURES = str(SOURCE / "tests" / "features" / "6.12")
faults = []


def run(*words):
    return subprocess.run([BULKHEAD, *words], capture_output=True, text=True, errors="replace", timeout=60)


def refused(what, text, *wanted, suffix=".toml"):
    """`text` as a spec or profile must be refused with exit 2, naming each of `wanted`, and leave the output folder empty."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        path, out = folder / ("input" + suffix), folder / "out"
        out.mkdir()
        if isinstance(text, int):
            with open(path, "wb") as file:
                file.truncate(text)
        else:
            path.write_bytes(text)
        done = run("apply", "--dry-run", "--features", FEATURES, "--output-dir", str(out), str(path))
        problem = [] if done.returncode == 2 else [f"exit {done.returncode}"]
        problem += [f"no `{word}`" for word in wanted if word not in done.stderr]
        problem += ["something was written"] if list(out.iterdir()) else []
        if problem:
            faults.append(f"{what}: {', '.join(problem)}\n{done.stderr}")


spec = b'Name = "web"\n'
refused("an empty file", b"")
refused("1 GB", 1 << 30, "limit")
refused("invalid UTF-8", spec + b'Imports = ["\xff\xfe"]\n', "BH1001")
refused("TOML that is none", b"Name = \n", "BH1001", "1:")
refused("a class that is never closed", spec + b'[Filesystem]\nWritablePaths = ["/a/[bc"]\n', "never closed", "3:")
refused("`..` in Name", b'Name = "../x"\n', "Name", "1:")
refused("a newline in Name", b'Name = "a\\nb"\n', "Name", "1:")
refused("a newline in a path", spec + b'[Filesystem]\nWritablePaths = ["/a\\nb"]\n', "newline", "3:")
refused("an unknown capability", spec + b'[Capabilities]\nAllow = ["net_amdin"]\n', "did you mean `net_admin`?", "3:")
refused("no Name", b'[Network]\nRaw = false\n', "Name")
refused("a missing include", b"profile x {\n  include <no/such>\n}\n", "no/such", "2:", suffix="")

with tempfile.TemporaryDirectory() as name:
    done = run("apply", "--dry-run", "--features", FEATURES, name)
    if done.returncode != 2 or "folder" not in done.stderr and "directory" not in done.stderr.lower():
        faults.append(f"a folder: exit {done.returncode}\n{done.stderr}")
    loop = pathlib.Path(name) / "loop"
    loop.write_text(f'profile x {{\n  include "{loop}.inc"\n}}\n')
    pathlib.Path(f"{loop}.inc").write_text(f'include "{loop}.inc"\n')
    done = run("compile", "--features", FEATURES, "-o", f"{name}/out.bin", str(loop))
    if "BH2071" not in done.stderr:  # a warning: the reference reads each file once and says nothing
        faults.append(f"an include that includes itself: exit {done.returncode}\n{done.stderr}")

    # Many files: every one is looked at, what is right is shown, nothing half-written; a folder's backups are passed over.
    policies = pathlib.Path(name) / "policies"
    policies.mkdir()
    for file, text in (("good", "profile good { /a r, }\n"), ("bad", "profile bad { /a rq, }\n"), ("worse", "profile worse { capability foo, }\n"),
                       ("good.dpkg-old", "profile old { /a r, }\n"), ("README", "words\n")):
        (policies / file).write_text(text)
    done = run("compile", "--features", FEATURES, str(policies), f"{name}/none")
    for wanted in ("BH2020", "BH2035", f"{name}/none: No such file", "1 of 4 files compiled"):
        if done.returncode != 2 or wanted not in done.stderr or "good" not in done.stdout or "old" in done.stdout:
            faults.append(f"a folder with bad files, {wanted}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    done = run("compile", "--features", FEATURES, "-o", f"{name}/part.bin", str(policies))
    if done.returncode != 2 or os.path.exists(f"{name}/part.bin"):
        faults.append(f"bad files and --output: exit {done.returncode}, or something was written\n{done.stderr}")
    (policies / "good").write_text("abi <kernel>,\nprofile good { userns, network inet ip=127.0.0.1, }\n")
    done = run("compile", "--features", FEATURES, str(policies / "good"), str(policies / "good"))
    if done.returncode != 0 or " --> " in done.stderr:
        faults.append(f"notes on many files are only counted: exit {done.returncode}\n{done.stderr}")

# Where a profile would be written, and cannot: no right to, a disk that takes no more. Nothing half-written stays. (What a kernel refuses,
# and a full tmpfs under it, is in verbs_kernel_test.py.)
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    folder.chmod(0o755)
    program, secret, taken, disk = folder / "bulkhead", folder / "secret.toml", folder / "taken", folder / "disk"
    shutil.copy(BULKHEAD, program)
    (folder / "web.toml").write_bytes(spec)
    secret.write_bytes(spec)
    secret.chmod(0)
    taken.mkdir(mode=0o555)
    disk.mkdir()
    somebody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}

    def apply_there(path, out, **more):
        done = subprocess.run([str(program), "apply", "--features", FEATURES, "--output-dir", str(out), str(path)], cwd="/",
                              capture_output=True, text=True, errors="replace", timeout=60, **more)
        left = [entry.name for entry in out.iterdir()] if out.is_dir() else []
        return done.returncode, done.stderr, left

    def no_more_than(size):
        return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)), "restore_signals": False}

    for what, wanted, (code, said, left) in (
            ("a spec that may not be read", "Permission denied", apply_there(secret, folder / "out", **somebody)),
            ("a folder that may not be written", "Permission denied (run as root, or use --dry-run or --output-dir)",
             apply_there(folder / "web.toml", taken, **somebody)),
            ("a folder that may not be made", "cannot make folder", apply_there(folder / "web.toml", taken / "new", **somebody)),
            ("a disk that takes no more", "cannot write", apply_there(folder / "web.toml", disk, **no_more_than(1000)))):
        if code != 2 or wanted not in said or left:
            faults.append(f"{what}: exit {code}, left {left}\n{said}")

# Files at the same time: the same bytes and the same words in the same order, however many.
with tempfile.TemporaryDirectory() as name:
    seen = []
    for jobs in ("1", "2", "7"):
        done = run("compile", "--no-cache", "--jobs", jobs, "--features", FEATURES, "-o", f"{name}/{jobs}", "/etc/apparmor.d", f"{name}/none/x")
        partly = run("compile", "--no-cache", "--jobs", jobs, "--features", FEATURES, "-o", f"{name}/{jobs}", "/etc/apparmor.d")
        seen.append((done.returncode, done.stdout, done.stderr, partly.returncode, partly.stdout, partly.stderr, pathlib.Path(name, jobs).read_bytes()))
    if seen[0] != seen[1] or seen[0] != seen[2] or (seen[0][0], seen[0][3]) != (2, 0):
        faults.append(f"compile --jobs: not the same with more workers: {[s[:1] + s[3:4] for s in seen]}")
    if (done := run("compile", "--jobs", "0", "/etc/apparmor.d")).returncode != 2 or "from 1 to 256" not in done.stderr:
        faults.append(f"compile --jobs 0: exit {done.returncode}\n{done.stderr}")

# What a profile is after each stage.
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    (folder / "part").write_text("@{WHERE}/x r,\n")
    (folder / "whole").write_text("@{WHERE} = /a /b\nprofile whole {\n  include <part>\n  capability kill,\n}\n")
    (folder / "spec.toml").write_bytes(spec)

    def dump(stage, path, code=0):
        done = run("compile", "--dump", stage, "--features", FEATURES, "-I", name, str(path))
        if done.returncode != code:
            faults.append(f"compile --dump {stage} {path}: exit {done.returncode}\n{done.stderr}")
        return done.stdout

    for wanted in (f"{name}/part:1, included at {name}/whole:3", "/{,b}/x r,", "capability kill,", "profile whole\n"):
        if wanted not in (seen := dump("resolved", folder / "whole").replace("{/a,/b}", "/{,b}")):
            faults.append(f"compile --dump resolved: no {wanted!r} in\n{seen}")
    if dump("text", folder / "spec.toml") != run("generate", "--features", FEATURES, str(folder / "spec.toml")).stdout:
        faults.append("compile --dump text is not what generate prints")
    run("compile", "--features", FEATURES, "-o", f"{name}/bin", str(folder / "whole"), "-I", name)
    if dump("policy", folder / "bin") != run("decode", str(folder / "bin")).stdout or dump("text", folder / "bin", 2):
        faults.append("compile --dump of a compiled policy")

for words, wanted in ((["aply"], "apply"), (["apply", "--dry-rum", "x"], "--dry-run"), (["load", "/no/such/file"], "No such file")):
    done = run(*words)
    if done.returncode != 2 or wanted not in done.stderr:
        faults.append(f"{words}: exit {done.returncode}\n{done.stderr}")

for word in ("--help", "--version"):
    if run(word).returncode != 0:
        faults.append(f"{word} fails")
for shell in ("bash", "zsh", "fish"):
    if run("completions", shell).returncode != 0:
        faults.append(f"completions {shell} fails")

print("\n".join(faults) or "every bad input is refused as it should be")
sys.exit(1 if faults else 0)
