"""Three workers on one PostgreSQL that are killed, stopped and cut off while sources publish: one ledger at the end."""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter, defaultdict
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import SQLAlchemyError

from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.base import ALERT, DELIVERY, alert_from_json
from controlwatch.adapters.system.job_queue import JobQueue
from controlwatch.core.model import Subscription
from controlwatch.services.delivery_lane import LEASE_SECONDS
from controlwatch.services.verify import verify_chain
from controlwatch.testing.sites import Answer, Sites
from tests.processes import Fork, type_commands, typed
from tests.services.world import Ministry, Page, tightening
from tests.store.postgres import QUICK, drop_schema, restart, server
from tests.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from controlwatch.testing.sites import Asked

HOSTS, TARGETS = 3, 2
#: Seconds that a host wants between two requests, and by which a clock may be off when it measures them.
PAUSE, BLUR = 0.25, 0.02
#: Seconds within which all is told after the last misfortune: what was being sent waits for its lease to end,
#: and what follows quickly is gathered for a minute.
RECOVERY = LEASE_SECONDS + 120.0

DECLARATION = """\
id = "{id}"
name = "{id} (公告)"
issuer = "MOFCOM"
maintainers = ["tests"]
confidence = "A"
[schedule]
cron = ["{cron}"]
[index]
kind = "links"
url = "https://{host}/notices/{index}"
rows = "ul.list > li"
date = "span"
article = '^/notices/.+\\.html$'
pages = {{ style = "path", name = "index_{{n}}.html" }}
[detail]
title = ["h1"]
published = ["p.day"]
body = ["div.body"]
[http]
hosts = ["{host}"]
pause = {pause}
timeout = 20.0
"""


def declare(
    folder: Path,
    name: str,
    host: str,
    *,
    cron: str = "0 0 1 1 *",
    pause: float = PAUSE,
    index: str = "index.html",
) -> None:
    """Declare a source; by default its schedule never comes, and only the test makes it due."""
    declared = DECLARATION.format(id=name, host=host, cron=cron, pause=pause, index=index)
    (folder / f"{name}.toml").write_text(declared, encoding="utf-8")


class TimedSites(Sites):
    """Sites that note when each host was requested, and when they answered."""

    def __init__(self) -> None:
        super().__init__()
        self.times: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        self.paths: defaultdict[str, list[str]] = defaultdict(list)  #: of the same requests
        self._noting = threading.Lock()

    def answer(self, asked: Asked) -> Answer:
        """Answer, and note the times."""
        began = time.monotonic()
        given = super().answer(asked)
        with self._noting:
            self.times[asked.host].append((began, time.monotonic()))
            self.paths[asked.host].append(asked.path)
        return given

    def find_gaps(self) -> list[float]:
        """Return the time between the end of each answer and the next request, of all hosts that publish."""
        found = []
        for host, times in self.times.items():
            if host.endswith(".example"):
                ordered = sorted(times)
                found += [after[0] - before[1] for before, after in pairwise(ordered)]
        return found


@dataclass
class Ledger:
    """What became of everything that was published."""

    published: int
    misfortunes: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)  #: published, and not taken in, alerted or told
    doubled: list[str] = field(default_factory=list)  #: alerted twice, or told twice under two keys
    repeated: int = 0  #: told again under the same key
    faults: list[str] = field(default_factory=list)  #: of the chain and the bytes
    smallest_gap: float = 0.0
    violations: int = 0
    requests: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether published = taken in = told, none twice, and no host's pause was cut short."""
        return not (self.lost or self.doubled or self.faults or self.violations)

    def __str__(self) -> str:
        met = ", ".join(f"{count} {name}" for name, count in sorted(self.misfortunes.items()))
        return (
            f"{self.misfortunes.total()} misfortunes ({met}); {self.published} notices published to {TARGETS} targets: "
            f"lost {len(self.lost)}, told twice {len(self.doubled)}, repeated under their key {self.repeated}, "
            f"faults of chain and bytes {len(self.faults)}; {self.requests} requests, pauses cut short "
            f"{self.violations}, smallest {self.smallest_gap:.3f} s of {PAUSE} s"
        )


