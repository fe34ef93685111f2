"""Which categories a notice touches: terms where they are the measure, not where they are incidental."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.identity.kind import INSTRUMENT_KINDS
from controlwatch.core.extraction.mentions.dates import find_date_mentions
from controlwatch.core.extraction.mentions.places import PlaceHit
from controlwatch.core.extraction.mentions.terms import (
    TermStrength,
    contains_phrase,
    find_term_hits,
    is_about_foreign_act,
)
from controlwatch.core.extraction.text.document_text import DocumentText, Sentence
from controlwatch.core.extraction.text.lexicon import Category, Lexicon
from controlwatch.core.extraction.text.masking import mask_non_measure
from controlwatch.core.extraction.text.normalize import fold_text
from controlwatch.core.model import CategoryFinding, CodeFinding, NoticeKind

RULES_TITLE = re.compile(
    r"(?:法|条例|办法|规定|细则)(?:[（(》]|$)|\b(?:Measures|Provisions|Rules) (?:for|on) the\b"
)  # 《…核查办法（征求意见稿）》 · …管理办法
TITLE_ZONE = 140  #: characters of a title in which title terms are trusted; a longer "title" is a paragraph
HEAD_ZONE = 500  #: characters of a head of several lines
FOREIGN_WORDS = re.compile(
    r"管制|清单|许可|制裁|物项|出口|export control|sanction", re.IGNORECASE
)  # 瑞士调整出口管制清单
FOREIGN_ANSWER = re.compile(
    r"就(?:美国?|日本?|欧盟|欧|荷兰?|英国?|加拿大|加|墨西哥|墨)[^，。]{0,30}?(?:将我|对华|对俄|列单|制裁|“?实体清单|最终用户清单|所谓|拟|限制中国|升级|收紧|加严|修订|扩大|新规|出口限制|限制措施)"
)  # 就美将我多家实体列入出口管制“实体清单”事
LISTING_WORDS = re.compile(
    r"列入|纳入|移出|增列|公布|采取|停止|暂停|取消|调整|答记者问|实施|\badd|\blist|\bremov|\bsuspend|\blift|discontinu"
    r"|\bplac|\bceas|\bcancel|\btak(?:e|es|en|ing)\b|\bblacklist",
    re.IGNORECASE,
)  # 将…列入…名单
ENTITY_LINE = re.compile(
    r"[（(][A-Z][^）)\n]{3,80}[）)]|公司|株式会社|集团|\bInc\b|\bLtd\b|\bLLC\b|\bCorp", re.IGNORECASE
)
#: A law, or a regulation of the State Council, that founds a control: its title says on what.
FOUNDING_TITLE = re.compile(
    r"(?:出口|两用物项|管制|反制|制裁|对外贸易|不可靠实体)[^，。\n]{0,16}(?:(?<!办)法|条例)(?:$|\W)"
)
COUNTER_TARIFF = re.compile(r"加征[^。；，\n]{0,20}关税|\badditional (?:tariffs?|duties)\b", re.IGNORECASE)
REMEDY = re.compile(
    r"反倾销|反补贴|保障措施|\banti-?dumping\b|\bcountervailing\b|\bsafeguard\b", re.IGNORECASE
)
MAX_HITS = 300  #: of one category: an annex of ten thousand rows is not weighed row by row
#: Words near an item without which a report is not about the item.
TRADE_WORDS = re.compile(
    r"出口|进口|输出|管制|许可|要证|Ausfuhr|Genehmig|Lizenz|走私|列入|纳入|名单|清单|目录|关税|退税|暂停|恢复(?:实施|执行)|禁止|限制|制裁|export|import|control|licen|curb"
    r"|restrict|\bban|suspend|suspension|pause|on hold|tariff|dut(?:y|ies)|smuggl|sanction|list|catalog|hold",
    re.IGNORECASE,
)
OFFICE_OPENING = 500  #: characters in which a foreign office says what its notice is on
OPENING = 300  #: characters in which a report says whose rule it is about
FOREIGN_RULE = re.compile(
    r"出口管制|输出(?:规制|管制|管理)|战略性高科技|许可|实体清单|export (?:control|licen|ban|rule"
    r"|restriction)|Entity List|输出贸易管理|\blicen[cs](?:e|es|ing)\b|\bECCN\b|\bAnnex I\b"
    r"|delegated regulation|军商两用",
    re.IGNORECASE,
)
CHINESE_ACT = re.compile(
    r"(?:中国|我国)?商务部(?:\d+日)?(?:[^。；\n]{0,8})(?:发布|公布|宣布|公告)|海关总署|\bMOFCOM\b"
    r"|China(?:'s Ministry| (?:imposes|announced|suspends))"
)
LISTING_POWER = re.compile(
    r"列入[^，。；\n]{0,14}名单之?的|\bmay\b|可(?:以)?将|可列入|应当?将|的，(?:可|应)|^\s*问[:：]"
)  # 可以将其列入关注名单: a power, not a listing
PARTY_WORDS = re.compile(
    r"\b(?:entit|compan|firm|part(?:y|ies)|organi[sz]ation|importer|end[- ]user)", re.IGNORECASE
)
PARAGRAPH_REACH = 1500  #: characters on either side that a paragraph can take up
BACKGROUND_AGE = timedelta(days=200)  #: between a report and what it only recalls
BARE_YEAR = re.compile(r"(?<!\d)(20\d\d)(?=年|\b)")
#: Words in the sentence of an item without which a text that reports no change is not about the item.
CONTROL_WORDS = re.compile(
    r"出口管制|两用物项|管制|管控|许可证|走私|名单|清单|目录|export control|licen[cs]|smuggl|dual-use"
    r"|controlled|trafficking"
    r"|catalog",
    re.IGNORECASE,
)
#: A title that names its items: 关于对铪、铼相关物项实施出口管制的公告; with 等 it names only some.
ITEM_TITLE = re.compile(r"(?:对|关于)[^，。；\n]{1,60}?(?:实施|实行)[^，。；\n]{0,12}(?:管制|管理)")
SUCH_AS = re.compile(r"等")
#: Groups whose members are unrelated: each metal is a separate item.
UNRELATED_GROUPS = frozenset({"minor_metals", "chemicals", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryHit:
    """A category named at a place, and how much the word can be trusted."""

    category: Category
    strength: TermStrength
    start: int
    end: int
    in_title: bool
    sentence: Sentence  #: that names it; the whole title, where that does

    @property
    def is_item(self) -> bool:
        """Whether the category is an item, as opposed to a regime, a list or a scope."""
        return self.category.kind == "item"

    @property
    def is_control_matter(self) -> bool:
        """Whether the category is a matter of rules, as opposed to its group's everyday business."""
        return not self.is_item or self.category.change

    def is_list_of_parties(self, text: DocumentText) -> bool:
        """Return whether a hit is not an English "export control list" of goods: that of parties says so."""
        return (
            not text.folded_text[self.start].isascii()
            or self.category.id != "entity.control_list"
            or PARTY_WORDS.search(self.sentence.words) is not None
        )

    def is_incidental(self, context: ReadingContext) -> bool:
        """Return whether a hit of the body is in a name, a mere mention, a foreign act or the past."""
        lexicon, sentence, folded = context.lexicon, self.sentence, context.text.folded_text
        words = sentence.words
        if self.category.id.startswith("entity."):
            lists = LISTING_WORDS.search(words) and not LISTING_POWER.search(words)
            if not lists or not self.is_list_of_parties(context.text):
                return True
        elif ENTITY_LINE.search(words) and len(words) < 120 and "物项" not in words:
            return True
        near = folded[max(sentence.start, self.start - 80) : min(sentence.end, self.end + 80)]
        return (
            is_about_foreign_act(lexicon, words[: self.start - sentence.start])
            or is_about_foreign_act(lexicon, words)
            or contains_phrase(lexicon, "background", words[:60])
            or contains_phrase(lexicon, "background", near)
        )


