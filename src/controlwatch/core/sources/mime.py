"""Unwrap mails (EML) and pages saved as one file (MHTML): find the part that a person reads."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage, Message

from controlwatch.core.model.text_safety import to_one_line

#: More parts than this are an attack, not a mail.
MAX_PARTS = 200
#: The types that a person reads, in order of preference.
READABLE_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "application/pdf")
#: Errors that the library raises where a mail is damaged.
DAMAGED_MAIL_ERRORS = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnwrappedPart:
    """The readable part of a mail or a saved page."""

    body: bytes
    content_type: str
    title: str = ""  #: of a mail, its subject
    sender: str = ""  #: of a mail, its From header
    unread_files: tuple[str, ...] = ()  #: names of attached files that were not read


def unwrap_body(body: bytes) -> UnwrappedPart | None:
    """Return the part that a person reads, or None where there is none.

    Of a saved page, that is its first page; of a mail, HTML is preferred to plain text. Raises one of
    `DAMAGED_MAIL_ERRORS`.
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


def list_pages(body: bytes) -> tuple[UnwrappedPart, ...]:
    """Return every web page in a saved file, in order: a workbook has one for each sheet.

    Raises one of `DAMAGED_MAIL_ERRORS`.
    """
    mail = email.message_from_bytes(body.lstrip(), policy=email.policy.default)
    pages: list[UnwrappedPart] = []
    for part, _ in zip(mail.walk(), range(MAX_PARTS), strict=False):
        if not part.is_multipart() and part.get_content_type() in READABLE_TYPES[:2]:
            payload, charset = part.get_payload(decode=True), part.get_content_charset()
            kind = f"{part.get_content_type()}{f'; charset={charset}' if charset else ''}"
            pages.append(
                UnwrappedPart(body=payload if isinstance(payload, bytes) else b"", content_type=kind)
            )
    return tuple(pages)


def read_header(mail: Message, name: str) -> str:
    """Return the decoded value of a header as one line; "" where it is absent or damaged."""
    try:
        return to_one_line(str(mail.get(name, "")))
    except DAMAGED_MAIL_ERRORS:
        return ""


def _find_best_part(parts: list[EmailMessage], *, attached: bool) -> EmailMessage | None:
    for kind in READABLE_TYPES:
        for part in parts:
            if _is_attachment(part) == attached and part.get_content_type() == kind:
                return part
    return None


def _is_attachment(part: EmailMessage) -> bool:
    return part.get_content_disposition() == "attachment"
