"""The client on real engines and what they speak: TCP with TLS, contexts, plain TCP, a swarm, remapped users, Podman's socket; and which API
version is agreed on with engines that this machine does not have (played by a server that records what it is asked).
"""
import concurrent.futures
import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time

import real_engine

BULKHEAD = os.environ.get("BULKHEAD", "build/bulkhead")
BUSYBOX = pathlib.Path("/bin/busybox")
FILES = {"bin/busybox": (0o755, BUSYBOX.read_bytes())}
SLEEP = 'CMD ["/bin/busybox", "sleep", "1000"]'

faults = []


def expect(what, seen, wanted):
    if seen != wanted:
        faults.append(f"{what}: expected {wanted!r}, saw {seen!r}")


def run(*words, **environment):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("DOCKER_")}
    return subprocess.run([BULKHEAD, *words], capture_output=True, text=True, env={**clean, **environment}, timeout=60)


def audit(*words, **environment):
    done = run("audit", "--format", "json", *words, **environment)
    try:
        return {f["key"]: f for f in json.loads(done.stdout)["findings"]}
    except ValueError:
        faults.append(f"audit {' '.join(words)} {environment}: exit {done.returncode}: {done.stderr}")
        return {}


def outcome(findings, key):
    return findings.get(key, {}).get("outcome")


def refused(what, done, *texts):
    if done.returncode != 2 or not all(text in done.stderr for text in texts):
        faults.append(f"{what}: exit {done.returncode}, wanted 2 and {texts}: {done.stderr!r}")


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# TLS ----------------------------------------------------------------------------------------------------------------------------------------

def certificates(folder):
    """An authority, a server's and a client's certificate, and another authority that signed neither."""
    folder.mkdir()

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    for name in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "2", "-subj", f"/CN=test {name}")
    for name, extension in (("server", "subjectAltName=IP:127.0.0.1,DNS:localhost"), ("client", "extendedKeyUsage=clientAuth")):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}-key.pem", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (folder / "extension").write_text(extension)
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{name}-cert.pem", "-days", "2",
                "-extfile", "extension")
    for user, parts in {"good": ("ca.pem", "client-cert.pem", "client-key.pem"), "nobody": ("ca.pem",), "misled": ("other.pem", "client-cert.pem", "client-key.pem")}.items():
        (folder / user).mkdir()
        for part, name in zip(parts, ("ca.pem", "cert.pem", "key.pem")):
            shutil.copy(folder / part, folder / user / name)
    return folder


def context(home, name, host, tls, skip_verify=False):
    identity = hashlib.sha256(name.encode()).hexdigest()
    meta = home / "contexts/meta" / identity
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": skip_verify}}}))
    if tls:
        shutil.copytree(tls, home / "contexts/tls" / identity / "docker")


