"""Every file of Debian's /etc/apparmor.d: the kernel takes what `load` gives it, and `status` lists it all, with the file that it came from."""
import pathlib

# Of the packages apparmor, apparmor-profiles and apparmor-profiles-extra, as installed: their scripts make files that these include.
FOLDER = pathlib.Path("/etc/apparmor.d")


def steps(guest):
    files = sorted(path.name for path in FOLDER.iterdir() if path.is_file() and not path.name.endswith((".orig", "README")))
    if len(files) < 25:
        raise SystemExit(f"{FOLDER} holds {len(files)} files only: are apparmor, apparmor-profiles and apparmor-profiles-extra there?")
    guest.add(FOLDER, "/debian")
    # The policy folder is what Debian's packages hold.
    guest.sh("mount --bind /debian /etc/apparmor.d")
    loaded = []

    def all_loaded(value):
        loaded[:] = [entry for report in value for entry in report["profiles"]]
        faults = [f"{len(value)} of {len(files)} files loaded"] if len(value) != len(files) else []
        return faults + [f"{report['input']}: verified {report['verified']}" for report in value if report["verified"] != "bytes"]

    guest.bulkhead("load", "--format", "json", *(f"/etc/apparmor.d/{name}" for name in files), json_is=all_loaded, timeout_ms=100_000)

    def all_listed(value):
        listed = {profile["name"]: profile for profile in value["profiles"]}
        names = {entry["name"] for entry in loaded}
        faults = [f"{entry['name']} is not listed in mode {entry['mode']}" for entry in loaded
                  if listed.get(entry["name"], {}).get("mode") != entry["mode"]]
        faults += [f"only {len(loaded)} profiles"] if len(loaded) < len(files) else []
        return faults + [f"{name}: no file" for name, profile in listed.items() if name in names and not str(profile["file"]).startswith("/etc/apparmor.d/")]

    guest.bulkhead("status", "--format", "json", json_is=all_listed, timeout_ms=60_000)
    guest.bulkhead("status", out=["/usr/bin/man ", "nvidia_modprobe//kmod ", "/etc/apparmor.d/usr.bin.totem-previewers", "complain"], timeout_ms=60_000)
    guest.sh("umount /etc/apparmor.d")
