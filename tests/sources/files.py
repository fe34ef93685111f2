"""Files of every format, written by hand: the same rows as a web page, a PDF, a Word file, a workbook, …"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

import docx

from controlwatch.testing.pdf import _FONT, _file, _hex
from tests.sources.fonts import font_objects

Row = Sequence[str]


def zipped(members: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return out.getvalue()


# --------------------------------------------------------------------------- web pages and Word


def page(rows: Iterable[Row]) -> bytes:
    table = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<html><body><p>附件</p><table>{table}</table></body></html>".encode("gbk")


def word(rows: Sequence[Row]) -> bytes:
    made = docx.Document()
    made.add_paragraph("附件")
    table = made.add_table(rows=len(rows), cols=len(rows[0]))
    for cell, value in zip(table._cells, (cell for row in rows for cell in row), strict=True):
        cell.text = value
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def word_of(body: str) -> bytes:
    """A Word file around the markup of its body."""
    out = io.BytesIO()
    docx.Document().save(out)
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    with zipfile.ZipFile(out) as made:
        members: dict[str, bytes | str] = {name: made.read(name) for name in made.namelist()}
    markup = f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'
    return zipped({**members, "word/document.xml": markup})


# --------------------------------------------------------------------------- workbooks

_OFFICE = "http://schemas.openxmlformats.org"
_MAIN = f'xmlns="{_OFFICE}/spreadsheetml/2006/main" xmlns:r="{_OFFICE}/officeDocument/2006/relationships"'


def _relationship(kind: str, target: str) -> str:
    type_ = f"{_OFFICE}/officeDocument/2006/relationships/{kind}"
    entry = f'<Relationship Id="r1" Type="{type_}" Target="{target}"/>'
    return f'<Relationships xmlns="{_OFFICE}/package/2006/relationships">{entry}</Relationships>'


def _cell(place: str, value: str) -> str:
    """Whole numbers as a person types them: the sheet keeps them as numbers."""
    if value.isdigit():
        return f'<c r="{place}"><v>{int(value)}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>' if value else ""


def workbook(rows: Iterable[Row], *, merged: str = "") -> bytes:
    filled = "".join(
        f'<row r="{number}">'
        + "".join(_cell(f"{chr(65 + at)}{number}", value) for at, value in enumerate(row))
        + "</row>"
        for number, row in enumerate(rows, start=1)
    )
    merges = f'<mergeCells><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    sheets = '<sheets><sheet name="表" sheetId="1" r:id="r1"/></sheets>'
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{_OFFICE}/package/2006/content-types"/>',
            "_rels/.rels": _relationship("officeDocument", "xl/workbook.xml"),
            "xl/workbook.xml": f"<workbook {_MAIN}>{sheets}</workbook>",
            "xl/_rels/workbook.xml.rels": _relationship("worksheet", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml": f"<worksheet {_MAIN}><sheetData>{filled}</sheetData>{merges}</worksheet>",
        }
    )


# --------------------------------------------------------------------------- OFD

_SPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def ofd(content: str) -> bytes:
    root = "<ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>"
    pages = '<ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages>'
    return zipped(
        {
            "OFD.xml": f"<ofd:OFD {_SPACE}>{root}</ofd:OFD>",
            "Doc_0/Document.xml": f"<ofd:Document {_SPACE}>{pages}</ofd:Document>",
            "Doc_0/Pages/Page_0/Content.xml": content,
        }
    )


def ofd_page(*runs: tuple[str, float, float], drawn: str = "") -> str:
    """Runs of text with their places in millimetres, and perhaps a path that is drawn."""
    objects = "".join(
        f'<ofd:TextObject Boundary="{x} {y} 100 6">'
        f'<ofd:TextCode X="0" Y="4">{text}</ofd:TextCode></ofd:TextObject>'
        for text, x, y in runs
    )
    path = f"<ofd:AbbreviatedData>{drawn}</ofd:AbbreviatedData>"
    objects += f'<ofd:PathObject Boundary="0 0 210 297">{path}</ofd:PathObject>' if drawn else ""
    return f"<ofd:Page {_SPACE}><ofd:Content>{objects}</ofd:Content></ofd:Page>"


def ofd_table(rows: Sequence[Row]) -> bytes:
    """Rows without lines around them: only the places tell the columns."""
    runs = [(cell, 20 + 60 * at, 30 + 8 * n) for n, row in enumerate(rows) for at, cell in enumerate(row)]
    return ofd(ofd_page(("附件", 20, 20), *runs))


# --------------------------------------------------------------------------- ruled PDF

_TOP, _LEADING, _SIZE = 800, 14, 9
STROKES, RECTANGLES = "{} {} m {} {} l S\n", "{} {} {} {} re f\n"


def ruled(
    rows: Iterable[Row], columns: Sequence[int] = (50, 90, 280, 390, 540), *, lines: str = STROKES
) -> str:
    """A ruled table as the content of a page; "\\n" in a cell begins a line, and an empty cell is no cell."""
    drawn = []
    top = _TOP
    for row in rows:
        bottom = top - _LEADING * max(cell.count("\n") + 1 for cell in row) - 4
        for left, cell in zip(columns, row, strict=False):
            for number, line in enumerate(cell.split("\n")):
                drawn.append(put(line, left + 3, top - 12 - _LEADING * number))
        drawn += [_line(lines, columns[0], y, columns[-1], y) for y in (top, bottom)]
        drawn += [_line(lines, x, bottom, x, top) for x in columns]
        top = bottom
    return "".join(drawn)


def put(text: str, x: int, y: int) -> str:
    return f"BT /F1 {_SIZE} Tf {x} {y} Td <{_hex(text)}> Tj ET\n"


def _line(kind: str, x1: int, y1: int, x2: int, y2: int) -> str:
    if kind == STROKES:
        return STROKES.format(x1, y1, x2, y2)
    return RECTANGLES.format(x1, y1, x2 - x1 or 0.5, y2 - y1 or 0.5)


def pdf_of(*contents: str, turned: int = 0, embedded: bool = True) -> bytes:
    """A PDF of pages with these contents; without an embedded font, readers take one of their own for its text."""
    shown = frozenset(
        character
        for text in re.findall(r"<([0-9a-f]+)> Tj", "".join(contents))
        for character in bytes.fromhex(text).decode("utf-16-be")
    )
    font = font_objects(shown, 3) if embedded else [*_FONT]
    numbers = [3 + len(font) + 2 * number for number in range(len(contents))]
    kids = " ".join(f"{number} 0 R" for number in numbers)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(numbers)} >>".encode(),
        *font,
    ]
    for number, content in zip(numbers, contents, strict=True):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate {turned} /Contents {number + 1} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content.encode()))
    return _file(objects)


# --------------------------------------------------------------------------- the old Word format

_NONE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_TEXT, _CELL, _ROW = 0, 1, 2  # what a paragraph is


def old_word(
    rows: Iterable[Row],
    *,
    looks: dict[str, bytes] | None = None,
    parts: dict[int, str] | None = None,
    data: bytes = b"",
    behind: bytes = b"",
) -> bytes:
    """A Word 97 file: text, piece table, and the properties that say which paragraphs end a row.

    `looks` gives the properties of the characters of some words, `parts` the texts behind the main one, by the
    place of their length in the FIB, `data` the stream of pictures in lines, `behind` what follows the text.
    """
    paragraphs = [("附件\r", _TEXT)]
    for row in rows:
        paragraphs += [(f"{cell}\x07", _CELL) for cell in row]
        paragraphs.append(("\x07", _ROW))
    paragraphs.append(("注：仅供参考。\r", _TEXT))
    length = sum(len(shown) for shown, _ in paragraphs)
    beside = parts or {}
    paragraphs += [(f"{words}\r", _TEXT) for words in beside.values()]
    text = "".join(shown for shown, _ in paragraphs)
    places = [0x200 + 2 * at for at in accumulate((len(shown) for shown, _ in paragraphs), initial=0)]
    kinds = [kind for _, kind in paragraphs]
    start = -(-places[-1] // 512)
    pages = [_properties(places[at : at + 21], kinds[at : at + 20]) for at in range(0, len(kinds), 20)]
    clx = b"\x02" + struct.pack("<IIIHIH", 16, 0, len(text), 0, 0x200, 0)
    bounds = struct.pack(f"<{len(pages) + 1}I", *places[::20][: len(pages)], places[-1])
    numbers = struct.pack(f"<{len(pages)}I", *range(start, start + len(pages)))
    main = bytearray(0x200) + text.encode("utf-16-le")
    main += bytes(512 * start - len(main)) + b"".join(pages)
    runs = _character_looks(text, looks or {})
    run_bounds = struct.pack("<3I", 0x200, 0x200 + 2 * len(text), len(main) // 512)
    main += runs + behind
    struct.pack_into("<H", main, 0, 0xA5EC)
    struct.pack_into("<H", main, 0x0A, 0x0200)
    struct.pack_into("<I", main, 0x4C, length)
    for place, words in beside.items():
        struct.pack_into("<I", main, place, len(words) + 1)
    struct.pack_into("<II", main, 0x00FA, len(clx) + len(bounds + numbers), len(run_bounds))
    struct.pack_into("<II", main, 0x0102, len(clx), len(bounds + numbers))
    struct.pack_into("<II", main, 0x01A2, 0, len(clx))
    streams = {"WordDocument": bytes(main), "1Table": clx + bounds + numbers + run_bounds}
    return compound({"Data": data, **streams} if data else streams)


def _character_looks(text: str, looks: dict[str, bytes]) -> bytes:
    """A page of 512 bytes: where runs of characters begin, and for each where on the page its looks are."""
    edges = {0, len(text)}
    for words in looks:
        edges |= {text.index(words), text.index(words) + len(words)}
    places = sorted(edges)
    page = bytearray(512)
    struct.pack_into(f"<{len(places)}I", page, 0, *(0x200 + 2 * place for place in places))
    end = 500
    for number, (first, last) in enumerate(pairwise(places)):
        if properties := looks.get(text[first:last]):
            end -= len(properties) + 1 + (len(properties) + 1) % 2
            page[end : end + 1 + len(properties)] = bytes([len(properties)]) + properties
            page[4 * len(places) + number] = end // 2
    page[511] = len(places) - 1
    return bytes(page)


def _properties(places: Sequence[int], kinds: Sequence[int]) -> bytes:
    """A page of 512 bytes: where paragraphs begin, and for each where on the page its properties are."""
    cell, row = b"\x03\x00\x00\x16\x24\x01", b"\x00\x04\x00\x00\x16\x24\x01\x17\x24\x01"
    entries = b"".join(bytes([{_TEXT: 0, _CELL: 240, _ROW: 245}[kind], *bytes(12)]) for kind in kinds)
    filled = struct.pack(f"<{len(places)}I", *places) + entries
    return filled.ljust(480, b"\x00") + cell.ljust(10, b"\x00") + row.ljust(21, b"\x00") + bytes([len(kinds)])


def compound(streams: dict[str, bytes]) -> bytes:
    """An OLE container: a header, the chains of sectors, the directory, the streams."""
    chains, entries, sectors = [_FAT, _END], [_entry("Root Entry", 5, child=1)], b""
    for number, (name, body) in enumerate(streams.items(), start=1):
        whole = body.ljust(4096, b"\x00")  # shorter streams are kept elsewhere
        count, first = -(-len(whole) // 512), len(chains)
        chains += [*range(first + 1, first + count), _END]
        right = number + 1 if number < len(streams) else _NONE
        entries.append(_entry(name, 2, start=first, size=len(whole), right=right))
        sectors += whole.ljust(512 * count, b"\x00")
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", bytes(16), 0x3E, 3, 0xFFFE, 9, 6, bytes(6),
        0, 1, 1, 0, 4096, _END, 0, _END, 0,
    )  # fmt: skip
    table = struct.pack("<128I", *chains, *[_NONE] * (128 - len(chains)))
    header += struct.pack("<109I", 0, *[_NONE] * 108)
    return header + table + b"".join(entries).ljust(512, b"\x00") + sectors


def _entry(
    name: str, kind: int, *, start: int = 0, size: int = 0, right: int = _NONE, child: int = _NONE
) -> bytes:
    wide = name.encode("utf-16-le")
    place = struct.pack("<BBIII36xIQ", kind, 1, _NONE, right, child, start, size)
    return wide.ljust(64, b"\x00") + struct.pack("<H", len(wide) + 2) + place
