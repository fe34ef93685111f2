"""Returned mails: what a delivery status notification (RFC 3464) says about a mail that was sent.

A server may accept a mail and find out later that it cannot deliver it. It then writes to the sender. The
returned part names the mail by its Message-ID: `<key@domain>`, where the key of the delivery is 32 random
hex digits. To forge a bounce, one must have received the mail.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as Mail
from typing import Literal

from controlwatch.core.alerting.unknown_mailbox import proves_unknown_mailbox
from controlwatch.core.model import Subscription
from controlwatch.core.model.text_safety import to_one_line

#: Larger mails are not read at all; of others, the beginning is: a report precedes what it returns.
MAX_MAIL_BYTES = 10_000_000
MAX_READ_BYTES = 512_000
#: More nested parts than any mail server makes: for each, the parser scans every line.
MAX_PARTS = 60
PART_MARKER = re.compile(rb"boundary|content-type:\s*message/", re.IGNORECASE)

REPORT_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
RETURNED_TYPES = frozenset(
    {
        "message/rfc822",
        "message/global",
        "message/rfc822-headers",
        "message/global-headers",
        "text/rfc822-headers",
    }
)
OWN_MESSAGE_ID = re.compile(r"<([0-9a-f]{32})@[^<>\s@]{1,255}>")
OWN_MESSAGE_ID_LINE = re.compile(
    r"^[ \t>]*Message-ID:\s*(<[0-9a-f]{32}@[^<>\s@]{1,255}>)", re.IGNORECASE | re.MULTILINE
)
MAIL_ADDRESS = re.compile(r"[^\s<>;,()]+@[^\s<>;,()]+")
#: Senders of plain-text reports: MAILER-DAEMON@…, postmaster@…
DAEMON_SENDER = re.compile(r"\b(?:mailer-daemon|postmaster)\b", re.IGNORECASE)
#: In such reports, before the reason: <a@b.example>:
ADDRESS_LINE = re.compile(r"^[ \t]*<?([^\s<>]+@[^\s<>:]+)>?:?[ \t]*$", re.MULTILINE)
FAILURE_CODE = re.compile(r"(?<![\d.])5(?:\d\d|\.\d{1,3}\.\d{1,3})(?![.\d])")
STATUS_IN_TEXT = re.compile(r"(?<![\d.])5\.\d{1,3}\.\d{1,3}\b(?!\.)")
BounceVerdict = Literal["no-such-address", "not-delivered", "undecided"]
"""no-such-address: no mail will arrive there; not-delivered: this mail did not; undecided: it still may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientStatus:
    """The result of a mail for one recipient."""

    final_recipient: str  #: the address that was tried last, "" where none is named
    original_recipient: str  #: the address that the mail was sent to, where it is named
    action: str  #: failed, delayed, delivered, relayed or expanded
    status: str  #: as 5.1.1
    diagnostic: str  #: as the server wrote it, one line

    def is_addressed_to(self, target: str) -> bool:
        """Return whether it is the address that the mail was sent to, not one that this forwards to."""
        return (self.final_recipient or self.original_recipient).casefold() == target.casefold()

    @property
    def reason(self) -> str:
        """The status and the diagnostic, one line."""
        return to_one_line(f"{self.status} {self.diagnostic}", 300)

    @property
    def verdict(self) -> BounceVerdict:
        """What the result means for further mails to this address."""
        if self.action != "failed":
            return "undecided"
        if not self.status.startswith("5."):
            return "not-delivered"
        # A status and a diagnostic that disagree prove nothing.
        words = f"{self.status} {self.diagnostic}"
        address = self.final_recipient or self.original_recipient
        return "no-such-address" if proves_unknown_mailbox(words, address=address) else "not-delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceReport:
    """A report about a mail that controlwatch sent."""

    message_id: str
    key: str
    recipients: tuple[RecipientStatus, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotABounce:
    """Another kind of mail, or a report about a mail from another sender."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A mail that was sent, as recorded in the store."""

    subscription: Subscription
    active: bool  #: the subscription has not ended
    receipt: str  #: its Message-ID, shared by all deliveries in the mail; "" until it is settled
    is_leaving: bool  #: it is waiting, or being sent at this moment
    addressee: str = ""  #: the recipient, where that is not the subscription's own address


def parse_report(raw: bytes) -> BounceReport | NotABounce:
    """Read a mail; whatever the bytes are, this never raises."""
    if len(raw) > MAX_MAIL_BYTES:
        return NotABounce(reason=f"it is larger than {MAX_MAIL_BYTES // 1_000_000} MB")
    raw = raw[:MAX_READ_BYTES]
    if sum(1 for _ in PART_MARKER.finditer(raw)) > MAX_PARTS:
        return NotABounce(reason="it has more parts than any report")
    try:
        return _parse_mail(email.message_from_bytes(raw))
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        # The parser of the standard library has raised each of these on malformed mails.
        return NotABounce(reason=f"it cannot be read as a mail ({type(error).__name__})")


def _parse_mail(mail: Mail) -> BounceReport | NotABounce:
    parts = [part for part in mail.walk() if part is not mail] or [mail]
    recipients = tuple(
        recipient
        for part in parts
        if part.get_content_type() in REPORT_TYPES
        for recipient in _parse_recipients(part)
    )
    is_reply = _find_field(mail, "Auto-Submitted").lower().startswith("auto-replied")
    text = ""
    # A multipart/report without recipients reports something else.
    if not recipients and not is_reply and mail.get_content_type() != "multipart/report":
        text = _find_plain_report(mail, parts)
    if not recipients and not text:
        if is_reply or mail["X-Autoreply"] is not None:
            return NotABounce(reason="it is an automatic reply")
        if mail.get_content_type() == "multipart/report":
            return NotABounce(reason="it is a report of another kind")
        return NotABounce(reason="it is not a delivery status notification")
    ids = [
        _find_field(returned, "Message-ID")
        for part in parts
        if part.get_content_type() in RETURNED_TYPES and (returned := _find_returned_mail(part)) is not None
    ]
    ids = ids or OWN_MESSAGE_ID_LINE.findall(text)
    own = next((match for message_id in ids if (match := OWN_MESSAGE_ID.search(message_id))), None)
    if own is None:
        return NotABounce(reason="it returns no mail that controlwatch sent")
    return BounceReport(
        message_id=own[0], key=own[1], recipients=recipients or (_parse_plain_report(mail, text),)
    )


def _parse_recipients(part: Mail) -> Iterator[RecipientStatus]:
    """Yield the result for each recipient; the first block of a report is about the server."""
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else ():
        if not isinstance(block, Mail) or block["Action"] is None:
            continue
        action = _find_field(block, "Action").split()
        status = re.match(r"[245]\.\d{1,3}\.\d{1,3}", _find_field(block, "Status"))
        yield RecipientStatus(
            final_recipient=_find_address(block, "Final-Recipient"),
            original_recipient=_find_address(block, "Original-Recipient"),
            action=action[0].lower() if action else "",
            status=status[0] if status else "",
            diagnostic=re.sub(r"^[\w.-]+;\s*", "", _find_field(block, "Diagnostic-Code")),
        )


def _find_returned_mail(part: Mail) -> Mail | None:
    """Return the returned mail, or its headers as a mail."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        return email.message_from_string(_decode_body(part))
    returned = payload[0] if payload else None
    return returned if isinstance(returned, Mail) else None


def _find_plain_report(mail: Mail, parts: list[Mail]) -> str:
    """Return the text of a report that is written for people only, "" where it is another mail.

    qmail and old Exim send these: the reason, then the mail or its headers.
    """
    is_daemon = DAEMON_SENDER.search(_find_field(mail, "From")) or _find_field(mail, "Return-Path") == "<>"
    names_recipients = mail["X-Failed-Recipients"] is not None
    if not names_recipients and not is_daemon:
        return ""
    text = "\n".join(_decode_body(part) for part in parts if part.get_content_type() == "text/plain")
    return text if names_recipients or FAILURE_CODE.search(_find_reason(text)) else ""


def _parse_plain_report(mail: Mail, text: str) -> RecipientStatus:
    """Read the result from a report for people."""
    reason = _find_reason(text)
    address = ADDRESS_LINE.search(reason)
    final = _find_address(mail, "X-Failed-Recipients") or (address[1] if address else "")
    status = STATUS_IN_TEXT.search(reason)
    code = FAILURE_CODE.search(reason)
    start = reason.rfind("\n", 0, code.start() if code else 0) + 1
    line = reason[start:].partition("\n\n")[0]
    return RecipientStatus(
        final_recipient=final,
        original_recipient="",
        action="failed",
        status=status[0] if status else "5.0.0",
        diagnostic=to_one_line(line, 300),
    )


def _find_reason(text: str) -> str:
    """Return the part before the returned mail, which may hold any numbers."""
    own = OWN_MESSAGE_ID_LINE.search(text)
    head = text[: own.start()] if own else text
    return re.split(
        r"^-{3,}.*\b(?:copy|message|original)\b.*$", head, maxsplit=1, flags=re.IGNORECASE | re.MULTILINE
    )[0]


def _find_address(block: Mail, name: str) -> str:
    """Return the address of a field: "rfc822; <a@b.example>", "a@b.example"."""
    address = MAIL_ADDRESS.search(_find_field(block, name))
    return address[0] if address else ""


def _find_field(block: Mail, name: str) -> str:
    """Return the first field of a name as one line, "" where there is none."""
    lowered = name.lower()
    raw = next((value for key, value in block.raw_items() if key.lower() == lowered), "")
    return to_one_line(_decode_bytes(raw.encode("utf-8", "surrogateescape")), 1000)


def _decode_body(part: Mail) -> str:
    body = part.get_payload(decode=True)
    return _decode_bytes(body) if isinstance(body, bytes) else ""


def _decode_bytes(raw: bytes) -> str:
    """Decode as UTF-8, else as GB 18030, the encoding of servers in China."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")
