"""E-mail as a channel: multipart text and HTML over SMTP."""

from __future__ import annotations

import email.policy
import hashlib
import re
import smtplib
import ssl
import threading
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from email.headerregistry import Address, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.utils import format_datetime, localtime, parseaddr
from typing import TYPE_CHECKING, Any, Literal

from controlwatch.core.errors import DeliveryError
from controlwatch.core.refusals import MENDING, RELAY, STATUS, class_about_address
from controlwatch.core.render.mail import html
from controlwatch.core.render.safe import one_line
from controlwatch.core.render.text import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.core.model import ChannelName
    from controlwatch.core.render.message import Message

#: What may stand between < and > in a header: https://alerts.example.com/unsubscribe/17.K5chv…
LINK = re.compile(r"https?://[!-;=?-~]{1,900}")
#: Replies that ask for a login.
LOG_IN = frozenset({530, 535})


class _Verbatim(UniqueUnstructuredHeader):
    """A header of identifiers: the library would fold a long one by encoding it, and nobody would know it."""

    name: str

    def fold(self, *, policy: Any) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_registry = HeaderRegistry()
for _name in ("message-id", "references", "in-reply-to", "list-id", "list-unsubscribe"):
    _registry.map_to_type(_name, _Verbatim)  # type: ignore[arg-type] # the registry adds BaseHeader itself
