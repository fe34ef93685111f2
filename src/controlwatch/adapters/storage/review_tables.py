"""The tables of documents that need review, and of what people decided about them. Instants are UTC."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column
from sqlmodel import Field

from controlwatch.adapters.storage.column_types import Json, TableRow, build_text_field


class ReviewRow(TableRow, table=True):
    """A notice that the reader did not conclude on: open until a person judges it."""

    __tablename__ = "review"

    id: int | None = Field(default=None, primary_key=True)
    notice_id: int = Field(foreign_key="notice.id", unique=True)
    version_id: int = Field(foreign_key="version.id")  #: the version that raised it last
    raised_at: datetime
    alerted: bool  #: it caused an alert; False: tracked since the first poll, or only read again
    closed_at: datetime | None = Field(default=None, index=True)  #: None: open
    #: reasons and categories of a second reader, where the rules were silent
    asked: dict[str, Any] | None = Field(default=None, sa_column=Column(Json, nullable=True))
    judgement_id: int | None = None  #: the judgement that closed it; None: a later text answered it


class JudgementRow(TableRow, table=True):
    """What a person decided about a document that needed review; never changed, the latest one counts."""

    __tablename__ = "judgement"

    id: int | None = Field(default=None, primary_key=True)
    review_id: int = Field(foreign_key="review.id", index=True)
    version_id: int = Field(foreign_key="version.id")  #: the text that was judged
    what: str  #: change, no-change, reopened
    who: str
    note: str = build_text_field()
    at: datetime
