"""E-mail as a channel: multipart text and HTML over SMTP."""

from __future__ import annotations

import math
import smtplib
import socket
import ssl
import threading
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from email.utils import parseaddr
from typing import TYPE_CHECKING, Literal

from controlwatch.adapters.channels.email_message import MailWriter
from controlwatch.core.alerting.delivery_failures import (
    ENHANCED_STATUS,
    RELAY_REFUSED,
    REPAIR_WAIT,
    is_about_address,
)
from controlwatch.core.model.errors import DeliveryError
from controlwatch.core.model.text_safety import to_one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.core.model import ChannelName
    from controlwatch.core.rendering.message import Message

#: Replies that ask for a login.
LOGIN_CODES = frozenset({530, 535})


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """An SMTP server and how to enter it."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    tls: Literal["none", "starttls", "implicit"] = "none"


#: Seconds after which a connection is not used again, and mails after which a new one is made.
MAX_IDLE = 20.0
MAX_MAILS = 100
#: Seconds that one mail may take in all, however slowly the server answers: its lease must not run out.
MAX_SECONDS = 120.0


class _DeadlineConnection:
    """A connection on which each wait ends when the mail has to."""

    timeout: float
    sock: socket.socket | None
    deadline = math.inf  #: by the monotonic clock

    def getreply(self) -> tuple[int, bytes]:
        if self.sock is not None:
            patience = min(self.timeout, max(1.0, self.deadline - time.monotonic()))
            if patience != self.sock.gettimeout():
                self.sock.settimeout(patience)
        return super().getreply()  # type: ignore[misc,no-any-return]


class _PlainSmtp(_DeadlineConnection, smtplib.SMTP): ...


class _TlsSmtp(_DeadlineConnection, smtplib.SMTP_SSL): ...


_SmtpConnection = _PlainSmtp | _TlsSmtp


@dataclass(slots=True)
class _PooledConnection:
    """A connection that is held, and how far it has been used."""

    connection: _SmtpConnection
    mail_count: int = 0
    last_used: float = 0.0  #: when it was last used, by the monotonic clock

    @property
    def is_stale(self) -> bool:
        return time.monotonic() - self.last_used > MAX_IDLE or self.mail_count >= MAX_MAILS

    def close(self) -> None:
        with suppress(smtplib.SMTPException, OSError):
            self.connection.quit()
        self.connection.close()


class EmailChannel:
    """Sends alerts by SMTP, each thread over one connection as long as there is something to send."""

    name: ChannelName = "email"

    def __init__(
        self, server: SmtpServer, *, sender: str, timeout: float = 30.0, context: ssl.SSLContext | None = None
    ) -> None:
        """`sender` is an address, or `Name <address>`; `context` decides which certificates are trusted."""
        self._server = server
        name, self._address = parseaddr(sender)
        self._mails = MailWriter(name or "controlwatch", self._address)
        self._options = () if self._address.isascii() else ("SMTPUTF8", "BODY=8BITMIME")
        self._timeout = timeout
        self._context = context or ssl.create_default_context()
        self._guard = threading.Lock()
        self._held: list[_PooledConnection] = []  #: connections that nobody uses just now

    def send(self, message: Message, *, target: str, key: str) -> str:
        """Send and return the Message-ID; raises `DeliveryError`."""
        mail = self._mails.write_mail(message, target=target, key=key)
        ends = time.monotonic() + MAX_SECONDS
        with _translate_errors():
            if not self._send_over_pooled(mail, target, ends):
                self._send_over(_PooledConnection(self._connect(ends)), mail, target, ends)
        return f"<{self._mails.build_message_id(key)}>"

    def close(self) -> None:
        """Part from the server."""
        with self._guard:
            held, self._held = self._held, []
        for line in held:
            line.close()

    def _send_over_pooled(self, mail: bytes, target: str, ends: float) -> bool:
        """Send over a connection that is held; False where there is none, or the server has left it."""
        line = self._take_pooled()
        if line is None:
            return False
        try:
            self._send_over(line, mail, target, ends)
        except smtplib.SMTPServerDisconnected:
            return False
        return True

    def _take_pooled(self) -> _PooledConnection | None:
        """Take a connection that nobody uses, and part from those that were not used for long."""
        with self._guard:
            stale = [line for line in self._held if line.is_stale]
            self._held = [line for line in self._held if not line.is_stale]
            taken = self._held.pop() if self._held else None
        for line in stale:
            line.close()
        return taken

    def _send_over(self, line: _PooledConnection, mail: bytes, target: str, ends: float) -> None:
        """Send over this connection, and hold it for the next mail."""
        line.connection.deadline = ends
        try:
            line.connection.sendmail(self._address, [target], mail, self._options)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError):
            self._return_to_pool(line)  # it refused this mail, and takes the next, unless it hung up
            raise
        except (OSError, smtplib.SMTPException):
            line.close()
            raise
        line.mail_count += 1
        self._return_to_pool(line)

    def _return_to_pool(self, line: _PooledConnection) -> None:
        line.last_used = time.monotonic()
        if line.connection.sock is not None:
            with self._guard:
                self._held.append(line)

    def check_delivery(self, message: Message, *, target: str, key: str) -> Iterator[str]:
        """Send, and say each step once it is done; raises `DeliveryError` at the one that fails."""
        to = self._server
        mail = self._mails.write_mail(message, target=target, key=key)
        with _translate_errors(), ExitStack() as opened:
            server = opened.enter_context(closing(self._open_connection()))
            yield f"connected to {to.host}:{to.port}"
            self._start_tls(server)
            yield _describe_security(server)
            self._log_in(server)
            yield f"logged in as {to.user}" if to.user is not None else "no login: none is set"
            server.sendmail(self._address, [target], mail, self._options)
            yield f"accepted for {target} with the Message-ID <{self._mails.build_message_id(key)}>"
            with suppress(smtplib.SMTPException, OSError):  # it has the mail: how we part says nothing
                server.quit()

    def _connect(self, ends: float) -> _SmtpConnection:
        server = self._open_connection()
        server.deadline = ends
        with ExitStack() as on_failure:
            on_failure.callback(server.close)
            self._start_tls(server)
            self._log_in(server)
            on_failure.pop_all()
        return server

    def _open_connection(self) -> _SmtpConnection:
        to = self._server
        if to.tls == "implicit":
            return _TlsSmtp(to.host, to.port, timeout=self._timeout, context=self._context)
        return _PlainSmtp(to.host, to.port, timeout=self._timeout)

    def _start_tls(self, server: smtplib.SMTP) -> None:
        if self._server.tls == "starttls":
            server.starttls(context=self._context)

    def _log_in(self, server: smtplib.SMTP) -> None:
        if self._server.user is not None:
            server.login(self._server.user, self._server.password or "")


def _describe_security(server: smtplib.SMTP) -> str:
    """Say how a connection is protected."""
    if isinstance(server.sock, ssl.SSLSocket):
        return f"{server.sock.version()}, and the certificate is good"
    server.ehlo_or_helo_if_needed()
    hint = "; the server offers TLS: add ?starttls=true" if server.has_extn("starttls") else ""
    return f"no TLS: the mail travels in the clear{hint}"


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Tell every way in which a server can fail as a `DeliveryError`."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        raise _to_recipient_error(code, reason) from error
    except smtplib.SMTPAuthenticationError as error:
        raise DeliveryError(f"the SMTP server refused our credentials ({error.smtp_code})") from error
    except smtplib.SMTPResponseException as error:
        # Not about this recipient: a relay may be mis-set for an hour, and then it is mended.
        raise _to_sender_error(error.smtp_code, error.smtp_error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(f"the SMTP server could not be used: {error}") from error


def _to_recipient_error(code: int, reason: bytes | str) -> DeliveryError:
    """Tell an address that does not exist from a server that takes nothing from us."""
    said = _describe_reply(code, reason)
    if not 500 <= code < 600:
        return DeliveryError(said)
    if not _is_about_address(code, _decode_reason(reason)):
        return DeliveryError(said, retry_after=REPAIR_WAIT)
    return DeliveryError(said, permanent=True, target=True)


def _is_about_address(code: int, words: str) -> bool:
    status = ENHANCED_STATUS.match(words)
    if code in LOGIN_CODES:
        return False
    return RELAY_REFUSED.search(words) is None if status is None else is_about_address(status)


def _to_sender_error(code: int, reason: bytes | str) -> DeliveryError:
    return DeliveryError(
        _describe_reply(code, reason), retry_after=REPAIR_WAIT if 500 <= code < 600 else None
    )


def _describe_reply(code: int, reason: bytes | str) -> str:
    return f"the SMTP server answered {code} {to_one_line(_decode_reason(reason))}"


def _decode_reason(reason: bytes | str) -> str:
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
