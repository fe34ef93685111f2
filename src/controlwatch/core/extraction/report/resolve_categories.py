"""Give a notice that acts on others the categories of those it acts on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controlwatch.core.extraction.mentions.numbers import parse_number
from controlwatch.core.extraction.report.summary import build_summary
from controlwatch.core.model import CategoryFinding, Verb

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from controlwatch.core.extraction.text.lexicon import Lexicon
    from controlwatch.core.model import Notice, Relation

INHERITING_VERBS = frozenset({Verb.SUSPENDS, Verb.RESUMES, Verb.REPEALS, Verb.EXTENDS})


def resolve_categories(notice: Notice, known: Mapping[str, tuple[str, ...]], lexicon: Lexicon) -> Notice:
    """Return the notice with categories read through the notices it suspends, resumes, repeals or extends.

    `known` maps `DocumentNumber.key` of older notices to their category ids. Nothing changes where
    the notice names items itself: its own words weigh more than its targets'.
    """
    if any(
        (found := lexicon.find_category(own.id)) is not None and found.kind == "item"
        for own in notice.categories
    ):
        return notice
    stated = {own.id for own in notice.categories}
    added: dict[str, CategoryFinding] = {}
    for relation in notice.relations:
        if relation.verb in INHERITING_VERBS:
            for category in _find_known_categories(relation, known, lexicon):
                if category not in stated:
                    added.setdefault(
                        category,
                        CategoryFinding(
                            id=category, basis="resolved", quote=relation.quote, rule="category.resolved"
                        ),
                    )
    if not added:
        return notice
    richer = replace(notice, categories=(*notice.categories, *added.values()))
    return replace(richer, summary=build_summary(richer, lexicon))


def _find_known_categories(
    relation: Relation, known: Mapping[str, tuple[str, ...]], lexicon: Lexicon
) -> Iterator[str]:
    number = parse_number(relation.target, lexicon)
    key = number.key if number is not None else relation.target
    yield from known.get(key, ())
