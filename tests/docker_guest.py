"""A throw-away Docker host for tests: one boot of `bulkhead lab`'s (src/lab/docker_host.h: Debian with systemd, AppArmor's service and the
engine on a disk) runs one shell script as root, and the files that the script leaves in /results come back.

    guest = DockerGuest()
    guest.add("/image.tar", image_tar({"bin/busybox": "/bin/busybox"}))
    results = guest.run("docker info >/results/info", kernel="oldest")
    results["info"]

What the script says itself is results["log"]; the kernel's log is results["dmesg"], and AppArmor's
lines of the boot, up to the engine's first answer, are results["boot"]. With `disk` a second guest boots what the first left.
"""
import base64
import io
import os
import pathlib
import tarfile

import guest as lab_guest
import real_engine
from layer import Layer

PRELUDE = r"""
wait_for() { # SECONDS COMMAND...
  end=$(($(date +%s) + $1)); shift
  until "$@" >/dev/null 2>&1; do
    [ $(date +%s) -lt $end ] || { echo "gave up waiting for: $*"; return 1; }
    sleep 0.5
  done
}
import_image() { docker import -c "$3" "$2" "$1" >/dev/null; } # NAME:TAG TAR INSTRUCTION
"""
# What is longer than one step's output may be (src/lab/guest.cpp) comes in pieces.
PIECE = 192 << 10
PIECES = 16
PACK = "dmesg >/results/dmesg; tar -C /results -cz . | base64 -w 0 >/results.packed; wc -c </results.packed"


def image_tar(programs, folders=("bin", "etc", "proc", "sys", "dev")):
    """The files of an image: `programs` are {path in the image: a static program of this machine}."""
    layer = Layer()
    for name in folders:
        layer.folder(name)
    for name, file in programs.items():
        layer.file(name, pathlib.Path(file).read_bytes(), 0o755)
    return layer.bytes()


class DockerGuest:
    def __init__(self, memory_mib=2048, disk=None, drives=()):
        self.lab = lab_guest.Guest(memory_mib=memory_mib)
        self.lab.plan.update({"docker_host": True, "drives": [str(drive) for drive in drives]})
        if disk:
            self.lab.plan["disk"] = str(disk)

    def add(self, path, content, mode=0o644):
        """`content`: bytes, or the pathlib.Path of a file."""
        self.lab.bytes(path, content if isinstance(content, bytes) else content.read_bytes(), mode)

    def run(self, script, timeout=600, kernel="oldest"):
        """{name: text} of /results, "seconds" and "kernel" beside them. Ends the test where the guest did not come to the script's end."""
        plan = self.lab.plan
        plan["timeout_s"] = timeout + 240  # what the script did until it ran out of its time is worth seeing
        self.lab.file("/scenario", PRELUDE + script)
        def went_well(step):
            return [] if step["outcome"]["exit"] == 0 else ["the engine does not answer"]

        self.lab.step(went_well, do="wait_port", target="/run/docker.sock", timeout_ms=240_000)
        self.lab.step(went_well, do="ask", target="/run/docker.sock", argv=["GET /_ping HTTP/1.0\r\n\r\n", "OK"], timeout_ms=240_000)
        self.lab.run("sh", "-c", "mkdir /results; dmesg -c >/dev/null; . /scenario >/results/log 2>&1", exit=None, timeout_ms=timeout * 1000)
        self.lab.run("sh", "-c", PACK, timeout_ms=60_000)
        for piece in range(PIECES):
            self.lab.run("sh", "-c", f"dd if=/results.packed bs={PIECE} skip={piece} count=1 2>/dev/null", timeout_ms=60_000)
        try:
            faults, report = self.lab.boot(kernel)
        except lab_guest.Skipped as why:
            real_engine.skip(str(why))
        if faults:
            raise SystemExit("\n".join(faults))
        steps = report["steps"]
        packed = "".join(step["outcome"]["out"] for step in steps[-PIECES:])
        if len(packed) != int(steps[-PIECES - 1]["outcome"]["out"]):
            raise SystemExit(f"/results is larger than {PIECE * PIECES} bytes")
        results = {"seconds": report["seconds"], "kernel": report["kernel"], "boot": "\n".join(steps[0]["log"] + steps[1]["log"])}
        with tarfile.open(fileobj=io.BytesIO(base64.b64decode(packed))) as archive:
            for member in archive.getmembers():
                if member.isfile():
                    results[os.path.basename(member.name)] = archive.extractfile(member).read().decode(errors="replace")
        return results
