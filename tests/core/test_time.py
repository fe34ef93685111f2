"""Hours that come twice, hours and days that do not come: every message leaves once, no day is guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.core.alerting.routing import defer_past_quiet_hours, find_send_time
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.model import Document, Notice, Subscription

BERLIN = ZoneInfo("Europe/Berlin")  # 2026-10-25: 02:00 to 03:00 comes twice; 2027-03-28: not at all
TWICE, NEVER = date(2026, 10, 25), date(2027, 3, 28)
DAILY = Subscription(id=1, channel="email", target="a@b.example", rate="daily", timezone="Europe/Berlin")


def leaves(subscription: Subscription, day: date) -> set[datetime]:
    """Every moment at which something told in the day before or on the day would leave, hour by hour."""
    first = datetime.combine(day - timedelta(days=1), time(12), BERLIN).astimezone(UTC)
    told = (first + timedelta(minutes=20 * n) for n in range(3 * 36))
    return {find_send_time(subscription, now=now) for now in told}


@pytest.mark.parametrize(
    ("day", "at", "leaving"),
    [
        (TWICE, time(1, 30), {"01:30+0200"}),
        (
            TWICE,
            time(2, 30),
            {"02:30+0200", "02:30+0100"},
        ),  # what is told between the two leaves at the second
        (TWICE, time(3, 0), {"03:00+0100"}),
        (NEVER, time(1, 30), {"01:30+0100"}),
        (NEVER, time(2, 30), {"03:30+0200"}),  # half past two does not come
        (NEVER, time(8, 30), {"08:30+0200"}),
    ],
)
def test_a_digest_leaves_once_at_its_hour_whatever_the_clocks_do(
    day: date, at: time, leaving: set[str]
) -> None:
    moments = [moment.astimezone(BERLIN) for moment in leaves(replace(DAILY, at=at), day)]
    assert {moment.strftime("%H:%M%z") for moment in moments if moment.date() == day} == leaving


@pytest.mark.parametrize("day", [TWICE, NEVER])
def test_nothing_leaves_before_it_is_told_nor_within_quiet_hours_when_the_clocks_change(day: date) -> None:
    quiet = replace(DAILY, rate="immediate", quiet=(time(22), time(7)))
    first = datetime.combine(day - timedelta(days=1), time(20), BERLIN).astimezone(UTC)
    for n in range(6 * 16):
        told = first + timedelta(minutes=10 * n)
        leaves_at = defer_past_quiet_hours(quiet, now=told)
        assert leaves_at >= told
        assert time(7) <= leaves_at.astimezone(BERLIN).time() < time(22)


def announcement(stated: str, issued: str) -> Notice:
    text = f"决定对镓实施出口管制。本公告自{stated}。\n商务部\n{issued}"
    title = "商务部公告2028年第5号 关于对镓相关物项实施出口管制的公告"
    return read_notice(Document(url="https://a.example/1", title=title, text=text), load_lexicon())


@pytest.mark.parametrize(
    ("stated", "issued", "start"),
    [
        ("2028年2月29日起施行", "2028年2月20日", date(2028, 2, 29)),
        ("公布之日起30日后施行", "2028年1月31日", date(2028, 3, 1)),
        ("公布之日起30日后施行", "2027年1月31日", date(2027, 3, 2)),
        ("公布之日起1个月后施行", "2028年1月31日", date(2028, 2, 29)),
        ("公布之日起6个月后施行", "2027年8月31日", date(2028, 2, 29)),
        ("公布之日起施行", "2028年2月29日", date(2028, 2, 29)),
    ],
)
def test_days_around_the_end_of_february_are_counted_as_the_calendar_has_them(
    stated: str, issued: str, start: date
) -> None:
    assert [found.start for found in announcement(stated, issued).effective] == [start]


def test_a_year_from_a_leap_day_ends_on_the_last_of_february() -> None:
    (found,) = announcement("公布之日起施行，有效期一年", "2028年2月29日").effective
    assert (found.start, found.until) == (date(2028, 2, 29), date(2029, 2, 28))


def test_a_day_that_no_calendar_has_is_not_guessed_and_is_named() -> None:
    notice = announcement("2027年2月29日起施行", "2027年2月20日")
    assert [(found.start, found.basis) for found in notice.effective] == [(None, "not-stated")]
    assert any("2027年2月29日" in doubt and "not a day of the calendar" in doubt for doubt in notice.doubts)
