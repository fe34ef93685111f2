"""The bot in Slack: slash command, mentions, direct messages and page buttons, by Bolt.

Every request is acknowledged before it is worked on: Slack gives three seconds, and the store may take
longer. The answer follows by the response address, or in the thread.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from slack_bolt import App as Bolt
from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from controlwatch.core.model import Subscription
from controlwatch.core.model.errors import ControlwatchError
from controlwatch.core.rendering.replies import Reply
from controlwatch.slack.alert_actions import AlertActionHandler
from controlwatch.slack.answer import CommandResponder
from controlwatch.slack.commands import BotCommand, parse_command
from controlwatch.slack.form import SubscriptionForm
from controlwatch.slack.home import AppHome
from controlwatch.slack.permissions import Asker, identify_asker
from controlwatch.slack.reply_blocks import MAX_QUESTION, PAGE, render_reply_blocks

if TYPE_CHECKING:
    from controlwatch.bootstrap import App

log = structlog.get_logger()

Json = dict[str, Any]
#: Requests that are worked on at once: each waits for a busy store, and the next is to be acknowledged all
#: the same. Bolt by itself takes five, and leaves the sixth unheard.
MAX_CONCURRENT_REQUESTS = 64
#: Slack sends an event again when it hears nothing; so long it is known by its id.
EVENT_MEMORY = 600.0


@dataclass(slots=True)
class HandledEvents:
    """Ids of what has been handled, for a while."""

    _seen_at: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_repeated(self, key: str) -> bool:
        """Note an id; say whether it had been noted already."""
        now = time.monotonic()
        with self._lock:
            for old in [known for known, at in self._seen_at.items() if now - at > EVENT_MEMORY]:
                del self._seen_at[old]
            known = key in self._seen_at
            self._seen_at[key] = now
        return known


def build_bolt_app(app: App) -> Bolt | None:
    """Return the Bolt app, or None where no token is set."""
    settings = app.settings
    if settings.slack_bot_token is None:
        return None
    base = f"{(settings.slack_api_url or WebClient.BASE_URL).rstrip('/')}/"
    client = WebClient(
        token=settings.slack_bot_token.get_secret_value(),
        base_url=base,
        retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=2)],
    )
    secret = settings.slack_signing_secret
    bolt = Bolt(
        client=client,
        signing_secret=secret.get_secret_value() if secret is not None else None,
        token_verification_enabled=False,
        listener_executor=ThreadPoolExecutor(MAX_CONCURRENT_REQUESTS, thread_name_prefix="slack"),
    )
    home = AppHome(app)
    modal = SubscriptionForm(app, home)
    _BotListeners(
        app, CommandResponder(queries=app.queries, store=app.store), HandledEvents(), modal
    ).register_listeners(bolt)
    for part in (home, modal, AlertActionHandler(app, home)):
        part.register_listeners(bolt)
    return bolt


@dataclass(frozen=True, slots=True)
class _BotListeners:
    app: App
    responder: CommandResponder
    handled_events: HandledEvents
    modal: SubscriptionForm

    def register_listeners(self, bolt: Bolt) -> None:
        bolt.command("/controlwatch")(self.answer_command)
        bolt.event("app_mention")(self.answer_mention)
        bolt.event("message")(self.answer_message)
        bolt.action(re.compile(f"^{PAGE}"))(self.turn_page)

    def answer_command(
        self, ack: Callable[[], object], respond: Callable[..., object], command: Json, client: WebClient
    ) -> None:
        """Answer /controlwatch …, seen by the asker alone; a bare `subscribe` opens the form."""
        ack()
        asker = self._identify_asker(command["user_id"], command["channel_id"])
        text = command.get("text", "")
        if not _is_form_request(text):
            respond(**self._render_answer(text, asker), response_type="ephemeral")
            return
        target = asker.channel if asker.is_manager else asker.user
        wanted = Subscription(channel="slack", target=target, owner=asker.user)
        said = self.modal.open_form(client, command["trigger_id"], asker.user, wanted)
        if said:
            respond(text=said, response_type="ephemeral")

    def answer_mention(self, event: Json, say: Callable[..., object], body: Json) -> None:
        """Answer a mention in its thread."""
        self._answer_in_thread(event, say, body)

    def answer_message(self, event: Json, say: Callable[..., object], body: Json) -> None:
        """Answer a direct message; what bots say, ourselves included, is nobody's question."""
        if event.get("channel_type") == "im" and "bot_id" not in event and "subtype" not in event:
            self._answer_in_thread(event, say, body)

    def turn_page(
        self, ack: Callable[[], object], respond: Callable[..., object], body: Json, action: Json
    ) -> None:
        """Show another page in place of this one."""
        ack()
        try:
            asked = json.loads(action["value"])
            question, page = str(asked["q"]), int(asked["p"])
        except (ValueError, KeyError, TypeError):
            return
        asker = self._identify_asker(
            body["user"]["id"], body.get("channel", {}).get("id", body["user"]["id"])
        )
        respond(**self._render_answer(question, asker, page=page), replace_original=True)

    def _answer_in_thread(self, event: Json, say: Callable[..., object], body: Json) -> None:
        if self.handled_events.is_repeated(str(body.get("event_id", event.get("ts", "")))):
            return
        asker = self._identify_asker(event.get("user", ""), event.get("channel", ""))
        say(
            **self._render_answer(event.get("text", ""), asker),
            thread_ts=event.get("thread_ts") or event.get("ts"),
        )

    def _identify_asker(self, user: str, channel: str) -> Asker:
        return identify_asker(self.app.settings, user, channel)

    def _render_answer(self, text: str, asker: Asker, *, page: int = 1) -> Json:
        reply = self._build_reply(text, asker)
        return {"text": reply.title[:300], "blocks": render_reply_blocks(reply, question=text, page=page)}

    def _build_reply(self, text: str, asker: Asker) -> Reply:
        try:
            return self.responder.answer(parse_command(text), asker, now=datetime.now(UTC))
        except ControlwatchError as error:
            return Reply(title="That did not work", note=str(error))
        except Exception:
            # Whoever asks is never left without an answer. Bolt's own handler of errors comes too late: a
            # listener that fails at once takes its acknowledgement back, and Slack shows a failure.
            log.exception("a question could not be answered", text=text[:200])
            return Reply(
                title="An error of ours", note="It has been logged; please try again or ask another way."
            )


def _is_form_request(text: str) -> bool:
    try:
        return bool(text.strip()) and parse_command(text[:MAX_QUESTION]) == BotCommand(name="subscribe")
    except ControlwatchError:
        return False
