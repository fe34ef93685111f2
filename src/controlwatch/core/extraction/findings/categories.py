"""Which categories a notice touches: terms where they are the measure, not where they are scenery."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from controlwatch.core.extraction.identity.kind import INSTRUMENTS, REPORTS
from controlwatch.core.extraction.mentions.dates import day_words
from controlwatch.core.extraction.mentions.phrases import says, speaks_abroad
from controlwatch.core.extraction.mentions.terms import TermHit, term_hits
from controlwatch.core.extraction.text.masking import measure_only
from controlwatch.core.model import CategoryFinding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from controlwatch.core.extraction.mentions.places import PlaceHit
    from controlwatch.core.extraction.mentions.terms import Strength
    from controlwatch.core.extraction.text.document_text import Text
    from controlwatch.core.extraction.text.lexicon import Lexicon

RULES = re.compile(
    r"(?:法|条例|办法|规定|细则)(?:[（(》]|$)|\b(?:Measures|Provisions|Rules) (?:for|on) the\b"
)  # 《…核查办法（征求意见稿）》 · …管理办法
TITLE_ZONE = 140  #: characters of a title in which title terms are trusted; a longer "title" is a paragraph
FOREIGN_WORDS = re.compile(
    r"管制|清单|许可|制裁|物项|出口|export control|sanction", re.IGNORECASE
)  # 瑞士调整出口管制清单
FOREIGN_ANSWER = re.compile(
    r"就(?:美国?|日本?|欧盟|欧|荷兰?|英国?|加拿大|加|墨西哥|墨)[^，。]{0,30}?(?:将我|对华|对俄|列单|制裁|“?实体清单|最终用户清单|所谓|拟|限制中国|升级|收紧|加严|修订|扩大|新规|出口限制|限制措施)"
)  # 就美将我多家实体列入出口管制“实体清单”事
LISTING = re.compile(
    r"列入|纳入|移出|增列|公布|采取|停止|暂停|取消|调整|答记者问|实施|\badd|\blist|\bremov|\bsuspend|\blift|discontinu|\bplac",
    re.IGNORECASE,
)  # 将…列入…名单
ENTITY_LINE = re.compile(
    r"[（(][A-Z][^）)\n]{3,80}[）)]|公司|株式会社|集团|\bInc\b|\bLtd\b|\bLLC\b|\bCorp", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A category named at a place, and how much the word can be trusted."""

    id: str
    strength: Strength
    start: int
    end: int
    in_title: bool


def categories_of(
    text: Text, lexicon: Lexicon, kind: Kind, places: Iterable[PlaceHit], *, written: date | None = None
) -> tuple[CategoryFinding, ...]:
    """Return the categories with their sentences, in the order in which the text names them.

    `written` is the day of a report: what it recalls of long before is background.
    """
    if foreign := _foreign(text, lexicon, kind):
        return (foreign,)
    hits = list(_some(_hits(text, lexicon, kind)))
    hits = _without_scenery(hits, text, lexicon, kind)
    hits = _about_trade(hits, text, lexicon) if kind in REPORTS or kind == Kind.OTHER else hits
    hits = _of_now(hits, text, lexicon, written) if kind in REPORTS and written else hits
    hits = _of_the_title(hits, text, lexicon) if kind in INSTRUMENTS else hits
    hits = _alone(_hints_last(hits, lexicon), lexicon, kind)
    found: dict[str, CategoryFinding] = {}
    for hit in sorted(hits, key=lambda one: one.start):
        found.setdefault(hit.id, _finding(hit.id, text, hit.start, hit.end, f"category.{hit.strength}"))
    if kind in {Kind.LAW, Kind.REGULATION} and (law := _founding(text)):
        found.setdefault(law.id, law)
    for finding in _destinations(text, lexicon, places, found):
        found.setdefault(finding.id, finding)
    return tuple(found.values())


#: A law, or a regulation of the State Council, that founds a control: its title says on what.
FOUNDING = re.compile(
    r"(?:出口|两用物项|管制|反制|制裁|对外贸易|不可靠实体)[^，。\n]{0,16}(?:(?<!办)法|条例)(?:$|\W)"
)


def _founding(text: Text) -> CategoryFinding | None:
    hit = FOUNDING.search(text.title[:TITLE_ZONE])
    return _finding("framework_law", text, hit.start(), hit.end(), "category.title") if hit else None


