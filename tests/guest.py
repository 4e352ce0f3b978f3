"""A list of steps for one boot of a throw-away kernel, each with what it must show.

A test says what is done in the guest and what must come of it, in order; `run` boots once and judges every step. The plan itself is that
of `bulkhead lab --plan` (src/lab/plan.h)."""
import json
import os
import pathlib
import subprocess
import tempfile

BULKHEAD = os.environ.get("BULKHEAD", "bulkhead")
SOURCE = pathlib.Path(os.environ.get("BH_SOURCE_DIR", "."))


class Skipped(Exception):
    """The lab cannot boot here; the text says why."""


class Guest:
    def __init__(self, append=(), memory_mib=1024):
        self.plan = {"memory_mib": memory_mib, "append": list(append), "timeout_s": 600, "add": [], "files": [], "folders": [], "steps": []}
        self.checks = []
        self.scratch = tempfile.TemporaryDirectory()

    # ---- what is in the guest

    def file(self, guest, text, mode=0o644):
        assert all(each["guest"] != guest for each in self.plan["files"]), f"{guest} is there twice"
        self.plan["files"].append({"guest": guest, "text": text, "mode": mode})

    def bytes(self, guest, content, mode=0o644):
        path = pathlib.Path(self.scratch.name, str(len(self.plan["add"])))
        path.write_bytes(content)
        path.chmod(mode)
        self.add(path, guest)

    def folder(self, guest):
        self.plan["folders"].append(guest)

    def add(self, host, guest=""):
        self.plan["add"].append({"host": str(host), "guest": guest})

    # ---- what is done there

    def step(self, check=None, **step):
        """`check(step)`: the faults of the step as it came back from the guest (`outcome`, `log`)."""
        self.plan["steps"].append({"timeout_ms": 60_000, **step})
        self.checks.append(check or (lambda _: []))

    def run(self, *argv, exit=0, out=(), err=(), not_out=(), log=(), json_is=None, **more):
        """Runs a command. `out`, `err`, `log`: texts that each must be in there; `json_is(value)`: faults of what it printed as JSON."""

        def check(step):
            outcome, faults = step["outcome"], []
            if exit is not None and outcome["exit"] != exit:
                faults.append(f"exit {outcome['exit']}, not {exit}")
            for name, wanted in (("out", out), ("err", err)):
                faults += [f"std{name} has no `{text}`" for text in words(wanted) if text not in outcome[name]]
            faults += [f"stdout has `{text}`" for text in words(not_out) if text in outcome["out"]]
            faults += [f"no line of the log has `{text}`" for text in words(log) if not any(text in line for line in step["log"])]
            if json_is:
                try:
                    value = json.loads(outcome["out"])
                except ValueError:
                    return faults + ["stdout is not JSON"]
                faults += [fault for fault in (json_is(value) or []) if fault]
            return faults

        self.step(check, do="run", argv=list(argv), **more)

    def bulkhead(self, *argv, **more):
        self.run("bulkhead", *argv, **more)

    def sh(self, script, **more):
        self.run("sh", "-c", script, **more)

    def start(self, name, *argv, profile=""):
        self.step(lambda step: [] if step["outcome"]["exit"] == 0 else ["not started"],
                  do="start", target=name, argv=list(argv), profile=profile, enter="on_exec")
        # A process is under its profile once the exec is done, and `start` does not wait for that.
        if profile:
            self.sh(f"for i in $(seq 200); do cat /proc/[0-9]*/attr/apparmor/current 2>/dev/null | grep -qF '{profile} (' && exit 0; "
                    "sleep 0.02; done; exit 1")

    def stop(self, name, out=(), **more):
        self.step(lambda step: [f"{name} did not say `{text}`" for text in words(out) if text not in step["outcome"]["out"]],
                  do="stop", target=name, **more)

    def probe(self, profile, *argv, allowed, log=(), label=""):
        """One action of the lab's probe, from inside `profile`, with a control run that must succeed."""

        def check(step):
            faults = []
            if step["verdict"] != ("allowed" if allowed else "refused"):
                faults.append(f"the kernel says {step['verdict']}")
            return faults + [f"no line of the log has `{text}`" for text in words(log) if not any(text in line for line in step["log"])]

        self.step(check, do="probe", argv=list(argv), profile=profile, control=True, label=label)

    # ---- the boot

    def boot(self, kernel):
        """The faults, as text; and the report."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "plan.json")
            path.write_text(json.dumps(self.plan))
            done = subprocess.run([BULKHEAD, "lab", "--plan", str(path), "--kernel", kernel, "--format", "json"],
                                  capture_output=True, text=True, errors="replace", timeout=900)
        if "qemu" in done.stderr.lower() and "install" in done.stderr.lower():
            raise Skipped(done.stderr.strip())
        try:
            report = json.loads(done.stdout)
        except ValueError:
            return [f"the lab did not run: exit {done.returncode}\n{done.stderr[-3000:]}"], {"seconds": 0, "kernel": kernel}
        faults = [] if report["complete"] else [f"{report['trouble']}\n{report.get('console', '')[-3000:]}"]
        for step, check in zip(report["steps"], self.checks):
            if not step["reached"]:
                continue
            wrong = check(step)
            if wrong:
                faults.append(told(step, wrong))
        return faults, report


def words(value):
    return [value] if isinstance(value, str) else list(value)


def told(step, wrong):
    outcome = step.get("outcome", {})
    lines = [f"`{' '.join(step.get('argv', [])) or step.get('target', step['do'])}`" + (f" under {step['profile']}" if step.get("profile") else "")]
    lines += [f"  ! {fault}" for fault in wrong]
    lines.append(f"  exit {outcome.get('exit')} {outcome.get('call', '')} errno {outcome.get('errno')}")
    for name in ("out", "err"):
        lines += [f"  {name}: {line}" for line in outcome.get(name, "").splitlines()[:40]]
    lines += [f"  log: {line[line.find('apparmor='):]}" for line in step["log"][:12]]
    return "\n".join(lines)


def profile_named(name, **wanted):
    """A check of `status --format json`: the profile is there, and its members are as wanted (a function is asked)."""

    def check(value):
        found = [profile for profile in value["profiles"] if profile["name"] == name]
        if not found:
            return [f"status does not list {name}"]
        faults = []
        for key, want in wanted.items():
            has = found[0][key]
            if not (want(has) if callable(want) else has == want):
                faults.append(f"{name}: {key} is {has!r}" + ("" if callable(want) else f", not {want!r}"))
        return faults

    return check


def no_profile_named(name):
    return lambda value: [f"{name} is loaded"] if any(profile["name"] == name for profile in value["profiles"]) else []


def members(**wanted):
    """A check of JSON: the value's (or its only element's) members are as wanted (a function is asked)."""

    def check(value):
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        if not isinstance(value, dict):
            return [f"{value!r} is no object"]
        return [f"{key} is {value.get(key)!r}" for key, want in wanted.items()
                if not (want(value.get(key)) if callable(want) else value.get(key) == want)]

    return check
