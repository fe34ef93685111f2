"""Lists rendered on the server: MOFCOM's year pages and press overview, Customs, Finance, MFA, TAO, feeds."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from controlwatch.testing.formats.base import HTML, Column, Posting, Served, answer, article, drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.testing.samples import Sample
    from controlwatch.testing.sites import Answer

#: Returns the URL of a document in a column.
Place = Callable[[Column, "Sample"], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """One page of links, and article pages; both are templates."""

    list: str
    article: str
    place: Place
    content_type: str = HTML
    charset: str = "utf-8"  #: as the page declares it
    encoding: str = "utf-8"  #: the real one

    def address(self, column: Column, sample: Sample) -> str:
        """Return the URL of a document."""
        return self.place(column, sample)

    def index(self, column: Column) -> Iterator[Served]:
        """Yield the list."""
        text = drawn(self.list, column=column, charset=self.charset)
        reply = answer(text, content_type=self.content_type, encoding=self.encoding)
        yield Served(url=column.watcher.index.url, reply=reply)

    def notice(self, column: Column, posting: Posting) -> Answer:
        """Return an article page."""
        values = {"column": column, "posting": posting, "sample": posting.sample, "charset": self.charset}
        content_type = HTML if self.encoding == "utf-8" else "text/html"
        return answer(drawn(self.article, **values), content_type=content_type, encoding=self.encoding)


@dataclass(frozen=True, slots=True)
class YearPages:
    """MOFCOM's announcements: one page a year, no days."""

    def address(self, column: Column, sample: Sample) -> str:
        """Return a URL in the folder of this year, as if the document appeared now."""
        year = column.today.year
        return f"https://www.mofcom.gov.cn/zcfb/blgg/gg/{year}nswbgg/art/{year}/art_{sample.key}.html"

    def index(self, column: Column) -> Iterator[Served]:
        """Yield this year's page, and last year's with the three oldest rows."""
        year, postings = column.today.year, column.postings
        for shown, rows in ((year, postings[:-3]), (year - 1, postings[-3:])):
            url = column.watcher.index.url.replace("{year}", str(shown))
            yield Served(url=url, reply=answer(drawn("year.html", year=shown, postings=rows)))

    def notice(self, column: Column, posting: Posting) -> Answer:
        """Return an article page."""
        return article("mofcom.html", column, posting)


def beside(folder: str) -> Place:
    """Place documents as MOFCOM's press does: in the folder of the column that the overview lists."""

    def place(column: Column, sample: Sample) -> str:
        path = f"{folder}/art/{sample.published.year}/art_{sample.key}.html"
        return urljoin(column.watcher.index.url, path)

    return place


def monthly(suffix: str) -> Place:
    """Place documents as TRS sites do: in a folder of the month below the list."""

    def place(column: Column, sample: Sample) -> str:
        day = sample.published
        return f"{column.watcher.index.url}{day:%Y%m}/t{day:%Y%m%d}_{sample.serial}.{suffix}"

    return place


def customs_place(column: Column, sample: Sample) -> str:
    """Place a document as Customs does: in a folder of the day, under nineteen digits."""
    del column
    day, clock = sample.published, sample.time.replace(":", "")
    return f"http://www.customs.gov.cn/customs/{day:%Y-%m/%d}/article_{day:%Y%m%d}{clock}{sample.serial:07d}.html"


def customs_english_place(column: Column, sample: Sample) -> str:
    """Place a document as Customs does in English: under a GUID."""
    del column
    return f"http://english.customs.gov.cn/Statics/{uuid.UUID(sample.key)}.html"


def fed(link: str) -> Place:
    """Place documents as feeds do: at the item's link, with the document's key for {key}."""
    return lambda _, sample: link.format(key=sample.key)
