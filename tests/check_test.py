"""`bulkhead check` as people and CI use it: exit codes, formats (held against their schemas where there are some), expectations from a spec and
from a file, comments that silence, and --fix: atomic, once is enough, and the patch of --dry-run is what it does. What is found has its cases
in src/check/testdata."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

BULKHEAD = os.path.abspath(os.environ.get("BULKHEAD", "build/bulkhead"))
SOURCE = pathlib.Path(os.environ.get("BH_SOURCE_DIR", ".")).resolve()
SCHEMAS = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "bulkhead" / "schemas"

SPEC = """Name = "web"
[Filesystem]
WritablePaths = ["/var/log/web/**"]
AllowExec = ["/usr/bin/web"]
DenyPaths = ["/etc/shadow"]
[[Expect]]
Allow = ["write /var/log/web/access.log", "exec /usr/bin/web"]
Deny = ["write /etc/passwd", "exec /usr/bin/dash", "write /proc/sys/kernel/sysrq"]
"""
BROKEN = SPEC.replace('Deny = ["write', 'Deny = ["read /etc/passwd", "write')
PROFILE = """abi <abi/3.0>,

profile tidy {
  # readable
  /etc/passwd r,  # for names
  /etc/{,**} r,

  /srv/{,**} rw,
  audit deny /srv/secret/{,**} w,
  /srv/secret/key w,
}
"""
FIXED = """abi <abi/3.0>,

