"""The subscription form: what Slack sends of it → a subscription; and subscriptions carried in views."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import time
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo, available_timezones

from pydantic import TypeAdapter, ValidationError

from controlwatch.core.alerting.subscription_input import check_quiet_hours, parse_hs_prefix
from controlwatch.core.model import Direction, Language, Rate, Subscription
from controlwatch.core.model.errors import UsageError
from controlwatch.slack.form_view import (
    AT,
    CATEGORIES,
    CHANNEL,
    DESTINATIONS,
    DIRECTIONS,
    ESCALATE_AFTER,
    ESCALATE_TO,
    EXTRAS,
    HS,
    ISSUERS,
    LANGUAGE,
    LANGUAGES,
    MAX_SHOWN_MUTES,
    MUTED,
    QUIET_FROM,
    QUIET_TO,
    RATE,
    RATES,
    TERMS,
    WEEKDAY,
    WHERE,
    ZONE,
    build_option,
    list_place_names,
)

if TYPE_CHECKING:
    from controlwatch.core.extraction.text.lexicon import Lexicon

Json = dict[str, Any]
#: Options that a menu with a search offers at once: Slack takes a hundred.
MAX_SUGGESTIONS = 50
#: Characters that a view carries, and that a button carries.
VIEW_CAPACITY, BUTTON_CAPACITY = 3_000, 2_000
LIST_SEPARATOR = re.compile(r"[,;，；、\n]+")
_subscription_adapter = TypeAdapter(Subscription)


class InvalidField(UsageError):
    """A field of the form that makes no sense."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def pack_subscription(subscription: Subscription, *, most: int) -> str:
    """Return a subscription as text that a view or a button carries; raises `UsageError` beyond `most`."""
    text = _subscription_adapter.dump_json(subscription, exclude_defaults=True).decode()
    if len(text) > most:
        raise UsageError("that is more than one subscription can carry: choose groups, or make two of it")
    return text


def unpack_subscription(text: str) -> Subscription:
    """Return the subscription that `pack_subscription` wrote; raises `UsageError`."""
    try:
        return _subscription_adapter.validate_json(text)
    except ValidationError:
        raise UsageError("this form is of another time; please open it anew") from None


def parse_form(values: Json, before: Subscription, user: str) -> Subscription:
    """Return the subscription that a form asks for; `before` is what it was opened with.

    `values` are by block, then by action, as Slack sends them. Raises `InvalidField`, naming the field.
    """
    given = _FormValues(values)
    if given.read_choice(WHERE) == "channel":
        target = given.read_field(CHANNEL, "selected_conversation")
        if not target:
            raise InvalidField(CHANNEL, "choose the channel")
    else:
        target = user
    wishes = given.read_choices(EXTRAS)
    unticked = {mute.category for mute in before.muted[-MAX_SHOWN_MUTES:]} - set(given.read_choices(MUTED))
    return replace(
        before,
        channel="slack",
        target=target,
        # Whoever owns a subscription sees in their App Home what is told by it: their own, or a channel's.
        owner=(before.owner if before.id and target != user else "") or user,
        categories=given.read_choices(CATEGORIES),
        issuers=given.read_choices(ISSUERS),
        directions=tuple(Direction(value) for value in given.read_choices(DIRECTIONS)),
        destinations=given.read_choices(DESTINATIONS),
        hs_prefixes=given.read_list(HS, parse_hs_prefix),
        terms=given.read_list(TERMS, str),
        rate=cast("Rate", _require_known(RATE, given.read_choice(RATE), RATES)),
        at=given.read_time(AT) or before.at,
        weekday=int(given.read_choice(WEEKDAY) or before.weekday),
        timezone=_check_timezone(given.read_choice(ZONE) or before.timezone),
        quiet=_parse_quiet_hours(given),
        language=cast("Language", _require_known(LANGUAGE, given.read_choice(LANGUAGE), LANGUAGES)),
        escalate_after=int(given.read_choice(ESCALATE_AFTER) or 0),
        escalate_to=given.read_field(ESCALATE_TO, "selected_user"),
        reports="reports" in wishes,
        reminders="reminders" in wishes,
        outlook="outlook" in wishes,
        health="health" in wishes,
        muted=tuple(mute for mute in before.muted if mute.category not in unticked),
    )


def build_suggestions(action_id: str, typed: str, lexicon: Lexicon) -> list[Json]:
    """Return the options of a menu with a search for what somebody has typed."""
    wanted = typed.strip().casefold()
    offered = (
        {name: name for name in sorted(available_timezones()) if "/" in name or name == "UTC"}
        if action_id == ZONE
        else list_place_names(lexicon, (place.code for place in lexicon.places))
    )
    found = (
        build_option(words, value)
        for value, words in offered.items()
        if wanted in value.casefold().replace("_", " ") or wanted in words.casefold()
    )
    return [item for item, _ in zip(found, range(MAX_SUGGESTIONS), strict=False)]


class _FormValues:
    """What was filled in, by field."""

    def __init__(self, values: Json) -> None:
        self._values = values

    def read_field(self, name: str, what: str) -> str:
        field = self._values.get(name, {}).get(name, {})
        return str(field.get(what) or "")

    def read_choice(self, name: str) -> str:
        field = self._values.get(name, {}).get(name, {})
        return str((field.get("selected_option") or {}).get("value", ""))

    def read_choices(self, name: str) -> tuple[str, ...]:
        field = self._values.get(name, {}).get(name, {})
        return tuple(str(item["value"]) for item in field.get("selected_options") or ())

    def read_list(self, name: str, read: Callable[[str], str]) -> tuple[str, ...]:
        written = [
            word.strip() for word in LIST_SEPARATOR.split(self.read_field(name, "value")) if word.strip()
        ]
        try:
            return tuple(dict.fromkeys(read(word) for word in written))
        except UsageError as error:
            raise InvalidField(name, str(error)) from None

    def read_time(self, name: str) -> time | None:
        text = self.read_field(name, "selected_time")
        return time.fromisoformat(text) if text else None


def _parse_quiet_hours(given: _FormValues) -> tuple[time, time] | None:
    try:
        return check_quiet_hours(given.read_time(QUIET_FROM), given.read_time(QUIET_TO))
    except UsageError as error:
        raise InvalidField(QUIET_TO, str(error)) from None


def _check_timezone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, LookupError):
        raise InvalidField(ZONE, f"no time zone {name!r}") from None


def _require_known(field: str, value: str, allowed: Json) -> str:
    if value not in allowed:
        raise InvalidField(field, "choose one")
    return value
