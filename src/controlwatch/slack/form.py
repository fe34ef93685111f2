"""Subscribing by a form: choose, look at what it would have sent, save; and ending a subscription."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from controlwatch.core.model import Subscription
from controlwatch.core.model.errors import UsageError
from controlwatch.core.rendering.subscription_text import describe_subscription
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
    CATEGORIES,
    DESTINATIONS,
    FORM_VIEW,
    PREVIEW_VIEW,
    ZONE,
    build_form,
    build_notice_modal,
    build_preview_modal,
)
from controlwatch.slack.permissions import may_manage
from controlwatch.slack.reply_blocks import CHANGE, END, NEW, SAVE

if TYPE_CHECKING:
    from slack_bolt import App as Bolt
    from slack_sdk import WebClient

    from controlwatch.bootstrap import App
    from controlwatch.slack.home import AppHome

Json = dict[str, Any]
Ack = Callable[..., object]
SAVE_DELAYED = "The store is busy; it is saved as soon as it can be, and then stands in the App Home."
#: Two presses at once save one after the other: the second finds what the first has saved.
_save_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class SubscriptionForm:
    """The form and what follows on it."""

    app: App
    home: AppHome

    def register_listeners(self, bolt: Bolt) -> None:
        """Listen to the form, and to the buttons that open it."""
        bolt.action(NEW)(self.open_new)
        bolt.action(re.compile(f"^({CHANGE}|{END})"))(self.change_or_end)
        bolt.action(SAVE)(self.save_from_button)
        bolt.view(FORM_VIEW)(self.preview_submission)
        bolt.view(PREVIEW_VIEW)(self.save_preview)
        bolt.options(DESTINATIONS)(self.offer_suggestions)
        bolt.options(ZONE)(self.offer_suggestions)

    def open_new(
        self, ack: Ack, respond: Callable[..., object], body: Json, action: Json, client: WebClient
    ) -> None:
        """Open the form, empty or filled in as a button says."""
        ack()
        user = str(body["user"]["id"])
        text = str(action.get("value", ""))
        new = Subscription(channel="slack", target=user)
        wanted, said = try_or_explain(lambda: unpack_subscription(text) if text.startswith("{") else new)
        if wanted is not None:
            said = self.open_form(client, str(body["trigger_id"]), user, wanted)
        if said and "view" in body:
            self.home.publish_view(client, user, said=said)
        elif said:
            respond(text=said, response_type="ephemeral", replace_original=False)

    def open_form(self, client: WebClient, trigger: str, user: str, wanted: Subscription) -> str:
        """Open the form for somebody; return why it cannot be opened, or ""."""

        def open_view() -> None:
            manager = may_manage(self.app.settings, user)
            carried = pack_subscription(wanted, most=VIEW_CAPACITY)
            view = build_form(wanted, self.app.queries.names.lexicon, manager=manager, metadata=carried)
            client.views_open(trigger_id=trigger, view=view)

        return try_or_explain(open_view)[1]

    def change_or_end(self, ack: Ack, body: Json, action: Json, client: WebClient) -> None:
        """Change or end one subscription, from the App Home."""
        ack()
        user = str(body["user"]["id"])
        number = str(action.get("value", ""))
        held = run_with_deadline(lambda: self._find_manageable(number, user))
        if held is None:
            self.home.publish_view(
                client, user, said="The store is busy, or this is not yours any more: try again."
            )
        elif str(action["action_id"]).startswith(CHANGE):
            now = datetime.now(UTC)
            muted = tuple(mute for mute in held.muted if mute.until > now)
            said = self.open_form(client, str(body["trigger_id"]), user, replace(held, muted=muted))
            if said:
                self.home.publish_view(client, user, said=said)
        else:
            _, said = try_or_explain(lambda: self.app.store.subscriptions.unsubscribe(held.id))
            self.home.publish_view(client, user, said=said)

    def preview_submission(self, ack: Ack, body: Json, view: Json) -> None:
        """Show what the subscription would have sent; or say which field makes no sense."""
        user = str(body["user"]["id"])
        try:
            before = unpack_subscription(str(view.get("private_metadata", "")))
            wanted = parse_form(view["state"]["values"], before, user)
            self._require_permission(wanted, user)
            carried = pack_subscription(wanted, most=VIEW_CAPACITY)
        except InvalidField as error:
            ack(response_action="errors", errors={error.field: str(error)})
            return
        except UsageError as error:
            ack(response_action="errors", errors={CATEGORIES: str(error)})
            return
        found = run_with_deadline(lambda: self.app.queries.preview(wanted, now=datetime.now(UTC)))
        ack(response_action="push", view=build_preview_modal(found, wanted, metadata=carried))

    def save_preview(self, ack: Ack, body: Json, view: Json, client: WebClient) -> None:
        """Save what was looked at."""
        user = str(body["user"]["id"])
        carried = str(view.get("private_metadata", ""))
        saving = submit(
            lambda: try_or_explain(lambda: self._save_subscription(unpack_subscription(carried), user))
        )
        known = result_within(saving)
        saved, wrong = known if known is not None else (SAVE_DELAYED, "")
        ack(response_action="update", view=build_notice_modal(saved or wrong))
        # Who was told that it is saved later must hear that it was not.
        self.home.publish_view(client, user, said="" if known is not None else saving.result()[1])

    def save_from_button(self, ack: Ack, respond: Callable[..., object], body: Json, action: Json) -> None:
        """Save what a command has shown."""
        ack()
        user = str(body["user"]["id"])
        saved, wrong = try_or_explain(
            lambda: self._save_subscription(unpack_subscription(str(action.get("value", ""))), user)
        )
        respond(
            text=saved or wrong,
            replace_original=saved is not None,
            response_type=None if saved is not None else "ephemeral",
        )

    def offer_suggestions(self, ack: Ack, body: Json) -> None:
        """Offer what fits what somebody types."""
        typed, action_id = str(body.get("value", "")), str(body.get("action_id", ""))
        ack(options=build_suggestions(action_id, typed, self.app.queries.names.lexicon))

    def _save_subscription(self, wanted: Subscription, user: str) -> str:
        self._require_permission(wanted, user)
        store = self.app.store
        if wanted.id:
            if self._find_manageable(str(wanted.id), user) is None or not store.subscriptions.update(wanted):
                raise UsageError("This subscription is not yours, or has ended.")
            return f"Subscription {wanted.id} is changed: {describe_subscription(wanted)}."
        with _save_lock:
            same = (
                item.id
                for item in store.subscriptions.list_active()
                if replace(item, id=0, paused="") == wanted
            )
            number = next(same, 0) or store.subscriptions.subscribe(wanted, datetime.now(UTC))
        saved = f"Subscription {number} is saved: {describe_subscription(wanted)}."
        return f"{saved} To end it: unsubscribe {number}"

    def _require_permission(self, wanted: Subscription, user: str) -> None:
        managed = _is_channel(wanted.target) and may_manage(self.app.settings, user)
        if wanted.channel != "slack" or not (wanted.target == user or managed):
            raise UsageError("This subscription is somebody else's, or of a channel that others manage here.")

    def _find_manageable(self, number: str, user: str) -> Subscription | None:
        """Return a subscription that somebody may change: their own, or a channel's if they manage these."""
        manager = may_manage(self.app.settings, user)
        found = (item for item in self.app.store.subscriptions.list_active() if str(item.id) == number)
        held = next((item for item in found if item.channel == "slack"), None)
        if held is None or held.target == user or (manager and _is_channel(held.target)):
            return held
        return None


def _is_channel(target: str) -> bool:
    return target.startswith(("C", "G"))
