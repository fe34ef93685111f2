"""Read stored pages again with today's reader. A better reading never alerts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from controlwatch.core.model.errors import SourceError
from controlwatch.core.model.state import Decision, ReadReference
from controlwatch.core.sources.watcher import Watcher
from controlwatch.services.ingest import Ingester
from controlwatch.services.poll import Progress


def reread_all(
    ingester: Ingester,
    watchers: Mapping[str, Watcher],
    *,
    now: datetime,
    on_progress: Progress | None = None,
) -> int:
    """Read every stored page again; return the number of readings that differ from before."""
    items = [item for item in ingester.references.list_read() if item.watcher_id in watchers]
    differing = 0
    for place, item in enumerate(items):
        if on_progress is not None:
            on_progress(place, len(items), item.reference.ref.title)
        decision = _reread_one(ingester, watchers[item.watcher_id], item, now=now)
        differing += decision is not None and decision.change is not None
    return differing


def _reread_one(
    ingester: Ingester, watcher: Watcher, item: ReadReference, *, now: datetime
) -> Decision | None:
    """Return what the new reading amounts to; None where the declaration of today cannot read those bytes."""
    if item.snapshot is None:
        return ingester.ingest_row(watcher, item.reference, now=now, is_reread=True)
    try:
        snapshot = ingester.load_snapshot(item.snapshot.url, item.snapshot.sha256)
        return ingester.ingest(watcher, item.reference, snapshot, session=None, now=now, is_reread=True)
    except SourceError:
        return None  # the reading of before stays
