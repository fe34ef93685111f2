"""Can this poll be believed?"""

from __future__ import annotations

from datetime import date

from controlwatch.core.challenge import challenged
from controlwatch.core.charset import decode
from controlwatch.core.errors import Challenged, Implausible, Refused
from controlwatch.core.model import NoticeRef, Snapshot
from controlwatch.core.watcher import Expect

#: After so many failed polls in a row the people who rely on a watcher are told.
TELL_AFTER = 3


def answered(snapshot: Snapshot) -> None:
    """Raise `Challenged` or `Refused` when a status of 400 or more came instead of a page."""
    if snapshot.status < 400:
        return
    text = decode(snapshot.body, header=snapshot.header("content-type")).text
    if reason := challenged(text):
        raise Challenged(f"{snapshot.final_url} answered {snapshot.status} with a bot challenge ({reason})")
    raise Refused(f"{snapshot.final_url} answered HTTP {snapshot.status}", status=snapshot.status)


def newest(refs: tuple[NoticeRef, ...]) -> date | None:
    """The newest day that an index lists."""
    return max((ref.listed_on for ref in refs if ref.listed_on is not None), default=None)


def believe(expect: Expect, *, rows: int, newest_on: date | None, today: date) -> None:
    """Raise `Implausible` when the index shows too little, or nothing recent.

    `today` is the day in Beijing. An index without dates is judged by its rows alone.
    """
    if rows < expect.rows:
        raise Implausible(f"only {rows} notices are listed where at least {expect.rows} are expected")
    if expect.newest_within_days is None or newest_on is None:
        return
    age = (today - newest_on).days
    if age > expect.newest_within_days:
        raise Implausible(
            f"the newest notice listed is of {newest_on}, {age} days ago; "
            f"this source is not silent longer than {expect.newest_within_days}"
        )
