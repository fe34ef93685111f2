"""Three workers on one database: whatever becomes of each, all is told once, and every host gets its pause."""

from __future__ import annotations

import pytest

from tests.torture.cluster import cluster_home, drop_queue
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
        drop_queue(home)
        home.wait_until_told()
        assert home.stop_all() == [0, 0, 0]
        assert home.ask("SELECT count(*) FROM schedule WHERE owner IS NOT NULL") == 0
        ledger = home.close_ledger()
    assert ledger.published == 21
    assert ledger.lost == []
    assert ledger.doubled == []
    assert ledger.faults == []
    assert ledger.violations == 0, ledger
