"""The mark by which a database and a state folder belong together."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from controlwatch.adapters.storage.base import INSTALLATION, StorePart, upsert


class InstallationStore(StorePart):
    """The mark in the database. Each folder has its own, so that two never write to one database."""

    def find_mark(self) -> str | None:
        """Return the mark of the state folder that the database belongs to; None where it has none yet."""
        with self._read_engine.begin() as connection:
            return connection.execute(select(INSTALLATION.c.mark)).scalar()

    def write_mark(self, mark: str, *, now: datetime, replace: bool = False) -> str:
        """Mark the database, unless it is marked and is not to be marked again; return its mark."""
        values = {"id": 1, "mark": mark, "marked_at": now}
        with self._engine.begin() as connection:
            upsert(connection, INSTALLATION, values, key=["id"], keep=not replace)
            return str(connection.execute(select(INSTALLATION.c.mark)).scalar_one())
