"""What readers do about alerts, and which alerts are sent again where none of them acts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from controlwatch.core.alerting.reminders import DAY_START, PlannedAlert
from controlwatch.core.alerting.routing import defer_past_quiet_hours
from controlwatch.core.alerting.system_alerts import TextPair
from controlwatch.core.model import Alert, AlertKind, AlertText, Day, Subscription
from controlwatch.core.model.state import PlannedDelivery

Action = Literal["acknowledged", "not relevant", "assigned", "due", "muted", "judged"]
#: judged: it needed review, and a person settled that.
#: A reader takes an alert on with these: it is not escalated.
TAKING_ACTIONS: frozenset[str] = frozenset({"acknowledged", "not relevant", "assigned", "due", "judged"})
#: These close an alert.
CLOSING_ACTIONS: frozenset[str] = frozenset({"acknowledged", "not relevant", "judged"})
#: Alerts that call for an action. An escalation is not among them, or escalation would never end.
ACTIONABLE_KINDS: frozenset[AlertKind] = frozenset(
    {"new", "amended", "report", "review", "judged-change", "reminder", "moved"}
)

#: What became of acknowledging a mail: recorded; all of it was closed before; its subscription has ended;
#: there is none of this number.
AcknowledgeResult = Literal["acknowledged", "already", "ended", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRecord:
    """An action on an alert."""

    what: Action
    who: str  #: a Slack user, an e-mail address
    at: datetime
    note: str = ""  #: the reason, to whom, the day, what is muted and how long


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredAlert:
    """An alert as it was delivered to a subscription, as far as a follow-up needs it."""

    delivery_id: int
    alert: Alert
    subscription: Subscription
    sent_at: datetime
    open: bool = False  #: not taken on, and not escalated so far
    wanted_by: Day | None = None  #: the due day that a reader set, until the reminder of it is sent
    assigned_to: str = ""


def plan_escalation(delivered: DeliveredAlert, *, now: datetime) -> PlannedAlert | None:
    """Plan the escalation of an alert that was not taken on within the time that its subscription sets."""
    subscription = delivered.subscription
    wait = timedelta(minutes=subscription.escalate_after)
    late = wait and now - delivered.sent_at >= wait
    if not late or not delivered.open or delivered.alert.kind not in ACTIONABLE_KINDS:
        return None
    local = delivered.sent_at.astimezone(ZoneInfo(subscription.timezone))
    since, zone = f"{local:%Y-%m-%d %H:%M}", subscription.timezone
    reason = f"No action since {since} ({zone}).", f"自 {since}（{zone}）起无人处理。"
    return _repeat_alert(delivered, "escalation", reason, addressee=subscription.escalate_to, now=now)


def plan_due_reminder(delivered: DeliveredAlert, *, now: datetime) -> PlannedAlert | None:
    """Plan the reminder of an alert on its due day, in the subscription's zone.

    It goes to the assignee; without one, to the subscription's target.
    """
    # In local wall time, so that the day begins at eight after a change to summer time, too.
    local = now.astimezone(ZoneInfo(delivered.subscription.timezone)).replace(tzinfo=None)
    today = (local - DAY_START).date()
    if delivered.wanted_by is None or delivered.wanted_by > today:
        return None
    reason = f"Due {delivered.wanted_by}.", f"处理期限：{delivered.wanted_by}。"
    return _repeat_alert(delivered, "due", reason, addressee=delivered.assigned_to, now=now)


def _repeat_alert(
    delivered: DeliveredAlert, kind: AlertKind, reason: TextPair, *, addressee: str, now: datetime
) -> PlannedAlert:
    planned = PlannedDelivery(
        subscription_id=delivered.subscription.id,
        due_at=defer_past_quiet_hours(delivered.subscription, now=now),
        why=reason[0],
        addressee=addressee,
    )
    alert = replace(
        delivered.alert,
        kind=kind,
        first=delivered.alert.original_kind,
        made_at=now,
        body=reason[0],
        chinese=AlertText(title=delivered.alert.title, body=reason[1]),
    )
    return PlannedAlert(alert=alert, deliveries=(planned,))
