"""When a second reader is not asked: the tokens of the month are used up, or its host has failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

#: After this number of faults in a row, the host is left alone for this time.
MAX_FAULTS, REST_AFTER_FAULTS = 3, timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderCall:
    """A request that was sent to the host of a second reader."""

    asked_at: datetime
    is_fault: bool


def find_month_start(now: datetime) -> datetime:
    """Return the first instant of the month, in the zone of `now`."""
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def find_rest_end(calls: Sequence[ReaderCall], *, now: datetime) -> datetime | None:
    """Return until when the host is left alone; None where it may be asked.

    `calls` are the newest ones, newest first.
    """
    newest = calls[:MAX_FAULTS]
    if len(newest) < MAX_FAULTS or not all(call.is_fault for call in newest):
        return None
    end = newest[0].asked_at + REST_AFTER_FAULTS
    # A call that a clock set ahead dated into the future must not silence the reader for longer.
    return end if now < end <= now + REST_AFTER_FAULTS else None
