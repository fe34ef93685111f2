"""State: the values that the rules receive from the store and give back to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from controlwatch.core.model import (
    Alert,
    Annex,
    Change,
    ChannelName,
    Delivery,
    Document,
    Judgement,
    Notice,
    NoticeRef,
    Subscription,
    Verb,
    to_notice_key,
)

Health = Literal["new", "healthy", "quiet", "degraded", "blocked", "blind"]
"""new: never polled; quiet: silent for longer than ever before; degraded: read in part, or failed once or
twice; blind: failed at least three times in a row; blocked: it sends bot challenges."""
Concern = Literal["", "quiet", "degraded"]
PollOutcome = Literal["shelved", "unchanged", "looked", "failed"]
"""shelved: the first poll, which tracks what it finds and never alerts; looked: something was new or due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What is usual for a source, from its plausible polls."""

    rows: tuple[int, ...] = ()  #: notices on the first page, of the last polls
    silence: int = 0  #: the longest time between two listed notices, in days
    dated: bool = False  #: its rows show days


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthNotice:
    """The health alerts that were sent about a problem of a source."""

    times: int
    at: datetime  #: of the last alert
    since: datetime  #: when the problem began
    word: str = ""  #: blind, blocked, quiet, degraded


@dataclass(frozen=True, slots=True, kw_only=True)
class WatcherState:
    """The state of a watcher after its polls."""

    id: str
    first_poll_at: datetime | None = None  #: when its references were first tracked
    last_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    failures: int = 0  #: in a row
    failing_since: datetime | None = None
    kind: str | None = None  #: kind of the last failure
    reason: str | None = None
    retry_at: datetime | None = None  #: the source has asked not to be requested before (Retry-After)
    concern: Concern = ""  #: what is unusual about the last plausible poll
    concern_reason: str = ""
    concern_since: datetime | None = None
    learnt: Baseline = field(default_factory=Baseline)
    whole_at: datetime | None = None  #: when the pages after the first were last read too
    rows: int = 0  #: notices listed at the last plausible poll
    epoch: int = 0  #: raised when a worker takes the source: an earlier poll then records nothing
    newest: date | None = None  #: newest listed day at the last plausible poll
    unread: int = 0  #: references whose page could not be read yet

    @property
    def problem(self) -> str:
        """What is wrong with the source, or ""."""
        return (self.reason if self.failures else self.concern_reason) or ""

    @property
    def health(self) -> Health:
        """The health of the source, in one word."""
        if self.failures >= 1 and self.kind == "blocked":
            return "blocked"
        if self.failures:
            return "degraded" if self.failures < 3 else "blind"
        return "new" if self.last_success_at is None else self.concern or "healthy"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnWait:
    """What a process that has the turn of a host or a target must wait for."""

    pause: float  #: seconds before the exchange may begin
    rest: float = 0.0  #: seconds for which it has asked to be left alone


@dataclass(frozen=True, slots=True, kw_only=True)
class PollDay:
    """What the log of polls holds of a watcher on a day in Beijing; quiet polls are not logged."""

    watcher: str
    day: date
    failed: int
    found: int  #: polls that found something new


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureCount:
    """How often the polls of a watcher failed with one kind of error."""

    watcher: str
    kind: str
    times: int
    first_at: datetime
    last_at: datetime
    reason: str  #: of the last one


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReference:
    """A reference that is not tracked yet."""

    ref: NoticeRef
    may_alert: bool  #: False: it was listed at the first poll
    alert_since: date | None = None  #: may alert only if published on or after this day


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldReferences:
    """New notices of one source that are not read until a person decides: too many came at once."""

    watcher: str
    count: int
    since: datetime
    titles: tuple[str, ...]  #: of the first few, with the listed day before each


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingReference:
    """A reference whose page is due to be read, for the first time or again."""

    id: int
    ref: NoticeRef
    may_alert: bool
    alert_since: date | None
    first_seen_at: datetime
    was_read: bool  #: it has been read before
    failures: int = 0
    prior_title: str = ""  #: as listed when its page was last read, where another title is listed now


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A notice as a watcher shows it now, extracted and ready to be compared with what is known."""

    watcher: str
    official: bool
    address: str  #: canonical address
    url: str  #: the address that a person opens
    document: Document
    annexes: tuple[Annex, ...] = ()
    notice: Notice
    text: str  #: body and annexes: compared and searched
    fingerprint: str
    snapshot_id: int | None = None
    reference: PendingReference
    fallback: bool = False  #: made only from the index row, because the page could not be read
    reread: bool = False  #: stored bytes read again: never a change by the source
    own_key: str = ""  #: its identity, where neither number nor address is proof of it
    bears: str = ""  #: the number of another notice that it bears too

    @property
    def key(self) -> str:
        """The identity of the notice: the key of its number, else its address; of press, its address."""
        if self.own_key:
            return self.own_key
        number = self.notice.number if self.official else None
        return number.key if number is not None else self.address

    @property
    def about(self) -> str | None:
        """For press: the key of the official notice that it is about, if it reports or names exactly one."""
        relations = self.notice.relations
        reports = [relation for relation in relations if relation.verb is Verb.REPORTS]
        targets = {to_notice_key(relation.target) for relation in reports or relations}
        return next(iter(targets)) if not self.official and len(targets) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionText:
    """A stored version, as far as comparison needs it."""

    id: int
    title: str
    text: str
    fingerprint: str
    notice: Notice
    fallback: bool = False
    is_from_register: bool = False  #: known from the register, not observed yet


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNotice:
    """The stored notice that an observation belongs to."""

    notice_id: int
    watcher: str  #: the watcher that found it first
    alerted: bool  #: an alert has been made for it
    tracked_since: date  #: the day (Asia/Shanghai) it was first seen or, from the register, watching began
    version_here: VersionText | None  #: latest version at the same address
    latest: VersionText  #: latest version at any address
    earlier: tuple[VersionText, ...] = ()  #: versions with other words, newest first; of a bearer only
    is_in_review: bool = False  #: it waits for a person to decide whether it changes the rules
    judgement: Judgement | None = None  #: what a person decided about it

    @property
    def is_judged_change(self) -> bool:
        """Whether a person judged it to be a change of the rules."""
        return self.judgement is not None and self.judgement.verdict == "change"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchContext:
    """Everything in the store that the decision about an observation depends on.

    The store gives the candidates; which of them the observation belongs to is decided in `notice_matching`.
    """

    here: KnownNotice | None = None  #: what was read at this address
    bearer: KnownNotice | None = None  #: another one, which has the number of this document
    twin: KnownNotice | None = None  #: a notice with the very same text, where this one has no number
    known: KnownNotice | None = None  #: the notice that the observation belongs to
    displaced: KnownNotice | None = None  #: the notice that loses its number to this one
    subscriptions: tuple[Subscription, ...] = ()
    follows_rule: bool = False  #: its title names a known notice that changed the rules
    official_known: bool = False  #: for a press report: its official notice is stored
    reported_before: bool = False  #: for a press report: another report about it has been alerted


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDelivery:
    """A delivery to be stored with its alert."""

    subscription_id: int
    due_at: datetime
    why: str
    muted: bool = False  #: not sent, and shown as muted
    addressee: str = ""  #: the recipient, where it is not the target of the subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message that a channel accepted, with the deliveries that it carried."""

    deliveries: tuple[Delivery, ...]
    receipt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimScope:
    """Which of the due deliveries a worker claims."""

    channel: ChannelName | None = None  #: of this channel; None: of any
    only: tuple[str, ...] | None = None  #: to these targets; None: to any
    without: tuple[str, ...] = ()  #: not to these targets
    retry_due: datetime | None = None  #: what failed before only where it was due by then; None: by now
    gather_bursts: bool = False  #: let a target that was sent several in the last minute wait for one digest


