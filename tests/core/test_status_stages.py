"""Notices in stages, and notices whose term ends."""

from __future__ import annotations

from controlwatch.core.law.graph import LegalGraph
from tests.core.legal_status import (
    IN_FORCE,
    LAPSED,
    NOT_YET,
    SUSPENDED,
    SUSPENDS,
    act,
    notice,
    part,
    parts,
    states,
)


def test_a_notice_in_stages_binds_from_its_first_and_each_part_from_its_own_day() -> None:
    abroad = notice(
        "MOFCOM 2025-61",
        "2025-10-09",
        parts=(part("第一条第（一）、（二）项", "2025-12-01"), part("第一条第（三）项", "2025-10-20")),
    )
    ledger = LegalGraph.from_instruments([abroad])
    days = ("2025-10-09", "2025-10-20", "2025-12-01")
    assert states(ledger, "MOFCOM 2025-61", *days) == [NOT_YET, IN_FORCE, IN_FORCE]
    assert parts(ledger, "MOFCOM 2025-61", "2025-10-20") == {
        "第一条第（一）、（二）项": NOT_YET,
        "第一条第（三）项": IN_FORCE,
    }


def test_a_part_with_two_terms_in_a_row_does_not_lapse_between_them() -> None:
    rebate = notice(
        "MOF-STA 2026-2",
        "2026-01-08",
        parts=(part("第二条", "2026-04-01", "2026-12-31"), part("第二条", "2027-01-01")),
    )
    days = ("2026-03-31", "2026-04-01", "2026-12-31", "2027-01-01")
    assert states(LegalGraph.from_instruments([rebate]), "MOF-STA 2026-2", *days) == [
        NOT_YET,
        IN_FORCE,
        IN_FORCE,
        IN_FORCE,
    ]


def test_a_notice_lapses_the_day_after_its_own_term() -> None:
    trial = notice("MOFCOM 2023-28", "2023-07-31", starts="2023-09-01", until="2025-08-31")
    assert states(LegalGraph.from_instruments([trial]), "MOFCOM 2023-28", "2025-08-31", "2025-09-01") == [
        IN_FORCE,
        LAPSED,
    ]


def test_a_suspended_notice_lapses_with_its_own_term() -> None:
    trial = notice("MOFCOM 2023-28", "2023-07-31", until="2025-08-31")
    pause = notice("MOFCOM 2025-70", "2025-03-01", act(SUSPENDS, "MOFCOM 2023-28"), until="2026-03-01")
    assert states(
        LegalGraph.from_instruments([trial, pause]), "MOFCOM 2023-28", "2025-08-31", "2025-09-01"
    ) == [
        SUSPENDED,
        LAPSED,
    ]


def test_a_notice_of_which_one_part_lapsed_is_in_force() -> None:
    mixed = notice(
        "MOFCOM 2025-30",
        "2025-06-01",
        parts=(part("第一条", "2025-06-01", "2025-12-31"), part("第二条", "2025-06-01")),
    )
    ledger = LegalGraph.from_instruments([mixed])
    assert states(ledger, "MOFCOM 2025-30", "2026-01-01") == [IN_FORCE]
    assert parts(ledger, "MOFCOM 2025-30", "2026-01-01") == {"第一条": LAPSED, "第二条": IN_FORCE}
