"""Which categories a notice touches: terms where they are the measure, not where they are incidental."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

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

TITLE_ZONE = 140  #: characters of a title in which title terms are trusted; a longer "title" is a paragraph
HEAD_ZONE = 500  #: characters of a head of several lines
MAX_HITS = 300  #: of one category: an annex of ten thousand rows is not weighed row by row
OFFICE_OPENING = 500  #: characters in which a foreign office says what its notice is on
OPENING_SENTENCE = 16  #: characters of the first sentence below a head
OPENING = 300  #: characters in which a report says whose rule it is about
PARTY_WORDS = re.compile(
    r"\b(?:entit|compan|firm|part(?:y|ies)|organi[sz]ation|importer|end[- ]user|Inc\b|Ltd\b|LLC\b)",
    re.IGNORECASE,
)
SHORT_LINE = 60  #: characters of a line that cannot say by itself what it is about
NEIGHBOURS = 160  #: characters on either side of a word in a short line
PARAGRAPH_REACH = 1500  #: characters on either side that a paragraph can take up
BACKGROUND_AGE = timedelta(days=200)  #: between a report and what it only recalls
#: Groups whose members are unrelated: each metal is a separate item.
#: Items under an export licence that is none for dual-use items.
LICENSED_GOODS = frozenset({"vehicles", "chemicals.gases"})
ITEMLESS_REGIMES = frozenset({"tax.vat_rebate", "tariff.additional", "sps_import", "licence.catalogue"})
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

    def _is_in_name(self, lexicon: Lexicon) -> bool:
        """Return whether a hit is part of the name of a party that its sentence lists, or of a company."""
        at = self.start - self.sentence.start
        names = (
            *lexicon.get_pattern("category.parties").finditer(self.sentence.words),
            *lexicon.get_pattern("category.company").finditer(self.sentence.words),
        )
        return any(name.start() <= at < name.end() for name in names)

    def is_incidental(self, context: ReadingContext) -> bool:
        """Return whether a hit of the body is in a name, a mere mention, a foreign act or the past."""
        lexicon, sentence, folded = context.lexicon, self.sentence, context.text.folded_text
        words = sentence.words
        if self.category.id.startswith("entity."):
            listing, power = (
                lexicon.get_pattern("category.listing"),
                lexicon.get_pattern("category.listing-power"),
            )
            lists = listing.search(words) is not None and power.search(words) is None
            if not lists or not self.is_list_of_parties(context.text):
                return True
        elif (
            lexicon.get_pattern("category.entity-line").search(words)
            and len(words) < 120
            and not lexicon.get_pattern("category.items").search(words)
        ):
            return True
        if not self.category.id.startswith("entity.") and self._is_in_name(lexicon):
            return True
        if lexicon.get_pattern("category.left-alone").search(words) and self.category.id.startswith(
            "entity."
        ):
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
    hits = hits or _find_acted_names(context)
    found: dict[str, CategoryFinding] = {}
    for hit in sorted(hits, key=lambda hit: hit.start):
        if hit.category.id not in found:
            rule = f"category.{hit.strength}"
            found[hit.category.id] = _build_finding(hit.category.id, text, hit.start, hit.end, rule)
    law = lexicon.get_pattern("category.founding-title").search(text.title[:TITLE_ZONE])
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


def _find_acted_names(context: ReadingContext) -> list[CategoryHit]:
    """Return what the names of the documents say on which an instrument acts."""
    text, lexicon = context.text, context.lexicon
    if not context.identity.is_instrument:
        return []
    hits: list[CategoryHit] = []
    for name in lexicon.get_pattern("category.cited-name").finditer(text.folded_text):
        sentence = text.find_sentence(name.start())
        before = sentence.words[: max(0, name.start() - sentence.start)]
        acts = lexicon.get_pattern("category.acting-on-name").search(sentence.words)
        if not acts or lexicon.get_pattern("category.basis-before").search(before):
            continue
        hits += [
            CategoryHit(
                category=category,
                strength=strength,
                start=name.start() + hit.start,
                end=name.start() + hit.end,
                in_title=False,
                sentence=sentence,
            )
            for hit in find_term_hits(name[0], lexicon)
            for category, strength in hit.meanings
            if strength != "counter"
        ]
    return _apply_exclusive_regimes(_drop_weak_hints(hits, context), context)


def _build_finding(category_id: str, text: DocumentText, start: int, end: int, rule: str) -> CategoryFinding:
    return CategoryFinding(id=category_id, quote=text.quote_around(start, end), rule=rule)


def _find_foreign_controls(context: ReadingContext) -> CategoryFinding | None:
    """Return the finding for a text about another government's rules, which carries nothing else."""
    text, lexicon, kind = context.text, context.lexicon, context.identity.kind
    title = text.title[:TITLE_ZONE]
    office = lexicon.get_pattern("category.foreign-office").match(text.folded_text)
    if (
        office
        and lexicon.get_pattern("category.foreign-rule").search(text.folded_text[:OFFICE_OPENING])
        and not context.identity.passes_on
    ):
        return _build_finding(
            "foreign_controls", text, office.start(), office.end(), "category.foreign-office"
        )
    if context.identity.is_instrument:
        return None
    if kind == NoticeKind.SPOKESPERSON:
        hit, rule = lexicon.get_pattern("category.foreign-answer").search(title), "category.foreign-answer"
        return _build_finding("foreign_controls", text, hit.start(), hit.end(), rule) if hit else None
    names = [name for place in lexicon.places for name in (*place.zh, *place.en) if place.code != "TW"]
    is_foreign = (
        title.startswith(tuple(names))
        or contains_phrase(lexicon, "foreign_subject", title[:20])
        or contains_phrase(lexicon, "foreign_act", title)
    )
    if (
        is_foreign
        and lexicon.get_pattern("category.foreign-words").search(title)
        and not contains_phrase(lexicon, "chinese_act", title)
    ):
        return _build_finding("foreign_controls", text, 0, len(title), "category.foreign-title")
    # The opening speaks of another government's rule, and no Chinese notice is named.
    opening = text.folded_text[: text.title_end + OPENING]
    is_chinese = any(mention.number.issuers for mention in context.identity.number_mentions)
    if (
        not is_chinese
        and contains_phrase(lexicon, "foreign_act", opening)
        and lexicon.get_pattern("category.foreign-rule").search(opening)
        and not lexicon.get_pattern("category.chinese-act").search(opening)
    ):
        return _build_finding("foreign_controls", text, 0, len(title), "category.foreign-opening")
    return None


