"""Documents that need review in the store, and what people decided about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, func, or_, select, update

from controlwatch.adapters.storage.alert_writer import write_alert
from controlwatch.adapters.storage.base import (
    ALERT,
    ALERT_ACTION,
    DELIVERY,
    JUDGEMENT,
    NOTICE,
    NOTICE_LOCK,
    REVIEW,
    SUBSCRIPTION,
    VERSION,
    StorePart,
    take_turns,
)
from controlwatch.adapters.storage.review_rows import REVIEW_COLUMNS, load_reviewed_notice, to_judgement
from controlwatch.adapters.storage.subscriptions import select_active_subscriptions
from controlwatch.core.alerting.judgements import ReviewCase
from controlwatch.core.evidence.custody import compute_fingerprint
from controlwatch.core.law.answers import OpenReviews, ReviewLabel, ReviewLine, ReviewState
from controlwatch.core.model import Judgement, Verdict
from controlwatch.core.model.timezones import to_beijing_day

if TYPE_CHECKING:
    from controlwatch.core.alerting.reminders import PlannedAlert

#: What an action on an alert says where its document was judged.
JUDGED = "judged"


class SqlReviewTransaction:
    """One transaction: find a document that needs review, and write what a person decided."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find_case(self, review_id: int) -> ReviewCase | None:
        """Return a document with all that its judgement depends on; None where there is none."""
        connection = self._connection
        chosen = _query_lines().add_columns(VERSION.c.text).where(REVIEW.c.id == review_id)
        row = connection.execute(chosen).mappings().first()
        if row is None:
            return None
        last = (
            select(JUDGEMENT.c.what)
            .where(JUDGEMENT.c.review_id == review_id, JUDGEMENT.c.what != "reopened")
            .order_by(JUDGEMENT.c.id.desc())
        )
        notified = (
            select(DELIVERY.c.subscription_id)
            .join(ALERT, ALERT.c.id == DELIVERY.c.alert_id)
            .where(ALERT.c.notice_id == row["notice_id"], DELIVERY.c.state != "muted")
            .where(DELIVERY.c.follows.is_(None))
        )
        return ReviewCase(
            line=_to_review_line(row),
            notice=load_reviewed_notice(row),
            text=row["text"],
            last_verdict=connection.execute(last.limit(1)).scalar(),
            notified_ids=frozenset(connection.execute(notified).scalars()),
            subscriptions=select_active_subscriptions(connection),
        )

    def record_judgement(self, review_id: int, judgement: Judgement, planned: PlannedAlert | None) -> bool:
        """Close a review, with the alert about it and the actions on those before; False: it is closed."""
        connection = self._connection
        own = update(REVIEW).where(REVIEW.c.id == review_id, REVIEW.c.closed_at.is_(None))
        if not connection.execute(own.values(closed_at=judgement.at)).rowcount:
            return False
        judgement_id = _insert_judgement(connection, review_id, judgement.verdict, judgement)
        connection.execute(update(REVIEW).where(REVIEW.c.id == review_id).values(judgement_id=judgement_id))
        notice_id, version_id = _select_subject(connection, review_id)
        _close_alerts(connection, notice_id, judgement)
        if planned is not None:
            write_alert(
                connection, planned.alert, planned.deliveries, notice_id=notice_id, version_id=version_id
            )
        return True

    def reopen(self, review_id: int, *, who: str, note: str, now: datetime) -> bool:
        """Open a review again; False where it is open."""
        own = REVIEW.c.id == review_id, REVIEW.c.closed_at.is_not(None)
        values = {"closed_at": None, "judgement_id": None, "raised_at": now}
        if not self._connection.execute(update(REVIEW).where(*own).values(values)).rowcount:
            return False
        _insert_judgement(
            self._connection, review_id, "reopened", Judgement(verdict="change", who=who, at=now, note=note)
        )
        return True


