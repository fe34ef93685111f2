"""What sites do to those who watch them, each as a story on loopback: the alerts expected, and the alerts seen.

A story acts on a fresh world whose shelf is filled, and returns the alerts that people should get, as
"kind number" or "kind watcher". Whatever else comes is wrong, and so is whatever does not come.
"""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from controlwatch.core.model import Alert
from controlwatch.testing.sites import Answer, Asked
from tests.services.world import HOST, INDEX, WATCHER, Page, World, tightening, world

Tell = Callable[[World], list[str]]
CHALLENGE = b"<html><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=77;</script></html>"
#: Notices on the shelf at the beginning: two pages of the index, all of them dated before we came.
SHELF = 30
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Story:
    """One story: its name, how the site behaves, and what comes of it."""

    name: str
    tell: Tell


@dataclass(frozen=True)
class Outcome:
    """What a story came to."""

    name: str
    expected: tuple[str, ...]
    seen: tuple[str, ...]

    @property
    def right(self) -> bool:
        return sorted(self.expected) == sorted(self.seen)


STORIES: list[Story] = []


def story(name: str) -> Callable[[Tell], Tell]:
    """Add a story to the suite."""

    def add(tell: Tell) -> Tell:
        STORIES.append(Story(name, tell))
        return tell

    return add


def run(one: Story) -> Outcome:
    """Tell a story in a world of its own."""
    with _begun() as w:
        expected = one.tell(w)
        return Outcome(one.name, tuple(expected), tuple(said(alert) for alert in w.alerts()))


def said(alert: Alert) -> str:
    """Name an alert by its kind and what it is about."""
    number = alert.notice.number if alert.notice is not None else None
    return f"{alert.kind} {number.n if number is not None else alert.watcher}"


@contextmanager
def _begun() -> Iterator[World]:
    """Open a world that has read its shelf: a copy of one that did."""
    shelved, now = _shelved()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(shelved, folder, dirs_exist_ok=True)
        with world(Path(folder)) as w:
            _fill_shelf(w)
            w.now = now
            w.issuers[w.watcher.id] = w.watcher.issuer
            yield w


