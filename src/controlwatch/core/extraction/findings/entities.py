"""The parties that a listing names: annex lines and rows, or names inside the deciding sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Literal

from controlwatch.core.extraction.findings.directions import DirectionSignal
from controlwatch.core.extraction.findings.party_forms import (
    Party,
    find_formed_parties,
    is_numbered,
    opens_line,
)
from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.mentions.places import is_place_name
from controlwatch.core.extraction.mentions.terms import is_about_foreign_act
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import Direction, Entity

_HEAD = r"^[ ]*(?:附件[ ]*[\d一二三]{0,2}[ ]*[:：][ ]*)?(?:[（(]?\d{1,3}[)）]?[ ]*[.、．]?[ ]*|[·•-][ ]*)?"
CHINESE_LINE = re.compile(
    rf"{_HEAD}(?=[^\n（()）]*[\u4e00-\u9fff])([^\n（()）\t。；：]{{2,40}}?)[ ]*"
    r"[（(]([A-Za-z][^\n]{1,120}?)(?:，[\u4e00-\u9fff]{2,8})?[）)][ ]*[；;。，,]?[ ]*$",
    re.MULTILINE,
)  # 3. 某某公司（Example Systems, Inc.，日本）
PERSON_LINE = re.compile(
    r"^[ ]*[（(]?\d{1,3}[)）.、．]+[ ]*([\u4e00-\u9fff·]{2,20})"
    r"[（(]([A-Z][A-Za-z .'’-]{2,60})[）)]，[^\n。；]{2,30}[；;。]?[ ]*$",
    re.MULTILINE,
)  # 1. 某某（Jane Roe），某某公司董事长
ENGLISH_FIRST_LINE = re.compile(
    rf"{_HEAD}([A-Z][^\n（()）]{{2,80}}?)[ ]*[（(]([\u4e00-\u9fff·]{{2,40}})[）)][ ]*[；;.,]?[ ]*$",
    re.MULTILINE,
)  # - Example Systems, Inc. (某某公司)
REGISTERED_ROW = re.compile(
    r"(?:^[ |]*|(?<=[\u4e00-\u9fff]))[A-Z]{2,6}[ -]?\d{1,6}[ ]*(?:[\t|]| {2,})[ ]*([A-Z][^\t|\n]{3,80}?)[ ]*"
    r"(?:[\t|]| {2,}|$)",
    re.MULTILINE,
)  # SIF 2217 ⇥ Example Foods Ltda. ⇥ 牛肉
REGISTERED_FIRST = re.compile(
    r"^[ |]*(?:\d{1,3}[.、]?[ ]*[\t|][ ]*)?([A-Z][^\t|\n]{3,80}?)(?:[ ]*[\t|][ |]*| {2,})"
    r"[A-Z]{1,6}[ -]?\d{1,6}(?=[ ]*(?:[\t|]| {2,}|$))",
    re.MULTILINE,
)  # Example Foods, Inc. ⇥ P-2217 ⇥ 鸡爪
CHINESE_ITEM = re.compile(
    r"^[ ]*[（(]?\d{1,3}[)）.、．]+[ ]*([\u4e00-\u9fff·]{4,30})[ ]*[；;。，,]?[ ]*$", re.MULTILINE
)  # （3）某某研究所
MIN_ITEMS = 2  #: names in Chinese alone that make a list
TABLE_ROW = re.compile(
    r"^[ |]*(?:\d{1,3}[.、]?[ ]*[\t|][ ]*)?([\u4e00-\u9fff][^\t|\n]{1,40}?)[ ]*[\t|][ ]*"
    r"([A-Z][^\t|\n]{1,120}?)[ ]*(?:[\t|][^\n]*)?$",
    re.MULTILINE,
)  # 3 ⇥ 某某公司 ⇥ Example Systems, Inc. ⇥ 2100 Falcon Way
ENGLISH_LINE = re.compile(
    r"^[ ]*\d{1,3}[.)][ ]+([A-Z][A-Za-z0-9 .,&'’()-]{2,80}?)[ ]*$", re.MULTILINE
)  # 3. Example Systems, Inc.
#: Makes a line a sentence.
FINITE = re.compile(r"\b(?:is|are|was|were|shall|will|may|must|can|has|have|remains?)\b")
ENGLISH_NAMED_PARTIES = re.compile(
    r"\b(?:include|add|place|put|list|remove)(?:s|d|ed|ing)?\s+([A-Z][^;\n]{3,600}?)"
    r"\s+(?:in|on|to|into|from) the\b",
    re.DOTALL,
)  # has decided to include Some Co., Other Inc. and Third LLC on the list
MEASURES_AGAINST = re.compile(
    r"\bmeasures (?:taken )?against ([A-Z][^;\n]{3,400}?)\s+(?:of (?:the )?[A-Z][\w ]+? )?(?:pursuant"
    r"|are\b|is\b|shall|under|in accordance)"
)  # The measures taken against Some Co. and Other Inc. pursuant to …
_NAME = r"(?:[A-Z][\w.&’'-]*)(?: (?:of |& )?[A-Z][\w.&’'-]*){1,5}"
_NAMES = rf"{_NAME}(?:(?:, and |, | and ){_NAME}){{0,20}}"
_OF_STATE = rf"{_NAME} \([A-Z][A-Za-z .]{{1,30}}\)"
_WITH_STATES = rf"{_OF_STATE}(?:(?:, and |, | and ){_OF_STATE}){{0,20}}"  # Kessel GmbH (Germany) and …
_DESCRIBED = rf"(?:(?:[a-z][\w-]* ){{1,4}})?{_NAME}"  # drone maker Ironbridge Autonomy
_DESCRIBED_NAMES = rf"{_DESCRIBED}(?:(?:, and |, | and ){_DESCRIBED}){{0,20}}"
PRESS_SEPARATOR = re.compile(r",\s+(?!Inc|Ltd|LLC|Corp|Co\b)(?:and\s+)?|\s+and\s+")
#: How the press names parties: The companies include A and B · named A, B and C in · A and B were named.
PRESS_NAMED_PARTIES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:companies|firms|entities|contractors) (?:include|are) ({_DESCRIBED_NAMES})(?=[,.;]| as )",
        rf"\bmeasures (?:taken )?against ({_NAMES})",
        rf"\bnamed ({_NAMES}) in (?:its|the|an?|their)\b",
        rf"({_WITH_STATES})[,]? (?:was |were |are |is )?(?:added|removed|deleted|listed|delisted)\b",
        rf"({_NAMES}) (?:was|were|is|are|ha(?:s|ve) been) (?:named|accused|listed|blacklisted|barred)\b",
    )
)
DESCRIPTION = re.compile(r"^(?:and )?(?:[a-z][\w-]* )+(?=[A-Z])")  # drone maker |Ironbridge
QUOTED_PARTY = re.compile(r"[「“]([^「」“”]{2,30})[」”]$")  # 芯片设计商「恩维克斯微系统」
MAX_WORDS = 10  #: of a name on a line
MAX_NAME = 60  #: characters of the name of a party
DECIDING_ZONE = 600  #: characters below a title in which a listing is decided
ENGLISH_SEPARATOR = re.compile(
    r",\s+(?!Inc|Ltd|LLC|L\.L\.C|Corp|Co\b|S\.|GmbH|PLC|N\.V|B\.V)(?:and\s+)?|\s+and\s+(?=[A-Z])"
)


EntityAction = Literal["list", "delist", "suspend"]
ENTITY_ACTIONS: dict[Direction, EntityAction] = {Direction.SUSPEND: "suspend", Direction.RELAX: "delist"}


def find_entities(
    context: ReadingContext, category_ids: Iterable[str], signals: Iterable[DirectionSignal]
) -> tuple[Entity, ...]:
    """Return the parties that a listing names, each with what is done to it.

    Only texts that touch a list of parties, or imports from registered firms, name any.
    """
    get_pattern = context.lexicon.get_pattern
    ids = frozenset(category_ids)
    if not any(category.startswith("entity.") or category == "sps_import" for category in ids):
        return ()
    ordered = sorted(signals, key=lambda signal: signal.sentence.start)
    # The name of a state in front of a party's name is not part of it.
    names = sorted((name for place in context.lexicon.places for name in place.zh), key=len, reverse=True)
    states = re.compile(rf"^(?:{'|'.join(names)})(?=[「“]?[\u4e00-\u9fff]{{3}})")
    found: dict[tuple[str, str], Entity] = {}
    told = _find_told_parties(context) if context.identity.is_report else []
    text = context.text
    worded = _find_parties(context, is_on_imports="sps_import" in ids) or told
    worded = [
        party
        for party in worded
        if not context.is_background(party.start)
        and not _is_place(party, context.lexicon)
        and not get_pattern("entity.counted").search(party.zh)
        and not (
            party.zh
            and get_pattern("entity.no-party").search(f"{party.zh} {party.en}")
            and not is_numbered(
                text.folded_text, text.folded_text.find(party.zh, party.start), context.lexicon
            )
        )
    ]
    lists_parties = any(category.startswith("entity.") for category in ids)
    formed = [
        party
        for party in find_formed_parties(
            text.folded_text, text.title_end, text.related_links_start, context.lexicon
        )
        if not context.is_background(party.start)
    ]
    parties = formed if lists_parties and len(formed) > len(worded) else worded
    for party in parties:
        zh = get_pattern("entity.leading").sub("", party.zh)
        at = max(text.folded_text.find(party.zh, party.start), party.start)
        if not opens_line(text.folded_text, at, context.lexicon):
            zh = get_pattern("entity.leading").sub(
                "", states.sub("", get_pattern("entity.lead-in").sub("", zh))
            )
        zh = get_pattern("entity.anaphor").sub("", zh)
        quoted = QUOTED_PARTY.search(zh)
        zh = (quoted[1] if quoted else zh).strip("“”「」")
        deciding = _find_deciding(context, party, ordered)
        action = ENTITY_ACTIONS.get(deciding.direction, "list") if deciding else "list"
        found.setdefault((zh, party.en), Entity(zh=zh, en=party.en, action=action))
    return tuple(found.values())


def _find_deciding(
    context: ReadingContext, party: Party, signals: Sequence[DirectionSignal]
) -> DirectionSignal | None:
    """Return the sentence that decides on a party.

    It is the one that names the party; for a line of a list, the last one before that leads to a list, or to
    the annex of that number; else the title, or the first one. A sentence about parties of its own
    (三、将甲公司移出名单。) decides on none that an annex names.
    """
    get_pattern = context.lexicon.get_pattern
    before = [signal for signal in signals if signal.sentence.start <= party.start]
    if not before:
        return signals[0] if signals else None
    if party.start < before[-1].sentence.end:
        return before[-1]
    between = context.text.folded_text[before[-1].sentence.end : party.start]
    headings = list(get_pattern("entity.annex-heading").finditer(between))
    number = headings[-1][1] if headings else ""
    if number and (named := [signal for signal in before if f"附件{number}" in signal.sentence.words]):
        return named[-1]
    leading = [
        signal for signal in before if get_pattern("entity.leads-to-list").search(signal.sentence.words)
    ]
    in_title = [signal for signal in before if signal.sentence.start < context.text.title_end]
    return (leading[-1:] or in_title or before)[0]


def _is_place(party: Party, lexicon: Lexicon) -> bool:
    """Return whether what stands in the place of a party is a state or region."""
    return is_place_name(party.zh, lexicon) or is_place_name(party.en, lexicon)


def _find_parties(context: ReadingContext, *, is_on_imports: bool) -> list[Party]:
    """Return the parties of the fullest form the text has: lines, rows, pairs in a sentence, bare names."""
    text, lexicon, is_report = context.text, context.lexicon, context.identity.is_report
    get_pattern = lexicon.get_pattern
    folded = text.folded_text
    if listed := _find_lines(text, lexicon, is_on_imports=is_on_imports):
        return listed
    lines = [
        hit
        for hit in ENGLISH_LINE.finditer(folded)
        if len(hit[1].split()) <= MAX_WORDS and not FINITE.search(hit[1])
    ]
    if is_report:  # the headings of a digest have text between them; the lines of a list have none
        neighbours = [pair for pair in pairwise(lines) if pair[0].end() + 1 >= pair[1].start()]
        near = {hit for pair in neighbours for hit in pair}
        lines = [hit for hit in lines if hit in near]
    if lines:
        return [Party(hit.start(), "", hit[1].strip()) for hit in lines]
    pairs = [
        Party(sentence.start + hit.start(), hit[1].strip(), hit[2].strip())
        for sentence in text.sentences
        if get_pattern("entity.action").search(sentence.words)
        or get_pattern("entity.inline-pair").match(sentence.words)
        for hit in get_pattern("entity.inline-pair").finditer(sentence.words)
    ]
    return (
        pairs
        or [
            Party(sentence.start + hit.start(), hit[1], "")
            for sentence in text.sentences
            if get_pattern("entity.action").search(sentence.words)
            for hit in get_pattern("entity.state-in-brackets").finditer(sentence.words)
        ]
        or list(_find_bare_names(folded, lexicon))
    )


def _find_lines(text: DocumentText, lexicon: Lexicon, *, is_on_imports: bool) -> list[Party]:
    """Return the parties of lines and rows with a name in Chinese, and of rows of registered firms."""
    folded, below, suffix = text.folded_text, text.title_end, lexicon.get_pattern("entity.party-suffix")
    for pattern in (CHINESE_LINE, TABLE_ROW):
        if listed := [
            Party(hit.start(), hit[1].strip(), hit[2].strip())
            for hit in pattern.finditer(folded, below)
            if "|" not in hit[0] or suffix.search(hit[1].strip())
        ]:
            persons = (Party(hit.start(), hit[1], hit[2]) for hit in PERSON_LINE.finditer(folded))
            return [*listed, *persons, *_find_named_besides(text, lexicon)]
    if listed := [
        Party(hit.start(), hit[2], hit[1].strip())
        for hit in ENGLISH_FIRST_LINE.finditer(folded, below)
        if suffix.search(hit[2]) or "·" in hit[2]
    ]:
        return listed
    items = [
        Party(hit.start(), hit[1], "")
        for hit in CHINESE_ITEM.finditer(folded, below)
        if suffix.search(hit[1])
    ]
    if len(items) >= MIN_ITEMS or not is_on_imports:
        return items if len(items) >= MIN_ITEMS else []
    rows = (list(form.finditer(folded, below)) for form in (REGISTERED_ROW, REGISTERED_FIRST))
    return [Party(hit.start(), "", hit[1].strip()) for hit in max(rows, key=len)]


def _find_named_besides(text: DocumentText, lexicon: Lexicon) -> Iterator[Party]:
    """Yield the parties that a sentence beside the list takes off one: 同时将甲公司移出管控名单."""
    freed, pair = lexicon.get_pattern("entity.freed"), lexicon.get_pattern("entity.inline-pair")
    for sentence in text.sentences:
        if freed.search(sentence.words) and (pairs := list(pair.finditer(sentence.words))):
            yield from (Party(sentence.start + hit.start(), hit[1].strip(), hit[2].strip()) for hit in pairs)
            continue
        if sentence.start >= text.title_end and lexicon.get_pattern("relation.delisting").search(
            sentence.words
        ):
            for party in _find_bare_names(sentence.words, lexicon):
                yield Party(sentence.start + party.start, party.zh, party.en)


def _find_told_parties(context: ReadingContext) -> list[Party]:
    """Return the parties that a report names in passing sentences, in the words of the press."""
    found: list[Party] = []
    for sentence in context.text.sentences:
        if context.is_beside_news(sentence.words) or is_about_foreign_act(context.lexicon, sentence.words):
            continue
        for hit in context.lexicon.get_pattern("entity.including").finditer(sentence.words):
            names = [
                name.strip()
                for name in context.lexicon.get_pattern("entity.name-joint").split(
                    next(filter(None, hit.groups()))
                )
            ]
            names = [name.strip("“”「」") for name in names]
            found += [
                Party(
                    sentence.start + hit.start(),
                    "" if name.isascii() else name,
                    name if name.isascii() else "",
                )
                for name in names
                if 3 <= len(name) <= MAX_NAME and not context.lexicon.get_pattern("entity.group").search(name)
            ]
        for pattern in PRESS_NAMED_PARTIES:
            for hit in pattern.finditer(sentence.words):
                names = PRESS_SEPARATOR.split(re.sub(r"\s*\([^)]*\)", "", hit[1]))
                found += [
                    Party(sentence.start + hit.start(), "", DESCRIPTION.sub("", name.strip(" ,")))
                    for name in names
                ]
    return found


def _find_bare_names(folded: str, lexicon: Lexicon) -> Iterator[Party]:
    """Yield the names inside sentences in Chinese; in English where there are none."""
    get_pattern = lexicon.get_pattern
    is_chinese = False
    for hit in get_pattern("entity.named-parties").finditer(folded):
        names = [name.strip() for name in get_pattern("entity.name-joint").split(hit[1]) if name.strip()]
        parties = [name for name in names if not get_pattern("entity.group").search(name)]
        organisations = [name for name in parties if get_pattern("entity.party-suffix").search(name)]
        # One bare word is a description; several joined names, or an organisation's, are parties.
        if organisations and (len(parties) > 1 or organisations[0] == parties[0]):
            for name in parties:
                if 3 <= len(name) <= 30:
                    is_chinese = True
                    yield Party(hit.start(), name, "")
    if is_chinese:
        return
    for hit in (*ENGLISH_NAMED_PARTIES.finditer(folded), *MEASURES_AGAINST.finditer(folded)):
        for name in ENGLISH_SEPARATOR.split(re.sub(r"\s*\([^)]*\)", "", hit[1])):
            clean = re.sub(r"\s+of (?:the )?[A-Z][\w ]+$", "", name.strip(" ,"))
            if clean[:1].isupper() and len(clean) >= 4:
                yield Party(hit.start(), "", clean)


def find_stated_count(text: DocumentText, lexicon: Lexicon) -> int | None:
    """Return how many parties the title, else the deciding sentence, gives; None without one figure."""
    get_pattern = lexicon.get_pattern
    deciding = (
        s.words
        for s in text.sentences
        if s.start < text.title_end + DECIDING_ZONE and get_pattern("entity.deciding").search(s.words)
    )
    for words in (text.title, *deciding):
        figures = [int(hit[1]) for hit in get_pattern("entity.count").finditer(words) if hit[1]]
        if len(figures) == 1 and get_pattern("entity.listing-title").search(words):
            return figures[0]
    return None
