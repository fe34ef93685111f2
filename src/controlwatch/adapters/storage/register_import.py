"""Import the register that ships with the package: without alerts, and never over what was observed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update

from controlwatch.adapters.storage.base import (
    ADDRESS,
    FINDING,
    NOTICE,
    NOTICE_LOCK,
    REGISTER_IMPORT,
    REGISTER_SOURCE,
    REGISTER_VERSION,
    VERSION,
    find_watch_start,
    notice_from_json,
    notice_to_json,
    take_turns,
)
from controlwatch.adapters.storage.custody_log import append_version_entries
from controlwatch.adapters.storage.findings import LatestReading, write_findings, write_findings_of_many
from controlwatch.core.alerting.redline import fingerprint_text
from controlwatch.core.law.answers import RegisterLine
from controlwatch.core.law.register import (
    Register,
    RegisterEntry,
    merge_register_facts,
    strip_register_facts,
)
from controlwatch.core.model.timezones import to_beijing_noon

# Built once: they are executed for every notice of the register.
_INSERT_NOTICE = NOTICE.insert().returning(NOTICE.c.id)
_INSERT_VERSION = VERSION.insert().returning(VERSION.c.id)
_SELECT_ADDRESS_ID = select(ADDRESS.c.id).where(ADDRESS.c.address == bindparam("own"))
_SET_ADDRESS_VERSION = (
    update(ADDRESS).where(ADDRESS.c.address == bindparam("own")).values(version_id=bindparam("newest"))
)
_SET_NOTICE_VERSION = (
    update(NOTICE).where(NOTICE.c.id == bindparam("own")).values(version_id=bindparam("newest"))
)


def list_entries(connection: Connection) -> tuple[RegisterLine, ...]:
    """Return every notice of the register, oldest first."""
    latest = VERSION.alias("latest")
    joined = (
        select(NOTICE, latest.c.kind.label("latest_kind"))
        .join(VERSION, VERSION.c.notice_id == NOTICE.c.id)
        .join(latest, latest.c.id == NOTICE.c.version_id)
        .where(VERSION.c.kind == REGISTER_VERSION)
        .order_by(NOTICE.c.published, NOTICE.c.id)
    )
    doubts = select(FINDING.c.notice_id, FINDING.c.quote).where(FINDING.c.kind == "disagreement")
    rows = connection.execute(joined).mappings().all()
    disagreements: defaultdict[int, list[str]] = defaultdict(list)
    for notice_id, quote in connection.execute(doubts.order_by(FINDING.c.id)):
        disagreements[notice_id].append(quote)
    return tuple(
        RegisterLine(
            key=row["key"],
            number=row["number"],
            title=row["title"],
            issued=row["published"],
            observed=row["latest_kind"] != REGISTER_VERSION,
            disagreements=tuple(disagreements[row["id"]]),
        )
        for row in rows
    )


def import_entries(connection: Connection, register: Register, now: datetime) -> int:
    """Import a register; return the number of its notices.

    An observed version takes precedence: the register completes its reading, and is stored below it.
    """
    take_turns(connection, NOTICE_LOCK)
    is_first = find_watch_start(connection) is None
    if is_first:
        # Stores of older versions have fewer findings than the readings contain.
        observed = select(NOTICE.c.id, VERSION.c.id.label("version_id"), VERSION.c.reading)
        observed = observed.join(VERSION, VERSION.c.id == NOTICE.c.version_id)
        for row in connection.execute(observed.where(VERSION.c.kind != REGISTER_VERSION)).all():
            write_findings(connection, row.id, row.version_id, notice_from_json(row.reading))
    touched: list[int] = []
    readings: list[LatestReading] = []
    for entry in register.entries.values():
        written, reading = _import_entry(connection, entry, now, same=register.resolve_target)
        touched += written
        readings.append(reading)
    write_findings_of_many(readings, connection)
    imported = {"digest": register.digest, "as_of": register.as_of, "loaded_at": now}
    if is_first:
        row_values = {"id": REGISTER_SOURCE, "first_at": now, **imported}
        connection.execute(REGISTER_IMPORT.insert().values(row_values))
    else:
        connection.execute(
            update(REGISTER_IMPORT).where(REGISTER_IMPORT.c.id == REGISTER_SOURCE).values(imported)
        )
    append_version_entries(connection, list(dict.fromkeys(touched)), at=now)
    return len(register.entries)


def _import_entry(
    connection: Connection, entry: RegisterEntry, now: datetime, *, same: Callable[[str], str]
) -> tuple[tuple[int, ...], LatestReading]:
    """Import one notice; return the versions that were written, and what its latest one concludes."""
    # Its page may have been observed as another notice before the register contained it.
    by_address = select(ADDRESS.c.notice_id).where(ADDRESS.c.address.in_(entry.addresses))
    known = connection.execute(
        select(NOTICE.c.id, VERSION.c.id.label("version_id"), VERSION.c.kind, VERSION.c.reading)
        .join(VERSION, VERSION.c.id == NOTICE.c.version_id)
        .where(or_(NOTICE.c.key == entry.key, NOTICE.c.id.in_(by_address)))
        .order_by(NOTICE.c.key != entry.key)
    ).first()
    text = f"{entry.notice.summary.en}\n{entry.notice.summary.zh}"
    reading = {
        "kind": REGISTER_VERSION,
        "made_at": now,
        "title": entry.notice.title,
        "text": text,
        "fingerprint": fingerprint_text(f"register {entry.key} {text}"),
        "fallback": False,
        "reading": notice_to_json(entry.notice),
        "redline": [],
        "moved": [],
        "quiet_because": "from the register that came with the package",
    }
    if known is None:
        notice_id, version_id = _insert_notice(connection, entry, reading, now)
    else:
        notice_id, version_id = int(known.id), int(known.version_id)
        _write_addresses(connection, entry, notice_id, now)
        if known.kind != REGISTER_VERSION:
            below = _write_register_version(connection, entry, notice_id, reading)
            observed = strip_register_facts(notice_from_json(known.reading))
            merged = merge_register_facts(observed, entry.notice, same=same)
            values = {"reading": notice_to_json(merged)}
            connection.execute(update(VERSION).where(VERSION.c.id == version_id).values(values))
            latest = LatestReading(notice_id=notice_id, version_id=version_id, notice=merged)
            return (below, version_id), latest
        connection.execute(update(NOTICE).where(NOTICE.c.id == notice_id).values(_build_headline(entry)))
        connection.execute(update(VERSION).where(VERSION.c.id == version_id).values(reading))
    body = f"{entry.notice.title}\n{text}"
    return (version_id,), LatestReading(
        notice_id=notice_id, version_id=version_id, notice=entry.notice, body=body
    )


def _write_register_version(
    connection: Connection, entry: RegisterEntry, notice_id: int, reading: dict[str, Any]
) -> int:
    """Store what the register says of an observed notice below the observed version; return its id."""
    own = VERSION.c.notice_id == notice_id, VERSION.c.kind == REGISTER_VERSION
    known = connection.execute(update(VERSION).where(*own).values(reading).returning(VERSION.c.id)).scalar()
    if known is not None:
        return int(known)
    return _insert_version(connection, entry, notice_id, reading)


def _insert_version(
    connection: Connection, entry: RegisterEntry, notice_id: int, reading: dict[str, Any]
) -> int:
    address_id = connection.execute(_SELECT_ADDRESS_ID, {"own": _build_register_address(entry)}).scalar_one()
    row = {"notice_id": notice_id, "address_id": address_id, **reading}
    return int(connection.execute(_INSERT_VERSION, row).scalar_one())


def _build_register_address(entry: RegisterEntry) -> str:
    return f"register:{entry.key}"


def _write_addresses(connection: Connection, entry: RegisterEntry, notice_id: int, now: datetime) -> None:
    """Write the addresses of a notice in the register, except those known already."""
    urls = {_build_register_address(entry): ""}
    for url, address in zip(entry.urls, entry.addresses, strict=True):
        urls.setdefault(address, url)
    known = connection.execute(select(ADDRESS.c.address).where(ADDRESS.c.address.in_(urls))).scalars().all()
    common = {"notice_id": notice_id, "watcher_id": REGISTER_SOURCE, "first_seen_at": now, "differs": False}
    rows = [
        {"address": address, "url": url, **common} for address, url in urls.items() if address not in known
    ]
    if rows:
        connection.execute(ADDRESS.insert(), rows)


def _insert_notice(
    connection: Connection, entry: RegisterEntry, reading: dict[str, Any], now: datetime
) -> tuple[int, int]:
    issued = entry.notice.published
    row = {
        "key": entry.key,
        "official": True,
        "rung": False,
        "watcher_id": REGISTER_SOURCE,
        "first_seen_at": to_beijing_noon(issued) if issued is not None else now,
        **_build_headline(entry),
    }
    notice_id = int(connection.execute(_INSERT_NOTICE, row).scalar_one())
    _write_addresses(connection, entry, notice_id, now)
    version_id = _insert_version(connection, entry, notice_id, reading)
    own = _build_register_address(entry)
    connection.execute(_SET_ADDRESS_VERSION, {"own": own, "newest": version_id})
    connection.execute(_SET_NOTICE_VERSION, {"own": notice_id, "newest": version_id})
    return notice_id, version_id


def _build_headline(entry: RegisterEntry) -> dict[str, Any]:
    notice = entry.notice
    return {
        "number": notice.number.canonical if notice.number is not None else None,
        "title": notice.title,
        "kind": notice.kind.value,
        "issuers": list(notice.issuers),
        "published": notice.published,
        "is_change": notice.is_change,
        "direction": notice.direction.value,
        "url": entry.urls[0] if entry.urls else "",
    }
