"""What second readers are asked and what they answered, in the store."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, func, or_, select, update

from controlwatch.adapters.storage.base import (
    ADDRESS,
    ALERT,
    DELIVERY,
    NOTICE,
    NOTICE_LOCK,
    OPINION,
    REGISTER_VERSION,
    SUBSCRIPTION,
    VERSION,
    StorePart,
    build_insert,
    notice_from_json,
    take_turns,
)
from controlwatch.adapters.storage.due_deliveries import IS_SENDABLE
from controlwatch.adapters.storage.notice_queries import find_notice_id
from controlwatch.adapters.storage.opinion_rows import list_second_doubts
from controlwatch.adapters.storage.opinion_writer import SqlOpinionTransaction
from controlwatch.core.alerting.routing import REVIEW_KINDS
from controlwatch.core.model.state import NOT_A_CHANGE, STILL_NOT_A_CHANGE
from controlwatch.core.second_opinion.limits import ReaderCall
from controlwatch.core.second_opinion.opinion import Purpose
from controlwatch.core.second_opinion.records import (
    OpinionCounts,
    OpinionSubject,
    ProseLine,
    WantedProse,
)

if TYPE_CHECKING:
    from controlwatch.core.second_opinion.instructions import ReaderQuestion

#: What makes a question about a version: it is asked once.
_QUESTION_COLUMNS = ("version_id", "purpose", "language", "prompt", "model")
#: What a person wanted is given up after this time, if the second reader could not be asked.
WANTED_FOR = timedelta(days=1)
#: An answer that has not come after this time never comes: the process that asked was killed.
ASKED_FOR = timedelta(minutes=10)


class OpinionStore(StorePart):
    """Questions to second readers, their answers, and what these have cost."""

    @contextmanager
    def transaction(self) -> Iterator[SqlOpinionTransaction]:
        """Open a transaction; judgements and new texts of one notice take turns with it."""
        with self._engine.begin() as connection:
            take_turns(connection, NOTICE_LOCK)
            yield SqlOpinionTransaction(connection)

    def list_waiting(
        self,
        sources: Collection[str],
        question: ReaderQuestion,
        model: str,
        *,
        since: datetime,
        now: datetime,
    ) -> tuple[OpinionSubject, ...]:
        """Return the newest versions of notices that were not read by this model yet, oldest first.

        They were read by the rules since an instant, are of these sources, and either an alert about them was
        made and has left, or the rules found no change in them.
        """
        # The index is that of the notice.
        own_alert = and_(ALERT.c.notice_id == VERSION.c.notice_id, ALERT.c.version_id == VERSION.c.id)
        is_told = select(ALERT.c.id).where(own_alert).exists()
        is_leaving = (
            select(DELIVERY.c.id)
            .join(ALERT, ALERT.c.id == DELIVERY.c.alert_id)
            .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
            .where(own_alert, DELIVERY.c.due_at <= now, IS_SENDABLE)
            # What was tried once and failed waits for its channel, not for us.
            .where(
                or_(
                    DELIVERY.c.state == "leased",
                    and_(DELIVERY.c.state == "pending", DELIVERY.c.attempts == 0),
                )
            )
            .exists()
        )
        is_known = (
            select(OPINION.c.id)
            .where(OPINION.c.version_id == VERSION.c.id, OPINION.c.purpose == question.purpose.value)
            .where(OPINION.c.prompt == question.prompt_version, OPINION.c.model == model)
            .exists()
        )
        earlier = VERSION.alias("earlier")
        is_reread = (
            select(OPINION.c.id)
            .join(earlier, earlier.c.id == OPINION.c.version_id)
            .where(earlier.c.notice_id == VERSION.c.notice_id, OPINION.c.purpose == question.purpose.value)
            .exists()
        )
        chosen = (
            _query_subjects()
            .where(ADDRESS.c.watcher_id.in_(list(sources)), VERSION.c.made_at >= since)
            .where(VERSION.c.kind != REGISTER_VERSION, ~VERSION.c.fallback, VERSION.c.text != "")
            .where(or_(is_told, VERSION.c.quiet_because.in_((NOT_A_CHANGE, STILL_NOT_A_CHANGE)), is_reread))
            .where(~is_leaving, ~is_known)
            .order_by(VERSION.c.id)
            .limit(50)
        )
        with self._read_engine.begin() as connection:
            return tuple(_to_subject(row) for row in connection.execute(chosen).mappings())

    def find_answer(self, key: str) -> str | None:
        """Return the answer to the same question about the same text by the same model, as it came."""
        kept = select(OPINION.c.answer).where(OPINION.c.key == key, OPINION.c.state == "answered")
        with self._read_engine.begin() as connection:
            return connection.execute(kept.order_by(OPINION.c.id).limit(1)).scalar()

    def begin_question(
        self,
        version_id: int,
        question: ReaderQuestion,
        *,
        model: str,
        host: str,
        tokens: int,
        now: datetime,
        wanted_id: int | None = None,
    ) -> int | None:
        """Note a question before it is sent; return its id, or None where it was noted before.

        `tokens` are the estimated cost, 0 where nothing will be sent. `wanted_id` is what a person wanted.
        """
        values: dict[str, Any] = {
            **_name_question(version_id, question, model),
            "state": "asked",
            "host": host,
            "key": question.compute_key(model),
            "text_sha256": question.text_sha256,
            "asked_at": now,
            "is_call": bool(host) and tokens > 0,
            "tokens": tokens,
        }
        with self._engine.begin() as connection:
            if wanted_id is not None:
                # It was wanted of another model or in other words, and is wanted of this one too.
                other = OPINION.alias("other")
                same = (other.c[name] == values[name] for name in _QUESTION_COLUMNS)
                is_taken = select(other.c.id).where(other.c.id != wanted_id, *same).exists()
                own = update(OPINION).where(OPINION.c.id == wanted_id, OPINION.c.state == "wanted", ~is_taken)
                # What earlier tries have cost stays counted.
                spent = {"tokens": OPINION.c.tokens + tokens}
                return wanted_id if connection.execute(own.values(values | spent)).rowcount else None
            return _insert_once(connection, values)

    def record_failure(self, opinion_id: int, reason: str) -> None:
        """Write why an answer is missing or of no use. The question is not asked again."""
        with self._engine.begin() as connection:
            values = {"state": "failed", "reason": reason}
            connection.execute(update(OPINION).where(OPINION.c.id == opinion_id).values(values))

    def list_calls(self, limit: int) -> tuple[ReaderCall, ...]:
        """Return the newest requests that were sent, newest first."""
        newest = (
            select(OPINION.c.asked_at, OPINION.c.state)
            .where(OPINION.c.is_call)
            .order_by(OPINION.c.asked_at.desc(), OPINION.c.id.desc())
        )
        with self._read_engine.begin() as connection:
            return tuple(
                ReaderCall(asked_at=row.asked_at, is_fault=row.state in {"asked", "failed"})
                for row in connection.execute(newest.limit(limit))
            )

    def count_tokens(self, since: datetime) -> int:
        """Return the tokens of the questions since an instant, with those whose answer never came."""
        spent = select(func.coalesce(func.sum(OPINION.c.tokens), 0)).where(OPINION.c.asked_at >= since)
        with self._read_engine.begin() as connection:
            return int(connection.execute(spent).scalar_one())

    def count_opinions(self) -> OpinionCounts:
        """Return what second readers have done so far."""
        sums = (
            func.coalesce(func.sum(OPINION.c[name]), 0).label(name)
            for name in ("doubts", "reviews", "refused")
        )
        counted = select(OPINION.c.state, func.count().label("count"), *sums).group_by(OPINION.c.state)
        with self._read_engine.begin() as connection:
            rows = connection.execute(counted).mappings().all()
        totals = {name: sum(int(row[name]) for row in rows) for name in ("doubts", "reviews", "refused")}
        return OpinionCounts(by_state={row["state"]: int(row["count"]) for row in rows}, **totals)

    def find_subject(self, key: str) -> OpinionSubject | None:
        """Return the newest version of the notice of a key; None where there is none with a text."""
        with self._read_engine.begin() as connection:
            notice_id = find_notice_id(connection, key)
            chosen = _query_subjects().where(NOTICE.c.id == notice_id, VERSION.c.text != "")
            row = connection.execute(chosen).mappings().first()
        return None if row is None else _to_subject(row)

    def want_prose(
        self, version_id: int, question: ReaderQuestion, *, model: str, who: str, now: datetime
    ) -> bool:
        """Note that a person wants a translation or an explanation; False where it is on its way or there."""
        named = _name_question(version_id, question, model)
        values = {**named, "state": "wanted", "reason": "", "wanted_by": who, "wanted_at": now}
        again = update(OPINION).where(
            *(OPINION.c[name] == value for name, value in named.items()), OPINION.c.state == "failed"
        )
        with self._engine.begin() as connection:
            if _insert_once(connection, values) is not None:
                return True
            return connection.execute(again.values(values)).rowcount > 0

    def list_wanted(self, *, now: datetime) -> tuple[WantedProse, ...]:
        """Return the translations and explanations that people wait for, oldest first."""
        wanted = (
            _query_subjects(is_newest=False)
            .add_columns(OPINION.c.id.label("opinion_id"), OPINION.c.purpose, OPINION.c.language)
            .add_columns(OPINION.c.wanted_at)
            .join(OPINION, OPINION.c.version_id == VERSION.c.id)
            .where(OPINION.c.state == "wanted", OPINION.c.wanted_at > now - WANTED_FOR)
            .order_by(OPINION.c.id)
        )
        with self._read_engine.begin() as connection:
            return tuple(
                WantedProse(
                    opinion_id=row["opinion_id"],
                    purpose=Purpose(row["purpose"]),
                    language=row["language"],
                    wanted_at=row["wanted_at"],
                    subject=_to_subject(row),
                )
                for row in connection.execute(wanted).mappings()
            )

    def give_up_prose(self, *, now: datetime) -> None:
        """Write that what people have waited for too long will not come; they may ask for it again."""
        late = {
            "the second reader could not be asked": and_(
                OPINION.c.state == "wanted", OPINION.c.wanted_at <= now - WANTED_FOR
            ),
            "the service stopped before the answer came": and_(
                OPINION.c.state == "asked", OPINION.c.asked_at <= now - ASKED_FOR
            ),
        }
        is_late = and_(OPINION.c.purpose != Purpose.READING.value, or_(*late.values()))
        with self._read_engine.begin() as connection:  # seldom is any late, and then nothing is locked
            if connection.execute(select(OPINION.c.id).where(is_late).limit(1)).first() is None:
                return
        with self._engine.begin() as connection:
            for reason, condition in late.items():
                given_up = update(OPINION).where(is_late, condition)
                connection.execute(given_up.values(state="failed", reason=reason))

    def list_prose(self, key: str) -> tuple[ProseLine, ...]:
        """Return the translations and explanations of the newest version of a notice, oldest first."""
        with self._read_engine.begin() as connection:
            notice_id = find_notice_id(connection, key)
            own = select(NOTICE.c.version_id).where(NOTICE.c.id == notice_id).scalar_subquery()
            chosen = (
                select(OPINION)
                .where(OPINION.c.version_id == own, OPINION.c.purpose != Purpose.READING.value)
                .order_by(OPINION.c.id)
            )
            return tuple(
                ProseLine(
                    purpose=Purpose(row["purpose"]),
                    language=row["language"],
                    state=row["state"],
                    model=row["model"],
                    text=row["prose"],
                    reason=row["reason"],
                    at=row["answered_at"] or row["asked_at"] or row["wanted_at"],
                )
                for row in connection.execute(chosen).mappings()
            )

    def list_alert_doubts(self, alert_id: int) -> tuple[str, ...]:
        """Return the doubts of a second reader about the notice of an alert, which may have left before."""
        version_id = func.coalesce(ALERT.c.version_id, NOTICE.c.version_id)
        joined = select(version_id).outerjoin(NOTICE, NOTICE.c.id == ALERT.c.notice_id)
        with self._read_engine.begin() as connection:
            found = connection.execute(joined.where(ALERT.c.id == alert_id)).scalar()
            return list_second_doubts(connection, found)

    def find_alert_key(self, alert_id: int) -> str:
        """Return the key of the notice of an alert; "" where it is about none."""
        joined = select(NOTICE.c.key).join(ALERT, ALERT.c.notice_id == NOTICE.c.id)
        with self._read_engine.begin() as connection:
            return connection.execute(joined.where(ALERT.c.id == alert_id)).scalar() or ""


def _name_question(version_id: int, question: ReaderQuestion, model: str) -> dict[str, Any]:
    return {
        "version_id": version_id,
        "purpose": question.purpose.value,
        "language": question.language,
        "prompt": question.prompt_version,
        "model": model,
    }


def _insert_once(connection: Connection, values: dict[str, Any]) -> int | None:
    """Insert a question with the defaults of what is not known yet; None where it is there already."""
    texts = dict.fromkeys(("host", "key", "text_sha256", "wanted_by", "answer", "prose", "reason"), "")
    counts = dict.fromkeys(("tokens", "doubts", "reviews", "refused"), 0)
    row = {**texts, **counts, "is_call": False, "outcome": {}, **values}
    insert = build_insert(connection, OPINION).values(row)
    insert = insert.on_conflict_do_nothing(index_elements=_QUESTION_COLUMNS)
    found = connection.execute(insert.returning(OPINION.c.id)).scalar()
    return None if found is None else int(found)


def _query_subjects(*, is_newest: bool = True) -> Select[Any]:
    """Query the newest versions of notices with what a second reader needs, or any versions."""
    on_notice: ColumnElement[bool] = NOTICE.c.version_id == VERSION.c.id
    told = VERSION.alias("told")
    same_words = and_(told.c.notice_id == NOTICE.c.id, told.c.fingerprint == VERSION.c.fingerprint)
    alerts = (
        select(ALERT.c.id)
        .join(told, told.c.id == ALERT.c.version_id)
        .where(same_words, ALERT.c.notice_id == NOTICE.c.id, ALERT.c.kind.not_in(REVIEW_KINDS))
        .exists()
    )
    return (
        select(VERSION.c.id.label("version_id"), NOTICE.c.key, VERSION.c.title, VERSION.c.text)
        .add_columns(VERSION.c.reading, ADDRESS.c.watcher_id, ADDRESS.c.url, alerts.label("was_told"))
        .select_from(VERSION)
        .join(NOTICE, on_notice if is_newest else NOTICE.c.id == VERSION.c.notice_id)
        .join(ADDRESS, ADDRESS.c.id == VERSION.c.address_id)
    )


def _to_subject(row: RowMapping) -> OpinionSubject:
    copied = ("version_id", "key", "title", "text", "url", "was_told")
    return OpinionSubject(
        **{name: row[name] for name in copied},
        notice=notice_from_json(row["reading"]),
        watcher=row["watcher_id"],
    )
