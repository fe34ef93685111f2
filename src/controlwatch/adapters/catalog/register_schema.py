"""The keys of a register file: those of a notice and of a listing, each checked by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator

from controlwatch.core.model import DateBasis, Day, Direction, NoticeKind, TimeOfDay, Verb

FactSource = Literal["official-text", "official-page", "repository", "chronology", "press"]
FactConfidence = Literal["high", "medium", "low"]

#: The basis of a fact, in words.
SOURCE_NAMES: dict[str, str] = {
    "official-text": "the official text",
    "official-page": "a page of the issuer",
    "repository": "a public repository of texts",
    "chronology": "public chronologies",
    "press": "press reports",
}

STRICT_CONFIG: dict[str, object] = {"extra": "forbid"}

#: No notice of this field is older, and none can be dated much later.
FIRST_DAY, LAST_DAY = Day(1990, 1, 1), Day(2100, 1, 1)


def check_day(day: Day) -> Day:
    """Return a day on which a notice may act; raises ValueError for any other."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"{day} is not between {FIRST_DAY} and {LAST_DAY}")
    return day


NoticeDay = Annotated[Day, AfterValidator(check_day)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFact:
    """The basis of a fact; where it is left out, that of its notice applies."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT_CONFIG

    source: FactSource | None = None
    confidence: FactConfidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanFact(RegisterFact):
    """A fact with a first and a last day."""

    start: NoticeDay | None = None
    until: NoticeDay | None = None

    def __post_init__(self) -> None:
        if self.start and self.until and self.until < self.start:
            raise ValueError(f"ends on {self.until}, before it begins on {self.start}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveFact(SpanFact):
    """When a notice, or a part of it, takes effect and ends."""

    scope: str = "all"
    basis: DateBasis = "stated"
    time: TimeOfDay | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineFact(RegisterFact):
    """A closing day."""

    kind: Literal["comments-close", "transition-ends", "application-closes", "report-due"]
    date: Day


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationFact(SpanFact):
    """An act on another notice."""

    verb: Verb
    target: str
    clause: str | None = None
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
    issued: NoticeDay | None = None  #: left out when unknown
    issued_confidence: FactConfidence | None = None
    issuers: tuple[str, ...] = ()
    change: bool = True
    direction: Direction = Direction.NEUTRAL
    categories: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    hs: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    codes: RegisterFact = field(default_factory=RegisterFact)  #: basis of the codes, if another
    urls: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()  #: titles that other notices cite it by
    source: FactSource
    confidence: FactConfidence
    effective: tuple[EffectiveFact, ...] = ()
    deadlines: tuple[DeadlineFact, ...] = ()
    relations: tuple[RelationFact, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        if not (self.number or self.id):
            raise ValueError("has neither a number nor an id")


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
