"""The log of what people did, in the store: entries are added, and never changed."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from controlwatch.adapters.storage.account_tables import AUDIT
from controlwatch.adapters.storage.base import StorePart
from controlwatch.core.model.account import AuditAction, AuditEntry, AuditFilter

ACTION_COLUMNS = ("at", "who", "what", "subject", "detail", "address")


def write_action(connection: Connection, action: AuditAction) -> None:
    """Add an action to the log, within the transaction that does it."""
    values = {name: getattr(action, name) for name in ACTION_COLUMNS}
    connection.execute(insert(AUDIT).values(values))


class AuditStore(StorePart):
    """The log of what people did."""

    def add_action(self, action: AuditAction) -> None:
        """Add an action to the log."""
        with self._engine.begin() as connection:
            write_action(connection, action)

    def list_entries(
        self, chosen: AuditFilter, *, before: int | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """Return entries, the newest first: with `before`, those that are older than this entry."""
        own = AUDIT.c
        conditions = []
        if chosen.who:
            conditions.append(own.who == chosen.who)
        if chosen.what:
            conditions.append(own.what == chosen.what)
        if chosen.begin is not None:
            conditions.append(own.at >= chosen.begin)
        if chosen.end is not None:
            conditions.append(own.at < chosen.end)
        if before is not None:
            conditions.append(own.id < before)
        query = select(AUDIT).where(*conditions).order_by(own.id.desc()).limit(limit)
        with self._read_engine.begin() as connection:
            return tuple(
                AuditEntry(id=row["id"], action=AuditAction(**{name: row[name] for name in ACTION_COLUMNS}))
                for row in connection.execute(query).mappings()
            )
