"""How a notice acts on others: it suspends, resumes, repeals, amends, extends, clarifies or reports them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.identity.kind import INSTRUMENT_KINDS, REPORT_KINDS
from controlwatch.core.extraction.mentions.numbers import NumberMention
from controlwatch.core.extraction.mentions.terms import is_recital
from controlwatch.core.extraction.text.document_text import DocumentText, Sentence
from controlwatch.core.extraction.text.lexicon import NO_CONCLUSION, Lexicon, compile_family
from controlwatch.core.model import NoticeKind, Relation, Verb

VerbMatch = tuple[str, str]  #: what is done (a verb, or "nothing"), and the id of the rule that says so

UNDOING_WORDS = re.compile(r"(?:取消|撤销|解除|停止|终止|恢复|暂停)[^，。；\n]{0,4}$")
DECISION_WORDS = re.compile(r"决定|废止|暂停|修改|调整")
REPORTED_SUBJECT = re.compile(
    r"^\s*(?:[：:]|，?(?:对|将|决定|明确|规定(?!的))|\s*(?:suspends|repeals|resumes|extends|amends|adds|concerns|lists)\b)"
)  # 第72号公告：…
#: The number is what something is done to: 暂停实施|2027年第56号公告对…的管制
OBJECT_OF_ACT = re.compile(r"(?:暂停|恢复|废止|停止|终止|延长|修改|取消)(?:实施|执行|施行|适用|了)?\s*$")
ISSUING_WORDS = re.compile(
    r"(?:发布|公布|印发)(?!的)|\b(?:issued|released|published)\b"
)  # 海关总署|发布第54号公告
ACCORDING_TO = re.compile(r"\b[Aa]ccording to (?:[Aa]nnouncement|[Nn]otice|[Oo]rder)\b")
ISSUING_TITLE = re.compile(
    r"(?:发布|公布|印发)了?《[^《》\n]{2,70}》\s*[（(]\s*$"
)  # 发布《…方案》（|税委会公告…
_FIGURE = r"[一二三四五六七八九十\d]+"
_PLACE = rf"第{_FIGURE}[条款项](?:第{_FIGURE}[款项])?(?:第?[（(]{_FIGURE}[）)]项?)?"
CHINESE_CLAUSE = re.compile(
    rf"^[号公告令）)\s]*(?:（?《[^》\n]{{1,80}}》）?)?(?:（[^）\n]{{0,40}}）)?\s*(?:中|的)?(?:所附)?(附件{_FIGURE}?(?={_PLACE})|)((?:{_PLACE}|附件{_FIGURE})(?:(?:、|和|及|与|以及){_PLACE})*)"
)  # …公告第二款 · …公告第一条、第二条
ENGLISH_CLAUSE = re.compile(
    r"\b((?:first|second|third|fourth|\d+(?:st|nd|rd|th)) (?:clause|paragraph|article|section)"
    r"|(?:paragraph|clause|section|item|article)s? \d+(?:(?:,| and|, and) \d+)*(?: of Article \w+)?) of\s*$",
    re.IGNORECASE,
)
CLAUSE_BREAK = re.compile(r"[，,：:]|\bwhile\b|\band that\b")
_NAME = r"《([^《》\n]{4,60}(?:〈[^〈〉\n]{2,40}〉[^《》\n]{0,20})?)》"
_EDITION = r"(（\d{4}年(?:版|度)?）)?"
REPEAL_BY_TITLE = re.compile(
    rf"{_NAME}{_EDITION}(?:(?:、|和|及|以及)?[^《》。；\n]{{0,30}}《[^《》\n]{{4,60}}》){{0,12}}[^。；，\n《》【】]{{0,12}}(?:同时废止|届时废止|予以废止|相应废止|废止|停止执行|停止施行)"
)  # 《…办法》同时废止
_CHANGE_WORDS = r"(?:更新|修订|调整|变更|修改|增列|增补|补充|修正)"
UPDATE_BY_TITLE = re.compile(
    rf"{_NAME}[^。；，\n《》]{{0,10}}(?:同步|相应|同时|依|作|予以|进行|据此|一并|分[一二两三]次|将)[^。；，\n《》]{{0,10}}{_CHANGE_WORDS}"
    rf"|对{_NAME}(?:（[^）\n]{{0,80}}）)?[^。；\n《》]{{0,16}}(?:作出|进行|予以|作|的)[^。；，\n《》]{{0,6}}{_CHANGE_WORDS}"
    rf"|(?:增补入|增列入|补充列入|调出|移出|纳入|列入){_NAME}|在{_NAME}[^。；\n《》]{{0,24}}(?:增列|增加|新增|删去|删除)"
    rf"|(?:公布|发布){_NAME}调整内容|关于(?:调整|修订|修改){_NAME}",
)  # 《…清单》同步予以更新 · 对《…目录》作出调整 · 增补入《…目录》
LIST_TITLE = re.compile(r"(?:清单|目录|名单|名录|办法|规定|细则|方案|(?<!办)法|条例)(?:（[^）]*）)?$")
LEGAL_BASIS_TITLE = re.compile(
    r"(?:根据|依据|依照)[^。；\n《]{0,20}《([^《》\n]{4,60})》(?![、和及《])[^。；\n《]{0,200}?制定本(?:条例|规定|办法|细则)"
)  # 根据《…法》…，制定本条例
IMPLEMENTATION_PURPOSE = re.compile(
    r"(?:为|为了)(?:进一步)?(?:落实|贯彻(?:落实)?|执行|实施)[^。；，\n《]{0,12}《([^《》\n]{4,60})》"
)  # 为落实《…条例》第二十四条，制定本办法
IMPLEMENTING_TITLE = re.compile(
    r"实施[《〈]([^《》〈〉\n]{4,60})[》〉]的(?:规定|办法|细则)|[《〈]([^《》〈〉\n]{4,60})[》〉]实施(?:细则|办法)"
)
QUOTED_TITLE = re.compile(r"《([^《》\n]{4,60})》")
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
LATER_SENTENCES = 8  #: in which a text acts on the notice that it recalled
CLEAN_UP_TITLE = re.compile(r"废止|失效|停止执行|\brepeal", re.IGNORECASE)
ACTING_VERBS = frozenset({Verb.SUSPENDS, Verb.RESUMES, Verb.REPEALS, Verb.AMENDS, Verb.EXTENDS})
LIST_ITEM = re.compile(r"^[\s|]*(?:\d{1,2}\s*[.、．)）\t |]|《|[（(][一二三四五六七八九十\d]+[)）]|[·•-])")
LIST_LEAD = re.compile(r"[:：]\s*$")
LAPSE_WORDS = re.compile(r"届满|到期|期满|\blapse|\bexpire|\bdue to end")
CONTINUATION_WORDS = re.compile(
    r"((?<!不再)(?<!不予)(?<!不)(?:延长|延期|顺延|延续(?!性)))|(恢复(?:实施|执行|施行|适用))"
)
BRACKETED_ALIAS = r"(?:（[^）\n]{0,40}）)?"
BRACKETED_NAME = re.compile(
    r"（(?:《|以下|关于|公布|对)[^（）\n]*）"
    r"|(?:有关|关于)(?:暂停|恢复|废止|延长|停止)[^，。；\n]{0,40}的(?:内容|规定|决定|部分|条款|措施|安排)"
)  # （关于暂停实施有关公告的决定）: a name, not an act
ACTING_REACH = 60  #: characters between the number that acts and the one acted on
ACTING_NUMBER = re.compile(
    rf"^(?:号|公告|令)?[)）]?{BRACKETED_ALIAS}\s*(?:已|现|将|决定)?(?:暂停|恢复|废止|修改|调整|延长)(?:实施|执行|施行|适用|了)?\s*$"
)  # 第72号公告|暂停实施|第46号公告: the first does it to the second
#: The number is part of another document's name: 第57号（《关于暂停第38号部分条款的公告》）.
NUMBER_IN_NAME = re.compile(r"号(?:公告|令)?\s*（(?:《|关于)[^《》（）\n]{0,80}$")
#: The bracket only says where a list was published: 《…目录》（2023年第57号公告公布）.
LIST_ORIGIN = re.compile(r"《[^《》\n]{4,60}》（[^（）\n]{0,80}$")
PUBLISHING_NUMBER = re.compile(r"^[^（）\n]{0,40}(?:公布|发布|调整）|调整，|修订)")
FIRST_PUBLISHING = re.compile(r"^[^（）\n，；]{0,12}(?:公布|发布|印发|附件|[）；，])")
CHANGES_FOLLOW = re.compile(r"(?:如下修改|修改如下|作如下|如下调整)[^。；\n]{0,8}[:：]")
CHANGED_CLAUSE = re.compile(
    rf"^[ ]*(?:[一二三四五六七八九十\d]{{1,3}}[、.．]|（[一二三四五六七八九十\d]{{1,3}}）)[ ]*(?:将|删去"
    rf"|删除|修改"
    rf"|对)?({_PLACE})[^。；\n]{{0,12}}?(?:修改|删|增加|调整|中的|的|。|$)",
    re.MULTILINE,
)  # 一、将第二条第三款修改为：…
NEXT_NUMBER = re.compile(
    r"^[ ]*[一二三四五六七八九十]{1,3}、[^。；\n]{0,20}(?:公告|令)[〔\[（(]?\s*\d{4}", re.MULTILINE
)
CLAUSE_REACH = 4000  #: characters in which the changed clauses follow
ENGLISH_LIST = re.compile(
    r"\b(?:Export Control List of Dual-Use Items"
    r"|Dual-Use Items Export Control List)\b[^.;\n]{0,80}?\b(?:is|are|shall be|has been|will be)\s+"
    r"(?:\w+ly )?(?:updated|amended|adjusted|revised)|\b(?:added to|updates? to"
    r"|entries of) the (?:Export Control List of Dual-Use Items|Dual-Use Items Export Control List)",
    re.IGNORECASE,
)  # The Export Control List of Dual-Use Items shall be updated simultaneously
MASTER_LIST = "两用物项出口管制清单"


def find_relations(context: ReadingContext, *, is_operative: bool) -> tuple[Relation, ...]:
    """Return how a text relates to other documents, one relation for each verb, target and clause.

    `is_operative` means that a spokesperson's answer itself acts, like an instrument.
    """
    text, folded, own = context.text, context.text.folded_text, context.identity.own_number
    mentions = context.identity.number_mentions
    own_key = own.number.key if own is not None else None
    is_acting = is_operative or context.identity.kind in INSTRUMENT_KINDS
    raw: list[Relation] = []
    for i, mention in enumerate(mentions):
        start, end, number = mention.start, mention.end, mention.number
        near = (other.start for other in mentions[i + 1 :] if 0 <= other.start - end <= ACTING_REACH)
        origin = LIST_ORIGIN.search(folded[max(0, start - 160) : start])
        if (
            number.key == own_key
            or any(ACTING_NUMBER.match(folded[end:at]) for at in near)
            or (
                origin
                and PUBLISHING_NUMBER.match(folded[end : end + 60])
                and not (FIRST_PUBLISHING.match(folded[end : end + 60]) and _is_changed_list(context, origin))
            )
            or NUMBER_IN_NAME.search(folded[max(0, start - 100) : start])
        ):
            continue
        is_list = origin and FIRST_PUBLISHING.match(folded[end : end + 60])
        if origin and is_list and is_acting and _is_changed_list(context, origin):
            verb, rule = Verb.AMENDS, "relation.list"
        else:
            verb, rule = _find_verb(context, mention, is_acting=is_acting) or (NO_CONCLUSION, "")
        for clause in (_find_clauses(text, mention, verb) or (None,)) if verb != NO_CONCLUSION else ():
            quote = text.quote_around(start, end)
            raw.append(
                Relation(verb=Verb(verb), target=number.canonical, quote=quote, clause=clause, rule=rule)
            )
    raw += _find_titled_relations(context)
    claused = {(relation.verb, relation.target) for relation in raw if relation.clause}
    kept: dict[tuple[Verb, str, str | None], Relation] = {}
    for relation in raw:
        if relation.clause or (relation.verb, relation.target) not in claused:
            kept.setdefault((relation.verb, relation.target, relation.clause), relation)
    # A title names in general what the body says exactly: 关于调整…的公告, …暂停实施.
    exact = {relation.target for relation in kept.values() if relation.verb in ACTING_VERBS - {Verb.AMENDS}}
    titled = " ".join(text.title.split())
    kept = {
        key: relation
        for key, relation in kept.items()
        if relation.verb != Verb.AMENDS or relation.target not in exact or relation.quote not in titled
    }
    # A target that is acted on is not only reported or explained.
    weak = {Verb.REPORTS, Verb.CLARIFIES}
    acted_on = {relation.target for relation in kept.values() if relation.verb not in weak}
    return tuple(r for r in kept.values() if r.verb not in weak or r.target not in acted_on)


def _is_changed_list(context: ReadingContext, origin: re.Match[str]) -> bool:
    """Return whether the list whose number a bracket gives is changed by this text."""
    listed = origin[0].partition("》")[0].lstrip("《")
    changed = UPDATE_BY_TITLE.finditer(context.text.folded_text)
    return any(listed == name for hit in changed for name in hit.groups() if name)


def _find_verb(context: ReadingContext, mention: NumberMention, *, is_acting: bool) -> VerbMatch | None:
    """Return what a text does to a document that it names by number."""
    text, kind = context.text, context.identity.kind
    sentence = text.find_sentence(mention.start)
    if is_acting:
        return _find_acting_verb(context, mention, sentence)
    if kind in {NoticeKind.SPOKESPERSON, NoticeKind.FAQ, NoticeKind.GUIDANCE}:
        # Orders are cited as procedure; announcements and letters are explained.
        is_cited = mention.number.series == "Order" or _is_left_alone(context, sentence)
        return None if is_cited else (Verb.CLARIFIES, "relation.explained")
    if kind not in REPORT_KINDS:
        return None
    # The number is the document reported (发布第54号公告), or one that it acts on, or only recalled.
    if _is_issued(context, mention):
        return None if _is_recalled(context, sentence, mention) else (Verb.REPORTS, "relation.reported")
    if _is_left_alone(context, sentence):
        return None
    if _is_newest(context, mention):
        return Verb.REPORTS, "relation.reported"
    if _is_recalled(context, sentence, mention):
        return None
    match = _match_lapse(text, sentence) or _match_clause_verb(context, mention, sentence)
    return match if match is None or match[0] != Verb.REPORTS else None


def _is_left_alone(context: ReadingContext, sentence: Sentence) -> bool:
    """Return whether a sentence says of the notices in it only that they go on as they are."""
    words, lexicon = sentence.words, context.lexicon
    return lexicon.get_pattern("relation.goes-on").search(words) is not None


def _find_acting_verb(
    context: ReadingContext, mention: NumberMention, sentence: Sentence
) -> VerbMatch | None:
    """Return what an instrument does to another; nothing where it is its basis or recalled."""
    text, lexicon, words = context.text, context.lexicon, sentence.words
    before = text.folded_text[max(0, mention.start - 40) : mention.start]
    if lexicon.get_pattern("relation.implementing").search(before):
        return Verb.IMPLEMENTS, "relation.implementing"
    if _is_recalled(context, sentence, mention):
        return _find_later_verb(context, mention, sentence) or _match_lapse(text, sentence)
    for pattern, verb in SENTENCE_VERBS:
        if lexicon.get_pattern(pattern).search(words):
            return verb, pattern
    if lapsed := _match_lapse(text, sentence):
        return lapsed
    match = (
        _match_clean_up_verb(context, mention, sentence)
        or _match_clause_verb(context, mention, sentence)
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
    """Return the verb of a clean-up for a row of its list, whose words are those of the old document's name."""
    is_row = "\t" in sentence.words or "|" in sentence.words
    if not is_row or not CLEAN_UP_TITLE.search(context.text.title):
        return None
    return _match_list_verb(context, mention, sentence)


