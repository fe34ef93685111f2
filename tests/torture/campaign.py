"""A service that is killed again and again, while its sources publish: what became of every notice and every reader.

One installation lives through it all, each process starting on what the killed one left. Half of the kills
fall on a step (a statement, a commit, a file written or renamed, a connection), half on a moment.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from controlwatch.adapters.archive.snapshots import FolderArchive
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.base import ALERT, DELIVERY, SUBSCRIPTION, alert_from_json
from controlwatch.adapters.storage.engine import open_database
from controlwatch.bootstrap.app import open_app
from controlwatch.core.model import Alert, Subscription
from controlwatch.services.verify import verify_chain
from controlwatch.testing.sites import Sites
from tests.bench.mailserver import MailServer, Taken
from tests.processes import server_of_forks
from tests.services.world import Ministry, Page, tightening
from tests.torture.life import STAGES, Home, live

if TYPE_CHECKING:
    from collections.abc import Iterator

MINISTRIES, READERS = 3, 4
START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
#: Between two processes: longer than any lease, so that nobody has to wait for it.
LATER = timedelta(minutes=25)
#: So often the store and the archive are checked while it goes on.
CHECKED = 25

WATCHER = """\
id = "ministry-{n}"
name = "Ministry {n} (公告)"
issuer = "MOFCOM"
maintainers = ["tests"]
confidence = "A"
[schedule]
cron = ["*/10 * * * *"]
[index]
kind = "links"
url = "https://www.ministry{n}.example/notices/index.html"
rows = "ul.list > li"
date = "span"
article = '^/notices/.+\\.html$'
pages = {{ style = "path", name = "index_{{n}}.html" }}
[detail]
title = ["h1"]
published = ["p.day"]
body = ["div.body"]
[http]
hosts = ["www.ministry{n}.example"]
pause = 0.0
timeout = 60.0
"""


@dataclass(slots=True)
class Published:
    """A notice as the world knows it."""

    page: Page
    ministry: Ministry | None  #: None: it was handed in
    born: int  #: the round in which it came
    edited: bool = False


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of a campaign."""

    kills: Counter[str] = field(default_factory=Counter)  #: by what the process was at
    lives: int = 0
    published: int = 0
    edited: int = 0
    lost: list[str] = field(default_factory=list)  #: notices, and states of them, that nobody was told of
    doubled: list[str] = field(default_factory=list)  #: told of by two alerts, or to one reader under two ids
    undelivered: int = 0
    again: int = 0  #: mails that came again under their Message-ID
    faults: list[str] = field(default_factory=list)  #: of the store, the archive, the chain

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, doubled or damaged."""
        return not (self.lost or self.doubled or self.undelivered or self.faults)

    def __str__(self) -> str:
        where = ", ".join(
            f"{self.kills[stage]} {name}" for stage, name in STAGES.items() if self.kills[stage]
        )
        return (
            f"{f'{self.kills.total()} kills ({where}); ' if where else ''}{self.published} notices published and {self.edited} edited: "
            f"lost {len(self.lost)}, told twice {len(self.doubled)}, not delivered {self.undelivered}, "
            f"faults of store, archive and chain {len(self.faults)}; mails again under their Message-ID {self.again}"
        )


class Campaign:
    """One installation and the world around it."""

    def __init__(
        self, folder: Path, sites: Sites, mail: MailServer, *, seed: int, database: str | None
    ) -> None:
        self.home = Home(folder=folder, origin=sites.origin, smtp=mail.url, database=database)
        self.dice = random.Random(seed)
        self.mail = mail
        self.ministries = [
            Ministry(sites, host=f"https://www.ministry{n}.example") for n in range(MINISTRIES)
        ]
        self.published: list[Published] = []
        self.outcome = Outcome()
        self.taken: list[Taken] = []
        self.now = START
        self.seconds = 0.0  #: that a life takes
        self._settle_in()

    def _settle_in(self) -> None:
        """Fill the shelf, undisturbed, and measure how long a life is."""
        (self.home.folder / "watchers").mkdir()
        for n, ministry in enumerate(self.ministries):
            path = self.home.folder / "watchers" / f"ministry-{n}.toml"
            path.write_text(WATCHER.format(n=n), encoding="utf-8")
            ministry.publish(*(_page(1000 + 10 * n + k, START) for k in range(3)))
        with open_app(self.home.settings) as app:
            for number in range(READERS):
                app.store.subscriptions.subscribe(
                    Subscription(channel="email", target=f"r{number}@reader.example"), START
                )
        (self.home.folder / "state" / "inbox").mkdir()
        self._life(None)
        self._publish(2)
        began = time.monotonic()
        self._life(None)
        self.seconds = time.monotonic() - began

    def run(self, kills: int) -> Outcome:
        """Kill so often, then let everything come to rest, and count."""
        while self.outcome.kills.total() < kills:
            self._something_happens()
            self._killed()
            if self.outcome.kills.total() % CHECKED == 0:
                self._examine()
        self._rest()
        self._examine()
        self._count()
        return self.outcome

    # ------------------------------------------------------------------ the world

    def _something_happens(self) -> None:
        self._publish(self.dice.choice((1, 1, 2)))
        if self.dice.random() < 0.15:
            self._edit()
        if self.dice.random() < 0.1:
            page = _page(len(self.published) + 501, self.now)
            path = self.home.folder / "state" / "inbox" / f"notice-{len(self.published)}.html"
            path.with_suffix(".part").write_text(page.html, encoding="utf-8")
            path.with_suffix(".part").rename(path)
            self.published.append(Published(page, None, self.outcome.lives))

    def _publish(self, times: int) -> None:
        for _ in range(times):
            ministry = self.dice.choice(self.ministries)
            page = _page(len(self.published) + 501, self.now)
            ministry.publish(page)
            self.published.append(Published(page, ministry, self.outcome.lives))

    def _edit(self) -> None:
        """Edit a notice that has been told of for some time, each at most once."""
        ripe = [
            one
            for one in self.published
            if one.ministry and not one.edited and one.born < self.outcome.lives - 8
        ]
        if ripe:
            one = self.dice.choice(ripe)
            one.edited = True
            one.page.text = one.page.text.replace("2027年4月1日", "2027年5月1日")
            assert one.ministry is not None
            one.ministry.render()

    # ------------------------------------------------------------------ lives

    def _life(self, fuse: int | None, *, after: float | None = None) -> bool:
        """Let one process live; say whether it was killed."""
        self.now += LATER
        self.outcome.lives += 1
        process = server_of_forks.Process(target=live, args=(self.home, self.now, fuse))
        process.start()
        if after is not None:
            process.join(after)
            process.kill()
        process.join()
        if process.exitcode not in {0, -9}:
            self.outcome.faults.append(f"a process ended with {process.exitcode} in {self.home.stage}")
        return process.exitcode == -9

    def _killed(self) -> None:
        by_step = self.dice.random() < 0.5
        steps = int(
            (self.home.folder / "steps").read_text(encoding="ascii")
        )  # of the last life that was not killed
        fuse = self.dice.randint(1, steps) if by_step else None
        after = None if by_step else self.dice.random() * self.seconds
        if self._life(fuse, after=after):
            self.outcome.kills[self.home.stage] += 1

    def in_pairs(self, rounds: int) -> Outcome:
        """Let two processes do the same at the same time, so often, and count."""
        for _ in range(rounds):
            self._something_happens()
            self.now += LATER
            pair = [server_of_forks.Process(target=live, args=(self.home, self.now, None)) for _ in range(2)]
            for process in pair:
                process.start()
            for process in pair:
                process.join()
                if process.exitcode != 0:
                    self.outcome.faults.append(f"a process ended with {process.exitcode}")
        self._rest()
        self._examine()
        self._count()
        return self.outcome

    def _rest(self) -> None:
        """Let everything that was put off come to its turn."""
        for _ in range(4):
            self.now += timedelta(days=1)
            self._life(None)

    # ------------------------------------------------------------------ what became of it

    def _examine(self) -> None:
        """Check the store, the archive, and the chain that binds them."""
        state = self.home.settings.state_dir
        if self.home.database is None:
            with closing(sqlite3.connect(state / "controlwatch.db")) as db:
                for pragma in ("integrity_check", "foreign_key_check"):
                    found = db.execute(f"PRAGMA {pragma}").fetchall()
                    self.outcome.faults += [str(row) for row in found if row != ("ok",)]
        store = SqlStore.open(self.home.settings.database)
        verdict = verify_chain(store.custody, FolderArchive(state / "snapshots"))
        self.outcome.faults += map(str, verdict.faults)
        store.close()

    def _count(self) -> None:
        out = self.outcome
        self.taken = self.mail.emptied()
        out.published = len(self.published)
        out.edited = sum(one.edited for one in self.published)
        alerts, deliveries = self._told()
        out.undelivered = sum(state != "sent" for state, _, _ in deliveries)
        for one in self.published:
            out.lost += _missing(one, alerts)
            out.doubled += _too_many(one, alerts)
        ids = Counter((mail.to, mail.message_id) for mail in self.taken)
        out.again = sum(count - 1 for count in ids.values())
        receipts = {(target, receipt.strip("<>")) for _, target, receipt in deliveries}
        out.doubled += [f"{to} under {name}" for to, name in ids if (to, name) not in receipts]
        out.lost += [f"mail {name} to {to}" for to, name in receipts if (to, name) not in ids]

    def _told(self) -> tuple[list[Alert], list[tuple[str, str, str]]]:
        engine = open_database(self.home.settings.database).write
        joined = select(DELIVERY.c.state, SUBSCRIPTION.c.target, DELIVERY.c.receipt).join(
            SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id
        )
        with engine.connect() as connection:
            payloads = connection.execute(select(ALERT.c.payload).order_by(ALERT.c.id)).scalars().all()
            deliveries = [(row[0], row[1], row[2] or "") for row in connection.execute(joined)]
        engine.dispose()
        return [alert_from_json(payload) for payload in payloads], deliveries


def _page(number: int, now: datetime) -> Page:
    mark = f"第{number}类"
    text = tightening(number, item=f"{mark}金属镓", day=f"{now:%Y-%m-%d}").replace(
        "2026年4月1日", "2027年4月1日"
    )
    title = f"商务部 海关总署公告2026年第{number}号 公布对{mark}镓相关物项实施出口管制的决定"
    return Page(f"/notices/art_{number}.html", title, text, day=f"{now:%Y-%m-%d}")


def _of(one: Published, alerts: list[Alert]) -> list[Alert]:
    kinds = {"new", "amended"}
    return [
        alert
        for alert in alerts
        if alert.kind in kinds and alert.notice and alert.notice.title == one.page.title
    ]


def _missing(one: Published, alerts: list[Alert]) -> Iterator[str]:
    """Yield what nobody was told of a notice: that it is there, or how it stands now."""
    told = _of(one, alerts)
    if not any(alert.kind == "new" for alert in told):
        yield one.page.title
    elif told[-1].notice is not None:
        days = {day.start.month for day in told[-1].notice.effective if day.start is not None}
        if days != {5 if one.edited else 4}:
            yield f"{one.page.title}: the date as it stands"


def _too_many(one: Published, alerts: list[Alert]) -> Iterator[str]:
    """Yield what was told of a notice twice: that it is new, or the same state of it."""
    said = Counter((alert.kind, str(alert.notice and alert.notice.effective)) for alert in _of(one, alerts))
    new = sum(count for (kind, _), count in said.items() if kind == "new")
    if new > 1 or any(count > 1 for count in said.values()):
        yield one.page.title


def assert_clean(outcome: Outcome) -> None:
    """Fail by the first thing that is wrong, and show it."""
    assert outcome.lost == []
    assert outcome.doubled == []
    assert outcome.undelivered == 0
    assert outcome.faults == []


def together(rounds: int, *, seed: int = 5) -> Outcome:
    """Let pairs of processes poll, record and deliver at once on one installation."""
    with tempfile.TemporaryDirectory() as folder, Sites() as sites, MailServer() as mail:
        return Campaign(Path(folder), sites, mail, seed=seed, database=None).in_pairs(rounds)


def campaign(kills: int, *, seed: int = 7, database: str | None = None) -> Outcome:
    """Run a campaign of `kills` kills on an installation of its own."""
    with tempfile.TemporaryDirectory() as folder, Sites() as sites, MailServer() as mail:
        return Campaign(Path(folder), sites, mail, seed=seed, database=database).run(kills)
