"""The documents that the program makes are the program's; links between documents lead somewhere; every command that a document shows is
one. UPDATE=1 rewrites docs/commands.md."""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(os.environ["BH_SOURCE_DIR"])
BULKHEAD = os.environ["BULKHEAD"]
wrong = []


def output(*words):
    return subprocess.run([BULKHEAD, *words], capture_output=True, text=True, check=True, timeout=60).stdout


def documents():
    files = subprocess.run(["git", "-C", str(ROOT), "ls-files", "*.md"], capture_output=True, text=True).stdout.split()
    return [ROOT / name for name in files] or sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md"))


def made_by_the_program():
    made, path = output("man", "--markdown"), ROOT / "docs/commands.md"
    if os.environ.get("UPDATE"):
        path.write_text(made)
    if not path.exists() or path.read_text() != made:
        wrong.append("docs/commands.md is not what `bulkhead man --markdown` prints (UPDATE=1 rewrites it)")


def links_lead_somewhere(path, text):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
            wrong.append(f"{path.relative_to(ROOT)}: nothing at {target}")


def commands_exist(path, text, known):
    blocks = re.findall(r"(?s)```.*?```", text) + re.findall(r"(?m)^    .*$", text)
    shown = re.findall(r"`bulkhead ([a-z][a-z-]*)[^`\n]*`", text) + re.findall(r"(?m)^ *(?:\$ )?bulkhead ([a-z][a-z-]*)", "\n".join(blocks))
    for word in shown:
        if word not in known:
            wrong.append(f"{path.relative_to(ROOT)}: there is no command `{word}`")


made_by_the_program()
known = set(re.findall(r"(?m)^## ([a-z-]+)$", output("man", "--markdown"))) | {"lab-guest"}
for document in documents():
    content = document.read_text()
    links_lead_somewhere(document, content)
    commands_exist(document, content, known)
for line in wrong:
    print(line)
print(f"docs: {len(documents())} documents, {len(known)} commands, {len(wrong)} wrong")
sys.exit(1 if wrong else 0)
