"""A declared source: everything a reviewer can check by opening the site.

One TOML file a source carries exactly these keys; a key that is not here is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

_STRICT: dict[str, object] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When to look: five-field cron lines, in the time zone of the source's office."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    cron: tuple[str, ...]
    timezone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How an index is turned over, and how far."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    style: Literal["none", "param-json", "field", "path"] = "none"
    #: param-json: paramJson={"pageNo":n,"pageSize":size}; field: query or form field `name`=n;
    #: path: `name` is the path of page n with {n}, relative to the index, counted from `first`
    name: str = ""
    first: int = 1  #: the number that the source gives to its second page is first + 1
    size: int = 15
    shelf: int = 2  #: pages read at the first poll, to fill the shelf
    most: int = 20  #: pages read at most when every page still shows something new


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Where the list of notices is and how to read a row of it.

    A key that reads JSON may name several places, separated by commas: the first that holds something wins.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    kind: Literal["links", "feed", "jpaas", "json", "mailbox", "manual"]
    #: mailbox: a folder of mails, set up by CONTROLWATCH_MAILBOX_URL; manual: what people hand in. Neither
    #: is declared in a file.
    url: str  #: the page a person would open; may hold {year}, which is this year and the last
    api: str | None = None  #: jpaas unit or JSON service; None where the page itself is the list
    method: Literal["GET", "POST"] = "GET"
    params: dict[str, str] = field(default_factory=dict)  #: jpaas ids (fall-back), query or form fields
    rows: str = (
        ""  #: CSS selector of a row, or dotted path to the rows of a JSON answer ("" = the array itself)
    )
    link: str = "a[href]"  #: CSS selector within the row, or JSON key
    title: str = ""  #: CSS selector or JSON key; "" = title attribute of the link, else its text
    date: str = ""  #: CSS selector or JSON key; "" = none in the list
    content: str = ""  #: JSON key that carries the notice's HTML, if any
    article: str = ""  #: regular expression that the path of a notice must match
    pages: Pages = field(default_factory=Pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How to read a notice's own page: CSS selectors, the first that finds something wins.

    `title`, `published` and `source` may also name a variable that a script on the page sets:
    `var:publishTime`.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    title: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    labels: str = ""  #: selector of elements that print 【label】 value
    annexes: tuple[str, ...] = ()  #: further parts of the page where files hang; the body is always searched
    drop: tuple[str, ...] = ()  #: parts of the body that are not the notice
    follow: bool = True  #: False: never open the page; the row is all we read (press feeds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """How to ask politely."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    hosts: tuple[
        str, ...
    ]  #: hosts we may follow to; a leading *. stands for any sub-domain, another port is named: host:8080
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 1.0  #: seconds between two requests to one host
    timeout: float = 30.0  #: seconds for one request
    budget: float = 600.0  #: seconds for one whole poll
    largest: int = 20_000_000  #: bytes of one body
    charset: str | None = None  #: only where the site is known to lie
    plain_http: bool = False  #: https failed here before: try http on the same host


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """When a successful poll is not to be believed."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    rows: int = 1  #: at least so many notices on the first page
    newest_within_days: int | None = None  #: the newest listed day may be at most so old
    series: tuple[str, ...] = ()  #: series of numbers that this source shows whole: MOFCOM, MOFCOM Order
    gap_days: int = 3  #: a number that is skipped for longer is a lead
    reject: tuple[str, ...] = ()  #: regular expressions that mark a damaged answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """A source we poll."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    id: str
    name: str  #: English, with the Chinese column name in brackets
    issuer: str  #: issuer code, or "press"
    role: Literal["official", "secondary"] = "official"
    language: Literal["zh", "en"] = "zh"
    maintainers: tuple[str, ...]
    confidence: Literal["A", "B"]
    notes: str = ""
    blocked: bool = False  #: the site challenges machines by design; shown as blocked, not as broken
    enabled: bool = True
    schedule: Schedule
    index: Index
    detail: Detail = field(default_factory=Detail)
    http: Http
    expect: Expect = field(default_factory=Expect)
