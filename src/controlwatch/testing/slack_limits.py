"""The limits of Slack for blocks and views: the documented ones, and common causes of refusals.

https://docs.slack.dev/reference/block-kit and https://docs.slack.dev/reference/views
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]

MOST_BLOCKS = 50
MOST_IN_A_VIEW = 100
MOST_CHARACTERS = 13_200
MOST_OPTIONS = 100
LINK = re.compile(r"(?:https?://|mailto:)\S*$")
#: block → its texts' limit
TEXTS = {"header": 150, "section": 3_000, "context": 2_000}
#: block → its maximum number of elements
ELEMENTS = {"context": 10, "actions": 25}
MENUS = frozenset({"static_select", "multi_static_select", "overflow", "checkboxes", "radio_buttons"})
PICKERS = {
    "datepicker": ("initial_date", re.compile(r"\d{4}-\d\d-\d\d")),
    "timepicker": ("initial_time", re.compile(r"[0-2]\d:[0-5]\d")),
}
OTHERS = frozenset(
    {
        "external_select",
        "multi_external_select",
        "users_select",
        "conversations_select",
        "plain_text_input",
    }
)


def refused_message(blocks: list[Json], text: str = "") -> str | None:
    """Return Slack's error for a message, or None if it is accepted."""
    if len(blocks) > MOST_BLOCKS or any(_faults(blocks)):
        return "invalid_blocks"
    total = sum(len(shown) for shown in texts(blocks)) + len(text)
    return "msg_blocks_too_long" if total > MOST_CHARACTERS else None


def refused_view(view: Json) -> tuple[str, ...]:
    """Return the faults that Slack reports for a view; none if it is accepted."""
    return tuple(_view_faults(view))


def texts(value: object) -> Iterator[str]:
    """Yield every text below a value."""
    if isinstance(value, dict):
        text = value.get("text")
        if isinstance(text, str):
            yield text
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def _view_faults(view: Json) -> Iterator[str]:
    blocks = view.get("blocks", [])
    if len(blocks) > MOST_IN_A_VIEW:
        yield "too many blocks"
    yield from _faults(blocks)
    for name, most in (("private_metadata", 3_000), ("callback_id", 255), ("external_id", 255)):
        if len(view.get(name, "")) > most:
            yield f"{name} is too long"
    if view.get("type") == "home":
        return
    if view.get("type") != "modal" or "title" not in view:
        yield "a modal has a title"
    for name in ("title", "submit", "close"):
        if name in view:
            yield from _plain(view[name], 24, name)
    if "submit" not in view and any(block.get("type") == "input" for block in blocks):
        yield "a modal with inputs has a submit"


def _faults(blocks: list[Json]) -> Iterator[str]:
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "block ids are not unique"
    if _hollow(blocks):
        yield "an empty list of elements, or an invalid link"
    for block in blocks:
        if len(block.get("block_id", "x")) not in range(1, 256):
            yield "a block id is too long"
        yield from _block(block)


def _hollow(value: object) -> bool:
    """Return whether a value holds an empty list of elements, or an invalid link."""
    if isinstance(value, list):
        return any(_hollow(item) for item in value)
    if not isinstance(value, dict):
        return False
    if value.get("elements") == [] or not LINK.match(value.get("url", "https://")):
        return True
    return any(_hollow(item) for item in value.values())


def _block(block: Json) -> Iterator[str]:
    kind = block.get("type", "")
    if any(text == "" for text in texts([block])):
        yield f"an empty text in {kind}"
    most = TEXTS.get(kind)
    if most is not None and any(len(text) > most for text in texts([block])):
        yield f"a text in {kind} is too long"
    if kind in ELEMENTS and not 1 <= len(block.get("elements", [])) <= ELEMENTS[kind]:
        yield f"{kind} has too many elements or none"
    if kind == "header":
        yield from _plain(block.get("text", {}), 150, "header")
    if kind == "input":
        yield from _plain(block.get("label", {}), 2_000, "label")
        yield from _element(block["element"])
    if kind == "actions":
        names = [element.get("action_id") for element in block["elements"]]
        if len(names) != len(set(names)):
            yield "action ids are not unique"
        for element in block["elements"]:
            yield from _element(element)
    if kind == "section" and "accessory" in block:
        yield from _element(block["accessory"])


def _element(element: Json) -> Iterator[str]:
    kind = element.get("type", "")
    if len(element.get("action_id", "x")) not in range(1, 256):
        yield "an action id is too long"
    if "placeholder" in element:
        yield from _plain(element["placeholder"], 150, "placeholder")
    checks: dict[str, Callable[[Json], Iterator[str]]] = {"button": _button}
    checks |= dict.fromkeys(MENUS, _menu) | dict.fromkeys(PICKERS, _picker)
    check = checks.get(kind)
    if check is not None:
        yield from check(element)
    elif kind not in OTHERS:
        yield f"{kind!r} is not a supported element"
    if len(element.get("initial_value", "")) > 3_000:
        yield "an initial value is too long"


def _button(button: Json) -> Iterator[str]:
    yield from _plain(button.get("text", {}), 75, "button")
    if len(button.get("value", "")) > 2_000 or len(button.get("url", "")) > 3_000:
        yield "a button's value or address is too long"
    if button.get("style", "primary") not in {"primary", "danger"}:
        yield "unknown style"


def _picker(element: Json) -> Iterator[str]:
    name, form = PICKERS[element["type"]]
    if name in element and not form.fullmatch(element[name]):
        yield f"{name} is malformed"


def _menu(menu: Json) -> Iterator[str]:
    groups = menu.get("option_groups")
    options = (
        [option for group in groups for option in group["options"]] if groups else menu.get("options", [])
    )
    most = 10 if menu["type"] in {"checkboxes", "radio_buttons"} else MOST_OPTIONS
    for part in [group["options"] for group in groups] if groups else [options]:
        if not 1 <= len(part) <= most:
            yield f"a menu has {len(part)} options"
    for group in groups or ():
        yield from _plain(group["label"], 75, "group")
    if groups and len(groups) > MOST_OPTIONS:
        yield "too many groups"
    for option in options:
        yield from _plain(option["text"], 75, "option")
        if not 1 <= len(option.get("value", "")) <= 150:
            yield "an option's value is too long or empty"
    chosen = menu.get("initial_options", [menu["initial_option"]] if "initial_option" in menu else None)
    if chosen is not None and (not chosen or any(option not in options for option in chosen)):
        yield "an initial option is not among the options"


def _plain(value: Json, most: int, what: str) -> Iterator[str]:
    text = value.get("text", "")
    if value.get("type") not in {"plain_text", "mrkdwn"} or not 1 <= len(text) <= most:
        yield f"{what} has no text, or one of more than {most} characters"
