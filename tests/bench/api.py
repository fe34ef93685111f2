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

from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.base import ADDRESS, NOTICE, VERSION, notice_to_json
from controlwatch.adapters.storage.findings import LatestReading, write_findings_of_many
from controlwatch.bootstrap.app import open_app
from controlwatch.core.model import (
    CategoryFinding,
    CodeFinding,
    Direction,
    DocumentNumber,
    EffectiveDate,
    Notice,
    NoticeKind,
)
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app
from tests.store.postgres import server

NOTICES = 100_000
BATCH = 2_000
ABOVE = 1_000_000  #: ids of ours, beyond those of the register
FIRST = date(2010, 1, 4)
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
REQUESTS = 60  #: of each kind
SCREENED = 5_000
ISSUERS = (("MOFCOM",), ("MOFCOM", "GACC"), ("GACC",), ("CAEA",), ("State Council",))
PLACES = ("US", "JP", "TW", "EU", "KR")
#: Words of which texts are made; the last one is in one notice of a thousand.
WORDS = (
    "出口经营者",
    "应当向商务部提出申请",
    "两用物项",
    "最终用户",
    "国家安全",
    "未经许可不得出口",
    "海关依法办理",
    "本公告自公布之日起实施",
)
RARE = "铟磷衬底外延片"


def make_notice(n: int, categories: list[str], rng: random.Random) -> tuple[Notice, str]:
    """Return a notice with its text: one in four is a change, one in fifty has no day."""
    issued = FIRST + timedelta(days=n * 6_000 // NOTICES)
    is_change = n % 4 == 0
    words = [rng.choice(WORDS) for _ in range(60)]
    if n % 1_000 == 0:
        words.insert(30, RARE)
    chosen = rng.sample(categories, k=2) if n % 3 else [categories[0]]
    notice = Notice(
        title=f"公布对第{n}号物项实施出口管制的决定",
        language="zh-Hans",
        number=DocumentNumber(issuers=("MOFCOM",), year=issued.year, n=n),
        issuers=rng.choice(ISSUERS),
        kind=NoticeKind.ANNOUNCEMENT if is_change else NoticeKind.NEWS,
        published=issued if n % 50 else None,
        is_change=is_change,
        direction=rng.choice(list(Direction)) if is_change else Direction.NEUTRAL,
        effective=(EffectiveDate(start=issued, basis="stated", quote="自公布之日起实施"),),
        categories=tuple(CategoryFinding(id=name, quote="物项") for name in chosen),
        destinations=(rng.choice(PLACES),) if n % 10 == 0 else (),
        hs_codes=(CodeFinding(code=f"{rng.randrange(25, 95)}{rng.randrange(10**8):08}", quote="编号"),),
    )
    return notice, "，".join(words)


def fill(store: SqlStore, categories: list[str]) -> None:
    """Write notices in batches, past the pipeline: this measures answers, not taking in."""
    rng = random.Random(7)
    for start in range(1, NOTICES + 1, BATCH):
        made = {ABOVE + n: make_notice(n, categories, rng) for n in range(start, start + BATCH)}
        with store.engine.begin() as connection:
            connection.execute(
                NOTICE.insert(), [notice_row(key, notice) for key, (notice, _) in made.items()]
            )
            connection.execute(ADDRESS.insert(), [address_row(key) for key in made])
            connection.execute(VERSION.insert(), [version_row(key, *pair) for key, pair in made.items()])
            readings = [
                LatestReading(notice_id=key, version_id=key, notice=notice, body=f"{notice.title}\n{text}")
                for key, (notice, text) in made.items()
            ]
            write_findings_of_many(readings, connection)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def notice_row(key: int, notice: Notice) -> dict[str, Any]:
    assert notice.number is not None
    names = ("title", "published", "is_change")
    return {name: getattr(notice, name) for name in names} | {
        "id": key,
        "key": f"MOFCOM {notice.number.year}-{notice.number.n}",
        "number": notice.number.canonical,
        "kind": notice.kind.value,
        "issuers": list(notice.issuers),
        "direction": notice.direction.value,
        "official": True,
        "rung": False,
        "watcher_id": "bench",
        "url": f"https://bench.example/{key}.html",
        "first_seen_at": NOW,
        "version_id": key,
    }


def address_row(key: int) -> dict[str, Any]:
    url = f"https://bench.example/{key}.html"
    common = {"id": key, "notice_id": key, "watcher_id": "bench", "first_seen_at": NOW, "differs": False}
    return common | {"address": url, "url": url}


def version_row(key: int, notice: Notice, text: str) -> dict[str, Any]:
    common = {"kind": "new", "made_at": NOW, "fingerprint": "", "fallback": False, "quiet_because": ""}
    ids = {"id": key, "notice_id": key, "address_id": key}
    empty: dict[str, Any] = {"redline": [], "moved": []}
    return common | ids | empty | {"title": notice.title, "text": text, "reading": notice_to_json(notice)}


def list_queries(categories: list[str]) -> dict[str, Callable[[random.Random], dict[str, Any]]]:
    """Return what is asked of the list, by a name: parameters, some of them at random."""

    def period(rng: random.Random) -> dict[str, Any]:
        first = FIRST + timedelta(days=rng.randrange(5_000))
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
    for name, make in list_queries(categories).items():
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
    names = [f"Sample Trading {rng.randrange(10**9)} Co., Ltd." for _ in range(SCREENED)]
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
        fill(store, categories)
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
