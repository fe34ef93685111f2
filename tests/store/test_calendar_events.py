"""Calendar events and saved filters in the store, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.account_tables import ACCOUNT, CALENDAR_EVENT
from controlwatch.core.law.notice_filter import NoticeFilter
from controlwatch.core.model import EffectiveDate, Relation, Verb
from tests.store.steps import NOW, announcement, make_observation, observe

LATER = NOW + timedelta(days=2)
URL = "https://a.example/61.html"


def take_in(store: SqlStore, n: int, *, start: date = date(2026, 4, 1), **changed: object) -> None:
    effective = (EffectiveDate(start=start, basis="stated", quote=f"自{start}起实施"),)
    given = replace(announcement(n), effective=effective, **changed)  # type: ignore[arg-type]
    words = f"决定对稀土相关物项实施出口管制。本公告自{start}起实施。" * 3
    seen = make_observation(store, given, url=f"https://a.example/{n}.html", words=words)
    observe(store, seen, NOW)


def test_an_amendment_that_moves_the_date_gives_a_newer_version(store: SqlStore) -> None:
    take_in(store, 61)
    ((before, _),) = store.calendar.refresh(now=NOW).happening
    take_in(store, 61, start=date(2026, 5, 1))
    ((after, key_date),) = store.calendar.refresh(now=LATER).happening
    assert (after.uid, after.sequence, after.date) == (before.uid, 1, date(2026, 5, 1))
    assert key_date.quote == "自2026-05-01起实施"
    assert store.calendar.list_events(date(2026, 5, 1), date(2026, 5, 1)) == (after,)


def test_what_a_repeal_prevents_is_cancelled(store: SqlStore) -> None:
    take_in(store, 61)
    store.calendar.refresh(now=NOW)
    repeal = Relation(verb=Verb.REPEALS, target="MOFCOM-GACC 2026-61", quote="废止")
    take_in(store, 62, start=date(2026, 3, 10), relations=(repeal,))
    plan = store.calendar.refresh(now=LATER)
    assert [event.key for event, _ in plan.happening] == ["MOFCOM 2026-62"]
    assert [(event.key, event.cancelled_at) for event in plan.cancelled] == [("MOFCOM 2026-61", LATER)]


def test_readers_at_the_same_time_do_not_count_a_move_twice(store: SqlStore) -> None:
    take_in(store, 61)
    store.calendar.refresh(now=NOW)
    take_in(store, 61, start=date(2026, 5, 1))
    with ThreadPoolExecutor(8) as pool:
        plans = list(pool.map(lambda _: store.calendar.refresh(now=LATER), range(16)))
    assert {event.sequence for plan in plans for event, _ in plan.happening} == {1}
    with store.engine.begin() as connection:
        assert [row.sequence for row in connection.execute(CALENDAR_EVENT.select())] == [1]


def test_a_filter_and_criteria_choose_among_the_notices_of_events(store: SqlStore) -> None:
    take_in(store, 61, destinations=("US",))
    take_in(store, 62)
    keys = {event.key for event, _ in store.calendar.refresh(now=NOW).happening}
    assert store.calendar.select_keys(NoticeFilter(destination="US"), keys) == {"MOFCOM 2026-61"}
    outlines = store.calendar.find_outlines(keys, with_text=True)
    outline = outlines["MOFCOM 2026-61"]
    assert outline.notice.destinations == ("US",)
    assert [found.id for found in outline.notice.categories] == ["rare_earth.items"]
    assert "实施出口管制" in outline.text


def test_a_saved_filter_belongs_to_its_account_until_it_ends(store: SqlStore) -> None:
    number = store.saved_filters.save(account_id=None, name="稀土", query="category=rare_earth", now=NOW)
    (saved,) = store.saved_filters.list_saved(None)
    assert (saved.id, saved.name, saved.query) == (number, "稀土", "category=rare_earth")
    assert not store.saved_filters.end(number, account_id=7, now=NOW)
    assert store.saved_filters.end(number, account_id=None, now=NOW)
    assert not store.saved_filters.end(number, account_id=None, now=NOW)
    assert store.saved_filters.list_saved(None) == ()
    ended = store.saved_filters.find_saved(number)
    assert ended is not None
    assert ended.ended_at == NOW


def test_the_filters_of_a_disabled_account_have_ended(store: SqlStore) -> None:
    values = {"name": "ada", "email": "", "role": "reader", "language": "en", "created_at": NOW}
    with store.engine.begin() as connection:
        account = connection.execute(ACCOUNT.insert().values(values).returning(ACCOUNT.c.id)).scalar_one()
    number = store.saved_filters.save(account_id=account, name="all", query="", now=NOW)
    assert store.saved_filters.find_saved(number).ended_at is None
    with store.engine.begin() as connection:
        connection.execute(ACCOUNT.update().values(disabled_at=LATER))
    assert store.saved_filters.find_saved(number).ended_at == LATER
