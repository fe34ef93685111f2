"""Web sites on loopback: many hosts behind one port, distinguished by the Host header."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that a site received."""

    method: str
    host: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The response of a site. With `etag`, a matching If-None-Match gets 304."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html"
    headers: dict[str, str] = field(default_factory=dict)
    etag: bool = False


Reply = Answer | Callable[[Asked], Answer]


class Sites:
    """A set of sites. Pages may be added, changed and removed while it runs."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, str], Reply] = {}
        self.asked: list[Asked] = []  #: every request, in order
        self._server = LoopbackServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._serve, name="sites", daemon=True)

    def _serve(self) -> None:
        # The default would delay the end of every test by half a second.
        self._server.serve_forever(poll_interval=0.02)

    def __enter__(self) -> Sites:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def origin(self) -> str:
        """The URL to connect to."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def put(self, url: str, reply: Reply) -> None:
        """Serve a page; without a query in its URL, it is served for any query."""
        self._pages[_place(url)] = reply

    def take_down(self, url: str) -> None:
        """Remove a page: 404 from now on."""
        self._pages.pop(_place(url), None)

    def answer(self, asked: Asked) -> Answer:
        """Return the response to a request."""
        self.asked.append(asked)
        whole = (asked.host, f"{asked.path}?{asked.query}" if asked.query else asked.path)
        reply = self._pages.get(whole) or self._pages.get((asked.host, asked.path))
        if reply is None:
            return Answer(status=404, body=b"<html><title>404</title></html>")
        found = reply if isinstance(reply, Answer) else reply(asked)
        return _conditional(found, asked)


class LoopbackServer(ThreadingHTTPServer):
    """A server whose clients may leave early."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that disconnect early; report other errors as the library does."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _conditional(answer: Answer, asked: Asked) -> Answer:
    if not answer.etag:
        return answer
    tag = f'"{hashlib.sha256(answer.body).hexdigest()[:16]}"'
    headers = {**answer.headers, "ETag": tag}
    if asked.headers.get("if-none-match") == tag:
        return Answer(status=304, headers=headers)
    return Answer(body=answer.body, status=answer.status, content_type=answer.content_type, headers=headers)


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    path = parts.path or "/"
    return parts.netloc.lower(), f"{path}?{parts.query}" if parts.query else path


def _handler(sites: Sites) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Header and body in one packet: a second one would wait 40 ms for an acknowledgement.
        wbufsize = -1
        disable_nagle_algorithm = True
        served: ClassVar[Sites] = sites

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            asked = Asked(
                method=self.command,
                host=(self.headers.get("Host") or "").lower(),
                path=parts.path,
                query=parts.query,
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length),
            )
            self._send(self.served.answer(asked))

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            if answer.status != 304:
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if answer.status != 304:
                self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Log nothing: the terminal shows the demo's story."""

    return Handler
