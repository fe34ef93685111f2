"""A store that has been at work comes through every migration with all it holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

from controlwatch.adapters.archive.snapshots import FolderArchive
from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.register_loader import load_register
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.base import alert_to_json, notice_to_json
from controlwatch.core.evidence.custody import compute_fingerprint, to_canonical_json
from controlwatch.core.model import (
    Alert,
    CategoryFinding,
    Direction,
    DocumentNumber,
    EffectiveDate,
    Entity,
    Notice,
    NoticeKind,
)
from controlwatch.services.verify import verify_chain

NOW = "2026-11-01 00:00:00"
NOTICE = Notice(
    title="公布将样例公司列入出口管制管控名单",
    language="zh-Hans",
    number=DocumentNumber(issuers=("MOFCOM",), year=2025, n=21),
    kind=NoticeKind.ANNOUNCEMENT,
    is_change=True,
    direction=Direction.TIGHTEN,
    effective=(
        EffectiveDate(start=datetime(2025, 4, 4, tzinfo=UTC).date(), basis="stated", quote="自即日起"),
    ),
    categories=(CategoryFinding(id="entity.control_list", quote="管控名单"),),
    entities=(Entity(zh="样例公司", en="Sample Maritime Robotics", action="list"),),
)
ALERT = Alert(kind="new", made_at=datetime(2026, 11, 1, tzinfo=UTC), title="t", watcher="w")


def migrated(db: Connection, revision: str) -> None:
    config = Config()
    with resources.as_file(resources.files("controlwatch") / "migrations") as folder:
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = db
        command.upgrade(config, revision)


def at_work(url: str) -> None:
    """Make a store of the first revision, with a notice, its alert, and a delivery that was sent."""
    engine = create_engine(url)
    with engine.begin() as db:
        migrated(db, "0001")
        reading = json.dumps(notice_to_json(NOTICE), ensure_ascii=False)
        alert = Alert(kind="new", made_at=datetime(2026, 11, 1, tzinfo=UTC), title="t", watcher="w")
        values = {"now": NOW, "reading": reading, "title": NOTICE.title, "made": str(alert.made_at)}
        for statement in (
            "INSERT INTO notice (id, key, number, title, kind, issuers, is_change, direction, official, rung, "
            "watcher_id, url, first_seen_at, version_id) VALUES (1001, 'MOFCOM 2025-21', 'MOFCOM 2025-21', :title, "
            "'announcement', '[]', true, 'tighten', true, true, 'w', 'https://a.example/1', :now, 1001)",
            "INSERT INTO address (id, address, url, notice_id, watcher_id, first_seen_at, version_id, differs) "
            "VALUES (1001, 'a.example/1', 'https://a.example/1', 1001, 'w', :now, 1001, false)",
            "INSERT INTO snapshot (id, watcher_id, url, final_url, fetched_at, status, headers, sha256, size) "
            "VALUES (1001, 'w', 'https://a.example/1', 'https://a.example/1', :now, 200, '[]', 'aa', 2)",
            "INSERT INTO version (id, notice_id, address_id, kind, made_at, title, text, fingerprint, fallback, "
            "reading, redline, moved, quiet_because) VALUES (1001, 1001, 1001, 'new', :now, :title, 'x', 'f', false, "
            ":reading, '[]', '[]', '')",
            "INSERT INTO alert (id, kind, made_at, title, watcher_id, notice_id, version_id, payload) "
            "VALUES (1001, 'new', :now, 't', 'w', 1001, 1001, '{}')",
            "INSERT INTO subscription (id, channel, target, categories, issuers, directions, destinations, "
            "hs_prefixes, terms, rate, at, weekday, timezone, language, reports, health, active, created_at) "
            "VALUES (1001, 'console', '-', '[]', '[]', '[]', '[]', '[]', '[]', 'immediate', '08:30:00', 0, "
            "'Asia/Shanghai', 'both', true, true, true, :now)",
            "INSERT INTO delivery (id, alert_id, subscription_id, state, due_at, why, key, attempts) "
            "VALUES (1001, 1001, 1001, 'sent', :now, '', 'k', 1)",
        ):
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            db.execute(text(statement), used)
    engine.dispose()


@pytest.fixture
def upgraded(empty_database: str) -> SqlStore:
    at_work(empty_database)
    store = SqlStore.open(empty_database)
    store.register.import_entries(load_register(load_lexicon()), datetime(2026, 11, 20, tzinfo=UTC))
    return store


def test_a_store_at_work_is_upgraded_with_its_subscriptions_and_deliveries(upgraded: SqlStore) -> None:
    (subscription,) = upgraded.subscriptions.list_active()
    assert (subscription.reminders, subscription.outlook) == (True, False)
    assert upgraded.queries.count_deliveries() == {"sent": 1}
    upgraded.close()


def test_what_was_on_its_way_before_the_upgrade_is_sent_and_what_was_refused_is_listed(
    empty_database: str,
) -> None:
    at_work(empty_database)
    engine = create_engine(empty_database)
    with engine.begin() as db:
        for number, state in ((1002, "leased"), (1003, "refused")):
            db.execute(
                text(
                    "INSERT INTO alert (id, kind, made_at, title, watcher_id, payload) "
                    "SELECT :number, kind, made_at, title, watcher_id, :payload FROM alert WHERE id = 1001"
                ),
                {"number": number, "payload": json.dumps(alert_to_json(ALERT))},
            )
            db.execute(
                text(
                    "INSERT INTO delivery (id, alert_id, subscription_id, state, due_at, why, key, attempts, "
                    "lease_until) VALUES (:number, :number, 1001, :state, :now, '', :key, 1, :now)"
                ),
                {"number": number, "state": state, "now": NOW, "key": f"k{number}"},
            )
    engine.dispose()
    store = SqlStore.open(empty_database)
    later = datetime(2026, 11, 2, tzinfo=UTC)
    ((sent,),) = store.outbox.claim(now=later, owner="me", lease=60, most=9)
    assert (sent.id, sent.message) == (1002, "k1002")
    assert [found.id for found in store.queries.list_refused_deliveries()] == [1003]
    store.close()


def test_parties_of_notices_observed_before_the_upgrade_are_found(upgraded: SqlStore) -> None:
    assert "Sample Maritime Robotics" in {party.en for party in upgraded.law.list_parties()}
    upgraded.close()


def test_the_register_completes_what_was_observed_before_it_and_is_kept_below(upgraded: SqlStore) -> None:
    line = next(line for line in upgraded.register.list_entries() if line.key == "MOFCOM 2025-21")
    assert line.observed
    assert any("parties that this page as read does not" in doubt for doubt in line.disagreements)
    assert len(upgraded.register.list_entries()) >= 140
    upgraded.close()


def test_what_was_held_before_the_log_began_is_entered_late_and_verifies(
    upgraded: SqlStore, tmp_path: Path
) -> None:
    verdict = verify_chain(upgraded.custody, FolderArchive(tmp_path / "snapshots"))
    assert verdict.late_entries == 2
    # The bytes of that store were never ours to have: everything else stands.
    assert verdict.counts == {"bytes missing": 1}
    upgraded.close()


def test_a_notice_that_an_older_chain_does_not_hold_is_entered_late_and_guarded_from_then_on(
    empty_database: str, tmp_path: Path
) -> None:
    at_work(empty_database)
    engine = create_engine(empty_database)
    with engine.begin() as db:
        migrated(db, "0009")
        rows = db.execute(text("SELECT seq, line FROM custody ORDER BY seq")).all()
        db.execute(text("DELETE FROM custody WHERE version_id IS NOT NULL"))
        fields = json.loads(rows[-1].line)
        for name in ("heading", "difference_sha256"):  # what entries of that version did not hold
            del fields["of"][name]
        line = to_canonical_json(fields)
        values = {
            "seq": rows[-1].seq,
            "hash": compute_fingerprint(line),
            "before": fields["before"],
            "line": line,
        }
        db.execute(
            text(
                "INSERT INTO custody (seq, hash, before, version_id, line) VALUES (:seq, :hash, :before, 1001, :line)"
            ),
            values,
        )
    engine.dispose()
    store, archive = SqlStore.open(empty_database), FolderArchive(tmp_path / "snapshots")
    assert verify_chain(store.custody, archive).counts == {"bytes missing": 1}
    with store.engine.begin() as db:
        db.execute(text("UPDATE notice SET direction = 'relax'"))
    verdict = verify_chain(store.custody, archive)
    assert [fault.what for fault in verdict.faults if fault.kind == "row altered"] == [
        "notice MOFCOM 2025-21 has other direction than entered"
    ]
    store.close()
