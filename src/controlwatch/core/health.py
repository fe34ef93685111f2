"""How watchers fare, and when people are told of it.

A poll only writes down how it went. Each round of the clock compares what is wrong with what people were
told: one alert when it begins, again on a falling schedule while it lasts, one when it is over, with what
was missed. Where nothing at all can be reached, that is one cause and one alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from controlwatch.core.books import Warned, WatcherState
from controlwatch.core.calendar import BEIJING
from controlwatch.core.errors import LockedOut
from controlwatch.core.expect import TELL_AFTER
from controlwatch.core.model import Alert
from controlwatch.core.watcher import Watcher

#: What the person who reads the alert can do about each kind of failure.
ADVICE = {
    "unreachable": "Check the network from here to the site; polls go on.",
    "timed-out": "The site is slow or hangs; polls go on.",
    "refused": "Open the page in a browser; if it moved, the declaration must follow.",
    "blocked": "The site challenges machines. Hand notices in with `controlwatch intake FILE|URL`, "
    "or drop saved pages into state/inbox/.",
    "reshaped": "The page has a new shape: run `controlwatch watchers probe` and mend the declaration.",
    "garbled": "The answer is damaged; if it stays so, run `controlwatch watchers probe`.",
    "too-large": "The answer is larger than declared; check http.largest in the declaration.",
    "redirect-loop": "The site sends us in circles; open it in a browser.",
    "undeclared-host": "The site leads to a host that is not declared; check http.hosts.",
    "implausible": "The list is shorter or older than this source's list ever is; open it in a browser.",
    "locked-out": "Check user, password and folder in CONTROLWATCH_MAILBOX_URL, then run "
    "`controlwatch mail fetch`; until then it is tried once an hour.",
    "internal": "Send the log to the maintainers; polls go on.",
    "unread": "The list is readable, its notices are not; open one in a browser.",
    "quiet": "Open the list in a browser: if it shows something newer, run `controlwatch watchers probe`.",
    "degraded": "What was read is taken in; open the list in a browser and compare.",
}
#: Kinds of failure that the network may be to blame for.
NETWORK_KINDS = frozenset({"unreachable", "timed-out"})
#: Under this name people are told that nothing can be reached.
NETWORK = "network"
#: So many sources that cannot be reached, and none that can, are one cause.
TOGETHER = 3
#: How long a source may be read in part before people are told.
PATIENCE = timedelta(days=1)
#: After so long people are told again, counted from the last time.
AGAIN = (timedelta(days=1), timedelta(days=3), timedelta(days=7))
#: Who was locked out so often knocks no more than once in so long: servers close accounts for less.
KNOCK = timedelta(hours=1)
#: Titles named in a recovery.
SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something wrong with a source that people should know of."""

    word: str  #: blind, blocked, quiet, degraded
    since: datetime | None
    why: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRing:
    """An alert about sources, and what people will have been told then; None: nothing any more."""

    told: Mapping[str, Warned | None]
    alert: Alert | None = None


def trouble(state: WatcherState, *, now: datetime) -> Trouble | None:
    """Return what is wrong with a source, as far as it is worth telling."""
    if state.failures >= TELL_AFTER:
        why = f"{state.failures} polls in a row failed ({state.kind}): {(state.reason or '').rstrip('.')}. "
        why += "This source is not being watched."
        word = "blocked" if state.kind == "blocked" else "blind"
        return Trouble(word=word, since=state.failing_since, why=why, advice=ADVICE.get(state.kind or "", ""))
    since = state.concern_since
    if state.failures or since is None or (state.concern == "degraded" and now - since < PATIENCE):
        return None
    return Trouble(
        word=state.concern, since=since, why=f"{state.concern_reason}.", advice=ADVICE.get(state.concern, "")
    )


def rings(
    watchers: Iterable[Watcher],
    states: Mapping[str, WatcherState],
    told: Mapping[str, Warned],
    taken_in: Mapping[str, tuple[str, ...]],
    *,
    now: datetime,
) -> Iterator[HealthRing]:
    """Yield what people are to be told now. `taken_in` are titles told since the trouble of each began."""
    enabled = [watcher for watcher in watchers if watcher.enabled]
    network = told.get(NETWORK)
    # A mailbox says nothing of the way to the sites: it may stand on our side of the network.
    lost = _lost([states[watcher.id] for watcher in enabled if watcher.http.hosts])
    if lost:
        yield from _network_down(lost, network, now)
    elif network is not None and network.times:
        yield _network_up(enabled, states, network, now)
        network = Warned(times=0, at=now, since=now)
    for watcher in enabled:
        state, before = states[watcher.id], told.get(watcher.id)
        wrong = trouble(state, now=now)
        if wrong is None:
            if before is not None and not state.failures:
                yield _up(watcher, state, before, taken_in.get(watcher.id, ()), now)
        elif not _of_the_network(state, lost, network) and _is_time(watcher, before, wrong, now):
            yield _down(watcher, state, wrong, before, now)


def _lost(states: list[WatcherState]) -> list[WatcherState]:
    """Return the sources that cannot be reached, where nothing at all can: else none."""
    away = [state for state in states if state.failures and state.kind in NETWORK_KINDS]
    begun = [state.failing_since for state in away if state.failing_since is not None]
    if len(away) < TOGETHER or not any(state.failures >= TELL_AFTER for state in away):
        return []
    since = min(begun)
    others = (state for state in states if state not in away)
    # Whoever has answered since then, were it with a challenge, was reached.
    reached = any(state.last_poll_at is not None and state.last_poll_at >= since for state in others)
    return [] if reached else away


