#!/usr/bin/env python3
"""Every construct of the language, right and wrong (language_cases.py), through our compiler and the reference's: what one accepts the
other accepts, and then it means the same.

Without --all every PART-th case is run, for one kernel: a sample that takes seconds.

usage: differential_language_test.py [--all] [--kernel K]... [--only GLOB] [--parser 5.0] [--show NAME]
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import differential_test as differential
import language_cases

PART = 16


def compare(parser, base, kernel, work, name, text):
    path = work / f"{kernel}-{name}.profile"
    path.write_text(text)
    outcome = differential.compare(parser, differential.Case("language", name, path, base), kernel, work)
    path.unlink()
    return outcome


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--all", action="store_true")
    options.add_argument("--kernel", action="append")
    options.add_argument("--only", default="*")
    options.add_argument("--parser", default="5.0")
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    options.add_argument("--show", metavar="NAME")
    args = options.parse_args()
    cases = language_cases.cases()
    if args.show:
        print(dict(cases)[args.show])
        return 0
    fetched = subprocess.run([differential.SOURCE / "tools" / "fetch-parsers", args.parser], capture_output=True, text=True)
    if fetched.returncode != 0:
        print(f"skipped: the reference's parser is not here and cannot be fetched: {fetched.stderr.strip()}")
        return differential.SKIP
    chosen = [case for case in cases if fnmatch.fnmatch(case[0], args.only)]
    if not args.all and args.only == "*":
        chosen = chosen[::PART]
    kernels = args.kernel or (differential.KERNELS if args.all else differential.KERNELS[-1:])
    parser = differential.Parser(args.parser)
    base = differential.CACHE / "parsers" / args.parser / "root" / "etc" / "apparmor.d"
    began, counts = time.monotonic(), collections.Counter()
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        jobs = [pool.submit(compare, parser, base, kernel, pathlib.Path(folder), *case) for kernel in kernels for case in chosen]
        for job in jobs:
            outcome = job.result()
            counts[outcome.kind] += 1
            if outcome.kind == "different":
                print(f"{outcome.case.name} for {outcome.kernel} (ours | reference {parser.version}):")
                print("".join(f"    {line[:600]}\n" for line in outcome.lines[:6]), end="", flush=True)
    print(", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) + f", {time.monotonic() - began:.1f} s")
    return 1 if counts["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
