"""Filters of notices that people saved, in the store."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import RowMapping, func, select, update

from controlwatch.adapters.storage.account_tables import ACCOUNT, SAVED_FILTER
from controlwatch.adapters.storage.base import StorePart
from controlwatch.core.law.notice_filter import SavedFilter


class SavedFilterStore(StorePart):
    """Saved filters. Those of an installation without accounts belong to no account."""

    def save(self, *, account_id: int | None, name: str, query: str, now: datetime) -> int:
        """Save a filter, and return its number."""
        values = {"account_id": account_id, "name": name, "query": query, "created_at": now}
        with self._engine.begin() as connection:
            insert = SAVED_FILTER.insert().values(values).returning(SAVED_FILTER.c.id)
            return int(connection.execute(insert).scalar_one())

    def list_saved(self, account_id: int | None) -> tuple[SavedFilter, ...]:
        """Return the filters of an account that have not ended, by name."""
        own = SAVED_FILTER.c.account_id
        chosen = select(SAVED_FILTER).where(
            own.is_(None) if account_id is None else own == account_id, SAVED_FILTER.c.ended_at.is_(None)
        )
        with self._read_engine.begin() as connection:
            rows = connection.execute(chosen.order_by(SAVED_FILTER.c.name, SAVED_FILTER.c.id)).mappings()
            return tuple(_to_saved_filter(row) for row in rows)

    def find_saved(self, number: int) -> SavedFilter | None:
        """Return a saved filter by its number, also one that has ended: with the account of its owner too."""
        columns = [column for column in SAVED_FILTER.c if column.name != "ended_at"]
        ended_at = func.coalesce(SAVED_FILTER.c.ended_at, ACCOUNT.c.disabled_at).label("ended_at")
        joined = select(*columns, ended_at).outerjoin(ACCOUNT, ACCOUNT.c.id == SAVED_FILTER.c.account_id)
        with self._read_engine.begin() as connection:
            row = connection.execute(joined.where(SAVED_FILTER.c.id == number)).mappings().first()
        return _to_saved_filter(row) if row is not None else None

    def end(self, number: int, *, account_id: int | None, now: datetime) -> bool:
        """End a filter of an account: its addresses no longer answer. False where it has no such filter."""
        own = SAVED_FILTER.c.account_id
        ended = update(SAVED_FILTER).where(
            SAVED_FILTER.c.id == number,
            own.is_(None) if account_id is None else own == account_id,
            SAVED_FILTER.c.ended_at.is_(None),
        )
        with self._engine.begin() as connection:
            return connection.execute(ended.values(ended_at=now)).rowcount == 1


def _to_saved_filter(row: RowMapping) -> SavedFilter:
    names = ("id", "account_id", "name", "query", "created_at", "ended_at")
    return SavedFilter(**{name: row[name] for name in names})
