"""Bytes as sent, compressed, under their own SHA-256: written whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
from pathlib import Path


class FolderArchive:
    """Keeps bytes in a folder: `ab/cdef….gz`, where abcdef… is the SHA-256 of the plain bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def keep(self, body: bytes) -> str:
        """Store the bytes durably and return their SHA-256 in hex; the same bytes are kept once."""
        sha256 = hashlib.sha256(body).hexdigest()
        path = self._path(sha256)
        if not path.exists():
            path.parent.mkdir(exist_ok=True, mode=0o700)
            # mtime=0: the same bytes give the same file, whenever they were sent.
            _write_durably(path, gzip.compress(body, mtime=0))
        return sha256

    def bytes(self, sha256: str) -> bytes:
        """Return bytes kept before; KeyError when there are none."""
        try:
            return gzip.decompress(self._path(sha256).read_bytes())
        except FileNotFoundError:
            raise KeyError(sha256) from None

    def _path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not sha256.isalnum():
            raise KeyError(sha256)
        return self._folder / sha256[:2] / f"{sha256[2:]}.gz"


def _write_durably(path: Path, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)  # there is none any more unless something went wrong
