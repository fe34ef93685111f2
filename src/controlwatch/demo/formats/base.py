"""What the formats share: a column with what stands in it, and the pages it is served as."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urljoin, urlsplit

from controlwatch.demo.pdf import pdf
from controlwatch.demo.serving import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from controlwatch.core.watcher import Watcher
    from controlwatch.demo.samples import Sample
    from controlwatch.demo.serving import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A document as it stands at an address."""

    url: str
    sample: Sample

    @property
    def path(self) -> str:
        """The address without its host, as lists link it."""
        return urlsplit(self.url).path


@dataclass(slots=True, kw_only=True)
class Column:
    """A column of a site, newest first."""

    watcher: Watcher
    today: date
    postings: list[Posting] = field(default_factory=list)
    redesigned: bool = False  #: the list has other markup than declared
    renumbered: bool = False  #: the content system has given the column other ids

    @property
    def name(self) -> str:
        """The column's Chinese name, from the declaration's brackets."""
        return self.watcher.name.rpartition("(")[2].removesuffix(")")


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A reply at an address; several share one address where a field of the request chooses."""

    url: str
    reply: Reply
    chosen_by: tuple[str, str] | None = None  #: name and value of that field


class Format(Protocol):
    """How a site shows a column and a notice."""

    def address(self, column: Column, sample: Sample) -> str:
        """Where this site puts a document."""

    def index(self, column: Column) -> Iterator[Served]:
        """The pages and services that make up the list."""

    def notice(self, column: Column, posting: Posting) -> Answer:
        """The page of a notice."""


def page(text: str, *, content_type: str = "text/html; charset=utf-8") -> Answer:
    """A page in UTF-8."""
    return Answer(body=text.encode(), content_type=content_type, etag=True)


def paragraphs(sample: Sample, *, indent: str = "&emsp;&emsp;") -> str:
    """The text of a document, its signature to the right."""
    body = [f"<p>{indent}{html.escape(line)}</p>" for line in sample.lines]
    body += [f'<p style="text-align:right">{html.escape(line)}</p>' for line in sample.signature]
    return "\n".join(body)


def annex_link(posting: Posting, folder: str) -> str:
    """The link to the file below a document, or nothing."""
    annex = posting.sample.annex
    if annex is None:
        return ""
    return f'<p><a href="{annex_path(posting, folder)}">{html.escape(annex.name)}</a></p>'


def annex_path(posting: Posting, folder: str) -> str:
    """Where the file of a document lies on its site."""
    name = quote(posting.sample.annex.name) if posting.sample.annex else ""
    return f"{folder}/{posting.sample.published:%Y%m}/{posting.sample.key}.pdf?fileName={name}"


def annex_served(posting: Posting, folder: str) -> Iterable[Served]:
    """The file itself."""
    annex = posting.sample.annex
    if annex is None:
        return ()
    url = urljoin(posting.url, annex_path(posting, folder))
    return (Served(url=url, reply=Answer(body=pdf(annex.lines), content_type="application/pdf", etag=True)),)