def check_tls(version):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        certs = certificates(folder / "certs")
        port = free_port()
        secure = ["--tlsverify", f"--tlscacert={certs}/ca.pem", f"--tlscert={certs}/server-cert.pem", f"--tlskey={certs}/server-key.pem",
                  "-H", f"tcp://127.0.0.1:{port}", "-H", f"tcp://127.0.0.2:{port}"]
        with real_engine.engine(version, arguments=secure) as engine:
            engine.api.import_image("i:1", FILES, [SLEEP])
            for number in range(20):
                engine.api.create(f"c{number}", "i:1")
            by_socket = audit(DOCKER_HOST=f"unix://{engine.socket}")
            good = {"DOCKER_HOST": f"tcp://127.0.0.1:{port}", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(certs / "good")}
            by_tls = audit(**good)
            same = lambda findings: {k: f["outcome"] for k, f in findings.items() if not k.startswith(("file-docker-sock", "audit-docker-sock", "host-"))}
            differ = {k: (same(by_tls).get(k), o) for k, o in same(by_socket).items() if same(by_tls).get(k) != o}
            expect("other verdicts over TLS", differ, {})
            expect("containers over TLS", len(by_tls.get("rt-privileged", {}).get("evidence", [])), 20)
            expect("the daemon's TLS", outcome(by_tls, "daemon-tls"), "pass")
            expect("modes of the daemon's own keys", outcome(by_tls, "file-tls-key-mode"), "fail")
            expect("by name", outcome(audit("--check", "5.5", **{**good, "DOCKER_HOST": f"tcp://localhost:{port}"}), "rt-privileged"), "pass")
            snapshot = run("snapshot", **good)
            expect("its endpoint", json.loads(snapshot.stdout)["endpoint"], f"https://127.0.0.1:{port}")

            refused("another's certificate", run("audit", **{**good, "DOCKER_CERT_PATH": str(certs / "misled")}), "TLS with the daemon at", "certificate verify failed", "unable to get local issuer certificate")
            refused("another's name", run("audit", **{**good, "DOCKER_HOST": f"tcp://127.0.0.2:{port}"}), "certificate verify failed")
            refused("no client certificate", run("audit", **{**good, "DOCKER_CERT_PATH": str(certs / "nobody")}), "TLS with the daemon at", "certificate")
            refused("no TLS", run("audit", DOCKER_HOST=f"tcp://127.0.0.1:{port}"), "wants TLS", "DOCKER_TLS_VERIFY=1")
            refused("no such folder", run("audit", **{**good, "DOCKER_CERT_PATH": "/nonexistent"}), "nonexistent")
            unverified = {"DOCKER_TLS": "1", "DOCKER_HOST": f"tcp://127.0.0.2:{port}", "DOCKER_CERT_PATH": str(certs / "good")}
            expect("DOCKER_TLS does not verify", outcome(audit("--check", "5.5", **unverified), "rt-privileged"), "pass")

            home = folder / "config"
            context(home, "prod", f"tcp://127.0.0.1:{port}", certs / "good")
            context(home, "lax", f"tcp://127.0.0.2:{port}", certs / "good", skip_verify=True)
            context(home, "strict", f"tcp://127.0.0.2:{port}", certs / "good")
            context(home, "near", f"unix://{engine.socket}", None)
            config = {"DOCKER_CONFIG": str(home)}
            for what, words, environment in (("--context prod", ["--context", "prod"], {}), ("DOCKER_CONTEXT", [], {"DOCKER_CONTEXT": "prod"}), ("--context lax", ["-c", "lax"], {}),
                                             ("--context near", ["-c", "near"], {}), ("--host beside a context", ["-H", f"unix://{engine.socket}"], {"DOCKER_CONTEXT": "prod"})):
                expect(what, outcome(audit("--check", "5.5", *words, **config, **environment), "rt-privileged"), "pass")
            refused("--context strict", run("audit", "-c", "strict", **config), "certificate verify failed")
            refused("--context none", run("audit", "-c", "none", **config), "there is no context none", "prod")
            (home / "config.json").write_text('{"currentContext": "prod"}')
            expect("the current context", json.loads(run("snapshot", **config).stdout)["endpoint"], f"https://127.0.0.1:{port}")
    print("TLS and contexts: done")


# Plain TCP, swarm ---------------------------------------------------------------------------------------------------------------------------

def check_swarm(version):
    port = free_port()
    with real_engine.engine(version, arguments=["-H", f"tcp://127.0.0.1:{port}", "--tls=false"]) as engine:
        host = {"DOCKER_HOST": f"tcp://127.0.0.1:{port}"}
        expect("plain TCP is told", outcome(audit(**host), "daemon-tls"), "fail")
        expect("swarm off", outcome(audit(**host), "swarm-autolock"), "not-applicable")
        engine.api.call("POST", "/swarm/init", {"ListenAddr": f"127.0.0.1:{free_port()}", "AdvertiseAddr": "127.0.0.1", "Spec": {"Labels": {"a": "b"}}})
        engine.api.import_image("i:1", FILES, [SLEEP])
        engine.api.call("POST", "/secrets/create", {"Name": "s", "Data": "aHVudGVyMg=="})
        for name, options in (("open", {}), ("sealed", {"encrypted": ""})):
            engine.api.call("POST", "/networks/create", {"Name": name, "Driver": "overlay", "Options": options})
        engine.api.call("POST", "/services/create", {"Name": "web", "TaskTemplate": {"ContainerSpec": {"Image": "i:1", "Env": ["DB_PASSWORD=hunter2hunter2"]}},
                                                     "Mode": {"Replicated": {"Replicas": 0}}})
        seen = audit(**host)
        for key, wanted in {"swarm-mode-off": "fail", "swarm-managers": "pass", "swarm-bind-interface": "pass", "swarm-overlay-encryption": "fail", "swarm-secrets": "warn",
                            "swarm-autolock": "fail", "swarm-node-cert-rotation": "fail", "swarm-ca-rotation": "pass", "daemon-live-restore": "not-applicable"}.items():
            expect(f"{version}: {key}", outcome(seen, key), wanted)
        networks = {e["subject"]: e["outcome"] for e in seen["swarm-overlay-encryption"]["evidence"]}
        expect("its networks", {k: v for k, v in networks.items() if "ingress" not in k}, {"network open": "fail", "network sealed": "pass"})
        expect("--swarm-needed", outcome(audit("--swarm-needed", **host), "swarm-mode-off"), "pass")
        text = run("snapshot", **host).stdout
        for secret in ("hunter2", "SWMTKN", "aHVudGVyMg", "SWMKEY"):
            if secret in text:
                faults.append(f"the snapshot of a swarm holds {secret}")
        engine.api.call("POST", "/swarm/leave?force=1")
    print(f"swarm on {version}: done")


