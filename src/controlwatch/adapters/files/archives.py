"""Parse archives, within limits: DOCX, XLSX and OFD, which are zip files, and archives of documents."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import partial
from zipfile import BadZipFile, ZipFile, ZipInfo

import rarfile

from controlwatch.adapters.files import ENCRYPTED, MARKUP, SEVEN_ZIP, UNKNOWN_MARKUP, ParsedFile, Unreadable
from controlwatch.adapters.files.format_readers import get_format_reader
from controlwatch.adapters.files.office_package import get_kind, list_embedded, normalize_package
from controlwatch.adapters.files.parse_errors import describe_error, get_parse_errors
from controlwatch.adapters.files.picture_text import PictureReader
from controlwatch.core.model.errors import Reshaped
from controlwatch.core.sources.decoding import decode_body, detect_format, is_wrapped
from controlwatch.core.sources.mime import list_pages
from controlwatch.core.sources.notice_pages import parse_saved_page

_MAX_BYTES = 200_000_000  # of all members, uncompressed
_MAX_MEMBERS = 2000  # members of an archive
_MAX_READ = 50  # documents parsed from one archive
_MAX_NAMED = 500  # characters of the names of files that were not read
_MAX_DEPTH = 2  # archives within archives
_NO_ADDRESS = "https://file.invalid/"  # what the links of a page in a file start from
_UTF8_NAME_FLAG = 0x800
#: The readers of Office packages, with the root and the usual name of their main part.
_OFFICE_KINDS = (("docx", "document", "word/document.xml"), ("workbook", "workbook", "xl/workbook.xml"))


def read_zip(body: bytes, *, depth: int = 0, reader: PictureReader | None = None) -> ParsedFile:
    """Parse a zip by its members. Raises `Unreadable` for a damaged or excessively large one."""
    try:
        archive = ZipFile(io.BytesIO(body))
    except BadZipFile as error:
        raise Unreadable("not a zip file, or a damaged one") from error
    with archive:
        # The sizes in the directory suffice: the reader of a member stops at the size claimed there.
        members = archive.infolist()
        _check_size([member.file_size for member in members])
        if any(member.flag_bits & 1 for member in members):
            raise Unreadable(ENCRYPTED)
        main, package = normalize_package(archive, body)
        if main.endswith(".bin"):
            return get_format_reader("sheets")(package)
        kind = get_kind(package, main) if main else ""
        for name, root, usual in _OFFICE_KINDS:
            if kind == root or main == usual:
                parsed = get_format_reader(name)(package, reader=reader)
                return _add_embedded(parsed, package, depth=depth, reader=reader)
        if main:
            raise Unreadable(f"a document of the kind {kind or 'unknown'} is not supported")
        if "OFD.xml" in archive.namelist():
            return get_format_reader("ofd")(archive, reader=reader)
        files = [
            (_spell_name(member), partial(archive.read, member)) for member in members if not member.is_dir()
        ]
        return _read_members(files, depth=depth, reader=reader)


def _add_embedded(
    parsed: ParsedFile, package: bytes, *, depth: int, reader: PictureReader | None
) -> ParsedFile:
    """Return an Office file with the files in it: a sheet in a letter, a page that a program inserted."""
    with ZipFile(io.BytesIO(package)) as archive:
        files = [(name.rpartition("/")[2], partial(archive.read, name)) for name in list_embedded(archive)]
        if not files:
            return parsed
        inner = _read_members(files, depth=depth, reader=reader)
    return ParsedFile(
        "\n".join(text for text in (parsed.text, inner.text) if text),
        (*parsed.doubts, *inner.doubts),
        pictures=parsed.pictures + inner.pictures,
        picture_text="\n".join(text for text in (parsed.picture_text, inner.picture_text) if text),
    )


def read_rar(body: bytes, *, depth: int = 0, reader: PictureReader | None = None) -> ParsedFile:
    """Parse a RAR archive. Raises `Unreadable` for a damaged or excessively large one.

    What is only stored is read by itself; what is compressed needs a program that unpacks it, and without one
    is named in a doubt.
    """
    try:
        archive = rarfile.RarFile(io.BytesIO(body), charset="gb18030")
    except rarfile.NeedFirstVolume as error:
        raise Unreadable("RAR archive: not read; it is one of several parts") from error
    except rarfile.Error as error:
        raise Unreadable("not a RAR archive, or a damaged one") from error
    with archive:
        members = archive.infolist()
        _check_size([member.file_size for member in members])
        if archive.needs_password():
            names = f"; it holds {', '.join(member.filename for member in members)}" if members else ""
            raise Unreadable(f"RAR archive: not read; it is encrypted{names[:_MAX_NAMED]}")
        if not members:
            raise Unreadable("RAR archive: not read; no file was found in it")
        files = [
            (member.filename, partial(_unpack_member, archive, member))
            for member in members
            if not member.is_dir()
        ]
        return _read_members(files, depth=depth, reader=reader)


def _unpack_member(archive: rarfile.RarFile, member: rarfile.RarInfo) -> bytes:
    try:
        unpacked: bytes = archive.read(member)
    except rarfile.RarCannotExec as error:
        raise Unreadable(
            "compressed in a RAR archive: not read; it is read where unar, 7z, bsdtar or unrar is installed"
        ) from error
    return unpacked


def _check_size(sizes: Sequence[int]) -> None:
    if len(sizes) > _MAX_MEMBERS:
        raise Unreadable(f"an archive of {len(sizes)} members; {_MAX_MEMBERS} are allowed")
    if sum(sizes) > _MAX_BYTES:
        raise Unreadable(f"an archive of {sum(sizes)} bytes unpacked; {_MAX_BYTES} are allowed")


def _spell_name(member: ZipInfo) -> str:
    """Return the name of a member of a zip.

    Chinese Windows writes names in GBK without a flag, and Python decodes them as code page 437.
    """
    if member.flag_bits & _UTF8_NAME_FLAG:
        return member.filename
    return decode_body(member.filename.encode("cp437", errors="replace")).text


def _read_members(
    files: Sequence[tuple[str, Callable[[], bytes]]], *, depth: int, reader: PictureReader | None
) -> ParsedFile:
    """Parse the files of an archive, each given by its name and by what unpacks it."""
    if depth >= _MAX_DEPTH:
        raise Unreadable("archives nested too deeply")
    texts: list[str] = []
    recognized: list[str] = []
    doubts: list[str] = []
    pictures = 0
    for name, unpack in files[:_MAX_READ]:
        try:
            parsed = _parse_member(unpack(), depth=depth, reader=reader)
        except get_parse_errors() as error:  # a doubt; the other files are still read
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
    match kind:
        case "mhtml":
            return get_format_reader(kind)(body)
        case "ole" | "pdf" | "picture" | "rtf" | "office-xml":
            return get_format_reader(kind)(body, reader=reader)
        case "zip" | "rar":
            read_archive = read_zip if kind == "zip" else read_rar
            return read_archive(body, depth=depth + 1, reader=reader)
        case "html":
            decoded = decode_body(body)
            lost = (f"{decoded.replaced} characters could not be decoded",) if decoded.replaced else ()
            page = parse_saved_page(decoded.text, url=_NO_ADDRESS)
            return ParsedFile(page.text, (*lost, *page.doubts))
        case "text" if not MARKUP.match(body[:200]):
            lines = (line.strip() for line in decode_body(body).text.splitlines())
            return ParsedFile("\n".join(line for line in lines if line))
        case _:
            return ParsedFile("", (_UNREAD_KINDS.get(kind, "not a supported document"),))


def read_saved_pages(body: bytes) -> ParsedFile:
    """Parse a file that Office saved as a web page in one file (MHTML): all pages in it, in order.

    Raises `Unreadable` where none of them has a text.
    """
    texts: list[str] = []
    told: dict[str, None] = {}
    lost = 0
    for part in list_pages(body):
        decoded = decode_body(part.body, header=part.content_type)
        try:
            page = parse_saved_page(decoded.text, url=_NO_ADDRESS)
        except Reshaped:
            continue  # the frame around the sheets, or a header
        texts.append(page.text)
        told |= dict.fromkeys(page.doubts)
        lost += decoded.replaced
    if not any(texts):
        raise Unreadable("the saved page holds no text")
    doubts = (f"{lost} characters could not be decoded",) if lost else ()
    return ParsedFile("\n".join(text for text in texts if text), (*doubts, *told))


_UNREAD_KINDS = {"text": UNKNOWN_MARKUP, "7z": SEVEN_ZIP}
