"""Strict profiles of examples/ under a real engine, with real services, on one disk that is booted twice.

First boot: each service answers, `docker exec … ps` works, its health check becomes healthy, its logs rotate, `docker stop` ends it by SIGTERM,
and the kernel's log has no refusal; then what a container with too much (privileged, the host's sockets and cgroups mounted) tries is refused by
the profile, and works without it. Second boot, after nothing but a power cut: every profile is back before the first container starts, by the
distribution's service, and by `bulkhead restore` where the distribution's parser cannot read it."""
import errno
import json
import os
import pathlib
import re
import sys
import tempfile

import docker_guest
import real_engine
import service_images

SOURCE = pathlib.Path(os.environ["BH_SOURCE_DIR"])
KERNEL = os.environ.get("KERNEL", "newest")
# All of examples/ with SERVICES=all: Node and PostgreSQL make it several minutes longer under emulation.
SERVICES = os.environ.get("SERVICES", "nginx redis python script static").replace("all", " ".join(service_images.IMAGES)).split()

# Each part says `NAME what: value`; the test holds the lines against EXPECTED.
FIRST = r"""
docker load -q -i /dev/vdb >/dev/null
mkdir -p /srv/nginx
chown 33 /srv/nginx
say() { echo "$*" >>/results/said; }
refusals() { dmesg -c | grep 'apparmor="DENIED"' | sed "s/^/$1 refused: /" >>/results/said; }
address() { docker inspect -f '{{.NetworkSettings.IPAddress}}' $1; }
fetch() { busybox wget -q -O - "http://$(address $1):$2/"; }
answers() { case $1 in # what a client sees
  nginx) fetch nginx 80 ;;
  redis) printf 'SET greeting "hello from redis"\r\nGET greeting\r\nQUIT\r\n' | busybox nc $(address redis) 6379 ;;
  postgres) docker exec postgres /usr/lib/postgresql/15/bin/psql -tAc "create temp table t as select 'hello from postgres' as a; select a from t" ;;
  node) fetch node 8080 ;;
  python) fetch python 8000 ;;
  script) docker logs script | head -1 ;;
  static) fetch static 9000 ;;
  esac
}
own=/var/lib/bulkhead/profiles
run() { # NAME, FURTHER FLAGS
  name=$1; shift
  # The abi that mediates most: unix sockets too. The distribution's parser has no words for it, so it lies where only we load it from.
  bulkhead apply --abi 5.0 --output-dir $own /examples/$name.toml >/results/apply.$name 2>&1 || say "$name apply: exit $?"
  docker run -d --name $name --security-opt apparmor=docker-$name "$@" lab-$name:1 >/dev/null || say "$name run: exit $?"
}
serves() {
  wait_for 60 sh -c ". /scenario.lib; answers $1 | grep -q hello" || docker logs $1
  say "$1 answers: $(answers $1 | grep -o 'hello from [a-z]*' | head -1)"
  say "$1 label: $(cat /proc/$(docker inspect -f '{{.State.Pid}}' $1)/attr/current)"
  say "$1 ps: $(docker exec $1 ps -e | wc -l)"
  wait_for 60 sh -c "docker inspect -f '{{.State.Health.Status}}' $1 | grep -q ^healthy"
  say "$1 health: $(docker inspect -f '{{.State.Health.Status}}' $1)"
}
stops() { # the engine's own times: from the signal to the end of the program
  began=$(date +%s)
  docker stop -t 60 $1 >/dev/null
  docker events --since $began --until $(($(date +%s) + 1)) --filter container=$1 --filter event=kill --filter event=die --format '{{.Action}} {{.TimeNano}}' >/tmp/events
  say "$1 stopped: $(awk '$1 == "kill" { began = $2 } $1 == "die" { print int(($2 - began) / 1000000) }' /tmp/events) ms, exit $(docker inspect -f '{{.State.ExitCode}}' $1)"
  refusals $1
}
rotates() { # HOW COMMAND...
  how=$1; shift
  mv /srv/nginx/access.log /srv/nginx/access.log.1
  "$@" >/dev/null
  wait_for 30 test -e /srv/nginx/access.log
  fetch nginx 80 >/dev/null
  wait_for 30 test -s /srv/nginx/access.log
  say "nginx rotates by $how: $(grep -c 'GET / ' /srv/nginx/access.log | sed 's/^[1-9].*/yes/')"
}
sed -n '/^address()/,/^}/p' /scenario >/scenario.lib

dmesg -c >/dev/null
service_nginx() {
  run nginx -v /srv/nginx:/var/log/nginx
  serves nginx
  rotates reopen docker exec nginx /usr/sbin/nginx -s reopen
  rotates USR1 docker kill -s USR1 nginx
}
service_redis() {
  run redis
  serves redis
  wait_for 30 docker exec redis /bin/ls /data/dump.rdb
  say "redis saves: $(docker exec redis /bin/ls /data)"
}
service_postgres() {
  docker run --rm -v cluster:/var/lib/postgresql --entrypoint /usr/lib/postgresql/15/bin/initdb lab-postgres:1 \
    -D /var/lib/postgresql/15/main -A trust --no-sync -E UTF8 --locale C >/dev/null || say "postgres initdb: exit $?"
  run postgres -v cluster:/var/lib/postgresql
  serves postgres
}
service_node() { run node; serves node; }
service_python() {
  run python
  serves python
  say "python writes: $(docker exec python cat /var/lib/app/hits | head -1)"
}
service_script() {
  run script --log-opt max-size=1k --log-opt max-file=3
  serves script
  wait_for 60 sh -c 'ls /var/lib/docker/containers/$(docker inspect -f "{{.Id}}" script)/*-json.log.1'
  say "script rotates by json-file: $(ls /var/lib/docker/containers/$(docker inspect -f '{{.Id}}' script)/ | grep -c 'json.log')"
  say "script prepared: $(docker exec script /bin/cat /var/lib/job/uid)"
}
service_static() { run static; serves static; }
for each in $SERVICES; do service_$each; stops $each; done

# What a container that was given too much tries, by its first program; beside it the same without a profile. (Not by `docker exec`: of a
# privileged container the engine runs that unconfined, whatever profile the container has.)
mkdir -p /run/v1
mount -t cgroup -o none,name=lab none /run/v1
for name in confined free; do
  profile=unconfined
  [ $name = free ] || profile=docker-nginx
  docker run -i --rm --name $name --security-opt apparmor=$profile --privileged --cgroupns host -v /run/docker.sock:/run/docker.sock -v /run/systemd:/run/systemd \
    -v /run/dbus:/run/dbus -v /run/v1:/sys/fs/cgroup/v1 -v /lab/probe:/probe:ro --entrypoint /probe lab-nginx:1 --each </attacks >/results/attacks.$name
  say "$name refused in the log: $(dmesg -c | grep -c 'apparmor="DENIED".*profile="docker-nginx"')"
done
docker run -d --name both --privileged --security-opt apparmor=docker-nginx lab-nginx:1 >/dev/null
say "both label: $(cat /proc/$(docker inspect -f '{{.State.Pid}}' both)/attr/current)"
say "both exec's label: $(docker exec both /bin/cat /proc/self/attr/current)"
docker rm -f both >/dev/null
docker rm $SERVICES >/dev/null

# What the next boot will find: a profile that the distribution's parser reads, one that it cannot, and a container of each.
sed 's/^Name = .*/Name = "plain"/' /examples/nginx.toml >/plain.toml
bulkhead apply /plain.toml >/results/apply.plain 2>&1 || say "plain apply: exit $?"
bulkhead restore --print-unit >/etc/systemd/system/bulkhead-restore.service
systemctl enable bulkhead-restore.service 2>/dev/null
for name in plain nginx; do
  docker run -d --restart always --name $name --security-opt apparmor=docker-$name --no-healthcheck lab-nginx:1 >/dev/null || say "$name run: exit $?"
done
bulkhead status --containers --format json >/results/status.json
"""
SECOND = r"""
wait_for 60 sh -c 'test $(docker ps -q | wc -l) = 2'
for name in plain nginx; do
  wait_for 60 busybox wget -q -O /dev/null http://$(docker inspect -f '{{.NetworkSettings.IPAddress}}' $name)/
  echo "$name label: $(cat /proc/$(docker inspect -f '{{.State.Pid}}' $name)/attr/current)"
  echo "$name answers: $(busybox wget -q -O - http://$(docker inspect -f '{{.NetworkSettings.IPAddress}}' $name)/)"
done >/results/said
systemctl show -p Id,ExecMainStatus,ExecMainExitTimestampMonotonic,ExecMainStartTimestampMonotonic apparmor.service bulkhead-restore.service docker.service >/results/units
bulkhead status --format json >/results/profiles.json
bulkhead status --containers >/results/containers; echo "status: exit $?" >>/results/said
"""
# What is tried, by its row of the catalogue (src/query/catalogue.cpp).
ATTACKS = {
    "connect /run/docker.sock": "A24",
    "file /run/docker.sock w": "A24.2",
    "connect /run/systemd/private": "A51",
    "connect /run/dbus/system_bus_socket": "A52",
    "file /proc/sys/net/ipv4/ip_forward w": "A53",
    "file /proc/sys/kernel/core_pattern w": "A01",
    "file /sys/fs/cgroup/v1/release_agent w": "A11",
    "mount cgroup none,name=probe /tmp": "A12",
    "bind /etc /tmp": "A13",
    "remount /sys": "A13.2",
    "umount /run/systemd": "A14",
    "file /dev/vda r": "A22",
    "capability sys_module": "A46",
}
EXTRA = {
    "nginx": ["nginx rotates by reopen: yes", "nginx rotates by USR1: yes"],
    "redis": ["redis saves: dump.rdb"],
    "python": ["python writes: /"],
    "script": ["script rotates by json-file: [23]", "script prepared: 0"],
}


