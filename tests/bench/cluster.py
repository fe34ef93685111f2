"""Several workers on one PostgreSQL and two cores, the sources and receivers on the same two: rate, lag, pauses, bytes.

`SOURCES=10000 MINUTES=20 make bench ARGS=cluster` is the long form; by default the same number of polls a second
comes from fewer sources, for some minutes.
"""

from __future__ import annotations

import logging
import os
import statistics
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from controlwatch.adapters.archive.object_archive import ObjectArchive
from controlwatch.adapters.archive.snapshots import FolderArchive
from controlwatch.adapters.catalog.watcher_loader import load_watchers
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.new_deliveries import wake_at_commit
from controlwatch.adapters.system.job_queue import JobQueue
from controlwatch.adapters.system.spread_polls import compute_spread_poll
from controlwatch.bootstrap.cluster import wake_deliveries
from controlwatch.core.model import Alert, Subscription
from controlwatch.core.model.state import PlannedDelivery
from controlwatch.testing.sites import Answer
from tests.processes import typed
from tests.store.postgres import DURABLE
from tests.torture.cluster import ClusterHome, TimedSites, cluster_home, declare
from tests.waiting import wait_for

if TYPE_CHECKING:
    from controlwatch.services.ports import Archive

SOURCES, MINUTES, WORKERS = int(os.environ.get("SOURCES", "1000")), int(os.environ.get("MINUTES", "3")), 4
#: As many polls a second as 10,000 sources in ten minutes make.
CRON = "*/10 * * * *" if SOURCES >= 10_000 else "* * * * *"
#: Hosts that several sources share, and sources of each.
SHARED_HOSTS, SHARING = 10, 6
ALERTS, BODIES = 30, 200
#: What the figures must not fall below, or rise above.
MIN_RATE, MAX_LAG_P95, MAX_LAG_P99, MAX_FIRST_LOOK = 16.0, 5.0, 15.0, 900.0


def main() -> None:
    """Run and print."""
    with cluster_home(workers=0, options=DURABLE) as (home, _):
        _measure_polls(home)
        _measure_alerts(home)
        home.stop_all()
    _measure_archives()


def _measure_polls(home: ClusterHome) -> None:
    for path in home.watchers.glob("*.toml"):
        path.unlink()
    for n in range(SOURCES):
        shares = n < SHARED_HOSTS * SHARING
        host = f"shared{n % SHARED_HOSTS}.example" if shares else f"s{n}.example"
        declare(home.watchers, f"s{n}", host, cron=CRON, pause=1.0, index=f"i{n}.html")
        _publish(home.sites, host, n)
    typed(["migrate"], env=home.env)
    began = time.monotonic()
    for _ in range(WORKERS):
        home.start_worker()
    wait_for(lambda: home.ask("SELECT count(*) FROM schedule") == SOURCES, patience=MAX_FIRST_LOOK)
    started = time.monotonic()
    looked = "SELECT count(*) FROM watcher WHERE last_success_at IS NOT NULL"
    wait_for(lambda: home.ask(looked) == SOURCES, patience=MAX_FIRST_LOOK)
    first = time.monotonic() - started
    print(
        f"first look at {SOURCES} sources by {WORKERS} workers: {first:.0f} s after a start of {started - began:.0f} s "
        f"({first / SOURCES * 1000:.0f} ms a source, two pages each); demanded {MAX_FIRST_LOOK:.0f} s for 10,000",
        flush=True,
    )
    time.sleep(60)  # what was due meanwhile is made up for
    home.sites.asked.clear()
    home.sites.times.clear()
    home.sites.paths.clear()
    since, cpu = datetime.now(UTC), _measure_cpu(home)
    time.sleep(60 * MINUTES)
    until, cpu = datetime.now(UTC), _measure_cpu(home) - cpu
    _report_polls(home, since, until, cpu)


def _publish(sites: TimedSites, host: str, n: int) -> None:
    row = f'<ul class="list"><li><a href="/notices/p{n}.html">商务部公告2026年第{n}号</a><span>[2026-03-02]</span></li></ul>'
    page = f'<meta charset="utf-8"><h1>商务部公告2026年第{n}号</h1><p class="day">2026-03-02</p><div class="body">本公告自公布之日起施行。</div>'
    sites.put(
        f"https://{host}/notices/i{n}.html", Answer(body=f'<meta charset="utf-8">{row}'.encode(), etag=True)
    )
    sites.put(f"https://{host}/notices/p{n}.html", Answer(body=page.encode(), etag=True))


