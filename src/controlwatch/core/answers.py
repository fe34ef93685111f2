"""What may be asked, and the shape of the answers: the same for CLI, bot and web."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from controlwatch.core.books import Health, WatcherState
from controlwatch.core.model import Alert, Day, EffectiveDate, Notice, Stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
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
class Standing:
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
    redline: tuple[Stretch, ...]
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
class Act:
    """A notice that acts on, or reports, the one asked about."""

    verb: str
    key: str
    title: str
    published: date | None
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything we hold about one notice."""

    line: Line
    notice: Notice
    text: str
    standings: tuple[Standing, ...]
    revisions: tuple[Revision, ...]
    annexes: tuple[AnnexLine, ...]
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that a calendar should hold."""

    date: Day
    event: str  #: takes effect, ends, or the kind of a deadline
    number: str
    title: str
    categories: tuple[str, ...]
    scope: str
    quote: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
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
class Undelivered:
    """A delivery that a channel refused for good: somebody must look."""

    id: int
    alert: Alert
    channel: str
    target: str
    reason: str
