"""A round of the clock: what it rings, for whom, and who gets the outlook of the day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from controlwatch.core.alerting.reminder_plan import ReminderPlan, ScheduledReminder, plan_reminders
from controlwatch.core.alerting.routing import (
    defer_past_quiet_hours,
    explain_match,
    find_send_time,
    is_muted,
    route_alert,
)
from controlwatch.core.model import Alert, KeyDate, Notice, ReminderSubject, Subscription
from controlwatch.core.model.state import PlannedDelivery
from controlwatch.core.model.timezones import to_beijing_day

#: The clock's day begins at eight: nobody is reminded at midnight.
DAY_START = timedelta(hours=8)
#: An outlook holds the events of so many days, today included.
OUTLOOK_SPAN = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderNotice:
    """A notice as far as the clock needs it."""

    notice: Notice
    text: str = ""
    notified_ids: frozenset[int] = frozenset()  #: subscriptions that were sent an alert about it


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderContext:
    """What the store knows that bears on a round."""

    key_dates: tuple[KeyDate, ...]  #: as the law stands, from a year ago on
    scheduled_reminders: tuple[ScheduledReminder, ...]
    subscriptions: tuple[Subscription, ...]
    last_outlooks: dict[int, date]  #: subscription → the day, in its zone, of its last outlook
    find_notice: Callable[[str], ReminderNotice | None]  #: by key


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAlert:
    """An alert of the clock, with its deliveries."""

    alert: Alert
    deliveries: tuple[PlannedDelivery, ...]
    notice_key: str | None = None  #: of the notice


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderRound:
    """What a round of the clock writes, all of it or nothing."""

    plan: ReminderPlan
    alerts: tuple[PlannedAlert, ...]
    outlook_days: dict[int, date]


def find_reminder_day(now: datetime) -> date:
    """The day that the clock rings for: Beijing's, from eight in the morning on."""
    return to_beijing_day(now - DAY_START)


def decide_reminders(calendar: ReminderContext, *, now: datetime) -> ReminderRound:
    """Decide what is rung now. `now` is an aware instant."""
    planned = plan_reminders(calendar.key_dates, calendar.scheduled_reminders, today=find_reminder_day(now))
    rings = (_plan_reminder(occasion, calendar, now) for occasion in planned.occasions)
    due = {item.id: day for item in calendar.subscriptions if (day := _find_outlook_day(item, calendar, now))}
    return ReminderRound(
        plan=planned,
        alerts=(*(found for found in rings if found is not None), *_plan_outlooks(calendar, due, now)),
        outlook_days=due,
    )


def _plan_reminder(
    occasion: ReminderSubject, calendar: ReminderContext, now: datetime
) -> PlannedAlert | None:
    known = calendar.find_notice(occasion.event.key)
    if known is None:
        return None
    alert = _build_alert(occasion, known.notice, now)
    whole = _merge_released_notices(known, occasion.event, calendar)
    return PlannedAlert(
        alert=alert,
        deliveries=_plan_deliveries(alert, whole, calendar, now=now),
        notice_key=occasion.event.key,
    )


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


def _plan_deliveries(
    alert: Alert, known: ReminderNotice, calendar: ReminderContext, *, now: datetime
) -> tuple[PlannedDelivery, ...]:
    """Return the deliveries: to whom the notice, or what it frees, concerns, and to all told of it before."""
    planned = route_alert(
        replace(alert, notice=known.notice), calendar.subscriptions, text=known.text, now=now
    )
    heard = {item.subscription_id for item in planned}
    others = (
        PlannedDelivery(
            subscription_id=item.id,
            due_at=find_send_time(item, now=now, soon=True),
            why="you were told of it",
            muted=is_muted(alert, item, now=now),
        )
        for item in calendar.subscriptions
        if item.id in known.notified_ids
        and item.id not in heard
        and (item.reminders or alert.kind != "reminder")
    )
    return (*planned, *others)


def _merge_released_notices(
    known: ReminderNotice, event: KeyDate, calendar: ReminderContext
) -> ReminderNotice:
    """Let what a suspension frees count as its own when it ends: those words, codes and readers are meant."""
    freed = [found for key in event.targets if (found := calendar.find_notice(key)) is not None]
    notices = [known.notice, *(found.notice for found in freed)]
    return ReminderNotice(
        notice=replace(
            known.notice,
            hs_codes=tuple(code for notice in notices for code in notice.hs_codes),
            destinations=tuple(dict.fromkeys(place for notice in notices for place in notice.destinations)),
        ),
        text="\n".join((known.text, *(found.text for found in freed))),
        notified_ids=known.notified_ids.union(*(found.notified_ids for found in freed)),
    )


def _find_outlook_day(item: Subscription, calendar: ReminderContext, now: datetime) -> date | None:
    """Return the day, in the subscriber's zone, whose outlook is due and has not been sent."""
    if not item.outlook or not item.confirmed or item.paused:
        return None  # an outlook that waits is soon about days that have passed
    local = now.astimezone(ZoneInfo(item.timezone))
    last = calendar.last_outlooks.get(item.id)
    due = local.time() >= item.at and (last is None or last < local.date())
    return local.date() if due else None


def _plan_outlooks(calendar: ReminderContext, due: dict[int, date], now: datetime) -> Iterator[PlannedAlert]:
    for item in calendar.subscriptions:
        day = due.get(item.id)
        if day is None:
            continue
        week = (event for event in calendar.key_dates if day <= event.date < day + OUTLOOK_SPAN)
        agenda = tuple(event for event in week if _is_relevant(event, item, calendar, now))
        alert = Alert(kind="outlook", made_at=now, title=f"{day}", watcher="clock", agenda=agenda)
        due_at = defer_past_quiet_hours(item, now=now)
        planned = PlannedDelivery(subscription_id=item.id, due_at=due_at, why="outlook of the day")
        yield PlannedAlert(alert=alert, deliveries=(planned,))


def _is_relevant(event: KeyDate, item: Subscription, calendar: ReminderContext, now: datetime) -> bool:
    """Say whether a subscription would hear of an event: by its criteria, or as it was told before."""
    known = calendar.find_notice(event.key)
    if known is None:
        return False
    whole = _merge_released_notices(known, event, calendar)
    alert = _build_alert(ReminderSubject(event=event, was=event.date), whole.notice, now)
    return item.id in whole.notified_ids or explain_match(alert, item, text=whole.text) is not None
