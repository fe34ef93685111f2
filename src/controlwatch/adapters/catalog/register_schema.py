"""What a file of the register may say: the keys of a notice, and of the parties it lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from controlwatch.core.model import DateBasis, Day, Direction, Kind, TimeOfDay, Verb

Source = Literal["official-text", "official-page", "repository", "chronology", "press"]
Confidence = Literal["high", "medium", "low"]

#: What a fact rests on, in words.
SOURCES: dict[str, str] = {
    "official-text": "the official text",
    "official-page": "a page of the issuer",
    "repository": "a public repository of texts",
    "chronology": "public chronologies",
    "press": "press reports",
}

STRICT: dict[str, object] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What any fact may say of itself; unsaid, it is as its notice says."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    source: Source | None = None
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveFact(Fact):
    """When a notice, or a part of it, takes effect and ends."""

    start: Day | None = None
    until: Day | None = None
    scope: str = "all"
    basis: DateBasis = "stated"
    time: TimeOfDay | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineFact(Fact):
    """A closing day."""

    kind: Literal["comments-close", "transition-ends", "application-closes", "report-due"]
    date: Day


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationFact(Fact):
    """An act on another notice."""

    verb: Verb
    target: str
    clause: str | None = None
    start: Day | None = None
    until: Day | None = None
    outside: str = ""  #: why the target is not in the register
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One [[notice]] of a file."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    number: str = ""
    id: str = ""
    kind: Kind
    zh: str
    en: str
    title_known: bool = True
    issued: Day | None = None  #: left out where the day was not read
    issued_confidence: Confidence | None = None
    issuers: tuple[str, ...] = ()
    change: bool = True
    direction: Direction = Direction.NEUTRAL
    categories: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    hs: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    codes: Fact = field(default_factory=Fact)  #: what the codes rest on, where it is not what the rest does
    urls: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()  #: titles that other notices cite it by
    source: Source
    confidence: Confidence
    effective: tuple[EffectiveFact, ...] = ()
    deadlines: tuple[DeadlineFact, ...] = ()
    relations: tuple[RelationFact, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A party by its names."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One [[listing]] of parties.toml."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    number: str
    list: str
    action: Literal["list", "delist", "suspend"] = "list"
    complete: bool
    stated: int | None = None
    parties: tuple[Party, ...] = ()
