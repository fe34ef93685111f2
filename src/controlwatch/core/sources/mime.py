"""Pages saved as one file (MHTML) and mails (EML): the part that a person reads, out of its wrapping."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from email.message import EmailMessage, Message

from controlwatch.core.model import Snapshot
from controlwatch.core.model.text_safety import one_line

#: The head of a mail or of a page saved whole: lines of "Name: value", one of which says what follows.
#: Atomic: no line can be taken in two ways, or a head without an end would be tried in all of them.
HEADED = re.compile(
    rb"(?>(?:[A-Za-z0-9-]{1,60}:[^\n]{0,2000}\n(?>(?:[ \t][^\n]{0,2000}\n){0,50})){1,200})\r?\n"
)
SAYS = re.compile(rb"^(?:mime-version|content-type):", re.IGNORECASE | re.MULTILINE)
#: Where a page was saved from, as browsers write it.
LOCATION = re.compile(
    rb"^(?:snapshot-content-location|content-location):[ \t]*(https?://[!-~]{1,2000})",
    re.IGNORECASE | re.MULTILINE,
)
#: Parts looked at; more is a bomb, no mail.
MOST_PARTS = 200
#: What a person would read, the best first.
READABLE = ("text/html", "application/xhtml+xml", "text/plain", "application/pdf")
#: What goes wrong inside the library where a mail is damaged.
DAMAGED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
#: The media type of a mail (RFC 2046).
MAIL = "message/rfc822"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwrapped:
    """What was inside."""

    body: bytes
    content_type: str
    title: str = ""  #: of a mail, its subject
    sender: str = ""  #: of a mail, who it says it is from
    others: tuple[str, ...] = ()  #: names of files that came along and were not read


def is_wrapped(body: bytes) -> bool:
    """Say whether bytes are a mail or a page saved whole."""
    head = HEADED.match(body[:65_536])
    return head is not None and SAYS.search(head[0]) is not None


def saved_from(body: bytes) -> str:
    """Return the address that a page was saved from, or ""."""
    found = LOCATION.search(body[:8_192]) if is_wrapped(body) else None
    return found[1].decode("ascii") if found is not None else ""


def is_mail(snapshot: Snapshot) -> bool:
    """Say whether bytes came as a mail, or are one by the look of them.

    What came as a mail is one whatever it says of itself: anybody can write a mail that looks like a page
    which a browser saved.
    """
    return snapshot.header("content-type") == MAIL or (
        is_wrapped(snapshot.body) and not saved_from(snapshot.body)
    )


def unwrapped(body: bytes) -> Unwrapped | None:
    """Return the part that a person reads, or None where there is none.

    The first page of a saved one is its root; of a mail, the page is preferred to the plain text.
    """
    mail = email.message_from_bytes(body, policy=email.policy.default)
    parts = [part for part, _ in zip(mail.walk(), range(MOST_PARTS + 1), strict=False)]
    if len(parts) > MOST_PARTS:
        return None
    leaves = [part for part in parts if not part.is_multipart()]
    chosen = _first(leaves, attached=False) or _first(leaves, attached=True)
    if chosen is None:
        return None
    payload, charset = chosen.get_payload(decode=True), chosen.get_content_charset()
    names = (part.get_filename() for part in leaves if part is not chosen and _attached(part))
    return Unwrapped(
        body=payload if isinstance(payload, bytes) else b"",
        content_type=f"{chosen.get_content_type()}{f'; charset={charset}' if charset else ''}",
        title=said(mail, "Subject"),
        sender=said(mail, "From"),
        others=tuple(name for name in names if name),
    )


def said(mail: Message, name: str) -> str:
    """Return what a header says, decoded, as one line; "" where it says nothing that can be read."""
    try:
        return one_line(str(mail.get(name, "")))
    except DAMAGED:
        return ""


def _first(parts: list[EmailMessage], *, attached: bool) -> EmailMessage | None:
    """Return the part that reads best."""
    fitting = [part for part in parts if _attached(part) == attached]
    for kind in READABLE:
        for part in fitting:
            if part.get_content_type() == kind:
                return part
    return None


def _attached(part: EmailMessage) -> bool:
    return part.get_content_disposition() == "attachment"
