"""Slack as a channel: chat.postMessage through the SDK, with rate limits separate from refusals."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from controlwatch.adapters.limits.bounded_slack import BoundedSlackClient
from controlwatch.core.model import ChannelName
from controlwatch.core.model.errors import DeliveryError
from controlwatch.core.rendering.message import Message
from controlwatch.core.rendering.slack_blocks import render_fallback_text, render_message_blocks
from controlwatch.services.ports import Turns

#: Permanent errors about the target, whatever the message. MESSAGE_ERRORS: the same about the message.
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
#: Errors about our bot or our token, whatever the target: an operator must repair them.
BOT_ERRORS = frozenset(
    {
        "access_denied",
        "account_inactive",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "team_added_to_org",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
    }
)
#: Errors about the thread of the first alert, closed or deleted meanwhile: the channel itself is usable.
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
#: Seconds between two messages to one channel, a little more than Slack demands.
MIN_INTERVAL = 1.05
#: Seconds between two tries for a turn that another machine has.
TURN_INTERVAL = 0.1


class SlackChannel:
    """Posts alerts to Slack channels and people."""

    name: ChannelName = "slack"

    def __init__(
        self, token: str, *, api_url: str | None = None, timeout: float = 20, every: float = MIN_INTERVAL
    ) -> None:
        """Open a client; `api_url` is another Web API, with or without a trailing slash.

        `every` is the minimum number of seconds between two messages to one target.
        """
        base = f"{(api_url or WebClient.BASE_URL).rstrip('/')}/"
        self._pace = _RateLimiter(every, timeout)
        # No retry handlers: the outbox waits as long as Slack demands, without blocking a worker.
        self._client = BoundedSlackClient(token=token, base_url=base, timeout=timeout, retry_handlers=[])

    def share_turns(self, turns: Turns) -> None:
        """Keep the pace of each target together with other machines."""
        self._pace.turns = turns

    def close(self) -> None:
        """Close the connections to Slack."""
        self._client.http.close()

    def send(self, message: Message, *, target: str, key: str) -> str:
        """Post a message and return its Slack timestamp; raises `DeliveryError`."""
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
        """Post, in a thread if one is given; raises `SlackApiError` for a refusal, else `DeliveryError`."""
        # Slack drops a repetition by its UUID.
        message_id = f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:32]}"
        metadata = {"event_type": "controlwatch_delivery", "event_payload": {"key": key}}
        try:
            with self._pace.wait_turn(target):
                answer = self._client.chat_postMessage(
                    channel=target,
                    text=render_fallback_text(message),
                    blocks=render_message_blocks(message),
                    metadata=metadata,
                    client_msg_id=message_id,
                    thread_ts=thread or None,
                    # A follow-up is posted in the thread of its alert, and shown in the channel too.
                    reply_broadcast=True if thread else None,
                    unfurl_links=False,
                    unfurl_media=False,
                )
        except SlackApiError:
            raise
        except (SlackClientError, OSError) as error:
            raise DeliveryError(f"Slack could not be reached: {error}", us=True) from error
        return str(answer["ts"])


class _RateLimiter:
    """Sends one message a second to a channel, counted from Slack's answer: more are refused."""

    def __init__(self, every: float, timeout: float) -> None:
        self.turns: Turns | None = None  #: those of all machines, where there are several
        self._every, self._timeout = every, timeout
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._done: dict[
            str, float
        ] = {}  #: when the last message to a target was sent, by the monotonic clock

    @contextmanager
    def wait_turn(self, target: str) -> Iterator[None]:
        """Wait until a message may be sent to this target, and block others to it meanwhile."""
        with self._turns[target]:
            time.sleep(max(0.0, self._done.get(target, -self._every) + self._every - time.monotonic()))
            try:
                with self._hold_shared_turn(f"slack:{target}"):
                    yield
            finally:
                self._done[target] = time.monotonic()

    @contextmanager
    def _hold_shared_turn(self, name: str) -> Iterator[None]:
        """Wait for the turn among all machines; raises `DeliveryError` where another keeps it for long."""
        if self.turns is None:
            yield
            return
        ends_at = time.monotonic() + self._timeout
        while (wait := self.turns.take_turn(name, pause=self._every, seconds=2 * self._timeout)) is None:
            if time.monotonic() > ends_at:
                raise DeliveryError("another machine is sending to this channel", retry_after=self._timeout)
            time.sleep(TURN_INTERVAL)
        try:
            time.sleep(wait.pause)
            yield
        finally:
            self.turns.end_turn(name)


def _to_delivery_error(error: SlackApiError) -> DeliveryError:
    reason = str(error.response.get("error", "unknown"))
    if error.response.status_code == 429 or reason in {"ratelimited", "rate_limited"}:
        wait = str(error.response.headers.get("Retry-After", "30"))
        return DeliveryError("Slack asks to wait", retry_after=float(wait) if wait.isdecimal() else 30.0)
    target, us = reason in TARGET_ERRORS, reason in BOT_ERRORS
    return DeliveryError(
        f"Slack refused: {reason}",
        permanent=target or reason in MESSAGE_ERRORS,
        target=target,
        us=us or error.response.status_code >= 500,
        needs_repair=us,
    )
