"""The web application in a separate thread, as long as the service runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from controlwatch.core.model.errors import UsageError

#: Seconds that a start or a stop may take.
START_STOP_TIMEOUT = 10.0


@contextmanager
def serve_in_thread(web: FastAPI, *, host: str, port: int) -> Iterator[str]:
    """Serve, and yield the address; port 0 takes a free port. Raises `UsageError` when it cannot listen."""
    config = uvicorn.Config(
        web, host=host, port=port, log_config=None, access_log=False, lifespan="off", server_header=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=_run_server, args=(server,), name="web", daemon=True)
    thread.start()
    until = time.monotonic() + START_STOP_TIMEOUT
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise UsageError(
                f"cannot listen on {host}:{port}; if another program does, change CONTROLWATCH_LISTEN"
            )
        time.sleep(0.01)
    try:
        bound = server.servers[0].sockets[0].getsockname()
        yield f"http://{bound[0]}:{bound[1]}"
    finally:
        server.should_exit = True
        thread.join(START_STOP_TIMEOUT)


def _run_server(server: uvicorn.Server) -> None:
    try:
        server.run()
    except SystemExit:
        # uvicorn exits the process when it cannot bind; here only its thread ends.
        return
