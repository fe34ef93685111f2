"""Days and hours: the issuers' calendar is Beijing's, the subscribers' is their own."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")

#: A notice is looked at again so long after it appeared; silent edits come early or never.
RECHECK_DELAYS = tuple(
    timedelta(hours=hours) for hours in (1 / 6, 1, 6, 24, 3 * 24, 7 * 24, 14 * 24, 30 * 24, 60 * 24)
)
#: A page that could not be read is tried again so long after the first, second, … failure.
RETRY_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 1440))


def to_beijing_day(instant: datetime) -> date:
    """Return the day in Beijing of an aware instant."""
    return instant.astimezone(BEIJING).date()


def to_beijing_noon(day: date) -> datetime:
    """Return noon in Beijing of a day, as an instant in UTC."""
    return datetime.combine(day, time(12), BEIJING).astimezone(UTC)


def schedule_recheck(*, seen_at: datetime, listed_on: date | None, now: datetime) -> datetime | None:
    """When a notice is to be looked at again: later and later, None after two months.

    The age counts from the listed day where that is earlier than our first sight, so that a shelf
    filled today does not cause hundreds of looks at old notices.
    """
    born = seen_at
    if listed_on is not None:
        born = min(born, datetime.combine(listed_on, time(12), BEIJING).astimezone(seen_at.tzinfo))
    return next((born + step for step in RECHECK_DELAYS if born + step > now), None)


def schedule_retry(*, failures: int, now: datetime) -> datetime:
    """When to try a page again after so many failures (1 is the first). Never "not again"."""
    return now + RETRY_DELAYS[min(failures, len(RETRY_DELAYS)) - 1]
