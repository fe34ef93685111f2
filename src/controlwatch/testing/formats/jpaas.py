"""The content system of MOFCOM, its bureau and MIIT: a script shell, a unit service, article pages."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urljoin

from controlwatch.testing.formats.base import JSON, Column, Posting, Served, answer, article, drawn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from controlwatch.testing.samples import Sample
    from controlwatch.testing.sites import Answer, Asked

#: The ids in the shell of the English site; its declaration has none.
UNDECLARED = {
    "parseType": "bulidstatic",
    "webId": "3f0c1d7e5a9b4c2e8d6f7a1b0c9e8d7f",
    "tplSetId": "5b1e0c7d9a3f4e2b8c6d",
    "pageType": "column",
    "tagId": "List",
    "editType": "null",
    "pageId": "7c2b9d4e1f6a4b8c9d0e3f5a6b7c8d9e",
}


@dataclass(frozen=True, slots=True)
class Mofcom:
    """MOFCOM's columns: article pages are beside the column page."""

    def address(self, column: Column, sample: Sample) -> str:
        """Return the URL of a document."""
        return urljoin(column.watcher.index.url, f"art/{sample.published.year}/art_{sample.key}.html")

    def index(self, column: Column) -> Iterator[Served]:
        """Yield the shell and the unit."""
        yield from unit(column, "unit-redesigned.html" if column.redesigned else "unit-mofcom.html")

    def notice(self, column: Column, posting: Posting) -> Answer:
        """Return an article page."""
        return article("mofcom.html", column, posting)


@dataclass(frozen=True, slots=True)
class Miit:
    """MIIT's columns: different rows, and one place for the articles of all."""

    rows: str = "unit-miit.html"

    def address(self, column: Column, sample: Sample) -> str:
        """Return the URL of a document."""
        del column
        return miit_address(sample)

    def index(self, column: Column) -> Iterator[Served]:
        """Yield the shell and the unit."""
        yield from unit(column, self.rows)

    def notice(self, column: Column, posting: Posting) -> Answer:
        """Return an article page."""
        return article("miit.html", column, posting)


def miit_address(sample: Sample) -> str:
    """Return the URL of a document at MIIT, whichever list shows it."""
    section = sample.section or "/zwgk/zcwj/wjfb/tz"
    return f"https://www.miit.gov.cn{section}/art/{sample.published.year}/art_{sample.key}.html"


def unit(column: Column, rows: str) -> Iterator[Served]:
    """Yield a column's shell, and the service that the ids in it select."""
    ids = _ids(column)
    literal = json.dumps(ids, ensure_ascii=False, separators=(",", ":")).replace('"', "'")
    shell = drawn("shell.html", column=column, ids=ids, literal=literal)
    yield Served(url=column.watcher.index.url, reply=answer(shell))
    pages = _pages(column, rows, tag=ids["tagId"])
    api = column.watcher.index.api or ""
    chosen = ("pageId", ids["pageId"])
    yield Served(url=api, reply=lambda asked: _envelope(asked, pages), chosen_by=chosen)


def _ids(column: Column) -> dict[str, str]:
    ids = {**UNDECLARED, **column.watcher.index.params}
    if column.renumbered:
        ids["pageId"] = hashlib.sha256(ids["pageId"].encode()).hexdigest()[:32]
    return ids


def _pages(column: Column, rows: str, *, tag: str) -> list[str]:
    size, count = column.watcher.index.pages.size, len(column.postings)
    return [
        drawn(
            rows,
            postings=column.postings[start : start + size],
            tag=tag,
            size=size,
            count=count,
            number=start // size + 1,
        )
        for start in range(0, count, size)
    ]


def _envelope(asked: Asked, pages: Sequence[str]) -> Answer:
    """Return the requested page in its envelope; beyond the last one the list is empty."""
    parameters = parse_qs(asked.query).get("paramJson", ['{"pageNo":1}'])
    number = int(json.loads(parameters[0])["pageNo"])
    envelope = {
        "roles": None,
        "permissions": None,
        "success": True,
        "message": "生成成功",
        "code": "200",
        "data": {"html": pages[number - 1] if number <= len(pages) else ""},
        "traceId": "53a1d42d174f4bc01b2525bd7ec28e67",
    }
    return answer(json.dumps(envelope, ensure_ascii=False), content_type=JSON)
