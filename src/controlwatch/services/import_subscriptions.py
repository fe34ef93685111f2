"""Import subscriptions of a file: all or nothing, and nothing new where it was imported before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from controlwatch.core.alerting.subscription_import import ImportPlan, plan_import
from controlwatch.core.model import Subscription


class SubscriptionChanges(Protocol):
    """Several subscriptions that are changed at once."""

    def list_active(self) -> tuple[Subscription, ...]:
        """Return every active subscription."""

    def apply(self, plan: ImportPlan, *, owner: str, now: datetime) -> None:
        """Add, change and end what an import plans."""


#: Opens a transaction in which several subscriptions are changed.
OpenChanges = Callable[[], AbstractContextManager[SubscriptionChanges]]


def import_subscriptions(
    open_changes: OpenChanges,
    wanted: Iterable[Subscription],
    *,
    end_others: bool,
    owner: str,
    now: datetime,
    check: Callable[[ImportPlan], None] = lambda _plan: None,
) -> ImportPlan:
    """Make the active subscriptions those of a file, and return what that changed.

    `check` may refuse the plan, by raising an error, before anything is changed.
    """
    with open_changes() as changes:
        plan = plan_import(wanted, changes.list_active(), end_others=end_others)
        check(plan)
        changes.apply(plan, owner=owner, now=now)
    return plan
