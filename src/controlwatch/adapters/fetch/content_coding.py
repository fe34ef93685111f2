"""Unpack the body of an answer by its first bytes: what the header says about its packing is often wrong."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from controlwatch.core.model.errors import Garbled, TooLarge

#: Packings inside one another that are undone; more of them are a decompression bomb.
MAX_LAYERS = 3

_GZIP = b"\x1f\x8b\x08"
_ZSTD = b"\x28\xb5\x2f\xfd"
_PIECE = 1 << 16
#: How files and pages begin that are not packed.
_PLAIN_START = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*[<{\[\"%PR\xd0]")


@dataclass(frozen=True, slots=True)
class UnpackedBody:
    """A body as the source wrote it, and whether its packing came to its end."""

    body: bytes
    is_whole: bool | None = None  #: None where it was not packed


def unpack_body(body: bytes, *, coding: str, url: str, largest: int) -> UnpackedBody:
    """Return a body without its packing; `coding` is the value of Content-Encoding.

    The first bytes count more than the header: a plain body under "gzip" stays as it is, and a packed one
    without a label is unpacked. Raises `TooLarge` above `largest` bytes or `MAX_LAYERS`, and `Garbled` for
    bytes that cannot be unpacked.
    """
    if not coding and not body.startswith((_GZIP, _ZSTD)):
        return UnpackedBody(body)
    labels = {label.strip().lower() for label in coding.split(",")} - {"", "identity", "none"}
    is_whole: bool | None = None
    for layer in range(MAX_LAYERS + 1):
        if body.startswith(_GZIP):
            form = zlib.MAX_WBITS | 16
        elif "deflate" in labels and layer == 0 and not _PLAIN_START.match(body):
            is_zlib = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
            form = zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS
        else:
            break
        if layer == MAX_LAYERS:
            raise TooLarge(f"{url} is compressed more than {MAX_LAYERS} times, as decompression bombs are")
        try:
            unpacked = _inflate(body, form, url=url, largest=largest)
        except zlib.error as error:
            raise Garbled(f"{url} is compressed, and damaged: {error}") from error
        body, is_whole = unpacked.body, is_whole is not False and unpacked.is_whole
    is_other = bool(labels - {"gzip", "x-gzip", "deflate"})
    if body.startswith(_ZSTD) or (is_other and body and not _PLAIN_START.match(body)):
        raise Garbled(f"{url} is compressed as {coding or 'zstd'}, which was not asked for")
    return UnpackedBody(body, is_whole)


def _inflate(body: bytes, form: int, *, url: str, largest: int) -> UnpackedBody:
    """Return what a body unpacks to, all of its members; what follows the last one is ignored."""
    parts: list[bytes] = []
    size = 0
    while True:
        unpacker = zlib.decompressobj(form)
        waiting = body
        while waiting and not unpacker.eof:
            part = unpacker.decompress(waiting, _PIECE)
            waiting = unpacker.unconsumed_tail
            parts.append(part)
            size += len(part)
            if size > largest:
                raise TooLarge(f"{url} unpacks to more than {largest:,} bytes; it was not read to its end")
        body = unpacker.unused_data
        if not (unpacker.eof and body.startswith(_GZIP)):
            return UnpackedBody(b"".join(parts), unpacker.eof)