def _foreign(text: Text, lexicon: Lexicon, kind: Kind) -> CategoryFinding | None:
    """Return the finding for a text about another government's rules, which carries nothing else."""
    title = text.title[:TITLE_ZONE]
    if kind in INSTRUMENTS:
        return None
    if kind == Kind.SPOKESPERSON:
        hit = FOREIGN_ANSWER.search(title)
        return (
            _finding("foreign_controls", text, hit.start(), hit.end(), "category.foreign-answer")
            if hit
            else None
        )
    names = [name for place in lexicon.places for name in (*place.zh, *place.en) if place.code != "TW"]
    abroad = any(title.startswith(name) for name in names) or says(lexicon, "foreign_subject", title[:20])
    if abroad and FOREIGN_WORDS.search(title) and not says(lexicon, "chinese_act", title):
        return _finding("foreign_controls", text, 0, len(title), "category.foreign-title")
    return None


def _finding(category: str, text: Text, start: int, end: int, rule: str) -> CategoryFinding:
    return CategoryFinding(id=category, quote=text.quote(start, end), rule=rule)


MOST_HITS = 300  #: of one category; what three hundred places do not prove, more do not


def _some(hits: Iterable[Hit]) -> Iterator[Hit]:
    """Yield the first hits of each category, so that no annex of ten thousand rows is weighed row by row."""
    seen: Counter[str] = Counter()
    for hit in hits:
        seen[hit.id] += 1
        if seen[hit.id] <= MOST_HITS:
            yield hit


def _hits(text: Text, lexicon: Lexicon, kind: Kind) -> Iterator[Hit]:
    zone = min(text.title_end, TITLE_ZONE)
    # A paragraph in the place of a title cites laws like any body.
    headline = text.folded if text.title_end <= TITLE_ZONE else measure_only(text.folded)
    for hit in term_hits(headline[:zone], lexicon):
        yield from _meanings(hit, in_title=True)
    # A law names every field it rules; only its title says what it is about.
    if kind in {Kind.LAW, Kind.REGULATION} or (
        kind in INSTRUMENTS | {Kind.DRAFT} and RULES.search(text.title)
    ):
        return
    for hit in term_hits(measure_only(text.folded), lexicon):
        if hit.start >= zone:
            yield from _meanings(hit, in_title=False)


def _meanings(hit: TermHit, *, in_title: bool) -> Iterator[Hit]:
    for category, strength in hit.meanings:
        if strength == "counter" or (strength == "title" and not in_title):
            continue
        yield Hit(id=category, strength=strength, start=hit.start, end=hit.end, in_title=in_title)


def _without_scenery(hits: list[Hit], text: Text, lexicon: Lexicon, kind: Kind) -> list[Hit]:
    """Drop hits in entity names, background and foreign acts, and item words of a party listing."""
    hits = [hit for hit in hits if not hit.in_title or _of_parties(hit, text, text.title)]
    listed = any(hit.in_title and hit.id.startswith("entity.") for hit in hits)
    if kind in REPORTS and any(hit.in_title and _is_item(hit, lexicon) for hit in hits):
        listed = False  # a headline that names both speaks of both
    opening = text.sentence_of(text.title_end + 2).end
    hits = _about_title(hits) if kind in {Kind.FAQ, Kind.GUIDANCE} else hits
    kept: list[Hit] = []
    proved: set[tuple[str, Strength]] = set()
    for hit in hits:
        if (hit.id, hit.strength) in proved:
            continue
        category = lexicon.category(hit.id)
        item = category is not None and category.kind == "item"
        if (item and listed) or (not hit.in_title and _scenery(hit, text, lexicon)):
            continue
        if category is not None and category.subject and hit.start > opening:
            continue
        kept.append(hit)
        if kind in INSTRUMENTS:  # one place proves as well as many; of a report each is weighed again
            proved.add((hit.id, hit.strength))
    return kept


def _scenery(hit: Hit, text: Text, lexicon: Lexicon) -> bool:
    sentence = text.sentence_of(hit.start)
    words = text.at(sentence)[:2000]
    if hit.id.startswith("entity.") and not _lists(hit, text, words):
        return True
    if _abroad(hit, text, words, lexicon):
        return True
    near = text.folded[max(sentence.start, hit.start - 80) : min(sentence.end, hit.end + 80)]
    if says(lexicon, "background", words[:60]) or says(lexicon, "background", near):
        return True
    return (
        not hit.id.startswith("entity.")
        and ENTITY_LINE.search(words) is not None
        and len(words) < 120
        and "物项" not in words
    )


