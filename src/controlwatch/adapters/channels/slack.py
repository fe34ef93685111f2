"""Slack as a channel: chat.postMessage through the SDK, rate limits told from refusals."""

from __future__ import annotations

import ssl
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from controlwatch.core.model.errors import DeliveryError
from controlwatch.core.rendering.slack_blocks import render_fallback_text, render_message_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.core.model import ChannelName
    from controlwatch.core.rendering.message import Message

#: Errors about this target, whatever the message; below, about this message: no repetition mends them.
TARGET_ERRORS = frozenset(
    {
        "cannot_dm_bot",
        "channel_not_found",
        "is_archived",
        "messages_tab_disabled",
        "not_in_channel",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "user_disabled",
        "user_not_found",
    }
)
#: Errors about us, whatever the target: somebody took the bot out.
BOT_ERRORS = frozenset({"account_inactive", "team_access_not_granted", "token_revoked"})
#: Errors about the thread of the first alert, which somebody has closed or deleted: the channel is there.
THREAD_ERRORS = frozenset(
    {
        "cannot_reply_to_message",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_locked",
        "thread_locked",
        "thread_not_found",
    }
)
MESSAGE_ERRORS = frozenset({"invalid_blocks", "msg_blocks_too_long", "msg_too_long"})
#: Seconds between two messages to one channel, a little more than Slack asks for.
MIN_INTERVAL = 1.05
#: Seconds to wait for somebody to mend a token, a scope or a membership.
REPAIR_WAIT = 3600.0
CREDENTIAL_ERRORS = frozenset(
    {
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_authed",
        "token_expired",
    }
)


class SlackChannel:
    """Posts alerts to Slack channels and people."""

    name: ChannelName = "slack"

    def __init__(
        self, token: str, *, api_url: str | None = None, timeout: int = 20, every: float = MIN_INTERVAL
    ) -> None:
        """Open a client; `api_url` points it at another Web API (with its trailing slash or without).

        Messages to one target leave `every` so many seconds.
        """
        base = f"{(api_url or WebClient.BASE_URL).rstrip('/')}/"
        self._pace = _RateLimiter(every)
        # No retry handlers: the outbox waits as long as Slack says, without holding a worker.
        self._client = WebClient(
            token=token, base_url=base, timeout=timeout, retry_handlers=[], ssl=ssl.create_default_context()
        )

    def close(self) -> None:
        """Nothing is held open."""

    def send(self, message: Message, *, target: str, key: str) -> str:
        """Post and return Slack's timestamp of the message; raises `DeliveryError`."""
        try:
            return self._post_message(message, target, key, thread=message.reply_to)
        except SlackApiError as error:
            if not message.reply_to or error.response.get("error") not in THREAD_ERRORS:
                raise _to_delivery_error(error) from error
        try:
            return self._post_message(message, target, key, thread="")
        except SlackApiError as error:
            raise _to_delivery_error(error) from error

    def _post_message(self, message: Message, target: str, key: str, *, thread: str) -> str:
        """Post, in a thread if one is given; raises what Slack answers, or `DeliveryError`."""
        metadata = {"event_type": "controlwatch_delivery", "event_payload": {"key": key}}
        try:
            with self._pace.wait_turn(target):
                answer = self._client.chat_postMessage(
                    channel=target,
                    text=render_fallback_text(message),
                    blocks=render_message_blocks(message),
                    metadata=metadata,
                    client_msg_id=_to_message_uuid(key),
                    thread_ts=thread or None,
                    # What follows on an alert stands in its thread, and in the channel where it is news.
                    reply_broadcast=True if thread else None,
                    unfurl_links=False,
                    unfurl_media=False,
                )
        except SlackApiError:
            raise
        except (SlackClientError, OSError) as error:
            raise DeliveryError(f"Slack could not be reached: {error}") from error
        return str(answer["ts"])


class _RateLimiter:
    """One message a second to a channel, counted from Slack's answer: more it refuses, and holds all up."""

    def __init__(self, every: float) -> None:
        self._every = every
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._done: dict[str, float] = {}  #: when a target was last sent to, by the monotonic clock

    @contextmanager
    def wait_turn(self, target: str) -> Iterator[None]:
        """Wait until a message may go to this target, and let no other go meanwhile."""
        with self._turns[target]:
            time.sleep(max(0.0, self._done.get(target, -self._every) + self._every - time.monotonic()))
            try:
                yield
            finally:
                self._done[target] = time.monotonic()


def _to_message_uuid(key: str) -> str:
    """Write a delivery's key as the UUID that Slack drops repetitions by."""
    return f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:32]}"


def _to_delivery_error(error: SlackApiError) -> DeliveryError:
    reason = str(error.response.get("error", "unknown"))
    if error.response.status_code == 429 or reason in {"ratelimited", "rate_limited"}:
        wait = str(error.response.headers.get("Retry-After", "30"))
        return DeliveryError("Slack asks to wait", retry_after=float(wait) if wait.isdecimal() else 30.0)
    wait_for = REPAIR_WAIT if reason in CREDENTIAL_ERRORS else None
    target, us = reason in TARGET_ERRORS, reason in BOT_ERRORS
    return DeliveryError(
        f"Slack refused: {reason}",
        permanent=target or us or reason in MESSAGE_ERRORS,
        target=target,
        us=us,
        retry_after=wait_for,
    )
