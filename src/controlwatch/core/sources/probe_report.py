"""Say how a live source differs from what is declared of it, one sentence a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from controlwatch.core.model.errors import SourceError
from controlwatch.core.sources import index_pages, notice_pages, requests
from controlwatch.core.sources.attachments import resolve_link
from controlwatch.core.sources.challenge import detect_challenge
from controlwatch.core.sources.charset import DecodedText, decode_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.core.model import IndexPage, Snapshot
    from controlwatch.core.sources.watcher import Detail, Watcher


def find_differences(
    watcher: Watcher, *, shell: str | None, index: Snapshot, detail: Snapshot | None
) -> tuple[str, ...]:
    """Compare what a source sent with its declaration.

    `shell` is the text of the column page of a jpaas index, `index` the answer that lists, `detail` the page
    of one listed notice. Nothing is raised: what cannot be read is a difference too.
    """
    found = [*_compare_unit(watcher, shell)] if shell is not None else []
    found += _check_index(watcher, index)
    if detail is not None:
        found += _check_detail(watcher, detail)
    return tuple(found)


def _compare_unit(watcher: Watcher, shell: str) -> Iterator[str]:
    try:
        live = requests.parse_unit(watcher, shell)
    except SourceError as error:
        yield f"The column page cannot be read: {error}."
        return
    declared = watcher.index.params
    for name in sorted(live.keys() | declared.keys()):
        if declared.get(name) != live.get(name):
            yield (
                f"The column page says {name} = {live.get(name, 'nothing')};"
                f" declared is {declared.get(name, 'nothing')}."
            )
    yield from _compare_service(watcher, shell)


def _compare_service(watcher: Watcher, shell: str) -> Iterator[str]:
    scripts = LexborHTMLParser(shell).css("script[querydata]")
    named = {resolve_link(script.attributes.get("url") or "", base=watcher.index.url) for script in scripts}
    services = sorted(url for url in named if url)
    if services and watcher.index.api not in services:
        yield f"The column page asks {', '.join(services)}; declared is {watcher.index.api}."


def _check_index(watcher: Watcher, snapshot: Snapshot) -> Iterator[str]:
    yield from _check_transport(watcher, snapshot, what="list")
    try:
        page = index_pages.parse_index(watcher, snapshot)
    except SourceError as error:
        yield f"The list cannot be read ({error.kind}): {error}."
        return
    yield from (f"In the list, {fault}." for fault in page.faults)
    yield from _check_rows(watcher, snapshot, page)


def _check_rows(watcher: Watcher, snapshot: Snapshot, page: IndexPage) -> Iterator[str]:
    if len(page.refs) < watcher.expect.rows:
        yield f"The list shows {len(page.refs)} notices; at least {watcher.expect.rows} are expected."
    if watcher.index.kind in {"links", "jpaas"} and watcher.index.article:
        total = _count_linked_rows(watcher, snapshot)
        if len(page.refs) < total:
            yield f"{len(page.refs)} of {total} rows link to what {watcher.index.article} calls a notice."
    if not watcher.index.date and watcher.index.kind != "feed":
        yield "No day is declared for the rows; the day comes from each notice's own page."


def _count_linked_rows(watcher: Watcher, snapshot: Snapshot) -> int:
    """How many rows link anywhere: what the list would hold if the article pattern let everything through."""
    if watcher.index.rows in {"", "a[href]"}:  # the whole page's links: most of them are navigation by design
        return 0
    text = _decode_snapshot(watcher, snapshot).text
    html = index_pages.extract_fragment(text) if watcher.index.kind == "jpaas" else text
    return sum(1 for row in LexborHTMLParser(html).css(watcher.index.rows) if row.css("a[href]"))


def _check_detail(watcher: Watcher, snapshot: Snapshot) -> Iterator[str]:
    yield from _check_transport(watcher, snapshot, what="notice")
    text = _decode_snapshot(watcher, snapshot).text
    if detect_challenge(text):
        yield f"The notice came as {detect_challenge(text)}."
        return
    try:
        document = notice_pages.parse_notice_page(text, url=snapshot.final_url, detail=watcher.detail)
    except SourceError as error:
        yield f"The notice cannot be read ({error.kind}): {error}."
        return
    yield from (f"In the notice, {doubt}." for doubt in document.doubts)
    yield from _find_unmatched(watcher.detail, text)
    if document.page_date is None:
        yield "The notice shows no day that can be read."


def _find_unmatched(detail: Detail, text: str) -> Iterator[str]:
    """A declared selector list of which nothing matches; the defaults may still have helped out."""
    tree = LexborHTMLParser(text)
    lists = (("title", detail.title), ("published", detail.published), ("source", detail.source))
    for key, selectors in lists:
        plain = [selector for selector in selectors if not selector.startswith("var:")]
        if plain and len(plain) == len(selectors) and not any(tree.css(selector) for selector in plain):
            yield f"Nothing on the notice's page matches detail.{key}."


def _check_transport(watcher: Watcher, snapshot: Snapshot, *, what: str) -> Iterator[str]:
    if snapshot.final_url != snapshot.url:
        yield f"The {what} answered from {snapshot.final_url}."
    is_made_anew = what == "list" and watcher.index.kind == "jpaas"  # such answers never carry a stamp
    if not (is_made_anew or snapshot.get_header("etag") or snapshot.get_header("last-modified")):
        yield f"The {what} carries neither ETag nor Last-Modified; it is fetched whole each time."
    decoded = _decode_snapshot(watcher, snapshot)
    declared = watcher.http.charset
    if declared and decoded.encoding != decode_body(b"", declared=declared).encoding:
        yield f"The {what} is {decoded.encoding}; declared is {declared}."


def _decode_snapshot(watcher: Watcher, snapshot: Snapshot) -> DecodedText:
    return decode_body(
        snapshot.body, header=snapshot.get_header("content-type"), declared=watcher.http.charset
    )
