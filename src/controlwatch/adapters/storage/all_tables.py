"""All tables of the store, for what concerns the whole schema: migrations and their tests."""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import SQLModel

from controlwatch.adapters.storage import (
    account_tables,
    cluster_tables,
    opinion_tables,
    outbox_tables,
    review_tables,
    tables,
)

#: The modules that declare tables: each adds its own to the metadata when it is imported.
TABLE_MODULES = (account_tables, cluster_tables, opinion_tables, outbox_tables, review_tables, tables)
METADATA = SQLModel.metadata

for _table in METADATA.tables.values():
    for _index in _table.indexes:
        if "where" in _index.info:
            _where = text(_index.info["where"])
            _index.dialect_kwargs.update(sqlite_where=_where, postgresql_where=_where)
