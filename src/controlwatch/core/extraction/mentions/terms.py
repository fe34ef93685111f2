"""Find the lexicon's terms in a text: overlapping hits, word boundaries for Latin, the longest wins."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, Protocol, cast

import ahocorasick

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controlwatch.core.extraction.text.lexicon import Lexicon

TermStrength = Literal["term", "title", "hint", "counter"]


class Automaton(Protocol):
    """The part of the automaton that is used here."""

    def iter(self, string: str) -> Iterable[tuple[int, str]]:
        """Yield the index of the last character of every hit, and the word."""


@dataclass(frozen=True, slots=True)
class TermHit:
    """A term where it stands, with what it stands for."""

    start: int
    end: int
    meanings: tuple[tuple[str, TermStrength], ...]  #: (category id, strength)


@lru_cache(maxsize=4)
def _build_vocabulary(lexicon: Lexicon) -> dict[str, tuple[tuple[str, TermStrength], ...]]:
    words: defaultdict[str, list[tuple[str, TermStrength]]] = defaultdict(list)
    for category in lexicon.categories:
        lists: tuple[tuple[TermStrength, tuple[str, ...]], ...] = (
            ("term", category.terms),
            ("title", category.title_terms),
            ("hint", category.hints),
            ("counter", category.counter_terms),
        )
        for strength, terms in lists:
            for term in terms:
                words[term.lower()].append((category.id, strength))
    return {word: tuple(meanings) for word, meanings in words.items()}


@lru_cache(maxsize=4)
def _build_term_automaton(lexicon: Lexicon) -> Automaton:
    return build_automaton(_build_vocabulary(lexicon))


def build_automaton(words: Iterable[str]) -> Automaton:
    """Return an automaton that finds all the words in one pass."""
    automaton = ahocorasick.Automaton()
    for word in words:
        automaton.add_word(word, word)
    automaton.make_automaton()
    return cast("Automaton", automaton)


@lru_cache(maxsize=4)
def _compile_patterns(lexicon: Lexicon) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (category.id, re.compile(pattern, re.IGNORECASE))
        for category in lexicon.categories
        for pattern in category.patterns
    )


def find_term_hits(text: str, lexicon: Lexicon) -> list[TermHit]:
    """Return the terms of a folded text in order; a hit inside a longer hit does not count."""
    lowered = _lower_same_length(text)
    vocabulary = _build_vocabulary(lexicon)
    found = [
        TermHit(last - len(word) + 1, last + 1, vocabulary[word])
        for last, word in _build_term_automaton(lexicon).iter(lowered)
        if _is_bounded(lowered, last - len(word) + 1, last + 1)
    ]
    found += [
        TermHit(hit.start(), hit.end(), ((category, "term"),))
        for category, pattern in _compile_patterns(lexicon)
        for hit in pattern.finditer(text)
    ]
    found.sort(key=lambda hit: (hit.start, -hit.end))
    kept: list[TermHit] = []
    for hit in found:
        if not kept or hit.end > kept[-1].end:
            kept.append(hit)
    return kept


def _lower_same_length(text: str) -> str:
    """Return the text in lower case, of the same length (İ would become two characters)."""
    lowered = text.lower()
    return (
        lowered
        if len(lowered) == len(text)
        else "".join(low if len(low := sign.lower()) == 1 else sign for sign in text)
    )


def _is_bounded(text: str, start: int, end: int) -> bool:
    """Tell whether a hit that begins or ends in a Latin letter stands free on that side."""
    left = text[start - 1] if start else " "
    right = text[end] if end < len(text) else " "
    return not (_is_latin_letter(text[start]) and _is_latin_letter(left)) and not (
        _is_latin_letter(text[end - 1]) and _is_latin_letter(right)
    )


def _is_latin_letter(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()
