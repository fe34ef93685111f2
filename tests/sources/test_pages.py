"""A page becomes lines, labels, a day and files; what is not the notice stays out."""

from __future__ import annotations

from datetime import date

import pytest

from controlwatch.core.model import NoticeRef
from controlwatch.core.model.errors import Reshaped
from controlwatch.core.sources.notice_pages import build_listed_document, parse_notice_page
from controlwatch.core.sources.watcher import Detail

URL = "https://www.mofcom.gov.cn/zwgk/zcfb/art/2026/art_1.html"
SSI = "[an error occurred while processing this directive]"
NOTICE = "<p>为维护国家安全和利益，对下列物项实施出口管制，自公布之日起实施。</p>"


def text(body: str, **detail: object) -> list[str]:
    how = Detail(body=("div.art-con",), **detail)
    return parse_notice_page(f"<body>{body}</body>", url=URL, detail=how).text.split("\n")


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("<p>甲</p><p>乙</p>", ["甲", "乙"]),
        ("甲<br>乙<BR/>丙", ["甲", "乙", "丙"]),
        ("<p>商务部<b>公告</b><span>第</span>1号</p>", ["商务部公告第1号"]),
        ("<p>&emsp;&emsp;　　甲&nbsp;&nbsp;乙 </p>", ["甲 乙"]),
        ("<p>商务部　海关总署</p>", ["商务部　海关总署"]),
        ("<p>商务\n   部 A\n B</p>", ["商务部 A B"]),
        ("甲<div>乙<p>丙</p></div>丁", ["甲", "乙", "丙", "丁"]),
        ("<p>甲</p><script>x()</script><style>p{}</style><!-- 注 --><noscript>n</noscript>", ["甲"]),
        ("<p>零\u200b宽\ufeff</p>", ["零宽"]),
        ("<pre>甲\n乙</pre>", ["甲", "乙"]),
        ("<ul><li>甲</li><li>乙</li></ul>", ["甲", "乙"]),
    ],
)
def test_blocks_break_lines_and_inline_elements_do_not(body: str, lines: list[str]) -> None:
    assert text(f'<div class="art-con">{body}</div>') == lines


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        (
            "<tr><th>编码</th><th>名称</th></tr><tr><td>1C226</td><td>钨</td></tr>",
            ["编码\t名称", "1C226\t钨"],
        ),
        ("<tr><td><p>甲</p><p>乙</p></td><td>丙<br>丁</td></tr>", ["甲 乙\t丙 丁"]),
        ("<tr><td></td><td>甲</td><td></td><td></td></tr>", ["\t甲"]),
        ("<tr><td> </td><td>&nbsp;</td></tr><tr><td>甲</td><td>乙</td></tr>", ["甲\t乙"]),
        ("<tr><td rowspan=2>甲</td><td>1</td></tr><tr><td>2</td></tr>", ["甲\t1", "甲\t2"]),
        ("<tr><td>1</td><td rowspan=0>甲</td></tr><tr><td>2</td></tr><tr><td>3", ["1\t甲", "2\t甲", "3\t甲"]),
        ("<tr><td rowspan=2>甲</td><td>1</td></tr><tr></tr><tr><td>乙</td><td>2", ["甲\t1", "乙\t2"]),
        ("<tr><td colspan=2>甲</td><td>1</td></tr>", ["甲\t\t1"]),
        ("<tr><td><p>甲</p><p>乙</p></td></tr>", ["甲", "乙"]),
        (
            "<tr><td>栏</td><td><table><tr><td>甲</td><td>乙</td></tr></table></td></tr>",
            ["栏", "甲\t乙"],
        ),
        (
            "<tr><td>1</td><td>84818040</td><td><table><tr><td>甲</td><td>乙</td></tr></table></td></tr>",
            ["1\t84818040", "甲\t乙"],
        ),
        (
            "<tr><td>栏</td><td><p>文一</p><p>文二</p><table><tr><td>甲</td><td>乙</td></tr></table></td></tr>",
            ["栏", "文一", "文二", "甲\t乙"],
        ),
        ("<tr><td>甲<td>乙<tr><td>丙<td>丁", ["甲\t乙", "丙\t丁"]),
    ],
)
def test_rows_of_a_table_are_lines_of_cells(table: str, lines: list[str]) -> None:
    assert text(f'<div class="art-con"><table>{table}</table></div>') == lines


