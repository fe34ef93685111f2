"""Read an OFD file, the page format of Chinese offices (GB/T 33190): XML pages in a zip."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn
from xml.etree.ElementTree import Element, TreeBuilder  # builds only; the parser below refuses entities
from xml.parsers import expat

from controlwatch.adapters.formats import Reading, Unreadable
from controlwatch.adapters.formats.pdf import paragraphs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zipfile import ZipFile

_SAME_LINE = 2.0  # millimetres between the base lines of characters that belong to one line
_PAGE = re.compile(r"Pages/Page_(\d+)/Content\.xml$")  # Doc_0/Pages/Page_0/Content.xml


@dataclass(frozen=True, slots=True, order=True)
class _Run:
    y: float
    x: float
    text: str


def read_ofd(archive: ZipFile) -> Reading:
    """Read the text of every page from top to bottom. Raises `Unreadable` for XML that declares entities."""
    visual = [line for name in _pages(archive) for line in _lines(_runs(_xml(archive.read(name))))]
    return Reading("\n".join(paragraphs(visual)), () if visual else ("needs OCR",))


def _pages(archive: ZipFile) -> tuple[str, ...]:
    """The pages in the order that each document lists them, else in the order of their numbers."""
    names = set(archive.namelist())
    documents = sorted(name for name in names if name.endswith("Document.xml"))
    listed = [
        posixpath.normpath(posixpath.join(posixpath.dirname(document), page.get("BaseLoc", "")))
        for document in documents
        for page in _xml(archive.read(document)).iter("Page")
    ]
    known = tuple(name for name in listed if name in names)
    numbered = ((_PAGE.search(name), name) for name in names)
    return known or tuple(
        name for _, name in sorted((int(found[1]), name) for found, name in numbered if found)
    )


def _runs(page: Element) -> Iterator[_Run]:
    """Text codes with their place: the box of the object plus the offset within it."""
    for shown in page.iter("TextObject"):
        left, top = _floats(shown.get("Boundary", "0 0"))[:2]
        for code in shown.iter("TextCode"):
            x, y = _floats(code.get("X", "0"))[0], _floats(code.get("Y", "0"))[0]
            if code.text and code.text.strip():
                yield _Run(top + y, left + x, code.text.strip("\r\n"))


def _lines(runs: Iterator[_Run]) -> Iterator[str]:
    line: list[_Run] = []
    for run in sorted(runs):
        if line and run.y - line[0].y > _SAME_LINE:
            yield _joined(line)
            line = []
        line.append(run)
    if line:
        yield _joined(line)


def _joined(line: list[_Run]) -> str:
    return "".join(run.text for run in sorted(line, key=lambda run: run.x))


def _floats(numbers: str) -> tuple[float, ...]:
    try:
        found = tuple(float(number) for number in numbers.split())
    except ValueError:
        found = ()
    return found if len(found) > 1 else (*found, 0.0, 0.0)[:2]


def _xml(data: bytes) -> Element:
    """Parse without name spaces; a DOCTYPE, the door of every XML bomb, is refused."""
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lambda tag, given: builder.start(tag.rpartition(":")[2], given)
    parser.EndElementHandler = lambda tag: builder.end(tag.rpartition(":")[2])
    parser.CharacterDataHandler = builder.data
    parser.Parse(data, True)  # noqa: FBT003  (expat takes it by position only)
    return builder.close()


def _refuse(*_: object) -> NoReturn:
    raise Unreadable("its XML declares entities")