def _match_list_verb(context: ReadingContext, mention: NumberMention, sentence: Sentence) -> VerbMatch | None:
    """Return the verb of the line that leads a list (下列公告予以废止：), for the first number of a row."""
    text, lexicon = context.text, context.lexicon
    numbers = context.identity.number_mentions
    is_first = not any(sentence.start <= other.start < mention.start for other in numbers)
    if not LIST_ITEM.match(sentence.words) or not is_first:
        return None
    above = reversed(text.sentences[: text.sentences.index(sentence)])
    ends = (s.words for s in above if LIST_LEAD.search(s.words) or not LIST_ITEM.match(s.words))
    lead, is_clean_up = next(ends, ""), CLEAN_UP_TITLE.search(text.title) is not None
    match = _match_first_verb(lead, lexicon) if is_clean_up or LIST_LEAD.search(lead) else None
    return match or (_match_first_verb(text.title, lexicon) if is_clean_up else None)


def _is_recalled(context: ReadingContext, sentence: Sentence, mention: NumberMention) -> bool:
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
        if not anaphor.search(later.words):
            continue
        for pattern, verb in SENTENCE_VERBS:
            if lexicon.get_pattern(pattern).search(later.words):
                return verb, pattern
        if match := _match_first_verb(later.words, lexicon):
            return match if match[0] in ACTING_VERBS else None
    return None


