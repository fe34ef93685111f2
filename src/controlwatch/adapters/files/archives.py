"""Read what comes in a zip: DOCX, XLSX, OFD, or an archive of documents, within bounds."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile, ZipInfo

from controlwatch.adapters.files import ENCRYPTED, LEGACY_WORD, ParsedFile, Unreadable
from controlwatch.adapters.files.doc import read_ole
from controlwatch.adapters.files.docx import read_docx
from controlwatch.adapters.files.ofd import read_ofd
from controlwatch.adapters.files.parse_errors import PARSE_ERRORS, describe_error
from controlwatch.adapters.files.pdf import read_pdf
from controlwatch.adapters.files.spreadsheets import read_sheets
from controlwatch.core.sources.decoding import decode_body, detect_format
from controlwatch.core.sources.notice_pages import parse_notice_page

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_BYTES = 200_000_000  # bytes of all members, unpacked
_MAX_MEMBERS = 2000  # members of an archive
_MAX_READ = 50  # documents read from one archive
_MAX_DEPTH = 2  # archives within archives
_UTF8_NAME_FLAG = 0x800


def read_zip(body: bytes, *, depth: int = 0) -> ParsedFile:
    """Read a zip by what it holds. Raises `Unreadable` for a broken or an inordinately large one."""
    try:
        archive = ZipFile(io.BytesIO(body))
    except BadZipFile as error:
        raise Unreadable("not a zip file, or a damaged one") from error
    with archive:
        _check_bounds(archive)
        names = set(archive.namelist())
        if "word/document.xml" in names:
            return read_docx(body)
        if names & {"xl/workbook.xml", "xl/workbook.bin"}:
            return read_sheets(body)
        if "OFD.xml" in names:
            return read_ofd(archive)
        return _read_members(archive, depth=depth)


def _check_bounds(archive: ZipFile) -> None:
    """What the directory claims is enough: the reader of a member stops where its claim does."""
    members = archive.infolist()
    if len(members) > _MAX_MEMBERS:
        raise Unreadable(f"an archive of {len(members)} members; {_MAX_MEMBERS} are allowed")
    size = sum(member.file_size for member in members)
    if size > _MAX_BYTES:
        raise Unreadable(f"an archive of {size} bytes unpacked; {_MAX_BYTES} are allowed")
    if any(member.flag_bits & 1 for member in members):
        raise Unreadable(ENCRYPTED)


def _read_members(archive: ZipFile, *, depth: int) -> ParsedFile:
    if depth >= _MAX_DEPTH:
        raise Unreadable("archives nested too deeply")
    files = [member for member in archive.infolist() if not member.is_dir()]
    texts: list[str] = []
    doubts: list[str] = []
    for member in files[:_MAX_READ]:
        reading = _read_member(archive, member, depth=depth)
        texts.extend((_decode_name(member), reading.text) if reading.text else ())
        doubts.extend(f"{_decode_name(member)}: {doubt}" for doubt in reading.doubts)
    if len(files) > _MAX_READ:
        doubts.append(f"only the first {_MAX_READ} of {len(files)} files were read")
    return ParsedFile("\n".join(texts), tuple(doubts))


def _read_member(archive: ZipFile, member: ZipInfo, *, depth: int) -> ParsedFile:
    """One file of an archive; what cannot be read is a doubt and does not hide its neighbours."""
    try:
        return _read_by_format(archive.read(member), depth=depth)
    except PARSE_ERRORS as error:
        return ParsedFile("", (describe_error(error),))


def _read_by_format(body: bytes, *, depth: int) -> ParsedFile:
    kind = detect_format(body)
    if kind == "pdf":
        return read_pdf(body)
    if kind == "zip":
        return read_zip(body, depth=depth + 1)
    if kind == "ole":
        return read_ole(body)
    if kind == "html":
        return _read_page(body)
    if kind == "text":
        return ParsedFile("\n".join(_strip_lines(decode_body(body).text)))
    return ParsedFile("", (LEGACY_WORD if kind == "rtf" else "not a document known here",))


def _read_page(body: bytes) -> ParsedFile:
    decoded = decode_body(body)
    lost = (f"{decoded.replaced} characters could not be decoded",) if decoded.replaced else ()
    return ParsedFile(parse_notice_page(decoded.text, url="").text, lost)


def _strip_lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if line.strip())


def _decode_name(member: ZipInfo) -> str:
    """Windows in China writes names in GBK, without saying so; Python then reads them as code page 437."""
    if member.flag_bits & _UTF8_NAME_FLAG:
        return member.filename
    return decode_body(member.filename.encode("cp437", errors="replace")).text
