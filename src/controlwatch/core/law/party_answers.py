"""Read models: listed parties, and the answers to searches by name."""

from __future__ import annotations

from dataclasses import dataclass

from controlwatch.core.law.coverage import Coverage
from controlwatch.core.law.graph import LegalState
from controlwatch.core.model import AnnouncedMeasure, Day

VERIFY_IDENTITY = "possible match, verify identity"
NAMED_IN_TITLE = "the title of the notice has this name, verify identity"
PARENT_IN_TITLE = "the title of the notice has the name asked; that party itself is not listed by this entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyLine:
    """A party that a notice names."""

    zh: str
    en: str
    action: str  #: list, delist or suspend
    list: str  #: such as entity.control_list, "" where the notice does not name a list
    key: str
    number: str
    since: Day | None
    note: str = VERIFY_IDENTITY
    listing_en: str = ""  #: the English title of the notice, as far as known


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyMatch:
    """A listed party whose name resembles the requested one. Never an identification."""

    zh: str
    en: str
    list: str
    action: str
    number: str
    since: Day | None
    state: LegalState  #: of the listing, on the requested day
    until: Day | None
    score: int  #: 100: the same name except for legal form, case and punctuation
    note: str = VERIFY_IDENTITY
    url: str = ""  #: of the notice
    key: str = ""  #: of the notice
    announced: tuple[AnnouncedMeasure, ...] = ()  #: announced about it, without a legal instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class IncompleteListing:
    """A listing of which some or all names are not known here: a name that is not found may be in it."""

    key: str
    number: str
    title: str
    url: str
    gap: str  #: what is missing, in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingSummary:
    """A notice that lists, delists or suspends parties, and its state on a day."""

    key: str
    number: str
    list: str  #: such as entity.control_list, "" where the notice does not name a list
    since: Day | None
    state: LegalState
    until: Day | None
    announced: tuple[AnnouncedMeasure, ...]
    parties: tuple[PartyLine, ...]
    gap: str = ""  #: which names are not known here; "" where all are


@dataclass(frozen=True, slots=True, kw_only=True)
class PartySearchResult:
    """The result of a search by name."""

    query: str
    on: Day
    matches: tuple[PartyMatch, ...]  #: listings in force first, then by score
    cautions: tuple[str, ...]
    incomplete_listings: tuple[IncompleteListing, ...] = ()
    coverage: Coverage | None = None  #: until when the sources that could change it were read


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenedName:
    """A name that was screened, with the possible matches."""

    name: str
    matches: tuple[PartyMatch, ...]  #: in the order of a single search


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningResult:
    """The result of screening many names."""

    on: Day
    names: tuple[ScreenedName, ...]  #: in the order asked
    cautions: tuple[str, ...]
    incomplete_listings: tuple[IncompleteListing, ...] = ()
    coverage: Coverage | None = None  #: until when the sources that could change it were read
