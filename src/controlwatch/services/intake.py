"""Hand intake: saved pages and files that people bring where no machine may look."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from controlwatch.core.model import NoticeRef, Snapshot, sanitize_reference
from controlwatch.core.model.addresses import is_allowed_url
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.state import NewReference
from controlwatch.core.sources.decoding import is_mail
from controlwatch.core.sources.plausibility import check_response
from controlwatch.core.sources.requests import Request
from controlwatch.core.sources.watcher import Detail, Http, Index, Schedule, Watcher

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from controlwatch.core.model.state import Decision, PendingReference
    from controlwatch.services.poll import Pipeline
    from controlwatch.services.ports import Store

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
    fitting = [watcher for watcher in watchers if is_allowed_url(url, watcher.http.hosts)]
    own = max(fitting, key=lambda watcher: _closeness(host, watcher), default=None)
    return base if own is None else replace(base, detail=own.detail, http=own.http)


def _closeness(host: str, watcher: Watcher) -> tuple[bool, int]:
    """How much a watcher is the host's own: its index stands there, or its pattern is the longest."""
    patterns = [pattern for pattern in watcher.http.hosts if is_allowed_url(f"http://{host}/", [pattern])]
    return urlsplit(watcher.index.url).hostname == host, max(map(len, patterns), default=0)


def from_url(url: str, pipeline: Pipeline, watcher: Watcher) -> Snapshot:
    """Fetch one page, once; raises `SourceError` when it does not come."""
    with pipeline.fetch.open_session(watcher) as ask:
        snapshot = ask(Request(url=url, headers=tuple(watcher.http.headers.items())))
    if snapshot is None:
        raise UsageError(f"{url} answered without a page")
    check_response(snapshot)
    return snapshot


def take(
    snapshot: Snapshot, pipeline: Pipeline, watchers: Iterable[Watcher], *, title: str, now: datetime
) -> Decision:
    """Put handed-in bytes through the pipeline, as if the source's own watcher had just seen them appear."""
    watcher = watcher_for(snapshot.url, watchers)
    if is_mail(snapshot):
        watcher = replace(watcher, role="secondary")  # a mail reports; only its author's page is the notice
    ref = NoticeRef(url=snapshot.url, title=title)
    due = shelved(pipeline.store, watcher, NewReference(ref=ref, may_alert=True), now=now)
    with pipeline.fetch.open_session(watcher) as ask:
        return pipeline.take_in(watcher, due, snapshot, ask=ask, now=now)


def shelved(store: Store, watcher: Watcher, unseen: NewReference, *, now: datetime) -> PendingReference:
    """Put what was brought to us on a watcher's shelf, and return it from there."""
    ref = sanitize_reference(unseen.ref)
    store.track_references(watcher.id, [replace(unseen, ref=ref)], now)
    due = store.find_reference(watcher.id, ref.url)
    if due is None:
        raise RuntimeError("a reference just shelved is not on the shelf")
    return due
