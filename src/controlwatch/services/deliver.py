"""Send what is due, and settle it: sent, to be tried again, or refused permanently."""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from threading import Event
from typing import Protocol

from controlwatch.core.alerting.delivery_failures import PausePlan, plan_channel_pause, plan_pause
from controlwatch.core.alerting.signed_links import SignedLinks
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.graph import LegalGraph
from controlwatch.core.law.status import LegalStatus, compute_status
from controlwatch.core.model import Alert, ChannelName, Delivery
from controlwatch.core.model.errors import DeliveryError
from controlwatch.core.model.state import PlannedDelivery, SentMessage
from controlwatch.core.rendering.message import Message, MessageComposer
from controlwatch.services.ports import Subscriptions
from controlwatch.services.source_states import SourceStates

LEASE_SECONDS = 300.0  #: a delivery is ours for this long before another process may try it
#: After this time no message is begun; one takes two minutes at most, well within its lease.
ROUND_SECONDS = 30.0
CLAIM_SIZE = 100  #: messages claimed together; they wait for their lease to end when the process is killed
GROUP_SIZE = 20  #: messages sent before they are settled together; at most these leave twice after a kill
GROUP_SECONDS = 0.25  #: after this time no message of a group is begun, however few were sent
WORKERS = 3  #: messages on their way at the same time
FIRST_RETRY_SECONDS = 30.0  #: before the second try; each further wait is twice as long
MAX_RETRY_SECONDS = 3600.0

#: What leaves as one message: deliveries of one subscription.
DeliveryGroup = tuple[Delivery, ...]
#: A message that was tried: with its receipt, or with what went wrong.
Attempt = tuple[DeliveryGroup, str | Exception]


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

    def claim(
        self, *, now: datetime, owner: str, lease: float, most: int
    ) -> tuple[tuple[Delivery, ...], ...]:
        """Lease what is due, of `most` subscriptions: for each what leaves as one message."""

    def mark_sent(self, messages: Iterable[SentMessage], *, owner: str, now: datetime) -> None:
        """Settle what these messages carried as sent, where the lease is still ours."""

    def release(self, deliveries: Iterable[Delivery], *, owner: str) -> None:
        """Give up the lease of what was not tried."""

    def reschedule(self, deliveries: Iterable[Delivery], *, owner: str, reason: str, until: datetime) -> None:
        """Settle for another try."""

    def mark_refused(self, deliveries: Iterable[Delivery], *, owner: str, reason: str, now: datetime) -> None:
        """Settle as refused permanently; a person must look."""

    def pause(self, deliveries: Iterable[Delivery], *, owner: str, plan: PausePlan, now: datetime) -> bool:
        """Release deliveries, pause their subscription or all of a channel, and notify others, all in one."""

    def retry_failed(self, now: datetime) -> int:
        """Make refused deliveries due again now; return their number."""


