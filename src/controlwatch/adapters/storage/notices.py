"""The notices' side of the store: what is known, and commit 2, all of it or nothing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, literal, select, update

from controlwatch.adapters.storage import search
from controlwatch.adapters.storage.base import (
    ADDRESS,
    ANNEX,
    FINDING,
    NOTICE,
    NOTICE_LOCK,
    REGISTER_SOURCE,
    REGISTER_VERSION,
    VERSION,
    StorePart,
    find_watch_start,
    notice_from_json,
    notice_to_json,
    take_turns,
)
from controlwatch.adapters.storage.custody_log import append_version_entries
from controlwatch.adapters.storage.findings import write_findings
from controlwatch.adapters.storage.outbox import write_alert
from controlwatch.adapters.storage.references import mark_reference_read
from controlwatch.adapters.storage.subscriptions import select_active_subscriptions
from controlwatch.core.alerting.redline import MIN_IDENTITY_LENGTH, to_comparable
from controlwatch.core.model import to_notice_key
from controlwatch.core.model.state import Decision, KnownNotice, MatchContext, Observation, VersionText
from controlwatch.core.model.timezones import to_beijing_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection, RowMapping

    from controlwatch.core.model import Notice


class NoticeTransaction:
    """One transaction: find what is known of a notice, then write what was decided, all of it or nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find_context(self, observation: Observation) -> MatchContext:
        """Return everything in the store that bears on an observation."""
        connection, about = self._connection, observation.about
        return MatchContext(
            known=_find_known_notice(connection, observation),
            subscriptions=select_active_subscriptions(connection),
            official_known=about is not None and _is_observed_or_old(connection, about),
            reported_before=about is not None
            and _has_notice(connection, NOTICE.c.about == about, NOTICE.c.rung),
        )

    def record(
        self,
        observation: Observation,
        context: MatchContext,
        decision: Decision,
        *,
        now: datetime,
        next_look_at: datetime | None,
    ) -> None:
        """Write version, findings, alert and deliveries, and that the reference was read."""
        _write_observation(
            self._connection, observation, context.known, decision, now=now, next_look_at=next_look_at
        )


