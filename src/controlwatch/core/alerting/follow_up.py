"""What people do about alerts, and what follows where nobody does anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from controlwatch.core.alerting.reminders import DAY_START, PlannedAlert
from controlwatch.core.alerting.routing import defer_past_quiet_hours
from controlwatch.core.model import Alert, AlertKind, Day, Subscription
from controlwatch.core.model.state import PlannedDelivery

Action = Literal["acknowledged", "not relevant", "assigned", "due", "muted"]
#: With these somebody has taken an alert on: it is not told again.
TAKING_ACTIONS: frozenset[str] = frozenset({"acknowledged", "not relevant", "assigned", "due"})
#: With these it is no longer open.
CLOSING_ACTIONS: frozenset[str] = frozenset({"acknowledged", "not relevant"})
#: Alerts that somebody is to act on. What tells one again is none of them, or it would never end.
ACTIONABLE_KINDS: frozenset[AlertKind] = frozenset({"new", "amended", "report", "reminder", "moved"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRecord:
    """Something that somebody did about an alert."""

    what: Action
    who: str  #: a Slack user, an e-mail address
    at: datetime
    note: str = ""  #: the reason, to whom, the day, what is muted and how long


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredAlert:
    """An alert as it went to a subscription, as far as it may have to be told again."""

    delivery_id: int
    alert: Alert
    subscription: Subscription
    sent_at: datetime
    open: bool = False  #: nobody has taken it on, and it was not told again so far
    wanted_by: Day | None = None  #: somebody wanted to be done with it by then, and was not reminded so far
    assigned_to: str = ""


def plan_escalation(told: DeliveredAlert, *, now: datetime) -> PlannedAlert | None:
    """Tell an alert again that nobody has taken on within the time that its subscription sets."""
    subscription = told.subscription
    wait = timedelta(minutes=subscription.escalate_after)
    late = wait and now - told.sent_at >= wait
    if not late or not told.open or told.alert.kind not in ACTIONABLE_KINDS:
        return None
    local = told.sent_at.astimezone(ZoneInfo(subscription.timezone))
    said = f"Nobody has acted on this since {local:%Y-%m-%d %H:%M} ({subscription.timezone})."
    return _repeat_alert(told, "escalation", said, addressee=subscription.escalate_to, now=now)


def plan_due_reminder(told: DeliveredAlert, *, now: datetime) -> PlannedAlert | None:
    """Remind of an alert on the day by which somebody wanted to be done with it, in the subscription's zone.

    The one to whom it was assigned is reminded; without one, whoever got the alert.
    """
    # By the clock on the wall, so that the day begins at eight where the clocks are put forward, too.
    local = now.astimezone(ZoneInfo(told.subscription.timezone)).replace(tzinfo=None)
    today = (local - DAY_START).date()
    if told.wanted_by is None or told.wanted_by > today:
        return None
    return _repeat_alert(told, "due", f"Due {told.wanted_by}.", addressee=told.assigned_to, now=now)


def _repeat_alert(
    told: DeliveredAlert, kind: AlertKind, said: str, *, addressee: str, now: datetime
) -> PlannedAlert:
    planned = PlannedDelivery(
        subscription_id=told.subscription.id,
        due_at=defer_past_quiet_hours(told.subscription, now=now),
        why=said,
        addressee=addressee,
    )
    alert = replace(told.alert, kind=kind, first=told.alert.original_kind, made_at=now, body=said)
    return PlannedAlert(alert=alert, deliveries=(planned,))
