"""Every #include "module/..." in src/ must be one that src/layers.txt permits; system calls stay where the design puts them."""
import os
import pathlib
import re
import sys

root = pathlib.Path(os.environ.get("BH_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
src = root / "src"

allowed = {}
for line in (src / "layers.txt").read_text().splitlines():
    if line and not line.startswith("#"):
        module, _, uses = line.partition(":")
        unknown = [u for u in uses.split() if u not in allowed]
        if unknown:
            sys.exit(f"layers.txt: {module} uses {unknown}, which do not stand above it")
        allowed[module] = set(uses.split())

faults = []
for path in sorted(src.rglob("*")):
    if path.suffix not in (".h", ".cpp"):
        continue
    module = path.relative_to(src).parts[0]
    if module not in allowed:
        faults.append(f"{path.relative_to(root)}: module {module} is not in layers.txt")
        continue
    for number, text in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', text)
        if not match:
            continue
        target = match.group(1).split("/")[0]
        if target != module and target not in allowed[module]:
            faults.append(f"{path.relative_to(root)}:{number}: {module} may not include {match.group(1)}")

for folder in src.iterdir():
    if folder.is_dir() and folder.name not in allowed and any(folder.iterdir()):
        faults.append(f"src/{folder.name} is not in layers.txt")

print("\n".join(faults) or f"{len(allowed)} modules, no include points up or sideways")
sys.exit(1 if faults else 0)