def add_code_categories(
    findings: tuple[CategoryFinding, ...], codes: Iterable[CodeFinding], lexicon: Lexicon
) -> tuple[CategoryFinding, ...]:
    """Return the categories with those whose control codes a measure lists, where no word names an item.

    A group that is named is completed by the codes of its other members.
    """
    named = [known for found in findings if (known := lexicon.find_category(found.id))]
    groups = {known.group for known in named if known.kind == "item"} - UNRELATED_GROUPS
    is_named = any(known.kind != "instrument" for known in named)
    added: dict[str, CategoryFinding] = {}
    for code in codes:
        meant = [
            category
            for category in lexicon.categories
            if any(code.code == known or code.code.startswith(f"{known}.") for known in category.control)
        ]
        is_covered = any(part.startswith(code.code) for own in named for part in own.control)
        prefixes = tuple(start for found in meant for start in found.control if code.code.startswith(start))
        is_covered |= any(part.startswith(prefixes) for own in named for part in own.control if prefixes)
        is_member = len(meant) == 1 and meant[0].group in groups
        if len(meant) == 1 and not is_covered and (not is_named or is_member):
            finding = CategoryFinding(id=meant[0].id, quote=code.quote, rule="category.code")
            added.setdefault(meant[0].id, finding)
    known_ids = {found.id for found in findings}
    completed = {_get_group(found, lexicon) for found in added.values()} - UNRELATED_GROUPS
    kept = (
        found
        for found in findings
        if found.rule != "category.hint" or _get_group(found, lexicon) not in completed
    )
    return (*kept, *(finding for finding in added.values() if finding.id not in known_ids))


def _get_group(finding: CategoryFinding, lexicon: Lexicon) -> str:
    category = lexicon.find_category(finding.id)
    return category.group if category else ""


