"""Parse Office files that are one XML file: Word 2003, Excel 2003, and a Word package in one file."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from docx.oxml import parse_xml
from docx.oxml.xmlchemy import BaseOxmlElement

from controlwatch.adapters.files import ParsedFile, Unreadable, describe_objects
from controlwatch.adapters.files.docx import list_pictures, read_word_body
from controlwatch.adapters.files.picture_text import PictureReader
from controlwatch.adapters.files.pictures import add_pictures
from controlwatch.core.sources.html_tables import RowSpans, TableCell, format_rows

_WORD_2003 = b"http://schemas.microsoft.com/office/word/2003/wordml"
_WORD = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_S = "{urn:schemas-microsoft-com:office:spreadsheet}"
_DECLARED_ENCODING = re.compile(rb"(<\?xml[^>]*?)\s+encoding\s*=\s*[\"'](?:gb2312|gbk)[\"']", re.IGNORECASE)
_PKG = "{http://schemas.microsoft.com/office/2006/xmlPackage}"
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_MAX_SPAN = 100


def read_office_xml(body: bytes, *, reader: PictureReader | None = None) -> ParsedFile:
    """Parse a Word or Excel file that is XML. Raises `Unreadable` for other XML, or with a DOCTYPE.

    Pictures that are large enough to hold a table are recognised by a reader; without one they are a doubt.
    """
    if b"<!DOCTYPE" in body[:4_000] or b"<!ENTITY" in body:
        raise Unreadable("its XML declares entities")
    body = _DECLARED_ENCODING.sub(rb'\1 encoding="gb18030"', body.replace(_WORD_2003, _WORD))
    root = parse_xml(body)
    if root.tag == f"{_S}Workbook":
        return _read_workbook(root)
    word_body = next(root.iter(f"{_W}body"), None)
    if word_body is None:
        raise Unreadable("an XML file, but not a document of Word or Excel")
    notes = (
        part for kind in ("footnotes", "endnotes") for notes in root.iter(f"{_W}{kind}") for part in notes
    )
    beside = [note for note in notes if note.get(f"{_W}type", "normal") == "normal"]
    parsed = read_word_body(word_body, next(root.iter(f"{_W}styles"), None), beside=beside)
    objects = sum(1 for _ in word_body.iter(f"{_W}object"))
    parsed = replace(parsed, doubts=(*parsed.doubts, *describe_objects(objects)))
    pictures = _list_binaries(root)
    names = dict.fromkeys(list_pictures(word_body))
    return add_pictures(parsed, [pictures.get(name, b"") for name in names], reader)


def _list_binaries(root: BaseOxmlElement) -> dict[str, bytes]:
    """Return the pictures of a file by the names under which its body refers to them."""
    parts = {
        part.get(f"{_PKG}name", ""): data.text or ""
        for part in root.iter(f"{_PKG}part")
        if (data := part.find(f"{_PKG}binaryData")) is not None
    }
    encoded = {
        relation.get("Id", ""): parts.get(f"/word/{relation.get('Target', '')}", "")
        for relation in root.iter(_RELATIONSHIP)
    }
    encoded |= {data.get(f"{_W}name", ""): data.text or "" for data in root.iter(f"{_W}binData")}
    binaries: dict[str, bytes] = {}
    for name, text in encoded.items():
        with suppress(ValueError):
            binaries[name] = b64decode(text)
    return binaries


def _read_workbook(root: BaseOxmlElement) -> ParsedFile:
    lines: list[str] = []
    doubts: list[str] = []
    sheets = list(root.iter(f"{_S}Worksheet"))
    for sheet in sheets:
        name, spans = sheet.get(f"{_S}Name", ""), RowSpans()
        rows = [
            line
            for row in sheet.iter(f"{_S}Row")
            for line in format_rows(spans.complete_row(_read_cells(row)))
            if line.strip()
        ]
        lines += [name, *rows] if rows and len(sheets) > 1 else rows
        if rows and sheet.find(".//{urn:schemas-microsoft-com:office:excel}Visible") is not None:
            doubts.append(f"the sheet “{name}” is hidden in the file; it was read")
        if any(row.get(f"{_S}Hidden") == "1" for row in sheet.iter(f"{_S}Row")):
            doubts.append(f"the sheet “{name}” hides rows that were read")
    return ParsedFile("\n".join(lines), tuple(doubts))


def _read_cells(row: BaseOxmlElement) -> Iterator[TableCell]:
    column = 1
    for cell in row.iterchildren(f"{_S}Cell"):
        at = _parse_number(cell.get(f"{_S}Index"), column)
        yield from (TableCell("") for _ in range(min(at - column, _MAX_SPAN)))
        wide, deep = (_parse_number(cell.get(f"{_S}{name}"), 0) for name in ("MergeAcross", "MergeDown"))
        words = "".join(str(text) for data in cell.iterchildren(f"{_S}Data") for text in data.itertext())
        yield TableCell(" ".join(words.split()), rowspan=deep + 1, colspan=min(wide, _MAX_SPAN) + 1)
        column = at + wide + 1


def _parse_number(digits: str | None, default: int) -> int:
    return int(digits) if digits and digits.isascii() and digits.isdigit() and len(digits) < 8 else default
