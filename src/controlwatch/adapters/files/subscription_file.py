"""Write subscriptions as a JSON file, and read them: each problem of a bad file with its line and key."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, create_model

from controlwatch.core.alerting.subscription_criteria import (
    CRITERIA,
    WEEKDAYS,
    CriterionNames,
    parse_clock_time,
    parse_quiet_hours,
    parse_timezone,
    set_criteria,
)
from controlwatch.core.alerting.subscription_import import get_settings
from controlwatch.core.model import ChannelName, Language, Rate, Subscription
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_one_line

FORMAT = "controlwatch subscriptions 1"
MAX_FILE_BYTES = 2_000_000
MAX_ENTRIES, MAX_VALUES, MAX_TEXT, MAX_MINUTES = 5_000, 200, 500, 1_000_000
MAX_PROBLEMS = 20  #: that are named at once
#: A subscription of which a file says nothing but its target.
DEFAULTS = Subscription(channel="console", target="-", health=False)
#: Setting → what reads its text.
TEXT_SETTINGS: dict[str, Callable[[str], Any]] = {
    "at": parse_clock_time,
    "timezone": parse_timezone,
    "quiet": parse_quiet_hours,
}
PARSED_SETTINGS = ("target", "escalate_to", *TEXT_SETTINGS)
PLAIN_SETTINGS = (
    *("channel", "rate", "language", "reports", "health", "reminders", "outlook", "escalate_after"),
)
#: Returns the target as its channel knows it; raises `UsageError`.
TargetCheck = Callable[[ChannelName, str], str]
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class SubscriptionFileError(UsageError):
    """A file that cannot be imported, with each of its problems."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        shown, more = self.problems[:MAX_PROBLEMS], len(self.problems) - MAX_PROBLEMS
        super().__init__("\n".join((*shown, *([f"and {more} more"] if more > 0 else []))))


class _Settings(BaseModel):
    """The settings of an entry that are not criteria."""

    model_config = ConfigDict(extra="forbid", strict=True)

    channel: ChannelName
    target: Text
    rate: Rate = "immediate"
    at: Text | None = None
    weekday: Weekday | None = None
    timezone: Text | None = None
    quiet: Text | None = None
    language: Language = "both"
    reports: bool = DEFAULTS.reports
    health: bool = DEFAULTS.health
    reminders: bool = DEFAULTS.reminders
    outlook: bool = DEFAULTS.outlook
    escalate_after: int = Field(default=0, ge=0, le=MAX_MINUTES)
    escalate_to: Text = ""


_Values = Annotated[list[Text], Field(max_length=MAX_VALUES)]
#: An entry has the options of `controlwatch subscribe` as keys.
_Entry = create_model(
    "_Entry", __base__=_Settings, **cast("Any", {item.option: (_Values, []) for item in CRITERIA})
)


def format_subscription_file(subscriptions: Iterable[Subscription]) -> str:
    """Return subscriptions as a file: what is as by default is left out, and who has not confirmed too."""
    entries = [_build_entry(item) for item in subscriptions if item.confirmed]
    return f"{json.dumps({'format': FORMAT, 'subscriptions': entries}, ensure_ascii=False, indent=2)}\n"


