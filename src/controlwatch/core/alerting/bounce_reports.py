"""Mails that come back: what a delivery status notification (RFC 3464) says of a mail of ours.

A server may take a mail and find out later that it cannot deliver it. It then writes to the sender. Which
mail it speaks of is told by the Message-ID in what it returns: `<key@domain>`, where the key of the delivery
is 32 hex digits that nobody can guess. Whoever forges a bounce must have had the mail.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as Mail
from typing import Literal

from controlwatch.core.alerting.delivery_errors import ENHANCED_STATUS, RELAY_REFUSED, is_about_address
from controlwatch.core.model import Subscription
from controlwatch.core.model.text_safety import to_one_line

#: Larger ones are not read at all; of the others the beginning is: reports stand before what they return.
MAX_MAIL_BYTES = 10_000_000
MAX_READ_BYTES = 512_000
#: Parts within parts that no mail server makes: each costs the parser a look at every line.
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
#: Who sends reports in words alone: MAILER-DAEMON@…, postmaster@…
DAEMON_SENDER = re.compile(r"\b(?:mailer-daemon|postmaster)\b", re.IGNORECASE)
#: In such reports, <a@b.example>: before the reason.
ADDRESS_LINE = re.compile(r"^[ \t]*<?([^\s<>]+@[^\s<>:]+)>?:?[ \t]*$", re.MULTILINE)
FAILURE_CODE = re.compile(r"(?<![\d.])5(?:\d\d|\.\d{1,3}\.\d{1,3})(?![.\d])")
STATUS_IN_TEXT = re.compile(r"(?<![\d.])" + ENHANCED_STATUS.pattern + r"(?!\.)")
#: How servers without enhanced codes say that there is nobody at an address.
UNKNOWN_ADDRESS = re.compile(
    r"unknown|no such|not exist|doesn'?t exist|no mailbox|not found|unavailable|disabled|inactive|full|quota"
    r"|invalid (?:recipient|mailbox|address|user)|recipient rejected|no longer",
    re.IGNORECASE,
)

BounceVerdict = Literal["nobody", "not-delivered", "waits"]
"""nobody: it did not arrive, and none will; not-delivered: this one did not; waits: nothing is decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientStatus:
    """What became of a mail for one recipient."""

    final_recipient: str  #: the address that was tried last, "" where none is named
    original_recipient: str  #: the address that we wrote to, where it is named
    action: str  #: failed, delayed, delivered, relayed or expanded
    status: str  #: as 5.1.1
    diagnostic: str  #: in the words of the server, one line

    def is_addressed_to(self, target: str) -> bool:
        """Say whether it is the address that we wrote to, and not one that this leads on to."""
        return (self.final_recipient or self.original_recipient).casefold() == target.casefold()

    @property
    def reason(self) -> str:
        """The status and the words."""
        return to_one_line(f"{self.status} {self.diagnostic}", 300)

    @property
    def verdict(self) -> BounceVerdict:
        """What it means for the next mails to this address."""
        if self.action != "failed":
            return "waits"
        return "nobody" if self._is_address_failure() else "not-delivered"

    def _is_address_failure(self) -> bool:
        if not self.status.startswith("5."):
            return False
        # 5.0.0 says nothing: some servers write it always, and the real one stands in the words.
        found = None if self.status.startswith("5.0.") else ENHANCED_STATUS.match(self.status)
        found = found or STATUS_IN_TEXT.search(self.diagnostic)
        if found is not None and not found[0].startswith("5.0."):
            return is_about_address(found)
        return (
            UNKNOWN_ADDRESS.search(self.diagnostic) is not None
            and RELAY_REFUSED.search(self.diagnostic) is None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceReport:
    """A report about a mail of ours."""

    message_id: str
    key: str
    recipients: tuple[RecipientStatus, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotABounce:
    """Something else, or a report about somebody else's mail."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A mail that was sent, as the store remembers it."""

    subscription: Subscription
    active: bool  #: the subscription has not ended
    receipt: str  #: its Message-ID, all deliveries that left in it have the same; "" until it is settled
    is_leaving: bool  #: it is to be sent, perhaps it is just being sent
    addressee: str = ""  #: to whom, where that is not the subscription's own address


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
        # The parser of the standard library has raised each of these on mails that are none.
        return NotABounce(reason=f"it cannot be read as a mail ({type(error).__name__})")


def _parse_mail(mail: Mail) -> BounceReport | NotABounce:
    parts = [part for part in mail.walk() if part is not mail] or [mail]
    fates = tuple(
        fate for part in parts if part.get_content_type() in REPORT_TYPES for fate in _parse_recipients(part)
    )
    text = "" if fates else _find_plain_report(mail, parts)
    if not fates and not text:
        return NotABounce(reason=_explain_mismatch(mail))
    ids = [found for part in parts for found in _find_message_ids(part)] or OWN_MESSAGE_ID_LINE.findall(text)
    found = next((match for one in ids if (match := OWN_MESSAGE_ID.search(one))), None)
    if found is None:
        return NotABounce(reason="it returns no mail of ours")
    return BounceReport(
        message_id=found[0], key=found[1], recipients=fates or (_parse_plain_report(mail, text),)
    )


def _explain_mismatch(mail: Mail) -> str:
    """Say what a mail is that reports no delivery."""
    if (
        _find_field(mail, "Auto-Submitted").lower().startswith("auto-replied")
        or mail["X-Autoreply"] is not None
    ):
        return "it is an automatic reply"
    if mail.get_content_type() == "multipart/report":
        return "it is a report of another kind"
    return "it is no delivery status notification"


def _parse_recipients(part: Mail) -> Iterator[RecipientStatus]:
    """Yield what a machine-readable report says of each recipient; its first block is about the server."""
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


def _find_message_ids(part: Mail) -> Iterator[str]:
    """Yield the Message-ID of what is returned: the mail, or its headers."""
    if part.get_content_type() not in RETURNED_TYPES:
        return
    payload = part.get_payload()
    if isinstance(payload, list):
        returned = payload[0] if payload else None
    else:
        returned = email.message_from_string(_decode_body(part))
    if isinstance(returned, Mail):
        yield _find_field(returned, "Message-ID")


def _find_plain_report(mail: Mail, parts: list[Mail]) -> str:
    """Return the text of a report that is made for people alone, "" where it is none.

    qmail and old Exim write so: the reason, then the mail or its headers.
    """
    if _find_field(mail, "Auto-Submitted").lower().startswith("auto-replied"):
        return ""
    daemon = DAEMON_SENDER.search(_find_field(mail, "From")) or _find_field(mail, "Return-Path") == "<>"
    if mail["X-Failed-Recipients"] is None and not daemon:
        return ""
    if mail.get_content_type() == "multipart/report":
        return ""  # it has a machine-readable part, which says something else
    text = "\n".join(_decode_body(part) for part in parts if part.get_content_type() == "text/plain")
    return text if FAILURE_CODE.search(_find_reason(text)) or mail["X-Failed-Recipients"] is not None else ""


def _parse_plain_report(mail: Mail, text: str) -> RecipientStatus:
    """Read the fate out of a report for people."""
    reason = _find_reason(text)
    named = ADDRESS_LINE.search(reason)
    final = _find_address(mail, "X-Failed-Recipients") or (named[1] if named else "")
    status = STATUS_IN_TEXT.search(reason)
    code = FAILURE_CODE.search(reason)
    where = code.start() if code else 0
    line = reason[reason.rfind("\n", 0, where) + 1 :].partition("\n\n")[0]
    return RecipientStatus(
        final_recipient=final,
        original_recipient="",
        action="failed",
        status=status[0] if status else "5.0.0",
        diagnostic=to_one_line(line, 300),
    )


def _find_reason(text: str) -> str:
    """Return what stands before the returned mail: that may hold any numbers."""
    ours = OWN_MESSAGE_ID_LINE.search(text)
    head = text[: ours.start()] if ours else text
    return re.split(
        r"^-{3,}.*\b(?:copy|message|original)\b.*$", head, maxsplit=1, flags=re.IGNORECASE | re.MULTILINE
    )[0]


def _find_address(block: Mail, name: str) -> str:
    """Return the address of a field: "rfc822; <a@b.example>", "a@b.example"."""
    found = MAIL_ADDRESS.search(_find_field(block, name))
    return found[0] if found else ""


def _find_field(block: Mail, name: str) -> str:
    """Return the first field of a name as one line, "" where there is none."""
    wanted = name.lower()
    raw = next((value for key, value in block.raw_items() if key.lower() == wanted), "")
    return to_one_line(_decode_bytes(raw.encode("utf-8", "surrogateescape")), 1000)


def _decode_body(part: Mail) -> str:
    body = part.get_payload(decode=True)
    return _decode_bytes(body) if isinstance(body, bytes) else ""


def _decode_bytes(words: bytes) -> str:
    """Read words in UTF-8, else as servers in China write."""
    try:
        return words.decode()
    except UnicodeDecodeError:
        return words.decode("gb18030", "replace")
