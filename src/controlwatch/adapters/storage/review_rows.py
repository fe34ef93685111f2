"""The rows of reviews: how a notice's own reading opens and closes its review, and what was judged."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, or_, select, update

from controlwatch.adapters.storage.base import JUDGEMENT, NOTICE, REVIEW, notice_from_json
from controlwatch.core.model import Alert, Attention, Judgement, Notice, ReviewReason

#: What a query of notices shows of their reviews, once joined.
REVIEW_COLUMNS = (
    REVIEW.c.id.label("review_id"),
    REVIEW.c.closed_at.label("review_closed_at"),
    REVIEW.c.asked.label("review_asked"),
    JUDGEMENT.c.what.label("judged_as"),
    JUDGEMENT.c.who.label("judged_by"),
    JUDGEMENT.c.at.label("judged_at"),
    JUDGEMENT.c.note.label("judged_note"),
)


def join_review(query: Select[Any]) -> Select[Any]:
    """Return a query of notices with the review of each, and the judgement that closed it."""
    return query.outerjoin(REVIEW, REVIEW.c.notice_id == NOTICE.c.id).outerjoin(
        JUDGEMENT, JUDGEMENT.c.id == REVIEW.c.judgement_id
    )


def to_judgement(row: RowMapping) -> Judgement | None:
    """Return the judgement in a row with the `REVIEW_COLUMNS`."""
    if row["judged_as"] is None:
        return None
    return Judgement(
        verdict=row["judged_as"], who=row["judged_by"], at=row["judged_at"], note=row["judged_note"]
    )


def is_in_review(row: RowMapping) -> bool:
    """Return whether the notice of a row with the `REVIEW_COLUMNS` waits for a person."""
    return row["review_id"] is not None and row["review_closed_at"] is None


def load_reviewed_notice(row: RowMapping) -> Notice:
    """Return the reading in a row, with the reasons of a second reader where the rules were silent."""
    notice, asked = notice_from_json(row["reading"]), row["review_asked"]
    if notice.review or not asked:
        return notice
    reasons = tuple(ReviewReason(**reason) for reason in asked["reasons"])
    return replace(notice, review=reasons, possible_categories=tuple(asked["possible"]))


def load_shown_notice(row: RowMapping) -> Notice:
    """Return the reading in a row with the `REVIEW_COLUMNS`, with all reasons that a person was asked for."""
    is_asked = is_in_review(row) or row["judged_as"] is not None
    return load_reviewed_notice(row) if is_asked else notice_from_json(row["reading"])


def match_judged_change() -> ColumnElement[bool]:
    """Return the condition that a person judged a notice to be a change."""
    judged = select(REVIEW.c.id).join(JUDGEMENT, JUDGEMENT.c.id == REVIEW.c.judgement_id)
    return judged.where(REVIEW.c.notice_id == NOTICE.c.id, JUDGEMENT.c.what == "change").exists()


def match_concluded() -> ColumnElement[bool]:
    """Return the condition that the reader concluded on a notice: only then it may be in force."""
    unsure = select(REVIEW.c.id).where(
        REVIEW.c.notice_id == NOTICE.c.id,
        or_(REVIEW.c.closed_at.is_(None), REVIEW.c.judgement_id.is_not(None)),
    )
    return or_(NOTICE.c.is_change, ~unsure.exists())


def find_review_state(connection: Connection, notice_id: int) -> tuple[bool, Judgement | None]:
    """Return whether a notice waits for a person, and what a person decided."""
    joined = select(*REVIEW_COLUMNS).select_from(
        REVIEW.outerjoin(JUDGEMENT, JUDGEMENT.c.id == REVIEW.c.judgement_id)
    )
    row = connection.execute(joined.where(REVIEW.c.notice_id == notice_id)).mappings().first()
    return (False, None) if row is None else (is_in_review(row), to_judgement(row))


def update_review(
    connection: Connection,
    notice_id: int,
    version_id: int,
    notice: Notice,
    alert: Alert | None,
    *,
    now: datetime,
) -> int | None:
    """Open or close the review of a notice as its newest version demands; return its id where it is open.

    What caused an alert is closed by a judgement, or by an alert that it is a change. Nothing else closes it:
    not time, and not a better reading that causes no alert.
    """
    own = REVIEW.c.notice_id == notice_id
    row = connection.execute(select(REVIEW).where(own)).mappings().first()
    is_unsure, is_alerted = notice.attention is Attention.REVIEW, alert is not None
    if row is None:
        if not is_unsure:
            return None
        values = {"notice_id": notice_id, "version_id": version_id, "raised_at": now, "alerted": is_alerted}
        insert = REVIEW.insert().values(values).returning(REVIEW.c.id)
        return int(connection.execute(insert).scalar_one())
    review_id, is_open = int(row["id"]), row["closed_at"] is None
    if is_unsure:
        was_answered = not is_open and row["judgement_id"] is None
        if is_open:
            values = {"version_id": version_id, "alerted": row["alerted"] or is_alerted}
        elif was_answered or (alert is not None and alert.kind == "review"):
            values = {"version_id": version_id, "alerted": is_alerted, "raised_at": now}
            values |= {"closed_at": None, "judgement_id": None}
        else:
            return None  # it was judged, and asks nothing new
        connection.execute(update(REVIEW).where(own).values(values))
        return review_id
    is_answer = (notice.is_change and is_alerted) or not row["alerted"]
    if is_open and is_answer:
        connection.execute(
            update(REVIEW).where(and_(own, REVIEW.c.closed_at.is_(None))).values(closed_at=now)
        )
        return None
    return review_id if is_open else None
