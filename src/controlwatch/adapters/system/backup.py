"""Back up the state to one file while the service runs, and restore it.

The database is copied first, by SQLite's own backup; then the bytes that sources sent. These are written
before any row refers to them and never change, so the backup holds everything that its database refers to.
Time stamps are listed before the database is copied: a newer one would stamp a head that the copy lacks.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path, PurePosixPath

from controlwatch.core.model.errors import UsageError

#: Called with the number of files done and the total.
Progress = Callable[[int, int], None]
MANIFEST = "MANIFEST.json"
DATABASE = "controlwatch.db"
SNAPSHOTS = "snapshots"
STAMPS = "stamps"
SECRET = "secret"  # noqa: S105 - the name of a file
CHUNK_BYTES = 1 << 20


def write_backup(state: Path, target: Path, *, progress: Progress = lambda _done, _total: None) -> int:
    """Write the state to a file that only its owner may read; return the number of files in it.

    Raises `UsageError` when there is nothing to back up, or when the target exists.
    """
    if target.exists():
        raise UsageError(f"{target} exists already; name another file")
    if not (state / DATABASE).exists():
        raise UsageError(f"{state} holds no embedded database; a PostgreSQL is copied by pg_dump")
    target.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=target.parent, prefix=".backup-")  # mode 0600
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            copy = Path(folder) / DATABASE
            stamps = sorted((state / STAMPS).glob("*.tsr"))  # before the database: it holds what they stamp
            with closing(sqlite3.connect(state / DATABASE)) as live, closing(sqlite3.connect(copy)) as copied:
                live.backup(copied, pages=1024)
                if copied.execute("PRAGMA quick_check").fetchone() != ("ok",):
                    raise UsageError("the database is damaged: see controlwatch doctor")
            paths = [*stamps, *sorted((state / SNAPSHOTS).glob("*/*.gz")), state / SECRET]
            files = {DATABASE: copy}
            files.update((path.relative_to(state).as_posix(), path) for path in paths if path.exists())
            with os.fdopen(number, "wb") as out, tarfile.open(fileobj=out, mode="w") as tar:
                digests: dict[str, str] = {}
                for done, (entry, path) in enumerate(files.items(), 1):
                    digests[entry] = _hash_file(path)
                    tar.add(path, arcname=entry, recursive=False)
                    progress(done, len(files))
                manifest = Path(folder) / MANIFEST
                manifest.write_text(json.dumps(digests, indent=0), encoding="utf-8")
                tar.add(manifest, arcname=MANIFEST)
                out.flush()
                os.fsync(out.fileno())
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
    return len(files)


def restore_backup(source: Path, state: Path, *, progress: Progress = lambda _done, _total: None) -> int:
    """Restore a backup into an empty state folder; return the number of files in it.

    Every file is checked against the backup's manifest before any is put in place. Raises `UsageError`.
    """
    if state.exists() and any(path.name not in {"README.md", ".gitkeep"} for path in state.iterdir()):
        raise UsageError(f"{state} is not empty; restore into an empty folder, then use that one")
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=state, prefix=".restore-") as folder:
        try:
            manifest = _unpack_files(source, Path(folder))
        except (OSError, tarfile.TarError, ValueError) as error:
            raise UsageError(f"{source} is not a controlwatch backup, or is damaged: {error}") from error
        for done, (name, digest) in enumerate(manifest.items(), 1):
            path = Path(folder) / name
            if not path.is_file() or path.is_symlink() or _hash_file(path) != digest:
                raise UsageError(f"the backup is damaged: {name} is not what was backed up")
            progress(done, len(manifest))
        for name in manifest:
            target = state / name
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            (Path(folder) / name).replace(target)
    return len(manifest)


def _unpack_files(source: Path, folder: Path) -> dict[str, str]:
    """Unpack a backup and return its manifest: digests by file name.

    Raises ValueError for an entry that is not a plain file, or would be written outside the folder.
    """
    with tarfile.open(source) as tar:
        for entry in tar:
            parts = PurePosixPath(entry.name).parts
            body = tar.extractfile(entry) if entry.isreg() and not {"..", "/"} & set(parts) else None
            if body is None or not parts:
                raise ValueError(f"a backup holds no such entry as {entry.name!r}")
            target = folder.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            target.touch(mode=0o600, exist_ok=False)
            with target.open("wb") as out:
                shutil.copyfileobj(body, out, CHUNK_BYTES)
    manifest: dict[str, str] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return manifest


def _hash_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
