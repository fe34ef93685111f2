"""A fact as cards show it, and the context that words, names, dates and lists are formatted in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import Language
from controlwatch.core.rendering.wording import find_word, list_languages, pick_language

#: Item categories that a heading names.
MAX_HEADING_ITEMS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFact:
    """A label, what is concluded, and the quote that proves it."""

    label: str
    value: str
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContext:
    """What every part of a card is formatted with: names, the reader's language and the day."""

    lexicon: Lexicon
    language: Language
    today: date  #: in Beijing, for the days left and for the status

    def find_word(self, key: str) -> str:
        """Return a word in the reader's language."""
        return find_word(key, self.language)

    def pick_language(self, english: str, chinese: str) -> str:
        """Return a text in the reader's language."""
        return pick_language(english, chinese, self.language)

    def build_fact(self, word: str, value: str, quote: str = "") -> CardFact:
        """Return a fact with a word of the vocabulary as its label."""
        return CardFact(label=self.find_word(word), value=value, quote=quote)

    def name_category(self, category_id: str) -> str:
        """Return the name of a category or group in the reader's language."""
        name = self.lexicon.get_category_name
        return self.pick_language(name(category_id, "en"), name(category_id, "zh"))

    def summarize_categories(self, ids: Iterable[str]) -> str:
        """Return the first names in one language, and how many more there are: short enough for a heading."""
        first_language = list_languages(self.language)[0]
        names = [self.lexicon.get_category_name(category_id, first_language) for category_id in ids]
        more = len(names) - MAX_HEADING_ITEMS
        return ", ".join(names[:MAX_HEADING_ITEMS]) + (f" +{more}" if more > 0 else "")

    def format_day(self, day: date) -> str:
        """Return a day with the days left until it; of a past one, the day alone."""
        left = (day - self.today).days
        if left == 0:
            return f"{day} ({self.find_word('today')})"
        if left < 0:
            return f"{day}"
        days = "day" if left == 1 else "days"
        return f"{day} ({self.pick_language(f'in {left} {days}', f'{left} 天后')})"

    def join_first(self, items: list[str], most: int) -> str:
        """Return the first items of a list, and how many more there are."""
        more = len(items) - most
        rest = " " + self.pick_language(f"and {more} more", f"等共 {len(items)} 项") if more > 0 else ""
        return ", ".join(items[:most]) + rest
