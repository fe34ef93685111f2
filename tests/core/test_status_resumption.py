"""Resumptions of a whole notice or a clause."""

from __future__ import annotations

from controlwatch.core.law.graph import LegalGraph
from tests.core.legal_status import (
    BATTERIES,
    IN_FORCE,
    NOT_YET,
    PARTLY,
    PAUSE,
    RESUMES,
    SUSPENDED,
    SUSPENDS,
    US_PAUSE,
    US_RULE,
    act,
    notice,
    parts,
    states,
)


def test_a_resumption_ends_every_suspension_that_began_before_it() -> None:
    again = notice("MOFCOM 2025-81", "2025-12-01", act(SUSPENDS, "MOFCOM-GACC 2025-58"), until="2027-01-10")
    back = notice("MOFCOM 2026-50", "2026-03-01", act(RESUMES, "MOFCOM-GACC 2025-58"))
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE, again, back])
    assert states(ledger, "MOFCOM-GACC 2025-58", "2026-02-28", "2026-03-01", "2026-12-31") == [
        SUSPENDED,
        IN_FORCE,
        IN_FORCE,
    ]


def test_a_suspension_after_a_resumption_holds() -> None:
    back = notice("MOFCOM 2026-50", "2026-03-01", act(RESUMES, "MOFCOM-GACC 2025-58"))
    again = notice("MOFCOM 2026-51", "2026-05-01", act(SUSPENDS, "MOFCOM-GACC 2025-58"), until="2026-05-31")
    days = ("2026-04-30", "2026-05-01", "2026-06-01")
    assert states(
        LegalGraph.from_instruments([BATTERIES, PAUSE, back, again]), "MOFCOM-GACC 2025-58", *days
    ) == [
        IN_FORCE,
        SUSPENDED,
        IN_FORCE,
    ]


def test_a_resumption_of_one_clause_leaves_the_rest_suspended() -> None:
    pause = notice("MOFCOM 2025-71", "2025-11-07", act(SUSPENDS, "MOFCOM 2024-46"), until="2026-11-10")
    back = notice("MOFCOM 2026-50", "2026-03-01", act(RESUMES, "MOFCOM 2024-46", "第二款"))
    ledger = LegalGraph.from_instruments([US_RULE, pause, back])
    assert states(ledger, "MOFCOM 2024-46", "2026-03-01", "2026-11-11") == [PARTLY, IN_FORCE]
    assert parts(ledger, "MOFCOM 2024-46", "2026-03-01") == {"第二款": IN_FORCE, "rest": SUSPENDED}


def test_a_resumption_of_the_whole_resumes_a_suspended_clause() -> None:
    back = notice("MOFCOM 2026-50", "2026-03-01", act(RESUMES, "MOFCOM 2024-46"))
    assert states(LegalGraph.from_instruments([US_RULE, US_PAUSE, back]), "MOFCOM 2024-46", "2026-03-01") == [
        IN_FORCE
    ]


def test_a_resumption_before_the_effective_date_leaves_that_date() -> None:
    pause = notice("MOFCOM 2025-70", "2025-10-15", act(SUSPENDS, "MOFCOM 2025-58"))
    back = notice("MOFCOM 2025-71", "2025-10-20", act(RESUMES, "MOFCOM 2025-58"))
    days = ("2025-10-19", "2025-10-20", "2025-11-07", "2025-11-08")
    assert states(LegalGraph.from_instruments([BATTERIES, pause, back]), "MOFCOM 2025-58", *days) == [
        SUSPENDED,
        NOT_YET,
        NOT_YET,
        IN_FORCE,
    ]
