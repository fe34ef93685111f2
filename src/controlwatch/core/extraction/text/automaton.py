"""Find many words in one pass over a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar, cast

import ahocorasick

Value_co = TypeVar("Value_co", covariant=True)


class Automaton(Protocol[Value_co]):
    """The part of the automaton that is used here."""

    def iter(self, string: str) -> Iterable[tuple[int, Value_co]]:
        """Yield the index of the last character of every hit, and the value of the word."""


def build_automaton(values: Mapping[str, Value_co]) -> Automaton[Value_co]:
    """Return an automaton that finds all the words in one pass and yields the value of each."""
    automaton = ahocorasick.Automaton()
    for word, value in values.items():
        automaton.add_word(word, value)
    automaton.make_automaton()
    return cast("Automaton[Value_co]", automaton)


def build_word_automaton(words: Iterable[str]) -> Automaton[str]:
    """Return an automaton that finds all the words in one pass and yields them."""
    return build_automaton({word: word for word in words})
