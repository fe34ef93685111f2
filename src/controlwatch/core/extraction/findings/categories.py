"""Which categories a notice touches: terms where they are the measure, not where they are scenery."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from controlwatch.core.extraction.identity.kind import INSTRUMENT_KINDS, REPORT_KINDS
from controlwatch.core.extraction.mentions.dates import find_date_mentions
from controlwatch.core.extraction.mentions.phrases import contains_phrase, is_about_foreign_act
from controlwatch.core.extraction.mentions.terms import TermHit, find_term_hits
from controlwatch.core.extraction.text.masking import mask_non_measure
from controlwatch.core.model import CategoryFinding, NoticeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from controlwatch.core.extraction.mentions.places import PlaceHit
    from controlwatch.core.extraction.mentions.terms import TermStrength
    from controlwatch.core.extraction.text.document_text import DocumentText
    from controlwatch.core.extraction.text.lexicon import Lexicon

RULES_TITLE = re.compile(
    r"(?:法|条例|办法|规定|细则)(?:[（(》]|$)|\b(?:Measures|Provisions|Rules) (?:for|on) the\b"
)  # 《…核查办法（征求意见稿）》 · …管理办法
TITLE_ZONE = 140  #: characters of a title in which title terms are trusted; a longer "title" is a paragraph
FOREIGN_WORDS = re.compile(
    r"管制|清单|许可|制裁|物项|出口|export control|sanction", re.IGNORECASE
)  # 瑞士调整出口管制清单
FOREIGN_ANSWER = re.compile(
    r"就(?:美国?|日本?|欧盟|欧|荷兰?|英国?|加拿大|加|墨西哥|墨)[^，。]{0,30}?(?:将我|对华|对俄|列单|制裁|“?实体清单|最终用户清单|所谓|拟|限制中国|升级|收紧|加严|修订|扩大|新规|出口限制|限制措施)"
)  # 就美将我多家实体列入出口管制“实体清单”事
LISTING_WORDS = re.compile(
    r"列入|纳入|移出|增列|公布|采取|停止|暂停|取消|调整|答记者问|实施|\badd|\blist|\bremov|\bsuspend|\blift|discontinu|\bplac",
    re.IGNORECASE,
)  # 将…列入…名单
ENTITY_LINE = re.compile(
    r"[（(][A-Z][^）)\n]{3,80}[）)]|公司|株式会社|集团|\bInc\b|\bLtd\b|\bLLC\b|\bCorp", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryHit:
    """A category named at a place, and how much the word can be trusted."""

    id: str
    strength: TermStrength
    start: int
    end: int
    in_title: bool


def find_categories(
    text: DocumentText,
    lexicon: Lexicon,
    kind: NoticeKind,
    places: Iterable[PlaceHit],
    *,
    written: date | None = None,
) -> tuple[CategoryFinding, ...]:
    """Return the categories with their sentences, in the order in which the text names them.

    `written` is the day of a report: what it recalls of long before is background.
    """
    if foreign := _find_foreign_controls(text, lexicon, kind):
        return (foreign,)
    hits = list(_limit_hits(_find_hits(text, lexicon, kind)))
    hits = _drop_incidental(hits, text, lexicon, kind)
    hits = (
        _keep_trade_items(hits, text, lexicon) if kind in REPORT_KINDS or kind == NoticeKind.OTHER else hits
    )
    hits = _drop_past_items(hits, text, lexicon, written) if kind in REPORT_KINDS and written else hits
    hits = _keep_title_items(hits, text, lexicon) if kind in INSTRUMENT_KINDS else hits
    hits = _apply_exclusive_regimes(_drop_weak_hints(hits, lexicon), lexicon, kind)
    found: dict[str, CategoryFinding] = {}
    for hit in sorted(hits, key=lambda one: one.start):
        found.setdefault(hit.id, _build_finding(hit.id, text, hit.start, hit.end, f"category.{hit.strength}"))
    if kind in {NoticeKind.LAW, NoticeKind.REGULATION} and (law := _find_founding_law(text)):
        found.setdefault(law.id, law)
    for finding in _find_destinations(text, lexicon, places, found):
        found.setdefault(finding.id, finding)
    return tuple(found.values())


#: A law, or a regulation of the State Council, that founds a control: its title says on what.
FOUNDING_TITLE = re.compile(
    r"(?:出口|两用物项|管制|反制|制裁|对外贸易|不可靠实体)[^，。\n]{0,16}(?:(?<!办)法|条例)(?:$|\W)"
)


def _find_founding_law(text: DocumentText) -> CategoryFinding | None:
    hit = FOUNDING_TITLE.search(text.title[:TITLE_ZONE])
    return _build_finding("framework_law", text, hit.start(), hit.end(), "category.title") if hit else None


def _find_foreign_controls(text: DocumentText, lexicon: Lexicon, kind: NoticeKind) -> CategoryFinding | None:
    """Return the finding for a text about another government's rules, which carries nothing else."""
    title = text.title[:TITLE_ZONE]
    if kind in INSTRUMENT_KINDS:
        return None
    if kind == NoticeKind.SPOKESPERSON:
        hit = FOREIGN_ANSWER.search(title)
        return (
            _build_finding("foreign_controls", text, hit.start(), hit.end(), "category.foreign-answer")
            if hit
            else None
        )
    names = [name for place in lexicon.places for name in (*place.zh, *place.en) if place.code != "TW"]
    abroad = any(title.startswith(name) for name in names) or contains_phrase(
        lexicon, "foreign_subject", title[:20]
    )
    if abroad and FOREIGN_WORDS.search(title) and not contains_phrase(lexicon, "chinese_act", title):
        return _build_finding("foreign_controls", text, 0, len(title), "category.foreign-title")
    return None


