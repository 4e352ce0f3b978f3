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


def try_all(guest, profile, complain, silent=("silently",)):
    for label, argv, mark in VIOLATIONS:
        quiet = not complain and any(word in label for word in silent)
        guest.probe(profile, *argv, allowed=complain, log=[] if quiet else [mark], label=f"{profile}: {label}")
        # The line says so in one word.
        check = guest.checks[-1]
        word = "ALLOWED" if complain else "DENIED"
        guest.checks[-1] = lambda step, check=check, word=word, quiet=quiet: check(step) + (
            [] if quiet or any(f'apparmor="{word}"' in line for line in step["log"]) else [f"nothing is {word}"])


def steps(guest):
    guest.file("/t/lab-mode", TEXT)
    for name in ("file", "denied", "silent"):
        guest.file(f"/t/{name}", "x\n", 0o666)
    guest.bulkhead("apply", "/t/lab-mode", out="loaded, enforce")
    try_all(guest, "lab-mode", False)
    # From the text that is kept, which follows: one word in its head, everything else as it was.
    guest.bulkhead("mode", "complain", "lab-mode", "--format", "json", json_is=lambda value: [
        f"{value}" for report in value if (report["before"], report["now"], report["source"], report["verified"]) != ("enforce", "complain", FILE, "bytes")])
    try_all(guest, "lab-mode", True)
    guest.sh(f"tail -n +3 {FILE} | sed 's/complain, *//' | diff - /t/lab-mode")
    guest.bulkhead("status", "lab-mode", "--format", "json", json_is=profile_named("lab-mode", mode="complain", file_written_by="bulkhead"))
    # A boot: the kernel forgets, and the distribution's parser, or we, load what is kept.
    guest.bulkhead("remove", "lab-mode", "--keep-file")
    guest.run("apparmor_parser", "-r", "-K", FILE)
    guest.bulkhead("status", "lab-mode", "--format", "json", json_is=profile_named("lab-mode", mode="complain"))
    guest.bulkhead("load", FILE, out="lab-mode: replaced, complain")
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
