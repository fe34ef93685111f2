"""Sites of the jpaas content system: a script shell, a unit service, and article pages (MOFCOM, its bureau, MIIT)."""

from __future__ import annotations

import hashlib
import html
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urljoin

from controlwatch.demo.formats.base import Column, Posting, Served, annex_link, annex_path, page, paragraphs
from controlwatch.demo.serving import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.demo.samples import Sample
    from controlwatch.demo.serving import Asked

FOLDER = "/cms_files/filemanager/600926013/attach"
#: What the English site's shell names; its declaration knows no ids.
UNDECLARED = {
    "parseType": "bulidstatic",
    "webId": "3f0c1d7e5a9b4c2e8d6f7a1b0c9e8d7f",
    "tplSetId": "5b1e0c7d9a3f4e2b8c6d",
    "pageType": "column",
    "tagId": "List",
    "editType": "null",
    "pageId": "7c2b9d4e1f6a4b8c9d0e3f5a6b7c8d9e",
}
SHELL = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="ColumnName" content="{name}">
<title>{name}</title>
<script src="/cms_files/default/script/jquery.min.js"></script>
</head>
<body>
<div class="nav"><ul><li><a href="/index.html">首页</a></li><li><a href="/xwfb/index.html">新闻发布</a></li></ul></div>
<div class="list-box">
<script id="{id}"
  src="/cms_files/default/script/AuthorizedRead/unitbuild.js?v=4.3.0-SWB-U19"
  url="/api-gateway/jpaas-publish-server/front/page/build/unit"
  queryData="{query}"></script>
</div>
<div class="footer">主办单位 版权所有</div>
</body>
</html>
"""
ARTICLE = """<!DOCTYPE html>
<html>
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<title>{title}</title>
<meta name="SiteName" content="{site}">
<meta name="ColumnName" content="{column}">
<meta name="ArticleTitle" content="{title}">
<meta name="PubDate" content="{day} {time}">
<meta name="ContentSource" content="{office}">
<meta name="Url" content="{path}">
<meta name="MakeTime" content="{day} 23:03:10">
</head>
<body>
<div class="header"><a href="/index.html">首页</a> &gt; <a href="/zwgk/index.html">政务公开</a></div>
<div class="art-title">{title}</div>
<div class="at-left">来源：{office} 类型：原创 分类：政策 {day} {time}</div>
<div class="at-right">浏览次数：<span id="visits">20871</span> <a href="javascript:window.print()">打印本页</a></div>
<div class="art-con art-con-bottonmLine" ergodic="article">
{labels}{body}
{annex}
</div>
<section class="share"><a href="#">分享到微信</a></section>
<div class="article-tool">【字号 大 中 小】</div>
<div class="footer">网站标识码 技术支持</div>
</body>
</html>
"""
MIIT_ARTICLE = """<!DOCTYPE html>
<html><head>
<meta charset="UTF-8">
<meta name="SiteName" content="中华人民共和国工业和信息化部">
<meta name="ColumnName" content="{column}">
<meta name="ArticleTitle" content="{title}">
<meta name="PubDate" content="{day} {time}">
<meta name="ContentSource" content="{office}">
<title>{title}</title>
</head><body>
<div class="mnav"><a href="/index.html">首页</a> &gt; <a href="/zwgk/index.html">政务公开</a></div>
<h1 id="con_title">{title}</h1>
<div class="cinfo center"><span id="con_time">发布时间：{day} {time}</span> <span>来源：{office}</span></div>
<div id="con_con" class="ccontent center">
{body}
</div>
<div class="share">分享：<a href="#">微信</a></div>
</body></html>
"""


def article(column: Column, posting: Posting, template: str, *, labels: str = "", annex: str = "") -> Answer:
    """An article page from its template."""
    sample = posting.sample
    return page(
        template.format(
            title=html.escape(sample.title),
            site="商务部",
            column=html.escape(column.name),
            day=sample.published,
            time=sample.time,
            office=html.escape(sample.office),
            path=posting.path,
            labels=labels,
            body=paragraphs(sample),
            annex=annex,
        )
    )


def mofcom_notice(column: Column, posting: Posting) -> Answer:
    """A MOFCOM article: announcements carry a head with their number."""
    sample = posting.sample
    told = (("发布单位", sample.office), ("发布文号", sample.number), ("发文日期", f"{sample.published:%Y年%m月%d日}"))
    inner = "".join(f"<p>【{name}】{html.escape(value)}</p>" for name, value in told)
    head = f'<div class="art-con-gonggao">{inner}</div>\n' if sample.number else ""
    return article(column, posting, ARTICLE, labels=head, annex=annex_link(posting, FOLDER))


@dataclass(frozen=True, slots=True)
class MofcomUnit:
    """政策发布 and its sisters: rows in a list, the day in brackets."""

    def address(self, column: Column, sample: Sample) -> str:
        """Article pages stand beside the column page."""
        return urljoin(column.watcher.index.url, f"art/{sample.published.year}/art_{sample.key}.html")

    def index(self, column: Column) -> Iterator[Served]:
        """The shell and the unit."""
        yield from unit(column, self._rows(column), annexes=FOLDER)

    def notice(self, column: Column, posting: Posting) -> Answer:
        """An article page."""
        return mofcom_notice(column, posting)

    def _rows(self, column: Column) -> str:
        if column.redesigned:
            items = "".join(
                f'<div class="card"><h4><a href="{p.path}">{html.escape(p.sample.title)}</a></h4><time>{p.sample.published}</time></div>'
                for p in column.postings
            )
            return f'<section class="card-grid">{items}</section>'
        items = "".join(
            f'<li><a href="{p.path}" title="{html.escape(p.sample.title)}" target="_blank">{html.escape(p.sample.title)}</a>'
            f"<span>[{p.sample.published}]</span></li>\n"
            for p in column.postings
        )
        return f'<ul class="txtList_01">\n{items}</ul>'


@dataclass(frozen=True, slots=True)
class MiitUnit:
    """MIIT's columns: the same system with rows of its own; the latest-policy column links absolutely, by http."""

    absolute: bool = False

    def address(self, column: Column, sample: Sample) -> str:
        """One address for all of the ministry's columns."""
        return miit_address(sample)

    def index(self, column: Column) -> Iterator[Served]:
        """The shell and the unit."""
        host = "http://www.miit.gov.cn" if self.absolute else ""
        rows = "\n".join(
            f'  <li class="cf"><a class="fl" href="{host}{p.path}" target="_blank" title="{html.escape(p.sample.title)}"><i></i>'
            f'{html.escape(p.sample.title)}</a>\n    <span class="fr">{p.sample.published}</span></li>'
            for p in column.postings
        )
        yield from unit(column, f"<ul>\n{rows}\n</ul>", annexes="")

    def notice(self, column: Column, posting: Posting) -> Answer:
        """An article page."""
        return article(column, posting, MIIT_ARTICLE)


