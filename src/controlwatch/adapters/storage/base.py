"""What the parts of the store have in common: table names, values ↔ JSON, conditions, upserts, locks."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, cast

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Table, and_, func, or_, select, text
from sqlalchemy.dialects import sqlite

from controlwatch.adapters.storage import (
    opinion_tables,
    outbox_tables,
    review_tables,
    tables,
)
from controlwatch.adapters.storage.column_types import get_table
from controlwatch.adapters.storage.engine import Database
from controlwatch.core.model import Alert, Notice

WATCHER = get_table(tables.WatcherRow)
POLL = get_table(tables.PollRow)
RESOURCE = get_table(tables.ResourceRow)
REFERENCE = get_table(tables.ReferenceRow)
SNAPSHOT = get_table(tables.SnapshotRow)
NOTICE = get_table(tables.NoticeRow)
ADDRESS = get_table(tables.AddressRow)
VERSION = get_table(tables.VersionRow)
ANNEX = get_table(tables.AnnexRow)
FINDING = get_table(tables.FindingRow)
ALERT = get_table(outbox_tables.AlertRow)
SUBSCRIPTION = get_table(outbox_tables.SubscriptionRow)
DELIVERY = get_table(outbox_tables.DeliveryRow)
FANOUT = get_table(outbox_tables.FanoutRow)
PARTY = get_table(tables.PartyRow)
REGISTER_IMPORT = get_table(tables.RegisterImportRow)
SCHEDULED_REMINDER = get_table(tables.ScheduledReminderRow)
LEAD = get_table(tables.LeadRow)
ALERT_ACTION = get_table(outbox_tables.AlertActionRow)
HEALTH_NOTICE = get_table(tables.HealthNoticeRow)
CUSTODY = get_table(tables.CustodyRow)
REVIEW = get_table(review_tables.ReviewRow)
OPINION = get_table(opinion_tables.OpinionRow)
JUDGEMENT = get_table(review_tables.JudgementRow)
INSTALLATION = get_table(tables.InstallationRow)

#: Advisory locks of PostgreSQL that serialize transactions of one kind (7305011: migrations).
NOTICE_LOCK, ROUND_LOCK, CUSTODY_LOCK, CALENDAR_LOCK, ACCOUNT_LOCK, SUBSCRIPTION_LOCK = range(
    7305012, 7305018
)
#: Of one address at a time, and of what one worker does for all.
SNAPSHOT_LOCK, COORDINATION_LOCK = 7305031, 7305032

#: The watcher and the kind of version of a notice that only the register knows.
REGISTER_SOURCE = "register"
REGISTER_VERSION = "register"


@cache
def _get_notice_adapter() -> TypeAdapter[Notice]:
    return TypeAdapter(Notice)


@cache
def _get_alert_adapter() -> TypeAdapter[Alert]:
    return TypeAdapter(Alert)


def notice_to_json(notice: Notice) -> dict[str, Any]:
    """Return a notice as plain JSON values."""
    return cast("dict[str, Any]", _get_notice_adapter().dump_python(notice, mode="json"))


def notice_from_json(value: dict[str, Any]) -> Notice:
    """Return the notice that `notice_to_json` wrote."""
    return _get_notice_adapter().validate_python(value)


def alert_to_json(alert: Alert) -> dict[str, Any]:
    """Return an alert as plain JSON values."""
    return cast("dict[str, Any]", _get_alert_adapter().dump_python(alert, mode="json"))


def alert_from_json(value: dict[str, Any]) -> Alert:
    """Return the alert that `alert_to_json` wrote."""
    return _get_alert_adapter().validate_python(value)


def find_watch_start(connection: Connection) -> datetime | None:
    """Return when monitoring began in this installation: when it imported its first register."""
    return connection.execute(select(func.min(REGISTER_IMPORT.c.first_at))).scalar()


def match_prefix(connection: Connection, column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """Return the condition "begins with" in the form that an index of the database supports."""
    if connection.dialect.name == "sqlite":
        return column.between(prefix, prefix + "\U0010ffff")
    return column.startswith(prefix, autoescape=True)


def match_category(connection: Connection, category: str, *, kind: str = "category") -> ColumnElement[bool]:
    """Return the condition that a finding is of this category, or of one that this group covers.

    The `kind` is category, or possible: of what a document that needs review may touch.
    """
    value = FINDING.c.value
    leaf = or_(value == category, match_prefix(connection, value, f"{category}."))
    # `match_prefix` of the bare name is redundant; it is the condition that the index supports.
    return and_(FINDING.c.kind == kind, match_prefix(connection, value, category), leaf)


def take_turns(connection: Connection, lock: int) -> None:
    """Let one transaction at a time hold a lock; SQLite's immediate transactions are serialized already."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock})")


def take_turns_for(connection: Connection, lock: int, name: str) -> None:
    """Let one transaction at a time hold the lock of a name; SQLite's are serialized already."""
    if connection.dialect.name != "sqlite":
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:lock, hashtext(:name))"), {"lock": lock, "name": name}
        )


def build_insert(connection: Connection, table: Table) -> Any:
    """Return an insert of the dialect in use, which supports `ON CONFLICT`."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # slow to load, and not needed with an embedded store

    return postgresql.insert(table)


def upsert(
    connection: Connection, table: Table, values: dict[str, Any], *, key: list[str], keep: bool = False
) -> None:
    """Insert a row, or overwrite (`keep`: leave unchanged) an existing one."""
    statement = build_insert(connection, table).values(values)
    if keep:
        connection.execute(statement.on_conflict_do_nothing(index_elements=key))
    else:
        changed = {name: value for name, value in values.items() if name not in key}
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changed))


class StorePart:
    """A part of the store, over one database. Every public method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._engine = database.write
        self._read_engine = database.read
