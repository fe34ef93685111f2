"""A row of a known address that changes: its page is read at once, and what it alone says is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.core.sources.watcher import Detail, Index
from controlwatch.testing.sites import Answer
from tests.services.test_news import OLD, started
from tests.services.world import HOST, WATCHER, Page, World, tightening

pytestmark = pytest.mark.usefixtures("sound_chain")

#: Long after the notice was read first, when its next regular look is weeks away.
LATER = timedelta(days=17)
TITLE = OLD.title


def relisted(w: World, title: str, *, day: str = OLD.day, page: str | None = None) -> list[str]:
    """Return the requests that a poll sends when the list shows a row otherwise, and on the page itself `page`."""
    w.ministry.pages[0].listed_title = title
    w.ministry.pages[0].day = day
    w.ministry.pages[0].title = page or TITLE
    w.ministry.render()
    before = len(w.sites.asked)
    w.poll()
    return [asked.path for asked in w.sites.asked[before:]]


@pytest.fixture
def known(w: World) -> World:
    started(w)
    for days in (7, 8, 2):
        w.poll(later=timedelta(days=days))
    assert w.alerts() == []
    return w


@pytest.mark.parametrize("mark", ["（更正）", "（已废止）", "（2026年修订）", " 全文失效"])
def test_a_mark_that_the_list_alone_shows_is_told_once_as_an_amendment(known: World, mark: str) -> None:
    assert OLD.path in relisted(known, TITLE + mark)
    for _ in range(3):
        known.poll(later=timedelta(days=1))
    (alert,) = known.alerts()
    assert (alert.kind, alert.title) == ("amended", TITLE + mark)
    assert alert.change is not None
    assert any("the list has changed the title" in doubt for doubt in alert.notice.doubts)


def test_a_mark_that_the_page_shows_too_is_told_as_the_page_says_it(known: World) -> None:
    relisted(known, f"{TITLE}（已废止）", page=f"{TITLE}（已废止）")
    (alert,) = known.alerts()
    assert alert.kind == "amended"
    assert not any("the list has changed" in doubt for doubt in alert.notice.doubts)


def test_another_day_makes_the_page_due_at_once_and_is_no_news_by_itself(known: World) -> None:
    assert OLD.path in relisted(known, TITLE, day="2026-03-20", page=TITLE)
    assert all(
        "the list has changed" not in doubt for alert in known.alerts() for doubt in alert.notice.doubts
    )


@pytest.mark.parametrize("title", [f"{TITLE[:20]}...", f"NEW {TITLE}", f"{TITLE[:20]}", f" {TITLE}　"])
def test_a_title_that_is_only_cut_or_marked_as_new_changes_nothing(known: World, title: str) -> None:
    assert OLD.path not in relisted(known, title)
    assert known.alerts() == []


def test_a_change_is_not_forgotten_while_the_page_cannot_be_read(known: World) -> None:
    known.sites.put(f"{HOST}{OLD.path}", Answer(status=503))
    known.ministry.pages[0].listed_title = f"{TITLE}（已废止）"
    page = known.ministry.pages[0].html
    known.ministry.render()
    known.sites.put(f"{HOST}{OLD.path}", Answer(status=503))
    known.poll()
    assert known.alerts() == []
    known.sites.put(f"{HOST}{OLD.path}", Answer(body=page.encode()))
    known.poll(later=timedelta(hours=1))
    assert [alert.title for alert in known.alerts()] == [f"{TITLE}（已废止）"]


def test_a_list_that_shows_all_titles_otherwise_has_a_new_layout_and_is_not_read_again(w: World) -> None:
    started(w, *(Page(f"/notices/art_{n}.html", f"公告2026年第{n}号", tightening(n)) for n in range(1, 11)))
    w.poll(later=LATER)
    for page in w.ministry.pages:
        page.listed_title = f"[公告] {page.title}（安全与管制局）"
    w.ministry.render()
    before = len(w.sites.asked)
    w.poll()
    assert len(w.sites.asked) - before <= 2
    assert w.alerts() == []


def test_many_repeals_at_once_are_no_new_layout(w: World) -> None:
    started(w, *(Page(f"/notices/art_{n}.html", f"公告2026年第{n}号", tightening(n)) for n in range(1, 11)))
    w.poll(later=LATER)
    w.alerts()
    for page in w.ministry.pages[:8]:
        page.listed_title = f"{page.title}（已废止）"
    w.ministry.render()
    w.poll()
    assert len(w.alerts()) == 8


def test_a_row_of_a_feed_that_is_read_alone_is_told_when_its_title_changes(w: World) -> None:
    def feed(title: str) -> Answer:
        text = "".join(f"&lt;p&gt;{line}&lt;/p&gt;" for line in tightening(1).splitlines())
        entry = (
            f"<item><title>{title}</title><link>{HOST}/a.html</link><description>{text}</description></item>"
        )
        return Answer(
            body=f"<rss version='2.0'><channel>{entry}</channel></rss>".encode(), content_type="text/xml"
        )

    url = f"{HOST}/feed.xml"
    watcher = replace(
        WATCHER, index=Index(kind="feed", url=url, content="summary"), detail=Detail(follow=False)
    )
    w.sites.put(url, feed(TITLE))
    assert w.poll(watcher).outcome == "shelved"
    w.sites.put(url, feed(f"{TITLE}（更正）"))
    w.poll(watcher)
    assert [(alert.kind, alert.title) for alert in w.alerts()] == [("amended", f"{TITLE}（更正）")]


def test_two_items_with_one_link_are_told_from_their_rows(w: World) -> None:
    def feed(*numbers: int) -> Answer:
        entries = "".join(
            f"<item><title>商务部公告2026年第{n}号 公布对镓相关物项实施出口管制的决定</title><link>{HOST}/letter.html</link>"
            f"<guid isPermaLink='false'>letter-{n}</guid><description>{tightening(n)}</description></item>"
            for n in numbers
        )
        return Answer(
            body=f"<rss version='2.0'><channel>{entries}</channel></rss>".encode(), content_type="text/xml"
        )

    url = f"{HOST}/feed.xml"
    watcher = replace(
        WATCHER, index=Index(kind="feed", url=url, content="summary"), detail=Detail(follow=False)
    )
    w.sites.put(url, feed(51))
    w.poll(watcher)
    w.sites.put(url, feed(53, 52, 51))
    w.poll(watcher)
    w.poll(watcher)
    numbers = [alert.notice.number.canonical for alert in w.alerts() if alert.notice.number is not None]
    assert sorted(numbers) == ["MOFCOM 2026-52", "MOFCOM 2026-53"]


# --------------------------------------------------------------------------- a pause that a source asks for


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_that_a_source_asks_for_is_kept_by_whoever_polls_next(known: World, status: int) -> None:
    url = known.watcher.index.url
    known.sites.put(url, Answer(status=status, headers={"Retry-After": "3600"}))
    assert known.poll().kind == "refused"
    known.ministry.render()
    before = len(known.sites.asked)
    assert "Retry-After" in known.poll(later=timedelta(minutes=50)).reason
    assert len(known.sites.asked) == before
    known.poller = replace(known.poller, fetch=HttpFetcher(connect_to=known.sites.origin))
    assert known.poll(later=timedelta(minutes=20)).outcome in {"looked", "unchanged"}


def test_other_sources_on_the_host_keep_the_pause_too(known: World) -> None:
    known.sites.put(
        known.watcher.index.url, Answer(status=429, headers={"Retry-After": "Mon, 02 Mar 2099 01:00:00 GMT"})
    )
    known.poll()
    before = len(known.sites.asked)
    neighbour = replace(WATCHER, id="neighbour", index=replace(WATCHER.index, url=f"{HOST}/other.html"))
    assert "Retry-After" in known.poll(neighbour).reason
    assert len(known.sites.asked) == before
