"""`run-args`: what it prints, word for word; a shell and an engine read it as it is meant."""
import json
import os
import pathlib
import shlex
import subprocess
import tempfile

from real_engine import engine

BULKHEAD = os.environ["BULKHEAD"]
ROOT = pathlib.Path(os.environ["BH_SOURCE_DIR"])
NGINX = str(ROOT / "examples/nginx.toml")


def run_args(*words, code=0, text=None):
    done = subprocess.run([BULKHEAD, "run-args", *words], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


CAPS = ["CHOWN", "DAC_OVERRIDE", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"]
assert run_args("--for", "docker", NGINX) == "--security-opt=apparmor=docker-nginx --cap-drop=ALL " + " ".join("--cap-add=" + c for c in CAPS) + "\n"
assert run_args("--for", "kubernetes", NGINX) == f"""securityContext:
  appArmorProfile:
    type: Localhost
    localhostProfile: docker-nginx
  capabilities:
    drop: [ALL]
    add: [{", ".join(CAPS)}]
"""
assert run_args("--for", "compose", NGINX).startswith("    security_opt:\n      - apparmor=docker-nginx\n    cap_drop:\n      - ALL\n    cap_add:\n      - CHOWN\n")
for part in ["# docker run", "# compose", "# Kubernetes", "# docker service"]:
    assert part in run_args(NGINX), part

# Without [Capabilities] Allow only what strict refuses of Docker's fourteen is dropped; a profile that refuses nothing drops nothing.
assert run_args("--for", "docker", "-", text='Name = "plain"\n') == "--security-opt=apparmor=docker-plain --cap-drop=NET_RAW\n"
assert run_args("--for", "docker", "docker-default") == "--security-opt=apparmor=docker-default\n"
# Capabilities beyond the fourteen are added where the spec names them.
assert "--cap-add=SYS_PTRACE" in run_args("--for", "docker", "-", text='Name = "x"\n[Capabilities]\nAllow = ["sys_ptrace"]\n')
# A name is one word, whatever it holds.
odd = 'profile "it\'s $(odd)" { file, }\n'
assert shlex.split(run_args("--for", "docker", "-", text=odd))[0] == "--security-opt=apparmor=it's $(odd)"
assert '"apparmor=it\'s $(odd)"' in run_args("--for", "compose", "-", text=odd)
assert run_args("/nonexistent", code=2) == ""

with engine("20.10") as here, tempfile.TemporaryDirectory():
    here.api.import_image("empty", {"x": b"x"})
    args = json.loads(run_args("--format", "json", NGINX))
    identity = here.api.create("web", "empty", {"SecurityOpt": [args["security_opt"]], "CapDrop": args["cap_drop"], "CapAdd": args["cap_add"]}, Cmd=["/x"])
    host = here.api.get(f"/containers/{identity}/json")["HostConfig"]
    assert host["SecurityOpt"] == ["apparmor=docker-nginx"] and host["CapDrop"] == ["ALL"], host
    assert sorted(cap.removeprefix("CAP_") for cap in host["CapAdd"]) == CAPS, host["CapAdd"]
print("run-args: flags and fragments are read as they are meant")
