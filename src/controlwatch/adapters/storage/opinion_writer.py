"""Write what follows from the answer of a second reader: the review, the alert, and the entry about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from controlwatch.adapters.storage.alert_writer import write_alert
from controlwatch.adapters.storage.base import NOTICE, OPINION, REVIEW, VERSION
from controlwatch.adapters.storage.custody_log import append_opinion_entry
from controlwatch.adapters.storage.opinion_rows import opinion_to_json
from controlwatch.adapters.storage.subscriptions import select_active_subscriptions
from controlwatch.core.alerting.reminders import PlannedAlert
from controlwatch.core.model import Subscription
from controlwatch.core.second_opinion.opinion import SecondOpinion


class SqlOpinionTransaction:
    """One transaction: what follows from an answer, the review and the alert, and the entry about it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """Return the active subscriptions."""
        return select_active_subscriptions(self._connection)

    def raise_review(self, version_id: int, opinion: SecondOpinion, *, now: datetime) -> int | None:
        """Open the review of a notice, or open it again for another text; return its id.

        Returns None where nothing is to be alerted: the version is not the newest one, the review is open
        already, or a person has judged this text.
        """
        connection = self._connection
        joined = select(NOTICE.c.id, VERSION.c.fingerprint).join(VERSION, VERSION.c.id == NOTICE.c.version_id)
        notice = connection.execute(joined.where(NOTICE.c.version_id == version_id)).first()
        if notice is None:
            return None
        own = REVIEW.c.notice_id == notice.id
        joined = select(REVIEW, VERSION.c.fingerprint).join(VERSION, VERSION.c.id == REVIEW.c.version_id)
        row = connection.execute(joined.where(own)).mappings().first()
        outcome = opinion_to_json(opinion)
        asked = {"reasons": outcome["review"], "possible": outcome["possible_categories"]}
        values: dict[str, Any] = {"version_id": version_id, "asked": asked, "alerted": True}
        if row is None:
            values |= {"notice_id": notice.id, "raised_at": now}
            insert = REVIEW.insert().values(values).returning(REVIEW.c.id)
            return int(connection.execute(insert).scalar_one())
        is_open = row["closed_at"] is None
        if not is_open and row["judgement_id"] is not None and row["fingerprint"] == notice.fingerprint:
            return None
        if not is_open or not row["alerted"]:
            values |= {"raised_at": now, "closed_at": None, "judgement_id": None}
        connection.execute(update(REVIEW).where(own).values(values))
        return int(row["id"]) if not is_open or not row["alerted"] else None

    def write_alert(self, version_id: int, planned: PlannedAlert) -> None:
        """Write the alert that a document needs review, with its deliveries."""
        connection = self._connection
        own = select(VERSION.c.notice_id).where(VERSION.c.id == version_id)
        notice_id = int(connection.execute(own).scalar_one())
        write_alert(connection, planned.alert, planned.deliveries, notice_id=notice_id, version_id=version_id)
        connection.execute(update(NOTICE).where(NOTICE.c.id == notice_id).values(rung=True))

    def record_opinion(
        self, opinion_id: int, opinion: SecondOpinion, *, answer: str, more_tokens: int, now: datetime
    ) -> None:
        """Write what follows from an answer, and enter it in the chain of custody. This comes last.

        `more_tokens` is by how much the count of the host exceeds the estimate, negative where it is less.
        """
        values: dict[str, Any] = {
            "outcome": opinion_to_json(opinion),
            "doubts": len(opinion.list_sentences()),
            "reviews": len(opinion.review),
            "refused": opinion.refused_quotes + opinion.refused_values + opinion.malformed,
        }
        _finish(
            self._connection,
            opinion_id,
            "answered",
            answer=answer,
            more_tokens=more_tokens,
            now=now,
            **values,
        )

    def record_prose(
        self, opinion_id: int, prose: str, *, reason: str, answer: str, more_tokens: int, now: datetime
    ) -> None:
        """Write a translation or an explanation, and enter it; "" where it is not shown.

        `reason` says why it is not shown, or what it lacks.
        """
        state = "answered" if prose else "refused"
        values = {"prose": prose, "reason": reason, "refused": int(not prose)}
        _finish(
            self._connection, opinion_id, state, answer=answer, more_tokens=more_tokens, now=now, **values
        )


def _finish(
    connection: Connection,
    opinion_id: int,
    state: str,
    *,
    answer: str,
    more_tokens: int,
    now: datetime,
    **values: Any,
) -> None:
    # What earlier tries have cost stays counted.
    tokens = OPINION.c.tokens + more_tokens
    values |= {"state": state, "answer": answer, "tokens": tokens, "answered_at": now}
    connection.execute(update(OPINION).where(OPINION.c.id == opinion_id).values(values))
    append_opinion_entry(connection, opinion_id, at=now)
