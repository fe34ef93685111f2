"""Queries over notices, their versions, alerts and deliveries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from sqlalchemy import Connection, RowMapping, and_, case, func, or_, select

from controlwatch.adapters.storage.base import (
    ADDRESS,
    ALERT,
    ANNEX,
    DELIVERY,
    FINDING,
    NOTICE,
    SNAPSHOT,
    SUBSCRIPTION,
    VERSION,
    StorePart,
    alert_from_json,
)
from controlwatch.adapters.storage.due_deliveries import IS_TRIED
from controlwatch.adapters.storage.legal_graph import select_revision
from controlwatch.adapters.storage.notice_conditions import list_notice_ids
from controlwatch.adapters.storage.opinion_rows import add_second_doubts
from controlwatch.adapters.storage.review_rows import (
    REVIEW_COLUMNS,
    is_in_review,
    join_review,
    load_shown_notice,
    match_judged_change,
    to_judgement,
)
from controlwatch.core.law.answers import (
    ActLine,
    AlertEvidence,
    AnnexLine,
    DeliveryReason,
    HistoryStep,
    NoticeLine,
    NoticeLocation,
    NoticeRecord,
    PublishedNotice,
    RefusedDelivery,
    Revision,
)
from controlwatch.core.law.notice_filter import EVERY_NOTICE, ListPosition, NoticeFilter
from controlwatch.core.model import Attention, Notice, RedlineSegment
from controlwatch.core.model.timezones import to_beijing_day

#: An operator should look at a delivery that failed this many times.
STUCK_AFTER_ATTEMPTS = 3


class NoticeQueryStore(StorePart):
    """Queries over notices and deliveries."""

    def list_notices(
        self,
        chosen: NoticeFilter = EVERY_NOTICE,
        *,
        before: ListPosition | None = None,
        with_late: bool = False,
        find_measure: Callable[[Notice], str] = lambda _notice: "",
        limit: int = 50,
    ) -> tuple[NoticeLine, ...]:
        """Return the notices that a filter lets pass, newest published first, as `list_notice_ids`."""
        with self._read_engine.begin() as connection:
            ids = list_notice_ids(connection, chosen, before=before, with_late=with_late, limit=limit)
            joined = select(NOTICE, VERSION.c.reading, *REVIEW_COLUMNS).join(
                VERSION, VERSION.c.id == NOTICE.c.version_id
            )
            rows = connection.execute(join_review(joined).where(NOTICE.c.id.in_(ids))).mappings()
            lines = {row["id"]: to_notice_line(row, find_measure) for row in rows}
        return tuple(lines[notice_id] for notice_id in ids if notice_id in lines)

    def list_published_since(self, day: date) -> tuple[PublishedNotice, ...]:
        """Return official changes and alerted reports, published on a day or later, newest first."""
        relevant = or_(and_(NOTICE.c.official, NOTICE.c.is_change), NOTICE.c.rung)
        joined = (
            join_review(
                select(NOTICE, VERSION.c.reading, VERSION.c.text, *REVIEW_COLUMNS).join(
                    VERSION, VERSION.c.id == NOTICE.c.version_id
                )
            )
            .where(NOTICE.c.published >= day, relevant)
            .order_by(NOTICE.c.published.desc(), NOTICE.c.id.desc())
        )
        with self._read_engine.begin() as connection:
            return tuple(
                PublishedNotice(line=to_notice_line(row), notice=load_shown_notice(row), text=row["text"])
                for row in connection.execute(joined).mappings()
            )

    def find_record(self, key: str) -> NoticeRecord | None:
        """Return everything about the notice of this key (a number's key, or a canonical URL)."""
        with self._read_engine.begin() as connection:
            notice_id = find_notice_id(connection, key)
            return None if notice_id is None else load_record(connection, notice_id)

    def suggest_numbers(self, key: str) -> tuple[str, ...]:
        """Return known numbers that end like this one, or of the same year: for a helpful error message."""
        tail = key.rsplit(" ", 1)[-1]
        year = tail.split("-", maxsplit=1)[0]
        near = select(NOTICE.c.number).where(
            NOTICE.c.number.endswith(tail, autoescape=True)
            | NOTICE.c.number.contains(f" {year}-", autoescape=True)
        )
        exact_first = case((NOTICE.c.number.endswith(tail, autoescape=True), 0), else_=1)
        with self._read_engine.begin() as connection:
            return tuple(
                connection.execute(near.order_by(exact_first, NOTICE.c.id.desc()).limit(5)).scalars()
            )

    def list_history_remarks(self, keys: Iterable[str]) -> tuple[HistoryStep, ...]:
        """Return what happened to some notices beside legal acts: edits of their text, explanations."""
        chosen = list(keys)
        amendments = (
            select(NOTICE, VERSION.c.made_at, VERSION.c.moved)
            .join(VERSION, VERSION.c.notice_id == NOTICE.c.id)
            .where(VERSION.c.kind == "amended", NOTICE.c.key.in_(chosen))
            .order_by(VERSION.c.id)
        )
        explanations = (
            select(NOTICE, FINDING.c.basis, FINDING.c.value, FINDING.c.quote)
            .join(FINDING, FINDING.c.notice_id == NOTICE.c.id)
            .where(FINDING.c.kind == "relation", FINDING.c.value.in_(chosen))
            .where(FINDING.c.basis.in_(("amends", "clarifies", "implements")), NOTICE.c.official)
            .order_by(NOTICE.c.id)
        )
        steps: list[HistoryStep] = []
        with self._read_engine.begin() as connection:
            for row in connection.execute(amendments).mappings():
                day, moved = to_beijing_day(row["made_at"]), "; ".join(row["moved"])
                steps.append(_to_history_step(row, day, "text amended", quote=moved))
            for row in connection.execute(explanations).mappings():
                what = f"{row['basis']} {row['value']}"
                steps.append(_to_history_step(row, row["published"], what, quote=row["quote"]))
        return tuple(steps)

    def list_alert_reasons(self, key: str, targets: Iterable[str]) -> tuple[DeliveryReason, ...]:
        """Return why alerts about a notice were sent to some targets, newest first."""
        joined = (
            select(ALERT.c.kind, ALERT.c.made_at, DELIVERY.c.state, DELIVERY.c.why, SUBSCRIPTION.c.language)
            .join(DELIVERY, DELIVERY.c.alert_id == ALERT.c.id)
            .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
            .join(NOTICE, NOTICE.c.id == ALERT.c.notice_id)
            .where(NOTICE.c.key == key, SUBSCRIPTION.c.target.in_(list(targets)))
            .order_by(ALERT.c.id.desc())
        )
        with self._read_engine.begin() as connection:
            return tuple(DeliveryReason(**row) for row in connection.execute(joined).mappings())

    def find_alert_evidence(self, alert_id: int) -> AlertEvidence | None:
        """Return the evidence for an alert; None where it does not exist or is not about a notice."""
        version_id = func.coalesce(ALERT.c.version_id, NOTICE.c.version_id)
        joined = (
            select(
                ALERT.c.payload,
                VERSION.c.title,
                VERSION.c.text,
                ADDRESS.c.url,
                SNAPSHOT.c.fetched_at,
                SNAPSHOT.c.sha256,
            )
            .join(NOTICE, NOTICE.c.id == ALERT.c.notice_id)
            .join(VERSION, VERSION.c.id == version_id)
            .join(ADDRESS, ADDRESS.c.id == VERSION.c.address_id)
            .outerjoin(SNAPSHOT, SNAPSHOT.c.id == VERSION.c.snapshot_id)
            .where(ALERT.c.id == alert_id)
        )
        with self._read_engine.begin() as connection:
            row = connection.execute(joined).mappings().first()
        if row is None:
            return None
        copied = {name: row[name] for name in ("title", "text", "url", "fetched_at", "sha256")}
        return AlertEvidence(alert=alert_from_json(row["payload"]), **copied)

    def find_revision(self) -> tuple[object, ...]:
        """Return what differs once the store has learnt something new about notices."""
        with self._read_engine.begin() as connection:
            return select_revision(connection)

    def count_by_category(self) -> dict[str, int]:
        """Return the number of official changes that name each category, and each group once."""
        named = (
            select(FINDING.c.value, FINDING.c.notice_id)
            .join(NOTICE, NOTICE.c.id == FINDING.c.notice_id)
            .where(FINDING.c.kind == "category", or_(NOTICE.c.is_change, match_judged_change()))
            .distinct()
        )
        by_name: dict[str, set[int]] = {}
        with self._read_engine.begin() as connection:
            for name, notice_id in connection.execute(named):
                for covering in {name, name.partition(".")[0]}:
                    by_name.setdefault(covering, set()).add(notice_id)
        return {name: len(ids) for name, ids in by_name.items()}

    def count_deliveries(self) -> dict[str, int]:
        """Return the number of deliveries by state."""
        counted = select(DELIVERY.c.state, func.count()).group_by(DELIVERY.c.state)
        with self._read_engine.begin() as connection:
            return {state: int(count) for state, count in connection.execute(counted)}

    def list_refused_deliveries(self) -> tuple[RefusedDelivery, ...]:
        """Return deliveries that were refused permanently, failed repeatedly, or paused a subscription."""
        is_paused = and_(SUBSCRIPTION.c.active, SUBSCRIPTION.c.paused_at.is_not(None))
        is_stuck = or_(
            DELIVERY.c.attempts >= STUCK_AFTER_ATTEMPTS, and_(is_paused, DELIVERY.c.reason.is_not(None))
        )
        joined = (
            select(
                DELIVERY.c.id,
                DELIVERY.c.reason,
                ALERT.c.payload,
                SUBSCRIPTION.c.channel,
                SUBSCRIPTION.c.target,
            )
            .join(ALERT, ALERT.c.id == DELIVERY.c.alert_id)
            .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
            .where(DELIVERY.c.id.in_(select(DELIVERY.c.id).where(IS_TRIED)))  # by their index
            .where(or_(DELIVERY.c.state == "refused", and_(DELIVERY.c.state == "pending", is_stuck)))
            .order_by(DELIVERY.c.id)
        )
        with self._read_engine.begin() as connection:
            return tuple(
                RefusedDelivery(
                    id=row.id,
                    alert=alert_from_json(row.payload),
                    channel=row.channel,
                    target=row.target,
                    reason=row.reason or "",
                )
                for row in connection.execute(joined)
            )


def to_notice_line(row: RowMapping, find_measure: Callable[[Notice], str] = lambda _notice: "") -> NoticeLine:
    """Return the line of a row with the columns of a notice, its reading and the `REVIEW_COLUMNS`."""
    notice = load_shown_notice(row)
    copied = (
        "id",
        "key",
        "number",
        "title",
        "kind",
        "published",
        "direction",
        "official",
        "url",
        "first_seen_at",
        "review_id",
    )
    judgement = to_judgement(row)
    attention = notice.attention
    if is_in_review(row):
        attention = Attention.REVIEW
    elif judgement is not None and not row["is_change"]:
        attention = Attention.CHANGE if judgement.verdict == "change" else Attention.NONE
    return NoticeLine(
        **{name: row[name] for name in copied},
        issuers=tuple(row["issuers"]),
        effective=notice.effective,
        categories=tuple(finding.id for finding in notice.categories),
        watcher=row["watcher_id"],
        alerted=row["rung"],
        title_en=notice.summary.en.partition(". ")[0],
        measure=find_measure(notice) if row["is_change"] else "",
        is_change=row["is_change"] or attention is Attention.CHANGE,
        attention=attention,
        review=notice.review if attention is Attention.REVIEW else (),
        judgement=judgement,
    )


def find_notice_id(connection: Connection, key: str) -> int | None:
    """Return the id of the notice of a key (a number's, or a canonical URL)."""
    notice_id = connection.execute(select(NOTICE.c.id).where(NOTICE.c.key == key)).scalar()
    if notice_id is None:
        by_address = select(ADDRESS.c.notice_id).where(ADDRESS.c.address == key)
        notice_id = connection.execute(by_address).scalar()
    return None if notice_id is None else int(notice_id)


def load_record(connection: Connection, notice_id: int) -> NoticeRecord:
    """Return everything about one notice."""
    joined = select(NOTICE, VERSION.c.reading, VERSION.c.text, *REVIEW_COLUMNS).join(
        VERSION, VERSION.c.id == NOTICE.c.version_id
    )
    row = connection.execute(join_review(joined).where(NOTICE.c.id == notice_id)).mappings().one()
    # An address without a URL is that of a register entry.
    addresses = select(ADDRESS).where(ADDRESS.c.notice_id == notice_id, ADDRESS.c.url != "")
    annexes = select(ANNEX).where(ANNEX.c.version_id == row["version_id"])
    acts = (
        select(
            *(FINDING.c.basis, FINDING.c.quote),
            *(NOTICE.c.key, NOTICE.c.number, NOTICE.c.title, NOTICE.c.published),
        )
        .join(NOTICE, NOTICE.c.id == FINDING.c.notice_id)
        .where(FINDING.c.kind == "relation", FINDING.c.value == row["key"], NOTICE.c.key != row["key"])
        .order_by(NOTICE.c.published, NOTICE.c.id)
    )
    return NoticeRecord(
        line=to_notice_line(row),
        notice=add_second_doubts(connection, row["version_id"], load_shown_notice(row)),
        text=row["text"],
        standings=tuple(
            NoticeLocation(
                url=found.url,
                watcher=found.watcher_id,
                first_seen_at=found.first_seen_at,
                differs=found.differs,
            )
            for found in connection.execute(addresses.order_by(ADDRESS.c.id))
        ),
        revisions=_select_revisions(connection, notice_id),
        annexes=tuple(
            AnnexLine(url=found.url, name=found.name, sha256=found.sha256, doubt=found.doubt)
            for found in connection.execute(annexes.order_by(ANNEX.c.id))
        ),
        acts=tuple(
            ActLine(
                verb=found.basis,
                key=found.key,
                title=found.title,
                published=found.published,
                quote=found.quote,
                number=found.number or "",
            )
            for found in connection.execute(acts)
        ),
    )


def _select_revisions(connection: Connection, notice_id: int) -> tuple[Revision, ...]:
    joined = (
        select(VERSION, ADDRESS.c.url, SNAPSHOT.c.sha256)
        .join(ADDRESS, ADDRESS.c.id == VERSION.c.address_id)
        .outerjoin(SNAPSHOT, SNAPSHOT.c.id == VERSION.c.snapshot_id)
        .where(VERSION.c.notice_id == notice_id)
        .order_by(VERSION.c.id)
    )
    return tuple(
        Revision(
            made_at=row.made_at,
            kind=row.kind,
            url=row.url,
            sha256=row.sha256,
            redline=tuple(RedlineSegment(op=op, text=text) for op, text in row.redline),
            moved=tuple(row.moved),
            quiet_because=row.quiet_because,
        )
        for row in connection.execute(joined)
    )


def _to_history_step(row: RowMapping, day: date | None, what: str, *, quote: str) -> HistoryStep:
    return HistoryStep(
        date=day,
        what=what,
        number=row["number"] or row["title"],
        title=row["title"],
        direction=row["direction"],
        quote=quote,
        url=row["url"],
        key=row["key"],
    )
