"""Alerts on their way: deliveries, claimed under leases and settled."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, func, or_, select, update

from controlwatch.adapters.storage.base import (
    ALERT,
    DELIVERY,
    NOTICE,
    SUBSCRIPTION,
    StorePart,
    alert_from_json,
    alert_to_json,
)
from controlwatch.adapters.storage.subscriptions import to_subscription
from controlwatch.core.alerting.bounce_reports import SentMail
from controlwatch.core.model import Delivery

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, RowMapping, Select

    from controlwatch.core.model import Alert, ChannelName
    from controlwatch.core.model.state import PlannedDelivery, SentMessage

#: The columns of a delivery that a worker needs.
_DELIVERY_COLUMNS = tuple(
    DELIVERY.c[name]
    for name in ("id", "alert_id", "subscription_id", "attempts", "key", "message", "why", "addressee")
)

#: Settles one of many as sent, where the lease is still ours.
_MARK_SENT = (
    update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("of"), DELIVERY.c.lease_owner == bindparam("by"))
    .where(DELIVERY.c.state == "leased")
    .values(state="sent", sent_at=bindparam("at"), receipt=bindparam("got"), lease_until=None, reason=None)
)

#: Says of one of many in which message it leaves.
_SET_MESSAGE = update(DELIVERY).where(DELIVERY.c.id == bindparam("of")).values(message=bindparam("as"))

#: What is sent to a subscription that is paused: only what goes to somebody else; it may say why.
_IS_SENDABLE = or_(SUBSCRIPTION.c.paused_at.is_(None), DELIVERY.c.addressee != "")

#: Alerts that one message has room for: Slack takes 50 blocks, an alert with its buttons is up to eleven;
#: other chats take a thousand signs or two, in which each alert has its headline and its address.
ALERTS_PER_MESSAGE = {"slack": 4, "apprise": 5}
DEFAULT_ALERTS_PER_MESSAGE = 50


class OutboxStore(StorePart):
    """Alerts and deliveries."""

    def enqueue_alert(
        self, alert: Alert, deliveries: Iterable[PlannedDelivery], *, about: str | None = None
    ) -> None:
        """Write an alert and its deliveries; `about` is the key of the notice that it concerns, if any."""
        with self._engine.begin() as connection:
            notice_id = connection.execute(select(NOTICE.c.id).where(NOTICE.c.key == about)).scalar()
            write_alert(connection, alert, deliveries, notice_id=notice_id)

    def claim(
        self, *, now: datetime, owner: str, lease: float, most: int
    ) -> tuple[tuple[Delivery, ...], ...]:
        """Lease what is due to subscriptions that are not paused, to those that wait longest first.

        What is due to one subscriber at one time leaves as one message, as far as the channel has
        room: that is all a digest is. What may have left already is tried again as the message that it
        was: with something new in it, a receiver that knows its key would drop both.
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
        with self._engine.begin() as connection:
            readers = connection.execute(_query_waiting_subscriptions(free, most)).scalars().all()
            due = connection.execute(_query_due_deliveries(free, readers)).mappings()
            messages = _assign_messages(sorted(due, key=lambda row: readers.index(row["subscription_id"])))
            claimed = update(DELIVERY).where(DELIVERY.c.id.in_(list(messages)), free).values(leased)
            ids = connection.execute(claimed.returning(DELIVERY.c.id)).scalars().all()
            if not ids:
                return ()
            connection.execute(_SET_MESSAGE, [{"of": of, "as": messages[of]} for of in ids])
            found: dict[str, list[Delivery]] = {message: [] for message in messages.values()}
            for delivery in _load_deliveries(connection, ids):
                found[delivery.message].append(delivery)
        return tuple(tuple(together) for together in found.values() if together)

    def mark_sent(self, messages: Iterable[SentMessage], *, owner: str, now: datetime) -> None:
        """Settle what these messages carried as sent, where the lease is still ours."""
        rows = [
            {"of": delivery.id, "by": owner, "got": message.receipt, "at": now}
            for message in messages
            for delivery in message.deliveries
        ]
        with self._engine.begin() as connection:
            connection.execute(_MARK_SENT, rows)

    def release(self, deliveries: Iterable[Delivery], *, owner: str) -> None:
        """Give up the lease of what was not tried."""
        tried = case((DELIVERY.c.attempts > 1, DELIVERY.c.message))  # before that
        self._settle_deliveries(
            deliveries, owner, state="pending", attempts=DELIVERY.c.attempts - 1, message=tried
        )

    def reschedule(self, deliveries: Iterable[Delivery], *, owner: str, reason: str, until: datetime) -> None:
        """Settle for another try."""
        self._settle_deliveries(deliveries, owner, state="pending", due_at=until, reason=reason)

    def mark_refused(self, deliveries: Iterable[Delivery], *, owner: str, reason: str, now: datetime) -> None:
        """Settle as refused for good; a person must look."""
        self._settle_deliveries(deliveries, owner, state="refused", sent_at=now, reason=reason)

    def pause(
        self,
        deliveries: Iterable[Delivery],
        *,
        owner: str,
        reason: str,
        alert: Alert,
        planned: Iterable[PlannedDelivery],
        now: datetime,
        channel: ChannelName | None = None,
    ) -> bool:
        """Put deliveries back, send nothing more to their subscription, and tell others, all in one.

        With a channel, nothing more is sent to any subscription of it. False when the lease was no longer
        ours, or when it is paused already: then nobody is told.
        """
        mine = tuple(deliveries)
        these = SUBSCRIPTION.c.channel == channel if channel else SUBSCRIPTION.c.id == mine[0].subscription.id
        with self._engine.begin() as connection:
            settled = _update_leased(connection, mine, owner, state="pending", reason=reason)
            return settled > 0 and _pause_subscriptions(
                connection, these, reason=reason, alert=alert, planned=planned, now=now
            )

    def find_sent_mail(self, key: str) -> SentMail | None:
        """The mail that left under the key of a delivery."""
        joined = (
            select(SUBSCRIPTION, DELIVERY.c.receipt, DELIVERY.c.state, DELIVERY.c.addressee)
            .join(DELIVERY, DELIVERY.c.subscription_id == SUBSCRIPTION.c.id)
            .where(DELIVERY.c.key == key, SUBSCRIPTION.c.channel == "email")
        )
        with self._read_engine.begin() as connection:
            row = connection.execute(joined).mappings().first()
        if row is None:
            return None
        return SentMail(
            subscription=to_subscription(row),
            active=row["active"],
            receipt=row["receipt"] or "",
            is_leaving=row["state"] in {"pending", "leased"},
            addressee=row["addressee"],
        )

    def record_bounce(
        self,
        mailed: SentMail,
        *,
        reason: str,
        alert: Alert | None,
        planned: Iterable[PlannedDelivery],
        now: datetime,
    ) -> bool:
        """Put down as refused what left in a mail; with an alert, pause its subscription and tell others.

        False when nothing in it counts as sent: then it came back before, or it is on its way again.
        """
        number = mailed.subscription.id
        theirs = update(DELIVERY).where(DELIVERY.c.subscription_id == number)
        sent = theirs.where(DELIVERY.c.receipt == mailed.receipt, DELIVERY.c.state == "sent")
        with self._engine.begin() as connection:
            if not connection.execute(sent.values(state="refused", reason=reason)).rowcount:
                return False
            if alert is not None:
                _pause_subscriptions(
                    connection,
                    SUBSCRIPTION.c.id == number,
                    reason=reason,
                    alert=alert,
                    planned=planned,
                    now=now,
                )
        return True

    def retry_failed(self, now: datetime) -> int:
        """Put refused deliveries back, due now; return how many."""
        with self._engine.begin() as connection:
            refused = update(DELIVERY).where(or_(DELIVERY.c.state == "refused", DELIVERY.c.attempts > 0))
            open_ones = refused.where(DELIVERY.c.state.in_(("refused", "pending")))
            return int(connection.execute(open_ones.values(state="pending", due_at=now, attempts=0)).rowcount)

    def _settle_deliveries(self, deliveries: Iterable[Delivery], owner: str, **values: object) -> None:
        with self._engine.begin() as connection:
            _update_leased(connection, deliveries, owner, **values)


