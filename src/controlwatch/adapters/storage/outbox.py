"""The outbox: alerts and their deliveries, claimed under leases and settled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, get_args

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)

from controlwatch.adapters.storage.alert_writer import write_alert
from controlwatch.adapters.storage.base import (
    ALERT,
    DELIVERY,
    NOTICE,
    SUBSCRIPTION,
    alert_from_json,
)
from controlwatch.adapters.storage.due_deliveries import (
    RECIPIENT_COLUMNS,
    has_due,
    is_free,
    lock_waiting_subscriptions,
    query_due_deliveries,
)
from controlwatch.adapters.storage.fanout import FanoutStore
from controlwatch.adapters.storage.subscriptions import end_active, to_subscription
from controlwatch.core.alerting.bounce_reports import SentMail
from controlwatch.core.alerting.delivery_failures import PausePlan
from controlwatch.core.alerting.ended_subscriptions import EndPlan
from controlwatch.core.model import Alert, ChannelName, Delivery
from controlwatch.core.model.state import ANY_DELIVERY, ClaimScope, PlannedDelivery, SentMessage

#: The columns of a delivery that a worker needs.
_DELIVERY_COLUMNS = tuple(
    DELIVERY.c[name]
    for name in ("id", "alert_id", "subscription_id", "attempts", "key", "message", "why", "addressee")
)

#: Marks one of many as sent, where nobody else has leased it since: also where it was given up meanwhile.
_MARK_SENT = (
    update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("delivery"), DELIVERY.c.lease_owner == bindparam("owner"))
    .where(or_(DELIVERY.c.state == "leased", DELIVERY.c.state == "pending"))
    .values(
        state="sent",
        sent_at=bindparam("at"),
        receipt=bindparam("message_receipt"),
        lease_until=None,
        reason=None,
    )
)

#: Leases one of many, and records the message in which it is sent.
_LEASE = (
    update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("delivery"))
    .values(
        state="leased",
        lease_owner=bindparam("owner"),
        lease_until=bindparam("until"),
        attempts=DELIVERY.c.attempts + 1,
        message=bindparam("message_key"),
    )
)


class OutboxStore(FanoutStore):
    """Alerts and deliveries."""

    def enqueue_alert(
        self, alert: Alert, deliveries: Iterable[PlannedDelivery], *, about: str | None = None
    ) -> None:
        """Write an alert and its deliveries; `about` is the key of the notice that it concerns, if any."""
        with self._engine.begin() as connection:
            notice_id = connection.execute(select(NOTICE.c.id).where(NOTICE.c.key == about)).scalar()
            write_alert(connection, alert, deliveries, notice_id=notice_id)

    def list_due_channels(
        self,
        *,
        now: datetime,
        retry_due: datetime | None = None,
        among: tuple[ChannelName, ...] = get_args(ChannelName),
    ) -> frozenset[ChannelName]:
        """Return by which of these channels something is due; with `retry_due`, as for `ClaimScope`."""
        is_due = [
            has_due(ClaimScope(channel=name, retry_due=retry_due), now=now).label(name) for name in among
        ]
        with self._read_engine.begin() as connection:
            row = connection.execute(select(*is_due)).one()
        return frozenset(name for name, found in zip(among, row, strict=True) if found)

    def claim(
        self, *, now: datetime, owner: str, lease: float, most: int, scope: ClaimScope = ANY_DELIVERY
    ) -> tuple[tuple[Delivery, ...], ...]:
        """Lease what is due to at most `most` targets, the longest waiting first, for `lease` seconds.

        What is due to one recipient at one time is sent as one message, by whichever of its subscriptions, as
        far as the channel allows: that is all a digest is. What may have been sent already is tried again as
        the same message: with new content, a receiver that knows its key would drop both.
        """
        with self._engine.begin() as connection:
            subscribers = lock_waiting_subscriptions(connection, most, scope, now=now)
            if not subscribers:
                return ()
            query = query_due_deliveries(connection, scope, subscribers, now=now)
            due = connection.execute(query).mappings().all()
            # Each keeps the message it was in; new ones share one message per recipient.
            begun: dict[tuple[str, ...], str] = {}
            messages: dict[int, str] = {}
            for row in sorted(due, key=lambda row: subscribers.index(row["subscription_id"])):
                recipient = tuple(str(row[name]) for name in RECIPIENT_COLUMNS)
                messages[row["id"]] = row["message"] or begun.setdefault(recipient, row["key"])
            # What was retried or dropped by a person meanwhile is left out.
            until = now + timedelta(seconds=lease)
            rows = [
                {"delivery": number, "message_key": key, "owner": owner, "until": until}
                for number, key in messages.items()
            ]
            if not rows:
                return ()
            connection.execute(_LEASE.where(is_free(now, retry_due=scope.retry_due)), rows)
            groups: dict[str, list[Delivery]] = {message: [] for message in messages.values()}
            leased = DELIVERY.c.lease_owner == owner, DELIVERY.c.lease_until == until
            for delivery in _load_deliveries(connection, list(messages), *leased):
                groups[delivery.message].append(delivery)
        return tuple(tuple(group) for group in groups.values() if group)

    def mark_sent(self, messages: Iterable[SentMessage], *, owner: str, now: datetime) -> None:
        """Mark the deliveries of these messages as sent, where the lease is still held."""
        rows = [
            {"delivery": delivery.id, "owner": owner, "message_receipt": message.receipt, "at": now}
            for message in messages
            for delivery in message.deliveries
        ]
        with self._engine.begin() as connection:
            connection.execute(_MARK_SENT, rows)

    def release(self, deliveries: Iterable[Delivery], *, owner: str) -> None:
        """Give up the lease of what was not tried."""
        message = case((DELIVERY.c.attempts > 1, DELIVERY.c.message))  # of an earlier try
        with self._engine.begin() as connection:
            values = {"state": "pending", "attempts": DELIVERY.c.attempts - 1, "message": message}
            _settle_leased(connection, deliveries, owner, values)

    def reschedule(self, deliveries: Iterable[Delivery], *, owner: str, reason: str, until: datetime) -> None:
        """Settle for another try."""
        with self._engine.begin() as connection:
            values = {"state": "pending", "due_at": until, "reason": reason}
            _settle_leased(connection, deliveries, owner, values)

    def mark_refused(self, deliveries: Iterable[Delivery], *, owner: str, reason: str, now: datetime) -> None:
        """Settle as refused permanently; an operator must act."""
        with self._engine.begin() as connection:
            _settle_leased(
                connection, deliveries, owner, {"state": "refused", "sent_at": now, "reason": reason}
            )

    def find_last_pause(self, channel: ChannelName, *, except_target: str) -> datetime | None:
        """Return when a subscription of another target of a channel was last paused and still is."""
        paused = select(func.max(SUBSCRIPTION.c.paused_at)).where(
            SUBSCRIPTION.c.channel == channel,
            SUBSCRIPTION.c.active,
            func.lower(SUBSCRIPTION.c.target) != except_target.lower(),
        )
        with self._read_engine.begin() as connection:
            return connection.execute(paused).scalar()

    def pause(self, deliveries: Iterable[Delivery], *, owner: str, plan: PausePlan, now: datetime) -> bool:
        """Release deliveries, pause their subscription, and notify others, all in one.

        Return False where the lease was no longer held, or the subscription is paused already: then no
        alert is written.
        """
        with self._engine.begin() as connection:
            values = {"state": "pending", "reason": plan.reason}
            settled = _settle_leased(connection, deliveries, owner, values)
            return settled > 0 and _pause_subscription(connection, plan, now=now)

    def end_subscription(self, plan: EndPlan) -> bool:
        """End a subscription and write the alerts about it, all in one. False where it is not active."""
        with self._engine.begin() as connection:
            if not end_active(connection, plan.subscription_id):
                return False
            for alert, deliveries in plan.alerts:
                write_alert(connection, alert, deliveries)
        return True

    def find_delivery(self, key: str, targets: Iterable[str]) -> Delivery | None:
        """Return a delivery by its key, where it went to one of the targets."""
        places = list(targets)
        recipient = or_(DELIVERY.c.addressee.in_(places), SUBSCRIPTION.c.target.in_(places))
        chosen = (
            select(DELIVERY.c.id)
            .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
            .where(DELIVERY.c.key == key, recipient)
        )
        with self._read_engine.begin() as connection:
            ids = connection.execute(chosen).scalars().all()
            return next(_load_deliveries(connection, ids), None)

    def find_sent_mail(self, key: str) -> SentMail | None:
        """Return the mail that was sent under the key of a delivery."""
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
        self, mail: SentMail, *, reason: str, plan: PausePlan | None = None, now: datetime
    ) -> bool:
        """Mark as refused what was sent in a mail; with a plan, pause its subscription and notify others.

        Return False where nothing in it counts as sent: it came back before, or is being sent again.
        """
        # A mail may carry the alerts of several subscriptions of its address; its receipt is unique.
        sent = update(DELIVERY).where(DELIVERY.c.receipt == mail.receipt, DELIVERY.c.state == "sent")
        with self._engine.begin() as connection:
            if not connection.execute(sent.values(state="refused", reason=reason)).rowcount:
                return False
            if plan is not None:
                _pause_subscription(connection, plan, now=now)
        return True

    def retry_failed(self, now: datetime) -> int:
        """Make refused deliveries due again now; return their number."""
        with self._engine.begin() as connection:
            failed = update(DELIVERY).where(or_(DELIVERY.c.state == "refused", DELIVERY.c.attempts > 0))
            unsent = failed.where(DELIVERY.c.state.in_(("refused", "pending")))
            return int(connection.execute(unsent.values(state="pending", due_at=now, attempts=0)).rowcount)


def _settle_leased(
    connection: Connection, deliveries: Iterable[Delivery], owner: str, values: dict[str, Any]
) -> int:
    """Settle deliveries whose lease is still held; return their number."""
    ids = [delivery.id for delivery in deliveries]
    held = and_(DELIVERY.c.id.in_(ids), DELIVERY.c.lease_owner == owner, DELIVERY.c.state == "leased")
    return connection.execute(update(DELIVERY).where(held).values(lease_until=None, **values)).rowcount


def _pause_subscription(connection: Connection, plan: PausePlan, *, now: datetime) -> bool:
    """Pause a subscription and write the alert; return False where it is paused already."""
    active = update(SUBSCRIPTION).where(
        SUBSCRIPTION.c.id == plan.subscription_id, SUBSCRIPTION.c.active, SUBSCRIPTION.c.paused_at.is_(None)
    )
    if not connection.execute(active.values(paused_at=now, paused_reason=plan.reason)).rowcount:
        return False
    if plan.deliveries:
        write_alert(connection, plan.alert, plan.deliveries)
    return True


def _load_deliveries(
    connection: Connection, ids: Sequence[int], *where: ColumnElement[bool]
) -> Iterator[Delivery]:
    """Load deliveries, and once each what they share: alerts, subscriptions, first receipts."""
    chosen = select(*_DELIVERY_COLUMNS).where(DELIVERY.c.id.in_(ids), *where).order_by(DELIVERY.c.id)
    rows = connection.execute(chosen).all()
    payloads = select(ALERT.c.id, ALERT.c.payload, ALERT.c.notice_id)
    alert_rows = connection.execute(payloads.where(ALERT.c.id.in_({row.alert_id for row in rows}))).all()
    alerts = {row.id: alert_from_json(row.payload) for row in alert_rows}
    notices = {row.id: row.notice_id for row in alert_rows if row.notice_id is not None}
    subscribers = {row.subscription_id for row in rows}
    owners = connection.execute(select(SUBSCRIPTION).where(SUBSCRIPTION.c.id.in_(subscribers))).mappings()
    subscriptions = {row["id"]: to_subscription(row) for row in owners}
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


def _select_first_receipts(
    connection: Connection, notices: set[int], subscribers: set[int]
) -> dict[tuple[int, int, str], str]:
    """Return the receipt of the first message about each notice to each target of a subscription."""
    sent = (
        select(ALERT.c.notice_id, DELIVERY.c.subscription_id, DELIVERY.c.addressee, DELIVERY.c.receipt)
        .join(ALERT, ALERT.c.id == DELIVERY.c.alert_id)
        .where(ALERT.c.notice_id.in_(notices), DELIVERY.c.subscription_id.in_(subscribers))
        .where(DELIVERY.c.receipt.is_not(None))  # only sent deliveries have one
        .order_by(DELIVERY.c.sent_at, DELIVERY.c.id)
    )
    receipts: dict[tuple[int, int, str], str] = {}
    for row in connection.execute(sent):
        receipts.setdefault((row.notice_id, row.subscription_id, row.addressee), row.receipt)
    return receipts
