"""Who wants to be alerted about what, where and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal

from controlwatch.core.model.notice import Direction

Rate = Literal["immediate", "daily", "weekly"]
ChannelName = Literal["console", "slack", "email", "webhook", "apprise"]
Language = Literal["en", "zh", "both"]
SubscriptionState = Literal["active", "unconfirmed", "ended", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A category that a subscription does not get alerts about until a time."""

    category: str  #: a group covers its leaves
    until: datetime
    who: str = ""  #: who muted it


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a subscriber wants to be alerted about, where and when. Empty criteria match everything."""

    id: int = 0
    channel: ChannelName
    target: str  #: Slack channel id, e-mail or web address, name of a destination, "-" for the console
    categories: tuple[str, ...] = ()  #: a group covers its leaves
    issuers: tuple[str, ...] = ()
    directions: tuple[Direction, ...] = ()
    destinations: tuple[str, ...] = ()
    hs_prefixes: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    rate: Rate = "immediate"
    at: time = time(8, 30)  #: when a digest is sent, in `timezone`
    weekday: int = 0  #: for weekly digests, Monday is 0
    timezone: str = "Asia/Shanghai"
    quiet: tuple[time, time] | None = None  #: no deliveries from the first to the second
    language: Language = "both"
    reports: bool = True  #: also press reports, marked as such
    health: bool = True  #: also watchers that fail and recover
    reminders: bool = True  #: 30, 7 and 1 days before a key date, and on the day
    outlook: bool = False  #: each day at `at`: the key dates of today and this week
    confirmed: bool = True  #: until confirmed, only the request to confirm is sent
    paused: str = ""  #: why nothing is sent for now, or ""; its deliveries wait
    owner: str = ""  #: who created it: a Slack user, or "" for the operator
    escalate_after: int = 0  #: minutes after which an alert without an acknowledgement is repeated; 0: never
    escalate_to: str = ""  #: the target of the repetition on the same channel; "": the target of the alert
    muted: tuple[Mute, ...] = ()


def covers_category(chosen: str, category: str) -> bool:
    """Return whether a chosen category covers another: a group covers its leaves.

    >>> covers_category("battery", "battery.liion"), covers_category("battery.liion", "battery")
    (True, False)
    """
    return category == chosen or category.startswith(f"{chosen}.")
