"""The askers' side of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, String, and_, case, cast, func, or_, select

from controlwatch.adapters.storage import search
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
    match_category,
    notice_from_json,
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
from controlwatch.core.model import RedlineSegment
from controlwatch.core.model.timezones import to_beijing_day

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy import Connection, RowMapping

#: A delivery that was tried so often without success is somebody's business.
STUCK_AFTER_ATTEMPTS = 3


class NoticeQueryStore(StorePart):
    """What may be asked of the books."""

    def list_notices(
        self,
        *,
        since: datetime | None = None,
        category: str | None = None,
        issuer: str | None = None,
        containing: str | None = None,
        changes_only: bool = False,
        limit: int = 50,
    ) -> tuple[NoticeLine, ...]:
        """Notices, newest published first. `containing` is looked for in title and text, exactly."""
        with self._read_engine.begin() as connection:
            where = list(_build_filters(connection, since, category, issuer, containing))
            if changes_only:
                where.append(NOTICE.c.is_change)
            wanted = (
                select(NOTICE.c.id)
                .where(*where)
                .order_by(NOTICE.c.published.desc().nulls_last(), NOTICE.c.id.desc())
            )
            return _select_lines(connection, connection.execute(wanted.limit(limit)).scalars().all())

    def list_published_since(self, day: date) -> tuple[PublishedNotice, ...]:
        """Official changes, and reports that were told, published on a day or later, newest first."""
        told = or_(and_(NOTICE.c.official, NOTICE.c.is_change), NOTICE.c.rung)
        joined = (
            select(NOTICE, VERSION.c.reading, VERSION.c.text)
            .join(VERSION, VERSION.c.id == NOTICE.c.version_id)
            .where(NOTICE.c.published >= day, told)
            .order_by(NOTICE.c.published.desc(), NOTICE.c.id.desc())
        )
        with self._read_engine.begin() as connection:
            return tuple(
                PublishedNotice(
                    line=_to_notice_line(row), notice=notice_from_json(row["reading"]), text=row["text"]
                )
                for row in connection.execute(joined).mappings()
            )

    def find_record(self, key: str) -> NoticeRecord | None:
        """Everything about the notice of this key (a number's key, or a canonical address)."""
        with self._read_engine.begin() as connection:
            notice_id = find_notice_id(connection, key)
            return None if notice_id is None else load_record(connection, notice_id)

    def suggest_numbers(self, key: str) -> tuple[str, ...]:
        """Numbers we hold that end like this one, or that are near it: for a helpful refusal."""
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
        """What happened to some notices beside the acts of the law: edits of their text, explanations."""
        wanted = list(keys)
        with self._read_engine.begin() as connection:
            return (*_iterate_amendments(connection, wanted), *_iterate_explanations(connection, wanted))

    def list_alert_reasons(self, key: str, targets: Iterable[str]) -> tuple[DeliveryReason, ...]:
        """Why alerts about a notice were sent to some targets, newest first."""
        joined = (
            select(ALERT.c.kind, ALERT.c.made_at, DELIVERY.c.state, DELIVERY.c.why)
            .join(DELIVERY, DELIVERY.c.alert_id == ALERT.c.id)
            .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
            .join(NOTICE, NOTICE.c.id == ALERT.c.notice_id)
            .where(NOTICE.c.key == key, SUBSCRIPTION.c.target.in_(list(targets)))
            .order_by(ALERT.c.id.desc())
        )
        with self._read_engine.begin() as connection:
            return tuple(DeliveryReason(**row) for row in connection.execute(joined).mappings())

    def find_alert_evidence(self, alert_id: int) -> AlertEvidence | None:
        """What an alert rests on; None where there is no such alert, or none about a notice."""
        told_of = func.coalesce(ALERT.c.version_id, NOTICE.c.version_id)
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
            .join(VERSION, VERSION.c.id == told_of)
            .join(ADDRESS, ADDRESS.c.id == VERSION.c.address_id)
            .outerjoin(SNAPSHOT, SNAPSHOT.c.id == VERSION.c.snapshot_id)
            .where(ALERT.c.id == alert_id)
        )
        with self._read_engine.begin() as connection:
            row = connection.execute(joined).mappings().first()
        if row is None:
            return None
        same = {name: row[name] for name in ("title", "text", "url", "fetched_at", "sha256")}
        return AlertEvidence(alert=alert_from_json(row["payload"]), **same)

    def count_deliveries(self) -> dict[str, int]:
        """How many deliveries are pending, leased, sent and refused."""
        counted = select(DELIVERY.c.state, func.count()).group_by(DELIVERY.c.state)
        with self._read_engine.begin() as connection:
            return {state: int(count) for state, count in connection.execute(counted)}

    def list_refused_deliveries(self) -> tuple[RefusedDelivery, ...]:
        """Deliveries that a channel refused for good, or that failed again and again."""
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
            .where(_match_stuck())
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


