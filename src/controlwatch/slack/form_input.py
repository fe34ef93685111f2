"""What Slack sends of the subscription form → a subscription; and subscriptions carried in views."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import time
from typing import Any
from zoneinfo import available_timezones

from pydantic import TypeAdapter, ValidationError

from controlwatch.core.alerting.subscription_criteria import (
    CRITERIA,
    Criterion,
    CriterionNames,
    check_quiet_hours,
    parse_timezone,
    set_criteria,
)
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import Language, Subscription
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.typed_text import normalize_typed_text
from controlwatch.slack.form_view import (
    AT,
    CHANNEL,
    ESCALATE_AFTER,
    ESCALATE_TO,
    EXTRA_LABELS,
    EXTRAS,
    LANGUAGE,
    LANGUAGES,
    MAX_SHOWN_MUTES,
    MUTED,
    QUIET_FROM,
    QUIET_TO,
    RATE,
    RATES,
    WEEKDAY,
    WHERE,
    ZONE,
    build_option,
    get_block_id,
    name_choices,
)

Json = dict[str, Any]
#: Options that a menu with a search offers at once: Slack takes a hundred.
MAX_SUGGESTIONS = 50
#: Characters that a view carries, and that a button carries.
VIEW_CAPACITY, BUTTON_CAPACITY = 3_000, 2_000
LIST_SEPARATOR = re.compile(r"[,;，；、\n]+")
_subscription_adapter = TypeAdapter(Subscription)


class InvalidField(UsageError):
    """A field of the form holds a value that cannot be used."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def pack_subscription(subscription: Subscription, *, most: int) -> str:
    """Return a subscription as text that a view or a button carries; raises `UsageError` beyond `most`."""
    text = _subscription_adapter.dump_json(subscription, exclude_defaults=True).decode()
    if len(text) > most:
        raise UsageError(
            "This is too much for one subscription: choose groups of items, or make two subscriptions."
        )
    return text


def unpack_subscription(text: str) -> Subscription:
    """Return the subscription that `pack_subscription` wrote; raises `UsageError`."""
    try:
        return _subscription_adapter.validate_json(text)
    except ValidationError:
        raise UsageError("This form has expired; open it again.") from None


def parse_form(
    values: Json, before: Subscription, user: str, names: CriterionNames, *, is_draft: bool = False
) -> Subscription:
    """Return the subscription that a form describes; `before` is what it was opened with.

    `values` are by block, then by action, as Slack sends them; what the form does not show stays as it was.
    Raises `InvalidField`, naming the field; a draft may still lack its channel.
    """
    form = _FormValues(values)
    target = user
    if form.read_choice(WHERE) == "channel":
        target = form.read_value(CHANNEL, "selected_conversation") or (before.target if is_draft else "")
        if not target:
            raise InvalidField(CHANNEL, "Choose a channel.")
    changes: Json = {
        "rate": form.read_known_choice(RATE, RATES),
        "language": form.read_known_choice(LANGUAGE, LANGUAGES),
        **(_read_delivery(form, before) if form.has_field(EXTRAS) else {}),
    }
    subscription = replace(
        before,
        channel="slack",
        target=target,
        # The owner of a subscription sees its alerts in the App Home: their own, or those of a channel.
        owner=(before.owner if before.id and target != user else "") or user,
        **changes,
    )
    return set_criteria(
        subscription,
        {
            criterion.field: form.read_criterion(criterion, names)
            if form.has_field(get_block_id(criterion))
            else criterion.get_values(before)
            for criterion in CRITERIA
        },
    )


def _read_delivery(form: _FormValues, before: Subscription) -> Json:
    """Return what the further fields say about the delivery; raises `InvalidField`."""
    try:
        timezone = parse_timezone(form.read_choice(ZONE) or before.timezone)
    except UsageError as error:
        raise InvalidField(ZONE, str(error)) from None
    quiet_from, quiet_to = form.read_time(QUIET_FROM), form.read_time(QUIET_TO)
    try:
        quiet = check_quiet_hours(quiet_from, quiet_to) if quiet_from or quiet_to else None
    except UsageError as error:
        raise InvalidField(QUIET_TO, str(error)) from None
    extras = form.read_choices(EXTRAS)
    unmuted = {mute.category for mute in before.muted[-MAX_SHOWN_MUTES:]} - set(form.read_choices(MUTED))
    return {
        **{name: name in extras for name in EXTRA_LABELS},
        "at": form.read_time(AT) or before.at,
        "weekday": int(form.read_choice(WEEKDAY) or before.weekday),
        "timezone": timezone,
        "quiet": quiet,
        "escalate_after": int(form.read_choice(ESCALATE_AFTER) or 0),
        "escalate_to": form.read_value(ESCALATE_TO, "selected_user"),
        "muted": tuple(mute for mute in before.muted if mute.category not in unmuted),
    }


def build_suggestions(
    action_id: str, typed: str, lexicon: Lexicon, language: Language = "both"
) -> list[Json]:
    """Return the options of a menu with a search that match what a user has typed."""
    choices: Mapping[str, str]
    shown: Mapping[str, str] = {}
    if action_id == ZONE:
        choices = {name: name for name in sorted(available_timezones()) if "/" in name or name == "UTC"}
    else:
        criterion = next(item for item in CRITERIA if get_block_id(item) == action_id)
        names = criterion.form.list_choices(lexicon)
        choices = {value: " ".join((value, *words)) for value, words in names.items()}
        shown = name_choices(names, language)
    sought = typed.strip().casefold()
    options = [
        build_option(shown.get(value, words), value)
        for value, words in choices.items()
        if sought in words.casefold().replace("_", " ")
    ]
    return options[:MAX_SUGGESTIONS]


class _FormValues:
    """The values of a form, by field."""

    def __init__(self, values: Json) -> None:
        self._values = values

    def has_field(self, name: str) -> bool:
        return name in self._values

    def read_value(self, name: str, key: str) -> str:
        return str(self._get_field(name).get(key) or "")

    def read_choice(self, name: str) -> str:
        return str((self._get_field(name).get("selected_option") or {}).get("value", ""))

    def read_known_choice(self, name: str, allowed: Collection[str]) -> str:
        value = self.read_choice(name)
        if value not in allowed:
            raise InvalidField(name, "Choose one.")
        return value

    def read_choices(self, name: str) -> tuple[str, ...]:
        return tuple(str(item["value"]) for item in self._get_field(name).get("selected_options") or ())

    def read_criterion(self, criterion: Criterion, names: CriterionNames) -> tuple[str, ...]:
        name = get_block_id(criterion)
        if criterion.form.widget != "text":
            return self.read_choices(name)
        words = map(normalize_typed_text, LIST_SEPARATOR.split(self.read_value(name, "value")))
        try:
            return tuple(criterion.parse(word, names) for word in words if word)
        except UsageError as error:
            raise InvalidField(name, str(error)) from None

    def read_time(self, name: str) -> time | None:
        text = self.read_value(name, "selected_time")
        return time.fromisoformat(text) if text else None

    def _get_field(self, name: str) -> Json:
        field: Json = self._values.get(name, {}).get(name, {})
        return field
