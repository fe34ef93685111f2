"""Why a person should look at a text that the rules did not conclude on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from controlwatch.core.extraction.findings.changes import TRADE_AUTHORITIES, TRADE_ISSUERS
from controlwatch.core.extraction.findings.effective import is_asked_about
from controlwatch.core.extraction.findings.verb_words import ACTING_VERBS
from controlwatch.core.extraction.identity.authorship import count_issuer_marks, is_verbatim
from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.mentions.terms import is_about_foreign_act, is_recital
from controlwatch.core.extraction.second_reader import BODY_LENGTH
from controlwatch.core.extraction.text.lexicon import Category
from controlwatch.core.model import Ground, Notice, NoticeKind, Relation, ReviewReason

#: Answers of the rules that are a judgement on other business: they rest on words that can mislead.
UNSURE_CHANGE_RULES = frozenset(
    {
        "change.decides-nothing",
        "change.no-watched-subject",
        "change.other-business",
        "change.other-law",
        "change.unknown-issuer",
    }
)
ISSUER_MARKS = 3  #: marks of an issuer's own text that make a report look like the instrument itself


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewInputs:
    """What decides whether a person should look."""

    context: ReadingContext
    is_change: bool
    reports_change: bool
    change_rule: str  #: the rule that decided that it is not a change
    categories: tuple[Category, ...]  #: that the text names, before they are limited to its subject
    relations: tuple[Relation, ...]
    has_codes: bool  #: it lists HS or control codes
    is_cut: bool  #: the end of the text may be missing

    @property
    def is_on_trade(self) -> bool:
        """Whether the text names something that is watched."""
        return (
            any(category.change for category in self.categories)
            or self.has_codes
            or any(relation.verb in ACTING_VERBS for relation in self.relations)
            or self.context.lexicon.get_pattern("review.control").search(self.context.text.folded_text)
            is not None
        )

    @property
    def is_trade_matter(self) -> bool:
        """Whether an instrument is on trade by more than the name of an item."""
        identity, lexicon = self.context.identity, self.context.lexicon
        by_trade_authority = any(code in TRADE_ISSUERS for code in identity.issuers)
        return (
            self.has_codes
            or (by_trade_authority and any(category.change for category in self.categories))
            or any(relation.target.startswith(TRADE_AUTHORITIES) for relation in self.relations)
            or lexicon.get_pattern("change.strong-regime").search(self.context.text.folded_text) is not None
        )


def find_review_reasons(case: ReviewInputs) -> tuple[ReviewReason, ...]:
    """Return why a person should look, with the words; nothing where the rules are sure."""
    if case.is_change:
        return ()
    reasons = (*_list_reasons(case), *_question_end(case)) if case.is_on_trade else ()
    return (*reasons, *_ask_second_reader(case))


def _list_reasons(case: ReviewInputs) -> Iterator[ReviewReason]:
    text, identity = case.context.text, case.context.identity
    is_unsure = case.change_rule in UNSURE_CHANGE_RULES and case.is_trade_matter
    if identity.is_instrument and is_unsure:
        yield ReviewReason(
            reason="It has the form of an official instrument and names what is watched; whether it changes "
            "the rules was not concluded.",
            quote=_quote_subject(case),
            rule="review.instrument",
        )
    elif identity.is_report and (
        is_verbatim(text, case.context.lexicon)
        or count_issuer_marks(text, case.context.lexicon) > ISSUER_MARKS
    ):
        yield ReviewReason(
            reason="It was read as a report, but it speaks like the instrument itself.",
            quote=_quote_subject(case),
            rule="review.report-or-instrument",
        )
    elif identity.kind_rule == "kind.hearsay" and (identity.number_mentions or identity.issuers):
        yield ReviewReason(
            reason="Somebody passes on what has the form of an official instrument.",
            quote=_quote_subject(case),
            rule="review.passed-on",
        )
    elif identity.kind is NoticeKind.SPOKESPERSON and not case.reports_change:
        yield from _question_answer(case)
    elif identity.kind is NoticeKind.OTHER and identity.kind_rule == "kind.garbled":
        yield ReviewReason(
            reason="The text is garbled, and names what is watched.",
            quote=_quote_subject(case),
            rule="review.garbled",
        )


def _question_end(case: ReviewInputs) -> Iterator[ReviewReason]:
    """Yield that the end of a text on which nothing was concluded may be missing."""
    if case.is_cut and not case.reports_change:
        text = case.context.text
        yield ReviewReason(
            reason="The source's answer broke off, and the text names what is watched; its end may be "
            "missing.",
            quote=text.quote_around(len(text.folded_text), len(text.folded_text)),
            rule="review.cut",
        )


def _question_answer(case: ReviewInputs) -> Iterator[ReviewReason]:
    """Yield that an answer speaks of a measure from a day on, which no known words decide."""
    context, get_pattern = case.context, case.context.lexicon.get_pattern
    for sentence in context.text.sentences:
        if (
            get_pattern("change.start-day").search(sentence.words)
            and get_pattern("review.answered-measure").search(sentence.words)
            and not is_asked_about(context, sentence)
            and not is_about_foreign_act(context.lexicon, sentence.words)
            and not is_recital(context.lexicon, sentence.words)
        ):
            yield ReviewReason(
                reason="A spokesperson speaks of a measure that begins on a day; whether it changes the "
                "rules was not concluded.",
                quote=context.text.quote_around(sentence.start, sentence.start),
                rule="review.answered-measure",
            )
            return


def _ask_second_reader(case: ReviewInputs) -> Iterator[ReviewReason]:
    """Yield that the second reader takes the text for an instrument, where it is sure enough.

    It knows the form only, so it is asked where the text is on trade, and where the rules do not know it for
    a draft or for a regime of its own, such as anti-dumping.
    """
    text, lexicon, load = case.context.text, case.context.lexicon, case.context.lexicon.load_second_reader
    if load is None or case.context.identity.kind is NoticeKind.DRAFT:
        return
    if not case.is_on_trade and (
        case.categories or not lexicon.get_pattern("review.trade-words").search(text.folded_text)
    ):
        return
    reader = load()
    probability = reader.estimate(text.folded_text)
    if probability >= reader.threshold:
        sentences = [sentence.words for sentence in text.sentences if sentence.start < BODY_LENGTH]
        start = text.sentences[reader.find_telling_sentence(sentences)].start
        rules = "read it as a report" if case.reports_change else "found no change of the rules"
        yield ReviewReason(
            reason=f"A second reader, trained on {reader.texts} labelled texts, takes it for an instrument "
            f"with a probability of {min(probability, 0.99):.2f}; the rules {rules}.",
            quote=text.quote_around(start, start),
            rule="review.second-reader",
        )


def question_picture(notice: Notice, text: str) -> Notice:
    """Return a notice whose text was recognised in a picture: a question to a person, and never law.

    A figure may be wrong, so the number identifies nothing, and no other notice is acted on.
    """
    unsure = replace(notice, number=None, follows=(), relations=(), is_change=False)
    if not (notice.is_change or notice.reports_change or notice.review):
        return unsure
    reason = ReviewReason(
        reason="Its text was read from a picture; a person must check every word and figure.",
        quote=next((line for line in text.split("\n") if line.strip()), ""),
        rule="review.picture",
    )
    found = tuple(category.id for category in notice.categories)
    return replace(
        unsure,
        review=(reason, *notice.review),
        possible_categories=tuple(dict.fromkeys((*notice.possible_categories, *found))),
        grounds=(
            *notice.grounds,
            Ground(about="review", value=reason.reason, rule=reason.rule, quote=reason.quote),
        ),
    )


def list_possible_categories(categories: Iterable[Category]) -> tuple[str, ...]:
    """Return the ids of the categories that a text to be reviewed may touch."""
    return tuple(category.id for category in categories if category.change)


def _quote_subject(case: ReviewInputs) -> str:
    """Return the first sentence that speaks of control, else the title."""
    text = case.context.text
    hit = case.context.lexicon.get_pattern("review.control").search(text.folded_text)
    return text.quote_around(hit.start(), hit.end()) if hit else text.quote_around(0, 0)
