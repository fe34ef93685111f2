"""The rules of the lexicon that are patterns: what each concludes, what it means, and where it fires."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from controlwatch.core.extraction.text.normalize import HAN

if TYPE_CHECKING:
    from controlwatch.core.extraction.text.lexicon import Lexicon

LATIN_WORD = re.compile(r"[A-Za-z]{3}")
NO_CONCLUSION = "nothing"  #: what a rule concludes that keeps the others from concluding
RuleFamily = Literal["direction", "relation", "caveat"]


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
class RuleMatch:
    """A rule where it fired."""

    rule: Rule
    start: int
    end: int


class RuleMatcher:
    """The rules that lead to one conclusion. A text in one script is searched for rules of that script only.

    Each pattern is searched by itself: those that begin with a few characters, as most do, are found by
    these at once, which a joined pattern of many branches is not.
    """

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        """Compile; the order of the rules decides where two fire at one place."""
        patterns = tuple((rule, compile_rule(rule)) for rule in rules)
        self._latin = tuple(pair for pair in patterns if _has_words(pair[0].pattern))
        self._han = tuple(pair for pair in patterns if HAN.search(pair[0].pattern))
        self._all = patterns

    def find_all(self, words: str) -> list[RuleMatch]:
        """Return the hits in the order of the text; of several at one place, the earlier rule first."""
        if not LATIN_WORD.search(words):
            patterns = self._han
        else:
            patterns = self._all if HAN.search(words) else self._latin
        found = [
            RuleMatch(rule, hit.start(), hit.end())
            for rule, pattern in patterns
            for hit in pattern.finditer(words)
        ]
        return sorted(found, key=lambda fired: fired.start) if len(found) > 1 else found


@lru_cache(maxsize=256)
def compile_rule(rule: Rule) -> re.Pattern[str]:
    """Return the pattern of a rule; case is ignored where it has words with one."""
    return re.compile(rule.pattern, re.IGNORECASE if _has_words(rule.pattern) else re.NOFLAG)


def _has_words(pattern: str) -> bool:
    """Tell whether a pattern holds words of Latin letters, sets of them and escapes aside."""
    return LATIN_WORD.search(re.sub(r"\[[^\]]*\]|\\.", " ", pattern)) is not None


@lru_cache(maxsize=64)
def matcher_for(lexicon: Lexicon, family: RuleFamily, of: str) -> RuleMatcher:
    """Return the rules of a family that lead to one conclusion, ready to fire."""
    rules = (rule for rule in lexicon.rules[family] if rule.of == of)
    # Of two that fire at one place the strong one counts.
    return RuleMatcher(tuple(sorted(rules, key=lambda rule: rule.weak)))


@lru_cache(maxsize=16)
def compile_family(lexicon: Lexicon, family: RuleFamily) -> tuple[tuple[Rule, re.Pattern[str]], ...]:
    """Return the rules of a family one by one, in the order of their file."""
    return tuple((rule, compile_rule(rule)) for rule in lexicon.rules[family])
