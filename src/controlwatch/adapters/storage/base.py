"""What the parts of the store share: transactions, the tables' short names, values ↔ JSON."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from pydantic import TypeAdapter
from sqlalchemy import and_, func, or_, select
from sqlmodel import SQLModel

from controlwatch.adapters.storage import tables
from controlwatch.core.model import Alert, Notice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Engine, Table


def _table(model: type[SQLModel]) -> Table:
    return cast("Table", model.__table__)  # type: ignore[attr-defined]


WATCHER = _table(tables.WatcherRow)
POLL = _table(tables.PollRow)
RESOURCE = _table(tables.ResourceRow)
REFERENCE = _table(tables.ReferenceRow)
SNAPSHOT = _table(tables.SnapshotRow)
NOTICE = _table(tables.NoticeRow)
ADDRESS = _table(tables.AddressRow)
VERSION = _table(tables.VersionRow)
ANNEX = _table(tables.AnnexRow)
FINDING = _table(tables.FindingRow)
ALERT = _table(tables.AlertRow)
SUBSCRIPTION = _table(tables.SubscriptionRow)
DELIVERY = _table(tables.DeliveryRow)
PARTY = _table(tables.PartyRow)
SHIPPED = _table(tables.ShippedRow)
APPOINTMENT = _table(tables.AppointmentRow)
LEAD = _table(tables.LeadRow)
ACT = _table(tables.ActRow)
WARNED = _table(tables.WarnedRow)
CUSTODY = _table(tables.CustodyRow)

#: Who is said to have seen what nobody has observed yet, and the kind of such a version.
REGISTER = "register"
REGISTERED = "register"

_notices = TypeAdapter(Notice)
_alerts = TypeAdapter(Alert)


def notice_to_json(notice: Notice) -> dict[str, Any]:
    """Return a notice as plain JSON values."""
    return cast("dict[str, Any]", _notices.dump_python(notice, mode="json"))


def notice_from_json(value: dict[str, Any]) -> Notice:
    """Return the notice that `notice_to_json` wrote."""
    return _notices.validate_python(value)


def alert_to_json(alert: Alert) -> dict[str, Any]:
    """Return an alert as plain JSON values."""
    return cast("dict[str, Any]", _alerts.dump_python(alert, mode="json"))


def alert_from_json(value: dict[str, Any]) -> Alert:
    """Return the alert that `alert_to_json` wrote."""
    return _alerts.validate_python(value)


def began(connection: Connection) -> datetime | None:
    """Return when this installation began to watch: when it took in its first register."""
    return connection.execute(select(func.min(SHIPPED.c.first_at))).scalar()


def begins(connection: Connection, column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """Return "begins with" in the form that an index of the database serves."""
    if connection.dialect.name == "sqlite":
        return column.between(prefix, prefix + "\U0010ffff")
    return column.startswith(prefix, autoescape=True)


def within(connection: Connection, category: str) -> ColumnElement[bool]:
    """Return that a finding is of this category, or of one that this group covers."""
    value = FINDING.c.value
    leaf = or_(value == category, begins(connection, value, f"{category}."))
    # `begins` of the bare name says nothing new; it is the condition that the index serves.
    return and_(FINDING.c.kind == "category", begins(connection, value, category), leaf)


def take_turns(connection: Connection) -> None:
    """Let one process at a time keep the clock; SQLite's transactions do so by themselves."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7305013)")


class Part:
    """A part of the store, over the one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(read_only=True)

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self._reading.begin() as connection:
            yield connection

    @contextmanager
    def _steady(self) -> Iterator[Connection]:
        """A reading that sees one and the same moment from its first to its last question."""
        steady = {} if self._sqlite else {"isolation_level": "REPEATABLE READ"}
        with self._reading.execution_options(**steady).begin() as connection:
            yield connection

    @property
    def _sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"
