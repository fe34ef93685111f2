"""Socket Mode: Slack's requests over a websocket that we open, for those who open no port to the world.

The client pings every ten seconds and opens a new session when four pings stay unanswered, or when Slack
says that it will close this one. A session that never answers any ping it takes for a good one: that is
noticed here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import structlog
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError, SlackClientError

from controlwatch.core.model.errors import UsageError

if TYPE_CHECKING:
    from slack_bolt import App as Bolt

PING_INTERVAL = 10.0
#: So many pings without a single answer: the session is deaf.
MAX_UNANSWERED_PINGS = 4
#: Between two tries to open the first session while Slack cannot be reached.
RETRY_INTERVAL = 30.0

log = structlog.get_logger()


@contextmanager
def run_socket_mode(
    bolt: Bolt, app_token: str, *, try_again: float = RETRY_INTERVAL, ping: float = PING_INTERVAL
) -> Iterator[None]:
    """Listen on a websocket as long as the block runs.

    A Slack that cannot be reached now is tried again in the background: the watch goes on meanwhile.
    Raises `UsageError` when Slack refuses the token.
    """
    handler: Any = SocketModeHandler(bolt, app_token, ping_interval=ping)
    ended = threading.Event()
    if not _try_connecting(handler):
        _start_thread(_keep_trying, handler, ended, try_again)
    _start_thread(_reopen_deaf_sessions, handler.client, ended, ping)
    try:
        yield
    finally:
        ended.set()
        handler.close()


def _start_thread(work: Callable[..., None], *given: object) -> None:
    threading.Thread(target=work, args=given, daemon=True).start()


def _reopen_deaf_sessions(client: Any, ended: threading.Event, ping: float) -> None:
    """Open a session anew that has never answered a ping."""
    session, since = None, 0.0
    while not ended.wait(ping):
        if client.current_session is not session:
            session, since = client.current_session, time.monotonic()
        answered = session is None or session.last_ping_pong_time is not None
        if answered or time.monotonic() - since < MAX_UNANSWERED_PINGS * ping:
            continue
        log.warning("Slack's socket answers no ping, opening it anew")
        try:
            client.connect_to_new_endpoint(force=True)
        except (SlackApiError, SlackClientError, OSError) as error:
            log.warning("Slack's socket could not be opened, trying again", reason=str(error))


def _try_connecting(handler: Any) -> bool:
    try:
        handler.connect()
    except SlackApiError as error:
        reason = error.response.get("error", "unknown")
        said = "it begins with xapp- and needs the scope connections:write"
        raise UsageError(f"Slack refuses CONTROLWATCH_SLACK_APP_TOKEN ({reason}); {said}") from error
    except (SlackClientError, OSError) as error:
        log.warning("Slack's socket could not be opened, trying again", reason=str(error))
        return False
    log.info("listening", address="Socket Mode")
    return True


def _keep_trying(handler: Any, ended: threading.Event, wait: float) -> None:
    while not ended.wait(wait):
        try:
            if _try_connecting(handler):
                return
        except UsageError as error:
            log.warning("Slack's socket stays closed", reason=str(error))
            return