def _is_issued(context: ReadingContext, mention: NumberMention) -> bool:
    """Return whether a report says of a number that it was issued, or what it decides."""
    text = context.text
    near = text.folded_text[max(0, mention.start - 16) : mention.end]
    return bool(
        ISSUING_WORDS.search(near)
        or ACCORDING_TO.search(near)
        or ISSUING_TITLE.search(text.folded_text[max(0, mention.start - 90) : mention.start])
        or (
            REPORTED_SUBJECT.match(text.folded_text[mention.end : mention.end + 20])
            and not OBJECT_OF_ACT.search(text.folded_text[max(0, mention.start - 12) : mention.start])
        )
    )


def _is_newest(context: ReadingContext, mention: NumberMention) -> bool:
    """Return whether a report names no newer number of the same issuer, and none of a later year."""
    own = mention.number
    series = [
        (m.number.year, m.number.n or 0)
        for m in context.identity.number_mentions
        if m.number.year and not m.number.letter and m.number.issuers[:1] == own.issuers[:1]
    ]
    years = [m.number.year for m in context.identity.number_mentions if m.number.year]
    is_newest = bool(own.year) and own.year == max(years) and (own.year, own.n) == max(series)
    return is_newest or bool(own.letter)


def _match_lapse(text: DocumentText, sentence: Sentence) -> VerbMatch | None:
    """Return what follows for a notice whose term ends: the text extends it, or lets it apply again."""
    if not LAPSE_WORDS.search(sentence.words):
        return None
    hit = CONTINUATION_WORDS.search(text.folded_text)
    if hit is None:
        return None
    return (Verb.EXTENDS, "relation.prolonged") if hit[1] else (Verb.RESUMES, "relation.lapsed")


