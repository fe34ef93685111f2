"""Sources that no file declares: pages and files that people bring, and the mailbox."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from controlwatch.core.model import NoticeRef, Snapshot, sanitize_reference
from controlwatch.core.model.addresses import is_allowed_url
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.state import Decision, NewReference, PendingReference
from controlwatch.core.sources.decoding import is_mail
from controlwatch.core.sources.plausibility import check_response
from controlwatch.core.sources.requests import Request
from controlwatch.core.sources.watcher import Detail, Http, Index, Schedule, Watcher
from controlwatch.services.ports import Fetcher, References

if TYPE_CHECKING:  # loaded by those who have something to hand in
    from controlwatch.services.ingest import Ingester

INTAKE_ID, MAILBOX_ID = "intake", "mailbox"
#: Bytes of a mail that are read, as of a page; text comes before attachments.
MAX_MAIL_BYTES = 20_000_000


def build_mailbox_watcher(address: str) -> Watcher:
    """Return the watcher of a mailbox: its mails are reports, and nothing that they link to is requested."""
    return Watcher(
        id=MAILBOX_ID,
        name="Newsletters by mail (邮箱)",
        issuer="press",
        role="secondary",
        maintainers=("controlwatch maintainers",),
        confidence="B",
        schedule=Schedule(cron=("*/5 * * * *",)),
        index=Index(kind="links", url=address),
        detail=Detail(follow=False),
        http=Http(hosts=()),
    )


def build_intake_watcher(url: str, watchers: Iterable[Watcher]) -> Watcher:
    """Return the intake watcher for an address: it reads pages as the host's own watcher would.

    Among several watchers of a host the one whose list is there comes first, then the most specific one.
    """
    host = urlsplit(url).hostname or ""
    intake = Watcher(
        id=INTAKE_ID,
        name="Hand intake (人工提交)",
        issuer="",
        maintainers=("controlwatch maintainers",),
        confidence="A",
        schedule=Schedule(cron=()),
        index=Index(kind="links", url=url),
        detail=Detail(),
        http=Http(hosts=(host,)),
    )

    def rate_closeness(watcher: Watcher) -> tuple[bool, int]:
        patterns = [name for name in watcher.http.hosts if is_allowed_url(f"http://{host}/", [name])]
        return urlsplit(watcher.index.url).hostname == host, max(map(len, patterns), default=0)

    fitting = [watcher for watcher in watchers if is_allowed_url(url, watcher.http.hosts)]
    own = max(fitting, key=rate_closeness, default=None)
    return intake if own is None else replace(intake, detail=own.detail, http=own.http)


def fetch_page(url: str, watcher: Watcher, fetch: Fetcher) -> Snapshot:
    """Fetch one page once; raises `SourceError` when it cannot be fetched."""
    with fetch.open_session(watcher) as session:
        snapshot = session(Request(url=url, headers=tuple(watcher.http.headers.items())))
    if snapshot is None:
        raise UsageError(f"{url} answered without a page")
    check_response(snapshot)
    return snapshot


def submit(
    snapshot: Snapshot,
    ingester: Ingester,
    fetch: Fetcher,
    watchers: Iterable[Watcher],
    *,
    title: str,
    now: datetime,
) -> Decision:
    """Ingest bytes that a person brought, as if the source's own watcher had just seen them appear."""
    watcher = build_intake_watcher(snapshot.url, watchers)
    if is_mail(snapshot):
        watcher = replace(watcher, role="secondary")  # a mail reports; only its author's page is the notice
    new = NewReference(ref=NoticeRef(url=snapshot.url, title=title), may_alert=True)
    reference = track_reference(ingester.references, watcher, new, now=now)
    with fetch.open_session(watcher) as session:
        return ingester.ingest(watcher, reference, snapshot, session=session, now=now)


def track_reference(
    references: References, watcher: Watcher, new: NewReference, *, now: datetime
) -> PendingReference:
    """Track a reference that was brought to us, and return it as it is tracked."""
    ref = sanitize_reference(new.ref)
    references.track(watcher.id, [replace(new, ref=ref)], now)
    reference = references.find(watcher.id, ref.url)
    if reference is None:
        raise RuntimeError("a reference just tracked is not tracked")
    return reference
