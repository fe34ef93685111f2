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

from controlwatch.core.alerting.delivery_errors import RELAY, STATUS, class_about_address
from controlwatch.core.model import Subscription
from controlwatch.core.model.text_safety import one_line

#: Larger ones are not read at all; of the others the beginning is: reports stand before what they return.
LARGEST = 10_000_000
READ = 512_000
#: Parts within parts that no mail server makes: each costs the parser a look at every line.
MOST_PARTS = 60
NESTING = re.compile(rb"boundary|content-type:\s*message/", re.IGNORECASE)

REPORTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
RETURNED = frozenset(
    {
        "message/rfc822",
        "message/global",
        "message/rfc822-headers",
        "message/global-headers",
        "text/rfc822-headers",
    }
)
OURS = re.compile(r"<([0-9a-f]{32})@[^<>\s@]{1,255}>")
OURS_IN_TEXT = re.compile(
    r"^[ \t>]*Message-ID:\s*(<[0-9a-f]{32}@[^<>\s@]{1,255}>)", re.IGNORECASE | re.MULTILINE
)
ADDRESS = re.compile(r"[^\s<>;,()]+@[^\s<>;,()]+")
#: Who sends reports in words alone: MAILER-DAEMON@…, postmaster@…
DAEMON = re.compile(r"\b(?:mailer-daemon|postmaster)\b", re.IGNORECASE)
#: In such reports, <a@b.example>: before the reason.
NAMED = re.compile(r"^[ \t]*<?([^\s<>]+@[^\s<>:]+)>?:?[ \t]*$", re.MULTILINE)
FAILED = re.compile(r"(?<![\d.])5(?:\d\d|\.\d{1,3}\.\d{1,3})(?![.\d])")
ENHANCED = re.compile(r"(?<![\d.])" + STATUS.pattern + r"(?!\.)")
#: How servers without enhanced codes say that there is nobody at an address.
NOBODY = re.compile(
    r"unknown|no such|not exist|doesn'?t exist|no mailbox|not found|unavailable|disabled|inactive|full|quota"
    r"|invalid (?:recipient|mailbox|address|user)|recipient rejected|no longer",
    re.IGNORECASE,
)

Verdict = Literal["nobody", "not-delivered", "waits"]
"""nobody: it did not arrive, and none will; not-delivered: this one did not; waits: nothing is decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of a mail for one recipient."""

    final: str  #: the address that was tried last, "" where none is named
    original: str  #: the address that we wrote to, where it is named
    action: str  #: failed, delayed, delivered, relayed or expanded
    status: str  #: as 5.1.1
    said: str  #: in the words of the server, one line

    def concerns(self, target: str) -> bool:
        """Say whether it is the address that we wrote to, and not one that this leads on to."""
        return (self.final or self.original).casefold() == target.casefold()

    @property
    def reason(self) -> str:
        """The status and the words."""
        return one_line(f"{self.status} {self.said}", 300)

    @property
    def verdict(self) -> Verdict:
        """What it means for the next mails to this address."""
        if self.action != "failed":
            return "waits"
        return "nobody" if self._about_address() else "not-delivered"

    def _about_address(self) -> bool:
        if not self.status.startswith("5."):
            return False
        # 5.0.0 says nothing: some servers write it always, and the real one stands in the words.
        found = None if self.status.startswith("5.0.") else STATUS.match(self.status)
        found = found or ENHANCED.search(self.said)
        if found is not None and not found[0].startswith("5.0."):
            return class_about_address(found)
        return NOBODY.search(self.said) is not None and RELAY.search(self.said) is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A report about a mail of ours."""

    message_id: str
    key: str
    fates: tuple[Fate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoBounce:
    """Something else, or a report about somebody else's mail."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """A mail that was sent, as the store remembers it."""

    subscription: Subscription
    active: bool  #: the subscription has not ended
    receipt: str  #: its Message-ID, all deliveries that left in it have the same; "" until it is settled
    leaving: bool  #: it is to be sent, perhaps it is just being sent
    addressee: str = ""  #: to whom, where that is not the subscription's own address


def read(raw: bytes) -> Bounce | NoBounce:
    """Read a mail; whatever the bytes are, this never raises."""
    if len(raw) > LARGEST:
        return NoBounce(why=f"it is larger than {LARGEST // 1_000_000} MB")
    raw = raw[:READ]
    if sum(1 for _ in NESTING.finditer(raw)) > MOST_PARTS:
        return NoBounce(why="it has more parts than any report")
    try:
        return _read(email.message_from_bytes(raw))
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        # The parser of the standard library has raised each of these on mails that are none.
        return NoBounce(why=f"it cannot be read as a mail ({type(error).__name__})")