def first_lines():
    for name in SERVICES:
        yield f"{name} answers: hello from {name}"
        yield f"{name} label: docker-{name} \\(enforce\\)"
        # `docker exec` of what is not in the image says nothing; a static image has no ps.
        yield f"{name} ps: " + ("[01]" if name == "static" else "[2-9]|1[0-9]")
        yield f"{name} health: healthy"
        yield f"{name} stopped: [0-4]?[0-9]{{1,3}} ms, exit (0|143)"
        yield from EXTRA.get(name, [])
    yield f"confined refused in the log: ([{len(ATTACKS) // 2}-9]|[1-9][0-9]+)"
    yield "free refused in the log: 0"
    yield "both label: docker-nginx \\(enforce\\)"
    yield "both exec's label: unconfined"


def check_attacks(results):
    """With the profile each is refused, and without it goes on to what its nature gives: opening a socket is ENXIO, a module from no file EBADF."""
    said = {name: re.findall("(?:([a-z_0-9]+) ([0-9]+)\n)?= ([0-9]+)\n", results.get(f"attacks.{name}", "")) for name in ("confined", "free")}
    faults = [f"{len(each)} of {len(ATTACKS)} attacks in {name}" for name, each in said.items() if len(each) != len(ATTACKS)]
    for attack, (_, with_it, status), (_, without, other) in zip(ATTACKS, said["confined"], said["free"]):
        print(f"{ATTACKS[attack]:6} {attack:45} errno {with_it} confined, {without} free")
        if (status, other) != ("0", "0") or with_it not in ("1", "13") or without not in ("0", str(errno.ENXIO), str(errno.EBADF)):
            faults.append(f"{attack}: confined {with_it} (exit {status}), free {without} (exit {other})")
    return faults