def _update_leased(
    connection: Connection, deliveries: Iterable[Delivery], owner: str, **values: object
) -> int:
    """Write how deliveries ended whose lease is still ours; return how many these were."""
    ids = [delivery.id for delivery in deliveries]
    mine = and_(DELIVERY.c.id.in_(ids), DELIVERY.c.lease_owner == owner, DELIVERY.c.state == "leased")
    return connection.execute(update(DELIVERY).where(mine).values(lease_until=None, **values)).rowcount


def _pause_subscriptions(
    connection: Connection,
    these: ColumnElement[bool],
    *,
    reason: str,
    alert: Alert,
    planned: Iterable[PlannedDelivery],
    now: datetime,
) -> bool:
    """Pause subscriptions and write who is told; False, and nothing, where all are paused already."""
    going = update(SUBSCRIPTION).where(these, SUBSCRIPTION.c.active, SUBSCRIPTION.c.paused_at.is_(None))
    if not connection.execute(going.values(paused_at=now, paused_reason=reason)).rowcount:
        return False
    planned = tuple(planned)
    if planned:
        write_alert(connection, alert, planned)
    return True


def _query_waiting_subscriptions(free: ColumnElement[bool], most: int) -> Select[Any]:
    """Choose the subscriptions that wait longest, but for those that another worker is serving just now.

    The lock is on the subscription: whoever has it takes all that is due to it, so that no message is torn.
    """
    since = select(
        DELIVERY.c.subscription_id,
        func.min(DELIVERY.c.due_at).label("due_at"),
        func.max(DELIVERY.c.addressee).label("addressee"),
    )
    waiting = since.where(free).group_by(DELIVERY.c.subscription_id).subquery("waiting")
    return (
        select(SUBSCRIPTION.c.id)
        .join(waiting, waiting.c.subscription_id == SUBSCRIPTION.c.id)
        .where(SUBSCRIPTION.c.active)
        .where(or_(SUBSCRIPTION.c.paused_at.is_(None), waiting.c.addressee != ""))
        .order_by(waiting.c.due_at, SUBSCRIPTION.c.id)
        .limit(most)
        .with_for_update(skip_locked=True, key_share=True, of=SUBSCRIPTION)
    )


