"""Gate 2: what our own reader finds in a quote alone. The model points at words; the value is ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from controlwatch.core.extraction.findings.categories import find_categories
from controlwatch.core.extraction.findings.codes import find_codes
from controlwatch.core.extraction.findings.directions import find_signals
from controlwatch.core.extraction.findings.effective import find_effective_dates
from controlwatch.core.extraction.findings.entities import find_entities
from controlwatch.core.extraction.findings.relations import find_relations
from controlwatch.core.extraction.findings.verb_words import ACTING_VERBS
from controlwatch.core.extraction.identity.identity import Identity, ReadingContext
from controlwatch.core.extraction.identity.own_number import OwnNumber
from controlwatch.core.extraction.mentions.numbers import find_number_mentions, parse_number
from controlwatch.core.extraction.mentions.places import find_place_hits
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import fold_text
from controlwatch.core.model import Notice, NoticeKind, Relation, to_notice_key
from controlwatch.core.second_opinion.answer_schema import AnswerField, AnswerItem

#: Lets names of parties be looked for: only texts that list some have any.
LISTING_CATEGORY = "entity.list"
CODE_SIGNS = re.compile(r"[^0-9A-Za-z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvedValue:
    """A value that our own reader gets from a quote of the text."""

    field: AnswerField
    value: str  #: in our own form
    quote: str  #: the words of the text, not those of the answer


def normalize_value(name: AnswerField, value: str, lexicon: Lexicon) -> str:
    """Return a value in the form in which it is compared; "" where it is none of its kind."""
    folded = " ".join(fold_text(value).split())
    match name:
        case AnswerField.NUMBER:
            number = parse_number(folded, lexicon)
            return number.key if number is not None else ""
        case AnswerField.RELATIONS:
            verb, _, target = folded.partition(" ")
            number = parse_number(target, lexicon)
            return f"{verb} {number.key if number is not None else target}" if target else ""
        case AnswerField.CODES:
            return CODE_SIGNS.sub("", folded).upper()
        case AnswerField.PARTIES:
            return folded.casefold()
        case AnswerField.IS_CHANGE:
            return folded.lower()
        case _:
            return folded


def find_code_label(text: str, lexicon: Lexicon) -> str:
    """Return the words by which a text says that it lists customs codes, "" where it does not.

    They stand in the heading of a table, and a quote is a row of it.
    """
    label = lexicon.get_pattern("code.customs-label").search(fold_text(text))
    return label[0] if label is not None else ""


def prove_item(
    item: AnswerItem, words: str, notice: Notice, lexicon: Lexicon, *, code_label: str = ""
) -> ProvedValue | None:
    """Return what an item states, where our own reader gets the same from the `words` that it quotes.

    Of the notice only what dates the words is used: its day, its kind and its own number; and for codes, the
    words of the text that say what their figures are.
    """
    wanted = normalize_value(item.field, item.value, lexicon)
    # What the rules took for news may be the instrument: that is what the second reader is asked.
    is_read_as_act = item.field is AnswerField.IS_CHANGE or notice.kind is NoticeKind.OTHER
    kind = NoticeKind.ANNOUNCEMENT if is_read_as_act else notice.kind
    title = code_label if item.field is AnswerField.CODES else ""
    found = PROOFS[item.field](_build_quote_context(title, words, replace(notice, kind=kind), lexicon))
    by_form = {normalize_value(item.field, value, lexicon): value for value in found}
    if not wanted or wanted not in by_form:
        return None
    return ProvedValue(field=item.field, value=by_form[wanted], quote=words)


def _build_quote_context(title: str, words: str, notice: Notice, lexicon: Lexicon) -> ReadingContext:
    text = DocumentText.from_parts(title, words)
    year = notice.published.year if notice.published else None
    number = notice.number
    identity = Identity(
        kind=notice.kind,
        kind_rule="",
        own_number=OwnNumber(number, notice.number_raw or "", "") if number is not None else None,
        issuers=notice.issuers,
        publication=None,
        publication_day=notice.published,
        number_mentions=find_number_mentions(text, lexicon, year=year),
    )
    return ReadingContext(text=text, lexicon=lexicon, identity=identity)


def _find_change(context: ReadingContext) -> list[str]:
    """Return "true" where words move a control, act on a notice, or set a day; "false" where they do not."""
    acts = any(relation.verb in ACTING_VERBS for relation in _read_relations(context))
    is_operative = bool(find_signals(context)) or acts or bool(_find_days(context))
    return ["true" if is_operative else "false"]


def _find_days(context: ReadingContext) -> list[str]:
    dates = find_effective_dates(context, is_own=not context.identity.is_report)
    return [str(day) for found in dates for day in (found.start, found.until) if day is not None]


def _find_numbers(context: ReadingContext) -> list[str]:
    return [mention.number.canonical for mention in context.identity.number_mentions]


def _read_relations(context: ReadingContext) -> tuple[Relation, ...]:
    return find_relations(context, is_operative=False)


def _find_codes(context: ReadingContext) -> list[str]:
    codes = find_codes(context.text, context.lexicon)
    return [found.code for found in (*codes.hs_codes, *codes.control_codes)]


def _find_parties(context: ReadingContext) -> list[str]:
    entities = find_entities(context, [LISTING_CATEGORY], find_signals(context))
    return [name for entity in entities for name in (entity.zh, entity.en) if name]


#: What our own reader finds of each field in a quote.
PROOFS: Mapping[AnswerField, Callable[[ReadingContext], list[str]]] = {
    AnswerField.IS_CHANGE: _find_change,
    AnswerField.DIRECTION: lambda context: [signal.direction.value for signal in find_signals(context)],
    AnswerField.NUMBER: _find_numbers,
    AnswerField.EFFECTIVE: _find_days,
    AnswerField.RELATIONS: lambda context: [
        f"{found.verb} {to_notice_key(found.target)}" for found in _read_relations(context)
    ],
    AnswerField.CODES: _find_codes,
    AnswerField.CATEGORIES: lambda context: [
        found.id for found in find_categories(context, find_place_hits(context.text, context.lexicon))
    ],
    AnswerField.PARTIES: _find_parties,
}
