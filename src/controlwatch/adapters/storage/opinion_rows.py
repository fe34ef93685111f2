"""The rows of what second readers answered, as values."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, cast

from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from controlwatch.adapters.storage.base import OPINION
from controlwatch.core.model import Notice
from controlwatch.core.second_opinion.opinion import Purpose, SecondOpinion


@cache
def _get_opinion_adapter() -> TypeAdapter[SecondOpinion]:
    return TypeAdapter(SecondOpinion)


def opinion_to_json(opinion: SecondOpinion) -> dict[str, Any]:
    """Return what follows from an answer as plain JSON values."""
    return cast("dict[str, Any]", _get_opinion_adapter().dump_python(opinion, mode="json"))


def opinion_from_json(value: dict[str, Any]) -> SecondOpinion:
    """Return what `opinion_to_json` wrote."""
    return _get_opinion_adapter().validate_python(value)


def list_second_doubts(connection: Connection, version_id: int | None) -> tuple[str, ...]:
    """Return the doubts of the newest second opinion on a version, in a sentence each."""
    newest = (
        select(OPINION.c.outcome)
        .where(OPINION.c.version_id == version_id, OPINION.c.purpose == Purpose.READING.value)
        .where(OPINION.c.state == "answered")
        .order_by(OPINION.c.id.desc())
        .limit(1)
    )
    outcome = connection.execute(newest).scalar()
    return () if outcome is None else opinion_from_json(outcome).list_sentences()


def add_second_doubts(connection: Connection, version_id: int | None, notice: Notice) -> Notice:
    """Return a notice with the doubts of a second reader behind its own; nothing else of it differs."""
    doubts = list_second_doubts(connection, version_id)
    return replace(notice, doubts=(*notice.doubts, *doubts)) if doubts else notice
