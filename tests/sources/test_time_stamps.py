"""One reader of time stamps: the day in Beijing where a zone is named, else the day as written, else none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from controlwatch.core.model.timezones import BEIJING
from controlwatch.core.sources.time_stamps import parse_day

FIFTH, SIXTH = date(2027, 3, 5), date(2027, 3, 6)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Fri, 05 Mar 2027 10:00:00 CST", FIFTH),
        ("Fri, 05 Mar 2027 23:30:00 CST", FIFTH),
        ("Fri Mar 05 23:00:00 CST 2027", FIFTH),
        ("Fri Mar  5 20:00:00 UTC 2027", SIXTH),
        ("Fri Mar 05 2027 20:00:00 GMT+0800 (中国标准时间)", FIFTH),
        ("Fri, 05 Mar 2027 20:00:00 GMT", SIXTH),
        ("Fri, 05 Mar 2027 20:00:00 +0000", SIXTH),
        ("Fri, 05 Mar 2027 20:00:00 EST", SIXTH),
        ("Fri, 05 Mar 2027 20:00:00 +0800", FIFTH),
        ("Fri, 05 Mar 27 20:00:00 +0800", FIFTH),
        ("Mon, 05 Mar 27 20:00:00 +0800", None),
        ("2027-03-05 20:30:00", FIFTH),
        ("2027-03-05T20:30:00", FIFTH),
        ("2027-03-05T20:30:00Z", SIXTH),
        ("2027-03-05T20:30:00.000+0000", SIXTH),
        ("2027-03-05T20:30:00.123+08:00", FIFTH),
        ("2027-03-05T00:30:00+09:00", date(2027, 3, 4)),
        ("2027-03-05 20:30:00 来源：安全与管制局", FIFTH),
        ("2027-03-05 20:30 MOFCOM", FIFTH),
        ("2027年3月5日 10:00", FIFTH),
        ("2027年3月5日 23:00", FIFTH),
        ("２０２７年３月５日", FIFTH),
        ("二〇二七年三月五日", FIFTH),
        ("二○二七年十二月三十一日", date(2027, 12, 31)),
        ("二O二七年十月二十日", date(2027, 10, 20)),
        ("20270305", FIFTH),
        ("20270305203000", FIFTH),
        ("1804248000", FIFTH),
        ("/Date(1804276800000)/", SIXTH),
        ("1804248000000.0", FIFTH),
        ("05-Mar-2027", FIFTH),
        ("March 5, 2027 8:00 PM", FIFTH),
        ("March 5, 2027 8:00 PM GMT", SIXTH),
        ("5 March 2027, 8:00 p.m. UTC", SIXTH),
        ("Mar 5, 2027 at 12:30 AM EST", FIFTH),
        ("Mar 5, 2027 at 11:30AM EST", SIXTH),
        ("2027-03-05 12:30 AM +09:00", date(2027, 3, 4)),
    ],
)
def test_the_day_of_a_stamp_is_that_in_beijing_or_the_one_that_is_written(
    text: str, day: date | None
) -> None:
    assert parse_day(text) == day


@pytest.mark.parametrize(
    "text",
    ["昨天", "3月5日", "03-05", "2027年3月", "03/05/2027", "5/3/27", "Friday", "10:00", "2027-02-30", "20271345", "二〇二七年十三月五日", "99999999999999999", ""],
)  # fmt: skip
def test_what_is_not_a_whole_day_is_no_day(text: str) -> None:
    assert parse_day(text) is None


@given(
    some.integers(631_152_000, 3_786_912_000),
    some.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters))),
)
def test_every_form_of_an_instant_gives_its_day_in_beijing(at: int, zone: timezone) -> None:
    instant = datetime.fromtimestamp(at, tz=zone)
    day = instant.astimezone(BEIJING).date()
    java = instant.astimezone(UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
    assert {parse_day(form) for form in (instant.isoformat(), format_datetime(instant), java)} == {day}
