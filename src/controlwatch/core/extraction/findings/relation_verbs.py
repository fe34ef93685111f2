"""What the words around a number do to the document that it names."""

from __future__ import annotations

import re
from itertools import pairwise

from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.mentions.numbers import NumberMention
from controlwatch.core.extraction.mentions.terms import is_recital
from controlwatch.core.extraction.text.document_text import DocumentText, Sentence
from controlwatch.core.extraction.text.lexicon import Lexicon, compile_family
from controlwatch.core.model import Verb

VerbMatch = tuple[str, str]  #: what is done (a verb, or "nothing"), and the id of the rule that says so
UNDOING_WORDS = re.compile(r"(?:取消|撤销|解除|停止|终止|恢复|暂停)[^，。；\n]{0,4}$")
DECISION_WORDS = re.compile(r"决定|废止|暂停|修改|调整")
CLAUSE_BREAK = re.compile(r"[，,：:]|\bwhile\b|\band that\b")
EXTENDING_TITLE = re.compile(
    r"延长[^。；\n]{0,60}(?:期限|时间|措施)|\\bextending\\b[^.;\n]{0,60}\\b(?:term|period|suspension)",
    re.IGNORECASE,
)
#: What the words of a whole sentence do to the notices that it names.
SENTENCE_VERBS = (
    ("relation.prevails", Verb.AMENDS),
    ("relation.rate-suspended", Verb.SUSPENDS),
    ("relation.stopped-for-a-term", Verb.SUSPENDS),
)
#: The number is what decided: 公告2027年第66号|决定，在…前，对第35号暂停实施
DECIDING_NUMBER = re.compile(r"^(?:号|公告|令)?[，,]?(?:决定|明确|规定|宣布|暂停|停止)")
LATER_RECITAL = re.compile(r"^[，；\s]*(?:同年|次年|当年)")  # 同年11月10日起，上述措施暂停一年: the past
LATER_SENTENCES = 8  #: in which a text acts on the notice that it recalled
ROW_GAP = re.compile(r"[\t|]|\S\s{2,}\S")
AMENDED_CELL = re.compile(r"[\t|]\s*(?:修改|修订)\s*$")
CLEAN_UP_ZONE = 300  #: characters below a title in which the act that it promulgates is named
CLEAN_UP_TITLE = re.compile(r"废止|失效|停止执行|\brepeal", re.IGNORECASE)
ACTING_VERBS = frozenset({Verb.SUSPENDS, Verb.RESUMES, Verb.REPEALS, Verb.AMENDS, Verb.EXTENDS})
LIST_ITEM = re.compile(
    r"^[\s|]*(?:[一二三四五六七八九十]{1,3}、|\d{1,2}\s*[.、．)）\t |]|《"
    r"|[（(][一二三四五六七八九十\d]+[)）]|[·•-])"
)
LIST_LEAD = re.compile(r"[:：]\s*$")
LAPSE_WORDS = re.compile(r"届满|到期|期满|\blapse|\bexpire|\bdue to end")
CONTINUATION_WORDS = re.compile(
    r"((?<!不再)(?<!不予)(?<!不)(?:延长|延期|顺延|延续(?!性))|继续暂停)|(恢复(?:实施|执行|施行|适用))"
)
BRACKETED_NAME = re.compile(
    r"（(?:《|以下|关于|公布|对)[^（）\n]*）|(?<=号)（[^（）\n]*）"
    r"|(?:有关|关于)(?:暂停|恢复|废止|延长|停止)[^，。；\n]{0,40}的(?:内容|规定|决定|部分|条款|措施|安排)"
)  # （关于暂停实施有关公告的决定）: a name, not an act


def find_acting_verb(context: ReadingContext, mention: NumberMention, sentence: Sentence) -> VerbMatch | None:
    """Return what an instrument does to another; nothing where it is its basis or recalled."""
    text, lexicon, words = context.text, context.lexicon, sentence.words
    before = text.folded_text[max(0, mention.start - 40) : mention.start]
    if lexicon.get_pattern("relation.implementing").search(before):
        return Verb.IMPLEMENTS, "relation.implementing"
    if is_recalled(context, sentence, mention):
        return _find_later_verb(context, mention, sentence) or match_lapse(text, sentence)
    for pattern, verb in SENTENCE_VERBS:
        if lexicon.get_pattern(pattern).search(words):
            return verb, pattern
    if lapsed := match_lapse(text, sentence):
        return lapsed
    match = (
        _match_clean_up_verb(context, mention, sentence)
        or match_clause_verb(context, mention, sentence)
        or _match_list_verb(context, mention, sentence)
    )
    if match is None or _is_legal_basis(text, mention, sentence):
        return None
    if match[0] == Verb.AMENDS and EXTENDING_TITLE.search(text.title):
        match = Verb.EXTENDS, "relation.extending-title"
    elif (
        match[0] == Verb.REPEALS
        and lexicon.get_pattern("relation.for-a-party").search(words)
        and not lexicon.get_pattern("relation.ends-whole").search(words)
    ):
        match = Verb.AMENDS, "relation.for-a-party"
    return match


def _match_clean_up_verb(
    context: ReadingContext, mention: NumberMention, sentence: Sentence
) -> VerbMatch | None:
    """Return the verb of a clean-up for a row of its list, whose words are an old document's name."""
    is_row = ROW_GAP.search(sentence.words) is not None
    opening = context.text.folded_text[: context.text.title_end + CLEAN_UP_ZONE]
    if not is_row or not CLEAN_UP_TITLE.search(opening):
        return None
    if AMENDED_CELL.search(sentence.words):
        return Verb.AMENDS, "relation.clean-up"
    return _match_list_verb(context, mention, sentence) or (Verb.REPEALS, "relation.clean-up")


