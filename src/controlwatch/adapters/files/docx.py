"""Parse DOCX files: paragraphs, tables and text boxes in document order, as Word draws them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator

import docx
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.xmlchemy import BaseOxmlElement

from controlwatch.adapters.files import ParsedFile, describe_left_out
from controlwatch.adapters.files.picture_text import PictureReader
from controlwatch.adapters.files.pictures import add_pictures
from controlwatch.core.sources.html_tables import format_rows
from controlwatch.core.sources.script_signs import decode_symbol_font, to_subscript, to_superscript

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_V = "{urn:schemas-microsoft-com:vml}"
_BLIP_TAG = f"{_A}blip"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DRAWN_SIZE = re.compile(r"(?:^|;)\s*(width|height)\s*:\s*([\d.]{1,9})\s*(pt|in|cm|mm)?", re.IGNORECASE)
_EMU = {"pt": 12_700, "in": 914_400, "cm": 360_000, "mm": 36_000}
_MIN_PICTURE = (2_160_000, 1_080_000)  # 6 by 3 cm, in EMU; less is a seal, a sign or an ornament
_OBJECT_TAG = f"{_W}object"  # a file in the file, with a picture of what it looks like
_FALLBACK_TAG = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_CHARACTER_TAGS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
#: Not read: properties, the fallback that repeats other content, and what was deleted or moved elsewhere.
_SKIPPED_TAGS = frozenset({_FALLBACK_TAG, f"{_W}pPr", f"{_W}moveFrom", f"{_W}del"})
_DELETED = {"tr": "del", "tc": "cellDel"}  # how the properties of a row or a cell say that it was deleted
_SCRIPTS = {f"{_M}sup": to_superscript, f"{_M}sub": to_subscript}
_OFF = frozenset({"0", "false", "off", "none"})
#: Parts beside the body whose words stand on its pages: notes below the text, and diagrams.
_NOTES = ("/footnotes", "/endnotes")
_DIAGRAM = "/diagramData"
_MAX_COLUMNS = 100  # columns that a cell may claim to cover


def read_docx(body: bytes, *, reader: PictureReader | None = None) -> ParsedFile:
    """Parse the body of a DOCX file, with its notes and diagrams at the end.

    The numbers of list items are not in the file: Word computes them.

    Text that Word strikes through or hides is left out, and a doubt quotes it. Pictures that are large enough
    to hold a table are recognised by a reader; without one they are a doubt.
    """
    document = docx.Document(io.BytesIO(body))
    parsed = read_word_body(document.element.body, document.styles.element, beside=_list_notes(document.part))
    parts = document.part.related_parts
    names = dict.fromkeys(list_pictures(document.element.body))
    bodies = [parts[name].blob for name in names if name in parts]
    return add_pictures(parsed, bodies, reader)


def read_word_body(
    body: BaseOxmlElement,
    styles: BaseOxmlElement | None = None,
    *,
    beside: Iterable[BaseOxmlElement] = (),
) -> ParsedFile:
    """Parse the body of a Word document, with its styles where it has any, and what stands beside it."""
    reader = _BodyReader(styles)
    text = "\n".join(line for part in (body, *beside) for line in reader.read_blocks(part))
    return ParsedFile(
        text, describe_left_out({"struck through": reader.struck, "hidden": reader.hidden}, "file")
    )


def _list_notes(part: Part) -> Iterator[BaseOxmlElement]:
    """Yield the notes of a document, without the lines that separate them from the text, and its diagrams."""
    for relation in part.rels.values():
        if relation.is_external:
            continue
        if relation.reltype.endswith(_NOTES):
            notes = parse_xml(relation.target_part.blob)
            yield from (note for note in notes if note.get(f"{_W}type", "normal") == "normal")
        elif relation.reltype.endswith(_DIAGRAM):
            yield parse_xml(relation.target_part.blob)


def list_pictures(body: BaseOxmlElement) -> Iterator[str]:
    """Yield the relationships of the pictures that are drawn large, without those that were deleted."""
    for tag in (f"{_WP}inline", f"{_WP}anchor", f"{_V}shape", f"{_V}rect"):
        for frame in body.iter(tag):
            if any(above.tag in _SKIPPED_TAGS or above.tag == _OBJECT_TAG for above in frame.iterancestors()):
                continue
            width, height = _measure_frame(frame)
            if width >= _MIN_PICTURE[0] and height >= _MIN_PICTURE[1]:
                yield from _list_blips(frame)


def _measure_frame(frame: BaseOxmlElement) -> tuple[float, float]:
    """Return how wide and high a frame is drawn, in EMU; 0 where it does not say."""
    extent = frame.find(f"{_WP}extent")
    if extent is None:
        sizes = {
            name.lower(): float(number) * _EMU.get(unit.lower(), _EMU["pt"])
            for name, number, unit in _DRAWN_SIZE.findall(frame.get("style", ""))
            if number.count(".") <= 1 and number != "."
        }
        return sizes.get("width", 0), sizes.get("height", 0)
    given = [extent.get(name, "") for name in ("cx", "cy")]
    width, height = (int(size[:12]) if size.isascii() and size.isdigit() else 0 for size in given)
    return width, height


def _list_blips(frame: BaseOxmlElement) -> Iterator[str]:
    """Yield the relationships of the pictures in a frame: a group holds several."""
    for blip in frame.iter(_BLIP_TAG):
        yield blip.get(f"{_RELATION}embed", "")
    for blip in frame.iter(f"{_V}imagedata"):
        yield blip.get(f"{_RELATION}id") or blip.get("src", "")  # the source is a name in Word 2003


class _BodyReader:
    """Reads the blocks of a body, and keeps the words that a person sees struck through or not at all."""

    def __init__(self, styles: BaseOxmlElement | None) -> None:
        self.struck: list[str] = []
        self.hidden: list[str] = []
        self._styles: dict[str, BaseOxmlElement] = {
            style.get(f"{_W}styleId", ""): properties
            for style in (styles if styles is not None else ())
            if (properties := style.find(f"{_W}rPr")) is not None
        }

    def read_blocks(self, container: BaseOxmlElement) -> Iterator[str]:
        """Yield the lines of a body, a cell or a text box, with those of content controls in it."""
        for part in container.iterchildren(tag="*"):
            if part.tag in {f"{_W}p", f"{_A}p"}:
                yield from self._read_paragraph(part)
            elif part.tag == f"{_W}tbl":
                yield from self._read_table(part)
            elif part.tag not in _SKIPPED_TAGS:
                yield from self.read_blocks(part)

    def _read_paragraph(self, paragraph: BaseOxmlElement) -> Iterator[str]:
        boxes: list[BaseOxmlElement] = []
        text = "".join(self._read_inline(paragraph, boxes))
        yield from (line for line in (line.strip(" \u3000\t") for line in text.split("\n")) if line)
        for box in boxes:
            yield from self.read_blocks(box)

    def _read_inline(self, part: BaseOxmlElement, boxes: list[BaseOxmlElement]) -> Iterator[str]:
        """Yield the visible text; deleted text and field codes have other tags and are left out."""
        for child in part.iterchildren(tag="*"):
            if child.tag in {f"{_W}t", f"{_M}t", f"{_A}t"}:
                yield child.text or ""
            elif child.tag in _CHARACTER_TAGS:
                yield _CHARACTER_TAGS[child.tag]
            elif child.tag == f"{_W}txbxContent":
                boxes.append(child)
            elif child.tag == f"{_W}sym":
                yield _read_symbol(child)
            elif child.tag == f"{_W}r":
                yield self._read_run(child, boxes)
            elif child.tag in _SCRIPTS:
                yield _SCRIPTS[child.tag]("".join(self._read_inline(child, boxes)))
            elif child.tag == f"{_M}den":
                yield "/"
                yield from self._read_inline(child, boxes)
            elif child.tag not in _SKIPPED_TAGS:
                yield from self._read_inline(child, boxes)

    def _read_run(self, run: BaseOxmlElement, boxes: list[BaseOxmlElement]) -> str:
        """Return the text of a run as drawn; "" for one that is struck through or hidden."""
        text = "".join(self._read_inline(run, boxes))
        for kept, names in ((self.struck, ("strike", "dstrike")), (self.hidden, ("vanish",))):
            if any(self._is_set(run, name) for name in names):
                kept.append(text)
                return ""
        raised = self._find_property(run, "vertAlign")
        fonts = self._find_property(run, "rFonts")
        if (
            fonts is not None
            and (fonts.get(f"{_W}ascii") or fonts.get(f"{_W}hAnsi") or "").lower() == "symbol"
        ):
            text = decode_symbol_font(text)
        match raised.get(f"{_W}val") if raised is not None else None:
            case "superscript":
                return to_superscript(text)
            case "subscript":
                return to_subscript(text)
        return text

    def _is_set(self, run: BaseOxmlElement, name: str) -> bool:
        found = self._find_property(run, name)
        return found is not None and found.get(f"{_W}val", "on") not in _OFF

    def _find_property(self, run: BaseOxmlElement, name: str) -> BaseOxmlElement | None:
        """Return a property of a run: its own, else that of its style, else that of its paragraph's style."""
        own = run.find(f"{_W}rPr")
        ids = (
            run.find(f"{_W}rPr/{_W}rStyle"),
            run.getparent().find(f"{_W}pPr/{_W}pStyle") if run.getparent() is not None else None,
        )
        named = (self._styles.get(style.get(f"{_W}val", "")) for style in ids if style is not None)
        places: Iterable[BaseOxmlElement | None] = (own, *named)
        found = (place.find(f"{_W}{name}") for place in places if place is not None)
        return next((setting for setting in found if setting is not None), None)

    def _read_table(self, table: BaseOxmlElement) -> Iterator[str]:
        """Yield rows as lines; a cell merged downwards is repeated, a nested table follows its row."""
        merged: dict[int, str] = {}  #: text of the cells merged downwards, by column
        for row in _find_children(table, "tr"):
            inner: list[BaseOxmlElement] = []
            texts = [""] * _parse_number(row.find(f"{_W}trPr/{_W}gridBefore"), default=0)
            for cell in _find_children(row, "tc"):
                merge = cell.find(f"{_W}tcPr/{_W}vMerge")
                if merge is None:
                    merged.pop(len(texts), None)
                    text = self._read_cell(cell, inner)
                elif merge.get(f"{_W}val") == "restart":
                    text = merged[len(texts)] = self._read_cell(cell, inner)
                else:
                    text = merged.get(len(texts), "")
                width = _parse_number(cell.find(f"{_W}tcPr/{_W}gridSpan"), default=1)
                texts.extend([text, *[""] * (width - 1)])
            yield from (line for line in format_rows(texts) if line.strip())
            for nested in inner:
                yield from self._read_table(nested)

    def _read_cell(self, cell: BaseOxmlElement, inner: list[BaseOxmlElement]) -> str:
        """Return the text of a cell in one line, without nested tables, which are added to `inner`."""
        words: list[str] = []
        for part in cell.iterchildren(tag="*"):
            if part.tag == f"{_W}tbl":
                inner.append(part)
            elif part.tag == f"{_W}p":
                words.extend(self._read_paragraph(part))
            elif part.tag not in _SKIPPED_TAGS:
                words.append(self._read_cell(part, inner))
        return " ".join(" ".join(words).split())


def _read_symbol(sign: BaseOxmlElement) -> str:
    """Return a sign that is given by a font and a code; "" where the code is damaged."""
    try:
        code = chr(int(sign.get(f"{_W}char", ""), 16))
    except (ValueError, OverflowError):
        return ""
    return decode_symbol_font(code) if sign.get(f"{_W}font", "").lower() == "symbol" else code


def _find_children(container: BaseOxmlElement, name: str) -> Iterable[BaseOxmlElement]:
    """Yield the rows of a table or the cells of a row, also those in content controls."""
    for part in container.iterchildren(tag="*"):
        if part.tag == f"{_W}{name}":
            if part.find(f"{_W}{name}Pr/{_W}{_DELETED[name]}") is None:
                yield part
        elif part.tag in {f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins", f"{_W}moveTo"}:
            yield from _find_children(part, name)


def _parse_number(setting: BaseOxmlElement | None, *, default: int) -> int:
    digits = "" if setting is None else setting.get(f"{_W}val", "")
    return min(int(digits), _MAX_COLUMNS) if digits.isascii() and digits.isdigit() else default