def missing(said, wanted):
    return [f"no line `{line}`" for line in wanted if not re.search(f"^({line})$", said, re.M)]


def check_first(results):
    said = results.get("said", "")
    if "status.json" not in results:
        return ["the script did not come to its end"]
    faults = check_attacks(results) + missing(said, first_lines()) + [line for line in said.splitlines() if " refused: " in line or re.search(r"(apply|run|initdb): exit", line)]
    containers = {each["name"]: each for each in json.loads(results["status.json"])["containers"]}
    for name, units in (("plain", ["apparmor.service", "bulkhead-restore.service"]), ("nginx", ["bulkhead-restore.service"])):
        if containers[name]["back_by"] != units or containers[name]["findings"]:
            faults.append(f"status of {name}: {containers[name]}")
    return faults


def unit_times(text):
    """{unit: (started, ended, status)} in microseconds since the boot."""
    times = {}
    for block in text.strip().split("\n\n"):
        values = dict(line.split("=", 1) for line in block.splitlines())
        times[values["Id"]] = (int(values["ExecMainStartTimestampMonotonic"]), int(values["ExecMainExitTimestampMonotonic"]), values["ExecMainStatus"])
    return times


def check_second(results):
    faults = missing(results.get("said", ""), ["plain label: docker-plain \\(enforce\\)", "nginx label: docker-nginx \\(enforce\\)",
                                               "plain answers: hello from nginx", "nginx answers: hello from nginx", "status: exit 0"])
    times = unit_times(results["units"])
    began = times["docker.service"][0]
    for unit in ("apparmor.service", "bulkhead-restore.service"):
        if times[unit][2] != "0" or not 0 < times[unit][1] <= began:
            faults.append(f"{unit} ended at {times[unit][1]} with {times[unit][2]}, docker.service began at {began}")
    for name, program in (("docker-plain", "apparmor_parser"), ("docker-nginx", "bulkhead")):
        if not re.search(f'operation="profile_load" profile="unconfined" name="{name}".*comm="{program}"', results["boot"]):
            faults.append(f"{name} was not loaded by {program}:\n{results['boot']}")
    profiles = {each["name"]: each for each in json.loads(results["profiles.json"])["profiles"]}
    for name in ("docker-plain", *(f"docker-{each}" for each in SERVICES)):
        if profiles.get(name, {}).get("mode") != "enforce":
            faults.append(f"{name} after the boot: {profiles.get(name)}")
    return faults


