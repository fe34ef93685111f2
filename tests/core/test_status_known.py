"""What is known of a notice on a day, and from when it counts."""

from __future__ import annotations

from dataclasses import replace

from controlwatch.core.law.graph import LegalGraph
from controlwatch.core.model import NoticeKind
from tests.core.legal_status import (
    BATTERIES,
    IN_FORCE,
    NOT_YET,
    PAUSE,
    REPEALS,
    SUSPENDED,
    SUSPENDS,
    UNKNOWN,
    US_RULE,
    act,
    day,
    notice,
    part,
    stands,
    states,
    steps,
)


def test_a_notice_is_unknown_until_it_is_issued() -> None:
    found = stands(LegalGraph.from_instruments([BATTERIES]), "MOFCOM-GACC 2025-58", "2025-10-08")
    assert (found.state, found.clauses, found.chain) == (UNKNOWN, (), ())
    assert found.cautions == ("MOFCOM-GACC 2025-58 was issued on 2025-10-09, after 2025-10-08",)


def test_later_facts_do_not_shine_back() -> None:
    asked_then = stands(LegalGraph.from_instruments([BATTERIES]), "MOFCOM-GACC 2025-58", "2025-11-01")
    asked_now = stands(LegalGraph.from_instruments([BATTERIES, PAUSE]), "MOFCOM-GACC 2025-58", "2025-11-01")
    assert asked_now == asked_then
    assert (asked_now.state, asked_now.until) == (NOT_YET, day("2025-11-07"))


def test_a_notice_that_we_never_saw_is_unknown_with_what_others_do_to_it() -> None:
    found = stands(LegalGraph.from_instruments([PAUSE]), "MOFCOM-GACC 2025-58", "2025-11-15")
    assert found.state is UNKNOWN
    assert steps(found) == [
        ("suspends", "MOFCOM-GACC 2025-70", "2025-11-07"),
        ("suspension ends", "MOFCOM-GACC 2025-70", "2026-11-10"),
    ]
    assert found.cautions == ("MOFCOM 2025-58 itself is not known here, only what others say about it",)


def test_a_notice_of_unknown_date_counts_from_the_day_by_which_it_was_issued() -> None:
    undated = replace(notice("MOFCOM 2020-63", "2020-12-31"), is_dated=False)
    found = stands(LegalGraph.from_instruments([undated]), "MOFCOM 2020-63", "2021-01-01")
    assert found.state is IN_FORCE
    assert any("day of issue of MOFCOM 2020-63 is not known" in caution for caution in found.cautions)


def test_a_notice_without_an_effective_date_counts_from_its_day_of_issue_with_a_caution() -> None:
    silent = notice("MOFCOM 2025-68", "2025-10-26", parts=(part("all", None),))
    found = stands(LegalGraph.from_instruments([silent]), "MOFCOM 2025-68", "2025-10-26")
    assert found.state is IN_FORCE
    assert any("does not state when it takes effect" in caution for caution in found.cautions)


def test_a_notice_that_takes_effect_later_is_not_yet_in_force() -> None:
    ledger = LegalGraph.from_instruments([BATTERIES])
    assert states(ledger, "MOFCOM-GACC 2025-58", "2025-10-09", "2025-11-07", "2025-11-08") == [
        NOT_YET,
        NOT_YET,
        IN_FORCE,
    ]


def test_a_retroactive_notice_is_unknown_before_its_issue_and_in_force_from_it() -> None:
    back = notice("MOFCOM 2024-9", "2024-02-23", starts="2024-02-01")
    ledger = LegalGraph.from_instruments([back])
    assert states(ledger, "MOFCOM 2024-9", "2024-02-10", "2024-02-22", "2024-02-23") == [
        UNKNOWN,
        UNKNOWN,
        IN_FORCE,
    ]


def test_a_notice_that_reaches_back_in_time_says_so() -> None:
    back = notice("MOFCOM 2024-9", "2024-02-23", starts="2024-02-01")
    found = stands(LegalGraph.from_instruments([back]), "MOFCOM 2024-9", "2024-03-01")
    assert any("reaches back to 2024-02-01" in caution for caution in found.cautions)


def test_a_suspension_that_reaches_back_in_time_says_so() -> None:
    late = notice(
        "MOFCOM 2025-80",
        "2025-06-15",
        act(SUSPENDS, "MOFCOM 2025-10"),
        starts="2025-06-01",
        until="2025-12-31",
    )
    ledger = LegalGraph.from_instruments([notice("MOFCOM-GACC 2025-10", "2025-02-04"), late])
    assert states(ledger, "MOFCOM 2025-10", "2025-06-10", "2025-06-15") == [IN_FORCE, SUSPENDED]
    cautions = stands(ledger, "MOFCOM 2025-10", "2025-06-20").cautions
    assert any("MOFCOM 2025-80" in said and "reaches back to 2025-06-01" in said for said in cautions)


def test_a_draft_is_never_law() -> None:
    draft = notice("MOFCOM 2025-90", "2025-09-16", starts="2026-01-01", kind=NoticeKind.DRAFT, enacts=False)
    found = stands(LegalGraph.from_instruments([draft]), "MOFCOM 2025-90", "2026-06-30")
    assert (found.state, found.until) == (NOT_YET, None)
    assert any("is a draft" in caution for caution in found.cautions)


def test_a_draft_that_would_repeal_repeals_nothing() -> None:
    draft = notice(
        "MOFCOM 2025-90", "2025-09-16", act(REPEALS, "MOFCOM 2024-46"), kind=NoticeKind.DRAFT, enacts=False
    )
    assert states(LegalGraph.from_instruments([US_RULE, draft]), "MOFCOM 2024-46", "2026-06-30") == [IN_FORCE]
