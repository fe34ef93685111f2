"""A declared source: everything a reviewer can check by opening the site.

One TOML file a source carries exactly these keys; a key that is not here is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal
from urllib.parse import urlsplit

_STRICT: dict[str, object] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When to poll: five-field cron lines, in the time zone of the source."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    cron: tuple[str, ...]
    timezone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How the pages of an index are requested, and how many."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    style: Literal["none", "param-json", "field", "path"] = "none"
    #: param-json: paramJson={"pageNo":n,"pageSize":size}; field: query or form field `name`=n;
    #: path: `name` is the path of page n with {n}, relative to the index, counted from `first`
    name: str = ""
    first: int = 1  #: the number that the source gives to its second page is first + 1
    size: int = 15
    shelf: int = 2  #: pages read at the first poll and at each full scan
    most: int = 20  #: pages read at most while each shows something new


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Where the list of notices is, and how to read its rows.

    A key that reads JSON may name several places, separated by commas: the first that is not empty wins.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    kind: Literal["links", "feed", "jpaas", "json"]
    url: str  #: the page that a person opens; may contain {year}: this year and the last
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
    article: str = ""  #: regular expression that the path of a notice matches
    pages: Pages = field(default_factory=Pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How to read the page of a notice: CSS selectors; the first that finds something wins.

    `title`, `published` and `source` may also name a variable that a script on the page sets:
    `var:publishTime`.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    title: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    labels: str = ""  #: selector of elements that print 【label】 value
    annexes: tuple[str, ...] = ()  #: further parts of the page with files; the body is always searched
    drop: tuple[str, ...] = ()  #: parts of the body that are not the notice
    follow: bool = True  #: False: read only the row, never the page (press feeds)


TlsAllowance = Literal["legacy-renegotiation", "rsa-key-exchange", "tls-1.0", "tls-1.1", "weak-keys"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTls:
    """What is accepted of the TLS of one host, beyond what is accepted of every host."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    host: str  #: as in `http.hosts`; a leading *. means any sub-domain
    #: legacy-renegotiation: no RFC 5746; weak-keys: short keys and SHA-1 signatures
    allow: tuple[TlsAllowance, ...] = ()
    certificates: str = ""  #: PEM: intermediates that the host does not send, or its private root


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """How to send requests politely."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    #: hosts that may be contacted; a leading *. means any sub-domain, another port is named: host:8080
    hosts: tuple[str, ...]
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 1.0  #: seconds between two requests to one host
    timeout: float = 30.0  #: seconds for one request
    budget: float = 600.0  #: seconds for one whole poll
    largest: int = 20_000_000  #: bytes of one body
    charset: str | None = None  #: only where the site is known to declare a wrong one
    plain_http: bool = False  #: https has failed on this site: try http on the same host
    tls: tuple[HostTls, ...] = ()  #: for old servers and private roots; the first that fits a host counts
    #: other hosts that show the same pages, by host: tried in order where the host cannot be reached
    mirrors: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def find_tls_rules(self, host: str) -> HostTls | None:
        """Return what is declared for the TLS of a host, if anything is."""
        name = host.lower()
        for rules in self.tls:
            declared = rules.host.lower()
            is_below = declared.startswith("*.") and (name == declared[2:] or name.endswith(declared[1:]))
            if declared == name or is_below:
                return rules
        return None

    def find_original_url(self, url: str) -> str:
        """Return the address of a page at the declared host, where a mirror showed it; else as it is."""
        parts = urlsplit(url)
        for host, mirrors in self.mirrors.items():
            if parts.netloc.lower() in mirrors:
                return parts._replace(netloc=host).geturl()
        return url

    def describe_exceptions(self) -> tuple[str, ...]:
        """Return a sentence for each host that is treated in another way than the rest."""
        sentences = []
        for rules in self.tls:
            count = rules.certificates.count("-----BEGIN CERTIFICATE-----")
            added = [f"{count} certificate{'s' * (count > 1)} of its own"] if count else []
            sentences.append(f"{rules.host}: TLS with {', '.join([*rules.allow, *added]) or 'no exception'}")
        sentences += [f"{host}: mirrored by {', '.join(names)}" for host, names in self.mirrors.items()]
        return (*sentences, *(["http is tried where https fails"] if self.plain_http else []))


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """When a successful poll is not plausible."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    rows: int = 1  #: at least this number of notices on the first page
    newest_within_days: int | None = None  #: the newest listed day may be at most this old
    #: series of numbers that this source publishes completely: MOFCOM, MOFCOM Order
    series: tuple[str, ...] = ()
    gap_days: int = 3  #: a number missing for longer becomes a lead
    new_at_once: int = 50  #: more new notices than this at one poll are held for a person to decide
    reject: tuple[str, ...] = ()  #: regular expressions that mark a damaged answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """A source that is polled."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    id: str
    name: str  #: English, with the Chinese column name in brackets
    issuer: str  #: issuer code, or "press"
    role: Literal["official", "secondary"] = "official"
    language: Literal["zh", "en"] = "zh"
    maintainers: tuple[str, ...]
    confidence: Literal["A", "B"]
    notes: str = ""
    blocked: bool = False  #: the site sends bot challenges by design; shown as blocked, not as failed
    enabled: bool = True
    schedule: Schedule
    index: Index
    detail: Detail = field(default_factory=Detail)
    http: Http
    expect: Expect = field(default_factory=Expect)

    @property
    def source_kind(self) -> Literal["site", "mailbox"]:
        """What is polled: a folder of mails where the list's address is an IMAP one, else a site."""
        return "mailbox" if self.index.url.startswith(("imap://", "imaps://")) else "site"
