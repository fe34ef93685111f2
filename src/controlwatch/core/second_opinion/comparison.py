"""Compare the answer of a second reader with the reading of the rules, field by field.

What comes out can add a doubt or ask a person to look. It has no room for a conclusion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import Attention, Notice, ReviewReason
from controlwatch.core.second_opinion.answer_schema import AnswerField, SecondAnswer
from controlwatch.core.second_opinion.opinion import SecondDoubt, SecondOpinion
from controlwatch.core.second_opinion.quote_proof import (
    ProvedValue,
    find_code_label,
    normalize_value,
    prove_item,
)
from controlwatch.core.second_opinion.sent_text import SentText

#: More doubts about one document than this say more about the reader than about the document.
MAX_DOUBTS = 5
REVIEW_RULE = "review.language-model"
REVIEW_REASON = (
    "A second reader, a model beside the rules, takes it for a change of them; the rules found none."
)


def compare_answer(
    answer: SecondAnswer, sent: SentText, notice: Notice, lexicon: Lexicon, *, was_told: bool
) -> SecondOpinion:
    """Return what follows from an answer about a text that the rules have read.

    `was_told` means that an alert about it was made. What fails a gate is counted, and never repaired.
    """
    proved: dict[tuple[AnswerField, str], ProvedValue] = {}
    refused_quotes = refused_values = 0
    code_label = find_code_label(sent.text, lexicon)
    for item in answer.items:
        words = sent.find_quote(item.quote)
        value = prove_item(item, words, notice, lexicon, code_label=code_label) if words else None
        refused_quotes += not words
        refused_values += bool(words) and value is None
        if value is not None:
            proved.setdefault((value.field, normalize_value(value.field, value.value, lexicon)), value)
    if (AnswerField.IS_CHANGE, "true") in proved:
        proved.pop((AnswerField.IS_CHANGE, "false"), None)  # where it says both, a person looks
    known = {name: set(values) for name, values in _list_known(notice, lexicon)}
    news = [value for (name, form), value in proved.items() if form not in known[name]]
    agreed = {name for name, form in proved if form in known[name]}
    is_silent = not was_told and notice.attention is Attention.NONE
    review = tuple(_ask_review(news)) if is_silent else ()
    doubts = tuple(
        SecondDoubt(field=value.field, value=value.value, quote=value.quote)
        for value in sorted(news, key=lambda value: list(AnswerField).index(value.field))
        if not (is_silent and (not review or value.field is AnswerField.IS_CHANGE))
    )
    is_believed = len(doubts) <= MAX_DOUBTS
    categories = (value.value for (name, _), value in proved.items() if name is AnswerField.CATEGORIES)
    own = (found.id for found in notice.categories)
    return SecondOpinion(
        agreed=tuple(name for name in AnswerField if name in agreed),
        doubts=doubts if is_believed else (),
        disbelieved=0 if is_believed else len(doubts),
        review=review,
        possible_categories=tuple(dict.fromkeys((*own, *categories))) if review else (),
        left_out=sent.left_out,
        hidden=sent.hidden,
        refused_quotes=refused_quotes,
        refused_values=refused_values,
        malformed=answer.malformed,
    )


def _ask_review(news: Iterable[ProvedValue]) -> Iterator[ReviewReason]:
    """Yield that a person should look, where only the second reader takes a silent text for a change."""
    for value in news:
        if value.field is AnswerField.IS_CHANGE and value.value == "true":
            yield ReviewReason(reason=REVIEW_REASON, quote=value.quote, rule=REVIEW_RULE)


def _list_known(notice: Notice, lexicon: Lexicon) -> Iterator[tuple[AnswerField, list[str]]]:
    """Yield what the rules have read of each field, in the form in which values are compared."""
    days = [day for found in notice.effective for day in (found.start, found.until)]
    days += [day for found in notice.relations for day in (found.start, found.until)]
    codes = [found.code for found in (*notice.hs_codes, *notice.control_codes)]
    values: dict[AnswerField, list[str]] = {
        AnswerField.IS_CHANGE: [str(notice.is_change).lower()],
        AnswerField.DIRECTION: [notice.direction.value, *(part.direction.value for part in notice.parts)],
        AnswerField.NUMBER: [notice.number.canonical] if notice.number is not None else [],
        AnswerField.EFFECTIVE: [str(day) for day in (*days, *(found.date for found in notice.deadlines))],
        AnswerField.RELATIONS: [f"{found.verb.value} {found.target}" for found in notice.relations],
        AnswerField.CODES: [*codes, *notice.codes_excluded],
        AnswerField.CATEGORIES: [found.id for found in notice.categories],
        AnswerField.PARTIES: [name for entity in notice.entities for name in (entity.zh, entity.en) if name],
    }
    for name, found in values.items():
        yield name, [normalize_value(name, value, lexicon) for value in found]
