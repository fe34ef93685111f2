"""When operators are alerted that a channel does not take our messages, and that it does again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from controlwatch.core.alerting.health_alerts import HealthAlert, is_repetition_due
from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.alerting.system_alerts import build_system_alert, format_moment_pair
from controlwatch.core.model import Alert, ChannelName, Subscription
from controlwatch.core.model.state import HealthNotice, PlannedDelivery

#: Tries after which messages that wait are trouble of their channel; before, it may pass.
TROUBLE_AFTER_TRIES = 3
#: The source of alerts about a channel, in the place of a watcher.
CHANNEL_SOURCE = "channel:"
#: channel → the command that shows what is wrong
CHECK_COMMANDS: Mapping[ChannelName, str] = {
    "email": "controlwatch mail check ADDRESS",
    "slack": "controlwatch slack check",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTrouble:
    """Messages of a channel that wait because they were not accepted."""

    channel: ChannelName
    reason: str  #: of the last try
    waiting: int  #: number of deliveries
    since: datetime
    tries: int = TROUBLE_AFTER_TRIES  #: of the delivery that was tried most often


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAlert:
    """An alert about a channel, what is recorded as notified with it, and who gets it."""

    health: HealthAlert
    deliveries: tuple[PlannedDelivery, ...]


def plan_channel_alerts(
    troubles: Iterable[ChannelTrouble],
    notices: Mapping[str, HealthNotice],
    subscriptions: Iterable[Subscription],
    *,
    now: datetime,
) -> Iterator[ChannelAlert]:
    """Yield an alert for each channel in trouble whose alert, or its repetition, is due."""
    active = tuple(subscriptions)
    for trouble in troubles:
        source = f"{CHANNEL_SOURCE}{trouble.channel}"
        notice = notices.get(source)
        if trouble.tries < TROUBLE_AFTER_TRIES or not is_repetition_due(notice, now):
            continue
        check = CHECK_COMMANDS.get(trouble.channel, "controlwatch doctor")
        alert = build_system_alert(
            "health-down",
            (f"{trouble.channel}: messages are not accepted", f"{trouble.channel}：消息未被接受"),
            (
                f"{trouble.waiting} deliveries wait, and nothing is lost: they are tried again and again. "
                f"`{check}` says what is wrong; once that is repaired, `controlwatch deliver --again` sends "
                "them at once.",
                f"{trouble.waiting}条投递在等待，没有丢失，系统会不断重试。`{check}`可查明原因；"
                "修复后用 `controlwatch deliver --again` 立即发送。",
            ),
            watcher=source,
            now=now,
            technical=trouble.reason,
        )
        since, times = (notice.since, notice.times) if notice is not None else (trouble.since, 0)
        notified = HealthNotice(times=times + 1, at=now, since=since, word="degraded")
        yield ChannelAlert(
            health=HealthAlert(health_notices={source: notified}, alert=alert),
            deliveries=_route_around(trouble.channel, alert, active, now),
        )


def plan_channel_recoveries(
    troubles: Iterable[ChannelTrouble],
    notices: Mapping[str, HealthNotice],
    subscriptions: Iterable[Subscription],
    *,
    now: datetime,
) -> Iterator[ChannelAlert]:
    """Yield an alert for each channel whose trouble was notified and is over."""
    active = tuple(subscriptions)
    troubled = {f"{CHANNEL_SOURCE}{trouble.channel}" for trouble in troubles}
    for source, notice in notices.items():
        if not source.startswith(CHANNEL_SOURCE) or source in troubled:
            continue
        name, (english, chinese) = source.removeprefix(CHANNEL_SOURCE), format_moment_pair(notice.since)
        alert = build_system_alert(
            "health-up",
            (f"{name}: messages are accepted again", f"{name}：消息已恢复投递"),
            (
                f"They were not accepted from {english}. What waited was sent.",
                f"自{chinese}起未被接受。等待的消息已发出。",
            ),
            watcher=source,
            now=now,
        )
        deliveries = route_alert(alert, active, now=now)
        yield ChannelAlert(
            health=HealthAlert(health_notices={source: None}, alert=alert), deliveries=deliveries
        )


def _route_around(
    channel: ChannelName, alert: Alert, active: tuple[Subscription, ...], now: datetime
) -> tuple[PlannedDelivery, ...]:
    """Return the deliveries by other channels; by this one if it is the only one."""
    others = route_alert(alert, (item for item in active if item.channel != channel), now=now)
    return tuple(others or route_alert(alert, active, now=now))
