"""Legal graphs in the store: the notices that bear on a question, with all that act on them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select, union

from controlwatch.adapters.storage.base import (
    FINDING,
    JUDGEMENT,
    NOTICE,
    PARTY,
    REFERENCE,
    REGISTER_IMPORT,
    VERSION,
    StorePart,
    match_category,
    match_prefix,
)
from controlwatch.adapters.storage.notice_conditions import list_notice_ids
from controlwatch.adapters.storage.review_rows import match_concluded
from controlwatch.core.law.answers import CodeMention
from controlwatch.core.law.graph import BINDING_VERBS, Instrument, LegalGraph
from controlwatch.core.law.notice_filter import NoticeFilter
from controlwatch.core.law.party_answers import IncompleteListing, PartyLine
from controlwatch.core.law.register import DOUBT_PREFIX
from controlwatch.core.model import Deadline, Direction, EffectiveDate, NoticeKind, Relation, Verb
from controlwatch.core.model.timezones import to_beijing_day

_BATCH_SIZE = 5_000
_NUMBER_YEAR = re.compile(r" ((?:19|20)\d{2})-\d")  # MOFCOM 2025-61
_ACTING_VERBS = tuple(verb.value for verb in BINDING_VERBS)
#: The relations on which a status depends: binding acts, and corrections of a date.
_IS_ACTING = and_(
    FINDING.c.kind == "relation",
    or_(
        FINDING.c.basis.in_(_ACTING_VERBS),
        and_(
            FINDING.c.basis == Verb.AMENDS.value,
            or_(FINDING.c.start.is_not(None), FINDING.c.until.is_not(None)),
        ),
    ),
)
_FINDING_KINDS = ("effective", "deadline", "category", "relation", "disagreement")
_PROVING_KINDS = ("category", "hs", "control")
_NOTICE_COLUMNS = (
    NOTICE.c.id,
    NOTICE.c.key,
    NOTICE.c.number,
    NOTICE.c.title,
    NOTICE.c.kind,
    NOTICE.c.issuers,
    NOTICE.c.published,
    NOTICE.c.is_change,
    NOTICE.c.direction,
    NOTICE.c.url,
    NOTICE.c.first_seen_at,
)


class LegalGraphStore(StorePart):
    """Legal graphs, and the keys of the notices that a question is about.

    Press reports are left out, and so is what the reader did not conclude on.
    """

    def load_graph(self, keys: Iterable[str]) -> LegalGraph:
        """Return the notices of these keys with all that act on them, directly or through others."""
        with self._read_engine.begin() as connection:
            return select_graph(connection, keys)

    def list_keys_touching(self, category: str) -> tuple[str, ...]:
        """Return the keys of the changes that touch a category; a group covers its leaves."""
        with self._read_engine.begin() as connection:
            touching = _query_keys(match_category(connection, category), NOTICE.c.is_change)
            return tuple(sorted(connection.execute(touching).scalars()))

    def list_newest_keys_touching(self, category: str, *, by: date, most: int) -> tuple[str, ...]:
        """Return the keys of the newest changes that touch a category and were published by a day.

        Newest first. Where a notice does not state when it was published, the day it was first seen counts.
        """
        chosen = NoticeFilter(category=category, last=by, changes_only=True)
        with self._read_engine.begin() as connection:
            ids = list_notice_ids(connection, chosen, limit=most)
            keys = select(NOTICE.c.id, NOTICE.c.key).where(NOTICE.c.official, NOTICE.c.id.in_(ids))
            found = {row.id: row.key for row in connection.execute(keys)}
        return tuple(found[notice_id] for notice_id in ids if notice_id in found)

    def list_keys_changed_between(self, first: date, last: date) -> tuple[str, ...]:
        """Return the keys of notices that something may have happened to between two days, both included."""
        with self._read_engine.begin() as connection:
            return select_keys_changed_between(connection, first, last)

    def find_code_mentions(self, kind: str, code: str) -> tuple[CodeMention, ...]:
        """Return where changes name a code, a longer one that begins with it, or a heading above it."""
        headings = [code[:end] for end in range(4, len(code))]
        joined = (
            select(NOTICE.c.key, FINDING.c.value, FINDING.c.quote)
            .join(NOTICE, NOTICE.c.id == FINDING.c.notice_id)
            .where(FINDING.c.kind == kind, NOTICE.c.official, NOTICE.c.is_change)
            .order_by(NOTICE.c.published, NOTICE.c.id, FINDING.c.id)
        )
        with self._read_engine.begin() as connection:
            either = or_(match_prefix(connection, FINDING.c.value, code), FINDING.c.value.in_(headings))
            # The first condition is redundant; it is the one that the index supports.
            matching = and_(match_prefix(connection, FINDING.c.value, code[:4]), either)
            return tuple(
                CodeMention(key=row.key, code=row.value, quote=row.quote)
                for row in connection.execute(joined.where(matching))
            )

    def suggest_codes(self, kind: str, code: str) -> tuple[str, ...]:
        """Return codes that are named somewhere and begin like this one: for a helpful error message."""
        with self._read_engine.begin() as connection:
            like = match_prefix(connection, FINDING.c.value, code[:2])
            codes = select(FINDING.c.value).where(FINDING.c.kind == kind, like).distinct()
            return tuple(connection.execute(codes.order_by(FINDING.c.value).limit(400)).scalars())

    def list_quotes(self, keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return the sentences of each notice, by key, that prove its categories and codes.

        Facts of the register are left out: they are not words of the notice.
        """
        quotes: defaultdict[str, list[str]] = defaultdict(list)
        own_words = ~FINDING.c.quote.startswith(DOUBT_PREFIX)
        joined = select(NOTICE.c.key, FINDING.c.quote).join(NOTICE, NOTICE.c.id == FINDING.c.notice_id)
        with self._read_engine.begin() as connection:
            for batch in split_batches(set(keys)):
                proving = joined.where(NOTICE.c.key.in_(batch), FINDING.c.kind.in_(_PROVING_KINDS), own_words)
                for key, quote in connection.execute(proving.order_by(FINDING.c.id)):
                    quotes[key].append(quote)
        return {key: tuple(dict.fromkeys(own)) for key, own in quotes.items()}

    def list_parties(self) -> tuple[PartyLine, ...]:
        """Return every party that an official notice lists, delists or suspends, oldest first."""
        joined = (
            select(PARTY, NOTICE.c.key, NOTICE.c.number, NOTICE.c.title, NOTICE.c.published)
            .join(NOTICE, NOTICE.c.id == PARTY.c.notice_id)
            .where(NOTICE.c.official, match_concluded())
            .order_by(NOTICE.c.published, PARTY.c.id)
        )
        with self._read_engine.begin() as connection:
            rows = connection.execute(joined).all()
            lists: dict[int, str] = {}
            titles: dict[int, str] = {}
            entity = match_prefix(connection, FINDING.c.value, "entity.")
            for batch in split_batches({row.notice_id for row in rows}):
                named = select(FINDING.c.notice_id, FINDING.c.value).where(
                    FINDING.c.kind == "category", entity, FINDING.c.notice_id.in_(batch)
                )
                for notice_id, value in connection.execute(named.order_by(FINDING.c.id)):
                    lists.setdefault(notice_id, value)
                readings = select(VERSION.c.notice_id, VERSION.c.reading).join(
                    NOTICE, NOTICE.c.version_id == VERSION.c.id
                )
                for notice_id, reading in connection.execute(readings.where(NOTICE.c.id.in_(batch))):
                    titles[notice_id] = reading.get("summary", {}).get("en", "").partition(". ")[0]
        return tuple(
            PartyLine(
                zh=row.zh,
                en=row.en,
                action=row.action,
                list=lists.get(row.notice_id, ""),
                key=row.key,
                number=row.number or row.title,
                since=row.published,
                listing_en=titles.get(row.notice_id, ""),
            )
            for row in rows
        )

    def list_incomplete_listings(self) -> tuple[IncompleteListing, ...]:
        """Return the listings of which the register lacks names that no page has completed, oldest first."""
        named = and_(FINDING.c.kind == "disagreement", FINDING.c.quote.startswith(f"{DOUBT_PREFIX}names "))
        columns = (NOTICE.c.key, NOTICE.c.number, NOTICE.c.title, NOTICE.c.url, FINDING.c.quote)
        joined = select(*columns).join(FINDING, FINDING.c.notice_id == NOTICE.c.id).where(named)
        with self._read_engine.begin() as connection:
            return tuple(
                IncompleteListing(
                    key=row.key,
                    number=row.number or row.title,
                    title=row.title,
                    url=row.url,
                    gap=row.quote.removeprefix(DOUBT_PREFIX),
                )
                for row in connection.execute(joined.order_by(NOTICE.c.published, NOTICE.c.id))
            )

    def find_first_listed_days(self) -> dict[str, date]:
        """Return the oldest day that the list of each watcher has shown, by its id.

        Where a list prints no days, those of its notices count.
        """
        day = func.coalesce(REFERENCE.c.listed_on, NOTICE.c.published)
        oldest = select(REFERENCE.c.watcher_id, func.min(day)).outerjoin(
            NOTICE, NOTICE.c.id == REFERENCE.c.notice_id
        )
        with self._read_engine.begin() as connection:
            rows = connection.execute(oldest.where(day.is_not(None)).group_by(REFERENCE.c.watcher_id)).all()
        return {row[0]: row[1] for row in rows}