def _report_polls(home: ClusterHome, since: datetime, until: datetime, cpu: float) -> None:
    """Compare each request of a list with the time at which it was due."""
    offset = time.monotonic() - datetime.now(UTC).timestamp()
    asked: dict[str, list[float]] = {}
    for host, times in home.sites.times.items():
        for (began, _), path in zip(times, home.sites.paths[host], strict=True):
            if path.startswith("/notices/i"):
                asked.setdefault(path.removeprefix("/notices/i").removesuffix(".html"), []).append(
                    began - offset
                )
    lags: list[float] = []
    missed = twice = 0
    for watcher in load_watchers(home.watchers):
        seen = sorted(asked.get(watcher.id[1:], []))
        due = compute_spread_poll(watcher, since)
        while due is not None and due < until - timedelta(seconds=MAX_LAG_P99):
            following = compute_spread_poll(watcher, due + timedelta(microseconds=1))
            assert following is not None
            within = [at for at in seen if due.timestamp() <= at < following.timestamp()]
            missed += not within
            twice += len(within) > 1
            lags += [at - due.timestamp() for at in within[:1]]
            due = following
    lags.sort()
    rate = len(lags) / ((until - since).total_seconds() - MAX_LAG_P99)
    p50, p95, p99 = (lags[min(int(len(lags) * part), len(lags) - 1)] for part in (0.5, 0.95, 0.99))
    gaps = home.sites.find_gaps()
    print(
        f"{len(lags)} polls due in {MINUTES} min: {rate:.1f}/s (demanded {MIN_RATE:.0f}), missed {missed}, twice {twice}; "
        f"lag p50 {p50:.2f} s, p95 {p95:.2f} s (demanded {MAX_LAG_P95:.0f}), p99 {p99:.2f} s ({MAX_LAG_P99:.0f}), "
        f"max {lags[-1]:.2f} s; CPU of the workers {cpu / max(len(lags), 1) * 1000:.1f} ms a poll",
        flush=True,
    )
    print(
        f"pauses of {SHARED_HOSTS} hosts with {SHARING} sources each: smallest {min(gaps, default=0.0):.3f} s of 1 s, "
        f"violations {sum(gap < 0.98 for gap in gaps)}",
        flush=True,
    )


def _measure_cpu(home: ClusterHome) -> float:
    """Return the seconds of CPU that the workers have used."""
    ticks = os.sysconf("SC_CLK_TCK")
    used = 0
    for worker in home.workers:
        fields = Path(f"/proc/{worker.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used / ticks


def _measure_alerts(home: ClusterHome) -> None:
    """Measure the time from the commit of an alert to its receiver, each to another receiver."""
    received: dict[str, float] = {}

    def receive(asked: object) -> Answer:
        received[str(getattr(asked, "path", ""))] = time.monotonic()
        return Answer(body=b"ok")

    store = SqlStore.open(home.database, is_cluster=True)
    queue = JobQueue(store.engine.url)
    wake_at_commit(store.engine, lambda connection: wake_deliveries(queue, ["webhook"], connection))
    sent: list[float] = []
    now = datetime.now(UTC)
    for n in range(ALERTS):
        home.sites.put(f"{home.sites.origin}/alert{n}", receive)
        target = Subscription(channel="webhook", target=f"{home.sites.origin}/alert{n}")
        number = store.subscriptions.subscribe(target, now)
        alert = Alert(kind="health-down", made_at=datetime.now(UTC), title=f"{n}", watcher="x", body="x")
        planned = PlannedDelivery(
            subscription_id=number, due_at=datetime.now(UTC) - timedelta(seconds=1), why="x"
        )
        store.outbox.enqueue_alert(alert, [planned])
        sent.append(time.monotonic())
        wait_for(lambda n=n: f"/alert{n}" in received)  # type: ignore[misc]
        time.sleep(0.2)
    store.close()
    took = sorted(received[f"/alert{n}"] - at for n, at in enumerate(sent))
    print(
        f"{ALERTS} alerts from their commit to a receiver, while {WORKERS} workers poll: p50 {took[ALERTS // 2] * 1000:.0f} ms, "
        f"p95 {took[int(ALERTS * 0.95)] * 1000:.0f} ms, max {took[-1] * 1000:.0f} ms (demanded p95 1000 ms)",
        flush=True,
    )


def _measure_archives() -> None:
    """Measure how long it takes to save and to load a body of 50 kB, against a file that is synced."""
    bodies = [os.urandom(25_000) + b"x" * 25_000 for _ in range(BODIES)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        home, _ = stack.enter_context(cluster_home(workers=0, options=DURABLE))
        typed(["migrate"], env=home.env)
        store = SqlStore.open(home.database, is_cluster=True)
        stack.callback(store.close)
        floor = statistics.median(
            _time(lambda body=body: _write_synced(folder / "x", body)) for body in bodies
        )  # type: ignore[misc]
        print(f"a file written and synced: {floor * 1000:.1f} ms")
        archives: list[tuple[str, Archive]] = [
            ("folder", FolderArchive(folder / "b")),
            ("database", store.bodies),
        ]
        archives.append(("S3 (moto's server)", _open_bucket(stack)))
        for name, archive in archives:
            saved = statistics.median(_time(lambda body=body: archive.save_bytes(body)) for body in bodies)  # type: ignore[misc] # noqa: B023
            hashes = [archive.save_bytes(body) for body in bodies[:20]]
            loaded = statistics.median(_time(lambda sha=sha: archive.load_bytes(sha)) for sha in hashes)  # type: ignore[misc] # noqa: B023
            print(
                f"{name}: save {saved * 1000:.1f} ms ({saved / floor:.1f} × the file), load {loaded * 1000:.1f} ms"
            )


def _open_bucket(stack: ExitStack) -> Archive:
    import boto3
    from moto.server import ThreadedMotoServer

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ.setdefault(name, "key")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    stack.callback(server.stop)
    host, port = server.get_host_and_port()
    boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1").create_bucket(
        Bucket="bench"
    )
    return ObjectArchive(f"s3://bench/x?endpoint=http://{host}:{port}&region=us-east-1")


def _write_synced(path: Path, body: bytes) -> None:
    with path.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _time(work: object) -> float:
    before = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - before
