"""Read an index: the list of notices that a source shows, whatever it is made of.

The requests that bring it are made in `asking`; they are offered here too.
"""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import feedparser
from selectolax.lexbor import LexborHTMLParser, LexborNode

from controlwatch.core.model import IndexPage, NoticeRef, Snapshot
from controlwatch.core.model.errors import Challenged, Garbled, Refused, Reshaped
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.sources.attachments import resolve_link
from controlwatch.core.sources.challenge import detect_challenge
from controlwatch.core.sources.charset import decode_body
from controlwatch.core.sources.html_text import collapse_whitespace, extract_lines, strip_markup
from controlwatch.core.sources.page_dates import parse_day
from controlwatch.core.sources.requests import (
    Request,
    build_column_request,
    build_detail_request,
    build_page_request,
    list_index_urls,
    parse_unit,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from controlwatch.core.sources.watcher import Index, Watcher

__all__ = [
    "Request",
    "build_column_request",
    "build_detail_request",
    "build_page_request",
    "extract_fragment",
    "list_index_urls",
    "parse_index",
    "parse_unit",
]

_TOTAL = re.compile(r"\d{1,9}")  # more notices than that has nobody
_TOTAL_IN_TEXT = re.compile(r"总条数[:：]\s*(\d{1,9})(?!\d)")  # 第1/239页 总条数：2381
_HARMLESS_FEED_ERRORS = (
    feedparser.NonXMLContentType,
    feedparser.CharacterEncodingOverride,
)  # the header was wrong
_FEED_PARSER_ERRORS = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
)  # its parser's
_CUT_MARKS = ("...", "…")  # how a list ends a title that it has cut


def parse_index(watcher: Watcher, snapshot: Snapshot) -> IndexPage:
    """Read one page of an index.

    Raises `Challenged`, `Refused` (an HTTP error, or one inside a 200), `Garbled` (not the declared format,
    or damaged text) and `Reshaped` (no row, or no row with a link to a notice): an empty list is never
    "no news".
    """
    decoded = decode_body(
        snapshot.body, header=snapshot.get_header("content-type"), declared=watcher.http.charset
    )
    reason = detect_challenge(decoded.text)
    if reason:
        raise Challenged(f"the source sent {reason} instead of the list")
    if snapshot.status >= 400:
        raise Refused(f"the source answered {snapshot.status}", status=snapshot.status)
    for pattern in watcher.expect.reject:
        if re.search(pattern, decoded.text):
            raise Garbled(f"the answer is damaged: it matches {pattern}")
    faults = (f"{decoded.replaced} characters could not be decoded",) if decoded.replaced else ()
    return _parse_by_kind(watcher, snapshot, text=decoded.text, faults=faults)


def _parse_by_kind(watcher: Watcher, snapshot: Snapshot, *, text: str, faults: tuple[str, ...]) -> IndexPage:
    index = watcher.index
    if index.kind == "links":
        return _parse_links(index, text, base=snapshot.final_url, faults=faults)
    if index.kind == "jpaas":
        return _parse_links(index, extract_fragment(text), base=index.url, faults=faults)
    if index.kind == "json":
        return _parse_records(index, text, base=snapshot.final_url, faults=faults)
    return _parse_feed(index, snapshot, faults=faults)


# --------------------------------------------------------------------------- links and jpaas


def _parse_links(index: Index, html: str, *, base: str, faults: tuple[str, ...]) -> IndexPage:
    tree = LexborHTMLParser(html)
    rows = tree.css(index.rows or "a[href]")
    if not rows:
        raise Reshaped(f"no row matches {index.rows or 'a[href]'}")
    refs = _remove_duplicates(ref for row in rows for ref in _find_notice_link(index, row, base=base))
    return _build_page(index, refs, rows=len(rows), total=_find_shown_total(tree), faults=faults)


def _find_notice_link(index: Index, row: LexborNode, *, base: str) -> Iterator[NoticeRef]:
    """The first link of a row that leads to a notice, if any."""
    for link in [row] if row.tag == "a" else row.css(index.link):
        url = resolve_link(link.attributes.get("href") or "", base=base)
        title = _find_title(index, row, link)
        if url and title and _is_article(index, url):
            yield NoticeRef(url=url, title=title, listed_on=_find_row_day(index, row))
            return


def _find_title(index: Index, row: LexborNode, link: LexborNode) -> str:
    chosen = row.css_first(index.title) if index.title else None
    if chosen is not None:
        return " ".join(extract_lines([chosen]))
    shown = " ".join(extract_lines([link]))
    hint = strip_markup(link.attributes.get("title") or "")
    is_cut = not hint or (hint.endswith(_CUT_MARKS) and len(shown) > len(hint))
    return shown if is_cut else hint


def _find_row_day(index: Index, row: LexborNode) -> date | None:
    found = (parse_day(node.text()) for node in row.css(index.date)) if index.date else iter(())
    return next((shown for shown in found if shown), None)


def _find_shown_total(tree: LexborHTMLParser) -> int | None:
    pagination = tree.css_first(".pagination[count]")
    count = pagination.attributes.get("count") or "" if pagination is not None else ""
    if _TOTAL.fullmatch(count):
        return int(count)
    printed = _TOTAL_IN_TEXT.search(tree.body.text()) if tree.body else None
    return int(printed[1]) if printed else None


# --------------------------------------------------------------------------- JSON


def _load_json(text: str) -> object:
    try:
        loaded: object = json.loads(text)
    except (ValueError, RecursionError) as error:  # no JSON, or a number of thousands of digits
        raise Garbled(f"the answer is not JSON; it begins with {collapse_whitespace(text[:60])!r}") from error
    if isinstance(loaded, dict):
        _check_envelope(loaded)
    return loaded


