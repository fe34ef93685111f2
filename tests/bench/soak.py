"""Fifty sources at one poll a second for half an hour, one answer in a hundred bad: memory, growth, nothing missed.

`make bench ARGS=soak` takes its thirty minutes; SOAK_MINUTES sets another length.
"""

from __future__ import annotations

import os
import random
import resource
import sqlite3
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from controlwatch.core.sources.watcher import Http, Watcher
from controlwatch.testing.sites import Answer, Asked
from tests.services.world import Ministry, Page, World, tightening, world

SOURCES = 50
FAULTS = 0.01
#: Polls of each source at the end, in which nothing changes.
QUIET = 100
#: Polls of a source between two notices of it.
EVERY = 20


def main() -> None:
    """Run and print."""
    print(soaked(float(os.environ.get("SOAK_MINUTES", "30"))))


def soaked(minutes: float) -> str:
    """Run for so long, and say what came of it."""
    with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as w:
        w.deliverer = replace(w.deliverer, channels={})
        sites = [_site(w, number) for number in range(SOURCES)]
        for watcher, _ in sites:
            w.poller.poll(watcher, now=datetime.now(UTC))
        published, polls = _soaked(w, sites, minutes * 60)
        per_poll = _growth(w, [watcher for watcher, _ in sites], Path(folder))
        told = {line.title for line in w.store.actions.list_alerts(limit=1_000_000) if line.kind == "new"}
        grown = (Path(folder) / "store.db").stat().st_size
    return (
        f"{SOURCES} sources, {polls['count']:,} polls in {minutes:.0f} minutes, {polls['failed']} failed: "
        f"{len(published)} notices published, {len(published - told)} missed; RSS {polls['first']:.0f} MB at first, "
        f"{polls['last']:.0f} MB at last; store {grown / 1e6:.1f} MB, of which {per_poll:.1f} bytes for each of "
        f"{SOURCES * QUIET:,} polls in which nothing had changed"
    )


def _site(w: World, number: int) -> tuple[Watcher, Ministry]:
    host = f"https://www.ministry{number}.example"
    ministry = Ministry(w.sites, host=host)
    ministry.publish(*(_page(number, n) for n in range(3)))
    return (
        replace(
            w.watcher,
            id=f"source-{number}",
            index=replace(w.watcher.index, url=f"{host}/notices/index.html"),
            http=Http(hosts=(f"www.ministry{number}.example",), pause=0.0, timeout=2.0, budget=20.0),
        ),
        ministry,
    )


def _page(source: int, n: int) -> Page:
    """A notice of its own, which has no words in common with another but the formulas."""
    mark = f"{source}甲{n}乙"
    text = tightening(n, item=f"{mark}用金属镓")
    return Page(f"/notices/art_{n}.html", f"关于对{mark}用镓相关物项实施出口管制的公告", text)


def _soaked(
    w: World, sites: list[tuple[Watcher, Ministry]], seconds: float
) -> tuple[set[str], dict[str, float]]:
    """Poll in turn, one source every fiftieth of a second; publish now and then; return what was published."""
    dice = random.Random(1)
    published: set[str] = set()
    polls: dict[str, float] = {"count": 0, "failed": 0, "first": 0.0, "last": 0.0}
    began = time.monotonic()
    turn = 0
    while time.monotonic() - began < seconds:
        watcher, ministry = sites[turn % SOURCES]
        if turn // SOURCES % EVERY == turn % SOURCES % EVERY:
            page = _page(turn % SOURCES, 100 + turn // SOURCES)
            ministry.pages = ministry.pages[:15]
            ministry.publish(page)
            published.add(page.title)
        bad = dice.random() < FAULTS
        if bad:
            w.sites.put(watcher.index.url, _fault)
        report = w.poller.poll(watcher, now=datetime.now(UTC))
        if bad:
            ministry.render()
        polls["count"] += 1
        polls["failed"] += report.outcome == "failed"
        turn += 1
        if turn == SOURCES * 20:
            polls["first"] = _rss()
        w.sites.asked.clear()
        if turn % SOURCES == 0:
            w.reminder.checker.check_sources([one for one, _ in sites], now=datetime.now(UTC))
            time.sleep(max(0.0, began + turn / SOURCES - time.monotonic()))
    for watcher, _ in sites:  # what was put up behind the last fault
        w.poller.poll(watcher, now=datetime.now(UTC))
    polls["last"] = _rss()
    return published, polls


def _growth(w: World, watchers: list[Watcher], folder: Path) -> float:
    """Bytes by which the store grows with a poll in which nothing has changed."""

    def held() -> int:
        w.store.polling.flush()
        with sqlite3.connect(folder / "store.db") as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return (folder / "store.db").stat().st_size

    for watcher in watchers:  # what is still to be looked at again
        w.poller.poll(watcher, now=datetime.now(UTC))
    before = held()
    for _ in range(QUIET):
        for watcher in watchers:
            w.poller.poll(watcher, now=datetime.now(UTC))
        w.sites.asked.clear()
    return (held() - before) / (QUIET * len(watchers))


def _fault(_asked: Asked) -> Answer:
    return Answer(status=503, body=b"upstream connect error")


def _rss() -> float:
    """Megabytes of memory in use now, as Linux counts them."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6
