"""The subscription form: what Slack sends of it → a subscription; and subscriptions carried in views."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import time
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo, available_timezones

from pydantic import TypeAdapter, ValidationError

from controlwatch.core.alerting.subscription_input import hs_prefix, quiet_hours
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
    HS,
    ISSUERS,
    LANGUAGE,
    LANGUAGES,
    MUTED,
    MUTES,
    QUIET_FROM,
    QUIET_TO,
    RATE,
    RATES,
    TERMS,
    WEEKDAY,
    WHERE,
    WISHES,
    ZONE,
    option,
    places_of,
)

if TYPE_CHECKING:
    from controlwatch.core.extraction.text.lexicon import Lexicon

Json = dict[str, Any]
#: Options that a menu with a search offers at once: Slack takes a hundred.
OFFERED = 50
#: Characters that a view carries, and that a button carries.
IN_A_VIEW, IN_A_BUTTON = 3_000, 2_000
COMMAS = re.compile(r"[,;，；、\n]+")
_subscriptions = TypeAdapter(Subscription)


class Wrong(UsageError):
    """A field of the form that makes no sense."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def packed(subscription: Subscription, *, most: int) -> str:
    """Return a subscription as text that a view or a button carries; raises `UsageError` beyond `most`."""
    text = _subscriptions.dump_json(subscription, exclude_defaults=True).decode()
    if len(text) > most:
        raise UsageError("that is more than one subscription can carry: choose groups, or make two of it")
    return text


def unpacked(text: str) -> Subscription:
    """Return the subscription that `packed` wrote; raises `UsageError`."""
    try:
        return _subscriptions.validate_json(text)
    except ValidationError:
        raise UsageError("this form is of another time; please open it anew") from None


def filled_in(values: Json, before: Subscription, user: str) -> Subscription:
    """Return the subscription that a form asks for; `before` is what it was opened with.

    `values` are by block, then by action, as Slack sends them. Raises `Wrong`, naming the field.
    """
    given = _Given(values)
    if given.choice(WHERE) == "channel":
        target = given.of(CHANNEL, "selected_conversation")
        if not target:
            raise Wrong(CHANNEL, "choose the channel")
    else:
        target = user
    wishes = given.choices(WISHES)
    unticked = {mute.category for mute in before.muted[-MUTES:]} - set(given.choices(MUTED))
    return replace(
        before,
        channel="slack",
        target=target,
        # Whoever owns a subscription sees in their App Home what is told by it: their own, or a channel's.
        owner=(before.owner if before.id and target != user else "") or user,
        categories=given.choices(CATEGORIES),
        issuers=given.choices(ISSUERS),
        directions=tuple(Direction(value) for value in given.choices(DIRECTIONS)),
        destinations=given.choices(DESTINATIONS),
        hs_prefixes=given.words(HS, hs_prefix),
        terms=given.words(TERMS, str),
        rate=cast("Rate", _known(RATE, given.choice(RATE), RATES)),
        at=given.hour(AT) or before.at,
        weekday=int(given.choice(WEEKDAY) or before.weekday),
        timezone=_zone(given.choice(ZONE) or before.timezone),
        quiet=_quiet(given),
        language=cast("Language", _known(LANGUAGE, given.choice(LANGUAGE), LANGUAGES)),
        escalate_after=int(given.choice(ESCALATE_AFTER) or 0),
        escalate_to=given.of(ESCALATE_TO, "selected_user"),
        reports="reports" in wishes,
        reminders="reminders" in wishes,
        outlook="outlook" in wishes,
        health="health" in wishes,
        muted=tuple(mute for mute in before.muted if mute.category not in unticked),
    )


def suggestions(action_id: str, typed: str, lexicon: Lexicon) -> list[Json]:
    """Return the options of a menu with a search for what somebody has typed."""
    wanted = typed.strip().casefold()
    offered = (
        {name: name for name in sorted(available_timezones()) if "/" in name or name == "UTC"}
        if action_id == ZONE
        else places_of(lexicon, (place.code for place in lexicon.places))
    )
    found = (
        option(words, value)
        for value, words in offered.items()
        if wanted in value.casefold().replace("_", " ") or wanted in words.casefold()
    )
    return [item for item, _ in zip(found, range(OFFERED), strict=False)]


class _Given:
    """What was filled in, by field."""

    def __init__(self, values: Json) -> None:
        self._values = values

    def of(self, name: str, what: str) -> str:
        field = self._values.get(name, {}).get(name, {})
        return str(field.get(what) or "")

    def choice(self, name: str) -> str:
        field = self._values.get(name, {}).get(name, {})
        return str((field.get("selected_option") or {}).get("value", ""))

    def choices(self, name: str) -> tuple[str, ...]:
        field = self._values.get(name, {}).get(name, {})
        return tuple(str(item["value"]) for item in field.get("selected_options") or ())

    def words(self, name: str, read: Callable[[str], str]) -> tuple[str, ...]:
        written = [word.strip() for word in COMMAS.split(self.of(name, "value")) if word.strip()]
        try:
            return tuple(dict.fromkeys(read(word) for word in written))
        except UsageError as error:
            raise Wrong(name, str(error)) from None

    def hour(self, name: str) -> time | None:
        text = self.of(name, "selected_time")
        return time.fromisoformat(text) if text else None


def _quiet(given: _Given) -> tuple[time, time] | None:
    try:
        return quiet_hours(given.hour(QUIET_FROM), given.hour(QUIET_TO))
    except UsageError as error:
        raise Wrong(QUIET_TO, str(error)) from None


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, LookupError):
        raise Wrong(ZONE, f"no time zone {name!r}") from None


def _known(field: str, value: str, allowed: Json) -> str:
    if value not in allowed:
        raise Wrong(field, "choose one")
    return value
