"""A mail server on loopback that keeps the mails it accepts: aiosmtpd, with the refusals that tests need.

Needs the extra `demo`.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import time
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


class _AnyPort(Controller):
    """A controller that listens on a port that the system chooses."""

    def _trigger_server(self) -> None:
        if isinstance(self.server, asyncio.Server):
            self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class Mailbox:
    """Accepts mail for any recipient, except those to `refuse`, to `defer`, or with other `replies`."""

    def __init__(self, *, port: int = 0, **options: Any) -> None:
        """Port 0 is any free port; `options` go to aiosmtpd's Controller (STARTTLS, authentication)."""
        self.mails: list[EmailMessage] = []
        self.sources: list[bytes] = []  #: the same mails as sent: a parser hides what was encoded
        self.recipients: list[list[str]] = []
        self.arrived: list[float] = []  #: when each was accepted, by the monotonic clock
        self.peers: set[tuple[str, int]] = set()  #: the client addresses of the connections
        self.refuse: set[str] = set()
        self.defer: set[str] = set()
        self.replies: dict[str, str] = {}
        self._controller = _AnyPort(self, hostname="127.0.0.1", port=port, **options)

    def __enter__(self) -> Mailbox:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def port(self) -> int:
        """The port that the server listens on."""
        return int(self._controller.port)

    @property
    def url(self) -> str:
        """The URL for CONTROLWATCH_SMTP_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(  # noqa: N802 - the name is the library's
        self, server: object, session: object, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Accept or refuse a recipient."""
        del server, session, options
        if address in self.replies:
            return self.replies[address]
        if address in self.refuse:
            return "550 5.1.1 no such user"
        if address in self.defer:
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: object, session: Any, envelope: Any) -> str:  # noqa: N802
        """Accept a mail and keep it."""
        del server
        self.arrived.append(time.monotonic())
        self.peers.add(session.peer)
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append(parsed)
        self.sources.append(envelope.content)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"
