"""A small world for whole-pipeline tests: sites on loopback, the real client, store and reader."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from controlwatch.adapters.archive.snapshots import FolderArchive
from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.adapters.files import documents
from controlwatch.adapters.storage import SqlStore
from controlwatch.bootstrap.app import build_reminder
from controlwatch.core.model import Alert, Delivery, Subscription
from controlwatch.core.model.state import SentMessage
from controlwatch.core.sources.watcher import Detail, Expect, Http, Index, Pages, Schedule, Watcher
from controlwatch.services.deliver import Deliverer
from controlwatch.services.ingest import Ingester
from controlwatch.services.poll import Poller
from controlwatch.services.source_states import SourceStates
from controlwatch.testing.sites import Answer, Sites
from tests.known import fresh
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from controlwatch.core.model.state import PollReport
    from controlwatch.core.rendering.message import Message
    from controlwatch.services.ports import Archive
    from controlwatch.services.remind import Reminder

HOST = "https://www.ministry.example"
INDEX = f"{HOST}/notices/index.html"
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

WATCHER = Watcher(
    id="ministry",
    name="Ministry notices (公告)",
    issuer="MOFCOM",
    maintainers=("tests",),
    confidence="A",
    schedule=Schedule(cron=("*/10 * * * *",)),
    index=Index(
        kind="links",
        url=INDEX,
        rows="ul.list > li",
        date="span",
        article=r"^/notices/.+\.html$",
        pages=Pages(style="path", name="index_{n}.html", first=1, size=15, shelf=2),
    ),
    detail=Detail(title=("h1",), published=("p.day",), body=("div.body",)),
    http=Http(hosts=("www.ministry.example",), pause=0.0, timeout=PATIENCE, budget=5 * PATIENCE),
    expect=Expect(rows=1),
)


def tightening(number: int, *, item: str = "金属镓", until: str = "", day: str = "2026-03-02") -> str:
    """The text of an invented announcement, in the language of real ones."""
    year, month, date = (int(part) for part in day.split("-"))
    return (
        f"根据有关法律规定，经批准，决定对下列物项实施出口管制：\n{item}（参考海关商品编号：8112929010）。\n"
        f"出口上述物项应当申请许可，未经许可不得出口。本公告自2026年4月1日起正式实施{until}。\n"
        f"商务部 海关总署\n{year}年{month}月{date}日"
    )


@dataclass(slots=True)
class Page:
    """A notice as the site shows it."""

    path: str
    title: str
    text: str
    day: str = "2026-03-02"
    listed_title: str | None = None
    annex: str | None = None

    @property
    def html(self) -> str:
        paragraphs = "".join(f"<p>{line}</p>" for line in self.text.splitlines())
        annex = f'<p><a href="{self.annex}">附件</a></p>' if self.annex else ""
        return (
            f'<html><head><meta charset="utf-8"></head><body><h1>{self.title}</h1><p class="day">{self.day}</p>'
            f'<div class="body">{paragraphs}{annex}</div><div class="foot">浏览次数：1</div></body></html>'
        )


@dataclass(slots=True)
class Ministry:
    """The ministry's site: an index of pages, newest first, fifteen a page."""

    sites: Sites
    pages: list[Page] = field(default_factory=list)
    size: int = 15
    host: str = HOST

    def publish(self, *pages: Page) -> None:
        """Put notices on top of the index, the last one topmost."""
        for page in pages:
            self.pages.insert(0, page)
        self.render()

    def render(self, *, extra: str = "") -> None:
        """Write every page of the site anew."""
        for page in self.pages:
            self.sites.put(f"{self.host}{page.path}", Answer(body=page.html.encode()))
        for start in range(0, max(len(self.pages), 1), self.size):
            number = start // self.size
            name = "index.html" if number == 0 else f"index_{number + 1}.html"
            rows = "".join(self.row(page) for page in self.pages[start : start + self.size])
            html = f'<html><head><meta charset="utf-8"></head><body><ul class="list">{rows}</ul>{extra}</body></html>'
            self.sites.put(f"{self.host}/notices/{name}", Answer(body=html.encode(), etag=True))

    def row(self, page: Page) -> str:
        """One row of the index."""
        return (
            f'<li><a href="{page.path}">{page.listed_title or page.title}</a><span>[{page.day}]</span></li>'
        )


@dataclass(slots=True)
class Kept:
    """A channel that keeps what it is given."""

    name: str = "console"
    messages: list[Message] = field(default_factory=list)

    def send(self, message: Message, *, target: str, key: str) -> str:
        del target
        self.messages.append(message)
        return key


