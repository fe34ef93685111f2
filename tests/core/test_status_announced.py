"""What was announced but not enacted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controlwatch.core.law.graph import Instrument, LegalGraph
from controlwatch.core.law.key_dates import find_key_dates
from controlwatch.core.model import NoticeKind, Relation
from controlwatch.core.rendering.law_answers import describe_release
from controlwatch.core.rendering.state_text import format_state
from tests.core.legal_status import (
    BATTERIES,
    EXTENDS,
    IN_FORCE,
    PAUSE,
    SUSPENDED,
    SUSPENDS,
    act,
    day,
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


@pytest.mark.parametrize("on", ["2026-11-10", "2026-11-11"])
def test_what_was_announced_is_a_part_of_the_state(on: str) -> None:
    """A notice is never plainly in force while its suspension may be extended."""
    found = stands(LegalGraph.from_instruments([BATTERIES, PAUSE, EIGHTH_ROUND]), "MOFCOM-GACC 2025-58", on)
    state = format_state(found.state, found.until, found.announced)
    assert state.endswith("· extension announced, no legal instrument yet")


def test_what_was_announced_is_no_part_of_the_state_once_its_term_has_passed() -> None:
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE, EIGHTH_ROUND])
    found = stands(ledger, "MOFCOM-GACC 2025-58", "2027-01-10")
    assert format_state(found.state, found.until, found.announced) == "in force"


def test_what_was_announced_is_no_part_of_the_state_once_it_is_enacted() -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-05", act(EXTENDS, "MOFCOM-GACC 2025-70"), until="2027-01-10")
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE, EIGHTH_ROUND, longer])
    found = stands(ledger, "MOFCOM-GACC 2025-58", "2026-11-11")
    assert format_state(found.state, found.until, found.announced) == "suspended until 10 Jan 2027"


def test_the_end_of_a_suspension_names_what_applies_from_the_next_day() -> None:
    """A part that had taken effect is in force again; one that had not applies for the first time."""
    old = notice("MOFCOM 2024-46", "2024-12-03")
    pause = notice(
        "MOFCOM-GACC 2025-70",
        "2025-11-07",
        act(SUSPENDS, "MOFCOM-GACC 2025-58"),
        act(SUSPENDS, "MOFCOM 2024-46", clause="第二款"),
        until="2026-11-10",
    )
    ledger = LegalGraph.from_instruments([BATTERIES, old, pause, EIGHTH_ROUND])
    (found,) = find_key_dates(ledger, day("2026-11-10"), day("2026-11-10"))
    assert [describe_release(part) for part in found.releases] == [
        "MOFCOM-GACC 2025-58 (for the first time)",
        "MOFCOM 2024-46 item 2",
    ]
    assert [str(item.until) for item in found.announced] == ["2027-01-10"]
