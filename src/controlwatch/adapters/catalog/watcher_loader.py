"""Load the declared sources from TOML; for every mistake, name its place and suggest the correction."""

from __future__ import annotations

import dataclasses
import difflib
import re
import ssl
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from controlwatch.core.model.addresses import is_allowed_url
from controlwatch.core.model.errors import DeclarationError, UsageError
from controlwatch.core.sources.watcher import Http, Index, Watcher

_WATCHER_ADAPTER: TypeAdapter[Watcher] = TypeAdapter(Watcher)
_ID_PATTERN = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")  # mofcom-announcements
_NUMBERED_DAY = re.compile(r"^(?:\S+\s+){4}.*\d")  # 0 9 * * 1-5
_EMPTY_PAGE = LexborHTMLParser("<html></html>")


def load_watchers(directory: Path) -> tuple[Watcher, ...]:
    """Return every watcher of a directory, by id. Raises the first `DeclarationError` if there is any."""
    watchers, mistakes = _read_folder(directory)
    if mistakes:
        raise mistakes[0]
    return watchers


def load_watcher(path: Path) -> Watcher:
    """Return one declared watcher. Raises `DeclarationError` for the first mistake."""
    watcher = _read_file(path)
    if isinstance(watcher, Watcher):
        return watcher
    raise watcher[0]


def check_watchers(directory: Path) -> list[DeclarationError]:
    """Return all mistakes in the declarations of a directory."""
    return _read_folder(directory)[1]


def scaffold_watcher(directory: Path, watcher_id: str, url: str) -> Path:
    """Write a commented declaration for a new source and return its path.

    It is valid unchanged: a list of links, polled every half hour. Raises `UsageError` for an id that is
    taken or malformed and for an address that is not http.
    """
    if not _ID_PATTERN.fullmatch(watcher_id):
        raise UsageError(
            f"{watcher_id!r} is not an id; use lower-case words joined by hyphens, e.g. mofcom-policy"
        )
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"[\s\"\\]", url):
        raise UsageError(f"{url!r} is not an http:// or https:// address")
    path = directory / f"{watcher_id}.toml"
    if path.exists():
        raise UsageError(f"{watcher_id} is already declared in {path}")
    directory.mkdir(parents=True, exist_ok=True)
    path.write_text(_TEMPLATE.format(id=watcher_id, url=url, host=parts.hostname), encoding="utf-8")
    return path


def _read_folder(directory: Path) -> tuple[tuple[Watcher, ...], list[DeclarationError]]:
    """Return the watchers of a directory, by id, and all mistakes in their declarations."""
    paths = sorted(directory.glob("*.toml"))
    if not paths:
        return (), [DeclarationError(str(directory), "", "holds no watcher (*.toml)")]
    # An id is its file's name, so a directory cannot hold two watchers with the same id.
    results = [_read_file(path) for path in paths]
    watchers = tuple(result for result in results if isinstance(result, Watcher))
    return watchers, [mistake for result in results if isinstance(result, list) for mistake in result]


