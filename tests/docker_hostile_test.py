"""A daemon that hangs, lies, is half dead or sends too much: the client ends in bounded time with a sentence that a person can use."""
import concurrent.futures
import functools
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
import zlib

BULKHEAD = os.environ.get("BULKHEAD", "build/bulkhead")
faults = []
calls = []


def later(check, *words, **more):
    calls.append(functools.partial(check, *words, **more))

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

later(expect_error, "hangs", lambda path, connection: hang(connection), "did not answer within 10 s")
later(expect_error, "is no HTTP", lambda path, connection: b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "does not speak the Docker Engine API")
later(expect_error, "speaks an old API", instead("/_ping", answer(b"OK", head=b"Api-Version: 1.19\r\n").replace(b"Content-Length: 2\r\n\r\nOK", b"Content-Length: 0\r\n\r\n")), "1.19", "oldest")
later(expect_error, "sends endless headers", lambda path, connection: many_headers(connection), "headers of the answer are too large")

later(expect_unknown, "lists no JSON", instead("/containers/json", answer(b"[{]")), "rt-privileged", "not JSON at byte 3")
later(expect_unknown, "lists null for a container", instead("/a", answer(b"null")), "rt-privileged", "null")
later(expect_unknown, "lies about a type", instead("/a", answer({**CONTAINER, "HostConfig": {"Privileged": "no"}})), "rt-privileged", "HostConfig.Privileged is a string")
later(expect_unknown, "leaves HostConfig out", instead("/a", answer({k: v for k, v in CONTAINER.items() if k != "HostConfig"})), "rt-privileged", "HostConfig is missing")
later(expect_unknown, "fails at one container", instead("/a", answer({"message": "disk\u001b[31m on fire"}, "500 Internal Server Error")), "rt-privileged", "disk")
later(expect_unknown, "dies in the middle", instead("/containers/json", half), "rt-privileged", "closed the connection")
later(expect_unknown, "hangs at one question", instead("/containers/json", hang), "rt-privileged", "did not answer within")
later(expect_unknown, "drips", instead("/containers/json", drip), "rt-privileged", "did not answer within")
later(expect_unknown, "never ends", instead("/containers/json", endless), "rt-privileged", "larger than the limit")
later(expect_unknown, "nests without end", instead("/containers/json", answer(b"[" * 100000)), "rt-privileged", "nested deeper")
later(expect_unknown, "sends bad chunks", instead("/containers/json", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "rt-privileged", "not HTTP")



# Images whose layers are hostile: read as a stream, within time and memory, and nothing is left on disk.

def header(name, size=0, kind=b"0", mode=0o644, link=""):
    """One ustar header. A size of 8 GiB and more is written in base 256."""
    sized = b"%011o\0" % size if size < 1 << 33 else b"\x80" + size.to_bytes(11, "big")
    block = bytearray(name.encode().ljust(100, b"\0") + b"%07o\0" % mode + b"0000000\0" * 2 + sized + b"00000000000\0" + b" " * 8 + kind
                      + link.encode().ljust(100, b"\0") + b"ustar\x0000")
    block = block.ljust(512, b"\0")
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def member(name, data, **more):
    return header(name, len(data), **more) + data + b"\0" * (-len(data) % 512)


def image_stream(layer_size, pieces):
    """`docker save` of an image with one layer, whose bytes come from a generator."""
    manifest = json.dumps([{"Config": "c.json", "RepoTags": ["evil:1"], "Layers": ["a/layer.tar"]}]).encode()

    def send(connection):
        def chunk(data):
            if data:
                connection.sendall(b"%x\r\n" % len(data) + data + b"\r\n")
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk(header("a/layer.tar", layer_size))
        for piece in pieces():
            chunk(piece)
        chunk(b"\0" * (-layer_size % 512) + member("manifest.json", manifest) + b"\0" * 1024)
        connection.sendall(b"0\r\n\r\n")
    return send


IMAGE = {"Id": "sha256:" + "b" * 64, "RepoTags": ["evil:1"], "Config": {"User": "app"}}


def with_image(send):
    def reply(path, connection):
        if path.endswith("/get"):
            return send(connection)
        if path.endswith("/history"):
            return answer([])
        if "/images/" in path and path.endswith("/json") and not path.endswith("/images/json"):
            return answer(IMAGE)
        if path.endswith("/images/json"):
            return answer([{"Id": IMAGE["Id"], "RepoTags": ["evil:1"], "Created": 1, "Size": 1}])
        return honest(path)
    return reply


def expect_layers(name, send, outcome, text, within=60):
    done = run(with_image(send), "--layers", "--check", "image-setuid", "--format", "json", limit=120)
    if done is None:
        faults.append(f"  in {name}")
        return
    try:
        finding = json.loads(done.stdout)["findings"][0]
    except (ValueError, IndexError):
        faults.append(f"{name}: exit {done.returncode}: {done.stderr[-300:]}")
        return
    if finding["outcome"] != outcome or text not in json.dumps(finding):
        faults.append(f"{name}: {finding['outcome']}, wanted {outcome} and {text!r}: {json.dumps(finding)[:400]}")
    if done.seconds > within:
        faults.append(f"{name}: took {done.seconds:.1f} s")
    print(f"{name}: {finding['summary'][:120]} ({done.seconds:.1f} s)")


MIB = b"\0" * (1 << 20)
GIB2 = 2 << 30
SU = member("usr/bin/su", b"x", mode=0o4755)


def two_gigabytes():
    yield header("big", GIB2)
    for _ in range(2048):
        yield MIB
    yield SU + b"\0" * 1024


def link_loop():
    yield b"".join(header(f"loop{n}", 0, b"2", link=f"loop{1 - n}") for n in range(2)) + header("etc/passwd", 0, b"2", link="../etc/passwd")
    yield header("hard", 0, b"1", link="hard") + SU + b"\0" * 1024


def out_of_the_image():
    yield member("../../../../bulkhead-escaped", b"x", mode=0o4755) + member("/etc/cron.d/bulkhead-escaped", b"x") + b"\0" * 1024


def bomb():
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(header("zeros", 64 << 30))
    for _ in range(512):
        packed += packer.compress(MIB)
    return packed + packer.flush()


def many_files():
    block = b"".join(header(f"f{n:04}") for n in range(2000))
    for _ in range(1050):
        yield block


BOMB = bomb()
later(expect_layers, "a layer of 2 GiB", image_stream(512 + GIB2 + len(SU) + 1024, two_gigabytes), "warn", "/usr/bin/su")
later(expect_layers, "loops of links", image_stream(4 * 512 + len(SU) + 1024, link_loop), "warn", "/usr/bin/su")
later(expect_layers, "names that lead out", image_stream(2 * 1024 + 1024, out_of_the_image), "warn", "bulkhead-escaped")
later(expect_layers, "512 MiB packed into half a MiB, cut short", image_stream(len(BOMB), lambda: [BOMB]), "unknown", "layer")
later(expect_layers, "more files than any image has", image_stream(2000 * 1050 * 512, many_files), "unknown", "more than 2000000 files")
later(expect_layers, "an image that never comes", lambda connection: hang(connection), "unknown", "did not answer", within=30)
later(expect_layers, "a stream that stops", image_stream(GIB2, lambda: [header("big", GIB2), MIB]), "unknown", "", within=30)
with concurrent.futures.ThreadPoolExecutor(8) as pool:  # most of them wait
    for done in [pool.submit(call) for call in calls]:
        done.result()
for escaped in ("/bulkhead-escaped", "/etc/cron.d/bulkhead-escaped"):
    if os.path.exists(escaped):
        faults.append(f"{escaped} was written")

clean = run(lambda path, connection: honest(path), "--check", "rt-privileged")
if clean is None or clean.returncode != 0:
    faults.append(f"an honest engine with null fields: {clean and clean.stdout + clean.stderr}")

peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"most memory of any run: {peak // 1024} MB")
if peak > 200 * 1024:
    faults.append(f"used {peak // 1024} MB")

print("\n".join(faults) or "all as expected")
sys.exit(1 if faults else 0)
