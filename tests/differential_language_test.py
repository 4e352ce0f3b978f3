#!/usr/bin/env python3
"""Every construct of the language, right and wrong (language_cases.py), through our compiler and the reference's: what one accepts the
other accepts, and then it means the same.

Without --all every PART-th case is run, for one kernel: a sample that takes seconds.

usage: differential_language_test.py [--all] [--kernel K]... [--only GLOB] [--parser 5.0] [--show NAME]
"""
import collections
import concurrent.futures
import fnmatch
import pathlib
import re
import sys
import tempfile
import time

import differential_test as differential
import language_cases

PART = 16

DECISION = differential.SOURCE / "docs" / "decisions" / "0006-where-the-reference-is-not-followed.md"
# What stays different: regular expressions on the case's text and on every line of difference, and words of the decision that say why.
BLOCK = r"\n  (audit |deny |allow |owner |prompt |audit deny |audit owner )?\{ (?!\})|audit \{ if|if true \{ audit|deny \{ audit"
KNOWN = [
    (BLOCK, ".", "Blocks"),
    (r"if (true|false) \{.*set rlimit", "rlimit", "Blocks"),
    (r"deny all,", ".", "`deny all,`"),
    (r"network.*", r"policydb: `network_v9 \\x00\\x01", "Accesses of unix sockets"),
    (r"change_profile( /x)? -> a, change_profile", "file: ", "change_profile rules that look alike"),
    (r"kill\.signal=", "kill signal", "kill.signal="),
    (r"-> (&?::|:n:,)", ".", "no kernel would load"),
    (r"profile :n:c", "BH2050", "no kernel would load"),
    (r"17179869184G", "rlimit|BH2040", "17179869184G"),
    (r"\[[*?]\]", "file: ", "[*]"),
    (r"xattrs=\(user\.a=@", "attachment|BH3003", "xattrs="),
    (r"flags=\(.*prompt", "mode", "flags=(prompt)"),
    (r"profile //", "attachment", "`//`"),
    (r"\$A=(\$T|not true)", "BH2061", "another boolean"),
    (r"unix type=dccp", "BH2033", "type=dccp"),
    (r"options=nouser /b", "policydb: `mount", "nouser"),
    (r"network .*peer=\(label", "policydb: `network_v9", "label of a peer"),
]


def compare(parser, base, kernel, work, name, text):
    path = work / f"{kernel}-{name}.profile"
    path.write_text(text)
    outcome = differential.compare(parser, differential.Case("language", name, path, base), kernel, work)
    path.unlink()
    return outcome


def main():
    options = differential.common_options()
    options.add_argument("--all", action="store_true")
    options.add_argument("--kernel", action="append")
    options.add_argument("--only", default="*")
    options.add_argument("--show", metavar="NAME")
    args = options.parse_args()
    cases = language_cases.cases()
    if args.show:
        print(dict(cases)[args.show])
        return 0
    differential.need_parsers(args.parser)
    chosen = [case for case in cases if fnmatch.fnmatch(case[0], args.only)]
    if not args.all and args.only == "*":
        chosen = chosen[::PART]
    kernels = args.kernel or (differential.KERNELS if args.all else differential.KERNELS[-1:])
    parser = differential.Parser(args.parser)
    base = differential.policy_folder(args.parser)
    decision = DECISION.read_text()
    patterns = [(re.compile(text, re.S), re.compile(line)) for text, line, _ in KNOWN]
    texts, used = dict(cases), set()
    unwritten = [words for _, _, words in KNOWN if words not in decision]
    if unwritten:
        sys.exit(f"{DECISION} does not speak of {unwritten}")
    began, counts = time.monotonic(), collections.Counter()
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        jobs = [pool.submit(compare, parser, base, kernel, pathlib.Path(folder), *case) for kernel in kernels for case in chosen]
        for job in jobs:
            outcome = job.result()
            accepted = [at for at, known in enumerate(patterns) if outcome.kind == "different" and known[0].search(texts[outcome.case.name])
                        and all(known[1].search(line) for line in outcome.lines)]
            if accepted:
                used.update(accepted)
                outcome = outcome._replace(kind="as decided")
            counts[outcome.kind] += 1
            if outcome.kind == "different":
                print(f"{outcome.case.name} for {outcome.kernel} (ours | reference {parser.version}):")
                print("".join(f"    {line[:600]}\n" for line in outcome.lines[:6]), end="", flush=True)
    print(", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) + f", {time.monotonic() - began:.1f} s")
    whole = args.all and args.only == "*" and not args.kernel
    stale = [KNOWN[at][2] for at in range(len(KNOWN)) if at not in used] if whole else []
    if stale:
        print(f"nothing differs any more by: {stale}")
    return 1 if counts["different"] or stale else 0


if __name__ == "__main__":
    sys.exit(main())