class ClusterHome:
    """An installation of several workers, and the world around it."""

    def __init__(
        self, folder: Path, database: str, sites: TimedSites, *, workers: int, seed: int = 1
    ) -> None:
        self.folder, self.database, self.sites = folder, database, sites
        self.dice = random.Random(seed)
        self.watchers = folder / "watchers"
        self.watchers.mkdir()
        self.ministries = [Ministry(sites, host=f"https://www.m{n}.example") for n in range(HOSTS)]
        self.published: list[Page] = []
        self.misfortunes: Counter[str] = Counter()
        self.told: list[tuple[str, str, str]] = []  #: target, key, path of the notice
        self._workers: list[Fork] = []
        self._started = 0
        self.restarted = 0  #: workers that ended by themselves
        self._engine = create_engine(database, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
        for n, ministry in enumerate(self.ministries):
            declare(self.watchers, f"ministry-{n}", ministry.host.removeprefix("https://"))
            ministry.publish(_build_page(100 + n))
        for n in range(TARGETS):
            sites.put(f"{sites.origin}/hook{n}", self._receive)
        self.count = workers

    def _receive(self, asked: Asked) -> Answer:
        for card in json.loads(asked.body)["cards"]:
            told = asked.path, asked.headers["idempotency-key"], urlsplit(card["url"] or "").path
            self.told.append(told)
        return Answer(body=b"ok")

    @property
    def env(self) -> dict[str, str]:
        """The settings that all workers share."""
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("CONTROLWATCH_")},
            "CONTROLWATCH_ENGINE": "postgresql",
            "CONTROLWATCH_DATABASE_URL": self.database,
            "CONTROLWATCH_ARCHIVE": "database",
            "CONTROLWATCH_SECRET": "s" * 40,
            "CONTROLWATCH_WEBHOOK_SECRET": "w" * 40,
            "CONTROLWATCH_WATCHERS_DIR": str(self.watchers),
            "CONTROLWATCH_CONNECT_TO": self.sites.origin,
            "CONTROLWATCH_STATE_DIR": str(self.folder / "command"),
        }

    def settle_in(self) -> None:
        """Migrate, subscribe, start the workers, and let them look at every source for the first time."""
        done = typed(["migrate"], env=self.env)
        assert done.returncode == 0, done.stderr
        store = SqlStore.open(self.database)
        for n in range(TARGETS):
            target = f"{self.sites.origin}/hook{n}"
            store.subscriptions.subscribe(Subscription(channel="webhook", target=target), datetime.now(UTC))
        store.close()
        for _ in range(self.count):
            self.start_worker()
        wait_for(lambda: self.ask("SELECT count(*) FROM watcher WHERE last_success_at IS NOT NULL") == HOSTS)

    def ask(self, statement: str) -> Any:
        """Return one value from the database."""
        with self._engine.connect() as connection:
            return connection.execute(text(statement)).scalar()

    def do(self, statement: str) -> None:
        """Change the database past the workers."""
        with self._engine.connect() as connection:
            connection.execute(text(statement))

    def drop_queue(self) -> None:
        """Drop the queue with all its jobs."""
        drop_schema(self._engine, JobQueue(self._engine.url).schema)

    # ------------------------------------------------------------------ workers

    @property
    def workers(self) -> list[Fork]:
        """Those that were started and not ended."""
        return self._workers

    def start_worker(self) -> None:
        """Start one more worker."""
        self._started += 1
        env = self.env | {"CONTROLWATCH_STATE_DIR": str(self.folder / f"state{self._started}")}
        log = self.folder / f"worker{self._started}.log"
        self._workers.append(Fork(type_commands, ("run",), env=env, out=log))

    def kill_worker(self, n: int) -> None:
        """Kill a worker at once, and start another in its place."""
        worker = self._workers.pop(n)
        worker.send_signal(signal.SIGKILL)
        worker.wait(RECOVERY)
        self.misfortunes["kills"] += 1
        self.start_worker()

    def supervise(self) -> None:
        """Start again what has ended by itself, as a supervisor does."""
        for worker in list(self._workers):
            with suppress(subprocess.TimeoutExpired):
                worker.wait(0)
                self._workers.remove(worker)
                self.restarted += 1
                self.start_worker()

    def stop_all(self) -> list[int]:
        """Ask all workers to stop; return their exit statuses."""
        for worker in self._workers:
            worker.send_signal(signal.SIGCONT)
            worker.send_signal(signal.SIGTERM)
        return [worker.wait(RECOVERY) for worker in self._workers]

    def end(self) -> None:
        """Leave nothing behind."""
        for worker in self._workers:
            with suppress(ProcessLookupError):
                worker.send_signal(signal.SIGKILL)
            worker.wait(RECOVERY)
        self._engine.dispose()

    # ------------------------------------------------------------------ the world

    def publish(self, times: int = 1) -> None:
        """Publish notices at every ministry, and let the sources be due."""
        for ministry in self.ministries:
            for _ in range(times):
                page = _build_page(len(self.published) + 501)
                self.published.append(page)
                ministry.publish(page)
        self.make_due()

    def make_due(self) -> None:
        """Let every source be due now, unless it is being polled."""
        self.do("UPDATE schedule SET next_at = clock_timestamp() WHERE owner IS NULL")

    def has_begun(self) -> bool:
        """Whether a worker is at one of the notices published last; if not, the sources are due."""
        if any(asked.path == self.published[-1].path for asked in self.sites.asked):
            return True
        self.make_due()
        return False

    def wait_until_told(self) -> None:
        """Wait until every target was told of everything; sources that failed meanwhile are due again."""
        ends = time.monotonic() + RECOVERY
        wanted = {(f"/hook{n}", page.path) for n in range(TARGETS) for page in self.published}
        while wanted - {(target, path) for target, _, path in self.told}:
            if time.monotonic() > ends:
                return  # the ledger says what is missing
            with suppress(SQLAlchemyError):
                self.make_due()
            self.supervise()
            time.sleep(1.0)

    def wait_until_settled(self) -> None:
        """Wait until no delivery is under way.

        One that was told of by a worker which was killed before it settled it is told again, under its key, once
        its lease has ended; nobody waits for that: what is not settled by itself is free at once.
        """
        ends, patience = time.monotonic() + RECOVERY, time.monotonic() + 30
        while time.monotonic() < ends:
            with suppress(SQLAlchemyError):
                if not self.ask("SELECT count(*) FROM delivery WHERE state <> 'sent'"):
                    return
                if time.monotonic() > patience:
                    self.do("UPDATE delivery SET lease_until = clock_timestamp() WHERE state = 'leased'")
                    patience = ends
            self.supervise()
            time.sleep(1.0)

    def close_ledger(self) -> Ledger:
        """Compare what was published with what was taken in, alerted and told."""
        store = SqlStore.open(self.database, is_cluster=True)
        with store.engine.begin() as connection:
            payloads = connection.execute(select(ALERT.c.payload)).scalars().all()
            states = Counter(connection.execute(select(DELIVERY.c.state)).scalars())
        verdict = verify_chain(store.custody, store.bodies)
        store.close()
        alerts = [alert for alert in map(alert_from_json, payloads) if alert.kind == "new" and alert.notice]
        made = Counter(alert.notice.title for alert in alerts if alert.notice)
        keys: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for target, key, path in self.told:
            keys[target, path].add(key)
        told = Counter((target, path) for target, _, path in self.told)
        gaps = self.sites.find_gaps()
        return Ledger(
            published=len(self.published),
            misfortunes=self.misfortunes,
            lost=[page.title for page in self.published if not made[page.title]]
            + [
                f"{page.title} to /hook{n}"
                for page in self.published
                for n in range(TARGETS)
                if not told[f"/hook{n}", page.path]
            ]
            + [f"{count} deliveries {state}" for state, count in states.items() if state != "sent"],
            doubled=[title for title, count in made.items() if count > 1]
            + [f"{path} to {target}" for (target, path), found in keys.items() if path and len(found) > 1],
            repeated=sum(count - 1 for (_, path), count in told.items() if path),
            faults=[str(fault) for fault in verdict.faults],
            smallest_gap=min(gaps, default=0.0),
            violations=sum(gap < PAUSE - BLUR for gap in gaps),
            requests=sum(len(times) for host, times in self.sites.times.items() if host.endswith(".example")),
        )


