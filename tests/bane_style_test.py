#!/usr/bin/env python3
"""`generate --style bane` against bane's own text, rendered here from what bane is known to write: the compiled policies are equal.

Needs apparmor_parser (any version: both texts go through the same one). Files: the corpus of bane files that have a Name, and the
project's own specs; each is rendered as bane reads it, with the keys and tables that bane knows and no others.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib

SOURCE = pathlib.Path(os.environ.get("BH_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
BULKHEAD = os.environ.get("BULKHEAD", str(SOURCE / "build" / "bulkhead"))
CORPORA = pathlib.Path(os.environ.get("BULKHEAD_CORPORA", SOURCE.parent / "shared" / "corpora"))
BASE = pathlib.Path("/etc/apparmor.d")


def lowered(table):
    """bane's TOML reader matches keys in any case."""
    return {key.lower(): value for key, value in table.items()} if isinstance(table, dict) else {}


def bane_text(spec):
    spec = lowered(spec)
    files, caps, net = (lowered(spec.get(key, {})) for key in ("filesystem", "capabilities", "network"))
    name = spec["name"] if spec["name"].startswith("docker-") else "docker-" + spec["name"]
    outer = spec.get("imports", []) + (["#include <tunables/global>"] if (BASE / "tunables/global").exists() else ["@{PROC}=/proc/"])
    inner = spec.get("innerimports", []) + (["#include <abstractions/base>"] if (BASE / "abstractions/base").exists() else [])
    lines = outer + [f"profile {name} flags=(attach_disconnected,mediate_deleted) {{"] + inner
    lines += [f"network inet {p}," for p in net.get("protocols", [])] or ["network,"]
    lines += [] if net.get("raw") else ["deny network raw,"]
    lines += [] if net.get("packet") else ["deny network packet,"]
    lines += ["file,", "umount,"]
    lines += [f"deny {p} wl," for p in files.get("readonlypaths", [])]
    lines += [f"audit {p} w," for p in files.get("logonwritepaths", [])]
    lines += [f"{p} w," for p in files.get("writablepaths", [])]
    lines += [f"{p} ix," for p in files.get("allowexec", [])]
    lines += [f"deny {p} mrwklx," for p in files.get("denyexec", [])]
    if caps.get("deny"):
        lines += ["capability,"] + [f"deny capability {c}," for c in caps["deny"]]
    else:
        lines += [f"capability {c}," for c in caps.get("allow", [])]
    # What every profile of bane's ends with: docker-default's denials of 2015.
    lines += [
        "deny @{PROC}/* w,",
        "deny @{PROC}/{[^1-9],[^1-9][^0-9],[^1-9s][^0-9y][^0-9s],[^1-9][^0-9][^0-9][^0-9]*}/** w,",
        "deny @{PROC}/sys/[^k]** w,",
        "deny @{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w,",
        *(f"deny @{{PROC}}/{f} rwklx," for f in ("sysrq-trigger", "mem", "kmem", "kcore")),
        "deny mount,",
        *(f"deny /sys/{p} wklx," for p in ("[^f]*/**", "f[^s]*/**", "fs/[^c]*/**", "fs/c[^g]*/**", "fs/cg[^r]*/**")),
        "deny /sys/firmware/efi/efivars/** rwklx,",
        "deny /sys/kernel/security/** rwklx,",
        "}",
    ]
    return "\n".join(lines) + "\n"


def compiled(text, folder):
    path = folder / "profile"
    path.write_text(text)
    done = subprocess.run(["apparmor_parser", "-QKS", str(path)], capture_output=True)
    return done.stdout if done.returncode == 0 else None, done.stderr.decode(errors="replace")


def main():
    if not shutil.which("apparmor_parser") or not os.path.exists(BULKHEAD):
        print("skipped: needs apparmor_parser and the bulkhead program")
        return 77
    own = sorted((SOURCE / "examples").glob("*.toml")) + sorted((SOURCE / "src/generate/testdata").glob("*.toml"))
    corpus = sorted((CORPORA / "bane").glob("*.toml"))
    if not corpus:
        print(f"note: no corpus of bane files at {CORPORA}/bane")
    compared = failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        for path in own + corpus:
            try:
                spec = tomllib.loads(path.read_text())
            except (tomllib.TOMLDecodeError, UnicodeDecodeError):
                continue
            ours = subprocess.run([BULKHEAD, "generate", "--style", "bane", str(path)], capture_output=True, text=True)
            if not isinstance(lowered(spec).get("name"), str):
                if ours.returncode == 0:
                    print(f"FAIL {path.name}: has no Name, but a profile was made")
                    failed += 1
                continue
            if ours.returncode != 0:
                if path in corpus:
                    print(f"FAIL {path.name}: {ours.stderr}")
                    failed += 1
                continue
            theirs, complaint = compiled(bane_text(spec), folder)
            if theirs is None:
                continue  # bane's own text would not have been accepted (blanks in paths, capabilities in capitals)
            mine, complaint = compiled(ours.stdout, folder)
            if ",complain)" in ours.stdout:
                continue  # bane has no complain mode
            compared += 1
            if mine != theirs:
                print(f"FAIL {path.name}: the compiled policies differ. {complaint}")
                failed += 1
    print(f"{compared} files compared, {failed} failed")
    return 1 if failed or compared < 5 else 0


if __name__ == "__main__":
    sys.exit(main())
