"""How an archive stores the bytes of a source: compressed, under the SHA-256 of the plain bytes."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from io import BytesIO
from typing import BinaryIO

from controlwatch.core.evidence.verification import StoredCopy

_CHUNK_BYTES = 1 << 20


def check_hash(sha256: str) -> str:
    """Return a SHA-256 in hex; raises KeyError where the text is none."""
    if len(sha256) != 64 or not sha256.isalnum():
        raise KeyError(sha256)
    return sha256


def pack_bytes(body: bytes) -> bytes:
    """Return bytes as they are stored; equal bytes give the same result, whenever they were sent."""
    return gzip.compress(body, mtime=0)


def unpack_bytes(packed: bytes, sha256: str) -> bytes:
    """Return the plain bytes of this hash; raises KeyError where the stored copy is damaged."""
    try:
        body = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        raise KeyError(sha256) from None
    if hashlib.sha256(body).hexdigest() != sha256:
        raise KeyError(sha256)
    return body


def inspect_packed(packed: BinaryIO | bytes, sha256: str) -> StoredCopy:
    """Return the size of a stored copy and what is wrong with it, in constant memory."""
    digest, size = hashlib.sha256(), 0
    try:
        with gzip.open(BytesIO(packed) if isinstance(packed, bytes) else packed) as file:
            while piece := file.read(_CHUNK_BYTES):
                digest.update(piece)
                size += len(piece)
    except EOFError:
        return StoredCopy(size=size, fault="bytes cut short")
    except (OSError, zlib.error):
        return StoredCopy(size=size, fault="bytes damaged")
    if digest.hexdigest() != sha256:
        # gzip reads an empty file as no bytes, without an error.
        return StoredCopy(size=size, fault="bytes altered" if size else "bytes cut short")
    return StoredCopy(size=size)