def test_several_bodies_are_joined_and_nested_ones_are_not_repeated() -> None:
    page = '<div class="art-con">甲<div class="art-con">乙</div></div><p>间</p><div class="art-con">丙</div>'
    assert text(page) == ["甲", "乙", "丙"]


def test_counters_badges_and_tools_outside_the_body_are_not_text() -> None:
    page = (
        '<div>浏览次数：<span>1027</span> 打印本页</div><div class="art-con"><p>正文</p>'
        '<img src="new.gif" alt="NEW"><div class="article-tool">分享</div></div><div>关闭</div>'
    )
    assert text(page, drop=("div.article-tool",)) == ["正文"]


def test_thousands_of_nested_elements_are_read() -> None:
    assert text('<div class="art-con">' + "<div>" * 5000 + "深处") == ["深处"]


def test_a_page_cannot_make_itself_grow_by_cells_that_claim_to_span_everything() -> None:
    greedy = f"<td rowspan=60000 colspan=60000>{'字' * 100}</td>" * 90
    table = f"<tr>{greedy}</tr>{'<tr><td>甲</td></tr>' * 9000}"
    assert sum(map(len, text(f'<div class="art-con"><table>{table}</table></div>'))) < 5_000_000


def test_labels_are_read_with_their_names_closed_up() -> None:
    page = (
        '<div class="hgfg_list"><span>【文　　号】海关总署公告2025年第231号</span>'
        f"<span>【生效日期】2025-12-01</span><span>【效力说明】</span></div>"
        f'<div class="art-con">{NOTICE}</div>'
    )
    found = parse_notice_page(
        page, url=URL, detail=Detail(labels="div.hgfg_list > span", body=("div.art-con",))
    )
    assert found.labels == (("文号", "海关总署公告2025年第231号"), ("生效日期", "2025-12-01"))


@pytest.mark.parametrize(
    ("head", "published", "day"),
    [
        ('<meta name="PubDate" content="2026-11-02 10:00">', (), date(2026, 11, 2)),
        ('<meta name="MakeTime" content="2026-11-02 10:00:01">', (), None),
        ('<meta name="createDate" content="2026-11-02">', (), None),
        (
            '<meta name="PubDate" content="2026-11-09 14:46"><p id="con_time">发布时间：2026-11-02 19:19</p>',
            ("#con_time", "meta[name=PubDate]"),
            date(2026, 11, 2),
        ),
        (
            "<script>var publishTime = '2026-11-02 15:12:40';</script>",
            ("var:publishTime",),
            date(2026, 11, 2),
        ),
        (
            '<div class="func"><span>来源：办公厅</span><span>发布时间：2026-11-02</span></div>',
            (".func span",),
            date(2026, 11, 2),
        ),
    ],
)
def test_the_day_of_a_page_is_its_publication_never_its_generation(
    head: str, published: tuple[str, ...], day: date | None
) -> None:
    assert (
        parse_notice_page(
            f"{head}<article>{NOTICE}</article>", url=URL, detail=Detail(published=published)
        ).page_date
        == day
    )


@pytest.mark.parametrize(
    ("link", "name", "url"),
    [
        (
            '<a href="./P020.pdf">附件.pdf</a>',
            "附件.pdf",
            "https://www.mofcom.gov.cn/zwgk/zcfb/art/2026/P020.pdf",
        ),
        (
            '<a href="/cms_files/a/3c.pdf?fileName=%E8%A1%A8.pdf"><img src="i.gif"></a>',
            "表.pdf",
            "https://www.mofcom.gov.cn/cms_files/a/3c.pdf?fileName=%E8%A1%A8.pdf",
        ),
        (
            '<a href="/x/document/download?fileUrl=Qm9&amp;fileName=%E8%A1%A8.docx">表</a>',
            "表",
            "https://www.mofcom.gov.cn/x/document/download?fileUrl=Qm9&fileName=%E8%A1%A8.docx",
        ),
        (
            '<iframe fileurl="/f/9a.ofd"></iframe>',
            "9a.ofd",
            "https://www.mofcom.gov.cn/f/9a.ofd",
        ),
        ('<a href="http://x.cn\\Excel\\a.XLS">表</a>', "表", "http://x.cn/Excel/a.XLS"),
    ],
)
def test_files_below_a_notice_are_found(link: str, name: str, url: str) -> None:
    found = parse_notice_page(f'<div class="art-con">{NOTICE}{link}{link}</div>', url=URL).annexes
    assert [(annex.name, annex.url) for annex in found] == [(name, url)]


