"""A fact as cards show it, and the context that words, names, dates and lists are formatted in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.coverage import Coverage
from controlwatch.core.model import Language
from controlwatch.core.rendering.clause_text import name_part
from controlwatch.core.rendering.day_text import format_date, spell_dates
from controlwatch.core.rendering.proof_text import name_database
from controlwatch.core.rendering.sentences_zh import translate_fact, translate_finding, translate_sentence
from controlwatch.core.rendering.wording import find_word, list_languages, pick_language

#: Item categories that a heading names.
MAX_HEADING_ITEMS = 3
BRACKETS = re.compile(r"\s*[(（][^)）]*[)）]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFact:
    """A label, what is concluded, and the quote that proves it."""

    label: str
    value: str
    quote: str = ""
    word: str = ""  #: key of the label in the vocabulary: says how important it is


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContext:
    """What every part of a card is formatted with: names, the reader's language and the day."""

    lexicon: Lexicon
    language: Language
    today: date  #: in Beijing, for the days left and for the status
    coverage: Coverage | None = None  #: until when the official sources were read

    def find_word(self, key: str) -> str:
        """Return a word in the reader's language."""
        return find_word(key, self.language)

    def pick_language(self, english: str, chinese: str) -> str:
        """Return a text in the reader's language."""
        return pick_language(english, chinese, self.language)

    def build_fact(self, word: str, value: str, quote: str = "") -> CardFact:
        """Return a fact with a word of the vocabulary as its label."""
        return CardFact(label=self.find_word(word), value=value, quote=self.translate_proof(quote), word=word)

    def translate_proof(self, quote: str) -> str:
        """Return what proves a conclusion: a fact of the reference database in the reader's language."""
        return translate_fact(quote) if self.language == "zh" else quote

    def name_category(self, category_id: str) -> str:
        """Return the name of a category or group in the reader's language."""
        name = self.lexicon.get_category_name
        return self.pick_language(name(category_id, "en"), name(category_id, "zh"))

    def pick_one(self, english: str, chinese: str) -> str:
        """Return a text in one language: the first of the reader's."""
        return chinese if self.language == "zh" else english

    def translate_doubts(self, sentences: Iterable[str]) -> tuple[str, ...]:
        """Return sentences of the reader in the reader's language."""
        if self.language == "zh":
            return tuple(spell_dates(translate_sentence(text), "zh") for text in sentences)
        return tuple(spell_dates(name_database(text)) for text in sentences)

    def describe_moved(self, lines: Iterable[str]) -> tuple[str, ...]:
        """Return which findings changed between two readings, in the reader's language."""
        if self.language == "zh":
            return tuple(spell_dates(translate_finding(line), "zh") for line in lines)
        return tuple(map(spell_dates, lines))

    def name_scope(self, scope: str) -> str:
        """Return a provision in the reader's language: 第二款, or item 2; "" for the whole notice."""
        return name_part(scope, self.language)

    def name_briefly(self, category_id: str) -> str:
        """Return the name of a category in one language, without what is in brackets."""
        found = self.lexicon.find_category(category_id)
        if found is not None and found.short and self.language != "zh":
            return found.short
        name = self.lexicon.get_category_name(category_id, list_languages(self.language)[0])
        return BRACKETS.sub("", name).strip()

    def format_date(self, day: date) -> str:
        """Return a day in words: 8 Nov 2025, or 2025年11月8日."""
        return format_date(day, self.language)

    def join_within(self, names: list[str], room: int) -> str:
        """Return the first names that fit whole, and how many more there are; at least one."""
        separator = self.pick_one(", ", "、")
        for count in range(len(names), 1, -1):
            more = f" +{len(names) - count}" if count < len(names) else ""
            text = separator.join(names[:count]) + more
            if count <= MAX_HEADING_ITEMS and len(text) <= room:
                return text
        return "".join(names[:1]) + (f" +{len(names) - 1}" if len(names) > 1 else "")

    def summarize_categories(self, ids: Iterable[str]) -> str:
        """Return the first names in one language, and how many more there are: short enough for a heading."""
        first_language = list_languages(self.language)[0]
        names = [self.lexicon.get_category_name(category_id, first_language) for category_id in ids]
        more = len(names) - MAX_HEADING_ITEMS
        return ", ".join(names[:MAX_HEADING_ITEMS]) + (f" +{more}" if more > 0 else "")

    def format_day(self, day: date) -> str:
        """Return a day with the days left until it; of a past one, the day alone."""
        left = (day - self.today).days
        if left < 0:
            return self.format_date(day)
        days = "day" if left == 1 else "days"
        when = self.pick_language(f"in {left} {days}", f"{left}天后") if left else self.find_word("today")
        return self.format_date(day) + self.pick_one(f" ({when})", f"（{when}）")

    def join_first(self, items: list[str], most: int) -> str:
        """Return the first items of a list, and how many more there are."""
        more = len(items) - most
        rest = self.pick_language(f" and {more} more", f"等共 {len(items)} 项") if more > 0 else ""
        return self.pick_one(", ", "、").join(items[:most]) + rest
