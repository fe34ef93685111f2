"""A round of the clock: what it rings, for whom, and who gets the outlook of the day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from controlwatch.core.books import Planned
from controlwatch.core.calendar import beijing_day
from controlwatch.core.clock import Appointment, Plan, plan
from controlwatch.core.model import Alert, Event, Notice, Occasion, Subscription
from controlwatch.core.route import after_quiet_hours, reason, route

#: The clock's day begins at eight in Beijing: nobody is reminded at midnight.
DAY_BEGINS = timedelta(hours=8)
#: An outlook holds the events of so many days, today included.
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What the store knows that bears on a round."""

    events: tuple[Event, ...]  #: as the law stands, from a week ago on
    held: tuple[Appointment, ...]
    subscriptions: tuple[Subscription, ...]
    outlooks: dict[int, date]  #: subscription → the day, in its zone, of its last outlook
    notice: Callable[[str], Notice | None]  #: by key


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringing:
    """An alert of the clock, with its deliveries."""

    alert: Alert
    deliveries: tuple[Planned, ...]
    key: str | None = None  #: of the notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a round of the clock writes, all of it or nothing."""

    plan: Plan
    rings: tuple[Ringing, ...]
    outlooks: dict[int, date]


def ring_day(now: datetime) -> date:
    """The day that the clock rings for: Beijing's, from eight in the morning on."""
    return beijing_day(now - DAY_BEGINS)


def ring(calendar: Calendar, *, now: datetime) -> Round:
    """Decide what is rung now. `now` is an aware instant."""
    planned = plan(calendar.events, calendar.held, today=ring_day(now))
    rings = (_ringing(occasion, calendar, now) for occasion in planned.rings)
    due = {item.id: day for item in calendar.subscriptions if (day := _outlook_due(item, calendar, now))}
    return Round(
        plan=planned,
        rings=(*(found for found in rings if found is not None), *_outlooks(calendar, due, now)),
        outlooks=due,
    )


def _ringing(occasion: Occasion, calendar: Calendar, now: datetime) -> Ringing | None:
    alert = _alert(occasion, calendar, now)
    if alert is None:
        return None
    deliveries = route(alert, calendar.subscriptions, now=now)
    return Ringing(alert=alert, deliveries=deliveries, key=occasion.event.key)


def _alert(occasion: Occasion, calendar: Calendar, now: datetime) -> Alert | None:
    event = occasion.event
    notice = calendar.notice(event.key)
    if notice is None:
        return None
    return Alert(
        kind="reminder" if occasion.was is None else "moved",
        made_at=now,
        title=notice.title,
        watcher="clock",
        url=event.url or None,
        notice=notice,
        occasion=occasion,
    )


def _outlook_due(item: Subscription, calendar: Calendar, now: datetime) -> date | None:
    """Return the day, in the subscriber's zone, whose outlook is due and has not been sent."""
    if not item.outlook:
        return None
    local = now.astimezone(ZoneInfo(item.timezone))
    last = calendar.outlooks.get(item.id)
    due = local.time() >= item.at and (last is None or last < local.date())
    return local.date() if due else None


def _outlooks(calendar: Calendar, due: dict[int, date], now: datetime) -> Iterator[Ringing]:
    for item in calendar.subscriptions:
        day = due.get(item.id)
        if day is None:
            continue
        week = (event for event in calendar.events if day <= event.date < day + WEEK)
        agenda = tuple(event for event in week if _concerns(event, item, calendar, now))
        alert = Alert(kind="outlook", made_at=now, title=f"{day}", watcher="clock", agenda=agenda)
        due_at = after_quiet_hours(item, now=now)
        planned = Planned(subscription_id=item.id, due_at=due_at, why="outlook of the day")
        yield Ringing(alert=alert, deliveries=(planned,))


def _concerns(event: Event, item: Subscription, calendar: Calendar, now: datetime) -> bool:
    """Say whether a subscription would hear of an event, by all its criteria."""
    found = _alert(Occasion(event=event, was=event.date), calendar, now)
    return found is not None and reason(found, item) is not None
