"""The tables that several machines share: bytes, time stamps, and who does what at this moment. In UTC."""

from datetime import datetime

from sqlalchemy import Column, Index, Integer, LargeBinary
from sqlmodel import Field

from controlwatch.adapters.storage.column_types import TableRow, get_table


class StoredBodyRow(TableRow, table=True):
    """Bytes as a source sent them, compressed, where the archive is the database."""

    __tablename__ = "stored_body"

    sha256: str = Field(primary_key=True)  #: of the plain bytes
    packed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    stored_at: datetime


class TimestampTokenRow(TableRow, table=True):
    """The answer of a time-stamping authority for a head of the chain."""

    __tablename__ = "timestamp_token"

    seq: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    hash: str = Field(primary_key=True)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    stored_at: datetime


class ScheduledPollRow(TableRow, table=True):
    """When a source is polled next, and which worker polls it now."""

    __tablename__ = "schedule"
    __table_args__ = (Index("schedule_due", "next_at"), Index("schedule_host", "host"))

    watcher_id: str = Field(primary_key=True)
    host: str  #: of its list page: sources of one host are polled in turn
    next_at: datetime
    owner: str | None = None  #: the worker that polls it at this moment
    taken_at: datetime | None = None


class TickRow(TableRow, table=True):
    """When a periodic job of the whole cluster is due next."""

    __tablename__ = "tick"

    name: str = Field(primary_key=True)
    next_at: datetime


class TurnRow(TableRow, table=True):
    """Who may send to a host or a target at this moment, and when that was last done, over all machines."""

    __tablename__ = "turn"

    name: str = Field(primary_key=True)  #: host:www.example.cn, slack:C0123
    owner: str | None = None
    held_until: datetime | None = None
    last_at: datetime | None = None  #: end of the last exchange
    resting_until: datetime | None = None  #: it has asked to be left alone (Retry-After)


class WorkerRow(TableRow, table=True):
    """A process that runs the service on this database, and its last sign of life."""

    __tablename__ = "worker"

    id: str = Field(primary_key=True)
    machine: str
    engine: str
    version: str
    revision: str  #: of the schema that it knows
    started_at: datetime
    beat_at: datetime


class SchemaSupportRow(TableRow, table=True):
    """The oldest revision of the schema whose version may still run on this database: one row."""

    __tablename__ = "schema_support"

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))  #: always 1
    oldest: str


STORED_BODY = get_table(StoredBodyRow)
TIMESTAMP_TOKEN = get_table(TimestampTokenRow)