def select_revision(connection: Connection) -> tuple[object, ...]:
    """Return what differs once the store has learnt something new about notices."""
    newest = select(
        select(func.max(VERSION.c.id)).scalar_subquery(),
        select(func.max(JUDGEMENT.c.id)).scalar_subquery(),
        select(func.max(REGISTER_IMPORT.c.loaded_at)).scalar_subquery(),
    )
    return tuple(connection.execute(newest).one())


def select_graph(connection: Connection, keys: Iterable[str]) -> LegalGraph:
    """Return the legal graph of some notices and of everything that acts on them."""
    rows: dict[int, Row[Any]] = {}
    waiting = set(keys)
    visited: set[str] = set()
    while waiting:
        visited |= waiting
        reached: set[str] = set()
        for batch in split_batches(waiting):
            named = select(NOTICE.c.id).where(NOTICE.c.key.in_(batch))
            acting = select(FINDING.c.notice_id).where(FINDING.c.value.in_(batch), _IS_ACTING)
            chosen: Select[Any] = select(*_NOTICE_COLUMNS).where(
                NOTICE.c.official, match_concluded(), NOTICE.c.id.in_(named.union(acting))
            )
            for row in connection.execute(chosen):
                rows[row.id] = row
                reached.add(row.key)
        waiting = reached - visited
    findings: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for batch in split_batches(rows):
        of_notices = select(FINDING).where(FINDING.c.notice_id.in_(batch), FINDING.c.kind.in_(_FINDING_KINDS))
        for finding in connection.execute(of_notices.order_by(FINDING.c.id)):
            findings[finding.notice_id].append(finding)
    return LegalGraph.from_instruments(_to_instrument(row, findings[row.id]) for row in rows.values())


