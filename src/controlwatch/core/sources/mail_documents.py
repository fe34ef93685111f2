"""Mails of a mailbox: strangers wrote them, so what they say of themselves is shown, and proves nothing."""

from __future__ import annotations

import email.policy
import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.parser import BytesHeaderParser

from controlwatch.core.model import NoticeRef, Snapshot
from controlwatch.core.sources.mime import MAIL_TYPE, read_header

#: Bytes in which the head of a mail is looked for.
MAX_HEADER_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as its mailbox holds it."""

    cursor: str  #: where it stands there: what comes after it is new
    arrived_at: datetime  #: when the mailbox took it, by its own clock
    size: int  #: its bytes there
    body: bytes  #: all of them, or the first ones of a mail larger than is read


def make_intake_url(body: bytes) -> str:
    """Return the address of what has none: it is known by its bytes. .invalid never resolves (RFC 2606)."""
    return f"https://intake.invalid/{hashlib.sha256(body).hexdigest()}"


def to_snapshot(mail: Mail, *, now: datetime) -> Snapshot:
    """Return a mail as bytes that were sent: by whom it says, but from nowhere, whatever it says."""
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
    """Return what is known of a mail before it is read: its subject."""
    title = _read_header(mail.body, "Subject") or "a mail without a subject"
    return NoticeRef(url=make_intake_url(mail.body), title=title)


def _read_header(body: bytes, name: str) -> str:
    return read_header(
        BytesHeaderParser(policy=email.policy.default).parsebytes(body[:MAX_HEADER_BYTES]), name
    )