def _build_finding(category: str, text: DocumentText, start: int, end: int, rule: str) -> CategoryFinding:
    return CategoryFinding(id=category, quote=text.quote_around(start, end), rule=rule)


MAX_HITS = 300  #: of one category; what three hundred places do not prove, more do not


def _limit_hits(hits: Iterable[CategoryHit]) -> Iterator[CategoryHit]:
    """Yield the first hits of each category, so that no annex of ten thousand rows is weighed row by row."""
    seen: Counter[str] = Counter()
    for hit in hits:
        seen[hit.id] += 1
        if seen[hit.id] <= MAX_HITS:
            yield hit


def _find_hits(text: DocumentText, lexicon: Lexicon, kind: NoticeKind) -> Iterator[CategoryHit]:
    zone = min(text.title_end, TITLE_ZONE)
    # A paragraph in the place of a title cites laws like any body.
    headline = text.folded_text if text.title_end <= TITLE_ZONE else mask_non_measure(text.folded_text)
    for hit in find_term_hits(headline[:zone], lexicon):
        yield from _expand_meanings(hit, in_title=True)
    # A law names every field it rules; only its title says what it is about.
    if kind in {NoticeKind.LAW, NoticeKind.REGULATION} or (
        kind in INSTRUMENT_KINDS | {NoticeKind.DRAFT} and RULES_TITLE.search(text.title)
    ):
        return
    for hit in find_term_hits(mask_non_measure(text.folded_text), lexicon):
        if hit.start >= zone:
            yield from _expand_meanings(hit, in_title=False)


def _expand_meanings(hit: TermHit, *, in_title: bool) -> Iterator[CategoryHit]:
    for category, strength in hit.meanings:
        if strength == "counter" or (strength == "title" and not in_title):
            continue
        yield CategoryHit(id=category, strength=strength, start=hit.start, end=hit.end, in_title=in_title)


