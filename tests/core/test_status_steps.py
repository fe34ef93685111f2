"""The steps that lead to a status."""

from __future__ import annotations

from datetime import timedelta

from controlwatch.core.law.graph import LegalGraph
from tests.core.legal_status import (
    IN_FORCE,
    PAUSE,
    REPEALS,
    SUSPENDED,
    SUSPENDS,
    US_RULE,
    act,
    day,
    notice,
    part,
    stands,
    states,
)


def test_the_steps_are_oldest_first_also_for_an_unknown_notice() -> None:
    undo = notice("MOFCOM 2026-50", "2026-03-01", act(REPEALS, "MOFCOM-GACC 2025-58"))
    found = stands(LegalGraph.from_instruments([PAUSE, undo]), "MOFCOM-GACC 2025-58", "2026-06-30")
    days = [link.date for link in found.chain]
    assert days == sorted(days)


def test_each_step_is_shown_once() -> None:
    """A catalogue that repeals all those before it, year after year: every path leads to the oldest."""
    years = [
        notice(
            f"MOFCOM {year}-66",
            f"{year}-12-31",
            *(act(REPEALS, f"MOFCOM {earlier}-66") for earlier in range(2014, year)),
        )
        for year in range(2014, 2024)
    ]
    chain = stands(LegalGraph.from_instruments(years), "MOFCOM 2014-66", "2026-01-01").chain
    assert len(chain) == len(set(chain))


def test_an_inferred_day_is_said_to_be_our_inference() -> None:
    pause = notice(
        "MOFCOM 2025-80",
        "2025-11-05",
        act(SUSPENDS, "MOFCOM 2024-46"),
        parts=(part("第一条", "2025-11-10", "2026-11-10"), part("第二条", "2025-12-01", "2026-11-30")),
    )
    cautions = stands(LegalGraph.from_instruments([US_RULE, pause]), "MOFCOM 2024-46", "2025-11-15").cautions
    assert any("is our inference" in caution for caution in cautions)


def test_an_act_goes_by_the_date_whose_part_names_its_target() -> None:
    pause = notice(
        "MOFCOM 2025-80",
        "2025-11-05",
        act(SUSPENDS, "MOFCOM 2024-46"),
        act(SUSPENDS, "MOFCOM-GACC 2025-10"),
        parts=(
            part("公告2024年第46号", "2025-11-10", "2026-11-10"),
            part("公告2025年第10号", "2025-12-01", "2026-11-30"),
        ),
    )
    ledger = LegalGraph.from_instruments([US_RULE, notice("MOFCOM-GACC 2025-10", "2025-02-04"), pause])
    assert states(ledger, "MOFCOM 2024-46", "2025-11-10", "2026-11-11") == [SUSPENDED, IN_FORCE]
    assert states(ledger, "MOFCOM-GACC 2025-10", "2025-11-30", "2025-12-01", "2026-11-30") == [
        IN_FORCE,
        SUSPENDED,
        SUSPENDED,
    ]


def test_a_suspension_to_the_end_of_time_ends_never() -> None:
    pause = notice("MOFCOM 2025-80", "2025-11-05", act(SUSPENDS, "MOFCOM 2024-46", until="9999-12-31"))
    found = stands(LegalGraph.from_instruments([US_RULE, pause]), "MOFCOM 2024-46", "2026-01-01")
    assert found.state is SUSPENDED


def test_a_long_row_of_notices_that_each_suspend_the_one_before_has_an_answer() -> None:
    first = day("2020-01-01")
    row = [
        notice(f"MOFCOM 2020-{n}", str(first + timedelta(days=n)), act(SUSPENDS, f"MOFCOM 2020-{n - 1}"))
        for n in range(1, 61)
    ]
    found = stands(LegalGraph.from_instruments(row), "MOFCOM 2020-1", "2026-01-01")
    assert found.state is SUSPENDED  # the last is in force, so the last but one is not, and so on down
