"""What the API takes and gives of subscriptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

from controlwatch.core.alerting.subscription_criteria import (
    CRITERIA,
    CriterionNames,
    check_quiet_hours,
    parse_timezone,
    set_criteria,
)
from controlwatch.core.law.answers import NoticeLine, Preview
from controlwatch.core.model import Direction, Language, Rate, Subscription
from controlwatch.core.model.account import Visitor
from controlwatch.core.rendering.json_values import to_json_value
from controlwatch.core.rendering.subscription_text import describe_subscription
from controlwatch.services.input_types import Name, NoticeName
from controlwatch.web.api.cursors import FORBID_OTHERS, MAX_PAGE_SIZE

#: Values of one criterion, and minutes until an escalation.
MAX_VALUES, MAX_MINUTES = 200, 100_000
Values = Annotated[list[Name], Field(max_length=MAX_VALUES)]
ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="HH:MM")]
Zone = Annotated[str, Field(min_length=1, max_length=64)]
Minutes = Annotated[int, Field(ge=0, le=MAX_MINUTES)]
Weekday = Annotated[int, Field(ge=0, le=6, description="0 is Monday.")]
#: The console belongs to the machine that the service runs on.
OfferedChannel = Literal["email", "slack", "webhook", "apprise"]


class QuietHours(BaseModel):
    """Hours without deliveries, in the time zone of the subscription."""

    model_config = FORBID_OTHERS

    begin: ClockTime
    end: ClockTime


class SubscriptionSettings(BaseModel):
    """What a subscription is limited to, and when its alerts are sent."""

    model_config = FORBID_OTHERS

    categories: Values = Field(default_factory=list, description="Categories or groups, in any spelling.")
    issuers: Values = Field(default_factory=list)
    directions: list[Direction] = Field(default_factory=list, max_length=len(Direction))
    destinations: Values = Field(default_factory=list)
    hs_prefixes: Values = Field(default_factory=list, description="HS codes or their beginnings.")
    terms: Values = Field(default_factory=list, description="Text that title or body contains.")
    rate: Rate = "immediate"
    at: ClockTime = "08:30"
    weekday: Weekday = 0
    timezone: Zone = "Asia/Shanghai"
    quiet: QuietHours | None = None
    language: Language = "both"
    reports: bool = True
    health: bool = False
    reminders: bool = True
    outlook: bool = False
    escalate_after: Minutes = Field(0, description="Minutes; 0: never.")


class NewSubscription(SubscriptionSettings):
    """A subscription to create."""

    channel: OfferedChannel
    target: NoticeName = Field(description="A mail address, a Slack id, an https address or a destination.")


class MuteResource(BaseModel):
    """A category that is not alerted for a time."""

    category: str
    until: datetime
    who: str


class SubscriptionResource(BaseModel):
    """A subscription as it is stored."""

    id: int
    channel: str
    target: str = Field(description="The address of a webhook is shown to operators only.")
    description: str = Field(description="Its criteria and times in words.")
    state: Literal["active", "paused", "unconfirmed"]
    paused: str = Field(description="Why nothing is sent, or empty.")
    categories: list[str]
    issuers: list[str]
    directions: list[str]
    destinations: list[str]
    hs_prefixes: list[str]
    terms: list[str]
    rate: str
    at: ClockTime
    weekday: int
    timezone: str
    quiet: QuietHours | None
    language: str
    reports: bool
    health: bool
    reminders: bool
    outlook: bool
    escalate_after: int
    escalate_to: str
    owner: str = Field(description="Who created it, or empty for the operator.")
    muted: list[MuteResource]


class PreviewMatch(BaseModel):
    """A notice that would have been alerted, and why."""

    line: NoticeLine
    why: str


class PreviewResource(BaseModel):
    """The alerts that a subscription would have got in the last days."""

    days: int
    alerts: int
    alerts_per_week: float
    matches: list[PreviewMatch] = Field(description=f"The newest {MAX_PAGE_SIZE} of them.")


class SubscriptionAnswer(BaseModel):
    """A subscription, and what it would have got."""

    subscription: SubscriptionResource
    preview: PreviewResource
    saved: bool = Field(description="False: it was only tried.")
    must_confirm: bool = Field(description="The address is asked by mail; nothing else is sent until then.")


def build_subscription(
    asked: SubscriptionSettings, before: Subscription, names: CriterionNames
) -> Subscription:
    """Return a subscription with what was given; the rest stays. Raises `UsageError` for unknown names."""
    given = asked.model_dump(exclude_unset=True)
    criteria: dict[str, Iterable[str]] = {item.field: item.get_values(before) for item in CRITERIA}
    for item in CRITERIA:
        if item.field in given:
            criteria[item.field] = [item.parse(str(value), names) for value in given.pop(item.field)]
    changes: dict[str, Any] = {name: value for name, value in given.items() if name not in {"at", "quiet"}}
    if "at" in given:
        changes["at"] = time.fromisoformat(asked.at)
    if "quiet" in given:
        quiet = asked.quiet
        hours = (time.fromisoformat(quiet.begin), time.fromisoformat(quiet.end)) if quiet else None
        changes["quiet"] = check_quiet_hours(*hours) if hours else None
    if "timezone" in given:
        changes["timezone"] = parse_timezone(asked.timezone)
    return set_criteria(replace(before, **changes), criteria)


def show_subscription(item: Subscription, visitor: Visitor) -> dict[str, object]:
    """Return a subscription as a visitor may see it."""
    shown = to_json_value(item)
    assert isinstance(shown, dict)  # noqa: S101 - a dataclass always is
    del shown["confirmed"]
    state = "paused" if item.paused else "active" if item.confirmed else "unconfirmed"
    target = item.target if visitor.is_operator or item.channel != "webhook" else hide_path(item.target)
    quiet = {"begin": f"{item.quiet[0]:%H:%M}", "end": f"{item.quiet[1]:%H:%M}"} if item.quiet else None
    shown |= {"at": f"{item.at:%H:%M}", "quiet": quiet}
    return shown | {"target": target, "state": state, "description": describe_subscription(item)}


def show_preview(found: Preview) -> dict[str, object]:
    """Return a preview, with the newest notices."""
    return {
        "days": found.days,
        "alerts": len(found.matches),
        "alerts_per_week": round(found.alerts_per_week, 2),
        "matches": [{"line": line, "why": why} for line, why in found.matches[:MAX_PAGE_SIZE]],
    }


def hide_path(url: str) -> str:
    """Return the address of a webhook without its path, which may be a secret.

    >>> hide_path("https://hooks.example/services/T0/secret")
    'https://hooks.example/…'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/…"


def is_same_wish(one: Subscription, other: Subscription) -> bool:
    """Return whether two subscriptions want the same for the same target."""
    plain = {"id": 0, "confirmed": True, "paused": "", "owner": "", "muted": ()}
    return replace(one, **plain) == replace(other, **plain)  # type: ignore[arg-type]
