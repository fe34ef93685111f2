"""Which deliveries are due, to whom, and which of them leave together as one message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, case, func, or_, select

from controlwatch.adapters.storage.base import DELIVERY, SUBSCRIPTION
from controlwatch.core.model.state import ClaimScope

_IS_SERVED = and_(SUBSCRIPTION.c.active, SUBSCRIPTION.c.paused_at.is_(None))
#: A paused subscription gets only what is addressed to another recipient; that may say why it is paused. One
#: that has ended gets only what is addressed to its own: that it has ended.
IS_SENDABLE = or_(_IS_SERVED, DELIVERY.c.addressee != "")

#: Alerts that fit into one message: Slack accepts 50 blocks, an alert takes at least a line and its buttons;
#: other chats accept one or two thousand characters, where each alert needs its
#: headline and its URL.
ALERTS_PER_MESSAGE = {"slack": 20, "apprise": 5}
DEFAULT_ALERTS_PER_MESSAGE = 50
#: What identifies a recipient, among whose deliveries those that leave together are one message. An address
#: that is not confirmed gets the request to confirm by itself.
RECIPIENT_COLUMNS = ("channel", "target", "confirmed", "addressee")
#: After this number of messages to a target within the window, what follows is gathered into one message.
BURST_MESSAGES = 3
BURST_WINDOW = timedelta(seconds=60)
#: What is gathered waits at most for this time; with the time between two rounds of deliveries, a minute.
MAX_BURST_WAIT = timedelta(seconds=48)
BURST_LOOK_BACK = timedelta(hours=1)


def is_free(now: datetime, *, retry_due: datetime | None = None) -> ColumnElement[bool]:
    """Select what is due and not leased; with `retry_due`, what failed before only if it was due by then."""
    is_chosen = or_(DELIVERY.c.attempts == 0, DELIVERY.c.due_at <= (retry_due or now))
    return or_(
        and_(DELIVERY.c.state == "pending", DELIVERY.c.due_at <= now, is_chosen),
        and_(DELIVERY.c.state == "leased", DELIVERY.c.lease_until < now),
    )


def lock_waiting_subscriptions(
    connection: Connection, free: ColumnElement[bool], most: int, scope: ClaimScope, *, now: datetime
) -> Sequence[int]:
    """Lock the targets that wait longest, except those that another worker is serving at this moment.

    Return the subscriptions of these targets. A target is locked by its first waiting subscription; the
    worker that holds the lock takes all that is due to the target, so that no message is split.
    """
    place = SUBSCRIPTION.c.channel, SUBSCRIPTION.c.target
    waiting = (
        select(
            *place, func.min(SUBSCRIPTION.c.id).label("first_id"), func.min(DELIVERY.c.due_at).label("due_at")
        )
        .join(DELIVERY, DELIVERY.c.subscription_id == SUBSCRIPTION.c.id)
        .where(free, IS_SENDABLE, *_limit_to_scope(scope))
        .group_by(*place)
        .subquery("waiting")
    )
    chosen = (
        select(SUBSCRIPTION.c.id, SUBSCRIPTION.c.target)
        .join(waiting, waiting.c.first_id == SUBSCRIPTION.c.id)
        .order_by(waiting.c.due_at, SUBSCRIPTION.c.id)
        .limit(most)
        .with_for_update(skip_locked=True, key_share=True, of=SUBSCRIPTION)
    )
    if scope.gather_bursts:
        busy = select_busy_targets(now)
        same = and_(busy.c.channel == waiting.c.channel, busy.c.target == waiting.c.target)
        is_over = waiting.c.due_at <= now - MAX_BURST_WAIT
        chosen = chosen.outerjoin(busy, same).where(or_(busy.c.target.is_(None), is_over))
    leaders = connection.execute(chosen).all()
    order = {target: n for n, (_, target) in enumerate(leaders)}
    every = select(SUBSCRIPTION.c.id, SUBSCRIPTION.c.target).where(
        SUBSCRIPTION.c.target.in_(list(order)), *_limit_to_scope(scope)
    )
    found = connection.execute(every.order_by(SUBSCRIPTION.c.id)).all() if order else ()
    return [number for number, _ in sorted(found, key=lambda row: order[row.target])]


def select_busy_targets(now: datetime) -> Subquery:
    """Select the targets whose next messages are gathered: they were sent several in the last minute."""
    place = SUBSCRIPTION.c.channel, SUBSCRIPTION.c.target
    return (
        select(*place)
        .join(DELIVERY, DELIVERY.c.subscription_id == SUBSCRIPTION.c.id)
        # What was due long before has an index, what was sent has none.
        .where(DELIVERY.c.state == "sent", DELIVERY.c.due_at > now - BURST_LOOK_BACK)
        .where(DELIVERY.c.sent_at > now - BURST_WINDOW, DELIVERY.c.sent_at <= now)
        .group_by(*place)
        .having(func.count(DELIVERY.c.message.distinct()) >= BURST_MESSAGES)
        .subquery("busy")
    )


def _limit_to_scope(scope: ClaimScope) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions for the subscriptions of a scope."""
    if scope.channel is not None:
        yield SUBSCRIPTION.c.channel == scope.channel
    if scope.only is not None:
        yield SUBSCRIPTION.c.target.in_(scope.only)
    if scope.without:
        yield SUBSCRIPTION.c.target.not_in(scope.without)


def query_due_deliveries(free: ColumnElement[bool], subscribers: Sequence[int]) -> Select[Any]:
    """Select what is due to these subscriptions, for each message as much as fits."""
    recipient = [*(SUBSCRIPTION.c[name] for name in RECIPIENT_COLUMNS[:-1]), DELIVERY.c.addressee]
    same = *recipient, DELIVERY.c.message
    place = func.row_number().over(partition_by=same, order_by=DELIVERY.c.id)
    room = case(ALERTS_PER_MESSAGE, value=SUBSCRIPTION.c.channel, else_=DEFAULT_ALERTS_PER_MESSAGE)
    ranked = (
        select(
            DELIVERY.c.id,
            DELIVERY.c.subscription_id,
            *same,
            DELIVERY.c.key,
            place.label("place"),
            room.label("room"),
        )
        .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
        .where(free, DELIVERY.c.subscription_id.in_(subscribers), IS_SENDABLE)
        .subquery("ranked")
    )
    return select(ranked).where(ranked.c.place <= ranked.c.room).order_by(ranked.c.id)
