"""The words of questions, as data: intents with their phrases, days, and forms of notice numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from controlwatch.core.extraction.text.lexicon import Pattern
from controlwatch.core.extraction.text.normalize import HAN
from controlwatch.core.model import Language

IntentName = Literal[
    "help",
    "latest",
    "show",
    "status",
    "upcoming",
    "lookup",
    "history",
    "compare",
    "entity",
    "categories",
    "subscribe",
    "unsubscribe",
    "subscriptions",
    "mute",
    "unmute",
    "pause",
    "resume",
    "alerts",
    "team",
    "watchers",
    "review",
    "why",
]
#: What a question is about. control: a notice or a category. item: a code or words.
SubjectKind = Literal["none", "notice", "control", "category", "item", "name", "subscription", "words"]
#: Which days a question takes. ahead, back: a period, from or up to today.
TimeKind = Literal["none", "day", "ahead", "back", "two-days", "count"]
UnitName = Literal["day", "week", "month", "quarter", "year"]
#: What a subject can turn out to be.
FoundKind = Literal["number", "code", "category"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Something that people ask for, and the words in which they do."""

    name: IntentName
    means: str  #: one phrase for a person
    means_zh: str  #: the same in Chinese
    commands: tuple[str, ...] = ()  #: first words that name it
    verbs: tuple[str, ...] = ()  #: first words that name it where no phrase of another intent follows
    phrases: tuple[str, ...] = ()
    subject: SubjectKind = "none"
    time: TimeKind = "none"
    example: str = ""  #: commands, for help
    example_zh: str = ""  #: the same in Chinese
    questions: tuple[str, ...] = ()  #: in full, in both languages
    #: the intent that is meant where the subject is one of these
    redirect: Mapping[FoundKind, IntentName] = field(default_factory=dict)
    #: words of the command, with the phrases of a sentence that stand for them
    implies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def get_command(self, language: Language) -> str:
        """Return the command that names it: the first Chinese one, or its name."""
        if language != "zh":
            return self.name
        return next(command for command in self.commands if HAN.search(command))


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeDays:
    """Words for a day or a period that is counted from today."""

    kind: Literal["day", "period", "end"]
    offset: int = 0
    unit: UnitName = "day"
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayGrammar:
    """How people write days and periods. All words are folded."""

    months: Mapping[str, int]
    units: Mapping[str, UnitName]
    numbers: Mapping[str, int]
    weekdays: Mapping[str, int]  #: Monday is 0
    weeks: Mapping[str, int]  #: before a weekday; this week is 0
    years: Mapping[str, int]  #: beside a month; this year is 0
    relative: tuple[RelativeDays, ...]
    leads: Mapping[str, tuple[str, ...]]  #: by role: since, until, plain, joining
    tails: Mapping[str, tuple[str, ...]]  #: by role: since, until, plain
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Vocabulary:
    """Every word by which a question is understood. Compared by identity: one is loaded and shared."""

    intents: tuple[Intent, ...]
    greetings: tuple[str, ...]
    fillers: tuple[str, ...]
    name_beginnings: tuple[str, ...]  #: fillers that are part of a name at its beginning
    name_endings: tuple[str, ...]  #: the same at its end
    unnamed_parties: tuple[str, ...]  #: words that ask which parties are listed, without a name
    unnamed_parties_of: tuple[str, ...]  #: the same with a country, which is not understood
    suspensions: tuple[str, ...]  #: words that ask for a suspension, and for the notice that ordered it
    days: DayGrammar
    numbers: tuple[Pattern, ...]

    @cached_property
    def _intents_by_name(self) -> dict[IntentName, Intent]:
        return {intent.name: intent for intent in self.intents}

    def get_intent(self, name: IntentName) -> Intent:
        """Return the intent of a name."""
        return self._intents_by_name[name]

    def write_command(self, command: str, language: Language) -> str:
        """Return a command with its first word in a language: it is then answered in this language.

        >>> vocabulary.write_command("latest battery", "zh")  # doctest: +SKIP
        '最新 battery'
        """
        name, space, behind = command.partition(" ")
        intent = next((item for item in self.intents if item.name == name), None)
        return f"{intent.get_command(language)}{space}{behind}" if intent is not None else command

    @cached_property
    def phrases(self) -> PhraseFinder:
        """The phrases of all intents; the value of each is its intents."""
        owners: dict[str, list[str]] = {}
        for intent in self.intents:
            for phrase in intent.phrases:
                owners.setdefault(fold_asked(phrase), []).append(intent.name)
        return PhraseFinder(owners)

    @cached_property
    def filler_words(self) -> PhraseFinder:
        """The fillers, the greetings, and the words for parties without a name."""
        words = (*self.fillers, *self.greetings, *self.unnamed_parties)
        return PhraseFinder({fold_asked(word): [] for word in words})

    @cached_property
    def suspension_words(self) -> PhraseFinder:
        """The words that ask for a suspension."""
        return PhraseFinder({fold_asked(word): [] for word in self.suspensions})

    @cached_property
    def unnamed_party_words(self) -> PhraseFinder:
        """The words that ask which parties are listed."""
        words = (*self.unnamed_parties, *self.unnamed_parties_of)
        return PhraseFinder({fold_asked(word): [] for word in words})


def fold_asked(text: str) -> str:
    """Return a text in one width and case, without apostrophes, as phrases are compared.

    >>> fold_asked("What’s  Coming Up")
    'whats coming up'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"['’‘`´]", "", folded).split())


class PhraseFinder:
    """Finds phrases in folded text: the longest first, Latin ones as whole words."""

    def __init__(self, phrases: Mapping[str, list[str]]) -> None:
        """Prepare a search; the values are what each phrase stands for."""
        self._owners = phrases
        by_length = sorted(filter(None, phrases), key=lambda phrase: (-len(phrase), phrase))
        self._pattern = re.compile("|".join(map(_write_phrase, by_length)) or r"(?!)")

    def find_all(self, text: str) -> tuple[tuple[int, int, tuple[str, ...]], ...]:
        """Return the start, the end and the owners of each phrase, without overlaps.

        Longer phrases win over shorter ones that overlap them.
        """
        found: list[tuple[int, int]] = []
        for start in range(len(text)):
            hit = self._pattern.match(text, start)
            if hit:
                found.append(hit.span())
        kept: list[tuple[int, int]] = []
        for start, end in sorted(found, key=lambda span: (span[0] - span[1], span[0])):
            if all(end <= other[0] or start >= other[1] for other in kept):
                kept.append((start, end))
        return tuple(
            (start, end, tuple(self._owners[" ".join(text[start:end].split())]))
            for start, end in sorted(kept)
        )


def measure_phrase(phrase: str) -> int:
    """Return how much a phrase says: the number of its letters, where a Chinese character counts as three."""
    return sum(3 if HAN.match(sign) else 1 for sign in phrase)


def _write_phrase(phrase: str) -> str:
    escaped = re.escape(phrase).replace(r"\ ", r"\s+")
    before = r"(?<![a-z0-9])" if phrase[0].isascii() and phrase[0].isalnum() else ""
    after = r"(?![a-z0-9])" if phrase[-1].isascii() and phrase[-1].isalnum() else ""
    return f"{before}{escaped}{after}"
