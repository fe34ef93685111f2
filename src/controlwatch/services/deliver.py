"""Send what is due, and settle it: sent, to be tried again, or refused for good."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING

from controlwatch.core.alerting.paused_targets import (
    OUTBOX_SOURCE,
    build_channel_paused_alert,
    build_paused_alert,
    plan_recipients,
)
from controlwatch.core.model import Alert, ChannelName
from controlwatch.core.model.errors import DeliveryError, UsageError
from controlwatch.core.model.state import PlannedDelivery, SentMessage
from controlwatch.core.rendering.message import MessageComposer
from controlwatch.services.ports import Channel, Store

if TYPE_CHECKING:
    from controlwatch.core.model import Delivery, Subscription

LEASE = 300.0  #: seconds a delivery is ours before another process may try it
ROUND = 30.0  #: seconds after which no message is begun; one takes two minutes at most, well within its lease
AT_ONCE = 100  #: messages claimed together; they wait for their lease to end when the process is killed
GROUP = 20  #: messages sent before they are settled together; so many at most leave twice when it is killed
GROUP_TIME = 0.25  #: seconds after which no message of a group is begun, however few they are
WORKERS = 3  #: messages on their way at the same time
FIRST_WAIT = 30.0  #: seconds before the second try; each further wait is twice as long
LONGEST_WAIT = 3600.0

#: What leaves as one message: deliveries of one subscription.
Together = tuple["Delivery", ...]


@dataclass(slots=True, kw_only=True)
class Round:
    """One round of deliveries: claims, sends, and writes down what became of it."""

    store: Store
    channels: Mapping[ChannelName, Channel]
    composer: MessageComposer
    owner: str
    started: datetime
    passed: Callable[[], float]  #: seconds since then
    stopped: Event
    sent: int = 0
    failed: int = 0

    def run(self) -> tuple[int, int]:
        """Send what is due; return how many deliveries were sent and how many were not."""
        with ThreadPoolExecutor(WORKERS, "deliver") as pool:
            while not self._over():
                claimed = self.store.claim(now=self._now(), owner=self.owner, lease=LEASE, most=AT_ONCE)
                if not claimed:
                    break
                self._send_all(deque(claimed), pool)
        return self.sent, self.failed

    def _send_all(self, waiting: deque[Together], pool: Executor) -> None:
        try:
            while waiting and not self._over():
                group = deque(waiting.popleft() for _ in range(min(GROUP, len(waiting))))
                self._send_group(group, pool)
                waiting.extendleft(reversed(group))
        finally:
            left = [delivery for together in waiting for delivery in together]
            if left:
                self.store.release(left, owner=self.owner)

    def _send_group(self, group: deque[Together], pool: Executor) -> None:
        """Send a group, several messages at a time, and settle it; what was not begun stays in it.

        A commit for each message would take as long as sending it.
        """
        done: list[tuple[Together, str | Exception]] = []
        ends = self.passed() + GROUP_TIME
        workers = [pool.submit(self._send_some, group, ends, done) for _ in range(min(WORKERS, len(group)))]
        try:
            wait(workers)
        finally:
            self._settle(done)
        for worker in workers:
            worker.result()  # raises what is none of a channel's errors

    def _send_some(
        self, group: deque[Together], ends: float, done: list[tuple[Together, str | Exception]]
    ) -> None:
        """Send one message of the group after the other, beside the other workers."""
        while not self._over() and self.passed() < ends:
            try:
                together = group.popleft()
            except IndexError:
                return
            done.append((together, self._send(together)))

    def _send(self, together: Together) -> str | Exception:
        """Send one message; return its receipt, or what went wrong."""
        subscription = together[0].subscription
        try:
            channel = self._channel(subscription.channel)
            message = self.composer.compose(together)
            return channel.send(message, target=together[0].target, key=together[0].message)
        except (DeliveryError, ValueError, LookupError, TypeError, AttributeError) as error:
            return error

    def _channel(self, name: ChannelName) -> Channel:
        channel = self.channels.get(name)
        if channel is None:
            raise DeliveryError(f"{name} is not configured here", retry_after=LONGEST_WAIT)
        return channel

    def _settle(self, done: Iterable[tuple[Together, str | Exception]]) -> None:
        """Write down what became of messages: first those that must not leave again."""
        now = self._now()
        sent = [SentMessage(deliveries=of, receipt=said) for of, said in done if isinstance(said, str)]
        if sent:
            self.store.mark_sent(sent, owner=self.owner, now=now)
        self.sent += sum(len(message.deliveries) for message in sent)
        for together, error in done:
            if isinstance(error, Exception):
                self.failed += len(together)
                self._settle_failure(together, error, now=now)

    def _settle_failure(self, together: Together, failure: Exception, *, now: datetime) -> None:
        # A message that we cannot even write is put off like one that nobody takes, and shown.
        said = f"an error of ours: {type(failure).__name__}: {failure}"
        ours = DeliveryError(said, retry_after=LONGEST_WAIT)
        error = failure if isinstance(failure, DeliveryError) else ours
        to_others = bool(together[0].addressee)
        if error.permanent and (error.us or error.target) and not to_others:
            self._pause(together, str(error), us=error.us, now=now)
        elif error.permanent and not error.us:
            self.store.mark_refused(together, owner=self.owner, reason=str(error), now=now)
        else:
            tries = max(delivery.attempts for delivery in together)
            delay = error.retry_after or min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(tries - 1, 10))
            until = now + timedelta(seconds=delay)
            self.store.reschedule(together, owner=self.owner, reason=str(error), until=until)

    def _pause(self, together: Together, reason: str, *, us: bool, now: datetime) -> None:
        """Send nothing more to a target that takes nothing, keep what it should get, and tell others once.

        Where it is `us` of whom a channel takes nothing, that is all of its subscriptions, and one alert.
        """
        subscription = together[0].subscription
        active = self.store.list_subscriptions()
        alert = (
            build_channel_paused_alert(subscription, active, reason, now=now)
            if us
            else build_paused_alert(subscription, reason, now=now)
        )
        self.store.pause(
            together,
            owner=self.owner,
            reason=reason,
            alert=alert,
            planned=plan_recipients(alert, subscription, active, whole_channel=us, now=now),
            channel=subscription.channel if us else None,
            now=now,
        )

    def _over(self) -> bool:
        return self.stopped.is_set() or self.passed() > ROUND

    def _now(self) -> datetime:
        return self.started + timedelta(seconds=self.passed())


def ask_to_confirm(store: Store, subscription: Subscription, *, who: str, now: datetime) -> int:
    """Subscribe an address that its owner has yet to confirm, and ask by one mail; return its number.

    `who` asked is shown in the mail: our own words for them, never text that they gave, or the mail could
    be made to advertise. An address that was asked already is not asked again: `UsageError`.
    """
    same = (subscription.channel, subscription.target.casefold())
    for item in store.list_subscriptions():
        if not item.confirmed and (item.channel, item.target.casefold()) == same:
            raise UsageError(
                f"{item.target} was asked already (subscription {item.id}) and has not confirmed"
            )
    number = store.subscribe(replace(subscription, confirmed=False), now)
    alert = Alert(kind="confirmation", made_at=now, title="confirmation", watcher=OUTBOX_SOURCE, body=who)
    store.enqueue_alert(
        alert, [PlannedDelivery(subscription_id=number, due_at=now, why="asked to be confirmed")]
    )
    return number
