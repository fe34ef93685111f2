"""When operators are alerted about source health: at the start, at growing intervals, and at the end.

A poll only records its result. Each round of reminders compares what is wrong with what was notified
before: one alert when trouble begins, repetitions while it lasts, and one alert with the missed notices
when it is over. Where most sources fail at once, that is one cause and one alert; several sources with the
same trouble in one round share an alert, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from controlwatch.core.alerting.common_causes import (
    COMMON_CAUSE_MIN,
    COMMON_CAUSES,
    CommonCause,
    describe_route_fault,
    find_lost_sources,
    find_unrecovered_sources,
)
from controlwatch.core.alerting.health_advice import CONSEQUENCES, STATES
from controlwatch.core.alerting.source_health import HealthIssue, find_health_issue
from controlwatch.core.alerting.system_alerts import (
    build_system_alert,
    format_moment_pair,
    join_sentences,
    name_source,
)
from controlwatch.core.model import Alert
from controlwatch.core.model.state import HealthNotice, HeldReferences, WatcherState
from controlwatch.core.sources.watcher import Watcher

#: After these times an alert is repeated, counted from the last one.
REPEAT_INTERVALS = (timedelta(days=1), timedelta(days=3), timedelta(days=7))
#: Titles named in a recovery, and sources in an alert about several.
MAX_TITLES = 8
#: The source of alerts about this machine, and of those about several sources.
MACHINE_SOURCE = "machine"
SEVERAL_SOURCES = "sources"
#: Before the id of a source whose new notices are held, in what was notified.
HELD_PREFIX = "held:"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthAlert:
    """An alert about sources, and what is recorded as notified with it; None: the trouble is over."""

    health_notices: Mapping[str, HealthNotice | None]
    alert: Alert | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTrouble:
    """A source whose trouble is to be notified now."""

    watcher: Watcher
    state: WatcherState
    issue: HealthIssue
    notice: HealthNotice | None

    @property
    def is_repeated(self) -> bool:
        """Whether the same trouble was notified before."""
        return self.notice is not None and self.notice.word == self.issue.health

    def build_notice(self, now: datetime) -> HealthNotice:
        """Return what is recorded as notified once an alert about it is made now."""
        times = self.notice.times + 1 if self.notice is not None and self.is_repeated else 1
        began = self.notice.since if self.notice is not None else self.issue.since or now
        return HealthNotice(times=times, at=now, since=began, word=self.issue.health)


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
    # A mailbox proves nothing about the route to the sites: it may be in the local network. Neither does a
    # site that sends challenges by design.
    sites = [
        states[watcher.id]
        for watcher in enabled
        if watcher.source_kind == "site" and not (watcher.blocked and states[watcher.id].kind == "blocked")
    ]
    covered: set[str] = set()  # by an alert about a common cause
    for cause in COMMON_CAUSES:
        notice = notices.get(cause.name)
        is_lasting = notice is not None and notice.times > 0
        lost = find_lost_sources(cause, sites, is_lasting=is_lasting)
        if lost:
            yield from _plan_cause_alerts(cause, lost, len(sites), notice, now)
            covered |= {state.id for state in lost}
            continue
        if notice is not None and is_lasting:
            failing = sum(states[watcher.id].failures > 0 for watcher in enabled)
            notice = replace(notice, times=0, at=now, since=now)
            alert = _build_cause_recovery(cause, notices[cause.name].since, failing, len(enabled), now)
            yield HealthAlert(health_notices={cause.name: notice}, alert=alert)
        covered |= {state.id for state in find_unrecovered_sources(cause, states, notice, now=now)}
    troubles: dict[str, list[SourceTrouble]] = defaultdict(list)
    for watcher in enabled:
        state, notice = states[watcher.id], notices.get(watcher.id)
        issue = find_health_issue(state, now=now)
        if issue is None:
            if notice is not None and not state.failures:
                yield _build_up_alert(watcher, state, notice, titles_since.get(watcher.id, ()), now)
            continue
        trouble = SourceTrouble(watcher=watcher, state=state, issue=issue, notice=notice)
        # That a source is blocked by design is notified once.
        is_expected = watcher.blocked and issue.health == "blocked"
        if watcher.id not in covered and (
            not trouble.is_repeated or (not is_expected and is_repetition_due(notice, now))
        ):
            troubles[issue.health].append(trouble)
    for found in troubles.values():
        yield from _plan_down_alerts(found, now)


def is_repetition_due(notice: HealthNotice | None, now: datetime) -> bool:
    """Return whether enough time has passed since the last alert; the first one is due at once."""
    if notice is None:
        return True
    return now - notice.at >= REPEAT_INTERVALS[min(notice.times, len(REPEAT_INTERVALS)) - 1]


def _plan_machine_alerts(
    disk_warning: str, notice: HealthNotice | None, now: datetime
) -> Iterator[HealthAlert]:
    if disk_warning and is_repetition_due(notice, now):
        began, times = (notice.since, notice.times) if notice is not None else (now, 0)
        notified = HealthNotice(times=times + 1, at=now, since=began, word="degraded")
        alert = build_system_alert(
            "health-down",
            (disk_warning, "磁盘即将写满"),
            (
                "When it is full, no notice can be processed and no alert sent. "
                "Free some space; nothing is lost yet.",
                "写满后将无法处理公告和发送提醒。请腾出空间；目前没有丢失内容。",
            ),
            watcher=MACHINE_SOURCE,
            now=now,
            technical=disk_warning,
        )
        yield HealthAlert(health_notices={MACHINE_SOURCE: notified}, alert=alert)
    elif notice is not None and not disk_warning:
        english, chinese = format_moment_pair(notice.since)
        alert = build_system_alert(
            "health-up",
            ("the disk has free space again", "磁盘空间已恢复"),
            (f"It was nearly full from {english}.", f"自{chinese}起曾接近写满。"),
            watcher=MACHINE_SOURCE,
            now=now,
        )
        yield HealthAlert(health_notices={MACHINE_SOURCE: None}, alert=alert)


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
        english, chinese = format_moment_pair(flood.since)
        commands = (
            f"`controlwatch held release {watcher_id}`",
            f"`controlwatch held shelve {watcher_id}`",
        )
        alert = build_system_alert(
            "health-down",
            (
                f"{watcher_id}: {flood.count} new notices at once {still} held",
                f"{watcher_id}：一次出现 {flood.count} 条新公告，暂缓处理",
            ),
            (
                "A site that moved lists old notices at new addresses. No one was alerted to these. "
                f"Held since {english}. The first: {'; '.join(flood.titles)}. "
                f"To alert people to all: {commands[0]}. To read them without alerts: {commands[1]}. "
                "Either takes `--containing WORDS` to settle only some.",
                f"网站改版时，旧公告会以新地址重新列出。尚未就此发出提醒。自{chinese}起暂缓。"
                f"前几条：{'；'.join(flood.titles)}。全部提醒：{commands[0]}。"
                f"只读取不提醒：{commands[1]}。加 `--containing WORDS` 可只处理一部分。",
            ),
            watcher=watcher_id,
            now=now,
        )
        times = notice.times + 1 if notice is not None else 1
        began = notice.since if notice is not None else flood.since
        notified = HealthNotice(times=times, at=now, since=began, word="held")
        yield HealthAlert(health_notices={name: notified}, alert=alert)
    for name in notices:
        if name.startswith(HELD_PREFIX) and name.removeprefix(HELD_PREFIX) not in held:
            yield HealthAlert(health_notices={name: None})


def _plan_cause_alerts(
    cause: CommonCause, lost: list[WatcherState], total: int, notice: HealthNotice | None, now: datetime
) -> Iterator[HealthAlert]:
    before = notice if notice is not None and notice.times else None
    if not is_repetition_due(before, now):
        return
    since = min(state.failing_since for state in lost if state.failing_since is not None)
    english, chinese = format_moment_pair(since)
    fault = describe_route_fault(lost)
    sample = next((state for state in lost if state.reason), lost[0])
    alert = build_system_alert(
        "health-down",
        (
            f"{len(lost)} of {total} sources cannot be read since {english}: {cause.why[0]}"
            + (f" ({fault[0]})" if fault[0] else ""),
            f"{total}个来源中{len(lost)}个自{chinese}起无法读取：{cause.why[1]}"
            + (f"（{fault[1]}）" if fault[1] else ""),
        ),
        join_sentences(CONSEQUENCES["blind"], cause.advice),
        watcher=cause.name,
        now=now,
        technical=f"{sample.id}: {sample.kind}: {sample.reason}",
    )
    began, times = (before.since, before.times) if before is not None else (since, 0)
    notified = HealthNotice(times=times + 1, at=now, since=began, word="blind")
    yield HealthAlert(health_notices={cause.name: notified}, alert=alert)


def _build_cause_recovery(
    cause: CommonCause, since: datetime, failing: int, total: int, now: datetime
) -> Alert:
    english, chinese = format_moment_pair(since)
    return build_system_alert(
        "health-up",
        ("most sources are read again", "多数来源已恢复读取"),
        (
            f"Most could not be read from {english}; {failing} of {total} have not been read again so far. "
            "Notices published meanwhile cause alerts as they are read, back-dated or not.",
            f"自{chinese}起多数来源无法读取；{total}个来源中尚有{failing}个未恢复。"
            "期间发布的公告将在读取后补发提醒。",
        ),
        watcher=cause.name,
        now=now,
    )


def _plan_down_alerts(troubles: list[SourceTrouble], now: datetime) -> Iterator[HealthAlert]:
    """Yield an alert for each source or, where many have the same trouble in one round, one for all."""
    if len(troubles) < COMMON_CAUSE_MIN:
        for trouble in troubles:
            yield _build_down_alert(trouble, now)
        return
    state, _ = STATES[troubles[0].issue.health]
    since = format_moment_pair(min(trouble.issue.since or now for trouble in troubles))
    names = [name_source(trouble.watcher) for trouble in troubles[:MAX_TITLES]]
    hidden = len(troubles) - MAX_TITLES
    more = (f" and {hidden} more", f"等{len(troubles)}个来源") if hidden > 0 else ("", "")
    alert = build_system_alert(
        "health-down",
        (
            f"{len(troubles)} sources: {state[0]}, the first since {since[0]}",
            f"{len(troubles)}个来源{state[1]}，最早自{since[1]}起",
        ),
        join_sentences(
            CONSEQUENCES[troubles[0].issue.health],
            (
                f"They are: {'; '.join(name for name, _ in names)}{more[0]}. "
                "`controlwatch watchers` shows each with its reason.",
                f"包括：{'、'.join(name for _, name in names)}{more[1]}。"
                "各来源的原因见 `controlwatch watchers`。",
            ),
        ),
        watcher=SEVERAL_SOURCES,
        now=now,
        technical="; ".join(
            f"{trouble.watcher.id}: {trouble.issue.technical}" for trouble in troubles[:MAX_TITLES]
        ),
    )
    notified = {trouble.watcher.id: trouble.build_notice(now) for trouble in troubles}
    yield HealthAlert(health_notices=notified, alert=alert)


def _build_down_alert(trouble: SourceTrouble, now: datetime) -> HealthAlert:
    watcher, issue = trouble.watcher, trouble.issue
    since, name = format_moment_pair(issue.since or now), name_source(watcher)
    (present, chinese_state), _ = STATES[issue.health]
    still = ("still ", "仍") if trouble.is_repeated else ("", "")
    success = format_moment_pair(trouble.state.last_success_at)
    last = ("Never read so far.", "尚未成功读取过。")
    if trouble.state.last_success_at is not None:
        last = (f"Last read {success[0]}.", f"最近一次成功读取：{success[1]}。")
    title = (
        f"{name[0]}: {still[0]}{present} since {since[0]}",
        f"{name[1]}：自{since[1]}起{still[1]}{chinese_state}",
    )
    if issue.health == "quiet":
        newest = trouble.state.newest
        last = (f"Its newest item is of {newest}.", f"最新一条的日期为{newest}。") if newest else ("", "")
        title = f"{name[0]}: {still[0]}{present}", f"{name[1]}：{still[1]}{chinese_state}"
    alert = build_system_alert(
        "health-down",
        title,
        join_sentences(issue.why, last, issue.advice),
        watcher=watcher.id,
        now=now,
        technical=issue.technical,
        # The address of a feed is nothing that a person opens.
        url=watcher.index.url if watcher.index.kind != "feed" else None,
    )
    return HealthAlert(health_notices={watcher.id: trouble.build_notice(now)}, alert=alert)


def _build_up_alert(
    watcher: Watcher, state: WatcherState, notice: HealthNotice, titles: tuple[str, ...], now: datetime
) -> HealthAlert:
    missed = (
        "It lists nothing published meanwhile that changes a rule.",
        "期间未见其发布涉及规则调整的内容。",
    )
    if titles:
        hidden = len(titles) - MAX_TITLES
        named = "; ".join(titles[:MAX_TITLES])
        missed = (
            f"Alerts since: {named}" + (f" and {hidden} more." if hidden > 0 else "."),
            f"期间的提醒：{named}" + (f"等{len(titles)}条。" if hidden > 0 else "。"),
        )
    name, (_, past) = name_source(watcher), STATES.get(notice.word, STATES["blind"])
    began, ended = format_moment_pair(notice.since), format_moment_pair(state.last_success_at)
    alert = build_system_alert(
        "health-up",
        (f"{name[0]}: monitored again", f"{name[1]}：已恢复监测"),
        join_sentences(
            (f"It {past[0]} from {began[0]} to {ended[0]}.", f"自{began[1]}至{ended[1]}{past[1]}。"), missed
        ),
        watcher=watcher.id,
        now=now,
    )
    return HealthAlert(health_notices={watcher.id: None}, alert=alert)
