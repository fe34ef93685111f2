"""One engine for SQLite and PostgreSQL, with transactions that mean it; migrations at the start."""

from __future__ import annotations

import json
from contextlib import contextmanager
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from controlwatch.core.model.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

# json.dumps would write 稀土 as \u7a00\u571f, which no filter then finds.
_dump_json = partial(json.dumps, ensure_ascii=False)


def parse_database_url(url: str) -> URL:
    """Return a database address taken apart, its driver named; raises `DeclarationError`."""
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


def open_engine(url: str) -> Engine:
    """Open the database and bring its schema up to date.

    `url` is a SQLAlchemy address; plain postgresql:// means psycopg 3. Raises `DeclarationError`.
    """
    parsed = parse_database_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(
        parsed, json_serializer=_dump_json, pool_pre_ping=parsed.get_backend_name() != "sqlite"
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_immediate)
    migrate(engine)
    return engine


def _configure_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transactions begin late and lose updates; we begin them ourselves, below.
    connection.isolation_level = None
    # FULL: a mail leaves under a lease, and neither may be forgotten when the power fails.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def migrate(engine: Engine) -> None:
    """Apply every migration that the database lacks; concurrent starters wait for each other."""
    with _open_migrations() as config, engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7305011)")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def list_revisions() -> tuple[str, ...]:
    """Return the revisions that a store can be of, the newest first: the one that this version reads."""
    with _open_migrations() as config:
        return tuple(one.revision for one in ScriptDirectory.from_config(config).walk_revisions())


@contextmanager
def _open_migrations() -> Iterator[Config]:
    config = Config()
    with resources.as_file(resources.files("controlwatch") / "migrations") as folder:
        config.set_main_option("script_location", str(folder))
        yield config
