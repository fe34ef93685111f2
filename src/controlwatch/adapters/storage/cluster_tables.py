"""The tables that several machines share: bytes, time stamps, and who does what at this moment. In UTC."""

from datetime import datetime

from sqlalchemy import Column, Integer, LargeBinary
from sqlmodel import Field

from controlwatch.adapters.storage.column_types import TableRow


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
