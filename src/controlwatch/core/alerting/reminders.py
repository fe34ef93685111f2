"""A round of the clock: what it rings, for whom, and who gets the outlook of the day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from controlwatch.core.alerting.reminder_plan import Appointment, Plan, plan
from controlwatch.core.alerting.routing import after_quiet_hours, due_at, muted, reason, route
from controlwatch.core.model import Alert, Event, Notice, Occasion, Subscription
from controlwatch.core.model.state import Planned
from controlwatch.core.model.timezones import beijing_day

#: The clock's day begins at eight: nobody is reminded at midnight.
DAY_BEGINS = timedelta(hours=8)
#: An outlook holds the events of so many days, today included.
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A notice as far as the clock needs it."""

    notice: Notice
    text: str = ""
    told: frozenset[int] = frozenset()  #: subscriptions that were sent an alert about it


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What the store knows that bears on a round."""

    events: tuple[Event, ...]  #: as the law stands, from a year ago on
    held: tuple[Appointment, ...]
    subscriptions: tuple[Subscription, ...]
    outlooks: dict[int, date]  #: subscription → the day, in its zone, of its last outlook
    notice: Callable[[str], Known | None]  #: by key


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
    known = calendar.notice(occasion.event.key)
    if known is None:
        return None
    alert = _alert(occasion, known.notice, now)
    whole = _with_what_it_frees(known, occasion.event, calendar)
    return Ringing(alert=alert, deliveries=_planned(alert, whole, calendar, now=now), key=occasion.event.key)


def _alert(occasion: Occasion, notice: Notice, now: datetime) -> Alert:
    return Alert(
        kind="reminder" if occasion.was is None else "moved",
        made_at=now,
        title=notice.title,
        watcher="clock",
        url=occasion.event.url or None,
        notice=notice,
        occasion=occasion,
    )


def _planned(alert: Alert, known: Known, calendar: Calendar, *, now: datetime) -> tuple[Planned, ...]:
    """Return the deliveries: to whom the notice, or what it frees, concerns, and to all told of it before."""
    planned = route(replace(alert, notice=known.notice), calendar.subscriptions, text=known.text, now=now)
    heard = {item.subscription_id for item in planned}
    others = (
        Planned(
            subscription_id=item.id,
            due_at=due_at(item, now=now, soon=True),
            why="you were told of it",
            muted=muted(alert, item, now=now),
        )
        for item in calendar.subscriptions
        if item.id in known.told and item.id not in heard and (item.reminders or alert.kind != "reminder")
    )
    return (*planned, *others)


def _with_what_it_frees(known: Known, event: Event, calendar: Calendar) -> Known:
    """Let what a suspension frees count as its own when it ends: those words, codes and readers are meant."""
    freed = [found for key in event.targets if (found := calendar.notice(key)) is not None]
    notices = [known.notice, *(found.notice for found in freed)]
    return Known(
        notice=replace(
            known.notice,
            hs_codes=tuple(code for notice in notices for code in notice.hs_codes),
            destinations=tuple(dict.fromkeys(place for notice in notices for place in notice.destinations)),
        ),
        text="\n".join((known.text, *(found.text for found in freed))),
        told=known.told.union(*(found.told for found in freed)),
    )


def _outlook_due(item: Subscription, calendar: Calendar, now: datetime) -> date | None:
    """Return the day, in the subscriber's zone, whose outlook is due and has not been sent."""
    if not item.outlook or not item.confirmed or item.paused:
        return None  # an outlook that waits is soon about days that have passed
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
    """Say whether a subscription would hear of an event: by its criteria, or as it was told before."""
    known = calendar.notice(event.key)
    if known is None:
        return False
    whole = _with_what_it_frees(known, event, calendar)
    alert = _alert(Occasion(event=event, was=event.date), whole.notice, now)
    return item.id in whole.told or reason(alert, item, text=whole.text) is not None
