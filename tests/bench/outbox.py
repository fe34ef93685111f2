"""Claims from a long queue: a million mail subscribers, each with one delivery that waits and one that was sent.

Measured for SQLite and PostgreSQL, with a channel that does nothing: how long a claim of 100 messages takes, and its
CPU in this process, how many messages are claimed and settled a second, and what the round of each minute asks. The
floor is the same claim where only 100,000 deliveries wait.
"""

from __future__ import annotations

import math
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.base import ALERT, alert_to_json
from controlwatch.core.model import Alert, Subscription
from controlwatch.core.model.state import ClaimScope, SentMessage
from tests.store.postgres import server

SUBSCRIBERS = 1_000_000
SENT = 1_000_000
FEW, MANY = 100_000, 1_000_000
CLAIMS = 40
MOST = 100
NOW = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)
SCOPE = ClaimScope(channel="email", gather_bursts=True)

_COUNTED = """
WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {rows})
INSERT INTO delivery (id, alert_id, subscription_id, state, channel, addressee, due_at, sent_at, receipt, message,
    why, key, attempts)
SELECT {first} + n, {alert} + (n - 1) / {subscribers}, 1 + (n - 1) % {subscribers}, '{state}', 'email', '', '{due}',
    {sent}, {receipt}, {message}, '', 'k' || ({first} + n), {attempts}
FROM n
"""


def main() -> None:
    """Run and print."""
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{folder}/store.db")
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as url:
        measure("PostgreSQL", url)


def measure(name: str, url: str) -> None:
    """Fill a store, first with few that wait, then with many, and print what claims take."""
    store = SqlStore.open(url)
    fill_subscribers(store)
    insert(store, SENT, first=0, state="sent", due=NOW - timedelta(days=30))
    insert(store, FEW, first=SENT, state="pending", due=NOW)
    few = claim_many(store)
    insert(store, MANY, first=SENT + FEW, state="pending", due=NOW + timedelta(minutes=1))
    many = claim_many(store)
    print(
        f"{name}: claim of {MOST} messages, {FEW:,} waiting: {few}; {MANY:,} waiting: {many}; "
        f"ratio {many.median / few.median:.1f}"
    )
    now = NOW + timedelta(days=1)
    for what, ask in (
        ("due channels", lambda: store.outbox.list_due_channels(now=now)),
        ("refused deliveries", store.queries.list_refused_deliveries),
        ("deliveries by state", store.queries.count_deliveries),
        ("alerts to follow up", lambda: list_follow_ups(store, now)),
        ("channel troubles", store.health.list_channel_troubles),
        ("the alert log", lambda: store.actions.list_alerts(limit=20)),
    ):
        times = sorted(seconds(ask) for _ in range(5))
        print(f"{name}: {what}: {times[2] * 1000:.1f} ms")
    store.close()


def fill_subscribers(store: SqlStore, subscribers: int = SUBSCRIBERS) -> None:
    """Let a number of people subscribe, and make the alerts of all that is sent or waits."""
    first = Subscription(channel="email", target="r1@reader.example")
    store.subscriptions.subscribe(first, NOW)
    columns = (
        "channel, categories, issuers, directions, destinations, hs_prefixes, terms, rate, at, weekday, "
    )
    columns += (
        "timezone, language, reports, health, reminders, outlook, active, confirmed, owner, escalate_after, "
    )
    columns += "escalate_to, muted, created_at"
    count = (SENT + FEW + MANY) // subscribers
    with store.engine.begin() as connection:
        connection.execute(
            text(
                f"WITH RECURSIVE n(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < {subscribers}) "
                f"INSERT INTO subscription (id, target, {columns}) "
                f"SELECT n, 'r' || n || '@reader.example', {columns} FROM n, subscription WHERE subscription.id = 1"
            )
        )
    alert = Alert(kind="new", made_at=NOW, title="a notice", watcher="w")
    values = {
        "kind": "new",
        "made_at": NOW,
        "title": "a notice",
        "watcher_id": "w",
        "payload": alert_to_json(alert),
    }
    with store.engine.begin() as connection:
        connection.execute(ALERT.insert(), [{"id": n, **values} for n in range(1, count + 2)])


def insert(
    store: SqlStore, rows: int, *, first: int, state: str, due: datetime, subscribers: int = SUBSCRIBERS
) -> None:
    """Insert deliveries, each alert to every subscriber."""
    is_sent = state == "sent"
    instant = due.strftime("%Y-%m-%d %H:%M:%S.%f") + ("" if store.engine.dialect.name == "sqlite" else "+00")
    statement = _COUNTED.format(
        rows=rows,
        first=first,
        alert=1 + math.ceil(first / subscribers),  # one that no subscriber has yet
        subscribers=subscribers,
        state=state,
        due=instant,
        sent=f"'{instant}'" if is_sent else "NULL",
        receipt=f"'m' || ({first} + n)" if is_sent else "NULL",
        message=f"'k' || ({first} + n)" if is_sent else "NULL",
        attempts=int(is_sent),
    )
    if store.engine.dialect.name != "sqlite":
        statement = statement.replace(f"'{instant}'", f"TIMESTAMPTZ '{instant}'").replace(" % ", " %% ")
        statement = statement.replace("NULL, NULL, NULL,", "NULL::timestamptz, NULL::text, NULL::text,")
    with store.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    with store.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


@dataclass(frozen=True, slots=True)
class Claims:
    """What claims took, each of `MOST` messages that were settled at once."""

    times: list[float]  #: seconds of each
    cpu: float  #: seconds of this process for a claim
    deliveries: float  #: of a claim
    rate: float  #: messages claimed and settled a second

    @property
    def median(self) -> float:
        """Seconds of the median claim."""
        return statistics.median(self.times)

    def __str__(self) -> str:
        p95 = sorted(self.times)[int(len(self.times) * 0.95)]
        return (
            f"p50 {self.median * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, CPU here {self.cpu * 1000:.0f} ms, "
            f"{self.deliveries:.0f} deliveries, {self.rate:.0f} messages/s with settling"
        )


def claim_many(store: SqlStore) -> Claims:
    """Measure claims; what they got is sent at once."""
    times: list[float] = []
    claimed, cpu, began = 0, 0.0, time.perf_counter()
    for number in range(CLAIMS):
        now = NOW + timedelta(minutes=2, seconds=number * 61)
        before = time.perf_counter(), time.process_time()
        groups = store.outbox.claim(now=now, owner="bench", lease=600, most=MOST, scope=SCOPE)
        times.append(time.perf_counter() - before[0])
        cpu += time.process_time() - before[1]
        claimed += sum(map(len, groups))
        sent = [SentMessage(deliveries=group, receipt=f"{number}:{n}") for n, group in enumerate(groups)]
        assert len(groups) == MOST, len(groups)
        store.outbox.mark_sent(sent, owner="bench", now=now)
    took = time.perf_counter() - began
    return Claims(times, cpu=cpu / CLAIMS, deliveries=claimed / CLAIMS, rate=CLAIMS * MOST / took)


def list_follow_ups(store: SqlStore, now: datetime) -> int:
    """Return how many alerts are to be followed up."""
    with store.actions.transaction() as transaction:
        return len(transaction.list_delivered(now=now))


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds that some work takes."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


if __name__ == "__main__":
    main()
