"""Read what was laid over the pages of a PDF or put into the file: form fields, boxes, marks, other files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from pypdf import PageObject, PdfReader

from controlwatch.adapters.files.parse_errors import get_parse_errors

_MAX_MARKS = 2_000  # annotations of a page that are looked at
_MAX_FILES = 20  # attached files that are named


@dataclass(slots=True)
class PageMarks:
    """The lines of the fields and boxes over a page, and how many of its passages are struck through."""

    lines: list[str] = field(default_factory=list)
    struck: int = 0


def read_marks(page: PageObject) -> PageMarks:
    """Return what lies over a page: it is drawn with the page, but not part of its text."""
    found = PageMarks()
    with suppress(*get_parse_errors()):  # what a damaged entry holds is not drawn either
        for entry in islice(page.get("/Annots") or (), _MAX_MARKS):
            mark = entry.get_object()
            match mark.get("/Subtype"):
                case "/FreeText":
                    found.lines += _split_lines(mark.get("/Contents"))
                case "/Widget":
                    parent = mark.get("/Parent")
                    value = mark.get("/V", parent.get_object().get("/V") if parent is not None else None)
                    found.lines += _split_lines(value)
                case "/StrikeOut":
                    found.struck += 1
    return found


def list_attached(file: PdfReader) -> tuple[str, ...]:
    """Return the names of the files that are attached to a PDF or to a place on its pages."""
    names: dict[str, None] = {}
    with suppress(*get_parse_errors()):
        names |= dict.fromkeys(islice(file.attachments, _MAX_FILES))
    return tuple(names)


def _split_lines(value: object) -> Iterator[str]:
    """Yield the lines of a text; names such as /Off are the states of boxes to tick."""
    if isinstance(value, str) and not value.startswith("/"):
        yield from (line for line in (" ".join(line.split()) for line in value.splitlines()) if line)
