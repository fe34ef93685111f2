"""The pages at 100,000 notices, on SQLite and on PostgreSQL: p95 of each over HTTP, its bytes, and a browser.

The floor, measured in the same run, is a request for the style sheet: the server without a page. "After a
change" is the longest of a few requests, each the first one after the store has learnt something. Beside the
notices, the store has what a busy desk has: subscriptions, alerts, people, a log.

In Chromium each page is opened at both widths as Lighthouse does it: on a wide window with a fast line, on a
narrow one with a slow line (1.6 Mbit/s, 150 ms) and a quarter of the processor. The floor is a page without
content. Pages are the same over both databases, so they are drawn over one of them.

Each step prints how long it took: the whole is to end within four minutes.
"""

from __future__ import annotations

import gc
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from icalendar import Calendar
from playwright.sync_api import Browser, sync_playwright
from pydantic import SecretStr

from controlwatch.adapters.storage import SqlStore
from controlwatch.bootstrap.app import App, open_app
from controlwatch.bootstrap.feed_addresses import build_publications
from controlwatch.cli import GC_THRESHOLDS
from controlwatch.cli.common import freeze_loaded
from controlwatch.core.law.notice_filter import EVERY_NOTICE
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings
from controlwatch.web.access import SESSION_COOKIE
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app
from tests.bench.big_store import (
    NOTICES,
    SUBSCRIPTIONS,
    choose_changes,
    fill_desk,
    fill_store,
    find_largest,
    touch_store,
)
from tests.store.postgres import server

REQUESTS, CHANGES = 20, 3
#: Notices after which the progress of filling is printed.
PROGRESS = 20_000
#: What a page may take, and weigh on the first view; what a calendar of 1,000 events may take.
AIM_MS, AIM_BYTES, AIM_CALENDAR_MS = 150.0, 100_000, 200.0
#: Width → latency in ms, bytes a second, and how many times slower the processor is.
DEVICES = {1280: (40, 10_000_000 / 8, 1), 390: (150, 1_600_000 / 8, 4)}
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
#: Paths that are files for programs: the limits of pages do not concern them, and no browser opens them.
FILES = ("/calendar/", "/feeds/")
WATCH_PAINTS = """
    window.seen = {shift: 0, paint: 0, blocked: 0};
    const watch = (type, use) => new PerformanceObserver(
        list => list.getEntries().forEach(use)).observe({type, buffered: true});
    watch("layout-shift", entry => { if (!entry.hadRecentInput) window.seen.shift += entry.value });
    watch("largest-contentful-paint", entry => { window.seen.paint = entry.startTime });
    watch("longtask", entry => { window.seen.blocked += Math.max(0, entry.duration - 50) });
"""
#: Painted, and its largest part noted.
IS_PAINTED = """() => window.seen.paint > 0
    && performance.getEntriesByName("first-contentful-paint").length > 0"""
READ_FIGURES = """() => ({
    first: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    elements: document.getElementsByTagName("*").length, ...window.seen})"""

#: The smallest answer of the same server: a request for the style sheet.
FLOOR = "/static/controlwatch.css"

Pages = dict[str, Callable[[], str]]


def main() -> None:
    """Measure on both databases."""
    print(f"pages: {REQUESTS} requests each; the aim is p95 <= {AIM_MS:.0f} ms and <= {AIM_BYTES:,} bytes")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        on("SQLite", Path(folder), is_drawn=True)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server runs as another user
        with server(Path(folder) / "pg") as url:
            on("PostgreSQL", Path(folder) / "state", is_drawn=False, database_url=SecretStr(url))
    print(f"pages: {time.monotonic() - started:.0f} s in all")


