"""The words the reader knows, as values: categories, issuers, places and stock phrases."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controlwatch.core.extraction.text.rules import Rule

GroupKind = Literal["item", "scope", "instrument"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A leaf of the taxonomy with the words and codes that betray it."""

    id: str
    group: str  #: the id before the dot, or the id itself
    kind: GroupKind
    zh: str
    en: str
    terms: tuple[str, ...] = ()
    title_terms: tuple[str, ...] = ()  #: trusted in the title only
    hints: tuple[str, ...] = ()  #: count where nothing else of the group is named
    counter_terms: tuple[str, ...] = ()  #: longer words that are something else
    patterns: tuple[str, ...] = ()  #: of Python's `re`, for names that are built, not listed
    hs: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    subject: bool = False  #: counts only where the title or the opening sentence names it
    as_technology: str = ""  #: id it goes by where a catalogue of technologies names it
    alone: bool = False  #: where the title names it, nothing else of its group is meant
    change: bool = True  #: False where the regime is watched beside export control


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """An authority, its code and the names it is printed with, the full name first."""

    code: str
    zh: tuple[str, ...]
    en: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A destination: ISO code, or EU for the Union."""

    code: str
    zh: tuple[str, ...]
    en: tuple[str, ...]
    short: str = ""  #: the one character that headlines use (美, 日)


@dataclass(frozen=True, kw_only=True, eq=False)
class Lexicon:
    """Everything the reader knows. Compared by identity: one is loaded and shared."""

    categories: tuple[Category, ...]
    issuers: tuple[Issuer, ...]
    places: tuple[Place, ...]
    phrases: Mapping[str, tuple[str, ...]]
    rules: Mapping[str, tuple[Rule, ...]]  #: family → its rules in order
    group_names: Mapping[str, tuple[str, str]]  #: group id → (zh, en)

    @cached_property
    def _categories_by_id(self) -> dict[str, Category]:
        return {found.id: found for found in self.categories}

    @property
    def category_ids(self) -> frozenset[str]:
        """Every category id."""
        return frozenset(self._categories_by_id)

    @property
    def group_ids(self) -> frozenset[str]:
        """Every group id; a leaf without a dot is its own group."""
        return frozenset(category.group for category in self.categories)

    def find_category(self, category_id: str) -> Category | None:
        """Return the category of that id."""
        return self._categories_by_id.get(category_id)

    def get_category_name(self, category_id: str, language: Literal["zh", "en"]) -> str:
        """Return the name of a category or of a group; an unknown id is its own name."""
        found = self.find_category(category_id)
        if found is not None:
            return found.zh if language == "zh" else found.en
        names = self.group_names.get(category_id)
        if names is None:
            return category_id
        return names[0] if language == "zh" else names[1]

    def get_issuer_name(self, code: str, language: Literal["zh", "en"]) -> str:
        """Return the full name of an issuer; an unknown code is its own name."""
        found = next((issuer for issuer in self.issuers if issuer.code == code), None)
        if found is None:
            return code
        return found.zh[0] if language == "zh" else found.en[0]

    def get_place_name(self, code: str, language: Literal["zh", "en"]) -> str:
        """Return the name of a destination; an unknown code is its own name."""
        found = next((place for place in self.places if place.code == code), None)
        if found is None:
            return code
        return found.zh[0] if language == "zh" else found.en[0]
