"""Try a declared source: ask once, keep what comes, and compare it with the declaration."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from controlwatch.core.model.errors import Reshaped, SourceError
from controlwatch.core.sources.decoding import decode_body
from controlwatch.core.sources.index_pages import parse_index
from controlwatch.core.sources.probe_report import find_differences
from controlwatch.core.sources.requests import (
    build_column_request,
    build_detail_request,
    build_page_request,
    list_index_urls,
    parse_unit,
)

if TYPE_CHECKING:
    from controlwatch.core.model import Snapshot
    from controlwatch.core.sources.watcher import Watcher
    from controlwatch.services.ports import FetchSession


def try_source(
    watcher: Watcher, ask: FetchSession, folder: Path, *, today: date
) -> tuple[tuple[str, ...], bool]:
    """Return how the source differs from its declaration, and whether its list could be read at all.

    What comes is saved in `folder`. Raises `SourceError` when nothing comes.
    """
    shell_text, ids = _column(watcher, ask, folder)
    request = build_page_request(watcher, list_index_urls(watcher, today=today)[0], ids=ids, today=today)
    index = ask(request) if request is not None else None
    if index is None:
        raise Reshaped("the index did not come")
    _save(folder / "index.bin", index)
    try:
        refs = parse_index(watcher, index).refs
    except SourceError:
        return find_differences(watcher, shell=shell_text, index=index, detail=None), False
    notice = _first_notice(watcher, refs[0].url, ask, folder)
    return find_differences(watcher, shell=shell_text, index=index, detail=notice), True


def _column(watcher: Watcher, ask: FetchSession, folder: Path) -> tuple[str | None, dict[str, str] | None]:
    """The column page of a jpaas source and the parameters that it names; neither for others."""
    request = build_column_request(watcher)
    sent = ask(request) if request is not None else None
    if sent is None:
        return None, None
    _save(folder / "shell.bin", sent)
    text = decode_body(sent.body, header=sent.get_header("content-type"), declared=watcher.http.charset).text
    try:
        return text, parse_unit(watcher, text)
    except SourceError:
        return text, None  # `differences` says so


def _first_notice(watcher: Watcher, url: str, ask: FetchSession, folder: Path) -> Snapshot | None:
    try:
        notice = ask(build_detail_request(watcher, url)) if watcher.detail.follow else None
    except SourceError:
        return None  # `differences` says so
    if notice is not None:
        _save(folder / "detail.bin", notice)
    return notice


def _save(path: Path, snapshot: Snapshot) -> None:
    path.write_bytes(snapshot.body)
    head = [
        f"{snapshot.status} {snapshot.final_url}",
        *(f"{name}: {value}" for name, value in snapshot.headers),
    ]
    path.with_suffix(".headers.txt").write_text("\n".join(head) + "\n", encoding="utf-8")
