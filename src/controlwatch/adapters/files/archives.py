"""Parse zip files, within limits: DOCX, XLSX, OFD, or an archive of documents."""

from __future__ import annotations

import io
from collections.abc import Callable
from zipfile import BadZipFile, ZipFile

from controlwatch.adapters.files import ENCRYPTED, MARKUP, UNKNOWN_MARKUP, ParsedFile, Unreadable
from controlwatch.adapters.files.doc import read_ole
from controlwatch.adapters.files.docx import read_docx
from controlwatch.adapters.files.ofd import read_ofd
from controlwatch.adapters.files.office_package import get_kind, normalize_package
from controlwatch.adapters.files.office_xml import read_office_xml
from controlwatch.adapters.files.parse_errors import PARSE_ERRORS, describe_error
from controlwatch.adapters.files.pdf import read_pdf
from controlwatch.adapters.files.picture_text import PictureReader
from controlwatch.adapters.files.pictures import read_picture
from controlwatch.adapters.files.rtf import read_rtf
from controlwatch.adapters.files.spreadsheets import read_sheets
from controlwatch.adapters.files.workbooks import read_workbook
from controlwatch.core.model.errors import Reshaped
from controlwatch.core.sources.decoding import decode_body, detect_format, is_wrapped
from controlwatch.core.sources.mime import list_pages
from controlwatch.core.sources.notice_pages import parse_notice_page

_MAX_BYTES = 200_000_000  # of all members, uncompressed
_MAX_MEMBERS = 2000  # members of an archive
_MAX_READ = 50  # documents parsed from one archive
_MAX_DEPTH = 2  # archives within archives
_UTF8_NAME_FLAG = 0x800


def read_zip(body: bytes, *, depth: int = 0, reader: PictureReader | None = None) -> ParsedFile:
    """Parse a zip by its members. Raises `Unreadable` for a damaged or excessively large one."""
    try:
        archive = ZipFile(io.BytesIO(body))
    except BadZipFile as error:
        raise Unreadable("not a zip file, or a damaged one") from error
    with archive:
        # The sizes in the directory suffice: the reader of a member stops at the size claimed there.
        members = archive.infolist()
        if len(members) > _MAX_MEMBERS:
            raise Unreadable(f"an archive of {len(members)} members; {_MAX_MEMBERS} are allowed")
        size = sum(member.file_size for member in members)
        if size > _MAX_BYTES:
            raise Unreadable(f"an archive of {size} bytes unpacked; {_MAX_BYTES} are allowed")
        if any(member.flag_bits & 1 for member in members):
            raise Unreadable(ENCRYPTED)
        main, package = normalize_package(archive, body)
        if main.endswith(".bin"):
            return read_sheets(package)
        kind = get_kind(package, main) if main else ""
        if kind == "document" or main == "word/document.xml":
            return read_docx(package)
        if kind == "workbook" or main == "xl/workbook.xml":
            return read_workbook(package)
        if main:
            raise Unreadable(f"a document of the kind {kind or 'unknown'} is not supported")
        if "OFD.xml" in archive.namelist():
            return read_ofd(archive)
        return _read_members(archive, depth=depth, reader=reader)


def _read_members(archive: ZipFile, *, depth: int, reader: PictureReader | None) -> ParsedFile:
    if depth >= _MAX_DEPTH:
        raise Unreadable("archives nested too deeply")
    files = [member for member in archive.infolist() if not member.is_dir()]
    texts: list[str] = []
    recognized: list[str] = []
    doubts: list[str] = []
    pictures = 0
    for member in files[:_MAX_READ]:
        name = member.filename
        if not member.flag_bits & _UTF8_NAME_FLAG:
            # Chinese Windows writes names in GBK without a flag, and Python decodes them as code page 437.
            name = decode_body(name.encode("cp437", errors="replace")).text
        try:
            parsed = _parse_member(archive.read(member), depth=depth, reader=reader)
        except PARSE_ERRORS as error:  # a doubt; the other files are still read
            parsed = ParsedFile("", (describe_error(error),))
        texts.extend((name, parsed.text) if parsed.text else ())
        recognized.extend((name, parsed.picture_text) if parsed.picture_text else ())
        pictures += parsed.pictures
        doubts.extend(f"{name}: {doubt}" for doubt in parsed.doubts)
    if len(files) > _MAX_READ:
        doubts.append(f"only the first {_MAX_READ} of {len(files)} files were read")
    return ParsedFile("\n".join(texts), tuple(doubts), pictures=pictures, picture_text="\n".join(recognized))


def _parse_member(body: bytes, *, depth: int, reader: PictureReader | None) -> ParsedFile:
    kind = "mhtml" if is_wrapped(body) else detect_format(body)
    if kind in _MEMBER_READERS:
        return _MEMBER_READERS[kind](body)
    if kind in _PICTURE_READERS:
        return _PICTURE_READERS[kind](body, reader=reader)
    match kind:
        case "zip":
            return read_zip(body, depth=depth + 1, reader=reader)
        case "html":
            decoded = decode_body(body)
            lost = (f"{decoded.replaced} characters could not be decoded",) if decoded.replaced else ()
            return ParsedFile(parse_notice_page(decoded.text, url="").text, lost)
        case "text" if not MARKUP.match(body[:200]):
            lines = (line.strip() for line in decode_body(body).text.splitlines())
            return ParsedFile("\n".join(line for line in lines if line))
        case _:
            return ParsedFile("", (UNKNOWN_MARKUP if kind == "text" else "not a supported document",))


def read_saved_pages(body: bytes) -> ParsedFile:
    """Parse a file that Office saved as a web page in one file (MHTML): all pages in it, in order.

    Raises `Unreadable` where none of them has a text.
    """
    texts: list[str] = []
    lost = 0
    for part in list_pages(body):
        decoded = decode_body(part.body, header=part.content_type)
        try:
            texts.append(parse_notice_page(decoded.text, url="").text)
        except Reshaped:
            continue  # the frame around the sheets, or a header
        lost += decoded.replaced
    if not any(texts):
        raise Unreadable("the saved page holds no text")
    doubts = (f"{lost} characters could not be decoded",) if lost else ()
    return ParsedFile("\n".join(text for text in texts if text), doubts)


_MEMBER_READERS: dict[str, Callable[[bytes], ParsedFile]] = {
    "ole": read_ole,
    "rtf": read_rtf,
    "office-xml": read_office_xml,
    "mhtml": read_saved_pages,
}
_PICTURE_READERS: dict[str, Callable[..., ParsedFile]] = {"pdf": read_pdf, "picture": read_picture}
