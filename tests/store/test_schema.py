"""The schema, instants and files of the store, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from controlwatch import migrations
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.all_tables import METADATA
from controlwatch.adapters.storage.schema_revisions import find_newest_revision, list_revisions, migrate
from controlwatch.core.model import Validators
from controlwatch.core.model.state import (
    PollReport,
    WatcherState,
)
from tests.forked import count_up
from tests.processes import server_of_forks
from tests.store.steps import (
    NOW,
)

#: What one of the databases has only, so that the tables cannot declare it.
ONLY_IN_MIGRATIONS = ("notice_words", "notice_newest")


def test_the_schema_that_migrations_build_is_the_one_that_the_tables_declare(
    database: str, store: SqlStore
) -> None:
    engine = create_engine(database)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_object": lambda _o, name, kind, *_: not str(name).startswith(ONLY_IN_MIGRATIONS)},
        )
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_migrating_twice_is_migrating_once(database: str, store: SqlStore) -> None:
    engine = create_engine(database)
    migrate(engine)
    engine.dispose()


def test_the_newest_migration_by_its_name_is_the_newest_by_the_chain_of_migrations(
    database: str, store: SqlStore
) -> None:
    with store.engine.begin() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == find_newest_revision()
    assert list_revisions()[0] == find_newest_revision()


def test_instants_come_back_in_utc_and_naive_ones_are_refused(store: SqlStore) -> None:
    beijing_noon = datetime.fromisoformat("2026-03-02T12:00:00+08:00")
    store.references.track("w", [], beijing_noon)
    assert store.polling.load_state("w").first_poll_at == datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    with pytest.raises(Exception, match="timezone"):
        store.references.track("w2", [], datetime(2026, 3, 2))  # noqa: DTZ001


def test_whoever_subscribed_before_there_was_confirming_counts_as_confirmed(empty_database: str) -> None:
    engine = create_engine(empty_database)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        given = "'console', '-', '[]', '[]', '[]', '[]', '[]', '[]', 'immediate', '08:30:00', 0, 'UTC', 'en'"
        connection.execute(
            text(
                "INSERT INTO subscription (channel, target, categories, issuers, directions, destinations, "
                "hs_prefixes, terms, rate, at, weekday, timezone, language, reports, health, active, created_at) "
                f"VALUES ({given}, true, true, true, '2026-03-02 01:00:00')"
            )
        )
    engine.dispose()
    opened = SqlStore.open(empty_database)
    (kept,) = opened.subscriptions.list_active()
    opened.close()
    assert (kept.confirmed, kept.paused) == (True, "")


@pytest.mark.slow
def test_three_processes_lose_no_update_on_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = SqlStore.open(f"sqlite:///{path}")
    report = PollReport(watcher="w", started_at=NOW, outcome="unchanged")
    store.polling.record_poll(report, WatcherState(id="w"), keep={"n": Validators()}, drop=(), now=NOW)
    workers = [server_of_forks.Process(target=count_up, args=(str(path), 100)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with store.engine.begin() as connection:
        counted = connection.execute(text("SELECT not_modified FROM resource WHERE url = 'n'")).scalar_one()
    store.close()
    assert counted == 300


def test_files_of_the_store_are_private(tmp_path: Path) -> None:
    store = SqlStore.open(f"sqlite:///{tmp_path / 'state' / 'store.db'}")
    store.close()
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0
