"""Hand intake: saved pages and files that people bring where no machine may look."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from controlwatch.adapters.formats.kinds import kind_of
from controlwatch.adapters.nesting import examine
from controlwatch.core import printable
from controlwatch.core.address import allowed
from controlwatch.core.asking import Request
from controlwatch.core.books import Unseen
from controlwatch.core.errors import UsageError
from controlwatch.core.expect import answered
from controlwatch.core.mails import unaddressed
from controlwatch.core.model import NoticeRef, Snapshot
from controlwatch.core.watcher import Detail, Http, Index, Schedule, Watcher
from controlwatch.core.wrapped import MAIL, is_mail, saved_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from controlwatch.core.books import Decision, Due
    from controlwatch.pipeline import Pipeline
    from controlwatch.ports import Store

#: What browsers write into a saved page: <!-- saved from url=(0036)http://www.customs.gov.cn/x.html -->
SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d+\)(\S+?)\s*-->")
#: Files of more bytes than this are no notices.
LARGEST = 50_000_000
ID = "intake"


def watcher_for(url: str, watchers: Iterable[Watcher]) -> Watcher:
    """Return the intake watcher for an address: it reads pages as the host's own watcher would."""
    host = urlsplit(url).hostname or ""
    base = Watcher(
        id=ID,
        name="Hand intake (人工提交)",
        issuer="",
        maintainers=("controlwatch maintainers",),
        confidence="A",
        schedule=Schedule(cron=()),
        index=Index(kind="links", url=url),
        detail=Detail(),
        http=Http(hosts=(host,)),
    )
    fitting = [watcher for watcher in watchers if allowed(url, watcher.http.hosts)]
    own = max(fitting, key=lambda watcher: _closeness(host, watcher), default=None)
    return base if own is None else replace(base, detail=own.detail, http=own.http)


def _closeness(host: str, watcher: Watcher) -> tuple[bool, int]:
    """How much a watcher is the host's own: its index stands there, or its pattern is the longest."""
    patterns = [pattern for pattern in watcher.http.hosts if allowed(f"http://{host}/", [pattern])]
    return urlsplit(watcher.index.url).hostname == host, max(map(len, patterns), default=0)


def from_file(path: Path, *, url: str | None, now: datetime) -> Snapshot:
    """Read a file as if its address had sent it: the one given, the one a browser saved in it, or none.

    Raises `UsageError` for what cannot be had, `Garbled` for a page that nobody could walk through.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path} is larger than {LARGEST:,} bytes; that is no notice")
        body = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    mail = path.suffix.lower() == ".eml"
    if not mail and kind_of(body) in {"html", "text"}:
        examine(body)
    address = url or (None if mail else _saved_from(body)) or unaddressed(body)
    headers = (
        *((("content-type", MAIL),) if mail else ()),
        ("x-handed-in-by", _owner(path)),
        ("x-handed-in-as", printable.printable(path.name)),
    )
    return Snapshot(url=address, final_url=address, fetched_at=now, status=200, headers=headers, body=body)


def _saved_from(body: bytes) -> str | None:
    """Return the address that a browser wrote into a page when it saved it."""
    saved = SAVED_FROM.search(body[:4096])
    shown = saved[1].decode("ascii", "replace") if saved else saved_from(body)
    return shown if allowed(shown, ["*"]) else None


def _owner(path: Path) -> str:
    """Return whose file it is: that person handed it in."""
    try:
        return path.owner()
    except (KeyError, NotImplementedError):
        return f"user {path.stat().st_uid}"


def from_url(url: str, pipeline: Pipeline, watcher: Watcher) -> Snapshot:
    """Fetch one page, once; raises `SourceError` when it does not come."""
    with pipeline.fetch.session(watcher) as ask:
        snapshot = ask(Request(url=url, headers=tuple(watcher.http.headers.items())))
    if snapshot is None:
        raise UsageError(f"{url} answered without a page")
    answered(snapshot)
    return snapshot


def take(
    snapshot: Snapshot, pipeline: Pipeline, watchers: Iterable[Watcher], *, title: str, now: datetime
) -> Decision:
    """Put handed-in bytes through the pipeline, as if the source's own watcher had just seen them appear."""
    watcher = watcher_for(snapshot.url, watchers)
    if is_mail(snapshot):
        watcher = replace(watcher, role="secondary")  # a mail reports; only its author's page is the notice
    ref = NoticeRef(url=snapshot.url, title=title)
    due = shelved(pipeline.store, watcher, Unseen(ref=ref, rings=True), now=now)
    with pipeline.fetch.session(watcher) as ask:
        return pipeline.take_in(watcher, due, snapshot, ask=ask, now=now)


def shelved(store: Store, watcher: Watcher, unseen: Unseen, *, now: datetime) -> Due:
    """Put what was brought to us on a watcher's shelf, and return it from there."""
    ref = printable.reference(unseen.ref)
    store.shelve(watcher.id, [replace(unseen, ref=ref)], now)
    due = store.reference(watcher.id, ref.url)
    if due is None:
        raise RuntimeError("a reference just shelved is not on the shelf")
    return due


def waiting(folder: Path) -> Iterator[Path]:
    """Yield the files dropped into the inbox, oldest first; hidden and half-copied ones are left."""
    if folder.is_dir():
        files = (path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
        yield from sorted(
            (
                path
                for path in files
                if path.suffix not in {".part", ".crdownload", ".tmp"} and path.name != "README.md"
            ),
            key=lambda path: path.stat().st_mtime,
        )


def put_away(path: Path, where: str) -> Path:
    """Move a file of the inbox to its `done` or `failed` folder, never over another; what is gone is gone."""
    folder = path.parent / where
    folder.mkdir(exist_ok=True)
    target = folder / path.name
    number = 1
    while target.exists():
        target = folder / f"{path.stem}-{number}{path.suffix}"
        number += 1
    with suppress(FileNotFoundError):
        path.rename(target)
    return target
