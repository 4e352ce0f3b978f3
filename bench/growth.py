"""CPU time and peak memory against the number of rules, ours and the peer's, as one SVG of log-log panels. A cross is the first number
at which a compiler gave up; it is not asked again after that."""
import html
import math
import subprocess

import sets
from measure import in_turn

LITERALS = [10, 50, 200, 1000, 5000, 20000]
NESTED = [2, 4, 6, 8, 10, 12, 14, 16]
COLOURS = {"bulkhead": "#1f6fb4", "apparmor_parser 5.0": "#c44e52"}
WIDTH, HEIGHT, LEFT, TOP = 250, 200, 74, 60
COLUMN = WIDTH + LEFT + 20


class Row:
    """What came of one number of rules: by compiler its figures; None: it gave up, or had done so before."""

    def __init__(self, count):
        self.count, self.figures, self.gave_up = count, {}, {}


def why(argv, code):
    """The first line of what it says; for a run that was stopped, that."""
    if code < 0:
        return f"stopped by signal {-code}: it takes too long"
    done = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=600)
    return (done.stderr or done.stdout or f"exit {code}").strip().splitlines()[0]


def measured(folder, counts, make, compilers, limit):
    """`compilers`: name -> function from a list of files to a command. A run gets `limit` seconds."""
    rows, alive = [], set(compilers)
    for count in counts:
        row = Row(count)
        path = folder / f"growth-{make.__name__}-{count}"
        path.write_text(sets.profile("growth", make(count)))
        for name, command in compilers.items():
            if name not in alive:
                continue
            argv = command([str(path)])
            figures = in_turn([argv], runs=3, timeout=limit)[0]
            if figures.failed:
                alive.discard(name)
                row.gave_up[name] = why(argv, figures.failed)
                print(f"  {count} {make.__name__}: {name} gives up: {row.gave_up[name]}", flush=True)
            else:
                row.figures[name] = figures
        rows.append(row)
    return rows


class Panel:
    """One quantity of one series of rows."""

    def __init__(self, column, title, unit, rows, value):
        self.x, self.title, self.unit, self.rows, self.value = column * COLUMN + LEFT, title, unit, rows, value
        values = [value(figures) for row in rows for figures in row.figures.values()]
        self.low = math.floor(math.log10(min(values))) if values else 0
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1) if values else 1

    def at(self, count, value):
        first, last = math.log10(self.rows[0].count), math.log10(self.rows[-1].count)
        across = (math.log10(count) - first) / (last - first)
        up = (math.log10(value) - self.low) / (self.high - self.low)
        return self.x + WIDTH * across, TOP + HEIGHT * (1 - up)

    def grid(self):
        yield f'<text x="{self.x}" y="{TOP - 20}" font-weight="bold">{html.escape(self.title)}</text>'
        yield f'<rect x="{self.x}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#999"/>'
        for decade in range(self.low, self.high + 1):
            _, y = self.at(self.rows[0].count, 10.0**decade)
            yield f'<line x1="{self.x}" x2="{self.x + WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
            yield f'<text x="{self.x - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**decade:g} {self.unit}</text>'
        for row in self.rows:
            x, _ = self.at(row.count, 10.0**self.low)
            yield f'<text x="{x:.1f}" y="{TOP + HEIGHT + 16}" text-anchor="middle">{row.count}</text>'

    def curve(self, name, colour):
        points = [(*self.at(row.count, self.value(row.figures[name])), row) for row in self.rows if name in row.figures]
        path = " ".join(f"{'L' if i else 'M'}{x:.1f},{y:.1f}" for i, (x, y, _) in enumerate(points))
        if path:
            yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for x, y, row in points:
            figure = f"{name}, {row.count}: {self.value(row.figures[name]):.1f} {self.unit}"
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"><title>{html.escape(figure)}</title></circle>'
        for row in self.rows:
            if name in row.gave_up:
                x, y = self.at(row.count, 10.0**self.high)
                text = html.escape(f"{name}, {row.count}: {row.gave_up[name]}")
                yield (f'<path d="M{x - 5:.1f},{y + 2:.1f}l10,10m0,-10l-10,10" stroke="{colour}" stroke-width="2">'
                       f"<title>{text}</title></path>")

    def svg(self):
        yield from self.grid()
        for name, colour in COLOURS.items():
            yield from self.curve(name, colour)


def picture(series):
    """`series`: (what is counted, rows)."""
    panels = []
    for title, rows in series:
        panels.append(Panel(len(panels), f"CPU, {title}", "ms", rows, lambda figures: max(figures.cpu * 1000, 0.1)))
        panels.append(Panel(len(panels), f"peak memory, {title}", "MiB", rows, lambda figures: figures.peak_mib))
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{COLUMN * len(panels) + 20}" height="{TOP + HEIGHT + 60}" '
           'font-family="sans-serif" font-size="11">', '<rect width="100%" height="100%" fill="white"/>']
    for panel in panels:
        out += panel.svg()
    for index, (name, colour) in enumerate(COLOURS.items()):
        x = LEFT + 170 * index
        out.append(f'<circle cx="{x}" cy="{TOP + HEIGHT + 38}" r="4" fill="{colour}"/>')
        out.append(f'<text x="{x + 10}" y="{TOP + HEIGHT + 42}">{name} (a cross: gives up)</text>')
    return "\n".join(out + ["</svg>\n"])


def plot(target, folder, our_compile, peer_compile, limit=150):
    """`limit` is above the budget of 120 s that our compiler has for an automaton: it is the budget that stops it."""
    compilers = dict(zip(COLOURS, (our_compile, peer_compile)))
    print(f"\ngrowth, a run stopped after {limit} s:")
    series = [("literal paths", measured(folder, LITERALS, sets.literals, compilers, limit)),
              ("nested **", measured(folder, NESTED, sets.nested, compilers, limit))]
    for title, rows in series:
        for row in rows:
            figures = (f"{name} {f.cpu * 1000:.1f} ms, {f.peak_mib:.0f} MiB" for name, f in row.figures.items())
            print(f"  {row.count:6} {title}: {'; '.join(figures)}")
    with open(target, "w") as file:
        file.write(picture(series))
    print(f"growth plotted to {target}")
