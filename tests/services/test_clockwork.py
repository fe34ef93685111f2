"""The clock of the service."""

from __future__ import annotations

from queue import SimpleQueue

from controlwatch.adapters.system.scheduler import Scheduler
from tests.waiting import PATIENCE


def test_what_is_wanted_soon_does_not_wait_for_its_turn_and_nothing_is_begun_after_the_end() -> None:
    runs: SimpleQueue[str] = SimpleQueue()
    clockwork = Scheduler(watchers=0)
    clockwork.run_every(3600, "deliver", lambda: runs.put("ran"))
    clockwork.start()
    assert runs.get(timeout=PATIENCE) == "ran"
    clockwork.run_soon("deliver")
    assert runs.get(timeout=PATIENCE) == "ran"
    assert clockwork.stop(longest=PATIENCE) == ()
    clockwork.run_soon("deliver")
    assert runs.empty()
