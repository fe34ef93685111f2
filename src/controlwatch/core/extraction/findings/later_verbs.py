"""What later sentences do to a notice that an earlier one recalls."""

from __future__ import annotations

from controlwatch.core.extraction.findings.verb_words import (
    ACTING_VERBS,
    VerbMatch,
    limit_to_party,
    match_first_verb,
    match_sentence_verb,
)
from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.mentions.numbers import NumberMention
from controlwatch.core.extraction.text.document_text import Sentence
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import parse_numeral
from controlwatch.core.model import Verb

LATER_SENTENCES = 8  #: in which a text acts on the notice that it recalled
DECIDING_REACH = 72  #: characters behind a number, with the days of its act, that say what it decided
COUNTS_IN_ENGLISH = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6}


def find_later_verb(context: ReadingContext, mention: NumberMention, sentence: Sentence) -> VerbMatch | None:
    """Return what a later sentence does to the notice recalled here: 上述公告…, the said Announcement."""
    lexicon, own = context.lexicon, context.identity.own_number
    numbers = [m for m in context.identity.number_mentions if not own or m.number.key != own.number.key]
    recalled = [m for m in numbers if sentence.start <= m.start < sentence.end]
    is_first, acts = mention is recalled[0], _acts_itself(context, mention, sentence)
    is_suspender = acts and lexicon.get_pattern("relation.rests").search(sentence.words)
    index = context.text.sentences.index(sentence)
    for later in context.text.sentences[index + 1 : index + 1 + LATER_SENTENCES]:
        named = {m.number.key for m in numbers if later.start <= m.start < later.end}
        if mention.number.key in named:  # what is done to it there is read at that place
            return None
        is_meant = len(recalled) < 2 or (is_first and acts) or _means_all(later.words, len(recalled), lexicon)
        others = named - {m.number.key for m in recalled}
        if others or not is_meant or not _takes_up(context, sentence, later, is_first=is_first and not named):
            continue
        words = lexicon.get_pattern("relation.reason").sub("", later.words)
        if whole := match_sentence_verb(words, lexicon):
            return whole
        match = match_first_verb(words, lexicon)
        if match and match[0] == Verb.SUSPENDS and is_suspender:
            continue  # it speaks of what that notice had put to rest
        if match:
            return limit_to_party(match, later.words, lexicon) if match[0] in ACTING_VERBS else None
    return None


def _acts_itself(context: ReadingContext, mention: NumberMention, sentence: Sentence) -> bool:
    """Return whether a number is that of the notice whose act its sentence tells: By Announcement No. 5."""
    get_pattern = context.lexicon.get_pattern
    opening = sentence.words[: mention.start - sentence.start]
    behind = context.text.folded_text[mention.end : mention.end + DECIDING_REACH]
    opens = get_pattern("relation.through-before").match(opening) is not None
    return opens or get_pattern("relation.deciding-number").match(behind) is not None


def _takes_up(context: ReadingContext, sentence: Sentence, later: Sentence, *, is_first: bool) -> bool:
    """Return whether a later sentence decides on what a sentence recalls.

    `is_first` is said of a notice that is the first it names, and of which no number stands between.
    """
    get_pattern = context.lexicon.get_pattern
    if get_pattern("relation.later-recital").match(later.words):
        return False
    is_led = get_pattern("relation.decided-below").search(sentence.words) is not None
    decides = is_led or get_pattern("relation.present").search(later.words) is not None
    return (decides and is_first) or _refers_back(sentence.words, later.words, context.lexicon)


def _means_all(words: str, count: int, lexicon: Lexicon) -> bool:
    """Return whether a sentence means all of several notices named before: 上述两个公告, both documents."""
    hit = lexicon.get_pattern("relation.all-of-them").search(words)
    if hit is None:
        return False
    counted = hit["count"] or hit["counted"]
    told = parse_numeral(counted) or COUNTS_IN_ENGLISH.get(counted.lower()) if counted else None
    return told is None or told == count


def _refers_back(recalled: str, words: str, lexicon: Lexicon) -> bool:
    """Return whether a sentence means what was recalled before: the notice, its measures, who was listed."""
    if lexicon.get_pattern("relation.anaphor").search(words):
        return True
    listing, delisting = lexicon.get_pattern("relation.listing"), lexicon.get_pattern("relation.delisting")
    return listing.search(recalled) is not None and delisting.search(words) is not None
