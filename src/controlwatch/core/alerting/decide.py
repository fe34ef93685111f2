"""What a sight amounts to: new, amended, a copy, a report, or nothing; and who hears of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from controlwatch.core.alerting.redline import compare_texts
from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.model import (
    Alert,
    AlertKind,
    Change,
    Direction,
    Notice,
    NoticeKind,
    Relation,
    UnreadPart,
    Verb,
)
from controlwatch.core.model.state import Decision, KnownNotice, MatchContext, Observation, VersionText
from controlwatch.core.sources.index_pages import may_alert

#: Documents in which an authority explains its rules.
EXPLANATORY_KINDS = frozenset({NoticeKind.SPOKESPERSON, NoticeKind.FAQ, NoticeKind.GUIDANCE})


def decide(seen: Observation, found: MatchContext, *, now: datetime) -> Decision:
    """Compare a sight with what we hold. `now` is an aware instant.

    The laws: a notice first seen is new; other words at a known address are an amendment; other
    words at another address of a known notice are a copy, flagged and not told; press never changes
    the law, it reports.
    """
    known = found.known
    if seen.reread:
        return _decide_reread(seen, known)
    if not seen.official:
        return _decide_report(seen, found, now=now)
    if known is None:
        return _build_decision(seen, found, Change(kind="new"), quiet=_explain_no_alert(seen), now=now)
    if known.latest.is_from_register:
        return _decide_first_observation(seen, found, known, now=now)
    before = known.version_here or (known.latest if known.latest.fallback else None)
    if before is not None:
        return _decide_amendment(seen, found, known, before, now=now)
    return _decide_copy(seen, found, known, now=now)


def to_report(notice: Notice) -> Notice:
    """Take press for what it is: it changes nothing, and a number that it bears is one that it reports."""
    reports_change = notice.reports_change or notice.is_change
    report = replace(notice, number=None, is_change=False, reports_change=reports_change)
    if notice.number is None:
        return report
    number, quote = notice.number.canonical, notice.number_raw or notice.title
    reported = Relation(verb=Verb.REPORTS, target=number, quote=quote, rule="relation.reported")
    return replace(report, relations=(reported, *notice.relations))


def is_actionable(notice: Notice) -> bool:
    """Whether anybody must act on, or prepare for, what this official document says."""
    if notice.is_change or notice.kind is NoticeKind.DRAFT:
        return True
    explains = notice.kind in EXPLANATORY_KINDS and notice.direction is Direction.CLARIFY
    return explains and bool(notice.categories or notice.relations)


def _decide_reread(seen: Observation, known: KnownNotice | None) -> Decision:
    """Our own better understanding of old bytes is never news."""
    before = known.version_here if known is not None else None
    if before is not None and before.notice == seen.notice and before.fingerprint == seen.fingerprint:
        return Decision(change=None)
    return Decision(change=Change(kind="reread"), not_alerted_because="read anew from our own copy")


def _decide_report(seen: Observation, found: MatchContext, *, now: datetime) -> Decision:
    if found.known is not None:
        return Decision(change=None)
    quiet = _explain_no_alert(seen, told=seen.notice.reports_change)
    if not quiet and found.official_known:
        quiet = f"the official notice {seen.about} is known; this report is tied to it"
    elif not quiet and found.reported_before:
        quiet = f"another report of {seen.about} has been told"
    return _build_decision(seen, found, Change(kind="new"), quiet=quiet, kind="report", now=now)


def _decide_amendment(
    seen: Observation, found: MatchContext, known: KnownNotice, before: VersionText, *, now: datetime
) -> Decision:
    if seen.fallback:
        # The page cannot be read just now; what we read before stands.
        return Decision(change=None)
    old, new = (
        _prepend_title(title, text)
        for title, text in ((before.title, before.text), (_get_title(seen), seen.text))
    )
    change = compare_texts("amended", old=old, new=new, was=before.notice, now=seen.notice)
    if change is None and before.fallback:
        change = Change(kind="amended")
    if change is None:
        same = before.notice == seen.notice
        return Decision(
            change=None if same else Change(kind="reread"),
            not_alerted_because="" if same else "no word differs",
        )
    told = is_actionable(seen.notice) or is_actionable(before.notice) or before.fallback
    quiet = "" if told else "not a change of the rules, before or after"
    if before.fallback and not known.alerted and not _may_alert(seen):
        quiet = "on the shelf since the first look, and readable only now"
    return _build_decision(seen, found, change, quiet=quiet, kind="amended", now=now)


def _decide_first_observation(
    seen: Observation, found: MatchContext, known: KnownNotice, *, now: datetime
) -> Decision:
    """The page of a notice that so far the register alone knew: news only if issued since we watch."""
    if seen.fallback:
        return Decision(change=None)
    told = _has_appeared_since(seen, known) and is_actionable(seen.notice)
    quiet = "" if told else "known from the register, issued before this installation began to watch"
    return _build_decision(seen, found, Change(kind="new"), quiet=quiet, now=now)


def _decide_copy(seen: Observation, found: MatchContext, known: KnownNotice, *, now: datetime) -> Decision:
    change = compare_texts(
        "copy", old=known.latest.text, new=seen.text, was=known.latest.notice, now=seen.notice
    )
    if seen.fallback:
        change = None
    # What we know of it so far gave no reason to tell anybody; these words do.
    fuller = not is_actionable(known.latest.notice) and _may_alert(seen)
    late = fuller or _has_appeared_since(seen, known)
    if not known.alerted and late and is_actionable(seen.notice):
        return _build_decision(seen, found, change, quiet="", now=now)
    return Decision(change=change, not_alerted_because="another copy of a notice that is known")


def _has_appeared_since(seen: Observation, known: KnownNotice) -> bool:
    """A notice that one watcher's first look shelved quietly, and that another sees appear, is news.

    It is not when it was published before the day we first saw it: then it stood there already.
    """
    published = seen.notice.published or seen.document.page_date
    fresh = published is None or published >= known.tracked_since
    return fresh and seen.watcher != known.watcher and _may_alert(seen)


def _get_title(seen: Observation) -> str:
    return seen.notice.title or seen.reference.ref.title


def _prepend_title(title: str, text: str) -> str:
    """A page marks a repeal in its title too; one that is only cut marks nothing."""
    return text if title.endswith(("...", "…")) else f"{title}\n{text}"


def _may_alert(seen: Observation) -> bool:
    dated = seen.notice.published or seen.document.page_date or seen.reference.ref.listed_on
    return may_alert(eligible=seen.reference.may_alert, since=seen.reference.alert_since, dated=dated)


def _explain_no_alert(seen: Observation, *, told: bool | None = None) -> str:
    if not _may_alert(seen):
        return "on the shelf since the first look"
    unreadable = seen.fallback or (seen.notice.kind is NoticeKind.EMPTY and seen.official)
    if unreadable or (is_actionable(seen.notice) if told is None else told):
        return ""
    return "not a change of the rules"


def _find_unread_part(seen: Observation) -> UnreadPart:
    if seen.fallback or seen.notice.kind is NoticeKind.EMPTY:
        return "page"
    return "annex" if any(annex.doubt and not annex.text for annex in seen.annexes) else ""


def _build_decision(
    seen: Observation,
    found: MatchContext,
    change: Change | None,
    *,
    quiet: str,
    now: datetime,
    kind: AlertKind = "new",
) -> Decision:
    if quiet:
        return Decision(change=change, not_alerted_because=quiet)
    alert = Alert(
        kind=kind,
        made_at=now,
        title=_get_title(seen),
        watcher=seen.watcher,
        url=seen.url,
        notice=seen.notice,
        change=change,
        about=seen.about,
        unread=_find_unread_part(seen),
    )
    deliveries = route_alert(alert, found.subscriptions, text=seen.text, now=now)
    return Decision(change=change, alert=alert, deliveries=deliveries)
