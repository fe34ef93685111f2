"""Which of the words that name categories are the measure: not names, asides, examples or the past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from controlwatch.core.extraction.findings.category_hits import GOODS_LICENCE, CategoryHit
from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.identity.passages import BACKGROUND_AGE, find_last_day_named
from controlwatch.core.extraction.mentions.terms import (
    TermStrength,
    contains_phrase,
)
from controlwatch.core.model import NoticeKind

OPENING_SENTENCE = 16  #: characters of the first sentence below a head
SHORT_LINE = 60  #: characters of a line that cannot say by itself what it is about
NEIGHBOURS = 160  #: characters on either side of a word in a short line
PARAGRAPH_REACH = 1500  #: characters on either side that a paragraph can take up
#: Regimes in which the goods that a notice names are not controlled items.
ITEMLESS_REGIMES = frozenset(
    {"tax.vat_rebate", "tariff.additional", "tariff.import_rates", "sps_import", "licence.catalogue"}
)
#: Regimes of parties, duties and lists, beside which parts and uses of goods name no item.
GOODS_REGIMES = ("entity.", "tariff.", "tax.", "list.", "sps_import", "trade_remedy", "technology_catalogue")
#: Groups whose members are unrelated: each metal is a separate item.
UNRELATED_GROUPS = frozenset({"minor_metals", "chemicals", ""})


def _drop_incidental(hits: list[CategoryHit], context: ReadingContext) -> list[CategoryHit]:
    """Drop hits in entity names, background and foreign acts, and item words of a party listing."""
    text, kind, get_pattern = context.text, context.identity.kind, context.lexicon.get_pattern
    hits = [hit for hit in hits if not hit.in_title or hit.is_list_of_parties(text)]
    titled = [hit for hit in hits if hit.in_title]
    is_party_listing = any(hit.category.id.startswith("entity.") for hit in titled)
    is_on_parties = get_pattern("category.party-headline").search(text.title) is not None
    if context.identity.is_report and any(hit.category.id.startswith("entity.") for hit in hits):
        is_party_listing |= is_on_parties
    if context.identity.is_report and any(hit.is_item for hit in titled):
        is_party_listing = False  # a headline that names both is about both
    explains = kind in {NoticeKind.FAQ, NoticeKind.GUIDANCE} and not context.identity.passes_on
    # An explanation is about its title; answers on a numbered notice are on its items.
    answers_on_notice = context.identity.number_mentions and not any(hit.is_item for hit in titled)
    if explains and not answers_on_notice:
        ids, groups = _list_related(titled)
        hits = [hit for hit in hits if hit.category.id in ids or hit.category.group in groups]
    opening = next(
        (s.end for s in text.sentences if s.start >= text.title_end and len(s.words) >= OPENING_SENTENCE), 0
    )
    lists_parties = any(hit.category.id.startswith("entity.") for hit in hits)
    kept: list[CategoryHit] = []
    proved: set[tuple[str, TermStrength]] = set()
    for hit in hits:
        if (hit.category.id, hit.strength) in proved:
            continue
        if (hit.is_item and is_party_listing) or (hit.category.subject and hit.start > opening):
            continue
        is_of_party = lists_parties and (hit.is_proper_name(text) or hit.describes_party(context))
        if not hit.in_title and (is_of_party or hit.is_incidental(context)):
            continue
        affected = get_pattern("category.affected-behind")
        if hit.is_item and context.identity.is_report and affected.match(text.folded_text, hit.end):
            continue
        if hit.in_title and lists_parties and context.identity.is_report and hit.describes_party(context):
            continue
        kept.append(hit)
        if context.identity.is_instrument:  # one place is proof enough; in a report each is weighed
            proved.add((hit.category.id, hit.strength))
    return kept


def _keep_report_subjects(hits: list[CategoryHit], context: ReadingContext) -> list[CategoryHit]:
    """Keep the items that a report names in passages on trade, not on markets or on the distant past.

    The lines of a chat or a form are too short to speak of trade: there the lines around an item count too,
    and so do the paragraphs around it where nothing else says what a report is on.
    """
    if not context.identity.is_report and context.identity.kind != NoticeKind.OTHER:
        return hits
    kept = [hit for hit in hits if _is_subject_of_report(hit, context, 0, SHORT_LINE)]
    if any(hit.is_item for hit in kept):
        return kept
    kept = [hit for hit in hits if _is_subject_of_report(hit, context, NEIGHBOURS, SHORT_LINE)]
    if kept:
        return kept
    return [hit for hit in hits if _is_subject_of_report(hit, context, PARAGRAPH_REACH, PARAGRAPH_REACH)]


def _is_subject_of_report(hit: CategoryHit, context: ReadingContext, around: int, reach: int) -> bool:
    """Return whether a report is about what it names.

    A line shorter than `reach` is widened by `around` characters on either side.
    """
    get_pattern, folded, words = context.lexicon.get_pattern, context.text.folded_text, hit.sentence.words
    if hit.is_item and hit.category.change and not hit.category.alone:
        low, high = max(0, hit.start - PARAGRAPH_REACH), min(len(folded), hit.end + PARAGRAPH_REACH)
        end = folded.find("\n", hit.end, high)
        start, end = max(low, folded.rfind("\n", low, hit.start) + 1), end if end >= 0 else high
        if end - start < reach:
            start, end = max(low, start - around), min(high, end + around)
        own = context.text.find_sentence(hit.start).words
        if not get_pattern("category.trade").search(folded[start:end]) or contains_phrase(
            context.lexicon, "market", own
        ):
            return False
    if not context.identity.is_report:
        return True
    is_example = hit.is_item and get_pattern("category.example-behind").match(folded[hit.end : hit.end + 24])
    if hit.in_title or is_example:
        return not is_example
    if _is_in_passing(hit, context):
        return False
    written = context.identity.publication_day
    if written is None:
        return True
    last = find_last_day_named(words, written, context.lexicon)
    return last is None or written - last <= BACKGROUND_AGE


def _is_in_passing(hit: CategoryHit, context: ReadingContext) -> bool:
    """Return whether a report names something only to say that it stays as it is, or what may come."""
    get_pattern, words = context.lexicon.get_pattern, hit.sentence.words
    if context.is_background(hit.start) or context.is_beside_news(words):
        return True
    at = hit.start - hit.sentence.start
    clause = words[
        max(words.rfind(";", 0, at), 0) : (words + ";").find(";", at)
    ]  # folded text keeps this stop
    if get_pattern("category.left-alone").search(clause) or get_pattern("category.supposed").search(words):
        return True
    if hit.is_item and get_pattern("category.advice").search(words):
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
    ids |= {hit.category.id for hit in hits if _is_in_changed_words(hit, context)}
    return [hit for hit in hits if not hit.is_item or hit.category.id in ids or hit.category.group in groups]


def _is_in_changed_words(hit: CategoryHit, context: ReadingContext) -> bool:
    """Return whether the sentence of a hit replaces words of an older notice, beside what the title names."""
    get_pattern, words = context.lexicon.get_pattern, hit.sentence.words
    replaces = get_pattern("direction.replaced").search(words) is not None
    return replaces and get_pattern("date.number-word").search(words) is not None


def _list_related(titled: list[CategoryHit]) -> tuple[set[str], set[str]]:
    """Return the categories that the title names, and the groups whose other members are related to them."""
    groups = {hit.category.group for hit in titled} - UNRELATED_GROUPS
    return {hit.category.id for hit in titled}, groups


def _drop_beside_items(hits: list[CategoryHit], context: ReadingContext) -> list[CategoryHit]:
    """Drop the words that name an item only where nothing else does: parts, uses and materials of others."""
    firm = [
        hit
        for hit in hits
        if hit.strength != "lone" and (hit.is_item or hit.category.id.startswith(GOODS_REGIMES))
    ]
    is_titled = any(hit.in_title for hit in firm)
    return [hit for hit in hits if hit.strength != "lone" or not firm or (hit.in_title and not is_titled)]


def drop_weak_hints(hits: list[CategoryHit], context: ReadingContext) -> list[CategoryHit]:
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


def apply_exclusive_regimes(hits: list[CategoryHit], context: ReadingContext) -> list[CategoryHit]:
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
    is_on_technology = get_pattern("category.technology-title").search(context.text.title)
    if "technology_catalogue" in ids or is_on_technology:  # it lists technologies, not goods
        hits = [
            replace(hit, category=context.lexicon.find_category(hit.category.as_technology) or hit.category)
            for hit in hits
        ]
    is_plan = get_pattern("category.tariff-plan").search(context.text.title)
    if is_plan:  # it names goods of all kinds
        hits = [hit for hit in hits if not hit.is_item]
    elif _is_about_regime_alone(hits, context):
        titled = {hit.category.id for hit in hits if hit.in_title and not hit.is_item}
        others = ITEMLESS_REGIMES - titled
        hits = [
            hit
            for hit in hits
            if hit.category.id in titled
            or (context.identity.is_report and not hit.is_item and hit.category.id not in others)
        ]
    ruled = {hit.sentence.start for hit in hits if hit.category.id in ITEMLESS_REGIMES and not hit.in_title}
    hits = [hit for hit in hits if hit.in_title or not hit.is_item or hit.sentence.start not in ruled]
    if any(hit.is_item and not hit.needs_goods_licence for hit in hits):
        hits = [hit for hit in hits if hit.category.id != GOODS_LICENCE or hit.in_title]
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
    _drop_beside_items,
    drop_weak_hints,
    apply_exclusive_regimes,
)