def _check_envelope(answer: dict[str, object]) -> None:
    """A refusal inside a 200: success:false, or a code that is not 200."""
    code = answer.get("code", "200")
    if answer.get("success", True) is not True or str(code) != "200":
        raise Refused(f"the source answered code {code}: {answer.get('message') or 'no reason given'}")


def extract_fragment(text: str) -> str:
    """Return the HTML inside a jpaas answer. Raises `Garbled`, `Refused` or `Reshaped` without one."""
    html = _follow_path(_load_json(text), "data.html")
    if not isinstance(html, str) or not html.strip():
        raise Reshaped("the answer holds no list (data.html is empty)")
    return html


def _parse_records(index: Index, text: str, *, base: str, faults: tuple[str, ...]) -> IndexPage:
    answer = _load_json(text)
    rows = _follow_path(answer, index.rows)
    if not isinstance(rows, list) or not rows:
        raise Reshaped(f"the answer holds no rows at {index.rows or 'its top'}")
    refs = _remove_duplicates(ref for row in rows for ref in _parse_record(index, row, base=base))
    return _build_page(index, refs, rows=len(rows), total=_find_json_total(answer, index.rows), faults=faults)


def _parse_record(index: Index, row: object, *, base: str) -> Iterator[NoticeRef]:
    url = resolve_link(_get_field(row, index.link), base=base)
    title = strip_markup(_get_field(row, index.title))
    if url and title and _is_article(index, url):
        content = _get_field(row, index.content)
        listed_on = parse_day(_get_field(row, index.date))
        yield NoticeRef(
            url=url, title=title, listed_on=listed_on, content=content if content.strip() else None
        )


def _get_field(row: object, keys: str) -> str:
    """The first of several comma-separated places that holds a text or a number."""
    values = (_follow_path(row, key.strip()) for key in keys.split(",") if key.strip())
    texts = (str(value) for value in values if isinstance(value, str | int | float))
    return next((text for text in texts if text.strip()), "")


def _follow_path(value: object, path: str) -> object:
    """Follow a dotted path through objects and (by number) arrays; None where it leads nowhere."""
    for key in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def _find_json_total(answer: object, rows: str) -> int | None:
    """The `total` that stands beside the rows, or beside what holds them."""
    keys = rows.split(".") if rows else []
    for depth in range(len(keys) - 1, -1, -1):
        total = _follow_path(answer, ".".join([*keys[:depth], "total"]))
        if isinstance(total, int):
            return total
    return None


# --------------------------------------------------------------------------- feeds


def _parse_feed(index: Index, snapshot: Snapshot, *, faults: tuple[str, ...]) -> IndexPage:
    # Bytes in a file object: a str would be taken for an address or a file name, and opened.
    headers = {
        "content-type": snapshot.get_header("content-type") or "",
        "content-location": snapshot.final_url,
    }
    try:
        feed = feedparser.parse(io.BytesIO(snapshot.body), response_headers=headers)
    except _FEED_PARSER_ERRORS as error:
        raise Garbled(f"the feed is too damaged to be read: {error}") from error
    items: list[object] = list(feed.entries)
    is_broken = feed.bozo and not isinstance(feed.bozo_exception, _HARMLESS_FEED_ERRORS)
    trouble = f"the feed is not well-formed: {feed.get('bozo_exception', 'it is no feed')}"
    if not items:
        raise (
            Garbled(trouble) if is_broken or not feed.get("version") else Reshaped("the feed has no entries")
        )
    refs = _remove_duplicates(
        ref for item in items for ref in _parse_feed_entry(index, item, base=snapshot.final_url)
    )
    return _build_page(
        index, refs, rows=len(items), total=None, faults=(*faults, trouble) if is_broken else faults
    )


def _parse_feed_entry(index: Index, item: object, *, base: str) -> Iterator[NoticeRef]:
    url = resolve_link(_get_field(item, "link, id"), base=base)
    title = strip_markup(_get_field(item, "title"))
    if url and title and _is_article(index, url):
        content = _get_field(item, index.content)
        yield NoticeRef(url=url, title=title, listed_on=_find_feed_day(item), content=content or None)


def _find_feed_day(item: object) -> date | None:
    for key in ("published_parsed", "updated_parsed"):
        stamp = _follow_path(item, key)
        if isinstance(stamp, tuple):
            year, month, number, hour, minute = (int(part) for part in stamp[:5])
            try:
                return to_beijing_day(datetime(year, month, number, hour, minute, tzinfo=UTC))
            except (ValueError, OverflowError):
                return None  # a year before the first or after the last
    return None


# --------------------------------------------------------------------------- all kinds


def _is_article(index: Index, url: str) -> bool:
    return not index.article or re.search(index.article, urlsplit(url).path) is not None


def _remove_duplicates(refs: Iterable[NoticeRef]) -> tuple[NoticeRef, ...]:
    """Each address once. A list may link a notice twice, once as 更多>>: the longer title is the notice's."""
    kept: dict[str, NoticeRef] = {}
    for ref in refs:
        known = kept.get(ref.url)
        if known is None or len(ref.title) > len(known.title):
            kept[ref.url] = ref
    return tuple(kept.values())


def _build_page(
    index: Index, refs: tuple[NoticeRef, ...], *, rows: int, total: int | None, faults: tuple[str, ...]
) -> IndexPage:
    if not refs:
        raise Reshaped(
            f"{rows} rows were found, but none links to a notice ({index.article or 'any address'})"
        )
    undated = sum(ref.listed_on is None for ref in refs) if index.date else 0
    doubts = (f"{undated} of {len(refs)} rows show no readable day",) if undated else ()
    return IndexPage(refs=refs, total=total, faults=(*faults, *doubts))
