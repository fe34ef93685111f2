"""The clock of the service."""

from __future__ import annotations

from queue import SimpleQueue

from controlwatch.adapters.system.scheduler import Clockwork


def test_what_is_wanted_soon_does_not_wait_for_its_turn_and_nothing_is_begun_after_the_end() -> None:
    runs: SimpleQueue[str] = SimpleQueue()
    clockwork = Clockwork(watchers=0)
    clockwork.every(3600, "deliver", lambda: runs.put("ran"))
    clockwork.start()
    assert runs.get(timeout=20) == "ran"
    clockwork.soon("deliver")
    assert runs.get(timeout=20) == "ran"
    clockwork.stop()
    clockwork.soon("deliver")
    assert runs.empty()
