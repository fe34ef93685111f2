"""What several use cases need of the world; what only one of them needs is declared beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, get_args

from controlwatch.core.model import ChannelName, Delivery
from controlwatch.core.model.state import ANY_DELIVERY, ClaimScope

if TYPE_CHECKING:  # the values of these protocols are loaded by those that make them
    from controlwatch.core.alerting.channel_troubles import ChannelTrouble
    from controlwatch.core.alerting.delivery_failures import PausePlan
    from controlwatch.core.alerting.health_alerts import HealthAlert
    from controlwatch.core.evidence.verification import StoredCopy
    from controlwatch.core.model import (
        Alert,
        Annex,
        AnnexLink,
        Document,
        IndexPage,
        NoticeRef,
        Snapshot,
        Subscription,
        Validators,
    )
    from controlwatch.core.model.state import (
        FailureCount,
        HealthNotice,
        HeldReferences,
        NewReference,
        PendingReference,
        PlannedDelivery,
        PollDay,
        PollReport,
        ReadReference,
        SentMessage,
        SnapshotRecord,
        TurnWait,
        WatcherState,
    )
    from controlwatch.core.model.subscription import SubscriptionState
    from controlwatch.core.rendering.message import Message
    from controlwatch.core.sources.listed_items import RowChanges
    from controlwatch.core.sources.requests import Request
    from controlwatch.core.sources.watcher import Watcher

#: What leaves as one message: deliveries of one subscription.
DeliveryGroup = tuple[Delivery, ...]


class Turns(Protocol):
    """One exchange at a time with a host or a target, and a pause between two, over all machines."""

    def take_turn(self, name: str, *, pause: float, seconds: float) -> TurnWait | None:
        """Take the turn for some seconds; None while another process has it."""

    def end_turn(self, name: str, *, rest: float = 0.0) -> None:
        """Give up the turn; with a `rest`, it is left alone for these seconds."""


class Fetcher(Protocol):
    """Sends requests to sources, politely and within bounds."""

    def open_session(self, watcher: Watcher) -> AbstractContextManager[FetchSession]:
        """Open the session of one poll: the watcher's time budget starts here."""


class FetchSession(Protocol):
    """Sends one request at a time, within the budget of one poll."""

    def __call__(self, request: Request, validators: Validators | None = None) -> Snapshot | None:
        """Return the response, whatever its status; None when it is "304 Not Modified".

        Raises `Unreachable`, `TimedOut`, `TooLarge`, `RedirectLoop` or `Undeclared`.
        """


class Archive(Protocol):
    """Keeps bytes as they were sent."""

    def save_bytes(self, body: bytes) -> str:
        """Store the bytes durably and return their SHA-256 in hex; the same bytes are stored once."""

    def load_bytes(self, sha256: str) -> bytes:
        """Return stored bytes; KeyError when there are none, or they were altered."""

    def inspect_copy(self, sha256: str) -> StoredCopy:
        """Return whether a copy is there and intact, in constant memory."""


class DocumentReader(Protocol):
    """Turns bytes into text."""

    def parse_index(self, watcher: Watcher, snapshot: Snapshot) -> IndexPage:
        """Return what a list page shows; raises `SourceError` where it cannot be read."""

    def read_document(self, snapshot: Snapshot, watcher: Watcher | None = None) -> Document:
        """Return the document; raises `Challenged`, `Refused`, `Reshaped` or `Garbled`."""

    def read_annex(self, snapshot: Snapshot, link: AnnexLink) -> Annex:
        """Return the annex; what cannot be read becomes a doubt, never an error."""