_IS_PAUSED = and_(SUBSCRIPTION.c.active, SUBSCRIPTION.c.paused_at.is_not(None))


def _match_stuck() -> ColumnElement[bool]:
    """Refused for good, tried three times and more without success, or what made us pause a subscription."""
    tried = or_(DELIVERY.c.attempts >= STUCK_AFTER_ATTEMPTS, and_(_IS_PAUSED, DELIVERY.c.reason.is_not(None)))
    return or_(DELIVERY.c.state == "refused", and_(DELIVERY.c.state == "pending", tried))


def _build_filters(
    connection: Connection,
    since: datetime | None,
    category: str | None,
    issuer: str | None,
    containing: str | None,
) -> Iterable[ColumnElement[bool]]:
    if since is not None:
        yield NOTICE.c.first_seen_at >= since
    if category is not None:
        yield _match_notice_category(connection, category)
    if issuer is not None:
        # A JSON list of codes; the quotes keep MOF from finding MOFCOM.
        yield cast(NOTICE.c.issuers, String).contains(f'"{issuer}"', autoescape=True)
    if containing:
        yield _match_text(connection, containing)


def _match_notice_category(connection: Connection, category: str) -> ColumnElement[bool]:
    return NOTICE.c.id.in_(select(FINDING.c.notice_id).where(match_category(connection, category)))


def _match_text(connection: Connection, wanted: str) -> ColumnElement[bool]:
    exact = select(VERSION.c.id).where(
        VERSION.c.id == NOTICE.c.version_id,
        or_(
            VERSION.c.text.icontains(wanted, autoescape=True),
            VERSION.c.title.icontains(wanted, autoescape=True),
        ),
    )
    condition = search.match_candidates(connection, wanted)
    return exact.exists() if condition is None else and_(condition, exact.exists())


def _select_lines(connection: Connection, ids: Iterable[int]) -> tuple[NoticeLine, ...]:
    wanted = list(ids)
    joined = select(NOTICE, VERSION.c.reading).join(VERSION, VERSION.c.id == NOTICE.c.version_id)
    rows = {row["id"]: row for row in connection.execute(joined.where(NOTICE.c.id.in_(wanted))).mappings()}
    return tuple(_to_notice_line(rows[notice_id]) for notice_id in wanted if notice_id in rows)


def _to_notice_line(row: RowMapping) -> NoticeLine:
    notice = notice_from_json(row["reading"])
    same = (
        "key",
        "number",
        "title",
        "kind",
        "published",
        "direction",
        "is_change",
        "official",
        "url",
        "first_seen_at",
    )
    return NoticeLine(
        **{name: row[name] for name in same},
        issuers=tuple(row["issuers"]),
        effective=notice.effective,
        categories=tuple(finding.id for finding in notice.categories),
        watcher=row["watcher_id"],
        alerted=row["rung"],
    )


def find_notice_id(connection: Connection, key: str) -> int | None:
    """Return the id of the notice of a key (a number's, or a canonical address)."""
    notice_id = connection.execute(select(NOTICE.c.id).where(NOTICE.c.key == key)).scalar()
    if notice_id is None:
        at = select(ADDRESS.c.notice_id).where(ADDRESS.c.address == key)
        notice_id = connection.execute(at).scalar()
    return None if notice_id is None else int(notice_id)


