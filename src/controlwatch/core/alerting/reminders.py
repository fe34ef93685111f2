"""A round of reminders: which alerts are due, for whom, and who gets the outlook of the day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from operator import attrgetter
from zoneinfo import ZoneInfo

from controlwatch.core.alerting.reminder_plan import ReminderPlan, ScheduledReminder, plan_reminders
from controlwatch.core.alerting.routing import (
    defer_past_quiet_hours,
    explain_match,
    find_send_time,
    is_muted,
    route_alert,
)
from controlwatch.core.model import Alert, AlertKind, KeyDate, Notice, ReminderSubject, Subscription
from controlwatch.core.model.alert import SUSPENSION_ENDS
from controlwatch.core.model.state import PlannedDelivery
from controlwatch.core.model.timezones import to_beijing_day

#: The day of reminders begins at eight: none is sent at midnight.
DAY_START = timedelta(hours=8)
#: An outlook lists the key dates of this many days, today included.
OUTLOOK_SPAN = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderNotice:
    """A notice as far as reminders need it."""

    notice: Notice
    text: str = ""
    notified_ids: frozenset[int] = frozenset()  #: subscriptions that were sent an alert about it


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderContext:
    """Everything in the store that bears on a round of reminders."""

    key_dates: tuple[KeyDate, ...]  #: under the current law, from a year ago on
    scheduled_reminders: tuple[ScheduledReminder, ...]
    subscriptions: tuple[Subscription, ...]
    last_outlooks: dict[int, date]  #: subscription → the day, in its zone, of its last outlook
    find_notice: Callable[[str], ReminderNotice | None]  #: by key


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAlert:
    """An alert with its deliveries, not written yet."""

    alert: Alert
    deliveries: tuple[PlannedDelivery, ...]
    notice_key: str | None = None  #: of the notice

    @property
    def gravity(self) -> tuple[bool, date]:
        """Sorts the reminders of a notice: the end of a suspension first, then the nearest day."""
        occasion = self.alert.occasion
        if occasion is None:
            return True, date.max
        return occasion.event.event != SUSPENSION_ENDS or occasion.gone, occasion.event.date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderRound:
    """What a round of reminders writes, in one transaction."""

    plan: ReminderPlan
    alerts: tuple[PlannedAlert, ...]
    outlook_days: dict[int, date]


def find_reminder_day(now: datetime) -> date:
    """Return the day that reminders are for: Beijing's, from eight in the morning on."""
    return to_beijing_day(now - DAY_START)


def decide_reminders(context: ReminderContext, *, now: datetime) -> ReminderRound:
    """Decide which reminders and outlooks are due now. `now` is an aware instant."""
    plan = plan_reminders(context.key_dates, context.scheduled_reminders, today=find_reminder_day(now))
    reminders = (_plan_reminder(occasion, context, now) for occasion in plan.occasions)
    found = [planned for planned in reminders if planned is not None]
    cancelled = [item for item in found if item.alert.occasion is not None and item.alert.occasion.gone]
    alerts = [*merge_reminders(item for item in found if item not in cancelled), *merge_cancelled(cancelled)]
    outlook_days: dict[int, date] = {}
    for subscription in context.subscriptions:
        local = now.astimezone(ZoneInfo(subscription.timezone))
        last = context.last_outlooks.get(subscription.id)
        is_due = local.time() >= subscription.at and (last is None or last < local.date())
        # An outlook that has to wait would soon be about days that have passed.
        if subscription.outlook and subscription.confirmed and not subscription.paused and is_due:
            outlook_days[subscription.id] = local.date()
            alerts.append(_plan_outlook(subscription, local.date(), context, now))
    return ReminderRound(plan=plan, alerts=tuple(alerts), outlook_days=outlook_days)


def merge_reminders(planned: Iterable[PlannedAlert]) -> Iterator[PlannedAlert]:
    """Yield the reminders of a round, those of one kind about one notice as one: the gravest date leads it.

    All who get any of them get the one.
    """
    groups: dict[tuple[str | None, AlertKind], list[PlannedAlert]] = {}
    for item in planned:
        groups.setdefault((item.notice_key, item.alert.kind), []).append(item)
    for group in groups.values():
        ordered = sorted(group, key=attrgetter("gravity"))
        first = ordered[0]
        others = tuple(item.alert.occasion for item in ordered[1:] if item.alert.occasion is not None)
        deliveries: dict[int, PlannedDelivery] = {}
        for delivery in (delivery for item in ordered for delivery in item.deliveries):
            known = deliveries.get(delivery.subscription_id)
            if known is None or known.muted:
                deliveries[delivery.subscription_id] = delivery
        alert = replace(first.alert, others=others)
        yield replace(first, alert=alert, deliveries=tuple(deliveries.values()))


