"""A throw-away machine with an AppArmor kernel and a Docker Engine, for tests: QEMU boots one of the cached kernels with an initramfs made
here, runs one shell script as root, and the files that the script leaves in /results come back.

The one idea: a guest is a folder of files and a script; nothing of the machine that runs the test gets in but what is added by name.

    guest = Guest(kernel="6.1")
    guest.add_engine("20.10")
    guest.add("/etc/docker/daemon.json", b"{}")
    results = guest.run("engine_start && api GET /info >/results/info.json", timeout=300)
    results["info.json"]

Everything lives in memory, as DOCKER_RAMDISK allows: no disk image and no modules. So there is no bridge (the engine runs with
--bridge=none) and images lie in vfs. Software emulation is always used: nested KVM is often there and broken.
"""
import gzip
import io
import os
import pathlib
import shutil
import subprocess
import tarfile
import tempfile
import time

import real_engine

CACHE = real_engine.CACHE.parent
LIBRARY_FOLDERS = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"]

INIT = r"""#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t securityfs securityfs /sys/kernel/security
mount -t cgroup2 cgroup2 /sys/fs/cgroup
for folder in /run /tmp; do mount -t tmpfs tmpfs $folder; done
ln -s /run /var/run
hostname guest
ip link set lo up
stty -F /dev/ttyS1 raw -echo
mkdir /results
. /engine.sh
( . /scenario ) >/results/log 2>&1
echo $? >/results/status
dmesg >/results/dmesg
tar -C /results -c . | gzip -1 >/dev/ttyS1
poweroff -f
"""

# What a script has: the engine started, and its API without a client. Every wait has an end.
ENGINE = r"""
wait_for() { # SECONDS COMMAND...
  left=$1; shift
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1)); [ $left -gt 0 ] || { echo "gave up waiting for: $*"; return 1; }
    sleep 1
  done
}
engine_start() { # FURTHER ARGUMENTS OF DOCKERD...
  DOCKER_RAMDISK=true dockerd --iptables=false --bridge=none --storage-driver=vfs \
    -H unix:///var/run/docker.sock -H tcp://127.0.0.1:2375 "$@" >/results/dockerd.log 2>&1 &
  wait_for 240 wget -q -O - http://127.0.0.1:2375/_ping
}
get() { wget -q -O - "http://127.0.0.1:2375$1"; }
post() { wget -q -O - --header "Content-Type: application/json" --post-data "${2:-}" "http://127.0.0.1:2375$1"; }
import_image() { # NAME:TAG TAR INSTRUCTION   (by docker's client: busybox's wget cuts a body at its first NUL)
  docker import -c "$3" "$2" "$1" >/dev/null
}
create() { post "/containers/create?name=$1" "$2" >/dev/null || echo "cannot create $1"; }
start() { for name in "$@"; do post "/containers/$name/start" >/dev/null || echo "cannot start $name"; done; }
"""