def _find_hits(context: ReadingContext) -> list[CategoryHit]:
    """Return the terms of the title, then those of the body, the first `MAX_HITS` of each category."""
    text, lexicon, kind = context.text, context.lexicon, context.identity.kind
    zone = min(text.title_end, HEAD_ZONE if text.has_head else TITLE_ZONE)
    # A paragraph in the place of a title cites laws like any body.
    headline = text.folded_text if text.title_end <= zone else mask_non_measure(text.folded_text, lexicon)
    terms = [(hit, True) for hit in find_term_hits(headline[:zone], lexicon)]
    # A law names every field that it governs; only its title says what it is about.
    is_law = kind in {NoticeKind.LAW, NoticeKind.REGULATION}
    rules_title = lexicon.get_pattern("category.rules-title")
    is_rules = kind in INSTRUMENT_KINDS | {NoticeKind.DRAFT} and rules_title.search(text.title)
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
    opening = next(
        (s.end for s in text.sentences if s.start >= text.title_end and len(s.words) >= OPENING_SENTENCE), 0
    )
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
    """Keep the items that a report names in passages on trade, not on markets or on the distant past.

    The lines of a chat or a form are too short to speak of trade: there the lines around an item count too.
    """
    if not context.identity.is_report and context.identity.kind != NoticeKind.OTHER:
        return hits
    kept = [hit for hit in hits if _is_subject_of_report(hit, context, 0)]
    if any(hit.is_item for hit in kept):
        return kept
    return [hit for hit in hits if _is_subject_of_report(hit, context, NEIGHBOURS)]


def _is_subject_of_report(hit: CategoryHit, context: ReadingContext, around: int) -> bool:
    """Return whether a report is about what it names; `around` widens a short line by so many characters."""
    get_pattern, folded, words = context.lexicon.get_pattern, context.text.folded_text, hit.sentence.words
    if hit.is_item and hit.category.change:
        low, high = max(0, hit.start - PARAGRAPH_REACH), min(len(folded), hit.end + PARAGRAPH_REACH)
        end = folded.find("\n", hit.end, high)
        start, end = max(low, folded.rfind("\n", low, hit.start) + 1), end if end >= 0 else high
        if end - start < SHORT_LINE:
            start, end = max(low, start - around), min(high, end + around)
        if not get_pattern("category.trade").search(folded[start:end]) or contains_phrase(
            context.lexicon, "market", words
        ):
            return False
    if not context.identity.is_report or hit.in_title:
        return True
    if _is_in_passing(hit, context):
        return False
    written = context.identity.publication_day
    if written is None:
        return True
    days = [word.day for word in find_date_mentions(words, context.lexicon, anchor=written) if word.day]
    years = [date(int(year[1]), 12, 31) for year in get_pattern("category.bare-year").finditer(words)]
    return written - max(days or years, default=written) <= BACKGROUND_AGE


def _is_in_passing(hit: CategoryHit, context: ReadingContext) -> bool:
    """Return whether a report names something only to say that it stays as it is, or what may come."""
    get_pattern, words = context.lexicon.get_pattern, hit.sentence.words
    if get_pattern("category.left-alone").search(words) or get_pattern("category.supposed").search(words):
        return True
    before = words[: hit.start - hit.sentence.start]
    return hit.is_item and get_pattern("category.mentioned-before").search(before) is not None


def _keep_title_items(hits: list[CategoryHit], context: ReadingContext) -> list[CategoryHit]:
    """Keep, where an instrument's title names its items, those and related ones."""
    get_pattern = context.lexicon.get_pattern
    if not context.identity.is_instrument:
        return hits
    named = get_pattern("category.item-title").search(context.text.title)
    titled = [hit for hit in hits if hit.in_title and hit.is_item]
    if not named or not titled or get_pattern("category.such-as").search(named[0]):
        return hits
    ids, groups = _list_related(titled)
    return [hit for hit in hits if not hit.is_item or hit.category.id in ids or hit.category.group in groups]


def _list_related(titled: list[CategoryHit]) -> tuple[set[str], set[str]]:
    """Return the categories that the title names, and the groups whose other members are related to them."""
    groups = {hit.category.group for hit in titled} - UNRELATED_GROUPS
    return {hit.category.id for hit in titled}, groups