@cache
def _shelved() -> tuple[str, datetime]:
    """Return the folder of a world that has read its shelf, and the time there."""
    folder = tempfile.mkdtemp(prefix="controlwatch-shelf-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with world(Path(folder)) as w:
        _fill_shelf(w)
        assert w.poll().outcome == "shelved"
        return folder, w.now


def _fill_shelf(w: World) -> None:
    w.ministry.publish(*(notice(n, day=f"2026-02-{n // 2 + 10:02}") for n in range(1, SHELF + 1)))


def notice(number: int, *, day: str = "2026-03-02", text: str = "") -> Page:
    """A notice of the ministry, of which each has an item of its own."""
    return Page(
        f"/notices/art_{number}.html",
        f"商务部 海关总署公告2026年第{number}号 公布对第{number}类镓相关物项实施出口管制的决定",
        text or tightening(number, day=day),
        day=day,
    )


def meeting(number: int, *, day: str = "2026-03-02") -> Page:
    """Something that changes no rule."""
    return Page(
        f"/notices/art_{number}.html", f"商务部召开第{number}次座谈会", "会议部署了下一阶段任务。", day=day
    )


def polls(w: World, times: int, *, later: timedelta = timedelta(minutes=10)) -> None:
    for _ in range(times):
        w.poll(later=later)


def index(w: World, change: Callable[[bytes], bytes]) -> None:
    """Change how the first page of the index is written."""
    held = w.sites.answer(
        Asked(
            method="GET",
            host="www.ministry.example",
            path="/notices/index.html",
            query="",
            headers={},
            body=b"",
        )
    ).body
    w.sites.put(INDEX, Answer(body=change(held), etag=True))


@story("publishes one notice")
def _(w: World) -> list[str]:
    w.ministry.publish(notice(101))
    polls(w, 3)
    return ["new 101"]


@story("edits a notice silently")
def _(w: World) -> list[str]:
    w.ministry.publish(notice(101))
    w.poll()
    w.ministry.pages[0].text = tightening(101).replace("4月1日起", "5月1日起")
    w.ministry.render()
    polls(w, 3, later=timedelta(hours=1))
    return ["new 101", "amended 101"]


@story("edits a notice seven weeks later")
def _(w: World) -> list[str]:
    told = notice(101)
    w.ministry.publish(told)
    for week in range(7):
        w.poll(later=DAY * 7)
        w.ministry.publish(meeting(600 + week, day=f"{w.now:%Y-%m-%d}"))
    told.text = tightening(101).replace("4月1日起", "5月1日起")
    w.ministry.render()
    polls(w, 14, later=DAY)
    return ["new 101", "amended 101"]


@story("reorders its list")
def _(w: World) -> list[str]:
    pages = w.ministry.pages
    w.ministry.pages = [*pages[::2], *pages[1::2]]
    w.ministry.render()
    polls(w, 3)
    return []


@story("turns its list upside down")
def _(w: World) -> list[str]:
    w.ministry.pages.reverse()
    w.ministry.render()
    polls(w, 2, later=DAY)
    return [f"health-down {WATCHER.id}"]  # its first page shows nothing new any more: unusually quiet


@story("pins an old notice on top")
def _(w: World) -> list[str]:
    w.ministry.pages.insert(0, w.ministry.pages.pop(25))
    w.ministry.render()
    polls(w, 3)
    return []


@story("puts badges into its titles")
def _(w: World) -> list[str]:
    for page in w.ministry.pages[:5]:
        page.listed_title = f"[热点] {page.title} NEW"
    w.ministry.render()
    polls(w, 3)
    return []


@story("cuts the titles in its list")
def _(w: World) -> list[str]:
    for page in w.ministry.pages:
        page.listed_title = f"{page.title[:12]}…"
    w.ministry.publish(replace(notice(101), listed_title="商务部 海关总署公告2026年…"))
    polls(w, 3)
    return ["new 101"]


@story("moves a notice to another address")
def _(w: World) -> list[str]:
    w.ministry.pages[3] = replace(w.ministry.pages[3], path="/notices/moved_37.html")
    w.ministry.render()
    polls(w, 3)
    return []


@story("sends its pages in GB18030 from now on")
def _(w: World) -> list[str]:
    w.ministry.publish(notice(101))
    for page in w.ministry.pages:
        html = page.html.replace('charset="utf-8"', 'charset="gb2312"')
        w.sites.put(f"{HOST}{page.path}", Answer(body=html.encode("gb18030")))
    index(w, lambda body: body.replace(b'charset="utf-8"', b'charset="gb2312"').decode().encode("gb18030"))
    polls(w, 3, later=timedelta(hours=1))
    return ["new 101"]


@story("redesigns its list, and shows nothing")
def _(w: World) -> list[str]:
    w.sites.put(INDEX, Answer(body=b"<html><body><div id='app'></div></body></html>"))
    polls(w, 3)
    w.ministry.publish(notice(101))
    polls(w, 2)
    return [f"health-down {WATCHER.id}", "new 101", f"health-up {WATCHER.id}"]


@story("redesigns its list, and is full of other links")
def _(w: World) -> list[str]:
    links = "".join(f'<div class="card"><a href="/notices/art_{n}.html">公告</a></div>' for n in range(40))
    w.sites.put(INDEX, Answer(body=f"<html><body>{links}</body></html>".encode()))
    polls(w, 3)
    w.ministry.publish(notice(101))
    polls(w, 2)
    return [f"health-down {WATCHER.id}", "new 101", f"health-up {WATCHER.id}"]


@story("publishes 25 notices at once")
def _(w: World) -> list[str]:
    w.ministry.publish(*(notice(n) for n in range(101, 126)))
    polls(w, 3)
    return [f"new {n}" for n in range(101, 126)]


@story("publishes a notice dated three weeks back, in the middle of its list")
def _(w: World) -> list[str]:
    w.ministry.pages.insert(10, notice(101, day="2026-02-09"))
    w.ministry.render()
    polls(w, 3)
    return ["new 101"]


@story("publishes back-dated notices on its second page during an outage")
def _(w: World) -> list[str]:
    w.sites.put(INDEX, Answer(status=503))
    polls(w, 4)
    w.ministry.publish(*(notice(n) for n in range(101, 117)))
    w.ministry.pages.insert(18, notice(120, day="2026-03-02"))
    w.ministry.render()
    polls(w, 2)
    told = [f"new {n}" for n in (*range(101, 117), 120)]
    return [f"health-down {WATCHER.id}", *told, f"health-up {WATCHER.id}"]


@story("puts a back-dated notice on its second page, and nothing on the first")
def _(w: World) -> list[str]:
    w.ministry.pages.insert(18, notice(101))
    w.ministry.render()
    polls(w, 5, later=timedelta(hours=6))
    return ["new 101"]


@story("puts a back-dated notice on its second page during an outage, and nothing on the first")
def _(w: World) -> list[str]:
    w.sites.put(INDEX, Answer(status=503))
    polls(w, 4)
    w.ministry.pages.insert(18, notice(101))
    w.ministry.render()
    polls(w, 1)
    return [f"health-down {WATCHER.id}", "new 101", f"health-up {WATCHER.id}"]


@story("stamps its pages with an old Last-Modified")
def _(w: World) -> list[str]:
    held = {"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}

    def lagging(asked: Asked) -> Answer:
        if asked.headers.get("if-modified-since", held["Last-Modified"]) != held["Last-Modified"]:
            return Answer(status=304, headers=held)
        rows = "".join(w.ministry.row(page) for page in w.ministry.pages[:15])
        return Answer(
            body=f'<html><meta charset="utf-8"><ul class="list">{rows}</ul></html>'.encode(), headers=held
        )

    w.sites.put(INDEX, lagging)
    w.poll()
    w.ministry.pages.insert(0, notice(101))
    w.sites.put(f"{HOST}/notices/art_101.html", Answer(body=notice(101).html.encode()))
    polls(w, 3)
    return ["new 101"]


@story("cuts its answer in the middle")
def _(w: World) -> list[str]:
    w.ministry.publish(notice(101))
    index(w, lambda body: body[: len(body) // 5])
    w.poll()
    w.ministry.render()
    polls(w, 2)
    return ["new 101"]


@story("announces more bytes than it sends")
def _(w: World) -> list[str]:
    w.ministry.publish(notice(101))
    w.sites.put(INDEX, Answer(body=b"<html>", headers={"Transfer-Encoding": "chunked"}))
    hurried = replace(WATCHER, http=replace(WATCHER.http, timeout=0.5))
    for _ in range(3):
        w.poll(hurried)
    w.ministry.render()
    polls(w, 2)
    return [f"health-down {WATCHER.id}", "new 101", f"health-up {WATCHER.id}"]


def blocked(w: World, status: int) -> list[str]:
    w.sites.put(INDEX, Answer(status=status, body=CHALLENGE))
    polls(w, 4)
    w.ministry.publish(notice(101))
    polls(w, 2)
    return [f"health-down {WATCHER.id}", "new 101", f"health-up {WATCHER.id}"]


@story("challenges us with 412, and stops")
def _(w: World) -> list[str]:
    return blocked(w, 412)


@story("challenges us with 200, and stops")
def _(w: World) -> list[str]:
    return blocked(w, 200)


@story("goes away and comes back")
def _(w: World) -> list[str]:
    w.sites.take_down(INDEX)
    polls(w, 6)
    w.ministry.publish(notice(101), notice(102))
    polls(w, 2)
    return [f"health-down {WATCHER.id}", "new 101", "new 102", f"health-up {WATCHER.id}"]


@story("fails once in a while")
def _(w: World) -> list[str]:
    for _ in range(5):
        w.sites.put(INDEX, Answer(status=502))
        w.poll()
        w.ministry.render()
        w.poll()
    w.ministry.publish(notice(101))
    w.poll()
    return ["new 101"]


@story("gives one number to two notices")
def _(w: World) -> list[str]:
    first = notice(101)
    second = replace(
        first,
        path="/notices/art_999.html",
        title="商务部 海关总署公告2026年第101号 关于调整锑相关物项出口管制措施的公告",
        text=tightening(101, item="金属锑"),
    )
    w.ministry.publish(first)
    w.poll()
    w.ministry.publish(second)
    polls(w, 2)
    return ["new 101", f"new {WATCHER.id}"]  # the second with the doubt that it bears the number of the first


@story("reposts a notice elsewhere with other words")
def _(w: World) -> list[str]:
    w.ministry.publish(notice(101))
    w.poll()
    w.ministry.publish(replace(notice(101, text=tightening(101) + "\n转载"), path="/notices/repost.html"))
    polls(w, 2)
    return ["new 101"]


@story("withdraws a notice")
def _(w: World) -> list[str]:
    w.ministry.publish(notice(101))
    w.poll()
    w.ministry.pages.pop(0)
    w.ministry.render()
    w.sites.take_down(f"{HOST}/notices/art_101.html")
    polls(w, 5, later=timedelta(hours=6))
    return ["new 101"]  # absence is logged, never told as a change of law


@story("publishes what changes no rule")
def _(w: World) -> list[str]:
    w.ministry.publish(meeting(500))
    polls(w, 2)
    return []


@story("shows its whole list under new addresses")
def _(w: World) -> list[str]:
    w.ministry.pages = [replace(page, path=page.path.replace("art_", "v2_")) for page in w.ministry.pages]
    w.ministry.render()
    polls(w, 3)
    return []


@story("loses the days of its rows, and is mended")
def _(w: World) -> list[str]:
    w.ministry.publish(notice(101))
    w.poll()
    index(w, lambda body: re.sub(rb"<span>[^<]+</span>", b"<i>today</i>", body))
    polls(w, 4)
    w.ministry.publish(notice(102))
    polls(w, 2)
    return ["new 101", f"health-down {WATCHER.id}", "new 102", f"health-up {WATCHER.id}"]


@story("supplements, corrects and postpones a notice under its number")
def _(w: World) -> list[str]:
    w.ministry.publish(notice(101))
    w.poll()
    for place, behind in enumerate(("补充公告", "（更正）", "延期实施的公告", "、第100号有关事项的公告")):
        text = f"经批准，现就有关物项的技术指标作如下说明。本公告自2026年6月{place + 1}日起施行。\n商务部\n2026年3月2日"
        w.ministry.publish(Page(f"/notices/more_{place}.html", f"商务部公告2026年第101号{behind}", text))
    polls(w, 2)
    return ["new 101", *[f"new {WATCHER.id}"] * 4]


@story("answers with an error text, a maintenance page and its home page in place of a notice")
def _(w: World) -> list[str]:
    one = notice(101)
    w.ministry.publish(one)
    w.poll()
    pages = (
        "<title>页面不存在</title><h1>很抱歉，您访问的页面不存在或已被删除</h1>",
        '<title>系统维护</title><div class="body"><p>本网站正在升级维护，请稍后访问。</p></div>',
        '<title>首页</title><ul><li><a href="/a">新闻发布</a></li><li><a href="/b">政策法规</a></li></ul>',
    )
    for page in pages:
        w.sites.put(f"{HOST}{one.path}", Answer(body=f'<meta charset="utf-8">{page}'.encode()))
        polls(w, 3, later=timedelta(hours=7))
    w.ministry.render()
    polls(w, 3, later=DAY)
    return ["new 101"]


@story("serves its home page for a new notice at first")
def _(w: World) -> list[str]:
    one = notice(101)
    w.ministry.publish(one)
    home = '<meta charset="utf-8"><title>首页</title><ul><li><a href="/a">新闻发布</a></li></ul>'
    w.sites.put(f"{HOST}{one.path}", Answer(body=home.encode()))
    w.poll()
    w.ministry.render()
    polls(w, 2, later=timedelta(hours=1))
    return ["new 101"]


@story("lists hundreds of old notices at new addresses as if they were new")
def _(w: World) -> list[str]:
    w.ministry.size = 600
    moved = [notice(number) for number in range(2000, 2300)]
    w.ministry.publish(*(replace(page, path=page.path.replace("art_", "moved_")) for page in moved))
    polls(w, 3)
    return [f"health-down {WATCHER.id}"]
