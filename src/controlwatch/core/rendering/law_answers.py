"""Answers about the law as facts to show: the terminal draws them as tables, the bot as rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import HAN
from controlwatch.core.law.answers import CategoryStatus, ControlHit, LookupResult
from controlwatch.core.law.coverage import Coverage
from controlwatch.core.law.explanation import StatusStep
from controlwatch.core.law.graph import LegalState
from controlwatch.core.law.party_answers import (
    PARENT_IN_TITLE,
    IncompleteListing,
    PartySearchResult,
)
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import AnnouncedMeasure, KeyDate, Language, ReleasedPart, to_notice_key
from controlwatch.core.model.alert import ANNOUNCED_ONLY
from controlwatch.core.rendering.category_text import name_categories
from controlwatch.core.rendering.cautions_zh import translate_caution
from controlwatch.core.rendering.clause_text import name_part
from controlwatch.core.rendering.day_text import add_known_day, format_date, spell_dates
from controlwatch.core.rendering.state_text import format_announced, format_state
from controlwatch.core.rendering.wording import find_word, pick_language

#: What a step of a chain is called where the verb is not the word for it.
EVENT_NAMES = {
    "was to take effect": "was due to take effect",
    "suspends": "suspended by",
    "resumes": "resumed by",
    "repeals": "repealed by",
    "extends": "extended by",
    "date corrected": "date corrected by",
    "announced, not enacted: extends": "extension announced, no legal instrument yet",
    "announced, not enacted: suspends": "suspension announced, no legal instrument yet",
    "announced, not enacted: resumes": "resumption announced, no legal instrument yet",
    "announced, not enacted: repeals": "repeal announced, no legal instrument yet",
}
#: The same in Chinese.
EVENT_NAMES_ZH = {
    "was to take effect": "原定生效",
    "suspends": "暂停",
    "resumes": "恢复",
    "repeals": "废止",
    "extends": "延长",
    "date corrected": "日期更正",
    "announced, not enacted: extends": "已宣布延期，尚无正式文件",
    "announced, not enacted: suspends": "已宣布暂停，尚无正式文件",
    "announced, not enacted: resumes": "已宣布恢复，尚无正式文件",
    "announced, not enacted: repeals": "已宣布废止，尚无正式文件",
}
LANGUAGES: tuple[Literal["en", "zh"], ...] = ("en", "zh")
#: What is said where an answer has no rows.
NOT_KNOWN_BY_THEN = ("No notice that controls it was known by then.", "届时未见已知公告对其管制。")
NOT_CONTROLLED = ("No known notice controls it.", "未见已知公告对其管制。")
NO_KEY_DATES = ("Nothing known takes effect, ends or closes.", "未见生效、期满或截止的事项。")
NO_EXACT_MATCH = ("no exact match", "无完全匹配")
POSSIBLE = ("Possible matches, verify identity.", "可能匹配，请核实身份。")
SIMILAR_ONLY = (
    "Possible matches, none of exactly this name: verify identity.",
    "可能匹配，无完全相同的名称，请核实身份。",
)
NO_PARTY = ("No known listed party has a similar name.", "已知列名实体中没有相似名称。")
IN_TITLE = ("the title names it; the parent itself is not listed", "标题点名该主体，其本身未被列入")
#: What a notice does with a party, in Chinese.
ACTIONS_ZH = {"list": "列入", "delist": "移出", "suspend": "暂停"}
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
    language: Language = "en"

    @property
    def state_text(self) -> str:
        """The state, its last day and what was announced about it, or ""."""
        return format_state(self.state, self.until, self.announced, then=self.then, language=self.language)


def answer_status(
    found: LegalStatus | CategoryStatus, lexicon: Lexicon, language: Language = "en"
) -> LawAnswer:
    """Return the status of a notice with its clauses and its chain, or of a category with its notices."""
    if isinstance(found, CategoryStatus):
        return _answer_category_status(found, lexicon, language)
    clauses = tuple(
        AnswerRow(cells=(name_part(clause.scope, language),), state=clause.state, until=clause.until)
        for clause in found.clauses
    )
    steps = tuple(
        AnswerRow(
            cells=(
                format_date(step.date, language),
                _name_event(step, found, language),
                step.number,
                name_part(step.clause, language),
            ),
            quote=step.quote,
        )
        for step in sorted(found.chain, key=lambda step: step.date)
    )
    title = found.title if found.title != found.number else ""
    since = _format_since(found.since, language)
    return LawAnswer(
        title=_title_on_day(found.number, found.on, found.coverage, language),
        state=found.state,
        until=found.until,
        then=found.then,
        announced=found.announced,
        notes=tuple(filter(None, (title, since))),
        tables=(
            AnswerTable(columns=("Provision",), rows=clauses if len(clauses) > 1 else ()),
            AnswerTable(columns=("Date", "Event", "Notice", "Provision"), heading_columns=2, rows=steps),
        ),
        cautions=tell_all(found.cautions, language),
        basis=_describe_basis(found.coverage, language),
        language=language,
    )


def _name_event(step: StatusStep, found: LegalStatus, language: Language) -> str:
    """Return what happened to the notice, or to another on which its status depends."""
    is_about_other = step.target != to_notice_key(found.number)
    if language == "zh":
        word = EVENT_NAMES_ZH.get(step.verb) or find_word(step.verb, language)
        return f"{word} {step.target}" if step.verb in EVENT_NAMES_ZH and is_about_other else word
    name = EVENT_NAMES.get(step.verb, step.verb)
    return f"{step.verb} {step.target}" if name.endswith(" by") and is_about_other else name


def _answer_category_status(found: CategoryStatus, lexicon: Lexicon, language: Language) -> LawAnswer:
    rows = tuple(
        AnswerRow(
            cells=(item.number, item.title), state=item.state, until=item.until, announced=item.announced
        )
        for item in found.notices
    )
    first = next((item for item in found.notices if item.state is found.state), None)
    name = name_element(found.element, language) or name_categories([found.category], lexicon, language)
    return LawAnswer(
        title=_title_on_day(name, found.on, found.coverage, language),
        state=found.state,
        announced=first.announced if first is not None else (),
        notes=tell_all(found.notes, language)
        or (() if rows else (pick_language(*NOT_KNOWN_BY_THEN, language),)),
        tables=(AnswerTable(columns=("Number", "Title"), rows=rows),),
        cautions=tell_all(found.cautions, language),
        basis=_describe_basis(found.coverage, language),
        language=language,
    )


def answer_lookup(found: LookupResult, lexicon: Lexicon, language: Language = "en") -> LawAnswer:
    """Return what controls an item."""
    rows = tuple(
        AnswerRow(
            cells=(
                hit.number,
                name_part(hit.clause, language),
                " · ".join(filter(None, (name_categories([hit.category], lexicon, language), hit.code))),
            ),
            state=hit.state,
            until=hit.until,
            announced=hit.announced,
            quote=_name_item_of_fact(hit, lexicon) if language == "zh" else hit.quote,
        )
        for hit in found.hits
    )
    return LawAnswer(
        title=_title_on_day(
            name_element(found.element, language) or found.query, found.on, found.coverage, language
        ),
        notes=tell_all(found.notes, language)
        or (() if rows else (pick_language(*NOT_CONTROLLED, language),)),
        tables=(AnswerTable(columns=("Number", "Provision", "Items"), heading_columns=2, rows=rows),),
        cautions=tell_all(found.cautions, language),
        basis=_describe_basis(found.coverage, language),
        language=language,
    )


def _name_item_of_fact(hit: ControlHit, lexicon: Lexicon) -> str:
    """Return the proof of a control, with the item in Chinese in facts of the database."""
    english, chinese = (lexicon.get_category_name(hit.category, one) for one in LANGUAGES)
    return hit.quote.replace(f"concerns {english}", f"concerns {chinese}")


def answer_key_dates(
    events: Iterable[KeyDate],
    lexicon: Lexicon,
    *,
    on: date,
    days: int,
    cautions: Iterable[str] = (),
    coverage: Coverage | None = None,
    language: Language = "en",
) -> LawAnswer:
    """Return the key dates within days of a date, with the last day that is known where there is a gap."""
    rows = tuple(
        AnswerRow(
            cells=(
                format_date(event.date, language),
                _describe_event(event, language),
                event.number,
                "; ".join(describe_release(part, language) for part in event.releases)
                or ", ".join(event.affects),
                name_categories(event.categories, lexicon, language),
            ),
            quote=event.quote,
        )
        for event in events
    )
    return LawAnswer(
        title=add_known_day(
            pick_language(
                f"Within {days} days of {format_date(on)}", f"{format_date(on, 'zh')}起{days}天内", language
            ),
            coverage,
            language,
        ),
        notes=() if rows else (pick_language(*NO_KEY_DATES, language),),
        tables=(
            AnswerTable(
                columns=("Date", "Event", "Number", "Affects", "Items"), heading_columns=2, rows=rows
            ),
        ),
        cautions=tell_all(cautions, language),
        language=language,
    )


def answer_parties(found: PartySearchResult, lexicon: Lexicon, language: Language = "en") -> LawAnswer:
    """Return the listed parties whose names resemble one: possible matches."""
    has_notes = any(match.note == PARENT_IN_TITLE for match in found.matches)
    in_title = pick_language(*IN_TITLE, language)
    columns = ("Score", "Name", "List", "Number", "Since", *(["Note"] if has_notes else []))
    rows = tuple(
        AnswerRow(
            cells=(
                str(match.score),
                " · ".join(filter(None, (match.en, match.zh))),
                name_categories([match.list], lexicon, language)
                + pick_language(
                    f" ({match.action})", f"（{ACTIONS_ZH.get(match.action, match.action)}）", language
                ),
                match.number,
                _format_since(match.since, language),
                *([in_title if match.note == PARENT_IN_TITLE else ""] if has_notes else []),
            ),
            state=match.state,
            until=match.until,
            announced=match.announced,
        )
        for match in found.matches
    )
    is_exact = any(match.score == EXACT for match in found.matches)
    found_any = pick_language(*(NO_PARTY if not rows else POSSIBLE if is_exact else SIMILAR_ONLY), language)
    gaps = describe_incomplete_listings(found.incomplete_listings, language)
    heading = ""
    if not is_exact:
        # A name that is not found may be one of those that are not known.
        heading = _count_incomplete_listings(len(found.incomplete_listings), language)
        heading = pick_language(": ", "：", language) + (heading or pick_language(*NO_EXACT_MATCH, language))
    return LawAnswer(
        title=_title_on_day(found.query, found.on, found.coverage, language) + heading,
        notes=tuple(filter(None, (found_any, gaps) if rows else (gaps, found_any))),
        tables=(AnswerTable(columns=columns, heading_columns=2, rows=rows),),
        cautions=tell_all(found.cautions, language),
        basis=_describe_basis(found.coverage, language),
        language=language,
    )


def describe_incomplete_listings(listings: Iterable[IncompleteListing], language: Language = "en") -> str:
    """Return which listings are not known whole, with their addresses, as one sentence; "" for none."""
    named = [f"{item.number} ({item.url})" if item.url else item.number for item in listings]
    if not named:
        return ""
    counted = _count_incomplete_listings(len(named), language)
    return pick_language(f"{counted}: {', '.join(named)}.", f"{counted}：{'、'.join(named)}。", language)


def _count_incomplete_listings(count: int, language: Language) -> str:
    """Return how many listings are not known whole; "" for none."""
    if not count:
        return ""
    are_known = "1 listing is" if count == 1 else f"{count} listings are"
    return pick_language(f"{are_known} known without all names", f"有{count}份名单的名称未收录齐全", language)


def describe_release(part: ReleasedPart, language: Language = "en") -> str:
    """Return what applies after a suspension, and that it never did before: MOFCOM 2024-46 item 2."""
    name = " ".join(filter(None, (part.number, name_part(part.clause, language))))
    return (
        name + pick_language(" (for the first time)", "（首次适用）", language)
        if part.is_first_time
        else name
    )


def _describe_event(event: KeyDate, language: Language) -> str:
    part = name_part(event.scope, language)
    scope = pick_language(f" ({part})", f"（{part}）", language) if part else ""
    name = event.event
    if name == ANNOUNCED_ONLY:
        name = "announced end, no legal instrument yet" if language != "zh" else find_word(name, language)
    elif language == "zh":
        name = find_word(name, language)
    return " · ".join(filter(None, (f"{name}{scope}", format_announced(event.announced, language=language))))


def _title_on_day(name: str, day: date, coverage: Coverage | None, language: Language) -> str:
    """Return what an answer is about, for which day, and up to which day that is known after a gap."""
    when = add_known_day(format_date(day, language), coverage, language)
    return pick_language(f"{name} on {when}", f"{name}（{when}）", language)


def name_element(label: str, language: Language) -> str:
    """Return the names of an element, in Chinese without the English one: gallium 镓 (Ga)."""
    han = HAN.search(label) if language == "zh" else None
    return label[han.start() :] if han is not None else label


def _format_since(day: date | None, language: Language) -> str:
    if day is None:
        return ""
    return pick_language(f"since {format_date(day)}", f"自{format_date(day, 'zh')}起", language)


def tell_all(sentences: Iterable[str], language: Language) -> tuple[str, ...]:
    """Return sentences of the law and of the coverage in one language, with their days in words."""
    if language != "zh":
        return tuple(map(spell_dates, sentences))
    return tuple(map(_translate_told, sentences))


def _translate_told(sentence: str) -> str:
    """Return a sentence in Chinese, also where the number of the notice stands before it."""
    chinese = translate_caution(sentence)
    number, colon, rest = sentence.partition(": ")
    if chinese != sentence or not colon:
        return spell_dates(chinese, "zh")
    told = translate_caution(rest)
    return spell_dates(f"{number}：{told}" if told != rest else sentence, "zh")


def _describe_basis(coverage: Coverage | None, language: Language) -> str:
    return tell_all([coverage.basis], language)[0] if coverage is not None else ""
