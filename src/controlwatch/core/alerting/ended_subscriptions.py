"""What is sent when a link in a mail ends a subscription: a mail may have been forwarded to anybody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.alerting.system_alerts import build_system_alert
from controlwatch.core.model import Alert, Subscription
from controlwatch.core.model.state import PlannedDelivery

#: The source of these alerts, and the title by which the one to the address itself is known.
SUBSCRIPTIONS_SOURCE = "subscriptions"
ENDED_TITLE = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPlan:
    """A subscription that is to end, and the alerts about it with their deliveries."""

    subscription_id: int
    alerts: tuple[tuple[Alert, tuple[PlannedDelivery, ...]], ...]


def plan_end(subscription: Subscription, active: Iterable[Subscription], *, now: datetime) -> EndPlan:
    """Return how a subscription ends by its link: the operators are alerted, and its address is told.

    The operators are the other subscriptions with health alerts. An address that never confirmed is not
    written to.
    """
    number, place = subscription.id, f"{subscription.channel} {subscription.target}"
    to_operators = build_system_alert(
        "lead",
        (f"subscription {number} ({place}) was ended by a link", f"订阅 {number}（{place}）已通过链接退订"),
        (
            "Somebody has followed the link to unsubscribe in one of its mails. If that was a mistake: "
            f"`controlwatch resume {number}`. The address itself was sent a link to continue.",
            f"有人打开了其邮件中的退订链接。如系误操作：`controlwatch resume {number}`。"
            "已向该地址发送恢复链接。",
        ),
        watcher=SUBSCRIPTIONS_SOURCE,
        now=now,
    )
    to_address = Alert(kind="confirmation", made_at=now, title=ENDED_TITLE, watcher=SUBSCRIPTIONS_SOURCE)
    others = (item for item in active if item.id != number)
    # With an addressee, it is delivered though the subscription has ended.
    told = PlannedDelivery(
        subscription_id=number, due_at=now, why="it was ended by its link", addressee=subscription.target
    )
    return EndPlan(
        subscription_id=number,
        alerts=(
            (to_operators, route_alert(to_operators, others, now=now)),
            *(((to_address, (told,)),) if subscription.confirmed else ()),
        ),
    )
