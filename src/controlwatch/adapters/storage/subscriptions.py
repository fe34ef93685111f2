"""Subscriptions in the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, RowMapping, func, or_, select, update

from controlwatch.adapters.storage.base import (
    DELIVERY,
    SUBSCRIPTION,
    SUBSCRIPTION_LOCK,
    StorePart,
    take_turns,
)
from controlwatch.core.alerting.subscription_criteria import CRITERIA
from controlwatch.core.model import Mute, Subscription
from controlwatch.core.model.subscription import SubscriptionState

if TYPE_CHECKING:
    from controlwatch.core.alerting.subscription_import import ImportPlan

#: Databases refuse to compare a larger one.
LAST_NUMBER = 2**31 - 1
_OPTION_FIELDS = ("reports", "health", "reminders", "outlook")
_PLAIN_FIELDS = (
    *("channel", "target", "rate", "at", "weekday", "timezone", "language", "confirmed"),
    *("owner", "escalate_after", "escalate_to"),
    *_OPTION_FIELDS,
)


class SubscriptionTransaction:
    """Several subscriptions at once: all are changed, or none."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_active(self) -> tuple[Subscription, ...]:
        """Return every active subscription."""
        return select_active_subscriptions(self._connection)

    def apply(self, plan: ImportPlan, *, owner: str, now: datetime) -> None:
        """Add, change and end what an import plans; the new ones are made by the owner."""
        for item in plan.added:
            _insert_subscription(self._connection, replace(item, owner=owner), now)
        for after, _ in plan.changed:
            _update_settings(self._connection, after)
        for item in plan.ended:
            end_active(self._connection, item.id)


class SubscriptionStore(StorePart):
    """Subscriptions, active and ended."""

    def list_active(self, *, after: int = 0, limit: int | None = None) -> tuple[Subscription, ...]:
        """Return every active subscription, oldest first; or at most `limit` of those after a number."""
        with self._read_engine.begin() as connection:
            return select_active_subscriptions(connection, SUBSCRIPTION.c.id > after, limit=limit)

    def list_own(self, *, owner: str, address: str) -> tuple[Subscription, ...]:
        """Return the active subscriptions that a person made, or that go to their address."""
        own = SUBSCRIPTION.c.owner == owner
        if address:
            own = or_(own, func.lower(SUBSCRIPTION.c.target) == address.lower())
        with self._read_engine.begin() as connection:
            return select_active_subscriptions(connection, own)

    def find_active(self, subscription_id: int) -> Subscription | None:
        """Return an active subscription by its number, or None."""
        if not 0 < subscription_id <= LAST_NUMBER:
            return None
        with self._read_engine.begin() as connection:
            found = select_active_subscriptions(connection, SUBSCRIPTION.c.id == subscription_id)
        return next(iter(found), None)

    def subscribe(self, subscription: Subscription, now: datetime) -> int:
        """Add a subscription and return its id."""
        with self._engine.begin() as connection:
            return _insert_subscription(connection, subscription, now)

    def update(self, subscription: Subscription) -> bool:
        """Overwrite an active subscription with new settings. Return False where there is none.

        Alerts that were sent to an earlier target keep it: readers act on them there, and follow-ups do not
        continue a thread that only the earlier target has. Alerts that were sent before escalation was
        switched on are not escalated now, a month of them at once.
        """
        with self._engine.begin() as connection:
            return _update_settings(connection, subscription)

    @contextmanager
    def transaction(self) -> Iterator[SubscriptionTransaction]:
        """Open a transaction that changes several at once; those of several processes take turns."""
        with self._engine.begin() as connection:
            take_turns(connection, SUBSCRIPTION_LOCK)
            yield SubscriptionTransaction(connection)

    def unsubscribe(self, subscription_id: int) -> bool:
        """End a subscription and drop what was due to it. Return False where it is not active."""
        with self._engine.begin() as connection:
            return end_active(connection, subscription_id)

    def reactivate(self, subscription_id: int) -> bool:
        """Continue a subscription that has ended. Return False where there is none, or it is active.

        Alerts that were made meanwhile are not sent.
        """
        ended = update(SUBSCRIPTION).where(
            SUBSCRIPTION.c.id == subscription_id, SUBSCRIPTION.c.active.is_(False)
        )
        with self._engine.begin() as connection:
            is_active_again = connection.execute(ended.values(active=True)).rowcount == 1
            if is_active_again:  # what would say that it has ended
                _drop_pending(connection, subscription_id)
        return is_active_again

    def find_state(self, subscription_id: int) -> SubscriptionState:
        """Return the state of a subscription, by its number."""
        own = select(SUBSCRIPTION.c.active, SUBSCRIPTION.c.confirmed).where(
            SUBSCRIPTION.c.id == subscription_id
        )
        with self._read_engine.begin() as connection:
            row = connection.execute(own).one_or_none()
        if row is None:
            return "unknown"
        return "ended" if not row.active else "active" if row.confirmed else "unconfirmed"

    def confirm(self, subscription_id: int) -> bool:
        """Record that the owner of the address confirmed it. Return False where it is not active."""
        with self._engine.begin() as connection:
            return update_active(connection, subscription_id, confirmed=True)

    def pause(self, subscription_id: int, reason: str, now: datetime) -> bool:
        """Hold the deliveries of a subscription back until it is resumed. False: none runs."""
        with self._engine.begin() as connection:
            running = SUBSCRIPTION.c.paused_at.is_(None)
            values = {"paused_at": now, "paused_reason": reason}
            return update_active(connection, subscription_id, running, **values)

    def resume(self, subscription_id: int) -> bool:
        """End the pause of a subscription; what waited and what came back is sent again.

        Return False where it is not paused.
        """
        paused = SUBSCRIPTION.c.paused_at.is_not(None)
        # A sent delivery has a receipt; one that is refused all the same came back.
        returned = (
            update(DELIVERY)
            .where(DELIVERY.c.subscription_id == subscription_id)
            .where(DELIVERY.c.state == "refused", DELIVERY.c.receipt.is_not(None))
            .values(state="pending", attempts=0)
        )
        with self._engine.begin() as connection:
            resumed = update_active(connection, subscription_id, paused, paused_at=None, paused_reason=None)
            if resumed:
                connection.execute(returned)
        return resumed


