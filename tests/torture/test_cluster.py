"""Three workers on one database: whatever becomes of each, all is told once, and every host gets its pause."""

from __future__ import annotations

import pytest

from tests.processes import typed
from tests.torture.cluster import cluster_home
from tests.waiting import wait_for


@pytest.mark.slow
def test_each_of_three_workers_is_killed_once_and_the_queue_is_dropped_and_all_is_told_once() -> None:
    with cluster_home() as (home, _):
        home.settle_in()
        for _ in range(3):
            home.publish(2)
            wait_for(home.has_begun)
            home.kill_worker(0)
        home.publish()
        home.drop_queue()
        home.wait_until_told()
        home.wait_until_settled()
        assert home.stop_all() == [0, 0, 0]
        assert home.ask("SELECT count(*) FROM schedule WHERE owner IS NOT NULL") == 0
        ledger = home.close_ledger()
    assert ledger.published == 21
    assert ledger.lost == []
    assert ledger.doubled == []
    assert ledger.faults == []
    assert ledger.violations == 0, ledger


#: What the migrations of a next version would add; what is there already stays as it is.
NEXT_VERSION = (
    "ALTER TABLE watcher ADD COLUMN added text",
    "ALTER TABLE delivery ADD COLUMN added integer DEFAULT 0 NOT NULL",
    "ALTER TABLE schedule ADD COLUMN added text",
    "CREATE TABLE added (id bigserial PRIMARY KEY)",
    "UPDATE alembic_version SET version_num = '9999'",
)


@pytest.mark.slow
def test_workers_go_on_and_start_again_after_the_migrations_of_a_next_version() -> None:
    """The next version is simulated: its additions to the schema are there, and its code is today's."""
    with cluster_home(workers=1) as (home, _):
        home.settle_in()
        for statement in NEXT_VERSION:
            home.do(statement)
        home.start_worker()  # of either version
        home.publish()
        home.wait_until_told()
        home.wait_until_settled()
        ledger = home.close_ledger()
        assert (ledger.lost, ledger.doubled, ledger.faults) == ([], [], [])
        home.do("UPDATE schema_support SET oldest = '9999'")
        assert "use that one" in typed(["run"], env=home.env).stderr
        assert home.stop_all() == [0, 0]
