"""The rules of the lexicon that are patterns: what each concludes, what it means, and where it fires."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from controlwatch.core.reading.fold import HAN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.core.reading.lexicon import Lexicon

LATIN_WORD = re.compile(r"[A-Za-z]{3}")
NOTHING = "nothing"  #: what a rule concludes that keeps the others from concluding
Family = Literal["direction", "relation", "caveat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A pattern with what it concludes and the examples that prove it sound."""

    id: str
    of: str  #: the conclusion: a direction, a verb, a kind of caveat
    means: str  #: one sentence for a person
    pattern: str  #: of Python's `re`, case ignored, over folded text
    yes: tuple[str, ...] = ()  #: words it must match
    no: tuple[str, ...] = ()  #: words it must not match
    weak: bool = False  #: counts only where no other rule of its family fires


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule where it fired."""

    rule: Rule
    start: int
    end: int


class Firing:
    """Rules as one pattern: a search costs one pass, and the leftmost hit names its rule.

    A text in one script is searched for the rules of that script only.
    """

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        """Join the patterns; none may hold a group of its own that captures."""
        self._all = _Joined(rules)
        self._han = _Joined(tuple(rule for rule in rules if HAN.search(rule.pattern)))
        self._latin = _Joined(tuple(rule for rule in rules if LATIN_WORD.search(rule.pattern)))

    def first(self, words: str) -> Fired | None:
        """Return the leftmost hit; of several at one place that of the earlier rule."""
        return next(self.every(words), None)

    def every(self, words: str) -> Iterator[Fired]:
        """Yield the hits in the order of the text."""
        if not LATIN_WORD.search(words):
            return self._han.every(words)
        return self._all.every(words) if HAN.search(words) else self._latin.every(words)


class _Joined:
    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules
        self._pattern = re.compile("|".join(f"({rule.pattern})" for rule in rules), re.IGNORECASE)

    def every(self, words: str) -> Iterator[Fired]:
        if not self._rules:
            return
        for hit in self._pattern.finditer(words):
            yield Fired(self._rules[(hit.lastindex or 1) - 1], hit.start(), hit.end())


@lru_cache(maxsize=64)
def firing(lexicon: Lexicon, family: Family, of: str) -> Firing:
    """Return the rules of a family that lead to one conclusion, ready to fire."""
    rules = (rule for rule in lexicon.rules[family] if rule.of == of)
    # Of two that fire at one place the strong one counts.
    return Firing(tuple(sorted(rules, key=lambda rule: rule.weak)))


@lru_cache(maxsize=16)
def ordered(lexicon: Lexicon, family: Family) -> tuple[tuple[Rule, re.Pattern[str]], ...]:
    """Return the rules of a family one by one, in the order of their file."""
    return tuple((rule, re.compile(rule.pattern, re.IGNORECASE)) for rule in lexicon.rules[family])
