"""Actions on alerts, and the alerts that need a follow-up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from controlwatch.adapters.storage.alert_writer import write_alert
from controlwatch.adapters.storage.base import (
    ALERT,
    ALERT_ACTION,
    DELIVERY,
    NOTICE,
    ROUND_LOCK,
    SUBSCRIPTION,
    StorePart,
    alert_from_json,
    take_turns,
)
from controlwatch.adapters.storage.due_deliveries import IS_SENT
from controlwatch.adapters.storage.subscriptions import to_subscription
from controlwatch.core.alerting.follow_up import (
    ACTIONABLE_KINDS,
    CLOSING_ACTIONS,
    TAKING_ACTIONS,
    AcknowledgeResult,
    Action,
    ActionRecord,
    DeliveredAlert,
)
from controlwatch.core.alerting.reminders import PlannedAlert
from controlwatch.core.law.answers import AlertLine
from controlwatch.core.model import Mute

#: An older alert is not followed up.
MAX_FOLLOW_UP_AGE = timedelta(days=30)

_ALERT_COLUMNS = (
    ALERT.c.id.label("alert"),
    ALERT.c.kind,
    ALERT.c.made_at,
    ALERT.c.title,
    NOTICE.c.number,
    SUBSCRIPTION.c.channel,
    SUBSCRIPTION.c.target,
    DELIVERY.c.id.label("delivery"),
    DELIVERY.c.key,
    DELIVERY.c.addressee,
    DELIVERY.c.state,
    DELIVERY.c.sent_at,
)


class SqlFollowUpTransaction:
    """One transaction: find the alerts that may have to be repeated, and write those that are."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_delivered(self, *, now: datetime) -> tuple[DeliveredAlert, ...]:
        """Return alerts of the last days that were not taken on, or whose due day has come."""
        connection = self._connection
        is_open = and_(DELIVERY.c.taken_at.is_(None), DELIVERY.c.escalated_at.is_(None))
        escalating = select(SUBSCRIPTION.c.id).where(SUBSCRIPTION.c.active, SUBSCRIPTION.c.escalate_after > 0)
        late = select(DELIVERY.c.id).where(
            DELIVERY.c.subscription_id.in_(escalating),
            IS_SENT,
            DELIVERY.c.sent_at > now - MAX_FOLLOW_UP_AGE,
            is_open,
        )
        # In some time zone it is tomorrow already.
        due = select(DELIVERY.c.id).where(DELIVERY.c.wanted_by <= (now + timedelta(days=1)).date())
        joined = (
            select(
                DELIVERY.c.id.label("delivery_id"),
                DELIVERY.c.sent_at,
                is_open.label("open"),
                DELIVERY.c.wanted_by,
                ALERT.c.payload,
                SUBSCRIPTION,
            )
            .join(ALERT, ALERT.c.id == DELIVERY.c.alert_id)
            .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
            .where(DELIVERY.c.id.in_(late.union_all(due)), IS_SENT, DELIVERY.c.follows.is_(None))
            .where(SUBSCRIPTION.c.active, SUBSCRIPTION.c.paused_at.is_(None))
            .order_by(DELIVERY.c.id)
        )
        rows = connection.execute(joined).mappings().all()
        actions = _select_actions(connection, [row["delivery_id"] for row in rows])
        delivered: list[DeliveredAlert] = []
        for row in rows:
            notes = [action.note for action in actions[row["delivery_id"]] if action.what == "assigned"]
            copied = {name: row[name] for name in ("delivery_id", "sent_at", "open", "wanted_by")}
            delivered.append(
                DeliveredAlert(
                    **copied,
                    alert=alert_from_json(row["payload"]),
                    subscription=to_subscription(row),
                    assigned_to=notes[-1] if notes else "",
                )
            )
        return tuple(delivered)

    def record(self, delivered: DeliveredAlert, planned: PlannedAlert, *, now: datetime) -> None:
        """Write an alert that repeats another, and that it does."""
        connection, own = self._connection, DELIVERY.c.id == delivered.delivery_id
        original = select(ALERT.c.notice_id, ALERT.c.version_id)
        original = original.join(DELIVERY, DELIVERY.c.alert_id == ALERT.c.id)
        about = connection.execute(original.where(own)).one()
        write_alert(
            connection,
            planned.alert,
            planned.deliveries,
            notice_id=about.notice_id,
            version_id=about.version_id,
            follows=delivered.delivery_id,
        )
        values = {"wanted_by": None} if planned.alert.kind == "due" else {"escalated_at": now}
        connection.execute(update(DELIVERY).where(own).values(values))