@contextmanager
def cluster_home(
    *, workers: int = 3, seed: int = 1, options: str = QUICK
) -> Iterator[tuple[ClusterHome, Path]]:
    """Open an installation with a PostgreSQL of its own; yield it, and the folder of the server."""
    folder = Path(tempfile.mkdtemp(prefix="controlwatch-cluster-"))
    folder.chmod(0o755)  # the server runs as another user
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        database = stack.enter_context(server(folder / "pg", options))
        sites = stack.enter_context(TimedSites())
        home = ClusterHome(folder, database, sites, workers=workers, seed=seed)
        stack.callback(home.end)
        yield home, folder / "pg"


def torture(
    misfortunes: int,
    *,
    seed: int = 1,
    minutes: float = math.inf,
    says: Callable[[str], None] = lambda _: None,
) -> Ledger:
    """Let a number of faults happen while sources publish, within a limit of time, and close the ledger."""
    ends = time.monotonic() + 60 * minutes
    with cluster_home(seed=seed) as (home, pg):
        home.settle_in()
        while home.misfortunes.total() < misfortunes and time.monotonic() < ends:
            if home.misfortunes.total() % 50 == 0:
                says(f"{home.misfortunes.total()} misfortunes, {len(home.published)} notices")
            home.publish()
            time.sleep(home.dice.random() * 2)
            _let_something_happen(home, pg)
            home.supervise()
            if home.dice.random() < 0.2:
                home.wait_until_told()
        home.wait_until_told()
        home.wait_until_settled()
        return home.close_ledger()