def main():
    with tempfile.TemporaryDirectory(prefix="bulkhead-world-") as folder:
        disk, images = pathlib.Path(folder, "disk"), pathlib.Path(folder, "images.tar")
        service_images.save(images, sorted({*SERVICES, "nginx", "static"}))
        faults = []
        for boot, script, check, more in (("first", FIRST, check_first, {}), ("second", SECOND, check_second, {})):
            guest = docker_guest.DockerGuest(disk=disk, drives=[images])
            if boot == "first":
                for example in SOURCE.glob("examples/*.toml"):
                    guest.add(f"/examples/{example.name}", example)
                guest.add("/attacks", "".join(each.replace(" ", "\t") + "\n" for each in ATTACKS).encode())
                script = f"SERVICES='{' '.join(SERVICES)}'" + script
            results = guest.run(script, kernel=KERNEL, timeout=1000)  # a minute or two where the machine has nothing else to do
            print(f"{boot} boot, kernel {results['kernel']}: {results['seconds']:.0f} s")
            print(results.get("said", ""), results.get("log", ""), sep="\n")
            if keep := os.environ.get("KEEP"):
                for name, text in results.items():
                    pathlib.Path(keep, f"{boot}.{name}").write_text(str(text))
            faults += [f"{boot} boot: {fault}" for fault in check(results)]
            if faults:
                break
    print("\n".join(faults) or "all as expected")
    return 1 if faults else 0


if not pathlib.Path("/usr/bin/c++").exists():
    real_engine.skip("no C++ compiler for the static image")
sys.exit(main())
