"""The parties that a listing names: annex lines and rows, or names inside the deciding sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from controlwatch.core.model import Direction, Entity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from controlwatch.core.extraction.findings.directions import DirectionSignal
    from controlwatch.core.extraction.text.document_text import DocumentText

_HEAD = r"^[ ]*(?:[（(]?\d{1,3}[)）]?[ ]*[.、．]?[ ]*|[·•-][ ]*)?"
CHINESE_LINE = re.compile(
    rf"{_HEAD}(?=[^\n（()）]*[\u4e00-\u9fff])([^\n（()）\t。；：]{{2,40}}?)[ ]*"
    r"[（(]([A-Za-z][^\n]{1,120}?)[）)][ ]*[；;。，,]?[ ]*$",
    re.MULTILINE,
)  # 3. 某某公司（Example Systems, Inc.）
TABLE_ROW = re.compile(
    r"^(?:\d{1,3}[.、]?\t)?([\u4e00-\u9fff][^\t\n]{1,40})\t([A-Z][^\t\n]{1,120})(?:\t[^\n]*)?$", re.MULTILINE
)  # 3 ⇥ 某某公司 ⇥ Example Systems, Inc.
ENGLISH_LINE = re.compile(
    r"^[ ]*\d{1,3}[.)][ ]+([A-Z][A-Za-z0-9 .,&'’()-]{2,80}?)[ ]*$", re.MULTILINE
)  # 3. Example Systems, Inc.
INLINE_PAIR = re.compile(
    r"([^\s（）()、，。；：将对的等和]{2,40})[ ]?"
    r"[（(]([A-Z][A-Za-z0-9 .,&'’·/-]{2,80})(?:，[\u4e00-\u9fff]{2,8})?[）)]"
)  # 某某公司（Example Systems）
STATE_IN_BRACKETS = re.compile(
    r"(?:^|[对将和及与、，从即])((?![对将])[\u4e00-\u9fff·]{2,30}?(?:公司|集团|研究所|研究院|大学|银行|株式会社|中心|机构))\s*（[^（）\n]{2,24}）"
)  # 某某公司（丹麦）
NAMED_PARTIES = re.compile(
    r"(?:将|对)([^，。；：（）\n]{4,160}?)(?:等[^，。；、\n]{0,16}?|[\d一二三四五六七八九十两]{1,3}家[^，。；、\n]{0,14}?)?"
    r"(?:列入|纳入|移出|采取)(?!“?实体清单|“?涉军)"
)  # 将甲公司、乙研究所等8家某地实体列入…
ENGLISH_NAMED_PARTIES = re.compile(
    r"\b(?:include|add|place|put|list|remove)(?:s|d|ed|ing)?\s+([A-Z][^;\n]{3,600}?)"
    r"\s+(?:in|on|to|into|from) the\b",
    re.DOTALL,
)  # has decided to include Some Co., Other Inc. and Third LLC on the list
MEASURES_AGAINST = re.compile(
    r"\bmeasures (?:taken )?against ([A-Z][^;\n]{3,400}?)\s+(?:of (?:the )?[A-Z][\w ]+? )?(?:pursuant"
    r"|are\b|is\b|shall|under|in accordance)"
)  # The measures taken against Some Co. and Other Inc. pursuant to …
PARTY_SUFFIX = re.compile(
    r"(?:公司|集团|研究所|研究院|研究中心|大学|学院|银行|协会|基金会|中心|株式会社|机构|实验室|工厂|厂|联盟)$"
)
GROUP_WORDS = re.compile(
    r"^(?:(?:下列|上述|有关|以下|附件)|\d+家|[一二三四五六七八九十]+家)|实体$|企业$|物项"
)
ACTION_WORDS = re.compile(r"列入|采取|移出|纳入|措施|检出|输华|不顾|暂停|取消|即")
PARTY_COUNT = re.compile(
    r"(?<!\d)(\d{1,3})家[^，。；、\n]{0,20}?(?:实体|企业|公司|机构)|\b(\d{1,3}"
    r"|[a-z]+) (?:[A-Z][\w.]* ){0,2}(?:entities|companies|firms)\b"
)
LISTING_TITLE = re.compile(r"列入|移出|add|list|remov|plac|includ", re.IGNORECASE)
ENGLISH_SEPARATOR = re.compile(
    r",\s+(?!Inc|Ltd|LLC|L\.L\.C|Corp|Co\b|S\.|GmbH|PLC|N\.V|B\.V)(?:and\s+)?|\s+and\s+(?=[A-Z])"
)

LEADING_WORDS = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}、|从|对|将|以及|及|企业|实体|公司)(?=[\u4e00-\u9fff]{3})"
)  # 从|某某公司: no part of the name

EntityAction = Literal["list", "delist", "suspend"]
ENTITY_ACTIONS: dict[Direction, EntityAction] = {Direction.SUSPEND: "suspend", Direction.RELAX: "delist"}


@dataclass(frozen=True, slots=True)
class Party:
    """A party where it is named."""

    start: int
    zh: str
    en: str


def find_entities(
    text: DocumentText, categories: Iterable[str], moved: Iterable[DirectionSignal], places: Iterable[str]
) -> tuple[Entity, ...]:
    """Return the parties named by a listing; nothing where the text lists no parties.

    `places` are the Chinese names of states, which stand before a party's name and are no part of it.
    """
    if not any(category.startswith("entity.") or category == "sps_import" for category in categories):
        return ()
    signals = sorted(moved, key=lambda signal: signal.span.start)
    states = re.compile(rf"^(?:{'|'.join(sorted(places, key=len, reverse=True))})(?=[\u4e00-\u9fff]{{3}})")
    found: dict[tuple[str, str], Entity] = {}
    for party in _find_parties(text):
        zh = LEADING_WORDS.sub("", states.sub("", LEADING_WORDS.sub("", party.zh)))
        entity = Entity(zh=zh, en=party.en, action=_find_action(party.start, signals))
        found.setdefault((zh, party.en), entity)
    return tuple(found.values())


def _find_action(at: int, signals: list[DirectionSignal]) -> EntityAction:
    """Return what is done to a party: what the last moving sentence before it says, or its own."""
    before = [signal for signal in signals if signal.span.start <= at]
    moving = before[-1] if before else signals[0] if signals else None
    return ENTITY_ACTIONS.get(moving.direction, "list") if moving else "list"


def _find_parties(text: DocumentText) -> list[Party]:
    """Return the parties of the fullest form the text has: lines, rows, pairs in a sentence, bare names."""
    body = text.folded_text
    for pattern in (CHINESE_LINE, TABLE_ROW):
        lines = [
            Party(hit.start(), hit[1].strip(), hit[2].strip())
            for hit in pattern.finditer(body, text.title_end)
        ]
        if lines:
            return lines
    for reading in (
        _find_english_lines,
        _find_inline_pairs,
        _find_bracketed_parties,
        _find_named_parties,
        _find_english_parties,
    ):
        found = list(reading(text))
        if found:
            return found
    return []


def _find_english_lines(text: DocumentText) -> Iterator[Party]:
    for hit in ENGLISH_LINE.finditer(text.folded_text):
        if len(hit[1].split()) <= 10:
            yield Party(hit.start(), "", hit[1].strip())


def _find_inline_pairs(text: DocumentText) -> Iterator[Party]:
    for span in text.sentences:
        words = text.get_words(span)
        if ACTION_WORDS.search(words) or INLINE_PAIR.match(words):
            yield from (
                Party(span.start + hit.start(), hit[1].strip(), hit[2].strip())
                for hit in INLINE_PAIR.finditer(words)
            )


def _find_bracketed_parties(text: DocumentText) -> Iterator[Party]:
    for span in text.sentences:
        words = text.get_words(span)
        if ACTION_WORDS.search(words):
            yield from (
                Party(span.start + hit.start(), hit[1], "") for hit in STATE_IN_BRACKETS.finditer(words)
            )


def _find_named_parties(text: DocumentText) -> Iterator[Party]:
    for hit in NAMED_PARTIES.finditer(text.folded_text):
        names = [name.strip() for name in re.split(r"、|和|及", hit[1]) if name.strip()]
        parties = [name for name in names if not GROUP_WORDS.search(name)]
        # One bare word is a description; several joined names, or an organisation's, are parties.
        if (
            parties
            and (len(parties) > 1 or PARTY_SUFFIX.search(parties[0]))
            and any(PARTY_SUFFIX.search(name) for name in parties)
        ):
            yield from (Party(hit.start(), name, "") for name in parties if 3 <= len(name) <= 30)


def _find_english_parties(text: DocumentText) -> Iterator[Party]:
    for hit in (
        *ENGLISH_NAMED_PARTIES.finditer(text.folded_text),
        *MEASURES_AGAINST.finditer(text.folded_text),
    ):
        words = re.sub(r"\s*\([^)]*\)", "", hit[1])
        for name in ENGLISH_SEPARATOR.split(words):
            clean = re.sub(r"\s+of (?:the )?[A-Z][\w ]+$", "", name.strip(" ,"))
            if clean[:1].isupper() and len(clean) >= 4:
                yield Party(hit.start(), "", clean)


def find_stated_count(text: DocumentText) -> int | None:
    """Return how many parties the title says are listed, where it says one figure only."""
    title = text.title
    figures = [int(hit[1]) for hit in PARTY_COUNT.finditer(title) if hit[1]]
    return figures[0] if len(figures) == 1 and LISTING_TITLE.search(title) else None