class Polling(Protocol):
    """State of watchers, validators of what they sent, log of polls."""

    def load_state(self, watcher_id: str) -> WatcherState:
        """Return the state of a watcher; a fresh one where it was never polled."""

    def load_states(self, watcher_ids: Iterable[str]) -> tuple[WatcherState, ...]:
        """Return the states of watchers, in the order asked."""

    def preload(self, pages: Mapping[str, Iterable[str]]) -> None:
        """Read at once what the next polls of watchers need: by watcher, its first list pages."""

    def find_validators(self, url: str) -> Validators | None:
        """Return what the server sent with the last trusted body of an address."""

    def save_validators(self, url: str, validators: Validators) -> None:
        """Store the validators of a body that was read and trusted."""

    def record_poll(
        self,
        report: PollReport,
        state: WatcherState,
        *,
        keep: Mapping[str, Validators],
        drop: Iterable[str],
        now: datetime,
    ) -> None:
        """Record how a poll ended: the validators to send next time, and those to drop."""

    def count_failures(self, *, since: datetime) -> tuple[FailureCount, ...]:
        """Return how often polls failed since an instant, by watcher and kind of error."""

    def count_poll_days(self, *, since: datetime) -> tuple[PollDay, ...]:
        """Return what the log of polls holds of each watcher and day in Beijing since an instant."""

    def flush(self) -> None:
        """Write what is only in memory: the times of quiet polls."""


class References(Protocol):
    """Tracked references, and the snapshots that were fetched for them."""

    def find_tracked_rows(self, watcher_id: str, urls: Iterable[str]) -> Mapping[str, NoticeRef]:
        """Return the rows of those of these (canonical) addresses that the watcher tracks, as last seen."""

    def record_row_changes(self, watcher_id: str, changes: RowChanges, now: datetime) -> None:
        """Keep what rows show now, and make their pages due, unless the layout of the list has changed."""

    def list_stored_hashes(self) -> tuple[str, ...]:
        """Return the SHA-256 of all bytes that the archive must hold."""

    def track(
        self, watcher_id: str, references: Iterable[NewReference], now: datetime, *, is_held: bool = False
    ) -> None:
        """Track references, due at once or held until a person decides; marks the first poll as done."""

    def list_held(self) -> tuple[HeldReferences, ...]:
        """Return what is held, by source."""

    def settle_held(self, watcher_id: str, *, may_alert: bool, containing: str, now: datetime) -> int:
        """Make held references due whose title contains some words; return their number.

        With `may_alert` as if they had just appeared, without it as if they had always been there.
        """

    def list_due(self, watcher_id: str, now: datetime) -> tuple[PendingReference, ...]:
        """Return the references to be read now, those never read first."""

    def find(self, watcher_id: str, url: str) -> PendingReference | None:
        """Return the tracked reference at an address, due or not."""

    def list_read(self) -> tuple[ReadReference, ...]:
        """Return every reference that was read, with the latest bytes it was read from."""

    def find_snapshot(self, url: str, sha256: str) -> SnapshotRecord | None:
        """Return how these bytes of an address were sent."""

    def record_snapshot(self, snapshot: Snapshot, sha256: str, watcher_id: str) -> int:
        """Record that these bytes came from there, then (commit 1); return the number of the record."""

    def record_fetch_failure(
        self, reference: PendingReference, *, reason: str, absent: bool, now: datetime
    ) -> None:
        """Record that a reference could not be read; it stays due, at growing intervals."""


class Subscriptions(Protocol):
    """Who wants which alerts."""

    def list_active(self, *, after: int = 0, limit: int | None = None) -> tuple[Subscription, ...]:
        """Return every active subscription, oldest first; or at most `limit` of those after a number."""

    def list_own(self, *, owner: str, address: str) -> tuple[Subscription, ...]:
        """Return the active subscriptions that a person made, or that go to their address."""

    def find_active(self, subscription_id: int) -> Subscription | None:
        """Return an active subscription by its number, or None."""

    def subscribe(self, subscription: Subscription, now: datetime) -> int:
        """Add a subscription and return its number."""

    def update(self, subscription: Subscription) -> bool:
        """Replace a subscription's settings. False when there is none of its number."""

    def unsubscribe(self, subscription_id: int) -> bool:
        """End a subscription; what was due to it is dropped. False when there is none."""

    def reactivate(self, subscription_id: int) -> bool:
        """Continue a subscription that has ended. False when there is none, or it is active."""

    def find_state(self, subscription_id: int) -> SubscriptionState:
        """Return the state of a subscription."""

    def confirm(self, subscription_id: int) -> bool:
        """Record that the owner of the address confirmed. False when there is none."""

    def pause(self, subscription_id: int, reason: str, now: datetime) -> bool:
        """Hold the deliveries of a subscription back until it is resumed. False: none runs."""

    def resume(self, subscription_id: int) -> bool:
        """Send to a paused subscription again, what waited and what had bounced first."""


