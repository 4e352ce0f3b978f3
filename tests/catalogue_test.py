"""Every strict example, docker-default and bane's own text of its sample on three real kernels: every action of the attack catalogue that a
guest can stage. The compiled policy's answer and the kernel's agree row by row (that is the lab's exit code); of the strict profiles every
attack is refused that the spec does not ask for, and every function works. Beside it bane's sample, list by list, as docs/spec.md says it.

The table in README.md is this test's: UPDATE=1 writes it anew."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

BULKHEAD = os.environ["BULKHEAD"]
SOURCE = pathlib.Path(os.environ["BH_SOURCE_DIR"])
EXAMPLES = SOURCE / "examples"
CORPORA = pathlib.Path(os.environ.get("BULKHEAD_CORPORA", SOURCE.parent / "shared" / "corpora"))
README = SOURCE / "README.md"
BEGIN, END = "<!-- made by tests/catalogue_test.py -->\n", "<!-- end -->\n"
FEATURES = {"oldest": "6.1", "stable": "6.12", "newest": "7.2"}
BESIDE = ["docker-default", "bane's nginx-sample", "nginx-sample", "nginx"]

# What a spec asks for, and so gets. A27: a folder that leaked is off every mount, and its files have the names that they would have under the
# root; where a spec lets everything be read (it has no ReadPaths), those too.
ASKED_FOR = {
    ("nginx-sample", "A44"): "bane's format has no list that keeps anything from being read",
    ("script", "A38"): "AllowExec has the shell that the script needs",
    ("sockets", "A38"): "without AllowExec everything runs that is read-only",
    ("sockets", "A44"): "no DenyPaths",
}
# What bane's sample says, as strict takes it.
READ = ["/bin/thing", "/boot/vmlinuz", "/etc/passwd", "/root/thing", "/srv/thing", "/var/log/thing"]
NOT_READ = ["/proc/kcore", "/proc/kallsyms", "/sys/firmware/dmi/tables/DMI"]
WRITTEN = ["/run/nginx.pid", "/var/log/nginx/access.log", "/var/lib/nginx/body/1", "/run/thing", "/var/tmp/thing", "/data/thing", "/dev/null", "/dev/zero"]
NOT_WRITTEN = [
    "/bin/thing", "/usr/bin/thing", "/boot/thing", "/dev/thing", "/etc/thing", "/home/thing", "/lib/thing", "/lib64/thing", "/media/thing", "/mnt/thing", "/opt/thing",
    "/proc/sys/kernel/hostname", "/root/thing", "/sbin/thing", "/srv/thing", "/tmp/thing", "/sys/kernel/uevent_helper", "/usr/share/thing", "/usr/sbin/nginx",
]
RUN = ["/usr/sbin/nginx"]
NOT_RUN = ["/usr/bin/dash", "/bin/sh", "/usr/bin/bash", "/usr/bin/top", "/usr/bin/env", "/var/tmp/thing", "/run/thing", "/tmp/thing"]


def sample(folder):
    """bane's sample as it comes, with what strict makes of each list as expectations."""
    files = sorted((CORPORA / "bane").glob("genuinetools-bane__sample__*.toml"))
    text = (files[-1] if files else EXAMPLES / "nginx-sample.toml").read_text()
    print(f"bane's sample: {files[-1].name if files else 'examples/nginx-sample.toml (no corpora)'}")
    allow = [f"read {p}" for p in READ] + [f"write {p}" for p in WRITTEN] + [f"exec {p}" for p in RUN]
    allow += ["create /var/log/nginx/new", "network inet stream", "network inet6 dgram", "capability chown", "capability net_bind_service", "signal receive term peer=runc"]
    deny = [f"read {p}" for p in NOT_READ] + [f"write {p}" for p in NOT_WRITTEN] + [f"exec {p}" for p in NOT_RUN]
    deny += ["create /etc/thing", "chmod /etc/", "chmod /srv/", "network inet raw", "network packet raw", "capability net_raw", "capability sys_admin", "umount /proc/sys/"]
    path = folder / "nginx-sample.toml"
    path.write_text(f"{text}\n[[Expect]]\nAllow = {json.dumps(allow)}\n[[Expect]]\nDeny = {json.dumps(deny)}\n")
    return str(path), len(allow) + len(deny)


