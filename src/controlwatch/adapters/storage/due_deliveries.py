"""Which deliveries are due, to whom, and which of them leave together as one message.

A claim looks at the head of the queue through partial indexes: its cost does not follow what waits behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)

from controlwatch.adapters.storage.base import DELIVERY, SUBSCRIPTION
from controlwatch.core.model.state import ClaimScope

_IS_SERVED = and_(SUBSCRIPTION.c.active, SUBSCRIPTION.c.paused_at.is_(None))
#: A paused subscription gets only what is addressed to another recipient; that may say why it is paused. One
#: that has ended gets only what is addressed to its own: that it has ended.
IS_SENDABLE = or_(_IS_SERVED, DELIVERY.c.addressee != "")
#: Written as literals: neither database uses a partial index for a parameter.
IS_PENDING = DELIVERY.c.state == literal_column("'pending'")
IS_LEASED = DELIVERY.c.state == literal_column("'leased'")
IS_SENT = DELIVERY.c.state == literal_column("'sent'")
#: In a message already, and not sent so far.
IS_TRIED = and_(DELIVERY.c.state != literal_column("'sent'"), DELIVERY.c.message.is_not(None))

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
#: The head of the queue is at first this many due deliveries for each target wanted. Where other workers
#: serve all of its targets, a longer head is looked at, and at last the whole queue.
HEAD_SIZES = (8, 64, None)
#: Leases that ended are few: of processes that were killed.
MAX_LAPSED = 10_000


class _Target(NamedTuple):
    """A target for which something waits."""

    channel: str
    target: str
    due_at: datetime  #: of what waits longest
    rows: int  #: in the part of the queue that was looked at


def is_free(now: datetime, *, retry_due: datetime | None = None) -> ColumnElement[bool]:
    """Select what is due and not leased; with `retry_due`, what failed before only if it was due by then."""
    return or_(_is_due(now, retry_due), _has_lapsed(now))


def _is_due(now: datetime, retry_due: datetime | None) -> ColumnElement[bool]:
    is_chosen = or_(DELIVERY.c.attempts == 0, DELIVERY.c.due_at <= (retry_due or now))
    return and_(IS_PENDING, DELIVERY.c.due_at <= now, is_chosen)


def _has_lapsed(now: datetime) -> ColumnElement[bool]:
    return and_(IS_LEASED, DELIVERY.c.lease_until < now)


def has_due(scope: ClaimScope, *, now: datetime) -> ColumnElement[bool]:
    """Select whether anything in a scope is due."""
    # PostgreSQL plans EXISTS for all rows, and this for the first.
    first = [part.with_only_columns(DELIVERY.c.id).limit(1) for part in _select_waiting(scope, now=now)]
    return or_(*(one.scalar_subquery().is_not(None) for one in first))


def lock_waiting_subscriptions(
    connection: Connection, most: int, scope: ClaimScope, *, now: datetime
) -> Sequence[int]:
    """Lock the targets that wait longest, except those that another worker is serving at this moment.

    Return the subscriptions of these targets. A target is locked by its first subscription; the worker that
    holds the lock takes all that is due to the target, so that no message is split.
    """
    leaders: list[_Target] = []
    for size in HEAD_SIZES:
        head = None if size is None else most * size
        waiting = _list_waiting_targets(connection, scope, head, now=now)
        leaders = _lock_targets(connection, waiting, most, scope, now=now)
        if leaders or head is None or sum(target.rows for target in waiting) < head:
            break
    order = {leader.target: n for n, leader in enumerate(leaders)}
    every = select(SUBSCRIPTION.c.id, SUBSCRIPTION.c.target).where(
        SUBSCRIPTION.c.target.in_(list(order)), *_limit_to_scope(scope)
    )
    found = connection.execute(every.order_by(SUBSCRIPTION.c.id)).all() if order else ()
    return [number for number, _ in sorted(found, key=lambda row: order[row.target])]


def _list_waiting_targets(
    connection: Connection, scope: ClaimScope, head: int | None, *, now: datetime
) -> list[_Target]:
    """Return the targets of the head of the queue, the longest waiting first."""
    parts = [part.order_by(DELIVERY.c.due_at).limit(head) for part in _select_waiting(scope, now=now)]
    due = union_all(*(select(part.subquery()) for part in parts)).subquery("due")
    oldest = func.min(due.c.due_at)
    grouped = (
        select(due.c.channel, due.c.target, oldest, func.count())
        .group_by(due.c.channel, due.c.target)
        .order_by(oldest, func.min(due.c.id))
    )
    return [_Target(*row) for row in connection.execute(grouped)]


def _select_waiting(scope: ClaimScope, *, now: datetime) -> Iterator[Select[Any]]:
    """Yield the queries that together select what is due in a scope, each by an index."""
    waiting = (
        select(DELIVERY.c.id, DELIVERY.c.due_at, SUBSCRIPTION.c.channel, SUBSCRIPTION.c.target)
        .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
        .where(IS_SENDABLE, *_limit_to_scope(scope))
    )
    lapsed = select(DELIVERY.c.id).where(_has_lapsed(now)).order_by(DELIVERY.c.lease_until).limit(MAX_LAPSED)
    # A process of the version before writes deliveries without their channel.
    channels = [DELIVERY.c.channel == name for name in (scope.channel, "")] if scope.channel else [true()]
    for has_channel in channels:
        yield waiting.where(_is_due(now, scope.retry_due), has_channel)
    yield waiting.where(DELIVERY.c.id.in_(lapsed))


def _lock_targets(
    connection: Connection, waiting: Sequence[_Target], most: int, scope: ClaimScope, *, now: datetime
) -> list[_Target]:
    """Lock targets in their order, until enough are; those whose messages are gathered are left out."""
    locked: list[_Target] = []
    for start in range(0, len(waiting), most):
        chunk = waiting[start : start + most]
        if scope.gather_bursts:
            fresh = [target for target in chunk if target.due_at > now - MAX_BURST_WAIT]
            busy = _find_busy_targets(connection, fresh, now)
            chunk = [target for target in chunk if (target.channel, target.target) not in busy]
        place = SUBSCRIPTION.c.channel, SUBSCRIPTION.c.target
        first = (
            select(func.min(SUBSCRIPTION.c.id))
            .where(SUBSCRIPTION.c.target.in_([target.target for target in chunk]))
            .group_by(*place)
        )
        leaders = (
            select(*place)
            .where(SUBSCRIPTION.c.id.in_(first))
            .with_for_update(skip_locked=True, key_share=True, of=SUBSCRIPTION)
        )
        mine = {(row.channel, row.target) for row in connection.execute(leaders)} if chunk else set()
        locked += [target for target in chunk if (target.channel, target.target) in mine]
        if len(locked) >= most:
            break
    return locked[:most]


def _find_busy_targets(
    connection: Connection, targets: Sequence[_Target], now: datetime
) -> set[tuple[str, str]]:
    """Return those targets whose next messages are gathered: they were sent several in the last minute."""
    place = SUBSCRIPTION.c.channel, SUBSCRIPTION.c.target
    busy = (
        select(*place)
        .join(DELIVERY, DELIVERY.c.subscription_id == SUBSCRIPTION.c.id)
        .where(SUBSCRIPTION.c.target.in_([target.target for target in targets]))
        .where(IS_SENT, DELIVERY.c.sent_at > now - BURST_WINDOW, DELIVERY.c.sent_at <= now)
        .group_by(*place)
        .having(func.count(DELIVERY.c.message.distinct()) >= BURST_MESSAGES)
    )
    return {(row.channel, row.target) for row in connection.execute(busy)} if targets else set()


def _limit_to_scope(scope: ClaimScope) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions for the subscriptions of a scope."""
    if scope.channel is not None:
        yield SUBSCRIPTION.c.channel == scope.channel
    if scope.only is not None:
        yield SUBSCRIPTION.c.target.in_(scope.only)
    if scope.without:
        yield SUBSCRIPTION.c.target.not_in(scope.without)


