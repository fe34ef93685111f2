"""An HTTP client whose exchanges have a limit of their whole time and of their bytes."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx
from httpcore._backends.sync import SyncStream  # a socket as httpcore reads it; no public name

from controlwatch.adapters.limits.exchange import (
    MAX_ANSWER_BYTES,
    AnswerTooLarge,
    count_connection,
    count_received,
    limit_exchange,
    limit_wait,
    resolve_host,
)
from controlwatch.adapters.limits.happy_eyeballs import connect_to_first, sort_addresses
from controlwatch.adapters.limits.lenient_answers import LenientAnswers
from controlwatch.adapters.network.proxies import read_proxy_routes

#: What the stream of an answer tells beside what httpcore's do: whether more came than was announced.
SURPLUS = "controlwatch_surplus"
WRITE_SIZE = 1 << 14  #: bytes written at once: the time left is computed anew for each piece


class AnswerTooLong(httpx.ReadError):
    """The answer is longer than any that tells whether a request was accepted; it was not read to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """A whole answer."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body, decoded as UTF-8 as far as possible."""
        return self.body.decode("utf-8", "replace")


class BoundedHttpClient:
    """Sends requests, and follows no redirect. Safe to use from several threads."""

    def __init__(
        self, *, seconds: float, max_bytes: int = MAX_ANSWER_BYTES, tls: ssl.SSLContext | None = None
    ) -> None:
        """`seconds` is for a whole exchange, `max_bytes` for its answer, headers included."""
        self._seconds, self._max_bytes, self._tls = seconds, max_bytes, tls
        self._guard = threading.Lock()
        self._opened: httpx.Client | None = None

    def send(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        """Send a request and return the answer, whatever its status; raises `httpx.HTTPError`.

        Raises `httpx.InvalidURL` for an address that is none.
        """
        # An answer that is compressed could expand to any size.
        plain = {"Accept-Encoding": "identity", **(headers or {})}
        with limit_exchange(self._seconds, max_bytes=self._max_bytes) as limit:
            try:
                with self._open().stream(method, url, content=body, headers=plain) as answer:
                    content = b"".join(answer.iter_raw())
            except httpx.ReadError as error:
                if limit.bytes_received > limit.max_bytes:
                    raise AnswerTooLong(f"the answer is longer than {limit.max_bytes:,} bytes") from error
                raise
        return HttpAnswer(status=answer.status_code, headers=answer.headers, body=content)

    def close(self) -> None:
        """Close the connections that are not in use."""
        with self._guard:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    def _open(self) -> httpx.Client:
        """Return the client, opened at the first request: reading the trusted certificates takes long."""
        with self._guard:
            if self._opened is None:
                tls = self._tls or httpx.create_ssl_context()
                self._opened = httpx.Client(
                    timeout=self._seconds,
                    follow_redirects=False,
                    transport=open_bounded_transport(tls),
                    mounts={
                        pattern: open_bounded_transport(tls, proxy=proxy) if proxy is not None else None
                        for pattern, proxy in read_proxy_routes().items()
                    },
                )
            return self._opened


def resolve_addresses(host: str, port: int) -> list[str]:
    """Return the addresses of a host within the current limit, best first; raises `OSError`."""
    try:
        places = resolve_host(host, port, limit_wait(None))
    except socket.gaierror as error:
        raise OSError(f"{host} has no address: {error.strerror}") from error
    return sort_addresses(str(address[0]) for *_, address in places)


def open_bounded_transport(
    tls: ssl.SSLContext,
    *,
    proxy: str | None = None,
    resolve: Callable[[str, int], list[str]] = resolve_addresses,
    is_lenient: bool = False,
) -> httpx.HTTPTransport:
    """Return a transport whose connections keep to the current limit, through a proxy where one is given.

    `resolve` returns the addresses that may be connected to; raises `OSError` where there are none. With
    `is_lenient`, answers that are not quite legal are mended as browsers do.
    """
    through = None
    if proxy is not None:
        through = httpx.Proxy(proxy, ssl_context=tls if proxy.startswith("https:") else None)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    transport = httpx.HTTPTransport(verify=tls, limits=limits, proxy=through)
    # httpx passes no network backend on to httpcore, which takes one.
    transport._pool._network_backend = _BoundedBackend(resolve, is_lenient=is_lenient)
    return transport


def send_once(
    method: str,
    url: str,
    *,
    seconds: float,
    max_bytes: int = MAX_ANSWER_BYTES,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpAnswer:
    """Send one request over a connection of its own; raises as `BoundedHttpClient.send` does."""
    client = BoundedHttpClient(seconds=seconds, max_bytes=max_bytes)
    try:
        return client.send(method, url, body=body, headers=headers)
    finally:
        client.close()


class _BoundedBackend(httpcore.SyncBackend):
    """Connects as httpcore does, within the current limit, to the very addresses that were resolved."""

    def __init__(self, resolve: Callable[[str, int], list[str]], *, is_lenient: bool) -> None:
        self._resolve, self._is_lenient = resolve, is_lenient

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        del local_address  # of no client here
        try:
            connected = connect_to_first(self._resolve(host, port), port, limit_wait(timeout))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        count_connection()
        for option in socket_options or ():
            connected.setsockopt(*option)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _BoundedStream(SyncStream(connected), LenientAnswers() if self._is_lenient else None)


class _BoundedStream(httpcore.NetworkStream):
    """A connection, plain or within TLS."""

    def __init__(self, inner: httpcore.NetworkStream, answers: LenientAnswers | None = None) -> None:
        self._inner, self._answers = inner, answers

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            received = self._inner.read(max_bytes, _limit_http_wait(timeout))
            try:
                count_received(len(received))
            except AnswerTooLarge as error:
                raise httpcore.ReadError(str(error)) from error
            ready = self._answers.feed(received) if self._answers is not None else received
            if ready is not None:
                return ready

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._answers is not None:
            self._answers.expect_head()
        for start in range(0, len(buffer), WRITE_SIZE):
            self._inner.write(buffer[start : start + WRITE_SIZE], _limit_http_wait(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            secured = self._inner.start_tls(ssl_context, server_hostname, _limit_http_wait(timeout))
        except httpcore.ConnectTimeout as error:
            raise httpcore.ConnectTimeout("the TLS handshake was not finished in time") from error
        except httpcore.ConnectError as error:
            raise httpcore.ConnectError(f"TLS handshake: {error}") from error
        return _BoundedStream(secured, LenientAnswers() if self._answers is not None else None)

    def get_extra_info(self, info: str) -> Any:
        if info == SURPLUS:
            return self._answers is not None and self._answers.has_surplus
        return self._inner.get_extra_info(info)


def _limit_http_wait(timeout: float | None) -> float | None:
    try:
        return limit_wait(timeout)
    except TimeoutError as error:
        raise httpcore.ReadTimeout(str(error)) from error
