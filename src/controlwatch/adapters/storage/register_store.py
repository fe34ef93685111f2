"""The register in the store: which one it is, and its import, which is loaded for a new one only."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from controlwatch.adapters.storage.base import REGISTER_IMPORT, REGISTER_SOURCE, StorePart

if TYPE_CHECKING:
    from controlwatch.core.law.answers import RegisterLine
    from controlwatch.core.law.register import Register


class RegisterStore(StorePart):
    """The register in the store."""

    def find_digest(self) -> str | None:
        """Return the digest of the register that was imported last; None before the first import."""
        with self._read_engine.begin() as connection:
            return connection.execute(
                select(REGISTER_IMPORT.c.digest).where(REGISTER_IMPORT.c.id == REGISTER_SOURCE)
            ).scalar()

    def find_date(self) -> date | None:
        """Return the day of the newest evidence in the register."""
        with self._read_engine.begin() as connection:
            return connection.execute(
                select(REGISTER_IMPORT.c.as_of).where(REGISTER_IMPORT.c.id == REGISTER_SOURCE)
            ).scalar()

    def list_entries(self) -> tuple[RegisterLine, ...]:
        """Return every notice of the register, oldest first."""
        from controlwatch.adapters.storage.register_import import list_entries

        with self._read_engine.begin() as connection:
            return list_entries(connection)

    def import_entries(self, register: Register, now: datetime) -> int:
        """Import a register in one transaction; return the number of its notices.

        An observed version takes precedence: the register completes its reading, and is stored below it.
        """
        from controlwatch.adapters.storage.register_import import import_entries

        with self._engine.begin() as connection:
            return import_entries(connection, register, now)
