"""Socket Mode: Slack's requests over a websocket that we open, for those who open no port to the world.

The client pings every ten seconds and opens a new session when four pings stay unanswered, or when Slack
says that it will close this one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import structlog
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError, SlackClientError

from controlwatch.core.errors import UsageError

if TYPE_CHECKING:
    from slack_bolt import App as Bolt

PING = 10.0
#: Between two tries to open the first session while Slack cannot be reached.
TRY_AGAIN = 30.0

log = structlog.get_logger()


@contextmanager
def socket_mode(bolt: Bolt, app_token: str, *, try_again: float = TRY_AGAIN) -> Iterator[None]:
    """Listen on a websocket as long as the block runs.

    A Slack that cannot be reached now is tried again in the background: the watch goes on meanwhile.
    Raises `UsageError` when Slack refuses the token.
    """
    handler: Any = SocketModeHandler(bolt, app_token, ping_interval=PING)
    ended = threading.Event()
    if not _opened(handler):
        waiting = threading.Thread(target=_keep_trying, args=(handler, ended, try_again), daemon=True)
        waiting.start()
    try:
        yield
    finally:
        ended.set()
        handler.close()


def _opened(handler: Any) -> bool:
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
            if _opened(handler):
                return
        except UsageError as error:
            log.warning("Slack's socket stays closed", reason=str(error))
            return