def load_record(connection: Connection, notice_id: int) -> NoticeRecord:
    """Return everything about one notice."""
    joined = select(NOTICE, VERSION.c.reading, VERSION.c.text).join(
        VERSION, VERSION.c.id == NOTICE.c.version_id
    )
    row = connection.execute(joined.where(NOTICE.c.id == notice_id)).mappings().one()
    return NoticeRecord(
        line=_to_notice_line(row),
        notice=notice_from_json(row["reading"]),
        text=row["text"],
        standings=_select_locations(connection, notice_id),
        revisions=_select_revisions(connection, notice_id),
        annexes=_select_annexes(connection, row["version_id"]),
        acts=_select_acts(connection, row["key"]),
    )


def _select_locations(connection: Connection, notice_id: int) -> tuple[NoticeLocation, ...]:
    stands = ADDRESS.c.notice_id == notice_id, ADDRESS.c.url != ""
    rows = connection.execute(select(ADDRESS).where(*stands).order_by(ADDRESS.c.id))
    return tuple(
        NoticeLocation(
            url=row.url, watcher=row.watcher_id, first_seen_at=row.first_seen_at, differs=row.differs
        )
        for row in rows
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


def _select_annexes(connection: Connection, version_id: int) -> tuple[AnnexLine, ...]:
    rows = connection.execute(select(ANNEX).where(ANNEX.c.version_id == version_id).order_by(ANNEX.c.id))
    return tuple(AnnexLine(url=row.url, name=row.name, sha256=row.sha256, doubt=row.doubt) for row in rows)


def _select_acts(connection: Connection, key: str) -> tuple[ActLine, ...]:
    joined = (
        select(FINDING.c.basis, FINDING.c.quote, NOTICE.c.key, NOTICE.c.title, NOTICE.c.published)
        .join(NOTICE, NOTICE.c.id == FINDING.c.notice_id)
        .where(FINDING.c.kind == "relation", FINDING.c.value == key, NOTICE.c.key != key)
        .order_by(NOTICE.c.published, NOTICE.c.id)
    )
    return tuple(
        ActLine(verb=row.basis, key=row.key, title=row.title, published=row.published, quote=row.quote)
        for row in connection.execute(joined)
    )


def _iterate_amendments(connection: Connection, keys: list[str]) -> Iterable[HistoryStep]:
    joined = select(NOTICE, VERSION.c.made_at, VERSION.c.moved).join(
        VERSION, VERSION.c.notice_id == NOTICE.c.id
    )
    amended = joined.where(VERSION.c.kind == "amended", NOTICE.c.key.in_(keys)).order_by(VERSION.c.id)
    for row in connection.execute(amended).mappings():
        said = "; ".join(row["moved"])
        yield _to_history_step(row, to_beijing_day(row["made_at"]), "text amended", quote=said)


def _iterate_explanations(connection: Connection, keys: list[str]) -> Iterable[HistoryStep]:
    verbs = ("amends", "clarifies", "implements")
    joined = select(NOTICE, FINDING.c.basis, FINDING.c.value, FINDING.c.quote).join(
        FINDING, FINDING.c.notice_id == NOTICE.c.id
    )
    of_these = FINDING.c.kind == "relation", FINDING.c.value.in_(keys), FINDING.c.basis.in_(verbs)
    for row in connection.execute(
        joined.where(*of_these, NOTICE.c.official).order_by(NOTICE.c.id)
    ).mappings():
        yield _to_history_step(row, row["published"], f"{row['basis']} {row['value']}", quote=row["quote"])


def _to_history_step(row: RowMapping, day: date | None, what: str, *, quote: str) -> HistoryStep:
    return HistoryStep(
        date=day,
        what=what,
        number=row["number"] or row["title"],
        title=row["title"],
        direction=row["direction"],
        quote=quote,
        url=row["url"],
    )
