"""A server that answers byte for byte as a test says, plain or in TLS, and remembers what it was asked."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.core.sources.requests import Request
from tests.services.world import WATCHER

if TYPE_CHECKING:
    import ssl

    from controlwatch.core.model import Snapshot
    from controlwatch.core.sources.watcher import Watcher

#: Called with the request's first line and its headers as they came.
Reply = Callable[[str, str], bytes]


@dataclass(slots=True)
class RawServer:
    """Where a server is, and the paths it was asked for."""

    host: str
    paths: list[str] = field(default_factory=list)


@contextmanager
def serving(reply: Reply, *, tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """Serve one answer per connection, then close it."""

    def talk(line: socket.socket) -> None:
        with suppress(OSError), line, tls.wrap_socket(line, server_side=True) if tls else line as spoken:
            asked = b""
            while b"\r\n\r\n" not in asked and asked[:1] != b"\x16" and (more := spoken.recv(65536)):
                asked += more
            if asked:
                head = asked.decode("latin-1")
                # A connection that is closed with unread bytes is reset, and its answer may be lost.
                length = re.search(r"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
                missing = int(length[1]) - len(asked.partition(b"\r\n\r\n")[2]) if length else 0
                while missing > 0 and (more := spoken.recv(65536)):
                    missing -= len(more)
                server.paths.append(head.split(" ")[1] if "HTTP/" in head else "")
                spoken.sendall(reply(server.paths[-1], head))

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(f"127.0.0.1:{listener.getsockname()[1]}")
        threading.Thread(target=accept, daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)


def answer(body: bytes = b"", *lines: bytes, status: bytes = b"200 OK") -> bytes:
    """Return an answer with these header lines and no length."""
    head = b"\r\n".join([b"HTTP/1.1 " + status, b"Content-Type: text/html; charset=utf-8", *lines])
    return head + b"\r\n\r\n" + body


def watcher_of(server: RawServer, **http: object) -> Watcher:
    """A watcher of a server."""
    return replace(WATCHER, http=replace(WATCHER.http, hosts=(server.host,), **http))  # type: ignore[arg-type]


def ask(
    watcher: Watcher, path: str = "/list.html", *, scheme: str = "http", form: bool = False
) -> Snapshot | None:
    """Ask a server once, with a client of its own."""
    fetch = HttpFetcher(private=True)
    url = f"{scheme}://{watcher.http.hosts[0]}{path}"
    request = Request(url=url, method="POST", form=(("page", "1"),)) if form else Request(url=url)
    try:
        with fetch.open_session(watcher) as session:
            return session(request)
    finally:
        fetch.close()