def _drop_weak_hints(hits: list[CategoryHit], context: ReadingContext) -> list[CategoryHit]:
    """Drop a hint, or a category that is not export control, where its group is named outright.

    A hint joined to another member of its group stands beside it: lithium batteries and anode materials.
    """
    joined = context.lexicon.get_pattern("category.joined")
    folded = context.text.folded_text
    firm = {
        (hit.category.id, other.category.group)
        for hit, other in pairwise(sorted(hits, key=lambda hit: hit.start))
        if hit.strength == "hint"
        and other.strength != "hint"
        and hit.category.group == other.category.group
        and hit.category.id != other.category.id
        and joined.fullmatch(folded[hit.end : other.start])
    }
    outright = [hit for hit in hits if hit.strength != "hint"]
    groups = {hit.category.group for hit in outright}
    control_groups = {hit.category.group for hit in outright if hit.is_control_matter}
    return [
        hit
        for hit in hits
        if hit.category.group not in (control_groups if not hit.is_control_matter else groups)
        or (hit.is_control_matter and hit.strength != "hint")
        or (hit.category.id, hit.category.group) in firm
    ]


def _apply_exclusive_regimes(hits: list[CategoryHit], context: ReadingContext) -> list[CategoryHit]:
    """Apply the regimes that leave no room for others: a remedy, a catalogue of technologies, a quota."""
    get_pattern = context.lexicon.get_pattern
    ids = {hit.category.id for hit in hits}
    is_counter_tariff = get_pattern("category.counter-tariff").search(
        context.text.folded_text
    ) and not get_pattern("category.remedy").search(context.text.folded_text)
    if is_counter_tariff:  # it follows from an investigation, and is not one
        hits = [hit for hit in hits if hit.category.id != "trade_remedy"]
    elif "trade_remedy" in ids and context.identity.is_instrument:
        return [hit for hit in hits if hit.category.id == "trade_remedy"]
    if "technology_catalogue" in ids:  # it lists technologies, not goods
        hits = [
            replace(hit, category=context.lexicon.find_category(hit.category.as_technology) or hit.category)
            for hit in hits
        ]
    if _is_about_regime_alone(hits, context):
        titled = {hit.category.id for hit in hits if hit.in_title and not hit.is_item}
        others = ITEMLESS_REGIMES - titled
        hits = [
            hit
            for hit in hits
            if hit.category.id in titled
            or (context.identity.is_report and not hit.is_item and hit.category.id not in others)
        ]
    dual = [hit for hit in hits if hit.is_item and hit.category.id not in LICENSED_GOODS]
    placed = {hit.sentence.start for hit in dual}
    if any(hit.in_title for hit in dual):
        hits = [hit for hit in hits if hit.category.id != "licence.goods" or hit.in_title]
    hits = [
        hit
        for hit in hits
        if hit.category.id != "licence.goods" or hit.in_title or hit.sentence.start not in placed
    ]
    hits = [hit for hit in hits if hit.category.part_of not in ids]
    alone = {hit.category.group for hit in hits if hit.in_title and hit.category.alone}
    return [hit for hit in hits if hit.category.alone or hit.category.group not in alone]


def _is_about_regime_alone(hits: list[CategoryHit], context: ReadingContext) -> bool:
    """Return whether a text is on duties, rebates or imports: the goods that it names are not controlled.

    A report must say so in its headline, and be about one notice: a digest names others.
    """
    titled = {hit.category.id for hit in hits if hit.in_title}
    if context.identity.is_instrument and titled & ITEMLESS_REGIMES:
        return True
    goods_list = context.lexicon.get_pattern("category.goods-catalogue")
    if context.identity.is_instrument and goods_list.search(context.text.title):
        return True
    years = {mention.number.key for mention in context.identity.number_mentions}
    return bool(titled & ITEMLESS_REGIMES) and context.identity.is_report and len(years) <= 1


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
        or (lexicon.get_pattern("category.control").search(fold_text(finding.quote)) and not is_everyday)
    )


def _is_controlled_item(finding: CategoryFinding, lexicon: Lexicon) -> bool:
    category = lexicon.find_category(finding.id)
    return category is not None and category.kind == "item" and category.change