def find_categories(context: ReadingContext, places: Iterable[PlaceHit]) -> tuple[CategoryFinding, ...]:
    """Return the categories with their sentences, in the order in which the text names them."""
    text, lexicon, kind = context.text, context.lexicon, context.identity.kind
    if foreign := _find_foreign_controls(context):
        return (foreign,)
    hits = _find_hits(context)
    for apply_filter in HIT_FILTERS:
        hits = apply_filter(hits, context)
    found: dict[str, CategoryFinding] = {}
    for hit in sorted(hits, key=lambda hit: hit.start):
        if hit.category.id not in found:
            rule = f"category.{hit.strength}"
            found[hit.category.id] = _build_finding(hit.category.id, text, hit.start, hit.end, rule)
    law = FOUNDING_TITLE.search(text.title[:TITLE_ZONE])
    if law and kind in {NoticeKind.LAW, NoticeKind.REGULATION} and "framework_law" not in found:
        rule = "category.title"
        found["framework_law"] = _build_finding("framework_law", text, law.start(), law.end(), rule)
    # Parties in a destination, or a remedy against goods from it, are not a rule about exports to it.
    is_party_listing = any(category.startswith("entity.") for category in found)
    is_ruled = "tariff.additional" in found or not (is_party_listing or "trade_remedy" in found)
    for place in places:
        category_id = f"destination.{place.code.lower()}"
        if is_ruled and place.whole_destination and lexicon.find_category(category_id):
            rule = "category.destination"
            found.setdefault(category_id, _build_finding(category_id, text, place.start, place.end, rule))
    return tuple(found.values())


