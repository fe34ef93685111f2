"""What a sight amounts to: new, amended, a copy, a report, or nothing; and who hears of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from controlwatch.core.alerting.redline import compare
from controlwatch.core.alerting.routing import route
from controlwatch.core.model import Alert, AlertKind, Change, Direction, Kind, Notice, Relation, Unread, Verb
from controlwatch.core.model.state import Decision, Found, Known, Seen, VersionText
from controlwatch.core.sources.new_references import rings

#: Documents in which an authority explains its rules.
EXPLAINING = frozenset({Kind.SPOKESPERSON, Kind.FAQ, Kind.GUIDANCE})


def decide(seen: Seen, found: Found, *, now: datetime) -> Decision:
    """Compare a sight with what we hold. `now` is an aware instant.

    The laws: a notice first seen is new; other words at a known address are an amendment; other
    words at another address of a known notice are a copy, flagged and not told; press never changes
    the law, it reports.
    """
    known = found.known
    if seen.reread:
        return _reread(seen, known)
    if not seen.official:
        return _report(seen, found, now=now)
    if known is None:
        return _tell(seen, found, Change(kind="new"), quiet=_quiet_if_new(seen), now=now)
    if known.latest.registered:
        return _observed(seen, found, known, now=now)
    before = known.here or (known.latest if known.latest.fallback else None)
    if before is not None:
        return _again(seen, found, known, before, now=now)
    return _elsewhere(seen, found, known, now=now)


def as_report(notice: Notice) -> Notice:
    """Take press for what it is: it changes nothing, and a number that it bears is one that it reports."""
    reports_change = notice.reports_change or notice.is_change
    report = replace(notice, number=None, is_change=False, reports_change=reports_change)
    if notice.number is None:
        return report
    number, quote = notice.number.canonical, notice.number_raw or notice.title
    reported = Relation(verb=Verb.REPORTS, target=number, quote=quote, rule="relation.reported")
    return replace(report, relations=(reported, *notice.relations))


def worth_telling(notice: Notice) -> bool:
    """Whether anybody must act on, or prepare for, what this official document says."""
    if notice.is_change or notice.kind is Kind.DRAFT:
        return True
    explains = notice.kind in EXPLAINING and notice.direction is Direction.CLARIFY
    return explains and bool(notice.categories or notice.relations)


def _reread(seen: Seen, known: Known | None) -> Decision:
    """Our own better understanding of old bytes is never news."""
    before = known.here if known is not None else None
    if before is not None and before.notice == seen.notice and before.fingerprint == seen.fingerprint:
        return Decision(change=None)
    return Decision(change=Change(kind="reread"), quiet_because="read anew from our own copy")


def _report(seen: Seen, found: Found, *, now: datetime) -> Decision:
    if found.known is not None:
        return Decision(change=None)
    quiet = _quiet_if_new(seen, told=seen.notice.reports_change)
    if not quiet and found.official_known:
        quiet = f"the official notice {seen.about} is known; this report is tied to it"
    elif not quiet and found.reported_before:
        quiet = f"another report of {seen.about} has been told"
    return _tell(seen, found, Change(kind="new"), quiet=quiet, kind="report", now=now)


def _again(seen: Seen, found: Found, known: Known, before: VersionText, *, now: datetime) -> Decision:
    if seen.fallback:
        # The page cannot be read just now; what we read before stands.
        return Decision(change=None)
    old, new = (
        _titled(title, text) for title, text in ((before.title, before.text), (_title(seen), seen.text))
    )
    change = compare("amended", old=old, new=new, was=before.notice, now=seen.notice)
    if change is None and before.fallback:
        change = Change(kind="amended")
    if change is None:
        same = before.notice == seen.notice
        return Decision(
            change=None if same else Change(kind="reread"), quiet_because="" if same else "no word differs"
        )
    told = worth_telling(seen.notice) or worth_telling(before.notice) or before.fallback
    quiet = "" if told else "not a change of the rules, before or after"
    if before.fallback and not known.rung and not _may_ring(seen):
        quiet = "on the shelf since the first look, and readable only now"
    return _tell(seen, found, change, quiet=quiet, kind="amended", now=now)


def _observed(seen: Seen, found: Found, known: Known, *, now: datetime) -> Decision:
    """The page of a notice that so far the register alone knew: news only if issued since we watch."""
    if seen.fallback:
        return Decision(change=None)
    told = _appeared_after_shelving(seen, known) and worth_telling(seen.notice)
    quiet = "" if told else "known from the register, issued before this installation began to watch"
    return _tell(seen, found, Change(kind="new"), quiet=quiet, now=now)


def _elsewhere(seen: Seen, found: Found, known: Known, *, now: datetime) -> Decision:
    change = compare("copy", old=known.latest.text, new=seen.text, was=known.latest.notice, now=seen.notice)
    if seen.fallback:
        change = None
    # What we know of it so far gave no reason to tell anybody; these words do.
    fuller = not worth_telling(known.latest.notice) and _may_ring(seen)
    late = fuller or _appeared_after_shelving(seen, known)
    if not known.rung and late and worth_telling(seen.notice):
        return _tell(seen, found, change, quiet="", now=now)
    return Decision(change=change, quiet_because="another copy of a notice that is known")


def _appeared_after_shelving(seen: Seen, known: Known) -> bool:
    """A notice that one watcher's first look shelved quietly, and that another sees appear, is news.

    It is not when it was published before the day we first saw it: then it stood there already.
    """
    published = seen.notice.published or seen.document.page_date
    fresh = published is None or published >= known.shelved_on
    return fresh and seen.watcher != known.watcher and _may_ring(seen)


def _title(seen: Seen) -> str:
    return seen.notice.title or seen.due.ref.title


def _titled(title: str, text: str) -> str:
    """A page marks a repeal in its title too; one that is only cut marks nothing."""
    return text if title.endswith(("...", "…")) else f"{title}\n{text}"


def _may_ring(seen: Seen) -> bool:
    dated = seen.notice.published or seen.document.page_date or seen.due.ref.listed_on
    return rings(may_ring=seen.due.rings, since=seen.due.since, dated=dated)


def _quiet_if_new(seen: Seen, *, told: bool | None = None) -> str:
    if not _may_ring(seen):
        return "on the shelf since the first look"
    unreadable = seen.fallback or (seen.notice.kind is Kind.EMPTY and seen.official)
    if unreadable or (worth_telling(seen.notice) if told is None else told):
        return ""
    return "not a change of the rules"


def _unread(seen: Seen) -> Unread:
    if seen.fallback or seen.notice.kind is Kind.EMPTY:
        return "page"
    return "annex" if any(annex.doubt and not annex.text for annex in seen.annexes) else ""


def _tell(
    seen: Seen, found: Found, change: Change | None, *, quiet: str, now: datetime, kind: AlertKind = "new"
) -> Decision:
    if quiet:
        return Decision(change=change, quiet_because=quiet)
    alert = Alert(
        kind=kind,
        made_at=now,
        title=_title(seen),
        watcher=seen.watcher,
        url=seen.url,
        notice=seen.notice,
        change=change,
        about=seen.about,
        unread=_unread(seen),
    )
    deliveries = route(alert, found.subscriptions, text=seen.text, now=now)
    return Decision(change=change, alert=alert, deliveries=deliveries)
