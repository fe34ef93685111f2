"""Alert × subscriptions × now → deliveries, each with its due time and its why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from controlwatch.core.law.key_dates import SUSPENSION_ENDS
from controlwatch.core.model import Alert, Direction, Notice, Subscription, covers_category
from controlwatch.core.model.state import PlannedDelivery


def route_alert(
    alert: Alert, subscriptions: Iterable[Subscription], *, text: str = "", now: datetime
) -> tuple[PlannedDelivery, ...]:
    """Return one planned delivery for each confirmed subscription that the alert concerns.

    Those that are paused get theirs too, to wait until they are resumed. `text` is the notice's whole
    text, for subscriptions by free term.
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
    """Say whether everything for which the subscription gets the alert is muted at this moment.

    What touches an item that is not muted is told, and so is what could not be read.
    """
    quiet = tuple(mute.category for mute in subscription.muted if mute.until > now)
    if not quiet or alert.notice is None:
        return False
    touched = [finding.id for finding in alert.notice.categories]
    wanted = [
        item
        for item in touched
        if not subscription.categories
        or any(covers_category(chosen, item) for chosen in subscription.categories)
    ]
    return bool(wanted) and all(any(covers_category(mute, item) for mute in quiet) for item in wanted)


def explain_match(alert: Alert, subscription: Subscription, *, text: str = "") -> str | None:
    """Say why this subscription gets the alert, or None.

    Criteria of one kind are alternatives, criteria of different kinds must all hold, and a
    subscription without criteria gets everything.
    """
    if alert.kind in {"health-down", "health-up", "lead"}:
        return "health of the watchers" if subscription.health else None
    unwanted = (alert.kind == "report" and not subscription.reports) or (
        alert.kind == "reminder" and not subscription.reminders
    )
    if unwanted or alert.notice is None:
        return None
    page = alert.unread == "page"
    annex = page or alert.unread == "annex"
    notice = alert.notice
    places, directions = notice.destinations, _list_directions(alert, notice)
    reasons = [
        _explain_criterion(
            subscription.categories, _find_categories(alert, subscription), "category", unread=page
        ),
        _explain_criterion(
            subscription.issuers, _find_common(subscription.issuers, notice.issuers), "issuer", unread=page
        ),
        _explain_criterion(
            subscription.directions,
            _find_common(subscription.directions, directions),
            "direction",
            unread=page,
        ),
        _explain_criterion(
            subscription.destinations,
            _find_common(subscription.destinations, places),
            "destination",
            unread=page,
        ),
        _explain_criterion(
            subscription.hs_prefixes, _find_hs_codes(notice, subscription), "HS code", unread=annex
        ),
        _explain_criterion(subscription.terms, _find_terms(alert, subscription, text), "term", unread=annex),
    ]
    if None in reasons:
        return None
    return "; ".join(why for why in reasons if why) or "subscribed to everything"


def _list_directions(alert: Alert, notice: Notice) -> list[Direction]:
    """Return the directions an alert moves in: when a suspension ends, what it held up binds again."""
    ends = alert.occasion is not None and alert.occasion.event.event == SUSPENSION_ENDS
    return [notice.direction, *((Direction.RESUME, Direction.TIGHTEN) if ends else ())]


def _explain_criterion(wanted: tuple[str, ...], hits: list[str], what: str, *, unread: bool) -> str | None:
    if not wanted:
        return ""
    if hits:
        return f"{what} {', '.join(hits)}"
    # What could not be read may concern anybody: better one alert too many.
    return f"{what} not readable from this notice, sent to be safe" if unread else None


def _find_common(wanted: Iterable[str], there: Iterable[str]) -> list[str]:
    present = set(there)
    return [item for item in wanted if item in present]


def _find_categories(alert: Alert, subscription: Subscription) -> list[str]:
    notice = alert.notice
    if notice is None:
        return []
    touched = [finding.id for finding in notice.categories]
    if not touched and alert.kind != "report":
        # A change whose items we could not read may concern anybody: better one alert too many.
        return ["not readable from this notice, sent to be safe"]
    return sorted(
        {item for item in touched for chosen in subscription.categories if covers_category(chosen, item)}
    )


def _find_hs_codes(notice: Notice, subscription: Subscription) -> list[str]:
    codes = {finding.code for finding in notice.hs_codes}
    return sorted(code for code in codes if code.startswith(subscription.hs_prefixes))


def _find_terms(alert: Alert, subscription: Subscription, text: str) -> list[str]:
    haystack = f"{alert.title}\n{text}".casefold()
    return [term for term in subscription.terms if term.casefold() in haystack]


def defer_past_quiet_hours(subscription: Subscription, *, now: datetime) -> datetime:
    """When something that does not wait for a digest is to leave, as an instant in the zone of `now`."""
    local = now.astimezone(ZoneInfo(subscription.timezone))
    return _defer_past_quiet(local, subscription.quiet).astimezone(now.tzinfo)


def find_send_time(subscription: Subscription, *, now: datetime, soon: bool = False) -> datetime:
    """When a delivery made now is to leave, as an instant in the zone of `now`.

    Immediate ones wait for the end of the quiet hours; digests for the next day and hour chosen. What is
    told `soon` waits for the hour, never for the weekday: a reminder is no use after its day.
    """
    local = now.astimezone(ZoneInfo(subscription.timezone))
    if subscription.rate != "immediate":
        local = _find_next_time(
            local,
            subscription.at,
            weekday=subscription.weekday if subscription.rate == "weekly" and not soon else None,
        )
    return _defer_past_quiet(local, subscription.quiet).astimezone(now.tzinfo)


def _find_next_time(local: datetime, at: time, *, weekday: int | None) -> datetime:
    moment = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    while moment < local or (weekday is not None and moment.weekday() != weekday):
        moment += timedelta(days=1)
    return moment


def _defer_past_quiet(local: datetime, quiet: tuple[time, time] | None) -> datetime:
    if quiet is None or not _is_within(local.time(), quiet):
        return local
    end = local.replace(hour=quiet[1].hour, minute=quiet[1].minute, second=0, microsecond=0)
    return end if end > local else end + timedelta(days=1)


def _is_within(moment: time, quiet: tuple[time, time]) -> bool:
    start, end = quiet
    if start <= end:
        return start <= moment < end
    return moment >= start or moment < end
