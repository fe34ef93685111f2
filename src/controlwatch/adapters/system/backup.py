"""Back up the state to one file while the service runs, and restore it.

The database is copied first, by SQLite's own backup; then the bytes that sources sent. These are written
before any row refers to them and never change, so the backup holds everything that its database refers to.
Time stamps are listed before the database is copied: a newer one would stamp a head that the copy lacks.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path, PurePosixPath

from filelock import FileLock

from controlwatch.adapters.system.state_folder import (
    DATABASE,
    JOURNAL_PREFIX,
    MARK,
    RESTORE_MARKER,
    WORK_LOCK,
    WORK_PREFIX,
    check_restored,
    remove_dead_work,
    remove_leftovers,
    remove_work,
    sync_names,
    write_private_file,
)
from controlwatch.core.model.errors import UsageError

#: Called with the number of files done and the total.
Progress = Callable[[int, int], None]
MANIFEST = "MANIFEST.json"
SNAPSHOTS = "snapshots"
STAMPS = "stamps"
SECRET = "secret"  # noqa: S105 - the name of a file
CHUNK_BYTES = 1 << 20
#: Begins the names of the temporary files of a restore.
WORK_NAME = ".restore-"
#: Names that an empty state folder may contain.
PERMITTED_NAMES = frozenset({"README.md", ".gitkeep", "controlwatch.lock"})


def write_backup(state: Path, target: Path, *, progress: Progress = lambda _done, _total: None) -> int:
    """Write the state to a file that only its owner may read; return the number of files in it.

    Raises `UsageError` when there is nothing to back up, or when the target exists. What a killed backup left
    is removed first.
    """
    check_restored(state)
    if target.exists():
        raise UsageError(f"{target} exists already; name another file")
    if not (state / DATABASE).exists():
        raise UsageError(f"{state} holds no embedded database; a PostgreSQL is copied by pg_dump")
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(state)
    for left in target.parent.glob(f"{WORK_PREFIX}*"):
        remove_dead_work(left)
    with _open_work_folder(state, target.parent) as work:
        copy = work / DATABASE
        stamps = sorted((state / STAMPS).glob("*.tsr"))  # before the database: it holds what they stamp
        with closing(sqlite3.connect(state / DATABASE)) as live, closing(sqlite3.connect(copy)) as copied:
            live.backup(copied, pages=1024)
            if copied.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise UsageError("the database is damaged: see controlwatch doctor")
        paths = [*stamps, *sorted((state / SNAPSHOTS).glob("*/*.gz")), state / SECRET, state / MARK]
        files = {DATABASE: copy}
        files.update((path.relative_to(state).as_posix(), path) for path in paths if path.exists())
        packed = work / "backup.tar"
        packed.touch(mode=0o600)
        with packed.open("wb") as out, tarfile.open(fileobj=out, mode="w") as tar:
            digests: dict[str, str] = {}
            for done, (entry, path) in enumerate(files.items(), 1):
                digests[entry] = _hash_file(path)
                tar.add(path, arcname=entry, recursive=False)
                progress(done, len(files))
            manifest = work / MANIFEST
            manifest.write_text(json.dumps(digests, indent=0), encoding="utf-8")
            tar.add(manifest, arcname=MANIFEST)
            tar.close()
            out.flush()
            os.fsync(out.fileno())
        packed.replace(target)
        sync_names(target.parent)
    return len(files)


@contextmanager
def _open_work_folder(state: Path, parent: Path) -> Iterator[Path]:
    """Yield a folder for its owner alone, which is removed at the end; where it is killed, by a later start.

    A file in the state names it, so that it is found wherever it is.
    """
    name = secrets.token_hex(8)
    work, journal = parent.resolve() / f"{WORK_PREFIX}{name}", state / f"{JOURNAL_PREFIX}{name}"
    with ExitStack() as stack:
        with suppress(OSError):  # a state on a read-only disk can be backed up too
            journal.touch(mode=0o600)
            journal.write_text(str(work), encoding="utf-8")
            stack.callback(journal.unlink, missing_ok=True)
        work.mkdir(mode=0o700)
        stack.enter_context(FileLock(work / WORK_LOCK, mode=0o600))
        stack.callback(remove_work, work)
        yield work


def restore_backup(source: Path, state: Path, *, progress: Progress = lambda _done, _total: None) -> int:
    """Restore a backup into an empty state folder; return the number of files in it.

    Every file is checked against the backup's manifest before any is put in place; the database is put in
    place last. From the first step to the last a marker lies in the folder, and nothing else opens it; after
    a kill the restore is run again. Raises `UsageError`.
    """
    is_second = (state / RESTORE_MARKER).exists()
    if state.exists() and not is_second and not _is_empty(state):
        raise UsageError(f"{state} is not empty; restore into an empty folder, then use that one")
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    marker = state / RESTORE_MARKER
    _remove_partial_restore(state, is_marked=is_second)
    if not is_second:
        write_private_file(marker, f"restoring {source.name}\n")
    with tempfile.TemporaryDirectory(dir=state, prefix=WORK_NAME) as folder:
        try:
            manifest = _unpack_checked_files(source, Path(folder), progress)
        except UsageError:
            if not is_second:
                marker.unlink()  # nothing was put in place
            raise
        late = (SECRET, MARK, DATABASE)
        names = sorted(manifest, key=lambda name: late.index(name) if name in late else -1)
        for name in names:
            if name == DATABASE:
                os.sync()  # what it refers to is on the disk before it is in place
            target = state / name
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            (Path(folder) / name).replace(target)
    os.sync()
    marker.unlink()
    sync_names(state)
    return len(manifest)


def _is_empty(state: Path) -> bool:
    """Return whether a folder holds nothing, or only what a restore leaves that is killed at once."""
    return all(path.name in PERMITTED_NAMES or path.name.startswith(WORK_NAME) for path in state.iterdir())


def _remove_partial_restore(state: Path, *, is_marked: bool) -> None:
    """Remove temporary files; where there is a marker, also what that restore has put in place."""
    left = list(state.glob(f"{WORK_NAME}*"))
    if is_marked:
        names = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", SECRET, MARK, SNAPSHOTS, STAMPS)
        left += [state / name for name in names]
    for path in left:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _unpack_checked_files(source: Path, folder: Path, progress: Progress) -> dict[str, str]:
    """Unpack a backup and return its manifest; raises `UsageError` where a file is not what was backed up."""
    try:
        manifest = _unpack_files(source, folder)
    except (OSError, tarfile.TarError, ValueError) as error:
        raise UsageError(f"{source} is not a controlwatch backup, or is damaged: {error}") from error
    for done, (name, digest) in enumerate(manifest.items(), 1):
        path = folder / name
        if not path.is_file() or path.is_symlink() or _hash_file(path) != digest:
            raise UsageError(f"the backup is damaged: {name} is not what was backed up")
        progress(done, len(manifest))
    return manifest


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