def merge_cancelled(planned: Iterable[PlannedAlert]) -> Iterator[PlannedAlert]:
    """Yield one alert for all cancelled dates of a round that concern the same subscribers, nearest first.

    A suspension may cancel the dates of several notices: each subscriber is notified once, of their own.
    """
    ordered = sorted(planned, key=attrgetter("gravity"))
    wanted: dict[int, list[PlannedAlert]] = {}
    for item in ordered:
        for delivery in item.deliveries:
            wanted.setdefault(delivery.subscription_id, []).append(item)
    groups: dict[tuple[int, ...], list[int]] = {}
    for subscription_id, items in wanted.items():
        groups.setdefault(tuple(map(ordered.index, items)), []).append(subscription_id)
    for places, subscription_ids in groups.items():
        first, *others = (ordered[place] for place in places)
        occasions = tuple(item.alert.occasion for item in others if item.alert.occasion is not None)
        deliveries = (
            _choose_delivery(subscription_id, (first, *others)) for subscription_id in subscription_ids
        )
        alert = replace(first.alert, others=occasions)
        yield replace(first, alert=alert, deliveries=tuple(deliveries))


def _choose_delivery(subscription_id: int, planned: Iterable[PlannedAlert]) -> PlannedDelivery:
    """Return the first delivery to a subscription that is not muted, or else a muted one."""
    own = [
        delivery
        for item in planned
        for delivery in item.deliveries
        if delivery.subscription_id == subscription_id
    ]
    return next((delivery for delivery in own if not delivery.muted), own[0])


def _plan_reminder(occasion: ReminderSubject, context: ReminderContext, now: datetime) -> PlannedAlert | None:
    """Plan a reminder for those whom the notice, or what it releases, concerns or who were notified of it."""
    known = context.find_notice(occasion.event.key)
    if known is None:
        return None
    if occasion.gone:
        occasion = _name_cancelled(occasion, known.notice)
    alert = _build_alert(occasion, known.notice, now)
    merged = _merge_released_notices(known, occasion.event, context)
    routed = route_alert(
        replace(alert, notice=merged.notice), context.subscriptions, text=merged.text, now=now
    )
    routed_ids = {planned.subscription_id for planned in routed}
    others = tuple(
        PlannedDelivery(
            subscription_id=subscription.id,
            due_at=find_send_time(subscription, now=now, soon=True),
            why="you were notified of it",
            muted=is_muted(alert, subscription, now=now),
        )
        for subscription in context.subscriptions
        if subscription.id in merged.notified_ids
        and subscription.id not in routed_ids
        and (subscription.reminders or alert.kind != "reminder")
    )
    return PlannedAlert(alert=alert, deliveries=(*routed, *others), notice_key=occasion.event.key)


def _name_cancelled(occasion: ReminderSubject, notice: Notice) -> ReminderSubject:
    """Add the number and the items of its notice to a cancelled date: the calendar no longer has it."""
    event = replace(
        occasion.event,
        number=notice.number.canonical if notice.number is not None else occasion.event.number,
        categories=tuple(found.id for found in notice.categories),
    )
    return replace(occasion, event=event)


def _build_alert(occasion: ReminderSubject, notice: Notice, now: datetime) -> Alert:
    return Alert(
        kind="reminder" if occasion.was is None else "moved",
        made_at=now,
        title=notice.title,
        watcher="clock",
        url=occasion.event.url or None,
        notice=notice,
        occasion=occasion,
    )


def _merge_released_notices(
    known: ReminderNotice, key_date: KeyDate, context: ReminderContext
) -> ReminderNotice:
    """Add the text, codes and readers of the notices whose suspension ends on this date."""
    released = [found for key in key_date.targets if (found := context.find_notice(key)) is not None]
    notices = [known.notice, *(found.notice for found in released)]
    return ReminderNotice(
        notice=replace(
            known.notice,
            hs_codes=tuple(code for notice in notices for code in notice.hs_codes),
            destinations=tuple(dict.fromkeys(place for notice in notices for place in notice.destinations)),
        ),
        text="\n".join((known.text, *(found.text for found in released))),
        notified_ids=known.notified_ids.union(*(found.notified_ids for found in released)),
    )


def _plan_outlook(
    subscription: Subscription, day: date, context: ReminderContext, now: datetime
) -> PlannedAlert:
    """Plan the outlook of a day: the key dates of a week that concern the subscription."""
    agenda: list[KeyDate] = []
    for key_date in context.key_dates:
        known = context.find_notice(key_date.key) if day <= key_date.date < day + OUTLOOK_SPAN else None
        if known is None:
            continue
        merged = _merge_released_notices(known, key_date, context)
        alert = _build_alert(ReminderSubject(event=key_date, was=key_date.date), merged.notice, now)
        is_notified = subscription.id in merged.notified_ids
        if is_notified or explain_match(alert, subscription, text=merged.text) is not None:
            agenda.append(key_date)
    outlook = Alert(kind="outlook", made_at=now, title=f"{day}", watcher="clock", agenda=tuple(agenda))
    due_at = defer_past_quiet_hours(subscription, now=now)
    planned = PlannedDelivery(subscription_id=subscription.id, due_at=due_at, why="outlook of the day")
    return PlannedAlert(alert=outlook, deliveries=(planned,))