def _insert_subscription(connection: Connection, subscription: Subscription, now: datetime) -> int:
    row = SUBSCRIPTION.insert().values(**_build_row(subscription), active=True, created_at=now)
    return int(connection.execute(row.returning(SUBSCRIPTION.c.id)).scalar_one())


def _update_settings(connection: Connection, subscription: Subscription) -> bool:
    number = subscription.id
    current = select(SUBSCRIPTION).where(SUBSCRIPTION.c.id == number).with_for_update()
    sent = update(DELIVERY).where(DELIVERY.c.subscription_id == number, DELIVERY.c.state == "sent")
    before = connection.execute(current).one_or_none()
    if before is not None and before.target != subscription.target:
        to_target = sent.where(DELIVERY.c.addressee == "")
        connection.execute(to_target.values(addressee=before.target))
    if before is not None and not before.escalate_after:
        not_escalated = sent.where(DELIVERY.c.escalated_at.is_(None))
        connection.execute(not_escalated.values(escalated_at=DELIVERY.c.sent_at))
    if before is not None and before.channel != subscription.channel:
        own = update(DELIVERY).where(DELIVERY.c.subscription_id == number, DELIVERY.c.state != "sent")
        connection.execute(own.values(channel=subscription.channel))
    return update_active(connection, number, **_build_row(subscription))


def end_active(connection: Connection, subscription_id: int) -> bool:
    """End an active subscription and drop what was due to it; return False where it is not active."""
    if not update_active(connection, subscription_id, active=False):
        return False
    _drop_pending(connection, subscription_id)
    return True


def _drop_pending(connection: Connection, subscription_id: int) -> None:
    own = DELIVERY.c.subscription_id == subscription_id
    connection.execute(DELIVERY.delete().where(own, DELIVERY.c.state == "pending"))


def update_active(
    connection: Connection, subscription_id: int, *where: ColumnElement[bool], **values: object
) -> bool:
    """Change an active subscription; return False where none meets the conditions."""
    own = update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == subscription_id, SUBSCRIPTION.c.active, *where)
    return connection.execute(own.values(**values)).rowcount == 1


def _build_row(subscription: Subscription) -> dict[str, Any]:
    """Return the settings of a subscription as a row."""
    values = {name: getattr(subscription, name) for name in _PLAIN_FIELDS}
    values |= {item.field: [str(value) for value in item.get_values(subscription)] for item in CRITERIA}
    quiet = subscription.quiet or (None, None)
    return values | {
        "quiet_from": quiet[0],
        "quiet_to": quiet[1],
        "muted": [
            {"category": mute.category, "until": mute.until.isoformat(), "who": mute.who}
            for mute in subscription.muted
        ],
    }


def select_active_subscriptions(
    connection: Connection, *where: ColumnElement[bool], limit: int | None = None
) -> tuple[Subscription, ...]:
    """Return the active subscriptions that meet the conditions, in the order of creation."""
    active = (
        select(SUBSCRIPTION).where(SUBSCRIPTION.c.active, *where).order_by(SUBSCRIPTION.c.id).limit(limit)
    )
    return tuple(to_subscription(row) for row in connection.execute(active).mappings())


def to_subscription(row: RowMapping) -> Subscription:
    """Read a subscription from its row."""
    values: dict[str, Any] = {name: row[name] for name in _PLAIN_FIELDS} | {
        item.field: tuple(item.restore(value) for value in row[item.field]) for item in CRITERIA
    }
    quiet = (row["quiet_from"], row["quiet_to"]) if row["quiet_from"] is not None else None
    paused = (row["paused_reason"] or "paused") if row["paused_at"] is not None else ""
    muted = tuple(
        Mute(category=mute["category"], until=datetime.fromisoformat(mute["until"]), who=mute["who"])
        for mute in row["muted"]
    )
    return Subscription(id=row["id"], quiet=quiet, paused=paused, muted=muted, **values)
