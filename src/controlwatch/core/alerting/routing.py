"""Alert × subscriptions × now → deliveries, each with its due time and the reason for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from controlwatch.core.model import Alert, AlertKind, Direction, Notice, Subscription, covers_category
from controlwatch.core.model.alert import SUSPENSION_ENDS
from controlwatch.core.model.state import PlannedDelivery

#: The reason given where a criterion cannot be checked.
NOT_READABLE = "not readable from this notice, sent to be safe"
#: Alerts about documents that the reader did not conclude on.
REVIEW_KINDS: frozenset[AlertKind] = frozenset({"review", "judged-change", "judged-no-change"})
OPERATOR_REASON = "operators get every document that needs review"


def route_alert(
    alert: Alert, subscriptions: Iterable[Subscription], *, text: str = "", now: datetime
) -> tuple[PlannedDelivery, ...]:
    """Return one planned delivery for each confirmed subscription that the alert concerns.

    Paused subscriptions get theirs too; they wait until the subscription is resumed. `text` is the notice's
    whole text, for subscriptions by free term.
    """
    soon = alert.kind in {"reminder", "moved"}
    return tuple(
        PlannedDelivery(
            subscription_id=subscription.id,
            due_at=find_send_time(subscription, now=now, soon=soon),
            why=why,
            muted=is_muted(alert, subscription, now=now),
        )
        for subscription in subscriptions
        if subscription.confirmed and (why := explain_match(alert, subscription, text=text)) is not None
    )


def is_muted(alert: Alert, subscription: Subscription, *, now: datetime) -> bool:
    """Return whether every category for which the subscription gets the alert is muted at this moment.

    An alert that touches a category that is not muted is sent, and so is one whose items were not readable.
    """
    muted = tuple(mute.category for mute in subscription.muted if mute.until > now)
    if not muted or alert.notice is None:
        return False
    chosen = subscription.categories
    touched = [
        item
        for item in _list_touched(alert, alert.notice)
        if not chosen or any(covers_category(category, item) for category in chosen)
    ]
    return bool(touched) and all(any(covers_category(mute, item) for mute in muted) for item in touched)


def explain_match(alert: Alert, subscription: Subscription, *, text: str = "") -> str | None:
    """Return why this subscription gets the alert, or None where it does not.

    Criteria of one kind are alternatives, criteria of different kinds must all hold, and a
    subscription without criteria gets everything.
    """
    if alert.kind in {"health-down", "health-up", "lead"}:
        return "health of the watchers" if subscription.health else None
    why = _explain_criteria(alert, subscription, text)
    # An operator decides what becomes of the document, whatever it is about.
    is_for_operator = alert.kind in REVIEW_KINDS and subscription.health
    return OPERATOR_REASON if why is None and is_for_operator else why


def _explain_criteria(alert: Alert, subscription: Subscription, text: str) -> str | None:
    """Return which criteria of a subscription match an alert about a notice, or None where one does not."""
    notice = alert.notice
    is_unwanted = (alert.kind == "report" and not subscription.reports) or (
        alert.kind == "reminder" and not subscription.reminders
    )
    if is_unwanted or notice is None:
        return None
    directions = [notice.direction]
    if alert.occasion is not None and alert.occasion.event.event == SUSPENSION_ENDS:
        # When a suspension ends, the controls that it suspended bind again.
        directions += [Direction.RESUME, Direction.TIGHTEN]
    touched = _list_touched(alert, notice)
    categories = sorted(
        {item for item in touched for chosen in subscription.categories if covers_category(chosen, item)}
    )
    is_unsure = alert.kind in REVIEW_KINDS
    if not touched and alert.kind != "report" and not is_unsure:
        # A change whose items are not readable may concern every subscriber: better one alert too many.
        categories = [NOT_READABLE]
    codes = {finding.code for finding in notice.hs_codes}
    searched = f"{alert.title}\n{text}".casefold()
    is_page_unread = alert.unread == "page"
    is_annex_unread = alert.unread in {"page", "annex"}
    reasons: list[str] = []
    for name, criteria, hits, is_unread in (
        ("category", subscription.categories, categories, is_page_unread),
        (
            "issuer",
            subscription.issuers,
            _select_common(subscription.issuers, notice.issuers),
            is_page_unread or (is_unsure and not notice.issuers),
        ),
        (
            "direction",
            subscription.directions,
            [] if is_unsure else _select_common(subscription.directions, directions),
            is_page_unread or is_unsure,
        ),
        (
            "destination",
            subscription.destinations,
            _select_common(subscription.destinations, notice.destinations),
            is_page_unread or (is_unsure and not notice.destinations),
        ),
        (
            "HS code",
            subscription.hs_prefixes,
            sorted(code for code in codes if code.startswith(subscription.hs_prefixes)),
            is_annex_unread or (is_unsure and not codes),
        ),
        (
            "term",
            subscription.terms,
            [term for term in subscription.terms if term.casefold() in searched],
            is_annex_unread,
        ),
    ):
        if not criteria:
            continue
        if not hits and not is_unread:
            return None
        reasons.append(f"{name} {', '.join(hits) or NOT_READABLE}")
    return "; ".join(reasons) or "subscribed to everything"


def _list_touched(alert: Alert, notice: Notice) -> list[str]:
    """Return the ids of the categories that a notice touches or, where that is not concluded, may touch."""
    stated = [finding.id for finding in notice.categories]
    return (
        list(dict.fromkeys((*stated, *notice.possible_categories))) if alert.kind in REVIEW_KINDS else stated
    )


def _select_common(chosen: Iterable[str], present: Iterable[str]) -> list[str]:
    known = set(present)
    return [item for item in chosen if item in known]


def defer_past_quiet_hours(subscription: Subscription, *, now: datetime) -> datetime:
    """Return when something that does not wait for a digest is sent, as an instant in the zone of `now`."""
    local = now.astimezone(ZoneInfo(subscription.timezone))
    return _defer_past_quiet(local, subscription.quiet).astimezone(now.tzinfo)


def find_send_time(subscription: Subscription, *, now: datetime, soon: bool = False) -> datetime:
    """Return when a delivery made now is to be sent, as an instant in the zone of `now`.

    Immediate deliveries wait for the end of the quiet hours; digests for the next day and hour chosen. A
    delivery marked `soon` waits for the hour, never for the weekday: a reminder is useless after its day.
    """
    local = now.astimezone(ZoneInfo(subscription.timezone))
    if subscription.rate != "immediate":
        start, at = local, subscription.at
        is_weekly = subscription.rate == "weekly" and not soon
        local = start.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
        while local < start or (is_weekly and local.weekday() != subscription.weekday):
            local += timedelta(days=1)
    return _defer_past_quiet(local, subscription.quiet).astimezone(now.tzinfo)


def _defer_past_quiet(local: datetime, quiet: tuple[time, time] | None) -> datetime:
    """Return the end of the quiet hours that a local time falls into, else the time itself."""
    if quiet is None:
        return local
    start, end = quiet
    moment = local.time()
    is_within = start <= moment < end if start <= end else moment >= start or moment < end
    if not is_within:
        return local
    resumed = local.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    return resumed if resumed > local else resumed + timedelta(days=1)
