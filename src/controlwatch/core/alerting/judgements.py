"""Documents that need review: who is notified of what a person decided, and when operators are reminded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from controlwatch.core.alerting.health_alerts import HealthAlert
from controlwatch.core.alerting.reminders import PlannedAlert
from controlwatch.core.alerting.routing import find_send_time, is_muted, route_alert
from controlwatch.core.alerting.system_alerts import TextPair, build_system_alert, format_moment_pair
from controlwatch.core.law.answers import OpenReviews, ReviewLine
from controlwatch.core.model import Alert, AlertKind, Judgement, Notice, Subscription, Verdict
from controlwatch.core.model.state import HealthNotice, PlannedDelivery

#: The source of reminders of documents that need review, and their name among what was notified.
REVIEW_SOURCE = "review"
#: Operators are reminded once in this time, for the first time when a document has waited as long.
REMINDER_INTERVAL = timedelta(days=1)
#: Documents that a reminder names.
MAX_NAMED_REVIEWS = 8
NOTIFIED_REASON = "you were notified that it needs review"
VERDICT_ALERTS: dict[Verdict, AlertKind] = {"change": "judged-change", "no-change": "judged-no-change"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCase:
    """A document that needs review, with all that its judgement depends on."""

    line: ReviewLine
    notice: Notice
    text: str
    last_verdict: Verdict | None  #: of the judgement before, also where it was reopened since
    notified_ids: frozenset[int]  #: subscriptions that were alerted to it
    subscriptions: tuple[Subscription, ...]


def plan_judgement_alert(case: ReviewCase, judgement: Judgement, *, now: datetime) -> PlannedAlert | None:
    """Plan the alert about a judgement; None where no one has to be notified.

    All whom a change may concern are alerted, also where the document had caused no alert. Of no change,
    those are notified who were alerted before. The same verdict is not sent twice.
    """
    if judgement.verdict == case.last_verdict:
        return None
    line = case.line
    alert = Alert(
        kind=VERDICT_ALERTS[judgement.verdict],
        made_at=now,
        title=line.title,
        watcher=line.watcher,
        url=line.url,
        notice=case.notice,
        review_id=line.id,
        judgement=judgement,
    )
    routed: tuple[PlannedDelivery, ...] = ()
    if judgement.verdict == "change":
        routed = route_alert(alert, case.subscriptions, text=case.text, now=now)
    routed_ids = {planned.subscription_id for planned in routed}
    others = tuple(
        PlannedDelivery(
            subscription_id=subscription.id,
            due_at=find_send_time(subscription, now=now),
            why=NOTIFIED_REASON,
            muted=is_muted(alert, subscription, now=now),
        )
        for subscription in case.subscriptions
        if subscription.id in case.notified_ids and subscription.id not in routed_ids
    )
    deliveries = (*routed, *others)
    return PlannedAlert(alert=alert, deliveries=deliveries, notice_key=line.key) if deliveries else None


def plan_review_reminder(
    found: OpenReviews,
    notice: HealthNotice | None,
    list_lines: Callable[[], Iterable[ReviewLine]],
    *,
    now: datetime,
) -> HealthAlert | None:
    """Plan the daily reminder of documents that wait for a person, or its end.

    `notice` is the last reminder; `list_lines` returns the open reviews, oldest first, once one is due.
    """
    if not found.count or found.oldest is None:
        return HealthAlert(health_notices={REVIEW_SOURCE: None}) if notice is not None else None
    if now - (notice.at if notice is not None else found.oldest) < REMINDER_INTERVAL:
        return None
    waiting = [line for line in list_lines() if line.alerted]
    named = "; ".join(f"{line.id}: {line.title}" for line in waiting[:MAX_NAMED_REVIEWS])
    hidden = len(waiting) - MAX_NAMED_REVIEWS
    more = (f" and {hidden} more", f"等{len(waiting)}份") if hidden > 0 else ("", "")
    alert = build_system_alert(
        "lead",
        describe_open_reviews(found),
        (
            f"It was not concluded whether they change the rules: {named}{more[0]}. To settle one: "
            "controlwatch review NUMBER --as change|no-change, or the buttons in Slack. List them all: "
            "controlwatch review.",
            f"未能判定是否涉及规则调整：{named}{more[1]}。判定方式："
            "controlwatch review NUMBER --as change|no-change，或使用 Slack 按钮。全部列出："
            "controlwatch review。",
        ),
        watcher=REVIEW_SOURCE,
        now=now,
    )
    times = notice.times + 1 if notice is not None else 1
    notified = HealthNotice(times=times, at=now, since=found.oldest, word="review")
    return HealthAlert(health_notices={REVIEW_SOURCE: notified}, alert=alert)


def describe_open_reviews(found: OpenReviews) -> TextPair:
    """Return how many documents need review and since when, in a phrase of each language; "" where none."""
    if not found.count:
        return "", ""
    documents = "1 document needs" if found.count == 1 else f"{found.count} documents need"
    english, chinese = format_moment_pair(found.oldest)
    return (
        f"{documents} review, the oldest since {english}",
        f"{found.count} 份文件待人工判定，最早一份自 {chinese}",
    )
