"""E-mail as a channel: multipart text and HTML over SMTP."""

from __future__ import annotations

import email.policy
import smtplib
import ssl
from contextlib import ExitStack
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, localtime, parseaddr
from typing import TYPE_CHECKING, Literal

from controlwatch.core.errors import DeliveryError
from controlwatch.core.render.mail import html
from controlwatch.core.render.safe import one_line
from controlwatch.core.render.text import text

if TYPE_CHECKING:
    from controlwatch.core.model import ChannelName
    from controlwatch.core.render.message import Message

#: Seconds to wait for somebody to mend what no repetition mends.
MENDING = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """An SMTP server and how to enter it."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    tls: Literal["none", "starttls", "implicit"] = "none"


class EmailChannel:
    """Sends alerts by SMTP, one connection a message."""

    name: ChannelName = "email"

    def __init__(
        self, server: Server, *, sender: str, timeout: float = 30.0, context: ssl.SSLContext | None = None
    ) -> None:
        """`sender` is an address, or `Name <address>`; `context` decides which certificates are trusted."""
        self._server = server
        self._name, self._address = parseaddr(sender)
        self._timeout = timeout
        self._context = context or ssl.create_default_context()

    def send(self, message: Message, *, target: str, key: str) -> str:
        """Send and return the Message-ID; raises `DeliveryError`."""
        mail = self._mail(message, target, key)
        try:
            with self._connect() as server:
                server.send_message(mail, from_addr=self._address, to_addrs=[target])
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            raise _refusal(code, reason) from error
        except smtplib.SMTPAuthenticationError as error:
            raise DeliveryError(f"the SMTP server refused our credentials ({error.smtp_code})") from error
        except smtplib.SMTPResponseException as error:
            # Not about this recipient: a relay may be mis-set for an hour, and then it is mended.
            said = _refusal(error.smtp_code, error.smtp_error)
            raise DeliveryError(str(said), retry_after=MENDING if said.permanent else None) from error
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryError(f"the SMTP server could not be used: {error}") from error
        return str(mail["Message-ID"])

    def _connect(self) -> smtplib.SMTP:
        to = self._server
        if to.tls == "implicit":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                to.host, to.port, timeout=self._timeout, context=self._context
            )
        else:
            server = smtplib.SMTP(to.host, to.port, timeout=self._timeout)
        with ExitStack() as on_failure:
            on_failure.callback(server.close)
            if to.tls == "starttls":
                server.starttls(context=self._context)
            if to.user is not None:
                server.login(to.user, to.password or "")
            on_failure.pop_all()
        return server

    def _mail(self, message: Message, target: str, key: str) -> EmailMessage:
        mail = EmailMessage(policy=email.policy.SMTP)
        mail["From"] = Address(display_name=self._name or "controlwatch", addr_spec=self._address)
        mail["To"] = Address(addr_spec=target)
        mail["Subject"] = one_line(message.subject, 200)
        mail["Date"] = format_datetime(localtime())
        # The same for every try of one delivery, so that receivers can drop a repetition.
        mail["Message-ID"] = f"<{key}@{self._address.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail.set_content(text(message), cte="base64")
        mail.add_alternative(html(message), subtype="html", cte="base64")
        return mail


def _refusal(code: int, reason: bytes | str) -> DeliveryError:
    said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return DeliveryError(f"the SMTP server answered {code} {one_line(said)}", permanent=500 <= code < 600)