#: What a report must speak of where it names an item, for the item to be its subject.
TRADE = re.compile(
    r"出口|进口|管制|许可|走私|列入|纳入|名单|清单|目录|关税|退税|暂停|恢复(?:实施|执行)|禁止|限制|制裁|export|import|control|licen|curb"
    r"|restrict|\bban|suspend|suspension|pause|on hold|tariff|dut(?:y|ies)|smuggl|sanction|list|catalog|hold",
    re.IGNORECASE,
)


MAY_LIST = re.compile(
    r"\bmay\b|可(?:以)?将|可列入|应当?将|的，(?:可|应)|^\s*问[:：]"
)  # 可以将其列入关注名单: a power, no listing
PARTIES = re.compile(
    r"\b(?:entit|compan|firm|part(?:y|ies)|organi[sz]ation|importer|end[- ]user)", re.IGNORECASE
)


def _lists(hit: Hit, text: Text, words: str) -> bool:
    """Tell whether a sentence lists parties, not goods, and does it, not only may."""
    if not LISTING.search(words) or MAY_LIST.search(words):
        return False
    return _of_parties(hit, text, words)


def _of_parties(hit: Hit, text: Text, words: str) -> bool:
    """Tell whether an English "export control list" is the one of parties."""
    latin = text.folded[hit.start].isascii()
    return not latin or hit.id != "entity.control_list" or PARTIES.search(words) is not None


def _abroad(hit: Hit, text: Text, words: str, lexicon: Lexicon) -> bool:
    """Tell whether the sentence, up to the hit at least, speaks of another government's act."""
    before = words[: hit.start - text.sentence_of(hit.start).start]
    return speaks_abroad(lexicon, before) or speaks_abroad(lexicon, words)


def _about_trade(hits: list[Hit], text: Text, lexicon: Lexicon) -> list[Hit]:
    """Keep items that a report names where it speaks of trade, not of prices, output or everyday matters."""
    return [
        hit
        for hit in hits
        if not _is_item(hit, lexicon)
        or not _rules(hit, lexicon)
        or (TRADE.search(_paragraph(hit, text)) and not says(lexicon, "market", _line(hit, text)))
    ]


PARAGRAPH = 1500  #: characters on either side; no paragraph is longer
LONG_AGO = timedelta(days=200)  #: between a report and what it only recalls
YEAR = re.compile(r"(?<!\d)(20\d\d)(?=年|\b)")


def _of_now(hits: list[Hit], text: Text, lexicon: Lexicon, written: date) -> list[Hit]:
    """Drop items that a report names in a sentence on something long past."""
    return [
        hit
        for hit in hits
        if hit.in_title or not _is_item(hit, lexicon) or not _long_ago(_line(hit, text), written)
    ]


def _long_ago(words: str, written: date) -> bool:
    days = [word.day for word in day_words(words, anchor=written) if word.day]
    years = [date(int(hit[1]), 12, 31) for hit in YEAR.finditer(words)] if not days else []
    latest = max((*days, *years), default=written)
    return written - latest > LONG_AGO


def _paragraph(hit: Hit, text: Text) -> str:
    low, high = max(0, hit.start - PARAGRAPH), min(len(text.folded), hit.end + PARAGRAPH)
    start = max(low, text.folded.rfind("\n", low, hit.start) + 1)
    end = text.folded.find("\n", hit.end, high)
    return text.folded[start : end if end >= 0 else high]


#: What an item must stand beside in a text that reports no change, to be its subject at all.
CONTROLLED = re.compile(
    r"出口管制|两用物项|管制|管控|许可证|走私|名单|清单|目录|export control|licen[cs]|smuggl|dual-use"
    r"|controlled|trafficking"
    r"|catalog",
    re.IGNORECASE,
)


def without_items(found: Iterable[CategoryFinding], lexicon: Lexicon) -> tuple[CategoryFinding, ...]:
    """Return the findings that are no items: regimes, lists, destinations, and what changes no rule."""
    return tuple(
        one for one in found if (c := lexicon.category(one.id)) is None or c.kind != "item" or not c.change
    )


def subjects(found: Iterable[CategoryFinding], text: Text, lexicon: Lexicon) -> tuple[CategoryFinding, ...]:
    """Return the categories of a text that neither makes nor reports a change: what it is about, if that."""
    everyday = says(lexicon, "market", text.title) or says(lexicon, "other_business", text.title)
    return tuple(
        finding
        for finding in found
        if (category := lexicon.category(finding.id)) is None
        or category.kind != "item"
        or not category.change
        or (CONTROLLED.search(finding.quote) and not everyday)
    )


