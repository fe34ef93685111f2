"""Revisions of the schema: which one a database has, which ones are known, and how it gets the newest one.

Alembic takes long to load, and a database that is up to date does not need it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, column, inspect, select, table

from controlwatch.core.model.errors import OldSchema, UsageError

if TYPE_CHECKING:
    from alembic.config import Config

#: Where Alembic keeps the revision of a database.
_REVISION_TABLE = "alembic_version"


def migrate(engine: Engine) -> None:
    """Apply every missing migration; processes that start at the same time wait for each other.

    Raises `UsageError` where a newer version wrote the database.
    """
    with engine.begin() as connection:
        if find_revision(connection) == find_newest_revision():
            return
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7305011)")
        _upgrade(connection)


def check_revision(engine: Engine) -> None:
    """Raise `OldSchema` where a database must be migrated first, `UsageError` where it is too new.

    A newer schema will do as long as its migrations have only added to what this version knows.
    """
    with engine.connect() as connection:
        found, newest = find_revision(connection), find_newest_revision()
        if found is None or found < newest:
            reason = (
                "the database contains no store yet" if found is None else f"the store has revision {found}"
            )
            raise OldSchema(f"{reason}, this version needs {newest}: run `controlwatch migrate`")
        if found > newest and not supports_version(connection):
            raise UsageError(
                f"the store has revision {found}, of a newer version of controlwatch: use that one"
            )


def supports_version(connection: Connection) -> bool:
    """Return whether a newer schema has only added to what this version knows."""
    if not inspect(connection).has_table("schema_support"):
        return False
    support = table("schema_support", column("oldest"))
    oldest: str | None = connection.execute(select(support.c.oldest)).scalar()
    return oldest is not None and oldest <= find_newest_revision()


def find_revision(connection: Connection) -> str | None:
    """Return the revision of a database; None where it contains no store."""
    if not inspect(connection).has_table(_REVISION_TABLE):
        return None
    revision: str | None = connection.execute(
        select(column("version_num")).select_from(table(_REVISION_TABLE))
    ).scalar()
    return revision


def find_newest_revision() -> str:
    """Return the revision that this version reads: the number in the name of the newest migration."""
    versions = resources.files("controlwatch") / "migrations" / "versions"
    names = (file.name for file in versions.iterdir())
    return max(name.partition("_")[0] for name in names if name[0].isdigit())


def list_revisions() -> tuple[str, ...]:
    """Return the known revisions, newest first: the one that this version reads."""
    from alembic.script import ScriptDirectory

    with _open_migrations() as config:
        return tuple(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.util.exc import CommandError

    with _open_migrations() as config:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise UsageError(
                "the store was written by a newer version of controlwatch: use that version"
            ) from error


@contextmanager
def _open_migrations() -> Iterator[Config]:
    from alembic.config import Config

    config = Config()
    with resources.as_file(resources.files("controlwatch") / "migrations") as folder:
        config.set_main_option("script_location", str(folder))
        yield config
