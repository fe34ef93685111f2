"""Open a store for reading only: nothing is migrated, created or written, not even beside the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError

from controlwatch.adapters.storage.engine import (
    Database,
    build_timeouts,
    parse_database_url,
)
from controlwatch.adapters.storage.explain_errors import explain_database_error
from controlwatch.adapters.storage.schema_revisions import (
    find_newest_revision,
    find_revision,
    list_revisions,
    supports_version,
)
from controlwatch.core.model.errors import UsageError


@contextmanager
def open_read_only(url: str) -> Iterator[Database]:
    """Open a database so that nothing can be written to it, of the schema revision of this version only.

    On a server a newer one will do that has only added to it: workers of two versions run there for a while.

    A SQLite database that a killed process left with a -wal file is read with everything in it. Only where
    the -shm file that belongs to it is missing does SQLite have to create one. Raises `UsageError`: there is
    no store, or one of another revision, it cannot be read, or it was written to meanwhile.
    """
    parsed = parse_database_url(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    path = Path(parsed.database or "")
    if is_sqlite and not path.is_file():
        raise UsageError(
            f"no store exists at {path.absolute()}, and none was created: start with `controlwatch run`, "
            "or set CONTROLWATCH_STATE_DIR"
        )
    at_rest = is_sqlite and not any(Path(f"{path}{suffix}").exists() for suffix in ("-wal", "-journal"))
    before = path.stat() if at_rest else None
    if is_sqlite:
        plain = parse_database_url("sqlite:///store")
        engine = create_engine(plain, creator=lambda: _connect_sqlite(path, at_rest=at_rest))
    else:
        engine = create_engine(
            parsed,
            execution_options={"postgresql_readonly": True},
            connect_args=build_timeouts(parsed),
        )
    try:
        _check_revision(engine)
        yield Database(write=engine, read=engine)
    except DBAPIError as error:
        raise UsageError(f"{explain_database_error(error)}; nothing was changed") from error
    finally:
        engine.dispose()
    after = path.stat() if before is not None else None
    stamps = [(stat.st_ino, stat.st_size, stat.st_mtime_ns) for stat in (before, after) if stat is not None]
    if len(set(stamps)) > 1:
        raise UsageError("another process began to write to the store while it was read; try again")


def _connect_sqlite(path: Path, *, at_rest: bool) -> sqlite3.Connection:
    """Return a connection that creates no file.

    At rest no process has the database open: it is read as it is, without locks, since these need files.
    Otherwise SQLite reads the -wal with the help of the -shm, without changing it where possible; where
    there is none, or a process that has just started is writing, SQLite must be allowed to change it.
    """
    options = ("&immutable=1",) if at_rest else ("&readonly_shm=1", "")
    for option in options:
        name = f"file:{quote(str(path.absolute()))}?mode=ro{option}"
        connection = sqlite3.connect(
            name, uri=True, isolation_level=None, timeout=10, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA query_only=ON")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            connection.close()
            if option == options[-1]:
                raise
        except sqlite3.DatabaseError:
            connection.close()
            raise
        else:
            break
    return connection


def _check_revision(engine: Engine) -> None:
    with engine.connect() as connection:
        revision, newest = find_revision(connection), find_newest_revision()
        is_shared = engine.dialect.name != "sqlite"
        if revision == newest or (
            is_shared and revision is not None and revision > newest and supports_version(connection)
        ):
            return
    if revision is None:
        raise UsageError("the database contains no store of controlwatch; see CONTROLWATCH_DATABASE_URL")
    if revision not in list_revisions():
        raise UsageError(
            f"the store has revision {revision}, written by a newer version of controlwatch: use that version"
        )
    raise UsageError(
        f"the store has revision {revision}, this version reads {newest}, and here nothing is changed: "
        "start the service once, or `controlwatch watchers`; or use the version that wrote it"
    )
