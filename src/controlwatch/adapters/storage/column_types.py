"""What all tables have in common, and the types of columns that SQLAlchemy does not bring."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from pydantic import ConfigDict
from sqlalchemy import JSON, BigInteger, Column, DateTime, Dialect, Index, Integer, Table, Text
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field, SQLModel


class Json(TypeDecorator[Any]):
    """Plain JSON values: jsonb on PostgreSQL, text on SQLite."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of a database."""
        if dialect.name != "postgresql":
            return dialect.type_descriptor(JSON())
        from sqlalchemy.dialects.postgresql import JSONB  # slow to load

        return dialect.type_descriptor(JSONB(astext_type=Text()))


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: stored in UTC, whatever its time zone, and returned in UTC. A naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an instant in UTC; raises `ValueError` for one without a time zone."""
        del dialect
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"{value} has no timezone; an instant needs one")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return a stored instant in UTC; SQLite keeps it without an offset."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.utcoffset() is None else value.astimezone(UTC)


#: A key that may pass two thousand millions. SQLite's keys are that large, but only under the name INTEGER.
BIG_KEY = BigInteger().with_variant(Integer(), "sqlite")


class TableRow(SQLModel):
    """A row of any table. Rows become values of the core, so no Pydantic schema is built.

    Annotations in the modules of tables are not strings: evaluating them takes a fifth of the time to load.
    """

    model_config = ConfigDict(defer_build=True)  # type: ignore[assignment]


def build_json_field(**options: Any) -> Any:
    """Return a field of JSON that is never null."""
    return Field(sa_column=Column(Json, nullable=False), **options)


def build_text_field(**options: Any) -> Any:
    """Return a field of text of any length that is never null."""
    return Field(sa_column=Column(Text, nullable=False), **options)


def build_partial_index(name: str, *columns: str, where: str) -> Index:
    """Return an index of the rows that meet a condition; only a query with the same literals can use it.

    `all_tables` hands the condition to SQLAlchemy, which loads both dialects for it.
    """
    return Index(name, *columns, info={"where": where})


def get_table(model: type[SQLModel]) -> Table:
    """Return the table of a class of rows."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]
