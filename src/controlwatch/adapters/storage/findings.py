"""A notice's conclusions as rows: what can be asked for by value, by day and by act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controlwatch.adapters.storage.base import FINDING, PARTY
from controlwatch.core.law.register import DOUBT_PREFIX
from controlwatch.core.model import to_notice_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from controlwatch.core.model import Notice


def write_findings(connection: Connection, notice_id: int, version_id: int, notice: Notice) -> None:
    """Write the conclusions of a notice's latest version in place of those before it."""
    for table in (FINDING, PARTY):
        connection.execute(table.delete().where(table.c.notice_id == notice_id))
    rows = [{"notice_id": notice_id, "version_id": version_id, **row} for row in build_finding_rows(notice)]
    if rows:
        connection.execute(FINDING.insert(), rows)
    parties = [
        {"notice_id": notice_id, "zh": party.zh, "en": party.en, "action": party.action}
        for party in notice.entities
    ]
    if parties:
        connection.execute(PARTY.insert(), parties)


def build_finding_rows(notice: Notice) -> Iterator[dict[str, Any]]:
    """Yield a notice's conclusions as rows, each with the words that prove it."""
    yield from _build_date_rows(notice)
    yield from _build_subject_rows(notice)
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


def _build_date_rows(notice: Notice) -> Iterator[dict[str, Any]]:
    for found in notice.effective:
        common = {"basis": found.basis, "scope": found.scope, "quote": found.quote}
        yield _build_row("effective", start=found.start, until=found.until, **common)
        if found.until is not None:
            # The same day once more, so that ends are found by their day as beginnings are.
            yield _build_row("until", start=found.until, **common)
    for deadline in notice.deadlines:
        yield _build_row("deadline", deadline.kind, quote=deadline.quote, start=deadline.date)


def _build_subject_rows(notice: Notice) -> Iterator[dict[str, Any]]:
    for category in notice.categories:
        yield _build_row("category", category.id, quote=category.quote, basis=category.basis)
    for code in notice.hs_codes:
        yield _build_row("hs", code.code, quote=code.quote)
    for code in notice.control_codes:
        yield _build_row("control", code.code, quote=code.quote)
    for place in notice.destinations:
        yield _build_row("destination", place)


def _build_row(kind: str, value: str = "", **others: object) -> dict[str, Any]:
    unsaid = {"quote": "", "basis": "", "scope": "", "start": None, "until": None}
    return {"kind": kind, "value": value, **unsaid, **others}
