"""A short campaign of hostile inputs: none hangs, crashes, leaks, or comes out unlike declared."""

from __future__ import annotations

from random import Random

import pytest

from controlwatch.core.model.errors import Garbled
from tests.hostile.campaign import MARK, Unlike, judge, run
from tests.hostile.report import BAD, rows
from tests.hostile.targets import CONTAINED, TARGETS


@pytest.mark.slow
def test_no_hostile_input_hangs_crashes_leaks_or_comes_out_unlike_declared() -> None:
    tallies = run(TARGETS, seconds=8, contained=CONTAINED)
    assert all(tally.tried >= 2 for tally in tallies.values())
    assert [f"{name} {bad}" for name, tally in tallies.items() for bad in tally.bad] == []
    assert "| **all** |" in list(rows(tallies))[-1]


def test_every_way_to_end_is_told_apart() -> None:
    def ending(error: BaseException | None, said: str = "") -> str:
        def trial(_: Random) -> list[str]:
            if error is not None:
                raise error
            return [said]

        return judge("x", 1, trial)[0]

    assert ending(None, "text") == "read"
    assert ending(Garbled("no")) == "refused"
    assert ending(None, f"token {MARK}") == ending(Garbled(MARK)) == "leaked"
    assert ending(Unlike("no quote")) == "unlike"
    assert ending(ValueError("x")) == "crashed"
    assert set(BAD) == {"hung", "crashed", "leaked", "unlike"}
