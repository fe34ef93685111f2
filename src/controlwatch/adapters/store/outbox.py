"""The subscribers' side of the store: subscriptions, alerts, and deliveries under leases."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, func, or_, select, update

from controlwatch.adapters.store.base import (
    ALERT,
    DELIVERY,
    NOTICE,
    SUBSCRIPTION,
    Part,
    alert_from_json,
    alert_to_json,
)
from controlwatch.core.model import Delivery, Direction, Subscription

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Subquery

    from controlwatch.core.books import Planned, Sent
    from controlwatch.core.model import Alert

_LISTS = ("categories", "issuers", "destinations", "hs_prefixes", "terms")
_WISHES = ("reports", "health", "reminders", "outlook")
_SAME = ("channel", "target", "rate", "at", "weekday", "timezone", "language", "confirmed", *_WISHES)

#: The columns of a delivery that a worker needs.
_OWN = tuple(DELIVERY.c[name] for name in ("id", "alert_id", "subscription_id", "attempts", "key", "why"))

#: Settles one of many as sent, where the lease is still ours.
_SENT = (
    update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("of"), DELIVERY.c.lease_owner == bindparam("by"))
    .where(DELIVERY.c.state == "leased")
    .values(state="sent", sent_at=bindparam("at"), receipt=bindparam("got"), lease_until=None, reason=None)
)

#: Alerts that one message has room for: Slack takes 50 blocks, an alert in a digest is up to nine.
ROOM = {"slack": 5}
ROOM_ELSEWHERE = 50


class Outbox(Part):
    """Subscriptions and deliveries."""

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Every active subscription."""
        with self._read() as connection:
            return active_subscriptions(connection)

    def subscribe(self, subscription: Subscription, now: datetime) -> int:
        """Add a subscription and return its id."""
        values = {name: getattr(subscription, name) for name in _SAME}
        values |= {name: list(getattr(subscription, name)) for name in _LISTS}
        quiet = subscription.quiet or (None, None)
        row = SUBSCRIPTION.insert().values(
            **values,
            directions=[direction.value for direction in subscription.directions],
            quiet_from=quiet[0],
            quiet_to=quiet[1],
            active=True,
            created_at=now,
        )
        with self._write() as connection:
            return int(connection.execute(row.returning(SUBSCRIPTION.c.id)).scalar_one())

    def unsubscribe(self, subscription_id: int) -> bool:
        """End a subscription; what was due to it is dropped. False when there is none."""
        mine = SUBSCRIPTION.c.id == subscription_id
        with self._write() as connection:
            ended = connection.execute(
                update(SUBSCRIPTION).where(mine, SUBSCRIPTION.c.active).values(active=False)
            )
            waiting = DELIVERY.delete().where(
                DELIVERY.c.subscription_id == subscription_id, DELIVERY.c.state == "pending"
            )
            connection.execute(waiting)
        return ended.rowcount == 1

    def confirm(self, subscription_id: int) -> bool:
        """Note that the owner of the address wants it, once or again. False when there is none."""
        return self._change(subscription_id, confirmed=True)

    def resume(self, subscription_id: int) -> bool:
        """Send to a paused subscription again, what waited first. False when there is none that is paused."""
        paused = SUBSCRIPTION.c.paused_at.is_not(None)
        return self._change(subscription_id, paused, paused_at=None, paused_reason=None)

    def _change(self, subscription_id: int, *where: ColumnElement[bool], **values: object) -> bool:
        mine = update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == subscription_id, SUBSCRIPTION.c.active, *where)
        with self._write() as connection:
            return connection.execute(mine.values(**values)).rowcount == 1

    def tell(self, alert: Alert, deliveries: Iterable[Planned], *, about: str | None = None) -> None:
        """Write an alert and its deliveries; `about` is the key of the notice that it concerns, if any."""
        with self._write() as connection:
            notice_id = connection.execute(select(NOTICE.c.id).where(NOTICE.c.key == about)).scalar()
            write_alert(connection, alert, deliveries, notice_id=notice_id)

    def claim(
        self, *, now: datetime, owner: str, lease: float, most: int
    ) -> tuple[tuple[Delivery, ...], ...]:
        """Lease what is due to subscriptions that are not paused, to those that wait longest first.

        What is due to one subscriber at one time leaves as one message, as far as the channel has
        room: that is all a digest is.
        """
        free = or_(
            and_(DELIVERY.c.state == "pending", DELIVERY.c.due_at <= now),
            and_(DELIVERY.c.state == "leased", DELIVERY.c.lease_until < now),
        )
        leased = {
            "state": "leased",
            "lease_owner": owner,
            "lease_until": now + timedelta(seconds=lease),
            "attempts": DELIVERY.c.attempts + 1,
        }
        with self._write() as connection:
            readers = connection.execute(_waiting(free, most)).scalars().all()
            if not readers:
                return ()
            due = select(_together(free, readers).c.id)
            claimed = update(DELIVERY).where(DELIVERY.c.id.in_(due), free).values(leased)
            ids = connection.execute(claimed.returning(DELIVERY.c.id)).scalars().all()
            found: dict[int, list[Delivery]] = {reader: [] for reader in readers}
            for delivery in _deliveries(connection, ids):
                found[delivery.subscription.id].append(delivery)
        return tuple(tuple(together) for together in found.values() if together)

    def sent(self, messages: Iterable[Sent], *, owner: str, now: datetime) -> None:
        """Settle what these messages carried as sent, where the lease is still ours."""
        rows = [
            {"of": delivery.id, "by": owner, "got": message.receipt, "at": now}
            for message in messages
            for delivery in message.deliveries
        ]
        with self._write() as connection:
            connection.execute(_SENT, rows)

    def put_back(self, deliveries: Iterable[Delivery], *, owner: str) -> None:
        """Give up the lease of what was not tried."""
        self._settle(deliveries, owner, state="pending", attempts=DELIVERY.c.attempts - 1)

    def postponed(self, deliveries: Iterable[Delivery], *, owner: str, reason: str, until: datetime) -> None:
        """Settle for another try."""
        self._settle(deliveries, owner, state="pending", due_at=until, reason=reason)

    def refused(self, deliveries: Iterable[Delivery], *, owner: str, reason: str, now: datetime) -> None:
        """Settle as refused for good; a person must look."""
        self._settle(deliveries, owner, state="refused", sent_at=now, reason=reason)

    def pause(
        self,
        deliveries: Iterable[Delivery],
        *,
        owner: str,
        reason: str,
        alert: Alert,
        planned: Iterable[Planned],
        now: datetime,
    ) -> bool:
        """Put deliveries back, send nothing more to their subscription, and tell others, all in one.

        False when the lease was no longer ours, or when it is paused already: then nobody is told.
        """
        mine = tuple(deliveries)
        subscription_id = mine[0].subscription.id
        with self._write() as connection:
            settled = _settle(connection, mine, owner, state="pending", reason=reason)
            going = update(SUBSCRIPTION).where(
                SUBSCRIPTION.c.id == subscription_id,
                SUBSCRIPTION.c.active,
                SUBSCRIPTION.c.paused_at.is_(None),
            )
            values = {"paused_at": now, "paused_reason": reason}
            if not settled or connection.execute(going.values(values)).rowcount != 1:
                return False
            planned = tuple(planned)
            if planned:
                write_alert(connection, alert, planned)
        return True

    def try_again(self, now: datetime) -> int:
        """Put refused deliveries back, due now; return how many."""
        with self._write() as connection:
            refused = update(DELIVERY).where(or_(DELIVERY.c.state == "refused", DELIVERY.c.attempts > 0))
            open_ones = refused.where(DELIVERY.c.state.in_(("refused", "pending")))
            return int(connection.execute(open_ones.values(state="pending", due_at=now, attempts=0)).rowcount)

    def _settle(self, deliveries: Iterable[Delivery], owner: str, **values: object) -> None:
        with self._write() as connection:
            _settle(connection, deliveries, owner, **values)