def sockets(folder):
    """What connecting to a socket is, from 6.17 on: in the file system a matter of the path rules, else of the peer's profile."""
    path = folder / "sockets.toml"
    path.write_text("""Name = "sockets"
[Filesystem]
WritablePaths = ["/run/app/**", "/run/mysqld/mysqld.sock", "/dev/log"]
[[Expect]]
Allow = ["unix bind /run/app/own.sock", "unix connect /run/app/other.sock", "unix connect /run/mysqld/mysqld.sock", "unix connect /dev/log",
  "unix bind @own"]
[[Expect]]
Deny = ["unix bind /run/own.sock", "unix bind /etc/own.sock", "unix connect /run/postgresql/.s.PGSQL.5432", "unix connect /run/docker.sock",
  "unix connect /run/containerd/containerd.sock", "unix connect /run/systemd/private", "unix connect /run/dbus/system_bus_socket",
  "unix connect @/containerd-shim/other.sock peer=unconfined", "unix connect @anything peer=unconfined"]
""")
    return str(path)


def lab(profiles, kernel, form):
    done = subprocess.run([BULKHEAD, "lab", *profiles, "--kernel", kernel, "--format", form], capture_output=True, text=True, timeout=1000)
    if "qemu" in done.stderr.lower() and "install" in done.stderr.lower():
        print(f"skipped: {done.stderr.strip()}")
        sys.exit(77)
    if done.returncode != 0:
        if form == "json" and done.stdout.startswith("{"):
            for step in json.loads(done.stdout)["steps"]:
                if step.get("met") == "no":
                    print(json.dumps(step))
        sys.exit(f"lab --kernel {kernel}: exit {done.returncode}: policy and kernel do not agree\n{done.stderr[-3000:]}")
    return done.stdout


def read_markdown(text):
    """{column: {row id: what the kernel said}}"""
    lines = [[cell.strip().strip("*") for cell in line.strip().strip("|").split("|")] for line in text.strip().split("\n")]
    titles = lines[0][2:]
    return {title: {line[0]: line[2 + i] for line in lines[2:] if line[0]} for i, title in enumerate(titles)}


def read_json(report):
    return {title: {row["id"]: row["cells"][i] for row in report["rows"]} for i, title in enumerate(report["columns"])}


def check_strict(table, kernel, unmediated):
    wrong = []
    for profile, rows in table.items():
        if profile in ("docker-default", "bane's nginx-sample"):
            continue
        for row, said in rows.items():
            function = row in ("A29", "A31", "A32", "A36") or row.startswith("F")
            wanted = "works" if function else "not mediated" if row in unmediated else "refused"
            if row == "A27" or (profile, row) in ASKED_FOR:
                continue
            if said != wanted:
                wrong.append(f"{kernel}: {profile}: {row} is `{said}`, wanted `{wanted}`")
    return wrong


# Where the guest does more than the row asks, it may be refused for that: a capability beside the path (A14, A22, A23), or all of it as one
# action (A39, F8).
DOES_MORE = {"A14", "A22", "A23", "A39", "F8"}
# Where the guest also does what that kernel asks no profile about: connecting to a socket, and on 6.1 the new mount calls, which no compiled
# policy tells of.
ALSO_UNASKED = {"oldest": {"A16", "A24", "A51", "A52"}, "stable": {"A24", "A51", "A52"}, "newest": set()}


