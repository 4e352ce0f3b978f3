"""Images of the services that examples/ is about, as one file that `docker load` reads: Debian's packages (tools/fetch-engines services) as
one layer that all share, a second one with what an administrator adds (sites, code, accounts), and a configuration for each.

The one idea: an image is a list of tars and a JSON file, so it is made here, without an engine and without a registry."""
import hashlib
import io
import json
import os
import pathlib
import subprocess
import tarfile
import tempfile

import real_engine
from layer import Layer

MERGED = ("bin", "sbin", "lib", "lib64")
# What no service reads, and what would make the guest's engine unpack for minutes.
LEFT_OUT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/perl", "usr/share/perl5", "usr/share/i18n", "usr/share/bash-completion",
            "usr/share/bug", "usr/share/lintian", "usr/share/zoneinfo", "usr/share/icons", "usr/share/apport", "usr/share/nodejs/npm", "usr/share/terminfo",
            "usr/lib/llvm-14", "usr/lib/x86_64-linux-gnu/perl", "usr/lib/x86_64-linux-gnu/perl5", "usr/lib/x86_64-linux-gnu/perl-base",
            "usr/lib/x86_64-linux-gnu/gconv", "usr/lib/x86_64-linux-gnu/security", "usr/lib/postgresql/15/lib/bitcode", "usr/lib/systemd", "usr/lib/udev",
            "usr/lib/dpkg", "usr/lib/apt", "usr/lib/locale", "usr/lib/python3.11/ensurepip", "usr/lib/python3.11/lib2to3", "usr/lib/python3.11/pydoc_data",
            "usr/lib/python3.11/idlelib", "var/cache", "var/lib/dpkg", "version")
# Half of it all is for these two.
OF_ONE_SERVICE = {"node": ("usr/share/nodejs", "usr/include/node"), "postgres": ("usr/lib/postgresql", "usr/share/postgresql")}
NAMES_OF_ONE_SERVICE = {"node": ("libnode", "node"), "postgres": ("libpq", "libgssapi", "libkrb5", "libldap")}
LEFT_OUT_NAMES = ("libLLVM", "libz3", "libperl", "llvmjit", "perl", "libgccjit", "libdb-", "libasan", "libtsan", "localedef", "libGL")

ACCOUNTS = {"www-data": 33, "postgres": 70, "redis": 71, "app": 1000}
PASSWD = "root:x:0:0:root:/root:/bin/sh\n" + "".join(f"{name}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n" for name, number in ACCOUNTS.items())
GROUP = "root:x:0:\nadm:x:4:\n" + "".join(f"{name}:x:{number}:\n" for name, number in ACCOUNTS.items())

SITE = "server {\n  listen 80 default_server;\n  listen [::]:80 default_server;\n  root /var/www/html;\n}\n"
PYTHON = """import http.server, signal, sys
class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open("/var/lib/app/hits", "a") as hits:
            hits.write(self.path + "\\n")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello from python\\n")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
http.server.ThreadingHTTPServer(("", 8000), Hello).serve_forever()
"""
NODE = """const http = require('http'), fs = require('fs');
http.createServer((request, answer) => {
  fs.writeFileSync('/tmp/last', request.url);
  answer.end('hello from node\\n');
}).listen(8080);
process.on('SIGTERM', () => process.exit(0));
"""
# An entry point as people write them: prepares a folder, then becomes the program.
ENTRYPOINT = """#!/bin/sh
set -e
mkdir -p /var/lib/job/out
id -u >/var/lib/job/uid
date >/var/lib/job/started
exec "$@"
"""
JOB = """#!/bin/sh
trap 'rm -f /var/lib/job/out/ready; exit 0' TERM
touch /var/lib/job/out/ready
n=0
while :; do
  n=$((n + 1))
  echo "hello from script, line $n of a job that says much, so that the engine has something to rotate: $(date)"
  echo "$n" >/var/lib/job/out/count
  sleep 0.2 & wait $!
done
"""
# FROM scratch: one program that serves and, called with a word, asks itself whether it does.
STATIC = r"""
#include <arpa/inet.h>
#include <csignal>
#include <cstring>
#include <sys/socket.h>
#include <unistd.h>
int main(int argc, char**) {
  std::signal(SIGTERM, [](int) { _exit(0); });
  int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in here = {};
  here.sin_family = AF_INET;
  here.sin_port = htons(9000);
  here.sin_addr.s_addr = htonl(argc > 1 ? INADDR_LOOPBACK : INADDR_ANY);
  if (argc > 1) return connect(fd, reinterpret_cast<sockaddr*>(&here), sizeof here) == 0 ? 0 : 1;
  if (bind(fd, reinterpret_cast<sockaddr*>(&here), sizeof here) != 0 || listen(fd, 8) != 0) return 1;
  const char answer[] = "HTTP/1.0 200 OK\r\n\r\nhello from static\n";
  for (;;) {
    int client = accept(fd, nullptr, nullptr);
    char request[512];
    if (client >= 0 && read(client, request, sizeof request) > 0 && write(client, answer, std::strlen(answer)) < 0) return 1;
    close(client);
  }
}
"""


def health(*words):
    return {"Test": ["CMD", *words], "Interval": 1_000_000_000, "Timeout": 30_000_000_000, "Retries": 30}


def wget(port):
    return health("/usr/bin/busybox", "wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{port}/")


