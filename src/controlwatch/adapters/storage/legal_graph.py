"""The law's side of the store: ledgers of the notices that bear on a question."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import CompoundSelect, Select, and_, func, or_, select, union

from controlwatch.adapters.storage.base import (
    FINDING,
    NOTICE,
    PARTY,
    WATCHER,
    StorePart,
    match_category,
    match_prefix,
)
from controlwatch.core.law.answers import CodeMention, PartyLine
from controlwatch.core.law.graph import BINDING_VERBS, Instrument, LegalGraph
from controlwatch.core.law.register import DOUBT_PREFIX
from controlwatch.core.model import Deadline, Direction, EffectiveDate, NoticeKind, Relation, Verb
from controlwatch.core.model.timezones import to_beijing_day

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Row

_BATCH_SIZE = 5_000
_NUMBER_YEAR = re.compile(r" ((?:19|20)\d{2})-\d")  # MOFCOM 2025-61
_ACTING_VERBS = tuple(verb.value for verb in BINDING_VERBS)
_FINDING_KINDS = ("effective", "deadline", "category", "relation", "disagreement")
_NOTICE_COLUMNS = (
    NOTICE.c.id,
    NOTICE.c.key,
    NOTICE.c.number,
    NOTICE.c.title,
    NOTICE.c.kind,
    NOTICE.c.published,
    NOTICE.c.is_change,
    NOTICE.c.direction,
    NOTICE.c.url,
    NOTICE.c.first_seen_at,
)


class LegalGraphStore(StorePart):
    """Ledgers, and the keys of the notices that a question is about. Press is in none of them."""

    def load_graph(self, keys: Iterable[str]) -> LegalGraph:
        """Return the notices of these keys with all that act on them, straight or through others."""
        with self._read_engine.begin() as connection:
            return select_graph(connection, keys)

    def list_keys_touching(self, category: str) -> tuple[str, ...]:
        """Keys of the changes that touch a category; a group covers its leaves."""
        with self._read_engine.begin() as connection:
            touching = _query_keys(match_category(connection, category), NOTICE.c.is_change)
            return tuple(sorted(connection.execute(touching).scalars()))

    def list_keys_changed_between(self, first: date, last: date) -> tuple[str, ...]:
        """Keys of notices that something may have happened to between two days, both included."""
        with self._read_engine.begin() as connection:
            return select_keys_changed_between(connection, first, last)

    def find_code_mentions(self, kind: str, code: str) -> tuple[CodeMention, ...]:
        """Where changes name a code, a longer one that begins with it, or a heading that it falls under."""
        headings = [code[:end] for end in range(4, len(code))]
        joined = (
            select(NOTICE.c.key, FINDING.c.value, FINDING.c.quote)
            .join(NOTICE, NOTICE.c.id == FINDING.c.notice_id)
            .where(FINDING.c.kind == kind, NOTICE.c.official, NOTICE.c.is_change)
            .order_by(NOTICE.c.published, NOTICE.c.id, FINDING.c.id)
        )
        with self._read_engine.begin() as connection:
            either = or_(match_prefix(connection, FINDING.c.value, code), FINDING.c.value.in_(headings))
            # The first condition says nothing new; it is the one that the index serves.
            matching = and_(match_prefix(connection, FINDING.c.value, code[:4]), either)
            return tuple(
                CodeMention(key=row.key, code=row.value, quote=row.quote)
                for row in connection.execute(joined.where(matching))
            )

    def suggest_codes(self, kind: str, code: str) -> tuple[str, ...]:
        """Codes that are named somewhere and begin as this one does: for a helpful refusal."""
        with self._read_engine.begin() as connection:
            like = match_prefix(connection, FINDING.c.value, code[:2])
            found = select(FINDING.c.value).where(FINDING.c.kind == kind, like).distinct()
            return tuple(connection.execute(found.order_by(FINDING.c.value).limit(400)).scalars())

    def list_parties(self) -> tuple[PartyLine, ...]:
        """Every party that an official notice lists, delists or suspends, oldest first."""
        joined = (
            select(PARTY, NOTICE.c.key, NOTICE.c.number, NOTICE.c.title, NOTICE.c.published)
            .join(NOTICE, NOTICE.c.id == PARTY.c.notice_id)
            .where(NOTICE.c.official)
            .order_by(NOTICE.c.published, PARTY.c.id)
        )
        with self._read_engine.begin() as connection:
            rows = connection.execute(joined).all()
            lists = _select_party_lists(connection, {row.notice_id for row in rows})
        return tuple(
            PartyLine(
                zh=row.zh,
                en=row.en,
                action=row.action,
                list=lists.get(row.notice_id, ""),
                key=row.key,
                number=row.number or row.title,
                since=row.published,
            )
            for row in rows
        )

    def list_incomplete_listings(self) -> tuple[str, ...]:
        """Numbers of listing notices whose parties are not all known here."""
        named = and_(FINDING.c.kind == "disagreement", FINDING.c.quote.startswith(f"{DOUBT_PREFIX}names "))
        with self._read_engine.begin() as connection:
            found = select(NOTICE.c.number).join(FINDING, FINDING.c.notice_id == NOTICE.c.id).where(named)
            numbers = connection.execute(found.distinct().order_by(NOTICE.c.number)).scalars()
            return tuple(number for number in numbers if number)

    def find_last_success_time(self) -> datetime | None:
        """When a watcher last looked with success."""
        with self._read_engine.begin() as connection:
            return connection.execute(select(func.max(WATCHER.c.last_success_at))).scalar()


def select_graph(connection: Connection, keys: Iterable[str]) -> LegalGraph:
    """Return the ledger of some notices and of everything that acts on them."""
    rows: dict[int, Row[Any]] = {}
    waiting = set(keys)
    asked: set[str] = set()
    while waiting:
        asked |= waiting
        found = [
            row
            for batch in _split_batches(sorted(waiting))
            for row in connection.execute(_query_with_acting(batch))
        ]
        rows.update({row.id: row for row in found})
        waiting = {row.key for row in found} - asked
    said = _select_findings(connection, rows)
    return LegalGraph.from_instruments(_to_instrument(row, said.get(row.id, [])) for row in rows.values())


def select_keys_changed_between(connection: Connection, first: date, last: date) -> tuple[str, ...]:
    """Return the keys of notices of which a day falls between two days, and of all that they act on."""
    found = set(connection.execute(_query_dated_keys(first, last)).scalars())
    fresh = found
    while fresh:
        fresh = _select_targets(connection, fresh) - found
        found |= fresh
    return tuple(sorted(found))


def _query_dated_keys(first: date, last: date) -> CompoundSelect[Any]:
    """Select the keys of notices that are issued, or of which a day falls, between two days."""
    dated = FINDING.c.kind.in_(("effective", "until", "deadline", "relation"))
    return union(
        select(NOTICE.c.key).where(NOTICE.c.official, NOTICE.c.published.between(first, last)),
        _query_keys(dated, FINDING.c.start.between(first, last)),
        # of other kinds the end is a row of its own, with its day as `start`
        _query_keys(FINDING.c.kind == "relation", FINDING.c.until.between(first, last)),
    )


def _query_with_acting(keys: Collection[str]) -> Select[Any]:
    """Notices of these keys, and those that act on notices of these keys."""
    acting = select(FINDING.c.notice_id).where(
        FINDING.c.kind == "relation", FINDING.c.value.in_(keys), FINDING.c.basis.in_(_ACTING_VERBS)
    )
    these = select(NOTICE.c.id).where(NOTICE.c.key.in_(keys))
    return select(*_NOTICE_COLUMNS).where(NOTICE.c.official, NOTICE.c.id.in_(these.union(acting)))


def _query_keys(*where: Any) -> Select[Any]:
    joined = select(NOTICE.c.key).join(FINDING, FINDING.c.notice_id == NOTICE.c.id)
    return joined.where(NOTICE.c.official, *where).distinct()


def _select_targets(connection: Connection, keys: Collection[str]) -> set[str]:
    found: set[str] = set()
    for batch in _split_batches(sorted(keys)):
        acting = (
            select(FINDING.c.value)
            .join(NOTICE, NOTICE.c.id == FINDING.c.notice_id)
            .where(FINDING.c.kind == "relation", FINDING.c.basis.in_(_ACTING_VERBS), NOTICE.c.key.in_(batch))
        )
        found.update(connection.execute(acting).scalars())
    return found


def _select_findings(connection: Connection, ids: Collection[int]) -> dict[int, list[Row[Any]]]:
    found: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for batch in _split_batches(sorted(ids)):
        rows = select(FINDING).where(FINDING.c.notice_id.in_(batch), FINDING.c.kind.in_(_FINDING_KINDS))
        for row in connection.execute(rows.order_by(FINDING.c.id)):
            found[row.notice_id].append(row)
    return found


def _select_party_lists(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    listed: dict[int, str] = {}
    for batch in _split_batches(sorted(ids)):
        entity = match_prefix(connection, FINDING.c.value, "entity.")
        rows = select(FINDING.c.notice_id, FINDING.c.value).where(
            FINDING.c.kind == "category", entity, FINDING.c.notice_id.in_(batch)
        )
        for notice_id, value in connection.execute(rows.order_by(FINDING.c.id)):
            listed.setdefault(notice_id, value)
    return listed


def _split_batches(values: list[Any]) -> Iterator[list[Any]]:
    for place in range(0, len(values), _BATCH_SIZE):
        yield values[place : place + _BATCH_SIZE]


def _find_issue_date(row: Row[Any], said: list[Row[Any]]) -> date:
    """Return the day of issue, else the first day by which the notice is known to have been issued.

    That is the end of its number's year, the day it takes effect, or the day it was first seen.
    """
    if row.published is not None:
        stated: date = row.published
        return stated
    known: list[date] = [
        found.start for found in said if found.kind == "effective" and found.start is not None
    ]
    year = _NUMBER_YEAR.search(row.number or "")
    if year is not None:
        known.append(date(int(year[1]), 12, 31))
    return min((*known, to_beijing_day(row.first_seen_at)))


def _to_instrument(row: Row[Any], said: list[Row[Any]]) -> Instrument:
    return Instrument(
        key=row.key,
        number=row.number or row.title,
        title=row.title,
        issued=_find_issue_date(row, said),
        is_dated=row.published is not None,
        kind=NoticeKind(row.kind),
        enacts=row.is_change,
        direction=Direction(row.direction),
        effective=tuple(_to_effective_date(found) for found in said if found.kind == "effective"),
        deadlines=tuple(
            Deadline(kind=found.value, date=found.start, quote=found.quote)
            for found in said
            if found.kind == "deadline"
        ),
        relations=tuple(_to_relation(found) for found in said if found.kind == "relation"),
        categories=tuple(found.value for found in said if found.kind == "category"),
        proofs=tuple((found.value, found.quote) for found in said if found.kind == "category"),
        url=row.url,
        doubts=tuple(found.quote for found in said if found.kind == "disagreement"),
    )


def _to_effective_date(found: Row[Any]) -> EffectiveDate:
    return EffectiveDate(
        start=found.start, until=found.until, basis=found.basis, scope=found.scope or "all", quote=found.quote
    )


def _to_relation(found: Row[Any]) -> Relation:
    return Relation(
        verb=Verb(found.basis),
        target=found.value,
        clause=found.scope or None,
        start=found.start,
        until=found.until,
        quote=found.quote,
    )