def _build_finding(category_id: str, text: DocumentText, start: int, end: int, rule: str) -> CategoryFinding:
    return CategoryFinding(id=category_id, quote=text.quote_around(start, end), rule=rule)


def _find_foreign_controls(context: ReadingContext) -> CategoryFinding | None:
    """Return the finding for a text about another government's rules, which carries nothing else."""
    text, lexicon, kind = context.text, context.lexicon, context.identity.kind
    title = text.title[:TITLE_ZONE]
    office = lexicon.get_pattern("category.foreign-office").match(text.folded_text)
    if office and FOREIGN_RULE.search(text.folded_text[:OFFICE_OPENING]) and not context.identity.passes_on:
        return _build_finding(
            "foreign_controls", text, office.start(), office.end(), "category.foreign-office"
        )
    if context.identity.is_instrument:
        return None
    if kind == NoticeKind.SPOKESPERSON:
        hit, rule = FOREIGN_ANSWER.search(title), "category.foreign-answer"
        return _build_finding("foreign_controls", text, hit.start(), hit.end(), rule) if hit else None
    names = [name for place in lexicon.places for name in (*place.zh, *place.en) if place.code != "TW"]
    is_foreign = (
        title.startswith(tuple(names))
        or contains_phrase(lexicon, "foreign_subject", title[:20])
        or contains_phrase(lexicon, "foreign_act", title)
    )
    if is_foreign and FOREIGN_WORDS.search(title) and not contains_phrase(lexicon, "chinese_act", title):
        return _build_finding("foreign_controls", text, 0, len(title), "category.foreign-title")
    # The opening speaks of another government's rule, and no Chinese notice is named.
    opening = text.folded_text[: text.title_end + OPENING]
    is_chinese = any(mention.number.issuers for mention in context.identity.number_mentions)
    if (
        not is_chinese
        and contains_phrase(lexicon, "foreign_act", opening)
        and FOREIGN_RULE.search(opening)
        and not CHINESE_ACT.search(opening)
    ):
        return _build_finding("foreign_controls", text, 0, len(title), "category.foreign-opening")
    return None


def add_code_categories(
    findings: tuple[CategoryFinding, ...], codes: Iterable[CodeFinding], lexicon: Lexicon
) -> tuple[CategoryFinding, ...]:
    """Return the categories with those whose control codes a measure lists, where no word names an item."""
    named_items = (lexicon.find_category(found.id) for found in findings)
    if any(category is not None and category.kind != "instrument" for category in named_items):
        return findings
    added: dict[str, CategoryFinding] = {}
    for code in codes:
        named = [
            category
            for category in lexicon.categories
            if any(code.code == known or code.code.startswith(f"{known}.") for known in category.control)
        ]
        if len(named) == 1:
            finding = CategoryFinding(id=named[0].id, quote=code.quote, rule="category.code")
            added.setdefault(named[0].id, finding)
    return (*findings, *added.values())


