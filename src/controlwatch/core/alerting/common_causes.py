"""One cause for the failure of most sources at once: one alert when it begins, one when it is over."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from controlwatch.core.alerting.source_health import OVERDUE_AFTER
from controlwatch.core.alerting.system_alerts import TextPair
from controlwatch.core.model.state import HealthNotice, WatcherState
from controlwatch.core.sources.plausibility import FAILURES_BEFORE_ALERT

#: At least this many sources must fail for one cause.
COMMON_CAUSE_MIN = 3
#: A common cause begins where more than this part of the sources that were tried since fail for it.
MOST = 1 / 2
#: It lasts while more than this part of all sources fails for it: they come back one after the other.
MANY = 1 / 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonCause:
    """What may cause the failure of most sources at once."""

    name: str  #: the source that its alerts name
    failure_kinds: frozenset[str]  #: kinds of failure that it may cause
    why: TextPair
    advice: TextPair


NETWORK_CAUSE = CommonCause(
    name="network",
    failure_kinds=frozenset({"unreachable", "timed-out", "refused", "blocked"}),
    why=("this machine does not reach them", "本机无法访问这些网站"),
    advice=(
        "Check the network, the proxy and the name service of this machine. Reading is tried again.",
        "请检查本机的网络、代理和域名解析。系统会不断重试。",
    ),
)
SERVICE_CAUSE = CommonCause(
    name="ourselves",
    failure_kinds=frozenset({"overdue", "internal"}),
    why=("this service does not finish its work", "本服务未能完成读取"),
    advice=(
        "Run `controlwatch doctor`: it checks disk, database and service. Then restart the service.",
        "请运行 `controlwatch doctor` 检查磁盘、数据库和服务，然后重启服务。",
    ),
)
COMMON_CAUSES = (NETWORK_CAUSE, SERVICE_CAUSE)

NAME_FAULT: TextPair = ("name service fails", "域名解析失败")
PROXY_FAULT: TextPair = ("the proxy refuses", "代理拒绝访问")
#: What technical reasons say about the way to the sites.
ROUTE_FAULTS: tuple[tuple[re.Pattern[str], TextPair], ...] = (
    # [Errno -2] Name or service not known
    (
        re.compile(r"name (?:or service|resolution)|getaddrinfo|nodename|no address", re.IGNORECASE),
        NAME_FAULT,
    ),
    # the proxy refuses: 403 Forbidden
    (re.compile(r"\bproxy\b", re.IGNORECASE), PROXY_FAULT),
    # [Errno 101] Network is unreachable
    (
        re.compile(r"network is unreachable|no route to host|host is down", re.IGNORECASE),
        ("no route to the network", "网络不通"),
    ),
    # https://www.mofcom.gov.cn/ answered HTTP 403
    (re.compile(r"answered (?:HTTP )?\d{3}"), ("the same refusal from most of them", "多数返回拒绝访问")),
    # did not answer within 30 s
    (re.compile(r"did not answer within|timed? ?out", re.IGNORECASE), ("no answer in time", "超时未响应")),
)  # fmt: skip


def find_lost_sources(
    cause: CommonCause, sites: Iterable[WatcherState], *, is_lasting: bool = False
) -> list[WatcherState]:
    """Return the sites that fail for a cause, where most of those tried since do; else none.

    A cause that is lasting ends once no more than a quarter of all sites fails for it.
    """
    states = list(sites)
    lost = [state for state in states if state.failures and state.kind in cause.failure_kinds]
    if is_lasting:
        return lost if len(lost) > len(states) * MANY else []
    if len(lost) < COMMON_CAUSE_MIN or not any(state.failures >= FAILURES_BEFORE_ALERT for state in lost):
        return []
    since = min(state.failing_since for state in lost if state.failing_since is not None)
    others = [state for state in states if state not in lost]
    tried = [state for state in others if state.last_poll_at is not None and state.last_poll_at >= since]
    return lost if len(lost) > (len(lost) + len(tried)) * MOST else []


def describe_route_fault(lost: Iterable[WatcherState]) -> TextPair:
    """Return what the technical reasons of most of the lost sites have in common, "" where nothing."""
    return find_route_fault([state.reason or "" for state in lost])


def find_route_fault(reasons: Collection[str]) -> TextPair:
    """Return what most of some technical reasons have in common, "" where nothing."""
    for pattern, words in ROUTE_FAULTS:
        if sum(bool(pattern.search(reason)) for reason in reasons) > len(reasons) * MOST:
            return words
    return "", ""


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
