#!/usr/bin/env python3
"""Our compiler against the reference's: the same language and permissions, profile by profile, for three kernels.

Every profile of Debian's packages, every named TOML of the corpora (through `generate --style bane`), what strict makes of every example
under each abi, the runtimes' default profiles, and the cases in tests/differential/cases are compiled by bulkhead and by
apparmor_parser 5.0, with the same features, and compared by policy_equal (query/equal.h). "but complain" is equality up to one
thing, made exact by policy_equal: the denies of complain profiles are logged (docs/decisions/0003-complain-logs-denies.md). Any other
difference that stays is a line of tests/differential/accepted.tsv with its decision.

usage: differential_test.py [--set NAME]... [--kernel K]... [--only GLOB] [--parser 5.0] [--verbose]
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("BH_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
BUILD = pathlib.Path(os.environ.get("BH_BUILD_DIR", SOURCE / "build"))
BULKHEAD = os.environ.get("BULKHEAD", str(BUILD / "bulkhead"))
CORPORA = pathlib.Path(os.environ.get("BULKHEAD_CORPORA", SOURCE.parent / "shared" / "corpora"))
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "bulkhead"
KERNELS = ("6.1", "6.12", "7.2")
EQUAL = BUILD / "tests" / "policy_equal"
SKIP = 77

# `reference`: another file for the reference, which says the same to it.
Case = collections.namedtuple("Case", "set name path base reference", defaults=[None])
Outcome = collections.namedtuple("Outcome", "case kernel kind lines")


class Parser:
    """The reference, with a cache of what it said: it takes minutes for all of this, and never changes its mind."""

    def __init__(self, slot, keep=True):
        self.keep = keep
        self.folder = CACHE / "parsers" / slot
        self.version = (self.folder / "version").read_text().strip()
        self.cache = CACHE / "oracle" / self.version
        self.cache.mkdir(parents=True, exist_ok=True)
        self.base_hashes = {}

    def base_hash(self, base):
        if base not in self.base_hashes:
            digest = hashlib.sha256()
            for file in sorted(p for p in pathlib.Path(base).rglob("*") if p.is_file()):
                digest.update(str(file.relative_to(base)).encode() + b"\0" + file.read_bytes() + b"\0")
            self.base_hashes[base] = digest.hexdigest()
        return self.base_hashes[base]

    def compile(self, path, base, features):
        """(bytes, None), or (None, what it complained about)."""
        digest = hashlib.sha256()
        for part in (self.base_hash(base).encode(), features.read_bytes(), path.read_bytes(), path.name.encode()):
            digest.update(part + b"\0")
        kept = self.cache / digest.hexdigest()
        if not kept.exists():
            done = subprocess.run([self.folder / "apparmor_parser", "-QKS", "-b", base, "--config-file", "/dev/null", "-M", features, path],
                                  capture_output=True)
            # It exits 0 after some errors, and writes a part after others. A file without a profile gives nothing, and is none.
            good = done.returncode == 0 and (done.stdout or not re.search(rb"\berror\b", done.stderr))
            text = b"+" + done.stdout if good else b"-" + (done.stderr or b"exit %d" % done.returncode)
            if not self.keep:
                return self.answer(text)
            fresh = kept.with_suffix(f".{os.getpid()}-{id(kept)}")
            fresh.write_bytes(text)
            fresh.rename(kept)
        return self.answer(kept.read_bytes())

    @staticmethod
    def answer(text):
        return (text[1:], None) if text[:1] == b"+" else (None, text[1:].decode(errors="replace").strip())


def policy_folder(slot):
    """The /etc/apparmor.d that came with a parser."""
    return CACHE / "parsers" / slot / "root" / "etc" / "apparmor.d"


def installed(base, copy):
    """/etc/apparmor.d as it is once installed: the packages' scripts make an empty local/NAME for each profile."""
    shutil.copytree(base, copy)
    (copy / "local").mkdir(exist_ok=True)
    for file in base.iterdir():
        if file.is_file():
            (copy / "local" / file.name).touch()
    return copy