# Users remapped -----------------------------------------------------------------------------------------------------------------------------

def check_userns(version):
    """The engine wants its user in /etc/passwd and /etc/subuid: it gets its own, in a mount namespace of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "passwd").write_text(pathlib.Path("/etc/passwd").read_text() + "remapped:x:4242:4242::/nonexistent:/bin/false\n")
        (folder / "group").write_text(pathlib.Path("/etc/group").read_text() + "remapped:x:4242:\n")
        for file in ("subuid", "subgid"):
            (folder / file).write_text("remapped:300000:65536\n")
        script = "".join(f'mount --bind {folder}/{f} /etc/{f} && ' for f in ("passwd", "group", "subuid", "subgid")) + 'exec "$@"'
        with real_engine.engine(version, config={"userns-remap": "remapped"}, wrapper=["unshare", "-m", "sh", "-c", script, "sh"]) as engine:
            host = {"DOCKER_HOST": f"unix://{engine.socket}"}
            engine.api.import_image("i:1", FILES, [SLEEP])
            engine.api.create("apart", "i:1")
            engine.api.create("together", "i:1", {"UsernsMode": "host"})
            seen = audit(**host)
            expect("2.10", outcome(seen, "daemon-userns-remap"), "pass")
            expect("5.31", {e["subject"]: e["outcome"] for e in seen["rt-userns-host"]["evidence"]}, {"container apart": "pass", "container together": "fail"})
            expect("its data root is below", outcome(seen, "host-separate-partition"), "fail")
    print("userns-remap: done")


# Podman -------------------------------------------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def podman():
    slot = real_engine.CACHE / "podman"
    if not (slot / "usr/bin/podman").exists():
        real_engine.skip("no Podman; tools/fetch-engines podman gets it")
    root = pathlib.Path(tempfile.mkdtemp(prefix="bulkhead-podman-"))
    path = root / "podman.sock"
    (root / "home/.config/containers").mkdir(parents=True)
    (root / "home/.config/containers/policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    (root / "containers.conf").write_text(f'[engine]\nconmon_path = ["{slot}/usr/bin/conmon"]\nruntime = "crun"\n[engine.runtimes]\ncrun = ["{slot}/usr/bin/crun"]\n'
                                          '[network]\nnetwork_backend = "cni"\n')
    (root / "storage.conf").write_text(f'[storage]\ndriver = "vfs"\ngraphroot = "{root}/graph"\nrunroot = "{root}/run"\n')
    environment = {**os.environ, "HOME": str(root / "home"), "CONTAINERS_CONF": str(root / "containers.conf"), "CONTAINERS_STORAGE_CONF": str(root / "storage.conf"),
                   "LD_LIBRARY_PATH": f"{slot}/usr/lib/x86_64-linux-gnu:{slot}/lib/x86_64-linux-gnu"}
    log = open(root / "log", "w")
    service = subprocess.Popen([str(slot / "usr/bin/podman"), "--cgroup-manager=cgroupfs", "--log-level=info", "system", "service", "--time=0", f"unix://{path}"],
                               stdout=log, stderr=log, env=environment, start_new_session=True)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                real_engine.Api(str(path)).get("/_ping")
                break
            except OSError:
                if service.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"Podman does not come up: {(root / 'log').read_text()[-800:]}")
                time.sleep(0.1)
        yield str(path)
    finally:
        service.terminate()
        service.wait(20)
        log.close()
        real_engine.unmount_below(root)
        shutil.rmtree(root, ignore_errors=True)


def check_podman():
    with podman() as path:
        api = real_engine.Api(path)
        api.import_image("i:1", FILES, [SLEEP])
        image = api.get("/v1.41/images/json")[0]["Id"]
        for name, host in (("plain", {"Memory": 64 << 20, "CapDrop": ["ALL"]}), ("privileged", {"Privileged": True}), ("hostpid", {"PidMode": "host"}), ("etc", {"Binds": ["/etc:/data:rw"]})):
            api.call("POST", f"/v1.41/containers/create?name={name}", {"Image": image, "HostConfig": {"NetworkMode": "none", **host}})
        seen = audit(DOCKER_HOST=f"unix://{path}")
        for key, wanted in {"rt-privileged": ["privileged"], "rt-host-pid": ["hostpid"], "rt-memory-limit": ["etc", "hostpid", "privileged"], "rt-sensitive-mounts": ["etc"]}.items():
            failed = sorted(e["subject"].removeprefix("container ") for e in seen.get(key, {}).get("evidence", []) if e["outcome"] == "fail")
            expect(f"Podman: {key}", failed, wanted)
        expect("Podman: 1.2.2", outcome(seen, "host-docker-uptodate"), "manual")
        for key, finding in seen.items():
            if finding["outcome"] == "unknown" and key.startswith(("rt-", "image-")):
                faults.append(f"Podman: {key} is unknown: {finding['summary']}")
    print("Podman: done")


# Versions -----------------------------------------------------------------------------------------------------------------------------------

class Played(http.server.BaseHTTPRequestHandler):
    """An engine that says which versions it speaks, refuses others, and records what it is asked."""
    protocol_version = "HTTP/1.1"
    speaks, oldest, header, asked = "1.41", "1.12", True, []
    swarm = {"LocalNodeState": "active", "ControlAvailable": True}

    def answer(self):
        type(self).asked.append((self.command, self.path))
        path = self.path.split("?")[0]
        version = ""
        if path.startswith("/v1."):
            version, path = path[2:].split("/", 1)[0], "/" + path[2:].split("/", 1)[1]
        status, body = 200, {"/_ping": "OK", "/version": {"Version": "99.0", "ApiVersion": self.speaks, "MinAPIVersion": self.oldest},
                             "/info": {"Name": "played", "Swarm": self.swarm}, "/volumes": {"Volumes": None}, "/swarm": {"ID": "x", "Spec": {}}}.get(path, [])
        minor = int(version.partition(".")[2] or self.speaks.partition(".")[2])
        if not int(self.oldest.partition(".")[2]) <= minor <= int(self.speaks.partition(".")[2]):
            status, body = 400, {"message": f"client version {version} is too old or too new"}
        text = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        if self.header:
            self.send_header("Api-Version", self.speaks)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *_):
        pass


class Listening(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


def check_versions():
    agreed = [("1.24", "1.12", False, "1.24"), ("1.30", "1.12", True, "1.30"), ("1.41", "1.12", True, "1.41"), ("1.51", "1.24", True, "1.51"), ("1.52", "1.44", True, "1.51"),
              ("1.70", "1.44", True, "1.51"), ("1.70", "1.60", True, "1.60")]
    for speaks, oldest, header, wanted in agreed:
        handler = type("Handler", (Played,), {"speaks": speaks, "oldest": oldest, "header": header, "asked": []})
        server = Listening(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = run("snapshot", "--no-host", DOCKER_HOST=f"tcp://127.0.0.1:{server.server_address[1]}")
        server.shutdown()
        expect(f"an engine of {oldest} to {speaks}", json.loads(done.stdout)["api_version"] if done.returncode == 0 else done.stderr, wanted)
        expect("only reading", {method for method, _ in handler.asked} - {"GET", "HEAD"}, set())
        if any("unlockkey" in path for _, path in handler.asked):
            faults.append("the swarm's unlock key was fetched to see whether there is one")
    for version, wanted in (("20.10", "1.41"), ("26.1", "1.45"), ("28.5", "1.51")):
        with real_engine.engine(version) as engine:
            environment = {"DOCKER_HOST": f"unix://{engine.socket}"}
            expect(f"engine {version}", json.loads(run("snapshot", "--no-host", **environment).stdout)["api_version"], wanted)
    print("versions: done")


CHECKS = [check_versions, lambda: check_tls("20.10"), lambda: check_tls("28.5"), lambda: check_swarm("20.10"), lambda: check_swarm("28.5"),
          lambda: check_userns("20.10"), check_podman]
wanted = [int(word) for word in sys.argv[1:]] or range(len(CHECKS))
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    for done in [pool.submit(CHECKS[number]) for number in wanted]:
        done.result()
print("\n".join(faults) or "all as expected")
sys.exit(1 if faults else 0)
