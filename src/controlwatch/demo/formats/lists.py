"""Lists that a server wrote as links: MOFCOM's year page and press overview, Customs, Finance, MFA, TAO."""

from __future__ import annotations

import html
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from controlwatch.demo.formats.base import Column, Posting, Served, page, paragraphs
from controlwatch.demo.formats.jpaas import mofcom_notice
from controlwatch.demo.serving import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from controlwatch.demo.samples import Sample

UTF8 = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'


def _links(postings: Iterable[Posting], *, attributes: str = 'target="_blank"') -> str:
    return "\n".join(
        f'<li><a href="{p.path}" {attributes} title="{html.escape(p.sample.title)}">{html.escape(p.sample.title)}</a></li>'
        for p in postings
    )


@dataclass(frozen=True, slots=True)
class YearPages:
    """MOFCOM's announcements: one page a year, no days."""

    def address(self, column: Column, sample: Sample) -> str:
        """Everything is filed under this year, as if it appeared now."""
        year = column.today.year
        return f"https://www.mofcom.gov.cn/zcfb/blgg/gg/{year}nswbgg/art/{year}/art_{sample.key}.html"

    def index(self, column: Column) -> Iterator[Served]:
        """This year's page with the news, last year's with the three oldest rows."""
        parts = ((column.today.year, column.postings[:-3]), (column.today.year - 1, column.postings[-3:]))
        for year, postings in parts:
            text = (
                f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>{year}年商务部公告</title></head>\n<body>\n'
                '<ul class="nav"><li><a href="/index.html">首页</a></li><li><a href="/zcfb/index.html">政策</a></li></ul>\n'
                f'<div class="gg-list"><h3>{year}年商务部公告</h3>\n<ul>\n{_links(postings)}\n</ul></div>\n</body></html>\n'
            )
            yield Served(url=column.watcher.index.url.replace("{year}", str(year)), reply=page(text))

    def notice(self, column: Column, posting: Posting) -> Answer:
        """An article page."""
        return mofcom_notice(column, posting)


@dataclass(frozen=True, slots=True)
class PressPage:
    """MOFCOM's press overview and its English sister: plain links to articles of one folder."""

    folder: str  #: of the articles, below the host

    def address(self, column: Column, sample: Sample) -> str:
        """Articles stand in the folder of their column."""
        return urljoin(
            column.watcher.index.url, f"{self.folder}/art/{sample.published.year}/art_{sample.key}.html"
        )

    def index(self, column: Column) -> Iterator[Served]:
        """The overview, with other columns around the one that is watched."""
        other = '<div class="box"><h3><a href="/xwfb/ldrhd/index.html">领导人活动</a></h3></div>'
        text = (
            '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>新闻发布</title></head><body>\n'
            f'{other}\n<div class="box"><h3>{html.escape(column.name)}</h3><ul>\n{_links(column.postings)}\n</ul></div>\n</body></html>\n'
        )
        yield Served(url=column.watcher.index.url, reply=page(text))

    def notice(self, column: Column, posting: Posting) -> Answer:
        """An article page."""
        return mofcom_notice(column, posting)


@dataclass(frozen=True, slots=True)
class Customs:
    """GACC in the template of the winter 2025/26."""

    def address(self, column: Column, sample: Sample) -> str:
        """Articles stand in a folder of their day, under nineteen digits."""
        day = sample.published
        stamp = f"{day:%Y%m%d}{sample.time.replace(':', '')}"
        return f"http://www.customs.gov.cn/customs/{day:%Y-%m/%d}/article_{stamp}{sample.serial:07d}.html"

    def index(self, column: Column) -> Iterator[Served]:
        """The list."""
        rows = "\n".join(
            f'  <li><a href="{p.path}" target="_blank" title="{html.escape(p.sample.title)}" istitle="true">'
            f"{html.escape(p.sample.title)}</a><span>{p.sample.published}</span></li>"
            for p in column.postings
        )
        text = (
            f'<html>\n <head>\n  {UTF8}  <title>公告 </title>\n <meta name="ColumnName" content="公告">\n </head>\n <body>\n'
            f'<div class="news_con">\n <ul class="news_list">\n{rows}\n </ul>\n'
            f' <div class="page_more"><div class="txt">第1/1页 总条数：{len(column.postings)}</div></div>\n</div>\n </body>\n</html>\n'
        )
        yield Served(url=column.watcher.index.url, reply=page(text))

    def notice(self, column: Column, posting: Posting) -> Answer:
        """An article page."""
        del column
        return page(customs_page(posting.sample))


def customs_page(sample: Sample) -> str:
    """An article of Customs, as a browser would save it."""
    title = html.escape(sample.title)
    return (
        f'<html>\n <head>\n  {UTF8}  <title>{title} </title>\n<meta name="ArticleTitle" content="{title}">\n'
        f'<meta name="PubDate" content="{sample.published}">\n </head>\n <body>\n<div class="news_detail">\n'
        f' <div class="news_detail_tit">\n  <h1>{title}</h1>\n  <div class="func">\n   <span>发布时间：{sample.published} {sample.time}</span>\n'
        f'   <span>文章来源：{sample.office}</span>\n  </div>\n </div>\n <div class="news_detail_con">\n{paragraphs(sample, indent="")}\n </div>\n'
        '<div class="but"><a href="javascript:void(0);" onclick="window.print()">打印本页</a></div>\n</div>\n </body>\n</html>\n'
    )


