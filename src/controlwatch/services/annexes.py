"""Bring and read the annexes of a notice; what cannot be brought is read from our own copy, or doubted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from controlwatch.core.model import Annex, Snapshot
from controlwatch.core.model.errors import OutOfTime, SourceError
from controlwatch.core.model.state import Validators
from controlwatch.core.sources.plausibility import check_response
from controlwatch.core.sources.requests import build_detail_request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controlwatch.core.model import AnnexLink, Document
    from controlwatch.core.sources.watcher import Watcher
    from controlwatch.services.ports import Archive, DocumentReader, FetchSession, Store

#: A notice hangs a handful of files; more than this is a page of downloads, not of annexes.
MOST_ANNEXES = 30


def read_annexes(
    document: Document,
    watcher: Watcher,
    *,
    ask: FetchSession | None,
    archive: Archive,
    store: Store,
    documents: DocumentReader,
) -> tuple[Annex, ...]:
    """Return the annexes as read, in the order of the page. Without `ask` only our copies are read."""
    bring = _Bringer(watcher, ask=ask, archive=archive, store=store, documents=documents)
    annexes = tuple(bring(link) for link in document.annexes[:MOST_ANNEXES])
    if len(document.annexes) <= MOST_ANNEXES:
        return annexes
    left = document.annexes[MOST_ANNEXES]
    return (
        *annexes,
        Annex(url=left.url, name=left.name, text="", doubt="this and further annexes were not read"),
    )


def whole_text(document: Document, annexes: Iterable[Annex]) -> str:
    """Return the body and every readable annex as one text, each annex under its name."""
    parts = [document.text, *(f"附件：{annex.name}\n{annex.text}" for annex in annexes if annex.text)]
    return "\n\n".join(part for part in parts if part)


def held_of(url: str, *, store: Store, archive: Archive) -> Validators | None:
    """Return what to send with a question for an address: nothing where we could not use a "not modified".

    A copy of ours that is gone or damaged is fetched anew, and so is mended.
    """
    held = store.find_validators(url)
    if held is None or held.sha256 is None or archive.inspect_copy(held.sha256).fault is not None:
        return None
    return held


class _Bringer:
    """Brings one annex after another."""

    def __init__(
        self,
        watcher: Watcher,
        *,
        ask: FetchSession | None,
        archive: Archive,
        store: Store,
        documents: DocumentReader,
    ) -> None:
        self._watcher = watcher
        self._ask = ask
        self._archive = archive
        self._store = store
        self._documents = documents

    def __call__(self, link: AnnexLink) -> Annex:
        held = held_of(link.url, store=self._store, archive=self._archive)
        try:
            snapshot = (
                self._ask(build_detail_request(self._watcher, link.url), held)
                if self._ask is not None
                else None
            )
            if snapshot is not None:
                check_response(snapshot)
                return self._fresh(link, snapshot, held)
            trouble = ""
        except OutOfTime:
            raise  # nothing is said about the annex; the notice is read again
        except SourceError as error:
            trouble = str(error)
        if held is not None:
            return self._ours(link, held, trouble)
        return Annex(
            url=link.url, name=link.name, text="", doubt=f"could not be fetched: {trouble or 'not asked for'}"
        )

    def _fresh(self, link: AnnexLink, snapshot: Snapshot, held: Validators | None) -> Annex:
        sha256 = self._archive.save_bytes(snapshot.body)
        self._store.record_snapshot(snapshot, sha256, self._watcher.id)
        annex = self._documents.read_annex(snapshot, link)
        if annex.doubt and not annex.text and held is not None:
            return self._ours(link, held, annex.doubt)
        self._store.save_validators(link.url, Validators.from_snapshot(snapshot))
        return replace(annex, sha256=sha256)

    def _ours(self, link: AnnexLink, held: Validators, trouble: str) -> Annex:
        """Read the copy we hold: a file that cannot be fetched today has not been withdrawn by law."""
        sha256 = held.sha256 or ""
        body = self._archive.load_bytes(sha256)
        copy = Snapshot(
            url=link.url,
            final_url=link.url,
            fetched_at=datetime.fromtimestamp(0, UTC),
            status=200,
            headers=(),
            body=body,
        )
        annex = self._documents.read_annex(copy, link)
        doubt = f"not reachable now, read from our copy ({trouble})" if trouble else annex.doubt
        return replace(annex, sha256=sha256, doubt=annex.doubt or doubt)
