"""A lane: what is due by one channel, sent by workers of its own, each message settled when it is done.

A channel that is stuck delays no other. Within a lane, a message that takes long makes room for the next,
and a target that failed a moment ago is served beside those that did not, never before them. Where the
channel itself cannot be used, nothing more is tried than one message now and then.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from controlwatch.core.model import ChannelName, Delivery
from controlwatch.core.model.errors import DeliveryError
from controlwatch.core.model.state import ClaimScope, SentMessage
from controlwatch.core.rendering.message import MessageComposer
from controlwatch.services.ports import Channel, DeliveryGroup, Outbox
from controlwatch.services.settle_failures import FailureSettler, LaneRun

LEASE_SECONDS = 300.0  #: a delivery is ours for this long before another process may try it
#: What is not begun so long after it was claimed is released: an exchange takes two minutes at most.
ROUND_SECONDS = 30.0
#: After this time a worker is given up: every exchange has a limit that is shorter.
GIVE_UP_SECONDS = 180.0
CLAIM_SIZE = 100  #: messages claimed together; they wait for their lease to end when the process is killed
GROUP_SIZE = 20  #: messages sent and not settled yet; at most these leave twice after a kill
GROUP_SECONDS = 0.25  #: after this time what was sent is settled, however few it is
SLOW_SECONDS = 1.0  #: a message that takes longer makes room for the next
RESERVED_WORKERS = 2  #: of a lane, for targets that took their last message
CLAIM_INTERVAL = 1.0  #: seconds between two looks for more while a message is on its way
TROUBLE_SECONDS = 900.0  #: a target that failed is served behind the others for so long
#: Seconds in which a channel that cannot be used is left alone; each further time is twice as long.
FIRST_REST, LONGEST_REST = 5.0, 300.0
STOP_SECONDS = 15.0  #: a process that ends waits so long for what is on its way

#: A message that was tried: its receipt, or what went wrong.
Outcome = str | Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSize:
    """How many messages of a channel may be on their way at the same time."""

    workers: int
    slow: int = 0  #: beside these, of targets that are slow or in trouble; 0 where all share one server


LANE_SIZES: Mapping[ChannelName, LaneSize] = {
    "console": LaneSize(workers=1),
    "slack": LaneSize(workers=3),
    "email": LaneSize(workers=3),
    "webhook": LaneSize(workers=8, slow=32),
    "apprise": LaneSize(workers=4, slow=16),
}


@dataclass(slots=True, kw_only=True, eq=False)
class _Task:
    """A claimed message and where it is."""

    group: DeliveryGroup
    composer: MessageComposer
    claimed_at: float  #: by the lane's clock
    is_suspect: bool = False  #: its target failed a moment ago
    begun_at: float = 0.0  #: by the monotonic clock
    is_slow: bool = False  #: it does not count as one of the workers
    is_given_up: bool = False
    outcome: Outcome = ""

    @property
    def target(self) -> str:
        return self.group[0].target


@dataclass(slots=True, kw_only=True)
class DeliveryLane:
    """Delivers what is due by one channel. Only one thread runs it at a time."""

    name: ChannelName
    channel: Channel | None  #: None where it is not configured here
    outbox: Outbox
    failures: FailureSettler
    build_composer: Callable[[datetime], MessageComposer]
    owner: str  #: name of this lane in this process, for leases
    clock: Callable[[], float]
    stopped: threading.Event
    size: LaneSize
    stuck: int = 0  #: workers that were given up and have not come back
    _waiting: deque[_Task] = field(default_factory=deque)
    _suspects: deque[_Task] = field(default_factory=deque)
    _running: set[_Task] = field(default_factory=set)
    _done: list[_Task] = field(default_factory=list)
    _workers: int = 0  #: threads that look for a message or send one
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _is_woken: bool = False
    _next_claim: float = 0.0  #: by the monotonic clock
    _may_be_more: bool = True  #: the last claim found something
    _troubled: dict[str, float] = field(default_factory=dict)  #: target → the end of its trouble
    _proven: set[str] = field(default_factory=set)  #: targets that took their last message at once
    _rests: int = 0  #: how often in a row the channel could not be used
    _rests_until: datetime | None = None
    _has_failed: bool = False  #: the channel could not be used, and this is not noted yet
    _fatal: BaseException | None = None
    _run: LaneRun | None = None
    _alive_at: float | None = None  #: while it runs: its last sign of life, by the monotonic clock

    def measure_silence(self) -> float:
        """Return how many seconds ago a lane that is run last gave a sign of life; 0 where it is not run."""
        alive_at = self._alive_at
        return 0.0 if alive_at is None else time.monotonic() - alive_at

    def wake(self) -> None:
        """Look for what is due now, also while a message is on its way."""
        with self._changed:
            self._is_woken = True
            self._changed.notify_all()

    def run(self, run: LaneRun) -> None:
        """Send what is due until nothing is left to begin and nothing is on its way.

        Raises what is not an error of the channel, after everything else is settled.
        """
        self._run, self._may_be_more, self._next_claim, self._fatal = run, True, 0.0, None
        try:
            self._work_until_idle(run)
        finally:
            self._alive_at = None
        if self._fatal is not None:
            raise self._fatal

    def _work_until_idle(self, run: LaneRun) -> None:
        stopping_since: float | None = None
        while True:
            self._alive_at = time.monotonic()
            self._notice_wake()
            self._settle_done()
            self._give_up_stuck()
            if self._is_ending():
                stopping_since = stopping_since or time.monotonic()
            self._release_expired()
            if not self._is_ending():
                self._claim_more()
                self._start_workers()
            self.failures.decide_refusals(run, is_last=self._is_idle())
            if self._is_idle():
                break
            if stopping_since is not None and time.monotonic() - stopping_since > STOP_SECONDS:
                break  # what is still on its way is tried again once its lease has ended
            self._wait_for_change()

    # What is on its way

    def _notice_wake(self) -> None:
        with self._changed:
            if self._is_woken:
                self._is_woken, self._may_be_more = False, True

    def _is_idle(self) -> bool:
        """Return whether nothing is left to do in this run."""
        with self._changed:
            is_busy = bool(self._waiting or self._suspects or self._running or self._done)
            return not is_busy and (self._is_ending() or not (self._may_be_more or self._is_woken))

    def _is_ending(self) -> bool:
        """Return whether no message may be begun any more."""
        ends_at = self._run.ends_at if self._run is not None else None
        is_over = ends_at is not None and self.clock() > ends_at
        return self.stopped.is_set() or self._fatal is not None or is_over

    def _wait_for_change(self) -> None:
        """Wait until something is to be settled or begun."""
        with self._changed:
            if not (self._is_woken or self._is_group_complete() or self._fatal):
                self._changed.wait(GROUP_SECONDS)

    def _is_group_complete(self) -> bool:
        is_quiet = not self._waiting and not self._count_running()
        return len(self._done) >= GROUP_SIZE // 2 or (bool(self._done) and is_quiet)

    def _count_running(self, *, slow: bool = False) -> int:
        return sum(task.is_slow is slow for task in self._running)

    def _start_workers(self) -> None:
        """Start as many workers as there is work for."""
        now = time.monotonic()
        with self._changed:
            for task in self._running:
                is_late = now - task.begun_at > SLOW_SECONDS
                if not task.is_slow and is_late and self._count_running(slow=True) < self.size.slow:
                    task.is_slow = True
                    self._troubled[task.target] = now + TROUBLE_SECONDS
                    self._proven.discard(task.target)
            wanted = min(len(self._waiting), self.size.workers - self._count_running())
            wanted += min(len(self._suspects), self._count_free_suspects())
            for _ in range(wanted - (self._workers - len(self._running))):
                self._workers += 1
                threading.Thread(target=self._work, name=f"deliver-{self.name}", daemon=True).start()

    def _count_free_suspects(self) -> int:
        """Return how many messages to targets in trouble may be begun: half of the slow places are theirs."""
        return max(0, self.size.slow // 2 - self._count_running(slow=True))

    def _work(self) -> None:
        """Send one message after the other, as long as any may be begun."""
        while True:
            with self._changed:
                task = self._take_next()
                if task is None:
                    self._workers -= 1
                    return
                task.begun_at = time.monotonic()
                self._running.add(task)
            try:
                task.outcome = self._send(task)
            except BaseException as error:  # noqa: BLE001 - raised where the lane is run; its lease stays
                with self._changed:
                    self._fatal = error
                    self._running.discard(task)
                    self._workers -= not task.is_given_up
                    self._changed.notify_all()
                return
            with self._changed:
                self._workers += task.is_given_up
                self._has_failed |= isinstance(task.outcome, DeliveryError) and task.outcome.us
                self._running.discard(task)
                self._done.append(task)
                if self._is_group_complete() or not isinstance(task.outcome, str):
                    self._changed.notify_all()

    def _take_next(self) -> _Task | None:
        """Return the next message to send; None where none may be begun now."""
        if self._is_ending() or self._has_failed:
            return None
        unsettled = len(self._done) + self._count_running()
        task = None
        if self._count_running() < self.size.workers and unsettled < GROUP_SIZE:
            task = self._take_prompt()
        if task is not None:
            return task
        if self._suspects and self._count_free_suspects():
            task = self._suspects.popleft()
            task.is_slow = True
            return task
        return None

    def _take_prompt(self) -> _Task | None:
        """Return the next message whose target is not in trouble, and has no other on its way."""
        if not self.size.slow:
            return self._waiting.popleft() if self._waiting else None
        self._suspects.extend(task for task in self._waiting if task.target in self._troubled)
        self._waiting = deque(task for task in self._waiting if task.target not in self._troubled)
        busy = {task.target for task in self._running}
        # Where every slow place is taken, the last workers are for targets that took the last message.
        is_full = self._count_running(slow=True) >= self.size.slow
        is_reserved = is_full and self._count_running() >= self.size.workers - RESERVED_WORKERS
        for task in self._waiting:
            if task.target not in busy and (task.target in self._proven or not is_reserved):
                self._waiting.remove(task)
                return task
        return None

    def _send(self, task: _Task) -> Outcome:
        """Send one message; return its receipt, or what went wrong."""
        if self.channel is None:
            return DeliveryError(f"{self.name} is not configured here", retry_after=LONGEST_REST * 12)
        try:
            message = task.composer.compose(task.group)
            return self.channel.send(message, target=task.target, key=task.group[0].message)
        except (DeliveryError, ValueError, LookupError, TypeError, AttributeError) as error:
            return error

    # Claiming and releasing

    def _claim_more(self) -> None:
        """Claim what is due, unless enough is waiting, or nothing was there a moment ago."""
        now, run = time.monotonic(), self._get_run()
        if self._is_resting():
            self._may_be_more = False
            return
        is_busy = bool(self._running or self._done)
        is_due = self._may_be_more or (is_busy and now >= self._next_claim)
        # After trouble of the channel, one message shows whether it can be used again.
        if len(self._waiting) >= self.size.workers or not is_due or (self._rests and is_busy):
            return
        self._troubled = {target: until for target, until in self._troubled.items() if until > now}
        troubled = tuple(self._troubled)
        scope = ClaimScope(
            channel=self.name, without=troubled, retry_due=run.retry_due, gather_bursts=run.gather_bursts
        )
        claimed = self._claim(scope, 1 if self._rests else CLAIM_SIZE, is_suspect=False)
        places = self._count_free_suspects() - len(self._suspects)
        if troubled and places > 0:
            scope = replace(scope, only=troubled, without=())
            claimed += self._claim(scope, places, is_suspect=True)
        self._may_be_more = claimed > 0
        self._next_claim = now + CLAIM_INTERVAL

    def _claim(self, scope: ClaimScope, most: int, *, is_suspect: bool) -> int:
        now = self._get_run().get_time()
        groups = self.outbox.claim(now=now, owner=self.owner, lease=LEASE_SECONDS, most=most, scope=scope)
        if not groups:
            return 0
        composer, claimed_at = self.build_composer(now), self.clock()
        tasks = [_Task(group=group, composer=composer, claimed_at=claimed_at) for group in groups]
        with self._changed:
            (self._suspects if is_suspect else self._waiting).extend(tasks)
        return len(tasks)

    def _release_expired(self) -> None:
        """Release what was claimed and may not be begun any more."""
        is_resting = self._is_resting()
        oldest = self.clock() - ROUND_SECONDS
        left: list[Delivery] = []
        with self._changed:
            for queue in (self._waiting, self._suspects):
                while queue and (is_resting or self._is_ending() or queue[0].claimed_at < oldest):
                    left.extend(queue.popleft().group)
        if left:
            self.outbox.release(left, owner=self.owner)

    # Settling

    def _settle_done(self) -> None:
        """Record what became of messages: first those that must not leave again."""
        with self._changed:
            if not self._done:
                return
            done = list(self._done)
        run = self._get_run()
        receipts = [(task, task.outcome) for task in done if isinstance(task.outcome, str)]
        if receipts:
            sent = [SentMessage(deliveries=task.group, receipt=receipt) for task, receipt in receipts]
            self.outbox.mark_sent(sent, owner=self.owner, now=run.get_time())
            run.sent += sum(len(message.deliveries) for message in sent)
        with self._changed:
            self._done = [task for task in self._done if task not in done]
        for task in done:
            if task.is_given_up:
                self.stuck -= 1  # it came back; what failed was settled when it was given up
            elif isinstance(task.outcome, Exception):
                self._note_failure(task, task.outcome)
                self.failures.settle_failure(task.group, task.outcome, run)
            else:
                self._note_success(task)
        self._has_failed = False

    def _is_resting(self) -> bool:
        """Return whether the channel is left alone; a clock that was set back ends that."""
        if self._rests_until is None:
            return False
        left = (self._rests_until - self._get_run().get_time()).total_seconds()
        return 0 < left <= LONGEST_REST

    def _note_success(self, task: _Task) -> None:
        self._rests, self._rests_until = 0, None
        if task.is_slow and not task.is_suspect:
            self._troubled[task.target] = time.monotonic() + TROUBLE_SECONDS
        elif time.monotonic() - task.begun_at <= SLOW_SECONDS + GROUP_SECONDS:
            self._troubled.pop(task.target, None)
            self._proven.add(task.target)

    def _note_failure(self, task: _Task, failure: Exception) -> None:
        """Let the target, or where it concerns all of it the channel, rest for a while."""
        self._proven.discard(task.target)
        if not isinstance(failure, DeliveryError) or failure.target:
            return
        if failure.us and not self._is_resting():
            rest = timedelta(seconds=min(LONGEST_REST, FIRST_REST * 2**self._rests))
            self._rests_until = self._get_run().get_time() + rest
            self._rests = min(self._rests + 1, 10)
        elif self.size.slow:
            self._troubled[task.target] = time.monotonic() + TROUBLE_SECONDS

    def _give_up_stuck(self) -> None:
        """Count workers that do not come back, and go on without them."""
        now = time.monotonic()
        with self._changed:
            stuck = [task for task in self._running if now - task.begun_at > GIVE_UP_SECONDS]
            self._running.difference_update(stuck)
            self._workers -= len(stuck)
            self.stuck += len(stuck)
        for task in stuck:
            task.is_given_up = True
            failure = DeliveryError(f"given up: no end after {GIVE_UP_SECONDS:.0f} seconds")
            self._note_failure(task, failure)
            self.failures.settle_failure(task.group, failure, self._get_run())

    def _get_run(self) -> LaneRun:
        if self._run is None:
            raise RuntimeError("the lane is not running")
        return self._run
