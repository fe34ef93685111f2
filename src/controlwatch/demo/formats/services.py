"""Lists that are JSON: the export-control site, the State Council's file, MIIT's search."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from controlwatch.core.calendar import BEIJING
from controlwatch.demo.formats.base import Column, Posting, Served, page, paragraphs
from controlwatch.demo.formats.jpaas import MIIT_ARTICLE, article, miit_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.demo.samples import Sample
    from controlwatch.demo.serving import Answer, Asked

JSON = "application/json;charset=UTF-8"
_CHINESE = re.compile(r"[^\x00-\x7f]")
EXPORTCONTROL = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<title>中国出口管制信息网</title>
<script type="text/javascript">
  var title = '{title}';
  var source = '{office}';
  var publishTime = '{day} {time}:00';
  var articleId = '{serial}';
  var siteId = '20';
</script>
</head>
<body>
<div class="hd"><a href="/index.html">首页</a></div>
<div class="bd">
{body}
<div class="u-disclaimer-box">声明：内容以正式文本为准。</div>
<div class="u-art-box-footer"><a href="javascript:;">打印</a> 阅读量：<span>3051</span></div>
</div>
<div class="ft">版权信息</div>
</body>
</html>
"""
GOVCN = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="firstpublishedtime" content="{day}-17:00:00">
<title>{title}_中国政府网</title>
</head>
<body>
<div class="header"><a href="/">首页</a></div>
<h1 id="ti">{title}</h1>
<div class="pages-date">{day} 17:00 <span class="font">来源： 中国政府网</span></div>
<div class="pages_content" id="UCAP-CONTENT">
{body}
</div>
<div class="share">分享</div>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class ExportControl:
    """A POST service that garbles its Chinese for anybody who does not say X-Requested-With."""

    def address(self, column: Column, sample: Sample) -> str:
        """Articles stand in a folder of the month of upload."""
        return f"{column.watcher.index.url}{sample.published:%Y%m}/{sample.serial}.html"

    def index(self, column: Column) -> Iterator[Served]:
        """The service."""
        rows = [
            {
                "id": p.sample.serial,
                "title": p.sample.title,
                "subTitle": "",
                "url": p.path,
                "publishTimeStr": f"{p.sample.published} {p.sample.time}:00",
                "source": "商务部",
                "columnName": column.name,
                "content": "",
            }
            for p in column.postings
        ]
        info = {"total": len(rows), "maxPageNum": 1, "pageNum": 1, "rows": rows}
        text = json.dumps({"pageInfo": info}, ensure_ascii=False)
        chosen = ("columnID", column.watcher.index.params["columnID"])
        yield Served(
            url=column.watcher.index.api or "", reply=lambda asked: _honest(asked, text), chosen_by=chosen
        )

    def notice(self, column: Column, posting: Posting) -> Answer:
        """A page that sets its facts as script variables."""
        del column
        sample = posting.sample
        return page(
            EXPORTCONTROL.format(
                title=sample.title,
                office=sample.office,
                day=sample.published,
                time=sample.time,
                serial=sample.serial,
                body=paragraphs(sample),
            )
        )


def _honest(asked: Asked, text: str) -> Answer:
    told = "x-requested-with" in asked.headers
    return page(text if told else _CHINESE.sub("?", text), content_type=JSON)


@dataclass(frozen=True, slots=True)
class GovCn:
    """One JSON file, newest first."""

    def address(self, column: Column, sample: Sample) -> str:
        """Articles stand in a folder of the month."""
        del column
        return f"https://www.gov.cn/zhengce/{sample.published:%Y%m}/content_{7_000_000 + sample.serial}.htm"

    def index(self, column: Column) -> Iterator[Served]:
        """The file."""
        rows = [
            {
                "TITLE": p.sample.title,
                "SUB_TITLE": "",
                "URL": p.url,
                "DOCRELPUBTIME": str(p.sample.published),
            }
            for p in column.postings
        ]
        text = json.dumps(rows, ensure_ascii=False)
        yield Served(url=column.watcher.index.api or "", reply=page(text, content_type="application/json"))

    def notice(self, column: Column, posting: Posting) -> Answer:
        """An article page."""
        del column
        sample = posting.sample
        return page(
            GOVCN.format(title=html.escape(sample.title), day=sample.published, body=paragraphs(sample))
        )


@dataclass(frozen=True, slots=True)
class MiitSearch:
    """The ministry's search: grouped rows, days in milliseconds."""

    def address(self, column: Column, sample: Sample) -> str:
        """The same address as in the columns."""
        del column
        return miit_address(sample)

    def index(self, column: Column) -> Iterator[Served]:
        """The service."""
        found = [_grouped(p) for p in column.postings]
        size = column.watcher.index.pages.size
        yield Served(url=column.watcher.index.api or "", reply=lambda asked: _searched(asked, found, size))

    def notice(self, column: Column, posting: Posting) -> Answer:
        """An article page."""
        return article(column, posting, MIIT_ARTICLE)


def _grouped(posting: Posting) -> dict[str, object]:
    noon = datetime.combine(posting.sample.published, time(12), BEIJING)
    data = {
        "deploytime": str(int(noon.timestamp() * 1000)),
        "title": posting.sample.title,
        "url": posting.path,
    }
    row = {
        "score": "NaN",
        "groupData": [],
        "pkValue": posting.sample.key,
        "data": data,
        "tableName": "cms_info",
    }
    return {"score": 0.0, "groupCount": 1, "groupData": [row], "pkValue": None, "data": {"_value": "1"}}


def _searched(asked: Asked, found: list[dict[str, object]], size: int) -> Answer:
    number = int(parse_qs(asked.query).get("p", ["1"])[0])
    rows = found[(number - 1) * size : number * size]
    result = {"dataResults": rows, "total": len(found), "totalHits": len(found)}
    envelope = {"code": "200", "success": True, "data": {"searchResult": result}, "message": "查询成功"}
    return page(json.dumps(envelope, ensure_ascii=False), content_type=JSON)
