"""Suspensions: from their first day to their last."""

from __future__ import annotations

from controlwatch.core.law.graph import LegalGraph
from controlwatch.core.model import NoticeKind
from controlwatch.core.rendering.state_text import format_state
from tests.core.legal_status import (
    BATTERIES,
    IN_FORCE,
    NOT_YET,
    PARTLY,
    PAUSE,
    REPEALS,
    SUSPENDED,
    SUSPENDS,
    US_RULE,
    act,
    day,
    notice,
    stands,
    states,
    steps,
)


def test_a_suspension_before_the_effective_date_holds_from_its_own_first_day() -> None:
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE])
    days = ("2025-11-06", "2025-11-07", "2025-11-08", "2025-11-09")
    assert states(ledger, "MOFCOM-GACC 2025-58", *days) == [NOT_YET, SUSPENDED, SUSPENDED, SUSPENDED]


def test_a_date_that_came_while_suspended_is_one_on_which_it_was_to_take_effect() -> None:
    found = stands(LegalGraph.from_instruments([BATTERIES, PAUSE]), "MOFCOM-GACC 2025-58", "2025-11-15")
    assert steps(found) == [
        ("issued", "MOFCOM-GACC 2025-58", "2025-10-09"),
        ("suspends", "MOFCOM-GACC 2025-70", "2025-11-07"),
        ("was to take effect", "MOFCOM-GACC 2025-58", "2025-11-08"),
        ("suspension ends", "MOFCOM-GACC 2025-70", "2026-11-10"),
    ]


def test_the_last_day_of_a_suspension_is_still_suspended() -> None:
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE])
    assert states(ledger, "MOFCOM-GACC 2025-58", "2026-11-10", "2026-11-11") == [SUSPENDED, IN_FORCE]


def test_since_and_until_are_the_first_and_the_last_day_of_a_state() -> None:
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE])
    spans = [
        (str(found.since), str(found.until))
        for found in (
            stands(ledger, "MOFCOM-GACC 2025-58", text) for text in ("2025-11-06", "2026-01-01", "2026-11-11")
        )
    ]
    assert spans == [("2025-10-09", "2025-11-07"), ("2025-11-07", "2026-11-10"), ("2026-11-11", "None")]


def test_a_notice_that_starts_after_its_suspension_ended_waits_for_its_own_day() -> None:
    pause = notice("MOFCOM 2025-70", "2025-11-07", act(SUSPENDS, "MOFCOM 2025-61"), until="2025-11-20")
    ledger = LegalGraph.from_instruments([notice("MOFCOM 2025-61", "2025-10-09", starts="2025-12-01"), pause])
    days = ("2025-11-20", "2025-11-21", "2025-11-30", "2025-12-01")
    assert states(ledger, "MOFCOM 2025-61", *days) == [SUSPENDED, NOT_YET, NOT_YET, IN_FORCE]


def test_a_suspension_without_an_end_goes_on_with_a_caution() -> None:
    pause = notice("MOFCOM 2025-71", "2025-11-07", act(SUSPENDS, "MOFCOM 2024-46"))
    found = stands(LegalGraph.from_instruments([US_RULE, pause]), "MOFCOM 2024-46", "2035-01-01")
    assert (found.state, found.until) == (SUSPENDED, None)
    assert "MOFCOM 2025-71 states no end of the suspension" in found.cautions


def test_two_suspensions_that_overlap_hold_from_the_first_day_to_the_last() -> None:
    first = notice("MOFCOM 2025-80", "2025-05-14", act(SUSPENDS, "MOFCOM 2024-46"), until="2025-08-12")
    second = notice("MOFCOM 2025-81", "2025-08-12", act(SUSPENDS, "MOFCOM 2024-46"), until="2025-11-10")
    found = stands(LegalGraph.from_instruments([US_RULE, first, second]), "MOFCOM 2024-46", "2025-08-12")
    assert (found.state, found.since, found.until) == (SUSPENDED, day("2025-05-14"), day("2025-11-10"))


