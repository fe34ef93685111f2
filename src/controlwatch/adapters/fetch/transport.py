"""Transports below httpx: connections are limited in time and bytes, and lead only to permitted addresses.

httpx limits only the wait for each piece. Without these limits, a server that sends one letter of a header
every second, or compressed data that expands to nothing, could keep a poll waiting without end.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import Any
from urllib.request import getproxies

import httpcore
import httpx

from controlwatch.core.model.errors import OutOfTime, Stopping, TooLarge
from controlwatch.core.sources.watcher import Http

MAX_HEADER_BYTES = 1_000_000  #: bytes of an answer beside its body, the frames of its chunks included


@dataclass(slots=True, kw_only=True)
class Allowance:
    """What one request may still take of its poll's time, and of the bytes of one answer."""

    url: str
    limits: Http
    deadline: float  #: end of the poll, by `clock`
    clock: Callable[[], float]  #: seconds that only go forward
    stopping: threading.Event
    bytes_received: int = 0  #: as they come: compressed, and with their headers

    def get_seconds_left(self) -> float:
        """Return the seconds left for the poll; raises `OutOfTime` when there are none, or `Stopping`."""
        if self.stopping.is_set():
            raise Stopping("the service is being stopped")
        left = self.deadline - self.clock()
        if left <= 0:
            raise OutOfTime(f"{self.url}: this poll's {self.limits.budget:.0f} s are used up")
        return left

    def spend_bytes(self, received: bytes) -> bytes:
        """Return what was received; raises `TooLarge` when that was too much."""
        self.bytes_received += len(received)
        if self.bytes_received > self.limits.largest + MAX_HEADER_BYTES:
            raise self.build_size_error()
        return received

    def build_size_error(self) -> TooLarge:
        """Return the error for an answer that is too large."""
        return TooLarge(
            f"{self.url} is larger than {self.limits.largest:,} bytes; it was not read to its end"
        )


#: The allowance that every connection of this thread keeps to, while it is set.
current_allowance: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


def open_transport(*, connect_to: str | None, private: bool) -> httpx.BaseTransport:
    """Return the transport of a client: to one origin, to public addresses, or to any if `private`.

    Behind a proxy, the proxy resolves names and decides where they may lead.
    """
    if connect_to is not None:
        return _FixedOriginTransport(connect_to)
    return _open_bounded() if private or getproxies() else _PublicTransport()


def bound_transport(transport: httpx.HTTPTransport) -> httpx.HTTPTransport:
    """Return a transport whose connections keep to the current allowance."""
    # httpx passes no network backend on to httpcore, which takes one.
    transport._pool._network_backend = _BoundedBackend()
    return transport


#: The trusted certificates, read once: that takes longer than everything else about a client.
_load_tls_context = cache(httpx.create_ssl_context)


def _open_bounded(*, verify: ssl.SSLContext | None = None) -> httpx.HTTPTransport:
    return bound_transport(httpx.HTTPTransport(retries=0, verify=verify or _load_tls_context()))


class _PublicTransport(httpx.BaseTransport):
    """Connects only to public addresses: a name may lead into our own network, by mistake or on purpose.

    It connects to the very address that was checked, with the host name in the request and in TLS.
    """

    def __init__(self, *, verify: ssl.SSLContext | None = None) -> None:
        self._inner = _open_bounded(verify=verify)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        failure: httpx.ConnectError | None = None
        for address in _resolve_public(host, request):
            redirected = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,  # with the original Host
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": host},
            )
            try:
                return self._inner.handle_request(redirected)
            except httpx.ConnectError as error:
                failure = error
        raise failure or httpx.ConnectError(f"{host} has no address", request=request)

    def close(self) -> None:
        self._inner.close()


def _resolve_public(host: str, request: httpx.Request) -> list[str]:
    """Return the addresses of a host; raises ConnectError if any of them is not public."""
    try:
        found = socket.getaddrinfo(host, request.url.port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpx.ConnectError(f"{host} has no address: {error}", request=request) from error
    addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
    for address in addresses:
        if not ip_address(address.partition("%")[0]).is_global:
            message = f"{host} leads to {address}, which is not a public address"
            raise httpx.ConnectError(message, request=request)
    return addresses


class _FixedOriginTransport(httpx.BaseTransport):
    """Sends every request to one origin, with its original Host."""

    def __init__(self, origin: str) -> None:
        self._origin = httpx.URL(origin)
        self._inner = _open_bounded()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url.copy_with(
            scheme=self._origin.scheme, host=self._origin.host, port=self._origin.port
        )
        redirected = httpx.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
        )
        return self._inner.handle_request(redirected)

    def close(self) -> None:
        self._inner.close()


def _limit_wait(timeout: float | None) -> float | None:
    """Return how many seconds the next piece may take."""
    allowance = current_allowance.get()
    if allowance is None:
        return timeout
    left = allowance.get_seconds_left()
    return left if timeout is None else min(timeout, left)


class _BoundedBackend(httpcore.SyncBackend):
    """Connects as httpcore does, within the current allowance."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        allowed = _limit_wait(timeout)
        return _BoundedStream(super().connect_tcp(host, port, allowed, local_address, socket_options))


class _BoundedStream(httpcore.NetworkStream):
    """A connection, plain or within TLS."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        received = self._inner.read(max_bytes, _limit_wait(timeout))
        allowance = current_allowance.get()
        return received if allowance is None else allowance.spend_bytes(received)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _limit_wait(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _BoundedStream(self._inner.start_tls(ssl_context, server_hostname, _limit_wait(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
