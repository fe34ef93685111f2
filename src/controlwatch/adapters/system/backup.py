"""The state as one file, taken while the service runs, and put back.

The database is copied first, by SQLite's own backup; then the bytes that sources sent. These are written
before any row speaks of them and never change, so the copy holds everything that its database knows of.
Time stamps are those that were there before: a newer one would stand for a head that the copy lacks.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath

from controlwatch.core.model.errors import UsageError

#: How far a long copy has come: done, total.
Progress = Callable[[int, int], None]
MANIFEST = "MANIFEST.json"
DATABASE = "controlwatch.db"
SNAPSHOTS = "snapshots"
STAMPS = "stamps"
SECRET = "secret"  # noqa: S105 - the name of a file
CHUNK_BYTES = 1 << 20


def write_backup(state: Path, target: Path, *, progress: Progress = lambda _done, _total: None) -> int:
    """Write the state to a file that nobody else may read; return how many files it holds.

    Raises `UsageError` where there is nothing to copy, or something in its place already.
    """
    if target.exists():
        raise UsageError(f"{target} is there already; name another file")
    if not (state / DATABASE).exists():
        raise UsageError(f"{state} holds no embedded database; a PostgreSQL is copied by pg_dump")
    target.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=target.parent, prefix=".backup-")  # mode 0600
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            copy = Path(folder) / DATABASE
            stamps = dict(
                _find_files(state, STAMPS, "*.tsr")
            )  # before the database: it holds what they stamp
            _copy_database(state / DATABASE, copy)
            files = {DATABASE: copy, **stamps, **dict(_list_files(state))}
            with os.fdopen(number, "wb") as out, tarfile.open(fileobj=out, mode="w") as tar:
                _write_archive(tar, files, Path(folder), progress)
                out.flush()
                os.fsync(out.fileno())
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
    return len(files)


def restore_backup(source: Path, state: Path, *, progress: Progress = lambda _done, _total: None) -> int:
    """Put a copy back into a state folder that is empty; return how many files it holds.

    Every file is checked against the copy's own list before anything is put in place. Raises `UsageError`.
    """
    if state.exists() and any(path.name not in {"README.md", ".gitkeep"} for path in state.iterdir()):
        raise UsageError(f"{state} is not empty; restore into an empty folder, then take it into use")
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=state, prefix=".restore-") as folder:
        try:
            with tarfile.open(source) as tar:
                for entry in tar:
                    _unpack_entry(tar, entry, Path(folder))
            manifest = json.loads((Path(folder) / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, tarfile.TarError, ValueError) as error:
            raise UsageError(f"{source} is no backup of ours, or is damaged: {error}") from error
        _check_files(Path(folder), manifest, progress)
        for name in manifest:
            place = state / name
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            (Path(folder) / name).replace(place)
    return len(manifest)


def _unpack_entry(tar: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path) -> None:
    """Write one file of a copy; one that is no plain file, or would stand elsewhere, is none of ours."""
    parts = PurePosixPath(entry.name).parts
    body = tar.extractfile(entry) if entry.isreg() and not {"..", "/"} & set(parts) else None
    if body is None or not parts:
        raise ValueError(f"{entry.name!r} is no file that we put in")
    place = folder.joinpath(*parts)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.touch(mode=0o600, exist_ok=False)
    with place.open("wb") as out:
        shutil.copyfileobj(body, out, CHUNK_BYTES)


def _copy_database(path: Path, copy: Path) -> None:
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target, pages=1024)
        if target.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise UsageError("the database is damaged: see controlwatch doctor")


def _list_files(state: Path) -> Iterator[tuple[str, Path]]:
    yield from _find_files(state, SNAPSHOTS, "*/*.gz")
    if (state / SECRET).exists():
        yield SECRET, state / SECRET


def _find_files(state: Path, folder: str, names: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((state / folder).glob(names)):
        yield path.relative_to(state).as_posix(), path


def _write_archive(tar: tarfile.TarFile, files: dict[str, Path], folder: Path, progress: Progress) -> None:
    digests: dict[str, str] = {}
    for done, (name, path) in enumerate(files.items(), 1):
        digests[name] = _hash_file(path)
        tar.add(path, arcname=name, recursive=False)
        progress(done, len(files))
    manifest = folder / MANIFEST
    manifest.write_text(json.dumps(digests, indent=0), encoding="utf-8")
    tar.add(manifest, arcname=MANIFEST)


def _check_files(folder: Path, manifest: dict[str, str], progress: Progress) -> None:
    for done, (name, digest) in enumerate(manifest.items(), 1):
        path = folder / name
        if not path.is_file() or path.is_symlink() or _hash_file(path) != digest:
            raise UsageError(f"the backup is damaged: {name} is not what was put in")
        progress(done, len(manifest))


def _hash_file(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(CHUNK_BYTES):
            found.update(part)
    return found.hexdigest()
