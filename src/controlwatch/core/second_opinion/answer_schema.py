"""The answer of a second reader: eight lists of a value and the quote that proves it, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from controlwatch.core.model import Direction, Verb
from controlwatch.core.model.errors import UnusableAnswer

MAX_ITEMS = 40  #: of one list that are looked at; the others count as refused
MAX_VALUE_LENGTH, MAX_QUOTE_LENGTH = 200, 400  #: characters; a longer quote proves too much
MAX_ANSWER_LENGTH = 200_000  #: characters of JSON


class AnswerField(StrEnum):
    """What a second reader is asked about."""

    IS_CHANGE = "is_change"
    DIRECTION = "direction"
    NUMBER = "number"
    EFFECTIVE = "effective"
    RELATIONS = "relations"
    CODES = "codes"
    CATEGORIES = "categories"
    PARTIES = "parties"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerItem:
    """A value that a second reader states, and the words that it says prove it. Neither is proved yet."""

    field: AnswerField
    value: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondAnswer:
    """Everything of an answer that has the form that was asked for."""

    items: tuple[AnswerItem, ...] = ()
    malformed: int = 0  #: entries without that form


#: What each list is to hold, as the reader is told.
DESCRIPTIONS: Mapping[AnswerField, str] = {
    AnswerField.IS_CHANGE: 'one entry, "true" or "false": whether this very text is an instrument that '
    "changes the rules, and not a report, a draft or an explanation of one",
    AnswerField.DIRECTION: f"one entry, where the control moves: {', '.join(Direction)}",
    AnswerField.NUMBER: "the text's own document number as it prints it; no entry where it prints none",
    AnswerField.EFFECTIVE: "each day on which something begins or ends to apply, as YYYY-MM-DD",
    AnswerField.RELATIONS: "what it does to another notice: one of "
    f"{', '.join(Verb)}, a blank, and the number of that notice as the text prints it",
    AnswerField.CODES: "each customs code or control code that it covers",
    AnswerField.CATEGORIES: "the item categories that it covers, by their ids",
    AnswerField.PARTIES: "each company or person that it lists, by the name as printed",
}


def build_answer_schema() -> dict[str, Any]:
    """Return the JSON schema of an answer: every list is required, and nothing else is allowed."""
    entry = {
        "type": "object",
        "properties": {"value": {"type": "string"}, "quote": {"type": "string"}},
        "required": ["value", "quote"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            name.value: {"type": "array", "items": entry, "description": DESCRIPTIONS[name]}
            for name in AnswerField
        },
        "required": [name.value for name in AnswerField],
        "additionalProperties": False,
    }


def parse_answer(text: str) -> SecondAnswer:
    """Return what of a JSON object has the form of an answer; raises `UnusableAnswer` for other text.

    Whatever was not asked for counts as malformed and is looked at no further.
    """
    if len(text) > MAX_ANSWER_LENGTH:
        raise UnusableAnswer(f"the answer is longer than {MAX_ANSWER_LENGTH:,} characters")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise UnusableAnswer("the answer is not JSON") from None
    if not isinstance(found, dict):
        raise UnusableAnswer("the answer is JSON of another form than the one asked for")
    sorted_items = _SortedItems()
    for name, entries in found.items():
        if name not in set(AnswerField) or not isinstance(entries, list):
            sorted_items.malformed += 1
            continue
        for place, entry in enumerate(entries):
            sorted_items.add(AnswerField(name), entry if place < MAX_ITEMS else None)
    return SecondAnswer(items=tuple(dict.fromkeys(sorted_items.items)), malformed=sorted_items.malformed)


@dataclass(slots=True)
class _SortedItems:
    """The entries of an answer that have the right form, and the number of the others."""

    items: list[AnswerItem] = field(default_factory=list)
    malformed: int = 0

    def add(self, name: AnswerField, entry: object) -> None:
        values = [entry.get("value"), entry.get("quote")] if isinstance(entry, dict) else []
        limits = (MAX_VALUE_LENGTH, MAX_QUOTE_LENGTH)
        texts = [text for text in values if isinstance(text, str)]
        if len(texts) != 2 or any(len(text) > most for text, most in zip(texts, limits, strict=True)):
            self.malformed += 1
            return
        self.items.append(AnswerItem(field=name, value=texts[0].strip(), quote=texts[1]))