def _match_clause_verb(
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


def _find_clauses(text: DocumentText, mention: NumberMention, verb: str) -> tuple[str, ...]:
    """Return the clauses of the target that are named behind its number, or in the list that changes them."""
    folded, end = text.folded_text, mention.end
    if behind := CHINESE_CLAUSE.match(folded[end : end + 120]):
        return tuple(re.split(r"、|和|及|与|以及", behind[2]))
    if before := ENGLISH_CLAUSE.search(folded[max(0, mention.start - 40) : mention.start]):
        return (before[1],)
    if verb != Verb.AMENDS or not CHANGES_FOLLOW.search(text.find_sentence(end).words):
        return ()
    following = NEXT_NUMBER.search(folded, end, end + CLAUSE_REACH)
    changed = CHANGED_CLAUSE.finditer(folded, end, following.start() if following else end + CLAUSE_REACH)
    return tuple(dict.fromkeys(hit[1] for hit in changed))


def _find_titled_relations(context: ReadingContext) -> Iterator[Relation]:
    """Yield what happens to documents that are named by title alone."""
    text, folded, kind = context.text, context.text.folded_text, context.identity.kind
    if kind in INSTRUMENT_KINDS:
        made_under = (
            IMPLEMENTING_TITLE.search(text.title)
            or LEGAL_BASIS_TITLE.search(folded)
            or IMPLEMENTATION_PURPOSE.search(folded)
        )
        if made_under:
            name = next(group for group in made_under.groups() if group)
            yield _build_title_relation(text, made_under, name, Verb.IMPLEMENTS)
        for hit in REPEAL_BY_TITLE.finditer(folded):
            # A number in front already names the document: 2024年第67号公告（《…目录》）同时废止.
            start = text.find_sentence(hit.start()).start
            if any(start <= m.start and m.end <= hit.start() for m in context.identity.number_mentions):
                continue
            names = [f"{hit[1]}{hit[2] or ''}", *QUOTED_TITLE.findall(hit[0][len(hit[1]) + 2 :])]
            yield from (_build_title_relation(text, hit, name, Verb.REPEALS) for name in names)
        if english := ENGLISH_LIST.search(folded):
            yield _build_title_relation(text, english, MASTER_LIST, Verb.AMENDS)
    if kind not in INSTRUMENT_KINDS | REPORT_KINDS:
        return
    for hit in UPDATE_BY_TITLE.finditer(folded):
        name = next(group for group in hit.groups() if group)
        title = f"《{re.escape(name)}》"
        # The list is named by its number too, or this very notice publishes it again.
        numbered = rf"{title}[^。；\n]{{0,4}}（[^）\n]{{0,40}}号"
        published = (
            rf"(?:调整后|修订后|更新后|修改后)的{title}|(?:公布|发布|印发)[^《》。\n]{{0,10}}{title}(?!调整|修订)"
            rf"|{title}[^。；\n]{{0,20}}现予(?:以)?公布"
        )
        if LIST_TITLE.search(name) and not re.search(numbered, folded) and not re.search(published, folded):
            yield _build_title_relation(text, hit, name, Verb.AMENDS)


def _build_title_relation(text: DocumentText, hit: re.Match[str], name: str, verb: Verb) -> Relation:
    rule = "relation.made-under" if verb == Verb.IMPLEMENTS else "relation.title"
    target = name.removeprefix("中华人民共和国")
    return Relation(verb=verb, target=target, quote=text.quote_around(hit.start(), hit.end()), rule=rule)
