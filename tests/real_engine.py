"""A real Docker Engine for tests: started on this machine in about 3 s (vfs, no bridge), stopped by its pid.

Binaries come from $BULKHEAD_ENGINES or ${XDG_CACHE_HOME:-~/.cache}/bulkhead/engines/VERSION (tools/fetch-engines), unpacked beside the
system. Talks to the API over the unix socket itself: no docker client, no shell.
"""
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

from layer import Layer

CACHE = pathlib.Path(os.environ.get("BULKHEAD_ENGINES") or
                     pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "bulkhead" / "engines")


def skip(why):
    print(f"skipped: {why}")
    raise SystemExit(77)


def binaries(version):
    """The folder of an engine's files, or None."""
    root = CACHE / version
    return root if (root / "usr/sbin/dockerd").exists() else None


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=60):
        super().__init__("docker", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Api:
    def __init__(self, path):
        self.path = path

    def call(self, method, target, body=None, kind="application/json"):
        connection = UnixConnection(self.path)
        data = json.dumps(body) if kind == "application/json" and body is not None else body
        connection.request(method, target, body=data, headers={"Content-Type": kind} if body is not None else {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {target}: {answer.status} {text[:300]!r}")
        try:
            return json.loads(text) if text else None
        except ValueError:
            return text

    def get(self, target):
        return self.call("GET", target)

    def import_image(self, name, files=(), changes=()):
        """An image of one layer. files: {path: bytes or (mode, bytes)}; changes: Dockerfile instructions."""
        layer = Layer()
        for path, content in dict(files).items():
            mode, data = content if isinstance(content, tuple) else (0o644, content)
            layer.file(path, data, mode)
        repo, _, tag = name.partition(":")
        query = urllib.parse.urlencode([("fromSrc", "-"), ("repo", repo), ("tag", tag or "latest")] + [("changes", c) for c in changes])
        self.call("POST", f"/images/create?{query}", layer.bytes(), "application/x-tar")

    def build_image(self, name, dockerfile, files=()):
        context = Layer()
        for path, data in {"Dockerfile": dockerfile.encode(), **dict(files)}.items():
            context.file(path, data)
        out = self.call("POST", f"/build?t={urllib.parse.quote(name)}&networkmode=none&rm=1", context.bytes(), "application/x-tar")
        if b"errorDetail" in (out if isinstance(out, bytes) else b""):
            raise RuntimeError(out.decode()[-500:])

    def create(self, name, image, host_config=None, start=False, **config):
        body = {"Image": image, "NetworkDisabled": False, **config,
                "HostConfig": {"NetworkMode": "none", **(host_config or {})}}
        identity = self.call("POST", f"/containers/create?name={name}", body)["Id"]
        if start:
            self.call("POST", f"/containers/{identity}/start")
        return identity


@contextlib.contextmanager
def engine(version="20.10", arguments=(), config=None, wrapper=()):
    """`wrapper`: a command that becomes the daemon (`unshare -m …`). Yields an object with .socket, .api, .pid, .root (its folder), .binaries. Skips the test where it cannot run."""
    if os.geteuid() != 0:
        skip("a Docker Engine needs root")
    where = binaries(version)
    if where is None:
        skip(f"no Docker Engine {version} in {CACHE}; tools/fetch-engines gets it")
    root = pathlib.Path(tempfile.mkdtemp(prefix="bulkhead-engine-"))
    root.chmod(0o711)  # remapped users pass through it
    path = str(root / "docker.sock")
    environment = dict(os.environ)
    environment["PATH"] = f"{where}/usr/bin:{where}/usr/sbin:{environment.get('PATH', '')}"
    environment["DOCKER_RAMDISK"] = "true"
    # A newer suite's runc wants a newer C library than this system may have; the oldest engine's runc serves every engine.
    runc = CACHE / "20.10/usr/sbin/runc"
    if version != "20.10" and runc.exists():
        (root / "bin").mkdir()
        (root / "bin/runc").symlink_to(runc)
        environment["PATH"] = f"{root}/bin:{environment['PATH']}"
    (root / "daemon.json").write_text(json.dumps(config or {}))
    log = open(root / "log", "w")
    daemon = subprocess.Popen(
        [*wrapper, str(where / "usr/sbin/dockerd"), "--iptables=false", "--bridge=none", "--storage-driver=vfs", "--config-file", str(root / "daemon.json"),
         "--data-root", str(root / "data"), "--exec-root", str(root / "exec"), "--pidfile", str(root / "pid"), "-H", f"unix://{path}",
         *arguments], stdout=log, stderr=log, env=environment, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while True:
            if daemon.poll() is not None:
                skip(f"dockerd {version} does not run here: {(root / 'log').read_text()[-600:]}")
            try:
                Api(path).get("/_ping")
                break
            except OSError:
                if time.monotonic() > deadline:
                    skip(f"dockerd {version} did not come up: {(root / 'log').read_text()[-600:]}")
                time.sleep(0.1)
        result = type("Engine", (), {})()
        result.socket, result.api, result.pid, result.root, result.binaries = path, Api(path), daemon.pid, root, where
        yield result
    finally:
        with contextlib.suppress(Exception):
            for container in Api(path).get("/containers/json"):
                Api(path).call("POST", f"/containers/{container['Id']}/kill")
        daemon.send_signal(signal.SIGTERM)
        try:
            daemon.wait(20)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
        log.close()
        unmount_below(root)
        shutil.rmtree(root, ignore_errors=True)


def unmount_below(root):
    """What a killed engine may leave mounted, innermost first."""
    with open("/proc/self/mountinfo") as table:
        points = [line.split()[4] for line in table]
    for point in sorted((p for p in points if p.startswith(str(root) + "/")), key=len, reverse=True):
        subprocess.run(["umount", "-l", point], check=False)
