"""The rule by which people subscribe: only operators subscribe another person's address without asking it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from controlwatch.bootstrap.app import App
from controlwatch.bootstrap.connections import resolve_destination
from controlwatch.core.alerting.subscription_targets import parse_target
from controlwatch.core.model import Subscription
from controlwatch.core.model.account import Visitor
from controlwatch.core.model.errors import UsageError
from controlwatch.services.subscribe import request_confirmation


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedSubscription:
    """A subscription that was created."""

    number: int
    must_confirm: bool  #: the address was sent a mail to confirm; nothing else is sent until then


def check_target(app: App, channel: str, target: str) -> str:
    """Return the target as its channel knows it; raises `UsageError`."""
    return (
        resolve_destination(app.channels, target) if channel == "apprise" else parse_target(channel, target)
    )


def create_subscription(
    app: App, wanted: Subscription, visitor: Visitor, *, who: str, now: datetime
) -> CreatedSubscription:
    """Create a subscription whose target was checked; `who` asked stands in a mail to confirm.

    Raises `UsageError` where the address must confirm, and cannot be asked.
    """
    is_own = wanted.target.casefold() == visitor.email.casefold()
    if wanted.channel != "email" or is_own or visitor.is_operator:
        number = app.store.subscriptions.subscribe(wanted, now)
        return CreatedSubscription(number=number, must_confirm=False)
    if not app.links.public_url:
        raise UsageError(
            "an address of another person must confirm, and no link can be sent: CONTROLWATCH_PUBLIC_URL is "
            "not set; ask an operator"
        )
    number = request_confirmation(app.store.subscriptions, app.store.outbox, wanted, who=who, now=now)
    return CreatedSubscription(number=number, must_confirm=True)
