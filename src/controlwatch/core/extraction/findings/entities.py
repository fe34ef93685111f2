"""The parties that a listing names: annex lines and rows, or names inside the deciding sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from controlwatch.core.extraction.findings.directions import DirectionSignal
from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.mentions.places import is_place_name
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import Direction, Entity

_HEAD = r"^[ ]*(?:[（(]?\d{1,3}[)）]?[ ]*[.、．]?[ ]*|[·•-][ ]*)?"
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
ENGLISH_NAMED_PARTIES = re.compile(
    r"\b(?:include|add|place|put|list|remove)(?:s|d|ed|ing)?\s+([A-Z][^;\n]{3,600}?)"
    r"\s+(?:in|on|to|into|from) the\b",
    re.DOTALL,
)  # has decided to include Some Co., Other Inc. and Third LLC on the list
MEASURES_AGAINST = re.compile(
    r"\bmeasures (?:taken )?against ([A-Z][^;\n]{3,400}?)\s+(?:of (?:the )?[A-Z][\w ]+? )?(?:pursuant"
    r"|are\b|is\b|shall|under|in accordance)"
)  # The measures taken against Some Co. and Other Inc. pursuant to …
DECIDING_ZONE = 600  #: characters below a title in which a listing is decided
ENGLISH_SEPARATOR = re.compile(
    r",\s+(?!Inc|Ltd|LLC|L\.L\.C|Corp|Co\b|S\.|GmbH|PLC|N\.V|B\.V)(?:and\s+)?|\s+and\s+(?=[A-Z])"
)


EntityAction = Literal["list", "delist", "suspend"]
ENTITY_ACTIONS: dict[Direction, EntityAction] = {Direction.SUSPEND: "suspend", Direction.RELAX: "delist"}


@dataclass(frozen=True, slots=True)
class Party:
    """A party and where it is named."""

    start: int
    zh: str
    en: str


def find_entities(
    context: ReadingContext, category_ids: Iterable[str], signals: Iterable[DirectionSignal]
) -> tuple[Entity, ...]:
    """Return the parties that a listing names, each with what is done to it: the last signal before it says.

    Only texts that touch a list of parties, or imports from registered firms, name any.
    """
    get_pattern = context.lexicon.get_pattern
    ids = frozenset(category_ids)
    if not any(category.startswith("entity.") or category == "sps_import" for category in ids):
        return ()
    ordered = sorted(signals, key=lambda signal: signal.sentence.start)
    # The name of a state in front of a party's name is not part of it.
    names = sorted((name for place in context.lexicon.places for name in place.zh), key=len, reverse=True)
    states = re.compile(rf"^(?:{'|'.join(names)})(?=[\u4e00-\u9fff]{{3}})")
    found: dict[tuple[str, str], Entity] = {}
    for party in _find_parties(context.text, context.lexicon, is_on_imports="sps_import" in ids):
        if is_place_name(party.zh, context.lexicon) or is_place_name(party.en, context.lexicon):
            continue
        zh = get_pattern("entity.leading").sub(
            "", states.sub("", get_pattern("entity.leading").sub("", party.zh))
        )
        before = [signal for signal in ordered if signal.sentence.start <= party.start]
        deciding = before[-1] if before else ordered[0] if ordered else None
        if len(before) == len(ordered) > 1 and deciding and deciding.sentence.end <= party.start:
            # Of an annex below, the sentence decides that names it.
            below = [s for s in ordered if get_pattern("entity.listed-below").search(s.sentence.words)]
            deciding = below[-1] if below else deciding
        action = ENTITY_ACTIONS.get(deciding.direction, "list") if deciding else "list"
        found.setdefault((zh, party.en), Entity(zh=zh, en=party.en, action=action))
    return tuple(found.values())


def _find_parties(text: DocumentText, lexicon: Lexicon, *, is_on_imports: bool) -> list[Party]:
    """Return the parties of the fullest form the text has: lines, rows, pairs in a sentence, bare names."""
    get_pattern = lexicon.get_pattern
    folded = text.folded_text
    if listed := _find_lines(text, lexicon, is_on_imports=is_on_imports):
        return listed
    english_lines = [
        Party(hit.start(), "", hit[1].strip())
        for hit in ENGLISH_LINE.finditer(folded)
        if len(hit[1].split()) <= 10
    ]
    if english_lines:
        return english_lines
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
            return [*listed, *persons, *_find_freed_parties(text, lexicon)]
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
    return [Party(hit.start(), "", hit[1]) for hit in REGISTERED_ROW.finditer(folded, below)]


def _find_freed_parties(text: DocumentText, lexicon: Lexicon) -> Iterator[Party]:
    """Yield the parties that a sentence takes off a list, beside those that an annex puts on it."""
    freed, pair = lexicon.get_pattern("entity.freed"), lexicon.get_pattern("entity.inline-pair")
    for sentence in text.sentences:
        if freed.search(sentence.words):
            for hit in pair.finditer(sentence.words):
                yield Party(sentence.start + hit.start(), hit[1].strip(), hit[2].strip())


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