def _drop_incidental(
    hits: list[CategoryHit], text: DocumentText, lexicon: Lexicon, kind: NoticeKind
) -> list[CategoryHit]:
    """Drop hits in entity names, background and foreign acts, and item words of a party listing."""
    hits = [hit for hit in hits if not hit.in_title or _is_list_of_parties(hit, text, text.title)]
    listed = any(hit.in_title and hit.id.startswith("entity.") for hit in hits)
    if kind in REPORT_KINDS and any(hit.in_title and _is_item(hit, lexicon) for hit in hits):
        listed = False  # a headline that names both speaks of both
    opening = text.find_sentence(text.title_end + 2).end
    hits = _keep_title_groups(hits) if kind in {NoticeKind.FAQ, NoticeKind.GUIDANCE} else hits
    kept: list[CategoryHit] = []
    proved: set[tuple[str, TermStrength]] = set()
    for hit in hits:
        if (hit.id, hit.strength) in proved:
            continue
        category = lexicon.find_category(hit.id)
        item = category is not None and category.kind == "item"
        if (item and listed) or (not hit.in_title and _is_incidental(hit, text, lexicon)):
            continue
        if category is not None and category.subject and hit.start > opening:
            continue
        kept.append(hit)
        if kind in INSTRUMENT_KINDS:  # one place proves as well as many; of a report each is weighed again
            proved.add((hit.id, hit.strength))
    return kept


def _is_incidental(hit: CategoryHit, text: DocumentText, lexicon: Lexicon) -> bool:
    sentence = text.find_sentence(hit.start)
    words = text.get_words(sentence)[:2000]
    if hit.id.startswith("entity.") and not _is_listing_sentence(hit, text, words):
        return True
    if _is_foreign_hit(hit, text, words, lexicon):
        return True
    near = text.folded_text[max(sentence.start, hit.start - 80) : min(sentence.end, hit.end + 80)]
    if contains_phrase(lexicon, "background", words[:60]) or contains_phrase(lexicon, "background", near):
        return True
    return (
        not hit.id.startswith("entity.")
        and ENTITY_LINE.search(words) is not None
        and len(words) < 120
        and "物项" not in words
    )


#: What a report must speak of where it names an item, for the item to be its subject.
TRADE_WORDS = re.compile(
    r"出口|进口|管制|许可|走私|列入|纳入|名单|清单|目录|关税|退税|暂停|恢复(?:实施|执行)|禁止|限制|制裁|export|import|control|licen|curb"
    r"|restrict|\bban|suspend|suspension|pause|on hold|tariff|dut(?:y|ies)|smuggl|sanction|list|catalog|hold",
    re.IGNORECASE,
)


LISTING_POWER = re.compile(
    r"\bmay\b|可(?:以)?将|可列入|应当?将|的，(?:可|应)|^\s*问[:：]"
)  # 可以将其列入关注名单: a power, no listing
PARTY_WORDS = re.compile(
    r"\b(?:entit|compan|firm|part(?:y|ies)|organi[sz]ation|importer|end[- ]user)", re.IGNORECASE
)


def _is_listing_sentence(hit: CategoryHit, text: DocumentText, words: str) -> bool:
    """Tell whether a sentence lists parties, not goods, and does it, not only may."""
    if not LISTING_WORDS.search(words) or LISTING_POWER.search(words):
        return False
    return _is_list_of_parties(hit, text, words)


def _is_list_of_parties(hit: CategoryHit, text: DocumentText, words: str) -> bool:
    """Tell whether an English "export control list" is the one of parties."""
    latin = text.folded_text[hit.start].isascii()
    return not latin or hit.id != "entity.control_list" or PARTY_WORDS.search(words) is not None


def _is_foreign_hit(hit: CategoryHit, text: DocumentText, words: str, lexicon: Lexicon) -> bool:
    """Tell whether the sentence, up to the hit at least, speaks of another government's act."""
    before = words[: hit.start - text.find_sentence(hit.start).start]
    return is_about_foreign_act(lexicon, before) or is_about_foreign_act(lexicon, words)


