"""What a new store gets before it is used: the register, and a first subscription."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from controlwatch.core.model import Subscription
from controlwatch.settings import Settings

if TYPE_CHECKING:
    from controlwatch.core.law.register import Register
    from controlwatch.services.store import Store


def import_register(store: Store, known: Callable[[], Register], digest: str) -> None:
    """Import the shipped register where it is new to this store, without an alert."""
    if store.register.find_digest() != digest:
        store.register.import_entries(replace(known(), digest=digest), datetime.now(UTC))


def subscribe_console(settings: Settings, store: Store) -> None:
    """Subscribe the console where no other channel is set up and nothing is subscribed."""
    if settings.is_cluster:
        return  # which of the terminals would it be?
    others = (settings.slack_bot_token, settings.smtp_url, settings.webhook_secret, settings.apprise)
    if not any(others) and not store.subscriptions.list_active():
        store.subscriptions.subscribe(Subscription(channel="console", target="-"), datetime.now(UTC))
