"""Decide whether a response is a page, not a bot challenge, and whether a scan of an index is plausible."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from statistics import median

from selectolax.lexbor import LexborHTMLParser

from controlwatch.core.model import NoticeRef, Snapshot
from controlwatch.core.model.errors import (
    Challenged,
    Implausible,
    Refused,
    SourceError,
    Unreachable,
    Unread,
)
from controlwatch.core.model.state import Baseline, Concern, WatcherState
from controlwatch.core.sources.decoding import decode_body, is_mail
from controlwatch.core.sources.retry_after import read_retry_after
from controlwatch.core.sources.watcher import Expect

# --------------------------------------------------------------------------- one response

#: What betrays a bot challenge; its status can be 200 as well as 412.
_CHALLENGES = (
    # $_ts=window['$_ts'];if(!$_ts)$_ts={};
    (re.compile(r"\$_ts\s*=\s*window\s*\["), "a $_ts challenge script"),
    # document.cookie='__jsl_clearance=1…
    (re.compile(r"__jsl_clearance|__jsluid"), "a __jsl cookie script"),
    # setCookie("acw_sc__v2", x)
    (re.compile(r"acw_sc__v\d"), "an acw_sc cookie script"),
    # window._cf_chl_opt={…
    (re.compile(r"_cf_chl_opt|/cdn-cgi/challenge-platform/"), "a browser check"),
    (re.compile(r"请开启\s*JavaScript\s*并刷新该页", re.IGNORECASE), "a request to switch JavaScript on"),
    # 您的访问请求被拦截
    (re.compile(r"(?:访问|请求|操作)[^。]{0,12}(?:被拦截|被阻断|已被WAF拦截)"), "a firewall's refusal"),
    # 请完成安全验证后继续访问
    (re.compile(r"请(?:完成|进行|通过)(?:安全|人机|滑动)验证"), "a human check"),
)
_MARKUP = re.compile(r"<(?:script|html|body|noscript)\b", re.IGNORECASE)
#: Visible characters of a challenge; a notice, even one that mentions JavaScript, has more.
_MAX_CHALLENGE_LENGTH = 300


def detect_challenge(text: str) -> str | None:
    """Return what shows that a page is a bot challenge, or None for any other text.

    A page with more than a few lines of text is not a challenge: a page saved by a real browser still has the
    challenge script beside the notice.
    """
    if not _MARKUP.search(text):
        return None
    reason = next((reason for pattern, reason in _CHALLENGES if pattern.search(text)), None)
    if reason is None:
        return None
    tree = LexborHTMLParser(text)
    tree.strip_tags(["script", "style", "template"])
    visible = "".join(tree.body.text().split()) if tree.body else ""
    return reason if len(visible) <= _MAX_CHALLENGE_LENGTH else None


_PART = 206  # Partial Content


def check_response(snapshot: Snapshot) -> None:
    """Raise `Challenged` or `Refused` for a response that is not a whole page.

    That is one with a status of 400 or more, a redirect that leads nowhere, and a part not asked for.
    """
    is_part = snapshot.status == _PART and not is_mail(snapshot)  # of a mail too large, the beginning is read
    if snapshot.status < 300 and not is_part:
        return
    if snapshot.status < 400:
        what = "only a part of the page" if is_part else "a redirect without an address"
        raise Refused(f"{snapshot.final_url} answered HTTP {snapshot.status}: {what}", status=snapshot.status)
    text = decode_body(snapshot.body, header=snapshot.get_header("content-type")).text
    if reason := detect_challenge(text):
        raise Challenged(f"{snapshot.final_url} answered {snapshot.status} with a bot challenge ({reason})")
    rest = read_retry_after(snapshot)
    asks = f", and asks for a pause of {rest:.0f} s" if rest else ""
    raise Refused(
        f"{snapshot.final_url} answered HTTP {snapshot.status}{asks}",
        status=snapshot.status,
        retry_after=rest,
    )


# --------------------------------------------------------------------------- the pages of one poll

#: After this number of pages in a row that do not answer, the rest of the poll is left for the next one.
MAX_UNREACHABLE_PAGES = 3


def is_gone(error: SourceError) -> bool:
    """Return whether the source says that a page no longer exists."""
    return isinstance(error, Refused) and error.status in {404, 410}


def is_host_down(errors: Sequence[SourceError], *, read: int) -> bool:
    """Return whether a source fails: its list answers, but its pages do not, or are bot challenges.

    `errors` are those of one poll in order, `read` is the number of pages that could be read. A single page
    with another error is different: it stays due, is counted as unread, and after some failures is
    alerted from its title.
    """
    if read or not errors:
        return False
    if isinstance(errors[-1], Challenged):
        return True
    last = errors[-MAX_UNREACHABLE_PAGES:]
    return len(last) == MAX_UNREACHABLE_PAGES and all(isinstance(error, Unreachable) for error in last)


def choose_reported_error(errors: Sequence[SourceError]) -> SourceError:
    """Return the error to report when no page at all could be read; `errors` is not empty."""
    for error in errors:
        if isinstance(error, Challenged):
            return error
    return Unread(f"{len(errors)} notices could not be read: {errors[0]}")


# --------------------------------------------------------------------------- a scan of the index

#: A failing watcher is alerted after this number of failed polls in a row.
FAILURES_BEFORE_ALERT = 3
#: The usual number of rows is known after MIN and computed from the last MAX scans; the rhythm of a source is
#: known after MIN gaps between its notices.
MIN_BASELINE_SCANS, MAX_BASELINE_SCANS = 5, 10
#: A list shorter than this part of the usual number of rows is not plausible.
MIN_ROWS_RATIO = 1 / 3
#: A source is unusually quiet after this many times its longest silence, and never before this many days.
QUIET_FACTOR, MIN_QUIET_DAYS = 2, 14


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStatistics:
    """The figures of an index scan by which its plausibility is judged."""

    rows: int  #: on the first page
    days: tuple[date, ...] = ()  #: listed, newest first
    total: int | None = None  #: number of notices that the source claims
    page_size: int = 0  #: capacity of its first page; 0: not known
    is_whole: bool = True  #: all of the list was sent again: nothing was "not modified"


def find_newest_day(refs: tuple[NoticeRef, ...]) -> date | None:
    """Return the newest day that an index lists, or None."""
    return max((ref.listed_on for ref in refs if ref.listed_on is not None), default=None)


def check_expectations(expect: Expect, *, rows: int, newest_on: date | None, today: date) -> None:
    """Raise `Implausible` when the index shows fewer rows than declared, or nothing recent.

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


