"""The subscribers' side of the store: subscriptions, alerts, and deliveries under leases."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select, update

from controlwatch.adapters.store.base import (
    ALERT,
    DELIVERY,
    NOTICE,
    SUBSCRIPTION,
    Part,
    alert_from_json,
    alert_to_json,
)
from controlwatch.core.bounces import Mailed
from controlwatch.core.model import Delivery, Direction, Mute, Subscription

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement, Connection, RowMapping

    from controlwatch.core.books import Planned
    from controlwatch.core.model import Alert

_LISTS = ("categories", "issuers", "destinations", "hs_prefixes", "terms")
_WISHES = ("reports", "health", "reminders", "outlook")
_SAME = (
    *("channel", "target", "rate", "at", "weekday", "timezone", "language", "confirmed"),
    *("owner", "escalate_after", "escalate_to"),
    *_WISHES,
)

#: Alerts that one message has room for: Slack takes 50 blocks, an alert with its buttons is up to eleven;
#: other chats take a thousand signs or two, in which each alert has its headline and its address.
ROOM = {"slack": 4, "apprise": 5}
ROOM_ELSEWHERE = 50


class Outbox(Part):
    """Subscriptions and deliveries."""

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Every active subscription."""
        with self._read() as connection:
            return active_subscriptions(connection)

    def subscribe(self, subscription: Subscription, now: datetime) -> int:
        """Add a subscription and return its id."""
        row = SUBSCRIPTION.insert().values(**_wishes(subscription), active=True, created_at=now)
        with self._write() as connection:
            return int(connection.execute(row.returning(SUBSCRIPTION.c.id)).scalar_one())

    def alter(self, subscription: Subscription) -> bool:
        """Write a subscription that exists anew, as its owner wants it now. False when there is none."""
        return self._change(subscription.id, **_wishes(subscription))

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
        """Send to a paused subscription again, what waited and what had come back first.

        False when there is none that is paused.
        """
        paused = SUBSCRIPTION.c.paused_at.is_not(None)
        # What was sent has a receipt; what was refused in spite of it is what came back.
        back = (
            update(DELIVERY)
            .where(DELIVERY.c.subscription_id == subscription_id)
            .where(DELIVERY.c.state == "refused", DELIVERY.c.receipt.is_not(None))
            .values(state="pending", attempts=0)
        )
        with self._write() as connection:
            resumed = _change(connection, subscription_id, paused, paused_at=None, paused_reason=None)
            if resumed:
                connection.execute(back)
        return resumed

    def _change(self, subscription_id: int, **values: object) -> bool:
        with self._write() as connection:
            return _change(connection, subscription_id, **values)

    def tell(self, alert: Alert, deliveries: Iterable[Planned], *, about: str | None = None) -> None:
        """Write an alert and its deliveries; `about` is the key of the notice that it concerns, if any."""
        with self._write() as connection:
            notice_id = connection.execute(select(NOTICE.c.id).where(NOTICE.c.key == about)).scalar()
            write_alert(connection, alert, deliveries, notice_id=notice_id)

    def claim(self, *, now: datetime, owner: str, lease: float) -> tuple[Delivery, ...]:
        """Lease the due deliveries of one subscription that is not paused; empty when nothing is due.

        What is due to one subscriber at one time leaves as one message, as far as the channel has
        room: that is all a digest is.
        """
        free = or_(
            and_(DELIVERY.c.state == "pending", DELIVERY.c.due_at <= now),
            and_(DELIVERY.c.state == "leased", DELIVERY.c.lease_until < now),
        )
        first = (
            select(SUBSCRIPTION.c.id, SUBSCRIPTION.c.channel, DELIVERY.c.addressee)
            .join(DELIVERY, DELIVERY.c.subscription_id == SUBSCRIPTION.c.id)
            .where(free, SUBSCRIPTION.c.active)
            # What goes to somebody else leaves all the same: it may say why the target takes nothing.
            .where(or_(SUBSCRIPTION.c.paused_at.is_(None), DELIVERY.c.addressee != ""))
            .order_by(DELIVERY.c.due_at, DELIVERY.c.id)
            .limit(1)
        )
        with self._write() as connection:
            reader = connection.execute(first).first()
            if reader is None:
                return ()
            theirs = DELIVERY.c.subscription_id == reader.id, DELIVERY.c.addressee == reader.addressee
            due = select(DELIVERY.c.id).where(free, *theirs)
            due = due.order_by(DELIVERY.c.id).limit(ROOM.get(reader.channel, ROOM_ELSEWHERE))
            # A CTE is evaluated once; a plain sub-select with a limit may be evaluated row by row.
            chosen = due.with_for_update(skip_locked=True).cte("chosen")
            claimed = update(DELIVERY).where(DELIVERY.c.id.in_(select(chosen.c.id)))
            leased = claimed.where(free).values(
                state="leased",
                lease_owner=owner,
                lease_until=now + timedelta(seconds=lease),
                attempts=DELIVERY.c.attempts + 1,
            )
            ids = connection.execute(leased.returning(DELIVERY.c.id)).scalars().all()
            return _deliveries(connection, list(ids))

    def sent(self, deliveries: Iterable[Delivery], *, owner: str, receipt: str, now: datetime) -> None:
        """Settle as sent, if the lease is still ours."""
        self._settle(deliveries, owner, state="sent", sent_at=now, receipt=receipt, reason=None)

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
            return settled > 0 and _pause(
                connection, subscription_id, reason=reason, alert=alert, planned=planned, now=now
            )

    def mailed(self, key: str) -> Mailed | None:
        """The mail that left under the key of a delivery."""
        joined = (
            select(SUBSCRIPTION, DELIVERY.c.receipt, DELIVERY.c.state)
            .join(DELIVERY, DELIVERY.c.subscription_id == SUBSCRIPTION.c.id)
            .where(DELIVERY.c.key == key, SUBSCRIPTION.c.channel == "email")
        )
        with self._read() as connection:
            row = connection.execute(joined).mappings().first()
        if row is None:
            return None
        return Mailed(
            subscription=as_subscription(row),
            active=row["active"],
            receipt=row["receipt"] or "",
            leaving=row["state"] in {"pending", "leased"},
        )

    def came_back(
        self, mailed: Mailed, *, reason: str, alert: Alert | None, planned: Iterable[Planned], now: datetime
    ) -> bool:
        """Put down as refused what left in a mail; with an alert, pause its subscription and tell others.

        False when nothing in it counts as sent: then it came back before, or it is on its way again.
        """
        number = mailed.subscription.id
        theirs = update(DELIVERY).where(DELIVERY.c.subscription_id == number)
        sent = theirs.where(DELIVERY.c.receipt == mailed.receipt, DELIVERY.c.state == "sent")
        with self._write() as connection:
            if not connection.execute(sent.values(state="refused", reason=reason)).rowcount:
                return False
            if alert is not None:
                _pause(connection, number, reason=reason, alert=alert, planned=planned, now=now)
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


