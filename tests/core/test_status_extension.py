"""Extensions of suspensions and trials."""

from __future__ import annotations

import pytest

from controlwatch.core.law.graph import LegalGraph
from controlwatch.core.model import NoticeKind
from tests.core.legal_status import (
    BATTERIES,
    EXTENDS,
    IN_FORCE,
    LAPSED,
    PAUSE,
    REPEALS,
    SUSPENDED,
    US_PAUSE,
    US_RULE,
    act,
    day,
    notice,
    parts,
    stands,
    states,
)


def test_an_extension_of_the_suspending_notice_prolongs_the_suspension() -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-05", act(EXTENDS, "MOFCOM-GACC 2025-70"), until="2027-01-10")
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE, longer])
    days = ("2026-11-10", "2026-11-11", "2027-01-10", "2027-01-11")
    assert states(ledger, "MOFCOM-GACC 2025-58", *days) == [SUSPENDED, SUSPENDED, SUSPENDED, IN_FORCE]
    assert states(ledger, "MOFCOM-GACC 2025-70", *days) == [IN_FORCE, IN_FORCE, IN_FORCE, LAPSED]


def test_an_extension_from_the_day_after_the_end_leaves_no_gap() -> None:
    longer = notice(
        "MOFCOM 2026-60",
        "2026-11-05",
        act(EXTENDS, "MOFCOM-GACC 2025-70"),
        starts="2026-11-11",
        until="2027-01-10",
    )
    found = stands(
        LegalGraph.from_instruments([BATTERIES, PAUSE, longer]), "MOFCOM-GACC 2025-58", "2026-11-06"
    )
    assert (found.state, found.since, found.until) == (SUSPENDED, day("2025-11-07"), day("2027-01-10"))


def test_an_extension_of_the_suspended_notice_prolongs_its_suspension() -> None:
    """继续暂停90天: the notice named is the one held up, not the one that holds it up."""
    longer = notice(
        "商务部新闻发言人答记者问",
        "2026-11-10",
        act(EXTENDS, "MOFCOM-GACC 2025-58", until="2027-02-08"),
        kind=NoticeKind.SPOKESPERSON,
    )
    days = ("2026-11-10", "2026-11-11", "2027-02-08", "2027-02-09")
    assert states(LegalGraph.from_instruments([BATTERIES, PAUSE, longer]), "MOFCOM-GACC 2025-58", *days) == [
        SUSPENDED,
        SUSPENDED,
        SUSPENDED,
        IN_FORCE,
    ]


def test_an_extension_of_a_notice_of_which_one_clause_is_suspended_prolongs_that_clause_alone() -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-20", act(EXTENDS, "MOFCOM 2024-46"), until="2027-11-27")
    ledger = LegalGraph.from_instruments([US_RULE, US_PAUSE, longer])
    assert parts(ledger, "MOFCOM 2024-46", "2026-12-01") == {"第二款": SUSPENDED, "rest": IN_FORCE}


def test_an_extension_of_a_notice_that_nobody_suspended_suspends_nothing() -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-20", act(EXTENDS, "MOFCOM 2024-46"), until="2027-11-27")
    assert states(LegalGraph.from_instruments([US_RULE, longer]), "MOFCOM 2024-46", "2026-11-20") == [
        IN_FORCE
    ]


def test_an_extension_of_a_trial_prolongs_the_trial() -> None:
    trial = notice("MOFCOM 2023-28", "2023-07-31", starts="2023-09-01", until="2025-08-31")
    longer = notice("MOFCOM 2025-50", "2025-08-01", act(EXTENDS, "MOFCOM 2023-28"), until="2026-08-31")
    days = ("2025-08-31", "2025-09-01", "2026-08-31", "2026-09-01")
    assert states(LegalGraph.from_instruments([trial, longer]), "MOFCOM 2023-28", *days) == [
        IN_FORCE,
        IN_FORCE,
        IN_FORCE,
        LAPSED,
    ]


@pytest.mark.parametrize("named", ["MOFCOM-GACC 2025-70", "MOFCOM-GACC 2025-58"])
def test_a_gap_between_the_end_and_the_extension_is_a_gap(named: str) -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-20", act(EXTENDS, named), until="2027-01-10")
    days = ("2026-11-10", "2026-11-11", "2026-11-19", "2026-11-20", "2027-01-11")
    assert states(LegalGraph.from_instruments([BATTERIES, PAUSE, longer]), "MOFCOM-GACC 2025-58", *days) == [
        SUSPENDED,
        IN_FORCE,
        IN_FORCE,
        SUSPENDED,
        IN_FORCE,
    ]


def test_a_trial_extended_after_its_end_had_lapsed_in_between() -> None:
    trial = notice("MOFCOM 2023-28", "2023-07-31", until="2025-08-31")
    longer = notice("MOFCOM 2025-50", "2025-09-15", act(EXTENDS, "MOFCOM 2023-28"), until="2026-08-31")
    days = ("2025-08-31", "2025-09-01", "2025-09-15", "2026-09-01")
    assert states(LegalGraph.from_instruments([trial, longer]), "MOFCOM 2023-28", *days) == [
        IN_FORCE,
        LAPSED,
        IN_FORCE,
        LAPSED,
    ]


@pytest.mark.parametrize("named", ["MOFCOM-GACC 2025-70", "MOFCOM-GACC 2025-58"])
def test_an_extension_that_is_repealed_prolongs_no_longer(named: str) -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-05", act(EXTENDS, named), until="2027-11-10")
    undo = notice("MOFCOM 2027-5", "2027-03-01", act(REPEALS, "MOFCOM 2026-60"))
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE, longer, undo])
    assert states(ledger, "MOFCOM-GACC 2025-58", "2027-02-28", "2027-03-01") == [SUSPENDED, IN_FORCE]


def test_a_chain_of_extensions_that_each_name_the_suspending_notice_is_one_suspension() -> None:
    years = [
        notice(
            f"MOFCOM {year}-60",
            f"{year}-11-01",
            act(EXTENDS, "MOFCOM-GACC 2025-70"),
            until=f"{year + 1}-11-10",
        )
        for year in range(2026, 2046)
    ]
    found = stands(
        LegalGraph.from_instruments([BATTERIES, PAUSE, *years]), "MOFCOM-GACC 2025-58", "2045-12-01"
    )
    assert (found.state, found.since, found.until) == (SUSPENDED, day("2025-11-07"), day("2046-11-10"))


def test_a_chain_of_extensions_that_each_name_the_one_before_is_one_suspension() -> None:
    years = [
        notice(
            f"MOFCOM {year}-60",
            f"{year}-11-01",
            act(EXTENDS, f"MOFCOM {year - 1}-60" if year > 2026 else "MOFCOM-GACC 2025-70"),
            until=f"{year + 1}-11-10",
        )
        for year in range(2026, 2030)
    ]
    found = stands(
        LegalGraph.from_instruments([BATTERIES, PAUSE, *years]), "MOFCOM-GACC 2025-58", "2029-12-01"
    )
    assert (found.state, found.since, found.until) == (SUSPENDED, day("2025-11-07"), day("2030-11-10"))


def test_an_extension_without_a_stated_end_says_so() -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-05", act(EXTENDS, "MOFCOM-GACC 2025-70"))
    found = stands(
        LegalGraph.from_instruments([BATTERIES, PAUSE, longer]), "MOFCOM-GACC 2025-58", "2027-01-01"
    )
    assert any("MOFCOM 2026-60 states no end" in caution for caution in found.cautions)
