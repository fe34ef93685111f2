"""How watchers fare, and when people are told of it.

A poll only writes down how it went. Each round of the clock compares what is wrong with what people were
told: one alert when it begins, again on a falling schedule while it lasts, one when it is over, with what
was missed. Where nothing at all can be reached, that is one cause and one alert.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from controlwatch.core.model import Alert
from controlwatch.core.model.errors import LockedOut
from controlwatch.core.model.state import HealthNotice, WatcherState
from controlwatch.core.model.timezones import BEIJING
from controlwatch.core.sources.plausibility import FAILURES_BEFORE_ALERT
from controlwatch.core.sources.watcher import Watcher

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
    "overdue": "Its poll hangs, or the service stood still: look at the log, and start the service anew.",
    "internal": "Send the log to the maintainers; polls go on.",
    "unread": "The list is readable, its notices are not; open one in a browser.",
    "quiet": "Open the list in a browser: if it shows something newer, run `controlwatch watchers probe`.",
    "degraded": "What was read is taken in; open the list in a browser and compare.",
}
#: So many sources that fail for a cause, and none that does not, are one trouble.
COMMON_CAUSE_MIN = 3
#: By so much a poll may be late.
OVERDUE_AFTER = timedelta(minutes=30)
#: How long a source may be read in part before people are told.
DEGRADED_PATIENCE = timedelta(days=1)
#: After so long people are told again, counted from the last time.
REPEAT_INTERVALS = (timedelta(days=1), timedelta(days=3), timedelta(days=7))
#: Who was locked out so often knocks no more than once in so long: servers close accounts for less.
LOCKOUT_RETRY = timedelta(hours=1)
#: Titles named in a recovery.
MAX_TITLES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonCause:
    """What may be to blame for the failure of every source at once: told as one."""

    name: str  #: under which people are told
    failure_kinds: frozenset[str]  #: of failures that it may cause
    title: str
    why: str
    recovery_title: str  #: title of its end


NETWORK_CAUSE = CommonCause(
    name="network",
    failure_kinds=frozenset({"unreachable", "timed-out"}),
    title="no source can be reached",
    why="do not answer and none does: the fault is on our side of them. Nothing is being watched. "
    "Check the network, the proxy and the name service of this machine; polls go on.",
    recovery_title="sources are reached again",
)
SERVICE_CAUSE = CommonCause(
    name="ourselves",
    failure_kinds=frozenset({"overdue", "internal"}),
    title="no source is being polled to the end",
    why="fail within this service and none does not. Nothing is being watched. Run `controlwatch doctor`: "
    "the disk, the database or the service itself; then start the service anew.",
    recovery_title="sources are polled again",
)
COMMON_CAUSES = (NETWORK_CAUSE, SERVICE_CAUSE)
#: Under this name people are told what the machine lacks.
MACHINE_SOURCE = "machine"
#: Returns when a source is to be polled next after a time; None: at no time.
NextPoll = Callable[[Watcher, datetime], datetime | None]
#: Says how a source fares by now, by its state as its last poll left it.
EffectiveState = Callable[[Watcher, WatcherState], WatcherState]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthIssue:
    """Something wrong with a source that people should know of."""

    health: str  #: blind, blocked, quiet, degraded
    since: datetime | None
    why: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthAlert:
    """An alert about sources, and what people will have been told then; None: nothing any more."""

    health_notices: Mapping[str, HealthNotice | None]
    alert: Alert | None = None


def find_health_issue(state: WatcherState, *, now: datetime) -> HealthIssue | None:
    """Return what is wrong with a source, as far as it is worth telling."""
    if state.failures >= FAILURES_BEFORE_ALERT:
        why = (state.reason or "").rstrip(".")
        if state.kind == "overdue":
            why = f"{why[:1].upper()}{why[1:]}"
        else:
            why = f"{state.failures} polls in a row failed ({state.kind}): {why}"
        why += ". This source is not being watched."
        word = "blocked" if state.kind == "blocked" else "blind"
        return HealthIssue(
            health=word, since=state.failing_since, why=why, advice=ADVICE.get(state.kind or "", "")
        )
    since = state.concern_since
    if state.failures or since is None or (state.concern == "degraded" and now - since < DEGRADED_PATIENCE):
        return None
    return HealthIssue(
        health=state.concern,
        since=since,
        why=f"{state.concern_reason}.",
        advice=ADVICE.get(state.concern, ""),
    )


def compute_effective_state(
    state: WatcherState,
    watcher: Watcher,
    *,
    now: datetime,
    next_poll: NextPoll,
    since: datetime | None = None,
) -> WatcherState:
    """Return how a source fares by now: one whose polls have stopped is blind, whatever its last one said.

    `since` is when this service began: what was due before that is not its fault.
    """
    last = max((at for at in (state.last_poll_at, since) if at is not None), default=None)
    if not watcher.enabled or last is None or now - last <= OVERDUE_AFTER:
        return state
    due = next_poll(watcher, last + LOCKOUT_RETRY if is_in_lockout(state, now=last) else last)
    if due is None or now - due <= OVERDUE_AFTER:
        return state
    return replace(
        state,
        failures=max(state.failures, FAILURES_BEFORE_ALERT),
        failing_since=state.failing_since or due,
        kind="overdue",
        reason=f"no poll has come to an end since {_format_instant(last)}",
    )


def plan_health_alerts(
    watchers: Iterable[Watcher],
    states: Mapping[str, WatcherState],
    told: Mapping[str, HealthNotice],
    taken_in: Mapping[str, tuple[str, ...]],
    *,
    lacks: str = "",
    now: datetime,
) -> Iterator[HealthAlert]:
    """Yield what people are to be told now.

    `taken_in` are titles told since the trouble of each began, `lacks` is what the machine lacks.
    """
    yield from _plan_machine_alerts(lacks, told.get(MACHINE_SOURCE), now)
    enabled = [watcher for watcher in watchers if watcher.enabled]
    # A mailbox says nothing about the way to the sites: it may be on our side of the network.
    sites = [states[watcher.id] for watcher in enabled if watcher.source_kind == "site"]
    together: set[str] = set()
    for cause in COMMON_CAUSES:
        before = told.get(cause.name)
        lost = _find_lost_sources(cause, sites)
        if lost:
            yield from _plan_cause_alerts(cause, lost, before, now)
        elif before is not None and before.times:
            yield _build_cause_over_alert(cause, enabled, states, before, now)
            before = HealthNotice(times=0, at=now, since=now)
        together |= {
            state.id for state in lost or _find_unrecovered_sources(cause, states.values(), before, now)
        }
    for watcher in enabled:
        state, was = states[watcher.id], told.get(watcher.id)
        wrong = find_health_issue(state, now=now)
        if wrong is None:
            if was is not None and not state.failures:
                yield _build_up_alert(watcher, state, was, taken_in.get(watcher.id, ()), now)
        elif watcher.id not in together and _should_notify(watcher, was, wrong, now):
            yield _build_down_alert(watcher, state, wrong, was, now)


def _find_lost_sources(cause: CommonCause, states: list[WatcherState]) -> list[WatcherState]:
    """Return the sources that fail for a cause, where none does not: else none."""
    away = [state for state in states if state.failures and state.kind in cause.failure_kinds]
    begun = [state.failing_since for state in away if state.failing_since is not None]
    if len(away) < COMMON_CAUSE_MIN or not any(state.failures >= FAILURES_BEFORE_ALERT for state in away):
        return []
    since = min(begun)
    others = (state for state in states if state not in away)
    # Whoever has answered since then, were it with a challenge, was reached.
    reached = any(state.last_poll_at is not None and state.last_poll_at >= since for state in others)
    return [] if reached else away


def _find_unrecovered_sources(
    cause: CommonCause, states: Iterable[WatcherState], before: HealthNotice | None, now: datetime
) -> list[WatcherState]:
    """Return the sources whose failure for a cause is older than the end of that cause."""
    if before is None or before.times:
        return []
    failing = [state for state in states if state.failures and state.kind in cause.failure_kinds]
    # Those whose turn has not come; one whose turn is over was left behind, and is told by itself.
    waiting = (state for state in failing if state.kind != "overdue" or now - before.at <= OVERDUE_AFTER)
    return [state for state in waiting if state.last_poll_at is not None and state.last_poll_at <= before.at]


def _should_notify(watcher: Watcher, before: HealthNotice | None, wrong: HealthIssue, now: datetime) -> bool:
    """Say whether people are to be told, for the first time or again."""
    if before is None or before.word != wrong.health:
        return True
    if watcher.blocked and wrong.health == "blocked":
        return False  # as declared: it is said once
    return now - before.at >= REPEAT_INTERVALS[min(before.times, len(REPEAT_INTERVALS)) - 1]


def _build_down_alert(
    watcher: Watcher, state: WatcherState, wrong: HealthIssue, before: HealthNotice | None, now: datetime
) -> HealthAlert:
    again = before is not None and before.word == wrong.health
    seen = (
        f"Last seen {_format_instant(state.last_success_at)}." if state.last_success_at else "Never seen yet."
    )
    since = wrong.since or now
    alert = Alert(
        kind="health-down",
        made_at=now,
        title=f"{watcher.name} is {'still ' if again else ''}{wrong.health} since {_format_instant(since)}",
        watcher=watcher.id,
        url=watcher.index.url,
        body=f"{wrong.why} {seen} {wrong.advice}".strip(),
    )
    times = before.times + 1 if before is not None and again else 1
    began = before.since if before is not None else since
    warned = HealthNotice(times=times, at=now, since=began, word=wrong.health)
    return HealthAlert(health_notices={watcher.id: warned}, alert=alert)


def _build_up_alert(
    watcher: Watcher, state: WatcherState, before: HealthNotice, titles: tuple[str, ...], now: datetime
) -> HealthAlert:
    missed = (
        f"Warned since: {'; '.join(titles[:MAX_TITLES])}"
        + (f" and {len(titles) - MAX_TITLES} more." if titles[MAX_TITLES:] else ".")
        if titles
        else "Nothing that changes a rule was put up meanwhile, as far as it lists."
    )
    alert = Alert(
        kind="health-up",
        made_at=now,
        title=f"{watcher.name} is seen again",
        watcher=watcher.id,
        url=watcher.index.url,
        body=f"It was {before.word} from {_format_instant(before.since)} "
        f"to {_format_instant(state.last_success_at)}. {missed}",
    )
    return HealthAlert(health_notices={watcher.id: None}, alert=alert)


def _plan_machine_alerts(lacks: str, before: HealthNotice | None, now: datetime) -> Iterator[HealthAlert]:
    times = before.times if before is not None else 0
    alert = Alert(kind="health-down", made_at=now, title=lacks, watcher=MACHINE_SOURCE)
    if lacks and (
        before is None or now - before.at >= REPEAT_INTERVALS[min(times, len(REPEAT_INTERVALS)) - 1]
    ):
        began = before.since if before is not None else now
        why = "When it is full nothing new can be taken in or told. Make room; nothing is lost so far."
        told = HealthNotice(times=times + 1, at=now, since=began, word="degraded")
        yield HealthAlert(health_notices={MACHINE_SOURCE: told}, alert=replace(alert, body=why))
    elif before is not None and not lacks:
        over = replace(alert, kind="health-up", title="the disk has room again")
        body = f"It was nearly full from {_format_instant(before.since)}."
        yield HealthAlert(health_notices={MACHINE_SOURCE: None}, alert=replace(over, body=body))


def _plan_cause_alerts(
    cause: CommonCause, lost: list[WatcherState], before: HealthNotice | None, now: datetime
) -> Iterator[HealthAlert]:
    since = min(state.failing_since for state in lost if state.failing_since is not None)
    times = before.times if before is not None else 0
    if (
        times
        and before is not None
        and now - before.at < REPEAT_INTERVALS[min(times, len(REPEAT_INTERVALS)) - 1]
    ):
        return
    alert = Alert(
        kind="health-down",
        made_at=now,
        title=f"{cause.title} since {_format_instant(since)}",
        watcher=cause.name,
        body=f"{len(lost)} sources {cause.why}",
    )
    began = before.since if before is not None and times else since
    warned = HealthNotice(times=times + 1, at=now, since=began, word="blind")
    yield HealthAlert(health_notices={cause.name: warned}, alert=alert)


def _build_cause_over_alert(
    cause: CommonCause,
    enabled: list[Watcher],
    states: Mapping[str, WatcherState],
    before: HealthNotice,
    now: datetime,
) -> HealthAlert:
    failing = sum(states[watcher.id].failures > 0 for watcher in enabled)
    alert = Alert(
        kind="health-up",
        made_at=now,
        title=cause.recovery_title,
        watcher=cause.name,
        body=f"None was from {_format_instant(before.since)}; {failing} of {len(enabled)} have not been read "
        "again so far. What was put up meanwhile is told as it is read, back-dated or not.",
    )
    return HealthAlert(health_notices={cause.name: replace(before, times=0, at=now, since=now)}, alert=alert)


def is_in_lockout(state: WatcherState, *, now: datetime) -> bool:
    """Say whether a source that locks us out is not to be asked yet."""
    if state.kind != LockedOut.kind or state.failures < FAILURES_BEFORE_ALERT or state.last_poll_at is None:
        return False
    return now - state.last_poll_at < LOCKOUT_RETRY


def apply_success(
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


def apply_failure(state: WatcherState, *, kind: str | None, reason: str, now: datetime) -> WatcherState:
    """The state after a poll that failed."""
    return replace(
        state,
        last_poll_at=now,
        failures=state.failures + 1,
        failing_since=state.failing_since or now,
        kind=kind,
        reason=reason,
    )


def _format_instant(instant: datetime | None) -> str:
    return (
        instant.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M Beijing time") if instant else "an unknown time"
    )
