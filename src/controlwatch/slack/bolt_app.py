"""The bot in Slack: slash command, mentions, direct messages and page buttons, by Bolt.

Every request is acknowledged before it is handled: Slack gives three seconds, and the store may take
longer. The answer follows through the response URL, or in the thread.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from slack_bolt import App as Bolt
from slack_bolt import BoltContext
from slack_sdk import WebClient
from slack_sdk.http_retry import HttpResponse
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from controlwatch.adapters.catalog.vocabulary_loader import load_vocabulary
from controlwatch.adapters.limits.bounded_slack import BoundedResponseClient, BoundedSlackClient
from controlwatch.bootstrap.app import App
from controlwatch.core.model import Subscription
from controlwatch.core.model.errors import ControlwatchError
from controlwatch.core.rendering.problems_zh import explain_problem
from controlwatch.core.rendering.replies import Reply
from controlwatch.core.rendering.wording import pick_language
from controlwatch.services.answer_question import FAILED, QuestionResponder
from controlwatch.slack.alert_actions import AlertActionHandler
from controlwatch.slack.answer import SlackResponder
from controlwatch.slack.form import SubscriptionForm
from controlwatch.slack.home import AppHome
from controlwatch.slack.permissions import Asker, Permissions
from controlwatch.slack.prose_window import ProseWindow
from controlwatch.slack.reply_blocks import ASK, MAX_QUESTION, PAGE, render_reply_blocks
from controlwatch.slack.request_guard import RequestGuard
from controlwatch.slack.review_actions import ReviewActionHandler
from controlwatch.slack.subscription_answers import SubscriptionAnswers
from controlwatch.slack.whole_alert import WholeAlertViewer

log = structlog.get_logger()

Json = dict[str, Any]
#: Requests that are handled at once: each may wait for a busy store, and the next must be acknowledged all
#: the same. Bolt's default is five, and it leaves the sixth without an answer.
MAX_CONCURRENT_REQUESTS = 64
#: Seconds for one request to Slack as a whole, and those that are waited when Slack limits the rate.
SLACK_TIMEOUT = 20
MAX_RATE_LIMIT_WAIT = 10


@contextmanager
def open_bolt_app(app: App) -> Iterator[Bolt | None]:
    """Yield the Bolt app, or None where no token is set; at the end, its threads end with their work."""
    token = app.settings.slack_bot_token
    if token is None:
        yield None
        return
    workers = ThreadPoolExecutor(MAX_CONCURRENT_REQUESTS, thread_name_prefix="slack")
    try:
        yield _build_bolt_app(app, token.get_secret_value(), workers)
    finally:
        workers.shutdown(wait=False)


def _build_bolt_app(app: App, token: str, workers: ThreadPoolExecutor) -> Bolt:
    """Return the Bolt app, composed of the parts it needs."""
    settings = app.settings
    base = f"{(settings.slack_api_url or WebClient.BASE_URL).rstrip('/')}/"
    client = BoundedSlackClient(
        token=token,
        base_url=base,
        timeout=SLACK_TIMEOUT,
        retry_handlers=[_ShortRateLimitHandler(max_retry_count=2)],
    )
    secret = settings.slack_signing_secret
    bolt = Bolt(
        name="controlwatch",  # else it reads the source of every caller to find one
        client=client,
        signing_secret=secret.get_secret_value() if secret is not None else None,
        token_verification_enabled=False,
        listener_executor=workers,
    )
    bolt.use(partial(_use_bounded_clients, client))
    store, queries = app.store, app.queries
    permissions = Permissions(settings.managers, store.subscriptions)
    home = AppHome(
        subscriptions=store.subscriptions, actions=store.actions, reviews=store.reviews, queries=queries
    )
    form = SubscriptionForm(
        subscriptions=store.subscriptions, queries=queries, permissions=permissions, home=home
    )
    vocabulary = load_vocabulary()
    responder = SlackResponder(
        responder=QuestionResponder(queries=queries, vocabulary=vocabulary),
        notices=store.queries,
        actions=store.actions,
        subscriptions=SubscriptionAnswers(
            queries=queries,
            subscriptions=store.subscriptions,
            actions=store.actions,
            vocabulary=vocabulary,
        ),
    )
    actions = AlertActionHandler(
        actions=store.actions, names=queries.names, permissions=permissions, home=home
    )
    judgements = ReviewActionHandler(reviews=store.reviews, permissions=permissions, home=home)
    viewer = WholeAlertViewer(deliverer=app.deliverer, permissions=permissions)
    RequestGuard().register_middleware(bolt)
    prose = ProseWindow(opinions=app.second_opinions, outbox=store.outbox, permissions=permissions)
    listeners = _BotListeners(responder, permissions, form)
    for part in (listeners, home, form, actions, judgements, viewer, prose):
        part.register_listeners(bolt)
    return bolt


class _ShortRateLimitHandler(RateLimitErrorRetryHandler):
    """Waits where Slack asks for a few seconds: a listener that waited longer would block another."""

    def _can_retry(self, *, response: HttpResponse | None = None, **options: Any) -> bool:
        if response is None or not super()._can_retry(response=response, **options):
            return False
        waits = [value for name, value in response.headers.items() if name.lower() == "retry-after"]
        wait = waits[0][0] if waits and waits[0] else "1"
        return str(wait).isdecimal() and int(wait) <= MAX_RATE_LIMIT_WAIT


def _use_bounded_clients(client: BoundedSlackClient, context: BoltContext, next: Callable[[], Any]) -> Any:  # noqa: A002
    """Replace the clients that Bolt makes for each request: their exchanges have no limit as a whole."""
    context["client"] = client.copy_for(token=client.token, team_id=context.team_id)
    if context.response_url is not None:
        context["respond"] = BoundedResponseClient(context.response_url, http=client.http).respond
    return next()


@dataclass(frozen=True, slots=True)
class _BotListeners:
    responder: SlackResponder
    permissions: Permissions
    form: SubscriptionForm

    def register_listeners(self, bolt: Bolt) -> None:
        bolt.command("/controlwatch")(self.answer_command)
        bolt.event("app_mention")(self.answer_mention)
        bolt.event("message")(self.answer_message)
        bolt.action(re.compile(f"^{PAGE}"))(self.turn_page)
        bolt.action(re.compile(f"^{ASK}"))(self.ask_again)

    def answer_command(
        self, ack: Callable[[], object], respond: Callable[..., object], command: Json, client: WebClient
    ) -> None:
        """Answer /controlwatch …, visible to the asker only; a bare `subscribe` opens the form."""
        ack()
        asker = self.permissions.identify_asker(command["user_id"], command["channel_id"])
        text = command.get("text", "")
        question = self.responder.understand(text[:MAX_QUESTION], now=datetime.now(UTC))
        if question.intent != "subscribe" or question.words:
            respond(**self._render_answer(text, asker), response_type="ephemeral")
            return
        target = asker.channel if asker.is_manager else asker.user
        new = Subscription(channel="slack", target=target, owner=asker.user, language=asker.language)
        problem = self.form.open_form(client, command["trigger_id"], asker.user, new)
        if problem:
            respond(text=problem, response_type="ephemeral")

    def answer_mention(self, event: Json, say: Callable[..., object]) -> None:
        """Answer a mention in its thread."""
        self._answer_in_thread(event, say)

    def answer_message(self, event: Json, say: Callable[..., object]) -> None:
        """Answer a direct message, except of bots, this one included."""
        if event.get("channel_type") == "im" and "bot_id" not in event and "subtype" not in event:
            self._answer_in_thread(event, say)

    def turn_page(
        self, ack: Callable[[], object], respond: Callable[..., object], body: Json, action: Json
    ) -> None:
        """Replace a page of an answer by another."""
        ack()
        try:
            asked = json.loads(action["value"])
            question, page = str(asked["q"]), int(asked["p"])
        except (ValueError, KeyError, TypeError):
            return
        user = body["user"]["id"]
        asker = self.permissions.identify_asker(user, body.get("channel", {}).get("id", user))
        respond(**self._render_answer(question, asker, page=page), replace_original=True)

    def ask_again(
        self, ack: Callable[[], object], respond: Callable[..., object], body: Json, action: Json
    ) -> None:
        """Answer the question that a button carries, in place of the message with the button."""
        ack()
        user = body["user"]["id"]
        asker = self.permissions.identify_asker(user, body.get("channel", {}).get("id", user))
        question = str(action.get("value", ""))[:MAX_QUESTION]
        respond(**self._render_answer(question, asker), replace_original=True)

    def _answer_in_thread(self, event: Json, say: Callable[..., object]) -> None:
        asker = self.permissions.identify_asker(event.get("user", ""), event.get("channel", ""))
        say(
            **self._render_answer(event.get("text", ""), asker),
            thread_ts=event.get("thread_ts") or event.get("ts"),
        )

    def _render_answer(self, text: str, asker: Asker, *, page: int = 1) -> Json:
        try:
            reply = self.responder.answer(text, asker, now=datetime.now(UTC))
        except ControlwatchError as error:
            note = explain_problem(str(error), asker.language)
            reply = Reply(title=pick_language(*FAILED, asker.language), note=note)
        except Exception:
            # The user always gets an answer. Bolt's own error handler comes too late: a listener that fails
            # at once takes its acknowledgement back, and Slack shows a failure.
            log.exception("a question could not be answered", text=text[:200])
            reply = Reply(
                title=pick_language("Internal error", "内部错误", asker.language),
                note=pick_language(
                    "It has been logged. Please try again, or ask another way.",
                    "错误已记录，请重试或换一种问法。",
                    asker.language,
                ),
            )
        return {"text": reply.title[:300], "blocks": render_reply_blocks(reply, question=text, page=page)}
