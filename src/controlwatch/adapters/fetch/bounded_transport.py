"""The wire below httpx: whatever a server sends, listening to it ends with the time and the size allowed.

httpx bounds the wait for each piece alone. Whoever sends a letter of a header every second, or packed data
that unpacks to nothing, would be listened to for ever.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator

    import httpx


#: Seconds that anything may take where nothing else is said.
MAX_SECONDS = 600.0


@dataclass(slots=True, kw_only=True)
class Allowance:
    """What one request may still take."""

    seconds_left: Callable[[], float] = lambda: MAX_SECONDS  #: seconds; raises when there are none
    size_error: Callable[[], Exception] = EOFError  #: what to raise when more is sent than `bytes_left`
    bytes_left: float = float("inf")  #: bytes as they come, packed and with their headers

    def spend_bytes(self, sent: bytes) -> bytes:
        """Return what was sent, if it may be so much."""
        self.bytes_left -= len(sent)
        if self.bytes_left < 0:
            raise self.size_error()
        return sent

    def limit_wait(self, timeout: float | None) -> float:
        """Return for how long the next piece may be waited for."""
        left = self.seconds_left()
        return left if timeout is None else min(timeout, left)


_current_allowance: ContextVar[Allowance] = ContextVar("allowance", default=Allowance())  # noqa: B039  (no size to spend)


@contextmanager
def apply_allowance(allowance: Allowance) -> Iterator[None]:
    """Hold every connection that this thread uses to an allowance."""
    token = _current_allowance.set(allowance)
    try:
        yield
    finally:
        _current_allowance.reset(token)


def bound_transport(transport: httpx.HTTPTransport) -> httpx.HTTPTransport:
    """Return a transport whose connections keep to the allowance of the moment."""
    # httpx hands no backend through to httpcore, which it is made of and which takes one.
    transport._pool._network_backend = _BoundedBackend()
    return transport


class _BoundedBackend(httpcore.SyncBackend):
    """Connects as httpcore does."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        allowed = _current_allowance.get().limit_wait(timeout)
        return _BoundedStream(super().connect_tcp(host, port, allowed, local_address, socket_options))


class _BoundedStream(httpcore.NetworkStream):
    """A connection, plain or within TLS."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        allowance = _current_allowance.get()
        return allowance.spend_bytes(self._inner.read(max_bytes, allowance.limit_wait(timeout)))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _current_allowance.get().limit_wait(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _BoundedStream(
            self._inner.start_tls(ssl_context, server_hostname, _current_allowance.get().limit_wait(timeout))
        )

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
