"""The list of notices: what a filter lets pass, and pages that neither skip nor repeat a notice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from controlwatch.adapters.storage import SqlStore
from controlwatch.core.law.notice_filter import EVERY_NOTICE, ListPosition, NoticeFilter
from controlwatch.core.model import Direction
from tests.store.steps import announcement, make_observation, observe

DAY = date(2026, 3, 2)


def hold(
    store: SqlStore, n: int, *, published: date | None = DAY, words: str = "", **changed: object
) -> None:
    """Take a notice in."""
    given = replace(announcement(n), published=published, **changed)  # type: ignore[arg-type]
    observe(store, make_observation(store, given, url=f"https://a.example/{n}.html", words=words))


def list_numbers(store: SqlStore, chosen: NoticeFilter) -> list[int]:
    return [int((line.number or "").rpartition("-")[2]) for line in store.queries.list_notices(chosen)]


def test_each_part_of_a_filter_limits_the_list(store: SqlStore) -> None:
    hold(store, 1, destinations=("US",), words="石墨" * 9)
    hold(store, 2, direction=Direction.SUSPEND, words="石墨" * 9)
    hold(store, 3, destinations=("US", "JP"), is_change=False)
    assert list_numbers(store, EVERY_NOTICE) == [3, 2, 1]
    assert list_numbers(store, NoticeFilter(destination="US")) == [3, 1]
    assert list_numbers(store, NoticeFilter(direction=Direction.SUSPEND)) == [2]
    assert list_numbers(store, NoticeFilter(changes_only=True)) == [2, 1]
    assert list_numbers(store, NoticeFilter(text="石墨", destination="US")) == [1]
    assert list_numbers(store, NoticeFilter(category="rare_earth", issuer="GACC")) == [3, 2, 1]


def test_a_period_is_of_the_day_of_publication_or_of_first_sight_where_none_is_stated(
    store: SqlStore,
) -> None:
    hold(store, 1, published=DAY - timedelta(days=1))
    hold(store, 2, published=None)
    hold(store, 3)
    assert list_numbers(store, NoticeFilter(first=DAY, last=DAY)) == [3, 2]
    assert list_numbers(store, NoticeFilter(last=DAY - timedelta(days=1))) == [1]
    assert list_numbers(store, NoticeFilter(first=DAY + timedelta(days=1))) == []


def test_what_was_alerted_late_is_news_of_the_day_of_the_alert(store: SqlStore) -> None:
    hold(store, 1, published=DAY - timedelta(days=90))
    today = NoticeFilter(first=DAY, last=DAY)
    assert store.queries.list_notices(today) == ()
    assert len(store.queries.list_notices(today, with_late=True)) == 1


@pytest.mark.parametrize("day", [date.min, date.max])
def test_a_day_at_the_end_of_the_calendar_is_only_a_limit(store: SqlStore, day: date) -> None:
    hold(store, 1)
    hold(store, 2, published=None)
    before, after = list_numbers(store, NoticeFilter(last=day)), list_numbers(store, NoticeFilter(first=day))
    assert sorted(before + after) == [1, 2]


def test_pages_of_any_size_together_are_the_list(store: SqlStore) -> None:
    for n in range(1, 8):
        hold(store, n, published=None if n % 3 == 0 else DAY - timedelta(days=n % 2))
    whole = [line.key for line in store.queries.list_notices()]
    for size in (1, 2, 3):
        pages: list[str] = []
        before: ListPosition | None = None
        while page := store.queries.list_notices(before=before, limit=size):
            pages += [line.key for line in page]
            before = page[-1].position
        assert pages == whole


@pytest.mark.parametrize("day", [None, DAY, date.min])
def test_a_position_that_no_notice_has_is_a_place_in_the_list(store: SqlStore, day: date | None) -> None:
    hold(store, 1, published=None)
    hold(store, 2)
    whole = [line.number for line in store.queries.list_notices()]
    for number in (0, 2**31, 10**17):
        place = ListPosition(published=day, id=number)
        found = [line.number for line in store.queries.list_notices(before=place)]
        assert found == whole[len(whole) - len(found) :]


def test_a_page_goes_on_where_it_ended_though_newer_notices_have_come(store: SqlStore) -> None:
    hold(store, 1)
    hold(store, 2)
    (first,) = store.queries.list_notices(limit=1)
    hold(store, 3, published=DAY + timedelta(days=1))
    assert [line.number for line in store.queries.list_notices(before=first.position)] == [
        "MOFCOM-GACC 2026-1"
    ]


@pytest.mark.parametrize("many", [1, 10**6])
def test_the_way_by_which_the_database_finds_notices_does_not_change_which(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr("controlwatch.adapters.storage.notice_conditions.MANY_FINDINGS", many)
    monkeypatch.setattr("controlwatch.adapters.storage.findings.MANY_CANDIDATES", many)
    hold(store, 1, destinations=("US",), words="石墨" * 9)
    hold(store, 2, destinations=("JP",), published=None, words="石墨" * 9)
    hold(store, 3, destinations=("US", "JP"), words="石 墨" * 9)
    for chosen, numbers in (
        (NoticeFilter(category="rare_earth"), [3, 1, 2]),
        (NoticeFilter(category="rare_earth.items", destination="US"), [3, 1]),
        (NoticeFilter(category="rare"), []),
        (NoticeFilter(text="石墨"), [1, 2]),
        (NoticeFilter(text="石墨", destination="JP", category="rare_earth"), [2]),
        (NoticeFilter(text="墨石墨"), [1, 2]),
        (NoticeFilter(text="石墨墨"), []),
    ):
        assert list_numbers(store, chosen) == numbers, chosen
