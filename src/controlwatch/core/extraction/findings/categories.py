"""Which categories a notice touches: terms where they are the measure, not where they are incidental."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from controlwatch.core.extraction.findings.acted_titles import find_acted_titles
from controlwatch.core.extraction.findings.category_filters import (
    HIT_FILTERS,
    UNRELATED_GROUPS,
    apply_exclusive_regimes,
    drop_weak_hints,
)
from controlwatch.core.extraction.findings.category_hits import (
    TITLE_ZONE,
    CategoryHit,
    find_category_hits,
)
from controlwatch.core.extraction.identity.head import PAGE_TAG
from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.mentions.places import PlaceHit
from controlwatch.core.extraction.mentions.terms import (
    contains_phrase,
    find_term_hits,
    is_recital,
)
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Category, Lexicon
from controlwatch.core.extraction.text.normalize import fold_text
from controlwatch.core.model import CategoryFinding, CodeFinding, NoticeKind

OFFICE_OPENING = 500  #: characters in which a foreign office says what its notice is on
OPENING = 300  #: characters in which a report says whose rule it is about


def find_categories(context: ReadingContext, places: Iterable[PlaceHit]) -> tuple[CategoryFinding, ...]:
    """Return the categories with their sentences, in the order in which the text names them."""
    text, lexicon, kind = context.text, context.lexicon, context.identity.kind
    if foreign := _find_foreign_controls(context):
        return (foreign,)
    hits = find_category_hits(context)
    for apply_filter in HIT_FILTERS:
        hits = apply_filter(hits, context)
    if not any(hit.in_title and hit.is_item for hit in hits):
        is_acting = lexicon.get_pattern("category.acting-title").search(text.title)
        acted = _find_acted_names(context) if is_acting or not hits else []
        hits = [*hits, *(hit for hit in acted if hit.is_item or not hits)]
    found: dict[str, CategoryFinding] = {}
    for hit in sorted(hits, key=lambda hit: hit.start):
        if hit.category.id not in found:
            is_named = hit.in_title and hit.strength == "hint" and context.identity.is_instrument
            rule = "category.title" if is_named else f"category.{hit.strength}"
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
    hits = [
        CategoryHit(
            category=category,
            strength=strength,
            start=name.start() + hit.start,
            end=name.start() + hit.end,
            in_title=False,
            sentence=text.find_sentence(name.start()),
        )
        for name in find_acted_titles(context)
        for hit in find_term_hits(name[0], lexicon)
        for category, strength in hit.meanings
        if strength != "counter"
    ]
    return apply_exclusive_regimes(drop_weak_hints(hits, context), context)


def _build_finding(category_id: str, text: DocumentText, start: int, end: int, rule: str) -> CategoryFinding:
    return CategoryFinding(id=category_id, quote=text.quote_around(start, end), rule=rule)


def _find_foreign_controls(context: ReadingContext) -> CategoryFinding | None:
    """Return the finding for a text about another government's rules, which carries nothing else."""
    text, lexicon, kind = context.text, context.lexicon, context.identity.kind
    title = PAGE_TAG.sub("", text.title)[:TITLE_ZONE]
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
        if hit:
            return _build_finding("foreign_controls", text, hit.start(), hit.end(), rule)
        decides = lexicon.get_pattern("change.decided-now").search(text.folded_text)
        return None if decides else _find_foreign_opening(context, title)
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
    return _find_foreign_opening(context, title)


def _find_foreign_opening(context: ReadingContext, title: str) -> CategoryFinding | None:
    """Return the finding for an opening on another government's rule, where no Chinese notice is named."""
    text, lexicon = context.text, context.lexicon
    opening = text.folded_text[: text.title_end + OPENING]
    is_chinese = any(
        mention.number.issuers and not _is_recalled(context, text.find_sentence(mention.start).words)
        for mention in context.identity.number_mentions
    )
    if (
        not (is_chinese or lexicon.get_pattern("category.meeting-title").search(title))
        and contains_phrase(lexicon, "foreign_act", opening)
        and lexicon.get_pattern("category.foreign-rule").search(opening)
        and not lexicon.get_pattern("category.chinese-act").search(opening)
    ):
        return _build_finding("foreign_controls", text, 0, len(title), "category.foreign-opening")
    return None


def _is_recalled(context: ReadingContext, words: str) -> bool:
    """Return whether a sentence only recalls a notice, or says that it stays as it is."""
    is_left = context.lexicon.get_pattern("category.left-alone").search(words) is not None
    return is_left or context.is_beside_news(words) or is_recital(context.lexicon, words, context.news_day)


def add_code_categories(
    findings: tuple[CategoryFinding, ...], codes: Iterable[CodeFinding], lexicon: Lexicon
) -> tuple[CategoryFinding, ...]:
    """Return the categories with those whose control codes a measure lists, where no word names an item.

    A group that is named is completed by the codes of its other members. A word that names an item only where
    nothing else does gives way to the codes.
    """
    firm = [found for found in findings if found.rule != "category.lone"]
    named = [known for found in firm if (known := lexicon.find_category(found.id))]
    groups = {known.group for known in named if known.kind == "item"} - UNRELATED_GROUPS
    is_named = any(known.kind != "instrument" for known in named)
    added: dict[str, CategoryFinding] = {}
    for code in codes:
        meant = _find_meant(code.code, lexicon)
        is_covered = any(part.startswith(code.code) for own in named for part in own.control)
        prefixes = tuple(start for found in meant for start in found.control if code.code.startswith(start))
        is_covered |= any(part.startswith(prefixes) for own in named for part in own.control if prefixes)
        is_member = len(meant) == 1 and meant[0].group in groups
        if len(meant) == 1 and not is_covered and (not is_named or is_member):
            finding = CategoryFinding(id=meant[0].id, quote=code.quote, rule="category.code")
            added.setdefault(meant[0].id, finding)
    known_ids = {found.id for found in findings}
    completed = {_get_group(found, lexicon) for found in added.values()} - UNRELATED_GROUPS
    is_told_by_codes = any(known.kind == "item" for id_ in added if (known := lexicon.find_category(id_)))
    kept = (
        found
        for found in (firm if is_told_by_codes else findings)
        if found.rule != "category.hint" or _get_group(found, lexicon) not in completed
    )
    return (*kept, *(finding for finding in added.values() if finding.id not in known_ids))


@lru_cache(maxsize=4)
def _index_codes(lexicon: Lexicon) -> dict[str, list[Category]]:
    index: defaultdict[str, list[Category]] = defaultdict(list)
    for category in lexicon.categories:
        for code in category.control:
            index[code].append(category)
    return dict(index)


def _find_meant(code: str, lexicon: Lexicon) -> list[Category]:
    """Return the categories to which a control code belongs: those whose own codes are most like it."""
    index, parts = _index_codes(lexicon), code.split(".")
    heads = (".".join(parts[:depth]) for depth in range(len(parts), 0, -1))
    return next((index[head] for head in heads if head in index), [])


def _get_group(finding: CategoryFinding, lexicon: Lexicon) -> str:
    category = lexicon.find_category(finding.id)
    return category.group if category else ""


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