def agree(row, outcome, said, kernel):
    means = {"blocked": ["refused"], "allowed": ["allowed", "works"], "partly": ["partly"], "not mediated": ["not mediated", "works"]}
    if outcome not in means or said in means[outcome]:  # what no rule decides has no outcome to hold against
        return True
    if said == "refused":
        return row in DOES_MORE and outcome in ("allowed", "partly")
    return said == "not mediated" and row in ALSO_UNASKED[kernel] and outcome == "blocked"


def check_score(table, kernel, profiles):
    """What `score` says of the compiled profile is what the kernel did, row by row."""
    done = subprocess.run([BULKHEAD, "score", *profiles, "--features", FEATURES[kernel], "--format", "json"], capture_output=True, text=True)
    if done.returncode != 0:
        return [f"score: exit {done.returncode}\n{done.stderr[-1000:]}"]
    report = json.loads(done.stdout)
    wrong, compared = [], 0
    for column, profile in enumerate(report["profiles"]):
        for row in report["rows"]:
            said = table[profile["title"]].get(row["id"])
            outcome = row["cells"][column]["outcome"]
            if said in (None, "", "-"):
                continue
            compared += 1
            if not agree(row["id"], outcome, said, kernel):
                wrong.append(f"{kernel}: {profile['title']}: {row['id']} scores `{outcome}`, and the kernel says `{said}`")
    print(f"{kernel}: {compared} rows of score agree with the kernel" if not wrong else f"{kernel}: {len(wrong)} rows of score do not")
    return wrong


def only(text, titles):
    """The columns of a markdown table that have these titles."""
    lines = [line.strip("\n").strip("|").split("|") for line in text.strip().split("\n")]
    keep = [0, 1] + [i for i, cell in enumerate(lines[0]) if cell.strip() in titles]
    return "".join("|" + "|".join(line[i] for i in keep) + "|\n" for line in lines)


def check_readme(made):
    text = README.read_text()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    if text[begin:end] == made:
        return []
    if os.environ.get("UPDATE"):
        README.write_text(text[:begin] + made + text[end:])
        return []
    return [f"the table in README.md is not what the kernel said (UPDATE=1 writes it anew):\n{made}"]


def check_sample_log(report, wishes):
    """LogOnWritePaths = ["/**"]: what is written is logged, and grants nothing."""
    steps = [step for step in report["steps"] if step.get("label", "").startswith("expect: ")]
    if len(steps) < wishes:
        return [f"only {len(steps)} of {wishes} expectations of bane's sample were tried"]
    logged = [step for step in steps if step["label"] == "expect: write /var/log/nginx/access.log"]
    lines = "\n".join(logged[0].get("log", [])) if logged else ""
    return [] if 'apparmor="AUDIT"' in lines else [f"a write that LogOnWritePaths covers left no line in the log: {lines}"]


def main():
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        spec, wishes = sample(pathlib.Path(name))
        beside = ["docker-default", f"bane:{EXAMPLES / 'nginx-sample.toml'}", spec, str(EXAMPLES / "nginx.toml")]
        others = sorted(str(path) for path in EXAMPLES.glob("*.toml") if path.stem not in ("nginx", "nginx-sample"))
        connecting = ["A24", "A25", "A51", "A52"]
        for kernel, unmediated in (("oldest", connecting + ["A37", "A49"]), ("stable", connecting)):
            report = json.loads(lab(beside, kernel, "json"))
            print(f"{kernel}: {report['kernel']}, {len(report['steps'])} steps")
            wrong += check_strict(read_json(report), kernel, unmediated)
            wrong += check_score(read_json(report), kernel, beside)
            wrong += check_sample_log(report, wishes)
        all_of_them = beside + others + [sockets(pathlib.Path(name))]
        text = lab(all_of_them, "newest", "markdown")
        print(text)
        wrong += check_score(read_markdown(text), "newest", all_of_them)
        wrong += check_strict(read_markdown(text), "newest", [])
        wrong += check_readme(only(text, BESIDE))
    sys.exit("\n".join(wrong) if wrong else 0)


main()