def _match_list_verb(context: ReadingContext, mention: NumberMention, sentence: Sentence) -> VerbMatch | None:
    """Return the verb of the line that leads a list (下列公告予以废止：), for the first number of a row."""
    text, lexicon = context.text, context.lexicon
    numbers = context.identity.number_mentions
    is_first = not any(sentence.start <= other.start < mention.start for other in numbers)
    if not LIST_ITEM.match(sentence.words) or not is_first:
        return None
    above = reversed(text.sentences[: text.sentences.index(sentence)])
    ends = (s.words for s in above if LIST_LEAD.search(s.words) or not LIST_ITEM.match(s.words))
    opening = text.folded_text[: text.title_end + CLEAN_UP_ZONE]
    lead, is_clean_up = next(ends, ""), CLEAN_UP_TITLE.search(opening) is not None
    match = _match_first_verb(lead, lexicon) if is_clean_up or LIST_LEAD.search(lead) else None
    return match or (_match_first_verb(text.title, lexicon) if is_clean_up else None)


def is_recalled(context: ReadingContext, sentence: Sentence, mention: NumberMention) -> bool:
    """Return whether a sentence, or the clause of a number in it, only says what was done before."""
    lexicon, words = context.lexicon, sentence.words
    before = words[: mention.start - sentence.start]
    is_recalled = lexicon.get_pattern("relation.recalled-number").search(before) is not None
    return is_recalled or is_recital(lexicon, words, context.told_on)


def _find_later_verb(context: ReadingContext, mention: NumberMention, sentence: Sentence) -> VerbMatch | None:
    """Return what a later sentence does to the notice recalled here: 上述公告…, the said Announcement."""
    anaphor, lexicon = context.lexicon.get_pattern("relation.anaphor"), context.lexicon
    own = context.identity.own_number
    numbers = [m for m in context.identity.number_mentions if not own or m.number.key != own.number.key]
    recalled = [m for m in numbers if sentence.start <= m.start < sentence.end]
    behind = context.text.folded_text[mention.end : mention.end + 24]
    if len(recalled) > 1 and not (mention is recalled[0] and DECIDING_NUMBER.match(behind)):
        return None
    index = context.text.sentences.index(sentence)
    for later in context.text.sentences[index + 1 : index + 1 + LATER_SENTENCES]:
        named = {m.number.key for m in numbers if later.start <= m.start < later.end}
        if named - {m.number.key for m in recalled}:
            continue
        decides = lexicon.get_pattern("relation.present").search(later.words)
        if not (anaphor.search(later.words) or (decides and mention is recalled[0])):
            continue
        if LATER_RECITAL.match(later.words):
            continue
        for pattern, verb in SENTENCE_VERBS:
            if lexicon.get_pattern(pattern).search(later.words):
                return verb, pattern
        if match := _match_first_verb(later.words, lexicon):
            return match if match[0] in ACTING_VERBS else None
    return None


def match_lapse(text: DocumentText, sentence: Sentence) -> VerbMatch | None:
    """Return what follows for a notice whose term ends: the text extends it, or lets it apply again."""
    if not LAPSE_WORDS.search(sentence.words):
        return None
    hit = CONTINUATION_WORDS.search(text.folded_text)
    if hit is None:
        return None
    return (Verb.EXTENDS, "relation.prolonged") if hit[1] else (Verb.RESUMES, "relation.lapsed")


def match_clause_verb(
    context: ReadingContext, mention: NumberMention, sentence: Sentence
) -> VerbMatch | None:
    """Return the verb of the clause with the number, else of the next that has one, else of one before."""
    words = BRACKETED_NAME.sub(lambda hit: " " * len(hit[0]), sentence.words)
    start, end = mention.start - sentence.start, mention.end - sentence.start
    stops = [0, *(stop.end() for stop in CLAUSE_BREAK.finditer(words)), len(words)]
    clauses = list(pairwise(stops))
    own = next((i for i, (left, right) in enumerate(clauses) if left <= start < right), 0)
    last = next((i for i, (left, right) in enumerate(clauses) if left < end <= right), own)
    first = words[clauses[own][0] : clauses[last][1]]
    behind = (words[left:right] for left, right in clauses[last + 1 :])
    ahead = (words[left:right] for left, right in reversed(clauses[:own]))
    for clause in (first, *behind, *ahead):
        if match := _match_first_verb(clause, context.lexicon):
            return match
    return None


def _match_first_verb(words: str, lexicon: Lexicon) -> VerbMatch | None:
    rules = (rule for rule, pattern in compile_family(lexicon, "relation") if pattern.search(words))
    return next(((rule.of, rule.id) for rule in rules), None)


def _is_legal_basis(text: DocumentText, mention: NumberMention, sentence: Sentence) -> bool:
    """Return whether the number is in the clause that gives the legal basis, before anything is decided."""
    before = text.folded_text[sentence.start : mention.start]
    hit = re.search(
        r"根据|依据|依照|按照|\b(?:in accordance with|pursuant to|under)\b", before, re.IGNORECASE
    )
    # 取消根据第21号公告采取的措施: the basis of what is undone, not of this notice.
    if hit is None or UNDOING_WORDS.search(before[: hit.start()]):
        return False
    basis = re.sub(r"《[^》]*》|（[^）]*）", "", before[hit.end() :])
    return not DECISION_WORDS.search(basis) and not re.search(r"[，；]|, ", basis)
