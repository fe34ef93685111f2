"""Find the lexicon's terms and stock phrases in a text, Latin ones only as whole words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from controlwatch.core.extraction.mentions.dates import find_date_mentions
from controlwatch.core.extraction.text.automaton import Automaton, build_word_automaton
from controlwatch.core.extraction.text.lexicon import (
    LATIN_WORD,
    Category,
    Lexicon,
    has_latin_words,
    lower_letters,
)
from controlwatch.core.extraction.text.normalize import HAN
from controlwatch.core.extraction.text.prefilter import PrefilteredPattern

TermStrength = Literal["term", "title", "hint", "lone", "counter"]
GERMAN_WORD = re.compile(r"\b(?:und|der|die|das|für|mit|von|nicht|ist|ab)\b")
GERMAN_ZONE = 1500  #: characters that show the language
MIN_GERMAN_WORDS = 4
MIN_COMPOUND_PART = 6  #: letters
Meaning = tuple[Category, TermStrength]
#: 日前 is "the other day"; in 三十日前 it is "before the thirtieth".
TRANSLATORS_NOTE = re.compile(r"\[[^\[\]\n]{12,}\]")
NEWS_AGE = timedelta(days=60)  #: of what a report tells as its news
NUMERAL_CHARACTERS = frozenset("0123456789一二三四五六七八九十")


@dataclass(frozen=True, slots=True)
class TermHit:
    """A term where it is found, with what it can mean."""

    start: int
    end: int
    meanings: tuple[Meaning, ...]


@dataclass(frozen=True, slots=True)
class TermIndex:
    """The terms and the phrases of a lexicon, ready to be searched for."""

    meanings: dict[str, tuple[Meaning, ...]]  #: of a term in lower case
    terms: Automaton[str]
    phrases: dict[str, Automaton[str]]  #: by the name of their list
    patterns: tuple[tuple[PrefilteredPattern, Meaning], ...]
    chinese_patterns: tuple[tuple[PrefilteredPattern, Meaning], ...]  #: those that need no Latin word


@lru_cache(maxsize=4)
def _build_term_index(lexicon: Lexicon) -> TermIndex:
    meanings: defaultdict[str, list[Meaning]] = defaultdict(list)
    for category in lexicon.categories:
        lists: tuple[tuple[TermStrength, tuple[str, ...]], ...] = (
            ("term", category.terms),
            ("title", category.title_terms),
            ("hint", category.hints),
            ("lone", category.lone_terms),
            ("counter", category.counter_terms),
        )
        for strength, terms in lists:
            for term in terms:
                meanings[term.lower()].append((category, strength))
    sources: list[tuple[str, Meaning]] = []
    for category in lexicon.categories:
        sources += [(source, (category, "term")) for source in category.patterns]
        sources += [(source, (category, "counter")) for source in category.counter_patterns]
    patterns = [
        (PrefilteredPattern(source, re.IGNORECASE if has_latin_words(source) else re.NOFLAG), meaning)
        for source, meaning in sources
    ]
    return TermIndex(
        meanings={term: tuple(found) for term, found in meanings.items()},
        terms=build_word_automaton(meanings),
        phrases={name: build_word_automaton(phrases) for name, phrases in lexicon.phrases.items()},
        patterns=tuple(patterns),
        chinese_patterns=tuple(found for found in patterns if HAN.search(found[0].pattern)),
    )


def find_term_hits(text: str, lexicon: Lexicon) -> list[TermHit]:
    """Return the terms of a folded text in order; a hit inside a longer hit does not count."""
    index, lowered = _build_term_index(lexicon), lower_letters(text)
    is_german = len(GERMAN_WORD.findall(lowered[:GERMAN_ZONE])) >= MIN_GERMAN_WORDS
    found = [
        TermHit(last - len(word) + 1, last + 1, index.meanings[word])
        for last, word in index.terms.iter(lowered)
        if _is_free_standing(lowered, last - len(word) + 1, last + 1)
        or (is_german and _opens_compound(lowered, last - len(word) + 1, word, index.meanings[word]))
    ]
    found += [
        TermHit(hit.start(), hit.end(), (meaning,))
        for pattern, meaning in (index.patterns if LATIN_WORD.search(text) else index.chinese_patterns)
        for hit in pattern.finditer(text)
    ]
    found.sort(key=lambda hit: (hit.start, -hit.end))
    kept: list[TermHit] = []
    for hit in found:
        if not kept or hit.end > kept[-1].end:
            kept.append(hit)
    return kept


def _opens_compound(text: str, start: int, word: str, meanings: Iterable[Meaning]) -> bool:
    """Return whether an item is the first part of a German compound: Germaniumwafer, Graphitelektroden."""
    is_item = any(category.kind == "item" for category, _ in meanings)
    return is_item and len(word) >= MIN_COMPOUND_PART and not text[start - 1 : start].isalpha()


def contains_phrase(lexicon: Lexicon, name: str, text: str) -> bool:
    """Return whether a text contains a phrase of that list."""
    return next(_iterate_phrase_ends(lexicon, name, text), None) is not None


def find_phrase_ends(lexicon: Lexicon, name: str, text: str) -> list[int]:
    """Return where the phrases of that list end in a text, in ascending order."""
    return list(_iterate_phrase_ends(lexicon, name, text))


def _iterate_phrase_ends(lexicon: Lexicon, name: str, text: str) -> Iterator[int]:
    for last, phrase in _build_term_index(lexicon).phrases[name].iter(text):
        start = last - len(phrase) + 1
        counted = phrase[0] == "日" and start > 0 and text[start - 1] in NUMERAL_CHARACTERS
        if not counted and _is_free_standing(text, start, last + 1):
            yield last + 1


def is_about_foreign_act(lexicon: Lexicon, words: str) -> bool:
    """Return whether words are about another government's act and mention no Chinese one."""
    acts = lexicon.get_pattern("change.foreign-role").sub("", words)
    acts = lexicon.get_pattern("change.foreign-reason").sub("", acts)
    return contains_phrase(lexicon, "foreign_act", acts) and not contains_phrase(
        lexicon, "chinese_act", words
    )


