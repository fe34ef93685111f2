"""What was announced but not enacted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controlwatch.core.law.graph import Instrument, LegalGraph
from controlwatch.core.model import NoticeKind, Relation
from tests.core.legal_status import (
    BATTERIES,
    EXTENDS,
    IN_FORCE,
    PAUSE,
    SUSPENDED,
    act,
    notice,
    stands,
    states,
    steps,
)


def readout(number: str, issued: str, *acts: Relation) -> Instrument:
    return replace(notice(number, issued, *acts, kind=NoticeKind.NEWS, enacts=False), effective=())


EIGHTH_ROUND = readout(
    "readout of the eighth round", "2026-09-28", act(EXTENDS, "MOFCOM-GACC 2025-70", until="2027-01-10")
)


def test_what_was_announced_but_not_enacted_changes_no_date() -> None:
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE, EIGHTH_ROUND])
    assert states(ledger, "MOFCOM-GACC 2025-58", "2026-11-10", "2026-11-11") == [SUSPENDED, IN_FORCE]


@pytest.mark.parametrize("asked", ["MOFCOM-GACC 2025-70", "MOFCOM-GACC 2025-58"])
def test_what_was_announced_but_not_enacted_is_shown_beside_the_date(asked: str) -> None:
    found = stands(LegalGraph.from_instruments([BATTERIES, PAUSE, EIGHTH_ROUND]), asked, "2026-10-09")
    assert steps(found)[-1] == (
        "announced, not enacted: extends",
        "readout of the eighth round",
        "2026-09-28",
    )
    assert any("2027-01-10; no instrument is known" in caution for caution in found.cautions)


def test_what_was_announced_is_hidden_once_it_is_enacted() -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-05", act(EXTENDS, "MOFCOM-GACC 2025-70"), until="2027-01-10")
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE, EIGHTH_ROUND, longer])
    shown = [
        any(
            "announced, not enacted" in step[0] for step in steps(stands(ledger, "MOFCOM-GACC 2025-58", text))
        )
        for text in ("2026-11-04", "2026-11-05")
    ]
    assert shown == [True, False]


def test_an_announcement_is_not_hidden_by_what_had_been_enacted_long_before() -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-05", act(EXTENDS, "MOFCOM-GACC 2025-70"), until="2027-01-10")
    again = readout(
        "readout of the ninth round", "2026-12-20", act(EXTENDS, "MOFCOM-GACC 2025-70", until="2027-11-10")
    )
    found = stands(
        LegalGraph.from_instruments([BATTERIES, PAUSE, longer, again]), "MOFCOM-GACC 2025-58", "2026-12-31"
    )
    assert ("announced, not enacted: extends", "readout of the ninth round", "2026-12-20") in steps(found)


def test_an_announcement_about_an_extension_is_shown_for_the_notice_held_up() -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-05", act(EXTENDS, "MOFCOM-GACC 2025-70"), until="2027-01-10")
    again = readout(
        "readout of the ninth round", "2026-12-20", act(EXTENDS, "MOFCOM 2026-60", until="2027-11-10")
    )
    found = stands(
        LegalGraph.from_instruments([BATTERIES, PAUSE, longer, again]), "MOFCOM-GACC 2025-58", "2026-12-31"
    )
    assert ("announced, not enacted: extends", "readout of the ninth round", "2026-12-20") in steps(found)