def decode_subscription_file(body: bytes) -> str:
    """Return the text of a file; raises `SubscriptionFileError` with the line that is not UTF-8."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise SubscriptionFileError([f"line {line}: this is not text in UTF-8"]) from error


def parse_subscription_file(
    text: str, names: CriterionNames, check_target: TargetCheck
) -> tuple[Subscription, ...]:
    """Return the subscriptions of a file, all or none; raises `SubscriptionFileError`."""
    problems: list[str] = []
    parsed: list[Subscription] = []
    lines: dict[object, int] = {}
    for place in _find_entries(text):
        try:
            subscription = _parse_entry(place, names, check_target)
        except SubscriptionFileError as error:
            problems += error.problems
            continue
        first = lines.setdefault(get_settings(subscription), place.line)
        if first != place.line:
            problems.append(f"line {place.line}: the same subscription stands at line {first}")
        parsed.append(subscription)
    if problems:
        raise SubscriptionFileError(problems)
    return tuple(parsed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _PlacedEntry:
    """An entry, and where it stands."""

    value: object
    source: str
    line: int  #: on which it begins, from 1

    def describe_problem(self, key: str, reason: str) -> str:
        """Return a problem with the line of its key; of a key that is missing, that of the entry."""
        found = re.search(rf"{re.escape(json.dumps(key, ensure_ascii=False))}\s*:", self.source)
        line = self.line + (self.source.count("\n", 0, found.start()) if found is not None else 0)
        return f"line {line}: {to_one_line(key, 60)}: {to_one_line(reason, 300)}"


def _find_entries(text: str) -> Iterator[_PlacedEntry]:
    """Yield the entries of a file; raises `SubscriptionFileError` where it is none."""
    try:
        whole = json.loads(text, object_pairs_hook=_refuse_repeated_keys)
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno}: this is not JSON: {error.msg}, at character {error.colno}"
        raise SubscriptionFileError([problem]) from error
    except (RecursionError, ValueError) as error:
        raise SubscriptionFileError([f"this is not a file of subscriptions: {error}"]) from error
    start = re.search(r'"subscriptions"\s*:\s*\[', text)
    if not isinstance(whole, dict) or whole.get("format") != FORMAT or start is None:
        raise SubscriptionFileError(
            [f'line 1: format: this is not a file of subscriptions; it begins with "format": "{FORMAT}"']
        )
    others = sorted(set(whole) - {"format", "subscriptions"})
    if others:
        raise SubscriptionFileError([f"line 1: {to_one_line(others[0], 60)}: is not a key of the file"])
    if not isinstance(whole["subscriptions"], list) or len(whole["subscriptions"]) > MAX_ENTRIES:
        raise SubscriptionFileError([f"subscriptions: is not a list of at most {MAX_ENTRIES} entries"])
    place, decoder = start.end(), json.JSONDecoder()
    for _ in whole["subscriptions"]:
        begin = re.compile(r"[\s,]*").match(text, place)
        begins_at = begin.end() if begin is not None else place
        value, place = decoder.raw_decode(text, begins_at)
        line = text.count("\n", 0, begins_at) + 1
        yield _PlacedEntry(value=value, source=text[begins_at:place], line=line)


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        repeated = next(key for key, _ in pairs if [other for other, _ in pairs].count(key) > 1)
        raise ValueError(f"the key {repeated[:60]!r} stands twice in one object")
    return found


def _parse_entry(place: _PlacedEntry, names: CriterionNames, check_target: TargetCheck) -> Subscription:
    try:
        entry: Any = _Entry.model_validate(place.value)
    except ValidationError as error:
        found = ((str(next(iter(item["loc"]), "entry")), item["msg"]) for item in error.errors())
        raise SubscriptionFileError(place.describe_problem(*pair) for pair in found) from error
    problems: list[str] = []
    values: defaultdict[str, list[Any]] = defaultdict(list)
    for key, parse in _list_parsers(entry, names, check_target):
        try:
            values[key].append(parse())
        except UsageError as error:
            problems.append(place.describe_problem(key, str(error)))
    if problems:
        raise SubscriptionFileError(problems)
    changes: dict[str, Any] = {name: getattr(entry, name) for name in PLAIN_SETTINGS}
    changes |= {name: values[name][0] for name in PARSED_SETTINGS if values[name]}
    if entry.weekday is not None:
        changes["weekday"] = WEEKDAYS.index(entry.weekday)
    return set_criteria(replace(DEFAULTS, **changes), {item.field: values[item.option] for item in CRITERIA})


def _list_parsers(
    entry: Any, names: CriterionNames, check_target: TargetCheck
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield each key with what reads its value; a list has a reader for each value."""
    yield "target", partial(check_target, entry.channel, entry.target)
    if entry.escalate_to:
        yield "escalate_to", partial(check_target, entry.channel, entry.escalate_to)
    for key, parse in TEXT_SETTINGS.items():
        if getattr(entry, key) is not None:
            yield key, partial(parse, getattr(entry, key))
    for item in CRITERIA:
        for value in getattr(entry, item.option):
            yield item.option, partial(item.parse, to_one_line(value, MAX_TEXT), names)


def _build_entry(item: Subscription) -> dict[str, Any]:
    values: dict[str, Any] = {"channel": item.channel, "target": item.target}
    values |= {criterion.option: list(criterion.get_values(item)) for criterion in CRITERIA}
    values |= {"rate": item.rate, "at": f"{item.at:%H:%M}", "weekday": WEEKDAYS[item.weekday]}
    quiet = f"{item.quiet[0]:%H:%M}-{item.quiet[1]:%H:%M}" if item.quiet is not None else None
    values |= {"timezone": item.timezone, "quiet": quiet, "language": item.language}
    for name in ("reports", "health", "reminders", "outlook", "escalate_after", "escalate_to"):
        values[name] = getattr(item, name)
    if item is DEFAULTS:
        return values
    usual = _build_entry(DEFAULTS)
    return {
        key: value for key, value in values.items() if key in {"channel", "target"} or value != usual[key]
    }
