"""Take in: keep the bytes (commit 1), read them, and write what they amount to as one (commit 2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from controlwatch.core.alerting.decide import decide, to_report
from controlwatch.core.alerting.redline import fingerprint_text
from controlwatch.core.extraction import read_notice, resolve_categories
from controlwatch.core.law.register import Register
from controlwatch.core.model import Document, Snapshot, sanitize_annex, sanitize_document, to_notice_key
from controlwatch.core.model.addresses import canonicalize_url
from controlwatch.core.model.errors import Reshaped
from controlwatch.core.model.state import Decision, Observation, PendingReference, Validators
from controlwatch.core.model.timezones import schedule_recheck
from controlwatch.core.sources.notice_pages import build_listed_document
from controlwatch.services.annexes import read_annexes, whole_text

if TYPE_CHECKING:
    from controlwatch.core.extraction.text.lexicon import Lexicon
    from controlwatch.core.model import Annex, Notice
    from controlwatch.core.sources.watcher import Watcher
    from controlwatch.services.ports import Archive, DocumentReader, FetchSession, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class TakingIn:
    """What it takes to make a notice of bytes."""

    archive: Archive
    store: Store
    documents: DocumentReader
    lexicon: Lexicon
    register: Callable[[], Register] = Register  #: the known notices, loaded when first needed

    def take_in(
        self,
        watcher: Watcher,
        due: PendingReference,
        snapshot: Snapshot,
        *,
        ask: FetchSession | None,
        now: datetime,
        reread: bool = False,
    ) -> Decision:
        """Keep the bytes, read them, and write what they amount to. `ask` brings the annexes."""
        sha256 = self.archive.save_bytes(snapshot.body)
        snapshot_id = self.store.record_snapshot(snapshot, sha256, watcher.id)
        document = self.documents.read_document(snapshot, watcher)
        annexes = read_annexes(
            document, watcher, ask=ask, archive=self.archive, store=self.store, documents=self.documents
        )
        decision = self._record(
            watcher, due, document, annexes, snapshot_id=snapshot_id, now=now, reread=reread
        )
        if all(annex.sha256 for annex in annexes):
            # Only a notice that was read whole may be answered with "not modified".
            self.store.save_validators(due.ref.url, Validators.from_snapshot(snapshot))
        return decision

    def take_row(
        self, watcher: Watcher, due: PendingReference, *, now: datetime, doubt: str = "", reread: bool = False
    ) -> Decision:
        """Take in what the index row alone says: for feeds, and for pages that will not be read."""
        document = build_listed_document(due.ref)
        if doubt:
            document = replace(document, text=document.text or document.title, doubts=(doubt,))
        return self._record(
            watcher, due, document, (), snapshot_id=None, now=now, fallback=bool(doubt), reread=reread
        )

    def kept(self, url: str, sha256: str | None) -> Snapshot:
        """Return these bytes of an address as they were sent: the ones last believed, not the last ones.

        Raises `Reshaped` when there are none: a server that says "not modified" of a page we never
        had says nothing.
        """
        record = self.store.find_snapshot(url, sha256) if sha256 is not None else None
        if record is None:
            raise Reshaped(f"{url} is said not to have changed, but was never sent")
        try:
            body = self.archive.load_bytes(record.sha256)
        except KeyError:
            raise Reshaped(f"our copy of {url} is gone from the archive") from None
        return Snapshot(
            url=record.url,
            final_url=record.final_url,
            fetched_at=record.fetched_at,
            status=record.status,
            headers=record.headers,
            body=body,
        )

    def _record(
        self,
        watcher: Watcher,
        due: PendingReference,
        document: Document,
        annexes: tuple[Annex, ...],
        *,
        snapshot_id: int | None,
        now: datetime,
        fallback: bool = False,
        reread: bool = False,
    ) -> Decision:
        document = sanitize_document(document)
        annexes = tuple(sanitize_annex(annex) for annex in annexes)
        text = whole_text(document, annexes)
        notice = self._read(watcher, replace(document, text=text), annexes, url=due.ref.url)
        seen = Observation(
            watcher=watcher.id,
            official=watcher.role == "official",
            address=canonicalize_url(due.ref.url),
            url=due.ref.url,
            document=document,
            annexes=annexes,
            notice=notice,
            text=text,
            fingerprint=fingerprint_text(text),
            snapshot_id=snapshot_id,
            reference=due,
            fallback=fallback,
            reread=reread,
        )
        following = _again(due, now) if watcher.detail.follow else None
        decision = self.store.record_observation(
            seen, partial(decide, seen, now=now), now=now, next_look_at=following
        )
        if decision.change is not None and notice.number is not None:
            self._resolve_those_acting_on(notice.number.key, now=now)
        return decision

    def _read(self, watcher: Watcher, document: Document, annexes: tuple[Annex, ...], *, url: str) -> Notice:
        notice = self._resolved(read_notice(document, self.lexicon))
        doubts = tuple(f"{annex.name}: {annex.doubt}" for annex in annexes if annex.doubt)
        notice = replace(notice, doubts=(*notice.doubts, *doubts))
        if watcher.role != "official":
            return to_report(notice)
        return self.register().complete_notice(notice, canonicalize_url(url))

    def _resolved(self, notice: Notice) -> Notice:
        targets = {to_notice_key(relation.target) for relation in notice.relations}
        return resolve_categories(notice, self.store.find_categories(targets), self.lexicon)

    def _resolve_those_acting_on(self, key: str, *, now: datetime) -> None:
        """A suspension may be read before the notice it suspends: now its items can be known."""
        for version in self.store.list_acting_versions(key):
            better = self._resolved(version.notice)
            if better != version.notice:
                self.store.record_rereading(version, better, now=now)
                if better.number is not None:
                    self._resolve_those_acting_on(better.number.key, now=now)


def _again(due: PendingReference, now: datetime) -> datetime | None:
    return schedule_recheck(seen_at=due.first_seen_at, listed_on=due.ref.listed_on, now=now)
