"""References, validators, snapshots and quiet polls in the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import event

from controlwatch.adapters.storage import SqlStore
from controlwatch.core.model import (
    NoticeRef,
    Snapshot,
    Validators,
)
from controlwatch.core.model.state import (
    NewReference,
    PollReport,
    WatcherState,
)
from tests.store.steps import (
    NOW,
)


def test_a_watcher_never_polled_is_new(store: SqlStore) -> None:
    assert store.polling.load_state("w").health == "new"
    assert store.polling.load_state("w").first_poll_at is None


def test_a_shelf_holds_each_address_once_whatever_its_scheme(store: SqlStore) -> None:
    for url in ("http://a.example/x.html", "https://a.example/x.html"):
        store.references.track("w", [NewReference(ref=NoticeRef(url=url, title="t"), may_alert=True)], NOW)
    assert len(store.references.list_due("w", NOW)) == 1
    assert set(store.references.find_tracked_rows("w", ["a.example/x.html", "a.example/y.html"])) == {
        "a.example/x.html"
    }


def test_the_first_poll_is_marked_once(store: SqlStore) -> None:
    store.references.track("w", [], NOW)
    store.references.track("w", [], NOW + timedelta(days=1))
    assert store.polling.load_state("w").first_poll_at == NOW


def test_a_missed_reference_is_due_later_and_counts_as_unread(store: SqlStore) -> None:
    store.references.track(
        "w", [NewReference(ref=NoticeRef(url="https://a.example/x", title="t"), may_alert=True)], NOW
    )
    (due,) = store.references.list_due("w", NOW)
    store.references.record_fetch_failure(due, reason="HTTP 500", absent=False, now=NOW)
    assert store.references.list_due("w", NOW) == ()
    assert store.references.list_due("w", NOW + timedelta(hours=1))[0].failures == 1
    assert store.polling.load_state("w").unread == 1


def test_validators_are_echoed_and_forgotten(store: SqlStore) -> None:
    report = PollReport(watcher="w", started_at=NOW, outcome="unchanged")
    stamps = Validators(
        etag='"abc"', last_modified="Mon, 02 Mar 2026 00:00:00 GMT", sha256="0" * 64, not_modified=3
    )
    store.polling.record_poll(report, WatcherState(id="w"), keep={"u": stamps}, drop=(), now=NOW)
    assert store.polling.find_validators("u") == stamps
    store.polling.record_poll(report, WatcherState(id="w"), keep={}, drop=["u"], now=NOW)
    assert store.polling.find_validators("u") is None


def test_the_same_bytes_make_one_snapshot_and_other_bytes_another(store: SqlStore) -> None:
    snapshot = Snapshot(
        url="u", final_url="u", fetched_at=NOW, status=200, headers=(("etag", '"1"'),), body=b"a"
    )
    first = store.references.record_snapshot(snapshot, "a" * 64, "w")
    assert store.references.record_snapshot(snapshot, "a" * 64, "w") == first
    assert store.references.record_snapshot(snapshot, "b" * 64, "w") != first


def quiet(store: SqlStore, now: datetime, *, not_modified: int) -> None:
    """One quiet poll of the watcher w."""
    state = replace(store.polling.load_state("w"), last_success_at=now, last_poll_at=now)
    report = PollReport(watcher="w", started_at=now, outcome="unchanged")
    stamps = {"u": Validators(etag='"1"', not_modified=not_modified)}
    store.polling.record_poll(report, state, keep=stamps, drop=(), now=now)


def test_quiet_polls_are_seen_by_others_after_a_flush(database: str, store: SqlStore) -> None:
    store.references.track("w", [], NOW)
    for minutes in (10, 20, 30):
        quiet(store, NOW + timedelta(minutes=minutes), not_modified=minutes // 10)
    assert store.polling.load_state("w").last_success_at == NOW + timedelta(minutes=30)
    store.polling.flush()
    other = SqlStore.open(database)
    assert other.polling.load_state("w").last_success_at == NOW + timedelta(minutes=30)
    held = other.polling.find_validators("u")
    assert held is not None
    assert held.not_modified == 3
    other.close()


def test_what_another_process_shelved_is_due_after_a_flush(database: str, store: SqlStore) -> None:
    store.references.track("w", [], NOW)
    quiet(store, NOW, not_modified=1)
    other = SqlStore.open(database)
    other.references.track(
        "w", [NewReference(ref=NoticeRef(url="https://a.example/x", title="t"), may_alert=True)], NOW
    )
    other.close()
    quiet(store, NOW, not_modified=2)
    store.polling.flush()
    assert len(store.references.list_due("w", NOW)) == 1


def test_a_failure_ends_the_quiet_and_is_written_at_once(database: str, store: SqlStore) -> None:
    store.references.track("w", [], NOW)
    quiet(store, NOW, not_modified=1)
    failed = PollReport(watcher="w", started_at=NOW, outcome="failed", kind="timed-out", reason="no answer")
    store.polling.record_poll(
        failed,
        replace(store.polling.load_state("w"), failures=1, kind="timed-out"),
        keep={},
        drop=["u"],
        now=NOW,
    )
    other = SqlStore.open(database)
    assert other.polling.load_state("w").failures == 1
    assert other.polling.find_validators("u") is None
    other.close()
    assert store.polling.find_validators("u") is None


def test_what_was_preloaded_is_what_the_store_holds(database: str, store: SqlStore) -> None:
    store.references.track("w", [], NOW)
    quiet(store, NOW, not_modified=1)
    store.polling.flush()
    other = SqlStore.open(database)
    other.polling.preload({"w": ["u", "never asked"], "never polled": ["v"]})
    assert other.polling.load_state("w") == store.polling.load_state("w")
    assert other.polling.find_validators("u") == Validators(etag='"1"', not_modified=1)
    assert other.polling.find_validators("never asked") is None
    assert other.polling.load_state("never polled") == WatcherState(id="never polled")
    other.close()


def test_a_quiet_poll_of_a_preloaded_watcher_asks_the_database_nothing(
    database: str, store: SqlStore
) -> None:
    store.references.track("w", [], NOW)
    quiet(store, NOW, not_modified=1)
    store.polling.flush()
    other = SqlStore.open(database)
    other.polling.preload({"w": ["u"]})
    asked: list[str] = []
    for engine in (other.database.read, other.database.write):
        event.listen(engine, "before_cursor_execute", lambda *words: asked.append(words[2]))
    quiet(other, NOW + timedelta(minutes=10), not_modified=2)
    assert other.references.list_due("w", NOW + timedelta(minutes=10)) == ()
    assert asked == []
    other.close()
    assert store.polling.load_states(["w"])[0].last_success_at == NOW + timedelta(minutes=10)


def test_what_is_due_is_known_of_a_preloaded_watcher(database: str, store: SqlStore) -> None:
    new = NewReference(ref=NoticeRef(url="https://a.example/x", title="t"), may_alert=True)
    store.references.track("w", [new], NOW)
    quiet(store, NOW, not_modified=1)
    other = SqlStore.open(database)
    other.polling.preload({"w": ["u"]})
    assert len(other.references.list_due("w", NOW)) == 1
    other.close()


def test_a_preloaded_watcher_that_recovers_is_written_at_once(database: str, store: SqlStore) -> None:
    store.references.track("w", [], NOW)
    quiet(store, NOW, not_modified=1)
    failed = PollReport(watcher="w", started_at=NOW, outcome="failed", kind="timed-out", reason="no answer")
    failing = replace(store.polling.load_state("w"), failures=3, kind="timed-out")
    store.polling.record_poll(failed, failing, keep={}, drop=(), now=NOW)
    other = SqlStore.open(database)
    other.polling.preload({"w": ["u"]})
    recovered = replace(other.polling.load_state("w"), failures=0, kind=None, last_success_at=NOW)
    report = PollReport(watcher="w", started_at=NOW, outcome="unchanged")
    stamps = {"u": Validators(etag='"1"', not_modified=2)}
    other.polling.record_poll(report, recovered, keep=stamps, drop=(), now=NOW)
    assert store.polling.load_state("w").failures == 0
    other.close()
