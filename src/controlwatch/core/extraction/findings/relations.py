"""How a notice acts on others: it suspends, resumes, repeals, amends, extends, clarifies or reports them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from controlwatch.core.extraction.identity.kind import INSTRUMENT_KINDS, REPORT_KINDS
from controlwatch.core.extraction.text.document_text import Span
from controlwatch.core.extraction.text.normalize import HAN
from controlwatch.core.extraction.text.rules import NO_CONCLUSION, compile_family
from controlwatch.core.model import DocumentNumber, NoticeKind, Relation, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from controlwatch.core.extraction.mentions.numbers import NumberMention
    from controlwatch.core.extraction.text.document_text import DocumentText
    from controlwatch.core.extraction.text.lexicon import Lexicon

VerbMatch = tuple[str, str]  #: what is done (a verb, or nothing), and the id of the rule that says so

UNDOING_WORDS = re.compile(r"(?:取消|撤销|解除|停止|终止|恢复|暂停)[^，。；\n]{0,4}$")
DECISION_WORDS = re.compile(r"决定|废止|暂停|修改|调整")
REPORTED_SUBJECT = re.compile(
    r"^\s*(?:[：:]|，?(?:对|将|决定|明确|规定(?!的))|\s*(?:suspends|repeals|resumes|extends|amends|adds|concerns|lists)\b)"
)  # 第72号公告：…
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
LIST_ITEM = re.compile(r"^\s*(?:\d{1,2}\s*[.、．)）]|[（(][一二三四五六七八九十\d]+[)）]|[·•-])")
LIST_LEAD = re.compile(r"[:：]\s*$")
LAPSE_WORDS = re.compile(r"届满|到期|期满|\blapse|\bexpire|\bdue to end")
CONTINUATION_WORDS = re.compile(
    r"((?<!不再)(?<!不予)(?<!不)(?:延长|延期|顺延|延续(?!性)))|(恢复(?:实施|执行|施行|适用))"
)
BRACKETED_ALIAS = r"(?:（[^）\n]{0,40}）)?"
BRACKETED_NAME = re.compile(
    r"（(?:《|以下|关于)[^（）\n]*）"
)  # （关于暂停实施有关公告的决定）: a name, no act
ACTING_REACH = 60  #: characters between the number that acts and the one acted on
ACTING_NUMBER = re.compile(
    rf"^(?:号|公告|令)?[)）]?{BRACKETED_ALIAS}\s*(?:已|现|将|决定)?(?:暂停|恢复|废止|修改|调整|延长)(?:实施|执行|施行|适用|了)?\s*$"
)  # 第72号公告|暂停实施|第46号公告: the first does it to the second


def find_relations(
    text: DocumentText,
    lexicon: Lexicon,
    found: Iterable[NumberMention],
    kind: NoticeKind,
    own: DocumentNumber | None,
    *,
    operative: bool,
) -> tuple[Relation, ...]:
    """Return how a text relates to other documents, one relation for each verb and target."""
    mentions = list(found)
    raw = [
        *_find_numbered_relations(text, lexicon, mentions, kind, own, operative=operative),
        *_find_titled_relations(text, mentions, kind),
    ]
    claused = {(relation.verb, relation.target) for relation in raw if relation.clause}
    kept: dict[tuple[Verb, str, str | None], Relation] = {}
    for relation in raw:
        if relation.clause or (relation.verb, relation.target) not in claused:
            kept.setdefault((relation.verb, relation.target, relation.clause), relation)
    strong = {
        relation.target for relation in kept.values() if relation.verb not in {Verb.REPORTS, Verb.CLARIFIES}
    }
    return tuple(
        r for r in kept.values() if r.target not in strong or r.verb not in {Verb.REPORTS, Verb.CLARIFIES}
    )


def _find_numbered_relations(
    text: DocumentText,
    lexicon: Lexicon,
    mentions: list[NumberMention],
    kind: NoticeKind,
    own: DocumentNumber | None,
    *,
    operative: bool,
) -> Iterator[Relation]:
    for i, mention in enumerate(mentions):
        if own is not None and mention.number.key == own.key:
            continue
        if (
            _is_acting_number(text, mention, mentions[i + 1 :])
            or _is_list_origin(text, mention)
            or _is_in_name(text, mention)
        ):
            continue
        verdict = _find_verb(text, lexicon, mention, kind, operative=operative)
        if verdict is not None and verdict[0] != NO_CONCLUSION:
            for clause in _find_clauses(text, mention, verdict[0]) or (None,):
                yield Relation(
                    verb=Verb(verdict[0]),
                    target=mention.number.canonical,
                    quote=text.quote_around(mention.start, mention.end),
                    clause=clause,
                    rule=verdict[1],
                )


NUMBER_IN_NAME = re.compile(r"号(?:公告|令)?\s*（(?:《|关于)[^《》（）\n]{0,80}$")


def _is_in_name(text: DocumentText, mention: NumberMention) -> bool:
    """Tell whether a number stands in the name of another: 第57号（《关于暂停第38号部分条款的公告》）."""
    return NUMBER_IN_NAME.search(text.folded_text[max(0, mention.start - 100) : mention.start]) is not None


LIST_ORIGIN = re.compile(r"《[^《》\n]{4,60}》（[^（）\n]{0,80}$")
PUBLISHING_NUMBER = re.compile(r"^[^（）\n]{0,40}(?:公布|发布|调整）)")


def _is_list_origin(text: DocumentText, mention: NumberMention) -> bool:
    """Tell whether a bracket only says where a list was published: 《…目录》（2023年第57号公告公布）."""
    before = text.folded_text[max(0, mention.start - 160) : mention.start]
    return (
        LIST_ORIGIN.search(before) is not None
        and PUBLISHING_NUMBER.match(text.folded_text[mention.end :][:60]) is not None
    )


def _is_acting_number(text: DocumentText, mention: NumberMention, behind: list[NumberMention]) -> bool:
    """Tell whether a number is the one that acts: 第72号公告暂停实施第46号公告."""
    near = (other for other in behind if 0 <= other.start - mention.end <= ACTING_REACH)
    return any(ACTING_NUMBER.match(text.folded_text[mention.end : other.start]) for other in near)


def _find_verb(
    text: DocumentText, lexicon: Lexicon, mention: NumberMention, kind: NoticeKind, *, operative: bool
) -> VerbMatch | None:
    sentence = text.find_sentence(mention.start)
    if kind in INSTRUMENT_KINDS or operative:
        lapsed = _match_lapse(text, sentence)
        verdict = _match_clause_verb(text, lexicon, mention, sentence) or _match_list_lead(
            text, lexicon, sentence
        )
        return lapsed or (None if verdict and _is_legal_basis(text, mention, sentence) else verdict)
    if kind in {NoticeKind.SPOKESPERSON, NoticeKind.FAQ, NoticeKind.GUIDANCE}:
        # Orders are cited as procedure; what is explained are announcements and letters.
        return None if mention.number.series == "Order" else (Verb.CLARIFIES, "relation.explained")
    if kind in REPORT_KINDS:
        reported = (Verb.REPORTS, "relation.reported")
        if _is_subject(text, mention):
            return reported
        return (
            _match_lapse(text, sentence) or _match_clause_verb(text, lexicon, mention, sentence) or reported
        )
    return None


def _match_lapse(text: DocumentText, sentence: Span) -> VerbMatch | None:
    """Return what follows on a notice whose term ends: the text prolongs it, or lets it apply again."""
    if not LAPSE_WORDS.search(text.get_words(sentence)):
        return None
    hit = CONTINUATION_WORDS.search(text.folded_text)
    if hit is None:
        return None
    return (Verb.EXTENDS, "relation.prolonged") if hit[1] else (Verb.RESUMES, "relation.lapsed")


def _match_list_lead(text: DocumentText, lexicon: Lexicon, sentence: Span) -> VerbMatch | None:
    """Return the verb of the line that leads a list (下列公告予以废止：) for an item of it."""
    if not LIST_ITEM.match(text.get_words(sentence)):
        return None
    spans = text.sentences
    for i in range(spans.index(sentence) - 1, -1, -1):
        words = text.get_words(spans[i])
        if LIST_LEAD.search(words):
            return _match_first_verb(words, lexicon)
        if not LIST_ITEM.match(words):
            return None
    return None


def _is_subject(text: DocumentText, mention: NumberMention) -> bool:
    """Tell whether the number is the document reported, not one it acts on (发布第54号公告)."""
    before = text.folded_text[max(0, mention.start - 16) : mention.end]
    return (
        ISSUING_WORDS.search(before) is not None
        or ACCORDING_TO.search(before) is not None
        or ISSUING_TITLE.search(text.folded_text[max(0, mention.start - 90) : mention.start]) is not None
        or REPORTED_SUBJECT.match(text.folded_text[mention.end : mention.end + 20]) is not None
    )


def _match_clause_verb(
    text: DocumentText, lexicon: Lexicon, mention: NumberMention, sentence: Span
) -> VerbMatch | None:
    """Return the verb of the clause that holds the number, else of its sentence."""
    words = BRACKETED_NAME.sub(lambda hit: " " * len(hit[0]), text.get_words(sentence))
    at = mention.start - sentence.start
    stops = [0, *(stop.end() for stop in CLAUSE_BREAK.finditer(words)), len(words)]
    left = max((stop for stop in stops if stop <= at), default=0)
    right = min((stop for stop in stops if stop >= mention.end - sentence.start), default=len(words))
    return _match_first_verb(words[left:right], lexicon) or _match_first_verb(words, lexicon)


def _match_first_verb(words: str, lexicon: Lexicon) -> VerbMatch | None:
    return next(
        (
            (rule.of, rule.id)
            for rule, pattern in compile_family(lexicon, "relation")
            if pattern.search(words)
        ),
        None,
    )


def _is_legal_basis(text: DocumentText, mention: NumberMention, sentence: Span) -> bool:
    """Tell whether the number stands in the clause that gives the legal basis, before anything is decided."""
    before = text.folded_text[sentence.start : mention.start]
    hit = re.search(r"根据|依据|依照|按照", before)
    if hit is not None and UNDOING_WORDS.search(before[: hit.start()]):
        return False  # 取消根据第21号公告采取的措施: the basis of what is undone, not of this notice
    return (
        hit is not None
        and not DECISION_WORDS.search(before[hit.end() :])
        and not re.search(r"，[^，]{0,30}$", before[hit.end() :].rpartition("规定")[2] or "")
    )


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
CLAUSE_REACH = 4000  #: characters in which the clauses that are changed follow


def _find_clauses(text: DocumentText, mention: NumberMention, verb: str) -> tuple[str, ...]:
    """Return the clauses of the target that are named behind its number, or in the list that changes them."""
    named = _find_clause(text, mention)
    if named:
        return tuple(re.split(r"、|和|及|与|以及", named)) if HAN.search(named) else (named,)
    if verb != Verb.AMENDS or not CHANGES_FOLLOW.search(text.get_words(text.find_sentence(mention.end))):
        return ()
    following = NEXT_NUMBER.search(text.folded_text, mention.end, mention.end + CLAUSE_REACH)
    found = CHANGED_CLAUSE.finditer(
        text.folded_text, mention.end, following.start() if following else mention.end + CLAUSE_REACH
    )
    return tuple(dict.fromkeys(hit[1] for hit in found))


def _find_clause(text: DocumentText, mention: NumberMention) -> str | None:
    behind = CHINESE_CLAUSE.match(text.folded_text[mention.end : mention.end + 120])
    if behind:
        return behind[2]
    before = ENGLISH_CLAUSE.search(text.folded_text[max(0, mention.start - 40) : mention.start])
    return before[1] if before else None


def _find_titled_relations(
    text: DocumentText, mentions: list[NumberMention], kind: NoticeKind
) -> Iterator[Relation]:
    """Yield what happens to documents named by title alone."""
    if kind in INSTRUMENT_KINDS:
        yield from _find_made_under(text)
        for hit in REPEAL_BY_TITLE.finditer(text.folded_text):
            # A number in front already names the document: 2024年第67号公告（《…目录》）同时废止.
            sentence = text.find_sentence(hit.start())
            if any(sentence.start <= m.start < sentence.end and m.end <= hit.start() for m in mentions):
                continue
            names = [f"{hit[1]}{hit[2] or ''}", *QUOTED_TITLE.findall(hit[0][len(hit[1]) + 2 :])]
            yield from (_build_title_relation(text, hit, name, Verb.REPEALS) for name in names)
    if english := ENGLISH_LIST.search(text.folded_text) if kind in INSTRUMENT_KINDS else None:
        yield _build_title_relation(text, english, MASTER_LIST, Verb.AMENDS)
    if kind in INSTRUMENT_KINDS or kind in REPORT_KINDS:
        for hit in UPDATE_BY_TITLE.finditer(text.folded_text):
            name = next(group for group in hit.groups() if group)
            if LIST_TITLE.search(name) and not _is_known_otherwise(text, name):
                yield _build_title_relation(text, hit, name, Verb.AMENDS)


def _is_known_otherwise(text: DocumentText, name: str) -> bool:
    """Tell whether a list is named by its number too, or is published anew by this very notice."""
    numbered = re.search(
        rf"《{re.escape(name)}》[^。；\n]{{0,4}}（[^）\n]{{0,40}}号(?![^）\n]{{0,6}}(?:公布|发布|调整|修订))",
        text.folded_text,
    )
    anew = re.search(
        rf"(?:调整后|修订后|更新后|修改后)的《{re.escape(name)}》|(?:公布|发布|印发)[^《》。\n]{{0,10}}《{re.escape(name)}》(?!调整|修订)|《{re.escape(name)}》[^。；\n]{{0,20}}现予(?:以)?公布",
        text.folded_text,
    )
    return numbered is not None or anew is not None


ENGLISH_LIST = re.compile(
    r"\b(?:Export Control List of Dual-Use Items"
    r"|Dual-Use Items Export Control List)\b[^.;\n]{0,80}?\b(?:is|are|shall be|has been|will be)\s+"
    r"(?:\w+ly )?(?:updated|amended|adjusted|revised)|\b(?:added to|updates? to"
    r"|entries of) the (?:Export Control List of Dual-Use Items|Dual-Use Items Export Control List)",
    re.IGNORECASE,
)  # The Export Control List of Dual-Use Items shall be updated simultaneously
MASTER_LIST = "两用物项出口管制清单"


def _find_made_under(text: DocumentText) -> Iterator[Relation]:
    titled = IMPLEMENTING_TITLE.search(text.title)
    if titled:
        yield _build_title_relation(text, titled, titled[1] or titled[2], Verb.IMPLEMENTS)
        return
    hit = LEGAL_BASIS_TITLE.search(text.folded_text) or IMPLEMENTATION_PURPOSE.search(text.folded_text)
    if hit:
        yield _build_title_relation(text, hit, hit[1], Verb.IMPLEMENTS)


def _build_title_relation(text: DocumentText, hit: re.Match[str], name: str, verb: Verb) -> Relation:
    rule = "relation.made-under" if verb == Verb.IMPLEMENTS else "relation.title"
    target = name.removeprefix("中华人民共和国")
    return Relation(verb=verb, target=target, quote=text.quote_around(hit.start(), hit.end()), rule=rule)
