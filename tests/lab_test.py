"""The demonstration, on the oldest and the newest kernel: nginx serves a page under the spec's profile, and a shell does not run; beside it bane's
own text. (What the catalogue's actions come to is tests/catalogue_test.py's.)"""
import json
import os
import subprocess
import sys

BULKHEAD = os.environ["BULKHEAD"]
SOURCE = os.environ["BH_SOURCE_DIR"]
SPEC = os.path.join(SOURCE, "examples", "nginx.toml")


def lab(*words):
    done = subprocess.run([BULKHEAD, "lab", SPEC, *words, "--format", "json"], capture_output=True, text=True, timeout=600)
    if "qemu" in done.stderr.lower() and "install" in done.stderr.lower():
        print(f"skipped: {done.stderr.strip()}")
        sys.exit(77)
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        sys.exit(f"lab {words}: exit {done.returncode}\n{done.stderr[-3000:]}")
    return done, report


for words in (["--demo", "--kernel", "oldest"], ["--demo", "--kernel", "newest"]):
    done, report = lab(*words)
    print(f"lab {' '.join(words)}: kernel {report.get('kernel')}, {len(report.get('steps', []))} steps, exit {done.returncode}")
    if done.returncode != 0 or len(report.get("steps", [])) < 10:
        print(json.dumps(report, indent=1)[-6000:])
        sys.exit(f"lab {words}: not as expected\n{done.stderr[-2000:]}")