def test_a_short_suspension_within_a_longer_one_does_not_end_it() -> None:
    long = notice("MOFCOM 2025-80", "2025-05-14", act(SUSPENDS, "MOFCOM 2024-46"), until="2026-05-13")
    short = notice("MOFCOM 2025-81", "2025-08-12", act(SUSPENDS, "MOFCOM 2024-46"), until="2025-11-10")
    assert states(
        LegalGraph.from_instruments([US_RULE, long, short]), "MOFCOM 2024-46", "2025-11-11", "2026-05-14"
    ) == [
        SUSPENDED,
        IN_FORCE,
    ]


def test_between_two_suspensions_a_notice_is_in_force() -> None:
    first = notice("MOFCOM 2025-80", "2025-05-14", act(SUSPENDS, "MOFCOM 2024-46"), until="2025-08-12")
    second = notice("MOFCOM 2025-81", "2025-09-01", act(SUSPENDS, "MOFCOM 2024-46"), until="2025-11-10")
    days = ("2025-08-12", "2025-08-13", "2025-08-31", "2025-09-01", "2025-11-11")
    assert states(LegalGraph.from_instruments([US_RULE, first, second]), "MOFCOM 2024-46", *days) == [
        SUSPENDED,
        IN_FORCE,
        IN_FORCE,
        SUSPENDED,
        IN_FORCE,
    ]


def test_a_suspending_notice_that_is_repealed_suspends_no_longer() -> None:
    undo = notice("MOFCOM 2026-50", "2026-03-01", act(REPEALS, "MOFCOM-GACC 2025-70"))
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE, undo])
    assert states(ledger, "MOFCOM-GACC 2025-58", "2026-02-28", "2026-03-01") == [SUSPENDED, IN_FORCE]


def test_a_suspending_notice_that_is_suspended_suspends_again_afterwards() -> None:
    hold = notice("MOFCOM 2026-50", "2026-03-01", act(SUSPENDS, "MOFCOM-GACC 2025-70"), until="2026-03-31")
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE, hold])
    days = ("2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01", "2026-11-11")
    assert states(ledger, "MOFCOM-GACC 2025-58", *days) == [
        SUSPENDED,
        IN_FORCE,
        IN_FORCE,
        SUSPENDED,
        IN_FORCE,
    ]


def test_an_answer_of_the_spokesperson_that_sets_a_rule_is_an_instrument() -> None:
    listing = notice("MOFCOM 2025-21", "2025-04-04")
    answer = notice(
        "商务部新闻发言人答记者问",
        "2025-11-06",
        act(SUSPENDS, "MOFCOM 2025-21", start="2025-11-10", until="2026-11-10"),
        kind=NoticeKind.SPOKESPERSON,
    )
    days = ("2025-11-09", "2025-11-10", "2026-11-10", "2026-11-11")
    assert states(LegalGraph.from_instruments([listing, answer]), "MOFCOM 2025-21", *days) == [
        IN_FORCE,
        SUSPENDED,
        SUSPENDED,
        IN_FORCE,
    ]


def test_a_notice_of_which_a_part_will_be_suspended_is_not_said_to_end() -> None:
    pause = notice(
        "MOFCOM 2025-72",
        "2025-11-01",
        act(SUSPENDS, "MOFCOM 2024-46", "第二款"),
        starts="2025-11-09",
        until="2026-11-27",
    )
    found = stands(LegalGraph.from_instruments([US_RULE, pause]), "MOFCOM 2024-46", "2025-11-05")
    assert (found.state, found.until, found.then) == (IN_FORCE, day("2025-11-08"), PARTLY)
    words = format_state(found.state, found.until, then=found.then)
    assert words == "in force, partially suspended from 9 Nov 2025"
    assert format_state(IN_FORCE, found.until, then=SUSPENDED) == "in force until 8 Nov 2025"
