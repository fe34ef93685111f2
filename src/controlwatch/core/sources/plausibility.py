"""Can this poll be believed? And if so, is it what this source usually shows?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import median

from controlwatch.core.model import NoticeRef, Snapshot
from controlwatch.core.model.errors import Challenged, Implausible, Refused
from controlwatch.core.model.state import Baseline
from controlwatch.core.sources.challenge import detect_challenge
from controlwatch.core.sources.charset import decode_body
from controlwatch.core.sources.watcher import Expect

#: After so many failed polls in a row the people who rely on a watcher are told.
FAILURES_BEFORE_ALERT = 3
#: Looks from which a source's usual length is learnt, gaps from which its rhythm is; and the part of its
#: usual length below which a list is not believed.
MIN_BASELINE_SCANS, MAX_BASELINE_SCANS = 5, 10
MIN_ROWS_RATIO = 1 / 3
#: A source is unusually quiet after twice its longest silence so far, and never before so many days.
QUIET_FACTOR, MIN_QUIET_DAYS = 2, 14


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStatistics:
    """What an index showed, as far as it says whether to believe it."""

    rows: int  #: on the first page
    days: tuple[date, ...] = ()  #: listed, newest first
    total: int | None = None  #: notices that the source says it has
    page_size: int = 0  #: notices that its first page has room for; 0: not known

    @property
    def newest_day(self) -> date | None:
        """The newest day listed."""
        return max(self.days, default=None)


def check_response(snapshot: Snapshot) -> None:
    """Raise `Challenged` or `Refused` when a status of 400 or more came instead of a page."""
    if snapshot.status < 400:
        return
    text = decode_body(snapshot.body, header=snapshot.get_header("content-type")).text
    if reason := detect_challenge(text):
        raise Challenged(f"{snapshot.final_url} answered {snapshot.status} with a bot challenge ({reason})")
    raise Refused(f"{snapshot.final_url} answered HTTP {snapshot.status}", status=snapshot.status)


def find_newest_day(refs: tuple[NoticeRef, ...]) -> date | None:
    """The newest day that an index lists."""
    return max((ref.listed_on for ref in refs if ref.listed_on is not None), default=None)


def check_expectations(expect: Expect, *, rows: int, newest_on: date | None, today: date) -> None:
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


def check_baseline(learnt: Baseline, shown: IndexStatistics) -> None:
    """Raise `Implausible` when the index is not at all as it has been: far shorter, or without its days."""
    if len(learnt.rows) >= MIN_BASELINE_SCANS and shown.rows < median(learnt.rows) * MIN_ROWS_RATIO:
        usually = round(median(learnt.rows))
        raise Implausible(f"only {shown.rows} notices are listed where this source lists about {usually}")
    if learnt.dated and shown.rows and not shown.days:
        raise Implausible("no row carries a day any more, though this source's rows always did")


def describe_silence(learnt: Baseline, newest_on: date | None, today: date) -> str:
    """Say why a source is unusually quiet for its own rhythm, or ""."""
    if newest_on is None or not learnt.silence:
        return ""
    age, most = (today - newest_on).days, max(MIN_QUIET_DAYS, QUIET_FACTOR * learnt.silence)
    if age <= most:
        return ""
    return (
        f"its newest notice is of {newest_on}, {age} days ago; "
        f"its longest silence so far was {learnt.silence} days"
    )


def describe_shortfall(shown: IndexStatistics) -> str:
    """Say what in a list that was believed is not as it should be, or ""."""
    if shown.total is not None and shown.page_size and shown.rows < min(shown.page_size, shown.total):
        return f"it says that it has {shown.total} notices, and its first page shows {shown.rows}"
    return ""


def update_baseline(learnt: Baseline, shown: IndexStatistics) -> Baseline:
    """Return what is known of a source's ways after one more look that was believed."""
    days = sorted(set(shown.days), reverse=True)
    gaps = [(later - earlier).days for later, earlier in pairwise(days)]
    silence = max(gaps) if len(gaps) >= MIN_BASELINE_SCANS else 0  # a rhythm is heard in several beats
    return Baseline(
        rows=(*learnt.rows, shown.rows)[-MAX_BASELINE_SCANS:],
        silence=max(learnt.silence, silence),
        dated=learnt.dated or len(shown.days) >= max(1, shown.rows // 2),
    )
