"""Feeds: no item is lost behind another one, no day made up, no encoding believed against the bytes."""

from __future__ import annotations

from datetime import date

import pytest

from controlwatch.core.model import IndexPage
from controlwatch.core.model.addresses import canonicalize_url, is_item_address
from controlwatch.core.sources.index_pages import parse_index
from controlwatch.core.sources.listed_items import choose_known_addresses, separate_items
from controlwatch.core.sources.watcher import Index

from .make import SITE, answer, links, watcher

PAGE = "https://www.mofcom.gov.cn/letter.html"
DAY = "Fri, 05 Mar 2027 10:00:00 +0800"
TITLE = "商务部公告2027年第18号"


def item(title: str, *, link: str = PAGE, day: str = DAY, guid: str = "") -> str:
    identity = f'<guid isPermaLink="false">{guid}</guid>' if guid else ""
    return f"<item><title>{title}</title><link>{link}</link><pubDate>{day}</pubDate>{identity}</item>"


def rss(*items: str, encoding: str = "utf-8") -> str:
    head = f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel><title>x</title>'
    return head + "".join(items) + "</channel></rss>"


def read(feed: str | bytes, *, kind: str = "application/rss+xml") -> IndexPage:
    return parse_index(watcher(Index(kind="feed", url=f"{SITE}/feed")), answer(feed, kind=kind))


@pytest.mark.parametrize(
    "items",
    [
        (item("公告第1号", guid="a1"), item("公告第2号 对铌实施管制", guid="a2")),
        (item("公告第1号", link=f"{PAGE}#one"), item("公告第2号 对铌实施管制", link=f"{PAGE}#two")),
        (item("关于对铌实施管制的公告"), item("关于对钽实施管制的公告")),
        (item("关于对铌实施管制的公告", guid="a1"), item("关于对钽实施管制的公告", guid="a1")),
        (item("关于对铌实施管制的公告", day=""), item("关于对钽实施管制的公告", day="")),
        (item("每周摘要", guid="w9"), item("每周摘要", guid="w10", day="Fri, 12 Mar 2027 10:00:00 +0800")),
    ],
    ids=["by GUID", "by the part of the page", "by title", "of one GUID", "without a day", "by day"],
)
def test_items_that_share_a_link_are_notices_of_their_own(items: tuple[str, str]) -> None:
    refs = read(rss(*items)).refs
    assert len({canonicalize_url(ref.url) for ref in refs}) == 2
    assert all(is_item_address(ref.url) for ref in refs)
    assert [ref.url for ref in refs] == [ref.url for ref in read(rss(*items)).refs]


@pytest.mark.parametrize(
    "items",
    [
        (item(TITLE), item("更多")),
        (item(TITLE, day=""), item("点击查看公告全文", day="")),
        (item(TITLE), item("商务部公告2027年…")),
        (item(TITLE, guid="a1"), item(TITLE, guid="a2")),
        (item(TITLE), item(f"NEW {TITLE}")),
    ],
    ids=["a link to more", "a link to the text", "a cut title", "sent twice", "a mark of the list"],
)
def test_an_item_that_is_listed_twice_is_one_notice(items: tuple[str, str]) -> None:
    (ref,) = read(rss(*items)).refs
    assert ref.url == PAGE


def test_two_rows_of_a_list_with_one_link_and_two_numbers_are_two_notices() -> None:
    rows = "".join(
        f'<li><a href="/art_1.html">商务部公告2027年第{n}号</a><span>2027-03-05</span></li>' for n in (8, 9)
    )
    assert len(parse_index(watcher(links()), answer(f"<ul>{rows}</ul>", kind="text/html")).refs) == 2


def test_a_notice_keeps_its_address_when_others_come_to_share_its_link_and_leave_it_again() -> None:
    alone, both = (
        read(rss(item(TITLE, guid="a1"))).refs,
        read(rss(item("解读", guid="a2"), item(TITLE, guid="a1"))).refs,
    )
    known = {canonicalize_url(ref.url): ref for ref in alone}
    assert [ref.url for ref in choose_known_addresses(both, known)][1] == PAGE
    known = {canonicalize_url(ref.url): ref for ref in both}
    assert choose_known_addresses(alone, known)[0].url == both[1].url


def test_two_notices_of_one_guid_keep_their_addresses_when_one_leaves_the_feed() -> None:
    niobium, tantalum = "关于对铌实施管制的公告", "关于对钽实施管制的公告"
    both = read(rss(item(niobium, guid="a1"), item(tantalum, guid="a1"))).refs
    known = {canonicalize_url(ref.url): ref for ref in both}
    (alone,) = read(rss(item(tantalum, guid="a1"))).refs
    assert choose_known_addresses([alone], known)[0].url == both[1].url


def test_separating_items_twice_changes_nothing() -> None:
    refs = read(rss(item("公告第1号", guid="a1"), item("公告第2号", guid="a2"))).refs
    assert separate_items(refs) == refs


def test_an_item_without_a_link_or_with_an_unreadable_day_is_a_fault() -> None:
    page = read(rss(item(TITLE), item("无链接的公告", link=""), item("公告", link=f"{SITE}/2", day="上周五")))
    assert [ref.listed_on for ref in page.refs] == [date(2027, 3, 5), None]
    assert [fault.split(" ")[-1] for fault in page.faults] == ["title", "read"]
    assert len(page.faults) == 2


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (rss(item(TITLE)).encode("gbk"), "application/rss+xml"),
        (rss(item(TITLE)).encode("gbk"), "text/xml; charset=utf-8"),
        (rss(item(TITLE), encoding="gb2312").encode(), "application/rss+xml"),
        (rss(item(TITLE), encoding="gb2312").encode("gb18030"), "application/rss+xml"),
        (rss(item(TITLE), encoding="iso-8859-1").encode("gbk"), "application/rss+xml"),
        (rss(item(TITLE), encoding="utf-16").encode("utf-16"), "application/rss+xml"),
        (b"\n " + rss(item(TITLE)).encode(), "text/html; charset=gbk"),
    ],
)
def test_a_feed_is_decoded_by_its_bytes_whatever_it_says(sent: bytes, kind: str) -> None:
    page = read(sent, kind=kind)
    assert [ref.title for ref in page.refs] == [TITLE]
    assert page.faults == ()


def test_a_western_feed_keeps_its_accents_and_what_is_lost_is_a_fault() -> None:
    western = rss(item("Export curbs: the café’s “view”"), encoding="windows-1252").encode("windows-1252")
    assert read(western).refs[0].title == "Export curbs: the café’s “view”"
    damaged = rss(item(TITLE)).encode() + b"\xff\xff"
    assert "could not be decoded" in read(damaged).faults[0]
