"""The HTTP requests for a declared source: its index, page by page, and its notices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.parse import urlencode, urljoin

from selectolax.lexbor import LexborHTMLParser

from controlwatch.core.model.errors import Reshaped
from controlwatch.core.sources.watcher import Watcher

_YEAR = "{year}"
# Headers of scripts, which a browser does not send for a page.
_SCRIPT_HEADERS = frozenset({"accept", "content-type", "x-requested-with"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to a source, complete but for the User-Agent of the client."""

    url: str
    method: Literal["GET", "POST"] = "GET"
    form: tuple[tuple[str, str], ...] = ()  #: fields of a POST
    headers: tuple[tuple[str, str], ...] = ()
    optional: bool = False  #: the page of a year that may not exist yet; a 404 is then not a failure
    conditional: bool = False  #: the validators of the last response may be sent


def list_index_urls(watcher: Watcher, *, today: date) -> tuple[str, ...]:
    """Return the addresses of the index; one with {year} is requested for this year and the last."""
    url = watcher.index.url
    if _YEAR not in url:
        return (url,)
    return tuple(url.replace(_YEAR, str(year)) for year in (today.year, today.year - 1))


def name_request(request: Request) -> str:
    """Return under which name the validators of a response are kept: POSTs to one address differ by form."""
    form = "&".join(f"{key}={value}" for key, value in request.form)
    return f"{request.url}#{form}" if form else request.url


def list_first_pages(watcher: Watcher, *, today: date) -> tuple[str, ...]:
    """Return the names of the first pages of the index, as far as they are known without the live source."""
    names: list[str] = []
    for url in list_index_urls(watcher, today=today):
        with suppress(Reshaped):
            request = build_page_request(watcher, url, today=today)
            names += [name_request(request)] if request is not None else []
    return tuple(names)


def build_column_request(watcher: Watcher) -> Request | None:
    """Return the request for the column page that holds the parameters of a jpaas unit; else None."""
    if watcher.index.kind != "jpaas":
        return None
    return Request(url=watcher.index.url, headers=_select_plain_headers(watcher))


def parse_unit(watcher: Watcher, text: str) -> dict[str, str]:
    """Read the unit's parameters from a column page: of the declared tagId, else of the only unit on it.

    Raises `Reshaped` when the page has no such unit.
    """
    units = []
    for script in LexborHTMLParser(text).css("script[querydata]"):
        literal = script.attributes.get("querydata") or ""
        try:  # {'webId':'…','pageId':'…'}, read as the site's own script does: quotes swapped, then as JSON
            unit: object = json.loads(literal.replace("'", '"'))
        except json.JSONDecodeError:
            continue
        if isinstance(unit, dict) and unit:
            units.append({str(key): str(value) for key, value in unit.items() if str(value)})
    declared = watcher.index.params.get("tagId")
    for parameters in units:
        if declared and parameters.get("tagId") == declared:
            return parameters
    if len(units) == 1:
        return units[0]
    tags = ", ".join(parameters.get("tagId", "?") for parameters in units)
    raise Reshaped(f"no list unit {declared or ''} in the column page; it has: {tags or 'none at all'}")


def build_page_request(
    watcher: Watcher,
    entry: str,
    *,
    number: int = 1,
    ids: Mapping[str, str] | None = None,
    today: date | None = None,
) -> Request | None:
    """Return the request for one page of an index, or None where the source has no further pages.

    `ids` are the parameters that `parse_unit` read from the live column page; they override the declared
    ones. `today` lets the page of a year that has just begun be absent. Raises `Reshaped` when a jpaas unit
    has neither declared nor live parameters.
    """
    index, pages = watcher.index, watcher.index.pages
    is_first = number == 1
    # Offices open the page of a year with its first notice, some days into January.
    is_new_year = (
        today is not None
        and today.month == 1
        and _YEAR in index.url
        and entry == index.url.replace(_YEAR, str(today.year))
    )
    if not is_first and pages.style == "none":
        return None
    if index.kind in {"jpaas", "json"}:
        return _build_service_request(watcher, number=number, ids=ids or {})
    if not is_first and pages.style == "path":
        url = urljoin(entry, pages.name.replace("{n}", str(pages.first + number - 1)))
    else:
        fields = {} if is_first else _build_page_fields(watcher, number)
        url = _append_query(entry, {**index.params, **fields})
    return Request(
        url=url,
        headers=tuple(watcher.http.headers.items()),
        optional=is_first and is_new_year,
        conditional=True,
    )


def build_detail_request(watcher: Watcher, url: str) -> Request:
    """Return the request for a notice or an annex: a plain GET, as a browser makes it."""
    return Request(url=url, headers=_select_plain_headers(watcher), conditional=True)


def _build_service_request(watcher: Watcher, *, number: int, ids: Mapping[str, str]) -> Request:
    index = watcher.index
    fields = {**index.params, **ids, **_build_page_fields(watcher, number)}
    if index.kind == "jpaas":
        if "pageId" not in fields:
            raise Reshaped(
                "the parameters of the list are not declared and were not read from the column page"
            )
        fields.setdefault("editType", "null")  # the literal word; the service requires it
    url = index.api or index.url
    headers = tuple(watcher.http.headers.items())
    if index.method == "POST":
        return Request(url=url, method="POST", form=tuple(fields.items()), headers=headers)
    # jpaas answers are made for each call and carry no ETag; a JSON file does.
    return Request(
        url=_append_query(url, fields), headers=headers, conditional=index.kind == "json" and not fields
    )


def _build_page_fields(watcher: Watcher, number: int) -> dict[str, str]:
    pages = watcher.index.pages
    if pages.style == "field":
        return {pages.name: str(pages.first + number - 1)}
    if pages.style == "param-json" and number > 1:
        return {"paramJson": json.dumps({"pageNo": number, "pageSize": pages.size}, separators=(",", ":"))}
    return {}


def _append_query(url: str, fields: Mapping[str, str]) -> str:
    if not fields:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(fields)}"


def _select_plain_headers(watcher: Watcher) -> tuple[tuple[str, str], ...]:
    return tuple(
        (key, value) for key, value in watcher.http.headers.items() if key.lower() not in _SCRIPT_HEADERS
    )
