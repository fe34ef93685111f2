"""The story: poll, take in, remind, deliver. Decisions are made in `core`; here they are acted upon.

`poll` looks at an index, judges whether it can be believed, shelves what is unseen and reads what
is due. `take_in` (in `taking_in.py`) keeps the bytes (commit 1), reads them, and writes version,
findings, alert and deliveries as one (commit 2). `remind` (in `reminding.py`) compares the calendar, as
the law stands, with what people have been told. `deliver` (in `delivering.py`) leases what is due,
renders it, sends it, settles it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from threading import Event
from typing import TYPE_CHECKING

from controlwatch.core.alerting.signed_links import SignedLinks
from controlwatch.core.alerting.source_health import (
    EffectiveState,
    NextPoll,
    apply_failure,
    apply_success,
    compute_effective_state,
)
from controlwatch.core.law.status import LegalStatus, compute_status
from controlwatch.core.model.errors import (
    Challenged,
    OutOfTime,
    Refused,
    SourceError,
    Stopping,
    Unreachable,
    Unread,
)
from controlwatch.core.model.state import Decision, PendingReference, PollReport, WatcherState
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering.message import MessageComposer
from controlwatch.core.sources.plausibility import (
    check_response,
    describe_shortfall,
    describe_silence,
    update_baseline,
)
from controlwatch.core.sources.requests import build_detail_request
from controlwatch.services.annexes import held_of
from controlwatch.services.deliver import Round
from controlwatch.services.ingest import TakingIn
from controlwatch.services.remind import remind, watch_over
from controlwatch.services.scan_index import Look, Sight

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from controlwatch.core.model import ChannelName
    from controlwatch.core.sources.watcher import Watcher
    from controlwatch.services.ports import Channel, Fetcher, FetchSession

#: After so many failed tries a notice is told from its title alone, with the doubt said.
GIVE_UP = 3
#: After so many pages in a row that do not answer, the rest of the poll is left for the next one.
STOP_AFTER = 3

#: Hears how far a long piece of work has come: done, total, title of the next.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline(TakingIn):
    """The four ports and the lexicon; one of these is all a process needs."""

    fetch: Fetcher
    channels: Mapping[ChannelName, Channel]
    owner: str  #: name of this process, for leases
    links: SignedLinks = field(default_factory=SignedLinks)
    clock: Callable[[], float] = time.monotonic  #: measures how long a round of deliveries takes
    watched: tuple[Watcher, ...] = ()  #: the sources that are watched
    next_poll: NextPoll = lambda _watcher, _after: None  #: says when a source is to be polled
    began: datetime | None = None  #: when this process began to poll
    lacks: Callable[[], str] = str  #: says what the machine lacks
    stopped: Event = field(default_factory=Event)  #: set: deliver nothing more

    # ------------------------------------------------------------------ poll

    def poll(self, watcher: Watcher, *, now: datetime, progress: Progress | None = None) -> PollReport:
        """Look once at a source. Never raises for what a source does: the report says how it went."""
        state = self.store.load_watcher_state(watcher.id)
        sight = Sight()
        try:
            with self.fetch.open_session(watcher) as ask:
                Look(watcher=watcher, state=state, ask=ask, store=self.store, now=now, sight=sight).run()
                if sight.unseen or state.first_poll_at is None:
                    self.store.track_references(watcher.id, sight.unseen, now)
                report = self._read_due(watcher, state, sight, ask=ask, now=now, progress=progress)
        except Stopping as error:
            return PollReport(watcher=watcher.id, started_at=now, outcome="failed", kind=error.kind)
        except SourceError as error:
            report = PollReport(
                watcher=watcher.id, started_at=now, outcome="failed", kind=error.kind, reason=str(error)
            )
        self._conclude(watcher, state, sight, report, now=now)
        return report

    def _read_due(
        self,
        watcher: Watcher,
        state: WatcherState,
        sight: Sight,
        *,
        ask: FetchSession,
        now: datetime,
        progress: Progress | None,
    ) -> PollReport:
        due = self.store.list_due_references(watcher.id, now)
        titles: list[str] = []
        unread: list[SourceError] = []
        done = 0
        for place, reference in enumerate(due):
            if progress is not None:
                progress(place, len(due), reference.ref.title)
            try:
                decision = self._read_one(watcher, reference, ask=ask, now=now)
                done += 1
            except Stopping:
                raise
            except SourceError as error:
                if not (reference.was_read and _is_gone(error)):
                    unread.append(error)
                decision = self._could_not_read(watcher, reference, error, now=now)
                if isinstance(error, OutOfTime) or _host_is_down(unread, done):
                    break
            if decision is not None and decision.alert is not None:
                titles.append(decision.alert.title)
        if _host_is_down(unread, done):
            raise _worst(unread)
        first = state.first_poll_at is None
        return PollReport(
            watcher=watcher.id,
            started_at=now,
            outcome="shelved" if first else "unchanged" if sight.unchanged and not due else "looked",
            reason="; ".join(sight.faults),
            rows=sight.rows,
            unseen=len(sight.unseen),
            read=done,
            alerts=tuple(titles),
            unread=tuple(str(error) for error in unread),
        )

    def _conclude(
        self, watcher: Watcher, state: WatcherState, sight: Sight, report: PollReport, *, now: datetime
    ) -> None:
        failed = report.outcome == "failed"
        after = (
            apply_failure(state, kind=report.kind, reason=report.reason, now=now)
            if failed
            else apply_success(state, seen=_seen(watcher, state, sight, now=now), now=now)
        )
        self.store.record_poll(
            report,
            after,
            believed={} if failed else sight.believed,
            doubted=sight.asked if failed else (),
            now=now,
        )

    def watch_over(self, watchers: Iterable[Watcher], *, now: datetime) -> tuple[str, ...]:
        """Tell people of sources that are in trouble, and of those that are over it; return the titles."""
        stands = self._stands(now)
        return watch_over(self.store, watchers, stands=stands, lacks=self.lacks(), now=now)

    def _stands(self, now: datetime) -> EffectiveState:
        """Return what says how a source fares by now."""
        return lambda watcher, state: compute_effective_state(
            state, watcher, now=now, next_poll=self.next_poll, since=self.began
        )

    def broke(self, watcher: Watcher, error: BaseException, *, now: datetime) -> None:
        """Record a poll that ended in an error of ours: it is a failure like any other, and is told."""
        reason = f"an error of ours, please report it: {type(error).__name__}: {error}"
        report = PollReport(
            watcher=watcher.id, started_at=now, outcome="failed", kind="internal", reason=reason
        )
        self._conclude(watcher, self.store.load_watcher_state(watcher.id), Sight(), report, now=now)

    # ------------------------------------------------------------------ read what is due

    def _read_one(
        self, watcher: Watcher, due: PendingReference, *, ask: FetchSession, now: datetime
    ) -> Decision | None:
        # Noted before it happens: a page that kills the process is put off like one that does not answer.
        self.store.record_fetch_failure(due, reason="interrupted while it was read", absent=False, now=now)
        if not due.was_read and due.failures >= GIVE_UP:
            self.take_row(watcher, due, now=now, doubt="the page could not be read so far")
        if not watcher.detail.follow:
            return self.take_row(watcher, due, now=now)
        held = held_of(due.ref.url, store=self.store, archive=self.archive) if due.was_read else None
        snapshot = ask(build_detail_request(watcher, due.ref.url), held)
        if snapshot is None:
            # The page stands as it stood; its annexes may not.
            snapshot = self.kept(due.ref.url, held.sha256 if held is not None else None)
        check_response(snapshot)
        return self.take_in(watcher, due, snapshot, ask=ask, now=now)

    def _could_not_read(
        self, watcher: Watcher, due: PendingReference, error: SourceError, *, now: datetime
    ) -> Decision | None:
        """Leave a reference due. A page that is gone is not a repeal; one never read is told in the end."""
        self.store.record_fetch_failure(due, reason=str(error), absent=_is_gone(error), now=now)
        if due.was_read or due.failures + 1 != GIVE_UP:
            return None
        return self.take_row(watcher, due, now=now, doubt=f"the page could not be read: {error}")

    # ------------------------------------------------------------------ remind

    def remind(self, watchers: Iterable[Watcher], *, now: datetime) -> tuple[str, ...]:
        """Ring for days that draw near or have moved, and for sources in trouble; return the titles."""
        every = tuple(watchers)
        return (*self.watch_over(every, now=now), *remind(self.store, every, now=now))

    # ------------------------------------------------------------------ deliver

    def deliver(self, *, now: datetime) -> tuple[int, int]:
        """Send what is due, for half a minute at most; return how many deliveries were sent and how many not.

        Call again, with a fresh `now`, until it returns (0, 0).
        """
        began = self.clock()
        return Round(
            store=self.store,
            channels=self.channels,
            composer=MessageComposer(
                lexicon=self.lexicon,
                now=now,
                links=self.links,
                find_status=self._standing,
                load_watcher_states=lambda: map(
                    self._stands(now),
                    self.watched,
                    self.store.load_watcher_states(one.id for one in self.watched),
                ),
            ),
            owner=f"{self.owner}:{secrets.token_hex(4)}",
            started=now,
            passed=lambda: self.clock() - began,
            stopped=self.stopped,
        ).run()

    def _standing(self, key: str, day: date) -> LegalStatus | None:
        """How the notice of a key stands on a day, where it is one that the law knows."""
        ledger = self.store.load_graph([key])
        return compute_status(ledger, key, day) if key in ledger.instruments else None


def _seen(watcher: Watcher, state: WatcherState, sight: Sight, *, now: datetime) -> WatcherState:
    """Return the state with what a look showed, and what is odd about it."""
    whole = not (sight.unchanged or sight.partly_unchanged)
    odd = "; ".join(sight.faults) or (describe_shortfall(sight.shown(watcher)) if whole else "")
    silent = describe_silence(state.learnt, sight.newest, to_beijing_day(now))
    if not whole and not odd and state.concern == "degraded":
        odd = state.concern_reason  # nothing has changed about it
    return replace(
        state,
        rows=sight.rows,
        newest=sight.newest,
        whole_at=now if sight.whole and not sight.faults else state.whole_at,
        learnt=update_baseline(state.learnt, sight.shown(watcher)) if whole else state.learnt,
        concern="degraded" if odd else "quiet" if silent else "",
        concern_reason=odd or silent,
    )


def _is_gone(error: SourceError) -> bool:
    return isinstance(error, Refused) and error.status in {404, 410}


def _host_is_down(unread: list[SourceError], done: int) -> bool:
    """Whether the pages do not answer, or challenge us, although the index did: the source is failing.

    A single page with an error of its own is not: it stays due, is counted as unread, and is told from
    its title in the end.
    """
    if done or not unread:
        return False
    if isinstance(unread[-1], Challenged):
        return True
    last = unread[-STOP_AFTER:]
    return len(last) == STOP_AFTER and all(isinstance(error, Unreachable) for error in last)


def _worst(unread: list[SourceError]) -> SourceError:
    """The error to show when no page at all could be read."""
    named = next((error for error in unread if isinstance(error, Challenged)), unread[0])
    return (
        named
        if isinstance(named, Challenged)
        else Unread(f"{len(unread)} notices could not be read: {named}")
    )
