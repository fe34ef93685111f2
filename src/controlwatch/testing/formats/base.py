"""The base of the formats: a column with its documents, and the templates of `testing/pages`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from controlwatch.testing.sites import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from controlwatch.core.sources.watcher import Watcher
    from controlwatch.testing.samples import Sample
    from controlwatch.testing.sites import Reply

HTML = "text/html; charset=utf-8"
JSON = "application/json;charset=UTF-8"
#: The folder of files in MOFCOM's content system.
FILES = "/cms_files/filemanager/600926013/attach"

_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A document published at a URL."""

    url: str
    sample: Sample

    @property
    def path(self) -> str:
        """The URL without its host, as lists link it."""
        return urlsplit(self.url).path

    @property
    def annex_path(self) -> str:
        """The path of the attached file on the site."""
        name = quote(self.sample.annex.name) if self.sample.annex else ""
        return f"{FILES}/{self.sample.published:%Y%m}/{self.sample.key}.pdf?fileName={name}"


@dataclass(slots=True, kw_only=True)
class Column:
    """A column of a site, newest first."""

    watcher: Watcher
    today: date
    postings: list[Posting] = field(default_factory=list)
    redesigned: bool = False  #: whether the list has other markup than declared
    renumbered: bool = False  #: whether the content system gave the column other ids

    @property
    def name(self) -> str:
        """The Chinese name of the column, in brackets in the declaration."""
        return self.watcher.name.rpartition("(")[2].removesuffix(")")


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A response at a URL; several share one URL if a field of the request selects."""

    url: str
    reply: Reply
    chosen_by: tuple[str, str] | None = None  #: name and value of that field


class Format(Protocol):
    """The format in which a site shows a column and a notice."""

    def address(self, column: Column, sample: Sample) -> str:
        """Return the URL of a document on this site."""

    def index(self, column: Column) -> Iterator[Served]:
        """Yield the pages and services that make up the list."""

    def notice(self, column: Column, posting: Posting) -> Answer:
        """Return the page of a notice."""


def drawn(template: str, **values: object) -> str:
    """Return a template of `testing/pages`, filled in."""
    return _pages.get_template(template).render(**values)


def answer(text: str, *, content_type: str = HTML, encoding: str = "utf-8") -> Answer:
    """Return a page as sent, with an ETag that clients may send back."""
    return Answer(body=text.encode(encoding), content_type=content_type, etag=True)


def article(template: str, column: Column, posting: Posting) -> Answer:
    """Return the page of a notice."""
    return answer(drawn(template, column=column, posting=posting, sample=posting.sample))
