"""Tell every story, kill, feed hostile inputs, soak, and write what came of it into docs/reliability.md.

`make reliability` takes a quarter of an hour; SOAK_MINUTES sets how much of it is the soak (5).
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path

from rich.progress import track

from tests.bench import kills
from tests.bench.soak import soaked
from tests.hostile import report as hostile
from tests.scenarios.stories import STORIES, Outcome, run
from tests.torture import report as torture

HEAD = """\
# Reliability, measured

Made by `make reliability`; nothing in it is written by hand. Each story acts on a site on loopback that the unchanged
pipeline watches, from a shelf that is filled: which alerts people should get, and which they got. Alerts are named by
kind and number; health alerts by the source.

| the site … | expected | seen | right |
|---|---|---|---|
"""


def main() -> None:
    """Run all, write the report, and say whether all is right by the exit status."""
    minutes = float(os.environ.get("SOAK_MINUTES", "5"))
    outcomes = [run(one) for one in track(STORIES, "telling")]
    right = sum(outcome.right for outcome in outcomes)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        kills.main()
    report = [
        HEAD + "".join(map(row, outcomes)),
        f"**{right} of {len(outcomes)} right.**",
        "## Killed in the middle of a fan-out",
        said.getvalue().strip() + ".",
        torture.section().strip(),
        hostile.section(seconds=60.0).strip(),
        "## Soak",
        f"{soaked(minutes)}.",
        "## What is bounded on purpose",
        "A notice is looked at again for 60 days after it was first seen; a silent edit after that is seen only when "
        "its row changes. A notice older than the part of a list that was shelved at the first look, pinned on top "
        "later, is told as if it were back-dated: better one alert too many.",
    ]
    Path("docs/reliability.md").write_text("\n\n".join(report) + "\n", encoding="utf-8")
    print(f"{right} of {len(outcomes)} stories right; see docs/reliability.md")
    sys.exit(0 if right == len(outcomes) else 1)


def row(outcome: Outcome) -> str:
    """Return a line of the table; long lists are counted."""
    sign = "✓" if outcome.right else "✗"
    return f"| {outcome.name} | {listed(outcome.expected)} | {listed(outcome.seen)} | {sign} |\n"


def listed(alerts: tuple[str, ...]) -> str:
    """Return alerts in a cell, those of one kind counted where they are many."""
    if len(alerts) <= 4:
        return ", ".join(sorted(alerts)) or "none"
    kinds = sorted({alert.split()[0] for alert in alerts})
    return ", ".join(f"{sum(alert.split()[0] == kind for alert in alerts)} × {kind}" for kind in kinds)


if __name__ == "__main__":
    main()
