"""What the reader knows: categories, issuers, places, phrases, and the rules that are patterns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

from controlwatch.core.extraction.second_reader import WordingModel
from controlwatch.core.extraction.text.pattern_literals import lower_pattern
from controlwatch.core.extraction.text.prefilter import (
    MIN_SEARCHES,
    PatternIndex,
    PrefilteredPattern,
    lower_each,
)

GroupKind = Literal["item", "scope", "instrument"]
RuleFamily = Literal["direction", "title", "relation", "caveat"]
LATIN_WORD = re.compile(r"[A-Za-z]{3}")
NUMBER_MARKS = ("no.", "nos.", "art.")  #: in small letters, before the figure of a notice or an article
NUMBER_DOT = re.compile(r"(?<=\bno)\.(?= ?\d)|(?<=\bnos)\.(?= ?\d)|(?<=\bart)\.(?= ?\d)")
NO_CONCLUSION = "nothing"  #: what a rule concludes that keeps the others from concluding


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A leaf of the taxonomy with the words and codes that indicate it."""

    id: str
    group: str  #: the id before the dot, or the id itself
    kind: GroupKind
    zh: str
    en: str
    short: str = ""  #: English name for headlines, where the full one is long
    terms: tuple[str, ...] = ()
    title_terms: tuple[str, ...] = ()  #: trusted in the title only
    hints: tuple[str, ...] = ()  #: count where nothing else of the group is named
    lone_terms: tuple[str, ...] = ()  #: of an item: they count only where no other word names an item
    counter_terms: tuple[str, ...] = ()  #: longer words that are something else
    counter_patterns: tuple[str, ...] = ()  #: of Python's `re`, for such words that are built, not listed
    patterns: tuple[str, ...] = ()  #: of Python's `re`, for names that are built, not listed
    hs: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    subject: bool = False  #: counts only where the title or the opening sentence names it
    part_of: str = ""  #: the regime that names these goods: where it is found, they are not named again
    as_technology: str = ""  #: id it goes by where a catalogue of technologies names it
    alone: bool = False  #: where the title names it, the rest of its group is not meant
    change: bool = True  #: False where the regime is watched besides export control


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A pattern with what it concludes and the examples that prove it sound."""

    id: str
    of: str  #: the conclusion: a direction, a verb, a kind of caveat
    means: str  #: one sentence for a person
    pattern: str  #: of Python's `re`, case ignored, over folded text
    yes: tuple[str, ...] = ()  #: words it must match
    no: tuple[str, ...] = ()  #: words it must not match
    weak: bool = False  #: counts only where no other rule of its family matches
    first: bool = False  #: decides a sentence before the other rules that match it


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """A named pattern of language, with its examples. Its groups are read by the code that names it."""

    id: str
    means: str  #: one sentence for a person
    source: str  #: of Python's `re`, over folded text; by default case is ignored where it has Latin words
    yes: tuple[str, ...] = ()  #: words it must match
    no: tuple[str, ...] = ()  #: words it must not match
    by_line: bool = False  #: ^ and $ are the ends of a line
    case_counts: bool = False  #: case is not ignored, although it has Latin words

    @property
    def flags(self) -> re.RegexFlag:
        """How the pattern is to be read."""
        ignores_case = has_latin_words(self.source) and not self.case_counts
        flags = re.MULTILINE if self.by_line else re.NOFLAG
        return flags | (re.IGNORECASE if ignores_case else re.NOFLAG)

    @cached_property
    def compiled(self) -> PrefilteredPattern:
        """The compiled pattern, made when it is first asked for; raise `re.error` for an unsound one."""
        return PrefilteredPattern(self.source, self.flags)


@dataclass(frozen=True, kw_only=True, eq=False)
class Lexicon:
    """Everything the reader knows. Compared by identity: one is loaded and shared."""

    categories: tuple[Category, ...]
    issuers: tuple[Issuer, ...]
    places: tuple[Place, ...]
    phrases: Mapping[str, tuple[str, ...]]
    rules: Mapping[str, tuple[Rule, ...]]  #: family → its rules in order
    group_names: Mapping[str, tuple[str, str]]  #: group id → (zh, en)
    load_second_reader: Callable[[], WordingModel] | None = None  #: loaded when first asked
    patterns: Mapping[str, Pattern] = field(default_factory=dict)  #: by their id
    #: Of the summary, by section and key, in English and in Chinese.
    summary_phrases: Mapping[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict)

    @cached_property
    def _categories_by_id(self) -> dict[str, Category]:
        return {found.id: found for found in self.categories}

    def get_pattern(self, pattern_id: str) -> PrefilteredPattern:
        """Return the compiled pattern of that id; raise `KeyError` for an unknown one."""
        return self.patterns[pattern_id].compiled

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


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """A rule and where it matched."""

    rule: Rule
    start: int
    end: int


class RuleMatcher:
    """Rules of one family, compiled. Those that may match a text are found in one pass over it.

    Each of these is searched by itself: most begin with fixed characters, by which they are found fast.
    A joined pattern of many branches would lose that.
    """

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        """Compile; the order of the rules decides where two match at one place."""
        self._rules = tuple((rule, compile_rule(rule)) for rule in rules)
        self._searches = 0

    @cached_property
    def _index(self) -> PatternIndex:
        return PatternIndex([pattern.list_literals() for _, pattern in self._rules])

    def find_all(self, words: str) -> list[RuleMatch]:
        """Return the matches in the order of the text; of several at one place, the earlier rule first."""
        lowered = lower_letters(words)
        self._searches += 1
        is_often = self._searches > MIN_SEARCHES
        rules = [self._rules[place] for place in self._index.find(lowered)] if is_often else self._rules
        found = [
            RuleMatch(rule, hit.start(), hit.end())
            for rule, pattern in rules
            for hit in pattern.finditer(lowered)
        ]
        return sorted(found, key=lambda match: match.start) if len(found) > 1 else found


@lru_cache(maxsize=256)
def compile_rule(rule: Rule) -> PrefilteredPattern:
    """Return the pattern of a rule for words in small letters; raise `re.error` for an unsound one.

    A pattern that ignores case is not found by the characters with which it begins: that takes far longer.
    """
    return PrefilteredPattern(lower_pattern(rule.pattern))


def lower_letters(words: str) -> str:
    """Return words in small letters, each in its place: a letter that would become two stays as it is.

    The dot of No. 12 ends no clause: it becomes another sign, so that a pattern can stop at full stops.
    """
    lowered = lower_each(words)
    has_marks = any(mark in lowered for mark in NUMBER_MARKS)
    return NUMBER_DOT.sub("·", lowered) if has_marks else lowered


def has_latin_words(pattern: str) -> bool:
    """Return whether a pattern holds words of Latin letters, apart from sets, escapes and names of groups."""
    return LATIN_WORD.search(re.sub(r"\[[^\]]*\]|\\.|\(\?P[<=]\w+[>)]", " ", pattern)) is not None


@lru_cache(maxsize=64)
def matcher_for(lexicon: Lexicon, family: RuleFamily, *conclusions: str) -> RuleMatcher:
    """Return a matcher of the rules that lead to these conclusions, in the order of the conclusions.

    Of two rules with the same conclusion that match at one place, the strong one comes first.
    """
    rules = (rule for rule in lexicon.rules[family] if rule.of in conclusions)
    return RuleMatcher(tuple(sorted(rules, key=lambda rule: (conclusions.index(rule.of), rule.weak))))


@lru_cache(maxsize=16)
def compile_family(lexicon: Lexicon, family: RuleFamily) -> tuple[tuple[Rule, PrefilteredPattern], ...]:
    """Return the rules of a family one by one, in the order of their file."""
    return tuple((rule, compile_rule(rule)) for rule in lexicon.rules[family])