def on(name: str, folder: Path, *, is_drawn: bool, **more: Any) -> None:
    """Fill a store, serve its pages, and print what each takes; draw them in a browser where it is wanted."""
    rng, now, started = random.Random(20261130), datetime.now(UTC), time.monotonic()

    def print_step(words: str) -> None:
        print(f" {name}: {words} ({time.monotonic() - started:.0f} s)", flush=True)

    def print_progress(count: int) -> None:
        if count % PROGRESS == 0:
            print_step(f"{count:,} of {NOTICES:,} notices are written")

    chosen = Settings(state_dir=folder, watchers_dir=shipped_watchers(), listen="127.0.0.1:0", **more)
    with open_app(chosen) as app:
        assert isinstance(app.store, SqlStore)
        categories = sorted(item.id for item in app.lexicon.categories if item.kind == "item")
        fill_store(app.store, categories, today=now.date(), on_progress=print_progress)
        token = fill_desk(app.store, [watcher.id for watcher in app.watchers], categories, now=now)
        pages = list_pages(app, categories, rng, now=now)
        gc.set_threshold(*GC_THRESHOLDS)
        freeze_loaded()  # as the commands that serve the pages do
        with (
            serve_in_thread(build_web_app(app, None), host="127.0.0.1", port=0) as address,
            httpx.Client(base_url=address, timeout=60, cookies={SESSION_COOKIE: token}) as client,
        ):
            print_step("requests")
            measure_requests(client, app.store, pages)
            if is_drawn:
                print_step("in Chromium")
                measure_in_browser(address, token, pages)
            print_step("done")


def list_pages(app: App, categories: list[str], rng: random.Random, *, now: datetime) -> Pages:
    """Return the path of every page by its name, some of them with changing parameters."""
    assert isinstance(app.store, SqlStore)
    published = build_publications(app)
    number = published.save_filter(account_id=None, name="all", chosen=EVERY_NOTICE)
    calendar, feed = published.build_filter_calendar_path(number), published.build_filter_feed_path(number)
    keys, largest = choose_changes(app.store, 400, rng), find_largest(app.store)

    def choose_day() -> str:
        return (now - timedelta(days=rng.randrange(400, 5_000))).date().isoformat()

    return {
        "today": lambda: "/",
        "notices": lambda: "/notices",
        "notices, category": lambda: f"/notices?category={rng.choice(categories)}&changes=1",
        "notices, text": lambda: f"/notices?text={quote(f'第{rng.randrange(90_000)}号')}",
        "notices, period": lambda: f"/notices?from={choose_day()}&direction=tighten",
        "notice": lambda: f"/notices/{quote(rng.choice(keys))}",
        "notice, on a day": lambda: f"/notices/{quote(rng.choice(keys))}?on={choose_day()}",
        "notice, 400 codes": lambda: f"/notices/{quote(largest)}",
        "items": lambda: "/items",
        "item, group": lambda: f"/items/{rng.choice(categories).partition('.')[0]}",
        "item, category": lambda: f"/items/{rng.choice(categories)}?on={choose_day()}",
        "item, HS code": lambda: f"/items/{rng.randrange(2500, 9500)}",
        "calendar": lambda: f"/calendar?month={choose_day()[:7]}",
        "calendar, list": lambda: f"/calendar?view=list&category={rng.choice(categories)}",
        "entities": lambda: f"/entities?on={choose_day()}",
        "entities, search": lambda: f"/entities?q=sample+{rng.randrange(90_000)}+trading",
        "subscriptions": lambda: "/subscriptions",
        "subscription form": lambda: "/subscriptions/new",
        "a subscription": lambda: f"/subscriptions/{rng.randrange(1, SUBSCRIPTIONS)}/edit",
        "subscriptions as file": lambda: "/subscriptions/import",
        "alerts": lambda: "/alerts",
        "alerts, all": lambda: "/alerts?all=yes",
        "reviews": lambda: "/reviews",
        "sources": lambda: "/sources",
        "a source": lambda: "/sources/mofcom-policy",
        "operations": lambda: "/operations",
        "saved filters": lambda: "/filters",
        "weekly report": lambda: f"/report?week=2025-W{rng.randrange(10, 40)}",
        "people": lambda: "/people",
        "a person": lambda: "/people/1",
        "audit log": lambda: "/audit?who=person.7",
        "account": lambda: "/account",
        "calendar (iCalendar)": lambda: calendar,
        "feed (Atom)": lambda: feed,
    }


