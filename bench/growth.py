"""CPU time and peak memory against the number of rules, ours and the peer's, as one SVG."""
import math

import sets
from measure import in_turn

LITERALS = [10, 50, 200, 1000, 5000, 20000]
NESTED = [2, 4, 6, 8, 10, 12, 14, 16]
COLOURS = {"bulkhead": "#1f6fb4", "apparmor_parser 5.0": "#c44e52"}


def measured(folder, counts, make, our_compile, peer_compile, limit=60):
    """[(count, ours, theirs)], a command that failed or ran out of time is left out from then on."""
    rows, alive = [], [True, True]
    for count in counts:
        path = folder / f"growth-{count}"
        path.write_text(sets.profile("growth", make(count)))
        figures = [None, None]
        for which, build in enumerate((our_compile, peer_compile)):
            if alive[which]:
                figures[which] = in_turn([build([str(path)])], runs=1, timeout=limit)[0]
                if figures[which].failed:
                    alive[which], figures[which] = False, None
        rows.append((count, *figures))
    return rows


def panel(x, title, rows, value, unit):
    points = {name: [(count, value(f)) for count, *fs in rows for f in [fs[i]] if f] for i, name in enumerate(COLOURS)}
    values = [v for series in points.values() for _, v in series if v > 0]
    low, high = math.log10(min(values)), math.log10(max(values)) + 0.1
    counts = [math.log10(row[0]) for row in rows]
    def at(count, v):
        px = x + 60 + 240 * (math.log10(count) - counts[0]) / (counts[-1] - counts[0])
        return px, 260 - 200 * (math.log10(v) - low) / max(high - low, 1e-9)
    out = [f'<text x="{x + 60}" y="40" font-weight="bold">{title}</text>',
           f'<rect x="{x + 60}" y="60" width="240" height="200" fill="none" stroke="#999"/>']
    for decade in range(math.ceil(low), math.floor(high) + 1):
        _, y = at(rows[0][0], 10.0**decade)
        out.append(f'<text x="{x + 54}" y="{y + 4:.0f}" text-anchor="end">{10.0**decade:g} {unit}</text>'
                   f'<line x1="{x + 60}" x2="{x + 300}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
    for count, *_ in rows:
        px, _ = at(count, 10**low)
        out.append(f'<text x="{px:.0f}" y="276" text-anchor="middle">{count}</text>')
    for name, series in points.items():
        path = " ".join("%s%.1f,%.1f" % ("ML"[i > 0], *at(*p)) for i, p in enumerate((c, max(v, 10**low)) for c, v in series))
        out.append(f'<path d="{path}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"><title>{name}</title></path>')
    return out


def plot(target, folder, our_compile, peer_compile):
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="1320" height="320" font-family="sans-serif" font-size="11">',
           '<rect width="100%" height="100%" fill="white"/>']
    for index, (title, counts, make) in enumerate((("literal paths", LITERALS, sets.literals), ("nested **", NESTED, sets.nested))):
        rows = measured(folder, counts, make, our_compile, peer_compile)
        out += panel(index * 660, f"CPU, {title}", rows, lambda f: max(f.cpu * 1000, 0.1), "ms")
        out += panel(index * 660 + 330, f"peak memory, {title}", rows, lambda f: f.peak_mib, "MiB")
    for index, (name, colour) in enumerate(COLOURS.items()):
        out.append(f'<text x="{60 + 160 * index}" y="304" fill="{colour}">{name}</text>')
    with open(target, "w") as file:
        file.write("\n".join(out + ["</svg>\n"]))
    print(f"\ngrowth plotted to {target}")
