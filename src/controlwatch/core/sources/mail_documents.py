"""Mails as documents: anybody can write one, so its sender is shown as claimed, and proves nothing."""

from __future__ import annotations

import email.policy
import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.parser import BytesHeaderParser

from controlwatch.core.model import NoticeRef, Snapshot
from controlwatch.core.sources.decoding import MAIL_TYPE
from controlwatch.core.sources.mime import read_header

#: The header of a mail is searched in its first bytes.
MAX_HEADER_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail in its mailbox."""

    cursor: str  #: its position in the mailbox; later mails are new
    arrived_at: datetime  #: when the mailbox received it, by the clock of the server
    size: int  #: in bytes, on the server
    body: bytes  #: the whole mail, or the first bytes of one that is too large


def make_intake_url(body: bytes) -> str:
    """Return an address made from the bytes, for what has none. .invalid never resolves (RFC 2606)."""
    return f"https://intake.invalid/{hashlib.sha256(body).hexdigest()}"


def to_snapshot(mail: Mail, *, now: datetime) -> Snapshot:
    """Return a mail as a snapshot: with its claimed sender, and an address made from its bytes."""
    address, read = make_intake_url(mail.body), len(mail.body)
    cut = (("content-range", f"bytes 0-{read - 1}/{mail.size}"),) if read < mail.size else ()
    return Snapshot(
        url=address,
        final_url=address,
        fetched_at=now,
        status=206 if cut else 200,
        headers=(
            ("content-type", MAIL_TYPE),
            ("x-handed-in-by", _read_header(mail.body, "From")),
            ("x-handed-in-as", f"mail {mail.cursor}"),
            *cut,
        ),
        body=mail.body,
    )


def to_reference(mail: Mail) -> NoticeRef:
    """Return the reference of a mail before it is read; its title is the subject."""
    title = _read_header(mail.body, "Subject") or "a mail without a subject"
    return NoticeRef(url=make_intake_url(mail.body), title=title)


def _read_header(body: bytes, name: str) -> str:
    return read_header(
        BytesHeaderParser(policy=email.policy.default).parsebytes(body[:MAX_HEADER_BYTES]), name
    )
