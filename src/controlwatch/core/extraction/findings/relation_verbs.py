"""What the words around a number do to the document that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from controlwatch.core.extraction.findings.later_verbs import find_later_verb
from controlwatch.core.extraction.findings.verb_words import (
    ACTING_VERBS,
    VerbMatch,
    limit_to_party,
    match_first_verb,
    match_sentence_verb,
)
from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.mentions.numbers import NumberMention
from controlwatch.core.extraction.mentions.terms import is_recital
from controlwatch.core.extraction.text.document_text import DocumentText, Sentence
from controlwatch.core.extraction.text.lexicon import NO_CONCLUSION, Lexicon
from controlwatch.core.model import Verb

#: No clause ends within an English date or a time of day: June 1, 2028; 00:00.
CLAUSE_BREAK = re.compile(
    r"[，：]|,(?! 20\d\d\b)|:(?!\d\d)|;\s|\bwhile\b|\band that\b"
    r"|\band (?=the (?:implementation|suspension|measures|prohibition)\b)"
    r"|\band (?=(?:MOFCOM |GACC )?(?:Announcement|Order|Notice) No\.)"
)
REST_REACH = 40  #: characters behind a sentence that say what else goes on
RATE_REACH = 240  #: characters behind a sentence in which the rate that it adjusts is suspended
ACT_CELL = 16  #: characters of a cell that says what is done
ROW_GAP = re.compile(r"[\t|]|\S\s{2,}\S|\s/\s")
CELL_GAP = re.compile(r"[\t|]|\s{2,}|\s/\s")
CLEAN_UP_ZONE = 300  #: characters below a title in which the act that it promulgates is named
QUOTED_NAME = re.compile(r"《[^《》\n]*》")
#: Of a sentence that names a notice, and leaves what is done to it to a later one.
LEADING_PATTERNS = ("relation.decided-below", "relation.rule-so-far")
LIST_LEAD = re.compile(r"[:：]\s*$")
#: Characters beside a number within which words say that it recites; a sentence may name hundreds.
RECITAL_REACH = 200


def find_acting_verb(context: ReadingContext, mention: NumberMention, sentence: Sentence) -> VerbMatch | None:
    """Return what an instrument does to another; nothing where it is its basis or recalled."""
    text, lexicon = context.text, context.lexicon
    if beside := _match_words_beside(context, mention):
        return beside
    is_told = is_recalled(context, sentence, mention) or _tells_of_another(context, sentence, mention)
    if is_told:
        return _find_verb_of_recalled(context, mention, sentence)
    whole = match_sentence_verb(sentence.words, lexicon) or match_lapse(text, sentence, lexicon)
    if whole is not None:
        return whole
    match = (
        _match_heading_verb(context, sentence)
        or _match_clean_up_verb(context, mention, sentence)
        or match_clause_verb(context, mention, sentence)
        or _match_list_verb(context, mention, sentence)
    )
    if match is None:
        is_lead = any(lexicon.get_pattern(name).search(sentence.words) for name in LEADING_PATTERNS)
        is_lead = is_lead or _is_taken_up(context, mention, sentence)
        later = find_later_verb(context, mention, sentence) if is_lead else None
        return later or _match_delisted(context, sentence)
    if _is_legal_basis(text, mention, sentence, lexicon):
        return None
    if match[0] == Verb.AMENDS and lexicon.get_pattern("relation.extending-title").search(text.title):
        match = Verb.EXTENDS, "relation.extending-title"
    if match[0] == Verb.EXTENDS and lexicon.get_pattern("relation.stays-suspended").match(sentence.words):
        match = Verb.SUSPENDS, "relation.stays-suspended"
    if match[0] == Verb.AMENDS and _is_rate_suspended_below(text, sentence, lexicon):
        match = Verb.SUSPENDS, "relation.rate-suspended"
    is_open = sentence.words.rstrip().endswith(("；", ";"))  # ；对其余4家，维持原措施不变
    following = text.folded_text[sentence.end : sentence.end + REST_REACH] if is_open else ""
    return limit_to_party(match, f"{sentence.words}{following}", lexicon)


def _is_taken_up(context: ReadingContext, mention: NumberMention, sentence: Sentence) -> bool:
    """Return whether the next sentence decides on all the notices that this one names."""
    get_pattern, sentences = context.lexicon.get_pattern, context.text.sentences
    following = sentences[sentences.index(sentence) + 1 :][:1]
    if _is_legal_basis(context.text, mention, sentence, context.lexicon):
        return False
    return any(
        get_pattern("relation.all-of-them").search(later.words)
        and get_pattern("relation.present").search(later.words)
        for later in following
    )


def _is_rate_suspended_below(text: DocumentText, sentence: Sentence, lexicon: Lexicon) -> bool:
    """Return whether a sentence adjusts additional duties, and the next ones suspend a part of their rate."""
    below = text.folded_text[sentence.end : sentence.end + RATE_REACH]
    is_on_duties = lexicon.get_pattern("relation.duties").search(sentence.words) is not None
    return is_on_duties and lexicon.get_pattern("relation.rate-suspended").search(below) is not None


def _match_words_beside(context: ReadingContext, mention: NumberMention) -> VerbMatch | None:
    """Return what the words right beside a number do: it is carried out, or what it had put to rest ends."""
    folded, get_pattern = context.text.folded_text, context.lexicon.get_pattern
    before, behind = (
        folded[max(0, mention.start - 40) : mention.start],
        folded[mention.end : mention.end + 24],
    )
    if get_pattern("relation.implementing").search(before):
        return Verb.IMPLEMENTS, "relation.implementing"
    sentence = context.text.find_sentence(mention.start)
    if _is_in_description(context, mention, sentence):
        return NO_CONCLUSION, "relation.described"
    is_basis = get_pattern("relation.basis-right-before").search(before) and behind.startswith("，")
    if is_basis and get_pattern("relation.carried-out-behind").match(folded[mention.end : sentence.end]):
        return Verb.IMPLEMENTS, "relation.carried-out"
    if is_basis and _names_another(context, mention, sentence):  # what follows is said of the other one
        return NO_CONCLUSION, "relation.basis"
    ends = get_pattern("relation.ending-before").search(before)
    if get_pattern("relation.suspender-ends-behind").match(behind) or (
        ends and get_pattern("relation.suspender-behind").match(behind)
    ):
        return Verb.REPEALS, "relation.suspender-ends"
    return None


def find_reciting_number(context: ReadingContext, sentence: Sentence) -> NumberMention | None:
    """Return the number of the older notice whose act a sentence recites, or by which something rests.

    第58号公告决定，暂停执行第44号公告 · 第55号已由第70号公告暂停实施
    """
    known = context.reciting_numbers  # asked for each of the numbers of a sentence
    if sentence not in known:
        known[sentence] = _search_reciting_number(context, sentence)
    return known[sentence]


def _search_reciting_number(context: ReadingContext, sentence: Sentence) -> NumberMention | None:
    get_pattern, own = context.lexicon.get_pattern, context.identity.own_number
    told = blank_descriptions(sentence.words, context.lexicon)
    for mention in context.identity.number_mentions:
        if not sentence.start <= mention.start < sentence.end or (
            own and mention.number.key == own.number.key
        ):
            continue
        start, end = mention.start - sentence.start, mention.end - sentence.start
        before, behind = told[max(0, start - RECITAL_REACH) : start], told[end : end + RECITAL_REACH]
        if get_pattern("relation.through-before").match(sentence.words[:start]):
            return mention
        if get_pattern("relation.stopped-before").search(before):
            continue  # 暂停第21号公告将10家实体列入清单的措施: it is acted on, whatever it says
        is_issued = get_pattern("relation.issued-right-before").search(before)
        deciding = get_pattern("relation.reciting-issued" if is_issued else "relation.reciting-number")
        names = ("relation.suspended-by", "relation.listed-by")
        if deciding.match(behind) or any(get_pattern(name).search(before) for name in names):
            return mention
    return None


def _is_in_description(context: ReadingContext, mention: NumberMention, sentence: Sentence) -> bool:
    """Return whether a number only says by what the notice named before it was put to rest or changed."""
    get_pattern, at = context.lexicon.get_pattern, mention.start - sentence.start
    clauses = get_pattern("relation.relative-clause").finditer(sentence.words)
    return any(
        hit.start() < at < hit.end()
        and get_pattern("relation.changed-by").match(hit[0]) is not None
        and any(
            sentence.start <= other.start < sentence.start + hit.start()
            for other in context.identity.number_mentions
        )
        for hit in clauses
    )


def blank_descriptions(words: str, lexicon: Lexicon) -> str:
    """Return words with the clauses blanked that only describe the notice before them, and name no other."""
    return lexicon.get_pattern("relation.relative-clause").sub(
        lambda hit: hit[0] if "No." in hit[0] else " " * len(hit[0]), words
    )


def _find_verb_of_recalled(
    context: ReadingContext, mention: NumberMention, sentence: Sentence
) -> VerbMatch | None:
    """Return what is done to a notice that a sentence recalls: there, in a later one, as its term ends."""
    if decided := _find_decided_verb(sentence.words[mention.end - sentence.start :], context.lexicon):
        return decided
    get_pattern = context.lexicon.get_pattern
    behind = sentence.words[mention.end - sentence.start :]
    if get_pattern("relation.suspension-prolonged-behind").match(behind):
        return Verb.EXTENDS, "relation.prolonged"
    if get_pattern("relation.suspended-for-a-term").search(behind) and get_pattern(
        "relation.suspension-goes-on"
    ).search(context.text.folded_text):
        return Verb.EXTENDS, "relation.prolonged"
    lapse = match_lapse(context.text, sentence, context.lexicon)
    verb = find_later_verb(context, mention, sentence) or lapse or _match_delisted(context, sentence)
    is_suspender = lapse is not None or find_reciting_number(context, sentence) is mention
    if verb and verb[0] == Verb.RESUMES and is_suspender and _names_another(context, mention, sentence):
        verb = None  # what applies again is the other one, which this one had suspended
    is_prolonged = context.lexicon.get_pattern("relation.extending-title").search(context.text.title)
    if verb is None and is_prolonged and find_reciting_number(context, sentence) is mention:
        rests = context.lexicon.get_pattern("relation.rests").search(sentence.words)
        return (Verb.EXTENDS, "relation.extending-title") if rests else None
    return verb


def _match_delisted(context: ReadingContext, sentence: Sentence) -> VerbMatch | None:
    """Return that a notice by which parties had been listed is changed, where the text above delists them."""
    get_pattern = context.lexicon.get_pattern
    above = context.text.folded_text[: sentence.start]
    is_listing = get_pattern("relation.listing").search(sentence.words)
    is_of_those = is_listing and get_pattern("relation.anaphor-of-parties").search(sentence.words)
    delists = is_of_those and get_pattern("relation.delisting").search(above)
    return (Verb.AMENDS, "relation.delisted") if delists else None


def _find_decided_verb(behind: str, lexicon: Lexicon) -> VerbMatch | None:
    """Return what a sentence that recalls a notice then decides on it: …列入清单，现将其移出."""
    decision = lexicon.get_pattern("relation.now-decides").search(behind)
    match = match_first_verb(behind[decision.end() :], lexicon) if decision else None
    return limit_to_party(match, behind, lexicon) if match and match[0] in ACTING_VERBS else None


def _names_another(context: ReadingContext, mention: NumberMention, sentence: Sentence) -> bool:
    """Return whether a sentence names a further number behind one."""
    others = (m for m in context.identity.number_mentions if m.number.key != mention.number.key)
    return any(mention.end <= other.start < sentence.end for other in others)


def _tells_of_another(context: ReadingContext, sentence: Sentence, mention: NumberMention) -> bool:
    """Return whether a sentence recites what an older notice decided, up to this number or behind it."""
    reciting = find_reciting_number(context, sentence)
    return reciting is not None and reciting.start <= mention.start


def _match_heading_verb(context: ReadingContext, sentence: Sentence) -> VerbMatch | None:
    """Return the verb of the heading of a list, for a row below it: 表一 废止."""
    get_pattern = context.lexicon.get_pattern
    item, heads = get_pattern("relation.list-item"), get_pattern("relation.act-heading")
    if not item.match(sentence.words):
        return None
    above = reversed(context.text.sentences[: context.text.sentences.index(sentence)])
    lead = next((s.words for s in above if not item.match(s.words)), "")
    return match_first_verb(lead, context.lexicon) if heads.fullmatch(lead) else None


def _match_clean_up_verb(
    context: ReadingContext, mention: NumberMention, sentence: Sentence
) -> VerbMatch | None:
    """Return the verb of a clean-up for a row of its list, whose words are an old document's name."""
    is_row = ROW_GAP.search(sentence.words) is not None
    behind = CELL_GAP.split(sentence.words[mention.end - sentence.start :])
    if is_row and any(context.lexicon.get_pattern("relation.part-cell").search(cell) for cell in behind[1:]):
        return Verb.AMENDS, "relation.part-cell"
    acts = (match_first_verb(cell, context.lexicon) for cell in behind[1:] if _is_act(cell, context.lexicon))
    if is_row and (told := next(filter(None, acts), None)):
        return told
    opening = context.text.folded_text[: context.text.title_end + CLEAN_UP_ZONE]
    if not is_row or not context.lexicon.get_pattern("relation.clean-up-title").search(opening):
        return None
    if context.lexicon.get_pattern("relation.amended-cell").search(sentence.words):
        return Verb.AMENDS, "relation.clean-up"
    return _match_list_verb(context, mention, sentence) or (Verb.REPEALS, "relation.clean-up")


