"""What a campaign came to, as a section of a report."""

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
    """Try for so long, and return the section on hostile inputs with its table and what was mended before."""
    table = "\n".join(rows(run(TARGETS, seconds=seconds, contained=CONTAINED)))
    found = "\n".join(f"| {one.found} | {one.mended} | `{one.test}` |" for one in MENDED)
    return (
        "## Hostile inputs\n\n"
        "Our examples and our corpus, and a file of every format, damaged at random and filled with what has hurt readers "
        "and renderers before: entities, bombs, loops, control characters, marks of direction, mentions, formulas, breaks "
        f"of headers, deep nests, long runs. Tried for {seconds:.0f} seconds here, for as long as you like by `make fuzz`. "
        "An input is *refused by name* where the reader says by a declared error why it cannot be read; it is *unlike "
        "declared* where a result breaks a law of its medium, such as a quote that does not stand in the text, or a cell "
        f"that a spreadsheet would run.\n\n{table}\n\n"
        "Found by this, or while it was built, and mended:\n\n| what was found | what is done now | the test that holds it |\n|---|---|---|\n"
        f"{found}\n"
    )
