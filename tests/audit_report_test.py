"""Every report of every version of the benchmark against the schemas: ours (docs/audit.schema.json), SARIF 2.1.0, and JUnit as Jenkins and
Ant define it. On the snapshot that violates nothing, on that with each violation of testdata/checks.json, and on one with hostile names.
"""
import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import jsonschema

BULKHEAD = os.environ.get("BULKHEAD", "build/bulkhead")
SOURCE = pathlib.Path(os.environ.get("BH_SOURCE_DIR", "."))
SCHEMAS = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "bulkhead" / "schemas"
VERSIONS = ["1.0.0", "1.11.0", "1.12.0", "1.13.0", "1.1.0", "1.2.0", "1.3.1", "1.4.0", "1.5.0", "1.6.0", "1.7.0", "1.8.0"]
HOSTILE = "a\u0001\u001b[31m]]>&<\"'\u202e\ufffe\u00e9" + "x" * 300

faults = []


def set_at(root, path, value):
    *steps, last = path.split(".")
    for step in steps:
        root = root[int(step)] if isinstance(root, list) else root.setdefault(step, {})
    if isinstance(root, list):
        root[int(last):int(last) + 1] = [value]
    elif value is None:
        root.pop(last, None)
    else:
        root[last] = value


def snapshots():
    """Name and text. The violations are gathered into few snapshots: as many to each as do not touch the same place."""
    data = SOURCE / "src/audit/testdata"
    clean = json.loads((data / "clean.json").read_text())
    yield "clean", json.dumps(clean)
    merged = []
    for row in json.loads((data / "checks.json").read_text()):
        for taken, snapshot in merged:
            if not any(a.startswith(b) or b.startswith(a) for a in taken for b in row["set"]):
                break
        else:
            taken, snapshot = set(), copy.deepcopy(clean)
            merged.append((taken, snapshot))
        taken.update(row["set"])
        for path, value in row["set"].items():
            set_at(snapshot, path, value)
    for number, (_, snapshot) in enumerate(merged):
        yield f"violations {number}", json.dumps(snapshot)
    hostile = copy.deepcopy(clean)
    hostile["containers"]["value"][0]["name"] = HOSTILE
    hostile["images"]["value"][0]["name"] = HOSTILE
    hostile["info"]["value"]["Name"] = HOSTILE
    hostile["endpoint"] = HOSTILE
    yield "hostile", json.dumps(hostile)
    yield "empty", '{"schema": "bulkhead.snapshot", "format": 1, "local": true}'


class Xsd:
    """xmllint validates against XML Schema."""

    def __init__(self, folder):
        self.folder = folder

    def fault(self, schema, document):
        path = self.folder / "report.xml"
        path.write_bytes(document)
        done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", str(SCHEMAS / schema), str(path)], capture_output=True, text=True)
        return None if done.returncode == 0 else done.stderr[-600:]


def without_skipped(document):
    """Ant's schema of 2011 does not know that a test can be skipped; all else must hold."""
    root = ElementTree.fromstring(document)
    for suite in root:
        suite.attrib.pop("skipped")
        for case in suite.iter("testcase"):
            for child in case.findall("skipped"):
                case.remove(child)
    return ElementTree.tostring(root)


def counts_agree(name, report, document):
    """The same numbers in JSON and JUnit."""
    for section, suite in zip(report["sections"], ElementTree.fromstring(document)):
        score = section["score"]
        seen = tuple(int(suite.get(a)) for a in ("failures", "errors", "skipped"))
        if seen != (score["fail"], score["unknown"], score["manual"] + score["not-applicable"]) or len(suite.findall("testcase")) != int(suite.get("tests")):
            faults.append(f"{name}: JUnit counts {seen}, JSON {score}")


def main():
    missing = [f for f in ("sarif-2.1.0.json", "junit-jenkins.xsd", "junit-ant.xsd") if not (SCHEMAS / f).exists()]
    if missing:
        print(f"skipped: no {missing} in {SCHEMAS}; tools/fetch-schemas gets them")
        return 77
    sarif = jsonschema.Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0.json").read_text()))
    ours_schema = json.loads((SOURCE / "docs/audit.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(ours_schema)
    ours = jsonschema.Draft202012Validator(ours_schema)
    outcomes, reports = set(), 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        xsd = Xsd(folder)
        for what, text in snapshots():
            (folder / "s.json").write_text(text, errors="surrogateescape")
            for version in VERSIONS if what in ("clean", "hostile") else ["1.0.0", "1.8.0"]:
                made = {}
                for form in ("json", "sarif", "junit"):
                    done = subprocess.run([BULKHEAD, "audit", "--from", str(folder / "s.json"), "--benchmark", version, "--format", form], capture_output=True)
                    if done.returncode not in (0, 1):
                        sys.exit(f"{what} {version} {form}: {done.stderr.decode()}")
                    made[form] = done.stdout
                    reports += 1
                where = f"{what}, {version}"
                report = json.loads(made["json"])
                outcomes |= {f["outcome"] for f in report["findings"]}
                for form, validator in (("json", ours), ("sarif", sarif)):
                    for error in list(validator.iter_errors(json.loads(made[form])))[:3]:
                        faults.append(f"{where}: {form}: {'/'.join(map(str, error.path))}: {error.message[:300]}")
                for schema, document in (("junit-jenkins.xsd", made["junit"]), ("junit-ant.xsd", without_skipped(made["junit"]))):
                    if fault := xsd.fault(schema, document):
                        faults.append(f"{where}: {schema}: {fault}")
                counts_agree(where, report, made["junit"])
    if outcomes != {"pass", "warn", "fail", "unknown", "manual", "not-applicable"}:
        faults.append(f"only these outcomes were reported: {outcomes}")
    print(f"{reports} reports")
    print("\n".join(faults[:40]) or "all as expected")
    return 1 if faults else 0


sys.exit(main())
