"""What people ask about, by name: a notice, a category, a code, or an element."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from controlwatch.core.asking.category_names import find_category_meanings
from controlwatch.core.extraction.mentions.numbers import parse_number
from controlwatch.core.law.elements import Element
from controlwatch.core.law.graph import Instrument
from controlwatch.core.law.lookup import ParsedQuery, find_code_categories, match_categories
from controlwatch.core.model import KeyDate, covers_category, to_notice_key
from controlwatch.services.element_queries import ElementQueries
from controlwatch.services.names import Names


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenSubjects:
    """What an answer is restricted to: categories, and the notices that concern an element."""

    categories: tuple[str, ...]
    keys: frozenset[str]

    def covers(self, item: KeyDate | Instrument) -> bool:
        """Return whether a key date or a notice concerns one of the subjects."""
        affected = item.affects if isinstance(item, KeyDate) else ()
        if not self.keys.isdisjoint((item.key, *map(to_notice_key, affected))):
            return True
        return any(covers_category(chosen, name) for chosen in self.categories for name in item.categories)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectResolver:
    """Resolves what people ask about to categories and elements."""

    names: Names
    elements: ElementQueries

    def find_subject(self, name: str) -> Element | str | None:
        """Return the element or the category that a name means; None where it is a number or an address."""
        normalized, catalogue = name.strip().lower(), self.elements.catalogue
        if (element := self.find_element(name)) is not None:
            return element
        if normalized in self.names.list_categories():
            return normalized
        if parse_number(name, self.names.lexicon) is not None or "/" in name:
            return None
        if find_category_meanings(name, self.names.lexicon):
            return self.names.find_category(name)  # raises where it means several
        related = catalogue.find_related_element(name)
        if related is not None or any(character.isdigit() for character in name):
            return related
        return self.names.find_category(name)  # raises, with the nearest ones

    def find_element(self, name: str) -> Element | None:
        """Return the element that a name means, also by the id of its own category: minor_metals.gallium."""
        catalogue = self.elements.catalogue
        if name not in self.names.list_categories():
            return catalogue.find_element(name)
        own = catalogue.find_element(name.rpartition(".")[2])
        return own if own is not None and own.categories[:1] == (name,) else None

    def find_lookup_subjects(
        self, query: str, parsed: ParsedQuery
    ) -> tuple[tuple[Element, ...], tuple[str, ...]]:
        """Return the elements and the categories that a query means."""
        lexicon, catalogue = self.names.lexicon, self.elements.catalogue
        if parsed.kind == "control":
            return (), ()
        if parsed.kind == "hs":
            categories = find_code_categories(parsed.value, lexicon)
            return catalogue.list_owners(categories), categories
        # Every category that the words name: what controls an item may be in more than one.
        categories = match_categories(query, lexicon) or find_category_meanings(query, lexicon)
        element = self.find_element(query) or (None if categories else catalogue.find_related_element(query))
        if element is None:
            return (), categories
        # Its own group would bring the notices of other elements; a symbol does not name a category.
        groups = {name.partition(".")[0] for name in element.categories}
        is_symbol = query.strip().casefold() == element.symbol.casefold()
        others = [name for name in categories if name.partition(".")[0] not in groups]
        return (element,), () if is_symbol else tuple(others)

    def choose_subjects(self, names: Iterable[str]) -> ChosenSubjects | None:
        """Return the categories, and the notices of the elements, that names mean; None for no name."""
        categories: list[str] = []
        keys: set[str] = set()
        wanted = tuple(names)
        for name in wanted:
            element = self.find_element(name)
            if element is None:
                categories.append(self.names.find_category(name))
            else:
                keys.update(self.elements.find_notices(element))
        return ChosenSubjects(categories=tuple(categories), keys=frozenset(keys)) if wanted else None
