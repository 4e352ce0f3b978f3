"""The heavy policies of the benchmark, made here so that each says what it is; the same bytes every time."""


def profile(name, rules):
    return f"profile {name} {{\n" + "".join(f"  {rule}\n" for rule in rules) + "}\n"


def globs(count):
    """`**` rules with alternations, as desktop policy has them by the hundred."""
    tops = ["usr", "opt", "srv", "var/lib", "var/cache", "run/user/*", "home/*/.config", "home/*/.local/share"]
    kinds = ["{bin,sbin,libexec}", "{share,lib{,32,64}}", "{tmp,cache,state}", "{a,b,c}*"]
    return [f"/{tops[i % len(tops)]}/{kinds[i % len(kinds)]}/**/name{i}{{,.d}}/*.{{so,so.*,conf}} r," for i in range(count)]


def literals(count):
    """Literal paths that share little."""
    return [f"/srv/data/{(i * 2654435761) % 2**32:08x}/{(i * 40503) % 65536:04x}/file{i} rw," for i in range(count)]


def nested(depth):
    """One rule per nesting level of `**`."""
    return [f"/{'**/x%d' % i}{''.join('/**/y%d' % j for j in range(i))} r," for i in range(1, depth + 1)]


def mixed(count):
    """owner, audit and deny over the same trees."""
    words = ["", "owner ", "audit ", "audit owner ", "deny ", "audit deny "]
    perms = ["r", "rw", "rwk", "mr", "w", "a"]
    return [f"{words[i % 6]}/home/*/{'.' if i % 3 else ''}dir{i % 40}/**/f{i}* {perms[(i // 6) % 6]}," for i in range(count)]


def variables(width, rules):
    """Deep variable sets: three levels, each name used in every rule."""
    head = "@{A} = " + " ".join(f"/a{i}" for i in range(width)) + "\n"
    head += "@{B} = " + " ".join(f"@{{A}}/b{i}" for i in range(width)) + "\n"
    head += "@{C} = " + " ".join(f"@{{B}}/c{i}" for i in range(4)) + "\n"
    return head + profile("variables", [f"@{{C}}/**/leaf{i} r," for i in range(rules)])


SETS = {
    "globs-100": profile("globs", globs(100)),
    "globs-300": profile("globs", globs(300)),
    "literals-1000": profile("literals", literals(1000)),
    "literals-5000": profile("literals", literals(5000)),
    "nested-6": profile("nested", nested(6)),
    "mixed-400": profile("mixed", mixed(400)),
    "variables-12x40": variables(12, 40),
}