def _wishes(subscription: Subscription) -> dict[str, Any]:
    """Return what is asked for, as a row holds it."""
    values = {name: getattr(subscription, name) for name in _SAME}
    values |= {name: list(getattr(subscription, name)) for name in _LISTS}
    quiet = subscription.quiet or (None, None)
    return values | {
        "directions": [direction.value for direction in subscription.directions],
        "quiet_from": quiet[0],
        "quiet_to": quiet[1],
        "muted": [
            {"category": mute.category, "until": mute.until.isoformat(), "who": mute.who}
            for mute in subscription.muted
        ],
    }


def _change(
    connection: Connection, subscription_id: int, *where: ColumnElement[bool], **values: object
) -> bool:
    """Change an active subscription; False when there is none that is so."""
    mine = update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == subscription_id, SUBSCRIPTION.c.active, *where)
    return connection.execute(mine.values(**values)).rowcount == 1


def _pause(
    connection: Connection,
    subscription_id: int,
    *,
    reason: str,
    alert: Alert,
    planned: Iterable[Planned],
    now: datetime,
) -> bool:
    """Pause a subscription and write who is told; False, and nothing, where it is paused already."""
    going = SUBSCRIPTION.c.paused_at.is_(None)
    if not _change(connection, subscription_id, going, paused_at=now, paused_reason=reason):
        return False
    planned = tuple(planned)
    if planned:
        write_alert(connection, alert, planned)
    return True


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
    muted = tuple(
        Mute(category=mute["category"], until=datetime.fromisoformat(mute["until"]), who=mute["who"])
        for mute in row["muted"]
    )
    return Subscription(
        id=row["id"], directions=directions, quiet=quiet, paused=paused, muted=muted, **values
    )


