#!/usr/bin/env python3
"""Random profiles through our compiler and the reference's: the same acceptance, language and permissions.

A seed is a profile (random_profile.py); the default seeds are fixed, so a run either always passes or never does. What differs is
printed with its rules left out one by one as long as it still differs, ready for tests/differential/cases.

usage: differential_random_test.py [--first N] [--seeds N] [--kernel K] [--parser 5.0] [--show SEED]
"""
import concurrent.futures
import pathlib
import sys
import tempfile
import time

import differential_test as differential
import random_profile

BATCH = 8  # profiles in one file: what a run costs is starting the reference
DEFAULT_SEEDS = 800
ABIS = ("", "abi <abi/3.0>,", "abi <abi/4.0>,", "abi <abi/5.0>,")


class Bed:
    """Where a batch is compared, and how a failing profile is made small."""

    def __init__(self, parser, base, work, kernel):
        self.parser, self.base, self.work, self.kernel = parser, base, work, kernel

    def kernel_of(self, batch):
        return self.kernel or differential.KERNELS[batch % len(differential.KERNELS)]

    def compare(self, batch, name, texts):
        path = self.work / f"{name}.profile"
        abi = ABIS[batch // len(differential.KERNELS) % len(ABIS)]
        text = "\n".join([abi, *texts]) + "\n"
        path.write_text(random_profile.spelled(text, 1))
        reference = path.with_suffix(".reference")
        reference.write_text(random_profile.spelled(text, 2))
        outcome = differential.compare(self.parser, differential.Case("random", name, path, self.base, reference), self.kernel_of(batch), self.work)
        shown = path.read_text()
        if shown != reference.read_text():
            shown += "# for the reference:\n" + reference.read_text()
        return outcome, shown

    def shrink(self, batch, seed, lines):
        """The lines without those that the difference does not need."""
        at = 0
        while at < len(lines):
            if lines[at][1]:
                fewer = lines[:at] + lines[at + 1:]
                outcome, _ = self.compare(batch, f"s{seed}-small", ["\n".join(line for line, _ in fewer)])
                if outcome.kind == "different":
                    lines = fewer
                    continue
            at += 1
        return lines

    def run(self, batch):
        """(what differs: seeds, kernel, text, differences; how many were compared; how many both refuse)"""
        seeds = range(batch * BATCH, (batch + 1) * BATCH)
        profiles = {seed: random_profile.Generator(seed).lines() for seed in seeds}
        texts = {seed: "\n".join(line for line, _ in lines) for seed, lines in profiles.items()}
        together, whole = self.compare(batch, f"batch{batch}", texts.values())
        if together.kind in ("equal", "but complain"):
            return [], len(profiles), 0
        failures, refused = [], 0
        for seed, lines in profiles.items():
            outcome, _ = self.compare(batch, f"s{seed}", [texts[seed]])
            refused += outcome.kind == "refused by both"
            if outcome.kind != "different":
                continue
            small = self.shrink(batch, seed, lines)
            outcome, text = self.compare(batch, f"s{seed}", ["\n".join(line for line, _ in small)])
            failures.append((seed, self.kernel_of(batch), text, outcome.lines))
        if together.kind == "different" and not failures:  # only together
            failures.append((f"{seeds[0]} to {seeds[-1]}", self.kernel_of(batch), whole, together.lines))
        return failures, len(profiles) - refused, refused


def main():
    options = differential.common_options()
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--seeds", type=int, default=DEFAULT_SEEDS)
    options.add_argument("--kernel")
    options.add_argument("--show", type=int, metavar="SEED")
    args = options.parse_args()
    if args.show is not None:
        print(random_profile.spelled("\n".join(line for line, _ in random_profile.Generator(args.show).lines()), 1))
        return 0

    differential.need_parsers(args.parser)
    parser = differential.Parser(args.parser, keep=args.first == 0 and args.seeds <= DEFAULT_SEEDS)
    base = differential.policy_folder(args.parser)
    began, compared, refused, failures = time.monotonic(), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        bed = Bed(parser, base, pathlib.Path(folder), args.kernel)
        batches = range(args.first // BATCH, (args.first + args.seeds + BATCH - 1) // BATCH)
        for failed, both, neither in pool.map(bed.run, batches):
            compared += both
            refused += neither
            failures += len(failed)
            sys.stdout.flush()
            for seed, kernel, text, lines in failed:
                print(f"seed {seed} for {kernel} (ours | reference {parser.version}):\n{text}")
                for line in lines[:6]:
                    print(f"    {line[:600]}")
    print(f"{compared} random profiles compared, {refused} refused by both, {failures} different, {time.monotonic() - began:.1f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
