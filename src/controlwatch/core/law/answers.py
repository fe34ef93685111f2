"""What may be asked, and the shape of the answers: the same for CLI, bot and web."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from controlwatch.core.law.explanation import StatusStep
from controlwatch.core.law.graph import LegalState
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import Alert, Day, EffectiveDate, Notice, RedlineSegment
from controlwatch.core.model.state import Health, WatcherState


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """A notice in one line."""

    key: str
    number: str | None
    title: str
    kind: str
    issuers: tuple[str, ...]
    published: date | None
    effective: tuple[EffectiveDate, ...]
    direction: str
    is_change: bool
    official: bool
    categories: tuple[str, ...]
    url: str
    watcher: str
    first_seen_at: datetime
    alerted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedNotice:
    """A notice with its words, for a look at what somebody would have been told."""

    line: NoticeLine
    notice: Notice
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a subscription would have been sent in the days before today."""

    days: int
    matches: tuple[tuple[NoticeLine, str], ...]  #: newest first, each with the why

    @property
    def alerts_per_week(self) -> float:
        """How many alerts that is in a week, on average."""
        return len(self.matches) * 7 / self.days


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvidence:
    """What an alert rests on: the version of its notice that it told of."""

    alert: Alert
    title: str
    text: str  #: as it was read
    url: str
    fetched_at: datetime | None  #: None where no bytes are kept: an index row, the register
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLocation:
    """An address that a notice stands at."""

    url: str
    watcher: str
    first_seen_at: datetime
    differs: bool  #: its words differ from those of the notice's own address


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A version of a notice: what it was and how it differed."""

    made_at: datetime
    kind: str
    url: str
    sha256: str | None  #: of the bytes as sent
    redline: tuple[RedlineSegment, ...]
    moved: tuple[str, ...]
    quiet_because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexLine:
    """An annex of the latest version."""

    url: str
    name: str
    sha256: str | None
    doubt: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActLine:
    """A notice that acts on, or reports, the one asked about."""

    verb: str
    key: str
    title: str
    published: date | None
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRecord:
    """Everything we hold about one notice."""

    line: NoticeLine
    notice: Notice
    text: str
    standings: tuple[NoticeLocation, ...]
    revisions: tuple[Revision, ...]
    annexes: tuple[AnnexLine, ...]
    acts: tuple[ActLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMention:
    """A code as a notice names it."""

    key: str
    code: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyLine:
    """A party as a notice names it."""

    zh: str
    en: str
    action: str  #: list, delist or suspend
    list: str  #: entity.control_list and its like, "" where the notice does not say
    key: str
    number: str
    since: Day | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryStatus:
    """What controls an item category on a day."""

    category: str
    on: Day
    state: LegalState  #: the strongest of its notices: one in force outweighs one that is suspended
    notices: tuple[LegalStatus, ...]
    cautions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlHit:
    """A notice, or a clause of it, that controls what was asked for."""

    category: str
    number: str
    clause: str | None
    state: LegalState
    since: Day | None
    until: Day | None
    quote: str
    title: str
    code: str | None = None  #: as the notice prints it, where a code was asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupResult:
    """What a lookup found."""

    query: str
    on: Day
    hits: tuple[ControlHit, ...]
    cautions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusDifference:
    """A notice that stands otherwise on one day than on another."""

    number: str
    title: str
    categories: tuple[str, ...]
    before: LegalState
    after: LegalState
    until: Day | None
    because: tuple[StatusStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyMatch:
    """A listed party whose name resembles the one asked for. Never an identification."""

    zh: str
    en: str
    list: str
    action: str
    number: str
    since: Day | None
    state: LegalState  #: of the listing, on the day asked for
    until: Day | None
    score: int  #: 100 is the same name but for form, case and signs
    note: str = "possible match, verify identity"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartySearchResult:
    """What a search by name found."""

    query: str
    on: Day
    matches: tuple[PartyMatch, ...]
    cautions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterLine:
    """A notice of the register, and what became of it."""

    key: str
    number: str | None
    title: str
    issued: Day | None
    observed: bool  #: a watcher or a person has brought its text
    disagreements: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadLine:
    """Something that a person should look into."""

    subject: str
    kind: str
    reason: str
    raised_at: datetime
    closed_at: datetime | None
    closed_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryStep:
    """A point in the history of a category or a notice."""

    date: Day | None
    what: str  #: issued, amended, suspends, …
    number: str
    title: str
    direction: str
    quote: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WatcherLine:
    """A watcher and how it fares."""

    id: str
    name: str
    issuer: str
    role: str
    enabled: bool
    health: Health
    state: WatcherState


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """An alert as it went to one subscriber, and what was last done about it."""

    alert: int
    kind: str
    made_at: datetime
    title: str
    number: str | None
    channel: str
    target: str
    state: str
    sent_at: datetime | None
    what: str | None  #: what was done last: acknowledged, not relevant, assigned, due, muted; None: nothing
    who: str | None
    acted_at: datetime | None
    note: str | None
    assigned_to: str | None = None
    due: str | None = None  #: the day by which somebody wants to be done with it
    key: str = ""  #: of the delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReason:
    """Why, and how far, an alert about a notice went to somebody."""

    kind: str
    made_at: datetime
    state: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedDelivery:
    """A delivery that a channel refused for good: somebody must look."""

    id: int
    alert: Alert
    channel: str
    target: str
    reason: str
