"""The state folder: its mark, the marker of an unfinished restore, and what killed commands left behind."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from controlwatch.core.model.errors import UsageError

#: There from the first to the last step of a restore.
RESTORE_MARKER = "restore-unfinished"
#: Holds the mark that the database of this folder bears too.
MARK = "installation"
DATABASE = "controlwatch.db"
#: Begins the names of folders that backups work in; each holds a lock as long as its backup runs.
WORK_PREFIX = ".controlwatch-backup-"
#: Begins the names of files in a state folder that name such a folder.
JOURNAL_PREFIX = ".backup-"
WORK_LOCK = "lock"
#: Seconds after which a temporary file belongs to no command that still runs.
LEFTOVER_AGE = 3600.0
#: Temporary files and folders in a state folder.
LEFTOVER_PATTERNS = ("snapshots/*/*.part", "stamps/*.part", ".secret-*", ".restore-*", f".{MARK}-*")


def check_restored(folder: Path) -> None:
    """Raise `UsageError` where a restore into a state folder was not finished."""
    if (folder / RESTORE_MARKER).exists():
        raise UsageError(
            f"a restore into {folder.resolve()} was not finished, so its state is incomplete: run "
            "`controlwatch restore FILE` again with the same CONTROLWATCH_STATE_DIR"
        )


def check_database_kept(folder: Path) -> None:
    """Raise `UsageError` where a state folder with a mark has lost its embedded database."""
    if (folder / MARK).exists() and not (folder / DATABASE).exists():
        raise UsageError(
            f"the database of {folder.resolve()} is gone ({DATABASE} is missing): restore a backup into an "
            f"empty folder, or, to begin again without it, delete {folder.resolve() / MARK}"
        )


def read_mark(folder: Path) -> str | None:
    """Return the mark of a state folder; None where it has none."""
    try:
        return (folder / MARK).read_text(encoding="ascii", errors="replace").strip() or None
    except FileNotFoundError:
        return None


def write_mark(folder: Path, mark: str) -> None:
    """Mark a state folder durably."""
    write_private_file(folder / MARK, f"{mark}\n")


def write_private_file(path: Path, text: str) -> None:
    """Write a text in UTF-8 that only its owner may read; after a power loss it is whole or absent."""
    write_private_bytes(path, text.encode())


def write_private_bytes(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read; after a power loss it is whole or absent."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
        sync_names(path.parent)
    finally:
        Path(name).unlink(missing_ok=True)


def sync_names(folder: Path) -> None:
    """Make the names in a folder survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --------------------------------------------------------------------------- leftovers


def remove_leftovers(folder: Path, *, age: float = LEFTOVER_AGE) -> int:
    """Remove what killed commands left in a state folder, and backups' work folders; return their number."""
    removed = 0
    for pattern in LEFTOVER_PATTERNS:
        removed += sum(remove_if_old(path, age=age) for path in folder.glob(pattern))
    for journal in folder.glob(f"{JOURNAL_PREFIX}*"):
        with suppress(OSError):
            name = journal.read_text(encoding="utf-8")
            removed += remove_dead_work(Path(name))
            if not name or not Path(name).exists():  # removed, or not made yet
                remove_if_old(journal, age=age)
    return removed


def remove_if_old(path: Path, *, age: float = LEFTOVER_AGE) -> bool:
    """Remove a temporary file or folder that is older than some seconds; return whether it was."""
    with suppress(OSError):
        if time.time() - path.lstat().st_mtime < age:
            return False
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
        return True
    return False


def remove_dead_work(work: Path) -> bool:
    """Remove the work folder of a backup whose process has ended; return whether it was."""
    if not work.name.startswith(WORK_PREFIX) or not work.is_dir():
        return False
    if not (work / WORK_LOCK).exists():  # just made, or killed before its first step
        return remove_if_old(work)
    from filelock import FileLock, Timeout  # slow to load, and needed after a killed backup only

    try:
        with FileLock(work / WORK_LOCK, timeout=0):
            pass
    except (Timeout, OSError):
        return False
    remove_work(work)
    return True


def remove_work(work: Path) -> None:
    """Remove the work folder of a backup, its lock last: after a kill on the way it is found to be dead."""
    for path in work.iterdir():
        if path.name != WORK_LOCK:
            path.unlink(missing_ok=True)
    shutil.rmtree(work, ignore_errors=True)
