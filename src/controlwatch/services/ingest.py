"""Ingest one document: archive the bytes (commit 1), read them, write what follows as one (commit 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from controlwatch.core.alerting.decide import decide, to_report
from controlwatch.core.alerting.notice_matching import match_notice
from controlwatch.core.alerting.redline import fingerprint_text
from controlwatch.core.extraction.extract import read_notice, resolve_categories
from controlwatch.core.extraction.report.summary import build_summary
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.register import Register
from controlwatch.core.model import (
    Annex,
    Document,
    Notice,
    Snapshot,
    Validators,
    sanitize_annex,
    sanitize_document,
    to_notice_key,
)
from controlwatch.core.model.addresses import canonicalize_url
from controlwatch.core.model.errors import Replaced, Reshaped
from controlwatch.core.model.state import Decision, MatchContext, Observation, PendingReference, VersionText
from controlwatch.core.model.timezones import schedule_recheck
from controlwatch.core.sources.notice_pages import build_listed_document
from controlwatch.core.sources.watcher import Watcher
from controlwatch.services.annexes import (
    AnnexReader,
    cut_text,
    find_usable_validators,
    join_texts,
    list_picture_doubts,
)
from controlwatch.services.ports import Archive, DocumentReader, FetchSession, Polling, References


class MatchingTransaction(Protocol):
    """One transaction over notices."""

    def find_context(self, observation: Observation) -> MatchContext:
        """Return everything in the store that bears on an observation."""

    def record(
        self,
        observation: Observation,
        context: MatchContext,
        decision: Decision,
        *,
        now: datetime,
        next_look_at: datetime | None,
    ) -> None:
        """Write version, findings, alert and deliveries, and that the reference was read."""


class Matching(Protocol):
    """Notices in the store."""

    def transaction(self) -> AbstractContextManager[MatchingTransaction]:
        """Open commit 2; two watchers that see one notice at one time take turns in it."""

    def list_acting_versions(self, key: str) -> tuple[VersionText, ...]:
        """Return the latest versions of the notices that act on the one of this key."""

    def record_rereading(self, version: VersionText, notice: Notice, *, now: datetime) -> None:
        """Write a better reading of a version's own words; never an alert."""

    def find_categories(self, keys: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Return the item categories of known notices, by the key of their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDocument:
    """A document with where it comes from."""

    watcher: Watcher
    reference: PendingReference
    document: Document
    annexes: tuple[Annex, ...] = ()
    snapshot_id: int | None = None
    is_fallback: bool = False  #: made from the list row alone, because the page could not be read
    is_reread: bool = False  #: read again from our own copy
    is_polled: bool = False  #: fetched from its source just now: it must show the notice it is listed as


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingester:
    """Makes notices of bytes."""

    archive: Archive
    polling: Polling
    references: References
    notices: Matching
    documents: DocumentReader
    lexicon: Lexicon
    register: Callable[[], Register] = Register  #: the known notices, loaded when first needed
    issuers: Mapping[str, str] = field(default_factory=dict)  #: issuer code of each source, by its id

    def ingest(
        self,
        watcher: Watcher,
        reference: PendingReference,
        snapshot: Snapshot,
        *,
        session: FetchSession | None,
        now: datetime,
        is_reread: bool = False,
        is_polled: bool = False,
    ) -> Decision:
        """Archive a page, read it with its annexes, and record what follows.

        Without a `session` annexes are read from our own copies only. Raises `SourceError` where the page
        cannot be read, and `Replaced` where a polled page of an official source is not the notice.
        """
        sha256 = self.archive.save_bytes(snapshot.body)
        snapshot_id = self.references.record_snapshot(snapshot, sha256, watcher.id)
        document = self.documents.read_document(snapshot, watcher)
        is_polled = is_polled and watcher.role == "official"
        if is_polled and not document.is_declared_part:
            raise Replaced(
                f"{snapshot.final_url} lacks the part of the page in which this source shows its notices"
            )
        annexes = AnnexReader(
            watcher=watcher,
            session=session,
            archive=self.archive,
            polling=self.polling,
            references=self.references,
            documents=self.documents,
        ).read_all(document)
        source = SourceDocument(
            watcher=watcher,
            reference=reference,
            document=document,
            annexes=annexes,
            snapshot_id=snapshot_id,
            is_reread=is_reread,
            is_polled=is_polled,
        )
        decision = self._record(source, now=now)
        if all(annex.sha256 for annex in annexes):
            # Only a notice that was read whole may be answered with "304 Not Modified".
            self.polling.save_validators(reference.ref.url, Validators.from_snapshot(snapshot))
        return decision

    def ingest_row(
        self,
        watcher: Watcher,
        reference: PendingReference,
        *,
        now: datetime,
        doubt: str = "",
        is_reread: bool = False,
    ) -> Decision:
        """Record what the list row says: for feeds, and, with a doubt, for pages that cannot be read."""
        document = build_listed_document(reference.ref)
        if doubt:
            document = replace(document, text=document.text or document.title, doubts=(doubt,))
        source = SourceDocument(
            watcher=watcher,
            reference=reference,
            document=document,
            is_fallback=bool(doubt),
            is_reread=is_reread,
        )
        return self._record(source, now=now)

    def find_usable_validators(self, url: str) -> Validators | None:
        """Return what to send with a request for a page, as `annexes.find_usable_validators` does."""
        return find_usable_validators(url, polling=self.polling, archive=self.archive)

    def load_snapshot(self, url: str, sha256: str | None) -> Snapshot:
        """Return these bytes of an address as they were sent: those last trusted, not the last ones.

        Raises `Reshaped` when there are none: "304 Not Modified" means nothing for a page never fetched.
        """
        record = self.references.find_snapshot(url, sha256) if sha256 is not None else None
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

    def _record(self, source: SourceDocument, *, now: datetime) -> Decision:
        """Read the document; then find what is known, decide and write, all in one transaction."""
        watcher, reference = source.watcher, source.reference
        document = sanitize_document(source.document)
        annexes = tuple(sanitize_annex(annex) for annex in source.annexes)
        address = canonicalize_url(reference.ref.url)
        text, cut_doubts = cut_text(join_texts(document, annexes))
        is_cut = document.is_cut or any(annex.is_cut for annex in annexes)
        notice = self._resolve(read_notice(replace(document, text=text, is_cut=is_cut), self.lexicon))
        annex_doubts = tuple(f"{annex.name}: {annex.doubt}" for annex in annexes if annex.doubt)
        picture_doubts = list_picture_doubts(document, annexes)
        notice = replace(notice, doubts=(*notice.doubts, *annex_doubts, *picture_doubts, *cut_doubts))
        official = watcher.role == "official"
        observation = Observation(
            watcher=watcher.id,
            official=official,
            address=address,
            url=reference.ref.url,
            document=document,
            annexes=annexes,
            notice=self._complete(notice, address) if official else to_report(notice),
            text=text,
            fingerprint=fingerprint_text(text),
            snapshot_id=source.snapshot_id,
            reference=reference,
            fallback=source.is_fallback,
            reread=source.is_reread,
        )
        next_look_at = (
            schedule_recheck(seen_at=reference.first_seen_at, listed_on=reference.ref.listed_on, now=now)
            if watcher.detail.follow
            else None
        )
        with self.notices.transaction() as transaction:
            found = transaction.find_context(observation)
            match = match_notice(observation, found, self.issuers, is_polled=source.is_polled)
            observation = match.observation
            context = replace(found, known=match.known, displaced=match.displaced)
            decision = decide(observation, context, now=now)
            transaction.record(observation, context, decision, now=now, next_look_at=next_look_at)
        if decision.change is not None and notice.number is not None:
            self._resolve_acting_notices(notice.number.key, now=now)
        return decision

    def _complete(self, notice: Notice, address: str) -> Notice:
        """Add what the reference database knows; the summary then states it too."""
        completed = self.register().complete_notice(notice, address)
        if completed == notice:
            return notice
        return replace(completed, summary=build_summary(completed, self.lexicon))

    def _resolve(self, notice: Notice) -> Notice:
        """Give a notice that acts on others the item categories of those, where it names none itself."""
        targets = {to_notice_key(relation.target) for relation in notice.relations}
        return resolve_categories(notice, self.notices.find_categories(targets), self.lexicon)

    def _resolve_acting_notices(self, key: str, *, now: datetime) -> None:
        """A suspension may be read before the notice it suspends: now its items can be known."""
        for version in self.notices.list_acting_versions(key):
            better = self._resolve(version.notice)
            if better != version.notice:
                self.notices.record_rereading(version, better, now=now)
                if better.number is not None:
                    self._resolve_acting_notices(better.number.key, now=now)