def _is_act(cell: str, lexicon: Lexicon) -> bool:
    """Return whether a cell says what is done, as opposed to the name of a document or a remark."""
    is_short = len(cell.strip()) <= ACT_CELL and lexicon.get_pattern("relation.act-cell").match(cell)
    return bool(is_short) and not lexicon.get_pattern("relation.name-cell").search(cell)


def _match_list_verb(context: ReadingContext, mention: NumberMention, sentence: Sentence) -> VerbMatch | None:
    """Return the verb of the line that leads a list (下列公告予以废止：), for the first number of a row."""
    text, lexicon = context.text, context.lexicon
    numbers = context.identity.number_mentions
    is_first = not any(sentence.start <= other.start < mention.start for other in numbers)
    item = lexicon.get_pattern("relation.list-item")
    if not item.match(sentence.words) or not is_first:
        return None
    above = reversed(text.sentences[: text.sentences.index(sentence)])
    lead = next((s.words for s in above if LIST_LEAD.search(s.words) or not item.match(s.words)), "")
    opening = text.folded_text[: text.title_end + CLEAN_UP_ZONE]
    is_clean_up = lexicon.get_pattern("relation.clean-up-title").search(opening) is not None
    match = match_first_verb(lead, lexicon) if is_clean_up or LIST_LEAD.search(lead) else None
    return match or (match_first_verb(text.title, lexicon) if is_clean_up else None)