def _find_hits(context: ReadingContext) -> list[CategoryHit]:
    """Return the terms of the title, then those of the body, the first `MAX_HITS` of each category."""
    text, lexicon, kind = context.text, context.lexicon, context.identity.kind
    zone = min(text.title_end, HEAD_ZONE if text.has_head else TITLE_ZONE)
    # A paragraph in the place of a title cites laws like any body.
    headline = text.folded_text if text.title_end <= zone else mask_non_measure(text.folded_text, lexicon)
    terms = [(hit, True) for hit in find_term_hits(headline[:zone], lexicon)]
    # A law names every field that it governs; only its title says what it is about.
    is_law = kind in {NoticeKind.LAW, NoticeKind.REGULATION}
    is_rules = kind in INSTRUMENT_KINDS | {NoticeKind.DRAFT} and RULES_TITLE.search(text.title)
    if not is_law and not is_rules:
        body = find_term_hits(mask_non_measure(text.folded_text, lexicon), lexicon)
        terms += [(hit, False) for hit in body if hit.start >= zone]
    counts: Counter[str] = Counter()
    hits: list[CategoryHit] = []
    for hit, in_title in terms:
        for category, strength in hit.meanings:
            if strength == "counter" or (strength == "title" and not in_title):
                continue
            counts[category.id] += 1
            if counts[category.id] <= MAX_HITS:
                sentence = Sentence(0, zone, text.title) if in_title else text.find_sentence(hit.start)
                hits.append(
                    CategoryHit(
                        category=category,
                        strength=strength,
                        start=hit.start,
                        end=hit.end,
                        in_title=in_title,
                        sentence=sentence,
                    )
                )
    return hits


def _drop_incidental(hits: list[CategoryHit], context: ReadingContext) -> list[CategoryHit]:
    """Drop hits in entity names, background and foreign acts, and item words of a party listing."""
    text, kind = context.text, context.identity.kind
    hits = [hit for hit in hits if not hit.in_title or hit.is_list_of_parties(text)]
    titled = [hit for hit in hits if hit.in_title]
    is_party_listing = any(hit.category.id.startswith("entity.") for hit in titled)
    if context.identity.is_report and any(hit.is_item for hit in titled):
        is_party_listing = False  # a headline that names both is about both
    if (
        kind in {NoticeKind.FAQ, NoticeKind.GUIDANCE} and not context.identity.passes_on
    ):  # an explanation is about its title
        ids, groups = _list_related(titled)
        hits = [hit for hit in hits if hit.category.id in ids or hit.category.group in groups]
    opening = text.find_sentence(text.title_end + 2).end
    kept: list[CategoryHit] = []
    proved: set[tuple[str, TermStrength]] = set()
    for hit in hits:
        if (hit.category.id, hit.strength) in proved:
            continue
        if (hit.is_item and is_party_listing) or (hit.category.subject and hit.start > opening):
            continue
        if not hit.in_title and hit.is_incidental(context):
            continue
        kept.append(hit)
        if context.identity.is_instrument:  # one place is proof enough; in a report each is weighed
            proved.add((hit.category.id, hit.strength))
    return kept


def _keep_report_subjects(hits: list[CategoryHit], context: ReadingContext) -> list[CategoryHit]:
    """Keep the items that a report names in passages on trade, not on markets or on the distant past."""
    folded, written = context.text.folded_text, context.identity.publication_day
    is_report = context.identity.is_report
    if not is_report and context.identity.kind != NoticeKind.OTHER:
        return hits
    kept: list[CategoryHit] = []
    for hit in hits:
        words = hit.sentence.words
        if hit.is_item and hit.category.change:
            low, high = max(0, hit.start - PARAGRAPH_REACH), min(len(folded), hit.end + PARAGRAPH_REACH)
            end = folded.find("\n", hit.end, high)
            paragraph = folded[max(low, folded.rfind("\n", low, hit.start) + 1) : end if end >= 0 else high]
            if not TRADE_WORDS.search(paragraph) or contains_phrase(context.lexicon, "market", words):
                continue
        if is_report and not hit.in_title and written:
            days = [word.day for word in find_date_mentions(words, anchor=written) if word.day]
            years = [date(int(hit[1]), 12, 31) for hit in BARE_YEAR.finditer(words)]
            if written - max(days or years, default=written) > BACKGROUND_AGE:
                continue
        kept.append(hit)
    return kept


