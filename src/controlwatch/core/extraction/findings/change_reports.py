"""Whether a text that is not an instrument reports or explains one of the Chinese side."""

from __future__ import annotations

from controlwatch.core.extraction.findings.changes import NEAR_TITLE, SHORT_OPENING, ChangeInputs
from controlwatch.core.extraction.mentions.issuers import find_issuers
from controlwatch.core.extraction.mentions.numbers import NumberMention
from controlwatch.core.extraction.mentions.places import opens_with_foreign_state
from controlwatch.core.extraction.mentions.terms import contains_phrase
from controlwatch.core.model import Direction, NoticeKind

ANSWER_REACH = 100  #: characters behind a number in which a spokesperson says that nothing can be said
LEAD = 320  #: characters below a title in which a report says that something is only proposed

#: The titles of a question, of a company's report on its business, and of a meeting.
TITLES_WITHOUT_NEWS = ("change.title-asks", "change.company-report", "kind.meeting-title")


def is_change_report(case: ChangeInputs, direction: Direction) -> bool:
    """Return whether a text that is not an instrument reports or explains one of the Chinese side."""
    text, lexicon, identity = case.context.text, case.context.lexicon, case.context.identity
    if case.category_ids & {"foreign_controls", "enforcement"}:
        return False
    if identity.kind == NoticeKind.SPOKESPERSON:
        return _explains_change(case)
    moves = direction not in {Direction.NEUTRAL, Direction.CLARIFY}
    moves = moves or _tells_of_correction(case) or _tells_of_issue(case)
    if not identity.is_report or not moves or _tells_of_no_change(case):
        return False
    if not any(category.change for category in case.categories):
        # An item that no category names: the number and the words of control must tell.
        has_issuer = any(mention.number.issuers for mention in identity.number_mentions)
        is_moved = any(not signal.weak for signal in case.signals)
        return (has_issuer or _announces_in_headline(case)) and (
            is_moved
            or _tells_of_correction(case)
            or lexicon.get_pattern("change.control").search(text.folded_text) is not None
        )
    return bool(identity.number_mentions) or _tells_of_authority(case)


def _tells_of_correction(case: ChangeInputs) -> bool:
    """Return whether a report says that a numbered notice was corrected, which moves no control."""
    correction = case.context.lexicon.get_pattern("change.correction-told")
    numbers = case.context.identity.number_mentions
    return bool(numbers) and correction.search(case.context.text.folded_text) is not None


def _tells_of_issue(case: ChangeInputs) -> bool:
    """Return whether a report says that a numbered catalogue or set of rules was issued, as its news."""
    context, issued = case.context, case.context.lexicon.get_pattern("change.issue-told")
    return any(
        mention.number.issuers
        and issued.search(sentence.words)
        and not context.is_background(sentence.start)
        and not context.is_beside_news(sentence.words)
        for mention in context.identity.number_mentions
        if (sentence := context.text.find_sentence(mention.start))
    )


def _tells_of_no_change(case: ChangeInputs) -> bool:
    """Return whether a report is on a draft, a rumour, a meeting or another regime, or only asks."""
    text, lexicon = case.context.text, case.context.lexicon
    if any(lexicon.get_pattern(name).search(text.title) for name in TITLES_WITHOUT_NEWS):
        return True
    is_confirmed = lexicon.get_pattern("change.confirmed").search(text.body) is not None
    if lexicon.get_pattern("change.rumour").search(text.title) and not is_confirmed:
        return True
    denied = lexicon.get_pattern("change.no-such-document").search(text.folded_text, text.title_end)
    if denied and denied.start() < text.title_end + LEAD:
        return True
    lead, opening = text.title_end + LEAD, text.title_end + NEAR_TITLE
    for hit in lexicon.get_pattern("change.proposed").finditer(text.folded_text, 0, lead):
        sentence = text.find_sentence(hit.start())
        is_before = lexicon.get_pattern("change.proposed-before").search(sentence.words) is not None
        if not (is_before or case.context.is_background(hit.start())):
            return True
    is_other_regime = any(category.kind == "instrument" for category in case.categories)
    is_watched = any(category.change for category in case.categories)
    invites = lexicon.get_pattern("change.invitation").search(text.folded_text, 0, opening) is not None
    return (is_other_regime and not is_watched) or (invites and not _tells_of_authority(case))


def _explains_change(case: ChangeInputs) -> bool:
    """Return whether a spokesperson explains what was announced, and does not deny it."""
    text, lexicon, identity = case.context.text, case.context.lexicon, case.context.identity
    announced = lexicon.get_pattern("change.announced-question").search(
        text.folded_text[: text.title_end + SHORT_OPENING]
    )
    if announced and not contains_phrase(lexicon, "foreign_act", announced[0]):
        return True
    if lexicon.get_pattern("change.denial").search(text.folded_text):
        return False
    listed = lexicon.get_pattern("change.listing-answer").search(text.title)
    is_own_listing = listed is not None and not contains_phrase(lexicon, "foreign_act", text.title)
    return is_own_listing or any(_is_told_of(case, mention) for mention in identity.number_mentions)


def _is_told_of(case: ChangeInputs, mention: NumberMention) -> bool:
    """Return whether a spokesperson tells of a number that is not old, nor only asked about."""
    context, number = case.context, mention.number
    told = context.identity.publication_day
    is_old = told is not None and number.year is not None and number.year < told.year - 1
    words = context.text.find_sentence(mention.start).words
    names = ("change.asked-whether", "change.issued-long-ago")
    behind = context.text.folded_text[mention.end : mention.end + ANSWER_REACH]
    is_open = context.lexicon.get_pattern("change.no-information").search(behind) is not None
    return not (is_old or is_open or any(context.lexicon.get_pattern(name).search(words) for name in names))


def _announces_in_headline(case: ChangeInputs) -> bool:
    """Return whether the headline itself says that China, or an authority of it, moves a control."""
    title, lexicon = case.context.text.title, case.context.lexicon
    is_moved = any(not s.weak and s.sentence.start < case.context.text.title_end for s in case.signals)
    is_chinese = lexicon.get_pattern("change.china").search(title) or find_issuers(title, lexicon)
    if opens_with_foreign_state(title, lexicon):  # US puts Chinese chip controls on hold
        return False
    return is_moved and bool(is_chinese) and _tells_of_authority(case)


def _tells_of_authority(case: ChangeInputs) -> bool:
    """Return whether a sentence has a Chinese authority announce something, or move a control."""
    lexicon = case.context.lexicon
    moving = {signal.sentence.start for signal in case.signals}
    return any(
        (sentence.start in moving or lexicon.get_pattern("change.published").search(sentence.words))
        and (
            find_issuers(sentence.words, lexicon)
            or lexicon.get_pattern("change.china").search(sentence.words)
        )
        and not contains_phrase(lexicon, "draft", sentence.words)
        and not lexicon.get_pattern("change.supposed").search(sentence.words)
        and not case.context.is_beside_news(sentence.words)
        and not lexicon.get_pattern("change.standing").search(sentence.words)
        for sentence in case.context.text.sentences
    )
