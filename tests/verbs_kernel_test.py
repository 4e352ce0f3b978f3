"""The verbs that change a system, by the program itself on real kernels: one boot of each, in which bulkhead loads, applies, switches,
removes and lists, and what the kernel then holds and refuses is looked at."""
import concurrent.futures
import importlib
import inspect
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "verbs")]
sys.dont_write_bytecode = True
from guest import Guest, Skipped  # noqa: E402

SECTIONS = sys.argv[1:] or ["load", "apply", "mode", "remove", "refusals", "debian"]
KERNELS = os.environ.get("KERNELS", "6.1 6.12 7.2").split()


def guest_of(sections, kernel):
    guest = Guest()
    guest.folder("/etc/apparmor.d")
    guest.add("/etc/apparmor.d/abi", "/etc/apparmor.d/abi")
    guest.add("/etc/apparmor/parser.conf")
    guest.add("/usr/share/apparmor-features")
    guest.add("/usr/sbin/apparmor_parser")
    for name in sections:
        steps = importlib.import_module(name).steps
        steps(guest, kernel) if "kernel" in inspect.signature(steps).parameters else steps(guest)
    return guest


def boot(kernel):
    guest = guest_of(SECTIONS, kernel)
    began = time.monotonic()
    faults, report = guest.boot(kernel)
    return kernel, report, faults, time.monotonic() - began


failed = False
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    try:
        for kernel, report, faults, seconds in pool.map(boot, KERNELS):
            print(f"{kernel}: kernel {report['kernel']}, {len(report.get('steps', []))} steps, {len(faults)} not as expected, {seconds:.1f} s")
            for fault in faults:
                print("\n".join("    " + line for line in fault.splitlines()))
            failed = failed or bool(faults)
    except Skipped as why:
        print(f"skipped: {why}")
        sys.exit(77)
sys.exit(1 if failed else 0)
