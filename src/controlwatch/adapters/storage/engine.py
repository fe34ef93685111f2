"""Open SQLite or PostgreSQL, with transactions that take their lock at once; migrate the schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from controlwatch.core.model.errors import DeclarationError, UsageError

# json.dumps would write 稀土 as \u7a00\u571f, which no filter would find.
_dump_json = partial(json.dumps, ensure_ascii=False)


def parse_database_url(url: str) -> URL:
    """Return a parsed database URL with its driver; raises `DeclarationError`."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise DeclarationError(
            "environment", "CONTROLWATCH_DATABASE_URL", "is not a database address"
        ) from error
    if parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
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


@dataclass(frozen=True, slots=True)
class Database:
    """One pool of connections, with an engine for writing transactions and one for reading ones."""

    write: Engine
    read: Engine

    def dispose(self) -> None:
        """Close every connection."""
        self.write.dispose()


def open_database(url: str) -> Database:
    """Open the database and migrate its schema.

    `url` is a SQLAlchemy URL; plain postgresql:// means psycopg 3. Raises `DeclarationError`, and
    `UsageError` where a newer version wrote it.
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
    database = Database(write=engine.execution_options(), read=engine.execution_options())
    if is_sqlite:
        event.listen(engine, "connect", _configure_sqlite)
        # A deferred transaction that reads first and writes later can fail or lose an update.
        event.listen(
            database.write, "begin", partial(Connection.exec_driver_sql, statement="BEGIN IMMEDIATE")
        )
        event.listen(database.read, "begin", partial(Connection.exec_driver_sql, statement="BEGIN"))
    migrate(database.write)
    return database


def _configure_sqlite(connection: Any, _record: object) -> None:
    # The driver's implicit transactions begin too late; `open_database` begins them explicitly.
    connection.isolation_level = None
    # FULL: a mail is sent under a lease, and neither may be lost in a power failure.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def migrate(engine: Engine) -> None:
    """Apply every missing migration; processes that start at the same time wait for each other."""
    with _open_migrations() as config, engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7305011)")
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise UsageError(
                "the store was written by a newer version of controlwatch: use that version"
            ) from error


def list_revisions() -> tuple[str, ...]:
    """Return the known revisions of the schema, newest first: the one that this version reads."""
    with _open_migrations() as config:
        return tuple(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())


@contextmanager
def _open_migrations() -> Iterator[Config]:
    config = Config()
    with resources.as_file(resources.files("controlwatch") / "migrations") as folder:
        config.set_main_option("script_location", str(folder))
        yield config
