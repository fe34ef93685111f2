"""Tell what a file is by its bytes, whatever its name says."""

from __future__ import annotations

import re
from typing import Literal

from controlwatch.core.sources.charset import decode_body

FileFormat = Literal["html", "text", "pdf", "ole", "rtf", "zip", "archive", "unknown"]

_MAGIC: tuple[tuple[bytes, FileFormat], ...] = (
    (b"%PDF", "pdf"),
    (b"\xd0\xcf\x11\xe0", "ole"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"{\\rtf", "rtf"),  # old Word saves it under the name .doc
)
_HTML = re.compile(r"<(?:!doctype html|html|head|body|meta|div|p|table)\b", re.IGNORECASE)  # <!doctype html>
_UTF16_MARKS = (
    b"\xff\xfe",
    b"\xfe\xff",
)  # byte order marks of UTF-16, which is full of NUL bytes and still text


def detect_format(body: bytes, content_type: str = "") -> FileFormat:
    """Tell the format by the first bytes, then by what they say, and only last by the content type."""
    for magic, kind in _MAGIC:
        if body.startswith(magic) or (kind == "pdf" and magic in body[:1024]):
            return kind
    if _HTML.search(decode_body(body[:4096], header=content_type).text):
        return "html"  # also with a stray NUL in it
    if b"\x00" in body[:1024] and not body.startswith(_UTF16_MARKS):
        return "unknown"
    return "html" if "html" in content_type else "text"