ANY_DELIVERY = ClaimScope()


#: Why no alert was made of what the rules read and found no change in: of a new text, of an amended one.
NOT_A_CHANGE = "not a change of the rules"
STILL_NOT_A_CHANGE = "not a change of the rules, before or after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows from an observation; stored in one transaction."""

    change: Change | None  #: None: nothing differs from what is stored
    alert: Alert | None = None
    deliveries: tuple[PlannedDelivery, ...] = ()
    not_alerted_because: str = ""  #: why no alert was made

    @property
    def summary_line(self) -> str:
        """The decision in one line, for logs and terminals."""
        if self.alert is not None:
            return f"alert: {self.alert.title}"
        if self.change is None:
            return "nothing new"
        return f"{self.change.kind}, no alert: {self.not_alerted_because}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PollReport:
    """The result of one poll."""

    watcher: str
    started_at: datetime
    outcome: PollOutcome
    kind: str | None = None
    reason: str = ""
    rows: int = 0
    unseen: int = 0
    read: int = 0
    alerts: tuple[str, ...] = ()  #: titles of the alerts made
    held: int = 0  #: new notices held for a person to decide
    unread: tuple[str, ...] = field(default=())  #: addresses that could not be read, with the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReference:
    """A reference that was read, with the snapshot it was read from (None for an index row alone)."""

    watcher_id: str
    reference: PendingReference
    snapshot: SnapshotRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRecord:
    """Where and when bytes were fetched, and the SHA-256 under which the archive keeps them."""

    url: str
    final_url: str
    fetched_at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    sha256: str
