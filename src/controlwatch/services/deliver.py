"""Send what is due by every channel, each in a lane of its own."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from threading import Event
from typing import Protocol, get_args

from controlwatch.core.alerting.signed_links import SignedLinks
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import OpenReviews
from controlwatch.core.law.coverage import build_coverage
from controlwatch.core.law.graph import LegalGraph
from controlwatch.core.law.status import LegalStatus, compute_status
from controlwatch.core.model import ChannelName
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering.message import Message, MessageComposer, list_no_doubts
from controlwatch.services.delivery_lane import LANE_SIZES, ROUND_SECONDS, DeliveryLane
from controlwatch.services.ports import Channel, Health, Outbox, Subscriptions
from controlwatch.services.settle_failures import FailureSettler, LaneRun
from controlwatch.services.source_states import SourceStates

CHANNEL_NAMES: tuple[ChannelName, ...] = get_args(ChannelName)
#: Seconds without a sign of life after which a lane counts as hung.
LANE_HANG_SECONDS = 300.0


class LegalGraphs(Protocol):
    """The legal graph in the store."""

    def load_graph(self, keys: Iterable[str]) -> LegalGraph:
        """Return the notices of these keys with all that act on them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliverer:
    """Delivers what is due."""

    outbox: Outbox
    subscriptions: Subscriptions
    health: Health
    law: LegalGraphs
    channels: Mapping[ChannelName, Channel]
    sources: SourceStates
    lexicon: Lexicon
    owner: str  #: name of this process, for leases
    links: SignedLinks = field(default_factory=SignedLinks)
    count_reviews: Callable[[], OpenReviews] = OpenReviews  #: what waits for a person to judge
    list_doubts: Callable[[int], tuple[str, ...]] = list_no_doubts  #: of a second reader, by alert
    prose_sources: frozenset[str] = frozenset()  #: whose texts a language model may translate and explain
    clock: Callable[[], float] = time.monotonic  #: measures how long a round takes
    stopped: Event = field(default_factory=Event)  #: set: deliver nothing more
    _lanes: dict[ChannelName, DeliveryLane] = field(default_factory=dict, init=False)
    _troubles: dict[str, str] = field(default_factory=dict, init=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, init=False)

    def deliver(self, *, now: datetime, retry_due: datetime | None = None) -> tuple[int, int]:
        """Send what is due by all channels at once; return the number of deliveries sent and failed.

        With `retry_due`, what failed before is left out unless it was due by then. No message is begun after
        half a minute. Call again, with a fresh `now`, until it returns (0, 0).
        """
        started = self.clock()
        sent = failed = 0

        def get_time() -> datetime:
            return now + timedelta(seconds=self.clock() - started)

        self._finish_routing()
        while due := self.outbox.list_due_channels(now=get_time(), retry_due=retry_due):
            ends_at = started + ROUND_SECONDS
            runs = {
                name: LaneRun(get_time=get_time, retry_due=retry_due, ends_at=ends_at) for name in sorted(due)
            }
            self._run_lanes(runs)
            done = sum(run.sent for run in runs.values()), sum(run.failed for run in runs.values())
            sent, failed = sent + done[0], failed + done[1]
            if not any(done):  # the channels rest
                break
        return sent, failed

    def deliver_all(
        self, clock: Callable[[], datetime], *, after_each: Callable[[], None] = lambda: None
    ) -> tuple[int, int]:
        """Send everything that is due now; return the number of deliveries sent and failed.

        What fails is not tried again by this call. `after_each` is called after each round: many subscribers
        behind a slow server take many minutes.
        """
        sent = failed = 0
        started = clock()
        while any(counts := self.deliver(now=clock(), retry_due=started)):
            sent, failed = sent + counts[0], failed + counts[1]
            after_each()
        return sent, failed

    def deliver_by(self, name: ChannelName, clock: Callable[[], datetime]) -> tuple[int, int]:
        """Send what is due by one channel, until nothing is; return the numbers sent and failed.

        A target that was sent several messages within a minute gets what follows as one, a minute later at
        most.
        """
        self._finish_routing()
        if not self.outbox.list_due_channels(now=clock(), among=(name,)):
            return 0, 0
        run = LaneRun(get_time=clock, gather_bursts=True)
        self.get_lane(name).run(run)
        return run.sent, run.failed

    def get_lane(self, name: ChannelName) -> DeliveryLane:
        """Return the lane of a channel, which remembers what was slow or failed."""
        with self._guard:
            if name not in self._lanes:
                self._lanes[name] = self._build_lane(name)
            return self._lanes[name]

    def compose_whole_alert(self, key: str, targets: Iterable[str], *, now: datetime) -> Message | None:
        """Return the message of one delivery as of now; None where it went to none of the targets."""
        delivery = self.outbox.find_delivery(key, targets)
        return self._build_composer(now).compose((delivery,)) if delivery is not None else None

    def count_stuck(self) -> dict[ChannelName, int]:
        """Return, for each channel that has any, the number of workers that were given up."""
        with self._guard:
            lanes = list(self._lanes.values())
        return {lane.name: lane.stuck for lane in lanes if lane.stuck}

    def find_warning(self) -> str:
        """Return a sentence about workers that were given up and lanes that hang, "" where there are none."""
        with self._guard:
            lanes = list(self._lanes.values())
        stuck = [f"{lane.stuck} of {lane.name}" for lane in lanes if lane.stuck]
        hung = [lane.name for lane in lanes if lane.measure_silence() > LANE_HANG_SECONDS]
        sentences = [f"deliveries that do not end were given up: {', '.join(stuck)}"] if stuck else []
        sentences += [f"deliveries have stopped: {', '.join(hung)}"] if hung else []
        return "; ".join((*sentences, *self._troubles.values()))

    def _build_lane(self, name: ChannelName) -> DeliveryLane:
        owner = f"{self.owner}:{secrets.token_hex(4)}"
        return DeliveryLane(
            name=name,
            channel=self.channels.get(name),
            outbox=self.outbox,
            failures=FailureSettler(
                name=name,
                outbox=self.outbox,
                subscriptions=self.subscriptions,
                health=self.health,
                owner=owner,
            ),
            build_composer=self._build_composer,
            owner=owner,
            clock=self.clock,
            stopped=self.stopped,
            size=LANE_SIZES[name],
        )

    def _build_composer(self, now: datetime) -> MessageComposer:
        return MessageComposer(
            lexicon=self.lexicon,
            now=now,
            links=self.links,
            find_status=self._find_status,
            load_sources=lambda: self.sources.load(now=now),
            count_reviews=self.count_reviews,
            list_doubts=self.list_doubts,
            prose_sources=self.prose_sources,
            load_coverage=lambda: build_coverage(
                self.sources.load(now=now), database_until=None, first_listed={}
            ).limit_to(to_beijing_day(now), now=now),
        )

    def _finish_routing(self) -> None:
        """Route what was recorded to those of many subscriptions that have no delivery of it yet.

        An alert that cannot be routed holds up no delivery; `find_warning` says so.
        """
        try:
            while not self.stopped.is_set() and self.outbox.route_next_page():
                pass
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            self._troubles["routing"] = f"an alert is not routed to all subscriptions: {error}"
        else:
            self._troubles.pop("routing", None)

    def _run_lanes(self, runs: Mapping[ChannelName, LaneRun]) -> None:
        """Run lanes at the same time; raises the first error that is not one of a channel."""
        if len(runs) == 1:
            for name, run in runs.items():
                self.get_lane(name).run(run)
        elif runs:
            with ThreadPoolExecutor(len(runs), "lane") as pool:
                lanes = [pool.submit(self.get_lane(name).run, run) for name, run in runs.items()]
            for lane in lanes:
                lane.result()

    def _find_status(self, key: str, day: date) -> LegalStatus | None:
        """Return the legal status of a notice on a day, where the law knows the notice."""
        graph = self.law.load_graph([key])
        return compute_status(graph, key, day) if key in graph.instruments else None
