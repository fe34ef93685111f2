"""Files in the cache folder of the user, which can be made again at any time.

A file that is damaged, of another key, or in a folder that others could write to is ignored.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from importlib import resources
from pathlib import Path

from controlwatch.adapters.system.state_folder import write_private_bytes

FOLDER = "controlwatch"
DIGEST_LENGTH = hashlib.sha256().digest_size


def read_cached(name: str, key: str) -> bytes | None:
    """Return the content that was kept under a name and a key, None where there is none that can be used."""
    folder = _find_folder()
    if folder is None:
        return None
    try:
        if not _is_private(folder):
            return None
        kept = (folder / name).read_bytes()
    except OSError:
        return None
    content = kept[DIGEST_LENGTH:]
    return content if kept[:DIGEST_LENGTH] == _compute_digest(key, content) else None


def write_cached(name: str, key: str, content: bytes) -> None:
    """Keep content under a name and a key; where that is impossible, nothing is kept."""
    folder = _find_folder()
    if folder is None:
        return
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_private(folder):
            write_private_bytes(folder / name, _compute_digest(key, content) + content)


def compute_package_key() -> str:
    """Return a key of the installed package: the size and the time of each file, as for compiled modules."""
    digest = hashlib.sha256()
    for path in sorted(_list_files(Path(str(resources.files("controlwatch"))))):
        found = path.stat()
        digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def _list_files(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name != "__pycache__" and entry.is_dir():
                yield from _list_files(Path(entry.path))
            elif entry.name.endswith((".py", ".toml")):
                yield Path(entry.path)


def _find_folder() -> Path | None:
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    with suppress(RuntimeError):  # no home
        return (base if base.is_absolute() else Path.home() / ".cache") / FOLDER
    return None


def _is_private(folder: Path) -> bool:
    """Return whether a folder is our own, and only we can write to it."""
    found = folder.lstat()
    is_own = not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
    return stat.S_ISDIR(found.st_mode) and is_own and not found.st_mode & 0o022


def _compute_digest(key: str, content: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\0" + content).digest()