def _keep_trade_items(hits: list[CategoryHit], text: DocumentText, lexicon: Lexicon) -> list[CategoryHit]:
    """Keep items that a report names where it speaks of trade, not of prices, output or everyday matters."""
    return [
        hit
        for hit in hits
        if not _is_item(hit, lexicon)
        or not _is_control_matter(hit, lexicon)
        or (
            TRADE_WORDS.search(_get_paragraph(hit, text))
            and not contains_phrase(lexicon, "market", _get_sentence(hit, text))
        )
    ]


PARAGRAPH_REACH = 1500  #: characters on either side; no paragraph is longer
BACKGROUND_AGE = timedelta(days=200)  #: between a report and what it only recalls
BARE_YEAR = re.compile(r"(?<!\d)(20\d\d)(?=年|\b)")


def _drop_past_items(
    hits: list[CategoryHit], text: DocumentText, lexicon: Lexicon, written: date
) -> list[CategoryHit]:
    """Drop items that a report names in a sentence on something long past."""
    return [
        hit
        for hit in hits
        if hit.in_title or not _is_item(hit, lexicon) or not _is_long_ago(_get_sentence(hit, text), written)
    ]


def _is_long_ago(words: str, written: date) -> bool:
    days = [word.day for word in find_date_mentions(words, anchor=written) if word.day]
    years = [date(int(hit[1]), 12, 31) for hit in BARE_YEAR.finditer(words)] if not days else []
    latest = max((*days, *years), default=written)
    return written - latest > BACKGROUND_AGE


def _get_paragraph(hit: CategoryHit, text: DocumentText) -> str:
    low, high = max(0, hit.start - PARAGRAPH_REACH), min(len(text.folded_text), hit.end + PARAGRAPH_REACH)
    start = max(low, text.folded_text.rfind("\n", low, hit.start) + 1)
    end = text.folded_text.find("\n", hit.end, high)
    return text.folded_text[start : end if end >= 0 else high]


#: What an item must stand beside in a text that reports no change, to be its subject at all.
CONTROL_WORDS = re.compile(
    r"出口管制|两用物项|管制|管控|许可证|走私|名单|清单|目录|export control|licen[cs]|smuggl|dual-use"
    r"|controlled|trafficking"
    r"|catalog",
    re.IGNORECASE,
)


def drop_items(found: Iterable[CategoryFinding], lexicon: Lexicon) -> tuple[CategoryFinding, ...]:
    """Return the findings that are no items: regimes, lists, destinations, and what changes no rule."""
    return tuple(
        one
        for one in found
        if (c := lexicon.find_category(one.id)) is None or c.kind != "item" or not c.change
    )


def keep_subjects(
    found: Iterable[CategoryFinding], text: DocumentText, lexicon: Lexicon
) -> tuple[CategoryFinding, ...]:
    """Return the categories of a text that neither makes nor reports a change: what it is about, if that."""
    everyday = contains_phrase(lexicon, "market", text.title) or contains_phrase(
        lexicon, "other_business", text.title
    )
    return tuple(
        finding
        for finding in found
        if (category := lexicon.find_category(finding.id)) is None
        or category.kind != "item"
        or not category.change
        or (CONTROL_WORDS.search(finding.quote) and not everyday)
    )


def _get_sentence(hit: CategoryHit, text: DocumentText) -> str:
    if hit.in_title:
        return text.title
    return text.get_words(text.find_sentence(hit.start))


#: A title that names its items: 关于对铪、铼相关物项实施出口管制的公告; with 等 it names but some.
ITEM_TITLE = re.compile(r"(?:对|关于)[^，。；\n]{1,60}?(?:实施|实行)[^，。；\n]{0,12}(?:管制|管理)")
SUCH_AS = re.compile(r"等")
#: Groups whose leaves are no kin: each metal is an item of its own.
UNRELATED_GROUPS = frozenset({"minor_metals", "chemicals", ""})


