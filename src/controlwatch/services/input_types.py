"""What programs send, checked before it is used: days, names and texts, each with its limit."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

#: Characters of a name, of an address, and of a text to search for.
MAX_NAME_LENGTH, MAX_ADDRESS_LENGTH, MAX_SEARCH_LENGTH = 300, 2_000, 200
#: Names of categories in one question, and names of parties in one small question.
MAX_CATEGORIES, MAX_NAMES = 50, 100
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def parse_iso_day(value: object) -> date:
    """Return a day that is written as YYYY-MM-DD; raises `ValueError` for anything else.

    A number is refused too: it would be taken for a time since 1970.
    """
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _ISO_DAY.fullmatch(value):
        raise ValueError("a day is written as YYYY-MM-DD")
    return date.fromisoformat(value)


def refuse_control_characters(text: str) -> str:
    """Return a text that a database can hold; raises `ValueError` where it has control characters."""
    if any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in text):
        raise ValueError("control characters are not allowed")
    return text


IsoDay = Annotated[date, BeforeValidator(parse_iso_day), WithJsonSchema({"type": "string", "format": "date"})]
Name = Annotated[
    str, Field(min_length=1, max_length=MAX_NAME_LENGTH), AfterValidator(refuse_control_characters)
]
#: The number, the key or the address of a notice.
NoticeName = Annotated[
    str, Field(min_length=1, max_length=MAX_ADDRESS_LENGTH), AfterValidator(refuse_control_characters)
]
#: Searched exactly as typed.
SearchText = Annotated[
    str, Field(min_length=1, max_length=MAX_SEARCH_LENGTH), AfterValidator(refuse_control_characters)
]
