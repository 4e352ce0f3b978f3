"""`bulkhead score`: the same numbers in text, JSON and HTML, and the deciding lines. The page is opened in a real browser (Chromium, headless),
in light and dark, wide and narrow: what a reader sees is measured there. It must say everything without JavaScript, so it has none."""
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BULKHEAD = os.environ.get("BULKHEAD", "build/bulkhead")
SOURCE = pathlib.Path(os.environ.get("BH_SOURCE_DIR", ".")).resolve()
EXAMPLES = SOURCE / "examples"
PROFILES = ["docker-default", f"bane:{EXAMPLES}/nginx-sample.toml", f"{EXAMPLES}/nginx.toml"]
FLAGS = ["--features", "7.2", "--base", "/nonexistent"]
VOID = {"meta", "br"}
HOSTILE = "<b>&\"'\u202e<script>alert(1)<"

# What a browser makes of the page: its colours, whether it runs out of the window, whether details open.
MEASURE = """<script>
const rgb = c => c.match(/[0-9.]+/g).map(Number);
const backdrop = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
const texts = [...document.querySelectorAll('h1, p, caption, th, td, summary, small, dt, dd')];
const details = [...document.querySelectorAll('details')];
const closed = details[3].getBoundingClientRect().height;
details[3].open = true;
document.body.insertAdjacentHTML('beforeend', '<pre id="measured"></pre>');
document.getElementById('measured').textContent = JSON.stringify({
  width: innerWidth, runs_out: document.documentElement.scrollWidth - innerWidth,
  opens: details[3].getBoundingClientRect().height - closed,
  colours: texts.map(e => [e.className || e.tagName, rgb(getComputedStyle(e).color), backdrop(e)]),
  font: parseFloat(getComputedStyle(document.body).fontSize),
  page: backdrop(document.body)});
</script></body>"""

faults = []


def expect(condition, what):
    if not condition:
        faults.append(what)


def score(*words, exit=0):
    done = subprocess.run([BULKHEAD, "score", *words, *FLAGS], capture_output=True, text=True)
    expect(done.returncode == exit, f"score {words}: exit {done.returncode}\n{done.stderr[-1000:]}")
    return done