class LegalGraphs(Protocol):
    """The legal graph in the store."""

    def load_graph(self, keys: Iterable[str]) -> LegalGraph:
        """Return the notices of these keys with all that act on them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliverer:
    """Delivers what is due."""

    outbox: Outbox
    subscriptions: Subscriptions
    law: LegalGraphs
    channels: Mapping[ChannelName, Channel]
    sources: SourceStates
    lexicon: Lexicon
    owner: str  #: name of this process, for leases
    links: SignedLinks = field(default_factory=SignedLinks)
    clock: Callable[[], float] = time.monotonic  #: measures how long a round takes
    stopped: Event = field(default_factory=Event)  #: set: deliver nothing more

    def deliver(self, *, now: datetime) -> tuple[int, int]:
        """Send what is due, for half a minute at most; return the number of deliveries sent and failed.

        Call again, with a fresh `now`, until it returns (0, 0).
        """
        started = self.clock()
        return DeliveryRound(
            outbox=self.outbox,
            subscriptions=self.subscriptions,
            channels=self.channels,
            composer=MessageComposer(
                lexicon=self.lexicon,
                now=now,
                links=self.links,
                find_status=self._find_status,
                load_watcher_states=lambda: (state for _, state in self.sources.load(now=now)),
            ),
            owner=f"{self.owner}:{secrets.token_hex(4)}",
            started=now,
            elapsed=lambda: self.clock() - started,
            stopped=self.stopped,
        ).run()

    def deliver_all(
        self, clock: Callable[[], datetime], *, after_each: Callable[[], None] = lambda: None
    ) -> tuple[int, int]:
        """Send everything that is due; return the number of deliveries sent and failed.

        `after_each` is called after each round: many subscribers behind a slow server take many minutes.
        """
        sent = failed = 0
        while any(counts := self.deliver(now=clock())):
            sent, failed = sent + counts[0], failed + counts[1]
            after_each()
        return sent, failed

    def _find_status(self, key: str, day: date) -> LegalStatus | None:
        """Return the legal status of a notice on a day, where the law knows the notice."""
        graph = self.law.load_graph([key])
        return compute_status(graph, key, day) if key in graph.instruments else None


@dataclass(slots=True, kw_only=True)
class DeliveryRound:
    """One round of deliveries: claims, sends, and records what became of it."""

    outbox: Outbox
    subscriptions: Subscriptions
    channels: Mapping[ChannelName, Channel]
    composer: MessageComposer
    owner: str
    started: datetime
    elapsed: Callable[[], float]  #: seconds since the start
    stopped: Event
    sent: int = 0
    failed: int = 0

    def run(self) -> tuple[int, int]:
        """Send what is due; return the number of deliveries sent and failed."""
        with ThreadPoolExecutor(WORKERS, "deliver") as pool:
            while not self._is_over():
                claimed = self.outbox.claim(
                    now=self._get_time(), owner=self.owner, lease=LEASE_SECONDS, most=CLAIM_SIZE
                )
                if not claimed:
                    break
                self._send_claimed(deque(claimed), pool)
        return self.sent, self.failed

    def _send_claimed(self, waiting: deque[DeliveryGroup], pool: Executor) -> None:
        try:
            while waiting and not self._is_over():
                batch = deque(waiting.popleft() for _ in range(min(GROUP_SIZE, len(waiting))))
                self._send_batch(batch, pool)
                waiting.extendleft(reversed(batch))
        finally:
            left = [delivery for group in waiting for delivery in group]
            if left:
                self.outbox.release(left, owner=self.owner)

    def _send_batch(self, batch: deque[DeliveryGroup], pool: Executor) -> None:
        """Send messages, several at a time, and settle them together; what was not begun stays in the batch.

        A commit for each message would take as long as sending it.
        """
        attempts: list[Attempt] = []
        ends = self.elapsed() + GROUP_SECONDS

        def send_some() -> None:
            while not self._is_over() and self.elapsed() < ends:
                try:
                    group = batch.popleft()
                except IndexError:
                    return
                attempts.append((group, self._send(group)))

        workers = [pool.submit(send_some) for _ in range(min(WORKERS, len(batch)))]
        try:
            wait(workers)
        finally:
            self._settle(attempts)
        for worker in workers:
            worker.result()  # raises what is not an error of a channel

    def _send(self, group: DeliveryGroup) -> str | Exception:
        """Send one message; return its receipt, or what went wrong."""
        name = group[0].subscription.channel
        channel = self.channels.get(name)
        if channel is None:
            return DeliveryError(f"{name} is not configured here", retry_after=MAX_RETRY_SECONDS)
        try:
            message = self.composer.compose(group)
            return channel.send(message, target=group[0].target, key=group[0].message)
        except (DeliveryError, ValueError, LookupError, TypeError, AttributeError) as error:
            return error

    def _settle(self, attempts: Iterable[Attempt]) -> None:
        """Record what became of messages: first those that must not leave again."""
        now = self._get_time()
        sent = [
            SentMessage(deliveries=group, receipt=outcome)
            for group, outcome in attempts
            if isinstance(outcome, str)
        ]
        if sent:
            self.outbox.mark_sent(sent, owner=self.owner, now=now)
        self.sent += sum(len(message.deliveries) for message in sent)
        for group, outcome in attempts:
            if isinstance(outcome, Exception):
                self.failed += len(group)
                self._settle_failure(group, outcome, now=now)

    def _settle_failure(self, group: DeliveryGroup, failure: Exception, *, now: datetime) -> None:
        # A message that cannot even be written is put off like one that is not taken, and shown.
        reason = f"internal error: {type(failure).__name__}: {failure}"
        internal = DeliveryError(reason, retry_after=MAX_RETRY_SECONDS)
        error = failure if isinstance(failure, DeliveryError) else internal
        is_escalated = bool(group[0].addressee)
        if error.permanent and (error.us or error.target) and not is_escalated:
            self._pause(group, str(error), whole_channel=error.us, now=now)
        elif error.permanent and not error.us:
            self.outbox.mark_refused(group, owner=self.owner, reason=str(error), now=now)
        else:
            tries = max(delivery.attempts for delivery in group)
            backoff = min(MAX_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(tries - 1, 10))
            until = now + timedelta(seconds=error.retry_after or backoff)
            self.outbox.reschedule(group, owner=self.owner, reason=str(error), until=until)

    def _pause(self, group: DeliveryGroup, reason: str, *, whole_channel: bool, now: datetime) -> None:
        """Send nothing more to a target that takes nothing, keep what is due to it, and notify others once.

        Where a channel takes nothing from us at all, that is all of its subscriptions, and one alert.
        """
        decide = plan_channel_pause if whole_channel else plan_pause
        active = self.subscriptions.list_active()
        plan = decide(group[0].subscription, active, reason=reason, now=now)
        self.outbox.pause(group, owner=self.owner, plan=plan, now=now)

    def _is_over(self) -> bool:
        return self.stopped.is_set() or self.elapsed() > ROUND_SECONDS

    def _get_time(self) -> datetime:
        return self.started + timedelta(seconds=self.elapsed())
