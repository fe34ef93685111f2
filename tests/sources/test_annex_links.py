"""A file that a page shows, opens or names is asked for, or a doubt says that it was not read."""

from __future__ import annotations

import pytest

from controlwatch.adapters.files.documents import read_annex
from controlwatch.core.model import AnnexLink, Document
from controlwatch.core.sources.notice_pages import parse_notice_page
from controlwatch.core.sources.watcher import Detail

from .golden import snapshot

URL = "https://www.ministry.example/notices/2027/art_12.html"
SITE = "https://www.ministry.example"
NOTICE = "<p>经国务院批准，决定对下列物项实施出口管制，出口应当申请许可。自2027年4月12日起施行。</p>"
SIGNED = "<p>商务部 海关总署</p><p>2027年3月5日</p>"


def page(extra: str, *, below: str = SIGNED) -> Document:
    markup = f'<html><body><h1>公告</h1><div class="body">{NOTICE}{extra}{below}</div></body></html>'
    return parse_notice_page(markup, url=URL, detail=Detail(body=("div.body",)))


@pytest.mark.parametrize(
    ("extra", "path"),
    [
        ('<iframe src="/files/list.pdf"></iframe>', "/files/list.pdf"),
        ('<iframe data-src="/files/list.pdf" src="about:blank"></iframe>', "/files/list.pdf"),
        ('<embed src="../../files/list.ofd" type="application/ofd">', "/files/list.ofd"),
        ('<object data="/files/list.xlsx"><p>请下载</p></object>', "/files/list.xlsx"),
        ('<iframe src="/pdfjs/web/viewer.html?file=%2Ffiles%2Flist.pdf#page=2"></iframe>', "/files/list.pdf"),
        (
            '<iframe src="/view?url=https://www.ministry.example/files/list.docx"></iframe>',
            "/files/list.docx",
        ),
        ('<a href="/pdfjs/viewer.html?file=/files/list.pdf">查看</a>', "/files/list.pdf"),
        ("""<a href="#" onclick="window.open('/files/list.doc')">清单</a>""", "/files/list.doc"),
        ("""<a href="javascript:openFile('/files/list.wps','1')">清单</a>""", "/files/list.wps"),
        ("""<span onclick="location.href='/files/list.et'">清单</span>""", "/files/list.et"),
        ('<a href="/common/download.jsp?id=88">附件：清单</a>', "/common/download.jsp?id=88"),
        ('<a href="/servlet/fileDown.do?fid=a1">清单</a>', "/servlet/fileDown.do?fid=a1"),
        ('<a href="/servlet/get?id=7">附件1：物项清单</a>', "/servlet/get?id=7"),
        ('<a href="/servlet/get?id=7">物项清单.xls</a>', "/servlet/get?id=7"),
        ('<p data-url="/files/list.zip">清单</p>', "/files/list.zip"),
        ('<iframe src="/embedded/table.html"></iframe>', "/embedded/table.html"),
    ],
)
def test_a_file_that_a_page_shows_or_opens_is_an_annex(extra: str, path: str) -> None:
    assert [link.url for link in page(extra).annexes] == [SITE + path]


@pytest.mark.parametrize(
    "extra",
    [
        '<iframe src="/track.html" width="0" height="0"></iframe>',
        '<iframe src="/share.html" style="display:none"></iframe>',
        '<embed src="/media/opening.mp4">',
        '<object data="/images/seal.png"></object>',
        '<iframe src="about:blank"></iframe>',
        '<a href="javascript:void(0)" onclick="window.print()">打印本页</a>',
        '<a href="/download/index.html">下载中心</a>',
    ],
)
def test_what_shows_no_file_is_neither_an_annex_nor_a_doubt(extra: str) -> None:
    read = page(extra)
    assert (read.annexes, read.doubts) == ((), ())


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        ("""<a href="javascript:;" onclick="downFile(8821)">附件：物项清单</a>""", "附件：物项清单"),
        ("<a>物项清单.pdf</a>", "物项清单.pdf"),
        ("<p>附件：两用物项清单</p>", "两用物项清单"),
        ("<p>附件：1.两用物项清单</p><p>2.申请表</p>", "申请表"),
        ("<p>附件2：许可证申请表（样式）</p>", "许可证申请表"),
        ("<p>具体物项见附件。</p>", "见附件"),
        ("<p>附件：</p><p>1．物项清单</p><p>2．许可证申请表</p>", "许可证申请表"),
        ("<p>附件《两用物项出口管制清单》</p>", "两用物项出口管制清单"),
        ("<p>附录：物项清单</p>", "物项清单"),
        ("<p>Annex 1: List of Items</p>", "List of Items"),
        ('<iframe srcdoc="<p>8103200010</p>"></iframe>', "a page within itself"),
        ('<iframe src="/wps/weboffice/office/s/1"></iframe>', "/wps/weboffice/office/s/1"),
    ],
)
def test_a_file_that_is_only_named_is_a_doubt(extra: str, named: str) -> None:
    read = page(extra)
    assert read.annexes == ()
    assert any(named in doubt for doubt in read.doubts)


@pytest.mark.parametrize(
    ("extra", "below"),
    [
        ("<p>附件：物项清单</p>", f"{SIGNED}<p>附件</p><p>物项清单</p><p>一、金属钽。</p>"),
        ("<p>附件：物项清单</p>", f"{SIGNED}<p>物项清单</p><p>一、金属钽。</p>"),
        ("<p>附件：列入管控名单的2家实体</p><p>1.样例公司（Sample LLC）</p><p>2.样例集团</p>", SIGNED),
        ("<p>附件：物项清单</p>", f"{SIGNED}<table><tr><td>1</td><td>金属钽</td></tr></table>"),
        ('<p>附件：<a href="/files/list.pdf">物项清单</a></p>', SIGNED),
        ('<p>附件：</p><p>1.<a href="/files/list.ods">物项清单</a></p>', SIGNED),
        ("<p>附件：</p><p>1. 钽粉，参考海关商品编号 8103200010</p><p>2. 铌粉</p>", SIGNED),
        ('<p>附件：1.<a href="/a.pdf">物项清单</a></p><p>2.<a href="/b.pdf">申请表.pdf</a></p>', SIGNED),
        ('<p>具体物项见附件。</p><p><a href="/files/list.pdf">附件</a></p>', SIGNED),
    ],
)
def test_an_annex_that_is_linked_or_printed_is_no_doubt(extra: str, below: str) -> None:
    assert page(extra, below=below).doubts == ()


def test_one_of_two_named_annexes_without_a_link_is_a_doubt() -> None:
    read = page('<p>附件：1.<a href="/a.pdf">物项清单</a></p><p>2.最终用户证明</p>')
    assert [doubt for doubt in read.doubts if "最终用户证明" in doubt]
    assert not [doubt for doubt in read.doubts if "物项清单" in doubt]


def test_a_page_within_the_page_is_read_and_one_behind_a_link_is_not() -> None:
    shown = snapshot(
        "<html><body><table><tr><td>1</td><td>铌粉</td><td>8112999010，含量不低于99.9%</td></tr></table></body></html>".encode(),
        url=SITE,
    )
    embedded = AnnexLink(url=SITE, name="table.html", is_embedded=True)
    assert read_annex(shown, embedded).text == "1\t铌粉\t8112999010，含量不低于99.9%"
    assert "web page" in (read_annex(shown, AnnexLink(url=SITE, name="清单.pdf")).doubt or "")
