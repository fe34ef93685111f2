"""When a target takes nothing from us any more: who else is told, and what."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.model import Alert, Subscription
from controlwatch.core.model.state import PlannedDelivery

#: Who saw it, in the place of a watcher.
OUTBOX_SOURCE = "outbox"
#: channel → what we call its targets
TARGET_NAMES = {"email": "mail address", "slack": "Slack target", "apprise": "destination"}


def build_paused_alert(subscription: Subscription, reason: str, *, now: datetime) -> Alert:
    """Return the alert about a subscription that is paused from now on.

    It goes to whoever cares for the health of the watchers: the address itself is none of their business.
    """
    target = TARGET_NAMES.get(subscription.channel, subscription.channel)
    # The name of a destination gives nobody away, and may be a word of the reason.
    hidden = "(?!)" if subscription.channel == "apprise" else re.escape(subscription.target)
    said = re.sub(hidden, "…", reason, flags=re.IGNORECASE).rstrip(".")
    number = subscription.id
    return Alert(
        kind="health-down",
        made_at=now,
        title=f"subscription {number} is paused: its {target} takes nothing from us any more",
        watcher=OUTBOX_SOURCE,
        body=f"{said}. What it should get waits, nothing is lost. `controlwatch subscriptions` shows whose "
        f"it is; once the reason is mended, `controlwatch resume {number}` sends what waits, and "
        f"`controlwatch unsubscribe {number}` ends it.",
    )


def build_channel_paused_alert(
    subscription: Subscription, subscriptions: Iterable[Subscription], reason: str, *, now: datetime
) -> Alert:
    """Return the alert about a channel that lets us in no more: all its subscriptions are paused."""
    channel = subscription.channel
    count = sum(item.channel == channel for item in subscriptions)
    return Alert(
        kind="health-down",
        made_at=now,
        title=f"{channel} takes nothing from us any more: its subscriptions are paused",
        watcher=OUTBOX_SOURCE,
        body=f"{reason}. This concerns {count} of them. What they should get waits, nothing is lost. "
        f"`controlwatch {channel} check` says what is wrong; once that is mended, "
        f"`controlwatch resume {channel}` sends what waits.",
    )


def plan_recipients(
    alert: Alert,
    paused: Subscription,
    subscriptions: Iterable[Subscription],
    *,
    now: datetime,
    whole_channel: bool = False,
) -> tuple[PlannedDelivery, ...]:
    """Plan the alert for everybody who hears of health, but by the way that has just failed, and its owner.

    Of an address that nobody has confirmed nobody is told: anybody may have mistyped it.
    """
    if not paused.confirmed:
        return ()
    if whole_channel:
        return route_alert(alert, (item for item in subscriptions if item.channel != paused.channel), now=now)
    same = (paused.channel, paused.target)
    planned = route_alert(
        alert, (item for item in subscriptions if (item.channel, item.target) != same), now=now
    )
    if paused.owner in {"", paused.target}:
        return planned
    why = "you made this subscription"
    to_owner = PlannedDelivery(subscription_id=paused.id, due_at=now, why=why, addressee=paused.owner)
    return (*planned, to_owner)
