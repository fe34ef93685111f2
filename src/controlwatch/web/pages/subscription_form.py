"""The form of a subscription: what it shows, and the subscription that it describes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from starlette.datastructures import FormData

from controlwatch.core.alerting.subscription_criteria import (
    CRITERIA,
    WEEKDAYS,
    CriterionNames,
    parse_clock_time,
    parse_quiet_hours,
    parse_timezone,
    set_criteria,
)
from controlwatch.core.model import ChannelName, Direction, Language, Rate, Subscription
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.typed_text import normalize_typed_text
from controlwatch.web.form_guard import get_text

LIST_SEPARATOR = re.compile(r"[,;，；、\n]+")
#: Criteria that are check boxes; the others are lists of words.
BOX_FIELDS = ("categories", "directions")
SWITCHES = ("reports", "reminders", "outlook", "health")
MAX_MINUTES, MAX_VALUES = 100_000, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryChoice:
    """A group of categories in the form."""

    id: str
    members: tuple[str, ...]
    is_open: bool


def build_form_values(subscription: Subscription) -> dict[str, Any]:
    """Return what the fields show of a subscription."""
    quiet = subscription.quiet
    values: dict[str, Any] = {item.field: list(item.get_values(subscription)) for item in CRITERIA}
    values |= {name: ", ".join(values[name]) for name in values if name not in BOX_FIELDS}
    return values | {
        "channel": subscription.channel,
        "target": subscription.target,
        "rate": subscription.rate,
        "language": subscription.language,
        "at": f"{subscription.at:%H:%M}",
        "weekday": WEEKDAYS[subscription.weekday],
        "timezone": subscription.timezone,
        "quiet": f"{quiet[0]:%H:%M}-{quiet[1]:%H:%M}" if quiet is not None else "",
        "escalate_after": subscription.escalate_after,
        **{name: getattr(subscription, name) for name in SWITCHES},
    }


def read_form_values(form: FormData) -> dict[str, Any]:
    """Return what a person entered, to be shown again."""
    names = ("channel", "target", "rate", "language", "at", "weekday", "timezone", "quiet", "escalate_after")
    values: dict[str, Any] = {name: get_text(form, name) for name in names}
    for item in CRITERIA:
        boxes = [str(value)[:80] for value in form.getlist(item.field)[:MAX_VALUES]]
        values[item.field] = boxes if item.field in BOX_FIELDS else get_text(form, item.field)
    return values | {name: get_text(form, name) == "yes" for name in SWITCHES}


def parse_subscription_form(
    values: Mapping[str, Any], before: Subscription, names: CriterionNames
) -> Subscription:
    """Return the subscription that entered values describe; raises `UsageError` for one that has no meaning.

    The target is not checked: that is the channel's matter.
    """
    minutes = str(values["escalate_after"] or "0")
    if not minutes.isascii() or not minutes.isdigit() or int(minutes) > MAX_MINUTES:
        raise UsageError(f"{minutes!r} is not a number of minutes up to {MAX_MINUTES}")
    quiet = parse_quiet_hours(values["quiet"]) if values["quiet"] else None
    plain = replace(
        before,
        channel=_choose(values["channel"], get_args(ChannelName), "channel"),
        target=values["target"],
        rate=_choose(values["rate"], get_args(Rate), "rate"),
        language=_choose(values["language"], get_args(Language), "language"),
        at=parse_clock_time(values["at"] or "08:30"),
        weekday=WEEKDAYS.index(_choose(values["weekday"] or "monday", WEEKDAYS, "day of the week")),
        timezone=parse_timezone(values["timezone"] or before.timezone),
        quiet=quiet,
        escalate_after=int(minutes),
        reports=bool(values["reports"]),
        reminders=bool(values["reminders"]),
        outlook=bool(values["outlook"]),
        health=bool(values["health"]),
    )
    return set_criteria(plain, {item.field: _parse_criterion(item.field, values, names) for item in CRITERIA})


def _parse_criterion(field: str, values: Mapping[str, Any], names: CriterionNames) -> list[str]:
    criterion = next(item for item in CRITERIA if item.field == field)
    entered = values[field] if field in BOX_FIELDS else LIST_SEPARATOR.split(values[field])
    words = [normalize_typed_text(word) for word in entered]
    return [criterion.parse(word, names) for word in words if word]


def _choose(value: str, allowed: tuple[Any, ...], what: str) -> Any:
    if value not in allowed:
        raise UsageError(f"{value!r} is not a {what}; choose one of {', '.join(allowed)}")
    return value


def list_category_choices(names: CriterionNames, chosen: list[str]) -> tuple[CategoryChoice, ...]:
    """Return the groups of categories; those in which something is chosen are open."""
    lexicon = names.lexicon
    groups: dict[str, list[str]] = {}
    for category in lexicon.categories:
        groups.setdefault(category.group, [])
        if category.id != category.group:
            groups[category.group].append(category.id)
    return tuple(
        CategoryChoice(
            id=group,
            members=tuple(members),
            is_open=any(name == group or name.startswith(f"{group}.") for name in chosen),
        )
        for group, members in groups.items()
    )


DIRECTIONS = tuple(direction.value for direction in Direction)