def _of_the_network(state: WatcherState, lost: list[WatcherState], network: Warned | None) -> bool:
    """Say whether a failure is told with that of the network, or is older than its recovery."""
    if state in lost:
        return True
    back = network is not None and not network.times
    return bool(
        back
        and state.kind in NETWORK_KINDS
        and state.last_poll_at is not None
        and network is not None
        and state.last_poll_at <= network.at
    )


def _is_time(watcher: Watcher, before: Warned | None, wrong: Trouble, now: datetime) -> bool:
    """Say whether people are to be told, for the first time or again."""
    if before is None or before.word != wrong.word:
        return True
    if watcher.blocked and wrong.word == "blocked":
        return False  # as declared: it is said once
    return now - before.at >= AGAIN[min(before.times, len(AGAIN)) - 1]


def _down(
    watcher: Watcher, state: WatcherState, wrong: Trouble, before: Warned | None, now: datetime
) -> HealthRing:
    again = before is not None and before.word == wrong.word
    seen = f"Last seen {_stamp(state.last_success_at)}." if state.last_success_at else "Never seen yet."
    since = wrong.since or now
    alert = Alert(
        kind="health-down",
        made_at=now,
        title=f"{watcher.name} is {'still ' if again else ''}{wrong.word} since {_stamp(since)}",
        watcher=watcher.id,
        url=watcher.index.url,
        body=f"{wrong.why} {seen} {wrong.advice}".strip(),
    )
    times = before.times + 1 if before is not None and again else 1
    began = before.since if before is not None else since
    warned = Warned(times=times, at=now, since=began, word=wrong.word)
    return HealthRing(told={watcher.id: warned}, alert=alert)


def _up(
    watcher: Watcher, state: WatcherState, before: Warned, titles: tuple[str, ...], now: datetime
) -> HealthRing:
    missed = (
        f"Warned since: {'; '.join(titles[:SHOWN])}"
        + (f" and {len(titles) - SHOWN} more." if titles[SHOWN:] else ".")
        if titles
        else "Nothing that changes a rule was put up meanwhile, as far as it lists."
    )
    alert = Alert(
        kind="health-up",
        made_at=now,
        title=f"{watcher.name} is seen again",
        watcher=watcher.id,
        url=watcher.index.url,
        body=f"It was {before.word} from {_stamp(before.since)} to {_stamp(state.last_success_at)}. {missed}",
    )
    return HealthRing(told={watcher.id: None}, alert=alert)


def _network_down(lost: list[WatcherState], before: Warned | None, now: datetime) -> Iterator[HealthRing]:
    since = min(state.failing_since for state in lost if state.failing_since is not None)
    times = before.times if before is not None else 0
    if times and before is not None and now - before.at < AGAIN[min(times, len(AGAIN)) - 1]:
        return
    alert = Alert(
        kind="health-down",
        made_at=now,
        title=f"no source can be reached since {_stamp(since)}",
        watcher=NETWORK,
        body=f"{len(lost)} sources do not answer and none does: the fault is on our side of them. Nothing is "
        "being watched. Check the network, the proxy and the name service of this machine; polls go on.",
    )
    began = before.since if before is not None and times else since
    yield HealthRing(told={NETWORK: Warned(times=times + 1, at=now, since=began, word="blind")}, alert=alert)


def _network_up(
    enabled: list[Watcher], states: Mapping[str, WatcherState], before: Warned, now: datetime
) -> HealthRing:
    failing = sum(states[watcher.id].failures > 0 for watcher in enabled)
    alert = Alert(
        kind="health-up",
        made_at=now,
        title="sources are reached again",
        watcher=NETWORK,
        body=f"None could be reached from {_stamp(before.since)}; {failing} of {len(enabled)} have not "
        "answered again so far. What was put up meanwhile is told as it is read, back-dated or not.",
    )
    return HealthRing(told={NETWORK: replace(before, times=0, at=now, since=now)}, alert=alert)


def leave_alone(state: WatcherState, *, now: datetime) -> bool:
    """Say whether a source that locks us out is not to be asked yet."""
    if state.kind != LockedOut.kind or state.failures < TELL_AFTER or state.last_poll_at is None:
        return False
    return now - state.last_poll_at < KNOCK


def after_success(
    state: WatcherState,
    *,
    now: datetime,
    seen: WatcherState | None = None,
) -> WatcherState:
    """The state after a poll that was believed; `seen` holds what it showed, None where nothing changed."""
    shown = seen or state
    concerned = shown.concern != "" and shown.concern == state.concern
    return replace(
        shown,
        first_poll_at=state.first_poll_at or now,
        last_poll_at=now,
        last_success_at=now,
        failures=0,
        failing_since=None,
        kind=None,
        reason=None,
        concern_since=(state.concern_since if concerned else now) if shown.concern else None,
    )


def after_failure(state: WatcherState, *, kind: str | None, reason: str, now: datetime) -> WatcherState:
    """The state after a poll that failed."""
    return replace(
        state,
        last_poll_at=now,
        failures=state.failures + 1,
        failing_since=state.failing_since or now,
        kind=kind,
        reason=reason,
    )


def _stamp(instant: datetime | None) -> str:
    return (
        instant.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M Beijing time") if instant else "an unknown time"
    )