class Channel(Protocol):
    """A way to reach people."""

    name: ChannelName

    def send(self, message: Message, *, target: str, key: str) -> str:
        """Send a message and return its receipt; raises `DeliveryError`."""

    def close(self) -> None:
        """Close whatever connection is open."""


class Outbox(Protocol):
    """Alerts and deliveries in the store."""

    def enqueue_alert(
        self, alert: Alert, deliveries: Iterable[PlannedDelivery], *, about: str | None = None
    ) -> None:
        """Write an alert and its deliveries; `about` is the key of the notice that it concerns, if any."""

    def route_next_page(self) -> bool:
        """Route an alert to more of its many subscriptions; return False where none is left to be routed."""

    def list_due_channels(
        self,
        *,
        now: datetime,
        retry_due: datetime | None = None,
        among: tuple[ChannelName, ...] = get_args(ChannelName),
    ) -> frozenset[ChannelName]:
        """Return by which of these channels something is due; with `retry_due`, as for `ClaimScope`."""

    def claim(
        self, *, now: datetime, owner: str, lease: float, most: int, scope: ClaimScope = ANY_DELIVERY
    ) -> tuple[tuple[Delivery, ...], ...]:
        """Lease what is due, of `most` subscriptions: for each what leaves as one message."""

    def mark_sent(self, messages: Iterable[SentMessage], *, owner: str, now: datetime) -> None:
        """Settle what these messages carried as sent, unless another has leased it since."""

    def release(self, deliveries: Iterable[Delivery], *, owner: str) -> None:
        """Give up the lease of what was not tried."""

    def reschedule(self, deliveries: Iterable[Delivery], *, owner: str, reason: str, until: datetime) -> None:
        """Settle for another try."""

    def mark_refused(self, deliveries: Iterable[Delivery], *, owner: str, reason: str, now: datetime) -> None:
        """Settle as refused permanently; a person must look."""

    def find_last_pause(self, channel: ChannelName, *, except_target: str) -> datetime | None:
        """Return when a subscription of another target of a channel was last paused and still is."""

    def pause(self, deliveries: Iterable[Delivery], *, owner: str, plan: PausePlan, now: datetime) -> bool:
        """Release deliveries, pause their subscription, and notify others, all in one."""

    def find_delivery(self, key: str, targets: Iterable[str]) -> Delivery | None:
        """Return a delivery by its key, where it went to one of the targets."""

    def retry_failed(self, now: datetime) -> int:
        """Make refused deliveries due again now; return their number."""


class HealthTransaction(Protocol):
    """One transaction over what people were told about sources."""

    def load_notices(self) -> dict[str, HealthNotice]:
        """Return what people were last told of each source that was in trouble."""

    def list_titles_since(self, notices: Mapping[str, HealthNotice]) -> dict[str, tuple[str, ...]]:
        """Return the titles of the alerts from each source since its trouble began, oldest first."""

    def list_channel_troubles(self) -> tuple[ChannelTrouble, ...]:
        """Return, for each channel that did not accept something, what waits for another try."""

    def record(self, health_alert: HealthAlert, deliveries: Iterable[PlannedDelivery]) -> None:
        """Write an alert about sources with what people will have been told by it."""


class Health(Protocol):
    """Alerts about sources in the store."""

    def transaction(self) -> AbstractContextManager[HealthTransaction]:
        """Open a transaction; rounds of several processes take turns."""