@pytest.mark.parametrize(
    "link", ['<a href="/index.html">首页</a>', "<a href=\"javascript:x('a.png')\">x</a>", "<a>附件.pdf</a>"]
)
def test_other_links_are_no_files(link: str) -> None:
    assert (
        parse_notice_page(
            f'<div class="art-con">{NOTICE}{link}</div><a href="/help.pdf">手册</a>', url=URL
        ).annexes
        == ()
    )


# --------------------------------------------------------------------------- pages without a notice


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<html><body></body></html>",
        '<div class="nav">首页 新闻 政策 互动 服务 数据</div><div class="art-con"></div>',
        f'<div class="nav">首页 新闻 政策 互动 服务 数据</div><div class="art-con">{SSI}</div>',
        '<div class="art-con"><iframe src="/wps/weboffice/office/s/1"></iframe></div>',
        "<header>首页 新闻 政策 互动 服务 数据 统计</header><p>无内容</p>",
    ],
)
def test_a_page_without_a_notice_is_an_error(page: str) -> None:
    with pytest.raises(Reshaped):
        parse_notice_page(page, url=URL, detail=Detail(body=("div.art-con",)))


def test_a_redesigned_page_is_read_with_a_doubt() -> None:
    found = parse_notice_page(
        f"<nav>首页</nav><main>{NOTICE}</main>", url=URL, detail=Detail(body=("div.art-con",))
    )
    assert found.text.startswith("为维护国家安全")
    assert "declared body was not found" in found.doubts[0]


def test_a_cover_page_is_carried_by_its_annexes() -> None:
    page = '<div id="con_con"><iframe fileurl="/a.pdf"></iframe></div>'
    found = parse_notice_page(page, url=URL, detail=Detail(body=("#con_con",)))
    assert (found.text, len(found.annexes)) == ("", 1)
    assert "annexes" in found.doubts[0]


def test_a_scanned_notice_needs_ocr() -> None:
    found = parse_notice_page(
        '<div class="art-con"><img src="scan.png"></div>', url=URL, detail=Detail(body=("div.art-con",))
    )
    assert found.doubts == ("needs OCR: the text stands in an image",)


def test_any_page_can_be_read_without_a_declaration() -> None:
    body = f"<body><nav>首页</nav><h1>标题</h1>{NOTICE}<footer>版权</footer></body>"
    page = f"<html><head><title>标题 - 网站</title></head>{body}</html>"
    found = parse_notice_page(page, url=URL)
    assert found.title == "标题"
    assert found.text.split("\n") == [
        "标题",
        "为维护国家安全和利益，对下列物项实施出口管制，自公布之日起实施。",
    ]
    assert found.doubts == ("no article was found; the whole page was read",)


def test_a_row_that_carries_its_text_is_a_document() -> None:
    ref = NoticeRef(
        url=URL, title="标题", listed_on=date(2026, 11, 2), content='<p>一</p><a href="/a.pdf">附</a>'
    )
    found = build_listed_document(ref)
    assert (found.title, found.text, found.page_date) == ("标题", "一\n附", date(2026, 11, 2))
    assert [annex.url for annex in found.annexes] == ["https://www.mofcom.gov.cn/a.pdf"]
    assert build_listed_document(NoticeRef(url=URL, title="标题")).text == ""


@pytest.mark.parametrize(
    ("named", "title"),
    [
        ("商务部公告2027年第9号", "商务部公告2027年第9号 关于铌的公告"),  # the number alone
        ("商务部", "商务部"),  # the site, with which other headings begin too
    ],
)
def test_a_heading_completes_a_title_that_is_the_number_alone(named: str, title: str) -> None:
    html = (
        f"<html><head><title>{named}</title></head><body>"
        "<h2>商务部公告2027年第9号<br>关于铌的公告</h2><div class='TRS_Editor'><p>对铌实施出口管制。</p></div></body></html>"
    )
    assert " ".join(parse_notice_page(html, url="https://example.test/").title.split()) == title


def test_a_number_is_found_behind_the_source_and_the_day_of_a_line_of_particulars() -> None:
    html = (
        "<html><body><h1>关于恢复有关措施的公告</h1>"
        "<div class='info'>来源：某某局\u3000发布时间：2027-11-24 16:00\u3000文号：海关总署公告2027年第97号</div>"
        "<div class='art-con'><p>自2027年12月1日起恢复。</p></div></body></html>"
    )
    found = parse_notice_page(html, url="https://www.example.test/art.html")
    assert ("文号", "海关总署公告2027年第97号") in found.labels
