"""A mailbox read over IMAP without changing it: EXAMINE and PEEK leave every flag as it is."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from imaplib import IMAP4, IMAP4_SSL
from typing import Any, Literal

from controlwatch.core.model.errors import LockedOut, TimedOut, Unreachable
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.sources.mail_documents import Mail

#: Mails fetched at once; the others wait for the next time.
MAX_MAILS = 50
#: Seconds for one answer, and for one connection however slowly the server sends.
ANSWER_TIMEOUT, MAX_SECONDS = 30.0, 600.0
#: Bytes allowed in a literal beyond the mail itself.
LITERAL_MARGIN = 1_000_000

#: 7 (UID 43 RFC822.SIZE 2048 INTERNALDATE "17-Jul-2026 02:44:25 +0800" BODY[]<0> {2048}
SIZE_PATTERN = re.compile(rb"RFC822\.SIZE (\d{1,18})")
ARRIVAL_PATTERN = re.compile(rb'INTERNALDATE "([^"]{1,40})"')
#: What a folder's name encodes as &…- (RFC 3501, 5.1.3): 通讯, &
NON_ASCII_PATTERN = re.compile(r"[^\x20-\x7e]+|&")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapAccount:
    """A mailbox and the credentials for it."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: Literal["none", "starttls", "implicit"]
    folder: str


