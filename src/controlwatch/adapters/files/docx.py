"""Read a DOCX file: paragraphs, tables and text boxes in their order."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import docx

from controlwatch.adapters.files import ParsedFile
from controlwatch.core.sources.html_tables import format_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docx.oxml.xmlchemy import BaseOxmlElement

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK_TAG = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_CHARACTER_TAGS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_MAX_COLUMNS = 100  # columns that a cell may claim to cover


def read_docx(body: bytes) -> ParsedFile:
    """Read the body of a DOCX file. Numbers that Word makes while printing a list are not in the file."""
    return ParsedFile("\n".join(_read_blocks(docx.Document(io.BytesIO(body)).element.body)))


def _read_blocks(container: BaseOxmlElement) -> Iterator[str]:
    """Lines of what stands in a body, a cell, a text box, or a content control among them."""
    for part in container.iterchildren(tag="*"):
        if part.tag == f"{_W}p":
            yield from _read_paragraph(part)
        elif part.tag == f"{_W}tbl":
            yield from _read_table(part)
        elif part.tag != _FALLBACK_TAG:
            yield from _read_blocks(part)


def _read_paragraph(paragraph: BaseOxmlElement) -> Iterator[str]:
    boxes: list[BaseOxmlElement] = []
    text = "".join(_read_inline(paragraph, boxes))
    yield from (line for line in (line.strip(" \u3000\t") for line in text.split("\n")) if line)
    for box in boxes:
        yield from _read_blocks(box)


def _read_inline(part: BaseOxmlElement, boxes: list[BaseOxmlElement]) -> Iterator[str]:
    """What is printed; deleted text and field codes have tags of their own and are left out."""
    for child in part.iterchildren(tag="*"):
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _CHARACTER_TAGS:
            yield _CHARACTER_TAGS[child.tag]
        elif child.tag == f"{_W}txbxContent":
            boxes.append(child)
        elif child.tag not in {_FALLBACK_TAG, f"{_W}pPr"}:  # a fallback repeats its choice
            yield from _read_inline(child, boxes)


def _read_table(table: BaseOxmlElement) -> Iterator[str]:
    """Rows as lines; a cell merged downwards stands in each row, a table in a cell follows its row."""
    held: dict[int, str] = {}
    for row in _find_children(table, "tr"):
        inner: list[BaseOxmlElement] = []
        line = _read_row(row, held, inner)
        yield from (shown for shown in format_rows(line) if shown.strip())
        for nested in inner:
            yield from _read_table(nested)


def _read_row(row: BaseOxmlElement, held: dict[int, str], inner: list[BaseOxmlElement]) -> list[str]:
    shown = [""] * _parse_number(row.find(f"{_W}trPr/{_W}gridBefore"), default=0)
    for cell in _find_children(row, "tc"):
        column = len(shown)
        merge = cell.find(f"{_W}tcPr/{_W}vMerge")
        if merge is None:
            held.pop(column, None)
            shown.append(_read_cell(cell, inner))
        elif merge.get(f"{_W}val") == "restart":
            held[column] = _read_cell(cell, inner)
            shown.append(held[column])
        else:
            shown.append(held.get(column, ""))
        shown.extend([""] * (_parse_number(cell.find(f"{_W}tcPr/{_W}gridSpan"), default=1) - 1))
    return shown


def _read_cell(cell: BaseOxmlElement, inner: list[BaseOxmlElement]) -> str:
    """The words of a cell in one line, without the tables that stand in it."""
    words: list[str] = []
    for part in cell.iterchildren(tag="*"):
        if part.tag == f"{_W}tbl":
            inner.append(part)
        elif part.tag == f"{_W}p":
            words.extend(_read_paragraph(part))
        elif part.tag != _FALLBACK_TAG:
            words.append(_read_cell(part, inner))
    return " ".join(" ".join(words).split())


def _find_children(container: BaseOxmlElement, name: str) -> Iterator[BaseOxmlElement]:
    """Rows of a table or cells of a row, also those in content controls."""
    for part in container.iterchildren(tag="*"):
        if part.tag == f"{_W}{name}":
            yield part
        elif part.tag in {f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins"}:
            yield from _find_children(part, name)


def _parse_number(setting: BaseOxmlElement | None, *, default: int) -> int:
    written = "" if setting is None else setting.get(f"{_W}val", "")
    return min(int(written), _MAX_COLUMNS) if written.isascii() and written.isdigit() else default
