"""Notices in the store: what is known of them, and commit 2, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import chain, count
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, select, update

from controlwatch.adapters.storage.alert_writer import write_alert
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
from controlwatch.adapters.storage.fanout import note_other_pages, select_page
from controlwatch.adapters.storage.findings import write_findings
from controlwatch.adapters.storage.references import mark_reference_read
from controlwatch.adapters.storage.review_rows import find_review_state, update_review
from controlwatch.core.alerting.redline import MIN_IDENTITY_LENGTH, to_comparable
from controlwatch.core.model import Notice, to_notice_key
from controlwatch.core.model.addresses import canonicalize_url
from controlwatch.core.model.state import Decision, KnownNotice, MatchContext, Observation, VersionText
from controlwatch.core.model.timezones import to_beijing_day

#: Wordings of one notice that a document of its number is compared with.
MAX_WORDINGS = 20


class NoticeTransaction:
    """One transaction: find what is known of a notice, then write what was decided."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find_context(self, observation: Observation) -> MatchContext:
        """Return everything in the store that bears on an observation."""
        connection, about = self._connection, observation.about
        return MatchContext(
            **_find_candidates(connection, observation),
            subscriptions=select_page(connection),
            follows_rule=_follows_rule(connection, observation.notice.follows),
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
        connection, known = self._connection, context.known
        headline, key = _build_headline(observation), observation.key
        if context.displaced is not None:
            _take_number_from(connection, context.displaced.notice_id, key)
        notice_id = (
            known.notice_id if known is not None else _insert_notice(connection, observation, headline, now)
        )
        address_id, moved_from = _write_address(connection, observation, notice_id, decision, now)
        version_id, alert = None, decision.alert
        if decision.change is not None:
            version_id = _insert_version(connection, observation, decision, notice_id, address_id, now)
            _set_address_version(connection, address_id, version_id)
            if decision.change.kind != "copy":
                if known is not None and known.latest.is_from_register:
                    headline |= {
                        "watcher_id": observation.watcher,
                        "url": observation.url,
                        "first_seen_at": now,
                    }
                is_numbered = observation.notice.number is not None and not observation.own_key
                if is_numbered and not _has_notice(connection, NOTICE.c.key == key):
                    headline["key"] = key  # the number became known after the first observation
                _update_notice(connection, notice_id, version_id=version_id, **headline)
                body = f"{observation.notice.title}\n{observation.text}"
                write_findings(connection, notice_id, version_id, observation.notice, body=body)
            if not observation.fallback and (alert is not None or decision.change.kind != "copy"):
                review_id = update_review(
                    connection, notice_id, version_id, observation.notice, alert, now=now
                )
                alert = replace(alert, review_id=review_id) if alert is not None else None
        elif known is not None and known.version_here is None:
            _set_address_version(connection, address_id, known.latest.id)
        if alert is not None:
            alert_id = write_alert(
                connection, alert, decision.deliveries, notice_id=notice_id, version_id=version_id
            )
            note_other_pages(connection, alert_id, context.subscriptions)
            _update_notice(connection, notice_id, rung=True)
        if not observation.fallback:
            mark_reference_read(
                connection, observation.reference.id, next_look_at=next_look_at, notice_id=notice_id
            )
        changed = set() if context.displaced is None else {context.displaced.notice_id}
        if moved_from is not None:  # the addresses of these notices have changed
            changed |= {notice_id, *moved_from}
        logged = [] if version_id is None else [version_id]
        logged += _select_newest_versions(connection, changed - ({notice_id} if version_id else set()))
        append_version_entries(connection, logged, at=now)


class NoticeStore(StorePart):
    """Notices, their addresses, versions and findings."""

    @contextmanager
    def transaction(self) -> Iterator[NoticeTransaction]:
        """Open commit 2; two watchers that observe one notice at one time take turns in it."""
        with self._engine.begin() as connection:
            take_turns(connection, NOTICE_LOCK)
            yield NoticeTransaction(connection)

    def list_acting_versions(self, key: str) -> tuple[VersionText, ...]:
        """Return the latest versions of the notices that act on the one of this key."""
        acting = select(FINDING.c.version_id).where(FINDING.c.kind == "relation", FINDING.c.value == key)
        with self._read_engine.begin() as connection:
            ids = connection.execute(acting.distinct().order_by(FINDING.c.version_id)).scalars().all()
            return tuple(_load_version(connection, int(version_id)) for version_id in ids)

    def record_rereading(self, version: VersionText, notice: Notice, *, now: datetime) -> None:
        """Write a better reading of a version's own text: a version of kind `reread`, never an alert."""
        old_id, reading = version.id, notice_to_json(notice)
        with self._engine.begin() as connection:
            row = dict(connection.execute(select(VERSION).where(VERSION.c.id == old_id)).mappings().one())
            new_id = old_id
            if row["kind"] == REGISTER_VERSION:
                # It has not been observed: it stays what the register says, better understood.
                connection.execute(update(VERSION).where(VERSION.c.id == old_id).values(reading=reading))
            else:
                del row["id"]
                row |= {"kind": "reread", "made_at": now, "reading": reading, "redline": [], "moved": []}
                row["quiet_because"] = "read again: a notice that it acts on became known"
                insert = VERSION.insert().values(row).returning(VERSION.c.id)
                new_id = int(connection.execute(insert).scalar_one())
                for table in (ADDRESS, NOTICE):
                    latest = update(table).where(table.c.version_id == old_id)
                    connection.execute(latest.values(version_id=new_id))
                columns = ("url", "name", "sha256", "doubt")
                annexes = select(literal(new_id), *(ANNEX.c[name] for name in columns))
                annexes = annexes.where(ANNEX.c.version_id == old_id)
                connection.execute(ANNEX.insert().from_select(("version_id", *columns), annexes))
            write_findings(connection, int(row["notice_id"]), new_id, notice)
            append_version_entries(connection, [new_id], at=now)

    def find_categories(self, keys: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Return the item categories of known notices, by the key of their number."""
        joined = (
            select(NOTICE.c.key, FINDING.c.value)
            .join(FINDING, FINDING.c.notice_id == NOTICE.c.id)
            .where(NOTICE.c.key.in_(list(keys)), FINDING.c.kind == "category")
            .order_by(FINDING.c.id)
        )
        categories: dict[str, tuple[str, ...]] = {}
        with self._read_engine.begin() as connection:
            for key, value in connection.execute(joined):
                categories[key] = (*categories.get(key, ()), value)
        return categories


def _has_notice(connection: Connection, *where: ColumnElement[bool]) -> bool:
    return connection.execute(select(NOTICE.c.id).where(*where).limit(1)).first() is not None


def _follows_rule(connection: Connection, numbers: Iterable[str]) -> bool:
    """Return whether one of these numbers is that of a known notice that changed the rules."""
    keys = [to_notice_key(number) for number in numbers]
    return bool(keys) and _has_notice(connection, NOTICE.c.key.in_(keys), NOTICE.c.is_change)


def _is_observed_or_old(connection: Connection, key: str) -> bool:
    """Return whether an official notice was observed, or was issued before monitoring began here.

    That the register knows it is not enough: possibly no alert was ever sent.
    """
    joined = select(NOTICE.c.published, VERSION.c.kind).join(VERSION, VERSION.c.id == NOTICE.c.version_id)
    row = connection.execute(joined.where(NOTICE.c.key == key)).first()
    if row is None or row.kind != REGISTER_VERSION:
        return row is not None
    since = find_watch_start(connection)
    return since is None or row.published is None or row.published < to_beijing_day(since)


def _find_candidates(connection: Connection, observation: Observation) -> dict[str, KnownNotice | None]:
    """Find the notices that an observation may belong to: by address, by number, by the very same text.

    The same text at another address is the same notice moved, if it is long enough not to be equal by
    chance. Press reports are matched by address only. An address that now carries an official notice of
    another number is not a match: the page was used again.
    """
    official, number = observation.official, observation.notice.number
    key = observation.key
    by_address = (
        select(ADDRESS.c.notice_id, ADDRESS.c.version_id, NOTICE.c.number)
        .join(NOTICE, NOTICE.c.id == ADDRESS.c.notice_id)
        .where(ADDRESS.c.address == observation.address)
    )
    row = connection.execute(by_address).mappings().first()
    here = bearer = twin = None
    if row is not None:
        is_other = official and number is not None and row["number"] is not None
        if not is_other or to_notice_key(row["number"]) == key:
            here = _load_known_notice(connection, int(row["notice_id"]), row["version_id"])
    if official and number is not None:
        by_number = connection.execute(select(NOTICE.c.id).where(NOTICE.c.key == key)).scalar()
        if by_number is not None and (here is None or here.notice_id != by_number):
            bearer = _load_known_notice(connection, int(by_number), None)
            bearer = replace(bearer, earlier=_list_other_wordings(connection, bearer))
    elif official and len(to_comparable(observation.text)) >= MIN_IDENTITY_LENGTH:
        same = select(VERSION.c.notice_id).where(VERSION.c.fingerprint == observation.fingerprint).limit(1)
        by_text = connection.execute(same).scalar()
        if by_text is not None and (here is None or here.notice_id != by_text):
            twin = _load_known_notice(connection, int(by_text), None)
    return {"here": here, "bearer": bearer, "twin": twin}


def _load_known_notice(connection: Connection, notice_id: int, here: int | None) -> KnownNotice:
    notice = connection.execute(select(NOTICE).where(NOTICE.c.id == notice_id)).mappings().one()
    latest = _load_version(connection, int(notice["version_id"]))
    known_since = find_watch_start(connection) if latest.is_from_register else None
    is_in_review, judgement = find_review_state(connection, notice_id)
    return KnownNotice(
        notice_id=notice_id,
        watcher=notice["watcher_id"],
        alerted=notice["rung"],
        tracked_since=to_beijing_day(known_since or notice["first_seen_at"]),
        version_here=_load_version(connection, here) if here is not None else None,
        latest=latest,
        is_in_review=is_in_review,
        judgement=judgement,
    )


def _list_other_wordings(connection: Connection, known: KnownNotice) -> tuple[VersionText, ...]:
    """Return the newest version of each wording of a notice but the latest one, newest first."""
    newest = (
        select(func.max(VERSION.c.id).label("id"))
        .where(VERSION.c.notice_id == known.notice_id, VERSION.c.kind != REGISTER_VERSION)
        .where(VERSION.c.fingerprint != known.latest.fingerprint)
        .group_by(VERSION.c.fingerprint)
        .order_by(func.max(VERSION.c.id).desc())
        .limit(MAX_WORDINGS)
    )
    return tuple(
        _load_version(connection, int(version_id)) for version_id in connection.execute(newest).scalars()
    )


def _take_number_from(connection: Connection, notice_id: int, key: str) -> None:
    """Give a notice a key of its own: another text has proved to be the one of its number."""
    url = connection.execute(select(NOTICE.c.url).where(NOTICE.c.id == notice_id)).scalar_one()
    _update_notice(connection, notice_id, key=_find_free_key(connection, f"{canonicalize_url(url)}#{key}"))


def _find_free_key(connection: Connection, wanted: str) -> str:
    """Return the key, or the first one behind it that no notice has: an address can be given away twice."""
    keys = chain([wanted], (f"{wanted}~{n}" for n in count(2)))
    return next(key for key in keys if not _has_notice(connection, NOTICE.c.key == key))


def _load_version(connection: Connection, version_id: int) -> VersionText:
    row = connection.execute(select(VERSION).where(VERSION.c.id == version_id)).mappings().one()
    copied = {name: row[name] for name in ("id", "title", "text", "fingerprint", "fallback")}
    return VersionText(
        **copied, notice=notice_from_json(row["reading"]), is_from_register=row["kind"] == REGISTER_VERSION
    )


def _build_headline(observation: Observation) -> dict[str, Any]:
    notice, listed = observation.notice, observation.reference.ref
    return {
        "number": notice.number.canonical if notice.number is not None else None,
        "title": notice.title or listed.title,
        "kind": notice.kind.value,
        "issuers": list(notice.issuers),
        "published": notice.published or observation.document.page_date or listed.listed_on,
        "is_change": notice.is_change,
        "direction": notice.direction.value,
    }


def _insert_notice(
    connection: Connection, observation: Observation, headline: dict[str, Any], now: datetime
) -> int:
    """Write a new notice; return its id."""
    key = observation.key
    row = {
        "key": _find_free_key(connection, key) if observation.own_key else key,
        "official": observation.official,
        "rung": False,
        "watcher_id": observation.watcher,
        "url": observation.url,
        "about": observation.about,
        "first_seen_at": now,
    }
    insert = NOTICE.insert().values(**row, **headline).returning(NOTICE.c.id)
    return int(connection.execute(insert).scalar_one())


def _update_notice(connection: Connection, notice_id: int, **values: object) -> None:
    connection.execute(update(NOTICE).where(NOTICE.c.id == notice_id).values(values))


def _set_address_version(connection: Connection, address_id: int, version_id: int) -> None:
    connection.execute(update(ADDRESS).where(ADDRESS.c.id == address_id).values(version_id=version_id))


def _select_newest_versions(connection: Connection, notice_ids: Iterable[int]) -> list[int]:
    newest = select(NOTICE.c.version_id).where(NOTICE.c.id.in_(list(notice_ids)), NOTICE.c.version_id > 0)
    return [int(version_id) for version_id in connection.execute(newest.order_by(NOTICE.c.id)).scalars()]


def _write_address(
    connection: Connection, observation: Observation, notice_id: int, decision: Decision, now: datetime
) -> tuple[int, frozenset[int] | None]:
    """Assign the address to the notice; return its id, and the notices that had it where that has changed."""
    own = ADDRESS.c.address == observation.address
    columns = (ADDRESS.c.id, ADDRESS.c.notice_id, ADDRESS.c.watcher_id)
    known = connection.execute(select(*columns).where(own)).first()
    observed = {"url": observation.url, "watcher_id": observation.watcher, "first_seen_at": now}
    if known is not None:
        if known.notice_id == notice_id and known.watcher_id != REGISTER_SOURCE:
            return int(known.id), None
        values = observed if known.watcher_id == REGISTER_SOURCE else {}
        connection.execute(update(ADDRESS).where(own).values(notice_id=notice_id, **values))
        return int(known.id), frozenset({int(known.notice_id)})
    row = ADDRESS.insert().values(
        address=observation.address,
        notice_id=notice_id,
        differs=decision.change is not None and decision.change.kind == "copy",
        **observed,
    )
    return int(connection.execute(row.returning(ADDRESS.c.id)).scalar_one()), frozenset()


def _insert_version(
    connection: Connection,
    observation: Observation,
    decision: Decision,
    notice_id: int,
    address_id: int,
    now: datetime,
) -> int:
    """Write the version that a change makes, with its annexes; return its id."""
    change = decision.change
    if change is None:
        raise ValueError("a version needs a change")
    row = VERSION.insert().values(
        notice_id=notice_id,
        address_id=address_id,
        snapshot_id=observation.snapshot_id,
        kind=change.kind,
        made_at=now,
        title=observation.notice.title or observation.reference.ref.title,
        text=observation.text,
        fingerprint=observation.fingerprint,
        fallback=observation.fallback,
        reading=notice_to_json(observation.notice),
        redline=[[segment.op, segment.text] for segment in change.redline],
        moved=list(change.moved),
        quiet_because=decision.not_alerted_because,
    )
    version_id = int(connection.execute(row.returning(VERSION.c.id)).scalar_one())
    columns = ("url", "name", "sha256", "doubt")
    annexes = [
        {"version_id": version_id, **{name: getattr(annex, name) for name in columns}}
        for annex in observation.annexes
    ]
    if annexes:
        connection.execute(ANNEX.insert(), annexes)
    return version_id