profile tidy {
  # readable
  # for names
  /etc/{,**} r,

  /srv/{,**} rw,
  audit deny /srv/secret/{,**} w,
}
"""
EXPECT = '[[Expect]]\nAllow = ["read /etc/passwd"]\nDeny = ["write /srv/secret/key", "capability sys_admin"]\n'

faults = []


def check(*words, exit=0, cwd=None):
    done = subprocess.run([BULKHEAD, "check", *map(str, words)], capture_output=True, text=True, cwd=cwd)
    if done.returncode != exit:
        faults.append(f"check {' '.join(map(str, words))}: exit {done.returncode}, not {exit}\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
    return done


def expect(condition, what):
    if not condition:
        faults.append(what)


def has(text, *wanted):
    for one in wanted:
        expect(one in text, f"no `{one}` in:\n{text[-2500:]}")


def expectations(folder):
    (folder / "web.toml").write_text(SPEC)
    (folder / "broken.toml").write_text(BROKEN)
    (folder / "tidy").write_text(PROFILE)
    (folder / "expect.toml").write_text(EXPECT)
    (folder / "empty.toml").write_text("# nothing\n")
    done = check(folder / "web.toml")
    has(done.stdout, "5 of 5 expectations hold")
    done = check(folder / "broken.toml", exit=1)
    has(done.stdout, "5 of 6 expectations hold")
    has(done.stderr, "error[BH5003]", "`read /etc/passwd` is expected to be denied, but it is allowed", "this rule allows it")
    # Of profile text they come from a file; of any profile of it.
    done = check(folder / "tidy", "--expect", folder / "expect.toml", "--fail-on", "never")
    has(done.stdout, "3 of 3 expectations hold")
    check(folder / "tidy", "--expect", folder / "expect.toml", "--profile", "nobody", exit=2)
    has(check(folder / "tidy", "--expect", folder / "empty.toml", exit=2).stderr, "BH1031")
    has(check(folder / "absent", exit=2).stderr, "No such file")


def severities(folder):
    check(folder / "tidy", exit=1)
    check(folder / "tidy", "--fail-on", "error")
    check(folder / "tidy", "--ignore", "rule-shadowed", "--ignore", "BH4103", "--fail-on", "note")
    has(check(folder / "tidy", "--ignore", "BH9", exit=2).stderr, "no finding is called so")
    (folder / "silenced").write_text(PROFILE.replace("/etc/passwd r,  # for names", "/etc/passwd r,  # bulkhead: ignore BH4102 (to say it)")
                                     .replace("  /srv/secret/key w,", "  # bulkhead: ignore rule-dead\n  /srv/secret/key w,"))
    has(check(folder / "silenced", "--fail-on", "note").stdout, "nothing to say")
    # Many files: warnings are shown, notes counted.
    done = check(folder / "tidy", folder / "silenced", exit=1)
    has(done.stdout, "tidy: 2 warnings", "silenced: nothing to say")


def findings_of_docker_default():
    done = check("docker-default", "--base", "/nonexistent", exit=1)
    has(done.stdout, "warning[BH4112]", "docker-default:", "deny @{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w,", "`/proc/sys/kernel/sysrq`")
    line = re.search(r"docker-default:(\d+):\d+\n +\|\n *\d+ \| *deny @\{PROC\}/sys/kernel", done.stdout)
    expect(line is not None, "the line of the pattern is not named")
    done = check(f"bane:{SOURCE}/examples/nginx-sample.toml", exit=1)
    has(done.stdout, "BH4103", "this is made from it", "nginx-sample.toml:")


def formats(folder):
    files = [folder / "web.toml", folder / "broken.toml", folder / "tidy", folder / "wrong"]
    (folder / "wrong").write_text("profile wrong {\n  /etc/** y,\n}\n")
    made = {form: check(*files, "--format", form, exit=2).stdout for form in ("json", "junit", "tap")}
    report = json.loads(made["json"])
    expect([f["failed"] is None for f in report["files"]] == [True, True, True, False], "JSON: only the last is wrong")
    found = [f["code"] for f in report["files"][2]["findings"]]
    expect(found == ["BH4102", "BH4103"], f"JSON: {found}")
    one = report["files"][2]["findings"][0]
    expect(one["fix"] == "safe" and one["name"] == "rule-shadowed" and one["place"]["line"] == 5, f"JSON: {one}")
    suites = list(ElementTree.fromstring(made["junit"]))
    expect([s.get("failures") for s in suites] == ["0", "1", "1", "1"], f"JUnit: {[s.attrib for s in suites]}")
    names = [c.get("name") for c in suites[0].findall("testcase")]
    expect(any("docker-web: deny exec /usr/bin/dash" in n for n in names), f"JUnit: {names}")
    path = folder / "report.xml"
    path.write_text(made["junit"])
    if (SCHEMAS / "junit-jenkins.xsd").exists():
        done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", str(SCHEMAS / "junit-jenkins.xsd"), str(path)], capture_output=True, text=True)
        expect(done.returncode == 0, f"JUnit: {done.stderr[-500:]}")
    tap = made["tap"].splitlines()
    plan = int(tap[1].removeprefix("1.."))
    results = [line for line in tap if re.match(r"(not )?ok \d+ - ", line)]
    expect(tap[0] == "TAP version 13" and len(results) == plan, f"TAP: {plan} planned, {len(results)} told")
    expect([int(re.search(r"ok (\d+)", line)[1]) for line in results] == list(range(1, plan + 1)), "TAP: numbers")
    has(made["tap"], "docker-web: deny read /etc/passwd", "every rule does something", "it compiles")
    expect(sum(line.startswith("not ok") for line in results) == 3, "TAP: " + "\n".join(results))
    # A warning below the threshold is no failure, and is told.
    done = check(folder / "tidy", "--format", "tap", "--fail-on", "error")
    expect("not ok" not in done.stdout and "this rule does nothing" in done.stdout, done.stdout)
    check(folder / "tidy", "--format", "junit", "-o", folder / "out.xml", exit=1)
    expect((folder / "out.xml").read_text().startswith("<?xml"), "-o wrote no XML")


def fixing(folder):
    tidy = folder / "tidy"
    tidy.write_text(PROFILE)
    tidy.chmod(0o640)
    patch = check("tidy", "--fix", "--dry-run", exit=1, cwd=folder).stdout
    expect(tidy.read_text() == PROFILE, "--dry-run changed the file")
    subprocess.run(["git", "apply", "--check", "-"], input=patch, text=True, cwd=folder, check=True)
    # Two users, one file: whoever reads sees the old text or the new one. The mode stays.
    done = check("tidy", "--fix", cwd=folder)
    has(done.stderr, "2 findings mended")
    expect(tidy.read_text() == FIXED, tidy.read_text())
    expect(tidy.stat().st_mode & 0o7777 == 0o640, f"mode {tidy.stat().st_mode:o}")
    expect(not [p for p in folder.iterdir() if p.name.startswith(".")], "a temporary file is left")
    before = tidy.stat()
    has(check("tidy", "--fix", cwd=folder).stdout, "nothing to say")
    expect(tidy.stat().st_mtime_ns == before.st_mtime_ns and tidy.stat().st_ino == before.st_ino, "fixing twice wrote twice")
    expect(check("tidy", "--fix", "--dry-run", cwd=folder).stdout == "", "a patch for a file that is fine")
    tidy.write_text(PROFILE)
    subprocess.run(["git", "apply", "-"], input=patch, text=True, cwd=folder, check=True)
    expect(tidy.read_text() == FIXED, "the patch is not what --fix does")
    # What changes the policy is done only where somebody asks for just that.
    loose = folder / "loose"
    loose.write_text("profile loose {\n  /{,**} r,\n  deny /etc/** w,  # not here\n  /etc/{,**} w,\n}\n")
    check(loose, "--fix", "--ignore", "BH4103", exit=1)
    expect("deny /etc/** w," in loose.read_text(), loose.read_text())
    check(loose, "--unsafe-fixes", "--ignore", "BH4103", "--fail-on", "never")
    expect(loose.read_text() == "abi <abi/3.0>,\n\nprofile loose {\n  /{,**} r,\n  audit deny /etc/{,**} w,  # not here\n  /etc/{,**} w,\n}\n", loose.read_text())
    refusals(folder)


def refusals(folder):
    (folder / "link").symlink_to("tidy")
    has(check(folder / "link", "--fix", exit=2).stderr, "is a link")
    has(check(folder / "web.toml", "--fix", exit=2).stderr, "is a spec")
    made = subprocess.run([BULKHEAD, "generate", folder / "web.toml"], capture_output=True, text=True, check=True).stdout
    (folder / "made").write_text(made)
    has(check(folder / "made", "--fix", exit=2).stderr, "made by bulkhead")
    has(check(folder / "tidy", "--dry-run", exit=2).stderr, "--fix")
    (folder / "wrong").write_text("profile wrong {\n  /etc/** y,\n}\n")
    check(folder / "wrong", "--fix", exit=2)
    expect((folder / "wrong").read_text() == "profile wrong {\n  /etc/** y,\n}\n", "a broken file was written to")


def documented():
    """docs/check.md has every finding, under its number and name, with its severity."""
    docs = (SOURCE / "docs/check.md").read_text()
    for number, name, severity in re.findall(r"BH_CODE\((\d+), (\w+), (\w+),", (SOURCE / "src/diag/codes_check.def").read_text()):
        expect(re.search(rf"\| BH{number} \| {name.replace('_', '-')} \| {severity}", docs), f"docs/check.md: BH{number}, {name}, {severity}")


def no_noise():
    """Our own output says nothing; Debian's profiles, read as a user reads them, say little."""
    for spec in sorted((SOURCE / "examples").glob("*.toml")):
        has(check(spec, "--fail-on", "note").stdout, "expectations hold" if "[[Expect]]" in spec.read_text() else "nothing to say")
    debian = pathlib.Path("/etc/apparmor.d")
    if not debian.is_dir():
        return
    done = check(debian, "--format", "json", "--fail-on", "never")
    files = [f for f in json.loads(done.stdout)["files"] if f["failed"] is None]
    warnings = [(f["file"], d["code"]) for f in files for d in f["findings"] if d["severity"] == "warning"]
    print(f"{len(files)} profiles of Debian's: {len(warnings)} warnings")
    # A text without abi, or a program that can be written and run, is what a user wants to hear of: two for three files.
    expect(len(warnings) <= len(files) * 2 / 3, f"{len(warnings)} warnings about {len(files)} files: {warnings}")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        expectations(folder)
        severities(folder)
        findings_of_docker_default()
        formats(folder)
        fixing(folder)
    documented()
    no_noise()
    print("\n".join(faults) or "all as expected")
    return 1 if faults else 0


sys.exit(main())