def select_keys_changed_between(connection: Connection, first: date, last: date) -> tuple[str, ...]:
    """Return the keys of notices of which a day falls between two days, and of all that they act on."""
    has_day = FINDING.c.kind.in_(("effective", "until", "deadline", "relation"))
    # News and answers that neither set a rule nor name a day or another notice happen to none.
    matters = or_(
        NOTICE.c.is_change, select(FINDING.c.id).where(FINDING.c.notice_id == NOTICE.c.id, has_day).exists()
    )
    dated = union(
        select(NOTICE.c.key).where(NOTICE.c.official, NOTICE.c.published.between(first, last), matters),
        _query_keys(has_day, FINDING.c.start.between(first, last)),
        # the end of a relation is in the same row; of other kinds it is a row with that day as `start`
        _query_keys(FINDING.c.kind == "relation", FINDING.c.until.between(first, last)),
    )
    keys = set(connection.execute(dated).scalars())
    new = keys
    while new:
        targets: set[str] = set()
        for batch in split_batches(new):
            acted_on = (
                select(FINDING.c.value)
                .join(NOTICE, NOTICE.c.id == FINDING.c.notice_id)
                .where(_IS_ACTING)
                .where(NOTICE.c.key.in_(batch))
            )
            targets.update(connection.execute(acted_on).scalars())
        new = targets - keys
        keys |= new
    return tuple(sorted(keys))


def _query_keys(*where: Any) -> Select[Any]:
    joined = select(NOTICE.c.key).join(FINDING, FINDING.c.notice_id == NOTICE.c.id)
    return joined.where(NOTICE.c.official, *where).distinct()


def split_batches(values: Collection[Any]) -> Iterator[list[Any]]:
    """Yield values in order, as many at once as one query takes."""
    ordered = sorted(values)
    for place in range(0, len(ordered), _BATCH_SIZE):
        yield ordered[place : place + _BATCH_SIZE]


def _to_instrument(row: Row[Any], findings: list[Row[Any]]) -> Instrument:
    effective = tuple(
        EffectiveDate(
            start=finding.start,
            until=finding.until,
            basis=finding.basis,
            scope=finding.scope or "all",
            quote=finding.quote,
        )
        for finding in findings
        if finding.kind == "effective"
    )
    deadlines = tuple(
        Deadline(kind=finding.value, date=finding.start, quote=finding.quote)
        for finding in findings
        if finding.kind == "deadline"
    )
    relations = tuple(
        Relation(
            verb=Verb(finding.basis),
            target=finding.value,
            clause=finding.scope or None,
            start=finding.start,
            until=finding.until,
            quote=finding.quote,
        )
        for finding in findings
        if finding.kind == "relation"
    )
    categories = [finding for finding in findings if finding.kind == "category"]
    return Instrument(
        key=row.key,
        number=row.number or row.title,
        title=row.title,
        issued=row.published or _estimate_issue_date(row, effective),
        is_dated=row.published is not None,
        issuers=tuple(row.issuers),
        kind=NoticeKind(row.kind),
        enacts=row.is_change,
        direction=Direction(row.direction),
        effective=effective,
        deadlines=deadlines,
        relations=relations,
        categories=tuple(finding.value for finding in categories),
        proofs=tuple((finding.value, finding.quote) for finding in categories),
        url=row.url,
        doubts=tuple(finding.quote for finding in findings if finding.kind == "disagreement"),
    )


def _estimate_issue_date(row: Row[Any], effective: Iterable[EffectiveDate]) -> date:
    """Return the first day by which an undated notice is known to have been issued.

    That is the end of its number's year, the day it takes effect, or the day it was first observed.
    """
    days = [item.start for item in effective if item.start is not None]
    year = _NUMBER_YEAR.search(row.number or "")
    if year is not None:
        days.append(date(int(year[1]), 12, 31))
    return min((*days, to_beijing_day(row.first_seen_at)))