def _query_due_deliveries(free: ColumnElement[bool], readers: Sequence[int]) -> Select[Any]:
    """Choose what is due to these subscriptions, to each message as much as it has room for."""
    same = DELIVERY.c.subscription_id, DELIVERY.c.addressee, DELIVERY.c.message
    place = func.row_number().over(partition_by=same, order_by=DELIVERY.c.id)
    room = case(ALERTS_PER_MESSAGE, value=SUBSCRIPTION.c.channel, else_=DEFAULT_ALERTS_PER_MESSAGE)
    ranked = (
        select(DELIVERY.c.id, *same, DELIVERY.c.key, place.label("place"), room.label("room"))
        .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
        .where(free, DELIVERY.c.subscription_id.in_(readers), _IS_SENDABLE)
        .subquery("ranked")
    )
    return select(ranked).where(ranked.c.place <= ranked.c.room).order_by(ranked.c.id)


def _assign_messages(rows: Iterable[RowMapping]) -> dict[int, str]:
    """Return, by delivery, the message in which it leaves: the one it was in, else one with its fellows."""
    begun: dict[tuple[int, str], str] = {}
    return {
        row["id"]: row["message"] or begun.setdefault((row["subscription_id"], row["addressee"]), row["key"])
        for row in rows
    }


def write_alert(
    connection: Connection,
    alert: Alert,
    deliveries: Iterable[PlannedDelivery],
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
    connection: Connection, alert_id: int, deliveries: Iterable[PlannedDelivery], *, follows: int | None
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


def _load_deliveries(connection: Connection, ids: Sequence[int]) -> Iterator[Delivery]:
    """Read deliveries, and what they share once: the alerts, the subscriptions."""
    chosen = select(*_DELIVERY_COLUMNS).where(DELIVERY.c.id.in_(ids)).order_by(DELIVERY.c.id)
    rows = connection.execute(chosen).all()
    alerts, notices = _load_alerts(connection, {row.alert_id for row in rows})
    subscribers = {row.subscription_id for row in rows}
    held = connection.execute(select(SUBSCRIPTION).where(SUBSCRIPTION.c.id.in_(subscribers))).mappings()
    subscriptions = {row["id"]: to_subscription(row) for row in held}
    receipts = _select_first_receipts(connection, set(notices.values()), subscribers)
    for number, alert_id, subscription_id, attempts, key, message, why, addressee in rows:
        yield Delivery(
            id=number,
            alert_id=alert_id,
            alert=alerts[alert_id],
            subscription=subscriptions[subscription_id],
            attempts=attempts,
            key=key,
            message=message,
            why=why,
            addressee=addressee,
            first_receipt=receipts.get((notices.get(alert_id, 0), subscription_id, addressee), ""),
        )


def _load_alerts(connection: Connection, ids: Iterable[int]) -> tuple[dict[int, Alert], dict[int, int]]:
    """Return alerts by their ids, and the ids of the notices that they are about, where there is one."""
    chosen = select(ALERT.c.id, ALERT.c.payload, ALERT.c.notice_id).where(ALERT.c.id.in_(ids))
    rows = connection.execute(chosen).all()
    about = {row.id: row.notice_id for row in rows if row.notice_id is not None}
    return {row.id: alert_from_json(row.payload) for row in rows}, about


def _select_first_receipts(
    connection: Connection, notices: set[int], subscribers: set[int]
) -> dict[tuple[int, int, str], str]:
    """Return the receipt of the first message about each notice to each target of a subscription."""
    sent = (
        select(ALERT.c.notice_id, DELIVERY.c.subscription_id, DELIVERY.c.addressee, DELIVERY.c.receipt)
        .join(ALERT, ALERT.c.id == DELIVERY.c.alert_id)
        .where(ALERT.c.notice_id.in_(notices), DELIVERY.c.subscription_id.in_(subscribers))
        .where(DELIVERY.c.receipt.is_not(None))  # only what was sent has one
        .order_by(DELIVERY.c.sent_at, DELIVERY.c.id)
    )
    found: dict[tuple[int, int, str], str] = {}
    for row in connection.execute(sent):
        found.setdefault((row.notice_id, row.subscription_id, row.addressee), row.receipt)
    return found
