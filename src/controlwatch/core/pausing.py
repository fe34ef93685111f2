"""When a target takes nothing from us any more: who else is told, and what."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from controlwatch.core.books import Planned
from controlwatch.core.model import Alert, Subscription
from controlwatch.core.route import route

#: Who saw it, in the place of a watcher.
OUTBOX = "outbox"
#: channel → what we call its targets
TARGETS = {"email": "mail address", "slack": "Slack target", "apprise": "destination"}


def paused_alert(subscription: Subscription, reason: str, *, now: datetime) -> Alert:
    """Return the alert about a subscription that is paused from now on.

    It goes to whoever cares for the health of the watchers: the address itself is none of their business.
    """
    target = TARGETS.get(subscription.channel, subscription.channel)
    # The name of a destination gives nobody away, and may be a word of the reason.
    hidden = "(?!)" if subscription.channel == "apprise" else re.escape(subscription.target)
    said = re.sub(hidden, "…", reason, flags=re.IGNORECASE).rstrip(".")
    number = subscription.id
    return Alert(
        kind="health-down",
        made_at=now,
        title=f"subscription {number} is paused: its {target} takes nothing from us any more",
        watcher=OUTBOX,
        body=f"{said}. What it should get waits, nothing is lost. `controlwatch subscriptions` shows whose "
        f"it is; once the reason is mended, `controlwatch resume {number}` sends what waits, and "
        f"`controlwatch unsubscribe {number}` ends it.",
    )


def told_of(
    alert: Alert, paused: Subscription, subscriptions: Iterable[Subscription], *, now: datetime
) -> tuple[Planned, ...]:
    """Plan the alert for everybody who hears of health, but by the way that has just failed.

    Of an address that nobody has confirmed nobody is told: anybody may have mistyped it.
    """
    if not paused.confirmed:
        return ()
    same = (paused.channel, paused.target)
    return route(alert, (item for item in subscriptions if (item.channel, item.target) != same), now=now)