class ActionStore(StorePart):
    """Actions on alerts, and their log."""

    def record_action(
        self,
        key: str,
        *,
        what: Action,
        who: str,
        targets: Iterable[str] | None,
        note: str = "",
        now: datetime,
    ) -> tuple[ActionRecord, ...]:
        """Record an action on a delivery, by its key; return all actions on it.

        An action on a repeated alert counts for the original one. Nothing is recorded, and nothing
        returned, where the delivery went to none of the targets; None: to whichever it went.
        """
        joined = (
            select(DELIVERY.c.id, DELIVERY.c.follows, DELIVERY.c.alert_id, DELIVERY.c.message)
            .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
            .where(DELIVERY.c.key == key)
        )
        if targets is not None:
            allowed = list(targets)
            is_theirs = SUBSCRIPTION.c.target.in_(allowed), DELIVERY.c.addressee.in_(allowed)
            joined = joined.where(or_(*is_theirs, _match_assignee([who])))
        with self._engine.begin() as connection:
            delivery = connection.execute(joined).first()
            if delivery is None:
                return ()
            first = delivery.follows or delivery.id
            # The same alert by several subscriptions of a target is one card.
            same = DELIVERY.c.alert_id == delivery.alert_id, DELIVERY.c.message == delivery.message
            originals = select(func.coalesce(DELIVERY.c.follows, DELIVERY.c.id)).where(*same)
            for number in {first, *connection.execute(originals).scalars()}:
                _insert_action(connection, number, what, who, note, now)
            return tuple(_select_actions(connection, [first])[first])

    def acknowledge(self, delivery_id: int, *, now: datetime) -> AcknowledgeResult:
        """Record that the reader of a mail acknowledged all of it; return what became of that."""
        sent = (
            select(DELIVERY, SUBSCRIPTION.c.target, SUBSCRIPTION.c.active)
            .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
            .where(DELIVERY.c.id == delivery_id, DELIVERY.c.receipt.is_not(None))
        )
        with self._engine.begin() as connection:
            mail = connection.execute(sent).first()
            if mail is None:
                return "unknown"
            if not mail.active:
                return "ended"
            # The receipt of a mail is its own; it may carry the alerts of several subscriptions.
            same = DELIVERY.c.receipt == mail.receipt
            first = select(func.coalesce(DELIVERY.c.follows, DELIVERY.c.id)).where(same)
            open_ones = select(DELIVERY.c.id).where(DELIVERY.c.id.in_(first), DELIVERY.c.closed_at.is_(None))
            numbers = connection.execute(open_ones.order_by(DELIVERY.c.id)).scalars().all()
            for number in numbers:
                _insert_action(connection, number, "acknowledged", mail.addressee or mail.target, "", now)
        return "acknowledged" if numbers else "already"

    def find_subscription_id(self, key: str, targets: Iterable[str]) -> int | None:
        """Return the subscription that a delivery was made for, where it is one of the targets'."""
        chosen = (
            select(SUBSCRIPTION.c.id)
            .join(DELIVERY, DELIVERY.c.subscription_id == SUBSCRIPTION.c.id)
            .where(DELIVERY.c.key == key, SUBSCRIPTION.c.target.in_(list(targets)), SUBSCRIPTION.c.active)
        )
        with self._read_engine.begin() as connection:
            subscription_id = connection.execute(chosen).scalar()
        return None if subscription_id is None else int(subscription_id)

    def mute_category(self, subscription_id: int, mute: Mute) -> bool:
        """Mute a category for a subscription, in place of an earlier mute. False: it is not active."""
        own = SUBSCRIPTION.c.id == subscription_id, SUBSCRIPTION.c.active
        with self._engine.begin() as connection:
            muted = connection.execute(select(SUBSCRIPTION.c.muted).where(*own).with_for_update()).scalar()
            if muted is None:
                return False
            others = [item for item in muted if item["category"] != mute.category]
            added = {"category": mute.category, "until": mute.until.isoformat(), "who": mute.who}
            values = {"muted": [*others, added]}
            connection.execute(update(SUBSCRIPTION).where(*own).values(values))
        return True

    @contextmanager
    def transaction(self) -> Iterator[SqlFollowUpTransaction]:
        """Open a transaction over alerts to follow up; rounds of several processes take turns."""
        with self._engine.begin() as connection:
            take_turns(connection, ROUND_LOCK)
            yield SqlFollowUpTransaction(connection)

    def list_alerts(
        self,
        *,
        open_only: bool = False,
        targets: Iterable[str] | None = None,
        made_between: tuple[datetime, datetime] | None = None,
        before: tuple[int, int] | None = None,
        limit: int = 100,
    ) -> tuple[AlertLine, ...]:
        """Return alerts as they were delivered, newest first, each with the actions on it.

        `targets` limits them to these targets, and `made_between` to those made at or after the first instant
        and before the second. Open alerts are those that call for an action, were sent, and
        were neither acknowledged nor marked as not relevant. `before` begins behind an alert and
        one of its deliveries, by their numbers.
        """
        joined = (
            select(*_ALERT_COLUMNS)
            .join(DELIVERY, DELIVERY.c.alert_id == ALERT.c.id)
            .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
            .outerjoin(NOTICE, NOTICE.c.id == ALERT.c.notice_id)
            .order_by(DELIVERY.c.alert_id.desc(), DELIVERY.c.id)  # an index of deliveries has this order
            .limit(limit)
        )
        if targets is not None:
            chosen = list(targets)
            joined = joined.where(or_(SUBSCRIPTION.c.target.in_(chosen), _match_assignee(chosen)))
        if made_between is not None:
            joined = joined.where(ALERT.c.made_at >= made_between[0], ALERT.c.made_at < made_between[1])
        if before is not None:
            alert, delivery = before
            is_behind = and_(DELIVERY.c.alert_id == alert, DELIVERY.c.id > delivery)
            joined = joined.where(DELIVERY.c.alert_id <= alert, or_(DELIVERY.c.alert_id < alert, is_behind))
        if open_only:
            joined = joined.where(
                ALERT.c.kind.in_(ACTIONABLE_KINDS),
                DELIVERY.c.state == "sent",
                DELIVERY.c.follows.is_(None),
                DELIVERY.c.closed_at.is_(None),
            )
        with self._read_engine.begin() as connection:
            rows = connection.execute(joined).mappings().all()
            actions = _select_actions(connection, [row["delivery"] for row in rows])
        return tuple(_to_alert_line(dict(row), actions[row["delivery"]]) for row in rows)


