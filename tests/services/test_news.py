"""What is new, what is amended, and what is nothing at all: the unchanged pipeline over real HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from controlwatch.core.law.notice_filter import NoticeFilter
from controlwatch.core.model import Direction
from controlwatch.core.sources.watcher import Detail, Index
from controlwatch.testing.sites import Answer
from tests.services.world import HOST, WATCHER, Ministry, Page, World, other, tightening

pytestmark = pytest.mark.usefixtures("sound_chain")

OLD = Page(
    "/notices/art_1.html",
    "商务部 海关总署公告2026年第1号 公布对锑相关物项实施出口管制的决定",
    tightening(1, item="金属锑"),
)
GALLIUM = Page(
    "/notices/art_40.html",
    "商务部 海关总署公告2026年第40号 公布对镓相关物项实施出口管制的决定",
    tightening(40),
)
ANSWER = (
    "问：请介绍有关情况。\n答：商务部2026年第1号公告发布后，有企业询问许可申请的办理方式。"
    "我们将依法受理出口许可申请，对符合规定的予以许可，欢迎企业通过平台咨询，有关措施不针对任何特定国家和地区。"
)


def started(w: World, *pages: Page) -> World:
    """A world whose shelf is filled."""
    w.ministry.publish(*(replace(page) for page in pages or (OLD,)))
    assert w.poll().outcome == "shelved"
    return w


def test_the_first_look_fills_the_shelf_and_does_not_ring(w: World) -> None:
    started(
        w, *(Page(f"/notices/art_{n}.html", f"商务部公告2026年第{n}号", tightening(n)) for n in range(1, 21))
    )
    assert len(w.store.queries.list_notices()) == 20
    assert w.alerts() == []


@pytest.mark.parametrize(("known", "read"), [(None, 30), (date(2026, 3, 1), 50), (date(2026, 3, 2), 30)])
def test_the_first_look_goes_back_to_what_is_known_already(w: World, known: date | None, read: int) -> None:
    """A notice between the end of the register and the first pages of a busy list would never be read."""
    w.ministry.publish(
        *(Page(f"/notices/art_{n}.html", f"商务部公告2026年第{n}号", tightening(n)) for n in range(1, 51))
    )
    replace(w.poller, find_known_day=lambda: known).poll(w.watcher, now=w.now)
    assert len(w.store.queries.list_notices(limit=100)) == read
    assert w.alerts() == []


def test_a_notice_that_appears_is_told_once_with_its_findings(w: World) -> None:
    started(w).ministry.publish(GALLIUM)
    w.poll()
    w.poll()
    (alert,) = w.alerts()
    assert alert.kind == "new"
    assert alert.notice is not None
    assert alert.notice.number is not None
    assert alert.notice.number.canonical == "MOFCOM-GACC 2026-40"
    assert [finding.id for finding in alert.notice.categories] == ["minor_metals.gallium"]
    assert [str(found.start) for found in alert.notice.effective] == ["2026-04-01"]


def test_more_than_a_page_of_news_between_two_polls_is_told_in_full(w: World) -> None:
    started(
        w, *(Page(f"/notices/old_{n}.html", f"商务部公告2025年第{n}号", tightening(n)) for n in range(1, 40))
    )
    w.ministry.publish(
        *(Page(f"/notices/art_{n}.html", f"商务部公告2026年第{n}号", tightening(n)) for n in range(1, 36))
    )
    w.poll()
    assert len(w.alerts()) == 35


def test_a_back_dated_notice_in_the_middle_of_the_list_is_told(w: World) -> None:
    started(w, OLD, Page("/notices/art_2.html", "商务部公告2026年第2号", tightening(2)))
    w.ministry.pages.insert(1, replace(GALLIUM, day="2025-12-01", text=tightening(40, day="2025-12-01")))
    w.ministry.render()
    w.poll()
    assert len(w.alerts()) == 1


def test_an_old_notice_that_a_deletion_moves_into_view_is_not_news(w: World) -> None:
    watcher = replace(WATCHER, index=replace(WATCHER.index, pages=replace(WATCHER.index.pages, style="none")))
    pages = [
        Page(
            f"/notices/a{n}.html",
            f"商务部公告2025年第{n}号",
            tightening(n, day="2025-06-01"),
            day="2025-06-01",
        )
        for n in range(20)
    ]
    w.ministry.publish(*pages)
    w.poll(watcher)
    del w.ministry.pages[3]
    w.ministry.render()
    assert w.poll(watcher).unseen == 1
    assert w.alerts() == []


def test_a_silent_edit_is_seen_at_the_next_look_and_told_with_a_redline(w: World) -> None:
    started(w).ministry.publish(replace(GALLIUM))
    w.poll()
    assert len(w.alerts()) == 1
    w.ministry.pages[0].text = w.ministry.pages[0].text.replace("2026年4月1日", "2026年5月1日")
    w.ministry.render()
    w.poll(later=timedelta(hours=2))
    (alert,) = w.alerts()
    assert alert.kind == "amended"
    assert alert.change is not None
    assert alert.change.moved == ("effective: 2026-04-01 → 2026-05-01",)
    assert [(s.op, s.text) for s in alert.change.redline if s.op != "same"] == [
        ("deleted", "4"),
        ("inserted", "5"),
    ]


def test_a_repost_elsewhere_is_not_told_again(w: World) -> None:
    bureau = Ministry(w.sites, host="https://bureau.example")
    watcher = other("bureau", bureau.host)
    started(w)
    bureau.publish(Page("/notices/x.html", "综合信息", "这里没有公告。" * 10))
    w.poll(watcher)
    w.ministry.publish(GALLIUM)
    w.poll()
    bureau.publish(replace(GALLIUM, path="/notices/copy.html"))
    w.poll(watcher)
    assert len(w.alerts()) == 1
    record = w.store.queries.find_record("MOFCOM 2026-40")
    assert record is not None
    assert [standing.differs for standing in record.standings] == [False, False]


def test_a_repost_that_differs_is_flagged_and_not_told(w: World) -> None:
    bureau = Ministry(w.sites, host="https://bureau.example")
    watcher = other("bureau", bureau.host)
    started(w)
    bureau.publish(Page("/notices/x.html", "综合信息", "这里没有公告。" * 10))
    w.poll(watcher)
    w.ministry.publish(GALLIUM)
    w.poll()
    bureau.publish(
        replace(GALLIUM, path="/notices/copy.html", text=tightening(40).replace("4月1日", "6月1日"))
    )
    w.poll(watcher)
    assert len(w.alerts()) == 1
    record = w.store.queries.find_record("MOFCOM 2026-40")
    assert record is not None
    assert record.standings[1].differs
    assert record.revisions[1].kind == "copy"
    assert str(record.notice.effective[0].start) == "2026-04-01"


def test_a_notice_shelved_by_a_new_watcher_is_told_when_another_sees_it_appear(w: World) -> None:
    bureau = Ministry(w.sites, host="https://bureau.example")
    started(w)
    bureau.publish(replace(GALLIUM, path="/notices/copy.html"))
    w.poll(other("bureau", bureau.host))
    assert w.alerts() == []
    w.ministry.publish(GALLIUM)
    w.poll()
    assert len(w.alerts()) == 1


def badge(w: World) -> None:
    for page in w.ministry.pages:
        page.listed_title = f'{page.title}<img src="/new.gif" alt="NEW"><b class="new">NEW</b>'


def reorder(w: World) -> None:
    w.ministry.pages.reverse()


def cut_titles(w: World) -> None:
    for page in w.ministry.pages:
        page.listed_title = page.title[:12] + "..."


def secure(w: World) -> None:
    for page in w.ministry.pages:
        page.listed_title = None
    w.ministry.host = HOST
    for page in w.ministry.pages:
        w.sites.put(f"{HOST}{page.path}", Answer(body=page.html.encode()))
    rows = "".join(
        f'<li><a href="http://www.ministry.example{page.path}">{page.title}</a><span>[{page.day}]</span></li>'
        for page in w.ministry.pages
    )
    w.sites.put(
        f"{HOST}/notices/index.html",
        Answer(body=f'<meta charset="utf-8"><ul class="list">{rows}</ul>'.encode()),
    )


def move(w: World) -> None:
    for page in w.ministry.pages:
        page.path = page.path.replace("/notices/", "/notices/2026/")


def pin(w: World) -> None:
    w.ministry.pages.insert(0, w.ministry.pages[-1])


def vanish(w: World) -> None:
    gone = w.ministry.pages.pop(0)
    w.sites.take_down(f"{HOST}{gone.path}")


def reencode(w: World) -> None:
    for page in w.ministry.pages:
        body = page.html.replace('<meta charset="utf-8">', '<meta charset="gb2312">').encode("gb18030")
        w.sites.put(f"{HOST}{page.path}", Answer(body=body))


def reflow(w: World) -> None:
    for page in w.ministry.pages:
        body = page.html.replace("<p>", "\n  <p>　　").replace("公告", "公 告").replace("年", " 年 ")
        w.sites.put(f"{HOST}{page.path}", Answer(body=body.encode()))


def count(w: World) -> None:
    for page in w.ministry.pages:
        w.sites.put(
            f"{HOST}{page.path}", Answer(body=page.html.replace("浏览次数：1", "浏览次数：9,731").encode())
        )


@pytest.mark.parametrize("happens", [badge, reorder, cut_titles, secure, move, pin, vanish])
def test_what_happens_to_an_index_is_not_news(w: World, happens: object) -> None:
    answer = Page("/notices/qa.html", "商务部新闻发言人就许可申请答记者问", ANSWER)
    started(w, OLD, GALLIUM, answer)
    assert callable(happens)
    happens(w)
    if happens is not secure:
        w.ministry.render()
    for _ in range(3):
        report = w.poll(later=timedelta(hours=5))
        assert report.outcome != "failed", report.reason
    assert w.alerts() == []


@pytest.mark.parametrize("happens", [reencode, reflow, count])
def test_what_happens_to_a_page_besides_its_words_is_not_news(w: World, happens: object) -> None:
    started(w, OLD, GALLIUM)
    assert callable(happens)
    happens(w)
    for _ in range(3):
        assert w.poll(later=timedelta(hours=5)).outcome != "failed"
    assert w.alerts() == []


def test_a_page_that_vanishes_is_remembered_and_is_not_a_repeal(w: World) -> None:
    started(w, OLD, GALLIUM)
    vanish(w)
    w.ministry.render()
    w.poll(later=timedelta(hours=5))
    assert w.alerts() == []
    record = w.store.queries.find_record("MOFCOM 2026-40")
    assert record is not None
    assert record.line.direction == "tighten"


def test_a_suspension_takes_the_categories_of_the_notice_it_acts_on(w: World) -> None:
    started(w, OLD, GALLIUM)
    w.ministry.publish(
        Page(
            "/notices/art_70.html",
            "商务部 海关总署公告2026年第70号",
            "经批准，决定自即日起至2026年11月10日，暂停实施商务部、海关总署公告2026年第40号。\n商务部 海关总署\n2026年3月2日",
        )
    )
    w.poll()
    (alert,) = w.alerts()
    assert alert.notice is not None
    assert alert.notice.direction is Direction.SUSPEND
    assert [(c.id, c.basis) for c in alert.notice.categories] == [("minor_metals.gallium", "resolved")]
    assert str(alert.notice.effective[0].until) == "2026-11-10"


def test_a_suspension_read_before_its_target_learns_its_categories_when_the_target_comes(w: World) -> None:
    text = "经批准，决定自即日起至2026年11月10日，暂停实施商务部、海关总署公告2026年第40号。\n商务部 海关总署\n2026年3月2日"
    started(w, Page("/notices/art_70.html", "商务部 海关总署公告2026年第70号", text))
    assert w.store.queries.list_notices(NoticeFilter(category="minor_metals")) == ()
    w.ministry.publish(GALLIUM)
    w.poll()
    numbers = {
        line.number for line in w.store.queries.list_notices(NoticeFilter(category="minor_metals.gallium"))
    }
    assert numbers == {"MOFCOM-GACC 2026-40", "MOFCOM-GACC 2026-70"}
    assert [alert.title for alert in w.alerts()] == [GALLIUM.title]


def feed(*items: tuple[str, str, str]) -> bytes:
    rows = "".join(
        f"<item><title>{title}</title><link>https://press.example/{name}</link><description>{text}</description>"
        "<pubDate>Mon, 02 Mar 2026 01:00:00 GMT</pubDate></item>"
        for name, title, text in items
    )
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Press</title>{rows}</channel></rss>'.encode()


PRESS = replace(
    WATCHER,
    id="press",
    issuer="press",
    role="secondary",
    language="en",
    index=Index(kind="feed", url="https://press.example/feed", content="summary"),
    detail=Detail(follow=False),
    http=replace(WATCHER.http, hosts=("press.example",)),
)
OLD_ITEM = ("old", "Trade fair opens", "A trade fair opened in Shanghai.")
REPORT = (
    "a",
    "China puts gallium under export control in Announcement No. 40 of 2026",
    "MOFCOM and GACC published Announcement No. 40 of 2026 on gallium, effective April 1, 2026.",
)


def test_press_raises_a_report_and_never_a_change_of_law(w: World) -> None:
    w.sites.put("https://press.example/feed", Answer(body=feed(OLD_ITEM), content_type="application/rss+xml"))
    w.poll(PRESS)
    w.sites.put(
        "https://press.example/feed", Answer(body=feed(REPORT, OLD_ITEM), content_type="application/rss+xml")
    )
    w.poll(PRESS)
    (alert,) = w.alerts()
    assert alert.kind == "report"
    assert alert.notice is not None
    assert not alert.notice.is_change
    assert alert.about is not None
    assert alert.about.endswith("2026-40")


def test_the_official_notice_is_still_told_after_the_report(w: World) -> None:
    started(w)
    w.sites.put("https://press.example/feed", Answer(body=feed(OLD_ITEM), content_type="application/rss+xml"))
    w.poll(PRESS)
    w.sites.put(
        "https://press.example/feed", Answer(body=feed(REPORT, OLD_ITEM), content_type="application/rss+xml")
    )
    w.poll(PRESS)
    w.ministry.publish(GALLIUM)
    w.poll()
    assert [alert.kind for alert in w.alerts()] == ["report", "new"]


def test_a_report_of_a_known_notice_is_tied_to_it_without_an_alert(w: World) -> None:
    started(w)
    w.sites.put("https://press.example/feed", Answer(body=feed(OLD_ITEM), content_type="application/rss+xml"))
    w.poll(PRESS)
    w.ministry.publish(GALLIUM)
    w.poll()
    w.sites.put(
        "https://press.example/feed", Answer(body=feed(REPORT, OLD_ITEM), content_type="application/rss+xml")
    )
    w.poll(PRESS)
    assert [alert.kind for alert in w.alerts()] == ["new"]
    record = w.store.queries.find_record("MOFCOM 2026-40")
    assert record is not None
    assert [act.verb for act in record.acts] == ["reports"]
