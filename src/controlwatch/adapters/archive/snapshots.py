"""Snapshots in a folder: bytes as sent, compressed, named by SHA-256, each written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from controlwatch.core.evidence.packed_bytes import check_hash, inspect_packed, pack_bytes, unpack_bytes
from controlwatch.core.evidence.verification import StoredCopy


class FolderArchive:
    """Keeps bytes in a folder: `ab/cdef….gz`, where abcdef… is the SHA-256 of the plain bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder  # created with the first bytes: reading creates nothing

    def save_bytes(self, body: bytes) -> str:
        """Store the bytes durably and return their SHA-256 in hex; equal bytes are stored once.

        A damaged copy is replaced: its name says which bytes it must hold, and these are they.
        """
        sha256 = hashlib.sha256(body).hexdigest()
        path = self._get_path(sha256)
        if self.inspect_copy(sha256).fault is not None:
            if not path.parent.exists():
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                path.parent.mkdir(exist_ok=True, mode=0o700)
                sync_folder(self._folder)
            write_durably(path, pack_bytes(body))
        return sha256

    def load_bytes(self, sha256: str) -> bytes:
        """Return stored bytes; raises KeyError when they are missing or damaged."""
        try:
            packed = self._get_path(sha256).read_bytes()
        except OSError:
            raise KeyError(sha256) from None
        return unpack_bytes(packed, sha256)

    def inspect_copy(self, sha256: str) -> StoredCopy:
        """Return the size of a copy and what is wrong with it, in constant memory."""
        try:
            with self._get_path(sha256).open("rb") as file:
                return inspect_packed(file, sha256)
        except (FileNotFoundError, KeyError):
            return StoredCopy(fault="bytes missing")
        except OSError:
            return StoredCopy(fault="bytes damaged")

    def _get_path(self, sha256: str) -> Path:
        name = check_hash(sha256)
        return self._folder / name[:2] / f"{name[2:]}.gz"


def write_durably(path: Path, data: bytes) -> None:
    """Write or replace a file that only its owner may read; after a power loss it is whole or absent."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
        sync_folder(path.parent)
    finally:
        Path(name).unlink(missing_ok=True)  # left over only after an error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power loss; the bytes of its files are synced on their own."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