def _insert_action(
    connection: Connection, first: int, what: Action, who: str, note: str, now: datetime
) -> None:
    """Record an action on a delivery, and what it changes of the delivery."""
    row = {"delivery_id": first, "what": what, "who": who, "note": note, "at": now}
    connection.execute(ALERT_ACTION.insert().values(row))
    values: dict[str, Any] = {"taken_at": now} if what in TAKING_ACTIONS else {}
    if what in CLOSING_ACTIONS:
        values["closed_at"] = now
    if what == "due":
        values["wanted_by"] = date.fromisoformat(note)
    if what == "not relevant":
        values["wanted_by"] = None
    if values:
        connection.execute(update(DELIVERY).where(DELIVERY.c.id == first).values(values))


def _match_assignee(people: list[str]) -> ColumnElement[bool]:
    """Return the condition that a delivery was last assigned to one of these."""
    last = (
        select(func.max(ALERT_ACTION.c.id))
        .where(ALERT_ACTION.c.what == "assigned")
        .group_by(ALERT_ACTION.c.delivery_id)
    )
    assigned = select(ALERT_ACTION.c.delivery_id).where(
        ALERT_ACTION.c.id.in_(last), ALERT_ACTION.c.note.in_(people)
    )
    return func.coalesce(DELIVERY.c.follows, DELIVERY.c.id).in_(assigned)


def _to_alert_line(row: dict[str, Any], actions: list[ActionRecord]) -> AlertLine:
    addressee = row.pop("addressee")
    row["target"] = addressee or row["target"]
    last = actions[-1] if actions else None
    latest = {action.what: action.note for action in actions}
    assigned = [action.at for action in actions if action.what == "assigned"]
    return AlertLine(
        **row,
        what=last.what if last is not None else None,
        who=last.who if last is not None else None,
        acted_at=last.at if last is not None else None,
        note=last.note if last is not None else None,
        assigned_to=latest.get("assigned"),
        due=latest.get("due"),
        assigned_at=assigned[-1] if assigned else None,
    )


def _select_actions(
    connection: Connection, deliveries: Iterable[int]
) -> defaultdict[int, list[ActionRecord]]:
    """Return the actions on deliveries, oldest first."""
    actions: defaultdict[int, list[ActionRecord]] = defaultdict(list)
    chosen = (
        select(ALERT_ACTION)
        .where(ALERT_ACTION.c.delivery_id.in_(list(deliveries)))
        .order_by(ALERT_ACTION.c.id)
    )
    for row in connection.execute(chosen).mappings():
        action = ActionRecord(what=row["what"], who=row["who"], at=row["at"], note=row["note"])
        actions[row["delivery_id"]].append(action)
    return actions