POSTGRES = "/usr/lib/postgresql/15/bin"
# By the name of the example: what its image starts, and the port that it serves (None: none).
IMAGES = {
    "nginx": ({"Entrypoint": ["/usr/sbin/nginx", "-g", "daemon off;"], "ExposedPorts": {"80/tcp": {}}, "Healthcheck": wget(80)}, 80),
    "redis": ({"Entrypoint": ["/usr/bin/redis-server"], "User": "redis", "WorkingDir": "/data", "ExposedPorts": {"6379/tcp": {}},
               "Cmd": ["--bind", "0.0.0.0", "--protected-mode", "no", "--dir", "/data", "--save", "1 1"], "Healthcheck": health("/usr/bin/redis-cli", "ping")}, 6379),
    "postgres": ({"Entrypoint": [f"{POSTGRES}/postgres"], "User": "postgres", "ExposedPorts": {"5432/tcp": {}},
                  "Cmd": ["-D", "/var/lib/postgresql/15/main", "-c", "listen_addresses=*"], "StopSignal": "SIGINT",
                  "Healthcheck": health(f"{POSTGRES}/pg_isready")}, 5432),
    "node": ({"Entrypoint": ["/usr/bin/node", "/app/server.js"], "User": "app", "ExposedPorts": {"8080/tcp": {}}, "Healthcheck": wget(8080)}, 8080),
    "python": ({"Entrypoint": ["/usr/bin/python3", "-u", "/app/main.py"], "User": "app", "ExposedPorts": {"8000/tcp": {}}, "Healthcheck": wget(8000)}, 8000),
    "script": ({"Entrypoint": ["/entrypoint.sh"], "Cmd": ["/usr/local/bin/job"], "Healthcheck": health("/bin/ls", "/var/lib/job/out/ready")}, None),
    "static": ({"Entrypoint": ["/app"], "ExposedPorts": {"9000/tcp": {}}, "Healthcheck": health("/app", "check")}, 9000),
}


def debian_layer(root, names_of_images):
    layer = Layer()
    unwanted = OF_ONE_SERVICE.keys() - set(names_of_images)
    left_out = (*LEFT_OUT, "var/run", *(path for name in unwanted for path in OF_ONE_SERVICE[name]))
    left_out_names = (*LEFT_OUT_NAMES, *(start for name in unwanted for start in NAMES_OF_ONE_SERVICE[name]))
    if unwanted == OF_ONE_SERVICE.keys():
        left_out_names += ("libicu",)
    for name in MERGED:
        layer.folder(f"usr/{name}")
        layer.link(name, f"usr/{name}")
    layer.link("var/run", "/run")
    for name in ("dev", "proc", "sys", "run", "tmp", "root"):
        layer.folder(name, 0o1777 if name == "tmp" else 0o755)
    for folder, names, files in os.walk(root):
        at = pathlib.PurePosixPath(folder).relative_to(root)
        names[:] = sorted(n for n in names if str(at / n) not in left_out)
        for name in sorted(files + [n for n in names if pathlib.Path(folder, n).is_symlink()]):
            path = str(at / name)
            if path in left_out or name.startswith(left_out_names):
                continue
            inside = f"usr/{path}" if path.split("/")[0] in MERGED else path
            source = pathlib.Path(folder, name)
            if source.is_symlink():
                layer.link(inside, os.readlink(source))
            elif source.is_file():
                layer.file(inside, source.read_bytes(), source.stat().st_mode & 0o7777)
    return layer.bytes()


def added_layer():
    layer = Layer()
    for path, text in {"etc/passwd": PASSWD, "etc/group": GROUP, "etc/shadow": "root:*:19000::::::\n", "etc/nginx/sites-enabled/default": SITE,
                       "var/www/html/index.html": "hello from nginx\n", "app/main.py": PYTHON, "app/server.js": NODE}.items():
        layer.file(path, text)
    layer.file("entrypoint.sh", ENTRYPOINT, 0o755)
    layer.file("usr/local/bin/job", JOB, 0o755)
    for path, owner in {"var/log/nginx": "www-data", "var/lib/nginx": "www-data", "data": "redis", "var/lib/app": "app", "run/postgresql": "postgres",
                        "var/lib/postgresql": "postgres"}.items():
        layer.folder(path, 0o755, ACCOUNTS[owner])
    layer.folder("var/lib/job")
    return layer.bytes()


def static_layer():
    layer = Layer()
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder, "app")
        subprocess.run(["c++", "-x", "c++", "-O1", "-static", "-s", "-o", str(made), "-"], input=STATIC.encode(), check=True)
        layer.file("app", made.read_bytes(), 0o755)
    return layer.bytes()


def save(path, names):
    """Writes the images `lab-NAME:1` to `path`, in the form of `docker save`."""
    root = real_engine.CACHE / "services"
    if not root.exists():
        real_engine.skip("no services; tools/fetch-engines services gets them")
    layers = {}
    if set(names) - {"static"}:
        layers |= {"debian": debian_layer(root, names), "added": added_layer()}
    if "static" in names:
        layers["static"] = static_layer()
    manifest, configs = [], {}
    for name in names:
        of_image = ["static"] if name == "static" else ["debian", "added"]
        config = {"architecture": "amd64", "os": "linux", "created": "2026-01-01T00:00:00Z",
                  "config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], **IMAGES[name][0]},
                  "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layers[layer]).hexdigest() for layer in of_image]}}
        configs[f"{name}.json"] = json.dumps(config).encode()
        manifest.append({"Config": f"{name}.json", "RepoTags": [f"lab-{name}:1"], "Layers": [f"{layer}/layer.tar" for layer in of_image]})
    with tarfile.open(path, "w") as archive:
        for name, data in {"manifest.json": json.dumps(manifest).encode(), **configs, **{f"{name}/layer.tar": data for name, data in layers.items()}}.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o644
            archive.addfile(info, io.BytesIO(data))
