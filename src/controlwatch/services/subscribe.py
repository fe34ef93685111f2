"""Subscribe an address that its owner has yet to confirm."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from controlwatch.core.alerting.delivery_failures import OUTBOX_SOURCE
from controlwatch.core.model import Alert, Subscription
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.state import PlannedDelivery
from controlwatch.services.ports import Outbox, Subscriptions


def request_confirmation(
    subscriptions: Subscriptions, outbox: Outbox, subscription: Subscription, *, who: str, now: datetime
) -> int:
    """Subscribe an address, ask its owner to confirm by one mail, and return the subscription's number.

    `who` asked is shown in the mail: our own words for them, never text that they gave, or the mail could
    be made to advertise. An address that was asked already is not asked again: `UsageError`.
    """
    target = (subscription.channel, subscription.target.casefold())
    for item in subscriptions.list_active():
        if not item.confirmed and (item.channel, item.target.casefold()) == target:
            raise UsageError(
                f"{item.target} was asked already (subscription {item.id}) and has not confirmed"
            )
    number = subscriptions.subscribe(replace(subscription, confirmed=False), now)
    alert = Alert(kind="confirmation", made_at=now, title="confirmation", watcher=OUTBOX_SOURCE, body=who)
    outbox.enqueue_alert(
        alert, [PlannedDelivery(subscription_id=number, due_at=now, why="asked to be confirmed")]
    )
    return number
