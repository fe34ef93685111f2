"""Search and filters over notices, and the key dates of the legal graph."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from controlwatch.adapters.storage import SqlStore
from controlwatch.core.law.key_dates import find_key_dates
from controlwatch.core.law.notice_filter import NoticeFilter
from controlwatch.core.model import (
    KeyDate,
)
from tests.store.steps import (
    NOW,
    announcement,
    make_observation,
    observe,
)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("稀土", {61}),
        ("土相", {61}),
        ("镓", {62}),
        ("决", {61, 62}),
        ("氮化镓", {62}),
        ("ndfeb", {61}),
        ("NdFeB", {61}),
        ("稀有", set()),
        ("实施出口管制", {61, 62}),
        ('"; DROP TABLE notice; --', set()),
        ("100%", {62}),
        ("1_0", set()),
        ("。", {61, 62}),
    ],
)
def test_chinese_words_of_any_length_are_found_and_nothing_else(
    store: SqlStore, wanted: str, found: set[int]
) -> None:
    observe(
        store,
        make_observation(
            store,
            announcement(61),
            url="https://a.example/61.html",
            words="对稀土相关物项 NdFeB 实施出口管制。" * 5,
        ),
    )
    gallium = announcement(62, title="公布对镓相关物项实施出口管制的决定", category="minor_metals.gallium")
    observe(
        store,
        make_observation(
            store, gallium, url="https://a.example/62.html", words="对氮化镓（纯度100%）实施出口管制。" * 5
        ),
    )
    assert {
        int(line.number.rpartition("-")[2])
        for line in store.queries.list_notices(NoticeFilter(text=wanted))
        if line.number
    } == found


def test_lines_are_filtered_by_category_group_and_issuer(store: SqlStore) -> None:
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    assert [line.number for line in store.queries.list_notices(NoticeFilter(category="rare_earth"))] == [
        "MOFCOM-GACC 2026-61"
    ]
    assert store.queries.list_notices(NoticeFilter(category="rare")) == ()
    assert len(store.queries.list_notices(NoticeFilter(issuer="GACC"))) == 1
    assert store.queries.list_notices(NoticeFilter(issuer="MOF")) == ()
    assert store.queries.list_notices(NoticeFilter(first=NOW.date() + timedelta(days=1))) == ()


def test_events_are_the_days_that_arrive(store: SqlStore) -> None:
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    (event,) = coming(store, date(2026, 3, 15), date(2026, 4, 1))
    assert (event.date, event.event, event.quote) == (
        date(2026, 4, 1),
        "takes effect",
        "自2026年4月1日起实施",
    )
    assert coming(store, date(2026, 4, 2), date(2026, 5, 1)) == ()


def coming(store: SqlStore, first: date, last: date) -> tuple[KeyDate, ...]:
    return find_key_dates(store.law.load_graph(store.law.list_keys_changed_between(first, last)), first, last)
