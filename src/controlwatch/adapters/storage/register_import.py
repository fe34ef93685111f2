"""The register's way into the store: quietly, and never over what was observed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select, update

from controlwatch.adapters.storage import search
from controlwatch.adapters.storage.base import (
    ADDRESS,
    FINDING,
    NOTICE,
    REGISTER_IMPORT,
    REGISTER_SOURCE,
    REGISTER_VERSION,
    VERSION,
    StorePart,
    find_watch_start,
    notice_from_json,
    notice_to_json,
)
from controlwatch.adapters.storage.custody_log import append_version_entries
from controlwatch.adapters.storage.findings import write_findings
from controlwatch.core.alerting.redline import fingerprint_text
from controlwatch.core.law.answers import RegisterLine
from controlwatch.core.law.register import merge_register_facts, strip_register_facts
from controlwatch.core.model.timezones import to_beijing_noon

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from sqlalchemy import Connection

    from controlwatch.core.law.register import Register, RegisterEntry


class RegisterImport(StorePart):
    """What came with the package."""

    def find_digest(self) -> str | None:
        """The fingerprint of the register that was taken in last; None when there was none."""
        with self._read_engine.begin() as connection:
            return connection.execute(
                select(REGISTER_IMPORT.c.digest).where(REGISTER_IMPORT.c.id == REGISTER_SOURCE)
            ).scalar()

    def find_date(self) -> date | None:
        """The day of the newest evidence in the register."""
        with self._read_engine.begin() as connection:
            return connection.execute(
                select(REGISTER_IMPORT.c.as_of).where(REGISTER_IMPORT.c.id == REGISTER_SOURCE)
            ).scalar()

    def list_entries(self) -> tuple[RegisterLine, ...]:
        """Every notice that the register brought, oldest first."""
        latest = VERSION.alias("latest")
        joined = (
            select(NOTICE, latest.c.kind.label("latest_kind"))
            .join(VERSION, VERSION.c.notice_id == NOTICE.c.id)
            .join(latest, latest.c.id == NOTICE.c.version_id)
            .where(VERSION.c.kind == REGISTER_VERSION)
            .order_by(NOTICE.c.published, NOTICE.c.id)
        )
        doubts = select(FINDING.c.notice_id, FINDING.c.quote).where(FINDING.c.kind == "disagreement")
        with self._read_engine.begin() as connection:
            rows = connection.execute(joined).mappings().all()
            said: defaultdict[int, list[str]] = defaultdict(list)
            for notice_id, quote in connection.execute(doubts.order_by(FINDING.c.id)):
                said[notice_id].append(quote)
        return tuple(
            RegisterLine(
                key=row["key"],
                number=row["number"],
                title=row["title"],
                issued=row["published"],
                observed=row["latest_kind"] != REGISTER_VERSION,
                disagreements=tuple(said[row["id"]]),
            )
            for row in rows
        )

    def import_entries(self, register: Register, now: datetime) -> int:
        """Take a register in, as one transaction; return how many notices it holds.

        What has been observed outweighs it: the register completes the reading, and is kept below it.
        """
        with self._engine.begin() as connection:
            if not self._is_sqlite:
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7305012)")
            first = find_watch_start(connection) is None
            if first:
                _rewrite_findings(connection)
            touched = [
                version_id
                for entry in register.entries.values()
                for version_id in _import_entry(connection, entry, now, same=register.resolve_target)
            ]
            held = {"digest": register.digest, "as_of": register.as_of, "loaded_at": now}
            if first:
                connection.execute(REGISTER_IMPORT.insert().values(id=REGISTER_SOURCE, first_at=now, **held))
            else:
                connection.execute(
                    update(REGISTER_IMPORT).where(REGISTER_IMPORT.c.id == REGISTER_SOURCE).values(held)
                )
            append_version_entries(connection, list(dict.fromkeys(touched)), at=now)
        return len(register.entries)


def _import_entry(
    connection: Connection, entry: RegisterEntry, now: datetime, *, same: Callable[[str], str]
) -> tuple[int, ...]:
    """Take one notice in; return the versions that were written."""
    # A page of it may have been observed, and taken for a notice of its own, before the register knew it.
    standing = select(ADDRESS.c.notice_id).where(ADDRESS.c.address.in_(entry.addresses))
    held = connection.execute(
        select(NOTICE.c.id, VERSION.c.id.label("version_id"), VERSION.c.kind, VERSION.c.reading)
        .join(VERSION, VERSION.c.id == NOTICE.c.version_id)
        .where(or_(NOTICE.c.key == entry.key, NOTICE.c.id.in_(standing)))
        .order_by(NOTICE.c.key != entry.key)
    ).first()
    reading = _build_version_row(entry, now)
    if held is None:
        notice_id, version_id = _insert_notice(connection, entry, reading, now)
    else:
        notice_id, version_id = int(held.id), int(held.version_id)
        _write_addresses(connection, entry, notice_id, now)
        if held.kind != REGISTER_VERSION:
            below = _write_register_version(connection, entry, notice_id, reading)
            observed = strip_register_facts(notice_from_json(held.reading))
            merged = merge_register_facts(observed, entry.notice, same=same)
            values = {"reading": notice_to_json(merged)}
            connection.execute(update(VERSION).where(VERSION.c.id == version_id).values(values))
            write_findings(connection, notice_id, version_id, merged)
            return below, version_id
        connection.execute(update(NOTICE).where(NOTICE.c.id == notice_id).values(_build_headline(entry)))
        connection.execute(update(VERSION).where(VERSION.c.id == version_id).values(reading))
    write_findings(connection, notice_id, version_id, entry.notice)
    search.index_notice(connection, notice_id, f"{entry.notice.title}\n{reading['text']}")
    return (version_id,)


def _write_register_version(
    connection: Connection, entry: RegisterEntry, notice_id: int, reading: dict[str, Any]
) -> int:
    """Keep what the register says of an observed notice, below what was observed; return that version."""
    mine = VERSION.c.notice_id == notice_id, VERSION.c.kind == REGISTER_VERSION
    held = connection.execute(update(VERSION).where(*mine).values(reading).returning(VERSION.c.id)).scalar()
    if held is not None:
        return int(held)
    address_id = connection.execute(
        select(ADDRESS.c.id).where(ADDRESS.c.address == _build_register_address(entry))
    ).scalar_one()
    version = VERSION.insert().values(notice_id=notice_id, address_id=address_id, **reading)
    return int(connection.execute(version.returning(VERSION.c.id)).scalar_one())


def _build_register_address(entry: RegisterEntry) -> str:
    return f"register:{entry.key}"


def _write_addresses(connection: Connection, entry: RegisterEntry, notice_id: int, now: datetime) -> None:
    """Write the addresses that the register knows a notice by, but for those known already."""
    for url, address in (
        ("", _build_register_address(entry)),
        *zip(entry.urls, entry.addresses, strict=True),
    ):
        if connection.execute(select(ADDRESS.c.id).where(ADDRESS.c.address == address)).first() is None:
            stands = {
                "notice_id": notice_id,
                "watcher_id": REGISTER_SOURCE,
                "first_seen_at": now,
                "differs": False,
            }
            connection.execute(ADDRESS.insert().values(address=address, url=url, **stands))


def _rewrite_findings(connection: Connection) -> None:
    """Write the findings of everything observed from its readings: older stores kept fewer of them."""
    latest = select(NOTICE.c.id, VERSION.c.id.label("version_id"), VERSION.c.reading).join(
        VERSION, VERSION.c.id == NOTICE.c.version_id
    )
    for row in connection.execute(latest.where(VERSION.c.kind != REGISTER_VERSION)).all():
        write_findings(connection, int(row.id), int(row.version_id), notice_from_json(row.reading))


def _insert_notice(
    connection: Connection, entry: RegisterEntry, reading: dict[str, Any], now: datetime
) -> tuple[int, int]:
    issued = entry.notice.published
    row = NOTICE.insert().values(
        key=entry.key,
        official=True,
        rung=False,
        watcher_id=REGISTER_SOURCE,
        first_seen_at=to_beijing_noon(issued) if issued is not None else now,
        **_build_headline(entry),
    )
    notice_id = int(connection.execute(row.returning(NOTICE.c.id)).scalar_one())
    _write_addresses(connection, entry, notice_id, now)
    own = select(ADDRESS.c.id).where(ADDRESS.c.address == _build_register_address(entry))
    address_id = int(connection.execute(own).scalar_one())
    version = VERSION.insert().values(notice_id=notice_id, address_id=address_id, **reading)
    version_id = int(connection.execute(version.returning(VERSION.c.id)).scalar_one())
    connection.execute(update(ADDRESS).where(ADDRESS.c.id == address_id).values(version_id=version_id))
    connection.execute(update(NOTICE).where(NOTICE.c.id == notice_id).values(version_id=version_id))
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


def _build_version_row(entry: RegisterEntry, now: datetime) -> dict[str, Any]:
    text = f"{entry.notice.summary.en}\n{entry.notice.summary.zh}"
    return {
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
