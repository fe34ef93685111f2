"""A mail server in a process of its own, so that its work is not counted as ours: it takes all, and says what came."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP

from tests.processes import server_of_forks

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MESSAGE_ID = re.compile(rb"^Message-ID: <([^>]+)>", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A mail that the server said yes to."""

    to: str
    message_id: str
    at: float  #: by the monotonic clock, which all processes of a machine share
    size: int


class MailServer:
    """The server, seen from here."""

    def __init__(self) -> None:
        self._pipe, theirs = server_of_forks.Pipe()
        self._process = server_of_forks.Process(target=_serve, args=(theirs,), daemon=True)

    def __enter__(self) -> MailServer:
        self._process.start()
        self.port = int(self._pipe.recv())
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.send("stop")
        self._process.join()

    @property
    def url(self) -> str:
        """The address for CONTROLWATCH_SMTP_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    def count(self) -> int:
        """How many mails came since the server was last emptied."""
        return int(self._asked("count"))

    def first(self) -> bytes:
        """The first of them, as it was sent."""
        return bytes(self._asked("first"))

    def emptied(self) -> list[Taken]:
        """Return what came, and begin anew."""
        return list(self._asked("emptied"))

    def _asked(self, question: str) -> Any:
        self._pipe.send(question)
        return self._pipe.recv()


class _Handler:
    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.first = b""

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802
        del server, session
        found = MESSAGE_ID.search(envelope.content)
        name = found[1].decode() if found else ""
        self.first = self.first or envelope.content
        self.taken.append(
            Taken(to=envelope.rcpt_tos[0], message_id=name, at=time.monotonic(), size=len(envelope.content))
        )
        return "250 OK"

    def answer(self, question: str) -> object:
        if question == "count":
            return len(self.taken)
        if question == "first":
            return self.first
        taken, self.taken, self.first = self.taken, [], b""
        return taken


def _serve(pipe: Connection) -> None:
    asyncio.run(_run(pipe))


async def _run(pipe: Connection) -> None:
    loop = asyncio.get_running_loop()
    handler = _Handler()
    server = await loop.create_server(lambda: SMTP(handler), "127.0.0.1", 0)
    pipe.send(server.sockets[0].getsockname()[1])
    while (question := await loop.run_in_executor(None, pipe.recv)) != "stop":
        pipe.send(handler.answer(question))
    server.close()