class ImapMailbox:
    """Reads one folder."""

    def __init__(
        self,
        account: ImapAccount,
        *,
        largest: int,
        most: int = MAX_MAILS,
        wait: float = ANSWER_TIMEOUT,
        longest: float = MAX_SECONDS,
    ) -> None:
        """Read at most `largest` bytes of a mail, `most` mails at once; `wait`, `longest` are seconds."""
        self._account, self._largest, self._most = account, largest, most
        self._wait, self._longest = wait, longest
        scheme = "imaps" if account.tls == "implicit" else "imap"
        self.address = f"{scheme}://{account.user}@{account.host}:{account.port}/{account.folder}"

    def count_mails(self) -> int:
        """Return the number of mails in the folder; raises as `fetch_mails` does."""
        with self._open_folder() as server:
            (*_, count) = server.response("EXISTS")[1]
            return int(count or b"0")

    def fetch_mails(self, *, after: str | None, since: datetime) -> Generator[Mail, None, None]:
        """Yield the mails after the one at this cursor, oldest first, up to a maximum.

        A cursor is UIDVALIDITY:UID. Without one, or when UIDVALIDITY has changed, yields the mails since the
        day (UTC) of `since`. Raises `Unreachable`, `TimedOut` or `LockedOut`.
        """
        with self._open_folder() as server:
            (validity,) = server.response("UIDVALIDITY")[1]
            if validity is None:
                raise Unreachable(f"{self._account.host} gives mails no lasting numbers (UIDVALIDITY)")
            era = str(int(validity))
            before, _, last = (after or "").partition(":")
            known = int(last) if before == era else 0
            day = since.astimezone(UTC).strftime("%d-%b-%Y")
            criteria = ("UID", f"{known + 1}:*") if known else ("SINCE", day)
            lines = self._require_ok(server.uid("SEARCH", *criteria), "a search")
            numbers = {int(number) for line in lines if line for number in line.split()}
            # 44:* is never empty: where 43 is the last, it means 43.
            new = sorted(number for number in numbers if number > known)
            for uid in new[: self._most]:
                if (mail := self._fetch_mail(server, era, uid)) is not None:
                    yield mail

    def _fetch_mail(self, server: IMAP4, era: str, uid: int) -> Mail | None:
        """Return a mail; None when it was deleted meanwhile."""
        items = f"(UID RFC822.SIZE INTERNALDATE BODY.PEEK[]<0.{self._largest}>)"
        answer = self._require_ok(server.uid("FETCH", str(uid), items), f"mail {uid}")
        parts = [part if isinstance(part, tuple) else (part or b"", b"") for part in answer]
        fields = b" ".join(part[0] for part in parts)
        size, arrived = SIZE_PATTERN.search(fields), ARRIVAL_PATTERN.search(fields)
        if size is None or arrived is None:
            return None
        body = b"".join(part[1] for part in parts)
        # Some servers only estimate the size: it matters only for a mail that was cut.
        whole = len(body) if len(body) < self._largest else max(int(size[1]), len(body))
        day = datetime.strptime(arrived[1].decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z")
        return Mail(cursor=f"{era}:{uid}", arrived_at=day, size=whole, body=body)

    def _require_ok(self, answer: tuple[str, list[Any]], what: str) -> list[Any]:
        status, data = answer
        if status != "OK":
            raise LockedOut(f"{self._account.host} refuses {what}: {self._redact_reply(data[-1])}")
        return data

    @contextmanager
    def _open_folder(self) -> Iterator[IMAP4]:
        """Connect, log in, open the folder read-only, and log out at the end."""
        account = self._account
        implicit = account.tls == "implicit"
        kind: type[_PlainImap | _TlsImap] = _TlsImap if implicit else _PlainImap
        with self._translate_errors():
            server = kind(
                account.host,
                account.port,
                timeout=self._wait,
                longest=self._longest,
                largest=self._largest + LITERAL_MARGIN,
                **({"ssl_context": ssl.create_default_context()} if implicit else {}),
            )
            try:
                if account.tls == "starttls":
                    server.starttls(ssl.create_default_context())  # raises when the server offers none
                self._log_in(server)
                folder = _quote_string(_encode_utf7(account.folder))
                self._require_ok(server.select(folder, readonly=True), "the folder")
                yield server
                with suppress(OSError, IMAP4.error):
                    server.logout()
            finally:
                with suppress(OSError):
                    server.shutdown()

    def _log_in(self, server: IMAP4) -> None:
        user = self._account.user
        try:
            if "AUTH=PLAIN" in server.capabilities:
                server.authenticate("PLAIN", lambda _challenge: self._plain_credentials)
            else:
                server.login(_quote_string(user), self._account.password)
        except IMAP4.abort:
            raise
        except (IMAP4.error, UnicodeError) as error:
            reply = self._redact_reply(error.args[0])
            raise LockedOut(f"{self._account.host} refused the login of {user}: {reply}") from None

    @property
    def _plain_credentials(self) -> bytes:
        """User and password in the form of PLAIN (RFC 4616)."""
        return f"\0{self._account.user}\0{self._account.password}".encode()

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Raise our error for each that the libraries raise."""
        host = self._account.host
        try:
            yield
        except TimeoutError:
            raise TimedOut(f"{host} did not answer in time") from None
        except ssl.SSLCertVerificationError as error:
            reason = error.verify_message
            raise Unreachable(f"the certificate of {host} is not trusted: {reason}") from None
        except OSError as error:
            raise Unreachable(f"{host} cannot be reached: {error.strerror or error}") from None
        except (IMAP4.error, ValueError, LookupError) as error:
            reply = self._redact_reply(error)
            raise Unreachable(f"{host} closed the connection, or does not speak IMAP: {reply}") from None

    def _redact_reply(self, reply: object) -> str:
        """Return a server's reply without our secrets: some servers repeat what they refuse."""
        text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
        for secret in (self._account.password, base64.b64encode(self._plain_credentials).decode()):
            text = text.replace(secret, "…")
        return to_one_line(text, 200)


class _BoundedConnection:
    """A connection that ends at its deadline and refuses literals that are too large."""

    def __init__(self, *arguments: Any, longest: float, largest: int, **options: Any) -> None:
        self._largest = largest
        self._received = 0  #: bytes of the answers to the current command
        self._late = False  #: whether the deadline closed it
        self._timer = threading.Timer(longest, self._hang_up)
        self._timer.daemon = True
        super().__init__(*arguments, **options)

    def open(self, *arguments: Any, **options: Any) -> None:
        """Connect; the time runs from here."""
        super().open(*arguments, **options)  # type: ignore[misc]
        self._timer.start()

    def read(self, size: int) -> bytes:
        """Read a literal of `size` bytes."""
        if size > self._largest:
            raise IMAP4.abort(f"it would send {size:,} bytes at once")
        self._count_received(size)
        with self._enforce_deadline():
            return super().read(size)  # type: ignore[misc,no-any-return]

    def readline(self) -> bytes:
        """Read a line."""
        with self._enforce_deadline():
            line: bytes = super().readline()  # type: ignore[misc]
        self._count_received(len(line))
        return line

    def uid(self, *arguments: Any) -> Any:
        """Send a command about mails by their UID; the bytes of its answers are counted from here."""
        self._received = 0
        return super().uid(*arguments)  # type: ignore[misc]

    def _count_received(self, count: int) -> None:
        self._received += count
        if self._received > self._largest + LITERAL_MARGIN:
            raise IMAP4.abort(f"it sends more than {self._received:,} bytes in answer to one command")

    @contextmanager
    def _enforce_deadline(self) -> Iterator[None]:
        try:
            yield
        finally:
            if self._late:  # what was read then is incomplete
                raise TimeoutError

    def shutdown(self) -> None:
        """Close the connection."""
        self._timer.cancel()
        super().shutdown()  # type: ignore[misc]

    def _hang_up(self) -> None:
        self._late = True
        with suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)  # type: ignore[attr-defined]


class _PlainImap(_BoundedConnection, IMAP4): ...


class _TlsImap(_BoundedConnection, IMAP4_SSL): ...


def _quote_string(text: str) -> str:
    """Return text as IMAP's quoted string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _encode_utf7(name: str) -> str:
    """Return a folder's name in the modified UTF-7 of servers.

    >>> _encode_utf7("Law & News/通讯")
    'Law &- News/&kBqLrw-'
    """

    def encode_run(run: re.Match[str]) -> str:
        if run[0] == "&":
            return "&-"
        encoded = base64.b64encode(run[0].encode("utf-16-be")).decode("ascii").rstrip("=")
        return f"&{encoded.replace('/', ',')}-"

    return NON_ASCII_PATTERN.sub(encode_run, name)
