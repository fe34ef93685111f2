"""Calendars and feeds as programs read them: real HTTP, read by icalendar, vobject and feedparser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import feedparser
import httpx
import pytest
import vobject
from fastapi import FastAPI
from icalendar import Calendar, Event

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.storage import SqlStore
from controlwatch.core.alerting.signed_links import sign_token
from controlwatch.core.law.notice_filter import EVERY_NOTICE, NoticeFilter
from controlwatch.core.model import Deadline, EffectiveDate, Relation, Subscription, Verb
from controlwatch.services.names import Names
from controlwatch.services.publications import Publications
from controlwatch.web.publication_routes import PublicationWriter, build_publication_routes
from controlwatch.web.serving import serve_in_thread
from tests.known import fresh
from tests.store.steps import EVERYTHING, NOW, announcement, make_observation, observe

SECRET = b"a secret of thirty-two characters"
BASE = "https://watch.example"
HOSTILE = "决定；,\\n\r\nBEGIN:VEVENT\r\nSUMMARY:x\x00\x07\u202e<script>alert(1)</script>&]]>\ufffe"


@dataclass
class Desk:
    """A store whose calendars and feeds are served."""

    store: SqlStore
    published: Publications
    url: str
    times: list[datetime]  #: the last one is now

    def take_in(self, n: int, *, start: date = date(2026, 4, 1), quote: str = "", **changed: object) -> None:
        effective = (EffectiveDate(start=start, basis="stated", quote=quote or f"自{start}起实施"),)
        given = replace(announcement(n), **({"effective": effective} | changed))  # type: ignore[arg-type]
        words = f"决定对稀土相关物项实施出口管制。本公告自{start}起实施。" * 3
        observe(
            self.store, make_observation(self.store, given, url=f"https://a.example/{n}.html", words=words)
        )

    def save(self, chosen: NoticeFilter = EVERY_NOTICE) -> int:
        return self.published.save_filter(account_id=None, name="Mine · 我的", chosen=chosen)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=headers, timeout=30)

    def read_calendar(self, path: str) -> list[Event]:
        """Read a calendar as both libraries do, which must agree; return its events."""
        answer = self.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        events = list(Calendar.from_ical(answer.content).walk("VEVENT"))
        other = vobject.readOne(answer.text)
        known = [(item.uid.value, item.dtstart.value) for item in getattr(other, "vevent_list", [])]
        assert known == [(str(event["UID"]), event["DTSTART"].dt) for event in events]
        return events

    def amend(self, n: int) -> None:
        """Change the words of a notice, five hours later."""
        words = "更正：本公告自2026年5月1日起实施，适用于全部稀土相关物项。" * 3
        url = f"https://a.example/{n}.html"
        seen = make_observation(self.store, announcement(n), url=url, words=words)
        observe(self.store, seen, NOW + timedelta(hours=5))
        self.times.append(NOW + timedelta(days=1))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    store = SqlStore.open(f"sqlite:///{fresh(tmp_path / 'store.db')}")
    times = [NOW]
    published = Publications(
        secret=SECRET,
        names=Names(lexicon=load_lexicon(), watchers=()),
        subscriptions=store.subscriptions,
        saved=store.saved_filters,
        calendar=store.calendar,
        feeds=store.feeds,
        clock=lambda: times[-1],
    )
    web = FastAPI()
    writer = PublicationWriter(lexicon=load_lexicon(), public_url=BASE)
    web.include_router(build_publication_routes(published, writer))
    with serve_in_thread(web, host="127.0.0.1", port=0) as url:
        yield Desk(store, published, url, times)
    store.close()


def test_an_event_says_what_happens_where_it_is_proved_and_is_of_the_whole_day(desk: Desk) -> None:
    desk.take_in(61)
    path = desk.published.build_filter_calendar_path(desk.save())
    (event,) = desk.read_calendar(f"{path}?lang=en")
    assert event["SUMMARY"] == "takes effect · medium and heavy rare earths (MOFCOM–GACC 2026-61)"
    assert event["DTSTART"].dt == date(2026, 4, 1)
    assert event["DTEND"].dt == date(2026, 4, 2)
    assert "自2026-04-01起实施" in event["DESCRIPTION"]
    assert "https://a.example/61.html" in event["DESCRIPTION"]
    assert event["URL"] == f"{BASE}/notices/MOFCOM%202026-61"
    assert [str(name) for name in event["CATEGORIES"].cats] == ["medium and heavy rare-earth items"]
    assert (event["STATUS"], event["SEQUENCE"], event["TRANSP"]) == ("CONFIRMED", 0, "TRANSPARENT")
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == NOW


def test_a_calendar_has_a_name_and_says_how_often_to_read_it(desk: Desk) -> None:
    answer = desk.get(desk.published.build_filter_calendar_path(desk.save()))
    calendar = Calendar.from_ical(answer.content)
    assert calendar["X-WR-CALNAME"] == "controlwatch · Mine · 我的"
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT4H" in answer.text
    assert "X-PUBLISHED-TTL:PT4H" in answer.text


def test_deadlines_are_events(desk: Desk) -> None:
    deadline = Deadline(kind="comments-close", date=date(2026, 4, 20), quote="于2026年4月20日前反馈意见")
    desk.take_in(61, effective=(), deadlines=(deadline,))
    (event,) = desk.read_calendar(f"{desk.published.build_filter_calendar_path(desk.save())}?lang=en")
    assert event["SUMMARY"].startswith("comments close · ")
    assert event["DTSTART"].dt == date(2026, 4, 20)


def test_a_moved_date_updates_the_event(desk: Desk) -> None:
    desk.take_in(61)
    path = desk.published.build_filter_calendar_path(desk.save())
    (before,) = desk.read_calendar(path)
    desk.take_in(61, start=date(2026, 5, 1))
    desk.times.append(NOW + timedelta(days=1))
    (after,) = desk.read_calendar(path)
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1
    assert after["LAST-MODIFIED"].dt > before["LAST-MODIFIED"].dt
    assert after["DTSTART"].dt == date(2026, 5, 1)


def test_what_no_longer_happens_is_cancelled(desk: Desk) -> None:
    desk.take_in(61)
    path = desk.published.build_filter_calendar_path(desk.save())
    (before,) = desk.read_calendar(path)
    repeal = Relation(verb=Verb.REPEALS, target="MOFCOM-GACC 2026-61", quote="废止")
    desk.take_in(62, start=date(2026, 3, 10), relations=(repeal,))
    after = {str(event["UID"]): event for event in desk.read_calendar(f"{path}?lang=en")}
    gone = after[str(before["UID"])]
    assert (gone["STATUS"], gone["SEQUENCE"]) == ("CANCELLED", 1)
    assert gone["SUMMARY"].startswith("DATE CANCELLED: takes effect · MOFCOM-GACC 2026-61")


def test_what_was_only_announced_is_tentative(desk: Desk) -> None:
    suspension = Relation(
        verb=Verb.SUSPENDS, target="MOFCOM-GACC 2026-61", quote="将暂停", until=date(2027, 4, 1)
    )
    desk.take_in(61)
    desk.take_in(62, effective=(), relations=(suspension,), is_change=False)
    events = desk.read_calendar(f"{desk.published.build_filter_calendar_path(desk.save())}?lang=en")
    assert {(event["STATUS"], event["DTSTART"].dt) for event in events} == {
        ("CONFIRMED", date(2026, 4, 1)),
        ("TENTATIVE", date(2027, 4, 1)),
    }


def test_hostile_text_stays_text(desk: Desk) -> None:
    desk.take_in(61, title=HOSTILE, quote=HOSTILE)
    number = desk.save()
    (event,) = desk.read_calendar(desk.published.build_filter_calendar_path(number))
    assert "BEGIN:VEVENT SUMMARY:x" in str(event["DESCRIPTION"]).replace("\n", " ")
    assert not {"\x00", "\x07", "\u202e"} & set(event["DESCRIPTION"])
    feed = feedparser.parse(desk.get(desk.published.build_filter_feed_path(number)).content)
    assert not feed.bozo
    (entry,) = feed.entries
    assert "<script>" not in entry.content[0].value


def test_the_calendar_of_a_subscription_follows_its_criteria(desk: Desk) -> None:
    desk.take_in(61, destinations=("US",))
    desk.take_in(62)
    own = replace(EVERYTHING, destinations=("US",), language="zh", reminders=False)
    number = desk.store.subscriptions.subscribe(own, NOW)
    (event,) = desk.read_calendar(desk.published.build_subscription_calendar_path(number))
    assert event["SUMMARY"] == "生效 · 中重稀土相关物项（商务部、海关总署公告2026年第61号）"


@pytest.mark.parametrize("terms", [("稀土",), ("石墨",)])
def test_the_words_of_a_subscription_are_searched_in_the_text(desk: Desk, terms: tuple[str, ...]) -> None:
    desk.take_in(61)
    number = desk.store.subscriptions.subscribe(replace(EVERYTHING, terms=terms), NOW)
    events = desk.read_calendar(desk.published.build_subscription_calendar_path(number))
    assert len(events) == (terms == ("稀土",))


def test_a_reader_that_has_the_newest_version_is_sent_nothing(desk: Desk) -> None:
    desk.take_in(61)
    number = desk.save()
    for path in (
        desk.published.build_filter_calendar_path(number),
        desk.published.build_filter_feed_path(number),
    ):
        tag = desk.get(path).headers["etag"]
        again = desk.get(path, **{"If-None-Match": f'"old", W/{tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    desk.take_in(62)
    assert desk.get(path, **{"If-None-Match": tag}).status_code == 200


def test_an_address_ends_with_its_filter(desk: Desk) -> None:
    number = desk.save()
    paths = desk.published.build_filter_calendar_path(number), desk.published.build_filter_feed_path(number)
    assert [desk.get(path).status_code for path in paths] == [200, 200]
    desk.store.saved_filters.end(number, account_id=None, now=NOW)
    assert [desk.get(path).status_code for path in paths] == [410, 410]


def test_an_address_ends_with_its_subscription(desk: Desk) -> None:
    number = desk.store.subscriptions.subscribe(EVERYTHING, NOW)
    path = desk.published.build_subscription_calendar_path(number)
    assert desk.get(path).status_code == 200
    desk.store.subscriptions.unsubscribe(number)
    assert desk.get(path).status_code == 410


def test_who_has_not_confirmed_an_address_has_no_calendar(desk: Desk) -> None:
    waiting = Subscription(channel="email", target="a@desk.example", confirmed=False)
    number = desk.store.subscriptions.subscribe(waiting, NOW)
    assert desk.get(desk.published.build_subscription_calendar_path(number)).status_code == 404


def test_a_token_for_something_else_opens_nothing(desk: Desk) -> None:
    number = desk.save()
    desk.store.subscriptions.subscribe(EVERYTHING, NOW)
    own = sign_token(SECRET, "filter-calendar", number)
    foreign = (
        sign_token(SECRET, "unsubscribe", number),
        sign_token(SECRET, "filter-feed", number),
        sign_token(b"another secret of an installation", "filter-calendar", number),
        sign_token(SECRET, "filter-calendar", number + 1),
        own[:-1] + ("A" if own[-1] != "A" else "B"),
        "1",
        "../../etc/passwd",
        "%00",
        "x" * 5_000,
    )
    assert desk.get(f"/calendar/{own}.ics").status_code == 200
    assert {desk.get(f"/calendar/{token}.ics").status_code for token in foreign} == {404}
    assert {desk.get(f"/feeds/{token}.atom").status_code for token in (own, *foreign[2:])} == {404}


def test_a_feed_has_stable_entries_with_dates_and_their_quotes(desk: Desk) -> None:
    desk.take_in(61)
    desk.take_in(62, title="公布对镓相关物项实施出口管制的决定")
    path = f"{desk.published.build_filter_feed_path(desk.save(NoticeFilter(text='实施出口管制')))}?lang=en"
    feed = feedparser.parse(desk.get(path).content)
    assert not feed.bozo
    assert feed.version == "atom10"
    assert feed.feed.title == "controlwatch · Mine · 我的"
    assert {link.rel for link in feed.feed.links} == {"self", "alternate"}
    assert len({entry.id for entry in feed.entries}) == 2
    entry = next(item for item in feed.entries if item.id == "tag:controlwatch,2026:notice:MOFCOM%202026-61")
    assert entry.link == f"{BASE}/notices/MOFCOM%202026-61"
    assert "2026-04-01" in entry.content[0].value
    assert "「自2026-04-01起实施」" in entry.content[0].value
    assert [tag.term for tag in entry.tags] == ["rare_earth.items"]


def test_an_amended_notice_is_an_updated_entry_and_comes_first(desk: Desk) -> None:
    desk.take_in(61)
    desk.take_in(62)
    path = desk.published.build_filter_feed_path(desk.save())
    before = feedparser.parse(desk.get(path).content)
    desk.amend(61)
    after = feedparser.parse(desk.get(path).content)
    assert {entry.id for entry in after.entries} == {entry.id for entry in before.entries}
    assert after.entries[0].id.endswith("2026-61")
    assert after.entries[0].updated == after.feed.updated == "2026-03-02T06:00:00Z"


def test_an_old_notice_that_was_amended_is_in_the_feed_behind_many_newer_ones(desk: Desk) -> None:
    desk.take_in(1, published=date(2020, 1, 1))
    for n in range(2, 64):
        desk.take_in(n)
    desk.amend(1)
    path = desk.published.build_filter_feed_path(desk.save())
    assert feedparser.parse(desk.get(path).content).entries[0].id.endswith("2026-1")
