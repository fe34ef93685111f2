"""Write calendars that Outlook, Google, Apple and Thunderbird subscribe to (RFC 5545, RFC 7986)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache

from icalendar import Calendar, Event, vDuration

from controlwatch.core.rendering.calendar_text import CalendarEntry

PRODUCT = "-//controlwatch//key dates//EN"
#: How often programs should read a calendar again.
REFRESH_INTERVAL = timedelta(hours=4)
#: Written events that are kept: writing one takes half a millisecond.
MAX_KEPT_EVENTS = 20_000
_END = b"END:VCALENDAR\r\n"


def write_calendar(entries: Iterable[CalendarEntry], *, name: str) -> bytes:
    """Return a calendar of all-day events in the iCalendar format; `name` is shown by the programs."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", "Asia/Shanghai")
    calendar.add("refresh-interval", REFRESH_INTERVAL, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH_INTERVAL))
    frame: bytes = calendar.to_ical()
    return b"".join((frame.removesuffix(_END), *map(_write_event, entries), _END))


@lru_cache(maxsize=MAX_KEPT_EVENTS)
def _write_event(entry: CalendarEntry) -> bytes:
    event = Event()
    event.add("uid", entry.uid)
    event.add("summary", entry.summary)
    event.add("dtstart", entry.date)
    event.add("dtend", entry.date + timedelta(days=1))
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("sequence", entry.sequence)
    event.add("status", entry.status.upper())
    event.add("transp", "TRANSPARENT")
    event.add("description", entry.description)
    if entry.categories:
        event.add("categories", list(entry.categories))
    if entry.url:
        event.add("url", entry.url)
    written: bytes = event.to_ical()
    return written
