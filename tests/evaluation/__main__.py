"""Print the evaluation of a labelled directory; exit with 1 where a figure is below its floor.

First the changes of which nobody would have been told and the alerts that are right in everything; then the
other figures of change and review, what the second reader adds, each field, and the same by language, kind and author of the cases. With
--misses, also every difference with the words it was read from.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.evaluation import CORPUS, FLOORS, evaluate, find_broken_floors, load_cases
from tests.evaluation.cases import ANSWERS
from tests.evaluation.figures import draw_fields, draw_groups, draw_head, draw_misses, draw_second_reader
from tests.evaluation.second_answers import draw_answers, replay_answers


def main() -> None:
    """Measure the directory named on the command line."""
    parser = argparse.ArgumentParser(
        prog="make eval", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("place", type=Path, metavar="DIR|FILE", nargs="?", default=CORPUS)
    parser.add_argument("--misses", action="store_true", help="print every difference")
    parser.add_argument("--author", help="only the cases of this author: the letters before the first digit")
    parser.add_argument(
        "--floors", type=Path, help="check these floors; those of tests/floors.toml hold for tests/corpus"
    )
    parser.add_argument(
        "--second",
        choices=["recorded"],
        help="also replay what a language model answered to these texts (controlwatch second record)",
    )
    parser.add_argument("--answers", type=Path, default=ANSWERS, help="the file of recorded answers")
    options = parser.parse_args()
    cases = [case for case in load_cases(options.place) if options.author in {None, case.author}]
    if not cases:
        sys.exit(f"{options.place} holds no labelled case (gold.jsonl, or CASE/gold.json and CASE/text.txt)")
    evaluation = evaluate(cases)
    parts = [
        draw_head(evaluation),
        draw_second_reader(evaluation),
        draw_fields(evaluation),
        draw_groups(evaluation, "language", lambda case: str(case.labels.get("language", "?"))),
        draw_groups(evaluation, "kind", lambda case: str(case.labels["kind"])),
        draw_groups(evaluation, "author", lambda case: case.author),
    ]
    if options.second:
        replayed = replay_answers(evaluation.readings, options.answers) if options.answers.exists() else ()
        parts.insert(2, draw_answers(replayed))
    if options.misses:
        parts.append(draw_misses(evaluation))
    is_whole = options.place.resolve() == CORPUS and not options.author
    floors = options.floors or (FLOORS if is_whole else None)
    broken = find_broken_floors(evaluation, floors) if floors else []
    sys.stdout.write("\n\n".join([*parts, *broken]) + "\n")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
