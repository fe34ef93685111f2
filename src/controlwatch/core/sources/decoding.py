"""Tell what a body is: its text, its format, and whether it is a mail or a saved page."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Literal

from controlwatch.core.model import Snapshot

# --------------------------------------------------------------------------- the text


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedText:
    """Text, the encoding it was decoded with, and how many characters were lost."""

    text: str
    encoding: str  #: utf-8, utf-16, utf-32, gb18030, big5hkscs or windows-1252
    replaced: int  #: count of U+FFFD in the text


_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32"),  # before UTF-16, whose mark is the first half of this one
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
)

# Pages declared as gb2312 or gbk use characters that only GB18030 has. Other names are ignored: Python has
# "codecs" (idna, utf-7, unicode_escape) that no page may choose.
_TRUSTED_ENCODINGS = {
    "utf8": "utf-8",
    "gb2312": "gb18030",
    "gb231280": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "xgbk": "gb18030",
    "windows936": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "big5hkscs": "big5hkscs",
    "cp950": "big5hkscs",
}

# Servers send latin-1 as a default for anything, and almost any bytes can be read as it: it is accepted only
# from the declaration of a reviewer, never from the header or the page.
_DECLARABLE_ENCODINGS = {
    **_TRUSTED_ENCODINGS,
    "latin1": "windows-1252",
    "iso88591": "windows-1252",
    "windows1252": "windows-1252",
}

#: A Western text has fewer letters that are not ASCII than one in this number.
_MIN_ASCII_SHARE = 20

_META = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE
)  # <meta charset="gbk">
_XML = re.compile(
    rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)"
)  # <?xml version="1.0" encoding="GB2312"?>
_PARAMETER = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)  # text/html; charset=gb2312
_HAN = re.compile(r"[\u3400-\u9fff]")


def decode_body(body: bytes, *, header: str | None = None, declared: str | None = None) -> DecodedText:
    """Decode bytes as text; never fails.

    `header` is a Content-Type value (or a bare charset name), `declared` the charset that a reviewer
    declared. Tried in order: byte order mark, declared, header, `<meta>` in the first 4 KB, strict UTF-8,
    GB18030, and Latin-1 for a feed that says so. If none decodes strictly, the encoding that loses the fewest
    characters wins, the earlier one on a tie.
    """
    for mark, codec, encoding in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return _to_decoded(body.decode(codec, errors="replace"), encoding)
    xml = _XML.match(body[:4096].lstrip())
    meta = _META.search(body[:4096]) or xml
    parameter = _PARAMETER.search(header or "")
    named = (
        _DECLARABLE_ENCODINGS.get(_normalize_encoding(declared)),
        _TRUSTED_ENCODINGS.get(_normalize_encoding(parameter[1] if parameter else header)),
        _TRUSTED_ENCODINGS.get(_normalize_encoding(meta[1].decode("ascii") if meta else None)),
        "utf-8",
        "gb18030",
        *(["windows-1252"] if xml is not None and _is_western(xml[1], body) else []),
    )
    encodings = tuple(dict.fromkeys(name for name in named if name))
    for encoding in encodings:
        text = _decode_strictly(body, encoding)
        if text is not None and not _is_mislabelled(body, text, encoding):
            return _to_decoded(text, encoding)
    loose = (_to_decoded(body.decode(encoding, errors="replace"), encoding) for encoding in encodings)
    return min(loose, key=lambda decoded: decoded.replaced)


def _is_western(name: bytes, body: bytes) -> bool:
    """Return whether a feed says that it is Latin-1, and is, by the few letters that are not ASCII."""
    declared = _DECLARABLE_ENCODINGS.get(_normalize_encoding(name.decode("ascii")))
    few = len(body) // _MIN_ASCII_SHARE
    return declared == "windows-1252" and sum(byte > 0x7F for byte in body) <= few


def find_query_encoding(encoding: str) -> str:
    """Return the codec in which browsers send the queries of links on a page in this encoding."""
    return {"gb18030": "gbk", "big5hkscs": "big5hkscs", "windows-1252": "windows-1252"}.get(encoding, "utf-8")


def _to_decoded(text: str, encoding: str) -> DecodedText:
    return DecodedText(text=text, encoding=encoding, replaced=text.count("\ufffd"))


def _normalize_encoding(name: str | None) -> str:
    return re.sub(r"[\s_-]", "", name or "").lower()


def _decode_strictly(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_mislabelled(body: bytes, text: str, encoding: str) -> bool:
    """Return whether UTF-8 bytes are labelled GB or Big5, which often decodes them without an error."""
    if encoding not in {"gb18030", "big5hkscs"} or text.isascii():
        return False
    as_utf8 = _decode_strictly(body, "utf-8")
    return as_utf8 is not None and _HAN.search(as_utf8) is not None


# --------------------------------------------------------------------------- the format

FileFormat = Literal[
    "html", "text", "pdf", "ole", "rtf", "zip", "rar", "7z", "office-xml", "mhtml", "picture", "unknown"
]

_MAGIC: tuple[tuple[bytes, FileFormat], ...] = (
    (b"%PDF", "pdf"),
    (b"\xd0\xcf\x11\xe0", "ole"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"{\\rtf", "rtf"),  # old Word saves it under the name .doc
    (b"\x89PNG\r\n", "picture"),
    (b"\xff\xd8\xff", "picture"),  # JPEG
    (b"II*\x00", "picture"),  # TIFF
    (b"MM\x00*", "picture"),
)
#: Word 2003, a Word package in one file, and Excel 2003.
_OFFICE_XML = re.compile(
    rb"<(?:w:wordDocument|pkg:package|(?:ss:)?Workbook[^>]*urn:schemas-microsoft-com:office:spreadsheet)"
    rb"|<\?mso-application\b"
)
_HTML = re.compile(r"<(?:!doctype html|html|head|body|meta|div|p|table)\b", re.IGNORECASE)  # <!doctype html>


def detect_format(body: bytes, content_type: str = "") -> FileFormat:
    """Return the format by the first bytes, else by the text, and only last by the content type."""
    for magic, kind in _MAGIC:
        if body.startswith(magic) or (kind == "pdf" and magic in body[:1024]):
            return kind
    if body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") and _OFFICE_XML.search(body[:4096]):
        return "office-xml"
    if _HTML.search(decode_body(body[:4096], header=content_type).text):
        return "html"  # also with a stray NUL in it
    # UTF-16 is full of NUL bytes and still text.
    if b"\x00" in body[:1024] and not body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "unknown"
    return "html" if "html" in content_type else "text"


# --------------------------------------------------------------------------- mails and saved pages

#: The media type of a mail (RFC 2046).
MAIL_TYPE = "message/rfc822"
#: The header of a mail or of a saved page: lines of "Name: value", one of which declares MIME or a type.
#: Atomic: no line can match in two ways, or a header without an end would be tried in all combinations.
MIME_HEAD = re.compile(
    rb"(?>(?:[A-Za-z0-9-]{1,60}:[^\n]{0,2000}\n(?>(?:[ \t][^\n]{0,2000}\n){0,50})){1,200})\r?\n"
)
MIME_DECLARATION = re.compile(rb"^(?:mime-version|content-type):", re.IGNORECASE | re.MULTILINE)
#: The address that a page was saved from, as browsers write it.
SAVED_LOCATION = re.compile(
    rb"^(?:snapshot-content-location|content-location):[ \t]*(https?://[!-~]{1,2000})",
    re.IGNORECASE | re.MULTILINE,
)


def is_wrapped(body: bytes) -> bool:
    """Return whether bytes are a mail (EML) or a page saved as one file (MHTML)."""
    head = MIME_HEAD.match(body[:65_536])
    return head is not None and MIME_DECLARATION.search(head[0]) is not None


def find_saved_location(body: bytes) -> str:
    """Return the address that a page was saved from, or ""."""
    match = SAVED_LOCATION.search(body[:8_192]) if is_wrapped(body) else None
    return match[1].decode("ascii") if match is not None else ""


def is_mail(snapshot: Snapshot) -> bool:
    """Return whether bytes were received as a mail, or look like one.

    Bytes received as a mail are a mail whatever they contain: anybody can write a mail that looks like a page
    saved by a browser.
    """
    return snapshot.get_header("content-type") == MAIL_TYPE or (
        is_wrapped(snapshot.body) and not find_saved_location(snapshot.body)
    )
