"""The verbs that change a system, by the program itself on real kernels: one boot of each, in which bulkhead loads, applies, switches,
removes and lists, and what the kernel then holds and refuses is looked at; and two boots without AppArmor."""
import concurrent.futures
import inspect
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "verbs")]
sys.dont_write_bytecode = True
import absent  # noqa: E402
import apply  # noqa: E402
import debian  # noqa: E402
import default  # noqa: E402
import load  # noqa: E402
import mode  # noqa: E402
import refusals  # noqa: E402
import remove  # noqa: E402
import restore  # noqa: E402
from guest import Guest, Skipped  # noqa: E402

SECTIONS = [load, apply, mode, remove, restore, refusals, default, debian]


def with_policy_folder(append=()):
    guest = Guest(append)
    guest.folder("/etc/apparmor.d")
    for path in ("/etc/apparmor.d/abi", "/etc/apparmor/parser.conf", "/usr/share/apparmor-features", "/usr/sbin/apparmor_parser"):
        guest.add(path, path)
    return guest


def whole(kernel):
    guest = with_policy_folder()
    for section in SECTIONS:
        section.steps(*[guest, kernel][:len(inspect.signature(section.steps).parameters)])
    absent.not_mounted(guest)
    return guest


def switched_off(kernel):
    guest = with_policy_folder(["apparmor=0"])
    absent.steps(guest, "AppArmor is switched off by `apparmor=0` on the kernel's command line", "take `apparmor=0` away")
    return guest


def left_out(kernel):
    guest = with_policy_folder(["lsm=landlock,yama"])
    absent.steps(guest, "the kernel was booted with `lsm=landlock,yama`, which leaves AppArmor out", "add apparmor to that list")
    return guest


BOOTS = [("6.1", whole), ("6.12", whole), ("7.2", whole), ("6.12", switched_off), ("7.2", left_out)]


def boot(which):
    kernel, make = which
    guest = make(kernel)
    began = time.monotonic()
    faults, report = guest.boot(kernel)
    return f"{kernel} {make.__name__}", report, faults, time.monotonic() - began


def main(chosen):
    """`chosen`: only boots of these kernels and sections of these names, for whoever works on one."""
    kernels = [word for word in chosen if word[0].isdigit()]
    sections = [word for word in chosen if not word[0].isdigit()]
    SECTIONS[:] = [section for section in SECTIONS if not sections or section.__name__ in sections]
    boots = [each for each in BOOTS if (not kernels or each[0] in kernels) and (not sections or each[1] is whole or each[1].__name__ in sections)]
    failed = False
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, report, faults, seconds in pool.map(boot, boots):
            print(f"{name}: Linux {report['kernel']}, {len(report.get('steps', []))} steps, {len(faults)} not as expected, {seconds:.1f} s")
            for fault in faults:
                print("\n".join("    " + line for line in fault.splitlines()))
            failed = failed or bool(faults)
    return 1 if failed else 0


try:
    sys.exit(main(sys.argv[1:]))
except Skipped as why:
    print(f"skipped: {why}")
    sys.exit(77)
