"""Decide what an observation changes (new, amended, a copy, a report, nothing) and who is alerted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from controlwatch.core.alerting.redline import compare_texts
from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.model import (
    Alert,
    AlertKind,
    Annex,
    Attention,
    Change,
    Direction,
    Notice,
    NoticeKind,
    Relation,
    UnreadPart,
    Verb,
)
from controlwatch.core.model.state import (
    NOT_A_CHANGE,
    STILL_NOT_A_CHANGE,
    Decision,
    KnownNotice,
    MatchContext,
    Observation,
    VersionText,
)
from controlwatch.core.sources.index_pages import may_alert
from controlwatch.core.sources.listed_items import REVISION_MARK, is_same_title

#: Documents in which an authority explains its rules.
EXPLANATORY_KINDS = frozenset({NoticeKind.SPOKESPERSON, NoticeKind.FAQ, NoticeKind.GUIDANCE})


#: The rule of the second reader, which knows the form of a text only.
SECOND_READER_RULE = "review.second-reader"


def decide(observation: Observation, context: MatchContext, *, now: datetime) -> Decision:
    """Compare an observation with what is known of its notice. `now` is an aware instant.

    The laws: a notice that was never observed is new; another text at a known address is an amendment;
    another text at another address of a known notice is a copy, recorded without an alert; a press report
    never changes the law. What the reader did not conclude on is told as a document that needs review.
    """
    known = context.known
    if observation.reread:
        return _decide_reread(observation, known)
    if not observation.official:
        return _decide_report(observation, context, now=now)
    if known is None:
        quiet = _explain_no_alert(observation, is_news=_is_news(observation, context))
        return _build_decision(observation, context, Change(kind="new"), quiet=quiet, now=now)
    before = known.version_here or (known.latest if known.latest.fallback else None)
    if observation.fallback and (known.latest.is_from_register or before is not None):
        # The page cannot be read at present; the earlier reading stays.
        return Decision(change=None)
    if known.latest.is_from_register:
        is_news = _has_appeared_since(observation, known) and is_worth_telling(observation.notice)
        quiet = "" if is_news else "known from the register, issued before monitoring began here"
        if observation.bears:
            quiet = _explain_no_alert(observation, is_news=True)
        return _build_decision(observation, context, Change(kind="new"), quiet=quiet, now=now)
    return (
        _decide_amendment(observation, context, known, before, now=now)
        if before is not None
        else _decide_copy(observation, context, known, now=now)
    )


def to_report(notice: Notice) -> Notice:
    """Return a press article as a report: it changes nothing, and its number is the one it reports on."""
    reports_change = notice.reports_change or notice.is_change
    report = replace(notice, number=None, is_change=False, reports_change=reports_change)
    if reports_change and all(reason.rule == SECOND_READER_RULE for reason in notice.review):
        # It is sent as a report anyway; the form alone does not make an article the instrument.
        doubts = (*notice.doubts, *(reason.reason for reason in notice.review))
        report = replace(report, review=(), possible_categories=(), doubts=doubts)
    if notice.number is None:
        return report
    number, quote = notice.number.canonical, notice.number_raw or notice.title
    reported = Relation(verb=Verb.REPORTS, target=number, quote=quote, rule="relation.reported")
    return replace(report, relations=(reported, *notice.relations))


def is_actionable(notice: Notice) -> bool:
    """Return whether readers must act on, or prepare for, what this official document says."""
    if notice.is_change or notice.kind is NoticeKind.DRAFT:
        return True
    explains = notice.kind in EXPLANATORY_KINDS and notice.direction is Direction.CLARIFY
    return explains and bool(notice.categories or notice.relations)


def is_worth_telling(notice: Notice) -> bool:
    """Return whether people are told what this official document says, or that one of them should read it."""
    return is_actionable(notice) or notice.attention is Attention.REVIEW


def _is_news(observation: Observation, context: MatchContext) -> bool:
    """Return whether a first sight matters: by itself, or because it bears on a rule that is known.

    That is so where its title names the rule, or where it has the rule's number and other words.
    """
    if is_worth_telling(observation.notice) or context.follows_rule:
        return True
    bearer = context.bearer if observation.bears else context.displaced
    return bearer is not None and is_actionable(bearer.latest.notice)


def _decide_reread(observation: Observation, known: KnownNotice | None) -> Decision:
    """Decide on a new reading of stored bytes: it is never news."""
    before = known.version_here if known is not None else None
    if (
        before is not None
        and before.notice == observation.notice
        and before.fingerprint == observation.fingerprint
    ):
        return Decision(change=None)
    return Decision(change=Change(kind="reread"), not_alerted_because="read again from the stored copy")


def _decide_report(observation: Observation, context: MatchContext, *, now: datetime) -> Decision:
    if context.known is not None:
        return Decision(change=None)
    is_news = observation.notice.attention is not Attention.NONE
    quiet = _explain_no_alert(observation, is_news=is_news)
    if not quiet and context.official_known:
        quiet = f"the official notice {observation.about} is known; this report is linked to it"
    elif not quiet and context.reported_before:
        quiet = f"an alert about another report of {observation.about} was sent"
    return _build_decision(observation, context, Change(kind="new"), quiet=quiet, kind="report", now=now)


def _decide_amendment(
    observation: Observation, context: MatchContext, known: KnownNotice, before: VersionText, *, now: datetime
) -> Decision:
    observation = _add_listed_title(observation)
    notice, reference = observation.notice, observation.reference
    old, new = (
        # A page marks a repeal in its title too; a title that is only cut marks nothing.
        text if title.endswith(("...", "…")) else f"{title}\n{text}"
        for title, text in ((before.title, before.text), (_get_title(observation), observation.text))
    )
    if reference.prior_title:
        old, new = f"{reference.prior_title}\n{old}", f"{reference.ref.title}\n{new}"
    change = compare_texts("amended", old=old, new=new, was=before.notice, now=notice)
    if change is None and before.fallback:
        change = Change(kind="amended")
    if change is None and before.notice == notice:
        return Decision(change=None)
    if change is None:
        return Decision(change=Change(kind="reread"), not_alerted_because="no word differs")
    is_news = is_worth_telling(notice) or is_worth_telling(before.notice) or before.fallback
    quiet = "" if is_news else STILL_NOT_A_CHANGE
    if _is_settled(notice, known, before):
        quiet = "a person judged that it changes nothing, and what raised the question is the same"
    if before.fallback and not known.alerted and not _may_alert(observation):
        quiet = "tracked since the first poll, and readable only now"
    kind = _choose_amended_kind(notice, known, before)
    return _build_decision(observation, context, change, quiet=quiet, kind=kind, now=now)


def _add_listed_title(observation: Observation) -> Observation:
    """Return an observation under the title that is listed now, where its page says nothing of the change."""
    reference, notice = observation.reference, observation.notice
    title = reference.ref.title
    if not reference.prior_title or observation.fallback or is_same_title(title, notice.title):
        return observation
    doubt = f"the list has changed the title from {reference.prior_title!r}; the page itself has not"
    return replace(observation, notice=replace(notice, title=title, doubts=(*notice.doubts, doubt)))


def _choose_amended_kind(notice: Notice, known: KnownNotice, before: VersionText) -> AlertKind:
    """Return as what an amended text is told: what is a change now, and was none before, is a new change."""
    if known.is_judged_change:
        return "amended"
    if notice.is_change:
        return "new" if _is_unsure(known, before) else "amended"
    return "review" if notice.attention is Attention.REVIEW else "amended"


def _is_unsure(known: KnownNotice, before: VersionText) -> bool:
    """Return whether it was not concluded so far whether the notice changes the rules."""
    return known.is_in_review or before.notice.attention is Attention.REVIEW


def _is_settled(notice: Notice, known: KnownNotice, before: VersionText) -> bool:
    """Return whether a person has judged that it changes nothing, and the reader asks nothing new."""
    was_judged = known.judgement is not None and not known.is_judged_change
    if not was_judged or notice.attention is not Attention.REVIEW:
        return False
    return (notice.review, notice.possible_categories) == (
        before.notice.review,
        before.notice.possible_categories,
    )


def _decide_copy(
    observation: Observation, context: MatchContext, known: KnownNotice, *, now: datetime
) -> Decision:
    latest = known.latest
    change = compare_texts(
        "copy", old=latest.text, new=observation.text, was=latest.notice, now=observation.notice
    )
    if observation.fallback:
        change = None
    is_answer = observation.notice.is_change and not known.is_judged_change
    if is_answer and _is_unsure(known, latest) and _may_alert(observation):
        # It answers the question that the other copy raised; from now on it is the text that counts.
        amended = replace(change or Change(kind="amended"), kind="amended")
        return _build_decision(observation, context, amended, quiet="", now=now)
    # The earlier reading gave no reason for an alert; this one does.
    is_fuller = not is_worth_telling(latest.notice) and _may_alert(observation)
    is_news = is_fuller or _has_appeared_since(observation, known)
    if (
        change is not None
        and observation.watcher == known.watcher
        and _states_more(observation, known.latest)
    ):
        # The source itself published it again elsewhere, and it says something else.
        quiet = "" if _may_alert(observation) else "tracked since the first poll"
        kind = _choose_amended_kind(observation.notice, known, latest)
        change = replace(change, kind="amended")
        return _build_decision(observation, context, change, quiet=quiet, kind=kind, now=now)
    if not known.alerted and is_news and is_worth_telling(observation.notice):
        return _build_decision(observation, context, change, quiet="", now=now)
    return Decision(change=change, not_alerted_because="another copy of a notice that is known")


def _states_more(observation: Observation, known: VersionText) -> bool:
    """Return whether a copy states a day, an item, a code, a place or a party that is not known.

    What it only leaves out may be in an annex. A title that says it was revised or has ended says more too.
    """
    facts = zip(_list_facts(observation.notice), _list_facts(known.notice), strict=True)
    marks = [set(REVISION_MARK.findall(title)) for title in (_get_title(observation), known.title)]
    return any(here - there for here, there in facts) or bool(marks[0] - marks[1])


def _list_facts(notice: Notice) -> tuple[set[object], ...]:
    return (
        {(found.start, found.until) for found in notice.effective if found.start is not None},
        {found.id for found in notice.categories},
        {found.code for found in (*notice.hs_codes, *notice.control_codes)},
        set(notice.destinations),
        {(entity.zh, entity.en) for entity in notice.entities},
    )


def _has_appeared_since(observation: Observation, known: KnownNotice) -> bool:
    """Return whether a known notice newly appears at another source than the one that tracked it first.

    A notice that the first poll of one source tracked without an alert is news when another source publishes
    it later. It is not news when it was published before the day on which it was first tracked.
    """
    published = observation.notice.published or observation.document.page_date
    is_recent = published is None or published >= known.tracked_since
    return is_recent and observation.watcher != known.watcher and _may_alert(observation)


def _has_unread_part(annex: Annex) -> bool:
    """Return whether an annex may hold codes and terms that were not read."""
    return annex.is_cut or bool(annex.picture_text) or (annex.doubt is not None and not annex.text)


def _get_title(observation: Observation) -> str:
    return observation.notice.title or observation.reference.ref.title


def _may_alert(observation: Observation) -> bool:
    reference = observation.reference
    dated = observation.notice.published or observation.document.page_date or reference.ref.listed_on
    return may_alert(eligible=reference.may_alert, since=reference.alert_since, dated=dated)


def _explain_no_alert(observation: Observation, *, is_news: bool) -> str:
    """Return why the first observation of a document causes no alert; "" where it causes one."""
    if not _may_alert(observation):
        return "tracked since the first poll"
    is_unreadable = observation.fallback or (
        observation.notice.kind is NoticeKind.EMPTY and observation.official
    )
    return "" if is_unreadable or is_news else NOT_A_CHANGE


def _build_decision(
    observation: Observation,
    context: MatchContext,
    change: Change | None,
    *,
    quiet: str,
    now: datetime,
    kind: AlertKind = "new",
) -> Decision:
    """Return the decision, with an alert and its deliveries unless `quiet` gives the reason for none."""
    if quiet:
        return Decision(change=change, not_alerted_because=quiet)
    unread: UnreadPart = ""
    if observation.fallback or observation.notice.kind is NoticeKind.EMPTY:
        unread = "page"
    elif observation.document.is_cut or any(_has_unread_part(annex) for annex in observation.annexes):
        unread = "annex"
    is_review = observation.notice.attention is Attention.REVIEW and unread != "page"
    if is_review and kind in {"new", "report"}:
        kind = "review"
    alert = Alert(
        kind=kind,
        made_at=now,
        title=_get_title(observation),
        watcher=observation.watcher,
        url=observation.url,
        notice=observation.notice,
        change=change,
        about=observation.about,
        unread=unread,
    )
    deliveries = route_alert(alert, context.subscriptions, text=observation.text, now=now)
    return Decision(change=change, alert=alert, deliveries=deliveries)
