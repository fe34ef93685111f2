"""Questions about a rare earth or a minor metal: the notices that concern it, of those of its categories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.elements import Element, ElementCatalogue, is_named
from controlwatch.core.law.graph import ENDED_STATES, LegalGraph, LegalState
from controlwatch.core.law.lookup import is_control
from controlwatch.core.law.status import LegalStatus, compute_status
from controlwatch.core.model import to_notice_key

LIST_NOT_KNOWN = (
    "not all descriptions of the control list (MOFCOM-MIIT-GACC-SCA 2024-51) are known here: "
    "read the list too"
)


class ElementSource(Protocol):
    """The notices as the store knows them."""

    def load_graph(self, keys: Iterable[str]) -> LegalGraph:
        """Return the notices of these keys with all that act on them."""

    def list_keys_touching(self, category: str) -> tuple[str, ...]:
        """Return the keys of the changes that touch a category; a group covers its leaves."""

    def list_quotes(self, keys: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Return the sentences of each notice that prove its categories and codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementRemarks:
    """What is said about an element beside the notices that control it."""

    notes: tuple[str, ...]
    cautions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementQueries:
    """Finds elements, and the notices that concern them."""

    catalogue: ElementCatalogue
    lexicon: Lexicon
    law: ElementSource

    def find_notices(self, element: Element) -> dict[str, str]:
        """Return the keys of the notices that concern an element, oldest first, with the naming sentences.

        A sentence is "" where the notice is known to name the element, or its category has no other one.
        """
        touching = [key for name in element.categories for key in self.law.list_keys_touching(name)]
        graph = self.law.load_graph({*touching, *(to_notice_key(known.number) for known in element.named_by)})
        quotes = {} if self.catalogue.has_own_category(element) else self.law.list_quotes(graph.instruments)
        return dict(self.catalogue.find_notices(element, graph.instruments.values(), quotes))

    def concerns(self, element: Element, key: str, categories: Iterable[str]) -> bool:
        """Return whether a notice on other categories than those of an element is about the element.

        The name of the category or one of its terms has that of the element, or the notice names it. A word
        that stands for a category only alone proves nothing: tungsten hexafluoride is a gas, as helium is.
        """
        names = (element.en.casefold(), element.zh)
        for category in map(self.lexicon.find_category, categories):
            words = () if category is None else (category.zh, category.en, *category.terms)
            if any(name in word.casefold() for name in names for word in words) and (
                category is not None and key in self.law.list_keys_touching(category.id)
            ):
                return True
        instrument = self.law.load_graph([key]).instruments.get(key)
        title = instrument.title if instrument is not None else ""
        return any(is_named(element, text) for text in (title, *self.law.list_quotes([key]).get(key, ())))

    def build_remarks(self, element: Element, keys: Iterable[str], *, on: date) -> ElementRemarks:
        """Return what is said about an element on a day, given the keys of the notices that concern it."""
        notes, cautions = [], []
        is_controlled = bool(self._list_live_controls(keys, on))
        if not is_controlled:
            notes.append(f"{element.label}: no notice known here controls it by name.")
            cautions.append(LIST_NOT_KNOWN)
        if not self.catalogue.has_own_category(element):
            group = element.categories[0].partition(".")[0]
            name = self.lexicon.get_category_name(group, "en")
            siblings = [key for name in element.categories for key in self.law.list_keys_touching(name)]
            in_force = [
                status.number
                for status in self._list_live_controls(siblings, on)
                if status.state in {LegalState.IN_FORCE, LegalState.PARTLY}
            ]
            if not is_controlled and in_force:
                notes.append(f"Controls of {name} in force: {', '.join(in_force)}.")
            unnamed = [status.number for status in self._list_live_controls(self._list_unnamed(group), on)]
            if unnamed:
                cautions.append(
                    f"other rules on {name} name no single element: {', '.join(unnamed)}; look up {group}"
                )
        if element.note:
            notes.append(element.note)
        return ElementRemarks(notes=tuple(notes), cautions=tuple(cautions))

    def _list_unnamed(self, group: str) -> list[str]:
        """Return the keys of the notices of a group on none of its elements, such as on technology."""
        of_elements = {name for element in self.catalogue.elements for name in element.categories}
        return [
            key
            for category in self.lexicon.categories
            if category.group == group and category.id not in of_elements
            for key in self.law.list_keys_touching(category.id)
            if key not in self.catalogue.known_keys
        ]

    def _list_live_controls(self, keys: Iterable[str], on: date) -> list[LegalStatus]:
        """Return the statuses of the controls among some notices that are issued and not over on a day."""
        graph = self.law.load_graph(dict.fromkeys(keys)).restrict_to(on)
        statuses = [
            compute_status(graph, key, on, chained=False)
            for key in dict.fromkeys(keys)
            if (instrument := graph.instruments.get(key)) is not None and is_control(instrument)
        ]
        return [status for status in statuses if status.state not in ENDED_STATES]