def _read_file(path: Path) -> Watcher | list[DeclarationError]:
    """Return the watcher, or all mistakes in its file."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return [DeclarationError(path.name, "", f"cannot be read: {error.strerror}")]
    except UnicodeDecodeError:
        return [DeclarationError(path.name, "", "is not UTF-8")]
    except tomllib.TOMLDecodeError as error:
        return [DeclarationError(path.name, "", f"is not TOML: {error}")]
    try:
        watcher = _WATCHER_ADAPTER.validate_python(table)
    except ValidationError as error:
        return [_explain_error(path.name, detail) for detail in error.errors()]
    mistakes = [
        DeclarationError(path.name, key, reason) for key, reason in _find_contradictions(watcher, path.stem)
    ]
    return mistakes or watcher


# --------------------------------------------------------------------------- what pydantic finds


def _explain_error(file: str, detail: ErrorDetails) -> DeclarationError:
    location = [str(part) for part in detail["loc"]]
    key = ".".join(location)
    kind = detail["type"]
    if kind == "missing":
        return DeclarationError(file, key, "is missing")
    if kind == "literal_error":
        allowed = detail.get("ctx", {}).get("expected", "")
        return DeclarationError(file, key, f"is {detail['input']!r}; allowed: {allowed}")
    if kind not in {"unexpected_keyword_argument", "extra_forbidden"}:
        reason = f"{detail['msg'][0].lower()}{detail['msg'][1:]}"
        return DeclarationError(file, key, f"is {detail['input']!r}; {reason}")
    table: type = Watcher
    for name in location[:-1]:
        if not name.isdecimal():  # the number of an entry in a list of tables
            table = typing.get_type_hints(table)[name]
            table = next(iter(typing.get_args(table)), table)
    keys = [field.name for field in dataclasses.fields(table)]
    near = difflib.get_close_matches(location[-1], keys, n=1)
    hint = f"; did you mean {near[0]}?" if near else ";"
    return DeclarationError(file, key, f"is not a known key{hint} allowed here: {', '.join(keys)}")


# --------------------------------------------------------------------------- what only we can check


def _find_contradictions(watcher: Watcher, stem: str) -> Iterator[tuple[str, str]]:
    """Yield key and reason of values that are valid each, but cannot be right."""
    if watcher.id != stem:
        yield "id", f"is {watcher.id!r}, but the file is {stem}.toml"
    if not _ID_PATTERN.fullmatch(watcher.id):
        yield "id", f"is {watcher.id!r}; use lower-case words joined by hyphens"
    if not watcher.maintainers:
        yield "maintainers", "is empty; name at least one maintainer"
    try:
        zone = ZoneInfo(watcher.schedule.timezone)
    except (KeyError, ValueError, OSError):
        yield "schedule.timezone", f"is {watcher.schedule.timezone!r}; no such time zone, e.g. Asia/Shanghai"
        zone = ZoneInfo("UTC")
    if not watcher.schedule.cron:
        yield "schedule.cron", "is empty, so the source would never be polled"
    for number, line in enumerate(watcher.schedule.cron):
        if _NUMBERED_DAY.match(line):
            yield f"schedule.cron.{number}", f"is {line!r}; write days of the week as names (mon-fri)"
        try:
            CronTrigger.from_crontab(line, timezone=zone)
        except ValueError as error:
            yield f"schedule.cron.{number}", f"is {line!r}; {error}"
    yield from _check_http(watcher)
    yield from _check_hosts_apart(watcher.http)
    yield from _check_expressions(watcher)
    yield from _check_combinations(watcher.index)


def _check_http(watcher: Watcher) -> Iterator[tuple[str, str]]:
    http = watcher.http
    if not http.hosts:
        yield "http.hosts", "names no host"
    for key, url in (("index.url", watcher.index.url), ("index.api", watcher.index.api)):
        if url is None:
            continue
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            yield key, f"is {url!r}; must be an http:// or https:// address"
        elif not is_allowed_url(url, http.hosts):
            yield key, f"is on {parts.netloc}, which is not among http.hosts ({', '.join(http.hosts)})"
    if http.pause < 0:
        yield "http.pause", f"is {http.pause}; must not be negative"
    for key, value in (("timeout", http.timeout), ("budget", http.budget), ("largest", http.largest)):
        if value <= 0:
            yield f"http.{key}", f"is {value}; must be more than 0"


def _check_hosts_apart(http: Http) -> Iterator[tuple[str, str]]:
    """Check what is declared for single hosts: their TLS and their mirrors."""
    for number, rules in enumerate(http.tls):
        if not is_allowed_url(f"https://{rules.host.removeprefix('*.')}/", http.hosts):
            yield f"http.tls.{number}.host", f"is {rules.host!r}, which is not among http.hosts"
        if not rules.allow and not rules.certificates:
            yield f"http.tls.{number}", "says nothing; give allow or certificates"
        if rules.certificates and (fault := _find_certificate_fault(rules.certificates)):
            yield f"http.tls.{number}.certificates", f"cannot be read as PEM: {fault}"
    for host, mirrors in http.mirrors.items():
        for name in (host, *mirrors):
            if name != name.lower() or not is_allowed_url(f"https://{name}/", http.hosts):
                yield f"http.mirrors.{host}", f"names {name!r}, which is not among http.hosts"


def _find_certificate_fault(certificates: str) -> str:
    """Return why declared certificates cannot be used, or ""."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=certificates)
    except (ssl.SSLError, ValueError) as error:
        return str(getattr(error, "reason", None) or error)
    return ""


