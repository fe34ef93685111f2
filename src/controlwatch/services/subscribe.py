"""Subscribe an address that its owner has yet to confirm; and end a subscription by the link in its mails."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from controlwatch.core.alerting.delivery_failures import OUTBOX_SOURCE
from controlwatch.core.alerting.ended_subscriptions import EndPlan, plan_end
from controlwatch.core.model import Alert, Subscription
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.state import PlannedDelivery
from controlwatch.services.ports import Outbox, Subscriptions


class EndingOutbox(Protocol):
    """Ends subscriptions."""

    def end_subscription(self, plan: EndPlan) -> bool:
        """End a subscription and write the alerts about it, all in one. False where it is not active."""


def end_by_link(
    subscriptions: Subscriptions, outbox: EndingOutbox, subscription_id: int, *, now: datetime
) -> bool:
    """End a subscription, alert the operators, and send its address a link to continue.

    Anybody who was forwarded a mail can do this. False where the subscription is not active.
    """
    active = subscriptions.list_active()
    chosen = next((item for item in active if item.id == subscription_id), None)
    return chosen is not None and outbox.end_subscription(plan_end(chosen, active, now=now))


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
