"""The limit of one exchange with a peer, and sockets that keep to it.

Libraries limit the wait for each piece only. Without a limit of the whole, a peer that sends one byte every
few seconds keeps its caller for ever, and one that never stops sending uses up the memory.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from controlwatch.adapters.limits.happy_eyeballs import connect_to_first, sort_addresses

if TYPE_CHECKING:
    from typing_extensions import Buffer

#: Bytes of an answer that tells no more than whether a request was accepted, headers included.
MAX_ANSWER_BYTES = 1 << 18


class AnswerTooLarge(OSError):
    """The peer sends more than any answer has; the rest was not read."""


class Limit(Protocol):
    """What bounded connections keep to."""

    connections_opened: int

    def get_seconds_left(self) -> float:
        """Return the seconds left; raises `TimeoutError`, or an error of its own, when there are none."""

    def spend_bytes(self, count: int) -> None:
        """Count received bytes; raises `AnswerTooLarge`, or an error of its own, when there are too many."""


@dataclass(slots=True, kw_only=True)
class ExchangeLimit:
    """What one exchange may still take of time and bytes."""

    deadline: float  #: by the monotonic clock
    max_bytes: int
    bytes_received: int = 0
    connections_opened: int = 0

    def get_seconds_left(self) -> float:
        """Return the seconds left for the exchange; raises `TimeoutError` when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the exchange took too long as a whole")
        return left

    def spend_bytes(self, count: int) -> None:
        """Count received bytes; raises `AnswerTooLarge` when there are too many."""
        self.bytes_received += count
        if self.bytes_received > self.max_bytes:
            raise AnswerTooLarge(f"the answer is longer than {self.max_bytes:,} bytes")


#: The limit that every bounded connection of this context keeps to, while it is set.
current_limit: ContextVar[Limit | None] = ContextVar("exchange_limit", default=None)


@contextmanager
def keep_to(limit: Limit) -> Iterator[None]:
    """Let every bounded connection keep to a limit within the block."""
    token = current_limit.set(limit)
    try:
        yield
    finally:
        current_limit.reset(token)


@contextmanager
def limit_exchange(seconds: float, *, max_bytes: int = MAX_ANSWER_BYTES) -> Iterator[ExchangeLimit]:
    """Limit what bounded connections do within the block; an outer limit stays in force."""
    outer = current_limit.get()
    left = seconds if outer is None else min(seconds, outer.get_seconds_left())
    limit = ExchangeLimit(deadline=time.monotonic() + left, max_bytes=max_bytes)
    with keep_to(limit):
        yield limit


def limit_wait(timeout: float | None) -> float | None:
    """Return how many seconds the next piece may take; raises `TimeoutError` when the time is used up."""
    limit = current_limit.get()
    if limit is None:
        return timeout
    left = limit.get_seconds_left()
    return left if timeout is None else min(timeout, left)


def count_connection() -> None:
    """Count a new connection."""
    limit = current_limit.get()
    if limit is not None:
        limit.connections_opened += 1


def count_received(count: int) -> None:
    """Count bytes that a peer sent; raises `AnswerTooLarge` when that was too much."""
    limit = current_limit.get()
    if limit is not None:
        limit.spend_bytes(count)


class _BoundedOperations:
    """The operations of a socket, each within the current limit."""

    _wait: float | None = None  #: the seconds that its user allows for each operation

    def settimeout(self, value: float | None) -> None:
        self._wait = value
        super().settimeout(value)  # type: ignore[misc]

    def gettimeout(self) -> float | None:
        return self._wait

    def _prepare(self) -> None:
        super().settimeout(limit_wait(self._wait))  # type: ignore[misc]


class BoundedSocket(_BoundedOperations, socket.socket):
    """A TCP connection that keeps to the current limit."""

    def connect(self, address: Any) -> None:
        """Connect."""
        self._prepare()
        super().connect(address)

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """Receive bytes."""
        self._prepare()
        received = super().recv(bufsize, flags)
        count_received(len(received))
        return received

    def recv_into(self, buffer: Buffer, nbytes: int = 0, flags: int = 0) -> int:
        """Receive bytes into a buffer; return their number."""
        self._prepare()
        count = super().recv_into(buffer, nbytes, flags)
        count_received(count)
        return count

    def send(self, data: Buffer, flags: int = 0) -> int:
        """Send bytes; return the number of those that were sent."""
        self._prepare()
        return super().send(data, flags)

    def sendall(self, data: Buffer, flags: int = 0) -> None:
        """Send all bytes."""
        self._prepare()
        super().sendall(data, flags)


class _BoundedTlsSocket(_BoundedOperations, ssl.SSLSocket):
    """The same within TLS; `recv` and `sendall` of the library lead to these."""

    def read(self, len: int = 1024, buffer: Any = None) -> Any:  # noqa: A002 - the library's name
        self._prepare()
        received: Any = super().read(len, buffer)
        count_received(received if buffer is not None else received.__len__())
        return received

    def send(self, data: Buffer, flags: int = 0) -> int:
        self._prepare()
        return super().send(data, flags)

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's signature
        self._prepare()
        super().do_handshake(block)


def bound_tls(context: ssl.SSLContext) -> ssl.SSLContext:
    """Let the connections of a TLS context keep to the current limit, and return the context."""
    context.sslsocket_class = _BoundedTlsSocket
    return context


def open_bounded_socket(
    host: str, port: int, timeout: float | None, *, source: tuple[str, int] | None = None
) -> BoundedSocket:
    """Connect to the first address of a host that answers, within the current limit; raises `OSError`.

    `timeout` is in seconds, for each operation of the connection.
    """
    places = resolve_host(host, port, limit_wait(timeout))
    if source is None:
        addresses = sort_addresses(str(address[0]) for *_, address in places)
        connected = connect_to_first(addresses, port, limit_wait(timeout))
        connection = BoundedSocket(fileno=connected.detach())
        connection.settimeout(timeout)
        return connection
    failure: OSError | None = None
    for family, kind, protocol, address in places:
        connection = BoundedSocket(family, kind, protocol)
        try:
            connection.settimeout(timeout)
            connection.bind(source)
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure or OSError(f"{host} has no address")


def resolve_host(
    host: str, port: int, timeout: float | None
) -> list[tuple[socket.AddressFamily, socket.SocketKind, int, Any]]:
    """Return family, kind, protocol and address of each place of a host; raises `OSError`.

    A name server that does not answer cannot be interrupted: it is asked on another thread, which is left
    behind after `timeout` seconds.
    """
    answers: SimpleQueue[list[Any] | OSError] = SimpleQueue()

    def ask_resolver() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(f"{host!r} is not a host name"))

    threading.Thread(target=ask_resolver, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=timeout)
    except Empty:
        raise TimeoutError("the name of the host was not resolved in time") from None
    if isinstance(answer, OSError):
        raise answer
    return [(family, kind, protocol, address) for family, kind, protocol, _, address in answer]
