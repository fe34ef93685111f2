"""A real IMAP server on loopback, pymap with its mails in memory, and servers that are none."""

from __future__ import annotations

import asyncio
import imaplib
import socket
import threading
from argparse import Namespace
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPServer
from pysasl.hashing import BuiltinHash

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

USER, PASSWORD = "desk@corp.example", 'r1ght "pass"/wörd'


class ImapServer:
    """A mailbox of one person, and the ways in which that person handles it from their own mail program."""

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, starttls: bool = False, folder: str = "News"
    ) -> None:
        self.folder, self._tls, self._starttls = folder, tls, starttls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.asked: list[bytes] = []  #: every line that clients sent

    def __enter__(self) -> ImapServer:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        if self._tls is None:
            with self.person() as person:
                person.create(f'"{self.folder}"')
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        talking = asyncio.all_tasks() - {asyncio.current_task()}
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)

    async def _serve(self) -> asyncio.Server:
        asked = {"host": "127.0.0.1", "port": 0, "debug": False, "cert": None, "key": None}
        said = {"tls": self._starttls, "passlib_cfg": None, "proxy_protocol": None, "demo_data": False}
        args = Namespace(**asked, **said, demo_user=USER, demo_password=PASSWORD)
        backend, config = await DictBackend.init(
            args, hash_context=BuiltinHash(rounds=1), invalid_user_sleep=0.0, ssl_context=self._tls
        )
        config.apply_context()
        callback = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(backend.login, config))

        async def heard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            whole = reader.readline

            async def readline() -> bytes:
                self.asked.append(line := await whole())
                return line

            reader.readline = readline  # type: ignore[method-assign]
            with suppress(ConnectionError, EOFError):
                await callback(reader, writer)

        implicit = self._tls if self._tls is not None and not self._starttls else None
        return await asyncio.start_server(heard, "127.0.0.1", 0, ssl=implicit, limit=2**27)

    def url(self, *, password: str = PASSWORD, folder: str | None = None, scheme: str = "imap") -> str:
        """The address for CONTROLWATCH_MAILBOX_URL."""
        entry = f"{quote(USER, safe='')}:{quote(password, safe='')}@127.0.0.1:{self.port}"
        query = "?starttls=true" if self._starttls else ""
        return f"{scheme}://{entry}/{quote(folder or self.folder)}{query}"

    @contextmanager
    def person(self) -> Iterator[imaplib.IMAP4]:
        """The mail program of the person whose mailbox it is."""
        with imaplib.IMAP4("127.0.0.1", self.port) as program:
            program.authenticate("PLAIN", lambda _challenge: f"\0{USER}\0{PASSWORD}".encode())
            yield program

    def put(self, *mails: bytes, at: datetime) -> None:
        """Have mails come in at that time."""
        with self.person() as person:
            for mail in mails:
                done = person.append(self.folder, "", imaplib.Time2Internaldate(at.astimezone(UTC)), mail)
                assert done[0] == "OK", done

    def remove(self) -> None:
        """Delete the folder."""
        with self.person() as person:
            person.delete(self.folder)

    def create(self) -> None:
        """Make the folder anew: its mails are numbered by another UIDVALIDITY."""
        with self.person() as person:
            person.create(self.folder)

    def unread(self) -> int:
        """How many mails their reader has not opened yet."""
        with self.person() as person:
            person.select(self.folder, readonly=True)
            return len(person.search(None, "UNSEEN")[1][0].split())


@contextmanager
def scripted(*lines: bytes, then: str = "hang") -> Iterator[int]:
    """A server that says its lines to whoever asks, a line for each that it is told, and then hangs or drips."""
    ended = threading.Event()

    def talk(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            told = connection.makefile("rb")
            for place, line in enumerate(lines):
                tag = told.readline().split(b" ", maxsplit=1)[0] if place else b""
                connection.sendall(line.replace(b"TAG", tag))
            while then != "end" and not ended.wait(0.02):
                if then == "drip":
                    connection.sendall(b".")

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def listen() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=talk, args=(listening.accept()[0],), daemon=True).start()

        threading.Thread(target=listen, daemon=True).start()
        yield int(listening.getsockname()[1])
        ended.set()


def header(**values: str) -> bytes:
    """Headers of a mail, as they are."""
    return "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in values.items()).encode()


def newsletter(subject: str, text: str, **more: Any) -> bytes:
    """A mail as law firms send it."""
    head = header(From="Trade desk <desk@law.example>", To=USER, Subject=subject, MIME_Version="1.0", **more)
    return head + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.replace("\n", "\r\n").encode()
