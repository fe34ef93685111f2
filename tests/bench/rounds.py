"""What is done each minute, and one notice for 10,000 subscribers, on SQLite and on PostgreSQL.

The minute: reminders, source health, follow-ups and counts over 100,000 notices, 10,000 sources and a million
sent deliveries, in seconds of CPU of this process. A round after which a notice was new reads the calendar again.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.base import WATCHER
from controlwatch.adapters.storage.references import EMPTY_WATCHER_ROW
from controlwatch.adapters.system.poll_times import compute_next_poll
from controlwatch.bootstrap.app import build_reminder
from controlwatch.core.model import Subscription
from controlwatch.services.source_states import SourceStates
from tests.bench import outbox
from tests.bench.big_store import analyze, fill_store, touch_store
from tests.services.world import WATCHER as DECLARED
from tests.store.postgres import server
from tests.store.steps import announcement, make_observation, observe

SOURCES, SUBSCRIBERS, ROUNDS, TAKEN_IN = 10_000, 10_000, 5, 20
#: What the figures must not exceed.
MAX_ROUND_CPU, MAX_COMMIT, MAX_FIRST, MAX_ALL = 1.0, 0.05, 2.0, 10.0


def main() -> None:
    """Run and print."""
    with tempfile.TemporaryDirectory() as folder:
        measure_minute("SQLite", f"sqlite:///{folder}/minute.db")
        measure_fanout("SQLite", f"sqlite:///{folder}/fanout.db")
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as url:
        measure_fanout("PostgreSQL", url)
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as url:
        measure_minute("PostgreSQL", url)


def measure_minute(name: str, url: str) -> None:
    """Fill a store and run the round of a minute some times."""
    store, now = SqlStore.open(url), datetime.now(UTC)
    fill_store(store, sorted(load_lexicon().category_ids), today=now.date())
    outbox.fill_subscribers(store, SUBSCRIBERS)
    month_ago = now - timedelta(days=30)
    outbox.insert(store, outbox.SENT, first=0, state="sent", due=month_ago, subscribers=SUBSCRIBERS)
    watchers = tuple(replace(DECLARED, id=f"source-{n}") for n in range(SOURCES))
    polled = {"first_poll_at": now, "last_poll_at": now, "last_success_at": now, "whole_at": now}
    with store.engine.begin() as connection:
        connection.execute(
            WATCHER.insert(), [{**EMPTY_WATCHER_ROW, **polled, "id": one.id} for one in watchers]
        )
    analyze(store)
    sources = SourceStates(
        polling=store.polling, watchers=watchers, next_poll=compute_next_poll, started_at=now
    )
    reminder = build_reminder(store, sources)
    first = measure_cpu(lambda: reminder.run_round(now=now))
    same = min(measure_cpu(lambda: reminder.run_round(now=now)) for _ in range(ROUNDS))
    changed = []
    for n in range(ROUNDS):
        touch_store(store, 1 + n)
        changed.append(measure_cpu(lambda: reminder.run_round(now=now)))
    counts = measure_cpu(store.queries.count_deliveries)
    print(
        f"{name}: the minute of {SOURCES:,} sources, 100,000 notices, {outbox.SENT:,} deliveries: {same:.2f} s of CPU, "
        f"after a new notice {min(changed):.2f} s, the first of a process {first:.2f} s, deliveries by state "
        f"{counts:.2f} s (demanded {MAX_ROUND_CPU:.0f} s)",
        flush=True,
    )
    store.close()


def measure_fanout(name: str, url: str) -> None:
    """Take notices in for many subscribers: the commit, the first delivery, all of them."""
    store = SqlStore.open(url)
    now = datetime.now(UTC)
    for n in range(SUBSCRIBERS):
        store.subscriptions.subscribe(Subscription(channel="email", target=f"r{n}@reader.example"), now)
    analyze(store)
    commits, all_routed = [], []
    for n in range(TAKEN_IN):
        seen = make_observation(store, announcement(500 + n), url=f"https://a.example/{n}.html")
        before = time.perf_counter()
        observe(store, seen, now)
        commits.append(time.perf_counter() - before)
        assert store.outbox.list_due_channels(now=now + timedelta(minutes=1))  # the first can be sent
        if n % 5 == 0:
            while store.outbox.route_next_page():
                pass
            all_routed.append(time.perf_counter() - before)
    commits.sort()
    print(
        f"{name}: a notice for {SUBSCRIBERS:,} subscribers: taken in within {commits[TAKEN_IN // 2] * 1000:.0f} ms, worst "
        f"{commits[-1] * 1000:.0f} ms (demanded {MAX_COMMIT * 1000:.0f} ms), the first can be sent then (demanded "
        f"{MAX_FIRST:.0f} s); all written within {max(all_routed):.1f} s (demanded {MAX_ALL:.0f} s)",
        flush=True,
    )
    store.close()


def measure_cpu(work: Callable[[], object]) -> float:
    """Return the seconds of CPU of this process that some work takes."""
    before = time.process_time()
    work()
    return time.process_time() - before


if __name__ == "__main__":
    main()
