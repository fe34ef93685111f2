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
from typing import Any

import httpcore
import httpx
from httpcore._backends.sync import SyncStream  # a socket as httpcore reads it; no public name
from socksio import SOCKSError

from controlwatch.adapters.limits.exchange import resolve_host
from controlwatch.adapters.limits.happy_eyeballs import connect_to_first, sort_addresses
from controlwatch.adapters.network.proxies import read_proxy_routes
from controlwatch.adapters.network.public_addresses import is_inside_host, is_public_address
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


def open_transports(
    *, connect_to: str | None, private: bool
) -> tuple[httpx.BaseTransport, dict[str, httpx.BaseTransport | None]]:
    """Return the transport of a client, and its `mounts`: those to the proxies of the environment.

    With `connect_to`, every request goes to that origin, and through no proxy. Otherwise requests go only to
    public addresses, unless `private`: the guard is a matter of each connection, whatever proxies there are.
    Raises `DeclarationError` for a proxy that cannot be used.
    """
    if connect_to is not None:
        return _FixedOriginTransport(connect_to), {}
    mounts: dict[str, httpx.BaseTransport | None] = {
        pattern: None if proxy is None else _ProxiedTransport(proxy, private=private)
        for pattern, proxy in read_proxy_routes().items()
    }
    return _open_bounded(private=private), mounts


#: The trusted certificates, read once: that takes longer than everything else about a client.
_load_tls_context = cache(httpx.create_ssl_context)


def _open_bounded(
    *, private: bool, proxy: httpx.Proxy | None = None, verify: ssl.SSLContext | None = None
) -> httpx.HTTPTransport:
    """Return a transport whose connections keep to the current allowance, and to public addresses."""
    transport = httpx.HTTPTransport(retries=0, verify=verify or _load_tls_context(), proxy=proxy)
    # httpx passes no network backend on to httpcore, which takes one.
    transport._pool._network_backend = _BoundedBackend(private=private)
    return transport


class _ProxiedTransport(httpx.BaseTransport):
    """Sends requests through a proxy, whose own address may be private: the operator has set it.

    The proxy looks names up. What is known to lead inside without that is refused here.
    """

    def __init__(self, proxy: str, *, private: bool) -> None:
        self._private = private
        tls = _load_tls_context() if proxy.startswith("https:") else None
        self._inner = _open_bounded(private=True, proxy=httpx.Proxy(proxy, ssl_context=tls))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.raw_host.decode("ascii")
        if not self._private and is_inside_host(host):
            raise httpx.ConnectError(f"{host} is not a public address", request=request)
        try:
            return self._inner.handle_request(request)
        except (SOCKSError, AssertionError, ValueError) as error:
            # what socksio and httpcore raise for an answer that is not SOCKS
            raise httpx.ProxyError("the proxy does not answer as one", request=request) from error

    def close(self) -> None:
        self._inner.close()


class _FixedOriginTransport(httpx.BaseTransport):
    """Sends every request to one origin, with its original Host."""

    def __init__(self, origin: str) -> None:
        self._origin = httpx.URL(origin)
        self._inner = _open_bounded(private=True)

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
    """Connects within the current allowance, to the very addresses that were checked."""

    def __init__(self, *, private: bool) -> None:
        self._private = private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        del local_address  # of no transport here
        try:
            addresses = _resolve_any(host, port) if self._private else _resolve_public(host, port)
            connected = connect_to_first(addresses, port, _limit_wait(timeout))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        for option in socket_options or ():
            connected.setsockopt(*option)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _BoundedStream(SyncStream(connected))


def _resolve_any(host: str, port: int) -> list[str]:
    """Return the addresses of a host, private ones too; raises ConnectError where it has none."""
    try:
        places = resolve_host(host, port, _limit_wait(None))
    except TimeoutError:
        raise
    except OSError as error:
        raise httpcore.ConnectError(f"{host} has no address: {error}") from error
    return sort_addresses(str(address[0]) for *_, address in places)


def _resolve_public(host: str, port: int) -> list[str]:
    """Return the addresses of a host; raises ConnectError if any of them is not public."""
    addresses = _resolve_any(host, port)
    for address in addresses:
        if not is_public_address(address):
            raise httpcore.ConnectError(f"{host} leads to {address}, which is not a public address")
    return addresses


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
