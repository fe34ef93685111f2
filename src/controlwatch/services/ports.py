"""What the pipeline needs of the world: Fetch, Archive, Store, Channel, and the reader of files."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Protocol

from controlwatch.core.alerting.bounce_reports import SentMail
from controlwatch.core.alerting.follow_up import DeliveredAlert
from controlwatch.core.alerting.reminders import PlannedAlert, ReminderContext, ReminderRound
from controlwatch.core.alerting.source_health import HealthAlert
from controlwatch.core.evidence.custody import ChainHead, StoredEntry
from controlwatch.core.evidence.dossier import Dossier
from controlwatch.core.evidence.timestamps import TimestampToken, VerifiedTimestamp
from controlwatch.core.evidence.verification import StoredCopy, UnloggedRow
from controlwatch.core.law.answers import (
    CodeMention,
    HistoryStep,
    LeadLine,
    NoticeLine,
    NoticeRecord,
    PartyLine,
    PublishedNotice,
    RefusedDelivery,
    RegisterLine,
)
from controlwatch.core.law.graph import LegalGraph
from controlwatch.core.law.number_gaps import Lead, ObservedNumber
from controlwatch.core.model import (
    Alert,
    Annex,
    AnnexLink,
    ChannelName,
    Delivery,
    Document,
    Notice,
    Snapshot,
    Subscription,
)
from controlwatch.core.model.state import (
    Decision,
    HealthNotice,
    MatchContext,
    NewReference,
    Observation,
    PendingReference,
    PlannedDelivery,
    PollReport,
    ReadReference,
    SentMessage,
    SnapshotRecord,
    Validators,
    VersionText,
    WatcherState,
)
from controlwatch.core.rendering.message import Message
from controlwatch.core.sources.mail_documents import Mail
from controlwatch.core.sources.requests import Request
from controlwatch.core.sources.watcher import Watcher


class Fetcher(Protocol):
    """Asks sources, politely and within bounds."""

    def open_session(self, watcher: Watcher) -> AbstractContextManager[FetchSession]:
        """Open one poll's worth of asking: the watcher's time budget runs from here."""


class FetchSession(Protocol):
    """One question at a time, within one poll's budget."""

    def __call__(self, request: Request, validators: Validators | None = None) -> Snapshot | None:
        """Return what the source sent, whatever its status; None when it says "not modified".

        Raises `Unreachable`, `TimedOut`, `TooLarge`, `RedirectLoop` or `Undeclared`.
        """


class MailboxReader(Protocol):
    """A folder that mails come to; it is only looked at."""

    address: str  #: without the password

    def fetch_mails(self, *, after: str | None, since: datetime) -> Generator[Mail, None, None]:
        """Yield what came after the mail of this mark, oldest first, so many at most.

        Without a mark, or where the mailbox numbers its mails anew, what came since about that instant.
        Raises `Unreachable`, `TimedOut` or `LockedOut`.
        """


class Archive(Protocol):
    """Keeps bytes as they were sent."""

    def save_bytes(self, body: bytes) -> str:
        """Store the bytes durably and return their SHA-256 in hex; the same bytes are kept once."""

    def load_bytes(self, sha256: str) -> bytes:
        """Return bytes kept before; KeyError when there are none, or others than were kept."""

    def inspect_copy(self, sha256: str) -> StoredCopy:
        """Return how a copy stands, in constant memory."""


class DocumentReader(Protocol):
    """Turns bytes into text."""

    def read_document(self, snapshot: Snapshot, watcher: Watcher | None = None) -> Document:
        """Return the document; raises `Challenged`, `Refused`, `Reshaped` or `Garbled`."""

    def read_annex(self, snapshot: Snapshot, link: AnnexLink) -> Annex:
        """Return the annex; what cannot be read becomes a doubt, never an error."""


class Channel(Protocol):
    """A way to reach people."""

    name: ChannelName

    def send(self, message: Message, *, target: str, key: str) -> str:
        """Send and return the receipt; raises `DeliveryError`."""

    def close(self) -> None:
        """Part from whatever is held open."""


