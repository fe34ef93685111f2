"""The web application in a separate thread, as long as the service runs."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI

from controlwatch.adapters.system.file_descriptors import get_descriptor_limit
from controlwatch.core.model.errors import UsageError
from controlwatch.web.bounded_protocol import BoundedProtocol

#: Connections at a time, fewer where file descriptors are few; and those that the system holds ready.
MAX_CONNECTIONS, MAX_BACKLOG = 200, 1024
OUT_OF_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
#: Seconds that a start or a stop may take.
START_STOP_TIMEOUT = 10.0

log = structlog.get_logger()


@contextmanager
def serve_in_thread(web: FastAPI, *, host: str, port: int) -> Iterator[str]:
    """Serve, and yield the address; port 0 takes a free port. Raises `UsageError` when it cannot listen."""
    sockets = _open_sockets(host, port)
    bound = sockets[0].getsockname()
    server = _BoundedServer(_build_config(web))
    thread = threading.Thread(target=server.run, args=(sockets,), name="web", daemon=True)
    thread.start()
    until = time.monotonic() + START_STOP_TIMEOUT
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise UsageError("the HTTP server does not start; see the log")
        time.sleep(0.01)
    for listening in sockets:
        listening.listen(MAX_BACKLOG)
    try:
        yield f"http://{bound[0]}:{bound[1]}"
    finally:
        server.should_exit = True
        thread.join(START_STOP_TIMEOUT)


def _open_sockets(host: str, port: int) -> list[socket.socket]:
    """Return a socket for each address of a host; raises `UsageError` when one cannot be listened on."""
    with ExitStack() as opened:
        try:
            places = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
            sockets = [
                opened.enter_context(socket.create_server(place[:2], family=family))
                for family, *_, place in places
            ]
        except OSError as error:
            raise UsageError(
                f"cannot listen on {host}:{port} ({error.strerror}); if another program does, change "
                "CONTROLWATCH_LISTEN"
            ) from error
        opened.pop_all()
    return sockets


def _build_config(web: FastAPI) -> uvicorn.Config:
    """Return the configuration of a server that leaves at least half of the file descriptors to the watch."""
    descriptors = get_descriptor_limit()
    connections = min(MAX_CONNECTIONS, descriptors // 4)
    return uvicorn.Config(
        web,
        http=partial(BoundedProtocol, max_connections=connections),  # type: ignore[arg-type]
        ws="none",
        loop="asyncio",
        # asyncio accepts this number of connections before the first of them is counted
        backlog=max(1, min(64, descriptors // 16)),
        log_config=None,
        log_level="error",  # warnings are about requests, as many as anybody likes to send
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=int(START_STOP_TIMEOUT / 2),
    )


class _BoundedServer(uvicorn.Server):
    """A server that logs at most once a minute that it cannot accept connections."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        asyncio.get_running_loop().set_exception_handler(self._handle_loop_error)
        self._silent_until = float("-inf")
        await super().startup(sockets)

    def _handle_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not (isinstance(error, OSError) and error.errno in OUT_OF_DESCRIPTORS):
            loop.default_exception_handler(context)
        elif loop.time() >= self._silent_until:
            self._silent_until = loop.time() + 60.0
            log.error("the HTTP server cannot accept connections", reason=error.strerror)
