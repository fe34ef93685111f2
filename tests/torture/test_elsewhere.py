"""The same kills over PostgreSQL, in migrations, and two processes that do the same at the same time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.store.conftest import postgres
from tests.torture.campaign import assert_clean, campaign, together
from tests.torture.migrating import starts
from tests.torture.report import MENDED, empty

__all__ = ["postgres"]


@pytest.mark.slow
def test_kills_over_postgresql_lose_nothing_and_tell_nothing_twice(postgres: str) -> None:
    assert_clean(campaign(20, seed=3, database=empty(postgres)))


@pytest.mark.slow
def test_a_start_killed_at_any_step_of_its_migrations_leaves_a_store_that_the_next_one_brings_up_to_date() -> (
    None
):
    outcome = starts(12)
    assert outcome.kills == 12
    assert outcome.faults == []


@pytest.mark.slow
def test_two_processes_that_start_within_a_second_tell_nothing_twice() -> None:
    outcome = together(5)
    assert_clean(outcome)
    assert outcome.again == 0


def test_each_defect_that_was_mended_names_the_test_that_holds_it() -> None:
    for one in MENDED:
        file, _, name = one.test.partition("::")
        written = (Path(__file__).parents[1] / file).read_text(encoding="utf-8")
        assert f"def {name}(" in written or not name, one.test
