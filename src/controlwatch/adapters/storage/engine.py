"""Open SQLite or PostgreSQL, with transactions that take their lock at once; migrate the schema."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from controlwatch.adapters.storage.schema_revisions import check_revision, find_revision, migrate
from controlwatch.core.model.errors import DeclarationError, StoreLost

# json.dumps would write 稀土 as \u7a00\u571f, which no filter would find.
_dump_json = partial(json.dumps, ensure_ascii=False)


#: Memory for pages of one connection. A pool has up to fifteen, and each fills its own in time.
PAGE_CACHE_KB = 1024


def parse_database_url(url: str) -> URL:
    """Return a parsed database URL with its driver; raises `DeclarationError`."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise DeclarationError(
            "environment", "CONTROLWATCH_DATABASE_URL", "is not a database address"
        ) from error
    backend = parsed.drivername.partition("+")[0]
    if backend in {"postgresql", "postgres"}:  # whichever driver it names: we bring this one
        parsed = parsed.set(drivername="postgresql+psycopg")
    elif backend == "sqlite":
        parsed = parsed.set(drivername="sqlite")
    else:
        raise DeclarationError(
            "environment", "CONTROLWATCH_DATABASE_URL", "must be sqlite:// or postgresql://"
        )
    return parsed


#: Where a server is gone without a word, libpq would wait for minutes: seconds to connect, and milliseconds
#: for what was sent to be received. The database URL may set others.
CONNECT_TIMEOUTS = {"connect_timeout": 10, "tcp_user_timeout": 30_000, "keepalives_idle": 30}


def build_timeouts(url: URL) -> dict[str, int]:
    """Return the timeouts of connections to a PostgreSQL, those that its address sets left out."""
    return {name: value for name, value in CONNECT_TIMEOUTS.items() if name not in url.query}


class FileGuard:
    """Knows the file that a SQLite database was opened as, by device and inode.

    Without it, a process writes to a file that was deleted or replaced, as long as it runs.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._opened_as: tuple[int, int] | None = None

    def find_problem(self) -> str:
        """Return what happened to the file since it was opened, in a sentence; "" where it is the same."""
        if self._opened_as is None:
            return ""
        try:
            found = self._path.stat()
        except OSError:
            return f"the database {self._path} was deleted or moved away while it was in use"
        same = (found.st_dev, found.st_ino) == self._opened_as
        return "" if same else f"the database {self._path} was replaced by another file while it was in use"

    def remember(self, *_: object) -> None:
        """Remember the file that a first connection has opened."""
        if self._opened_as is None:
            found = self._path.stat()
            self._opened_as = found.st_dev, found.st_ino

    def prepare(self, _dialect: object, _record: object, words: list[Any], options: dict[str, Any]) -> None:
        """Let a further connection open the file only where it exists: SQLite would create an empty one.

        Raises `StoreLost` as `check` does.
        """
        self.check()
        if self._opened_as is not None:
            words[:] = [f"{self._path.as_uri()}?mode=rw"]
            options["uri"] = True

    def check(self, *_: object) -> None:
        """Raise `StoreLost` where the file is not the one that was opened."""
        problem = self.find_problem()
        if problem:
            raise StoreLost(f"{problem}; nothing more is written to it: stop the service, and put it back")


@dataclass(frozen=True, slots=True)
class Database:
    """One pool of connections, with an engine for writing transactions and one for reading ones."""

    write: Engine
    read: Engine
    guard: FileGuard | None = None  #: of a SQLite database in a file

    def find_problem(self) -> str:
        """Return what happened to the file of the database, in a sentence; "" where nothing did."""
        return self.guard.find_problem() if self.guard is not None else ""

    def take_snapshot(self) -> bytes:
        """Return the content of a SQLite database."""
        with closing(self.read.raw_connection()) as connection:
            content: bytes = connection.driver_connection.serialize()  # type: ignore[union-attr]
            return content

    def dispose(self) -> None:
        """Close every connection."""
        self.write.dispose()


def open_database(url: str, snapshot: bytes = b"", *, migrates: bool = True) -> Database:
    """Open the database, and migrate its schema or, without `migrates`, check that it will do.

    `url` is a SQLAlchemy URL; plain postgresql:// means psycopg 3. A database in memory begins with a
    `snapshot` of another. Raises `DeclarationError`, and
    `UsageError` where a newer version wrote it; without `migrates`, `OldSchema` where an older one did.
    """
    parsed = parse_database_url(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    if is_sqlite and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(
        parsed,
        json_serializer=_dump_json,
        pool_pre_ping=not is_sqlite,
        connect_args={} if is_sqlite else build_timeouts(parsed),
    )
    guard = FileGuard(Path(parsed.database)) if is_sqlite and parsed.database else None
    database = Database(write=engine.execution_options(), read=engine.execution_options(), guard=guard)
    if guard is not None:
        event.listen(engine, "do_connect", guard.prepare)
        event.listen(engine, "connect", guard.remember)
        event.listen(database.write, "begin", guard.check)
    if snapshot:
        event.listen(engine, "connect", lambda connection, _record: connection.deserialize(snapshot))
    if is_sqlite:
        event.listen(engine, "connect", _configure_sqlite)
        # A deferred transaction that reads first and writes later can fail or lose an update.
        event.listen(
            database.write, "begin", partial(Connection.exec_driver_sql, statement="BEGIN IMMEDIATE")
        )
        event.listen(database.read, "begin", partial(Connection.exec_driver_sql, statement="BEGIN"))
    try:
        (migrate if migrates else check_revision)(database.write)
    except BaseException:
        database.dispose()
        raise
    return database


def _configure_sqlite(connection: Any, _record: object) -> None:
    # The driver's implicit transactions begin too late; `open_database` begins them explicitly.
    connection.isolation_level = None
    # FULL: a mail is sent under a lease, and neither may be lost in a power failure.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"PRAGMA cache_size=-{PAGE_CACHE_KB}")


def has_store(url: str) -> bool:
    """Return whether there is a store at a database URL; creates nothing.

    Raises `DBAPIError` where a server cannot be asked.
    """
    parsed = parse_database_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = Path(parsed.database or "")
        return path.exists() and not (path.is_file() and path.stat().st_size == 0)
    engine = create_engine(parsed, connect_args=build_timeouts(parsed))
    try:
        with engine.connect() as connection:
            return find_revision(connection) is not None
    finally:
        engine.dispose()


def describe_database(url: str) -> str:
    """Return where a database is, without user and password."""
    parsed = parse_database_url(url)
    if parsed.get_backend_name() == "sqlite":
        return str(Path(parsed.database).absolute()) if parsed.database else "memory"
    port = f":{parsed.port}" if parsed.port else ""
    return f"PostgreSQL {parsed.host or 'localhost'}{port}/{parsed.database or ''}"