def _settle(connection: Connection, deliveries: Iterable[Delivery], owner: str, **values: object) -> int:
    """Write how deliveries ended whose lease is still ours; return how many these were."""
    ids = [delivery.id for delivery in deliveries]
    mine = and_(DELIVERY.c.id.in_(ids), DELIVERY.c.lease_owner == owner, DELIVERY.c.state == "leased")
    return connection.execute(update(DELIVERY).where(mine).values(lease_until=None, **values)).rowcount


def _waiting(free: ColumnElement[bool], most: int) -> Select[Any]:
    """Choose the subscriptions that wait longest, but for those that another worker is serving just now.

    The lock is on the subscription: whoever has it takes all that is due to it, so that no message is torn.
    """
    since = select(DELIVERY.c.subscription_id, func.min(DELIVERY.c.due_at).label("due_at"))
    waiting = since.where(free).group_by(DELIVERY.c.subscription_id).subquery("waiting")
    return (
        select(SUBSCRIPTION.c.id)
        .join(waiting, waiting.c.subscription_id == SUBSCRIPTION.c.id)
        .where(SUBSCRIPTION.c.active, SUBSCRIPTION.c.paused_at.is_(None))
        .order_by(waiting.c.due_at, SUBSCRIPTION.c.id)
        .limit(most)
        .with_for_update(skip_locked=True, key_share=True, of=SUBSCRIPTION)
    )


def _together(free: ColumnElement[bool], readers: Sequence[int]) -> Subquery:
    """Choose what is due to these subscriptions, to each as much as one message has room for."""
    place = func.row_number().over(partition_by=DELIVERY.c.subscription_id, order_by=DELIVERY.c.id)
    room = case(ROOM, value=SUBSCRIPTION.c.channel, else_=ROOM_ELSEWHERE)
    ranked = (
        select(DELIVERY.c.id, place.label("place"), room.label("room"))
        .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
        .where(free, DELIVERY.c.subscription_id.in_(readers))
        .subquery("ranked")
    )
    return select(ranked.c.id).where(ranked.c.place <= ranked.c.room).subquery("chosen")


