"""Read what lies on the sheets of a workbook and not in their cells: text boxes, pictures, comments."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from zipfile import ZipFile

from docx.oxml import parse_xml
from docx.oxml.xmlchemy import BaseOxmlElement

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_XDR = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DRAWING = re.compile(r"(?:^|/)drawings/drawing\d*\.xml$")
_COMMENTS = re.compile(r"(?:^|/)comments\d*\.xml$|(?:^|/)comments/comment\d*\.xml$")
_MIN_PICTURE = (2_160_000, 1_080_000)  # 6 by 3 cm, in EMU; less is a seal, a sign or an ornament
_MAX_BYTES = 5_000_000  # of one drawing
_SHAPES = frozenset({f"{_XDR}sp", f"{_XDR}cxnSp"})


@dataclass(frozen=True, slots=True)
class SheetDrawings:
    """The lines of text boxes, the pictures that can hold a table, and the words of comments."""

    lines: tuple[str, ...]
    pictures: tuple[bytes, ...]
    comments: tuple[str, ...]


def read_drawings(package: ZipFile) -> SheetDrawings:
    """Return what lies on the sheets of a workbook."""
    lines: list[str] = []
    comments: list[str] = []
    pictures: dict[str, None] = {}
    names = [member.filename for member in package.infolist() if member.file_size <= _MAX_BYTES]
    for name in names:
        if _DRAWING.search(name):
            drawing = parse_xml(package.read(name))
            lines += _list_lines(drawing)
            pictures |= dict.fromkeys(_find_pictures(drawing, package, name))
        elif _COMMENTS.search(name):
            comments += (text.text or "" for text in parse_xml(package.read(name)).iter(f"{_S}t"))
    known = set(package.namelist())
    return SheetDrawings(
        tuple(lines), tuple(package.read(name) for name in pictures if name in known), tuple(comments)
    )


def _list_lines(drawing: BaseOxmlElement) -> Iterator[str]:
    for paragraph in drawing.iter(f"{_A}p"):
        if any(above.tag in _SHAPES for above in paragraph.iterancestors()):
            line = " ".join("".join(text.text or "" for text in paragraph.iter(f"{_A}t")).split())
            if line:
                yield line


def _find_pictures(drawing: BaseOxmlElement, package: ZipFile, name: str) -> Iterator[str]:
    """Yield the names of the pictures that are drawn large; one whose size is not given may be."""
    folder, file = posixpath.split(name)
    rels = f"{folder}/_rels/{file}.rels"
    if rels not in package.namelist():
        return
    targets = {entry.get("Id", ""): entry.get("Target", "") for entry in parse_xml(package.read(rels))}
    for picture in drawing.iter(f"{_XDR}pic"):
        anchor = picture.getparent()
        extent = anchor.find(f"{_XDR}ext") if anchor is not None else None
        if extent is None:
            extent = picture.find(f"{_XDR}spPr/{_A}xfrm/{_A}ext")
        given = [extent.get(key, "") for key in ("cx", "cy")] if extent is not None else ["", ""]
        if any(
            size.isdecimal() and 0 < int(size[:12]) < least
            for size, least in zip(given, _MIN_PICTURE, strict=True)
        ):
            continue
        for blip in picture.iter(f"{_A}blip"):
            target = targets.get(blip.get(f"{_RELATION}embed", ""), "")
            yield posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
