"""A notice's conclusions as rows: what can be asked for by value, by day and by act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controlwatch.adapters.storage.base import FINDING, PARTY
from controlwatch.core.law.register import DOUBT
from controlwatch.core.model import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from controlwatch.core.model import Notice


def write_findings(connection: Connection, notice_id: int, version_id: int, notice: Notice) -> None:
    """Write the conclusions of a notice's latest version in place of those before it."""
    for table in (FINDING, PARTY):
        connection.execute(table.delete().where(table.c.notice_id == notice_id))
    rows = [{"notice_id": notice_id, "version_id": version_id, **row} for row in findings(notice)]
    if rows:
        connection.execute(FINDING.insert(), rows)
    parties = [
        {"notice_id": notice_id, "zh": party.zh, "en": party.en, "action": party.action}
        for party in notice.entities
    ]
    if parties:
        connection.execute(PARTY.insert(), parties)


def findings(notice: Notice) -> Iterator[dict[str, Any]]:
    """Yield a notice's conclusions as rows, each with the words that prove it."""
    yield from _days(notice)
    yield from _subjects(notice)
    for relation in notice.relations:
        yield _row(
            "relation",
            key_of(relation.target),
            quote=relation.quote,
            basis=relation.verb.value,
            scope=relation.clause or "",
            start=relation.start,
            until=relation.until,
        )
    for doubt in notice.doubts:
        if doubt.startswith(DOUBT):
            yield _row("disagreement", quote=doubt)


def _days(notice: Notice) -> Iterator[dict[str, Any]]:
    for found in notice.effective:
        common = {"basis": found.basis, "scope": found.scope, "quote": found.quote}
        yield _row("effective", start=found.start, until=found.until, **common)
        if found.until is not None:
            # The same day once more, so that ends are found by their day as beginnings are.
            yield _row("until", start=found.until, **common)
    for deadline in notice.deadlines:
        yield _row("deadline", deadline.kind, quote=deadline.quote, start=deadline.date)


def _subjects(notice: Notice) -> Iterator[dict[str, Any]]:
    for category in notice.categories:
        yield _row("category", category.id, quote=category.quote, basis=category.basis)
    for code in notice.hs_codes:
        yield _row("hs", code.code, quote=code.quote)
    for code in notice.control_codes:
        yield _row("control", code.code, quote=code.quote)
    for place in notice.destinations:
        yield _row("destination", place)


def _row(kind: str, value: str = "", **others: object) -> dict[str, Any]:
    unsaid = {"quote": "", "basis": "", "scope": "", "start": None, "until": None}
    return {"kind": kind, "value": value, **unsaid, **others}
