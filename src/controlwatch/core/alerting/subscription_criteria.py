"""The criteria that limit a subscription, in one list, and the parsers of what people enter to subscribe.

`controlwatch subscribe`, the bot's `subscribe`, the Slack form, the description of a subscription and the
columns of the store are all built from `CRITERIA`: to add a criterion, see CONTRIBUTING.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import time
from typing import TYPE_CHECKING, Any, Literal, Protocol
from zoneinfo import ZoneInfo

from controlwatch.core.alerting.system_alerts import TextPair
from controlwatch.core.law.notice_filter import parse_direction
from controlwatch.core.model import Direction, Subscription
from controlwatch.core.model.errors import UsageError

if TYPE_CHECKING:
    from controlwatch.core.extraction.text.lexicon import Lexicon

#: Direction → its name in words.
DIRECTION_NAMES: dict[str, TextPair] = {
    "tighten": ("stricter", "收紧"),
    "relax": ("eased", "放宽"),
    "suspend": ("suspended", "暂停"),
    "resume": ("applies again", "恢复"),
    "clarify": ("explained", "解释"),
    "neutral": ("other changes", "其他调整"),
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class CriterionNames(Protocol):
    """Resolves names as people write them; each `find_` raises `UsageError` with the nearest known names."""

    @property
    def lexicon(self) -> Lexicon:
        """The known categories, issuers and places."""

    def list_categories(self) -> frozenset[str]:
        """Return every category and group id."""

    def find_category(self, name: str) -> str:
        """Return a category id."""

    def find_issuer(self, name: str) -> str:
        """Return an issuer's code."""

    def find_destination(self, name: str) -> str:
        """Return a destination's ISO code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """The field of a criterion in the Slack form."""

    name: str  #: its block and action id, after "controlwatch_"
    label: TextPair
    #: the tree of categories, a menu of all values, a menu with a search, or values separated by commas
    widget: Literal["categories", "menu", "search", "text"]
    #: label of each value of a menu, by value
    list_choices: Callable[[Lexicon], Mapping[str, TextPair]] = lambda _lexicon: {}
    example: str = ""  #: shown in an empty text field
    hint: TextPair = ("", "")  #: a sentence below the field
    is_basic: bool = False  #: in the form from the start; the others follow behind "more options"


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """Something that a subscription can be limited by: several values of it are alternatives."""

    field: str  #: of `Subscription`, a tuple of strings; also the column of the store
    option: str  #: of `controlwatch subscribe`, without the dashes; repeatable
    help: str  #: of that option
    #: the value that a person means; raises `UsageError`
    parse: Callable[[str, CriterionNames], str]
    #: the value that a word given to the bot means, or None where the word is not a value of this criterion
    recognize: Callable[[str, CriterionNames], str | None]
    form: FormField
    describe: Callable[[str], str] = str  #: a value, for the description of a subscription
    restore: Callable[[str], str] = str  #: a stored value, as `Subscription` holds it

    def get_values(self, subscription: Subscription) -> tuple[str, ...]:
        """Return the values that a subscription is limited to; none: not limited by this criterion."""
        values: tuple[str, ...] = getattr(subscription, self.field)
        return values


def set_criteria(subscription: Subscription, values: Mapping[str, Iterable[str]]) -> Subscription:
    """Return a subscription limited to values by field; a field that is not given is not limited."""
    changes: dict[str, Any] = {
        criterion.field: tuple(
            criterion.restore(value) for value in dict.fromkeys(values.get(criterion.field, ()))
        )
        for criterion in CRITERIA
    }
    return replace(subscription, **changes)


def parse_hs_prefix(text: str) -> str:
    """Return an HS code or its beginning as digits; raises `UsageError`.

    >>> parse_hs_prefix("8507.60"), parse_hs_prefix("８５０７")
    ('850760', '8507')
    """
    digits = unicodedata.normalize("NFKC", text).replace(".", "").replace(" ", "")
    if not digits.isdecimal() or not digits.isascii() or not 2 <= len(digits) <= 10:
        raise UsageError(
            f"{text!r} is not an HS code or its beginning; use 2 to 10 digits, such as 8507 or 8507.60"
        )
    return digits


def parse_quiet_hours(text: str) -> tuple[time, time]:
    """Return the start and the end of quiet hours written as 22:00-07:00; raises `UsageError`."""
    start, dash, end = text.partition("-")
    if not dash:
        raise UsageError(f"{text!r} is not a time range; use 22:00-07:00")
    return check_quiet_hours(parse_clock_time(start.strip()), parse_clock_time(end.strip()))


def check_quiet_hours(start: time | None, end: time | None) -> tuple[time, time]:
    """Return the start and the end of quiet hours; raises `UsageError` on half of a range."""
    if start is None or end is None:
        raise UsageError("quiet hours need both a start and an end")
    if start == end:
        raise UsageError("these quiet hours would last all day; to stop the alerts, unsubscribe")
    return start, end


def parse_clock_time(text: str) -> time:
    """Return a time of day written as HH:MM; raises `UsageError`."""
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a time of day; use HH:MM") from None


def parse_timezone(name: str) -> str:
    """Return the name of a time zone; raises `UsageError`."""
    try:
        return ZoneInfo(name).key
    except (LookupError, ValueError, OSError):
        raise UsageError(
            f"{name!r} is not a time zone; use a name such as Asia/Shanghai or Europe/Berlin"
        ) from None


def _parse_term(text: str, _names: CriterionNames) -> str:
    if not text.strip():
        raise UsageError("an empty term would match every notice; leave the term out instead")
    return text.strip()


def _recognize_hs_prefix(word: str, _names: CriterionNames) -> str | None:
    digits = word.replace(".", "")
    return digits if digits.isascii() and digits.isdigit() and 2 <= len(digits) <= 10 else None


def _recognize_name(find: Callable[[str], str], word: str) -> str | None:
    """Return what a name means, or None; codes may be written in lower case."""
    try:
        return find(word.upper() if word.isascii() else word)
    except UsageError:
        return None


CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        field="categories",
        option="category",
        help="A category or a group, which covers its categories. Repeatable.",
        parse=lambda text, names: names.find_category(text),
        # An id only: names of items are tried last, by `slack.subscription_words`.
        recognize=lambda word, names: word.lower() if word.lower() in names.list_categories() else None,
        form=FormField(
            name="categories",
            label=("Items (none: all)", "物项（不选即全部）"),
            widget="categories",
            hint=(
                "Choose a group to get all of it. Without a choice you get every notice.",
                "选择大类即包含其全部物项；不选则接收所有公告。",
            ),
            is_basic=True,
        ),
    ),
    Criterion(
        field="issuers",
        option="issuer",
        help="MOFCOM, GACC, … Repeatable.",
        parse=lambda text, names: names.find_issuer(text),
        recognize=lambda word, names: _recognize_name(names.find_issuer, word),
        form=FormField(
            name="issuers",
            label=("Issuers", "发布机关"),
            widget="menu",
            list_choices=lambda lexicon: {
                issuer.code: (issuer.code, issuer.zh[0]) for issuer in lexicon.issuers
            },
        ),
    ),
    Criterion(
        field="directions",
        option="direction",
        help="tighten, relax, suspend, … Repeatable.",
        parse=lambda text, _: parse_direction(text).value,
        recognize=lambda word, _: word.casefold() if word.casefold() in set(Direction) else None,
        restore=Direction,
        form=FormField(
            name="directions",
            label=("Directions", "方向"),
            widget="menu",
            hint=("Without a choice: every kind of change.", "不选则包括各类变化。"),
            is_basic=True,
            list_choices=lambda _: {
                direction.value: DIRECTION_NAMES.get(direction.value, (direction.value, ""))
                for direction in Direction
            },
        ),
    ),
    Criterion(
        field="destinations",
        option="destination",
        help="US, JP, EU, … Repeatable.",
        parse=lambda text, names: names.find_destination(text),
        recognize=lambda word, names: _recognize_name(names.find_destination, word),
        form=FormField(
            name="destinations",
            label=("Destinations", "目的地"),
            widget="search",
            list_choices=lambda lexicon: {
                place.code: (
                    lexicon.get_place_name(place.code, "en"),
                    lexicon.get_place_name(place.code, "zh"),
                )
                for place in lexicon.places
            },
        ),
    ),
    Criterion(
        field="hs_prefixes",
        option="hs",
        help="An HS code or its beginning: 8507. Repeatable.",
        parse=lambda text, _: parse_hs_prefix(text),
        recognize=_recognize_hs_prefix,
        describe="HS {}".format,
        form=FormField(
            name="hs",
            label=("HS codes or their beginnings", "海关商品编号或其开头"),
            widget="text",
            hint=(
                "Separated by commas. Only notices that name one of them are sent.",
                "以逗号分隔。仅发送列明其中之一的公告。",
            ),
            example="8507, 2811.19",
        ),
    ),
    Criterion(
        field="terms",
        option="term",
        help="Text that the title or the body must contain. Repeatable.",
        parse=_parse_term,
        recognize=lambda _word, _names: None,  # any word would be one
        describe="“{}”".format,
        form=FormField(
            name="terms",
            label=("Words in title or text", "标题或正文中的关键词"),
            widget="text",
            example="drone, 石墨",
            hint=(
                "Separated by commas. Only notices that contain one of them are sent.",
                "以逗号分隔。仅发送含有其中之一的公告。",
            ),
        ),
    ),
)
