"""A mail as bytes: the parts that all readers of a message share are built once, the rest for each reader."""

from __future__ import annotations

import email.policy
import hashlib
import re
from binascii import b2a_base64
from collections.abc import Iterator
from dataclasses import dataclass
from email.headerregistry import Address, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.utils import format_datetime, localtime
from functools import lru_cache
from typing import Any

from controlwatch.core.model.errors import DeliveryError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering import html_mail, plain_text
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.message import Message

#: An address that is safe unquoted in To: and RCPT: name@example.com; no blank, comma, quote, line end.
ADDRESS_PATTERN = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")
#: A URL that may be written between < and > in a header: https://alerts.example.com/unsubscribe/17.K5chv…
LINK_PATTERN = re.compile(r"https?://[!-;=?-~]{1,900}")
#: Bytes that one line of base64 holds, in 76 characters.
BASE64_LINE_BYTES = 57
#: Cannot begin a line of base64.
BOUNDARY = "=_controlwatch"
#: Messages whose shared parts are cached.
CACHE_SIZE = 16


class _VerbatimHeader(UniqueUnstructuredHeader):
    """A header of identifiers: the library would fold a long one by encoding it, and so break it."""

    name: str

    def fold(self, *, policy: Any) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_registry = HeaderRegistry()
for _name in ("references", "in-reply-to", "list-id"):
    _registry.map_to_type(_name, _VerbatimHeader)  # type: ignore[arg-type] # the registry adds BaseHeader itself
POLICY = email.policy.SMTP.clone(header_factory=_registry)


@dataclass(frozen=True, slots=True)
class _MailPart:
    """A text in base64 with a different end for each reader."""

    encoded_lines: bytes  #: the complete lines of the shared text
    remainder: bytes  #: the rest of the shared text, too short for a line and not encoded yet

    @classmethod
    def from_body(cls, subtype: str, body: str) -> _MailPart:
        """Encode the shared text, with the headers of the part."""
        head = (
            f'--{BOUNDARY}\r\nContent-Type: text/{subtype}; charset="utf-8"\r\n'
            "Content-Transfer-Encoding: base64\r\n\r\n"
        )
        source = _to_wire_bytes(body)
        cut = len(source) - len(source) % BASE64_LINE_BYTES
        return cls(head.encode() + _encode_base64(source[:cut]), source[cut:])

    def add_closing(self, closing: str) -> bytes:
        """Return the part with the end for one reader."""
        return self.encoded_lines + _encode_base64(self.remainder + _to_wire_bytes(closing))


class MailWriter:
    """Writes the mails of one sender."""

    def __init__(self, name: str, address: str) -> None:
        self._name, self._address = name, address
        self._domain = address.rpartition("@")[2]
        self._policy = POLICY.clone(utf8=not address.isascii())
        self._common = lru_cache(maxsize=CACHE_SIZE)(self._build_common)

    def write_mail(self, message: Message, *, target: str, key: str) -> bytes:
        """Return the mail to one reader; raises `DeliveryError` for a target that is not an address."""
        if not ADDRESS_PATTERN.fullmatch(target):
            reason = f"{to_one_line(target, 100)!r} is not a valid mail address"
            raise DeliveryError(reason, permanent=True, target=True)
        head, plain, rich = self._common(message.subject, message.cards, message.thread)
        headers = [
            f"To: {target}",
            f"Date: {format_datetime(localtime())}",
            f"Message-ID: <{self.build_message_id(key)}>",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/alternative; boundary="{BOUNDARY}"',
        ]
        # The headers behind a mail program's "unsubscribe" (RFC 2369); RFC 8058 permits https only.
        if LINK_PATTERN.fullmatch(message.unsubscribe):
            headers.append(f"List-Unsubscribe: <{message.unsubscribe}>")
            if message.unsubscribe.startswith("https://"):
                headers.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
        return b"".join(
            (
                head,
                "\r\n".join(headers).encode("ascii"),
                b"\r\n\r\n",
                plain.add_closing(plain_text.render_reader_text(message)),
                rich.add_closing(html_mail.render_reader_html(message)),
                f"--{BOUNDARY}--\r\n".encode(),
            )
        )

    def build_message_id(self, key: str) -> str:
        """Return the id of every attempt at one delivery, by which receivers can drop a repetition."""
        if not key.isalnum() or not key.isascii():
            raise ValueError("a delivery key consists of letters and digits")
        return f"{key}@{self._domain}"

    def _build_common(
        self, subject: str, cards: tuple[Card, ...], thread: str
    ) -> tuple[bytes, _MailPart, _MailPart]:
        """Return what all mails of a message share: headers, text part, HTML part."""
        head = EmailMessage(policy=self._policy)
        head["From"] = Address(display_name=self._name, addr_spec=self._address)
        # The library would decode anything like an encoded word, and fails at a damaged one.
        head["Subject"] = to_one_line(subject, 200).replace("=?", "＝?")
        head["Auto-Submitted"] = "auto-generated"
        head["X-Auto-Response-Suppress"] = "All"
        head["List-Id"] = f"controlwatch <alerts.{self._domain}>"
        for name, value in self.build_thread_headers(thread):
            head[name] = value
        headers = head.as_bytes().removesuffix(b"\r\n")
        plain, rich = (
            plain_text.render_shared_text(subject, cards),
            html_mail.render_shared_html(subject, cards),
        )
        return headers, _MailPart.from_body("plain", plain), _MailPart.from_body("html", rich)

    def build_thread_headers(self, thread: str) -> Iterator[tuple[str, str]]:
        """Yield the headers by which mail programs group all mails about one notice in a thread.

        They reply to a root that was never sent, because readers get different mails first.
        """
        if thread:
            mark = hashlib.sha256(thread.encode("utf-8", "surrogatepass")).hexdigest()[:32]
            for name in ("In-Reply-To", "References"):
                yield name, f"<notice-{mark}@{self._domain}>"


def _to_wire_bytes(text: str) -> bytes:
    """Return text as sent in a mail: UTF-8, with CRLF line ends."""
    return text.replace("\n", "\r\n").encode("utf-8", "replace")


def _encode_base64(source: bytes) -> bytes:
    """Return bytes in base64, in lines of 76 characters."""
    lines = (source[start : start + BASE64_LINE_BYTES] for start in range(0, len(source), BASE64_LINE_BYTES))
    return b"".join(b2a_base64(line, newline=False) + b"\r\n" for line in lines)
