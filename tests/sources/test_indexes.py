"""Every kind of index, and every way in which one fails while looking well."""

from __future__ import annotations

from datetime import date

import pytest

from controlwatch.core.model import Snapshot
from controlwatch.core.model.errors import Challenged, Garbled, Refused, Reshaped, SourceError
from controlwatch.core.sources import index_pages
from controlwatch.core.sources.plausibility import check_response
from controlwatch.core.sources.watcher import Expect, Index

from .make import SITE, answer, jpaas, links, record, unit, watcher

NAMES = {"link": "url", "title": "title", "date": "day"}
ROW = '<ul><li><a href="./art_1.html" title="全名">全...</a><span>[2026-11-02]</span></li></ul>'
SHELL = "<html><head><script>$_ts=window['$_ts'];</script></head><body></body></html>"


def read(index: Index, sent: Snapshot, expect: Expect | None = None) -> index_pages.IndexPage:
    return index_pages.parse_index(watcher(index, expect=expect), sent)


# --------------------------------------------------------------------------- rows


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("./202611/art_1.html", f"{SITE}/list/202611/art_1.html"),
        ("/a/art_1.html", f"{SITE}/a/art_1.html"),
        ("//aqygzj.mofcom.gov.cn/art_1.html", "https://aqygzj.mofcom.gov.cn/art_1.html"),
        ("http://www.mofcom.gov.cn/art_1.html", "http://www.mofcom.gov.cn/art_1.html"),
        (" /a/\n\tart_1.html#top ", f"{SITE}/a/art_1.html"),
        ("\\a\\art_1.html", f"{SITE}/a/art_1.html"),
        ("javascript:void(0)", None),
        ("mailto:a@b.cn", None),
        ("#art_1.html", None),
        ("/index.html", None),
        ("http://[broken/art_1.html", None),
    ],
)
def test_links_become_absolute_and_others_are_left_out(href: str, url: str | None) -> None:
    page = f'<ul><li><a href="{href}">一</a></li><li><a href="/art_2.html">二</a></li></ul>'
    assert [ref.url for ref in read(links(), answer(page)).refs][:-1] == ([url] if url else [])


@pytest.mark.parametrize(
    ("link", "title"),
    [
        ('<a href="/art_1.html" title="全名 &amp; 号">全...</a>', "全名 & 号"),
        ('<a href="/art_1.html" title="">可见</a>', "可见"),
        ('<a href="/art_1.html" title="被截断的…">被截断的标题</a>', "被截断的标题"),
        ('<a href="/art_1.html" title="&lt;em&gt;出口&lt;/em&gt;管制">x</a>', "出口管制"),
        ('<a href="/art_1.html"><i></i> 商务部\n 公告 <img src="new.gif" alt="NEW"></a>', "商务部公告"),
        ('<a href="/art_1.html" title="浓度&lt;5%的溶液">x</a>', "浓度<5%的溶液"),
    ],
)
def test_the_full_title_is_kept(link: str, title: str) -> None:
    assert read(links(), answer(f"<ul><li>{link}</li></ul>")).refs[0].title == title


@pytest.mark.parametrize(
    ("printed", "day"),
    [
        ("[2026-11-02]", date(2026, 11, 2)),
        ("2026-11-02 10:20:30", date(2026, 11, 2)),
        ("2026.11.2", date(2026, 11, 2)),
        ("2026/11/02", date(2026, 11, 2)),
        ("2026年11月2日", date(2026, 11, 2)),
        ("November 2, 2026", date(2026, 11, 2)),
        ("2 Nov 2026", date(2026, 11, 2)),
        ('<font style="display:none">解读</font>2026-11-02', date(2026, 11, 2)),
        ("2026-13-02", None),
        ("昨天", None),
    ],
)
def test_printed_days_are_read(printed: str, day: date | None) -> None:
    page = f'<ul><li><a href="/art_1.html">一</a><span>{printed}</span></li></ul>'
    found = read(links(), answer(page))
    assert found.refs[0].listed_on == day
    assert bool(found.faults) == (day is None)


def test_a_notice_listed_twice_is_taken_once_with_the_longer_title() -> None:
    rows = '<li><a href="/art_1.html">商务部公告第1号</a></li><li><a href="/art_1.html">更多</a></li>'
    assert [ref.title for ref in read(links(date=""), answer(f"<ul>{rows}</ul>")).refs] == ["商务部公告第1号"]


def test_grouped_and_plain_records_are_both_read() -> None:
    rows = [
        {
            "groupData": [{"data": {"title": "甲", "url": "/a/1", "day": "1790132090256"}}],
            "data": {"_value": "9"},
        },
        {"groupData": [], "data": {"title": "乙 &amp; <em>丙</em>", "url": "/a/2", "day": 1790132090256}},
    ]
    keys = {name: f"groupData.0.data.{key}, data.{key}" for name, key in NAMES.items()}
    index = record(**keys)
    page = read(index, answer({"page": {"rows": rows, "total": 7}}))
    assert [(ref.title, ref.listed_on) for ref in page.refs] == [
        ("甲", date(2026, 9, 23)),
        ("乙 & 丙", date(2026, 9, 23)),
    ]
    assert page.total == 7