def measure_requests(client: httpx.Client, store: SqlStore, pages: Pages) -> None:
    """Open each page some times over HTTP, and print p95, the first time after a change, and the bytes."""
    for turn, (name, path) in enumerate(pages.items()):
        changed = []
        for attempt in range(CHANGES):
            touch_store(store, 1 + turn * CHANGES + attempt)
            changed.append(request(client, path()).taken)
        # In turn with the floor, so that what else the machine does is in both.
        pairs = [(request(client, path()), request(client, FLOOR)) for _ in range(REQUESTS)]
        times, floor = [one.taken for one, _ in pairs], statistics.median(low.taken for _, low in pairs)
        size, is_page = max(one.size for one, _ in pairs), not path().startswith(FILES)
        missed = " TOO SLOW" if p95(times) > (AIM_MS if is_page else AIM_CALENDAR_MS) else ""
        missed += " TOO LARGE" if is_page and size > AIM_BYTES else ""
        print(
            f"  {name:21} p95 {p95(times):6.1f} ms  processor {p95([one.worked for one, _ in pairs]):6.1f} ms"
            f"  ({statistics.median(times) / floor:5.1f} times the floor)"
            f"  after a change {max(changed):7.1f} ms  {size:8,} bytes{missed}",
            flush=True,
        )
    calendar = Calendar.from_ical(client.get(pages["calendar (iCalendar)"]()).content)
    print(
        f"  the calendar has {len(calendar.events):,} events; the aim is {AIM_CALENDAR_MS:.0f} ms for 1,000"
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request took."""

    taken: float  #: ms
    worked: float  #: ms of the processor, of this process: the server and the client, and not the database
    size: int  #: bytes


def request(client: httpx.Client, path: str) -> Answer:
    """Send a request, and return what it took."""
    before, worked = time.perf_counter(), time.process_time()
    answer = client.get(path)
    taken, worked = (time.perf_counter() - before) * 1000, (time.process_time() - worked) * 1000
    assert answer.status_code in {200, 404}, f"{path}: {answer.status_code}"
    return Answer(taken, worked, len(answer.content))


def p95(times: list[float]) -> float:
    """Return the 95th percentile."""
    return sorted(times)[int(len(times) * 0.95) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a browser says of a page that it opened."""

    first: float  #: first contentful paint, ms
    largest: float  #: largest contentful paint, ms
    blocked: float  #: total blocking time, ms
    shift: float  #: cumulative layout shift
    elements: int
    size: int  #: bytes of everything that was loaded
    hosts: int  #: other than the server


def measure_in_browser(address: str, session: str, pages: Pages) -> None:
    """Open each page at both widths, and print what Lighthouse would."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    if path is None:
        print("  Chromium is missing: apt-get install chromium fonts-noto-cjk, or set CHROMIUM to its path")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        for width in DEVICES:
            blank = [open_view(browser, width, address, session, "/nowhere") for _ in range(3)]
            floor = statistics.median(view.first for view in blank)
            print(f"  {width} px: the first paint of a page without content takes {floor:.0f} ms")
            for name, find_path in pages.items():
                if not find_path().startswith(FILES):
                    view = open_view(browser, width, address, session, find_path())
                    print(f"  {name:21} {describe(view, floor)}", flush=True)
        browser.close()


def describe(view: View, floor: float) -> str:
    """Return the figures of a view in one line."""
    large = " TOO LARGE" if view.size > AIM_BYTES else ""
    return (
        f"first paint {view.first:5.0f} ms ({view.first / floor:.1f} times the floor)  largest {view.largest:5.0f} ms"
        f"  blocked {view.blocked:4.0f} ms  shift {view.shift:.3f}  {view.elements:6,} elements  {view.size:7,} bytes"
        f"  other hosts {view.hosts}{large}"
    )


def open_view(browser: Browser, width: int, address: str, session: str, path: str) -> View:
    """Open a page with nothing in the cache, on a line and a processor like those of the device."""
    latency, speed, slower = DEVICES[width]
    context = browser.new_context(viewport={"width": width, "height": 800})
    context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": address}])
    page = context.new_page()
    loaded: dict[str, int] = {}
    page.on("response", lambda answer: loaded.update({answer.url: len(answer.body()) if answer.ok else 0}))
    protocol = context.new_cdp_session(page)
    protocol.send("Network.enable")
    line = {"offline": False, "latency": latency, "downloadThroughput": speed, "uploadThroughput": speed}
    protocol.send("Network.emulateNetworkConditions", line)
    protocol.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.add_init_script(WATCH_PAINTS)
    page.goto(address + path, wait_until="load")
    page.wait_for_function(IS_PAINTED)
    seen = page.evaluate(READ_FIGURES)
    context.close()
    return View(
        first=seen["first"],
        largest=seen["paint"],
        blocked=seen["blocked"],
        shift=seen["shift"],
        elements=seen["elements"],
        size=sum(loaded.values()),
        hosts=sum(not url.startswith((address, "data:")) for url in loaded),
    )
