"""A no-change cycle over 200 loopback sources, against a bare loop of httpx over the same pages.

The sources are served by another process, so that only our own work is counted. CPU is user plus
system time of this process; each figure is the median of several rounds, taken in turn.
"""

from __future__ import annotations

import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
from sqlalchemy import text

from controlwatch.adapters.archive.snapshots import FolderArchive
from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.adapters.files import documents
from controlwatch.adapters.storage import SqlStore
from controlwatch.core.sources.watcher import Detail, Http, Index, Watcher
from controlwatch.services.ingest import Ingester
from controlwatch.services.poll import Poller
from tests.bench.sources import PAGE, SOURCES, serve
from tests.services.world import WATCHER

ROUNDS = 10  #: so that one of them asks every source in full


def watcher(origin: str, number: int) -> Watcher:
    """A source as declared."""
    return replace(
        WATCHER,
        id=f"source-{number}",
        index=Index(kind="links", url=f"{origin}/{number}/index.html", rows="ul.list > li", date="span"),
        detail=Detail(body=("div.body",)),
        http=Http(hosts=(origin.removeprefix("http://"),), pause=0.0),
    )


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of this process that some work takes."""
    before = time.process_time()
    work()
    return time.process_time() - before


def quiet_cycle(poller: Poller, watchers: list[Watcher], now: datetime) -> None:
    """Poll every source, and write what was found: nothing."""
    for item in watchers:
        poller.poll(item, now=now)
    poller.polling.flush()


def bare(client: httpx.Client, origin: str, tags: dict[int, str]) -> None:
    """The floor: one GET a source, body read, with the tag of last time where there is one."""
    for number in range(SOURCES):
        headers = {"If-None-Match": tags[number]} if number in tags else {}
        response = client.get(f"{origin}/{number}/index.html", headers=headers)
        _ = response.content


def main() -> None:
    """Run and print."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    origin = str(ours.recv())
    with tempfile.TemporaryDirectory() as folder, httpx.Client() as client:
        measure(Path(folder), client, origin)
    ours.send("stop")
    server.join()


def measure(folder: Path, client: httpx.Client, origin: str) -> None:
    """Fill the shelves, then take the cycles in turn."""
    store = SqlStore.open(f"sqlite:///{folder / 'store.db'}")
    fetch = HttpFetcher(private=True)
    ingester = Ingester(
        archive=FolderArchive(folder / "snapshots"),
        polling=store.polling,
        references=store.references,
        notices=store.notices,
        documents=documents,
        lexicon=load_lexicon(),
    )
    poller = Poller(
        fetch=fetch, polling=store.polling, references=store.references, open_ingester=lambda: ingester
    )
    watchers = [watcher(origin, number) for number in range(SOURCES)]
    now = datetime.now(UTC)
    shelving = cpu(lambda: [poller.poll(item, now=now) for item in watchers])
    print(f"first look: {SOURCES} sources, {SOURCES * 15} notices read and stored in {shelving:.1f} s CPU")
    tags = {n: client.get(f"{origin}/{n}/index.html").headers["etag"] for n in range(SOURCES)}
    later = now + timedelta(days=90)  # nothing is due for a second look any more
    cycle = [poller.poll(item, now=later) for item in watchers]
    before = _size(folder, store)
    figures: dict[str, list[float]] = {"cycle": [], "full": [], "conditional": []}
    for _ in range(ROUNDS):
        later += timedelta(minutes=10)
        figures["cycle"].append(cpu(partial(quiet_cycle, poller, watchers, later)))
        figures["full"].append(cpu(lambda: bare(client, origin, {})))
        figures["conditional"].append(cpu(lambda: bare(client, origin, tags)))
    report(figures, grown=_size(folder, store) - before, polls=ROUNDS * SOURCES)
    print(f"outcomes of the last filling cycle: { {report.outcome for report in cycle} }")
    fetch.close()
    store.close()


def _size(folder: Path, store: SqlStore) -> int:
    with store.engine.connect() as connection:
        connection.execute(text("COMMIT"))
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def report(figures: dict[str, list[float]], *, grown: int, polls: int) -> None:
    """Print medians and ratios."""
    print(
        f"no-change cycle over {SOURCES} sources of {PAGE:,} bytes, {ROUNDS} rounds, CPU seconds (min, median, max):"
    )
    for name, values in figures.items():
        print(f"  {name:12} {min(values):.3f}  {statistics.median(values):.3f}  {max(values):.3f}")
    for floor in ("full", "conditional"):
        print(
            f"  all rounds together, ratio to a bare {floor} loop: {sum(figures['cycle']) / sum(figures[floor]):.2f}"
        )
    print(f"store growth: {grown:,} bytes over {polls:,} no-change polls ({grown / polls:.1f} a poll)")
