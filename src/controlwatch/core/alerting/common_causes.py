"""One cause for the failure of every source at once: one alert when it begins, one when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from controlwatch.core.alerting.source_health import OVERDUE_AFTER
from controlwatch.core.model.state import HealthNotice, WatcherState
from controlwatch.core.sources.plausibility import FAILURES_BEFORE_ALERT

#: At least this many sources must fail for one cause, and none may answer.
COMMON_CAUSE_MIN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonCause:
    """What may cause the failure of every source at once."""

    name: str  #: the source that its alerts name
    failure_kinds: frozenset[str]  #: kinds of failure that it may cause
    title: str
    why: str
    recovery_title: str  #: title of the alert at its end


NETWORK_CAUSE = CommonCause(
    name="network",
    failure_kinds=frozenset({"unreachable", "timed-out"}),
    title="no source can be reached",
    why="do not answer and none does: the fault is on this side. Nothing is being watched. "
    "Check the network, the proxy and the name service of this machine; polling continues.",
    recovery_title="sources are reached again",
)
SERVICE_CAUSE = CommonCause(
    name="ourselves",
    failure_kinds=frozenset({"overdue", "internal"}),
    title="no source is being polled to the end",
    why="fail within this service and none does not. Nothing is being watched. Run `controlwatch doctor`: "
    "the disk, the database or the service itself; then restart the service.",
    recovery_title="sources are polled again",
)
COMMON_CAUSES = (NETWORK_CAUSE, SERVICE_CAUSE)


def find_lost_sources(cause: CommonCause, sites: Iterable[WatcherState]) -> list[WatcherState]:
    """Return the sites that fail for a cause, where no other site has answered since; else none."""
    states = list(sites)
    lost = [state for state in states if state.failures and state.kind in cause.failure_kinds]
    if len(lost) < COMMON_CAUSE_MIN or not any(state.failures >= FAILURES_BEFORE_ALERT for state in lost):
        return []
    since = min(state.failing_since for state in lost if state.failing_since is not None)
    others = (state for state in states if state not in lost)
    # A site that has answered since then was reached, even with a challenge.
    is_reached = any(state.last_poll_at is not None and state.last_poll_at >= since for state in others)
    return [] if is_reached else lost


def find_unrecovered_sources(
    cause: CommonCause, states: Mapping[str, WatcherState], notice: HealthNotice | None, *, now: datetime
) -> list[WatcherState]:
    """Return the sources whose failure for a cause is older than the end of that cause.

    These are due to be polled; one that stays overdue was left behind and gets an alert for itself.
    """
    if notice is None or notice.times:
        return []
    ended = notice.at
    return [
        state
        for state in states.values()
        if state.failures
        and state.kind in cause.failure_kinds
        and (state.kind != "overdue" or now - ended <= OVERDUE_AFTER)
        and state.last_poll_at is not None
        and state.last_poll_at <= ended
    ]
