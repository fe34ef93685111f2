"""Notices that act on each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controlwatch.core.law.graph import LegalGraph
from tests.core.legal_status import (
    EXTENDS,
    IN_FORCE,
    NOT_YET,
    REPEALED,
    REPEALS,
    SUSPENDED,
    SUSPENDS,
    act,
    day,
    notice,
    part,
    stands,
    states,
    steps,
)

FIRST = notice("MOFCOM 2026-1", "2026-01-10", act(SUSPENDS, "MOFCOM 2026-2"), starts="2026-02-01")
SECOND = notice("MOFCOM 2026-2", "2026-01-20", act(REPEALS, "MOFCOM 2026-1"), starts="2026-03-01")


def test_where_two_notices_act_on_each_other_each_act_is_taken_at_its_word() -> None:
    ledger = LegalGraph.from_instruments([FIRST, SECOND])
    assert states(ledger, "MOFCOM 2026-1", "2026-02-28", "2026-03-01") == [IN_FORCE, REPEALED]
    assert states(ledger, "MOFCOM 2026-2", "2026-01-31", "2026-02-01", "2026-03-01") == [
        NOT_YET,
        SUSPENDED,
        SUSPENDED,
    ]


@pytest.mark.parametrize("number", ["MOFCOM 2026-1", "MOFCOM 2026-2"])
def test_where_two_notices_act_on_each_other_both_acts_are_shown_with_a_doubt(number: str) -> None:
    found = stands(LegalGraph.from_instruments([FIRST, SECOND]), number, "2026-04-01")
    assert {("suspends", "MOFCOM 2026-1"), ("repeals", "MOFCOM 2026-2")} <= {
        (verb, agent) for verb, agent, _ in steps(found)
    }
    assert any("a person must decide" in caution for caution in found.cautions)


def test_where_three_notices_act_in_a_circle_each_is_shown_with_a_caution() -> None:
    ring = [
        notice(f"MOFCOM 2026-{n}", f"2026-01-{n}", act(SUSPENDS, f"MOFCOM 2026-{target}"))
        for n, target in ((11, 12), (12, 13), (13, 11))
    ]
    ledger = LegalGraph.from_instruments(ring)
    for number in ("MOFCOM 2026-11", "MOFCOM 2026-12", "MOFCOM 2026-13"):
        found = stands(ledger, number, "2026-02-01")
        assert found.state is SUSPENDED
        assert any("a person must decide" in caution for caution in found.cautions)


def test_an_extension_of_one_of_two_notices_that_act_on_each_other_turns_on_its_own_days() -> None:
    """`until` names the last day of a state in a ring of notices too."""
    pause = replace(
        FIRST,
        effective=(part("all", "2026-02-01", "2026-04-30"),),
        relations=(act(SUSPENDS, "MOFCOM 2026-2"),),
    )
    other = notice("MOFCOM 2026-2", "2026-01-20", act(SUSPENDS, "MOFCOM 2026-1", start="2027-06-01"))
    longer = notice("MOFCOM 2026-3", "2026-01-25", act(EXTENDS, "MOFCOM 2026-1"), until="2026-07-31")
    ledger = LegalGraph.from_instruments([pause, other, longer])
    assert states(ledger, "MOFCOM 2026-2", "2026-07-31", "2026-08-01") == [SUSPENDED, IN_FORCE]
    assert stands(ledger, "MOFCOM 2026-2", "2026-03-01").until == day("2026-07-31")