def active_subscriptions(connection: Connection) -> tuple[Subscription, ...]:
    """Every active subscription, in the order made."""
    rows = connection.execute(select(SUBSCRIPTION).where(SUBSCRIPTION.c.active).order_by(SUBSCRIPTION.c.id))
    return tuple(as_subscription(row) for row in rows.mappings())


def as_subscription(row: RowMapping) -> Subscription:
    """Read a subscription from its row."""
    values: dict[str, Any] = {name: row[name] for name in _SAME} | {name: tuple(row[name]) for name in _LISTS}
    quiet = (row["quiet_from"], row["quiet_to"]) if row["quiet_from"] is not None else None
    directions = tuple(Direction(value) for value in row["directions"])
    paused = (row["paused_reason"] or "paused") if row["paused_at"] is not None else ""
    return Subscription(id=row["id"], directions=directions, quiet=quiet, paused=paused, **values)


def write_alert(
    connection: Connection,
    alert: Alert,
    deliveries: Iterable[Planned],
    *,
    notice_id: int | None = None,
    version_id: int | None = None,
) -> None:
    """Write an alert and its deliveries, pending."""
    row = ALERT.insert().values(
        kind=alert.kind,
        made_at=alert.made_at,
        title=alert.title,
        watcher_id=alert.watcher,
        notice_id=notice_id,
        version_id=version_id,
        payload=alert_to_json(alert),
    )
    alert_id = int(connection.execute(row.returning(ALERT.c.id)).scalar_one())
    _write_deliveries(connection, alert_id, deliveries)


def _write_deliveries(connection: Connection, alert_id: int, deliveries: Iterable[Planned]) -> None:
    """Write the deliveries of an alert, pending."""
    rows = [
        {
            "alert_id": alert_id,
            "subscription_id": planned.subscription_id,
            "state": "pending",
            "due_at": planned.due_at,
            "why": planned.why,
            "key": secrets.token_hex(16),
            "attempts": 0,
        }
        for planned in deliveries
    ]
    if rows:
        connection.execute(DELIVERY.insert(), rows)


def _deliveries(connection: Connection, ids: Sequence[int]) -> Iterator[Delivery]:
    """Read deliveries, and what they share once: the alerts, the subscriptions."""
    chosen = select(*_OWN).where(DELIVERY.c.id.in_(ids)).order_by(DELIVERY.c.id)
    rows = connection.execute(chosen).all()
    alerts, notices = _alerts(connection, {row.alert_id for row in rows})
    subscribers = {row.subscription_id for row in rows}
    held = connection.execute(select(SUBSCRIPTION).where(SUBSCRIPTION.c.id.in_(subscribers))).mappings()
    subscriptions = {row["id"]: as_subscription(row) for row in held}
    receipts = _first_receipts(connection, set(notices.values()), subscribers)
    for number, alert_id, subscription_id, attempts, key, why in rows:
        yield Delivery(
            id=number,
            alert_id=alert_id,
            alert=alerts[alert_id],
            subscription=subscriptions[subscription_id],
            attempts=attempts,
            key=key,
            why=why,
            first_receipt=receipts.get((notices.get(alert_id, 0), subscription_id), ""),
        )


def _alerts(connection: Connection, ids: Iterable[int]) -> tuple[dict[int, Alert], dict[int, int]]:
    """Return alerts by their ids, and the ids of the notices that they are about, where there is one."""
    chosen = select(ALERT.c.id, ALERT.c.payload, ALERT.c.notice_id).where(ALERT.c.id.in_(ids))
    rows = connection.execute(chosen).all()
    about = {row.id: row.notice_id for row in rows if row.notice_id is not None}
    return {row.id: alert_from_json(row.payload) for row in rows}, about


def _first_receipts(
    connection: Connection, notices: set[int], subscribers: set[int]
) -> dict[tuple[int, int], str]:
    """Return the receipt of the first message about each notice to each subscription."""
    sent = (
        select(ALERT.c.notice_id, DELIVERY.c.subscription_id, DELIVERY.c.receipt)
        .join(ALERT, ALERT.c.id == DELIVERY.c.alert_id)
        .where(ALERT.c.notice_id.in_(notices), DELIVERY.c.subscription_id.in_(subscribers))
        .where(DELIVERY.c.receipt.is_not(None))  # only what was sent has one
        .order_by(DELIVERY.c.sent_at, DELIVERY.c.id)
    )
    found: dict[tuple[int, int], str] = {}
    for row in connection.execute(sent):
        found.setdefault((row.notice_id, row.subscription_id), row.receipt)
    return found
