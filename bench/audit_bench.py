"""The audit beside the bare API calls, and beside a loop that inspects as docker-bench-security does (30 + 45 for each container).

usage: BULKHEAD=build/bulkhead audit_bench.py [CREATED [RUNNING]]     (default 1000 created, 50 running); needs root and tools/fetch-engines
"""
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
import real_engine  # noqa: E402

BULKHEAD = os.environ.get("BULKHEAD", str(pathlib.Path(__file__).resolve().parent.parent / "build" / "bulkhead"))
RUNS = 5


def cpu_seconds():
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def peak_mib(work):
    """Peak memory of the children, by a process of its own (ru_maxrss never falls)."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        work()
        os.write(writer, b"%d" % (resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024))
        os._exit(0)
    os.waitpid(pid, 0)
    return int(os.read(reader, 32))


def measure(name, work, memory=False):
    walls, cpus = [], []
    for _ in range(RUNS):
        before, start = cpu_seconds(), time.monotonic()
        work()
        walls.append(time.monotonic() - start)
        cpus.append(cpu_seconds() - before)
    text = f"{peak_mib(work):5} MiB" if memory else ""
    print(f"  {name:<52} {statistics.median(walls):7.2f} s wall {statistics.median(cpus):7.2f} s CPU {text}", flush=True)


def audit():
    subprocess.run([BULKHEAD, "audit"], stdout=subprocess.DEVNULL, check=False)


def bare(engine, ids):
    """What has to be asked whatever is made of it, one after the other over one kept connection."""
    connection = real_engine.UnixConnection(engine.socket)
    targets = ["/version", "/info", "/containers/json?all=1", "/images/json", "/networks", "/volumes"] + [f"/containers/{i}/json" for i in ids]
    for target in targets:
        connection.request("GET", target)
        json.loads(connection.getresponse().read())
    return len(targets)


def inspect_loop(engine, ids):
    docker = str(engine.binaries / "usr/bin/docker")
    calls, sample = 30 + 45 * len(ids), 40
    before, start = cpu_seconds(), time.monotonic()
    for n in range(sample):
        subprocess.run([docker, "inspect", ids[n % len(ids)]], stdout=subprocess.DEVNULL, check=True)
    wall, cpu = (time.monotonic() - start) / sample, (cpu_seconds() - before) / sample
    print(f"  {f'{calls} calls of `docker inspect` (from {sample} of them)':<52} {calls * wall:7.2f} s wall {calls * cpu:7.2f} s CPU", flush=True)


def main():
    created, running = (int(w) for w in (sys.argv[1:] + ["1000", "50"][len(sys.argv) - 1:])[:2])
    with real_engine.engine() as engine:
        os.environ["DOCKER_HOST"] = f"unix://{engine.socket}"
        api = engine.api
        api.import_image("bench:1", {"bin/busybox": (0o755, pathlib.Path("/bin/busybox").read_bytes())}, ['CMD ["/bin/busybox", "sleep", "10000"]'])
        ids = [api.create(f"running{n}", "bench:1", start=True) for n in range(running)]
        for what in (f"{running} running containers", f"{running} running and {created} created containers"):
            print(f"audit, {what}, medians of {RUNS} runs; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            measure(f"bare API calls ({bare(engine, ids)}, one connection, Python)", lambda: bare(engine, ids))
            measure("bulkhead audit (whole process, all checks, the host)", audit, memory=True)
            inspect_loop(engine, ids)
            if len(ids) == running:
                ids += [api.create(f"created{n}", "bench:1") for n in range(created)]


main()