class Page(html.parser.HTMLParser):
    """The text of each cell; and what is wrong with the page."""

    def __init__(self):
        super().__init__()
        self.open, self.rows, self.ids, self.tags = [], [], [], set()

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag == "th":
            expect("scope" in attributes, "a heading of the table without scope")
        if tag == "html":
            expect(attributes.get("lang") == "en", "no lang")
        if "id" in attributes:
            self.ids.append(attributes["id"])
        for name in ("src", "href", "onclick", "onload"):
            expect(name not in attributes, f"<{tag} {name}>")

    def handle_endtag(self, tag):
        expect(self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}")
        self.open and self.open.pop()

    def handle_data(self, data):
        if self.rows and {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def read_page(text):
    page = Page()
    page.feed(text)
    expect(not page.open, f"never closed: {page.open}")
    expect("script" not in page.tags and "link" not in page.tags and "img" not in page.tags, "the page needs more than itself")
    expect(len(page.ids) == len(set(page.ids)), "an id twice")
    expect("@import" not in text and "url(" not in text, "the style needs more than itself")
    return page


def said_the_same(report, page, text):
    """JSON, HTML and text: each cell."""
    words = {"blocked": "blocked", "allowed": ("allowed", "works"), "partly": "partly", "not mediated": ("not mediated", "not asked"), "elsewhere": "not by rules"}
    cells = {row[0].split()[0]: row[1:] for row in page.rows if row and row[0].split() and re.fullmatch(r"[AF]\d+", row[0].split()[0])}
    for row in report["rows"]:
        for column, cell in enumerate(row["cells"]):
            shown = cells[row["id"]][column]
            wanted = words[cell["outcome"]]
            expect(any(w in shown for w in ([wanted] if isinstance(wanted, str) else wanted)), f"{row['id']}: {shown}, not {cell['outcome']}")
            expect(("silently" in shown) == cell["silent"], f"{row['id']}: {shown}")
            expect(shown[0] in "✓✗◐–", f"{row['id']}: only colour says it")
        line = next(line for line in text.splitlines() if line.startswith(row["id"] + " "))
        expect([c["outcome"] for c in row["cells"]] == [w.strip().removesuffix(", silent") for w in re.split(r"  +", line[5:])[-len(row["cells"]):]], line)
    for profile in report["profiles"]:
        expect(f"{profile['attacks_blocked']} of {profile['attacks']}" in text, f"totals of {profile['title']}")


def lines_that_decide():
    """docker-default lets kernel settings be written: which line?"""
    one = score("docker-default").stdout
    line = next(n for n, l in enumerate(subprocess.run([BULKHEAD, "show", "docker-default", "--base", "/nonexistent"], capture_output=True, text=True).stdout.splitlines(), 1) if l == "  file,")
    for row in ("A04", "A05", "A09"):
        expect(re.search(rf"  {row} +[^\n]*: allowed\n +docker-default:{line}:3: file,", one), f"{row}: its line is not named:\n{one[-1500:]}")
    strict = json.loads(score(str(EXAMPLES / "nginx.toml"), "--format", "json").stdout)
    wrong = [r["id"] for r in strict["rows"] for c in r["cells"] if not c["good"] and c["outcome"] != "elsewhere"]
    expect(wrong == [], f"nginx.toml: {wrong}")
    floor = next(r for r in strict["rows"] if r["id"] == "A04")["cells"][0]["rules"]
    expect(any("audit deny /proc/{[^1-9/]*" in rule for rule in floor), f"A04: the floor is not named: {floor}")


def luminance(colour):
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour[:3])]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def browse(browser, folder, page, dark, width):
    path = folder / "measured.html"
    path.write_text(page.replace("</body>", MEASURE))
    done = subprocess.run([browser, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/browser", f"--window-size={width},900",
                           *(["--blink-settings=preferredColorScheme=0"] if dark else []), "--dump-dom", path.as_uri()], capture_output=True, text=True, timeout=120)
    found = re.search(r'<pre id="measured">(\{.*?)</pre>', done.stdout, re.S)
    if not found:
        faults.append(f"the browser measured nothing: {done.stderr[-500:]}")
        return
    seen = json.loads(html.unescape(found[1]))
    where = f"{'dark' if dark else 'light'}, {seen['width']} px"
    expect((luminance(seen["page"]) < 0.1) == dark, f"{where}: the page is {seen['page']}")
    expect(seen["runs_out"] <= 0, f"{where}: the page is {seen['runs_out']} px too wide")
    expect(seen["opens"] > 40, f"{where}: a row does not open")
    expect(seen["font"] >= 14, f"{where}: {seen['font']} px")
    for what, ink, paper in seen["colours"]:
        expect(contrast(ink, paper) >= 4.5, f"{where}: {what}: contrast {contrast(ink, paper):.1f}")


def main():
    report = json.loads(score(*PROFILES, "--format", "json").stdout)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        target = folder / "score.html"
        score(*PROFILES, "--format", "html", "-o", str(target))
        text = target.read_text()
        page = read_page(text)
        said_the_same(report, page, score(*PROFILES).stdout)
        lines_that_decide()
        hostile = folder / HOSTILE.replace("/", "")
        hostile.write_text('profile "x<i>&" {\n  "/<u>&\'" r,\n}\n')
        read_page(score(str(hostile), "--format", "html").stdout)
        score(str(folder / "absent"), exit=2)
        browser = shutil.which("chromium")
        if browser is None:
            print("skipped: the page in a browser (no chromium); the rest " + ("has faults" if faults else "is as expected"))
            print("\n".join(faults))
            return 1 if faults else 77
        for dark, width in ((False, 1280), (True, 1280), (False, 500)):
            browse(browser, folder, text, dark, width)
    print("\n".join(faults) or "all as expected")
    return 1 if faults else 0


sys.exit(main())
