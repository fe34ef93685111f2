"""Report how a live source differs from its declaration, one sentence per difference."""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from controlwatch.core.model import Snapshot
from controlwatch.core.model.addresses import resolve_link
from controlwatch.core.model.document import DECODED, FAULT
from controlwatch.core.model.errors import SourceError
from controlwatch.core.sources.decoding import DecodedText, decode_body
from controlwatch.core.sources.index_pages import extract_fragment, parse_index
from controlwatch.core.sources.notice_pages import parse_notice_page
from controlwatch.core.sources.plausibility import detect_challenge
from controlwatch.core.sources.requests import parse_unit
from controlwatch.core.sources.watcher import Watcher

#: What alone a page has that was saved as a file: nothing that its server sent.
_OF_THE_BODY = frozenset({"content-type", DECODED, FAULT})


def find_differences(
    watcher: Watcher, *, shell: str | None, index: Snapshot, detail: Snapshot | None
) -> tuple[str, ...]:
    """Compare the responses of a source with its declaration.

    `shell` is the text of the column page of a jpaas index, `index` the response with the list, `detail`
    the page of one listed notice. Nothing is raised: a response that cannot be read is a difference too.
    """
    differences = [*_compare_unit(watcher, shell)] if shell is not None else []
    differences += _check_index(watcher, index)
    if detail is not None:
        differences += _check_detail(watcher, detail)
    return tuple(differences)


def find_notice_differences(watcher: Watcher, detail: Snapshot) -> tuple[str, ...]:
    """Compare the page of one notice with the declaration; its list was not seen."""
    return tuple(_check_detail(watcher, detail))


def _compare_unit(watcher: Watcher, shell: str) -> Iterator[str]:
    try:
        live = parse_unit(watcher, shell)
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
    scripts = LexborHTMLParser(shell).css("script[querydata]")
    links = {resolve_link(script.attributes.get("url") or "", base=watcher.index.url) for script in scripts}
    services = sorted(url for url in links if url)
    if services and watcher.index.api not in services:
        yield f"The column page asks {', '.join(services)}; declared is {watcher.index.api}."


def _check_index(watcher: Watcher, snapshot: Snapshot) -> Iterator[str]:
    yield from _check_transport(watcher, snapshot, what="list")
    try:
        page = parse_index(watcher, snapshot)
    except SourceError as error:
        yield f"The list cannot be read ({error.kind}): {error}."
        return
    index, listed = watcher.index, len(page.refs)
    yield from (f"In the list, {fault}." for fault in page.faults)
    if listed < watcher.expect.rows:
        yield f"The list shows {listed} notices; at least {watcher.expect.rows} are expected."
    # Without a row selector every link of the page counts, and most of those are navigation.
    if index.kind in {"links", "jpaas"} and index.article and index.rows not in {"", "a[href]"}:
        text = _decode_snapshot(watcher, snapshot).text
        html = extract_fragment(text) if index.kind == "jpaas" else text
        linked = sum(1 for row in LexborHTMLParser(html).css(index.rows) if row.css("a[href]"))
        if listed < linked:
            yield f"{listed} of {linked} rows link to what {index.article} calls a notice."
    if not index.date and index.kind != "feed":
        yield "No day is declared for the rows; the day comes from each notice's own page."


def _check_detail(watcher: Watcher, snapshot: Snapshot) -> Iterator[str]:
    yield from _check_transport(watcher, snapshot, what="notice")
    text, detail = _decode_snapshot(watcher, snapshot).text, watcher.detail
    if reason := detect_challenge(text):
        yield f"The notice came as {reason}."
        return
    try:
        document = parse_notice_page(text, url=snapshot.final_url, detail=detail)
    except SourceError as error:
        yield f"The notice cannot be read ({error.kind}): {error}."
        return
    yield from (f"In the notice, {doubt}." for doubt in document.doubts)
    # Declared selectors of which none matches; the default selectors may still have found a value.
    tree = LexborHTMLParser(text)
    declared = (("title", detail.title), ("published", detail.published), ("source", detail.source))
    for key, selectors in declared:
        plain = [selector for selector in selectors if not selector.startswith("var:")]
        if plain and len(plain) == len(selectors) and not any(tree.css(selector) for selector in plain):
            yield f"Nothing on the notice's page matches detail.{key}."
    if document.page_date is None:
        yield "The notice shows no day that can be read."


def _check_transport(watcher: Watcher, snapshot: Snapshot, *, what: str) -> Iterator[str]:
    if snapshot.final_url != snapshot.url:
        yield f"The {what} answered from {snapshot.final_url}."
    is_generated = what == "list" and watcher.index.kind == "jpaas"  # such answers never carry validators
    is_decoded = snapshot.get_header(DECODED) is not None
    has_headers = not is_decoded or any(name not in _OF_THE_BODY for name, _ in snapshot.headers)
    if has_headers and not (
        is_generated or snapshot.get_header("etag") or snapshot.get_header("last-modified")
    ):
        yield f"The {what} carries neither ETag nor Last-Modified; it is fetched whole each time."
    yield from (f"The {what} did not come whole: {doubt}." for doubt in snapshot.doubts)
    decoded = _decode_snapshot(watcher, snapshot)
    declared = watcher.http.charset
    if not is_decoded and declared and decoded.encoding != decode_body(b"", declared=declared).encoding:
        yield f"The {what} is {decoded.encoding}; declared is {declared}."


def _decode_snapshot(watcher: Watcher, snapshot: Snapshot) -> DecodedText:
    return decode_body(
        snapshot.body, header=snapshot.get_header("content-type"), declared=watcher.http.charset
    )
