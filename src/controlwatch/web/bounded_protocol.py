"""HTTP connections that end: each phase of a connection has a time limit, and their number has one.

uvicorn waits without end for a request that is sent slowly or not at all, and each connection that waits
uses up a file descriptor. Slow clients would keep the service from opening its own connections and files.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any, Literal

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

#: Seconds for a request to arrive, with headers and body, from the connection or its first byte on.
REQUEST_TIMEOUT = 15.0
#: Seconds for a response to be made and taken; long enough for the bytes of a notice over a slow line.
RESPONSE_TIMEOUT = 300.0

Phase = Literal["request", "response", "idle"]


class BoundedProtocol(H11Protocol):
    """A connection that is closed when a phase takes too long, or when its place is needed.

    At the maximum, a new connection takes the place of the one that has waited longest for a request to
    arrive; where all have theirs, the new one is closed.
    """

    def __init__(self, *args: Any, max_connections: int, **more: Any) -> None:
        super().__init__(*args, **more)
        self._max_connections = max_connections
        self._phase: Phase = "request"
        self._phase_began = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, in the place of another where necessary."""
        super().connection_made(transport)
        # asyncio does this for sockets of its own only; without it, the body of an answer waits 40 ms for the
        # client to confirm its head.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._begin_phase("request")
        if len(self.connections) > self._max_connections:
            waiting = [item for item in self.connections if isinstance(item, BoundedProtocol)]
            waiting = [item for item in waiting if item._phase != "response" and item is not self]
            min(waiting, key=lambda item: item._phase_began, default=self)._abort()

    def data_received(self, data: bytes) -> None:
        """Take bytes of a request."""
        if self._phase == "idle":
            self._begin_phase("request")
        super().data_received(data)
        self._update_phase()

    def on_response_complete(self) -> None:
        """Wait for the next request; the timer of the server ends that soon."""
        super().on_response_complete()
        self._phase = "idle"
        self._update_phase()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def _update_phase(self) -> None:
        state = self.conn.their_state
        if state is h11.IDLE:
            phase: Phase = "request" if self._phase == "request" or self.conn.trailing_data[0] else "idle"
        else:
            phase = "request" if state is h11.SEND_BODY else "response"
        if phase != self._phase or phase == "idle":
            self._begin_phase(phase)

    def _begin_phase(self, phase: Phase) -> None:
        """Note a phase, and end the connection when it takes too long: a client may not take its answer."""
        self._phase, self._phase_began = phase, self.loop.time()
        if self._timer is not None:
            self._timer.cancel()
        seconds = REQUEST_TIMEOUT if phase == "request" else RESPONSE_TIMEOUT
        self._timer = self.loop.call_later(seconds, self._abort)

    def _abort(self) -> None:
        self.connections.discard(self)
        self.transport.abort()
