"""What the store hands to the rules and takes back: plain values about state."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from controlwatch.core.model import (
    Alert,
    Annex,
    Change,
    Delivery,
    Document,
    Notice,
    NoticeRef,
    Snapshot,
    Subscription,
    Verb,
    to_notice_key,
)

Health = Literal["new", "healthy", "quiet", "degraded", "blocked", "blind"]
"""new: never polled; quiet: silent for longer than it ever was; degraded: read in part, or failed once or
twice; blind: failed three times and more; blocked: it challenges machines."""
Concern = Literal["", "quiet", "degraded"]
PollOutcome = Literal["shelved", "unchanged", "looked", "failed"]
"""shelved: the first poll, which tracks what it finds and alerts nobody; looked: something was new or due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """The server's own words about a body we have: sent back as they came, never made up here."""

    etag: str | None = None
    last_modified: str | None = None
    sha256: str | None = None
    not_modified: int = 0  #: answers 304 in a row, since the last full reading

    @classmethod
    def from_snapshot(cls, snapshot: Snapshot) -> Validators:
        """Take the server's own stamps from an answer."""
        return cls(
            etag=_keep_sendable(snapshot.get_header("etag")),
            last_modified=_keep_sendable(snapshot.get_header("last-modified")),
            sha256=snapshot.sha256,
        )


def _keep_sendable(stamp: str | None) -> str | None:
    """A stamp that a request can carry back; one with odd bytes is as good as none."""
    return stamp if stamp is not None and stamp.isascii() and stamp.isprintable() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What is usual for a source, from the looks that were believed."""

    rows: tuple[int, ...] = ()  #: notices on the first page, at the last of them
    silence: int = 0  #: the most days between two notices listed
    dated: bool = False  #: its rows carry days


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthNotice:
    """What people were told of a source's trouble."""

    times: int
    at: datetime  #: the last time
    since: datetime  #: when the trouble began
    word: str = ""  #: blind, blocked, quiet, degraded


@dataclass(frozen=True, slots=True, kw_only=True)
class WatcherState:
    """How a watcher has fared."""

    id: str
    first_poll_at: datetime | None = None  #: when its shelf was filled
    last_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    failures: int = 0  #: in a row
    failing_since: datetime | None = None
    kind: str | None = None  #: kind of the last failure
    reason: str | None = None
    concern: Concern = ""  #: what is odd about the last poll that was believed
    concern_reason: str = ""
    concern_since: datetime | None = None
    learnt: Baseline = field(default_factory=Baseline)
    whole_at: datetime | None = None  #: when the pages behind the first were last read too
    rows: int = 0  #: notices listed at the last believed poll
    newest: date | None = None  #: newest listed day at the last believed poll
    unread: int = 0  #: references whose page could not be read yet

    @property
    def problem(self) -> str:
        """What is wrong with it, in words."""
        return (self.reason if self.failures else self.concern_reason) or ""

    @property
    def problem_since(self) -> datetime | None:
        """Since when something is wrong with it."""
        return self.failing_since if self.failures else self.concern_since

    @property
    def health(self) -> Health:
        """The one word for it."""
        if self.failures >= 1 and self.kind == "blocked":
            return "blocked"
        if self.failures:
            return "degraded" if self.failures < 3 else "blind"
        return "new" if self.last_success_at is None else self.concern or "healthy"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReference:
    """A reference that the shelf does not hold yet."""

    ref: NoticeRef
    may_alert: bool  #: False: it stood there before we came
    alert_since: date | None = None  #: rings only if published on or after this day


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingReference:
    """A reference whose page is to be read now, for the first time or again."""

    id: int
    ref: NoticeRef
    may_alert: bool
    alert_since: date | None
    first_seen_at: datetime
    was_read: bool  #: it has been read before
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A notice as a watcher sees it now, read and ready to be compared with what we know."""

    watcher: str
    official: bool
    address: str  #: canonical address
    url: str  #: the address as a person opens it
    document: Document
    annexes: tuple[Annex, ...] = ()
    notice: Notice
    text: str  #: what is compared and searched: body and annexes
    fingerprint: str
    snapshot_id: int | None = None
    reference: PendingReference
    fallback: bool = False  #: made from the index row alone, because the page could not be read
    reread: bool = False  #: bytes we hold, read anew: never a change of theirs

    @property
    def key(self) -> str:
        """The notice's identity: its number's key, else its address. Press is always its address."""
        number = self.notice.number if self.official else None
        return number.key if number is not None else self.address

    @property
    def about(self) -> str | None:
        """For press: the key of the official notice that it speaks of, if it reports or names exactly one."""
        named = self.notice.relations
        reported = [relation for relation in named if relation.verb is Verb.REPORTS]
        targets = {to_notice_key(relation.target) for relation in reported or named}
        return next(iter(targets)) if not self.official and len(targets) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionText:
    """A version we hold, as far as comparing needs it."""

    id: int
    title: str
    text: str
    fingerprint: str
    notice: Notice
    fallback: bool = False
    is_from_register: bool = False  #: not observed yet, only known from the register


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNotice:
    """A notice we hold that a sight belongs to."""

    notice_id: int
    watcher: str  #: the one that saw it first
    alerted: bool  #: an alert has gone out for it
    tracked_since: date  #: the day (Asia/Shanghai) we first saw it, or began to watch with the register
    version_here: VersionText | None  #: latest version at the same address
    latest: VersionText  #: latest version at any address
    matched_by: Literal["address", "number", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchContext:
    """Everything the store knows that bears on a sight."""

    known: KnownNotice | None
    subscriptions: tuple[Subscription, ...] = ()
    official_known: bool = False  #: for a press report: its official notice is on our books
    reported_before: bool = False  #: for a press report: another report of it has been told


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDelivery:
    """A delivery to be written with its alert."""

    subscription_id: int
    due_at: datetime
    why: str
    muted: bool = False  #: kept back, and shown as such
    addressee: str = ""  #: to whom, where that is not the subscription's own target


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message that a channel took, with the deliveries that left as it."""

    deliveries: tuple[Delivery, ...]
    receipt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a sight amounts to: written as one transaction."""

    change: Change | None  #: None: nothing differs from what we hold
    alert: Alert | None = None
    deliveries: tuple[PlannedDelivery, ...] = ()
    not_alerted_because: str = ""  #: why no alert was made

    @property
    def summary_line(self) -> str:
        """The decision in one line, for logs and terminals."""
        if self.alert is not None:
            return f"alert: {self.alert.title}"
        if self.change is None:
            return "nothing that was not known"
        return f"{self.change.kind}, no alert: {self.not_alerted_because}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PollReport:
    """What one poll came to."""

    watcher: str
    started_at: datetime
    outcome: PollOutcome
    kind: str | None = None
    reason: str = ""
    rows: int = 0
    unseen: int = 0
    read: int = 0
    alerts: tuple[str, ...] = ()  #: titles of the alerts made
    unread: tuple[str, ...] = field(default=())  #: addresses that could not be read, with the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReference:
    """A reference that was read, with the bytes it was read from (None for a bare index row)."""

    watcher_id: str
    reference: PendingReference
    snapshot: SnapshotRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRecord:
    """Where and when bytes came from, and under which SHA-256 the archive keeps them."""

    url: str
    final_url: str
    fetched_at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    sha256: str
