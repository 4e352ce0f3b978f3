"""load and status: into the kernel in one write, replaced under running processes, read back, listed."""
from guest import profile_named

ONE = "profile one {\n  signal,\n  /** rix,\n}\n"
TWO = "profile one {\n  signal,\n  /** rix,\n  audit deny /t/data r,\n  profile child {\n    /** r,\n  }\n}\n"
FOR_EVER = "trap 'read x < /t/data && echo got $x; exit 0' TERM; while :; do sleep 0.05; done"


def steps(guest):
    guest.file("/t/data", "secret\n")
    guest.file("/t/one", ONE)
    guest.file("/t/two", TWO)
    guest.bulkhead("status", out="PROFILE")
    guest.bulkhead("load", "--dry-run", "/t/one", out="one: would be loaded, enforce")
    guest.sh("grep -c '^one ' /sys/kernel/security/apparmor/profiles", exit=1)
    guest.bulkhead("load", "/t/one", out="one: loaded, enforce", log='operation="profile_load"')
    guest.bulkhead("load", "--no-replace", "/t/one", exit=2, err="loaded already")
    guest.start("loop", "sh", "-c", FOR_EVER, profile="one")
    guest.bulkhead("status", "one", "--format", "json", json_is=profile_named(
        "one", mode="enforce", persisted=False, file=None,
        processes=lambda all: [(p["command"], p["label"], p["mode"]) for p in all if p["command"] == "sh"] == [("sh", "one", "enforce")]))
    guest.bulkhead("status", out=["one", "enforce", "one confines:", " sh\n"])
    # One write replaces it: the process goes on under the new rules, and the child is new.
    guest.bulkhead("load", "/t/two", "--format", "json", log='operation="profile_replace"', json_is=lambda value: [
        f"{value}" for profile in value if profile["verified"] != "bytes" or profile["profiles"] != [
            {"name": "one", "mode": "enforce", "replaced": True}, {"name": "one//child", "mode": "enforce", "replaced": False}]])
    guest.bulkhead("status", "one", "--format", "json", json_is=profile_named("one", processes=lambda all: len(all) >= 1))
    guest.stop("loop", out="Permission denied")
    guest.sh("sha256sum < $(echo /sys/kernel/security/apparmor/policy/profiles/one.*/raw_data)")
    # What was compiled elsewhere for this kernel is loaded as it is; what the kernel holds can be compared with it.
    guest.bulkhead("compile", "/t/two", "-o", "/t/two.policy")
    guest.bulkhead("load", "/t/two.policy", out=["one: replaced", "one//child: replaced"])
    guest.sh("cmp /t/two.policy $(echo /sys/kernel/security/apparmor/policy/profiles/one.*/raw_data)")
    guest.bulkhead("load", "loaded:one", out="one: replaced")
    guest.bulkhead("status", "two", exit=2, err="no profile named two is loaded")
    guest.bulkhead("remove", "one", out=["one: removed from the kernel", "one//child: removed with it"])
