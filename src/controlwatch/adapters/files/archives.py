"""Read what comes in a zip: DOCX, XLSX, OFD, or an archive of documents, within bounds."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile, ZipInfo

from controlwatch.adapters.files import ENCRYPTED, LEGACY_WORD, Reading, Unreadable
from controlwatch.adapters.files.doc import read_ole
from controlwatch.adapters.files.docx import read_docx
from controlwatch.adapters.files.ofd import read_ofd
from controlwatch.adapters.files.parse_errors import TROUBLE, in_words
from controlwatch.adapters.files.pdf import read_pdf
from controlwatch.adapters.files.spreadsheets import read_sheets
from controlwatch.core.sources.charset import decode
from controlwatch.core.sources.notice_pages import document
from controlwatch.core.sources.sniff import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST = 200_000_000  # bytes of all members, unpacked
_MOST = 2000  # members of an archive
_MOST_READ = 50  # documents read from one archive
_DEEPEST = 2  # archives within archives
_UTF8_NAME = 0x800


def read_zip(body: bytes, *, depth: int = 0) -> Reading:
    """Read a zip by what it holds. Raises `Unreadable` for a broken or an inordinately large one."""
    try:
        archive = ZipFile(io.BytesIO(body))
    except BadZipFile as error:
        raise Unreadable("not a zip file, or a damaged one") from error
    with archive:
        _check(archive)
        names = set(archive.namelist())
        if "word/document.xml" in names:
            return read_docx(body)
        if names & {"xl/workbook.xml", "xl/workbook.bin"}:
            return read_sheets(body)
        if "OFD.xml" in names:
            return read_ofd(archive)
        return _members(archive, depth=depth)


def _check(archive: ZipFile) -> None:
    """What the directory claims is enough: the reader of a member stops where its claim does."""
    members = archive.infolist()
    if len(members) > _MOST:
        raise Unreadable(f"an archive of {len(members)} members; {_MOST} are allowed")
    size = sum(member.file_size for member in members)
    if size > _LARGEST:
        raise Unreadable(f"an archive of {size} bytes unpacked; {_LARGEST} are allowed")
    if any(member.flag_bits & 1 for member in members):
        raise Unreadable(ENCRYPTED)


def _members(archive: ZipFile, *, depth: int) -> Reading:
    if depth >= _DEEPEST:
        raise Unreadable("archives nested too deeply")
    files = [member for member in archive.infolist() if not member.is_dir()]
    texts: list[str] = []
    doubts: list[str] = []
    for member in files[:_MOST_READ]:
        reading = _member(archive, member, depth=depth)
        texts.extend((_name(member), reading.text) if reading.text else ())
        doubts.extend(f"{_name(member)}: {doubt}" for doubt in reading.doubts)
    if len(files) > _MOST_READ:
        doubts.append(f"only the first {_MOST_READ} of {len(files)} files were read")
    return Reading("\n".join(texts), tuple(doubts))


def _member(archive: ZipFile, member: ZipInfo, *, depth: int) -> Reading:
    """One file of an archive; what cannot be read is a doubt and does not hide its neighbours."""
    try:
        return _read(archive.read(member), depth=depth)
    except TROUBLE as error:
        return Reading("", (in_words(error),))


def _read(body: bytes, *, depth: int) -> Reading:
    kind = kind_of(body)
    if kind == "pdf":
        return read_pdf(body)
    if kind == "zip":
        return read_zip(body, depth=depth + 1)
    if kind == "ole":
        return read_ole(body)
    if kind == "html":
        return _page(body)
    if kind == "text":
        return Reading("\n".join(_lines(decode(body).text)))
    return Reading("", (LEGACY_WORD if kind == "rtf" else "not a document known here",))


def _page(body: bytes) -> Reading:
    decoded = decode(body)
    lost = (f"{decoded.replaced} characters could not be decoded",) if decoded.replaced else ()
    return Reading(document(decoded.text, url="").text, lost)


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if line.strip())


def _name(member: ZipInfo) -> str:
    """Windows in China writes names in GBK, without saying so; Python then reads them as code page 437."""
    if member.flag_bits & _UTF8_NAME:
        return member.filename
    return decode(member.filename.encode("cp437", errors="replace")).text