def is_recalled(context: ReadingContext, sentence: Sentence, mention: NumberMention) -> bool:
    """Return whether a sentence, or the clause of a number in it, only says what was done before."""
    lexicon, words = context.lexicon, sentence.words
    before = QUOTED_NAME.sub("《》", words[: mention.start - sentence.start])
    is_recalled = lexicon.get_pattern("relation.recalled-number").search(before) is not None
    return is_recalled or is_recital(lexicon, words, context.news_day)


def find_further_verbs(
    context: ReadingContext, mention: NumberMention
) -> Iterator[tuple[VerbMatch, Sentence]]:
    """Yield what later sentences also do to the only older notice that a text names, with those sentences.

    A text on listed parties can suspend the measures against some and take others off the list.
    """
    lexicon, own = context.lexicon, context.identity.own_number
    numbers = [m for m in context.identity.number_mentions if not own or m.number.key != own.number.key]
    if {m.number.key for m in numbers} - _list_bystanders(context) - {mention.number.key}:
        return
    for sentence in context.text.sentences:
        is_later = sentence.start > mention.end or sentence.start <= mention.start < sentence.end
        if not is_later or not lexicon.get_pattern("relation.same-notice").search(sentence.words):
            continue
        if lexicon.get_pattern("direction.permission").search(sentence.words):
            continue
        match = match_first_verb(sentence.words, lexicon)
        match = match and limit_to_party(match, sentence.words, lexicon)
        if match and match[0] in {Verb.SUSPENDS, Verb.AMENDS}:
            yield match, sentence