def write_alert(
    connection: Connection,
    alert: Alert,
    deliveries: Iterable[Planned],
    *,
    notice_id: int | None = None,
    version_id: int | None = None,
    follows: int | None = None,
) -> None:
    """Write an alert and its deliveries, pending; `follows` is the delivery that they tell again."""
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
    _write_deliveries(connection, alert_id, deliveries, follows=follows)


def _write_deliveries(
    connection: Connection, alert_id: int, deliveries: Iterable[Planned], *, follows: int | None
) -> None:
    """Write the deliveries of an alert, pending."""
    rows = [
        {
            "alert_id": alert_id,
            "subscription_id": planned.subscription_id,
            "state": "muted" if planned.muted else "pending",
            "due_at": planned.due_at,
            "why": planned.why,
            "addressee": planned.addressee,
            "follows": follows,
            "key": secrets.token_hex(16),
            "attempts": 0,
        }
        for planned in deliveries
    ]
    if rows:
        connection.execute(DELIVERY.insert(), rows)


def _deliveries(connection: Connection, ids: list[int]) -> tuple[Delivery, ...]:
    joined = (
        select(DELIVERY, ALERT.c.payload, ALERT.c.notice_id)
        .join(ALERT, ALERT.c.id == DELIVERY.c.alert_id)
        .where(DELIVERY.c.id.in_(ids))
        .order_by(DELIVERY.c.id)
    )
    rows = connection.execute(joined).mappings().all()
    subscribers = {row["subscription_id"] for row in rows}
    held = connection.execute(select(SUBSCRIPTION).where(SUBSCRIPTION.c.id.in_(subscribers))).mappings()
    subscriptions = {row["id"]: as_subscription(row) for row in held}
    receipts = _first_receipts(connection, {row["notice_id"] for row in rows} - {None}, subscribers)
    return tuple(
        Delivery(
            alert=alert_from_json(row["payload"]),
            subscription=subscriptions[row["subscription_id"]],
            first_receipt=receipts.get((row["notice_id"], row["subscription_id"], row["addressee"]), ""),
            **{name: row[name] for name in ("id", "alert_id", "attempts", "key", "why", "addressee")},
        )
        for row in rows
    )


def _first_receipts(
    connection: Connection, notices: set[int], subscribers: set[int]
) -> dict[tuple[int, int, str], str]:
    """Return the receipt of the first message about each notice to each target of a subscription."""
    sent = (
        select(ALERT.c.notice_id, DELIVERY.c.subscription_id, DELIVERY.c.addressee, DELIVERY.c.receipt)
        .join(ALERT, ALERT.c.id == DELIVERY.c.alert_id)
        .where(ALERT.c.notice_id.in_(notices), DELIVERY.c.subscription_id.in_(subscribers))
        .where(DELIVERY.c.state == "sent", DELIVERY.c.receipt.is_not(None))
        .order_by(DELIVERY.c.sent_at, DELIVERY.c.id)
    )
    found: dict[tuple[int, int, str], str] = {}
    for row in connection.execute(sent):
        found.setdefault((row.notice_id, row.subscription_id, row.addressee), row.receipt)
    return found
