"""What is deleted when it is old, and what never is."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.account_tables import AUDIT
from controlwatch.adapters.storage.all_tables import METADATA
from controlwatch.adapters.storage.base import POLL
from controlwatch.bootstrap.app import build_reminder, open_app
from controlwatch.core.model.account import AuditAction, NewAccount, Role
from controlwatch.core.model.state import PollReport, WatcherState
from controlwatch.demo.stage import shipped_watchers
from controlwatch.services.source_states import SourceStates
from controlwatch.settings import Settings
from tests.store.steps import EVERYTHING, NOW, announcement, claim, make_observation, mark_sent, observe

YEARS_LATER = NOW + timedelta(days=4000)


def count_rows(store: SqlStore) -> dict[str, int]:
    """The number of rows of each table that has any."""
    with store.engine.begin() as connection:
        counts = {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in METADATA.tables.items()
        }
    return {name: count for name, count in counts.items() if count}


def maintain(store: SqlStore, now: datetime) -> None:
    """Maintain the store as the service does each minute."""
    build_reminder(store, SourceStates(polling=store.polling)).maintain(now=now)


def act(what: str, *, at: datetime = NOW) -> AuditAction:
    """An entry of the audit log."""
    return AuditAction(at=at, who="li.wei", what=what)


def fill_access(store: SqlStore) -> int:
    """Let a person log in and have a token, both without an end soon; return the number of the person."""
    person = store.people.create_account(
        NewAccount(name="li.wei", role=Role.OFFICER), now=NOW, action=act("user created")
    )
    assert person is not None
    store.accounts.add_session(person.id, "a" * 64, agent="Firefox", now=NOW, action=act("login"))
    store.accounts.add_token(
        person.id,
        "b" * 64,
        name="report",
        scopes=("read",),
        now=NOW,
        expires_at=None,
        action=act("token created"),
    )
    return person.id


def fail_poll(store: SqlStore, at: datetime) -> None:
    report = PollReport(watcher="w", started_at=at, outcome="failed", kind="timed-out", reason="no answer")
    store.polling.record_poll(report, WatcherState(id="w", failures=1), keep={}, drop=(), now=at)


def test_what_proves_an_alert_is_never_deleted(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    delivered = claim(store, now=NOW, owner="me", lease=60)
    mark_sent(store, delivered)
    store.actions.record_action(delivered[0].key, what="acknowledged", who="li.wei", targets=None, now=NOW)
    before = count_rows(store)
    assert {"notice", "version", "alert", "delivery", "act", "custody"} <= before.keys()
    maintain(store, YEARS_LATER)
    assert count_rows(store) == before


def test_polls_are_logged_for_400_days(store: SqlStore) -> None:
    fail_poll(store, NOW)
    fail_poll(store, NOW + timedelta(days=1))
    maintain(store, NOW + timedelta(days=400, hours=1))
    assert count_rows(store)["poll"] == 1
    assert store.polling.load_state("w").failures == 1


def test_of_the_audit_log_only_failed_logins_are_deleted(store: SqlStore) -> None:
    for what in ("login", "login failed", "subscribe"):
        store.audit.add_action(act(what))
    store.audit.add_action(act("login failed", at=YEARS_LATER))
    maintain(store, YEARS_LATER)
    with store.engine.begin() as connection:
        left = connection.execute(select(AUDIT.c.what).order_by(AUDIT.c.id)).scalars().all()
    assert left == ["login", "subscribe", "login failed"]


def test_a_session_that_is_over_is_deleted_after_30_days_and_a_token_without_an_end_is_not(
    store: SqlStore,
) -> None:
    person = fill_access(store)
    session = store.accounts.list_sessions(person, now=NOW)[0]
    store.accounts.end_sessions(person, [session.id], now=NOW, action=act("logout"))
    maintain(store, NOW + timedelta(days=29))
    assert count_rows(store)["login_session"] == 1
    maintain(store, NOW + timedelta(days=31))
    assert "login_session" not in count_rows(store)
    maintain(store, YEARS_LATER)
    assert count_rows(store)["api_token"] == 1


def test_a_setting_says_how_long_polls_are_logged(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, watchers_dir=shipped_watchers(), log_days=30)
    with open_app(settings) as app:
        fail_poll(app.store, NOW)
        app.reminder.maintain(now=NOW + timedelta(days=31))
        with app.store.engine.begin() as connection:
            assert connection.execute(select(func.count()).select_from(POLL)).scalar_one() == 0
