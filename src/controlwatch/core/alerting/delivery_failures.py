"""What a failed delivery says about the message, the target or this sender, and who is alerted about it.

A rejected message marks its delivery as refused; a target that does not exist pauses its subscription;
failures of this sender, and those that pass, are tried again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.alerting.system_alerts import build_system_alert
from controlwatch.core.model import Alert, Subscription
from controlwatch.core.model.errors import DeliveryError
from controlwatch.core.model.state import PlannedDelivery

#: Seconds to wait where a person must repair something before another try can succeed.
REPAIR_WAIT = 3600.0
#: These pass: too early, too many, a conflict with the same delivery on its way.
TRANSIENT_STATUSES = frozenset({408, 409, 425, 429})
#: The target says that it does not exist any more. 404 may be a gateway that is being repaired.
GONE = 410
#: The message is rejected as it is.
REJECTED_STATUSES = frozenset({400, 413, 415, 422})

#: The source of alerts about deliveries, in the place of a watcher.
OUTBOX_SOURCE = "outbox"
#: channel → the name of its targets, in English and in Chinese
TARGET_NAMES = {
    "email": ("mail address", "邮箱地址"),
    "slack": ("Slack target", "Slack 频道或用户"),
    "apprise": ("destination", "接收端"),
}


def from_http_status(message: str, status: int, *, wait: str = "") -> DeliveryError:
    """Return the error for an HTTP status outside 2xx; `wait` is its Retry-After, in seconds."""
    if status in TRANSIENT_STATUSES or status >= 500:
        return DeliveryError(
            message, retry_after=float(wait) if wait.isdecimal() and wait.isascii() else None
        )
    is_gone = status == GONE
    # A wrong key or a redirect can be repaired: the delivery is tried again, at growing intervals.
    return DeliveryError(message, permanent=is_gone or status in REJECTED_STATUSES, target=is_gone)


@dataclass(frozen=True, slots=True, kw_only=True)
class PausePlan:
    """A subscription to be paused, and the alert about it."""

    subscription_id: int
    reason: str
    alert: Alert
    deliveries: tuple[PlannedDelivery, ...] = ()


def plan_pause(
    subscription: Subscription, active: Iterable[Subscription], *, reason: str, now: datetime
) -> PausePlan:
    """Plan the pause of a subscription whose target no longer accepts messages.

    The alert goes to subscribers to source health, except at the same target, and to the owner. It does not
    show the address. An address that was never confirmed causes no alert: it may be a typing error.
    """
    target = TARGET_NAMES.get(subscription.channel, (subscription.channel, subscription.channel))
    # The name of an Apprise destination identifies no person, and may be a word of the reason.
    hidden = "(?!)" if subscription.channel == "apprise" else re.escape(subscription.target)
    explanation = re.sub(hidden, "…", reason, flags=re.IGNORECASE).rstrip(".")
    number = subscription.id
    alert = build_system_alert(
        "health-down",
        (
            f"subscription {number} is paused: its {target[0]} no longer accepts messages",
            f"订阅 {number} 已暂停：{target[1]}不再接收消息",
        ),
        (
            "Its alerts wait, nothing is lost. `controlwatch subscriptions` shows whose it is; once the "
            f"cause is repaired, `controlwatch resume {number}` sends what waits, and "
            f"`controlwatch unsubscribe {number}` ends it.",
            "其提醒在等待，没有丢失。`controlwatch subscriptions` 可查看归属；修复后用 "
            f"`controlwatch resume {number}` 补发，或用 `controlwatch unsubscribe {number}` 退订。",
        ),
        watcher=OUTBOX_SOURCE,
        now=now,
        technical=explanation,
    )
    plan = PausePlan(subscription_id=number, reason=reason, alert=alert)
    if not subscription.confirmed:
        return plan
    same = (subscription.channel, subscription.target)
    others = (item for item in active if (item.channel, item.target) != same)
    deliveries = route_alert(alert, others, now=now)
    if subscription.owner not in {"", subscription.target}:
        why = "you made this subscription"
        to_owner = PlannedDelivery(subscription_id=number, due_at=now, why=why, addressee=subscription.owner)
        deliveries = (*deliveries, to_owner)
    return replace(plan, deliveries=deliveries)