@dataclass(frozen=True, slots=True)
class CustomsEnglish:
    """GACC's English site: articles under a GUID."""

    def address(self, column: Column, sample: Sample) -> str:
        """Any GUID will do."""
        del column
        return f"http://english.customs.gov.cn/Statics/{uuid.UUID(sample.key)}.html"

    def index(self, column: Column) -> Iterator[Served]:
        """The list."""
        rows = "".join(
            f'<li><a href="{p.url}">{html.escape(p.sample.title)}</a><span>{p.sample.published:%Y/%m/%d}</span></li>'
            for p in column.postings
        )
        text = (
            '<!DOCTYPE html>\n<html>\n<head>\n    <meta charset="UTF-8">\n    <title>Customs Announcements</title>\n</head>\n<body>\n'
            f'<div class="g-m"><div class="nr-n-right nr-n-content"><ul>{rows}</ul></div></div>\n</body>\n</html>\n'
        )
        yield Served(url=column.watcher.index.url, reply=page(text))

    def notice(self, column: Column, posting: Posting) -> Answer:
        """An article page."""
        del column
        sample = posting.sample
        return page(
            f'<!DOCTYPE html>\n<html>\n<head>\n<meta charset="UTF-8">\n<title>{html.escape(sample.title)}</title>\n</head>\n<body>\n'
            f'<div class="atcl"><div class="atcl-ttl">{html.escape(sample.title)}</div><div class="atcl-date">{sample.published:%Y/%m/%d}</div>\n'
            f'<div class="atcl-cnt">{paragraphs(sample, indent="")}</div></div>\n</body>\n</html>\n'
        )


@dataclass(frozen=True, slots=True)
class Finance:
    """The Tariff Commission's list at the Ministry of Finance: links relative to the list."""

    def address(self, column: Column, sample: Sample) -> str:
        """Articles stand in a folder of the month."""
        return _monthly(column, sample, "htm")

    def index(self, column: Column) -> Iterator[Served]:
        """The list."""
        base = column.watcher.index.url
        rows = "\n".join(
            f'\t\t<li><a href="./{p.url.removeprefix(base)}" target="_blank" title="{html.escape(p.sample.title)}">'
            f"{html.escape(p.sample.title)}</a><span>{p.sample.published}</span></li>"
            for p in column.postings
        )
        text = (
            f"<!DOCTYPE html>\n<html>\n<head>{UTF8}<title>政策发布</title></head>\n<body>\n"
            f'<div class="listBox">\n<ul class="liBox">\n{rows}\n<div class="clear"></div>\n</ul>\n</div>\n</body>\n</html>\n'
        )
        yield Served(url=base, reply=page(text))

    def notice(self, column: Column, posting: Posting) -> Answer:
        """An article page."""
        del column
        sample = posting.sample
        title, day = html.escape(sample.title), sample.published
        return page(
            f'<!DOCTYPE html>\n<html>\n<head>{UTF8}\n<meta name="ArticleTitle" content="{title}">\n'
            f'<meta name="PubDate" content="{day} {sample.time}:00">\n<meta name="ContentSource" content="关税司">\n<title>{title}</title></head>\n<body>\n'
            f'<h2 class="title_con">{title}</h2>\n<div class="docreltime"><span>发布日期：{day.year}年{day.month:02d}月{day.day:02d}日</span></div>\n'
            f'<div class="my_doccontent"><div class="TRS_Editor">\n{paragraphs(sample, indent="　　")}\n</div></div>\n</body>\n</html>\n'
        )


def _monthly(column: Column, sample: Sample, suffix: str) -> str:
    day = sample.published
    return f"{column.watcher.index.url}{day:%Y%m}/t{day:%Y%m%d}_{sample.serial}.{suffix}"


@dataclass(frozen=True, slots=True)
class TrsList:
    """A TRS site read as plain links: the foreign ministry, and the Taiwan Affairs Office in GB18030."""

    suffix: str
    charset: str = "utf-8"  #: as the page calls it
    encoding: str = "utf-8"  #: as it is

    def address(self, column: Column, sample: Sample) -> str:
        """Articles stand in a folder of the month."""
        return _monthly(column, sample, self.suffix)

    def index(self, column: Column) -> Iterator[Served]:
        """The list."""
        base = column.watcher.index.url
        rows = "\n".join(
            f'<li><a href="./{p.url.removeprefix(base)}" target="_blank" title="{html.escape(p.sample.title)}">'
            f"{html.escape(p.sample.title)}</a><span>[ {p.sample.published} ]</span></li>"
            for p in column.postings
        )
        head = f"<title>{html.escape(column.name)}</title>"
        body = f'<div class="top"><a href="/">首页</a></div>\n<ul class="scrollList">\n{rows}\n</ul>'
        yield Served(url=base, reply=self._page(head, body))

    def notice(self, column: Column, posting: Posting) -> Answer:
        """An article page."""
        del column
        sample = posting.sample
        head = f'<title>{html.escape(sample.title)}</title>\n<meta name="PubDate" content="{sample.published} {sample.time}:00">'
        text = paragraphs(sample, indent="　　")
        body = f'<h1>{html.escape(sample.title)}</h1>\n<div class="TRS_Editor">{text}</div>\n<div class="foot">版权所有</div>'
        return self._page(head, body)

    def _page(self, head: str, body: str) -> Answer:
        meta = f'<meta http-equiv="Content-Type" content="text/html; charset={self.charset}">'
        text = f"<!DOCTYPE html>\n<html><head>{meta}{head}</head><body>\n{body}\n</body></html>\n"
        return Answer(body=text.encode(self.encoding), content_type="text/html", etag=True)
