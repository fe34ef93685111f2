"""What a file of the register may say: the keys of a notice, and of the parties it lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from controlwatch.core.model import DateBasis, Day, Direction, NoticeKind, TimeOfDay, Verb

FactSource = Literal["official-text", "official-page", "repository", "chronology", "press"]
FactConfidence = Literal["high", "medium", "low"]

#: What a fact rests on, in words.
SOURCE_NAMES: dict[str, str] = {
    "official-text": "the official text",
    "official-page": "a page of the issuer",
    "repository": "a public repository of texts",
    "chronology": "public chronologies",
    "press": "press reports",
}

STRICT_CONFIG: dict[str, object] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFact:
    """What any fact may say of itself; unsaid, it is as its notice says."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT_CONFIG

    source: FactSource | None = None
    confidence: FactConfidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveFact(RegisterFact):
    """When a notice, or a part of it, takes effect and ends."""

    start: Day | None = None
    until: Day | None = None
    scope: str = "all"
    basis: DateBasis = "stated"
    time: TimeOfDay | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineFact(RegisterFact):
    """A closing day."""

    kind: Literal["comments-close", "transition-ends", "application-closes", "report-due"]
    date: Day


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationFact(RegisterFact):
    """An act on another notice."""

    verb: Verb
    target: str
    clause: str | None = None
    start: Day | None = None
    until: Day | None = None
    outside: str = ""  #: why the target is not in the register
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterNotice:
    """One [[notice]] of a file."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT_CONFIG

    number: str = ""
    id: str = ""
    kind: NoticeKind
    zh: str
    en: str
    title_known: bool = True
    issued: Day | None = None  #: left out where the day was not read
    issued_confidence: FactConfidence | None = None
    issuers: tuple[str, ...] = ()
    change: bool = True
    direction: Direction = Direction.NEUTRAL
    categories: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    hs: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    codes: RegisterFact = field(
        default_factory=RegisterFact
    )  #: what the codes rest on, where it is not what the rest does
    urls: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()  #: titles that other notices cite it by
    source: FactSource
    confidence: FactConfidence
    effective: tuple[EffectiveFact, ...] = ()
    deadlines: tuple[DeadlineFact, ...] = ()
    relations: tuple[RelationFact, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterParty:
    """A party by its names."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT_CONFIG

    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterListing:
    """One [[listing]] of parties.toml."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT_CONFIG

    number: str
    list: str
    action: Literal["list", "delist", "suspend"] = "list"
    complete: bool
    stated: int | None = None
    parties: tuple[RegisterParty, ...] = ()