def _keep_title_items(hits: list[CategoryHit], context: ReadingContext) -> list[CategoryHit]:
    """Keep, where an instrument's title names its items, those and related ones."""
    if not context.identity.is_instrument:
        return hits
    named = ITEM_TITLE.search(context.text.title)
    titled = [hit for hit in hits if hit.in_title and hit.is_item]
    if not named or not titled or SUCH_AS.search(named[0]):
        return hits
    ids, groups = _list_related(titled)
    return [hit for hit in hits if not hit.is_item or hit.category.id in ids or hit.category.group in groups]


def _list_related(titled: list[CategoryHit]) -> tuple[set[str], set[str]]:
    """Return the categories that the title names, and the groups whose other members are related to them."""
    groups = {hit.category.group for hit in titled} - UNRELATED_GROUPS
    return {hit.category.id for hit in titled}, groups


def _drop_weak_hints(hits: list[CategoryHit], _context: ReadingContext) -> list[CategoryHit]:
    """Drop a hint, or a category that is not export control, where its group is named outright."""
    outright = [hit for hit in hits if hit.strength != "hint"]
    groups = {hit.category.group for hit in outright}
    control_groups = {hit.category.group for hit in outright if hit.is_control_matter}
    return [
        hit
        for hit in hits
        if hit.category.group not in (control_groups if not hit.is_control_matter else groups)
        or (hit.is_control_matter and hit.strength != "hint")
    ]


def _apply_exclusive_regimes(hits: list[CategoryHit], context: ReadingContext) -> list[CategoryHit]:
    """Apply the regimes that leave no room for others: a remedy, a catalogue of technologies, a quota."""
    ids = {hit.category.id for hit in hits}
    is_counter_tariff = COUNTER_TARIFF.search(context.text.folded_text) and not REMEDY.search(
        context.text.folded_text
    )
    if is_counter_tariff:  # it follows from an investigation, and is not one
        hits = [hit for hit in hits if hit.category.id != "trade_remedy"]
    elif "trade_remedy" in ids and context.identity.is_instrument:
        return [hit for hit in hits if hit.category.id == "trade_remedy"]
    if "technology_catalogue" in ids:  # it lists technologies, not goods
        hits = [
            replace(hit, category=context.lexicon.find_category(hit.category.as_technology) or hit.category)
            for hit in hits
        ]
    hits = [hit for hit in hits if hit.category.part_of not in ids]
    alone = {hit.category.group for hit in hits if hit.in_title and hit.category.alone}
    return [hit for hit in hits if hit.category.alone or hit.category.group not in alone]


#: Applied in this order.
HIT_FILTERS: tuple[Callable[[list[CategoryHit], ReadingContext], list[CategoryHit]], ...] = (
    _drop_incidental,
    _keep_report_subjects,
    _keep_title_items,
    _drop_weak_hints,
    _apply_exclusive_regimes,
)


def drop_items(findings: Iterable[CategoryFinding], lexicon: Lexicon) -> tuple[CategoryFinding, ...]:
    """Return the findings that are not controlled items: regimes, lists, destinations, everyday business."""
    return tuple(finding for finding in findings if not _is_controlled_item(finding, lexicon))


def keep_subjects(
    findings: Iterable[CategoryFinding], context: ReadingContext
) -> tuple[CategoryFinding, ...]:
    """Return the categories that are the subject of a text that neither makes nor reports a change."""
    title, lexicon = context.text.title, context.lexicon
    is_everyday = context.identity.is_other_business or contains_phrase(lexicon, "market", title)
    return tuple(
        finding
        for finding in findings
        if not _is_controlled_item(finding, lexicon)
        or (CONTROL_WORDS.search(fold_text(finding.quote)) and not is_everyday)
    )


def _is_controlled_item(finding: CategoryFinding, lexicon: Lexicon) -> bool:
    category = lexicon.find_category(finding.id)
    return category is not None and category.kind == "item" and category.change