def miit_address(sample: Sample) -> str:
    """Where MIIT puts a document, whichever list shows it."""
    section = sample.section or "/zwgk/zcwj/wjfb/tz"
    return f"https://www.miit.gov.cn{section}/art/{sample.published.year}/art_{sample.key}.html"


def unit(column: Column, rows: str, *, annexes: str) -> Iterator[Served]:
    """A column of jpaas: its shell, and the service that answers to the ids in it."""
    ids = _ids(column)
    literal = json.dumps(ids, ensure_ascii=False, separators=(",", ":")).replace('"', "'")
    shell = SHELL.format(name=html.escape(column.name), id=ids["pageId"][::-1], query=literal)
    yield Served(url=column.watcher.index.url, reply=page(shell))
    count = f'<div class="pagination" rows="15" count="{len(column.postings)}" pageNo="1"></div>'
    listed = f'<div id="{ids["tagId"]}"><div class="page-content">{rows}</div>{count}</div>'
    yield Served(
        url=column.watcher.index.api or "",
        reply=lambda asked: _answer(asked, listed),
        chosen_by=("pageId", ids["pageId"]),
    )


def _ids(column: Column) -> dict[str, str]:
    ids = {**UNDECLARED, **column.watcher.index.params}
    if column.renumbered:
        ids["pageId"] = hashlib.sha256(ids["pageId"].encode()).hexdigest()[:32]
    return ids


def _answer(asked: Asked, listed: str) -> Answer:
    """The envelope; pages beyond the first are empty, as this column is short."""
    beyond = "paramJson" in parse_qs(asked.query)
    envelope = {
        "roles": None,
        "permissions": None,
        "success": True,
        "message": "生成成功",
        "code": "200",
        "data": {"html": "" if beyond else listed},
        "traceId": "53a1d42d174f4bc01b2525bd7ec28e67",
    }
    return page(json.dumps(envelope, ensure_ascii=False), content_type="application/json;charset=UTF-8")


__all__ = ["FOLDER", "MiitUnit", "MofcomUnit", "annex_path", "miit_address", "mofcom_notice"]
