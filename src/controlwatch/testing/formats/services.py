"""Lists that are JSON: the export-control site, the State Council's file, MIIT's search."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from controlwatch.core.model.timezones import BEIJING
from controlwatch.testing.formats.base import JSON, Column, Posting, Served, answer, article
from controlwatch.testing.formats.jpaas import miit_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.testing.samples import Sample
    from controlwatch.testing.sites import Answer, Asked

_CHINESE = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class ExportControl:
    """A POST service that garbles its Chinese unless the request has X-Requested-With."""

    def address(self, column: Column, sample: Sample) -> str:
        """Return a URL in the folder of the month of upload."""
        return f"{column.watcher.index.url}{sample.published:%Y%m}/{sample.serial}.html"

    def index(self, column: Column) -> Iterator[Served]:
        """Yield the service."""
        rows = [_row(column, posting) for posting in column.postings]
        info = {"total": len(rows), "maxPageNum": 1, "pageNum": 1, "rows": rows}
        text = json.dumps({"pageInfo": info}, ensure_ascii=False)
        api = column.watcher.index.api or ""
        chosen = ("columnID", column.watcher.index.params["columnID"])
        yield Served(url=api, reply=lambda asked: _garbled_unless_asked_well(asked, text), chosen_by=chosen)

    def notice(self, column: Column, posting: Posting) -> Answer:
        """Return a page with its facts in script variables."""
        return article("exportcontrol.html", column, posting)


def _row(column: Column, posting: Posting) -> dict[str, object]:
    sample = posting.sample
    return {
        "id": sample.serial,
        "title": sample.title,
        "subTitle": "",
        "url": posting.path,
        "publishTimeStr": f"{sample.published} {sample.time}:00",
        "source": "商务部",
        "columnName": column.name,
        "content": "",
    }


def _garbled_unless_asked_well(asked: Asked, text: str) -> Answer:
    is_script = "x-requested-with" in asked.headers
    return answer(text if is_script else _CHINESE.sub("?", text), content_type=JSON)


@dataclass(frozen=True, slots=True)
class GovCn:
    """One JSON file, newest first."""

    def address(self, column: Column, sample: Sample) -> str:
        """Return a URL in the folder of the month."""
        del column
        return f"https://www.gov.cn/zhengce/{sample.published:%Y%m}/content_{7_000_000 + sample.serial}.htm"

    def index(self, column: Column) -> Iterator[Served]:
        """Yield the file."""
        rows = [
            {"TITLE": p.sample.title, "SUB_TITLE": "", "URL": p.url, "DOCRELPUBTIME": str(p.sample.published)}
            for p in column.postings
        ]
        text = json.dumps(rows, ensure_ascii=False)
        yield Served(url=column.watcher.index.api or "", reply=answer(text, content_type=JSON))

    def notice(self, column: Column, posting: Posting) -> Answer:
        """Return an article page."""
        return article("govcn.html", column, posting)


@dataclass(frozen=True, slots=True)
class MiitSearch:
    """The ministry's search: grouped rows, days in milliseconds."""

    def address(self, column: Column, sample: Sample) -> str:
        """Return the same URL as in the columns."""
        del column
        return miit_address(sample)

    def index(self, column: Column) -> Iterator[Served]:
        """Yield the service."""
        found = [_grouped(posting) for posting in column.postings]
        size = column.watcher.index.pages.size
        api = column.watcher.index.api or ""
        yield Served(url=api, reply=lambda asked: _searched(asked, found, size))

    def notice(self, column: Column, posting: Posting) -> Answer:
        """Return an article page."""
        return article("miit.html", column, posting)


def _grouped(posting: Posting) -> dict[str, object]:
    sample = posting.sample
    noon = datetime.combine(sample.published, time(12), BEIJING)
    data = {"deploytime": str(int(noon.timestamp() * 1000)), "title": sample.title, "url": posting.path}
    row = {"score": "NaN", "groupData": [], "pkValue": sample.key, "data": data, "tableName": "cms_info"}
    return {"score": 0.0, "groupCount": 1, "groupData": [row], "pkValue": None, "data": {"_value": "1"}}


def _searched(asked: Asked, found: list[dict[str, object]], size: int) -> Answer:
    number = int(parse_qs(asked.query).get("p", ["1"])[0])
    rows = found[(number - 1) * size : number * size]
    result = {"dataResults": rows, "total": len(found), "totalHits": len(found)}
    envelope = {"code": "200", "success": True, "data": {"searchResult": result}, "message": "查询成功"}
    return answer(json.dumps(envelope, ensure_ascii=False), content_type=JSON)
