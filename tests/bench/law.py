"""Questions of law on 100,000 notices with 50 acts a category, on SQLite and on PostgreSQL.

The floor, measured in the same run, is what the database alone takes to hand over the same rows: one
bare indexed query a question. And the first start with the shipped register, and one without.
"""

from __future__ import annotations

import gc
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.register_loader import load_register
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.base import ADDRESS, FINDING, NOTICE, VERSION, notice_to_json
from controlwatch.bootstrap.question_app import build_queries
from controlwatch.core.model import Notice
from tests.store.postgres import server

NOTICES = 100_000
ACTS = 50  #: a category
ONE_IN = 8  #: of the notices is a change; the others are news, answers and reports
QUESTIONS = 400
BATCH = 5_000
ABOVE = 1_000_000  #: ids of ours, beyond those of the register
FIRST = date(2010, 1, 4)
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
Row = dict[str, object]


def notices(categories: list[str], rng: random.Random) -> Iterator[tuple[Row, list[Row]]]:
    """Yield notices, each with its findings: one in eight a change with a category, codes and a day."""
    acted = dict.fromkeys(categories, 0)
    earlier: dict[str, list[str]] = {name: [] for name in categories}
    for n in range(1, NOTICES + 1):
        issued = FIRST + timedelta(days=n * 6_000 // NOTICES)
        change = n % ONE_IN == 0
        key = f"MOFCOM {issued.year}-{n}"
        category = categories[(n // ONE_IN) % len(categories)]
        findings = [finding("category", category, "物项")]
        if change:
            findings += [
                finding("hs", f"{rng.randrange(2500, 9500)}{rng.randrange(10_000):04}", "参考海关商品编号"),
                finding(
                    "control", f"{rng.randrange(10)}{rng.choice('ABCDE')}{rng.randrange(1000):03}", "管制编码"
                ),
                finding("effective", "", "自公布之日起", basis="stated", scope="all", start=issued),
            ]
            if earlier[category] and acted[category] < ACTS:
                acted[category] += 1
                verb = ("suspends", "repeals", "extends", "resumes")[acted[category] % 4]
                findings.append(finding("relation", rng.choice(earlier[category]), "暂停", basis=verb))
            earlier[category].append(key)
        yield notice(n, key, issued, change=change), findings


def notice(n: int, key: str, issued: date, *, change: bool) -> Row:
    return {
        "id": ABOVE + n,
        "key": key,
        "number": key,
        "title": f"公布对第{n}号物项实施出口管制的决定",
        "kind": "announcement" if change else "news",
        "issuers": ["MOFCOM"],
        "published": issued,
        "is_change": change,
        "direction": "tighten",
        "official": True,
        "rung": False,
        "watcher_id": "bench",
        "url": f"https://bench.example/{n}.html",
        "first_seen_at": NOW,
        "version_id": ABOVE + n,
    }


def finding(kind: str, value: str, quote: str, **others: object) -> Row:
    return {"kind": kind, "value": value, "quote": quote, "basis": "", "scope": "", "start": None} | others


def fill(store: SqlStore, rows: Iterable[tuple[Row, list[Row]]]) -> None:
    """Write notices in batches, past the pipeline: this measures questions, not taking in."""
    reading = notice_to_json(Notice(title="", language="zh-Hans"))
    batch: list[tuple[Row, list[Row]]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            write(store, batch, reading)
            batch = []
    write(store, batch, reading)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def write(store: SqlStore, batch: list[tuple[Row, list[Row]]], reading: Row) -> None:
    if not batch:
        return
    common: Row = {"kind": "new", "made_at": NOW, "text": "", "fingerprint": "", "reading": reading}
    common |= {"redline": [], "moved": [], "fallback": False, "quiet_because": ""}
    with store.engine.begin() as connection:
        connection.execute(NOTICE.insert(), [row for row, _ in batch])
        stands: list[Row] = [
            {
                "id": row["id"],
                "address": row["url"],
                "url": row["url"],
                "notice_id": row["id"],
                "watcher_id": "bench",
                "first_seen_at": NOW,
                "differs": False,
            }
            for row, _ in batch
        ]
        connection.execute(ADDRESS.insert(), stands)
        versions = [
            common | {"id": row["id"], "notice_id": row["id"], "address_id": row["id"], "title": row["title"]}
            for row, _ in batch
        ]
        connection.execute(VERSION.insert(), versions)
        found = [
            item | {"notice_id": row["id"], "version_id": row["id"]}
            for row, findings in batch
            for item in findings
        ]
        connection.execute(FINDING.insert(), found)


def timed(work: Callable[[], object]) -> float:
    """Milliseconds that some work takes."""
    before = time.perf_counter()
    work()
    return (time.perf_counter() - before) * 1000


def report(name: str, times: list[float], floor: list[float]) -> None:
    """Print the median, p99 and the worst, and the ratio of medians to the floor."""
    ordered = sorted(times)
    p99 = ordered[int(len(ordered) * 0.99) - 1]
    ratio = statistics.median(times) / statistics.median(floor)
    print(
        f"  {name:22} median {statistics.median(times):6.1f} ms  p99 {p99:6.1f} ms  worst {ordered[-1]:6.1f} ms"
        f"  ({ratio:.1f} times a bare query)"
    )


def ask(store: SqlStore, categories: list[str], rng: random.Random) -> None:
    """Ask, and print."""
    queries = build_queries(store, load_lexicon())
    on = date(2020, 6, 1)
    keys = [f"MOFCOM {key}" for key in numbers(store, rng)]
    codes = values(store, "hs", rng), values(store, "control", rng)
    floor = [timed(lambda key=key: bare(store, key)) for key in keys]
    report("status NUMBER", [timed(lambda key=key: queries.law.status(key, on=on)) for key in keys], floor)
    names = [rng.choice(categories) for _ in range(QUESTIONS // 2)]
    floor = [timed(lambda name=name: touching(store, name)) for name in names]
    report(
        "status CATEGORY", [timed(lambda name=name: queries.law.status(name, on=on)) for name in names], floor
    )
    report(
        "lookup HS code",
        [timed(lambda code=code: queries.law.lookup(code, on=on)) for code in codes[0]],
        floor,
    )
    report(
        "lookup control code",
        [timed(lambda code=code: queries.law.lookup(code, on=on)) for code in codes[1]],
        floor,
    )
    words = [load_lexicon().get_category_name(name, "zh") for name in names]
    report("lookup word", [timed(lambda word=word: queries.law.lookup(word, on=on)) for word in words], floor)
    report("upcoming, 30 days", [timed(lambda: queries.law.upcoming(on=on)) for _ in range(50)], floor)


def numbers(store: SqlStore, rng: random.Random) -> list[str]:
    with store.engine.begin() as connection:
        held = (
            connection.execute(select(NOTICE.c.key).where(NOTICE.c.is_change, NOTICE.c.id > ABOVE))
            .scalars()
            .all()
        )
    return [key.removeprefix("MOFCOM ") for key in rng.choices(held, k=QUESTIONS)]


def values(store: SqlStore, kind: str, rng: random.Random) -> list[str]:
    with store.engine.begin() as connection:
        held = connection.execute(select(FINDING.c.value).where(FINDING.c.kind == kind)).scalars().all()
    return rng.choices(held, k=QUESTIONS)


def bare(store: SqlStore, key: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(select(NOTICE).where(NOTICE.c.key == key)).all()


def touching(store: SqlStore, category: str) -> None:
    with store.engine.begin() as connection:
        joined = select(NOTICE, FINDING).join(FINDING, FINDING.c.notice_id == NOTICE.c.id)
        connection.execute(
            joined.where(FINDING.c.kind == "category", FINDING.c.value == category, NOTICE.c.is_change)
        ).all()


def on(name: str, url: str) -> None:
    """Measure on one database."""
    rng = random.Random(7)
    started = time.perf_counter()
    empty = SqlStore.open(f"{url}")
    opened = time.perf_counter() - started
    started = time.perf_counter()
    empty.register.import_entries(load_register(load_lexicon()), NOW)
    print(f"{name}: first start, schema {opened:.2f} s, register {time.perf_counter() - started:.2f} s")
    categories = sorted(category.id for category in load_lexicon().categories if category.kind == "item")
    fill(empty, notices(categories, rng))
    print(f"{name}: {NOTICES:,} notices, {len(categories)} categories, {ACTS} acts a category")
    gc.collect()
    gc.freeze()  # what filling left behind is not the questions' to clean up
    ask(empty, categories, rng)
    empty.close()


def main() -> None:
    """Run and print."""
    with tempfile.TemporaryDirectory() as folder:
        on("SQLite", f"sqlite:///{Path(folder) / 'law.db'}")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server runs as another user
        with server(Path(folder) / "pg") as url:
            on("PostgreSQL", url)
