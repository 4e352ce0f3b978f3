"""`generate --image` against a real engine, and `generate --rootfs`: the spec that comes out applies."""
import io
import os
import pathlib
import subprocess
import tarfile
import tempfile
import urllib.parse

from real_engine import engine

BULKHEAD = os.environ["BULKHEAD"]
ENTRY = b"#!/bin/sh\nset -e\nexec \"$@\"\n"
APP = b"#!/usr/bin/env python3\nprint('hello')\n"


def bulkhead(*words, code=0, data=None, env=None):
    done = subprocess.run([BULKHEAD, *words], input=data, capture_output=True, text=True, env={**os.environ, **(env or {})}, timeout=120)
    assert done.returncode == code, f"{words}: exit {done.returncode}, expected {code}\n{done.stdout}\n{done.stderr}"
    return done


def must_hold(text, *parts):
    for part in parts:
        assert part in text, f"missing {part!r} in:\n{text}"


def must_not_hold(text, *parts):
    for part in parts:
        assert part not in text, f"unwanted {part!r} in:\n{text}"


def image_tar():
    """A merged-/usr image with alternatives, as Debian makes them. /proc/self/exe stands for any ELF program."""
    program = pathlib.Path("/bin/true").read_bytes()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        def add(name, kind=tarfile.REGTYPE, data=b"", target="", mode=0o755):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode, entry.linkname, entry.size = kind, mode, target, len(data)
            archive.addfile(entry, io.BytesIO(data))
        for folder in ["usr", "usr/bin", "usr/local", "usr/local/bin", "etc", "etc/alternatives", "tmp", "run"]:
            add(folder, tarfile.DIRTYPE)
        add("bin", tarfile.SYMTYPE, target="usr/bin")
        add("usr/bin/dash", data=program)
        add("usr/bin/sh", tarfile.SYMTYPE, target="dash")
        add("usr/bin/env", data=program)
        add("usr/bin/python3.11", data=program)
        add("usr/bin/python3", tarfile.SYMTYPE, target="/etc/alternatives/python3")
        add("etc/alternatives/python3", tarfile.SYMTYPE, target="/usr/bin/python3.11")
        add("usr/local/bin/entry.sh", data=ENTRY)
        add("usr/local/bin/app", data=APP)
        add("usr/bin/server", data=program)
    return stream.getvalue()


def import_image(api, name, changes):
    query = urllib.parse.urlencode([("fromSrc", "-"), ("repo", name), ("tag", "1")] + [("changes", c) for c in changes])
    api.call("POST", f"/images/create?{query}", image_tar(), "application/x-tar")


def starts(here, *words):
    """The spec for an image, shown to apply."""
    text = bulkhead("generate", *words, "--host", f"unix://{here.socket}").stdout
    with tempfile.TemporaryDirectory() as folder:
        spec = pathlib.Path(folder) / "start.toml"
        spec.write_text(text)
        bulkhead("apply", "--dry-run", "--features", "7.2", str(spec))
    return text


def exact_names(*image):
    """A spec under the names that the image has for its files."""
    spec = 'Name = "x"\n[Filesystem]\nAllowExec = ["/bin/server"]\nDenyExec = ["/bin/sh"]\n'
    done = bulkhead("generate", "-", *image, data=spec)
    must_hold(done.stdout, "\n  /usr/bin/server mrix,", "\n  audit deny /usr/bin/dash mx,", "# Paths are named as ")
    assert done.stderr == "", done.stderr
    must_hold(bulkhead("generate", "-", data=spec).stdout, "/{,usr/}bin/server mrix,", "busybox")


def with_engine():
    with engine("20.10") as here:
        import_image(here.api, "server", ["CMD [\"server\"]", "EXPOSE 80 53/udp", "VOLUME /var/lib/server", "USER 1000:1000"])
        text = starts(here, "--image", "server:1")
        must_hold(text, 'Name = "server"', '"/var/lib/server/**",  # VOLUME', 'AllowExec = [\n  "/usr/bin/server",  # CMD server\n]',
                  "53/udp, 80/tcp", 'Allow = ["net_bind_service"]', '"exec /usr/bin/dash"', 'Allow = ["exec /usr/bin/server"]')

        import_image(here.api, "team/scripted", ["ENTRYPOINT [\"/usr/local/bin/entry.sh\"]", "CMD [\"app\"]"])
        text = starts(here, "--image", "team/scripted:1")
        must_hold(text, 'Name = "scripted"', '#   "/usr/bin/dash",  # `#!` of /usr/local/bin/entry.sh',
                  '#   "/usr/bin/python3.11",  # `#!` of /usr/local/bin/app', '#   "/usr/local/bin/app",  # CMD app', "# [Capabilities]")
        must_not_hold(text, '"exec /usr/bin/dash"')

        # Another command than the image's own.
        text = starts(here, "--image", "team/scripted:1", "--entrypoint", "app")
        must_hold(text, 'AllowExec = [\n  "/usr/bin/env"', '"/usr/bin/python3.11",  # `#!` of /usr/local/bin/app')

        exact_names("--image", "team/scripted:1", "--host", f"unix://{here.socket}")

        done = bulkhead("generate", "--image", "nothing:1", "--host", f"unix://{here.socket}", code=2)
        must_hold(done.stderr, "nothing:1", "o such image")
        assert done.stdout == ""
    bulkhead("generate", "--image", "server:1", "--host", "unix:///nonexistent/docker.sock", code=2)


def with_folder():
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(image_tar())) as archive:
            archive.extractall(folder)
        text = bulkhead("generate", "--rootfs", folder, "--entrypoint", "server").stdout
        must_hold(text, 'AllowExec = [\n  "/usr/bin/server",  # ENTRYPOINT server\n]', '"exec /usr/bin/dash"')
        must_hold(bulkhead("generate", "--rootfs", folder).stdout, "The image names no program")
        exact_names("--rootfs", folder)
    must_hold(bulkhead("generate", "--rootfs", folder, code=2).stderr, "No such file or directory")
    must_hold(bulkhead("generate", code=2).stderr, "--image REF")
    must_hold(bulkhead("generate", "--image", "x", "--rootfs", "/", code=2).stderr, "--image or --rootfs")


with_folder()
with_engine()
print("image: starting specs from an engine's images and from a folder apply")