def _keep_title_items(hits: list[CategoryHit], text: DocumentText, lexicon: Lexicon) -> list[CategoryHit]:
    """Keep, where the title names its items, those and their kin: what a body names besides is stuff."""
    named = ITEM_TITLE.search(text.title)
    titled = [hit for hit in hits if hit.in_title and _is_item(hit, lexicon)]
    if not named or not titled or SUCH_AS.search(named[0]):
        return hits
    ids = {hit.id for hit in titled}
    kin = {_get_group(hit) for hit in titled} - UNRELATED_GROUPS
    return [hit for hit in hits if not _is_item(hit, lexicon) or hit.id in ids or _get_group(hit) in kin]


def _is_item(hit: CategoryHit, lexicon: Lexicon) -> bool:
    category = lexicon.find_category(hit.id)
    return category is not None and category.kind == "item"


def _apply_exclusive_regimes(
    hits: list[CategoryHit], lexicon: Lexicon, kind: NoticeKind
) -> list[CategoryHit]:
    """Apply the regimes that leave no room for others: a remedy, a catalogue of technologies, a quota."""
    ids = {hit.id for hit in hits}
    if "trade_remedy" in ids and kind in INSTRUMENT_KINDS:
        return [hit for hit in hits if hit.id == "trade_remedy"]
    if "technology_catalogue" in ids:
        hits = [replace(hit, id=_find_technology_id(hit, lexicon)) for hit in hits]
    alone = {
        _get_group(hit) for hit in hits if hit.in_title and (c := lexicon.find_category(hit.id)) and c.alone
    }
    return [
        hit
        for hit in hits
        if _get_group(hit) not in alone or ((c := lexicon.find_category(hit.id)) and c.alone)
    ]


def _find_technology_id(hit: CategoryHit, lexicon: Lexicon) -> str:
    """Return the technology leaf of a hit's group where there is one: the catalogue lists technologies."""
    category = lexicon.find_category(hit.id)
    return (category.as_technology if category else "") or hit.id


def _keep_title_groups(hits: list[CategoryHit]) -> list[CategoryHit]:
    """Keep what belongs to a group the title names: an explanation is about its title."""
    ids = {hit.id for hit in hits if hit.in_title}
    kin = {_get_group(hit) for hit in hits if hit.in_title} - UNRELATED_GROUPS
    return [hit for hit in hits if hit.in_title or hit.id in ids or _get_group(hit) in kin]


def _get_group(hit: CategoryHit) -> str:
    return hit.id.partition(".")[0]


def _drop_weak_hints(hits: list[CategoryHit], lexicon: Lexicon) -> list[CategoryHit]:
    """Drop a hint, or a category that is not export control, where its group is named outright."""
    sure = {_get_group(hit) for hit in hits if hit.strength != "hint"}
    ruled = {_get_group(hit) for hit in hits if hit.strength != "hint" and _is_control_matter(hit, lexicon)}
    return [
        hit
        for hit in hits
        if _get_group(hit)
        not in (ruled if not _is_control_matter(hit, lexicon) else sure if hit.strength == "hint" else ())
    ]


def _is_control_matter(hit: CategoryHit, lexicon: Lexicon) -> bool:
    """Tell whether a hit's category is a matter of rules, as opposed to its group's everyday life."""
    category = lexicon.find_category(hit.id)
    return category is None or category.kind != "item" or category.change


def _find_destinations(
    text: DocumentText, lexicon: Lexicon, places: Iterable[PlaceHit], found: dict[str, CategoryFinding]
) -> Iterator[CategoryFinding]:
    """Yield destination categories: only for rules on the destination, never for parties in it."""
    listed = any(category.startswith("entity.") for category in found)
    for place in places:
        category = f"destination.{place.code.lower()}"
        # A remedy against goods from a country is no rule about exports to it.
        ruled = "tariff.additional" in found or not (listed or "trade_remedy" in found)
        if place.whole_destination and ruled and category in lexicon.category_ids:
            yield _build_finding(category, text, place.start, place.end, "category.destination")