def _list_bystanders(context: ReadingContext) -> set[str]:
    """Return the keys of the numbers that go on as they are, and of those that suspended another."""
    lexicon = context.lexicon
    found: set[str] = set()
    for mention in context.identity.number_mentions:
        sentence = context.text.find_sentence(mention.start)
        if lexicon.get_pattern("relation.goes-on").search(sentence.words):
            found.add(mention.number.key)
        elif lexicon.get_pattern("relation.rests").search(sentence.words):
            reciting = find_reciting_number(context, sentence)
            found |= {reciting.number.key} if reciting else set()
    return found


def match_lapse(text: DocumentText, sentence: Sentence, lexicon: Lexicon) -> VerbMatch | None:
    """Return what follows for a notice whose term ends: the text extends it, or lets it apply again."""
    if not lexicon.get_pattern("relation.lapse").search(sentence.words):
        return None
    get_pattern = lexicon.get_pattern
    if get_pattern("relation.not-continued").search(sentence.words):
        return Verb.RESUMES, "relation.lapsed"
    hit = get_pattern("relation.continuation").search(text.folded_text)
    if hit is None:
        return None
    return (Verb.EXTENDS, "relation.prolonged") if hit[1] else (Verb.RESUMES, "relation.lapsed")


def match_clause_verb(
    context: ReadingContext, mention: NumberMention, sentence: Sentence
) -> VerbMatch | None:
    """Return the verb of the clause with the number, else of the next that has one, else of one before."""
    words = sentence.words
    for aside in ("relation.bracketed-name", "relation.relative-clause", "date.aside"):
        words = context.lexicon.get_pattern(aside).sub(lambda hit: " " * len(hit[0]), words)
    start, end = mention.start - sentence.start, mention.end - sentence.start
    stops = [0, *(stop.end() for stop in CLAUSE_BREAK.finditer(words)), len(words)]
    clauses = list(pairwise(stops))
    own = next((i for i, (left, right) in enumerate(clauses) if left <= start < right), 0)
    last = next((i for i, (left, right) in enumerate(clauses) if left < end <= right), own)
    first = words[clauses[own][0] : clauses[last][1]]
    behind = (words[left:right] for left, right in clauses[last + 1 :])
    before = [words[left:right] for left, right in reversed(clauses[:own])]
    found = (first, *behind, *before)
    # The name of a notice says what that notice did: 废止《关于暂停实施…的公告》.
    unnamed = (QUOTED_NAME.sub("", clause) for clause in found)
    matches = (match_first_verb(clause, context.lexicon) for clause in (*unnamed, *found))
    match = next(filter(None, matches), None)
    only_named = context.lexicon.get_pattern("relation.suspension-only-named")
    if match and match[0] == Verb.SUSPENDS and only_named.match(first):
        # it is decided to extend by 90 days, effective 30 September, the suspension announced in No. 15
        leading = (match_first_verb(clause, context.lexicon) for clause in before)
        return next((verb for verb in leading if verb and verb[0] in {Verb.EXTENDS, Verb.RESUMES}), match)
    return match


def _is_legal_basis(text: DocumentText, mention: NumberMention, sentence: Sentence, lexicon: Lexicon) -> bool:
    """Return whether the number is in the clause that gives the legal basis, before anything is decided."""
    get_pattern = lexicon.get_pattern
    before = text.folded_text[sentence.start : mention.start]
    hit = get_pattern("relation.basis").search(before)
    # 取消根据第21号公告采取的措施: the basis of what is undone, not of this notice.
    if hit is None or get_pattern("relation.undoing-before").search(before[: hit.start()]):
        return False
    basis = re.sub(r"《[^》]*》|（[^）]*）", "", before[hit.end() :])
    return not get_pattern("relation.decision").search(basis) and not re.search(r"[，；]|, ", basis)
