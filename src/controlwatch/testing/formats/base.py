"""What the formats share: a column with what stands in it, and the templates of `demo/pages`."""

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
#: Where MOFCOM's content system keeps files.
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
    """A document as it stands at an address."""

    url: str
    sample: Sample

    @property
    def path(self) -> str:
        """The address without its host, as lists link it."""
        return urlsplit(self.url).path

    @property
    def annex_path(self) -> str:
        """Where the file below the document lies on its site."""
        name = quote(self.sample.annex.name) if self.sample.annex else ""
        return f"{FILES}/{self.sample.published:%Y%m}/{self.sample.key}.pdf?fileName={name}"


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
        """The column's own name, from the declaration's brackets."""
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


def drawn(template: str, **values: object) -> str:
    """Fill in a template of `demo/pages`."""
    return _pages.get_template(template).render(**values)


def answer(text: str, *, content_type: str = HTML, encoding: str = "utf-8") -> Answer:
    """A page as sent, with a stamp that browsers and watchers may send back."""
    return Answer(body=text.encode(encoding), content_type=content_type, etag=True)


def article(template: str, column: Column, posting: Posting) -> Answer:
    """The page of a notice."""
    return answer(drawn(template, column=column, posting=posting, sample=posting.sample))
