"""Socket Mode: Slack's requests over a websocket that we open, for installations without a public port.

The client pings every ten seconds and opens a new session when four pings stay unanswered, or when Slack
announces that it will close this one. It does not detect a session that never answers a ping: that is done
here.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Any

import structlog
from slack_bolt import App as Bolt
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError, SlackClientError

from controlwatch.adapters.network.proxies import find_proxy
from controlwatch.core.model.errors import UsageError

PING_INTERVAL = 10.0
#: After this number of pings without an answer, the session is deaf.
MAX_UNANSWERED_PINGS = 4
#: Seconds between attempts to open the first session while Slack cannot be reached.
RETRY_INTERVAL = 30.0
#: Seconds that the start of the service waits for the first attempt, and its end for the session to close.
FIRST_TRY = 25.0
CLOSE_TIMEOUT = 5.0

log = structlog.get_logger()


@contextmanager
def run_socket_mode(
    bolt: Bolt, app_token: str, *, try_again: float = RETRY_INTERVAL, ping: float = PING_INTERVAL
) -> Iterator[None]:
    """Listen on a websocket as long as the block runs.

    Where Slack cannot be reached, the connection is tried again in the background, without delaying polls.
    Raises `UsageError` when Slack refuses the token.
    """
    handler: Any = SocketModeHandler(bolt, app_token, ping_interval=ping)
    use_proxies(handler.client)
    ended = threading.Event()
    first: SimpleQueue[UsageError | None] = SimpleQueue()
    _start_thread(_connect_until_open, handler, ended, try_again, first)
    with suppress(Empty):  # the socket that Slack names may not answer: the service does not wait for it
        refusal = first.get(timeout=FIRST_TRY)
        if refusal is not None:
            raise refusal
    _start_thread(_reopen_deaf_sessions, handler.client, ended, ping)
    try:
        yield
    finally:
        ended.set()
        closing = _start_thread(_close_handler, handler)
        closing.join(CLOSE_TIMEOUT)


def use_proxies(client: Any) -> None:
    """Let a client open its sockets through the proxy for their address; its own way knows no NO_PROXY."""
    issue_url = client.issue_new_wss_url

    def issue_and_choose_proxy() -> str:
        url = str(issue_url())
        proxy = find_proxy(re.sub("^ws", "http", url))
        if proxy is not None and not proxy.startswith("http"):
            log.warning("Socket Mode cannot use a SOCKS proxy, connecting directly")
            proxy = None
        client.proxy = proxy
        return url

    client.issue_new_wss_url = issue_and_choose_proxy


def _start_thread(work: Callable[..., None], *given: object) -> threading.Thread:
    thread = threading.Thread(target=work, args=given, daemon=True)
    thread.start()
    return thread


def _close_handler(handler: Any) -> None:
    _end_session(handler.client)
    try:
        handler.close()
    except (AttributeError, OSError, RuntimeError, SlackClientError) as error:
        # While a session is being opened anew, the library fails on the one that is gone.
        log.debug("Slack's socket was not closed in order", reason=repr(error))


def _end_session(client: Any) -> None:
    """End the session at its socket: the library waits for a receive that is under way, for three seconds."""
    client.auto_reconnect_enabled = False
    client.current_session_state.terminated = True
    with suppress(AttributeError, OSError):  # there is no session, or it has ended
        client.current_session.sock.shutdown(socket.SHUT_RDWR)


def _reopen_deaf_sessions(client: Any, ended: threading.Event, ping: float) -> None:
    """Open a new session where one has never answered a ping."""
    session, since = None, 0.0
    while not ended.wait(ping):
        if client.current_session is not session:
            session, since = client.current_session, time.monotonic()
        answered = session is None or session.last_ping_pong_time is not None
        if answered or time.monotonic() - since < MAX_UNANSWERED_PINGS * ping:
            continue
        log.warning("Slack's socket does not answer pings, opening a new one")
        try:
            client.connect_to_new_endpoint(force=True)
        except (SlackApiError, SlackClientError, OSError) as error:
            log.warning("Slack's socket could not be opened, trying again", reason=str(error))


def _try_connecting(handler: Any) -> bool:
    try:
        handler.connect()
    except SlackApiError as error:
        reason = error.response.get("error", "unknown")
        advice = "it must begin with xapp- and have the scope connections:write"
        raise UsageError(f"Slack refuses CONTROLWATCH_SLACK_APP_TOKEN ({reason}); {advice}") from error
    except (SlackClientError, OSError) as error:
        log.warning("Slack's socket could not be opened, trying again", reason=str(error))
        return False
    log.info("listening", address="Socket Mode")
    return True


def _connect_until_open(
    handler: Any, ended: threading.Event, wait: float, first: SimpleQueue[UsageError | None]
) -> None:
    """Try to connect until it works; pass on how the first attempt ended: with a refusal, or without."""
    is_first = True
    while True:
        try:
            is_open, refusal = _try_connecting(handler), None
        except UsageError as error:
            is_open, refusal = False, error
        if is_first:
            first.put(refusal)
            is_first = False
        elif refusal is not None:
            log.warning("Slack's socket stays closed", reason=str(refusal))
        if is_open or refusal is not None or ended.wait(wait):
            return
