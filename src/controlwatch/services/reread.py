"""Read what we keep anew, with today's reader. Our own better understanding is never news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controlwatch.core.model.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from controlwatch.core.model.state import Decision, ReadReference
    from controlwatch.core.sources.watcher import Watcher
    from controlwatch.services.poll import Pipeline, Progress


def reread(
    pipeline: Pipeline,
    watchers: Mapping[str, Watcher],
    *,
    now: datetime,
    progress: Progress | None = None,
) -> int:
    """Read every kept page anew; return how many readings differ from before."""
    held = [item for item in pipeline.store.list_read_references() if item.watcher_id in watchers]
    differing = 0
    for place, item in enumerate(held):
        if progress is not None:
            progress(place, len(held), item.reference.ref.title)
        decision = _one(pipeline, watchers[item.watcher_id], item, now=now)
        differing += decision is not None and decision.change is not None
    return differing


def _one(pipeline: Pipeline, watcher: Watcher, item: ReadReference, *, now: datetime) -> Decision | None:
    if item.snapshot is None:
        return pipeline.take_row(watcher, item.reference, now=now, reread=True)
    try:
        snapshot = pipeline.kept(item.snapshot.url, item.snapshot.sha256)
        return pipeline.take_in(watcher, item.reference, snapshot, ask=None, now=now, reread=True)
    except SourceError:
        # Yesterday's bytes in a shape that today's declaration no longer reads: the old reading stands.
        return None
