"""Mend HTTP answers that are not quite legal, as browsers do, before a strict parser sees them.

Old servers send lines without a colon, control characters, several lengths, or a transfer coding beside the
one that is known. The parser refuses such an answer as a whole, although its body is sound. Bytes behind the
announced length would be taken for the next answer.
"""

from __future__ import annotations

import re

#: Bytes of a head that are waited for; what is longer is left to the parser, which refuses it.
MAX_HEAD_BYTES = 100_000

_NAME = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_FIELD_NAME = re.compile(_NAME)
_WELL_FORMED = re.compile(
    rb"HTTP/1\.[01] \d{3}(?: [\t\x20-\x7e\x80-\xff]*)?\r\n(?:"
    + _NAME
    + rb":[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n"
)
_STATUS_LINE = re.compile(rb"HTTP/(\d)(?:\.(\d))?[ \t]+(\d{3})(?!\d)[ \t]*(.*)", re.DOTALL)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_MAX_LENGTH_DIGITS = 18
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n")
_BAD_LENGTH = re.compile(rb"content-length:(?![ \t]*\d{1,18}[ \t]*\r)")


class LenientAnswers:
    """Mends the heads in the bytes of one connection, and ends each body at its announced length."""

    def __init__(self) -> None:
        self.has_surplus = False  #: more bytes came with the last answer than its head announced
        self._waiting = b""
        self._is_in_head = False
        self._left: int | None = None  #: bytes of the body to come, where its head announces how many

    def expect_head(self) -> None:
        """Note that a request is being sent: the next bytes begin an answer."""
        self._is_in_head, self._left, self.has_surplus = True, None, False

    def feed(self, received: bytes) -> bytes | None:
        """Return what the parser is to see of the bytes; None where more is needed.

        Empty bytes mean that the peer has closed the connection.
        """
        if not self._is_in_head:
            return self._end_body(received)
        self._waiting += received
        ready = b""
        while self._is_in_head:
            end = _HEAD_END.search(self._waiting)
            if end is None:
                is_http = self._waiting[:5] == b"HTTP/"[: len(self._waiting)]
                if received and is_http and len(self._waiting) <= MAX_HEAD_BYTES:
                    return ready or None
                break
            head, self._waiting = self._waiting[: end.end()], self._waiting[end.end() :]
            mended = mend_head(head)
            ready += mended
            self._left = _read_length(mended)
            # an interim answer, such as 103 Early Hints, is followed by another head
            self._is_in_head = mended[9:10] == b"1" and mended[9:12] != b"101"
        rest, self._waiting, self._is_in_head = self._waiting, b"", False
        return ready + self._end_body(rest)

    def _end_body(self, received: bytes) -> bytes:
        """Return what belongs to the answer."""
        if self._left is None:
            return received
        body = received[: self._left]
        self._left -= len(body)
        self.has_surplus |= len(received) > len(body)
        return body


def mend_head(head: bytes) -> bytes:
    """Return the head of an answer in the form that the standard wants; one that is well-formed as it is.

    Lines without a field are dropped, as is a length that is not a number or contradicts another.
    """
    lower = head.lower()
    is_simple = b"transfer-encoding" not in lower and lower.count(b"content-length") <= 1
    if is_simple and _WELL_FORMED.fullmatch(head) and not _BAD_LENGTH.search(lower):
        return head
    first, *lines = _LINE_END.split(head.rstrip(b"\r\n"))
    status = _STATUS_LINE.fullmatch(first)
    if status is None:
        return head
    version = b"1.0" if (status[1], status[2]) == (b"1", b"0") else b"1.1"
    mended = [b"HTTP/" + version + b" " + status[3] + b" " + _CONTROLS.sub(b" ", status[4])]
    lengths: set[bytes] = set()
    codings: list[bytes] = []
    for name, value in _split_fields(lines):
        match name.lower():
            case b"content-length":
                lengths.update(part.strip() for part in value.split(b","))
            case b"transfer-encoding":
                codings += [part.strip().lower() for part in value.split(b",")]
            case _:
                mended.append(name + b": " + value)
    if b"chunked" in codings:
        mended.append(b"Transfer-Encoding: chunked")
    elif len(lengths) == 1 and (length := lengths.pop()).isdigit():
        mended.append(b"Content-Length: " + (length if len(length) <= _MAX_LENGTH_DIGITS else b"9" * 18))
    return b"\r\n".join(mended) + b"\r\n\r\n"


def _read_length(head: bytes) -> int | None:
    """Return the length of a body that ends by it alone."""
    lower = head.lower()
    found = None if b"transfer-encoding" in lower else _LENGTH.search(lower)
    return int(found[1]) if found else None


def _split_fields(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Return name and value of each line that is a field; a line that goes on belongs to the one before."""
    fields: list[tuple[bytes, bytes]] = []
    for line in lines:
        if line[:1] in {b" ", b"\t"} and fields:
            name, value = fields.pop()
            fields.append((name, value + b" " + _CONTROLS.sub(b" ", line).strip()))
            continue
        name, mark, value = line.partition(b":")
        if mark and _FIELD_NAME.fullmatch(name.strip()):
            fields.append((name.strip(), _CONTROLS.sub(b" ", value).strip()))
    return fields
