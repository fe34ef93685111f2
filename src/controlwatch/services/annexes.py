"""Fetch and read the annexes of a notice; what cannot be fetched is read from our own copy, or doubted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from controlwatch.core.model import Annex, AnnexLink, Document, Snapshot, Validators
from controlwatch.core.model.errors import OutOfTime, SourceError
from controlwatch.core.sources.plausibility import check_response
from controlwatch.core.sources.requests import build_detail_request
from controlwatch.core.sources.watcher import Watcher
from controlwatch.services.ports import Archive, DocumentReader, FetchSession, Polling, References

#: A notice has a handful of annexes; a page with more links than this is a page of downloads.
MAX_ANNEXES = 30
#: Characters of a notice with its annexes that are read; the reader takes six seconds for them.
MAX_TEXT_LENGTH = 1_000_000
MAX_PICTURE_CODES = 12  #: codes of a picture that are told
_CODE = re.compile(
    r"(?<![\w.])(?:\d{10}|\d{8}|\d{4}(?:\.\d\d){1,3}|\d[A-E]\d{3}(?:\.[a-z0-9]{1,2})*)(?![\w])"
)  # 8103200010 · 8103.20 · 1C226.a


def join_texts(document: Document, annexes: Iterable[Annex]) -> str:
    """Return the body and every readable annex as one text, each annex under its name."""
    parts = [document.text, *(f"附件：{annex.name}\n{annex.text}" for annex in annexes if annex.text)]
    return "\n\n".join(part for part in parts if part)


def list_picture_doubts(document: Document, annexes: Iterable[Annex]) -> tuple[str, ...]:
    """Return which codes pictures seem to show, in a doubt each: nothing is concluded from them."""
    pictures = [("the page", document.picture_text), *((annex.name, annex.picture_text) for annex in annexes)]
    doubts = []
    for name, text in pictures:
        codes = list(dict.fromkeys(_CODE.findall(text)))
        more = f" and {len(codes) - MAX_PICTURE_CODES} more" if len(codes) > MAX_PICTURE_CODES else ""
        named = f"codes {', '.join(codes[:MAX_PICTURE_CODES])}{more}" if codes else "no code"
        if text.strip():
            doubts.append(
                f"{name}: a picture in which {named} can be recognised; nothing was concluded from it"
            )
    return tuple(doubts)


def cut_text(text: str) -> tuple[str, tuple[str, ...]]:
    """Return as much of a text as is read, and the doubt that says so where it was cut."""
    if len(text) <= MAX_TEXT_LENGTH:
        return text, ()
    return text[:MAX_TEXT_LENGTH], (f"only the first {MAX_TEXT_LENGTH} of {len(text)} characters were read",)


def find_usable_validators(url: str, *, polling: Polling, archive: Archive) -> Validators | None:
    """Return what to send with a request for an address: nothing where we could not use a "304".

    A copy that is gone or damaged is fetched again, and so is repaired.
    """
    validators = polling.find_validators(url)
    if validators is None or validators.sha256 is None:
        return None
    return validators if archive.inspect_copy(validators.sha256).fault is None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexReader:
    """Reads the annexes of one page. Without a session only our own copies are read."""

    watcher: Watcher
    session: FetchSession | None
    archive: Archive
    polling: Polling
    references: References
    documents: DocumentReader

    def read_all(self, document: Document) -> tuple[Annex, ...]:
        """Return the annexes of a document as read, in the order of the page."""
        annexes = tuple(self._read_annex(link) for link in document.annexes[:MAX_ANNEXES])
        if len(document.annexes) <= MAX_ANNEXES:
            return annexes
        left = document.annexes[MAX_ANNEXES]
        return (
            *annexes,
            Annex(url=left.url, name=left.name, text="", doubt="this and further annexes were not read"),
        )

    def _read_annex(self, link: AnnexLink) -> Annex:
        """Fetch an annex and read it, or read our own copy: a file that is gone is not withdrawn by law."""
        validators = find_usable_validators(link.url, polling=self.polling, archive=self.archive)
        trouble = ""
        try:
            request = build_detail_request(self.watcher, link.url)
            snapshot = self.session(request, validators) if self.session is not None else None
            if snapshot is not None:
                check_response(snapshot)
                sha256 = self.archive.save_bytes(snapshot.body)
                self.references.record_snapshot(snapshot, sha256, self.watcher.id)
                annex = self.documents.read_annex(snapshot, link)
                if validators is None or annex.text or annex.picture_text or not annex.doubt:
                    self.polling.save_validators(link.url, Validators.from_snapshot(snapshot))
                    return replace(annex, sha256=sha256)
                trouble = annex.doubt
        except OutOfTime:
            raise  # nothing is known of the annex; the notice is read again
        except SourceError as error:
            trouble = str(error)
        if validators is None:
            doubt = f"could not be fetched: {trouble or 'not asked for'}"
            return Annex(url=link.url, name=link.name, text="", doubt=doubt)
        return self._read_copy(link, validators.sha256 or "", trouble)

    def _read_copy(self, link: AnnexLink, sha256: str, trouble: str) -> Annex:
        record = self.references.find_snapshot(link.url, sha256)
        copy = Snapshot(
            url=link.url,
            final_url=link.url,
            fetched_at=datetime.fromtimestamp(0, UTC),
            status=200,
            headers=record.headers if record is not None else (),
            body=self.archive.load_bytes(sha256),
        )
        annex = self.documents.read_annex(copy, link)
        doubt = f"not reachable now, read from our copy ({trouble})" if trouble else annex.doubt
        return replace(annex, sha256=sha256, doubt=annex.doubt or doubt)
