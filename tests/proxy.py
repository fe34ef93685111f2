"""A proxy on loopback that speaks HTTP, CONNECT and SOCKS5, and leads every name to one server."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class ProxyStandIn:
    """What a proxy was asked for: the host and port, and by which protocol."""

    address: str  #: host:port
    asked: list[tuple[str, str]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)


@contextmanager
def proxy_to(origin: str) -> Iterator[ProxyStandIn]:
    """Open a proxy that leads every name to this origin."""
    target = urlsplit(origin)
    with socket.create_server(("127.0.0.1", 0)) as server:
        stand_in = ProxyStandIn("{}:{}".format(*server.getsockname()))

        def serve() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=talk, args=(server.accept()[0],), daemon=True).start()

        def talk(line: socket.socket) -> None:
            with line, suppress(OSError, IndexError):
                first = line.recv(65536)
                with socket.create_connection((str(target.hostname), int(target.port or 80))) as onward:
                    forward = _begin_socks if first[:1] == b"\x05" else _begin_http
                    onward.sendall(forward(line, first, stand_in))
                    _pipe(line, onward)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield stand_in
        finally:
            server.shutdown(socket.SHUT_RDWR)


def _begin_http(line: socket.socket, first: bytes, stand_in: ProxyStandIn) -> bytes:
    while b"\r\n\r\n" not in first:
        first += line.recv(65536)
    method, url, _ = first.split(b" ", 2)
    for header in first.split(b"\r\n"):
        if header.lower().startswith(b"proxy-authorization:"):
            stand_in.logins.append(header.partition(b":")[2].strip().decode())
    if method == b"CONNECT":
        stand_in.asked.append(("CONNECT", url.decode()))
        line.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return b""
    stand_in.asked.append(("HTTP", urlsplit(url.decode()).netloc))
    return first.replace(b"Connection: keep-alive", b"Connection: close")


def _begin_socks(line: socket.socket, first: bytes, stand_in: ProxyStandIn) -> bytes:
    if 2 in first[2:]:  # name and password
        line.sendall(b"\x05\x02")
        stand_in.logins.append(line.recv(4096)[2:].decode("latin-1"))
        line.sendall(b"\x01\x00")
    else:
        line.sendall(b"\x05\x00")
    request = line.recv(4096)
    length = request[4]
    host, port = request[5 : 5 + length].decode(), int.from_bytes(request[5 + length : 7 + length], "big")
    stand_in.asked.append(("SOCKS5", f"{host}:{port}"))
    line.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
    return b""


def _pipe(line: socket.socket, onward: socket.socket) -> None:
    def back() -> None:
        with suppress(OSError):
            while piece := onward.recv(65536):
                line.sendall(piece)
            line.shutdown(socket.SHUT_WR)

    answering = threading.Thread(target=back, daemon=True)
    answering.start()
    with suppress(OSError):
        while piece := line.recv(65536):
            onward.sendall(piece)
        onward.shutdown(socket.SHUT_WR)
    answering.join()
