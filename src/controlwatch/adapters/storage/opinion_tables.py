"""The table of what second readers were asked and answered. Instants are UTC."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from controlwatch.adapters.storage.column_types import TableRow, build_json_field, build_text_field


class OpinionRow(TableRow, table=True):
    """A question to a second reader about a version, noted before it is sent, and the answer."""

    __tablename__ = "opinion"
    __table_args__ = (
        UniqueConstraint("version_id", "purpose", "language", "prompt", "model"),
        Index("opinion_key", "key"),
        Index("opinion_state", "state", "asked_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    version_id: int = Field(foreign_key="version.id")
    purpose: str  #: reading, translation, explanation
    language: str = ""  #: of a translation or an explanation
    state: str  #: wanted, asked, answered, failed, refused
    prompt: str  #: version of the question
    model: str
    host: str = ""  #: that the text was sent to; "": none
    key: str = ""  #: SHA-256 of question, model and text
    text_sha256: str = ""  #: of the text sent
    wanted_by: str = ""
    wanted_at: datetime | None = None
    asked_at: datetime | None = Field(default=None, index=True)
    answered_at: datetime | None = None
    is_call: bool = False  #: something was sent; False: the answer was kept from before
    tokens: int = 0  #: as estimated before, then as the host counted them
    answer: str = build_text_field(default="")  #: the JSON text as it came
    outcome: dict[str, Any] = build_json_field(default_factory=dict)  #: of a reading: what follows from it
    prose: str = build_text_field(default="")  #: a translation or an explanation that passed the checks
    reason: str = build_text_field(default="")  #: why an answer is missing or of no use
    doubts: int = 0
    reviews: int = 0
    refused: int = 0  #: entries of the answer that failed a gate
