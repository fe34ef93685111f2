"""The pages at 100,000 notices, on SQLite and on PostgreSQL: p95 of each over HTTP, and its bytes.

The floor, measured in the same run, is a request for the style sheet: the server without a page.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from controlwatch.adapters.storage import SqlStore
from controlwatch.bootstrap.app import open_app
from controlwatch.bootstrap.feed_addresses import build_publications
from controlwatch.core.law.notice_filter import EVERY_NOTICE
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app
from tests.bench.law import fill, notices, numbers
from tests.store.postgres import server

REQUESTS = 40
#: What a page may take, and weigh.
AIM_MS, AIM_BYTES = 150.0, 100_000


def main() -> None:
    """Measure on both databases."""
    print(f"pages: {REQUESTS} requests each; the aim is p95 <= {AIM_MS:.0f} ms and <= {AIM_BYTES:,} bytes")
    with tempfile.TemporaryDirectory() as folder:
        print(" SQLite")
        measure(Settings(state_dir=Path(folder), watchers_dir=shipped_watchers(), listen="127.0.0.1:0"))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server runs as another user
        with server(Path(folder) / "pg") as url:
            print(" PostgreSQL")
            settings = Settings(
                state_dir=Path(folder) / "state",
                watchers_dir=shipped_watchers(),
                listen="127.0.0.1:0",
                database_url=SecretStr(url),
            )
            measure(settings)


def measure(settings: Settings) -> None:
    """Fill a store, serve its pages, and print what each takes."""
    rng = random.Random(20261130)
    with open_app(settings) as app:
        assert isinstance(app.store, SqlStore)
        categories = sorted(item.id for item in app.lexicon.categories if item.kind == "item")
        fill(app.store, notices(categories, rng))
        keys = [f"MOFCOM {number}" for number in numbers(app.store, rng)]
        with (
            serve_in_thread(build_web_app(app, None), host="127.0.0.1", port=0) as address,
            httpx.Client(base_url=address, timeout=60) as client,
        ):
            published = build_publications(app)
            number = published.save_filter(account_id=None, name="all", chosen=EVERY_NOTICE)
            paths = (published.build_filter_calendar_path(number), published.build_filter_feed_path(number))
            ask(client, categories, keys, paths, rng)


def ask(
    client: httpx.Client,
    categories: list[str],
    keys: list[str],
    signed: tuple[str, str],
    rng: random.Random,
) -> None:
    """Open each page some times, with changing parameters; the signed paths are a calendar and a feed."""
    pages: dict[str, Callable[[], str]] = {
        "today": lambda: "/",
        "notices": lambda: "/notices",
        "notices, category": lambda: f"/notices?category={rng.choice(categories)}&changes=1",
        "notices, text": lambda: f"/notices?text={quote(f'第{rng.randrange(90_000)}号')}",
        "notices, period": lambda: f"/notices?from=20{rng.randrange(11, 26)}-03-01&direction=tighten",
        "notice": lambda: f"/notices/{quote(rng.choice(keys))}",
        "items": lambda: "/items",
        "item, category": lambda: f"/items/{rng.choice(categories)}",
        "item, HS code": lambda: f"/items/{rng.randrange(2500, 9500)}",
        "entities": lambda: "/entities?q=shield",
        "subscriptions": lambda: "/subscriptions",
        "subscription form": lambda: "/subscriptions/new",
        "alerts": lambda: "/alerts?all=yes",
        "reviews": lambda: "/reviews",
        "sources": lambda: "/sources",
        "operations": lambda: "/operations",
        "calendar": lambda: f"/calendar?month=2025-0{rng.randrange(2, 10)}",
        "calendar, list": lambda: f"/calendar?view=list&category={rng.choice(categories)}",
        "saved filters": lambda: "/filters",
        "weekly report": lambda: f"/report?week=2025-W{rng.randrange(10, 40)}",
        "calendar (iCalendar)": lambda: signed[0],
        "feed (Atom)": lambda: signed[1],
    }
    floor = p95([request(client, "/static/controlwatch.css")[0] for _ in range(REQUESTS)])
    for name, path in pages.items():
        client.get(path())  # the first one loads templates
        found = [request(client, path()) for _ in range(REQUESTS)]
        print(
            f"  {name:20} p95 {p95([taken for taken, _ in found]):7.1f} ms  "
            f"({p95([taken for taken, _ in found]) / floor:5.1f} times the floor)  "
            f"{max(size for _, size in found):8,} bytes"
        )


def request(client: httpx.Client, path: str) -> tuple[float, int]:
    """Return the milliseconds and the bytes of a request."""
    before = time.perf_counter()
    answer = client.get(path)
    taken = (time.perf_counter() - before) * 1000
    assert answer.status_code in {200, 404}, f"{path}: {answer.status_code}"
    return taken, len(answer.content)


def p95(times: list[float]) -> float:
    """Return the 95th percentile."""
    return sorted(times)[int(len(times) * 0.95) - 1]