def query_due_deliveries(
    connection: Connection, scope: ClaimScope, subscribers: Sequence[int], *, now: datetime
) -> Select[Any]:
    """Select what is due to these subscriptions, for each message as much as fits.

    Of what was tried before all is looked at: a message is tried again with all that it carried.
    """
    free = is_free(now, retry_due=scope.retry_due)
    recipient = [*(SUBSCRIPTION.c[name] for name in RECIPIENT_COLUMNS[:-1]), DELIVERY.c.addressee]
    same = *recipient, DELIVERY.c.message
    place = func.row_number().over(partition_by=same, order_by=DELIVERY.c.id)
    room = case(ALERTS_PER_MESSAGE, value=SUBSCRIPTION.c.channel, else_=DEFAULT_ALERTS_PER_MESSAGE)
    tried = select(DELIVERY.c.id).where(DELIVERY.c.subscription_id.in_(subscribers), IS_TRIED, free)
    looked_at = union_all(tried, _select_fresh(connection, subscribers, now=now)).subquery("looked_at")
    ranked = (
        select(
            DELIVERY.c.id,
            DELIVERY.c.subscription_id,
            *same,
            DELIVERY.c.key,
            place.label("place"),
            room.label("room"),
        )
        .join(looked_at, looked_at.c.id == DELIVERY.c.id)
        .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
        .where(IS_SENDABLE)
        .subquery("ranked")
    )
    return select(ranked).where(ranked.c.place <= ranked.c.room).order_by(ranked.c.id)


def _select_fresh(connection: Connection, subscribers: Sequence[int], *, now: datetime) -> Select[Any]:
    """Select what is due to each subscription and was never tried, as much of it as one message holds."""
    fresh = DELIVERY.alias("fresh")
    own = (
        select(fresh.c.id)
        .where(fresh.c.state == literal_column("'pending'"), fresh.c.message.is_(None))
        .where(fresh.c.subscription_id == SUBSCRIPTION.c.id, fresh.c.due_at <= now)
        .where(or_(_IS_SERVED, fresh.c.addressee != ""))  # what is held back fills no message
        .order_by(fresh.c.due_at, fresh.c.id)
        .limit(DEFAULT_ALERTS_PER_MESSAGE)
        .correlate(SUBSCRIPTION)
    )
    if connection.dialect.name == "sqlite":  # which has no lateral joins
        chosen = select(DELIVERY.c.id).select_from(SUBSCRIPTION).join(DELIVERY, DELIVERY.c.id.in_(own))
        return chosen.where(SUBSCRIPTION.c.id.in_(subscribers))
    each = own.lateral("each_own")
    chosen = select(each.c.id).select_from(SUBSCRIPTION).join(each, true())
    return chosen.where(SUBSCRIPTION.c.id.in_(subscribers))
