"""E-mail as a channel: multipart text and HTML over SMTP."""

from __future__ import annotations

import smtplib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cached_property
from typing import Any, Literal

from controlwatch.adapters.channels.email_message import MailWriter
from controlwatch.adapters.limits.exchange import (
    BoundedSocket,
    bound_tls,
    limit_exchange,
    open_bounded_socket,
)
from controlwatch.core.alerting.unknown_mailbox import proves_unknown_mailbox
from controlwatch.core.model import ChannelName
from controlwatch.core.model.errors import DeliveryError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering.message import Message

#: Reply codes that demand a login.
LOGIN_CODES = frozenset({530, 535})


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """An SMTP server and the credentials for it."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    tls: Literal["none", "starttls", "implicit"] = "none"


#: Idle seconds, and mails, after which a connection is not used again.
MAX_IDLE = 20.0
MAX_MAILS = 100
#: Seconds for one mail, however slowly the server answers: the lease of its delivery must not expire.
MAX_SECONDS = 120.0
#: Seconds to say goodbye to a server.
QUIT_SECONDS = 2.0


class _PlainSmtp(smtplib.SMTP):
    """A connection that knows whether the server may have accepted the mail that it was sent."""

    may_have_accepted = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.may_have_accepted = True
        reply = super().data(msg)
        self.may_have_accepted = False
        return reply

    def _get_socket(self, host: str, port: int, timeout: float) -> BoundedSocket:
        return open_bounded_socket(host, port, timeout)


class _TlsSmtp(_PlainSmtp):
    """The same within TLS from the start."""

    def __init__(self, host: str, port: int, *, timeout: float, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(host, port, timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> ssl.SSLSocket:  # type: ignore[override]
        return self._context.wrap_socket(open_bounded_socket(host, port, timeout), server_hostname=host)


@dataclass(slots=True)
class _PooledConnection:
    """An open connection and its use so far."""

    connection: _PlainSmtp
    mail_count: int = 0
    last_used: float = 0.0  #: when it was last used, by the monotonic clock

    @property
    def is_stale(self) -> bool:
        return time.monotonic() - self.last_used > MAX_IDLE or self.mail_count >= MAX_MAILS

    def close(self) -> None:
        with limit_exchange(QUIT_SECONDS), suppress(smtplib.SMTPException, OSError):
            self.connection.quit()
        self.connection.close()


class EmailChannel:
    """Sends alerts by SMTP over pooled connections, one for each thread that is sending."""

    name: ChannelName = "email"

    def __init__(
        self,
        server: SmtpServer,
        *,
        sender: str,
        timeout: float = 30.0,
        longest: float = MAX_SECONDS,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """`sender` is an address or `Name <address>`; `context` decides which certificates are trusted.

        `timeout` is the number of seconds for each answer of the server, `longest` for a mail as a whole.
        """
        self._server = server
        self._longest = longest
        name, self._address = parseaddr(sender)
        self._mails = MailWriter(name or "controlwatch", self._address)
        self._options = () if self._address.isascii() else ("SMTPUTF8", "BODY=8BITMIME")
        self._timeout = timeout
        self._given_context = context
        self._guard = threading.Lock()
        self._pool: list[_PooledConnection] = []  #: connections not in use

    @cached_property
    def _context(self) -> ssl.SSLContext:
        # Loading the certificates of the system takes time, which a connection without TLS need not take.
        return bound_tls(self._given_context or ssl.create_default_context())

    def send(self, message: Message, *, target: str, key: str) -> str:
        """Send and return the Message-ID; raises `DeliveryError`."""
        mail = self._mails.write_mail(message, target=target, key=key)
        message_id = f"<{self._mails.build_message_id(key)}>"
        with limit_exchange(self._longest), _translate_errors(target):
            with self._guard:
                stale = [pooled for pooled in self._pool if pooled.is_stale]
                self._pool = [pooled for pooled in self._pool if not pooled.is_stale]
                pooled = self._pool.pop() if self._pool else None
            for unused in stale:
                unused.close()
            if pooled is not None:
                try:
                    self._send_over(pooled, mail, target)
                except smtplib.SMTPServerDisconnected:
                    if pooled.connection.may_have_accepted:  # a second time over a new one: twice
                        raise
                else:
                    return message_id
            connection = self._open_connection()
            with ExitStack() as on_failure:
                on_failure.callback(connection.close)
                self._start_tls(connection)
                self._log_in(connection)
                on_failure.pop_all()
            self._send_over(_PooledConnection(connection), mail, target)
        return message_id

    def close(self) -> None:
        """Close every connection that is not in use."""
        with self._guard:
            pool, self._pool = self._pool, []
        for pooled in pool:
            pooled.close()

    def _send_over(self, pooled: _PooledConnection, mail: bytes, target: str) -> None:
        """Send over a connection and return it to the pool, or close it after a connection error."""
        try:
            pooled.connection.sendmail(self._address, [target], mail, self._options)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError):
            self._return_to_pool(
                pooled
            )  # the server refused this mail, but takes others unless it disconnected
            raise
        except (OSError, smtplib.SMTPException):
            pooled.close()
            raise
        pooled.mail_count += 1
        self._return_to_pool(pooled)

    def _return_to_pool(self, pooled: _PooledConnection) -> None:
        pooled.last_used = time.monotonic()
        pooled.connection.may_have_accepted = False
        if pooled.connection.sock is not None:
            with self._guard:
                self._pool.append(pooled)

    def check_delivery(self, message: Message, *, target: str, key: str) -> Iterator[str]:
        """Send and yield each step when it is done; raises `DeliveryError` at the step that fails."""
        to = self._server
        mail = self._mails.write_mail(message, target=target, key=key)
        with limit_exchange(self._longest), _translate_errors(target), ExitStack() as opened:
            server = opened.enter_context(closing(self._open_connection()))
            yield f"connected to {to.host}:{to.port}"
            self._start_tls(server)
            if isinstance(server.sock, ssl.SSLSocket):
                yield f"{server.sock.version()}, and the certificate is valid"
            else:
                server.ehlo_or_helo_if_needed()
                hint = "; the server offers TLS: add ?starttls=true" if server.has_extn("starttls") else ""
                yield f"no TLS: the mail is sent unencrypted{hint}"
            self._log_in(server)
            yield f"logged in as {to.user}" if to.user is not None else "no login: none is set"
            server.sendmail(self._address, [target], mail, self._options)
            yield f"accepted for {target} with the Message-ID <{self._mails.build_message_id(key)}>"
            with suppress(smtplib.SMTPException, OSError):  # the server has the mail: errors no longer matter
                server.quit()

    def _open_connection(self) -> _PlainSmtp:
        return _connect(self._server, timeout=self._timeout, get_context=lambda: self._context)

    def _start_tls(self, server: smtplib.SMTP) -> None:
        if self._server.tls == "starttls":
            server.starttls(context=self._context)

    def _log_in(self, server: smtplib.SMTP) -> None:
        if self._server.user is not None:
            server.login(self._server.user, self._server.password or "")


def check_server(server: SmtpServer, *, seconds: float) -> None:
    """Connect to a server and leave, within some seconds; raises `DeliveryError`."""
    with limit_exchange(seconds), _translate_errors(""):
        connection = _connect(
            server, timeout=seconds, get_context=lambda: bound_tls(ssl.create_default_context())
        )
        with closing(connection):
            connection.noop()


def _connect(server: SmtpServer, *, timeout: float, get_context: Callable[[], ssl.SSLContext]) -> _PlainSmtp:
    if server.tls == "implicit":
        return _TlsSmtp(server.host, server.port, timeout=timeout, context=get_context())
    return _PlainSmtp(server.host, server.port, timeout=timeout)


@contextmanager
def _translate_errors(target: str) -> Iterator[None]:
    """Raise a `DeliveryError` for every error of the server or the connection."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        description = _describe_reply(code, reason)
        if not 500 <= code < 600:
            raise DeliveryError(description) from error
        # Only words about this very mailbox prove that it is gone; any other refusal may be about us.
        is_unknown = code not in LOGIN_CODES and proves_unknown_mailbox(
            _decode_reason(reason), address=target
        )
        raise DeliveryError(
            description, permanent=is_unknown, target=is_unknown, needs_repair=not is_unknown
        ) from error
    except smtplib.SMTPDataError as error:
        is_refusal = 500 <= error.smtp_code < 600
        raise DeliveryError(
            _describe_reply(error.smtp_code, error.smtp_error), needs_repair=is_refusal
        ) from error
    except smtplib.SMTPAuthenticationError as error:
        raise DeliveryError(
            f"the SMTP server refused our credentials ({error.smtp_code})", us=True, needs_repair=True
        ) from error
    except smtplib.SMTPResponseException as error:
        # The greeting, EHLO or the sender: it concerns every mail.
        is_refusal = 500 <= error.smtp_code < 600
        description = _describe_reply(error.smtp_code, error.smtp_error)
        raise DeliveryError(description, us=True, needs_repair=is_refusal) from error
    except smtplib.SMTPNotSupportedError as error:
        raise DeliveryError(
            f"the SMTP server could not be used: {error}", us=True, needs_repair=True
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(f"the SMTP server could not be used: {error}", us=True) from error


def _describe_reply(code: int, reason: bytes | str) -> str:
    return f"the SMTP server answered {code} {to_one_line(_decode_reason(reason))}"


def _decode_reason(reason: bytes | str) -> str:
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