class Store(Protocol):
    """What the bot remembers. Every method is one transaction."""

    # polls
    def load_watcher_state(self, watcher_id: str) -> WatcherState:
        """How a watcher has fared; a fresh state for one never polled."""

    def find_validators(self, url: str) -> Validators | None:
        """What the server said of the body we last believed."""

    def save_validators(self, url: str, validators: Validators) -> None:
        """Remember the validators of a body that was read and believed."""

    def find_tracked_urls(self, watcher_id: str, urls: Iterable[str]) -> frozenset[str]:
        """Which of these (canonical) addresses the watcher's shelf holds."""

    def track_references(self, watcher_id: str, unseen: Iterable[NewReference], now: datetime) -> None:
        """Put references on the shelf, due at once; marks the first poll as done."""

    def list_due_references(self, watcher_id: str, now: datetime) -> tuple[PendingReference, ...]:
        """References to be read now, never-read ones first."""

    def find_reference(self, watcher_id: str, url: str) -> PendingReference | None:
        """The reference of a watcher's shelf at this address, due or not."""

    def list_read_references(self) -> tuple[ReadReference, ...]:
        """Every reference that was read, with the latest bytes it was read from."""

    def find_snapshot(self, url: str, sha256: str) -> SnapshotRecord | None:
        """How these bytes of an address were sent, if we kept them."""

    def record_fetch_failure(
        self, due: PendingReference, *, reason: str, absent: bool, now: datetime
    ) -> None:
        """A reference could not be read; it stays due, later and later."""

    def record_unchanged(self, due: PendingReference, *, next_look_at: datetime | None) -> None:
        """A reference was looked at again and nothing differs."""

    def record_poll(
        self,
        report: PollReport,
        state: WatcherState,
        *,
        believed: Mapping[str, Validators],
        doubted: Iterable[str],
        now: datetime,
    ) -> None:
        """Record how a poll ended: the validators to send next time, and those to forget."""

    def load_watcher_states(self, watcher_ids: Iterable[str]) -> tuple[WatcherState, ...]:
        """How these watchers have fared."""

    def record_health_alerts(
        self,
        watcher_ids: Iterable[str],
        decide: Callable[
            [Mapping[str, WatcherState], Mapping[str, HealthNotice], Mapping[str, tuple[str, ...]]],
            Iterable[tuple[HealthAlert, tuple[PlannedDelivery, ...]]],
        ],
    ) -> tuple[Alert, ...]:
        """Let the rule compare how watchers fare with what people were told; write what it decides."""

    def flush(self) -> None:
        """Write what is only in memory: the times of quiet polls."""

    def repair_clock_skew(self, *, now: datetime) -> int:
        """Make due now what a clock that ran ahead has put off; return how many things that were."""

    def purge_polls(self, before: datetime) -> int:
        """Drop what the log of polls says of the time before; return how many entries."""

    # notices
    def record_snapshot(self, snapshot: Snapshot, sha256: str, watcher_id: str) -> int:
        """Commit 1: that these bytes came from there, then."""

    def record_observation(
        self,
        seen: Observation,
        decide: Callable[[MatchContext], Decision],
        *,
        now: datetime,
        next_look_at: datetime | None,
    ) -> Decision:
        """Commit 2: find what is known, let the rule decide, write all of it or nothing."""

    def list_acting_versions(self, key: str) -> tuple[VersionText, ...]:
        """The latest versions of the notices that act on the one of this key."""

    def record_rereading(self, version: VersionText, notice: Notice, *, now: datetime) -> None:
        """Write a better reading of a version's own words; never an alert."""

    def find_categories(self, keys: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Item categories of known notices, by the key of their number."""

    def load_graph(self, keys: Iterable[str]) -> LegalGraph:
        """The notices of these keys with all that act on them."""

    # the clock
    def record_reminders(
        self, decide: Callable[[ReminderContext], ReminderRound], *, now: datetime
    ) -> tuple[PlannedAlert, ...]:
        """Compare the calendar with what is held, and write what the rule decides, all of it or nothing."""

    def list_observed_numbers(self, series: str, watcher_id: str) -> tuple[ObservedNumber, ...]:
        """Numbers of a series whose notices stand at a watcher."""

    def raise_leads(
        self,
        leads: Iterable[Lead],
        told: Callable[[tuple[Lead, ...], tuple[Subscription, ...]], PlannedAlert],
        *,
        now: datetime,
    ) -> tuple[Lead, ...]:
        """Write the leads that are new with the alert about them, all or nothing; return them."""

    def close_leads(self, *, now: datetime) -> tuple[str, ...]:
        """Close every lead whose number has turned up; return their subjects."""

    # deliveries
    def enqueue_alert(
        self, alert: Alert, deliveries: Iterable[PlannedDelivery], *, about: str | None = None
    ) -> None:
        """Write an alert and its deliveries; `about` is the key of the notice that it concerns, if any."""

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """Every active subscription."""

    def claim(
        self, *, now: datetime, owner: str, lease: float, most: int
    ) -> tuple[tuple[Delivery, ...], ...]:
        """Lease what is due, of so many subscriptions at most: for each what leaves as one message."""

    def mark_sent(self, messages: Iterable[SentMessage], *, owner: str, now: datetime) -> None:
        """Settle what these messages carried as sent, where the lease is still ours."""

    def release(self, deliveries: Iterable[Delivery], *, owner: str) -> None:
        """Give up the lease of what was not tried."""

    def reschedule(self, deliveries: Iterable[Delivery], *, owner: str, reason: str, until: datetime) -> None:
        """Settle for another try."""

    def mark_refused(self, deliveries: Iterable[Delivery], *, owner: str, reason: str, now: datetime) -> None:
        """Settle as refused for good; a person must look."""

    def pause(
        self,
        deliveries: Iterable[Delivery],
        *,
        owner: str,
        reason: str,
        alert: Alert,
        planned: Iterable[PlannedDelivery],
        now: datetime,
        channel: ChannelName | None = None,
    ) -> bool:
        """Put deliveries back, pause their subscription or all of a channel, and tell others, all in one."""

    def resume(self, subscription_id: int) -> bool:
        """Send to a paused subscription again, what waited and what had come back first."""

    def find_sent_mail(self, key: str) -> SentMail | None:
        """The mail that left under the key of a delivery."""

    def record_bounce(
        self,
        mailed: SentMail,
        *,
        reason: str,
        alert: Alert | None,
        planned: Iterable[PlannedDelivery],
        now: datetime,
    ) -> bool:
        """Put down as refused what left in a mail; with an alert, pause its subscription and tell others."""

    def record_follow_ups(
        self, rules: Iterable[Callable[[DeliveredAlert], PlannedAlert | None]], *, now: datetime
    ) -> tuple[PlannedAlert, ...]:
        """Ask the rules about alerts that people must act on, and write what they say, all or nothing."""

    def subscribe(self, subscription: Subscription, now: datetime) -> int:
        """Add a subscription and return its id."""

    def unsubscribe(self, subscription_id: int) -> bool:
        """End a subscription; what was due to it is dropped. False when there is none."""

    def confirm(self, subscription_id: int) -> bool:
        """Note that the owner of the address wants it. False when there is none."""


class CustodyLog(Protocol):
    """The chain of custody as the store holds it."""

    def find_newest_entry(self) -> tuple[ChainHead, str] | None:
        """The newest entry and its line; None where the log is empty."""

    def iterate_entries(self) -> Iterator[StoredEntry | UnloggedRow]:
        """Every entry from the first on, with what the store holds of it; then the rows that have none."""

    def count_entries(self) -> int:
        """How many entries there are."""


class TimestampStore(Protocol):
    """Keeps the time stamps of heads."""

    def save_token(self, token: TimestampToken) -> None:
        """Store a token durably."""

    def load_tokens(self) -> tuple[TimestampToken, ...]:
        """Every token, the oldest head first."""

    def has_token(self, head: ChainHead) -> bool:
        """Whether there is a token of this head."""

    def find_newest(self) -> tuple[ChainHead, datetime] | None:
        """The newest head that has a token, and when that was kept, in UTC."""


class TimestampAuthority(Protocol):
    """Stamps heads with the time."""

    def request_token(self, head: ChainHead, line: str) -> tuple[TimestampToken, VerifiedTimestamp]:
        """Have the line of a head stamped; raises `Unstamped`."""


class NoticeQueries(Protocol):
    """What may be asked of the store."""

    def list_notices(
        self,
        *,
        since: datetime | None = None,
        category: str | None = None,
        issuer: str | None = None,
        containing: str | None = None,
        changes_only: bool = False,
        limit: int = 50,
    ) -> tuple[NoticeLine, ...]:
        """Notices, newest published first."""

    def list_published_since(self, day: date) -> tuple[PublishedNotice, ...]:
        """Official changes, and reports that were told, published on a day or later, newest first."""

    def find_record(self, key: str) -> NoticeRecord | None:
        """Everything about one notice, by key or canonical address."""

    def find_dossier(self, key: str) -> Dossier | None:
        """What proves a notice, by key or canonical address."""

    def suggest_numbers(self, key: str) -> tuple[str, ...]:
        """Numbers near one that is not known."""

    def load_graph(self, keys: Iterable[str]) -> LegalGraph:
        """The notices of these keys with all that act on them."""

    def list_keys_touching(self, category: str) -> tuple[str, ...]:
        """Keys of the changes that touch a category; a group covers its leaves."""

    def list_keys_changed_between(self, first: date, last: date) -> tuple[str, ...]:
        """Keys of notices that something may have happened to between two days, both included."""

    def find_code_mentions(self, kind: str, code: str) -> tuple[CodeMention, ...]:
        """Where changes name a code, a longer one that begins with it, or a heading that it falls under."""

    def suggest_codes(self, kind: str, code: str) -> tuple[str, ...]:
        """Codes that begin as this one does."""

    def list_parties(self) -> tuple[PartyLine, ...]:
        """Every party that an official notice lists, delists or suspends."""

    def list_incomplete_listings(self) -> tuple[str, ...]:
        """Numbers of listing notices whose parties are not all known here."""

    def find_register_date(self) -> date | None:
        """The day of the newest evidence in the register."""

    def find_last_success_time(self) -> datetime | None:
        """When a watcher last looked with success."""

    def list_history_remarks(self, keys: Iterable[str]) -> tuple[HistoryStep, ...]:
        """What happened to some notices beside the acts of the law."""

    def list_registered_notices(self) -> tuple[RegisterLine, ...]:
        """Every notice that the register brought, oldest first."""

    def list_leads(self, *, closed: bool = False) -> tuple[LeadLine, ...]:
        """What a person should look into."""

    def list_refused_deliveries(self) -> tuple[RefusedDelivery, ...]:
        """Deliveries that a channel refused for good."""

    def load_watcher_states(self, watcher_ids: Iterable[str]) -> tuple[WatcherState, ...]:
        """How these watchers have fared."""
