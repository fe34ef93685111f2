"""Parse DOCX files: paragraphs, tables and text boxes in document order."""

from __future__ import annotations

import io
from collections.abc import Iterator

import docx
from docx.oxml.xmlchemy import BaseOxmlElement

from controlwatch.adapters.files import ParsedFile
from controlwatch.core.sources.html_tables import format_rows

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK_TAG = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_CHARACTER_TAGS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_MAX_COLUMNS = 100  # columns that a cell may claim to cover


def read_docx(body: bytes) -> ParsedFile:
    """Parse the body of a DOCX file. The numbers of list items are not in the file: Word computes them."""
    return ParsedFile("\n".join(_read_blocks(docx.Document(io.BytesIO(body)).element.body)))


def _read_blocks(container: BaseOxmlElement) -> Iterator[str]:
    """Yield the lines of a body, a cell or a text box, with those of content controls in it."""
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
    """Yield the visible text; deleted text and field codes have other tags and are left out."""
    for child in part.iterchildren(tag="*"):
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _CHARACTER_TAGS:
            yield _CHARACTER_TAGS[child.tag]
        elif child.tag == f"{_W}txbxContent":
            boxes.append(child)
        elif child.tag not in {_FALLBACK_TAG, f"{_W}pPr"}:  # a fallback repeats other content
            yield from _read_inline(child, boxes)


def _read_table(table: BaseOxmlElement) -> Iterator[str]:
    """Yield rows as lines; a cell merged downwards is repeated, a nested table follows its row."""
    merged: dict[int, str] = {}  #: text of the cells merged downwards, by column
    for row in _find_children(table, "tr"):
        inner: list[BaseOxmlElement] = []
        texts = [""] * _parse_number(row.find(f"{_W}trPr/{_W}gridBefore"), default=0)
        for cell in _find_children(row, "tc"):
            merge = cell.find(f"{_W}tcPr/{_W}vMerge")
            if merge is None:
                merged.pop(len(texts), None)
                text = _read_cell(cell, inner)
            elif merge.get(f"{_W}val") == "restart":
                text = merged[len(texts)] = _read_cell(cell, inner)
            else:
                text = merged.get(len(texts), "")
            width = _parse_number(cell.find(f"{_W}tcPr/{_W}gridSpan"), default=1)
            texts.extend([text, *[""] * (width - 1)])
        yield from (line for line in format_rows(texts) if line.strip())
        for nested in inner:
            yield from _read_table(nested)


def _read_cell(cell: BaseOxmlElement, inner: list[BaseOxmlElement]) -> str:
    """Return the text of a cell in one line, without nested tables, which are added to `inner`."""
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
    """Yield the rows of a table or the cells of a row, also those in content controls."""
    for part in container.iterchildren(tag="*"):
        if part.tag == f"{_W}{name}":
            yield part
        elif part.tag in {f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins"}:
            yield from _find_children(part, name)


def _parse_number(setting: BaseOxmlElement | None, *, default: int) -> int:
    digits = "" if setting is None else setting.get(f"{_W}val", "")
    return min(int(digits), _MAX_COLUMNS) if digits.isascii() and digits.isdigit() else default