def _let_something_happen(home: ClusterHome, pg: Path) -> None:
    """Kill a worker, stop one for a while, restart the server, cut its connections, drop the queue."""
    what = home.dice.choices(["kill", "stop", "restart", "cut", "drop"], [70, 10, 4, 10, 6])[0]
    if what == "kill":
        home.kill_worker(home.dice.randrange(len(home.workers)))
    elif what == "stop":
        worker = home.dice.choice(home.workers)
        worker.send_signal(signal.SIGSTOP)
        time.sleep(home.dice.choice([2.0, 20.0]))
        worker.send_signal(signal.SIGCONT)
        home.misfortunes["stops"] += 1
    elif what == "restart":
        restart(pg, mode=home.dice.choice(["fast", "immediate"]))
        home.misfortunes["restarts of PostgreSQL"] += 1
    elif what == "cut":
        home.do(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND backend_type = 'client backend' AND random() < 0.7"
        )
        home.misfortunes["cut connections"] += 1
    else:
        home.drop_queue()
        home.misfortunes["dropped queues"] += 1


def _build_page(number: int) -> Page:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    mark = f"第{number}类"
    words = tightening(number, item=f"{mark}金属镓", day=today).replace("2026年4月1日", "2027年4月1日")
    title = f"商务部 海关总署公告2026年第{number}号 公布对{mark}镓相关物项实施出口管制的决定"
    return Page(f"/notices/art_{number}.html", title, words, day=today)
