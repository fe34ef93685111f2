"""Bytes as sent, compressed, under their own SHA-256: written whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path

from controlwatch.adapters.archive.atomic_write import sync_folder, write_durably
from controlwatch.core.evidence.verification import StoredCopy

_CHUNK_BYTES = 1 << 20


class FolderArchive:
    """Keeps bytes in a folder: `ab/cdef….gz`, where abcdef… is the SHA-256 of the plain bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder  # made with the first bytes: whoever only reads makes nothing

    def save_bytes(self, body: bytes) -> str:
        """Store the bytes durably and return their SHA-256 in hex; the same bytes are kept once.

        A copy that has been damaged is replaced: these are the bytes that it should hold.
        """
        sha256 = hashlib.sha256(body).hexdigest()
        path = self._get_path(sha256)
        if self.inspect_copy(sha256).fault is not None:
            if not path.parent.exists():
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                path.parent.mkdir(exist_ok=True, mode=0o700)
                sync_folder(self._folder)
            # mtime=0: the same bytes give the same file, whenever they were sent.
            write_durably(path, gzip.compress(body, mtime=0))
        return sha256

    def load_bytes(self, sha256: str) -> bytes:
        """Return bytes kept before; KeyError when there are none, or others than were kept."""
        try:
            body = gzip.decompress(self._get_path(sha256).read_bytes())
        except (OSError, EOFError, zlib.error):
            raise KeyError(sha256) from None
        if hashlib.sha256(body).hexdigest() != sha256:
            raise KeyError(sha256)
        return body

    def inspect_copy(self, sha256: str) -> StoredCopy:
        """Return how a copy stands, in constant memory."""
        digest, size = hashlib.sha256(), 0
        try:
            with gzip.open(self._get_path(sha256)) as file:
                while piece := file.read(_CHUNK_BYTES):
                    digest.update(piece)
                    size += len(piece)
        except (FileNotFoundError, KeyError):
            return StoredCopy(fault="bytes missing")
        except EOFError:
            return StoredCopy(size=size, fault="bytes cut short")
        except (OSError, zlib.error):
            return StoredCopy(size=size, fault="bytes damaged")
        if digest.hexdigest() != sha256:
            # An empty file is no damaged gzip to the reader of such files, but nothing at all.
            return StoredCopy(size=size, fault="bytes altered" if size else "bytes cut short")
        return StoredCopy(size=size)

    def _get_path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not sha256.isalnum():
            raise KeyError(sha256)
        return self._folder / sha256[:2] / f"{sha256[2:]}.gz"
