"""A store that is only looked at: nothing is migrated, made or written, not even beside the database."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from controlwatch.adapters.storage.engine import list_revisions, parse_database_url
from controlwatch.core.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine


@contextmanager
def open_read_only_engine(url: str) -> Iterator[Engine]:
    """Open a database so that nothing can be written to it, of this version's own revision alone.

    A SQLite database that a killed process left with a -wal file is read with all that stands in it.
    Only where the -shm file that belongs to it is gone does SQLite have to make a new one. Raises
    `UsageError`: there is no store, none of ours or of another revision, it cannot be read, or it was
    written to meanwhile.
    """
    parsed = parse_database_url(url)
    if parsed.get_backend_name() == "sqlite":
        opening = _open_sqlite(Path(parsed.database or ""))
    else:
        opening = _open_postgresql(url)
    try:
        with opening as engine:
            _check_revision(engine)
            yield engine
    except DBAPIError as error:
        # What the driver of a server says may hold its address.
        said = error.orig if parsed.get_backend_name() == "sqlite" else type(error.orig).__name__
        raise UsageError(
            f"the store cannot be read: {said}; nothing was changed, see controlwatch doctor"
        ) from error


@contextmanager
def _open_postgresql(url: str) -> Iterator[Engine]:
    engine = create_engine(parse_database_url(url), execution_options={"postgresql_readonly": True})
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _open_sqlite(path: Path) -> Iterator[Engine]:
    if not path.is_file():
        raise UsageError(
            f"there is no store at {path.absolute()}, and nothing was made; see CONTROLWATCH_STATE_DIR"
        )
    at_rest = not any(Path(f"{path}{suffix}").exists() for suffix in ("-wal", "-journal"))
    before = path.stat()
    engine = create_engine(
        parse_database_url("sqlite:///store"), creator=lambda: _connect_sqlite(path, at_rest=at_rest)
    )
    try:
        yield engine
    finally:
        engine.dispose()
    after = path.stat()
    if at_rest and (before.st_ino, before.st_size, before.st_mtime_ns) != (
        after.st_ino,
        after.st_size,
        after.st_mtime_ns,
    ):
        raise UsageError("somebody began to write to the store while it was read; try again")


def _connect_sqlite(path: Path, *, at_rest: bool) -> sqlite3.Connection:
    """Return a connection that makes no file.

    At rest nobody has the database open: it is read as it lies there, without locks, for these need files.
    Otherwise SQLite follows the -wal with the help of the -shm, which it leaves as it is where that
    suffices; where there is none, or somebody writes who has not read yet, it must be let.
    """
    ways = ("&immutable=1",) if at_rest else ("&readonly_shm=1", "")
    for way in ways:
        name = f"file:{quote(str(path.absolute()))}?mode=ro{way}"
        connection = sqlite3.connect(
            name, uri=True, isolation_level=None, timeout=10, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA query_only=ON")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            connection.close()
            if way == ways[-1]:
                raise
        except sqlite3.DatabaseError:
            connection.close()
            raise
        else:
            break
    return connection


def _check_revision(engine: Engine) -> None:
    with engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    known = list_revisions()
    if revision == known[0]:
        return
    if revision is None:
        raise UsageError("the database holds no store of ours; see CONTROLWATCH_DATABASE_URL")
    if revision not in known:
        raise UsageError(
            f"the store is of revision {revision}, which a newer version of controlwatch wrote: use that one"
        )
    raise UsageError(
        f"the store is of revision {revision}, this version reads {known[0]}, and here nothing is changed: "
        "start the service once, or `controlwatch watchers`; or use the version that wrote it"
    )