def image_tar(programs, folders=("bin", "etc", "proc", "sys", "dev")):
    """The files of an image: `programs` are {path in the image: a static program of this machine}."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in folders:
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(folder)
        for name, file in programs.items():
            data = pathlib.Path(file).read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def kernel_file(name):
    """A kernel that `bulkhead lab --prepare` fetched."""
    path = CACHE / "kernels" / name / "vmlinuz"
    if not path.exists():
        real_engine.skip(f"no kernel {name} in {CACHE / 'kernels'}; `bulkhead lab --prepare` gets it")
    return path


class Guest:
    def __init__(self, kernel="6.1", memory_mib=3072):
        self.kernel = kernel_file(kernel)
        self.memory_mib = memory_mib
        self.files = {}  # path without its first slash -> (mode, bytes or a file to be copied); None: a folder
        self.add("/init", INIT.encode(), 0o755)
        self.add("/engine.sh", ENGINE.encode())
        self.add("/bin/busybox", pathlib.Path("/bin/busybox"), 0o755)
        self.add("/etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
        self.add("/etc/group", b"root:x:0:\ndocker:x:998:\n")
        self.add("/etc/hosts", b"127.0.0.1 localhost guest\n")
        for folder in ("proc", "sys", "dev", "run", "tmp", "root", "var/log/audit", "var/lib", "etc/docker"):
            self.files[folder] = None

    def add(self, path, content, mode=0o644):
        """`content`: bytes, or the pathlib.Path of a file."""
        self.files[path.lstrip("/")] = (mode, content)

    def add_tree(self, path, source):
        """A folder of this machine at `path`; symlinks as what they point to."""
        source = pathlib.Path(source)
        for file in source.rglob("*"):
            if file.is_dir():
                self.files[f"{path}/{file.relative_to(source)}".lstrip("/")] = None
            elif file.is_file():
                self.add(f"{path}/{file.relative_to(source)}", file, file.stat().st_mode & 0o7777)

    def add_program(self, path, binary, root):
        """A dynamic program out of a folder of unpacked packages, with its libraries (those of `root` first, then this machine's)."""
        binary = pathlib.Path(binary)
        self.add(path, binary, 0o755)
        folders = [str(pathlib.Path(root) / folder) for folder in LIBRARY_FOLDERS]
        loader = pathlib.Path("/lib64/ld-linux-x86-64.so.2")
        listed = subprocess.run([str(loader), "--library-path", ":".join(folders + ["/" + f for f in LIBRARY_FOLDERS]), "--list", str(binary)],
                                capture_output=True, text=True, check=False)
        for line in listed.stdout.splitlines():
            name, arrow, found = line.strip().partition(" => ")
            if arrow and found.startswith("/"):
                self.add(f"/lib/x86_64-linux-gnu/{name}", pathlib.Path(found.split(" (")[0]), 0o755)
        self.add(str(loader), loader, 0o755)

    def add_engine(self, version="20.10"):
        root = real_engine.binaries(version)
        if root is None:
            real_engine.skip(f"no Docker Engine {version}; tools/fetch-engines gets it")
        for program in ("usr/sbin/dockerd", "usr/bin/docker", "usr/bin/containerd", "usr/bin/containerd-shim-runc-v2", "usr/sbin/runc"):
            self.add_program("/" + program, root / program, root)
        parser = CACHE / "parsers/3.0.8/root"
        if not parser.exists():
            real_engine.skip(f"no apparmor_parser in {parser}; tools/fetch-parsers gets it")
        self.add_program("/sbin/apparmor_parser", parser / "sbin/apparmor_parser", parser)
        self.add("/etc/apparmor/parser.conf", parser / "etc/apparmor/parser.conf")
        self.add_tree("/usr/share/apparmor-features", parser / "usr/share/apparmor-features")
        for part in ("abi", "tunables", "abstractions"):
            self.add_tree(f"/etc/apparmor.d/{part}", parser / "etc/apparmor.d" / part)

    def initramfs(self):
        """The newc form (Documentation/driver-api/early-userspace/buffer-format.rst)."""
        out = io.BytesIO()
        number = 0

        def entry(name, mode, data=b""):
            nonlocal number
            number += 1
            fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
            out.write(b"070701" + b"".join(b"%08x" % f for f in fields) + name.encode() + b"\0")
            out.write(b"\0" * (-out.tell() % 4) + data)
            out.write(b"\0" * (-out.tell() % 4))

        folders = {str(parent) for path in self.files for parent in pathlib.PurePosixPath(path).parents} - {"."}
        for folder in sorted(folders | {path for path, file in self.files.items() if file is None}):
            entry(folder, 0o040755)
        for path, file in sorted(self.files.items()):
            if file is not None:
                mode, content = file
                entry(path, 0o100000 | mode, content if isinstance(content, bytes) else content.read_bytes())
        entry("TRAILER!!!", 0)
        return out.getvalue()

    def run(self, script, timeout=400):
        """{name: text} of /results, "console" and "seconds" beside them."""
        if shutil.which("qemu-system-x86_64") is None:
            real_engine.skip("no QEMU (apt-get install qemu-system-x86)")
        self.add("/scenario", script.encode())
        with tempfile.TemporaryDirectory(prefix="bulkhead-guest-") as name:
            folder = pathlib.Path(name)
            (folder / "initrd").write_bytes(self.initramfs())
            began = time.monotonic()
            try:
                machine = subprocess.run(
                    ["qemu-system-x86_64", "-M", "q35", "-nodefaults", "-no-user-config", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2",
                     "-m", str(self.memory_mib), "-kernel", str(self.kernel), "-initrd", "initrd", "-display", "none", "-monitor", "none", "-no-reboot",
                     "-append", "console=ttyS0 quiet panic=-1 no_timer_check apparmor=1 security=apparmor audit_backlog_limit=8192 log_buf_len=4M",
                     "-serial", "stdio", "-serial", "file:results"],
                    cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False)
                console = machine.stdout.decode(errors="replace") + machine.stderr.decode(errors="replace")
            except subprocess.TimeoutExpired as late:
                console = (late.stdout or b"").decode(errors="replace") + f"\nstill running after {timeout} s"
            results = {"console": console, "seconds": time.monotonic() - began}
            packed = (folder / "results").read_bytes() if (folder / "results").exists() else b""
        if packed:
            with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as archive:
                for member in archive.getmembers():
                    if member.isfile():
                        results[os.path.basename(member.name)] = archive.extractfile(member).read().decode(errors="replace")
        return results
