"""What people did about alerts, and the alerts that nobody did anything about."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select, update

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
from controlwatch.adapters.storage.outbox import write_alert
from controlwatch.adapters.storage.subscriptions import to_subscription
from controlwatch.core.alerting.follow_up import (
    ACTIONABLE_KINDS,
    CLOSING_ACTIONS,
    TAKING_ACTIONS,
    Action,
    ActionRecord,
    DeliveredAlert,
)
from controlwatch.core.law.answers import AlertLine
from controlwatch.core.model import Mute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from controlwatch.core.alerting.reminders import PlannedAlert

#: Of an alert that is older nobody is told again.
MAX_FOLLOW_UP_AGE = timedelta(days=30)


class FollowUpTransaction:
    """One transaction: find the alerts that may have to be repeated, and write those that are."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_delivered(self, *, now: datetime) -> tuple[DeliveredAlert, ...]:
        """Return alerts of the last days that are still open, or whose due day has come."""
        return tuple(_iterate_delivered_alerts(self._connection, now=now))

    def record(self, delivered: DeliveredAlert, planned: PlannedAlert, *, now: datetime) -> None:
        """Write an alert that repeats another, and that it does."""
        _write_follow_up(self._connection, delivered, planned, now=now)


class ActionStore(StorePart):
    """The log of alerts."""

    def record_action(
        self, key: str, *, what: Action, who: str, targets: Iterable[str], note: str = "", now: datetime
    ) -> tuple[ActionRecord, ...]:
        """Note what somebody did about a delivery, by its key; return all that was done about it.

        What is done about an alert that was told again is done about the first of them too. Nothing is
        noted, and nothing returned, where the delivery went to none of the targets.
        """
        places = list(targets)
        mine = (
            select(DELIVERY.c.id, DELIVERY.c.follows)
            .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
            .where(DELIVERY.c.key == key)
            .where(
                or_(
                    SUBSCRIPTION.c.target.in_(places),
                    DELIVERY.c.addressee.in_(places),
                    _match_assignee([who]),
                )
            )
        )
        with self._engine.begin() as connection:
            delivery = connection.execute(mine).first()
            if delivery is None:
                return ()
            first = delivery.follows or delivery.id
            _insert_action(connection, first, what, who, note, now)
            return tuple(_select_actions(connection, [first])[first])

    def acknowledge(self, delivery_id: int, *, now: datetime) -> bool:
        """Note that the reader of a mail acknowledged all that left in it; False where there is none such."""
        left = (
            select(DELIVERY, SUBSCRIPTION.c.target)
            .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
            .where(DELIVERY.c.id == delivery_id, DELIVERY.c.receipt.is_not(None))
        )
        with self._engine.begin() as connection:
            mail = connection.execute(left).first()
            if mail is None:
                return False
            same = DELIVERY.c.subscription_id == mail.subscription_id, DELIVERY.c.receipt == mail.receipt
            first = func.coalesce(DELIVERY.c.follows, DELIVERY.c.id)
            for number in connection.execute(select(first).where(*same)).scalars().all():
                _insert_action(connection, number, "acknowledged", mail.addressee or mail.target, "", now)
        return True

    def find_subscription_id(self, key: str, targets: Iterable[str]) -> int | None:
        """Return the subscription that a delivery was made for, where it is one of the targets'."""
        chosen = (
            select(SUBSCRIPTION.c.id)
            .join(DELIVERY, DELIVERY.c.subscription_id == SUBSCRIPTION.c.id)
            .where(DELIVERY.c.key == key, SUBSCRIPTION.c.target.in_(list(targets)), SUBSCRIPTION.c.active)
        )
        with self._read_engine.begin() as connection:
            found = connection.execute(chosen).scalar()
        return None if found is None else int(found)

    def mute_category(self, subscription_id: int, mute: Mute) -> bool:
        """Mute a category for a subscription; a mute that has ended ends the one before. False: none such."""
        mine = SUBSCRIPTION.c.id == subscription_id, SUBSCRIPTION.c.active
        with self._engine.begin() as connection:
            held = connection.execute(select(SUBSCRIPTION.c.muted).where(*mine).with_for_update()).scalar()
            if held is None:
                return False
            others = [item for item in held if item["category"] != mute.category]
            added = {"category": mute.category, "until": mute.until.isoformat(), "who": mute.who}
            values = {"muted": [*others, added]}
            connection.execute(update(SUBSCRIPTION).where(*mine).values(values))
        return True

    @contextmanager
    def transaction(self) -> Iterator[FollowUpTransaction]:
        """Open a transaction over alerts to follow up; rounds of several processes take turns."""
        with self._engine.begin() as connection:
            take_turns(connection, ROUND_LOCK)
            yield FollowUpTransaction(connection)

    def list_alerts(
        self, *, open_only: bool = False, targets: Iterable[str] | None = None, limit: int = 100
    ) -> tuple[AlertLine, ...]:
        """Alerts as they were delivered, newest first, each with what was done about it.

        `targets` are the places asked about, all without. Open are those to act on that went out and that
        nobody has acknowledged or found not relevant.
        """
        joined = (
            select(
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
            .join(DELIVERY, DELIVERY.c.alert_id == ALERT.c.id)
            .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
            .outerjoin(NOTICE, NOTICE.c.id == ALERT.c.notice_id)
            .order_by(ALERT.c.id.desc(), DELIVERY.c.id)
            .limit(limit)
        )
        if targets is not None:
            places = list(targets)
            joined = joined.where(or_(SUBSCRIPTION.c.target.in_(places), _match_assignee(places)))
        if open_only:
            joined = joined.where(_match_open())
        with self._read_engine.begin() as connection:
            rows = connection.execute(joined).mappings().all()
            done = _select_actions(connection, [row["delivery"] for row in rows])
        return tuple(_to_alert_line(dict(row), done[row["delivery"]]) for row in rows)


def _insert_action(
    connection: Connection, first: int, what: Action, who: str, note: str, now: datetime
) -> None:
    """Note a deed about a delivery, and what follows from it."""
    row = {"delivery_id": first, "what": what, "who": who, "note": note, "at": now}
    connection.execute(ALERT_ACTION.insert().values(row))
    changed = _build_delivery_changes(what, note, now)
    if changed:
        connection.execute(update(DELIVERY).where(DELIVERY.c.id == first).values(changed))


def _build_delivery_changes(what: Action, note: str, now: datetime) -> dict[str, Any]:
    """Return what a deed changes of the delivery that it was done about."""
    values: dict[str, Any] = {"taken_at": now} if what in TAKING_ACTIONS else {}
    if what in CLOSING_ACTIONS:
        values["closed_at"] = now
    if what == "due":
        values["wanted_by"] = date.fromisoformat(note)
    if what == "not relevant":
        values["wanted_by"] = None
    return values


def _match_assignee(people: list[str]) -> ColumnElement[bool]:
    """Say that a delivery was last assigned to one of these."""
    last = (
        select(func.max(ALERT_ACTION.c.id))
        .where(ALERT_ACTION.c.what == "assigned")
        .group_by(ALERT_ACTION.c.delivery_id)
    )
    theirs = select(ALERT_ACTION.c.delivery_id).where(
        ALERT_ACTION.c.id.in_(last), ALERT_ACTION.c.note.in_(people)
    )
    return func.coalesce(DELIVERY.c.follows, DELIVERY.c.id).in_(theirs)


def _match_open() -> ColumnElement[bool]:
    waits = and_(DELIVERY.c.state == "sent", DELIVERY.c.follows.is_(None), DELIVERY.c.closed_at.is_(None))
    return and_(ALERT.c.kind.in_(ACTIONABLE_KINDS), waits)


def _to_alert_line(row: dict[str, Any], done: list[ActionRecord]) -> AlertLine:
    del row["delivery"]
    addressee = row.pop("addressee")
    row["target"] = addressee or row["target"]
    last = done[-1] if done else None
    latest = {one.what: one.note for one in done}
    return AlertLine(
        **row,
        what=last.what if last is not None else None,
        who=last.who if last is not None else None,
        acted_at=last.at if last is not None else None,
        note=last.note if last is not None else None,
        assigned_to=latest.get("assigned"),
        due=latest.get("due"),
    )


def _select_actions(
    connection: Connection, deliveries: Iterable[int]
) -> defaultdict[int, list[ActionRecord]]:
    """Return what was done about deliveries, oldest first."""
    found: defaultdict[int, list[ActionRecord]] = defaultdict(list)
    acts = (
        select(ALERT_ACTION)
        .where(ALERT_ACTION.c.delivery_id.in_(list(deliveries)))
        .order_by(ALERT_ACTION.c.id)
    )
    for row in connection.execute(acts).mappings():
        done = ActionRecord(what=row["what"], who=row["who"], at=row["at"], note=row["note"])
        found[row["delivery_id"]].append(done)
    return found


def _iterate_delivered_alerts(connection: Connection, *, now: datetime) -> Iterable[DeliveredAlert]:
    """Yield what may have to be told again: nobody has taken it on, or its day has come."""
    untaken = and_(DELIVERY.c.taken_at.is_(None), DELIVERY.c.escalated_at.is_(None))
    late = and_(SUBSCRIPTION.c.escalate_after > 0, DELIVERY.c.due_at > now - MAX_FOLLOW_UP_AGE, untaken)
    wanted = DELIVERY.c.wanted_by <= (now + timedelta(days=1)).date()  # in some time zone it is that day
    joined = (
        select(
            DELIVERY.c.id.label("delivery_id"),
            DELIVERY.c.sent_at,
            untaken.label("open"),
            DELIVERY.c.wanted_by,
            ALERT.c.payload,
            SUBSCRIPTION,
        )
        .join(ALERT, ALERT.c.id == DELIVERY.c.alert_id)
        .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
        .where(DELIVERY.c.state == "sent", DELIVERY.c.follows.is_(None), or_(late, wanted))
        .where(SUBSCRIPTION.c.active, SUBSCRIPTION.c.paused_at.is_(None))
        .order_by(DELIVERY.c.id)
    )
    rows = connection.execute(joined).mappings().all()
    done = _select_actions(connection, [row["delivery_id"] for row in rows])
    for row in rows:
        assigned = [one.note for one in done[row["delivery_id"]] if one.what == "assigned"]
        yield DeliveredAlert(
            **{name: row[name] for name in ("delivery_id", "sent_at", "open", "wanted_by")},
            alert=alert_from_json(row["payload"]),
            subscription=to_subscription(row),
            assigned_to=assigned[-1] if assigned else "",
        )


def _write_follow_up(
    connection: Connection, told: DeliveredAlert, ringing: PlannedAlert, *, now: datetime
) -> None:
    """Write an alert that is told again, and that it has been."""
    original = select(ALERT.c.notice_id, ALERT.c.version_id).join(DELIVERY, DELIVERY.c.alert_id == ALERT.c.id)
    about = connection.execute(original.where(DELIVERY.c.id == told.delivery_id)).one()
    write_alert(
        connection,
        ringing.alert,
        ringing.deliveries,
        notice_id=about.notice_id,
        version_id=about.version_id,
        follows=told.delivery_id,
    )
    values = {"wanted_by": None} if ringing.alert.kind == "due" else {"escalated_at": now}
    connection.execute(update(DELIVERY).where(DELIVERY.c.id == told.delivery_id).values(values))
