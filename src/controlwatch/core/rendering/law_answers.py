"""Answers about the law as facts to show: the terminal draws them as tables, the bot as rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from controlwatch.core.extraction.mentions.clauses import name_clause
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import CategoryStatus, LookupResult
from controlwatch.core.law.coverage import Coverage
from controlwatch.core.law.explanation import StatusStep
from controlwatch.core.law.graph import LegalState
from controlwatch.core.law.key_dates import ANNOUNCED_ONLY
from controlwatch.core.law.party_answers import PARENT_IN_TITLE, IncompleteListing, PartySearchResult
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import AnnouncedMeasure, KeyDate, ReleasedPart, to_notice_key
from controlwatch.core.rendering.category_text import name_categories
from controlwatch.core.rendering.day_text import format_date, spell_dates
from controlwatch.core.rendering.state_text import format_announced, format_state

#: What a step of a chain is called where the verb is not the word for it.
EVENT_NAMES = {
    "was to take effect": "was due to take effect",
    "suspends": "suspended by",
    "resumes": "resumed by",
    "repeals": "repealed by",
    "extends": "extended by",
    "announced, not enacted: extends": "extension announced, no legal instrument yet",
    "announced, not enacted: suspends": "suspension announced, no legal instrument yet",
    "announced, not enacted: resumes": "resumption announced, no legal instrument yet",
    "announced, not enacted: repeals": "repeal announced, no legal instrument yet",
}
IN_TITLE = "the title names it; the parent itself is not listed"
#: The score of the same name.
EXACT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """One fact of an answer."""

    cells: tuple[str, ...]  #: one for each column of the table
    state: LegalState | None = None  #: legal state that the fact is about
    until: date | None = None  #: last day of that state
    announced: tuple[AnnouncedMeasure, ...] = ()  #: announced about it, without a legal instrument
    quote: str = ""  #: the sentence that proves it

    @property
    def state_text(self) -> str:
        """The state, its last day and what was announced about it, or ""."""
        return format_state(self.state, self.until, self.announced)


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
    then: LegalState | None = None  #: the state after that day
    announced: tuple[AnnouncedMeasure, ...] = ()  #: announced about it, without a legal instrument
    notes: tuple[str, ...] = ()  #: sentences below the title
    tables: tuple[AnswerTable, ...] = ()
    cautions: tuple[str, ...] = ()
    basis: str = ""  #: what it rests on, and until when that was read

    @property
    def state_text(self) -> str:
        """The state, its last day and what was announced about it, or ""."""
        return format_state(self.state, self.until, self.announced, then=self.then)


def answer_status(found: LegalStatus | CategoryStatus, lexicon: Lexicon) -> LawAnswer:
    """Return the status of a notice with its clauses and its chain, or of a category with its notices."""
    if isinstance(found, CategoryStatus):
        return _answer_category_status(found, lexicon)
    clauses = tuple(
        AnswerRow(cells=(name_clause(clause.scope),), state=clause.state, until=clause.until)
        for clause in found.clauses
    )
    steps = tuple(
        AnswerRow(
            cells=(
                format_date(step.date),
                _name_event(step, found),
                step.number,
                name_clause(step.clause or ""),
            ),
            quote=step.quote,
        )
        for step in sorted(found.chain, key=lambda step: step.date)
    )
    title = found.title if found.title != found.number else ""
    since = f"since {format_date(found.since)}" if found.since else ""
    return LawAnswer(
        title=f"{found.number} on {format_date(found.on)}",
        state=found.state,
        until=found.until,
        then=found.then,
        announced=found.announced,
        notes=tuple(filter(None, (title, since))),
        tables=(
            AnswerTable(columns=("Provision",), rows=clauses if len(clauses) > 1 else ()),
            AnswerTable(columns=("Date", "Event", "Notice", "Provision"), heading_columns=2, rows=steps),
        ),
        cautions=tuple(map(spell_dates, found.cautions)),
        basis=_describe_basis(found.coverage),
    )


def _name_event(step: StatusStep, found: LegalStatus) -> str:
    """Return what happened to the notice, or to another on which its status depends."""
    name = EVENT_NAMES.get(step.verb, step.verb)
    is_about_other = name.endswith(" by") and step.target != to_notice_key(found.number)
    return f"{step.verb} {step.target}" if is_about_other else name


def _answer_category_status(found: CategoryStatus, lexicon: Lexicon) -> LawAnswer:
    rows = tuple(
        AnswerRow(
            cells=(item.number, item.title), state=item.state, until=item.until, announced=item.announced
        )
        for item in found.notices
    )
    first = next((item for item in found.notices if item.state is found.state), None)
    name = found.element or lexicon.get_category_name(found.category, "en")
    return LawAnswer(
        title=f"{name} on {format_date(found.on)}",
        state=found.state,
        announced=first.announced if first is not None else (),
        notes=tuple(map(spell_dates, found.notes))
        or (() if rows else ("No notice that controls it was known by then.",)),
        tables=(AnswerTable(columns=("Number", "Title"), rows=rows),),
        cautions=tuple(map(spell_dates, found.cautions)),
        basis=_describe_basis(found.coverage),
    )


def answer_lookup(found: LookupResult, lexicon: Lexicon) -> LawAnswer:
    """Return what controls an item."""
    rows = tuple(
        AnswerRow(
            cells=(
                hit.number,
                name_clause(hit.clause or ""),
                " · ".join(filter(None, (name_categories([hit.category], lexicon), hit.code))),
            ),
            state=hit.state,
            until=hit.until,
            announced=hit.announced,
            quote=hit.quote,
        )
        for hit in found.hits
    )
    return LawAnswer(
        title=f"{found.element or found.query} on {format_date(found.on)}",
        notes=tuple(map(spell_dates, found.notes)) or (() if rows else ("No known notice controls it.",)),
        tables=(AnswerTable(columns=("Number", "Provision", "Items"), heading_columns=2, rows=rows),),
        cautions=tuple(map(spell_dates, found.cautions)),
        basis=_describe_basis(found.coverage),
    )


def answer_key_dates(
    events: Iterable[KeyDate], lexicon: Lexicon, *, on: date, days: int, cautions: Iterable[str] = ()
) -> LawAnswer:
    """Return the key dates within days of a date."""
    rows = tuple(
        AnswerRow(
            cells=(
                format_date(event.date),
                _describe_event(event),
                event.number,
                "; ".join(map(describe_release, event.releases)) or ", ".join(event.affects),
                name_categories(event.categories, lexicon),
            ),
            quote=event.quote,
        )
        for event in events
    )
    return LawAnswer(
        title=f"Within {days} days of {format_date(on)}",
        notes=() if rows else ("Nothing known takes effect, ends or closes.",),
        tables=(
            AnswerTable(
                columns=("Date", "Event", "Number", "Affects", "Items"), heading_columns=2, rows=rows
            ),
        ),
        cautions=tuple(map(spell_dates, cautions)),
    )


def answer_parties(found: PartySearchResult, lexicon: Lexicon) -> LawAnswer:
    """Return the listed parties whose names resemble one: possible matches."""
    has_notes = any(match.note == PARENT_IN_TITLE for match in found.matches)
    columns = ("Score", "Name", "List", "Number", "Since", *(["Note"] if has_notes else []))
    rows = tuple(
        AnswerRow(
            cells=(
                str(match.score),
                " · ".join(filter(None, (match.en, match.zh))),
                f"{name_categories([match.list], lexicon)} ({match.action})",
                match.number,
                f"since {format_date(match.since)}" if match.since else "",
                *([IN_TITLE if match.note == PARENT_IN_TITLE else ""] if has_notes else []),
            ),
            state=match.state,
            until=match.until,
            announced=match.announced,
        )
        for match in found.matches
    )
    found_any = "Possible matches, verify identity." if rows else "No known listed party has a similar name."
    exact = "" if any(match.score == EXACT for match in found.matches) else ": no exact match"
    gaps = describe_incomplete_listings(found.incomplete_listings)
    return LawAnswer(
        title=f"{found.query} on {format_date(found.on)}{exact}",
        # A name that is not found may be one of those that are not known: that is said first.
        notes=tuple(filter(None, (found_any, gaps) if rows else (gaps, found_any))),
        tables=(AnswerTable(columns=columns, heading_columns=2, rows=rows),),
        cautions=tuple(map(spell_dates, found.cautions)),
        basis=_describe_basis(found.coverage),
    )


def describe_incomplete_listings(listings: Iterable[IncompleteListing]) -> str:
    """Return which listings are not known whole, with their addresses, as one sentence; "" for none."""
    named = [f"{item.number} ({item.url})" if item.url else item.number for item in listings]
    if not named:
        return ""
    are_known = "1 listing is" if len(named) == 1 else f"{len(named)} listings are"
    return f"{are_known} known without all names: {', '.join(named)}."


def describe_release(part: ReleasedPart) -> str:
    """Return what applies after a suspension, and that it never did before: MOFCOM 2024-46 item 2."""
    name = " ".join(filter(None, (part.number, name_clause(part.clause or ""))))
    return f"{name} (for the first time)" if part.is_first_time else name


def _describe_event(event: KeyDate) -> str:
    scope = "" if event.scope in {"", "all"} else f" ({name_clause(event.scope)})"
    name = "announced end, no legal instrument yet" if event.event == ANNOUNCED_ONLY else event.event
    return " · ".join(filter(None, (f"{name}{scope}", format_announced(event.announced))))


def _describe_basis(coverage: Coverage | None) -> str:
    return spell_dates(coverage.basis) if coverage is not None else ""