def _check_expressions(watcher: Watcher) -> Iterator[tuple[str, str]]:
    """Check the regular expressions and the CSS selectors."""
    detail, index = watcher.detail, watcher.index
    rejects = ((f"expect.reject.{n}", pattern) for n, pattern in enumerate(watcher.expect.reject))
    for key, pattern in (("index.article", index.article), *rejects):
        try:
            re.compile(pattern)
        except re.error as error:
            yield key, f"is {pattern!r}; not a regular expression: {error}"
    lists = (
        ("title", detail.title),
        ("published", detail.published),
        ("source", detail.source),
        ("body", detail.body),
        ("annexes", detail.annexes),
        ("drop", detail.drop),
    )
    selectors = [(f"detail.{key}.{n}", css) for key, group in lists for n, css in enumerate(group)]
    selectors.append(("detail.labels", detail.labels))
    if index.kind in {"links", "jpaas"}:
        selectors += [(f"index.{key}", getattr(index, key)) for key in ("rows", "link", "title", "date")]
    for key, selector in selectors:
        if selector and not _is_selector(selector):
            yield key, f"is {selector!r}; not a CSS selector"


def _is_selector(selector: str) -> bool:
    if selector.startswith("var:"):  # a variable of the page's script
        return selector.removeprefix("var:").isidentifier()
    try:
        _EMPTY_PAGE.css(selector)
    except SelectolaxError:
        return False
    return True


def _check_combinations(index: Index) -> Iterator[tuple[str, str]]:
    """Check the kind, and its combinations with page styles."""
    if index.kind in {"jpaas", "json"} and not index.api:
        yield "index.api", f"is missing; a {index.kind} index is fetched through its service"
    if index.kind in {"jpaas", "links"} and not index.rows:
        yield "index.rows", "is missing; give the selector of the rows (a[href] for plain links)"
    if index.kind == "json" and not index.title:
        yield "index.title", "is missing; name the key that holds the title"
    if index.kind != "json" and index.method == "POST":
        yield "index.method", f"is 'POST'; a {index.kind} index is fetched by GET"
    styles = {"jpaas": {"none", "param-json"}, "json": {"none", "field"}, "feed": {"none"}}
    allowed = styles.get(index.kind, {"none", "field", "path"})
    if index.pages.style not in allowed:
        yield (
            "index.pages.style",
            f"is {index.pages.style!r}; a {index.kind} index allows: {', '.join(sorted(allowed))}",
        )
    if index.pages.style in {"field", "path"} and not index.pages.name:
        yield "index.pages.name", "is missing; it names the field, or the path with {n}"
    if index.pages.style == "path" and "{n}" not in index.pages.name:
        yield "index.pages.name", f"is {index.pages.name!r}; must hold {{n}}"


_TEMPLATE = """\
# A declared source. Every key is described in docs/watchers.md. `controlwatch watchers check` checks this
# file, `controlwatch watchers probe {id}` compares it with the live site.
id = "{id}"
name = "{id}"                # in English, with the Chinese name of the column in brackets
issuer = "press"             # the issuer's code, such as MOFCOM; "press" for any other
role = "secondary"           # "official" only for the issuer's own site
language = "zh"
maintainers = ["controlwatch maintainers"]
confidence = "B"             # "A" when two independent observations agree with this file
notes = "Made by `controlwatch watchers new`; write here what a reviewer should know."

[schedule]                   # five-field cron lines in the time zone of the issuer
cron = ["*/30 8-19 * * *", "15 20-23/2,0-7/2 * * *"]
timezone = "Asia/Shanghai"

[index]
kind = "links"               # links | feed | jpaas | json
url = "{url}"
rows = "a[href]"             # CSS selector of a row; narrow it to the list, e.g. ul.list > li
link = "a[href]"             # CSS selector of the link within a row
date = ""                    # CSS selector of the printed day within a row, e.g. span
article = ""                 # regular expression that the path of a notice must match, e.g. /art/\\\\d{{4}}/

[detail]                     # empty lists: the defaults, which fit most sites
title = []
published = []
body = []

[http]
hosts = ["{host}"]
pause = 1.0                  # seconds between two requests

[expect]
rows = 1                     # minimum number of notices on the first page
"""
