"""Subscribing by a form: choose, preview, save; and ending a subscription."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from slack_bolt import App as Bolt
from slack_sdk import WebClient

from controlwatch.core.alerting.subscription_criteria import CRITERIA
from controlwatch.core.model import Language, Subscription
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.problems_zh import explain_problem
from controlwatch.core.rendering.subscription_text import describe_subscription_in
from controlwatch.services.ports import Subscriptions
from controlwatch.services.queries import Queries
from controlwatch.slack.ack_deadline import result_within, run_with_deadline, submit, try_or_explain
from controlwatch.slack.form_input import (
    VIEW_CAPACITY,
    InvalidField,
    build_suggestions,
    pack_subscription,
    parse_form,
    unpack_subscription,
)
from controlwatch.slack.form_view import (
    FORM_VIEW,
    MORE,
    PREVIEW_VIEW,
    ZONE,
    build_form,
    build_notice_modal,
    build_preview_modal,
    get_block_id,
)
from controlwatch.slack.home import AppHome
from controlwatch.slack.permissions import Permissions
from controlwatch.slack.reply_blocks import CHANGE, END, NEW, SAVE

Json = dict[str, Any]
Ack = Callable[..., object]
SAVE_DELAYED = "The store is busy. The subscription is saved as soon as possible; see the App Home."
#: Two presses at once save one after the other: the second finds what the first has saved.
_save_lock = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionForm:
    """The form, its preview, and the buttons that open it."""

    subscriptions: Subscriptions
    queries: Queries
    permissions: Permissions
    home: AppHome

    def register_listeners(self, bolt: Bolt) -> None:
        """Listen for the form, and for the buttons that open it."""
        bolt.action(NEW)(self.open_new)
        bolt.action(re.compile(f"^({CHANGE}|{END})"))(self.change_or_end)
        bolt.action(SAVE)(self.save_from_button)
        bolt.action(MORE)(self.show_more)
        bolt.view(FORM_VIEW)(self.preview_submission)
        bolt.view(PREVIEW_VIEW)(self.save_preview)
        searched = (get_block_id(criterion) for criterion in CRITERIA if criterion.form.widget == "search")
        for action_id in (*searched, ZONE):
            bolt.options(action_id)(self.offer_suggestions)

    def open_new(
        self, ack: Ack, respond: Callable[..., object], body: Json, action: Json, client: WebClient
    ) -> None:
        """Open the form, empty or filled in with the subscription that a button carries."""
        ack()
        user = str(body["user"]["id"])
        text = str(action.get("value", ""))
        language = self.permissions.identify_asker(user, body.get("channel", {}).get("id", "")).language
        new = Subscription(channel="slack", target=user, language=language)
        subscription, problem = try_or_explain(
            lambda: unpack_subscription(text) if text.startswith("{") else new, language
        )
        if subscription is not None:
            problem = self.open_form(client, str(body["trigger_id"]), user, subscription)
        if problem and "view" in body:
            self.home.publish_view(client, user, warning=problem)
        elif problem:
            respond(text=problem, response_type="ephemeral", replace_original=False)

    def open_form(self, client: WebClient, trigger: str, user: str, subscription: Subscription) -> str:
        """Open the form for a user; return why it cannot be opened, or "".

        Its words are in the language of the subscription; a new one begins with that of the place.
        """

        def open_view() -> None:
            view = build_form(
                subscription,
                self._build_context(subscription.language),
                manager=self.permissions.may_manage(user),
                metadata=pack_subscription(subscription, most=VIEW_CAPACITY),
            )
            client.views_open(trigger_id=trigger, view=view)

        return try_or_explain(open_view, subscription.language)[1]

    def _build_context(self, language: Language) -> CardContext:
        today = to_beijing_day(datetime.now(UTC))
        return CardContext(lexicon=self.queries.names.lexicon, language=language, today=today)

    def show_more(self, ack: Ack, body: Json, client: WebClient) -> None:
        """Show all fields of the form that is open, with what has been filled in so far."""
        ack()
        user, view = str(body["user"]["id"]), body["view"]

        def update_view() -> None:
            before = unpack_subscription(str(view.get("private_metadata", "")))
            values = view.get("state", {}).get("values", {})
            draft = parse_form(values, before, user, self.queries.names, is_draft=True)
            form = build_form(
                draft,
                self._build_context(draft.language),
                manager=self.permissions.may_manage(user),
                metadata=pack_subscription(draft, most=VIEW_CAPACITY),
                more=True,
            )
            client.views_update(view_id=view["id"], hash=view.get("hash"), view=form)

        language = find_form_language(view)
        _, problem = try_or_explain(update_view, language)
        if problem:
            client.views_update(view_id=view["id"], view=build_notice_modal(problem, language))

    def change_or_end(self, ack: Ack, body: Json, action: Json, client: WebClient) -> None:
        """Change or end one subscription, from the App Home."""
        ack()
        user = str(body["user"]["id"])
        number = str(action.get("value", ""))
        subscription = run_with_deadline(lambda: self._find_manageable(number, user))
        if subscription is None:
            self.home.publish_view(
                client, user, warning="The store is busy, or this subscription is not yours: try again."
            )
        elif str(action["action_id"]).startswith(CHANGE):
            now = datetime.now(UTC)
            muted = tuple(mute for mute in subscription.muted if mute.until > now)
            current = replace(subscription, muted=muted)
            problem = self.open_form(client, str(body["trigger_id"]), user, current)
            if problem:
                self.home.publish_view(client, user, warning=problem)
        else:
            _, problem = try_or_explain(lambda: self.subscriptions.unsubscribe(subscription.id))
            self.home.publish_view(client, user, warning=problem)

    def preview_submission(self, ack: Ack, body: Json, view: Json) -> None:
        """Show what the subscription would have sent, or name the field that cannot be used."""
        user, language = str(body["user"]["id"]), find_form_language(view)
        try:
            before = unpack_subscription(str(view.get("private_metadata", "")))
            subscription = parse_form(view["state"]["values"], before, user, self.queries.names)
            self._require_permission(subscription, user)
            packed = pack_subscription(subscription, most=VIEW_CAPACITY)
        except InvalidField as error:
            ack(response_action="errors", errors={error.field: explain_problem(str(error), language)})
            return
        except UsageError as error:
            problem = explain_problem(str(error), language)
            ack(response_action="errors", errors={get_block_id(CRITERIA[0]): problem})
            return
        preview = run_with_deadline(lambda: self.queries.preview(subscription, now=datetime.now(UTC)))
        context = self._build_context(subscription.language)
        ack(response_action="push", view=build_preview_modal(preview, subscription, context, metadata=packed))

    def save_preview(self, ack: Ack, body: Json, view: Json, client: WebClient) -> None:
        """Save the subscription that was previewed."""
        user = str(body["user"]["id"])
        packed = str(view.get("private_metadata", ""))
        language = find_form_language(view)
        saving = submit(
            lambda: try_or_explain(
                lambda: self._save_subscription(unpack_subscription(packed), user), language
            )
        )
        result = result_within(saving)
        saved, problem = result if result is not None else (explain_problem(SAVE_DELAYED, language), "")
        ack(response_action="update", view=build_notice_modal(saved or problem, language))
        # A user who was promised a later save must be notified when it fails.
        self.home.publish_view(client, user, warning="" if result is not None else saving.result()[1])

    def save_from_button(self, ack: Ack, respond: Callable[..., object], body: Json, action: Json) -> None:
        """Save the subscription that a command has shown."""
        ack()
        user = str(body["user"]["id"])
        saved, problem = try_or_explain(
            lambda: self._save_subscription(unpack_subscription(str(action.get("value", ""))), user),
            find_form_language({"private_metadata": action.get("value", "")}),
        )
        respond(
            text=saved or problem,
            replace_original=saved is not None,
            response_type=None if saved is not None else "ephemeral",
        )

    def offer_suggestions(self, ack: Ack, body: Json) -> None:
        """Offer the options that match what a user types."""
        typed, action_id = str(body.get("value", "")), str(body.get("action_id", ""))
        language = find_form_language(body.get("view", {}))
        ack(options=build_suggestions(action_id, typed, self.queries.names.lexicon, language))

    def _save_subscription(self, subscription: Subscription, user: str) -> str:
        self._require_permission(subscription, user)
        context = self._build_context(subscription.language)
        words = describe_subscription_in(subscription, context)
        if subscription.id:
            allowed = self._find_manageable(str(subscription.id), user) is not None
            if not allowed or not self.subscriptions.update(subscription):
                raise UsageError("This subscription is not yours, or has ended.")
            return context.pick_one(
                f"Subscription {subscription.id} is changed: {words}.",
                f"订阅{subscription.id}已修改：{words}。",
            )
        with _save_lock:
            same = (
                item.id
                for item in self.subscriptions.list_active()
                if replace(item, id=0, paused="") == subscription
            )
            number = next(same, 0) or self.subscriptions.subscribe(subscription, datetime.now(UTC))
        return context.pick_one(
            f"Subscription {number} is saved: {words}. To end it: unsubscribe {number}",
            f"订阅{number}已保存：{words}。如需终止，请输入：退订 {number}",
        )

    def _require_permission(self, subscription: Subscription, user: str) -> None:
        managed = _is_channel(subscription.target) and self.permissions.may_manage(user)
        if subscription.channel != "slack" or not (subscription.target == user or managed):
            raise UsageError("You may not manage this subscription: it belongs to another user or a channel.")

    def _find_manageable(self, number: str, user: str) -> Subscription | None:
        """Return a subscription that a user may change: their own or, for managers, one of a channel."""
        active = self.subscriptions.list_active()
        item = next((item for item in active if str(item.id) == number and item.channel == "slack"), None)
        if item is None or item.target == user:
            return item
        return item if _is_channel(item.target) and self.permissions.may_manage(user) else None


def find_form_language(view: Json) -> Language:
    """Return the language of the subscription that a form carries; both where it carries none."""
    try:
        return unpack_subscription(str(view.get("private_metadata", ""))).language
    except UsageError:
        return "both"


def _is_channel(target: str) -> bool:
    return target.startswith(("C", "G"))
