"""When operators are alerted about source health: at the start, at growing intervals, and at the end.

A poll only records its result. Each round of reminders compares what is wrong with what was notified
before: one alert when trouble begins, repetitions while it lasts, and one alert with the missed notices
when it is over. Where no source can be reached, that is one cause and one alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from controlwatch.core.alerting.common_causes import (
    COMMON_CAUSES,
    CommonCause,
    find_lost_sources,
    find_unrecovered_sources,
)
from controlwatch.core.alerting.source_health import HealthIssue, find_health_issue, format_instant
from controlwatch.core.model import Alert
from controlwatch.core.model.state import HealthNotice, HeldReferences, WatcherState
from controlwatch.core.sources.watcher import Watcher

#: After these times an alert is repeated, counted from the last one.
REPEAT_INTERVALS = (timedelta(days=1), timedelta(days=3), timedelta(days=7))
#: Titles named in a recovery.
MAX_TITLES = 8
#: The source of alerts about this machine.
MACHINE_SOURCE = "machine"
#: Before the id of a source whose new notices are held, in what was notified.
HELD_PREFIX = "held:"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthAlert:
    """An alert about sources, and what is recorded as notified with it; None: the trouble is over."""

    health_notices: Mapping[str, HealthNotice | None]
    alert: Alert | None = None


def plan_health_alerts(
    watchers: Iterable[Watcher],
    states: Mapping[str, WatcherState],
    notices: Mapping[str, HealthNotice],
    titles_since: Mapping[str, tuple[str, ...]],
    *,
    disk_warning: str = "",
    held: Iterable[HeldReferences] = (),
    now: datetime,
) -> Iterator[HealthAlert]:
    """Yield the alerts that are due now.

    `notices` is what was last notified, `titles_since` the titles of alerts from each source since its
    trouble began, `disk_warning` what is wrong with this machine, "" where nothing is.
    """
    yield from _plan_machine_alerts(disk_warning, notices.get(MACHINE_SOURCE), now)
    yield from _plan_flood_alerts({flood.watcher: flood for flood in held}, notices, now)
    enabled = [watcher for watcher in watchers if watcher.enabled]
    # A mailbox proves nothing about the route to the sites: it may be in the local network.
    sites = [states[watcher.id] for watcher in enabled if watcher.source_kind == "site"]
    covered: set[str] = set()  # by an alert about a common cause
    for cause in COMMON_CAUSES:
        notice = notices.get(cause.name)
        lost = find_lost_sources(cause, sites)
        if lost:
            yield from _plan_cause_alerts(cause, lost, notice, now)
            covered |= {state.id for state in lost}
            continue
        if notice is not None and notice.times:
            failing = sum(states[watcher.id].failures > 0 for watcher in enabled)
            alert = Alert(
                kind="health-up",
                made_at=now,
                title=cause.recovery_title,
                watcher=cause.name,
                body=f"None was from {format_instant(notice.since)}; {failing} of {len(enabled)} have not "
                "been read again so far. Notices published meanwhile cause alerts as they are read, "
                "back-dated or not.",
            )
            notice = replace(notice, times=0, at=now, since=now)
            yield HealthAlert(health_notices={cause.name: notice}, alert=alert)
        covered |= {state.id for state in find_unrecovered_sources(cause, states, notice, now=now)}
    for watcher in enabled:
        state, notice = states[watcher.id], notices.get(watcher.id)
        issue = find_health_issue(state, now=now)
        if issue is None:
            if notice is not None and not state.failures:
                yield _build_up_alert(watcher, state, notice, titles_since.get(watcher.id, ()), now)
            continue
        is_repeated = notice is not None and notice.word == issue.health
        # That a source is blocked by design is notified once.
        is_expected = watcher.blocked and issue.health == "blocked"
        if watcher.id not in covered and (
            not is_repeated or (not is_expected and is_repetition_due(notice, now))
        ):
            yield _build_down_alert(watcher, state, issue, notice, now)


def is_repetition_due(notice: HealthNotice | None, now: datetime) -> bool:
    """Return whether enough time has passed since the last alert; the first one is due at once."""
    if notice is None:
        return True
    return now - notice.at >= REPEAT_INTERVALS[min(notice.times, len(REPEAT_INTERVALS)) - 1]


def _plan_machine_alerts(
    disk_warning: str, notice: HealthNotice | None, now: datetime
) -> Iterator[HealthAlert]:
    alert = Alert(kind="health-down", made_at=now, title=disk_warning, watcher=MACHINE_SOURCE)
    if disk_warning and is_repetition_due(notice, now):
        body = (
            "When it is full, no notice can be processed and no alert sent. "
            "Free some space; nothing is lost yet."
        )
        began, times = (notice.since, notice.times) if notice is not None else (now, 0)
        notified = HealthNotice(times=times + 1, at=now, since=began, word="degraded")
        yield HealthAlert(health_notices={MACHINE_SOURCE: notified}, alert=replace(alert, body=body))
    elif notice is not None and not disk_warning:
        body = f"It was nearly full from {format_instant(notice.since)}."
        recovery = replace(alert, kind="health-up", title="the disk has free space again", body=body)
        yield HealthAlert(health_notices={MACHINE_SOURCE: None}, alert=recovery)


def _plan_flood_alerts(
    held: Mapping[str, HeldReferences], notices: Mapping[str, HealthNotice], now: datetime
) -> Iterator[HealthAlert]:
    """Yield one alert a source whose new notices are held, repeated while they are."""
    for watcher_id, flood in held.items():
        name = f"{HELD_PREFIX}{watcher_id}"
        notice = notices.get(name)
        if not is_repetition_due(notice, now):
            continue
        still = "are still" if notice is not None else "are"
        alert = Alert(
            kind="health-down",
            made_at=now,
            title=f"{watcher_id}: {flood.count} new notices at once {still} held",
            watcher=watcher_id,
            body="A site that moved lists old notices at new addresses. No one was alerted to these. "
            f"Held since {format_instant(flood.since)}. The first: {'; '.join(flood.titles)}. "
            f"To alert people to all: controlwatch held release {watcher_id}. "
            f"To read them without alerts: controlwatch held shelve {watcher_id}. "
            "Either takes --containing WORDS to settle only some.",
        )
        times = notice.times + 1 if notice is not None else 1
        began = notice.since if notice is not None else flood.since
        notified = HealthNotice(times=times, at=now, since=began, word="held")
        yield HealthAlert(health_notices={name: notified}, alert=alert)
    for name in notices:
        if name.startswith(HELD_PREFIX) and name.removeprefix(HELD_PREFIX) not in held:
            yield HealthAlert(health_notices={name: None})


def _plan_cause_alerts(
    cause: CommonCause, lost: list[WatcherState], notice: HealthNotice | None, now: datetime
) -> Iterator[HealthAlert]:
    before = notice if notice is not None and notice.times else None
    if not is_repetition_due(before, now):
        return
    since = min(state.failing_since for state in lost if state.failing_since is not None)
    alert = Alert(
        kind="health-down",
        made_at=now,
        title=f"{cause.title} since {format_instant(since)}",
        watcher=cause.name,
        body=f"{len(lost)} sources {cause.why}",
    )
    began, times = (before.since, before.times) if before is not None else (since, 0)
    notified = HealthNotice(times=times + 1, at=now, since=began, word="blind")
    yield HealthAlert(health_notices={cause.name: notified}, alert=alert)


def _build_down_alert(
    watcher: Watcher, state: WatcherState, issue: HealthIssue, notice: HealthNotice | None, now: datetime
) -> HealthAlert:
    is_repeated = notice is not None and notice.word == issue.health
    success = state.last_success_at
    last = f"Last read {format_instant(success)}." if success else "Never read so far."
    since = issue.since or now
    still = "still " if is_repeated else ""
    alert = Alert(
        kind="health-down",
        made_at=now,
        title=f"{watcher.name} is {still}{issue.health} since {format_instant(since)}",
        watcher=watcher.id,
        url=watcher.index.url,
        body=f"{issue.why} {last} {issue.advice}".strip(),
    )
    times = notice.times + 1 if notice is not None and is_repeated else 1
    began = notice.since if notice is not None else since
    notified = HealthNotice(times=times, at=now, since=began, word=issue.health)
    return HealthAlert(health_notices={watcher.id: notified}, alert=alert)


def _build_up_alert(
    watcher: Watcher, state: WatcherState, notice: HealthNotice, titles: tuple[str, ...], now: datetime
) -> HealthAlert:
    missed = "It lists nothing published meanwhile that changes a rule."
    if titles:
        more = len(titles) - MAX_TITLES
        missed = f"Alerts since: {'; '.join(titles[:MAX_TITLES])}" + (
            f" and {more} more." if more > 0 else "."
        )
    alert = Alert(
        kind="health-up",
        made_at=now,
        title=f"{watcher.name} is watched again",
        watcher=watcher.id,
        url=watcher.index.url,
        body=f"It was {notice.word} from {format_instant(notice.since)} "
        f"to {format_instant(state.last_success_at)}. {missed}",
    )
    return HealthAlert(health_notices={watcher.id: None}, alert=alert)
