"""What follows from a message that a channel did not accept: another try, a refusal, or a pause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from controlwatch.core.alerting.channel_troubles import ChannelTrouble, plan_channel_alerts
from controlwatch.core.alerting.delivery_failures import plan_pause
from controlwatch.core.model import ChannelName
from controlwatch.core.model.errors import DeliveryError
from controlwatch.services.ports import DeliveryGroup, Health, Outbox, Subscriptions

FIRST_RETRY_SECONDS = 30.0  #: before the second try; each further wait is twice as long
MAX_RETRY_SECONDS = 3600.0
#: Recipients that are refused within this time are refused together.
REFUSALS_TOGETHER = timedelta(seconds=10)
#: Time before another try where several recipients were refused together.
SEVERAL_REFUSED_RETRY = timedelta(minutes=30)
#: Tries after which one of several may be paused.
REPEATED_PROOF = 3
#: At most one target of a channel is paused in this time.
PAUSE_INTERVAL = timedelta(hours=1)
#: Operators are not alerted again about one channel before this time has passed.
REPORT_INTERVAL = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class LaneRun:
    """How long a run of a lane begins messages, by which clock, and what it has done."""

    get_time: Callable[[], datetime]
    retry_due: datetime | None = None  #: what failed before only where it was due by then; None: by now
    ends_at: float | None = None  #: by the lane's clock: after this, no message is begun
    gather_bursts: bool = False  #: several alerts soon after each other leave as one message
    sent: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """A message whose recipient was refused with proof, not settled yet."""

    group: DeliveryGroup
    reason: str
    at: datetime

    @property
    def recipient(self) -> str:
        return self.group[0].target.casefold()

    @property
    def tries(self) -> int:
        return max(delivery.attempts for delivery in self.group)


@dataclass(slots=True, kw_only=True)
class FailureSettler:
    """Settles the messages of one channel that were not accepted."""

    name: ChannelName
    outbox: Outbox
    subscriptions: Subscriptions
    health: Health
    owner: str
    _refusals: list[_Refusal] = field(default_factory=list)
    _reported_at: datetime | None = None

    def settle_failure(self, group: DeliveryGroup, failure: Exception, run: LaneRun) -> None:
        """Settle a message; a proof that its recipient does not exist is decided on later."""
        now = run.get_time()
        # A message that cannot even be written is put off like one that is not taken, and shown.
        reason = f"internal error: {type(failure).__name__}: {failure}"
        internal = DeliveryError(reason, retry_after=MAX_RETRY_SECONDS)
        error = failure if isinstance(failure, DeliveryError) else internal
        if error.permanent and error.target:
            self._refusals.append(_Refusal(group=group, reason=str(error), at=now))
            return
        run.failed += len(group)
        if error.permanent and not error.us:
            self.outbox.mark_refused(group, owner=self.owner, reason=str(error), now=now)
            return
        wait = timedelta(seconds=error.retry_after) if error.retry_after else _compute_backoff(group)
        self.outbox.reschedule(group, owner=self.owner, reason=str(error), until=now + wait)
        if error.needs_repair:
            self._report_trouble(str(error), now)

    def decide_refusals(self, run: LaneRun, *, is_last: bool) -> None:
        """Pause the one target that was refused; several at once are a sign that something here is wrong.

        They wait and the operators are alerted. When the proof was repeated, one of them is paused, and no
        other within an hour.
        """
        now = run.get_time()
        refusals = self._refusals
        if not refusals or not (is_last or now - refusals[0].at >= REFUSALS_TOGETHER):
            return
        self._refusals = []
        run.failed += sum(len(refusal.group) for refusal in refusals)
        recipients = list(dict.fromkeys(refusal.recipient for refusal in refusals))
        chosen = recipients[0] if len(recipients) == 1 else ""
        if len(recipients) > 1:
            count, example = len(recipients), refusals[0].reason
            self._report_trouble(f"{count} recipients were refused at once: {example}", now)
            repeated = [refusal.recipient for refusal in refusals if refusal.tries >= REPEATED_PROOF]
            chosen = repeated[0] if repeated else ""
        last_pause = self.outbox.find_last_pause(self.name, except_target=chosen)
        if last_pause is not None and now - last_pause < PAUSE_INTERVAL:
            chosen = ""
        for refusal in refusals:
            if refusal.recipient != chosen:
                until = now + max(SEVERAL_REFUSED_RETRY, _compute_backoff(refusal.group))
                self.outbox.reschedule(refusal.group, owner=self.owner, reason=refusal.reason, until=until)
            elif refusal.group[0].addressee:  # it has no subscription to pause: the refusal is shown
                self.outbox.mark_refused(refusal.group, owner=self.owner, reason=refusal.reason, now=now)
            else:
                self._pause(refusal, now)

    def _pause(self, refusal: _Refusal, now: datetime) -> None:
        """Send nothing more to a target, keep what is due to it, and notify others once."""
        active = self.subscriptions.list_active()
        for subscription in {item.subscription.id: item.subscription for item in refusal.group}.values():
            own = tuple(item for item in refusal.group if item.subscription.id == subscription.id)
            plan = plan_pause(subscription, active, reason=refusal.reason, now=now)
            self.outbox.pause(own, owner=self.owner, plan=plan, now=now)

    def _report_trouble(self, reason: str, now: datetime) -> None:
        """Alert the operators once that a channel refuses us."""
        if self._reported_at is not None and timedelta(0) <= now - self._reported_at < REPORT_INTERVAL:
            return
        self._reported_at = now
        active = self.subscriptions.list_active()
        with self.health.transaction() as transaction:
            troubles = {trouble.channel: trouble for trouble in transaction.list_channel_troubles()}
            known = troubles.get(self.name)
            waiting = known.waiting if known is not None else 1
            trouble = ChannelTrouble(channel=self.name, reason=reason, waiting=waiting, since=now)
            notices = transaction.load_notices()
            for planned in plan_channel_alerts((trouble,), notices, active, now=now):
                transaction.record(planned.health, planned.deliveries)


def _compute_backoff(group: DeliveryGroup) -> timedelta:
    """Return how long a message waits for its next try: twice as long after each."""
    tries = max(delivery.attempts for delivery in group)
    return timedelta(seconds=min(MAX_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(tries - 1, 10)))
