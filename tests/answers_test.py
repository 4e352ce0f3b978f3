"""query and diff end to end: questions with patterns and from stdin, what two policies allow, formats and exit codes."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

BULKHEAD = os.environ["BULKHEAD"]
SOURCE = pathlib.Path(os.environ["BH_SOURCE_DIR"])
FEATURES = ["--features", str(SOURCE / "tests" / "features" / "7.2")]
BASE = ["--base", "/nonexistent"]  # the runtimes' profiles without this host's includes
faults = []


def run(*words, stdin=None):
    return subprocess.run([BULKHEAD, *words], input=stdin, capture_output=True, text=True, timeout=60)


def check(what, done, code, *wanted, unwanted=()):
    problem = [] if done.returncode == code else [f"exit {done.returncode} instead of {code}"]
    problem += [f"no `{word}`" for word in wanted if word not in done.stdout + done.stderr]
    problem += [f"`{word}`" for word in unwanted if word in done.stdout + done.stderr]
    if problem:
        faults.append(f"{what}: {', '.join(problem)}\n{done.stdout}{done.stderr}")


def query(*words, **more):
    return run("query", *FEATURES, *BASE, *words, **more)


def diff(*words):
    return run("diff", *FEATURES, *BASE, *words)


# What a default profile leaves open is found by a question about all of it.
check("a hole", query("docker-default", "any write under /proc/sys/kernel/**"), 0, "yes", "for example write /proc/sys/kernel/", "file,")
check("a hole, expected closed", query("docker-default", "any write under /proc/sys/kernel/**", "--expect", "deny"), 1)
check("a proof", query("docker-default", "any write under /proc/sysrq-trigger", "any mount", "--expect", "deny"), 0, "no\n", "deny @{PROC}/sysrq-trigger")
check("a list", query("docker-default", "any network alg", "any capability sys_a*"), 0, "any network alg: no", "capability sys_admin")
check("no such verb", query("docker-default", "any wirte /x"), 2, "did you mean `write`?")
check("no such pattern", query("docker-default", "any write /x[a"), 2, "BH3003")
any_json = json.loads(query("docker-default", "any exec under /tmp/**", "--format", "json").stdout)["answers"][0]
if not any_json["allowed"] or any_json["any"]["allowed"] != ["/tmp/**"] or any_json["any"]["example"] != "exec /tmp/a":
    faults.append(f"JSON of a question with patterns: {any_json}")

# A single question names the rule, its includes, and what would turn it.
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    (folder / "part").write_text("deny /etc/shadow r,\n")
    profile = folder / "web"
    profile.write_text(f'profile web {{\n  include "{folder}/part"\n  /etc/** r,\n  owner /srv/** w,\n}}\n')
    web = str(profile)
    check("rules", query(web, "read /etc/shadow"), 0, f"{folder}/part:1:1: deny /etc/shadow r,", f"included from {web}:2:3", "without this rule: allowed")
    answer = json.loads(query(web, "read /etc/shadow", "--format", "json").stdout)["answers"][0]
    finding = answer["findings"]["other"][0]
    if finding["rules"][0]["included"] != [f"included from {web}:2:3"] or finding["turn"]["then"] != "allowed":
        faults.append(f"JSON of a question: {answer}")

    # In bulk: a line of answer for each question, in their order.
    lines = "# a comment\nread /etc/passwd\n\nread /etc/shadow\nwrite /srv/x\ncapability chown\nread \"/etc/a b\"\nany write under /etc/**\n"
    wanted = ("read /etc/passwd: allowed\nread /etc/shadow: denied silently\n"
              "write /srv/x: allowed as the file's owner, denied (logged) otherwise\ncapability chown: denied (logged)\n"
              "read \"/etc/a b\": allowed\nany write under /etc/**: no\n")
    bulk = query(web, "-", stdin=lines)
    if bulk.stdout != wanted or bulk.returncode != 0:
        faults.append(f"bulk: exit {bulk.returncode}\n{bulk.stdout}{bulk.stderr}")
    check("bulk with a bad line", query(web, "-", stdin="read /a\nraed /b\nread /c\n"), 2, "<stdin>:2:1", "read /c: denied", "1 question could not be read")
    check("bulk, expected", query(web, "-", "--expect", "allow", stdin="read /etc/a\nread /etc/b\n"), 0)
    check("bulk, not as expected", query(web, "-", "--expect", "allow", stdin="read /etc/a\nread /b\n"), 1)
    if len(json.loads(query(web, "-", "--format", "json", stdin=lines).stdout)["answers"]) != 6:
        faults.append("bulk JSON: not six answers")
    check("both from stdin", query("-", "-", stdin="x"), 2, "cannot both come from stdin")

    # The same policy as text and as a binary is the same.
    binary = str(folder / "web.bin")
    run("compile", *FEATURES, "-o", binary, web)
    check("text and binary", diff(web, binary), 0, "they allow the same")
    check("text and binary, to the kernel", diff("--witness", web, binary), 0, unwanted=["|"])
    wider = folder / "wider"
    wider.write_text(profile.read_text().replace("/etc/** r,", "/etc/** rw,\n  capability sys_admin,\n  /opt/** rix,"))
    found = diff(web, str(wider))
    check("gains", found, 0, "(up to critical)", "+ critical capability: sys_admin", "+ high     write: /etc/**", f"B: allowed, {wider}:3:3: /etc/** rw,")
    check("gains fail", diff("--fail-on", "critical", web, str(wider)), 1)
    check("losses do not fail", diff("--fail-on", "low", str(wider), web), 0, "- critical capability: sys_admin")
    check("markdown", diff("--format", "markdown", web, str(wider)), 0, "| critical | capability (nearly all of root's power) | `sys_admin` |", "### AppArmor policy")
    report = json.loads(diff("--format", "json", web, str(wider)).stdout)
    gains = [change for change in report["profiles"][0]["changes"] if change["gain"]]
    if report["severest_gain"] != "critical" or len(gains) != report["gains"] or not all(change["examples"] for change in gains):
        faults.append(f"JSON of a difference: {report}")
    # What an example says is what the question answers.
    for change in gains:
        for example in change["examples"]:
            answers = [json.loads(query(side, example["action"], "--format", "json").stdout)["answers"][0]["owner"] for side in (web, str(wider))]
            if answers != [example["a"], example["b"]]:
                faults.append(f"{example}: query says {answers}")
    check("witness", diff("--witness", web, str(wider)), 1, "capabilities: allow: sys_admin (only the second)")

# The runtimes' own profiles: the same is empty, another version fits a screen.
check("itself", diff("docker-default", "docker-default"), 0, "they allow the same")
check("itself, strictly", diff("--fail-on", "low", "docker-default", "docker-default@docker"), 0)
older = run("show", *BASE, "docker-default").stdout.replace("  deny network alg,\n", "").replace("  deny /sys/firmware/** rwklx,\n", "").replace(
    "  deny /sys/devices/virtual/powercap/** rwklx,\n", "")
with tempfile.NamedTemporaryFile("w", suffix="-docker") as old:
    old.write(older)
    old.flush()
    newer = diff(old.name, "docker-default")
    check("two versions", newer, 0, "0 gains", "network: alg", "/sys/firmware/**", "/sys/devices/virtual/powercap/**", "A19")
    if newer.stdout.count("\n") > 40:
        faults.append(f"two versions take {newer.stdout.count(chr(10))} lines")
names = diff("docker-default@containerd", "docker-default@docker")
check("names of their own", names, 0, "network: alg", "dockerd", unwanted=["ptrace"])

for fault in faults:
    print(fault)
print(f"answers: {len(faults)} wrong")
sys.exit(1 if faults else 0)
