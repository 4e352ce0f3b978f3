"""libbulkhead as others get it: installed to a prefix, found by pkg-config and by find_package, used from C and C++, equal to
`bulkhead compile`; and what the documentation shows is what compiles."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BULKHEAD, SOURCE, BUILD = os.environ["BULKHEAD"], pathlib.Path(os.environ["BH_SOURCE_DIR"]), os.environ["BH_BUILD_DIR"]
faults = []


def run(*argv, **more):
    return subprocess.run([str(a) for a in argv], capture_output=True, timeout=120, **more)


def must(*argv, **more):
    done = run(*argv, **more)
    if done.returncode != 0:
        sys.exit(f"{argv}: exit {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout.decode().strip()


def check(what, good, more=""):
    if not good:
        faults.append(f"{what}: {more}")


def by_pkg_config(prefix, folder):
    environment = dict(os.environ, PKG_CONFIG_PATH=str(next(prefix.rglob("pkgconfig"))))
    flags = must("pkg-config", "--cflags", "--libs", "bulkhead", env=environment).split()
    flags += ["-Wl,-rpath," + must("pkg-config", "--variable", "libdir", "bulkhead", env=environment)]
    must("gcc", "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", SOURCE / "tests/library/use.c", *flags, "-o", folder / "c")
    must("g++", "-std=c++17", "-Wall", "-Wextra", "-pedantic", "-Werror", SOURCE / "tests/library/use.cpp", *flags, "-o", folder / "cpp")
    return flags, [folder / "c", folder / "cpp"]


def by_find_package(prefix, folder):
    must("cmake", "-S", SOURCE / "tests/library", "-B", folder / "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}")
    must("cmake", "--build", folder / "build")
    return [folder / "build/of_c", folder / "build/of_cpp"]


def same_as_the_command(programs, folder):
    base = folder / "base"
    (base / "abstractions").mkdir(parents=True)
    (base / "abstractions/x").write_text("  /usr/** r,\n  deny @{PROC}/[0-9]*/mem rw,\n")
    good = folder / "good"
    good.write_text("@{PROC}=/proc/\nprofile good {\n  include <abstractions/x>\n  capability net_admin,\n  hat h { /h w, }\n}\n")
    bad = folder / "bad"
    bad.write_text("profile bad {\n  capability net_amdin,\n  /a rq,\n}\n")
    for kernel in ("6.1", "7.2"):
        must(BULKHEAD, "compile", "--no-cache", "--features", kernel, "--base", base, "-o", folder / "wanted", good)
        for program in programs:
            done = run(program, kernel, base, good)
            check(f"{program} for {kernel}", done.returncode == 0 and done.stdout == (folder / "wanted").read_bytes(), done.stderr.decode())
    for program in programs:
        done = run(program, "6.12", base, bad)
        said = done.stderr.decode().splitlines()
        check(f"{program}, wrong text", done.returncode == 1 and not done.stdout and len(said) == 3, said)
        check(f"{program}, the places", said[0].startswith(f"{bad}:2:14+9 BH2035 ") and "did you mean `net_admin`?" in said[0] and
              said[1].startswith(f"{bad}:3:6") and "BH2020" in said[1] and said[2] == f"2 errors in {bad}", said)
        done = run(program, "5.5", base, good)
        check(f"{program}, an unknown kernel", done.returncode == 2 and b"6.1, 6.12, 7.2" in done.stderr, done.stderr.decode())
        done = run(program, "6.12", base, folder / "absent")
        check(f"{program}, no such file", done.returncode == 1 and b"absent: No such file" in done.stderr, done.stderr.decode())


def documentation_compiles(flags, folder):
    blocks = dict(re.findall(r"```(cpp|c)\n(.*?)```", (SOURCE / "docs/library.md").read_text(), re.S))
    for language, compiler in (("cpp", ["g++", "-std=c++17"]), ("c", ["gcc"])):
        source = folder / f"example.{language}"
        source.write_text(blocks[language])
        must(*compiler, source, *flags, "-o", folder / "example")
        done = run(folder / "example")
        if language == "cpp":
            check("the ten lines", done.returncode == 0 and b"version" in done.stdout[:16], done.stderr.decode())
        else:
            check("the example in C", done.returncode == 1 and done.stdout.startswith(b"web:1:26: BH2035: "), done.stdout)


def only_the_interface_is_seen(prefix):
    library = next(prefix.rglob("libbulkhead.so.*"))
    names = {line.split()[-1].split("@")[0] for line in must("nm", "-D", "--defined-only", library).splitlines()} - {"BULKHEAD_0"}
    declared = set(re.findall(r"BULKHEAD_API [^;]*?(bulkhead_\w+)\(", (SOURCE / "include/bulkhead/bulkhead.h").read_text()))
    check("what the library exports", names == declared, names ^ declared)
    headers = sorted(path.name for path in (prefix / "include").rglob("*.h*"))
    check("installed headers", headers == ["bulkhead.h", "bulkhead.hpp"], headers)


if missing := [tool for tool in ("pkg-config", "cmake", "ninja", "gcc", "g++") if not shutil.which(tool)]:
    print(f"skipped: {missing} not installed")
    sys.exit(77)
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    prefix = folder / "prefix"
    must("cmake", "--install", BUILD, "--component", "library", "--prefix", prefix)
    moved = folder / "moved"
    prefix.rename(moved)  # nothing in it may depend on where it was put
    flags, programs = by_pkg_config(moved, folder)
    same_as_the_command(programs + by_find_package(moved, folder), folder)
    documentation_compiles(flags, folder)
    only_the_interface_is_seen(moved)
print("\n".join(map(str, faults)) or "found by pkg-config and by find_package, used from C and C++: as the command compiles")
sys.exit(1 if faults else 0)