class ReviewStore(StorePart):
    """Documents that need review."""

    @contextmanager
    def transaction(self) -> Iterator[SqlReviewTransaction]:
        """Open a transaction; judgements and new texts of one notice take turns."""
        with self._engine.begin() as connection:
            take_turns(connection, NOTICE_LOCK)
            yield SqlReviewTransaction(connection)

    def list_reviews(self, *, settled: bool = False) -> tuple[ReviewLine, ...]:
        """Return the open reviews, oldest first; with `settled`, the closed ones too."""
        query = _query_lines().order_by(REVIEW.c.raised_at, REVIEW.c.id)
        chosen = query if settled else query.where(REVIEW.c.closed_at.is_(None))
        with self._read_engine.begin() as connection:
            return tuple(_to_review_line(row) for row in connection.execute(chosen).mappings())

    def find_by_notice(self, key: str) -> ReviewLine | None:
        """Return the review of the notice of a key, open or not."""
        with self._read_engine.begin() as connection:
            row = connection.execute(_query_lines().where(NOTICE.c.key == key)).mappings().first()
        return None if row is None else _to_review_line(row)

    def count_open(self) -> OpenReviews:
        """Return how many documents wait, and how many of them caused an alert."""
        alerted = func.count().filter(REVIEW.c.alerted), func.min(REVIEW.c.raised_at).filter(REVIEW.c.alerted)
        counted = select(func.count(), *alerted).where(REVIEW.c.closed_at.is_(None))
        with self._read_engine.begin() as connection:
            listed, count, oldest = connection.execute(counted).one()
        return OpenReviews(count=int(count), oldest=oldest, listed=int(listed))

    def find_by_delivery(self, key: str, targets: Iterable[str]) -> ReviewLine | None:
        """Return the review that a delivery is about, where it went to one of these targets."""
        with self._read_engine.begin() as connection:
            chosen = _query_delivered(targets).where(DELIVERY.c.key == key)
            row = connection.execute(chosen).mappings().first()
        return None if row is None else _to_review_line(row)

    def list_delivered(self, targets: Iterable[str]) -> tuple[tuple[ReviewLine, str], ...]:
        """Return the open reviews that these targets were alerted to, oldest first, with a delivery's key."""
        query = _query_delivered(targets).where(REVIEW.c.closed_at.is_(None))
        query = query.order_by(REVIEW.c.raised_at, REVIEW.c.id, DELIVERY.c.id)
        found: dict[int, tuple[ReviewLine, str]] = {}
        with self._read_engine.begin() as connection:
            for row in connection.execute(query).mappings():
                found.setdefault(row["review_id"], (_to_review_line(row), row["delivery_key"]))
        return tuple(found.values())

    def list_labels(self) -> tuple[ReviewLabel, ...]:
        """Return every judgement that was not taken back, oldest first."""
        later = JUDGEMENT.alias("later")
        is_last = (
            ~select(later.c.id)
            .where(later.c.review_id == JUDGEMENT.c.review_id, later.c.id > JUDGEMENT.c.id)
            .where(later.c.version_id == JUDGEMENT.c.version_id)
            .exists()
        )
        joined = (
            select(
                JUDGEMENT,
                REVIEW.c.asked.label("review_asked"),
                NOTICE.c.watcher_id,
                NOTICE.c.url,
                VERSION.c.title,
                VERSION.c.text,
            )
            .add_columns(VERSION.c.reading)
            .join(REVIEW, REVIEW.c.id == JUDGEMENT.c.review_id)
            .join(NOTICE, NOTICE.c.id == REVIEW.c.notice_id)
            .join(VERSION, VERSION.c.id == JUDGEMENT.c.version_id)
            .where(is_last, JUDGEMENT.c.what != "reopened")
            .order_by(JUDGEMENT.c.id)
        )
        with self._read_engine.begin() as connection:
            return tuple(
                ReviewLabel(
                    title=row["title"],
                    text_sha256=compute_fingerprint(row["text"]),
                    source=row["watcher_id"],
                    url=row["url"],
                    reasons=load_reviewed_notice(row).review,
                    verdict=row["what"],
                    note=row["note"],
                    day=to_beijing_day(row["at"]),
                )
                for row in connection.execute(joined).mappings()
            )


