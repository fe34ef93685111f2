"""Transports below httpx: connections are limited in time and bytes, and lead only to permitted addresses.

httpx limits only the wait for each piece. Without these limits, a server that sends one letter of a header
every second, or compressed data that expands to nothing, could keep a poll waiting without end.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import httpx
from socksio import SOCKSError

from controlwatch.adapters.fetch.declared_tls import build_tls_context
from controlwatch.adapters.limits.bounded_http import open_bounded_transport, resolve_addresses
from controlwatch.adapters.network.proxies import read_proxy_routes
from controlwatch.adapters.network.public_addresses import is_inside_host, is_public_address
from controlwatch.core.model.errors import OutOfTime, Stopping, TooLarge
from controlwatch.core.sources.watcher import HostTls, Http

#: The key among the extensions of a request for the `HostTls` that is declared for its host.
TLS_RULES = "controlwatch_tls"
MAX_HEADER_BYTES = 1_000_000  #: bytes of an answer beside its body, the frames of its chunks included


@dataclass(slots=True, kw_only=True)
class Allowance:
    """What one request may still take of its poll's time, and of the bytes of one answer."""

    url: str
    limits: Http
    deadline: float  #: end of the poll, by `clock`
    clock: Callable[[], float]  #: seconds that only go forward
    stopping: threading.Event
    connections_opened: int = 0
    bytes_received: int = 0  #: as they come: compressed, and with their headers

    def get_seconds_left(self) -> float:
        """Return the seconds left for the poll; raises `OutOfTime` when there are none, or `Stopping`."""
        if self.stopping.is_set():
            raise Stopping("the service is being stopped")
        left = self.deadline - self.clock()
        if left <= 0:
            raise OutOfTime(f"{self.url}: this poll's {self.limits.budget:.0f} s are used up")
        return left

    def spend_bytes(self, count: int) -> None:
        """Count received bytes; raises `TooLarge` when there are too many."""
        self.bytes_received += count
        if self.bytes_received > self.limits.largest + MAX_HEADER_BYTES:
            raise self.build_size_error()

    def build_size_error(self) -> TooLarge:
        """Return the error for an answer that is too large."""
        return TooLarge(
            f"{self.url} is larger than {self.limits.largest:,} bytes; it was not read to its end"
        )


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
    return _open_direct(private=private), mounts


#: The trusted certificates, read once: that takes longer than everything else about a client.
_load_tls_context = cache(build_tls_context)


class _DeclaredTlsTransport(httpx.BaseTransport):
    """Sends each request with the TLS that is declared for its host, over connections of their own."""

    def __init__(self, open_transport: Callable[[ssl.SSLContext], httpx.BaseTransport]) -> None:
        self._open_transport = open_transport
        self._plain = open_transport(_load_tls_context(None))
        self._special: dict[HostTls, httpx.BaseTransport] = {}
        self._guard = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        rules = request.extensions.get(TLS_RULES)
        if not isinstance(rules, HostTls):
            return self._plain.handle_request(request)
        with self._guard:
            if rules not in self._special:
                self._special[rules] = self._open_transport(_load_tls_context(rules))
        return self._special[rules].handle_request(request)

    def close(self) -> None:
        for transport in (self._plain, *self._special.values()):
            transport.close()


def _open_direct(*, private: bool) -> httpx.BaseTransport:
    """Return a transport that connects by itself, and to public addresses alone unless `private`."""
    resolve = resolve_addresses if private else _resolve_public
    return _DeclaredTlsTransport(
        lambda context: open_bounded_transport(context, resolve=resolve, is_lenient=True)
    )


class _ProxiedTransport(httpx.BaseTransport):
    """Sends requests through a proxy, whose own address may be private: the operator has set it.

    The proxy looks names up. What is known to lead inside without that is refused here.
    """

    def __init__(self, proxy: str, *, private: bool) -> None:
        self._private = private
        self._inner = _DeclaredTlsTransport(
            lambda context: open_bounded_transport(context, proxy=proxy, is_lenient=True)
        )

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
        self._inner = _open_direct(private=True)

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


def _resolve_public(host: str, port: int) -> list[str]:
    """Return the addresses of a host; raises `OSError` if any of them is not public."""
    addresses = resolve_addresses(host, port)
    for address in addresses:
        if not is_public_address(address):
            raise OSError(f"{host} leads to {address}, which is not a public address")
    return addresses
