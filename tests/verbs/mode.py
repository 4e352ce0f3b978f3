"""mode: what complain lets pass and logs, explicit denies included, and enforce refuses again; from the text and from the kernel's own copy;
and the kept file follows."""
from guest import profile_named

# Of each class something that is not allowed, a deny that is logged and one that is silent.
TEXT = """abi <abi/3.0>,

# The head, with a remark.
profile lab-mode flags=(attach_disconnected) {  # behind the brace
  /** r,
  /lab/probe mr,
  /t/** r,
  signal receive,
  audit deny /t/denied r,
  deny /t/silent r,
  deny capability sys_time,
}
"""
FILE = "/etc/apparmor.d/lab-mode"
VIOLATIONS = [
    ("write", ["file", "/t/file", "w"], 'requested_mask="w"'),
    ("execute", ["program", "/t/program"], 'requested_mask="x"'),
    ("create", ["file", "/t/made", "c"], 'requested_mask="c"'),
    ("a capability", ["capability", "sys_admin"], 'capname="sys_admin"'),
    ("the network", ["socket", "inet", "stream"], 'family="inet"'),
    ("a signal", ["signal-unconfined", "term"], 'signal=term'),
    ("what is denied aloud", ["file", "/t/denied", "r"], 'name="/t/denied"'),
    ("what is denied silently", ["file", "/t/silent", "r"], 'name="/t/silent"'),
    ("a capability denied silently", ["capability", "sys_time"], 'capname="sys_time"'),
]


# What strict's floor and its lists refuse, one of it without a line in the log.
SPEC = """Name = "docker-strict"
Quiet = ["/root/**"]
[Filesystem]
WritablePaths = ["/var/log/lab/**"]
DenyPaths = ["/etc/gshadow"]
"""
STRICT = [
    ("the floor: a control of the kernel", ["file", "/proc/sysrq-trigger", "w"], 'name="/proc/sysrq-trigger"'),
    ("the floor: the kernel's symbols", ["file", "/proc/kallsyms", "r"], 'name="/proc/kallsyms"'),
    ("DenyPaths", ["file", "/etc/gshadow", "r"], 'name="/etc/gshadow"'),
    ("what is not listed", ["file", "/srv/file", "w"], 'name="/srv/file"'),
    ("what Quiet refuses silently", ["file", "/root/file", "w"], 'name="/root/file"'),
    ("a raw socket", ["socket", "inet", "raw"], 'sock_type="raw"'),
    ("a capability", ["capability", "sys_module"], 'capname="sys_module"'),
]


def try_all(guest, profile, complain, silent=("silently",), violations=VIOLATIONS):
    for label, argv, mark in violations:
        quiet = not complain and any(word in label for word in silent)
        guest.probe(profile, *argv, allowed=complain, log=[] if quiet else [mark], label=f"{profile}: {label}")
        # The line says so in one word.
        check = guest.checks[-1]
        word = "ALLOWED" if complain else "DENIED"
        guest.checks[-1] = lambda step, check=check, word=word, quiet=quiet: check(step) + (
            [] if quiet or any(f'apparmor="{word}"' in line for line in step["log"]) else [f"nothing is {word}"])


def steps(guest):
    of_a_text(guest)
    of_a_spec(guest)


def of_a_spec(guest):
    file = "/etc/apparmor.d/docker-strict"
    for path in ("/etc/gshadow", "/srv/file", "/root/file"):
        guest.file(path, "x\n", 0o666)
    guest.file("/t/strict.toml", SPEC)
    guest.bulkhead("apply", "--complain", "/t/strict.toml", out="loaded, complain")
    try_all(guest, "docker-strict", True, violations=STRICT)
    guest.bulkhead("mode", "enforce", "docker-strict", out=["docker-strict: enforce (was complain)", f"{file}: says so too"])
    # The text that was made for complain mode has no quiet rule: all is logged until the spec is applied again.
    try_all(guest, "docker-strict", False, silent=(), violations=STRICT)
    guest.bulkhead("apply", "/t/strict.toml", out=["replaced, enforce", f"written: {file}"])
    try_all(guest, "docker-strict", False, violations=STRICT)
    guest.bulkhead("remove", "docker-strict")


def of_a_text(guest):
    guest.file("/t/lab-mode", TEXT)
    for name in ("file", "denied", "silent"):
        guest.file(f"/t/{name}", "x\n", 0o666)
    guest.bulkhead("apply", "/t/lab-mode", out="loaded, enforce")
    try_all(guest, "lab-mode", False)
    # From the text that is kept, which follows: one word in its head, everything else as it was.
    guest.bulkhead("mode", "complain", "lab-mode", "--format", "json", json_is=lambda value: [
        f"{value}" for report in value if (report["before"], report["now"], report["source"], report["verified"], report["file_changed"]) != ("enforce", "complain", FILE, "bytes", True)])
    try_all(guest, "lab-mode", True)
    guest.sh(f"tail -n +3 {FILE} | sed 's/complain, *//' | diff - /t/lab-mode")
    guest.bulkhead("status", "lab-mode", "--format", "json", json_is=profile_named("lab-mode", mode="complain", file_written_by="bulkhead"))
    # A boot: the kernel forgets, and the distribution's parser, or we, load what is kept.
    guest.bulkhead("remove", "lab-mode", "--keep-file")
    guest.run("apparmor_parser", "-r", "-K", FILE)
    guest.bulkhead("status", "lab-mode", "--format", "json", json_is=profile_named("lab-mode", mode="complain"))
    # Whose complain mode is another: a deny that says nothing of audit is enforced, and not logged. So `mode` said.
    guest.probe("lab-mode", "file", "/t/silent", "r", allowed=False, label="the distribution's complain mode: a silent deny")
    guest.probe("lab-mode", "file", "/t/file", "w", allowed=True, log='apparmor="ALLOWED"', label="the distribution's complain mode: a write")
    guest.bulkhead("load", FILE, out="lab-mode: replaced, complain")
    guest.probe("lab-mode", "file", "/t/silent", "r", allowed=True, log='apparmor="ALLOWED"', label="ours")
    guest.bulkhead("mode", "enforce", "lab-mode", out="lab-mode: enforce (was complain)")
    try_all(guest, "lab-mode", False)
    guest.sh(f"tail -n +3 {FILE} | diff - /t/lab-mode")
    guest.bulkhead("mode", "enforce", "lab-mode", out="is in enforce mode already")
    # apply --complain of a text keeps the flag in the text.
    guest.bulkhead("apply", "--complain", "/t/lab-mode", out=["replaced, complain", f"written: {FILE}"])
    guest.sh(f"tail -n +3 {FILE} | sed 's/complain, *//' | diff - /t/lab-mode")
    guest.bulkhead("load", FILE, out="replaced, complain")
    guest.bulkhead("remove", "lab-mode", out=f"{FILE}: removed")
    # From the kernel's copy alone: its silent denies become audible, and stay so.
    guest.bulkhead("load", "/t/lab-mode")
    guest.bulkhead("mode", "complain", "lab-mode", out="lab-mode: complain (was enforce)")
    try_all(guest, "lab-mode", True)
    guest.bulkhead("mode", "enforce", "lab-mode", out="lab-mode: enforce (was complain)", err="made from the kernel's own copy")
    try_all(guest, "lab-mode", False, silent=())
    guest.bulkhead("remove", "lab-mode")
    guest.bulkhead("mode", "complain", "lab-mode", exit=2, err="no profile named lab-mode is loaded")
