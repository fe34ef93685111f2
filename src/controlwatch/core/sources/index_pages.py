"""Read an index, the list of notices of a source: its rows, how far to turn its pages, what is new."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from controlwatch.core.model import IndexPage, NoticeRef, Snapshot
from controlwatch.core.model.addresses import canonicalize_url, resolve_link
from controlwatch.core.model.errors import Challenged, Garbled, Refused, Reshaped
from controlwatch.core.model.state import NewReference
from controlwatch.core.sources.decoding import decode_body, find_query_encoding
from controlwatch.core.sources.feeds import parse_feed
from controlwatch.core.sources.field_paths import find_field, follow_path
from controlwatch.core.sources.html_text import collapse_whitespace, extract_lines, find_base, strip_markup
from controlwatch.core.sources.listed_items import separate_items
from controlwatch.core.sources.plausibility import detect_challenge
from controlwatch.core.sources.time_stamps import parse_day
from controlwatch.core.sources.watcher import Expect, Index, Pages, Watcher

_TOTAL = re.compile(r"(\d{1,9})")  # longer numbers are not a total
_TOTAL_IN_TEXT = re.compile(r"总条数[:：]\s*(\d{1,9})(?!\d)")  # 第1/239页 总条数：2381
_CUT_MARKS = ("...", "…")  # at the end of a title that a list has cut


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    """The references on a page, and the number of rows they were read from."""

    refs: Iterable[NoticeRef]
    rows: int
    total: int | None = None
    faults: tuple[str, ...] = ()


def parse_index(watcher: Watcher, snapshot: Snapshot) -> IndexPage:
    """Read one page of an index.

    Raises `Challenged`, `Refused` (an HTTP error, or one inside a 200), `Garbled` (not the declared format,
    or damaged text) and `Reshaped` (no row, or no row with a link to a notice): an empty list never means
    "no news".
    """
    index = watcher.index
    decoded = decode_body(
        snapshot.body, header=snapshot.get_header("content-type"), declared=watcher.http.charset
    )
    if reason := detect_challenge(decoded.text):
        raise Challenged(f"the source sent {reason} instead of the list")
    if snapshot.status >= 400:
        raise Refused(f"the source answered {snapshot.status}", status=snapshot.status)
    for pattern in watcher.expect.reject:
        if re.search(pattern, decoded.text):
            raise Garbled(f"the answer is damaged: it matches {pattern}")
    match index.kind:
        case "links":
            encoding = find_query_encoding(decoded.encoding)
            listing = _parse_links(index, decoded.text, base=snapshot.final_url, encoding=encoding)
        case "jpaas":
            listing = _parse_links(index, extract_fragment(decoded.text), base=index.url)
        case "json":
            listing = _parse_records(index, decoded.text, base=snapshot.final_url)
        case "feed":
            items = parse_feed(decoded.text, url=snapshot.final_url, content=index.content)
            refs = tuple(ref for ref in items.refs if _is_article(index, ref.url))
            listing = _Listing(refs=refs, rows=items.count, faults=items.faults)
    find_original_url = watcher.http.find_original_url
    refs = separate_items(replace(ref, url=find_original_url(ref.url)) for ref in listing.refs)
    if not refs:
        raise Reshaped(
            f"{listing.rows} rows were found, but none links to a notice ({index.article or 'any address'})"
        )
    undated = sum(ref.listed_on is None for ref in refs) if index.date else 0
    lost = (f"{decoded.replaced} characters could not be decoded",) if decoded.replaced else ()
    dateless = (f"{undated} of {len(refs)} rows show no readable day",) if undated else ()
    return IndexPage(refs=refs, total=listing.total, faults=(*lost, *listing.faults, *dateless))


def _is_article(index: Index, url: str) -> bool:
    return not index.article or re.search(index.article, urlsplit(url).path) is not None


# --------------------------------------------------------------------------- links and jpaas


def _parse_links(index: Index, html: str, *, base: str, encoding: str = "utf-8") -> _Listing:
    tree = LexborHTMLParser(html)
    base = find_base(tree, base)
    rows = tree.css(index.rows or "a[href]")
    if not rows:
        raise Reshaped(f"no row matches {index.rows or 'a[href]'}")
    refs = (ref for row in rows for ref in _find_notice_link(index, row, base=base, encoding=encoding))
    pagination = tree.css_first(".pagination[count]")
    count = pagination.attributes.get("count") or "" if pagination is not None else ""
    total = _TOTAL.fullmatch(count) or _TOTAL_IN_TEXT.search(tree.body.text() if tree.body else "")
    return _Listing(refs=refs, rows=len(rows), total=int(total[1]) if total else None)


def _find_notice_link(index: Index, row: LexborNode, *, base: str, encoding: str) -> Iterator[NoticeRef]:
    """Yield the first link of a row that leads to a notice, if any."""
    for link in [row] if row.tag == "a" else row.css(index.link):
        href = link.attributes.get("href") or ""
        url = resolve_link(href, base=base, encoding=encoding)
        title = _find_title(index, row, link)
        if url and title and _is_article(index, url):
            days = (parse_day(node.text()) for node in row.css(index.date)) if index.date else iter(())
            listed_on = next((day for day in days if day), None)
            yield NoticeRef(url=url, title=title, listed_on=listed_on, item=href.partition("#")[2])
            return


def _find_title(index: Index, row: LexborNode, link: LexborNode) -> str:
    chosen = row.css_first(index.title) if index.title else None
    if chosen is not None:
        return " ".join(extract_lines([chosen]))
    attribute = strip_markup(link.attributes.get("title") or "")
    if attribute and not attribute.endswith(_CUT_MARKS):
        return attribute
    text = " ".join(extract_lines([link]))
    return text if not attribute or len(text) > len(attribute) else attribute


# --------------------------------------------------------------------------- JSON


def extract_fragment(text: str) -> str:
    """Return the HTML inside a jpaas answer. Raises `Garbled`, `Refused` or `Reshaped` without one."""
    html = follow_path(_load_json(text), "data.html")
    if not isinstance(html, str) or not html.strip():
        raise Reshaped("the answer holds no list (data.html is empty)")
    return html


def _load_json(text: str) -> object:
    """Parse an answer; raises `Garbled`, and `Refused` for success:false or a code that is not 200."""
    try:
        answer: object = json.loads(text)
    except (ValueError, RecursionError) as error:  # not JSON, or a number of thousands of digits
        raise Garbled(f"the answer is not JSON; it begins with {collapse_whitespace(text[:60])!r}") from error
    if isinstance(answer, dict):
        code = answer.get("code", "200")
        if answer.get("success", True) is not True or str(code) != "200":
            raise Refused(f"the source answered code {code}: {answer.get('message') or 'no reason given'}")
    return answer


def _parse_records(index: Index, text: str, *, base: str) -> _Listing:
    answer = _load_json(text)
    rows = follow_path(answer, index.rows)
    if not isinstance(rows, list) or not rows:
        raise Reshaped(f"the answer holds no rows at {index.rows or 'its top'}")
    refs = []
    for row in rows:
        url = resolve_link(find_field(row, index.link), base=base)
        title = strip_markup(find_field(row, index.title))
        if url and title and _is_article(index, url):
            content = find_field(row, index.content)
            listed_on = parse_day(find_field(row, index.date))
            refs.append(
                NoticeRef(
                    url=url, title=title, listed_on=listed_on, content=content if content.strip() else None
                )
            )
    # The total is beside the rows, or beside one of the objects that hold them; the nearest counts.
    keys = index.rows.split(".") if index.rows else []
    totals = (
        follow_path(answer, ".".join([*keys[:depth], "total"])) for depth in range(len(keys) - 1, -1, -1)
    )
    total = next((total for total in totals if isinstance(total, int)), None)
    return _Listing(refs=refs, rows=len(rows), total=total)


# --------------------------------------------------------------------------- turning pages, and what is new


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """What a page of an index showed, as far as turning to the next page depends on it."""

    number: int  #: 1 is the first page
    is_unchanged: bool = False  #: as at the last poll, or missing; nothing else is then known of it
    total: int | None = None  #: number of notices that the source claims
    is_repetition: bool = False  #: it lists only addresses that the pages before it list
    has_untracked: bool = False  #: it lists an address that is not tracked yet
    leaves_gap: bool = False  #: its oldest row is younger than what is known from elsewhere


def should_turn_page(pages: Pages, page: PageView, *, is_first_poll: bool, is_full_scan: bool) -> bool:
    """Return whether to read the page after this one.

    The first poll and a full scan read `pages.shelf` pages; the first poll goes on while a page leaves a gap
    to what is known. Otherwise pages are turned while each shows something untracked. No poll reads more than
    `pages.most`. The end of the list, and a page that repeats the ones before it, always stop.
    """
    if page.number >= pages.most or (is_first_poll and page.number >= pages.shelf and not page.leaves_gap):
        return False
    is_required = is_full_scan and page.number < pages.shelf
    if page.is_unchanged:
        return is_required
    if page.is_repetition or (page.total is not None and page.number * pages.size >= page.total):
        return False
    return is_first_poll or is_required or page.has_untracked


def add_references(listed: dict[str, NoticeRef], refs: Iterable[NoticeRef]) -> frozenset[str]:
    """Add the references of a page to those listed so far; return the canonical addresses of the page.

    `listed` holds one reference per canonical address, from top to bottom: the one with the longest title
    that is not cut. Indexes pin notices twice and cut titles by "...".
    """
    addresses = set()
    for ref in refs:
        address = canonicalize_url(ref.url)
        addresses.add(address)
        if address not in listed or _measure_title(ref) > _measure_title(listed[address]):
            listed[address] = ref
    return frozenset(addresses)


def _measure_title(ref: NoticeRef) -> int:
    return 0 if ref.title.endswith(("...", "…", "．．．")) else len(ref.title)


def find_new_references(
    listed: Mapping[str, NoticeRef], known: AbstractSet[str], *, first_poll_on: date | None
) -> tuple[NewReference, ...]:
    """Return the references that are not tracked yet, each with whether it may alert.

    `listed` is the index from top to bottom over all pages, by canonical address; `known` holds the canonical
    addresses that are tracked; `first_poll_on` is the day of the first poll in Beijing, None at that poll.

    The first poll never alerts. Later every new reference may alert, back-dated or not, except below the last
    known one: a deletion moves old notices into view there, so it may alert only if published since the first
    poll. The same applies when no listed reference is known, as after a move of the whole site.
    """
    if first_poll_on is None:
        return tuple(NewReference(ref=ref, may_alert=False) for ref in listed.values())
    last_known = max((place for place, address in enumerate(listed) if address in known), default=-1)
    return tuple(
        NewReference(ref=ref, may_alert=True, alert_since=first_poll_on if place > last_known else None)
        for place, (address, ref) in enumerate(listed.items())
        if address not in known
    )


def is_flood(references: Iterable[NewReference], expect: Expect) -> bool:
    """Return whether a poll shows more new notices than its source ever publishes at once.

    A site that moved or gave its notices new addresses lists hundreds; each would be an alert to everybody.
    """
    news = (
        may_alert(eligible=new.may_alert, since=new.alert_since, dated=new.ref.listed_on)
        for new in references
    )
    return sum(news) > expect.new_at_once


def may_alert(*, eligible: bool, since: date | None, dated: date | None) -> bool:
    """Return whether an eligible reference may alert, once the date of its notice is known.

    `since` is the first day that may alert (None: any), `dated` the day of the notice, if known.
    """
    return eligible and not (since is not None and dated is not None and dated < since)
