"""The filter of notices as conditions of a query, and the order of their list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    UnaryExpression,
    and_,
    cast,
    or_,
    select,
)
from sqlalchemy.sql.operators import custom_op

from controlwatch.adapters.storage.base import (
    FINDING,
    NOTICE,
    REGISTER_SOURCE,
    VERSION,
    match_category,
)
from controlwatch.adapters.storage.findings import match_candidates
from controlwatch.adapters.storage.review_rows import match_judged_change
from controlwatch.core.law.notice_filter import ListPosition, NoticeFilter
from controlwatch.core.model.timezones import BEIJING

FIRST_DAY, LAST_DAY = date(1000, 1, 1), date(9000, 1, 1)


def select_notice_ids(
    connection: Connection,
    chosen: NoticeFilter,
    *,
    before: ListPosition | None = None,
    with_late: bool = False,
) -> Select[Any]:
    """Return a query of the ids of the notices that a filter lets pass, newest published first.

    `before` begins behind a position. `with_late` adds those to a period that were alerted in it, though they
    were published before.
    """
    query = select(NOTICE.c.id).where(*list_conditions(connection, chosen, with_late=with_late))
    if before is not None:
        query = query.where(_match_behind(before))
    return query.order_by(NOTICE.c.published.desc().nulls_last(), NOTICE.c.id.desc())


def list_conditions(
    connection: Connection, chosen: NoticeFilter, *, with_late: bool
) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of a filter, which a notice must all meet."""
    if chosen.issuer is not None:
        # A JSON list of codes; the quotes keep MOF from matching MOFCOM.
        yield cast(NOTICE.c.issuers, String).contains(f'"{chosen.issuer}"', autoescape=True)
    if chosen.direction is not None:
        yield NOTICE.c.direction == chosen.direction.value
    if chosen.changes_only:
        yield or_(NOTICE.c.is_change, match_judged_change())
    if chosen.first is not None or chosen.last is not None:
        yield _match_period(chosen.first, chosen.last, with_late=with_late)
    if chosen.category is not None:
        stated = match_category(connection, chosen.category)
        possible = match_category(connection, chosen.category, kind="possible")
        yield _match_among(connection, select(FINDING.c.notice_id).where(or_(stated, possible)))
    if chosen.destination is not None:
        named = and_(FINDING.c.kind == "destination", FINDING.c.value == chosen.destination)
        yield _match_among(connection, select(FINDING.c.notice_id).where(named))
    if chosen.text:
        texts = (VERSION.c.text, VERSION.c.title)
        exact = select(VERSION.c.id).where(
            VERSION.c.id == NOTICE.c.version_id,
            or_(*(column.icontains(chosen.text, autoescape=True) for column in texts)),
        )
        candidates = match_candidates(connection, chosen.text)
        if candidates is not None:
            yield candidates
        yield exact.correlate(NOTICE).exists()


def _match_among(connection: Connection, ids: Select[Any]) -> ColumnElement[bool]:
    """Return the condition that the id of a notice is among others."""
    own: ColumnElement[int] = NOTICE.c.id
    if connection.dialect.name == "sqlite":
        # With a sign before it, SQLite does not look up each of the others first, to sort them all: it goes
        # through the list from its newest notice until the page is full.
        own = UnaryExpression(own, operator=custom_op("+"))
    return own.in_(ids)


def _match_period(first: date | None, last: date | None, *, with_late: bool) -> ColumnElement[bool]:
    """Return the condition that a notice was published in a period, or first seen in it where that counts.

    A register entry without a day says nothing of when it was published.
    """
    is_undated = and_(NOTICE.c.published.is_(None), NOTICE.c.watcher_id != REGISTER_SOURCE)
    published, seen = [], [or_(NOTICE.c.rung, is_undated) if with_late else is_undated]
    if first is not None:
        published.append(NOTICE.c.published >= first)
        seen.append(NOTICE.c.first_seen_at >= _begin_beijing_day(first))
    if last is not None:
        published.append(NOTICE.c.published <= last)
        seen.append(NOTICE.c.first_seen_at < _begin_beijing_day(last) + timedelta(days=1))
    return or_(and_(*published), and_(*seen))


def _begin_beijing_day(day: date) -> datetime:
    # A day that no calendar of the issuers knows would leave the range of instants in UTC.
    return datetime.combine(min(max(day, FIRST_DAY), LAST_DAY), time(), BEIJING).astimezone(UTC)


def _match_behind(place: ListPosition) -> ColumnElement[bool]:
    """Return the condition that a notice comes behind a place in the list."""
    same_day = NOTICE.c.id < place.id
    if place.published is None:
        return and_(NOTICE.c.published.is_(None), same_day)
    earlier = NOTICE.c.published < place.published
    return or_(earlier, and_(NOTICE.c.published == place.published, same_day), NOTICE.c.published.is_(None))
