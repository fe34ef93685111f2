"""Repeals, also of what repeals."""

from __future__ import annotations

from controlwatch.core.law.graph import LegalGraph
from tests.core.legal_status import (
    BATTERIES,
    IN_FORCE,
    PAUSE,
    REPEALED,
    REPEALS,
    RESUMES,
    SUSPENDED,
    SUSPENDS,
    US_RULE,
    act,
    notice,
    states,
)


def test_a_repeal_is_for_good_from_a_suspended_notice_too() -> None:
    undo = notice("MOFCOM 2026-50", "2026-03-01", act(REPEALS, "MOFCOM-GACC 2025-58"), starts="2026-04-01")
    days = ("2026-03-31", "2026-04-01", "2026-11-11", "2035-01-01")
    assert states(LegalGraph.from_instruments([BATTERIES, PAUSE, undo]), "MOFCOM-GACC 2025-58", *days) == [
        SUSPENDED,
        REPEALED,
        REPEALED,
        REPEALED,
    ]


def test_what_a_notice_repealed_stays_repealed_when_that_notice_is_repealed_in_turn() -> None:
    new = notice("MOFCOM 2025-20", "2025-02-01", act(REPEALS, "MOFCOM 2024-46"))
    newest = notice("MOFCOM 2026-20", "2026-02-01", act(REPEALS, "MOFCOM 2025-20"))
    assert states(
        LegalGraph.from_instruments([US_RULE, new, newest]), "MOFCOM 2024-46", "2026-02-01", "2030-01-01"
    ) == [
        REPEALED,
        REPEALED,
    ]


def test_a_repealing_notice_that_was_repealed_before_it_could_act_repeals_nothing() -> None:
    new = notice("MOFCOM 2025-20", "2025-02-01", act(REPEALS, "MOFCOM 2024-46"), starts="2025-06-01")
    undo = notice("MOFCOM 2025-30", "2025-05-01", act(REPEALS, "MOFCOM 2025-20"))
    assert states(
        LegalGraph.from_instruments([US_RULE, new, undo]), "MOFCOM 2024-46", "2025-06-01", "2030-01-01"
    ) == [
        IN_FORCE,
        IN_FORCE,
    ]


def test_a_repealing_notice_that_was_suspended_before_it_could_act_repeals_nothing_meanwhile() -> None:
    new = notice("MOFCOM 2025-20", "2025-02-01", act(REPEALS, "MOFCOM 2024-46"), starts="2025-06-01")
    hold = notice("MOFCOM 2025-30", "2025-05-01", act(SUSPENDS, "MOFCOM 2025-20"), until="2025-12-31")
    days = ("2025-06-01", "2025-12-31", "2026-01-01", "2026-06-01")
    assert states(LegalGraph.from_instruments([US_RULE, new, hold]), "MOFCOM 2024-46", *days) == [
        IN_FORCE,
        IN_FORCE,
        REPEALED,
        REPEALED,
    ]


def test_a_repealing_notice_that_is_resumed_repeals_from_that_day() -> None:
    new = notice("MOFCOM 2025-20", "2025-02-01", act(REPEALS, "MOFCOM 2024-46"), starts="2025-06-01")
    hold = notice("MOFCOM 2025-30", "2025-05-01", act(SUSPENDS, "MOFCOM 2025-20"))
    back = notice("MOFCOM 2025-40", "2025-09-01", act(RESUMES, "MOFCOM 2025-20"))
    days = ("2025-08-31", "2025-09-01", "2026-01-01")
    assert states(LegalGraph.from_instruments([US_RULE, new, hold, back]), "MOFCOM 2024-46", *days) == [
        IN_FORCE,
        REPEALED,
        REPEALED,
    ]


def test_a_repealing_notice_that_is_suspended_after_it_acted_has_repealed() -> None:
    new = notice("MOFCOM 2025-20", "2025-02-01", act(REPEALS, "MOFCOM 2024-46"))
    hold = notice("MOFCOM 2025-30", "2025-05-01", act(SUSPENDS, "MOFCOM 2025-20"))
    assert states(
        LegalGraph.from_instruments([US_RULE, new, hold]), "MOFCOM 2024-46", "2025-04-30", "2025-05-01"
    ) == [
        REPEALED,
        REPEALED,
    ]
