"""bulkhead beside apparmor_parser 5.0, whole processes, one core, for one kernel's features. Prints the table, the versions and
the machine. usage: bench.py [--quick] [--growth FILE.svg] [NAME...]"""
import argparse
import glob
import os
import pathlib
import platform
import subprocess
import tempfile

import growth
import sets
from measure import in_turn, peak_floor_mib

ROOT = pathlib.Path(__file__).resolve().parent.parent
BULKHEAD = str(ROOT / "build" / "bulkhead")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "bulkhead"
FEATURES = str(ROOT / "tests" / "features" / "7.2")


def peer(version="5.0"):
    """The parser itself behind its own suite's loader, so that no wrapper is timed."""
    root = CACHE / "parsers" / version / "root"
    lib = root / "usr/lib/x86_64-linux-gnu"
    return [str(lib / "ld-linux-x86-64.so.2"), "--library-path", str(lib), str(root / "usr/sbin/apparmor_parser")]


def peer_compile(files, features=FEATURES, out="/dev/null"):
    return peer() + ["-QK", "-M", features, "-o", out] + files


def our_compile(files, features=FEATURES, out="/dev/null"):
    return [BULKHEAD, "compile", "--no-cache", "--features", features, "-o", out] + files


def debian_profiles():
    return sorted(f for f in glob.glob("/etc/apparmor.d/*") if os.path.isfile(f) and b"bulkhead" not in open(f, "rb").read(200))


def text_of(folder, name, text):
    path = folder / name
    path.write_text(text)
    return str(path)


def output_sizes(ours, theirs, folder):
    sizes = []
    for build in (ours, theirs):
        out = folder / "out.bin"
        out.unlink(missing_ok=True)
        subprocess.run(build(str(out)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600)
        sizes.append(out.stat().st_size if out.exists() else 0)
    return sizes


def row(name, ours, theirs, sizes=None):
    def cell(figures):
        if figures.failed:
            return f"{'fails (%d)' % figures.failed:>12}"
        return f"{figures.cpu * 1000:9.1f} ms"
    ratio = "" if ours.failed or theirs.failed else f"{theirs.cpu / max(ours.cpu, 1e-4):7.1f}x"
    size = f"{sizes[0]:>9} {sizes[1]:>9}" if sizes else ""
    print(f"{name:28} {cell(ours)} {cell(theirs)} {ratio:>8} {ours.peak_mib:7.1f} {theirs.peak_mib:7.1f} {size}", flush=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--quick", action="store_true", help="three runs, no heavy sets")
    arguments.add_argument("--growth", metavar="SVG", default=str(ROOT / "build" / "growth.svg"),
                           help="where time and memory against the number of rules are plotted (not with --quick or names)")
    arguments.add_argument("names", nargs="*")
    options = arguments.parse_args()
    runs = 3 if options.quick else 7

    version = subprocess.run(peer() + ["--version"], capture_output=True, text=True).stdout.split("\n")[0]
    print(subprocess.run([BULKHEAD, "--version"], capture_output=True, text=True).stdout.strip(), "beside", version)
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?")
    print(f"{cpu}, {os.cpu_count()} cores, Linux {platform.release()}; features of kernel 7.2; medians of {runs} runs in turn; "
          f"a peak at or below {peak_floor_mib():.0f} MiB is what the measuring itself takes\n")
    print(f"{'policy':28} {'bulkhead':>12} {'parser 5.0':>12} {'ratio':>8} {'MiB':>7} {'MiB':>7} {'bytes':>9} {'bytes':>9}")

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        cases = {}
        for toml in ["nginx", "nginx-sample"]:
            for style in ["strict", "bane"]:
                made = subprocess.run([BULKHEAD, "generate", "--style", style, str(ROOT / "examples" / f"{toml}.toml")],
                                      capture_output=True, text=True)
                cases[f"{toml} ({style})"] = [text_of(folder, f"{toml}-{style}", made.stdout)]
        default = subprocess.run([BULKHEAD, "show", "docker-default", "--base", "/nonexistent"], capture_output=True, text=True, check=True)
        cases["docker-default"] = [text_of(folder, "docker-default", default.stdout)]
        for path in debian_profiles():
            cases["debian " + os.path.basename(path)] = [path]
        if not options.quick:
            for heavy, text in sets.SETS.items():
                cases[heavy] = [text_of(folder, heavy, text)]
        wanted = {k: v for k, v in cases.items() if not options.names or any(n in k for n in options.names)}

        if not options.names or any(n in "apply" for n in options.names):
            spec = str(ROOT / "examples" / "nginx.toml")
            text = cases["nginx (strict)"]
            ours, theirs = in_turn([[BULKHEAD, "apply", "--dry-run", "--features", FEATURES, spec],
                                    peer() + ["-QKS", "-M", FEATURES] + text], runs)
            row("apply --dry-run nginx.toml", ours, theirs)
        for case, files in wanted.items():
            ours, theirs = in_turn([our_compile(files), peer_compile(files)], runs)
            row(case, ours, theirs, output_sizes(lambda o: our_compile(files, out=o), lambda o: peer_compile(files, out=o), folder))
        if not options.names:
            files = debian_profiles()
            ours, theirs = in_turn([our_compile(files), peer_compile(files)], runs)
            row(f"debian, {len(files)} files at once", ours, theirs)
        if not options.names and not options.quick:
            growth.plot(options.growth, folder, our_compile, peer_compile)


if __name__ == "__main__":
    main()