def check_baseline(baseline: Baseline, scan: IndexStatistics) -> None:
    """Raise `Implausible` when the index is far shorter than usual, or its rows have lost their days."""
    if len(baseline.rows) >= MIN_BASELINE_SCANS and scan.rows < median(baseline.rows) * MIN_ROWS_RATIO:
        usual = round(median(baseline.rows))
        raise Implausible(f"only {scan.rows} notices are listed where this source lists about {usual}")
    if baseline.dated and scan.rows and not scan.days:
        raise Implausible("no row carries a day any more, though this source's rows always did")


def describe_silence(baseline: Baseline, newest_on: date | None, today: date) -> str:
    """Return a sentence about a source that is unusually quiet for its rhythm, or ""."""
    if newest_on is None or not baseline.silence:
        return ""
    age, limit = (today - newest_on).days, max(MIN_QUIET_DAYS, QUIET_FACTOR * baseline.silence)
    if age <= limit:
        return ""
    return (
        f"its newest notice is of {newest_on}, {age} days ago; "
        f"its longest silence so far was {baseline.silence} day{'' if baseline.silence == 1 else 's'}"
    )


def describe_shortfall(scan: IndexStatistics) -> str:
    """Return a sentence about a plausible list that shows fewer rows than it should, or ""."""
    if scan.total is not None and scan.page_size and scan.rows < min(scan.page_size, scan.total):
        return f"it says that it has {scan.total} notices, and its first page shows {scan.rows}"
    return ""


def update_baseline(baseline: Baseline, scan: IndexStatistics) -> Baseline:
    """Return the baseline of a source after one more plausible scan."""
    days = sorted(set(scan.days), reverse=True)
    gaps = [(later - earlier).days for later, earlier in pairwise(days)]
    silence = max(gaps) if len(gaps) >= MIN_BASELINE_SCANS else 0  # fewer gaps are not a rhythm
    return Baseline(
        rows=(*baseline.rows, scan.rows)[-MAX_BASELINE_SCANS:],
        silence=max(baseline.silence, silence),
        dated=baseline.dated or len(scan.days) >= max(1, scan.rows // 2),
    )


def apply_scan(
    state: WatcherState, scan: IndexStatistics, *, newest: date | None, faults: Sequence[str], today: date
) -> WatcherState:
    """Return the state of a watcher after a plausible scan, with what is odd about it.

    `scan.is_whole` tells whether all of the list was sent again; what was odd stays so where it was not.
    """
    oddity = "; ".join(faults) or (describe_shortfall(scan) if scan.is_whole else "")
    if not scan.is_whole and not oddity and state.concern == "degraded":
        oddity = state.concern_reason  # nothing has changed about it
    reason = oddity or describe_silence(state.learnt, newest, today)
    concern: Concern = "degraded" if oddity else "quiet" if reason else ""
    before = (state.rows, state.newest, state.concern, state.concern_reason)
    if not scan.is_whole and before == (scan.rows, newest, concern, reason):
        return state  # as nine polls of ten
    return replace(
        state,
        rows=scan.rows,
        newest=newest,
        learnt=update_baseline(state.learnt, scan) if scan.is_whole else state.learnt,
        concern=concern,
        concern_reason=reason,
    )
