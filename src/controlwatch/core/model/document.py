"""What a source shows: rows of an index, bytes, documents and their numbers.

PostgreSQL refuses NUL in text, and JSON answers can hold lone surrogates that no encoding can write: the
`sanitize_` functions remove both before anything is stored.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRef:
    """One row of an index: that a notice exists, before it is read."""

    url: str  #: absolute address of the notice
    title: str  #: as listed; the full title where the row has it
    listed_on: date | None = None  #: the day printed in the row, if any
    content: str | None = None  #: the notice's HTML where the index itself carries it
    item: str = ""  #: what tells the row from others with its link: a GUID of a feed, a part of the page


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage:
    """What one page of an index lists."""

    refs: tuple[NoticeRef, ...]
    total: int | None = None  #: how many notices the source says the whole index has
    faults: tuple[str, ...] = ()  #: defects that do not prevent reading: a feed that is not well-formed


#: Our note of how an answer broke off, among its headers: a name that no server can send.
FAULT = ":fault"
#: Our note that a browser saved an answer: its charset, and of a page its headers, are not the server's.
DECODED = ":decoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Bytes as a source sent them, with what is needed to prove their origin later."""

    url: str  #: the address requested
    final_url: str  #: the address that answered, after redirects
    fetched_at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]  #: as sent, names in lower case; `FAULT` is ours
    body: bytes

    def get_header(self, name: str) -> str | None:
        """Return the value of the first header with this lower-case name, or None."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def fault(self) -> str:
        """How the answer broke off; "" where it came whole."""
        return self.get_header(FAULT) or ""

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is doubtful about whatever is read from these bytes."""
        return (f"{self.fault}; the end may be missing",) if self.fault else ()

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes, in hex; also their address in the archive."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """The validators (ETag, Last-Modified) that a server sent with a body; sent back unchanged."""

    etag: str | None = None
    last_modified: str | None = None
    sha256: str | None = None
    not_modified: int = 0  #: answers 304 in a row since the last full read

    @classmethod
    def from_snapshot(cls, snapshot: Snapshot) -> Validators:
        """Return the validators of a response; one that broke off is to be sent in full again."""
        if snapshot.fault:
            return cls(sha256=snapshot.sha256)
        return cls(
            etag=_keep_sendable(snapshot.get_header("etag")),
            last_modified=_keep_sendable(snapshot.get_header("last-modified")),
            sha256=snapshot.sha256,
        )


def _keep_sendable(validator: str | None) -> str | None:
    """Return a validator that a request can carry; one with odd characters is dropped."""
    return validator if validator is not None and validator.isascii() and validator.isprintable() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexLink:
    """A file attached to a notice."""

    url: str
    name: str  #: the text of its link, else the file name
    is_embedded: bool = False  #: shown within the page, where a web page is as good as a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex:
    """An annex as read: its text, or the reason why it has none."""

    url: str
    name: str
    text: str
    picture_text: str = ""  #: recognised in pictures: told as a doubt, never concluded from
    sha256: str | None = None
    doubt: str | None = None  #: e.g. "needs OCR", "legacy DOC not readable here"
    is_cut: bool = False  #: the answer broke off: its end may be missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document as text, before its meaning is extracted.

    `text` holds one paragraph a line; table rows are lines with cells separated by tabs.
    """

    url: str
    title: str
    text: str
    page_date: date | None = None  #: the publication day that the page shows
    source_name: str | None = None  #: 来源, as the page prints it
    labels: tuple[tuple[str, str], ...] = ()  #: such as 【发布文号】: name without brackets → value
    annexes: tuple[AnnexLink, ...] = ()
    encoding: str = "utf-8"
    replaced: int = 0  #: characters that could not be decoded
    doubts: tuple[str, ...] = ()
    is_declared_part: bool = True  #: False: the declared part of the page was missing; this is another one
    is_cut: bool = False  #: the answer with it or with an annex broke off: its end may be missing
    is_picture: bool = False  #: all of its text was recognised in pictures: a person must look
    picture_text: str = ""  #: recognised in pictures beside the text: told as a doubt, never concluded from


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentNumber:
    """The number of a document, in parts.

    >>> DocumentNumber(issuers=("MOFCOM", "GACC"), year=2025, n=18).canonical
    'MOFCOM-GACC 2025-18'
    """

    issuers: tuple[str, ...] = ()  #: codes in the order the number names them
    series: str = ""  #: "" for announcements, "Order" for 令; a letter-style number keeps its text here
    year: int | None = None
    n: int | None = None
    letter: str | None = None  #: e.g. 工信部联安全函〔2025〕335号, which is its own canonical form

    @property
    def canonical(self) -> str:
        """The number in its one normal form."""
        if self.letter:
            return self.letter
        number = f"{self.year}-{self.n}" if self.year else f"{self.n}"
        return " ".join(part for part in ("-".join(self.issuers), self.series, number) if part)

    @property
    def key(self) -> str:
        """The identity of the notice: a number belongs to the series of the issuer named first.

        Copies of one joint notice are printed as 商务部公告2025年第10号 and as
        商务部 海关总署公告2025年第10号; both are number 10 of MOFCOM's series of 2025.
        """
        return to_notice_key(self.canonical)


#: The issuers of a joint number; the first in a group: MOFCOM-GACC 2025-18, MIIT-NDRC-MNR Order 71
JOINT_NUMBER = re.compile(r"^([A-Z]+)(?:-[A-Z]+)+(?= )")


def to_notice_key(canonical: str) -> str:
    """Return the key of a canonical number.

    >>> to_notice_key("MOFCOM-GACC 2025-18"), to_notice_key("MIIT-NDRC-MNR Order 71")
    ('MOFCOM 2025-18', 'MIIT Order 71')
    """
    return JOINT_NUMBER.sub(r"\1", canonical)


# --------------------------------------------------------------------------- text that can be stored

#: U+0000, and surrogates, which mean nothing alone.
UNPRINTABLE = re.compile("[\x00\ud800-\udfff]")


def remove_unprintable(text: str) -> str:
    """Return text without characters that cannot be stored."""
    return UNPRINTABLE.sub("", text)


def sanitize_reference(ref: NoticeRef) -> NoticeRef:
    """Return a reference that can be stored."""
    content = remove_unprintable(ref.content) if ref.content is not None else None
    return replace(ref, url=remove_unprintable(ref.url), title=remove_unprintable(ref.title), content=content)


def sanitize_references(refs: Iterable[NoticeRef]) -> list[NoticeRef]:
    """Return references that can be stored."""
    return [sanitize_reference(ref) for ref in refs]


def sanitize_document(document: Document) -> Document:
    """Return a document that can be stored."""
    return replace(
        document,
        title=remove_unprintable(document.title),
        text=remove_unprintable(document.text),
        source_name=remove_unprintable(document.source_name) if document.source_name is not None else None,
        labels=tuple(
            (remove_unprintable(name), remove_unprintable(value)) for name, value in document.labels
        ),
        annexes=tuple(
            replace(link, url=remove_unprintable(link.url), name=remove_unprintable(link.name))
            for link in document.annexes
        ),
        doubts=tuple(remove_unprintable(doubt) for doubt in document.doubts),
        picture_text=remove_unprintable(document.picture_text),
    )


def sanitize_annex(annex: Annex) -> Annex:
    """Return an annex that can be stored."""
    return replace(
        annex,
        name=remove_unprintable(annex.name),
        text=remove_unprintable(annex.text),
        picture_text=remove_unprintable(annex.picture_text),
    )
