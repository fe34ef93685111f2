"""Can this poll be believed? And if so, is it what this source usually shows?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import median

from controlwatch.core.model import NoticeRef, Snapshot
from controlwatch.core.model.errors import Challenged, Implausible, Refused
from controlwatch.core.model.state import Learnt
from controlwatch.core.sources.challenge import challenged
from controlwatch.core.sources.charset import decode
from controlwatch.core.sources.watcher import Expect

#: After so many failed polls in a row the people who rely on a watcher are told.
TELL_AFTER = 3
#: Looks from which a source's usual length is learnt, gaps from which its rhythm is; and the part of its
#: usual length below which a list is not believed.
ENOUGH_LOOKS, KEPT_LOOKS = 5, 10
TOO_FEW = 1 / 3
#: A source is unusually quiet after twice its longest silence so far, and never before so many days.
QUIET_TIMES, QUIET_DAYS = 2, 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What an index showed, as far as it says whether to believe it."""

    rows: int  #: on the first page
    days: tuple[date, ...] = ()  #: listed, newest first
    total: int | None = None  #: notices that the source says it has
    room: int = 0  #: notices that its first page has room for; 0: not known

    @property
    def newest(self) -> date | None:
        """The newest day listed."""
        return max(self.days, default=None)


def check_answered(snapshot: Snapshot) -> None:
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
    """Raise `Implausible` when the index shows less than is declared, or nothing recent.

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


def usual(learnt: Learnt, shown: Shown) -> None:
    """Raise `Implausible` when the index is not at all as it has been: far shorter, or without its days."""
    if len(learnt.rows) >= ENOUGH_LOOKS and shown.rows < median(learnt.rows) * TOO_FEW:
        usually = round(median(learnt.rows))
        raise Implausible(f"only {shown.rows} notices are listed where this source lists about {usually}")
    if learnt.dated and shown.rows and not shown.days:
        raise Implausible("no row carries a day any more, though this source's rows always did")


def quiet(learnt: Learnt, newest_on: date | None, today: date) -> str:
    """Say why a source is unusually quiet for its own rhythm, or ""."""
    if newest_on is None or not learnt.silence:
        return ""
    age, most = (today - newest_on).days, max(QUIET_DAYS, QUIET_TIMES * learnt.silence)
    if age <= most:
        return ""
    return (
        f"its newest notice is of {newest_on}, {age} days ago; "
        f"its longest silence so far was {learnt.silence} days"
    )


def partial(shown: Shown) -> str:
    """Say what in a list that was believed is not as it should be, or ""."""
    if shown.total is not None and shown.room and shown.rows < min(shown.room, shown.total):
        return f"it says that it has {shown.total} notices, and its first page shows {shown.rows}"
    return ""


def learn(learnt: Learnt, shown: Shown) -> Learnt:
    """Return what is known of a source's ways after one more look that was believed."""
    days = sorted(set(shown.days), reverse=True)
    gaps = [(later - earlier).days for later, earlier in pairwise(days)]
    silence = max(gaps) if len(gaps) >= ENOUGH_LOOKS else 0  # a rhythm is heard in several beats
    return Learnt(
        rows=(*learnt.rows, shown.rows)[-KEPT_LOOKS:],
        silence=max(learnt.silence, silence),
        dated=learnt.dated or len(shown.days) >= max(1, shown.rows // 2),
    )
