"""What the kernel refuses, in the user's terms: rights, damaged policy, policy of another kernel, missing parents; with the kernel's own
words where it has any."""
import pathlib
import subprocess
import tempfile

from guest import BULKHEAD, SOURCE

HOLDS_ALL = "profile holds-all {\n  file,\n  signal,\n  capability setuid,\n  unix,\n}\n"
FAMILY = "profile family {\n  /** r,\n  profile child {\n    /** r,\n  }\n}\n"
OUTSIDE = "run as root, outside of any confined or user-namespaced shell (the kernel asks for CAP_MAC_ADMIN)"
A_PROFILE = b"\x04\x08\x00profile\x00"


def compiled(text, features):
    with tempfile.TemporaryDirectory() as folder:
        source, made = pathlib.Path(folder, "text"), pathlib.Path(folder, "policy")
        source.write_text(text)
        subprocess.run([BULKHEAD, "compile", "--features", str(SOURCE / "tests" / "features" / features), "-o", str(made), str(source)],
                       check=True, capture_output=True)
        return made.read_bytes()


def child_alone(policy):
    """The load without its first profile: what remains names a parent that is not there."""
    first = policy.index(A_PROFILE)
    return policy[:first] + policy[policy.index(A_PROFILE, first + 1):]


def wrong_load(guest, path, *wanted):
    """Gives bytes to the kernel as they are, without our own decoder in front."""
    guest.step(lambda step: [f"no `{text}` in: {step['outcome']['err']}" for text in wanted if text not in step["outcome"]["err"]],
               do="load", target=path)


def steps(guest, kernel):
    guest.file("/t/holds-all", HOLDS_ALL)
    guest.file("/t/family", FAMILY)
    rights(guest)
    damaged(guest, kernel)
    guest.bulkhead("status", "family", exit=2, err="no profile named family is loaded")


def rights(guest):
    user = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
    guest.add("/usr/bin/setpriv")
    guest.add("/usr/bin/unshare")
    guest.run(*user, "bulkhead", "load", "/t/family", exit=2, err=["write .replace: Permission denied", OUTSIDE])
    guest.run(*user, "bulkhead", "apply", "/t/family", exit=2, err=["Permission denied", "run as root"])
    guest.run(*user, "bulkhead", "remove", "nobody", exit=2, err="bulkhead: cannot remove nobody")
    guest.run(*user, "bulkhead", "status", exit=2, err="bulkhead: cannot show the status")
    guest.run("unshare", "--user", "--map-root-user", "bulkhead", "load", "/t/family", exit=2, err=["Permission denied", OUTSIDE])
    guest.bulkhead("load", "/t/holds-all")
    guest.bulkhead("load", "/t/family", exit=2, err=["write .replace: ", OUTSIDE], profile="holds-all", enter="on_exec")
    guest.bulkhead("remove", "holds-all")


def half_way(guest, kernel):
    """Another loader makes the kernel give up in the middle of a load: on some kernels nothing can be loaded then (docs/decisions/0310)."""
    guest.file("/t/keeper", "profile keeper {\n}\n")
    guest.file("/t/next", "profile next {\n}\n")
    guest.bulkhead("load", "/t/keeper")
    wrong_load(guest, "/t/orphan", "write .replace: No such file or directory", "names a parent profile or a namespace that is not loaded",
               "the kernel says: ", "profile family//child")
    guest.bytes("/t/long.policy", compiled(f"profile {'x' * 300} {{\n}}\n", kernel))
    wrong_load(guest, "/t/long.policy", "write .replace: File exists" if kernel == "7.2" else "write .replace: File name too long")
    if kernel == "6.12":
        guest.bulkhead("load", "/t/next", out="next: loaded")
        guest.bulkhead("remove", "next", "keeper")
        return
    guest.bulkhead("load", "/t/next", exit=2, err=["File exists", "removing any loaded profile frees it", "the kernel says: failed to create raw_data"])
    guest.bulkhead("remove", "keeper")
    guest.bulkhead("load", "/t/next", out="next: loaded")
    guest.bulkhead("remove", "next")


def damaged(guest, kernel):
    policy = compiled(FAMILY, kernel)
    cut = policy[:len(policy) // 2]
    # A word of the first automaton's head: what stands there is still a load, and no automaton any more.
    at = policy.index(b"aadfa") + 20
    broken = policy[:at] + b"\xff" * 16 + policy[at + 16:]
    guest.bytes("/t/cut", cut)
    guest.bytes("/t/broken", broken)
    guest.bytes("/t/orphan", child_alone(policy))
    guest.bytes("/t/nothing", b"no policy at all")
    for name in ("cut", "broken"):
        wrong_load(guest, f"/t/{name}", "write .replace: Protocol error", "compiled for another kernel, or is damaged", "the kernel says: ")
        # bulkhead's own reader sees it first.
        guest.bulkhead("load", f"/t/{name}", exit=2, err=f"cannot load /t/{name}")
    wrong_load(guest, "/t/nothing", "write .replace: ")
    guest.bulkhead("load", "/t/orphan", exit=2, err="family is neither in this policy nor loaded, and family//child belongs under it")
    guest.file("/t/long", f"profile {'x' * 300} {{\n}}\n")
    guest.bulkhead("load", "/t/long", exit=2, err="a profile's name of 300 bytes is too long for the kernel")
    half_way(guest, kernel)
    guest.bytes("/t/family.policy", policy)
    guest.bulkhead("load", "--no-replace", "/t/family.policy", out="family: loaded")
    guest.bulkhead("load", "--no-replace", "/t/family.policy", exit=2, err=["File exists", "loaded already; replace it instead"])
    guest.bulkhead("remove", "family")
    # Compiled for another kernel: an older form is read, a newer one is refused where this kernel does not know it.
    guest.bytes("/t/older.policy", compiled(FAMILY, "6.1"))
    guest.bulkhead("load", "/t/older.policy", out="family: loaded")
    guest.bulkhead("remove", "family")
    guest.bytes("/t/newer.policy", compiled(FAMILY, "7.2"))
    if kernel == "6.1":
        guest.bulkhead("load", "/t/newer.policy", exit=2, err=["cannot load /t/newer.policy", "compiled for another kernel", "the kernel says: failed to unpack"])
    elif kernel == "7.2":
        guest.bulkhead("load", "/t/newer.policy", out="family: loaded")
        guest.bulkhead("remove", "family")
    else:
        guest.bulkhead("load", "/t/newer.policy", exit=None)
        guest.bulkhead("remove", "family", exit=None)
