"""Answers to questions in a chat: a title, rows and cautions, before a channel formats them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from controlwatch.core.law.answers import (
    CategoryStatus,
    LookupResult,
    NoticeLine,
    NoticeRecord,
    PartySearchResult,
    WatcherLine,
)
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import KeyDate, Subscription
from controlwatch.core.rendering.palette import MARKS


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRow:
    """A line of an answer."""

    heading: str  #: the subject, in bold
    body: str = ""
    quote: str = ""  #: the quote that proves it


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyButton:
    """An action on an answer about a subscription: save it, or open the form with it."""

    text: str
    value: str  #: the subscription, as the bot encodes it
    saves: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, before a channel formats it."""

    title: str
    rows: tuple[ReplyRow, ...] = ()
    cautions: tuple[str, ...] = ()
    note: str = ""  #: a sentence below the title, or what to try next
    offers: tuple[ReplyButton, ...] = ()


def status_reply(found: LegalStatus | CategoryStatus) -> Reply:
    """Return the status of a notice with its parts and chain, or of a category with its notices."""
    if isinstance(found, LegalStatus):
        until = f" until {found.until}" if found.until else ""
        parts = [
            ReplyRow(heading=f"{MARKS[part.state]} {part.scope}", body=_format_until(part.state, part.until))
            for part in found.clauses
            if len(found.clauses) > 1
        ]
        chain = [
            ReplyRow(
                heading=f"{link.date} {link.verb}",
                body=" ".join(filter(None, (link.number, link.clause))),
                quote=link.quote,
            )
            for link in found.chain
        ]
        return Reply(
            title=f"{MARKS[found.state]} {found.number} on {found.on}: {found.state}{until}",
            note=found.title if found.title != found.number else "",
            rows=(*parts, *chain),
            cautions=found.cautions,
        )
    rows = [
        ReplyRow(
            heading=f"{MARKS[item.state]} {item.number}",
            body=f"{_format_until(item.state, item.until)} · {item.title}",
        )
        for item in found.notices
    ]
    title = f"{MARKS[found.state]} {found.category} on {found.on}: {found.state}"
    return Reply(title=title, rows=tuple(rows), cautions=found.cautions)


def lookup_reply(found: LookupResult) -> Reply:
    """Return what controls an item."""
    rows = [
        ReplyRow(
            heading=f"{MARKS[hit.state]} {hit.number}{f' {hit.clause}' if hit.clause else ''}",
            body=f"{_format_until(hit.state, hit.until)} · {hit.category}",
            quote=hit.quote,
        )
        for hit in found.hits
    ]
    return Reply(
        title=f"{found.query} on {found.on}",
        rows=tuple(rows),
        cautions=found.cautions,
        note="" if rows else "No control of it is known.",
    )


def events_reply(events: Iterable[KeyDate], *, days: int, cautions: tuple[str, ...]) -> Reply:
    """Return the key dates of the next days."""
    rows = [
        ReplyRow(
            heading=f"{event.date} {event.event}",
            body=" · ".join(
                filter(None, (event.number, ", ".join(event.affects), ", ".join(event.categories)))
            ),
            quote=event.quote,
        )
        for event in events
    ]
    return Reply(
        title=f"Within {days} days",
        rows=tuple(rows),
        cautions=cautions,
        note="" if rows else "Nothing known takes effect, ends or closes.",
    )


def latest_reply(lines: Iterable[NoticeLine], *, title: str) -> Reply:
    """Return notices, one line each."""
    rows = [
        ReplyRow(
            heading=f"{line.published or '?'} {line.number or line.kind}",
            body=" · ".join((line.direction if line.is_change else "no change", line.title)),
        )
        for line in lines
    ]
    return Reply(title=title, rows=tuple(rows), note="" if rows else "Nothing matches.")


def notice_reply(record: NoticeRecord) -> Reply:
    """Return what a notice says."""
    notice, line = record.notice, record.line
    rows = [ReplyRow(heading=text) for text in (notice.summary.en, notice.summary.zh) if text]
    for found in notice.effective:
        until = f" → {found.until}" if found.until else ""
        scope = "" if found.scope == "all" else f" ({found.scope})"
        rows.append(
            ReplyRow(
                heading="effective", body=f"{found.start or 'not stated'}{until}{scope}", quote=found.quote
            )
        )
    if notice.categories:
        rows.append(ReplyRow(heading="items", body=", ".join(found.id for found in notice.categories)))
    for relation in notice.relations:
        clause = f" {relation.clause}" if relation.clause else ""
        rows.append(
            ReplyRow(heading=relation.verb.value, body=f"{relation.target}{clause}", quote=relation.quote)
        )
    rows.extend(ReplyRow(heading="published at", body=standing.url) for standing in record.standings)
    return Reply(
        title=f"{line.number or line.kind} · {line.direction}",
        note=line.title,
        rows=tuple(rows),
        cautions=notice.doubts,
    )


def parties_reply(found: PartySearchResult) -> Reply:
    """Return listed parties of a name: possible matches."""
    rows = [
        ReplyRow(
            heading=f"{match.score} {match.en or match.zh}",
            body=" · ".join(
                filter(
                    None,
                    (
                        match.zh if match.en else "",
                        match.list,
                        match.number,
                        _format_until(match.state, match.until),
                    ),
                )
            ),
        )
        for match in found.matches
    ]
    note = "Possible matches, verify identity." if rows else "No known listed party has a similar name."
    return Reply(title=found.query, rows=tuple(rows), cautions=found.cautions, note=note)


def watchers_reply(lines: Iterable[WatcherLine]) -> Reply:
    """Return the health of the watchers, those in trouble first."""
    order = ("blind", "blocked", "degraded", "quiet", "new", "healthy")
    shown = sorted((line for line in lines if line.enabled), key=lambda line: order.index(line.health))
    rows = [
        ReplyRow(
            heading=f"{line.health} {line.id}", body=" · ".join(filter(None, (line.name, line.state.problem)))
        )
        for line in shown
    ]
    healthy = sum(line.health == "healthy" for line in shown)
    return Reply(title=f"{healthy} of {len(shown)} sources watched", rows=tuple(rows))


def subscriptions_reply(found: Iterable[tuple[Subscription, str]], *, title: str) -> Reply:
    """Return subscriptions, each with its description."""
    rows = tuple(ReplyRow(heading=f"No. {item.id}", body=words) for item, words in found)
    return Reply(title=title, rows=rows, note="" if rows else "None yet; try: subscribe battery")


def _format_until(state: str, until: object) -> str:
    return f"{state} until {until}" if until else f"{state}"


def select_page(reply: Reply, page: int, *, size: int) -> tuple[tuple[ReplyRow, ...], int]:
    """Return the rows of a page, counted from 1, and how many pages there are."""
    pages = max(1, -(-len(reply.rows) // size))
    start = (min(max(page, 1), pages) - 1) * size
    return reply.rows[start : start + size], pages
