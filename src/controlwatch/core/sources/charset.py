"""Turn bytes into text by a fixed ladder, and say what was lost on the way."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedText:
    """Text, the encoding that gave it, and how many characters it lost."""

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

# Pages that say gb2312 or gbk use characters which only GB18030 has. Names that are not here are not
# believed: Python knows "codecs" (idna, utf-7, unicode_escape) that no page should be allowed to choose.
_BELIEVED_ENCODINGS = {
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

# Servers send latin-1 as a default for anything, and almost any bytes can be read as it: only a reviewer's
# declaration is believed, never the header or the page.
_DECLARABLE_ENCODINGS = {
    **_BELIEVED_ENCODINGS,
    "latin1": "windows-1252",
    "iso88591": "windows-1252",
    "windows1252": "windows-1252",
}

_META = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE
)  # <meta charset="gbk">
_XML = re.compile(
    rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)"
)  # <?xml version="1.0" encoding="GB2312"?>
_PARAMETER = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)  # text/html; charset=gb2312
_HAN = re.compile(r"[\u3400-\u9fff]")
_REPLACEMENT_CHARACTER = "\ufffd"


def decode_body(body: bytes, *, header: str | None = None, declared: str | None = None) -> DecodedText:
    """Read bytes as text; never fails.

    `header` is a Content-Type value (or a bare charset name), `declared` what a reviewer knows of the site.
    Ladder: byte order mark, declared, header, `<meta>` in the first 4 KB, strict UTF-8, GB18030. When nothing
    reads strictly, the encoding that loses the fewest characters wins, the earlier one on a tie.
    """
    marked = _decode_by_mark(body)
    if marked:
        return marked
    ladder = tuple(dict.fromkeys(_list_encodings(body, header=header, declared=declared)))
    for encoding in ladder:
        text = _decode_strictly(body, encoding)
        if text is not None and not _is_mislabelled(body, text, encoding):
            return DecodedText(text=text, encoding=encoding, replaced=text.count(_REPLACEMENT_CHARACTER))
    readings = (_decode_loosely(body, encoding) for encoding in ladder)
    return min(readings, key=lambda reading: reading.replaced)


def _list_encodings(body: bytes, *, header: str | None, declared: str | None) -> Iterator[str]:
    head = body[:4096]
    meta = _META.search(head) or _XML.match(head)
    parameter = _PARAMETER.search(header or "")
    named = (
        _DECLARABLE_ENCODINGS.get(_normalize_encoding(declared)),
        _BELIEVED_ENCODINGS.get(_normalize_encoding(parameter[1] if parameter else header)),
        _BELIEVED_ENCODINGS.get(_normalize_encoding(meta[1].decode("ascii") if meta else None)),
    )
    yield from (encoding for encoding in named if encoding)
    yield from ("utf-8", "gb18030")


def _normalize_encoding(name: str | None) -> str:
    return re.sub(r"[\s_-]", "", name or "").lower()


def _decode_by_mark(body: bytes) -> DecodedText | None:
    for mark, codec, encoding in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            text = body.decode(codec, errors="replace")
            return DecodedText(text=text, encoding=encoding, replaced=text.count(_REPLACEMENT_CHARACTER))
    return None


def _decode_strictly(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_mislabelled(body: bytes, text: str, encoding: str) -> bool:
    """Whether a GB or Big5 label stands on UTF-8 bytes, which those often read without complaint."""
    if encoding not in {"gb18030", "big5hkscs"} or text.isascii():
        return False
    honest = _decode_strictly(body, "utf-8")
    return honest is not None and _HAN.search(honest) is not None


def _decode_loosely(body: bytes, encoding: str) -> DecodedText:
    text = body.decode(encoding, errors="replace")
    return DecodedText(text=text, encoding=encoding, replaced=text.count(_REPLACEMENT_CHARACTER))