def _read(mail: Mail) -> Bounce | NoBounce:
    parts = [part for part in mail.walk() if part is not mail] or [mail]
    fates = tuple(fate for part in parts if part.get_content_type() in REPORTS for fate in _fates(part))
    text = "" if fates else _in_words(mail, parts)
    if not fates and not text:
        return NoBounce(why=_other(mail))
    ids = [found for part in parts for found in _ids(part)] or OURS_IN_TEXT.findall(text)
    found = next((match for one in ids if (match := OURS.search(one))), None)
    if found is None:
        return NoBounce(why="it returns no mail of ours")
    return Bounce(message_id=found[0], key=found[1], fates=fates or (_told(mail, text),))


def _other(mail: Mail) -> str:
    """Say what a mail is that reports no delivery."""
    if _field(mail, "Auto-Submitted").lower().startswith("auto-replied") or mail["X-Autoreply"] is not None:
        return "it is an automatic reply"
    if mail.get_content_type() == "multipart/report":
        return "it is a report of another kind"
    return "it is no delivery status notification"


def _fates(part: Mail) -> Iterator[Fate]:
    """Yield what a machine-readable report says of each recipient; its first block is about the server."""
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else ():
        if not isinstance(block, Mail) or block["Action"] is None:
            continue
        action = _field(block, "Action").split()
        status = re.match(r"[245]\.\d{1,3}\.\d{1,3}", _field(block, "Status"))
        yield Fate(
            final=_address(block, "Final-Recipient"),
            original=_address(block, "Original-Recipient"),
            action=action[0].lower() if action else "",
            status=status[0] if status else "",
            said=re.sub(r"^[\w.-]+;\s*", "", _field(block, "Diagnostic-Code")),
        )


def _ids(part: Mail) -> Iterator[str]:
    """Yield the Message-ID of what is returned: the mail, or its headers."""
    if part.get_content_type() not in RETURNED:
        return
    payload = part.get_payload()
    if isinstance(payload, list):
        returned = payload[0] if payload else None
    else:
        returned = email.message_from_string(_text(part))
    if isinstance(returned, Mail):
        yield _field(returned, "Message-ID")


def _in_words(mail: Mail, parts: list[Mail]) -> str:
    """Return the text of a report that is made for people alone, "" where it is none.

    qmail and old Exim write so: the reason, then the mail or its headers.
    """
    if _field(mail, "Auto-Submitted").lower().startswith("auto-replied"):
        return ""
    daemon = DAEMON.search(_field(mail, "From")) or _field(mail, "Return-Path") == "<>"
    if mail["X-Failed-Recipients"] is None and not daemon:
        return ""
    if mail.get_content_type() == "multipart/report":
        return ""  # it has a machine-readable part, which says something else
    text = "\n".join(_text(part) for part in parts if part.get_content_type() == "text/plain")
    return text if FAILED.search(_reason_in(text)) or mail["X-Failed-Recipients"] is not None else ""


def _told(mail: Mail, text: str) -> Fate:
    """Read the fate out of a report for people."""
    reason = _reason_in(text)
    named = NAMED.search(reason)
    final = _address(mail, "X-Failed-Recipients") or (named[1] if named else "")
    status = ENHANCED.search(reason)
    code = FAILED.search(reason)
    where = code.start() if code else 0
    line = reason[reason.rfind("\n", 0, where) + 1 :].partition("\n\n")[0]
    return Fate(
        final=final,
        original="",
        action="failed",
        status=status[0] if status else "5.0.0",
        said=one_line(line, 300),
    )


def _reason_in(text: str) -> str:
    """Return what stands before the returned mail: that may hold any numbers."""
    ours = OURS_IN_TEXT.search(text)
    head = text[: ours.start()] if ours else text
    return re.split(
        r"^-{3,}.*\b(?:copy|message|original)\b.*$", head, maxsplit=1, flags=re.IGNORECASE | re.MULTILINE
    )[0]


def _address(block: Mail, name: str) -> str:
    """Return the address of a field: "rfc822; <a@b.example>", "a@b.example"."""
    found = ADDRESS.search(_field(block, name))
    return found[0] if found else ""


def _field(block: Mail, name: str) -> str:
    """Return the first field of a name as one line, "" where there is none."""
    wanted = name.lower()
    raw = next((value for key, value in block.raw_items() if key.lower() == wanted), "")
    return one_line(_decoded(raw.encode("utf-8", "surrogateescape")), 1000)


def _text(part: Mail) -> str:
    body = part.get_payload(decode=True)
    return _decoded(body) if isinstance(body, bytes) else ""


def _decoded(words: bytes) -> str:
    """Read words in UTF-8, else as servers in China write."""
    try:
        return words.decode()
    except UnicodeDecodeError:
        return words.decode("gb18030", "replace")
