"""A strict profile under the newest kernel and abi with a real engine: what people do with a container works (its output, its input, exec, stop,
its own sockets), nothing that it needs is refused, and a docker.sock that was mounted into it cannot be connected to. docker-default beside it."""
import os
import pathlib
import re
import sys

import docker_guest

BUILD = pathlib.Path(os.environ["BH_BUILD_DIR"])

SPEC = b"""Name = "app"
[Filesystem]
WritablePaths = ["/data/**"]
AllowExec = ["/bin/{busybox,probe}"]
"""
SCENARIO = r"""
bulkhead apply --output-dir /profiles /app.toml >/results/apply 2>&1 || echo "apply: exit $?"
import_image app:1 /image.tar 'CMD ["/bin/busybox","sh","-c","trap exit TERM; while :; do /bin/busybox sleep 1; done"]'
for profile in docker-app docker-default; do
  dmesg -c >/dev/null
  run="docker run --network none --security-opt apparmor=$profile"
  say() { echo "$profile $*"; }
  say "output: $($run --rm app:1 /bin/busybox echo hello)"
  say "input: $(echo hello | $run --rm -i app:1 /bin/busybox cat)"
  $run -d --name $profile -v /var/run/docker.sock:/run/docker.sock app:1 >/dev/null
  say "exec: $(docker exec $profile /bin/busybox ps | grep -c busybox)"
  say "label: $(docker exec $profile /bin/busybox cat /proc/1/attr/current)"
  say "exec's label: $(docker exec $profile /bin/busybox cat /proc/self/attr/current)"
  say "socketpair: $(docker exec $profile /bin/probe F5)"
  say "own socket: $(docker exec $profile /bin/probe F8)"
  say "socket in /data: $(docker exec $profile /bin/probe bind-socket /data/own.sock)"
  say "terminal: $(docker exec -t $profile /bin/busybox echo hello | tr -d '\r')"
  dmesg -c | grep DENIED | sed "s/^/$profile refused: /"
  say "docker.sock: $(docker exec $profile /bin/probe connect /run/docker.sock)"
  began=$(cut -d. -f1 /proc/uptime)
  docker stop -t 60 $profile >/dev/null
  say "stopped: $(($(cut -d. -f1 /proc/uptime) - began < 50)) exit $(docker inspect -f '{{.State.ExitCode}}' $profile)"
  dmesg -c | grep DENIED | grep -v docker.sock | sed "s/^/$profile refused at stop: /"
done >/results/said 2>&1
"""


def main():
    guest = docker_guest.DockerGuest()
    guest.add("/image.tar", docker_guest.image_tar({"bin/busybox": "/bin/busybox", "bin/probe": BUILD / "bulkhead-probe"},
                                                   ("bin", "etc", "proc", "sys", "dev", "data", "run")))
    guest.add("/app.toml", SPEC)
    results = guest.run(SCENARIO, kernel="newest")
    said = results.get("said", "")
    print(results.get("apply", ""), said, results.get("log", ""), f"{results['seconds']:.0f} s", sep="\n")
    wrong = []
    for profile, sock in (("docker-app", "connect 13"), ("docker-default", "connect 0")):
        for line in ("output: hello", "input: hello", "exec: [2-9]", f"label: {profile} \\(enforce\\)", "socketpair: read 0", "own socket: read 0",
                     "socket in /data: bind 0", "terminal: hello", f"docker.sock: {sock}", "stopped: 1 exit (0|143)"):
            if not re.search(f"^{profile} {line}$", said, re.M):
                wrong.append(f"{profile}: no line `{line}`")
    wrong += [line for line in said.splitlines() if " refused" in line]
    sys.exit("\n".join(wrong) if wrong else 0)


main()
