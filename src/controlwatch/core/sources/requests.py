"""What to ask a declared source for: the requests that bring its index, page by page, and its notices."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode, urljoin

from selectolax.lexbor import LexborHTMLParser

from controlwatch.core.model.errors import Reshaped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from controlwatch.core.sources.watcher import Watcher

_YEAR = "{year}"
_SCRIPT_HEADERS = frozenset(
    {"accept", "content-type", "x-requested-with"}
)  # what a person's browser would not send


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to a source, complete but for the honest User-Agent of the client."""

    url: str
    method: Literal["GET", "POST"] = "GET"
    form: tuple[tuple[str, str], ...] = ()  #: fields of a POST
    headers: tuple[tuple[str, str], ...] = ()
    optional: bool = False  #: the page of a year that may not exist yet; a 404 is then no failure
    conditional: bool = False  #: the server's own ETag and Last-Modified may be sent back


def list_index_urls(watcher: Watcher, *, today: date) -> tuple[str, ...]:
    """Return the addresses of the index; one that holds {year} is asked for this year and the last."""
    url = watcher.index.url
    if _YEAR not in url:
        return (url,)
    return tuple(url.replace(_YEAR, str(year)) for year in (today.year, today.year - 1))


def build_column_request(watcher: Watcher) -> Request | None:
    """Return the request for the column page that holds the parameters of a jpaas unit; else None."""
    if watcher.index.kind != "jpaas":
        return None
    return Request(url=watcher.index.url, headers=_select_plain_headers(watcher))


def parse_unit(watcher: Watcher, text: str) -> dict[str, str]:
    """Read the unit's parameters from a column page: of the declared tagId, else of the only unit there is.

    Raises `Reshaped` when the page holds no such unit.
    """
    units = _list_units(text)
    wanted = watcher.index.params.get("tagId")
    for parameters in units:
        if wanted and parameters.get("tagId") == wanted:
            return parameters
    if len(units) == 1:
        return units[0]
    tags = ", ".join(parameters.get("tagId", "?") for parameters in units)
    raise Reshaped(f"no list unit {wanted or ''} in the column page; it has: {tags or 'none at all'}")


def build_page_request(
    watcher: Watcher,
    entry: str,
    *,
    number: int = 1,
    ids: Mapping[str, str] | None = None,
    today: date | None = None,
) -> Request | None:
    """Return the request for one page of an index, or None where the source does not turn that far.

    `ids` are the parameters that `parse_unit` read from the live column page; they win over those declared.
    `today` lets the page of a year that has just begun be absent. Raises `Reshaped` when a jpaas unit has
    neither declared nor live parameters.
    """
    if number > 1 and watcher.index.pages.style == "none":
        return None
    if watcher.index.kind in {"jpaas", "json"}:
        return _build_service_request(watcher, number=number, ids=ids or {})
    return Request(
        url=_build_page_url(watcher, entry, number=number),
        headers=tuple(watcher.http.headers.items()),
        optional=_is_new_year(watcher, entry, today) and number == 1,
        conditional=True,
    )


def build_detail_request(watcher: Watcher, url: str) -> Request:
    """Return the request for a notice or an annex: a plain GET, as a person would make it."""
    return Request(url=url, headers=_select_plain_headers(watcher), conditional=True)


def _list_units(text: str) -> tuple[dict[str, str], ...]:
    scripts = LexborHTMLParser(text).css("script[querydata]")
    read = (_parse_parameters(script.attributes.get("querydata") or "") for script in scripts)
    return tuple({key: value for key, value in found.items() if value} for found in read if found)


def _parse_parameters(literal: str) -> dict[str, str]:
    """Read {'webId':'…','pageId':'…'} the way the site's own script does: quotes swapped, then as JSON."""
    try:
        found: object = json.loads(literal.replace("'", '"'))
    except json.JSONDecodeError:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _build_service_request(watcher: Watcher, *, number: int, ids: Mapping[str, str]) -> Request:
    index = watcher.index
    fields = {**index.params, **ids, **_build_page_fields(watcher, number)}
    if index.kind == "jpaas":
        if "pageId" not in fields:
            raise Reshaped(
                "the parameters of the list are not declared and were not read from the column page"
            )
        fields.setdefault("editType", "null")  # the literal word; the service wants to see it
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


def _build_page_url(watcher: Watcher, entry: str, *, number: int) -> str:
    pages = watcher.index.pages
    if number > 1 and pages.style == "path":
        return urljoin(entry, pages.name.replace("{n}", str(pages.first + number - 1)))
    fields = _build_page_fields(watcher, number) if number > 1 else {}
    return _append_query(entry, {**watcher.index.params, **fields})


def _append_query(url: str, fields: Mapping[str, str]) -> str:
    if not fields:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(fields)}"


def _is_new_year(watcher: Watcher, entry: str, today: date | None) -> bool:
    """Offices open the page of a year with its first notice, some days into January."""
    if today is None or today.month > 1 or _YEAR not in watcher.index.url:
        return False
    return entry == watcher.index.url.replace(_YEAR, str(today.year))


def _select_plain_headers(watcher: Watcher) -> tuple[tuple[str, str], ...]:
    return tuple(
        (key, value) for key, value in watcher.http.headers.items() if key.lower() not in _SCRIPT_HEADERS
    )