def is_recital(lexicon: Lexicon, words: str, told_on: date | None = None) -> bool:
    """Return whether a sentence only says what was done before, and decides nothing now.

    `told_on` is the day of a report: what was issued shortly before is its news.
    """
    words = lexicon.get_pattern("relation.relative-clause").sub(" ", TRANSLATORS_NOTE.sub("", words))
    if lexicon.get_pattern("relation.present").search(words):
        return False
    states = lexicon.get_pattern("relation.notice-states").search(words)
    if states and (told_on is None or _names_an_earlier_year(words[: states.end()], told_on)):
        return True
    if recital := lexicon.get_pattern("relation.recital").search(words):
        days = [mention.day for mention in find_date_mentions(recital[0], lexicon, anchor=told_on)]
        return not any(day and told_on and told_on - day <= NEWS_AGE for day in days)
    issued = lexicon.get_pattern("relation.issued-before").search(words)
    if issued is None or told_on is None:
        return issued is not None
    named = (mention.day for mention in find_date_mentions(issued[0], lexicon, anchor=told_on))
    return any(day and told_on - day > NEWS_AGE for day in named)


def _names_an_earlier_year(words: str, told_on: date) -> bool:
    """Return whether words name a year before that of a report."""
    return any(int(year) < told_on.year for year in re.findall(r"(?<!\d)20\d\d(?!\d)", words))


def _is_free_standing(text: str, start: int, end: int) -> bool:
    """Return whether a hit that begins or ends in a Latin letter or a digit has none next to it."""
    left = text[start - 1 : start + 1] if start else ""
    right = text[end - 1 : end + 1] if end < len(text) else ""
    return not (left.isascii() and left.isalnum()) and not (right.isascii() and right.isalnum())
