"""The audit beside the bare API calls, and beside a loop that inspects as docker-bench-security does (30 + 45 for each container).

usage: BULKHEAD=build/bulkhead audit_bench.py [CREATED [RUNNING]]     (default 1000 created, 50 running); needs root and tools/fetch-engines
"""
import json
import os
import pathlib
import resource
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
import real_engine  # noqa: E402

BULKHEAD = os.environ.get("BULKHEAD", "build/bulkhead")
created, running = (int(w) for w in (sys.argv[1:] + ["1000", "50"][len(sys.argv) - 1:])[:2])


def measure(name, work):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    work()
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"  {name:<46} {wall:7.2f} s wall {cpu:7.2f} s CPU {after.ru_maxrss // 1024:5} MB")


with real_engine.engine() as engine:
    os.environ["DOCKER_HOST"] = f"unix://{engine.socket}"
    api = engine.api
    api.import_image("bench:1", {"bin/busybox": (0o755, pathlib.Path("/bin/busybox").read_bytes())}, ['CMD ["/bin/busybox", "sleep", "10000"]'])
    ids = [api.create(f"running{n}", "bench:1", start=True) for n in range(running)]

    def bare():
        connection = real_engine.UnixConnection(engine.socket)
        for target in ["/version", "/info", "/containers/json?all=1", "/images/json", "/networks"] + [f"/containers/{i}/json" for i in ids]:
            connection.request("GET", target)
            json.loads(connection.getresponse().read())

    def loop():
        docker = str(engine.binaries / "usr/bin/docker")
        calls = 30 + 45 * len(ids)
        sample = 40
        start = time.monotonic()
        for n in range(sample):
            subprocess.run([docker, "inspect", ids[n % len(ids)]], stdout=subprocess.DEVNULL, check=True)
        each = (time.monotonic() - start) / sample
        print(f"  {calls} `docker inspect` calls: {each * calls:.0f} s wall (by {sample} of them at {each * 1000:.0f} ms)")

    print(f"{running} running containers")
    measure("bare API calls, one connection (Python)", bare)
    measure("bulkhead audit", lambda: subprocess.run([BULKHEAD, "audit"], stdout=subprocess.DEVNULL))
    measure("bulkhead audit", lambda: subprocess.run([BULKHEAD, "audit"], stdout=subprocess.DEVNULL))
    loop()
    for n in range(created):
        ids.append(api.create(f"created{n}", "bench:1"))
    print(f"{running} running and {created} created containers")
    measure("bare API calls, one connection (Python)", bare)
    measure("bulkhead audit", lambda: subprocess.run([BULKHEAD, "audit"], stdout=subprocess.DEVNULL))
