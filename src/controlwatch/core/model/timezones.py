"""Days in Beijing, the calendar of the issuers, and when pages are read again."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")

#: How long after it appeared a notice is read again; silent edits are made early or never.
RECHECK_DELAYS = tuple(
    timedelta(hours=hours) for hours in (1 / 6, 1, 6, 24, 3 * 24, 7 * 24, 14 * 24, 30 * 24, 60 * 24)
)
#: How long after the first, second, … failure a page is tried again.
RETRY_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 1440))


def to_beijing_day(instant: datetime) -> date:
    """Return the day in Beijing of an aware instant."""
    return instant.astimezone(BEIJING).date()


def format_beijing_time(instant: datetime | None) -> str:
    """Return an aware instant for people to read, in Beijing time to the minute; of None, "never"."""
    return f"{instant.astimezone(BEIJING):%Y-%m-%d %H:%M} Beijing time" if instant is not None else "never"


def to_beijing_noon(day: date) -> datetime:
    """Return noon in Beijing of a day, as an instant in UTC."""
    return datetime.combine(day, time(12), BEIJING).astimezone(UTC)


def schedule_recheck(*, seen_at: datetime, listed_on: date | None, now: datetime) -> datetime | None:
    """Return when a notice is to be read again, at growing intervals; None after two months.

    The age counts from the listed day where it is earlier than `seen_at`, so that the first poll of a source
    does not schedule hundreds of old notices.
    """
    born = seen_at
    if listed_on is not None:
        born = min(born, datetime.combine(listed_on, time(12), BEIJING).astimezone(seen_at.tzinfo))
    return next((born + step for step in RECHECK_DELAYS if born + step > now), None)


def schedule_retry(*, failures: int, now: datetime) -> datetime:
    """Return when to try a page again after its nth failure (1 is the first); there is always a next time."""
    return now + RETRY_DELAYS[min(failures, len(RETRY_DELAYS)) - 1]
