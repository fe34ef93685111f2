"""What a notice says: its kind, dates, categories, codes, parties and relations, each with its quote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Literal

from controlwatch.core.model.document import DocumentNumber

#: Names for annotations in classes that have a field called `date` or `time`.
Day = date
TimeOfDay = time


class NoticeKind(StrEnum):
    """What a document is."""

    ANNOUNCEMENT = "announcement"
    ORDER = "order"
    NOTICE = "notice"
    LAW = "law"
    REGULATION = "regulation"
    DRAFT = "draft"
    SPOKESPERSON = "spokesperson-qa"
    FAQ = "faq"
    GUIDANCE = "guidance"
    NEWS = "news"
    COMMENTARY = "commentary"
    LISTING = "listing"
    CHALLENGE = "challenge"
    EMPTY = "empty"
    OTHER = "other"


class Direction(StrEnum):
    """Where a notice moves the control (not the trade)."""

    TIGHTEN = "tighten"
    RELAX = "relax"
    SUSPEND = "suspend"
    RESUME = "resume"
    CLARIFY = "clarify"
    NEUTRAL = "neutral"


class Verb(StrEnum):
    """What one notice does to another."""

    SUSPENDS = "suspends"
    RESUMES = "resumes"
    REPEALS = "repeals"
    AMENDS = "amends"
    IMPLEMENTS = "implements"
    EXTENDS = "extends"
    CLARIFIES = "clarifies"
    REPORTS = "reports"


class Attention(StrEnum):
    """What subscribers are told of a document."""

    CHANGE = "change"  #: it changes the rules
    REPORT = "report"  #: it reports a change made elsewhere
    REVIEW = "review"  #: the reader is not sure, and a person is asked to look
    NONE = "none"  #: nothing


DateBasis = Literal["stated", "on-publication", "not-stated"]
CategoryBasis = Literal["stated", "resolved", "register"]
"""stated: in the notice's own words; resolved: from the notices it acts on; register: from the shipped
register, where the text as read does not say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveDate:
    """When a notice, or a part of it, takes effect and ends, and the sentence that says so."""

    start: date | None  #: None when the notice does not state it
    until: date | None = None  #: end of a suspension or of a trial period
    basis: DateBasis
    scope: str = "all"  #: the part of the notice that it governs
    quote: str  #: the sentence, verbatim; "" only where basis is not-stated
    time: TimeOfDay | None = None  #: the hour, Beijing time, where the notice names one
    derived: bool = False  #: a day was computed from a period (一年, 90天, 30日后)
    rule: str = ""  #: id of the rule that found it


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A last day for comments, transitions, applications or reports."""

    kind: str
    date: Day
    quote: str
    rule: str = ""


#: Begins the id of a category that limits a rule to a destination; the code of the place follows.
DESTINATION_PREFIX = "destination."


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryFinding:
    """An item category that a notice touches."""

    id: str
    basis: CategoryBasis = "stated"
    quote: str
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFinding:
    """An HS code or a control code named by a notice."""

    code: str
    quote: str
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A party that the measure names."""

    zh: str
    en: str
    action: Literal["list", "delist", "suspend"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePart:
    """A part of a notice whose direction differs from the rest."""

    scope: str
    direction: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What a notice does to, or says about, another."""

    verb: Verb
    target: str  #: canonical number
    quote: str
    clause: str | None = None
    start: date | None = None  #: where it differs from the effective date of the notice
    until: date | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedDate:
    """A date of a notice that another notice replaces."""

    event: Literal["takes effect", "ends"]
    old: date | None  #: None: the notice stated none
    new: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Caveat:
    """A condition that must not be overlooked: a threshold, an exemption, extraterritorial reach."""

    kind: str  #: threshold, exemption, extraterritorial, transition or case-by-case
    quote: str
    value: str = ""  #: of a threshold: its bound and figure, as in ≥300Wh/kg
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Why a value was concluded that is not a finding itself: the rule that matched, and the words."""

    about: str  #: the JSON key of the conclusion: kind, number, published, is_change, direction …
    value: str
    rule: str  #: id of the rule
    quote: str = ""  #: verbatim; "" where the rule rests on what is missing from the text


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReason:
    """Why a person should look at a document that the reader did not conclude on."""

    reason: str  #: one sentence
    quote: str  #: the words that raise it, verbatim
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Two to four sentences, made only from the findings."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a document says, as far as it can be proved. Every conclusion carries its quote."""

    title: str
    language: str
    number: DocumentNumber | None = None
    number_raw: str | None = None
    follows: tuple[str, ...] = ()  #: other notices that an instrument names in its title
    issuers: tuple[str, ...] = ()
    kind: NoticeKind = NoticeKind.OTHER
    published: date | None = None
    is_change: bool = False
    reports_change: bool = False
    direction: Direction = Direction.NEUTRAL
    effective: tuple[EffectiveDate, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    categories: tuple[CategoryFinding, ...] = ()
    destinations: tuple[str, ...] = ()
    hs_codes: tuple[CodeFinding, ...] = ()
    control_codes: tuple[CodeFinding, ...] = ()
    codes_excluded: tuple[str, ...] = ()
    entities: tuple[Entity, ...] = ()
    parts: tuple[NoticePart, ...] = ()
    relations: tuple[Relation, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    grounds: tuple[Ground, ...] = ()
    summary: Summary = Summary(en="", zh="")
    doubts: tuple[str, ...] = ()
    review: tuple[ReviewReason, ...] = ()  #: empty where the reader is sure, and where it changes the rules
    possible_categories: tuple[str, ...] = ()  #: ids that a document to be reviewed may touch

    @property
    def attention(self) -> Attention:
        """What subscribers are told. A report that may be the instrument itself needs a review first."""
        if self.is_change:
            return Attention.CHANGE
        if self.review:
            return Attention.REVIEW
        return Attention.REPORT if self.reports_change else Attention.NONE
