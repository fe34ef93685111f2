"""Feeds: RSS 2.0, as a consultancy and a news search write it."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import datetime, time
from email.utils import format_datetime
from typing import TYPE_CHECKING

from controlwatch.core.calendar import BEIJING
from controlwatch.demo.formats.base import Column, Posting, Served, page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.demo.samples import Sample
    from controlwatch.demo.serving import Answer

XML = "application/rss+xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed whose items link to `link` with the document's key for {key}."""

    link: str

    def address(self, column: Column, sample: Sample) -> str:
        """The item's link; nothing stands there, the feed is all that is read."""
        del column
        return self.link.format(key=sample.key)

    def index(self, column: Column) -> Iterator[Served]:
        """The feed."""
        items = "\n".join(_item(posting) for posting in column.postings)
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0">\n<channel>\n'
            f"<title>{html.escape(column.watcher.name)}</title>\n<link>https://example.org/</link>\n{items}\n</channel>\n</rss>\n"
        )
        yield Served(url=column.watcher.index.url, reply=page(text, content_type=XML))

    def notice(self, column: Column, posting: Posting) -> Answer:
        """A page for the curious who follow the link in a browser."""
        del column
        return page(f"<html><body><h1>{html.escape(posting.sample.title)}</h1></body></html>")


def _item(posting: Posting) -> str:
    sample = posting.sample
    stamp = format_datetime(datetime.combine(sample.published, time(9, 30), BEIJING))
    text = "".join(sample.lines)
    return (
        f"<item>\n<title>{html.escape(sample.title)}</title>\n<link>{html.escape(posting.url)}</link>\n"
        f'<guid isPermaLink="false">{sample.key}</guid>\n<pubDate>{stamp}</pubDate>\n'
        f"<description><![CDATA[{text}]]></description>\n</item>"
    )