class NoticeStore(StorePart):
    """Notices, their addresses, versions and findings."""

    @contextmanager
    def transaction(self) -> Iterator[NoticeTransaction]:
        """Open commit 2. Two watchers that see one notice at one time take turns in it."""
        with self._engine.begin() as connection:
            take_turns(connection, NOTICE_LOCK)
            yield NoticeTransaction(connection)

    def list_acting_versions(self, key: str) -> tuple[VersionText, ...]:
        """The latest versions of the notices that act on the one of this key."""
        acting = select(FINDING.c.version_id).where(FINDING.c.kind == "relation", FINDING.c.value == key)
        with self._read_engine.begin() as connection:
            ids = connection.execute(acting.distinct().order_by(FINDING.c.version_id)).scalars().all()
            return tuple(_load_version(connection, int(version_id)) for version_id in ids)

    def record_rereading(self, version: VersionText, notice: Notice, *, now: datetime) -> None:
        """Write a better reading of a version's own words: a version of kind `reread`, never an alert."""
        with self._engine.begin() as connection:
            row = dict(connection.execute(select(VERSION).where(VERSION.c.id == version.id)).mappings().one())
            if row["kind"] == REGISTER_VERSION:
                # Nobody has observed it: it stays what the register says, better understood.
                same = update(VERSION).where(VERSION.c.id == version.id)
                connection.execute(same.values(reading=notice_to_json(notice)))
                write_findings(connection, int(row["notice_id"]), version.id, notice)
                append_version_entries(connection, [version.id], at=now)
                return
            row |= {
                "kind": "reread",
                "made_at": now,
                "reading": notice_to_json(notice),
                "redline": [],
                "moved": [],
            }
            row |= {"quiet_because": "read anew: a notice that it acts on became known"}
            del row["id"]
            made = int(connection.execute(VERSION.insert().values(row).returning(VERSION.c.id)).scalar_one())
            connection.execute(
                update(ADDRESS).where(ADDRESS.c.version_id == version.id).values(version_id=made)
            )
            connection.execute(
                update(NOTICE).where(NOTICE.c.version_id == version.id).values(version_id=made)
            )
            columns = ("url", "name", "sha256", "doubt")
            hung = select(literal(made), *(ANNEX.c[name] for name in columns)).where(
                ANNEX.c.version_id == version.id
            )
            connection.execute(ANNEX.insert().from_select(("version_id", *columns), hung))
            write_findings(connection, int(row["notice_id"]), made, notice)
            append_version_entries(connection, [made], at=now)

    def find_categories(self, keys: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Item categories of known notices, by the key of their number."""
        wanted = (
            select(NOTICE.c.key, FINDING.c.value)
            .join(FINDING, FINDING.c.notice_id == NOTICE.c.id)
            .where(NOTICE.c.key.in_(list(keys)), FINDING.c.kind == "category")
            .order_by(FINDING.c.id)
        )
        found: dict[str, tuple[str, ...]] = {}
        with self._read_engine.begin() as connection:
            for key, value in connection.execute(wanted):
                found[key] = (*found.get(key, ()), value)
        return found


def _has_notice(connection: Connection, *where: ColumnElement[bool]) -> bool:
    return connection.execute(select(NOTICE.c.id).where(*where).limit(1)).first() is not None


def _is_observed_or_old(connection: Connection, key: str) -> bool:
    """Whether an official notice has been observed, or was issued before this installation began to watch.

    That the register knows it is not enough: nobody may have been told.
    """
    joined = select(NOTICE.c.published, VERSION.c.kind).join(VERSION, VERSION.c.id == NOTICE.c.version_id)
    row = connection.execute(joined.where(NOTICE.c.key == key)).first()
    if row is None or row.kind != REGISTER_VERSION:
        return row is not None
    since = find_watch_start(connection)
    return since is None or row.published is None or row.published < to_beijing_day(since)


def _find_known_notice(connection: Connection, seen: Observation) -> KnownNotice | None:
    """Find the notice that a sight belongs to: by address, by number, by the very same words.

    The same words on another path are the same notice moved (short ones could coincide, so they
    must have some length). Press is known by its address alone.
    """
    at = connection.execute(select(ADDRESS).where(ADDRESS.c.address == seen.address)).mappings().first()
    if at is not None and not _has_other_number(connection, at, seen):
        return _load_known_notice(connection, int(at["notice_id"]), at["version_id"], "address")
    if not seen.official:
        return None
    numbered = connection.execute(select(NOTICE.c.id).where(NOTICE.c.key == seen.key)).scalar()
    if numbered is not None:
        return _load_known_notice(connection, int(numbered), None, "number")
    if seen.notice.number is None and len(to_comparable(seen.text)) >= MIN_IDENTITY_LENGTH:
        same = select(VERSION.c.notice_id).where(VERSION.c.fingerprint == seen.fingerprint).limit(1)
        if (worded := connection.execute(same).scalar()) is not None:
            return _load_known_notice(connection, int(worded), None, "text")
    return None


def _has_other_number(connection: Connection, at: RowMapping, seen: Observation) -> bool:
    """Whether an address now carries a notice of another number: the page was used again."""
    if not seen.official or seen.notice.number is None:
        return False
    of_notice = select(NOTICE.c.number).where(NOTICE.c.id == at["notice_id"])
    number = connection.execute(of_notice).scalar_one()
    return number is not None and to_notice_key(number) != seen.key


def _load_known_notice(connection: Connection, notice_id: int, here: int | None, matched: Any) -> KnownNotice:
    notice = connection.execute(select(NOTICE).where(NOTICE.c.id == notice_id)).mappings().one()
    latest = _load_version(connection, int(notice["version_id"]))
    known_since = find_watch_start(connection) if latest.is_from_register else None
    return KnownNotice(
        notice_id=notice_id,
        watcher=notice["watcher_id"],
        alerted=notice["rung"],
        tracked_since=to_beijing_day(known_since or notice["first_seen_at"]),
        version_here=_load_version(connection, here) if here is not None else None,
        latest=latest,
        matched_by=matched,
    )


def _load_version(connection: Connection, version_id: int) -> VersionText:
    row = connection.execute(select(VERSION).where(VERSION.c.id == version_id)).mappings().one()
    same = {name: row[name] for name in ("id", "title", "text", "fingerprint", "fallback")}
    return VersionText(
        **same, notice=notice_from_json(row["reading"]), is_from_register=row["kind"] == REGISTER_VERSION
    )


def _write_observation(
    connection: Connection,
    seen: Observation,
    known: KnownNotice | None,
    decision: Decision,
    *,
    now: datetime,
    next_look_at: datetime | None,
) -> None:
    notice_id = known.notice_id if known is not None else _insert_notice(connection, seen, now)
    address_id = _write_address(connection, seen, notice_id, decision, now)
    version_id = None
    if decision.change is not None:
        version_id = _insert_version(
            connection, seen, decision, notice_id=notice_id, address_id=address_id, now=now
        )
        _set_latest_version(
            connection, seen, known, decision, address_id=address_id, version_id=version_id, now=now
        )
    elif known is not None and known.version_here is None:
        connection.execute(
            update(ADDRESS).where(ADDRESS.c.id == address_id).values(version_id=known.latest.id)
        )
    if decision.alert is not None:
        write_alert(
            connection, decision.alert, decision.deliveries, notice_id=notice_id, version_id=version_id
        )
        connection.execute(update(NOTICE).where(NOTICE.c.id == notice_id).values(rung=True))
    if not seen.fallback:
        mark_reference_read(connection, seen.reference.id, next_look_at=next_look_at, notice_id=notice_id)
    if version_id is not None:
        append_version_entries(connection, [version_id], at=now)


def _insert_notice(connection: Connection, seen: Observation, now: datetime) -> int:
    row = NOTICE.insert().values(
        key=seen.key,
        official=seen.official,
        rung=False,
        watcher_id=seen.watcher,
        url=seen.url,
        about=seen.about,
        first_seen_at=now,
        **_build_headline(seen.notice, seen),
    )
    return int(connection.execute(row.returning(NOTICE.c.id)).scalar_one())


def _build_headline(notice: Notice, seen: Observation) -> dict[str, Any]:
    return {
        "number": notice.number.canonical if notice.number is not None else None,
        "title": notice.title or seen.reference.ref.title,
        "kind": notice.kind.value,
        "issuers": list(notice.issuers),
        "published": notice.published or seen.document.page_date or seen.reference.ref.listed_on,
        "is_change": notice.is_change,
        "direction": notice.direction.value,
    }


def _write_address(
    connection: Connection, seen: Observation, notice_id: int, decision: Decision, now: datetime
) -> int:
    mine = ADDRESS.c.address == seen.address
    held = connection.execute(select(ADDRESS.c.id).where(mine)).scalar()
    if held is not None:
        connection.execute(update(ADDRESS).where(mine).values(notice_id=notice_id))
        observed = {"watcher_id": seen.watcher, "first_seen_at": now, "url": seen.url}
        connection.execute(
            update(ADDRESS).where(mine, ADDRESS.c.watcher_id == REGISTER_SOURCE).values(observed)
        )
        return int(held)
    row = ADDRESS.insert().values(
        address=seen.address,
        url=seen.url,
        notice_id=notice_id,
        watcher_id=seen.watcher,
        first_seen_at=now,
        differs=decision.change is not None and decision.change.kind == "copy",
    )
    return int(connection.execute(row.returning(ADDRESS.c.id)).scalar_one())


def _insert_version(
    connection: Connection,
    seen: Observation,
    decision: Decision,
    *,
    notice_id: int,
    address_id: int,
    now: datetime,
) -> int:
    change = decision.change
    if change is None:
        raise ValueError("a version needs a change")
    row = VERSION.insert().values(
        notice_id=notice_id,
        address_id=address_id,
        snapshot_id=seen.snapshot_id,
        kind=change.kind,
        made_at=now,
        title=seen.notice.title or seen.reference.ref.title,
        text=seen.text,
        fingerprint=seen.fingerprint,
        fallback=seen.fallback,
        reading=notice_to_json(seen.notice),
        redline=[[stretch.op, stretch.text] for stretch in change.redline],
        moved=list(change.moved),
        quiet_because=decision.not_alerted_because,
    )
    version_id = int(connection.execute(row.returning(VERSION.c.id)).scalar_one())
    annexes = [
        {
            "version_id": version_id,
            "url": annex.url,
            "name": annex.name,
            "sha256": annex.sha256,
            "doubt": annex.doubt,
        }
        for annex in seen.annexes
    ]
    if annexes:
        connection.execute(ANNEX.insert(), annexes)
    return version_id


def _set_latest_version(
    connection: Connection,
    seen: Observation,
    known: KnownNotice | None,
    decision: Decision,
    *,
    address_id: int,
    version_id: int,
    now: datetime,
) -> None:
    """Make the new version the latest one: at its address always, of the notice unless it is a copy."""
    connection.execute(update(ADDRESS).where(ADDRESS.c.id == address_id).values(version_id=version_id))
    if decision.change is not None and decision.change.kind == "copy":
        return
    notice_id = int(
        connection.execute(select(VERSION.c.notice_id).where(VERSION.c.id == version_id)).scalar_one()
    )
    latest = {"version_id": version_id, **_build_headline(seen.notice, seen)}
    if known is not None and known.latest.is_from_register:
        latest |= {"watcher_id": seen.watcher, "url": seen.url, "first_seen_at": now}
    if seen.notice.number is not None and not _has_notice(connection, NOTICE.c.key == seen.key):
        latest["key"] = seen.key  # the number was learnt after the notice was first seen
    connection.execute(update(NOTICE).where(NOTICE.c.id == notice_id).values(latest))
    write_findings(connection, notice_id, version_id, seen.notice)
    search.index_notice(connection, notice_id, f"{seen.notice.title}\n{seen.text}")
