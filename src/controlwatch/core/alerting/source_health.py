"""Whether a source is healthy: its state after each poll, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from controlwatch.core.alerting.health_advice import ADVICE, CONSEQUENCES, EXPLANATIONS
from controlwatch.core.alerting.system_alerts import TextPair, join_sentences
from controlwatch.core.model.errors import LockedOut, Refused
from controlwatch.core.model.state import WatcherState
from controlwatch.core.model.timezones import format_beijing_time
from controlwatch.core.sources.plausibility import FAILURES_BEFORE_ALERT
from controlwatch.core.sources.watcher import Watcher

#: A poll may be late by this much.
OVERDUE_AFTER = timedelta(minutes=30)
#: A source may be read in part for this long before an alert.
DEGRADED_PATIENCE = timedelta(days=1)
#: A mailbox that refused the login several times is tried once in this time: servers lock accounts for less.
LOCKOUT_RETRY = timedelta(hours=1)
#: Returns when a source is to be polled next after a time; None: never.
NextPoll = Callable[[Watcher, datetime], datetime | None]
#: Returns the state of a source as of now, from its state after its last poll.
EffectiveState = Callable[[Watcher, WatcherState], WatcherState]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthIssue:
    """Something wrong with a source that operators should know."""

    health: str  #: blind, blocked, quiet, degraded
    since: datetime | None
    why: TextPair  #: in plain words, with what it means
    advice: TextPair
    technical: str  #: the reason as the software says it


def find_health_issue(state: WatcherState, *, now: datetime) -> HealthIssue | None:
    """Return what is wrong with a source where it is worth an alert."""
    if state.failures >= FAILURES_BEFORE_ALERT:
        health = "blocked" if state.kind == "blocked" else "blind"
        since, kind = state.failing_since, state.kind or ""
        technical = f"{state.failures} polls in a row failed ({kind}): {state.reason or ''}"
        if kind == "overdue":
            technical = f"overdue: {state.reason or ''}"
    else:
        health = kind = state.concern
        since, technical = state.concern_since, f"{kind}: {state.concern_reason}"
        is_patient = kind == "degraded" and since is not None and now - since < DEGRADED_PATIENCE
        if state.failures or since is None or is_patient:
            return None
    nothing = ("", "")
    return HealthIssue(
        health=health,
        since=since,
        why=join_sentences(EXPLANATIONS.get(kind, nothing), CONSEQUENCES.get(health, nothing)),
        advice=ADVICE.get(kind, nothing),
        technical=technical,
    )


def compute_effective_state(
    state: WatcherState,
    watcher: Watcher,
    *,
    now: datetime,
    next_poll: NextPoll,
    since: datetime | None = None,
) -> WatcherState:
    """Return the state of a source as of now: one whose polls have stopped is blind.

    `since` is when this service started: polls that were due before that do not count as overdue.
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
        reason=f"no poll has ended since {format_beijing_time(last)}",
    )


def is_in_lockout(state: WatcherState, *, now: datetime) -> bool:
    """Return whether a source that refused the login is not to be polled yet."""
    if state.kind != LockedOut.kind or state.failures < FAILURES_BEFORE_ALERT or state.last_poll_at is None:
        return False
    return now - state.last_poll_at < LOCKOUT_RETRY


def check_retry_time(state: WatcherState, *, now: datetime) -> None:
    """Raise `Refused` while a source has asked not to be requested."""
    if state.retry_at is not None and now < state.retry_at:
        raise Refused(
            "not requested: the source asked for a pause until"
            f" {format_beijing_time(state.retry_at)} (Retry-After)",
            status=429,
            retry_after=(state.retry_at - now).total_seconds(),
        )


def apply_success(
    state: WatcherState, *, now: datetime, observed: WatcherState | None = None
) -> WatcherState:
    """Return the state after a poll that was trusted; `observed` is what it showed, None where unchanged."""
    current = observed or state
    is_same_concern = current.concern != "" and current.concern == state.concern
    return replace(
        current,
        first_poll_at=state.first_poll_at or now,
        last_poll_at=now,
        last_success_at=now,
        failures=0,
        failing_since=None,
        kind=None,
        reason=None,
        retry_at=None,
        concern_since=(state.concern_since if is_same_concern else now) if current.concern else None,
    )


def apply_failure(state: WatcherState, *, kind: str | None, reason: str, now: datetime) -> WatcherState:
    """Return the state after a poll that failed."""
    return replace(
        state,
        last_poll_at=now,
        failures=state.failures + 1,
        failing_since=state.failing_since or now,
        kind=kind,
        reason=reason,
    )
