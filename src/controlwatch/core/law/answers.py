"""Read models: the answers to queries, the same for CLI, Slack and web."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from controlwatch.core.law.coverage import Coverage
from controlwatch.core.law.explanation import StatusStep
from controlwatch.core.law.graph import LegalState
from controlwatch.core.law.notice_filter import ListPosition
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import (
    Alert,
    AnnouncedMeasure,
    Attention,
    Day,
    EffectiveDate,
    Judgement,
    Language,
    Notice,
    RedlineSegment,
    ReviewReason,
)
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
    title_en: str = ""  #: what it is in English, "" where its text is not summed up
    measure: str = ""  #: key of the word for the kind of measure; "" where it orders nothing
    attention: Attention = Attention.NONE  #: with what a person decided
    review: tuple[ReviewReason, ...] = ()  #: why a person should look, while the attention is review
    review_id: int | None = None  #: the number by which a person settles it
    judgement: Judgement | None = None  #: what a person decided
    id: int = 0  #: orders notices that were published on the same day

    @property
    def position(self) -> ListPosition:
        """Its place in a list, after which the next page begins."""
        return ListPosition(published=self.published, id=self.id)


#: superseded: a later text answered the question.
ReviewState = Literal["open", "judged", "superseded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLine:
    """A document that the reader did not conclude on, and what a person decided about it."""

    id: int
    key: str  #: of the notice
    number: str | None
    title: str
    issuers: tuple[str, ...]
    published: date | None
    official: bool
    watcher: str
    url: str
    reasons: tuple[ReviewReason, ...]
    possible_categories: tuple[str, ...]
    raised_at: datetime
    alerted: bool  #: False: tracked since the first poll, or found by a new reading, without an alert
    state: ReviewState
    judgement: Judgement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReviews:
    """How many documents wait for a person."""

    count: int = 0  #: those that caused an alert
    oldest: datetime | None = None  #: when the first of those was raised
    listed: int = 0  #: all, also those tracked since the first poll


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLabel:
    """A judgement as a label, by which the reader can be measured."""

    title: str
    text_sha256: str  #: of the text as extracted, in UTF-8
    source: str  #: id of the watcher
    url: str
    reasons: tuple[ReviewReason, ...]
    verdict: str
    note: str
    day: Day  #: of the judgement, in Beijing


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedNotice:
    """A notice with its text, for a preview of what a subscription would have received."""

    line: NoticeLine
    notice: Notice
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedNotice:
    """A notice as an entry of a feed."""

    line: NoticeLine
    notice: Notice
    updated_at: datetime  #: when its text was last seen to change; of a register entry, its import


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The alerts that a subscription would have received in the days before today."""

    days: int
    matches: tuple[tuple[NoticeLine, str], ...]  #: newest first, each with the reason

    @property
    def alerts_per_week(self) -> float:
        """The number of alerts in a week, on average."""
        return len(self.matches) * 7 / self.days


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvidence:
    """The evidence for an alert: the version of the notice that it is about."""

    alert: Alert
    title: str
    text: str  #: as extracted
    url: str
    fetched_at: datetime | None  #: None where no bytes are stored: an index row, the register
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLocation:
    """An address of a notice."""

    url: str
    watcher: str
    first_seen_at: datetime
    differs: bool  #: its text differs from that at the main address of the notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A version of a notice, and how it differs from the one before."""

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
    """A notice that acts on, or reports, the requested one."""

    verb: str
    key: str
    title: str
    published: date | None
    quote: str
    number: str = ""  #: as it is printed; "" where it has none


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRecord:
    """Everything in the store about one notice."""

    line: NoticeLine
    notice: Notice
    text: str
    standings: tuple[NoticeLocation, ...]
    revisions: tuple[Revision, ...]
    annexes: tuple[AnnexLine, ...]
    acts: tuple[ActLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMention:
    """A code that a notice names."""

    key: str
    code: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryStatus:
    """The status of an item category on a day, by the notices that control it."""

    category: str
    on: Day
    state: LegalState  #: the strongest state of its notices: in force before suspended
    notices: tuple[LegalStatus, ...]
    cautions: tuple[str, ...]
    coverage: Coverage | None = None  #: until when the sources that could change it were read
    element: str = ""  #: the names of the element that was asked about, in its category
    notes: tuple[str, ...] = ()  #: sentences about the element


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlHit:
    """A notice, or a clause of it, that controls the requested item."""

    category: str
    number: str
    clause: str | None
    state: LegalState
    since: Day | None
    until: Day | None
    quote: str
    title: str
    code: str | None = None  #: as the notice prints it, where the query was a code; or those of an element
    announced: tuple[AnnouncedMeasure, ...] = ()  #: announced about it, without a legal instrument
    key: str = ""  #: of the notice


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupResult:
    """The result of a lookup."""

    query: str
    on: Day
    hits: tuple[ControlHit, ...]
    cautions: tuple[str, ...]
    coverage: Coverage | None = None  #: until when the sources that could change it were read
    element: str = ""  #: the names of the element that was asked about
    notes: tuple[str, ...] = ()  #: sentences about the element


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusDifference:
    """A notice whose state on one day differs from that on another."""

    number: str
    title: str
    categories: tuple[str, ...]
    before: LegalState
    after: LegalState
    until: Day | None
    because: tuple[StatusStep, ...]
    announced: tuple[AnnouncedMeasure, ...] = ()  #: announced about it, without a legal instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterLine:
    """A notice of the register, and whether it has been observed."""

    key: str
    number: str | None
    title: str
    issued: Day | None
    observed: bool  #: its text came from a watcher or was handed in
    disagreements: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadLine:
    """Something that a person should check."""

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
    key: str = ""  #: of the notice; "" where none is known


@dataclass(frozen=True, slots=True, kw_only=True)
class WatcherLine:
    """A watcher and its health."""

    id: str
    name: str
    issuer: str
    role: str
    enabled: bool
    health: Health
    state: WatcherState
    declared: tuple[str, ...] = ()  #: what is declared for single hosts: TLS, mirrors, plain http

    @property
    def health_word(self) -> str:
        """The key of the word for the health: a source that failed once or twice is not read in part."""
        is_retried = self.health == "degraded" and self.state.failures
        return "source-retried" if is_retried else f"source-{self.health}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """An alert as it was delivered to one subscriber, and the last action on it."""

    alert: int
    kind: str
    made_at: datetime
    title: str
    number: str | None
    channel: str
    target: str
    state: str
    sent_at: datetime | None
    what: str | None  #: the last action: acknowledged, not relevant, assigned, due, muted; None: none yet
    who: str | None
    acted_at: datetime | None
    note: str | None
    assigned_to: str | None = None
    due: str | None = None  #: the day by which the work on it should be finished
    key: str = ""  #: of the delivery
    assigned_at: datetime | None = None
    delivery: int = 0  #: number of the delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReason:
    """Why an alert about a notice was delivered to a subscriber, and the state of the delivery."""

    kind: str
    made_at: datetime
    state: str
    why: str
    language: Language  #: of the subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedDelivery:
    """A delivery that a channel refused permanently; an operator must check it."""

    id: int
    alert: Alert
    channel: str
    target: str
    reason: str
