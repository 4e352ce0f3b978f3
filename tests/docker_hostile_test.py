"""A daemon that hangs, lies, is half dead or sends too much: the client ends in bounded time with a sentence that a person can use."""
import json
import os
import pathlib
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time

BULKHEAD = os.environ.get("BULKHEAD", "build/bulkhead")
faults = []

PING = b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 0\r\n\r\n"


def answer(body, status="200 OK", head=b""):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return b"HTTP/1.1 " + status.encode() + b"\r\nContent-Type: application/json\r\n" + head + b"Content-Length: %d\r\n\r\n" % len(body) + body


VERSION = answer({"Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12"})
INFO = answer({"Driver": "overlay2", "SecurityOptions": ["name=seccomp,profile=default"], "Swarm": {"LocalNodeState": "inactive"}})
CONTAINER = {"Id": "a" * 64, "Name": "/web", "State": {"Running": False}, "HostConfig": {"Privileged": False, "SecurityOpt": None, "CapAdd": None}, "Config": {"Env": None}}


def honest(path):
    """Answers of a small engine with one container."""
    if path.endswith("/_ping"):
        return PING
    if path.endswith("/version"):
        return VERSION
    if path.endswith("/info"):
        return INFO
    if "/containers/json" in path:
        return answer([{"Id": "a" * 64, "Names": ["/web"]}])
    if path.endswith("/json") and "/containers/" in path:
        return answer(CONTAINER)
    if path.endswith("/volumes"):
        return answer({"Volumes": None})
    return answer([])


class Server:
    """Serves each connection in a thread; `reply(path, connection)` returns bytes, or None after it has dealt with the connection."""

    def __init__(self, reply):
        self.folder = tempfile.TemporaryDirectory()
        self.path = self.folder.name + "/docker.sock"
        self.reply = reply
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        data = b""
        try:
            while True:
                while b"\r\n\r\n" not in data:
                    more = connection.recv(65536)
                    if not more:
                        return
                    data += more
                head, _, data = data.partition(b"\r\n\r\n")
                path = head.split(b" ")[1].decode()
                out = self.reply(path.split("?")[0] if "/containers/json" not in path else path, connection)
                if out is None:
                    return
                connection.sendall(out)
        except OSError:
            pass
        finally:
            connection.close()


def run(reply, *words, limit=45):
    server = Server(reply)
    start = time.monotonic()
    try:
        done = subprocess.run([BULKHEAD, "audit", "--no-host", "-H", f"unix://{server.path}", *words], capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        faults.append(f"still running after {limit} s")
        return None
    finally:
        server.listener.close()
    done.seconds = time.monotonic() - start
    return done


def expect_error(name, reply, *texts, within=20):
    done = run(reply)
    if done is None:
        faults.append(f"  in {name}")
        return
    if done.returncode != 2 or not all(t in done.stderr for t in texts):
        faults.append(f"{name}: exit {done.returncode}, wanted 2 and {texts}: {done.stderr[-400:]!r}")
    if done.seconds > within:
        faults.append(f"{name}: took {done.seconds:.1f} s")
    print(f"{name}: {done.stderr.strip()[:150]} ({done.seconds:.1f} s)")


def expect_unknown(name, reply, check, text, within=45):
    """The engine answers, but not this question: the check is unknown with the reason, never passed."""
    done = run(reply, "--format", "json", "--check", check)
    if done is None:
        faults.append(f"  in {name}")
        return
    try:
        finding = json.loads(done.stdout)["findings"][0]
    except (ValueError, IndexError):
        faults.append(f"{name}: exit {done.returncode}: {done.stderr[-300:]}")
        return
    if finding["outcome"] != "unknown" or text not in json.dumps(finding):
        faults.append(f"{name}: {finding['outcome']}, {json.dumps(finding)[:400]}")
    if done.seconds > within:
        faults.append(f"{name}: took {done.seconds:.1f} s")
    print(f"{name}: {finding['summary'][:150]} ({done.seconds:.1f} s)")


def instead(part, out):
    """An honest engine that answers `out` (bytes, or a function of the connection) where the path holds `part`."""
    def reply(path, connection):
        if part in path:
            return out(connection) if callable(out) else out
        return honest(path)
    return reply


def hang(connection):
    time.sleep(60)


def drip(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    for _ in range(60):
        connection.sendall(b" ")
        time.sleep(1)


def endless(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
    for _ in range(4000):
        connection.sendall(piece)


def half(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{\"Id\"")


def many_headers(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % i for i in range(100000)) + b"\r\n")


with tempfile.TemporaryDirectory() as folder:
    missing = subprocess.run([BULKHEAD, "audit", "-H", f"unix://{folder}/none.sock"], capture_output=True, text=True)
    if missing.returncode != 2 or "no daemon listens at" not in missing.stderr:
        faults.append(f"no socket: {missing.stderr!r}")
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(folder + "/dead.sock")
    refused = subprocess.run([BULKHEAD, "audit", "-H", f"unix://{folder}/dead.sock"], capture_output=True, text=True)
    if refused.returncode != 2 or "connection refused" not in refused.stderr:
        faults.append(f"dead socket: {refused.stderr!r}")

expect_error("hangs", lambda path, connection: hang(connection), "did not answer within 10 s")
expect_error("is no HTTP", lambda path, connection: b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "does not speak the Docker Engine API")
expect_error("speaks an old API", instead("/_ping", answer(b"OK", head=b"Api-Version: 1.19\r\n").replace(b"Content-Length: 2\r\n\r\nOK", b"Content-Length: 0\r\n\r\n")), "1.19", "oldest")
expect_error("sends endless headers", lambda path, connection: many_headers(connection), "headers of the answer are too large")

expect_unknown("lists no JSON", instead("/containers/json", answer(b"[{]")), "rt-privileged", "not JSON at byte 3")
expect_unknown("lists null for a container", instead("/a", answer(b"null")), "rt-privileged", "null")
expect_unknown("lies about a type", instead("/a", answer({**CONTAINER, "HostConfig": {"Privileged": "no"}})), "rt-privileged", "HostConfig.Privileged is a string")
expect_unknown("leaves HostConfig out", instead("/a", answer({k: v for k, v in CONTAINER.items() if k != "HostConfig"})), "rt-privileged", "HostConfig is missing")
expect_unknown("fails at one container", instead("/a", answer({"message": "disk\u001b[31m on fire"}, "500 Internal Server Error")), "rt-privileged", "disk")
expect_unknown("dies in the middle", instead("/containers/json", half), "rt-privileged", "closed the connection")
expect_unknown("hangs at one question", instead("/containers/json", hang), "rt-privileged", "did not answer within")
expect_unknown("drips", instead("/containers/json", drip), "rt-privileged", "did not answer within")
expect_unknown("never ends", instead("/containers/json", endless), "rt-privileged", "larger than the limit")
expect_unknown("nests without end", instead("/containers/json", answer(b"[" * 100000)), "rt-privileged", "nested deeper")
expect_unknown("sends bad chunks", instead("/containers/json", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "rt-privileged", "not HTTP")

clean = run(lambda path, connection: honest(path), "--check", "rt-privileged")
if clean is None or clean.returncode != 0:
    faults.append(f"an honest engine with null fields: {clean and clean.stdout + clean.stderr}")

peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"most memory of any run: {peak // 1024} MB")
if peak > 200 * 1024:
    faults.append(f"used {peak // 1024} MB")

print("\n".join(faults) or "all as expected")
sys.exit(1 if faults else 0)
