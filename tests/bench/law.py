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
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import select

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.register_loader import load_register
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.base import FINDING, NOTICE
from controlwatch.bootstrap.question_app import build_queries
from tests.bench.big_store import ACTS, NOTICES, choose_changes, fill_store
from tests.store.postgres import server

QUESTIONS = 400


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
    keys = choose_changes(store, QUESTIONS, rng)
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
    empty.register.import_entries(load_register(load_lexicon()), datetime.now(UTC))
    print(f"{name}: first start, schema {opened:.2f} s, register {time.perf_counter() - started:.2f} s")
    categories = sorted(category.id for category in load_lexicon().categories if category.kind == "item")
    fill_store(empty, categories, today=datetime.now(UTC).date())
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
