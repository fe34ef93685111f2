"""Answers about the law as facts to show: the terminal draws them as tables, the bot as rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from controlwatch.core.law.answers import CategoryStatus, LookupResult
from controlwatch.core.law.graph import LegalState
from controlwatch.core.law.party_answers import IncompleteListing, PartySearchResult
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import KeyDate


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """One fact of an answer."""

    cells: tuple[str, ...]  #: one for each column of the table
    state: LegalState | None = None  #: legal state that the fact is about
    until: date | None = None  #: last day of that state
    quote: str = ""  #: the sentence that proves it

    @property
    def state_text(self) -> str:
        """The state and its last day, or ""."""
        return format_state(self.state, self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTable:
    """Facts of one kind."""

    columns: tuple[str, ...]
    heading_columns: int = 1  #: how many of them say what a row is about
    rows: tuple[AnswerRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LawAnswer:
    """An answer about the law."""

    title: str
    state: LegalState | None = None  #: of what was asked about, where that is one notice or category
    until: date | None = None
    notes: tuple[str, ...] = ()  #: sentences below the title
    tables: tuple[AnswerTable, ...] = ()
    cautions: tuple[str, ...] = ()

    @property
    def state_text(self) -> str:
        """The state and its last day, or ""."""
        return format_state(self.state, self.until)


def answer_status(found: LegalStatus | CategoryStatus) -> LawAnswer:
    """Return the status of a notice with its clauses and its chain, or of a category with its notices."""
    if isinstance(found, CategoryStatus):
        notices = tuple(
            AnswerRow(cells=(item.number, item.title), state=item.state, until=item.until)
            for item in found.notices
        )
        return LawAnswer(
            title=f"{found.element or found.category} on {found.on}",
            state=found.state,
            notes=found.notes or (() if notices else ("No notice that changes it was known by then.",)),
            tables=(AnswerTable(columns=("Number", "Title"), rows=notices),),
            cautions=found.cautions,
        )
    clauses = tuple(
        AnswerRow(cells=(clause.scope,), state=clause.state, until=clause.until) for clause in found.clauses
    )
    steps = tuple(
        AnswerRow(cells=(str(step.date), step.verb, step.number, step.clause or ""), quote=step.quote)
        for step in found.chain
    )
    title = found.title if found.title != found.number else ""
    since = f"since {found.since}" if found.since else ""
    return LawAnswer(
        title=f"{found.number} on {found.on}",
        state=found.state,
        until=found.until,
        notes=tuple(filter(None, (title, since))),
        tables=(
            AnswerTable(columns=("Clause",), rows=clauses if len(clauses) > 1 else ()),
            AnswerTable(columns=("Date", "Act", "Notice", "Clause"), heading_columns=2, rows=steps),
        ),
        cautions=found.cautions,
    )


def answer_lookup(found: LookupResult) -> LawAnswer:
    """Return what controls an item."""
    rows = tuple(
        AnswerRow(
            cells=(hit.number, hit.clause or "", hit.category, hit.code or ""),
            state=hit.state,
            until=hit.until,
            quote=hit.quote,
        )
        for hit in found.hits
    )
    return LawAnswer(
        title=f"{found.element or found.query} on {found.on}",
        notes=found.notes or (() if rows else ("No known notice controls it.",)),
        tables=(AnswerTable(columns=("Number", "Clause", "Category", "Code"), heading_columns=2, rows=rows),),
        cautions=found.cautions,
    )


def answer_key_dates(
    events: Iterable[KeyDate], *, on: date, days: int, cautions: tuple[str, ...] = ()
) -> LawAnswer:
    """Return the key dates within days of a date."""
    rows = tuple(
        AnswerRow(
            cells=(
                str(event.date),
                event.event if event.scope in {"", "all"} else f"{event.event} ({event.scope})",
                event.number,
                ", ".join(event.affects),
                ", ".join(event.categories),
            ),
            quote=event.quote,
        )
        for event in events
    )
    return LawAnswer(
        title=f"Within {days} days of {on}",
        notes=() if rows else ("Nothing known takes effect, ends or closes.",),
        tables=(
            AnswerTable(
                columns=("Date", "Event", "Number", "Affects", "Categories"), heading_columns=2, rows=rows
            ),
        ),
        cautions=cautions,
    )


def answer_parties(found: PartySearchResult) -> LawAnswer:
    """Return the listed parties whose names resemble one: possible matches."""
    rows = tuple(
        AnswerRow(
            cells=(
                str(match.score),
                " · ".join(filter(None, (match.en, match.zh))),
                f"{match.list.removeprefix('entity.')} ({match.action})",
                match.number,
                f"since {match.since}" if match.since else "",
            ),
            state=match.state,
            until=match.until,
        )
        for match in found.matches
    )
    found_any = "Possible matches, verify identity." if rows else "No known listed party has a similar name."
    gaps = describe_incomplete_listings(found.incomplete_listings)
    return LawAnswer(
        title=f"{found.query} on {found.on}",
        # A name that is not found may be one of those that are not known: that is said first.
        notes=tuple(filter(None, (found_any, gaps) if rows else (gaps, found_any))),
        tables=(
            AnswerTable(columns=("Score", "Name", "List", "Number", "Since"), heading_columns=2, rows=rows),
        ),
        cautions=found.cautions,
    )


def describe_incomplete_listings(listings: Iterable[IncompleteListing]) -> str:
    """Return which listings are not known whole, with their addresses, as one sentence; "" for none."""
    named = [f"{item.number} ({item.url})" if item.url else item.number for item in listings]
    if not named:
        return ""
    are_known = "1 listing is" if len(named) == 1 else f"{len(named)} listings are"
    return f"{are_known} known without all names: {', '.join(named)}."


def format_state(state: LegalState | None, until: date | None) -> str:
    """Return "suspended until 2026-11-10", a state without its end, or ""."""
    return f"{state} until {until}" if until else state or ""
