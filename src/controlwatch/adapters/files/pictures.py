"""Parse pictures: files that are one, and pages of a PDF that show nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from controlwatch.adapters.files import PICTURE, READ_FROM_PICTURE, ParsedFile, Unreadable
from controlwatch.adapters.files.pdf_paragraphs import to_text_lines
from controlwatch.adapters.files.pdf_tables import RuledTable, join_continued_tables
from controlwatch.adapters.files.picture_text import PictureReader, Pixels

_MAX_CPU_SECONDS = 90  # of CPU for the pictures of a file; five seconds each are usual


@dataclass(frozen=True, slots=True)
class RecognizedPages:
    """What was recognised on the pages of a file, by their numbers, without those that show nothing."""

    pages: Mapping[int, tuple[str | RuledTable, ...]] = field(default_factory=dict)
    illegible: int = 0  #: lines that could not be read

    @property
    def text(self) -> str:
        """All pages, one paragraph or row of a table a line."""
        return "\n".join(to_text_lines(join_continued_tables(self.pages.values())))

    def describe(self, *, blank: int, count: int) -> tuple[str, ...]:
        """Return the doubts about a file of `count` pages, of which `blank` have no text of their own."""
        doubts: list[str] = []
        unread = blank - len(self.pages)
        if self.pages:
            some = "" if len(self.pages) == count else f"{len(self.pages)} of {count} pages "
            doubts.append(f"{some}{READ_FROM_PICTURE}")
        if self.illegible:
            doubts.append(f"{self.illegible} lines of the picture are not legible")
        if unread:
            doubts.append(
                PICTURE if unread == count else f"needs OCR: {unread} of {count} pages have no text"
            )
        return tuple(doubts)


def recognize_pages(
    pages: Iterable[tuple[int, Callable[[], Pixels]]], reader: PictureReader | None
) -> RecognizedPages:
    """Recognise pages, given by their numbers and by what draws them; those that exceed the time are left."""
    start = time.process_time()
    seen: dict[int, tuple[str | RuledTable, ...]] = {}
    illegible = 0
    if reader is None:
        return RecognizedPages()
    for number, draw_page in pages:
        if time.process_time() - start > _MAX_CPU_SECONDS:
            break
        content = reader.read_page(draw_page())
        illegible += content.illegible
        if content.parts:
            seen[number] = content.parts
    return RecognizedPages(seen, illegible)


def read_picture(body: bytes, *, reader: PictureReader | None = None) -> ParsedFile:
    """Parse a picture. Without a reader it is a doubt. Raises `Unreadable` for a damaged one."""
    if reader is None:
        return ParsedFile("", (PICTURE,), pictures=1)
    sheets = reader.decode_picture(body)
    seen = recognize_pages(
        ((number, partial(sheets.__getitem__, number)) for number in range(len(sheets))), reader
    )
    return ParsedFile(
        "",
        seen.describe(blank=len(sheets), count=len(sheets)),
        pictures=len(sheets) - len(seen.pages),
        picture_text=seen.text,
    )


def add_pictures(parsed: ParsedFile, bodies: Sequence[bytes], reader: PictureReader | None) -> ParsedFile:
    """Return a file with what the pictures in it show, or with a doubt about those that were not read."""
    sheets = [sheet for body in bodies for sheet in _decode_picture(body, reader)]
    seen = recognize_pages(
        ((number, partial(sheets.__getitem__, number)) for number in range(len(sheets))), reader
    )
    return add_recognized(parsed, seen, count=max(len(bodies), len(sheets)))


def add_recognized(parsed: ParsedFile, seen: RecognizedPages, *, count: int) -> ParsedFile:
    """Return a file with what was recognised in `count` pictures beside its text, and our doubts."""
    unread = count - len(seen.pages)
    doubts: list[str] = []
    if seen.pages:
        doubts.append(f"pictures in the file: {READ_FROM_PICTURE}")
    if seen.illegible:
        doubts.append(f"{seen.illegible} lines of the pictures are not legible")
    if unread:
        some = "a picture in the file was" if unread == 1 else f"{unread} pictures in the file were"
        doubts.append(f"needs OCR: {some} not read; look" if parsed.text else PICTURE)
    return replace(
        parsed,
        doubts=(*parsed.doubts, *doubts),
        pictures=parsed.pictures + unread,
        picture_text="\n".join(text for text in (parsed.picture_text, seen.text) if text),
    )


def _decode_picture(body: bytes, reader: PictureReader | None) -> list[Pixels]:
    """Return the pages of a picture; none without a reader, or of a format that is not for the web."""
    try:
        return reader.decode_picture(body) if reader is not None else []
    except Unreadable:
        return []
