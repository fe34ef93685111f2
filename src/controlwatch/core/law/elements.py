"""Chemical elements as items below the categories: which notices control an element by its name.

Categories are what people subscribe to and what the reader finds. A question about dysprosium is about less
than the category of medium and heavy rare earths: that has notices on other elements too.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from controlwatch.core.extraction.text.normalize import fold_text
from controlwatch.core.law.graph import Instrument
from controlwatch.core.model import covers_category, to_notice_key


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementControl:
    """A notice that controls an element by its name, with the control codes of the element in it."""

    number: str
    control: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A rare earth or a minor metal."""

    symbol: str  #: Dy
    zh: str
    en: str
    categories: tuple[str, ...]  #: that it belongs to, the first one first
    names: tuple[str, ...] = ()  #: further names
    named_by: tuple[ElementControl, ...] = ()
    not_it: tuple[str, ...] = ()  #: longer words that are something else
    note: str = ""  #: what a person who asks about it should know

    @property
    def label(self) -> str:
        """The names with the symbol: dysprosium 镝 (Dy)."""
        return f"{self.en} {self.zh} ({self.symbol})"

    def find_control(self, key: str) -> ElementControl | None:
        """Return how the notice of a key names the element; None where it is not known to."""
        return next((item for item in self.named_by if to_notice_key(item.number) == key), None)


@dataclass(frozen=True, kw_only=True, eq=False)
class ElementCatalogue:
    """Every element that can be asked about."""

    elements: tuple[Element, ...] = ()

    def find_element(self, words: str) -> Element | None:
        """Return the element of a name in either language, or of a symbol as chemists write it; else None."""
        bare = words.strip()
        printed = next((item for item in self.elements if bare in {item.symbol, item.zh, item.en}), None)
        return printed or self.elements_by_name.get(_fold(bare))

    def find_related_element(self, words: str) -> Element | None:
        """Return the only element that words are about (dy, 氧化镝, dysprosium oxide); None for several."""
        folded = _fold(words.strip())
        by_symbol = next((item for item in self.elements if item.symbol.casefold() == folded), None)
        if by_symbol is not None:
            return by_symbol
        named = [item for item in self.elements if is_named(item, words)]
        return named[0] if len(named) == 1 else None

    def find_notices(
        self, element: Element, instruments: Iterable[Instrument], texts: Mapping[str, tuple[str, ...]]
    ) -> Iterator[tuple[str, str]]:
        """Yield the key of each notice, of some, that concerns an element, and the sentence that names it.

        A notice concerns an element where it is known to name it, or where it concerns a category that has no
        other element; the sentence is "" then. Of others the proving sentences, by key, decide: `texts`.
        """
        for instrument in instruments:
            if element.find_control(instrument.key) is not None or (
                self.has_own_category(element) and _touches(instrument, element.categories)
            ):
                yield instrument.key, ""
            elif instrument.key not in self.known_keys and _touches(instrument, element.categories):
                sentences = (*texts.get(instrument.key, ()), instrument.title)
                naming = [sentence for sentence in sentences if is_named(element, sentence)]
                if naming:
                    yield instrument.key, naming[0]

    def has_own_category(self, element: Element) -> bool:
        """Return whether no other element belongs to the categories of this one, as with gallium."""
        return all(self.elements_by_category[name] == 1 for name in element.categories)

    def list_owners(self, categories: Iterable[str]) -> tuple[Element, ...]:
        """Return the elements that have one of these categories to themselves."""
        chosen = frozenset(categories)
        return tuple(
            item
            for item in self.elements
            if not chosen.isdisjoint(item.categories) and self.has_own_category(item)
        )

    @cached_property
    def elements_by_name(self) -> dict[str, Element]:
        """Every element by each of its folded names."""
        return {_fold(name): item for item in self.elements for name in (item.zh, item.en, *item.names)}

    @cached_property
    def elements_by_category(self) -> Counter[str]:
        """How many elements belong to each category."""
        return Counter(name for item in self.elements for name in item.categories)

    @cached_property
    def known_keys(self) -> frozenset[str]:
        """The notices of which the elements are known."""
        return frozenset(to_notice_key(known.number) for item in self.elements for known in item.named_by)


def _touches(instrument: Instrument, categories: Iterable[str]) -> bool:
    return any(covers_category(name, own) for name in categories for own in instrument.categories)


def is_named(element: Element, text: str) -> bool:
    """Return whether a text names an element, apart from longer words that are something else.

    >>> neodymium = Element(symbol="Nd", zh="钕", en="neodymium", categories=(), not_it=("钕铁硼",))
    >>> [is_named(neodymium, text) for text in ("含镝的钕铁硼永磁材料", "金屬釹", "Neodymium")]
    [False, True, True]
    """
    words = _fold(text)
    for other in element.not_it:
        words = words.replace(_fold(other), " ")
    if element.zh in words:
        return True
    names = "|".join(re.escape(_fold(name)) for name in (element.en, *element.names) if name.isascii())
    return re.search(rf"\b(?:{names})\b", words) is not None


def _fold(words: str) -> str:
    """Return words in one width, one script and one case."""
    # Latin words need no table of scripts, which is slow to load.
    return (unicodedata.normalize("NFKC", words) if words.isascii() else fold_text(words)).casefold()
