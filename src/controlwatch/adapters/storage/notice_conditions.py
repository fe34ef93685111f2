"""The filter of notices as conditions of a query, and the order of their list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from typing import cast as cast_type

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    UnaryExpression,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.sql.visitors import replacement_traverse

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

#: With more findings than this, the list is full before they are collected.
MANY_FINDINGS = 3_000
#: The largest id; a position in an address may name any number.
MAX_ID = 2**31 - 1
FIRST_DAY, LAST_DAY = date(1000, 1, 1), date(9000, 1, 1)


def list_notice_ids(
    connection: Connection,
    chosen: NoticeFilter,
    *,
    before: ListPosition | None = None,
    with_late: bool = False,
    limit: int,
) -> list[int]:
    """Return the ids of the notices that a filter lets pass, newest published first.

    `before` begins behind a position. `with_late` adds those to a period that were alerted in it, though they
    were published before.
    """
    query = select(NOTICE.c.id).where(*list_conditions(connection, chosen, with_late=with_late))
    newest_first = query.order_by(NOTICE.c.published.desc().nulls_last(), NOTICE.c.id.desc())
    if before is None:
        return list(connection.execute(newest_first.limit(limit)).scalars())
    # Those without a day come last, in a query of their own: an index leads to each begin at once.
    ids: list[int] = []
    last = min(before.id, MAX_ID)
    undated = query.where(NOTICE.c.published.is_(None)).order_by(NOTICE.c.id.desc())
    if before.published is None:
        undated = undated.where(NOTICE.c.id < last)
    else:
        place = tuple_(NOTICE.c.published, NOTICE.c.id) < tuple_(literal(before.published), last)
        dated = query.where(place).order_by(NOTICE.c.published.desc(), NOTICE.c.id.desc())
        ids = list(connection.execute(dated.limit(limit)).scalars())
    if len(ids) < limit:
        ids += connection.execute(undated.limit(limit - len(ids))).scalars()
    return ids


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
        yield _match_findings(connection, or_(stated, possible))
    if chosen.destination is not None:
        named = and_(FINDING.c.kind == "destination", FINDING.c.value == chosen.destination)
        yield _match_findings(connection, named)
    if chosen.text:
        yield from _match_text(connection, chosen.text)


def _match_text(connection: Connection, searched: str) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that the title or the text of a notice has these words, exactly."""
    texts = (VERSION.c.text, VERSION.c.title)
    is_exact = or_(*(column.icontains(searched, autoescape=True) for column in texts))
    candidates = match_candidates(connection, searched)
    if candidates is None:
        # A value for each notice, and not an EXISTS, of which PostgreSQL would make a join with every text.
        text_of_notice = select(is_exact).where(VERSION.c.id == NOTICE.c.version_id)
        yield text_of_notice.correlate(NOTICE).scalar_subquery()
    else:
        yield candidates
        version = select(VERSION.c.id).where(VERSION.c.id == NOTICE.c.version_id, is_exact)
        yield version.correlate(NOTICE).exists()


def _match_findings(connection: Connection, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that a notice has a finding that meets a condition.

    SQLite collects the notices of all such findings before it looks at the first of the list. Where they are
    many, each notice of the list is asked for its findings instead: the page is soon full.
    """
    own: ColumnElement[int] = NOTICE.c.id
    if connection.dialect.name == "sqlite":
        found = select(FINDING.c.id).where(condition).limit(MANY_FINDINGS).subquery()
        if connection.execute(select(func.count()).select_from(found)).scalar_one() == MANY_FINDINGS:
            # The findings of a notice, and none by their value.
            unindexed = replacement_traverse(condition, {}, _sign_column)
            of_notice = select(FINDING.c.id).where(FINDING.c.notice_id == own, unindexed)
            return of_notice.correlate(NOTICE).exists()
        # SQLite does not look up each of the others first, to sort them all: it goes through the list from
        # its newest notice until the page is full.
        own = _add_sign(own)
    return own.in_(select(FINDING.c.notice_id).where(condition))


def _add_sign(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column with a sign before it: SQLite looks for no index of it then."""
    return UnaryExpression(column, operator=custom_op("+"))


def _sign_column(element: object, **_: object) -> ColumnElement[Any] | None:
    is_value = element is FINDING.c.kind or element is FINDING.c.value
    return _add_sign(cast_type("ColumnElement[Any]", element)) if is_value else None


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
