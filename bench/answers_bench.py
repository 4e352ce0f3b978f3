"""What answers cost, whole processes, one core: a million questions about paths, and the difference of two heavy profiles.

usage: answers_bench.py"""
import os
import pathlib
import random
import resource
import statistics
import subprocess
import tempfile

import sets

ROOT = pathlib.Path(__file__).resolve().parent.parent
BULKHEAD = str(ROOT / "build" / "bulkhead")
FEATURES = ["--features", str(ROOT / "tests" / "features" / "7.2")]
RUNS = 5


def changed(rules):
    """The same profile after some work on it: a few rules gone, a few new."""
    return rules[:-20] + ["/opt/extra/** rw,", "/usr/bin/** ix,", "deny /srv/data/0*/** r,", "capability sys_admin,"]


def questions(paths, count):
    """Paths of the rules, beginnings of them, and others, with several verbs; the same lines every time."""
    source = random.Random(1)
    lines = []
    for i in range(count):
        path = source.choice(paths)
        if i % 3 == 0:
            path = path[:source.randint(1, len(path))]
        elif i % 5 == 0:
            path = f"/usr/share/doc/x{i}/copyright"
        lines.append(f"{source.choice(['read', 'write', 'exec', 'append'])} {path}\n")
    return "".join(lines)


def cpu(argv, stdin=os.devnull):
    """Median of user and system time of the whole process."""
    figures = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with open(stdin) as lines:
            subprocess.run(argv, stdin=lines, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        figures.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return statistics.median(figures)


def states(path):
    import json
    done = subprocess.run([BULKHEAD, "compile", *FEATURES, "--format", "json", "-o", os.devnull, path], capture_output=True, check=True)
    return sum(profile["file_states"] for file in json.loads(done.stdout)["files"] for profile in file["profiles"])


def main():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(f"CPU seconds of whole processes on one core, medians of {RUNS}; load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def text(file, rules):
            (folder / file).write_text(sets.profile("heavy", rules))
            return str(folder / file)

        literals = sets.literals(1500)
        heavy = text("literals", literals)
        lines = folder / "questions"
        lines.write_text(questions([rule.split()[0] for rule in literals], 1_000_000))
        print(f"  1,000,000 questions about paths, {states(heavy)} states, from text   {cpu([BULKHEAD, 'query', *FEATURES, heavy, '-'], lines):6.2f} s")
        for kind, rules in (("literal paths", literals), ("globs with loops", sets.globs(300)), ("owner, audit, deny", sets.mixed(400))):
            a, b = text("a", rules), text("b", changed(rules))
            print(f"  diff, {kind}: {states(a)} and {states(b)} states, from text   {cpu([BULKHEAD, 'diff', *FEATURES, a, b]):6.2f} s")


main()