POLICY = email.policy.SMTP.clone(header_factory=_registry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """An SMTP server and how to enter it."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    tls: Literal["none", "starttls", "implicit"] = "none"


#: Seconds after which a connection is not used again, and mails after which a new one is made.
IDLE = 20.0
MOST_MAILS = 100


class EmailChannel:
    """Sends alerts by SMTP, over one connection as long as there is something to send."""

    name: ChannelName = "email"

    def __init__(
        self, server: Server, *, sender: str, timeout: float = 30.0, context: ssl.SSLContext | None = None
    ) -> None:
        """`sender` is an address, or `Name <address>`; `context` decides which certificates are trusted."""
        self._server = server
        self._name, self._address = parseaddr(sender)
        self._domain = self._address.rpartition("@")[2]
        self._timeout = timeout
        self._context = context or ssl.create_default_context()
        self._guard = threading.Lock()
        self._held: smtplib.SMTP | None = None
        self._used = 0.0  #: when the held connection was last used, by the monotonic clock
        self._sent = 0  #: mails over the held connection

    def send(self, message: Message, *, target: str, key: str) -> str:
        """Send and return the Message-ID; raises `DeliveryError`."""
        mail = self._mail(message, target, key)
        with _told(), self._guard:
            if not self._over_held(mail, target):
                self._hold(self._connect())
                self._over_held(mail, target)
        return str(mail["Message-ID"])

    def close(self) -> None:
        """Part from the server."""
        with self._guard:
            self._let_go()

    def _over_held(self, mail: EmailMessage, target: str) -> bool:
        """Send over the connection that is held; False where there is none, or the server has left it.

        A server that leaves a fresh connection is in trouble, and that is an error.
        """
        if time.monotonic() - self._used > IDLE or self._sent >= MOST_MAILS:
            self._let_go()
        if self._held is None:
            return False
        try:
            self._held.send_message(mail, from_addr=self._address, to_addrs=[target])
        except smtplib.SMTPServerDisconnected:
            fresh = self._sent == 0
            self._let_go()
            if fresh:
                raise
            return False
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError):
            self._used = time.monotonic()  # it refused this mail, and takes the next, unless it hung up
            if self._held.sock is None:
                self._let_go()
            raise
        except (OSError, smtplib.SMTPException):
            self._let_go()
            raise
        self._used, self._sent = time.monotonic(), self._sent + 1
        return True

    def _hold(self, server: smtplib.SMTP) -> None:
        self._held, self._used, self._sent = server, time.monotonic(), 0

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            with suppress(smtplib.SMTPException, OSError):
                held.quit()
            held.close()

    def check(self, message: Message, *, target: str, key: str) -> Iterator[str]:
        """Send, and say each step once it is done; raises `DeliveryError` at the one that fails."""
        to = self._server
        mail = self._mail(message, target, key)
        with _told(), ExitStack() as opened:
            server = opened.enter_context(closing(self._open()))
            yield f"connected to {to.host}:{to.port}"
            self._secure(server)
            yield _security(server)
            self._log_in(server)
            yield f"logged in as {to.user}" if to.user is not None else "no login: none is set"
            server.send_message(mail, from_addr=self._address, to_addrs=[target])
            yield f"accepted for {target} with the Message-ID {mail['Message-ID']}"
            with suppress(smtplib.SMTPException, OSError):  # it has the mail: how we part says nothing
                server.quit()

    def _connect(self) -> smtplib.SMTP:
        server = self._open()
        with ExitStack() as on_failure:
            on_failure.callback(server.close)
            self._secure(server)
            self._log_in(server)
            on_failure.pop_all()
        return server

    def _open(self) -> smtplib.SMTP:
        to = self._server
        if to.tls == "implicit":
            return smtplib.SMTP_SSL(to.host, to.port, timeout=self._timeout, context=self._context)
        return smtplib.SMTP(to.host, to.port, timeout=self._timeout)

    def _secure(self, server: smtplib.SMTP) -> None:
        if self._server.tls == "starttls":
            server.starttls(context=self._context)

    def _log_in(self, server: smtplib.SMTP) -> None:
        if self._server.user is not None:
            server.login(self._server.user, self._server.password or "")

    def _mail(self, message: Message, target: str, key: str) -> EmailMessage:
        mail = EmailMessage(policy=POLICY)
        mail["From"] = Address(display_name=self._name or "controlwatch", addr_spec=self._address)
        mail["To"] = Address(addr_spec=target)
        mail["Subject"] = one_line(message.subject, 200)
        mail["Date"] = format_datetime(localtime())
        # The same for every try of one delivery, so that receivers can drop a repetition.
        mail["Message-ID"] = f"<{key}@{self._domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail["List-Id"] = f"controlwatch <alerts.{self._domain}>"
        for name, value in (*self._threading(message.thread), *_leaving(message.unsubscribe)):
            mail[name] = value
        mail.set_content(text(message), cte="base64")
        mail.add_alternative(html(message), subtype="html", cte="base64")
        return mail

    def _threading(self, thread: str) -> Iterator[tuple[str, str]]:
        """Yield the headers by which all mails about one notice stand together.

        They answer to a root that was never sent: which of them comes first differs between readers.
        """
        if thread:
            mark = hashlib.sha256(thread.encode("utf-8", "surrogatepass")).hexdigest()[:32]
            for name in ("In-Reply-To", "References"):
                yield name, f"<notice-{mark}@{self._domain}>"


def _leaving(address: str) -> Iterator[tuple[str, str]]:
    """Yield the headers behind a mail program's own "unsubscribe" (RFC 2369, RFC 8058)."""
    if LINK.fullmatch(address):
        yield "List-Unsubscribe", f"<{address}>"
    if LINK.fullmatch(address) and address.startswith("https://"):  # RFC 8058 knows no other
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"


def _security(server: smtplib.SMTP) -> str:
    """Say how a connection is protected."""
    if isinstance(server.sock, ssl.SSLSocket):
        return f"{server.sock.version()}, and the certificate is good"
    server.ehlo_or_helo_if_needed()
    hint = "; the server offers TLS: add ?starttls=true" if server.has_extn("starttls") else ""
    return f"no TLS: the mail travels in the clear{hint}"


@contextmanager
def _told() -> Iterator[None]:
    """Tell every way in which a server can fail as a `DeliveryError`."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        raise _refused_recipient(code, reason) from error
    except smtplib.SMTPAuthenticationError as error:
        raise DeliveryError(f"the SMTP server refused our credentials ({error.smtp_code})") from error
    except smtplib.SMTPResponseException as error:
        # Not about this recipient: a relay may be mis-set for an hour, and then it is mended.
        raise _refused_us(error.smtp_code, error.smtp_error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(f"the SMTP server could not be used: {error}") from error


def _refused_recipient(code: int, reason: bytes | str) -> DeliveryError:
    """Tell an address that does not exist from a server that takes nothing from us."""
    said = _said(code, reason)
    if not 500 <= code < 600:
        return DeliveryError(said)
    if not _about_address(code, _decoded(reason)):
        return DeliveryError(said, retry_after=MENDING)
    return DeliveryError(said, permanent=True, target=True)


def _about_address(code: int, words: str) -> bool:
    status = STATUS.match(words)
    if code in LOG_IN:
        return False
    return RELAY.search(words) is None if status is None else class_about_address(status)


def _refused_us(code: int, reason: bytes | str) -> DeliveryError:
    return DeliveryError(_said(code, reason), retry_after=MENDING if 500 <= code < 600 else None)


def _said(code: int, reason: bytes | str) -> str:
    return f"the SMTP server answered {code} {one_line(_decoded(reason))}"


def _decoded(reason: bytes | str) -> str:
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
