"""The list of notices over HTTP on 100,000 notices, on SQLite and on PostgreSQL: p95 of each filter.

The floor, measured in the same run, is the smallest answer of the same server. Also one notice, a status, and
a screening of 5,000 names.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from controlwatch.bootstrap.app import open_app
from controlwatch.core.model import Direction
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app
from tests.bench.big_store import DAYS, ISSUERS, NOTICES, PLACES, RARE, WORDS, fill_store
from tests.store.postgres import server

REQUESTS = 60  #: of each kind
SCREENED = 5_000


def list_queries(categories: list[str], today: date) -> dict[str, Callable[[random.Random], dict[str, Any]]]:
    """Return what is asked of the list, by a name: parameters, some of them at random."""

    def period(rng: random.Random) -> dict[str, Any]:
        first = today - timedelta(days=rng.randrange(100, DAYS))
        return {"from": first.isoformat(), "to": (first + timedelta(days=90)).isoformat()}

    return {
        "newest": lambda _: {},
        "200 of them": lambda _: {"limit": 200},
        "category of a third": lambda _: {"category": categories[0]},
        "another category": lambda rng: {"category": rng.choice(categories[1:])},
        "group": lambda rng: {"category": rng.choice(categories).partition(".")[0]},
        "issuer": lambda rng: {"issuer": rng.choice(ISSUERS)[0]},
        "direction": lambda rng: {"direction": rng.choice(list(Direction)).value},
        "destination": lambda rng: {"destination": rng.choice(PLACES)},
        "period": period,
        "changes only": lambda _: {"changes_only": "true"},
        "frequent text": lambda rng: {"text": rng.choice(WORDS)},
        "rare text": lambda _: {"text": RARE},
        "text of no notice": lambda _: {"text": "两用物项最终用户国"},
        "category and period": lambda rng: period(rng) | {"category": rng.choice(categories)},
        "text and category": lambda rng: {"text": rng.choice(WORDS), "category": rng.choice(categories)},
        "everything": lambda rng: (
            period(rng)
            | {
                "category": categories[0],
                "issuer": "MOFCOM",
                "changes_only": "true",
                "text": rng.choice(WORDS),
            }
        ),
    }


def measure(name: str, ask: Callable[[], httpx.Response], floor: float, count: int = REQUESTS) -> list[float]:
    """Ask, and print the median and the p95 in milliseconds."""
    times = []
    for _ in range(count):
        before = time.perf_counter()
        answer = ask()
        times.append((time.perf_counter() - before) * 1_000)
        assert answer.status_code == 200, answer.text
    ordered = sorted(times)
    p95 = ordered[int(len(ordered) * 0.95) - 1]
    ratio = f"({statistics.median(times) / floor:.1f} times the floor)" if floor else ""
    print(f"  {name:22} median {statistics.median(times):7.1f} ms  p95 {p95:7.1f} ms  {ratio}", flush=True)
    return times


def walk(client: httpx.Client, **parameters: Any) -> Iterator[httpx.Response]:
    """Yield one page after another."""
    cursor: str | None = None
    while True:
        answer = client.get("/notices", params=parameters | ({"cursor": cursor} if cursor else {}))
        cursor = answer.json()["next"]
        yield answer
        if cursor is None:
            return


def ask_all(client: httpx.Client, categories: list[str]) -> None:
    rng = random.Random(17)
    floor = statistics.median(measure("floor: an error", lambda: replace_status(client.get("/nowhere")), 0))
    every: list[float] = []
    for name, make in list_queries(categories, datetime.now(UTC).date()).items():
        every += measure(name, lambda make=make: client.get("/notices", params=make(rng)), floor)  # type: ignore[misc]
    pages = walk(client, limit=100)
    every += measure("one page after another", lambda: next(pages), floor, 300)
    ordered = sorted(every)
    print(f"  the list in all: p95 {ordered[int(len(ordered) * 0.95)]:.1f} ms of {len(ordered)} requests")
    newest = [item["key"] for item in client.get("/notices", params={"limit": 200}).json()["items"]]
    path = "/notices/{}"
    measure("one notice", lambda: client.get(path.format(quote(rng.choice(newest), safe=""))), floor)
    measure(
        "status of a notice", lambda: client.get("/status", params={"subject": rng.choice(newest)}), floor
    )
    names = [f"Northern Machinery {rng.randrange(10**9)} GmbH" for _ in range(SCREENED)]
    body = {"names": names}
    measure(f"screening {SCREENED:,}", lambda: client.post("/entities/screening", json=body), floor, 1)


def replace_status(answer: httpx.Response) -> httpx.Response:
    """Return an answer as if it had not been an error, for the floor."""
    return httpx.Response(200, content=answer.content)


def on(name: str, folder: Path, **more: Any) -> None:
    """Measure on one database."""
    chosen = Settings(
        state_dir=folder,
        watchers_dir=shipped_watchers(),
        listen="127.0.0.1:0",
        api_requests_per_minute=1_000_000,
        **more,
    )
    with ExitStack() as stack:
        app = stack.enter_context(open_app(chosen))
        categories = sorted(item.id for item in app.lexicon.categories if item.kind == "item")
        started = time.perf_counter()
        store: Any = app.store
        fill_store(store, categories, today=datetime.now(UTC).date())
        print(f"{name}: {NOTICES:,} notices in {time.perf_counter() - started:.0f} s", flush=True)
        web = stack.enter_context(serve_in_thread(build_web_app(app, None), host="127.0.0.1", port=0))
        client = stack.enter_context(httpx.Client(base_url=f"{web}/api/v1", timeout=300))
        ask_all(client, categories)


def main() -> None:
    """Run and print."""
    with tempfile.TemporaryDirectory() as folder:
        on("SQLite", Path(folder) / "state")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server runs as another user
        with server(Path(folder) / "pg") as url:
            on("PostgreSQL", Path(folder) / "state", database_url=url)
