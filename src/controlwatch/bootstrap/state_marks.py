"""Check that a state is whole, and that its folder and its database belong together."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.engine import describe_database
from controlwatch.adapters.system.state_folder import (
    check_database_kept,
    check_restored,
    read_mark,
    write_mark,
)
from controlwatch.core.model.errors import UsageError
from controlwatch.settings import Settings

#: Begins the mark of a database whose machines share an archive.
SHARED_MARK = "archive "


def check_state_folder(settings: Settings) -> None:
    """Raise `UsageError` where the state folder is incomplete or no folder; nothing is created."""
    if settings.state_dir.exists() and not settings.state_dir.is_dir():
        raise UsageError(
            f"{settings.state_dir} is not a directory: CONTROLWATCH_STATE_DIR names the one with the state"
        )
    check_restored(settings.state_dir)
    if settings.database_url is None:
        check_database_kept(settings.state_dir)


def check_marks(settings: Settings, store: SqlStore) -> None:
    """Raise `UsageError` where the database belongs to another state folder; nothing is written."""
    of_folder, of_database = find_mark(settings), store.installation.find_mark()
    if of_folder is not None and of_database is not None and of_folder != of_database:
        raise UsageError(describe_mismatch(settings))


def find_mark(settings: Settings) -> str | None:
    """Return the mark that the database must bear; None where the folder has none yet.

    Where several machines share everything, it is the address of the archive: any folder will do.
    """
    if settings.is_shared:
        return f"{SHARED_MARK}{settings.archive.partition('?')[0]}"
    return read_mark(settings.state_dir)


def mark_state(settings: Settings, store: SqlStore) -> None:
    """Mark folder and database at the first opening; raises `UsageError` where they do not belong together.

    An embedded database belongs to the folder that it is in.
    """
    check_marks(settings, store)
    of_folder, of_database = find_mark(settings), store.installation.find_mark()
    if of_folder is not None and of_database is not None:
        return
    if of_folder is not None and settings.is_shared:
        if store.installation.write_mark(of_folder, now=datetime.now(UTC)) != of_folder:
            raise UsageError(describe_mismatch(settings))  # another machine was quicker
        return
    from filelock import FileLock  # slow to load, and needed at the first opening only

    with FileLock(settings.state_dir / "installation.lock", mode=0o600):
        of_folder = read_mark(settings.state_dir)
        if of_folder is None and of_database is not None and settings.database_url is not None:
            raise UsageError(describe_mismatch(settings))
        mark = of_folder or of_database or uuid.uuid4().hex
        if store.installation.write_mark(mark, now=datetime.now(UTC)) != mark:
            raise UsageError(describe_mismatch(settings))  # another folder was quicker
        if of_folder is None:
            write_mark(settings.state_dir, mark)


def adopt_database(settings: Settings, store: SqlStore) -> None:
    """Let the database belong to this state folder from now on."""
    mark = find_mark(settings) or uuid.uuid4().hex
    store.installation.write_mark(mark, now=datetime.now(UTC), replace=True)
    if not settings.is_shared:
        write_mark(settings.state_dir, mark)


def describe_state(settings: Settings) -> str:
    """Return where state and database are, without a password."""
    database = "" if settings.database_url is None else f", database {describe_database(settings.database)}"
    return f"state {settings.state_dir.absolute()}{database}"


def describe_mismatch(settings: Settings) -> str:
    """Return the sentence about a database of another state folder, or of another archive."""
    if settings.is_shared:
        return (
            f"the bytes that the database {describe_database(settings.database)} refers to are not in the "
            f"archive {settings.archive}: stop the service, copy them with `controlwatch archive copy "
            "FROM TO`, and run `controlwatch adopt`"
        )
    return (
        f"the database {describe_database(settings.database)} belongs to another state folder than "
        f"{settings.state_dir.absolute()}: two would split the stored bytes and the secret of the links. Set "
        "CONTROLWATCH_STATE_DIR to that folder; or, if this one replaces it, stop the other service, copy "
        "its snapshots/, stamps/ and secret here, and run `controlwatch adopt`"
    )