def debian_cases(name, slot, work):
    base = installed(policy_folder(slot), work / name / "apparmor.d")
    for folder in (base, CACHE / "parsers" / slot / "root" / "usr" / "share" / "apparmor" / "extra-profiles"):
        if not folder.is_dir():
            continue
        for file in sorted(folder.iterdir()):
            if file.is_file() and file.name != "README" and not file.name.startswith("."):
                yield Case(name, f"{folder.name}/{file.name}", file, base)


def own_cases(base):
    for file in sorted((SOURCE / "tests" / "differential" / "cases").iterdir()):
        yield Case("own", file.name, file, base)


def bane_cases(base, work):
    for toml in sorted(CORPORA.glob("bane/*.toml")):
        if not re.search(r"^\s*name\s*=", toml.read_text(errors="replace"), re.M | re.I):
            continue  # bane itself makes nothing of a file without a name
        done = subprocess.run([BULKHEAD, "generate", "--style", "bane", "--base", base, toml], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"generate --style bane {toml.name} failed:\n{done.stderr}")
        text = work / f"{toml.stem}.profile"
        text.write_text(done.stdout)
        yield Case("bane", toml.stem, text, base)


def strict_cases(base, work):
    """What strict makes of every example under each abi, and the runtimes' default profiles."""
    made = {(spec.stem, abi): ["generate", "--abi", abi, spec] for spec in sorted((SOURCE / "examples").glob("*.toml")) for abi in ("3.0", "4.0", "5.0")}
    made |= {("docker-default", runtime): ["show", f"docker-default@{runtime}"] for runtime in ("docker", "containerd", "podman")}
    for (name, form), words in made.items():
        done = subprocess.run([BULKHEAD, *words, "--base", base], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{words} failed:\n{done.stderr}")
        text = work / f"{name}-{form}.profile"
        text.write_text(done.stdout)
        yield Case("strict", f"{name}-{form}", text, base)


def read_accepted():
    """Lines of: set/name glob, kernel glob, regular expression on the difference, decision. Tab between."""
    table = []
    for line in (SOURCE / "tests" / "differential" / "accepted.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            case, kernel, pattern, decision = line.split("\t")
            if not (SOURCE / decision).exists():
                sys.exit(f"accepted.tsv: {decision} does not exist")
            table.append((case, kernel, re.compile(pattern), decision))
    return table


def features_of(name):
    """One of the three kernels, or a file of the reference's abi folder: what Ubuntu's kernels have (fine-grained inet, queues, prompt)."""
    return SOURCE / "tests" / "features" / name if name in KERNELS else policy_folder("5.0") / "abi" / name


def compare(parser, case, kernel, work):
    features = features_of(kernel)
    theirs, complaint = parser.compile(case.reference or case.path, case.base, features)
    stem = work / f"{kernel}-{case.set}-{case.name.replace('/', '-')}"
    ours_file, theirs_file = f"{stem}.ours", f"{stem}.theirs"
    done = subprocess.run([BULKHEAD, "compile", "--no-cache", "-o", ours_file, "--features", features, "--base", case.base, case.path],
                          capture_output=True, text=True)
    if done.returncode not in (0, 2):
        return Outcome(case, kernel, "different", [f"bulkhead compile ended with {done.returncode}: {done.stderr.strip()[-400:]}"])
    if theirs is None:
        if done.returncode == 2:
            return Outcome(case, kernel, "refused by both", [])
        return Outcome(case, kernel, "different", [f"only the reference refuses: {complaint}"])
    if done.returncode == 2:
        return Outcome(case, kernel, "different", [f"only bulkhead refuses: {first_errors(done.stderr)}"])
    if not theirs and not os.path.getsize(ours_file):
        return Outcome(case, kernel, "equal", [])  # no profile
    pathlib.Path(theirs_file).write_bytes(theirs)
    equal = subprocess.run([EQUAL, ours_file, theirs_file], capture_output=True, text=True)
    kind = "equal"
    if equal.returncode == 1 and "quiet" in equal.stdout:
        kind = "but complain"
        equal = subprocess.run([EQUAL, "--b-logs-denies-in-complain", ours_file, theirs_file], capture_output=True, text=True)
    for file in (ours_file, theirs_file):
        os.unlink(file)
    if equal.returncode == 0:
        return Outcome(case, kernel, kind, [])
    return Outcome(case, kernel, "different", (equal.stdout + equal.stderr).splitlines())


def first_errors(text):
    return " | ".join(line for line in text.splitlines() if line.startswith("error") or "-->" in line)[:600]


def print_table(outcomes):
    kinds = ("equal", "but complain", "accepted", "refused by both", "different")
    counts = collections.Counter((o.case.set, o.kernel, o.kind) for o in outcomes)
    print(f"{'set':<12}{'kernel':<8}" + "".join(f"{kind:>17}" for kind in kinds))
    for name, kernel in sorted({(o.case.set, o.kernel) for o in outcomes}):
        print(f"{name:<12}{kernel:<8}" + "".join(f"{counts[name, kernel, kind]:>17}" for kind in kinds))


def common_options():
    options = argparse.ArgumentParser()
    options.add_argument("--parser", default="5.0")
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    return options


def need_parsers(*slots):
    """Ends the test, as skipped, where they are not here and cannot be fetched."""
    fetched = subprocess.run([SOURCE / "tools" / "fetch-parsers", *slots], capture_output=True, text=True)
    if fetched.returncode != 0:
        print(f"skipped: the reference's parser is not here and cannot be fetched: {fetched.stderr.strip()}")
        sys.exit(SKIP)


def main():
    options = common_options()
    options.add_argument("--set", action="append")
    options.add_argument("--kernel", action="append")
    options.add_argument("--only", default="*")
    options.add_argument("--verbose", action="store_true")
    args = options.parse_args()

    need_parsers(args.parser, "3.0.8", "5.0")
    parser = Parser(args.parser)
    accepted = read_accepted()
    used = set()
    base = policy_folder("5.0")
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        cases = [*own_cases(base), *debian_cases("debian12", "3.0.8", work), *debian_cases("sid", "5.0", work), *strict_cases(base, work)]
        if args.set and "bane" not in args.set:
            pass
        elif CORPORA.is_dir():
            cases += bane_cases(CACHE / "parsers" / "3.0.8" / "root" / "etc" / "apparmor.d", work)
        else:
            print(f"the set `bane` is left out: there is no {CORPORA}")
        chosen = [c for c in cases if (not args.set or c.set in args.set) and fnmatch.fnmatch(f"{c.set}/{c.name}", args.only)]
        outcomes = []
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            jobs = [pool.submit(compare, parser, case, kernel, work) for case in chosen for kernel in args.kernel or KERNELS]
            for job in jobs:
                outcome = job.result()
                left = []
                for line in outcome.lines:
                    name = f"{outcome.case.set}/{outcome.case.name}"
                    match = next((i for i, (glob, kernel, pattern, _) in enumerate(accepted)
                                  if fnmatch.fnmatch(name, glob) and fnmatch.fnmatch(outcome.kernel, kernel) and pattern.search(line)), None)
                    if match is None:
                        left.append(line)
                    else:
                        used.add(match)
                if outcome.lines and not left:
                    outcome = outcome._replace(kind="accepted")
                outcome = outcome._replace(lines=left)
                outcomes.append(outcome)
                if left:
                    print(f"{name} for {outcome.kernel} (ours | reference {parser.version}):")
                    for line in left if args.verbose else left[:6]:
                        print(f"    {line[:1000]}")
                    if len(left) > 6 and not args.verbose:
                        print(f"    and {len(left) - 6} more")
    print_table(outcomes)
    everything = not args.set and not args.kernel and args.only == "*" and CORPORA.is_dir()
    stale = [accepted[i] for i in range(len(accepted)) if i not in used] if everything else []
    for glob, kernel, pattern, decision in stale:
        print(f"accepted.tsv: nothing differs any more by `{glob}` {kernel} `{pattern.pattern}` ({decision}): remove the line")
    return 1 if stale or any(o.kind == "different" for o in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
