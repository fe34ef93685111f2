"""The tables of documents that need review, and of what people decided about them. Instants are UTC."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table, Text

from controlwatch.adapters.storage.column_types import UtcDateTime
from controlwatch.adapters.storage.tables import METADATA

#: A notice that the reader did not conclude on: open until a person judges it.
REVIEW = Table(
    "review",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("notice_id", Integer, ForeignKey("notice.id"), nullable=False, unique=True),
    Column(
        "version_id", Integer, ForeignKey("version.id"), nullable=False
    ),  #: the version that raised it last
    Column("raised_at", UtcDateTime, nullable=False),
    Column(
        "alerted", Boolean, nullable=False
    ),  #: it caused an alert; False: tracked since the first poll, or only read again
    Column("closed_at", UtcDateTime, index=True),  #: None: open
    Column("judgement_id", Integer),  #: the judgement that closed it; None: a later text answered it
)

#: What a person decided about a document that needed review; never changed, the latest one counts.
JUDGEMENT = Table(
    "judgement",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("review_id", Integer, ForeignKey("review.id"), nullable=False, index=True),
    Column("version_id", Integer, ForeignKey("version.id"), nullable=False),  #: the text that was judged
    Column("what", String, nullable=False),  #: change, no-change, reopened
    Column("who", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