def test_milliseconds_give_the_day_in_beijing_not_in_london() -> None:
    rows = [{"title": "甲", "url": "/1", "day": "1793548800000"}]  # 2026-11-01 16:00 UTC
    assert read(record(), answer({"page": {"rows": rows}})).refs[0].listed_on == date(2026, 11, 2)


def test_a_feed_gives_days_in_beijing_and_its_faults() -> None:
    feed = (
        "<rss version='2.0'><channel><item><title>甲 &amp;amp; 乙</title><link>https://x.cn/1</link>"
        "<pubDate>Sun, 01 Nov 2026 20:00:00 GMT</pubDate><description>s</description></item></channel>"
    )
    page = read(
        Index(kind="feed", url=f"{SITE}/feed", content="summary"), answer(feed, kind="application/xml")
    )
    assert (page.refs[0].title, page.refs[0].listed_on, page.refs[0].content) == (
        "甲 & 乙",
        date(2026, 11, 2),
        "s",
    )
    assert "not well-formed" in page.faults[0]


def test_a_total_is_taken_from_the_pagination() -> None:
    html = f'{ROW}<div class="pagination" rows="15" count="8242"></div>'
    assert read(jpaas(), unit(html)).total == 8242
    assert read(links(), answer(f"<p>第1/9页 总条数：88</p>{ROW}")).total == 88


# --------------------------------------------------------------------------- failures that look like success


@pytest.mark.parametrize(
    ("index", "sent", "kind"),
    [
        (jpaas(), unit(ROW, success=False, message="系统繁忙"), Refused),
        (jpaas(), unit(ROW, code="500"), Refused),
        (jpaas(), unit(None), Reshaped),
        (jpaas(), unit("  "), Reshaped),
        (jpaas(), answer({"success": True, "code": "200", "data": None}), Reshaped),
        (jpaas(), unit("<div id='列表'><ul></ul></div>"), Reshaped),
        (jpaas(), unit('<ul><li><a href="/index.html">栏目</a></li></ul>'), Reshaped),
        (jpaas(), answer("<html><body>502 Bad Gateway</body></html>"), Garbled),
        (jpaas(), answer(""), Garbled),
        (jpaas(), answer("[" * 100_000), Garbled),
        (jpaas(), answer(SHELL), Challenged),
        (jpaas(), answer(SHELL, status=412), Challenged),
        (links(), answer(SHELL, status=200), Challenged),
        (links(), answer("<html><body>not found</body></html>", status=404), Refused),
        (links(), answer("<html><body></body></html>"), Reshaped),
        (links(), answer('<ul><li><a href="/about.html">关于</a></li></ul>'), Reshaped),
        (record(), answer({"page": {"rows": []}}), Reshaped),
        (record(), answer({"page": None}), Reshaped),
        (record(), answer([1, 2]), Reshaped),
        (record(), answer({"page": {"rows": [None, 3, "x", {"title": "无链接"}]}}), Reshaped),
        (record(), answer({"page": {"rows": [{"url": "/1", "title": "?????"}]}}), Garbled),
        (Index(kind="feed", url="https://x.cn/f"), answer("<html><body>moved</body></html>"), Garbled),
        (Index(kind="feed", url="https://x.cn/f"), answer("/etc/passwd"), Garbled),
        (
            Index(kind="feed", url="https://x.cn/f"),
            answer("<rss version='2.0'><channel><title>t</title></channel></rss>"),
            Reshaped,
        ),
    ],
)
def test_an_answer_without_news_is_an_error_and_never_an_empty_list(
    index: Index, sent: Snapshot, kind: type[SourceError]
) -> None:
    with pytest.raises(kind):
        read(index, sent, Expect(reject=(r'"title"\s*:\s*"[^"]*\?\?\?',)))


def test_a_refusal_keeps_the_words_of_the_source() -> None:
    with pytest.raises(Refused, match="系统繁忙"):
        read(jpaas(), unit(ROW, success=False, message="系统繁忙"))


def test_lost_characters_are_a_fault_not_a_failure() -> None:
    sent = answer(f"<meta charset=utf-8>{ROW}".encode() + b"\xff", kind="text/html; charset=utf-8")
    assert "could not be decoded" in read(links(), sent).faults[0]


@pytest.mark.parametrize("status", [206, 300, 302, 404, 503])
def test_an_answer_that_is_no_whole_page_is_an_error(status: int) -> None:
    body = "<html><body><p>商务部公告2027年第9号</p></body></html>"
    with pytest.raises(Refused, match=str(status)):
        check_response(answer(body, status=status, kind="text/html"))
    check_response(answer(body, kind="text/html"))