@dataclass(slots=True)
class World:
    """Everything at hand."""

    sites: Sites
    ministry: Ministry
    store: SqlStore
    fetch: HttpFetcher
    ingester: Ingester
    poller: Poller
    deliverer: Deliverer
    reminder: Reminder
    channel: Kept
    issuers: dict[str, str]  #: of the sources polled so far
    watcher: Watcher = WATCHER
    now: datetime = START

    @property
    def archive(self) -> Archive:
        """The archive of this world."""
        return self.ingester.archive

    def poll(self, watcher: Watcher | None = None, *, later: timedelta = timedelta(minutes=10)) -> PollReport:
        """Poll after some time has passed, and check the sources."""
        self.now += later
        self.issuers[(watcher or self.watcher).id] = (watcher or self.watcher).issuer
        report = self.poller.poll(watcher or self.watcher, now=self.now)
        self.reminder.checker.check_sources([watcher or self.watcher], now=self.now)
        return report

    def poller_with(self, **changes: object) -> Poller:
        """A poller that ingests with other parts."""
        ingester = replace(self.ingester, **changes)  # type: ignore[arg-type]
        return replace(
            self.poller,
            polling=ingester.polling,
            references=ingester.references,
            open_ingester=lambda: ingester,
        )

    def remind(self, watchers: Iterable[Watcher], *, now: datetime) -> tuple[str, ...]:
        """Run one round of reminders over these watchers."""
        sources = replace(self.reminder.checker.sources, watchers=tuple(watchers))
        checker = replace(self.reminder.checker, sources=sources)
        return replace(self.reminder, checker=checker).run_round(now=now)

    def claim(self, now: datetime) -> tuple[Delivery, ...]:
        """Claim one message."""
        return next(iter(self.store.outbox.claim(now=now, owner="test", lease=1, most=1)), ())

    def mark_sent(self, deliveries: tuple[Delivery, ...]) -> None:
        """Settle a message as sent."""
        self.store.outbox.mark_sent(
            [SentMessage(deliveries=deliveries, receipt="kept")], owner="test", now=self.now
        )

    def alerts(self) -> list[Alert]:
        """Deliver, and return every alert ever delivered or waiting."""
        waiting: list[Delivery] = []
        while claimed := self.claim(self.now + timedelta(days=400)):
            waiting.extend(claimed)
            self.mark_sent(claimed)
        return [delivery.alert for delivery in waiting]


@contextmanager
def world(folder: Path, url: str | None = None) -> Iterator[World]:
    """Open a world whose one subscriber wants everything."""
    store = SqlStore.open(url or f"sqlite:///{fresh(folder / 'store.db')}")
    if not store.subscriptions.list_active():  # else the folder is a copy of another world's
        store.subscriptions.subscribe(Subscription(channel="console", target="-"), START)
    channel, lexicon = Kept(), load_lexicon()
    issuers: dict[str, str] = {}
    with Sites() as sites:
        fetch = HttpFetcher(connect_to=sites.origin)
        sources = SourceStates(polling=store.polling)
        ingester = Ingester(
            archive=FolderArchive(folder / "snapshots"),
            polling=store.polling,
            references=store.references,
            notices=store.notices,
            documents=documents,
            lexicon=lexicon,
            issuers=issuers,
        )
        deliverer = Deliverer(
            outbox=store.outbox,
            subscriptions=store.subscriptions,
            health=store.health,
            law=store.law,
            channels={"console": channel},  # type: ignore[dict-item]
            sources=sources,
            lexicon=lexicon,
            owner="test",
        )
        yield World(
            sites=sites,
            ministry=Ministry(sites),
            store=store,
            fetch=fetch,
            ingester=ingester,
            poller=Poller(
                fetch=fetch,
                polling=store.polling,
                references=store.references,
                open_ingester=lambda: ingester,
            ),
            deliverer=deliverer,
            reminder=build_reminder(store, sources),
            channel=channel,
            issuers=issuers,
        )
        fetch.close()
        store.close()


def other(watcher_id: str, host: str, **changes: object) -> Watcher:
    """A second watcher, on a host of its own."""
    index = replace(WATCHER.index, url=f"{host}/notices/index.html")
    http = replace(WATCHER.http, hosts=(host.removeprefix("https://"),))
    return replace(WATCHER, id=watcher_id, index=index, http=http, **changes)  # type: ignore[arg-type]
