"""What the commands say when the input is wrong, as the user sees it: tests/diagnostics/*.txt, each a row of cases

    === what the case shows
    $ the words after `bulkhead`; before them, if need be, VARIABLE=value
    --- file NAME          (any number)
    text; <NUL> stands for that byte
    --- expect
    what is on stderr

UPDATE=1 writes what is said now into the files. Then: every code of src/diag/codes_*.def is shown by a case here or in the goldens of
policy, generate, compile and check, with its place and caret, or is of no place and shown by a test that is named here."""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

BULKHEAD, SOURCE = os.environ["BULKHEAD"], pathlib.Path(os.environ["BH_SOURCE_DIR"])
UPDATE = "UPDATE" in os.environ
faults = []

# Codes that speak of no place in a text, or need a machine to be said: the test that holds them to their words.
ELSEWHERE = {
    1059: "src/app/abi_choice_test.cpp",
    1061: "src/app/abi_choice_test.cpp",
    5004: "tests/verbs/apply.py",
    5201: "tests/diagnostics/verbs.txt",
    5202: "src/app/apply_test.cpp",
}
# Codes without a case, and why; told in every run.
UNSHOWN = {4117: "only after 20 s of work or 1 GiB on one profile (src/app/check.cpp), which is no test's time"}


class Case:
    def __init__(self, title):
        self.title, self.command, self.files, self.expected = title, "", {}, ""

    def text(self):
        files = "".join(f"--- file {name}\n{text}" for name, text in self.files.items())
        return f"=== {self.title}\n$ {self.command}\n{files}--- expect\n{self.expected}"


def read(path):
    cases, name = [], None
    for line in path.read_text().splitlines(keepends=True):
        if line.startswith("=== "):
            cases.append(Case(line[4:].strip()))
            name = "command"
        elif line.startswith("--- file "):
            name = line[9:].strip()
            cases[-1].files[name] = ""
        elif line == "--- expect\n":
            name = None
        elif name == "command":
            cases[-1].command = line[2:].strip()
        elif name is None:
            cases[-1].expected += line
        else:
            cases[-1].files[name] += line
    return cases


def said(case):
    with tempfile.TemporaryDirectory() as name:
        for file, text in case.files.items():
            path = pathlib.Path(name, file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("<NUL>", "\0"))
        words = shlex.split(case.command)
        environment = dict(os.environ)
        while "=" in words[0]:
            environment.update([words.pop(0).split("=", 1)])
        done = subprocess.run([BULKHEAD, *words], cwd=name, env=environment, capture_output=True, text=True, timeout=60)
        if done.returncode not in (0, 1, 2):
            faults.append(f"{case.title}: exit {done.returncode}")
        return done.stderr


def shown(text):
    """Codes that are shown with a line of their source and a caret under it, ASCII or not."""
    for part in re.split(r"(?m)^(?=(?:error|warning|note)\[BH)", text):
        if (code := re.match(r"\w+\[BH(\d+)\]", part)) and re.search(r"--> .*:\d+:\d+", part) and re.search(r"\| *\^", part):
            yield int(code[1])


seen = set()
for path in sorted((SOURCE / "tests" / "diagnostics").glob("*.txt")):
    cases = read(path)
    for case in cases:
        now = said(case)
        if UPDATE:
            case.expected = now
        elif now != case.expected:
            faults.append(f"{path.name}, {case.title}: expected\n{case.expected}\nsaid\n{now}")
        seen.update(shown(case.expected))
    if UPDATE:
        path.write_text("".join(case.text() for case in cases))
for path in [*(SOURCE / "src/policy/testdata").glob("*.txt"), *(SOURCE / "src/generate/testdata").glob("*.expected"),
             *(SOURCE / "src/compile/testdata").glob("*.txt"), *(SOURCE / "src/check/testdata").glob("*.expected")]:
    seen.update(shown(path.read_text()))

codes = {}
for table in (SOURCE / "src" / "diag").glob("codes_*.def"):
    codes.update((int(number), name) for number, name in re.findall(r"^BH_CODE\((\d+), (\w+),", table.read_text(), re.M))
for number, name in sorted(codes.items()):
    if number in ELSEWHERE:
        text = (SOURCE / ELSEWHERE[number]).read_text()
        if f"BH{number}" not in text and f"Code::{name}" not in text:
            faults.append(f"BH{number} ({name}) is not in {ELSEWHERE[number]}")
    elif number not in seen and number not in UNSHOWN:
        faults.append(f"BH{number} ({name}) is shown by no case with its place and caret")
for number in {**ELSEWHERE, **UNSHOWN}:
    if number not in codes or number in seen:
        faults.append(f"BH{number} need not be excused")
for number, reason in UNSHOWN.items():
    print(f"BH{number} has no case: {reason}")
print("\n".join(faults) or f"{len(codes)} codes, each said as it should be")
sys.exit(1 if faults else 0)
