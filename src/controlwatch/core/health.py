"""When a watcher fails and recovers: what is remembered, and when people are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from controlwatch.core.books import PollReport, WatcherState
from controlwatch.core.calendar import BEIJING
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
    "internal": "Send the log to the maintainers; polls go on.",
    "unread": "The list is readable, its notices are not; open one in a browser.",
}


def after_success(state: WatcherState, *, rows: int, newest: date | None, now: datetime) -> WatcherState:
    """The state after a poll that was believed."""
    return replace(
        state,
        first_poll_at=state.first_poll_at or now,
        last_poll_at=now,
        last_success_at=now,
        failures=0,
        failing_since=None,
        kind=None,
        reason=None,
        alerted=False,
        rows=rows,
        newest=newest,
    )


def after_failure(state: WatcherState, report: PollReport, *, now: datetime) -> WatcherState:
    """The state after a poll that failed."""
    failures = state.failures + 1
    return replace(
        state,
        last_poll_at=now,
        failures=failures,
        failing_since=state.failing_since or now,
        kind=report.kind,
        reason=report.reason,
        alerted=state.alerted or failures >= TELL_AFTER,
    )


def health_alert(
    watcher: Watcher, before: WatcherState, after: WatcherState, *, now: datetime
) -> Alert | None:
    """The alert of a watcher that has just gone blind, or can see again; one of each."""
    if after.alerted and not before.alerted:
        return _down(watcher, after, now)
    if before.alerted and not after.alerted:
        return _up(watcher, before, now)
    return None


def _down(watcher: Watcher, state: WatcherState, now: datetime) -> Alert:
    seen = f"last seen {_stamp(state.last_success_at)}" if state.last_success_at else "never seen yet"
    body = (
        f"{state.failures} polls in a row failed ({state.kind}): {(state.reason or '').rstrip('.')}. "
        f"This source is not being watched; {seen}. {ADVICE.get(state.kind or '', '')}"
    )
    word = "blocked" if state.kind == "blocked" else "blind"
    title = f"{watcher.name} is {word} since {_stamp(state.failing_since)}"
    return Alert(
        kind="health-down",
        made_at=now,
        title=title,
        watcher=watcher.id,
        url=watcher.index.url,
        body=body.strip(),
    )


def _up(watcher: Watcher, before: WatcherState, now: datetime) -> Alert:
    return Alert(
        kind="health-up",
        made_at=now,
        title=f"{watcher.name} is seen again",
        watcher=watcher.id,
        url=watcher.index.url,
        body=f"It had not been watched ({before.kind}) since {_stamp(before.failing_since)}; what it listed "
        "meanwhile has been taken in.",
    )


def _stamp(instant: datetime | None) -> str:
    return (
        instant.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M Beijing time") if instant else "an unknown time"
    )