def _line(hit: Hit, text: Text) -> str:
    if hit.in_title:
        return text.title
    return text.at(text.sentence_of(hit.start))


#: A title that names its items: 关于对铪、铼相关物项实施出口管制的公告; with 等 it names but some.
TITLED = re.compile(r"(?:对|关于)[^，。；\n]{1,60}?(?:实施|实行)[^，。；\n]{0,12}(?:管制|管理)")
SUCH_AS = re.compile(r"等")
#: Groups whose leaves are no kin: each metal is an item of its own.
NO_KIN = frozenset({"minor_metals", "chemicals", ""})


def _of_the_title(hits: list[Hit], text: Text, lexicon: Lexicon) -> list[Hit]:
    """Keep, where the title names its items, those and their kin: what a body names besides is stuff."""
    named = TITLED.search(text.title)
    titled = [hit for hit in hits if hit.in_title and _is_item(hit, lexicon)]
    if not named or not titled or SUCH_AS.search(named[0]):
        return hits
    ids = {hit.id for hit in titled}
    kin = {_group(hit) for hit in titled} - NO_KIN
    return [hit for hit in hits if not _is_item(hit, lexicon) or hit.id in ids or _group(hit) in kin]


def _is_item(hit: Hit, lexicon: Lexicon) -> bool:
    category = lexicon.category(hit.id)
    return category is not None and category.kind == "item"


def _alone(hits: list[Hit], lexicon: Lexicon, kind: Kind) -> list[Hit]:
    """Apply the regimes that leave no room for others: a remedy, a catalogue of technologies, a quota."""
    ids = {hit.id for hit in hits}
    if "trade_remedy" in ids and kind in INSTRUMENTS:
        return [hit for hit in hits if hit.id == "trade_remedy"]
    if "technology_catalogue" in ids:
        hits = [replace(hit, id=_technology(hit, lexicon)) for hit in hits]
    alone = {_group(hit) for hit in hits if hit.in_title and (c := lexicon.category(hit.id)) and c.alone}
    return [hit for hit in hits if _group(hit) not in alone or ((c := lexicon.category(hit.id)) and c.alone)]


def _technology(hit: Hit, lexicon: Lexicon) -> str:
    """Return the technology leaf of a hit's group where there is one: the catalogue lists technologies."""
    category = lexicon.category(hit.id)
    return (category.as_technology if category else "") or hit.id


def _about_title(hits: list[Hit]) -> list[Hit]:
    """Keep what belongs to a group the title names: an explanation is about its title."""
    ids = {hit.id for hit in hits if hit.in_title}
    kin = {_group(hit) for hit in hits if hit.in_title} - NO_KIN
    return [hit for hit in hits if hit.in_title or hit.id in ids or _group(hit) in kin]


def _group(hit: Hit) -> str:
    return hit.id.partition(".")[0]


def _hints_last(hits: list[Hit], lexicon: Lexicon) -> list[Hit]:
    """Drop a hint, or a category that is not export control, where its group is named outright."""
    sure = {_group(hit) for hit in hits if hit.strength != "hint"}
    ruled = {_group(hit) for hit in hits if hit.strength != "hint" and _rules(hit, lexicon)}
    return [
        hit
        for hit in hits
        if _group(hit) not in (ruled if not _rules(hit, lexicon) else sure if hit.strength == "hint" else ())
    ]


def _rules(hit: Hit, lexicon: Lexicon) -> bool:
    """Tell whether a hit's category is a matter of rules, as opposed to its group's everyday life."""
    category = lexicon.category(hit.id)
    return category is None or category.kind != "item" or category.change


def _destinations(
    text: Text, lexicon: Lexicon, places: Iterable[PlaceHit], found: dict[str, CategoryFinding]
) -> Iterator[CategoryFinding]:
    """Yield destination categories: only for rules on the destination, never for parties in it."""
    listed = any(category.startswith("entity.") for category in found)
    for place in places:
        category = f"destination.{place.code.lower()}"
        # A remedy against goods from a country is no rule about exports to it.
        ruled = "tariff.additional" in found or not (listed or "trade_remedy" in found)
        if place.wide and ruled and category in lexicon.ids:
            yield _finding(category, text, place.start, place.end, "category.destination")
