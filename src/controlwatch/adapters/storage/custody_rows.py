"""The stored rows that the chain of custody records, in the form in which it records them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from controlwatch.adapters.storage.base import (
    ADDRESS,
    ANNEX,
    CUSTODY,
    FINDING,
    NOTICE,
    OPINION,
    PARTY,
    SNAPSHOT,
    VERSION,
    notice_from_json,
)
from controlwatch.adapters.storage.findings import build_finding_rows, build_party_rows
from controlwatch.core.evidence.custody import (
    AddressEntry,
    AnnexEntry,
    NoticeHeading,
    OpinionEntry,
    SnapshotEntry,
    StoredEntry,
    VersionEntry,
)

# The columns by name: a migration reads these rows while later columns do not exist yet.
_VERSION_FIELDS = ("id", "kind", "made_at", "title", "fingerprint", "text", "reading")
_DIFFERENCE_FIELDS = ("redline", "moved", "quiet_because", "fallback")
_VERSION_COLUMNS = tuple(
    VERSION.c[name] for name in (*_VERSION_FIELDS, *_DIFFERENCE_FIELDS, "snapshot_id", "notice_id")
)
_SNAPSHOT_FIELDS = ("id", "url", "final_url", "fetched_at", "status", "sha256", "size")
_NOTICE_FIELDS = (
    "id",
    "key",
    "number",
    "title",
    "kind",
    "published",
    "is_change",
    "direction",
    "official",
    "url",
    "about",
    "first_seen_at",
)
_NOTICE_COLUMNS = tuple(NOTICE.c[name] for name in (*_NOTICE_FIELDS, "issuers", "watcher_id", "version_id"))
_OPINION_FIELDS = (
    *("id", "purpose", "language", "state", "prompt", "model", "host", "text_sha256", "asked_at"),
    *("answered_at", "tokens", "answer", "outcome", "prose", "reason"),
)
_ENTRY_FIELDS = ("seq", "hash", "line", "snapshot_id", "version_id", "opinion_id")
_FINDING_COLUMNS = (
    "version_id",
    "kind",
    "value",
    "basis",
    "scope",
    "start",
    "until",
    "quote",
)


def select_snapshot_entries(connection: Connection, ids: Iterable[int]) -> dict[int, SnapshotEntry]:
    """Return snapshots as the chain records them, by id."""
    rows = connection.execute(select(SNAPSHOT).where(SNAPSHOT.c.id.in_(list(ids)))).mappings()
    return {
        row["id"]: SnapshotEntry(
            watcher=row["watcher_id"],
            headers=tuple((name, value) for name, value in row["headers"]),
            **{name: row[name] for name in _SNAPSHOT_FIELDS},
        )
        for row in rows
    }


def select_version_entries(connection: Connection, ids: Iterable[int]) -> dict[int, VersionEntry]:
    """Return versions as the chain records them, by id."""
    version_ids = list(ids)
    joined = (
        select(*_VERSION_COLUMNS, ADDRESS.c.url)
        .join(ADDRESS, ADDRESS.c.id == VERSION.c.address_id)
        .where(VERSION.c.id.in_(version_ids))
    )
    rows = connection.execute(joined).mappings().all()
    headings = select_headings(connection, {row["notice_id"] for row in rows})
    annexes: dict[int, tuple[AnnexEntry, ...]] = {}
    columns = (ANNEX.c.version_id, ANNEX.c.url, ANNEX.c.name, ANNEX.c.sha256, ANNEX.c.doubt)
    attached = select(*columns).where(ANNEX.c.version_id.in_(version_ids)).order_by(ANNEX.c.id)
    for version_id, url, name, sha256, doubt in connection.execute(attached):
        annex = AnnexEntry(url=url, name=name, sha256=sha256, doubt=doubt)
        annexes[version_id] = (*annexes.get(version_id, ()), annex)
    return {
        row["id"]: VersionEntry(
            notice=headings[row["notice_id"]].key,
            url=row["url"],
            snapshot=row["snapshot_id"],
            annexes=annexes.get(row["id"], ()),
            difference={name: row[name] for name in _DIFFERENCE_FIELDS},
            heading=headings[row["notice_id"]],
            **{name: row[name] for name in _VERSION_FIELDS},
        )
        for row in rows
        if row["notice_id"] in headings
    }


def select_opinion_entries(connection: Connection, ids: Iterable[int]) -> dict[int, OpinionEntry]:
    """Return what second readers answered as the chain records it, by id."""
    chosen = select(OPINION).where(OPINION.c.id.in_(list(ids)), OPINION.c.answered_at.is_not(None))
    return {
        row["id"]: OpinionEntry(version=row["version_id"], **{name: row[name] for name in _OPINION_FIELDS})
        for row in connection.execute(chosen).mappings()
    }


def select_headings(connection: Connection, notice_ids: Collection[int]) -> dict[int, NoticeHeading]:
    """Return the headings of notices, with their versions and addresses, by id."""
    versions: defaultdict[int, list[int]] = defaultdict(list)
    own = select(VERSION.c.notice_id, VERSION.c.id).where(VERSION.c.notice_id.in_(notice_ids))
    for notice_id, version_id in connection.execute(own.order_by(VERSION.c.id)):
        versions[notice_id].append(version_id)
    addresses: defaultdict[int, list[AddressEntry]] = defaultdict(list)
    columns = (ADDRESS.c.notice_id, ADDRESS.c.address, ADDRESS.c.url, ADDRESS.c.watcher_id)
    at = select(*columns, ADDRESS.c.first_seen_at, ADDRESS.c.differs)
    for row in connection.execute(at.where(ADDRESS.c.notice_id.in_(notice_ids)).order_by(ADDRESS.c.id)):
        entry = AddressEntry(
            address=row.address,
            url=row.url,
            watcher=row.watcher_id,
            first_seen_at=row.first_seen_at,
            differs=row.differs,
        )
        addresses[row.notice_id].append(entry)
    rows = connection.execute(select(*_NOTICE_COLUMNS).where(NOTICE.c.id.in_(notice_ids))).mappings()
    return {
        row["id"]: NoticeHeading(
            issuers=tuple(row["issuers"]),
            watcher=row["watcher_id"],
            newest_version=row["version_id"],
            versions=tuple(versions[row["id"]]),
            addresses=tuple(addresses[row["id"]]),
            **{name: row[name] for name in _NOTICE_FIELDS},
        )
        for row in rows
    }


def build_stored_entries(connection: Connection, rows: Sequence[Any]) -> list[StoredEntry]:
    """Return entries with the stored rows that they record."""
    snapshots = select_snapshot_entries(
        connection, [row["snapshot_id"] for row in rows if row["snapshot_id"] is not None]
    )
    ids = [row["version_id"] for row in rows if row["version_id"] is not None]
    versions = select_version_entries(connection, ids)
    opinions = select_opinion_entries(
        connection, [row["opinion_id"] for row in rows if row["opinion_id"] is not None]
    )
    newest = select(CUSTODY.c.version_id, func.max(CUSTODY.c.seq)).where(CUSTODY.c.version_id.in_(ids))
    last = {one: seq for one, seq in connection.execute(newest.group_by(CUSTODY.c.version_id))}  # noqa: C416
    notice_ids = {version.heading.id for version in versions.values()}
    last_of_notice = _select_newest_entries(connection, notice_ids)
    in_rows = {row["seq"] for row in rows}
    underivable = find_underivable_tables(
        connection, [one for one in notice_ids if last_of_notice.get(one) in in_rows]
    )
    return [
        _build_stored_entry(
            row,
            snapshots,
            versions.get(row["version_id"]),
            opinions.get(row["opinion_id"]),
            is_superseded=last.get(row["version_id"], 0) > row["seq"],
            last_of_notice=last_of_notice,
            underivable=underivable,
        )
        for row in rows
    ]


def _build_stored_entry(
    row: Any,
    snapshots: dict[int, SnapshotEntry],
    version: VersionEntry | None,
    opinion: OpinionEntry | None,
    *,
    is_superseded: bool,
    last_of_notice: dict[int, int],
    underivable: dict[int, tuple[str, ...]],
) -> StoredEntry:
    is_newest = version is not None and last_of_notice.get(version.heading.id) == row["seq"]
    return StoredEntry(
        **{name: row[name] for name in _ENTRY_FIELDS},
        snapshot=snapshots.get(row["snapshot_id"]),
        version=version,
        opinion=opinion,
        is_superseded=is_superseded,
        is_newest_of_notice=is_newest,
        underivable_tables=underivable.get(version.heading.id, ()) if version and is_newest else (),
    )


def _select_newest_entries(connection: Connection, notice_ids: Collection[int]) -> dict[int, int]:
    """Return the place of the newest entry about any version of each notice."""
    newest = (
        select(VERSION.c.notice_id, func.max(CUSTODY.c.seq))
        .join(CUSTODY, CUSTODY.c.version_id == VERSION.c.id)
        .where(VERSION.c.notice_id.in_(notice_ids))
    )
    rows = connection.execute(newest.group_by(VERSION.c.notice_id))
    return {notice_id: int(seq) for notice_id, seq in rows}


def find_underivable_tables(
    connection: Connection, notice_ids: Collection[int]
) -> dict[int, tuple[str, ...]]:
    """Return the tables whose rows about a notice do not follow from its newest reading, by notice."""
    stored: dict[str, defaultdict[int, Counter[tuple[Any, ...]]]] = {}
    for name, table, columns in (
        ("findings", FINDING, _FINDING_COLUMNS),
        ("parties", PARTY, ("zh", "en", "action")),
    ):
        stored[name] = defaultdict(Counter)
        chosen = select(table.c.notice_id, *(table.c[column] for column in columns))
        for row in connection.execute(chosen.where(table.c.notice_id.in_(notice_ids))):
            stored[name][row[0]][tuple(row[1:])] += 1
    newest = (
        select(NOTICE.c.id, NOTICE.c.version_id, VERSION.c.reading)
        .join(VERSION, VERSION.c.id == NOTICE.c.version_id)
        .where(NOTICE.c.id.in_(notice_ids))
    )
    underivable: dict[int, tuple[str, ...]] = {}
    for notice_id, version_id, reading in connection.execute(newest):
        try:
            notice = notice_from_json(reading)
        except ValueError:  # an altered reading, which its own hash reveals
            underivable[notice_id] = tuple(stored)
            continue
        findings = (row | {"version_id": version_id} for row in build_finding_rows(notice))
        derived = {
            "findings": Counter(tuple(row[name] for name in _FINDING_COLUMNS) for row in findings),
            "parties": Counter(tuple(row.values()) for row in build_party_rows(notice)),
        }
        names = tuple(name for name, rows in derived.items() if stored[name][notice_id] != rows)
        if names:
            underivable[notice_id] = names
    return underivable
