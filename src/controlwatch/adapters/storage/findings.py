"""The rows by which notices are found: conclusions by value, day and act, and the words of the text.

The words are pairs of characters: FTS5 on SQLite, an array with a GIN index on PostgreSQL.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, column, table, text

from controlwatch.adapters.storage.base import FINDING, PARTY
from controlwatch.core.law.register import DOUBT_PREFIX
from controlwatch.core.model import Notice, to_notice_key

#: A document of more index words than this is indexed by the first of them: 1 MB of Chinese.
MAX_WORDS = 400_000
#: Where more notices than this may contain a text, they are not collected first.
MANY_CANDIDATES = 20_000
#: A run of Han characters, or a Latin word or number: 稀土永磁, NdFeB, 85076000
WORD_RUN = re.compile(r"[㐀-鿿]+|[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestReading:
    """What the latest version of a notice concludes."""

    notice_id: int
    version_id: int
    notice: Notice
    body: str | None = None  #: the text, where the index words are to be written too


def write_findings(
    connection: Connection, notice_id: int, version_id: int, notice: Notice, *, body: str | None = None
) -> None:
    """Replace a notice's conclusions by those of its latest version; with a `body`, its index words too."""
    reading = LatestReading(notice_id=notice_id, version_id=version_id, notice=notice, body=body)
    write_findings_of_many([reading], connection)


def write_findings_of_many(readings: Iterable[LatestReading], connection: Connection) -> None:
    """Replace the conclusions of many notices, as `write_findings` does; the last reading of each counts."""
    latest = {reading.notice_id: reading for reading in readings}
    if not latest:
        return
    for conclusions in (FINDING, PARTY):
        connection.execute(conclusions.delete().where(conclusions.c.notice_id.in_(latest)))
    findings, parties = [], []
    for notice_id, reading in latest.items():
        ids = {"notice_id": notice_id, "version_id": reading.version_id}
        findings += [{**ids, **row} for row in build_finding_rows(reading.notice)]
        parties += [{"notice_id": notice_id, **row} for row in build_party_rows(reading.notice)]
    for conclusions, rows in ((FINDING, findings), (PARTY, parties)):
        if rows:
            connection.execute(conclusions.insert(), rows)
    bodies = {notice_id: reading.body for notice_id, reading in latest.items() if reading.body is not None}
    _write_words(connection, bodies)


def _write_words(connection: Connection, bodies: Mapping[int, str]) -> None:
    """Replace the index words of notices, by id."""
    if not bodies:
        return
    is_sqlite = connection.dialect.name == "sqlite"
    key = "rowid" if is_sqlite else "notice_id"
    index = table("notice_words", column(key), column("words"))
    connection.execute(index.delete().where(index.c[key].in_(bodies)))
    rows: list[dict[str, Any]] = []
    for notice_id, body in bodies.items():
        words = split_words(body)[:MAX_WORDS]
        # An array is not searched by prefix: the characters are words of it as well.
        listed = {*words, *(word[0] for word in words if not word.isascii())}
        rows.append({key: notice_id, "words": " ".join(words) if is_sqlite else sorted(listed)})
    connection.execute(index.insert(), rows)


def build_finding_rows(notice: Notice) -> Iterator[dict[str, Any]]:
    """Yield a notice's conclusions as rows, each with the quote that proves it."""
    for effective in notice.effective:
        common = {"basis": effective.basis, "scope": effective.scope, "quote": effective.quote}
        yield _build_row("effective", start=effective.start, until=effective.until, **common)
        if effective.until is not None:
            # The same day once more, so that ends are found by their day as beginnings are.
            yield _build_row("until", start=effective.until, **common)
    for deadline in notice.deadlines:
        yield _build_row("deadline", deadline.kind, quote=deadline.quote, start=deadline.date)
    for category in notice.categories:
        yield _build_row("category", category.id, quote=category.quote, basis=category.basis)
    for category_id in notice.possible_categories:
        yield _build_row("possible", category_id)
    for code in notice.hs_codes:
        yield _build_row("hs", code.code, quote=code.quote)
    for control in notice.control_codes:
        yield _build_row("control", control.code, quote=control.quote)
    for place in notice.destinations:
        yield _build_row("destination", place)
    for relation in notice.relations:
        yield _build_row(
            "relation",
            to_notice_key(relation.target),
            quote=relation.quote,
            basis=relation.verb.value,
            scope=relation.clause or "",
            start=relation.start,
            until=relation.until,
        )
    for doubt in notice.doubts:
        if doubt.startswith(DOUBT_PREFIX):
            yield _build_row("disagreement", quote=doubt)


def build_party_rows(notice: Notice) -> Iterator[dict[str, Any]]:
    """Yield the parties of a notice as rows."""
    for party in notice.entities:
        yield {"zh": party.zh, "en": party.en, "action": party.action}


def _build_row(kind: str, value: str = "", **others: object) -> dict[str, Any]:
    empty = {"quote": "", "basis": "", "scope": "", "start": None, "until": None}
    return {"kind": kind, "value": value, **empty, **others}


def match_candidates(connection: Connection, query: str) -> Any:
    """Return a condition on notice.id: may contain the text; None: most may. The caller verifies the text."""
    words = split_words(query, is_query=True)
    if not words:
        return None
    if connection.dialect.name == "sqlite":
        # Double quotes make each a plain string for FTS5; the words contain none.
        asked: str | list[str] = " AND ".join(f'"{word}"' + ("*" if len(word) == 1 else "") for word in words)
        found = "SELECT rowid FROM notice_words WHERE notice_words MATCH :asked"
    else:
        asked = [word for word in words if len(word) > 1 or not word.isascii()]
        if not asked:
            return None
        found = "SELECT notice_id FROM notice_words WHERE words @> :asked"
    counted = text(f"SELECT count(*) FROM ({found} LIMIT :most) AS found")  # noqa: S608 - two constants
    if connection.execute(counted, {"asked": asked, "most": MANY_CANDIDATES}).scalar_one() == MANY_CANDIDATES:
        return None  # most notices may contain it: looking at their texts fills a page at once
    # The sign: as in `notice_conditions`, SQLite goes through the list from its newest notice.
    sign = "+" if connection.dialect.name == "sqlite" else ""
    return text(f"{sign}notice.id IN ({found})").bindparams(asked=asked)


def split_words(body: str, *, is_query: bool = False) -> tuple[str, ...]:
    """Return the index words of a text: 稀土管制 → 稀土 土管 管制 制; Latin words in lower case.

    The last character is a word as well, so that a query of one character can match by prefix. A longer query
    does not need it.
    """
    words: list[str] = []
    for match in WORD_RUN.finditer(unicodedata.normalize("NFKC", body)):
        run = match.group()
        if run[0].isascii():
            words.append(run.lower())
        else:
            last = max(1, len(run) - 1) if is_query else len(run)
            words.extend(run[place : place + 2] for place in range(last))
    return tuple(words)
