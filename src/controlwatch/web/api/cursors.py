"""Cursors: a position in a list that only the API reads, and only for the list that it was given for."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from controlwatch.web.api.problems import ApiProblem

MAX_CURSOR_LENGTH = 300
#: The largest number of a row.
MAX_ID = 2**31 - 1
#: A parameter or a key that is not known is refused, and never overlooked.
FORBID_OTHERS = ConfigDict(extra="forbid")
#: Entries of a page: by default, and at most.
PAGE_SIZE, MAX_PAGE_SIZE = 50, 200
ItemT = TypeVar("ItemT")

Cursor = Annotated[
    str | None,
    Field(max_length=MAX_CURSOR_LENGTH, description="`next` of the page before; with the same filter."),
]
PageSize = Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE, description="Entries of a page.")]


class Page(BaseModel, Generic[ItemT]):
    """A part of a list."""

    items: list[ItemT]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


def write_cursor(position: str, of_list: str) -> str:
    """Return the cursor of a position in a list; `of_list` names the list and its filter."""
    packed = f"{_digest_list(of_list)}.{position}".encode()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def read_cursor(cursor: str, of_list: str) -> str:
    """Return the position that `write_cursor` wrote for this list; raises `ApiProblem`."""
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise refuse_cursor() from None
    digest, dot, position = packed.partition(".")
    if not dot or digest != _digest_list(of_list):
        raise refuse_cursor()
    return position


def parse_number_position(text: str) -> int:
    """Return the number that a position is; raises `ApiProblem`."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= MAX_ID):
        raise refuse_cursor()
    return int(text)


def refuse_cursor() -> ApiProblem:
    """Return the error for a cursor that is none, or one of another list."""
    return ApiProblem(
        422, "invalid-cursor", "This cursor is not one of this list with this filter; begin without a cursor."
    )


def _digest_list(of_list: str) -> str:
    return hashlib.sha256(of_list.encode("utf-8", "replace")).hexdigest()[:16]
