"""The results of a fuzzing campaign, as a section of the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.hostile.campaign import Tally, run
from tests.hostile.mended import MENDED
from tests.hostile.targets import CONTAINED, TARGETS

BAD = ("hung", "crashed", "leaked", "unlike")


def rows(tallies: Mapping[str, Tally]) -> Iterator[str]:
    """Yield a table: of each target how many inputs were tried and how they ended."""
    yield "| target | inputs tried | refused by name | hung | crashed | leaked | unlike declared |"
    yield "|---|---|---|---|---|---|---|"
    for name, tally in tallies.items():
        ends = " | ".join(str(tally.ends[end]) for end in ("refused", *BAD))
        yield f"| {name} | {tally.tried} | {ends} |"
    bad = " | ".join(f"**{sum(tally.ends[end] for tally in tallies.values())}**" for end in ("refused", *BAD))
    yield f"| **all** | **{sum(tally.tried for tally in tallies.values())}** | {bad} |"


def section(*, seconds: float = 60.0) -> str:
    """Run the campaign, and return the section with its table and the defects fixed before."""
    table = "\n".join(rows(run(TARGETS, seconds=seconds, contained=CONTAINED)))
    found = "\n".join(f"| {one.found} | {one.mended} | `{one.test}` |" for one in MENDED)
    return (
        "## Hostile inputs\n\n"
        "The examples, the corpus and a file of every format are damaged at random and filled with what has broken parsers "
        "and renderers before: entities, bombs, loops, control characters, direction marks, mentions, formulas, header "
        f"breaks, deep nesting, long runs. This run took {seconds:.0f} seconds; `make fuzz` runs for as long as you like. "
        "An input is *refused by name* when a declared error says why it cannot be read; it is *unlike declared* when a "
        "result breaks a rule of its medium, such as a quote that is not in the text, or a cell that a spreadsheet would "
        f"execute.\n\n{table}\n\n"
        "Defects found by this, or while it was built, and fixed:\n\n| defect | fix | test |\n|---|---|---|\n"
        f"{found}\n"
    )