def _query_lines() -> Select[Any]:
    return (
        select(*REVIEW_COLUMNS, REVIEW.c.raised_at, REVIEW.c.alerted, REVIEW.c.notice_id)
        .add_columns(NOTICE, VERSION.c.reading)
        .select_from(REVIEW)
        .join(NOTICE, NOTICE.c.id == REVIEW.c.notice_id)
        .join(VERSION, VERSION.c.id == REVIEW.c.version_id)
        .outerjoin(JUDGEMENT, JUDGEMENT.c.id == REVIEW.c.judgement_id)
    )


def _query_delivered(targets: Iterable[str]) -> Select[Any]:
    """Query the reviews that targets were alerted to, once for each delivery."""
    allowed = list(targets)
    is_theirs = or_(SUBSCRIPTION.c.target.in_(allowed), DELIVERY.c.addressee.in_(allowed))
    return (
        _query_lines()
        .add_columns(DELIVERY.c.key.label("delivery_key"))
        .join(ALERT, ALERT.c.notice_id == REVIEW.c.notice_id)
        .join(DELIVERY, DELIVERY.c.alert_id == ALERT.c.id)
        .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
        .where(is_theirs)
    )


def _to_review_line(row: RowMapping) -> ReviewLine:
    notice, judgement = load_reviewed_notice(row), to_judgement(row)
    state: ReviewState = "superseded" if judgement is None else "judged"
    copied = ("key", "number", "title", "published", "official", "url", "raised_at", "alerted")
    return ReviewLine(
        **{name: row[name] for name in copied},
        id=row["review_id"],
        issuers=tuple(row["issuers"]),
        watcher=row["watcher_id"],
        reasons=notice.review,
        possible_categories=notice.possible_categories,
        state="open" if row["review_closed_at"] is None else state,
        judgement=judgement,
    )


def _select_subject(connection: Connection, review_id: int) -> tuple[int, int]:
    """Return the notice of a review, and its newest version."""
    joined = select(NOTICE.c.id, NOTICE.c.version_id).join(REVIEW, REVIEW.c.notice_id == NOTICE.c.id)
    row = connection.execute(joined.where(REVIEW.c.id == review_id)).one()
    return int(row.id), int(row.version_id)


def _insert_judgement(connection: Connection, review_id: int, what: Verdict | str, by: Judgement) -> int:
    version = select(REVIEW.c.version_id).where(REVIEW.c.id == review_id).scalar_subquery()
    values = {"review_id": review_id, "version_id": version, "what": what}
    values |= {"who": by.who, "note": by.note, "at": by.at}
    insert = JUDGEMENT.insert().values(values).returning(JUDGEMENT.c.id)
    return int(connection.execute(insert).scalar_one())


def _close_alerts(connection: Connection, notice_id: int, judgement: Judgement) -> None:
    """Record the judgement on every alert that asked for it: they are neither open nor repeated."""
    asking = and_(ALERT.c.notice_id == notice_id, ALERT.c.kind == "review")
    open_ones: ColumnElement[bool] = and_(DELIVERY.c.follows.is_(None), DELIVERY.c.closed_at.is_(None))
    chosen = select(DELIVERY.c.id).join(ALERT, ALERT.c.id == DELIVERY.c.alert_id).where(asking, open_ones)
    ids = connection.execute(chosen.order_by(DELIVERY.c.id)).scalars().all()
    note = f"{judgement.verdict}: {judgement.note}" if judgement.note else judgement.verdict
    rows = [
        {"delivery_id": number, "what": JUDGED, "who": judgement.who, "note": note, "at": judgement.at}
        for number in ids
    ]
    if rows:
        connection.execute(ALERT_ACTION.insert(), rows)
        values = {"taken_at": judgement.at, "closed_at": judgement.at, "wanted_by": None}
        connection.execute(update(DELIVERY).where(DELIVERY.c.id.in_(ids)).values(values))
