"""Pages saved as one file (MHTML) and mails (EML): the part that a person reads, out of its wrapping."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from email.message import EmailMessage, Message

from controlwatch.core.model import Snapshot
from controlwatch.core.model.text_safety import to_one_line

#: The head of a mail or of a page saved whole: lines of "Name: value", one of which says what follows.
#: Atomic: no line can be taken in two ways, or a head without an end would be tried in all of them.
MIME_HEAD = re.compile(
    rb"(?>(?:[A-Za-z0-9-]{1,60}:[^\n]{0,2000}\n(?>(?:[ \t][^\n]{0,2000}\n){0,50})){1,200})\r?\n"
)
MIME_DECLARATION = re.compile(rb"^(?:mime-version|content-type):", re.IGNORECASE | re.MULTILINE)
#: Where a page was saved from, as browsers write it.
SAVED_LOCATION = re.compile(
    rb"^(?:snapshot-content-location|content-location):[ \t]*(https?://[!-~]{1,2000})",
    re.IGNORECASE | re.MULTILINE,
)
#: Parts looked at; more is a bomb, no mail.
MAX_PARTS = 200
#: What a person would read, the best first.
READABLE_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "application/pdf")
#: What goes wrong inside the library where a mail is damaged.
DAMAGED_MAIL_ERRORS = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
#: The media type of a mail (RFC 2046).
MAIL_TYPE = "message/rfc822"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnwrappedPart:
    """What was inside."""

    body: bytes
    content_type: str
    title: str = ""  #: of a mail, its subject
    sender: str = ""  #: of a mail, who it says it is from
    unread_files: tuple[str, ...] = ()  #: names of files that came along and were not read


def is_wrapped(body: bytes) -> bool:
    """Say whether bytes are a mail or a page saved whole."""
    head = MIME_HEAD.match(body[:65_536])
    return head is not None and MIME_DECLARATION.search(head[0]) is not None


def find_saved_location(body: bytes) -> str:
    """Return the address that a page was saved from, or ""."""
    found = SAVED_LOCATION.search(body[:8_192]) if is_wrapped(body) else None
    return found[1].decode("ascii") if found is not None else ""


def is_mail(snapshot: Snapshot) -> bool:
    """Say whether bytes came as a mail, or are one by the look of them.

    What came as a mail is one whatever it says of itself: anybody can write a mail that looks like a page
    which a browser saved.
    """
    return snapshot.get_header("content-type") == MAIL_TYPE or (
        is_wrapped(snapshot.body) and not find_saved_location(snapshot.body)
    )


def unwrap_body(body: bytes) -> UnwrappedPart | None:
    """Return the part that a person reads, or None where there is none.

    The first page of a saved one is its root; of a mail, the page is preferred to the plain text.
    """
    mail = email.message_from_bytes(body, policy=email.policy.default)
    parts = [part for part, _ in zip(mail.walk(), range(MAX_PARTS + 1), strict=False)]
    if len(parts) > MAX_PARTS:
        return None
    leaves = [part for part in parts if not part.is_multipart()]
    chosen = _find_best_part(leaves, attached=False) or _find_best_part(leaves, attached=True)
    if chosen is None:
        return None
    payload, charset = chosen.get_payload(decode=True), chosen.get_content_charset()
    names = (part.get_filename() for part in leaves if part is not chosen and _is_attachment(part))
    return UnwrappedPart(
        body=payload if isinstance(payload, bytes) else b"",
        content_type=f"{chosen.get_content_type()}{f'; charset={charset}' if charset else ''}",
        title=read_header(mail, "Subject"),
        sender=read_header(mail, "From"),
        unread_files=tuple(name for name in names if name),
    )


def read_header(mail: Message, name: str) -> str:
    """Return what a header says, decoded, as one line; "" where it says nothing that can be read."""
    try:
        return to_one_line(str(mail.get(name, "")))
    except DAMAGED_MAIL_ERRORS:
        return ""


def _find_best_part(parts: list[EmailMessage], *, attached: bool) -> EmailMessage | None:
    """Return the part that reads best."""
    fitting = [part for part in parts if _is_attachment(part) == attached]
    for kind in READABLE_TYPES:
        for part in fitting:
            if part.get_content_type() == kind:
                return part
    return None


def _is_attachment(part: EmailMessage) -> bool:
    return part.get_content_disposition() == "attachment"
