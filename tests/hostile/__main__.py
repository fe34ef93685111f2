"""Try hostile inputs for some minutes: `make fuzz`, or `python -m tests.hostile 15`.

Each trial has a number, from which its input is made again: `python -m tests.hostile --again "lists: feeds" 17`
does it in this process and shows what went wrong. With --from, other numbers are tried than the last time.
"""

from __future__ import annotations

import argparse
import sys
from random import Random

from tests.hostile.campaign import run
from tests.hostile.report import BAD, rows
from tests.hostile.targets import CONTAINED, TARGETS


def main() -> None:
    """Try, print a table and every bad end; the exit status is 1 where there is one."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("minutes", type=float, nargs="?", default=5.0)
    parser.add_argument(
        "--from", type=int, default=0, dest="start", metavar="N", help="the number of the first trial"
    )
    parser.add_argument("--only", default="", metavar="WORDS", help="targets whose names hold these words")
    parser.add_argument("--again", nargs=2, metavar=("TARGET", "N"), help="do one trial here")
    asked = parser.parse_args()
    if asked.again:
        name, number = asked.again
        print(*TARGETS[name](Random(f"{name}:{number}")), sep="\n")
        return
    names = [name for name in TARGETS if asked.only in name]
    tallies = run(names, seconds=60 * asked.minutes, start=asked.start, contained=CONTAINED)
    print("\n".join(rows(tallies)))
    for name, tally in tallies.items():
        print(f"slowest of {name}: {tally.slowest[0]:.1f} s, {tally.slowest[1]}")
        for number, end, words in tally.bad[:20]:
            print(f"\n{name}, {number}: {end}\n{words}")
    sys.exit(any(tally.ends[end] for tally in tallies.values() for end in BAD))


if __name__ == "__main__":
    main()
