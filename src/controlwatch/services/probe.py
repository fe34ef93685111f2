"""Probe a declared source: fetch it once, save the answers, and compare them with the declaration."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path

from controlwatch.core.model import Snapshot
from controlwatch.core.model.errors import Reshaped, SourceError
from controlwatch.core.sources.decoding import decode_body
from controlwatch.core.sources.index_pages import parse_index
from controlwatch.core.sources.probe_report import find_differences, find_notice_differences
from controlwatch.core.sources.requests import (
    build_column_request,
    build_detail_request,
    build_page_request,
    list_index_urls,
    parse_unit,
)
from controlwatch.core.sources.watcher import Watcher
from controlwatch.services.ports import FetchSession


def _choose_first(urls: Iterable[str]) -> str | None:
    return next(iter(urls), None)


def probe_source(
    watcher: Watcher,
    session: FetchSession,
    folder: Path,
    *,
    today: date,
    choose_notice: Callable[[Iterable[str]], str | None] = _choose_first,
) -> tuple[tuple[str, ...], bool]:
    """Return how the source differs from its declaration, and whether its list could be read at all.

    The answers are saved in `folder`. `choose_notice` chooses the notice that is read from those listed.
    Raises `SourceError` when the list page cannot be fetched.
    """
    column, unit_ids = None, None
    request = build_column_request(watcher)
    snapshot = session(request) if request is not None else None
    if snapshot is not None:
        _save_answer(folder / "shell.bin", snapshot)
        header, charset = snapshot.get_header("content-type"), watcher.http.charset
        column = decode_body(snapshot.body, header=header, declared=charset).text
        with suppress(SourceError):  # reported as a difference
            unit_ids = parse_unit(watcher, column)
    first_url = list_index_urls(watcher, today=today)[0]
    request = build_page_request(watcher, first_url, ids=unit_ids, today=today)
    index = session(request) if request is not None else None
    if index is None:
        raise Reshaped("the list page could not be fetched")
    _save_answer(folder / "index.bin", index)
    try:
        url = choose_notice(ref.url for ref in parse_index(watcher, index).refs)
    except SourceError:
        return find_differences(watcher, shell=column, index=index, detail=None), False
    try:
        is_read = watcher.detail.follow and url is not None
        notice = session(build_detail_request(watcher, url or "")) if is_read else None
    except SourceError:
        notice = None  # reported as a difference
    if notice is not None:
        _save_answer(folder / "detail.bin", notice)
    return find_differences(watcher, shell=column, index=index, detail=notice), True


def probe_notice(watcher: Watcher, page: Snapshot, folder: Path) -> tuple[str, ...]:
    """Return how a saved page of one notice differs from the declaration; the page is saved in `folder`."""
    _save_answer(folder / "detail.bin", page)
    return find_notice_differences(watcher, page)


def _save_answer(path: Path, snapshot: Snapshot) -> None:
    path.write_bytes(snapshot.body)
    lines = [f"{snapshot.status} {snapshot.final_url}"]
    lines += [f"{name}: {value}" for name, value in snapshot.headers]
    path.with_suffix(".headers.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
