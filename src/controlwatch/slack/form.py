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
from controlwatch.core.rendering.subscription_text import described
from controlwatch.slack.ack_deadline import begun, in_time, promptly, tried
from controlwatch.slack.form_input import IN_A_VIEW, Wrong, filled_in, packed, suggestions, unpacked
from controlwatch.slack.form_view import (
    CATEGORIES,
    CONFIRMED,
    DESTINATIONS,
    FORM,
    ZONE,
    form,
    preview_modal,
    said_modal,
)
from controlwatch.slack.permissions import may_manage
from controlwatch.slack.reply_blocks import CHANGE, END, NEW, SAVE

if TYPE_CHECKING:
    from slack_bolt import App as Bolt
    from slack_sdk import WebClient

    from controlwatch.bootstrap import App
    from controlwatch.slack.home import Home

Json = dict[str, Any]
Ack = Callable[..., object]
LATER = "The store is busy; it is saved as soon as it can be, and then stands in the App Home."
#: Two presses at once save one after the other: the second finds what the first has saved.
_saving = threading.Lock()


@dataclass(frozen=True, slots=True)
class Modal:
    """The form and what follows on it."""

    app: App
    home: Home

    def register(self, bolt: Bolt) -> None:
        """Listen to the form, and to the buttons that open it."""
        bolt.action(NEW)(self.new)
        bolt.action(re.compile(f"^({CHANGE}|{END})"))(self.of_one)
        bolt.action(SAVE)(self.save_button)
        bolt.view(FORM)(self.submitted)
        bolt.view(CONFIRMED)(self.confirmed)
        bolt.options(DESTINATIONS)(self.suggest)
        bolt.options(ZONE)(self.suggest)

    def new(
        self, ack: Ack, respond: Callable[..., object], body: Json, action: Json, client: WebClient
    ) -> None:
        """Open the form, empty or filled in as a button says."""
        ack()
        user = str(body["user"]["id"])
        text = str(action.get("value", ""))
        new = Subscription(channel="slack", target=user)
        wanted, said = tried(lambda: unpacked(text) if text.startswith("{") else new)
        if wanted is not None:
            said = self.open(client, str(body["trigger_id"]), user, wanted)
        if said and "view" in body:
            self.home.show(client, user, said=said)
        elif said:
            respond(text=said, response_type="ephemeral", replace_original=False)

    def open(self, client: WebClient, trigger: str, user: str, wanted: Subscription) -> str:
        """Open the form for somebody; return why it cannot be opened, or ""."""

        def work() -> None:
            manager = may_manage(self.app.settings, user)
            carried = packed(wanted, most=IN_A_VIEW)
            view = form(wanted, self.app.queries.lexicon, manager=manager, metadata=carried)
            client.views_open(trigger_id=trigger, view=view)

        return tried(work)[1]

    def of_one(self, ack: Ack, body: Json, action: Json, client: WebClient) -> None:
        """Change or end one subscription, from the App Home."""
        ack()
        user = str(body["user"]["id"])
        number = str(action.get("value", ""))
        held = promptly(lambda: self._mine(number, user))
        if held is None:
            self.home.show(client, user, said="The store is busy, or this is not yours any more: try again.")
        elif str(action["action_id"]).startswith(CHANGE):
            now = datetime.now(UTC)
            muted = tuple(mute for mute in held.muted if mute.until > now)
            said = self.open(client, str(body["trigger_id"]), user, replace(held, muted=muted))
            if said:
                self.home.show(client, user, said=said)
        else:
            _, said = tried(lambda: self.app.store.unsubscribe(held.id))
            self.home.show(client, user, said=said)

    def submitted(self, ack: Ack, body: Json, view: Json) -> None:
        """Show what the subscription would have sent; or say which field makes no sense."""
        user = str(body["user"]["id"])
        try:
            before = unpacked(str(view.get("private_metadata", "")))
            wanted = filled_in(view["state"]["values"], before, user)
            self._allowed(wanted, user)
            carried = packed(wanted, most=IN_A_VIEW)
        except Wrong as error:
            ack(response_action="errors", errors={error.field: str(error)})
            return
        except UsageError as error:
            ack(response_action="errors", errors={CATEGORIES: str(error)})
            return
        found = promptly(lambda: self.app.queries.preview(wanted, now=datetime.now(UTC)))
        ack(response_action="push", view=preview_modal(found, wanted, metadata=carried))

    def confirmed(self, ack: Ack, body: Json, view: Json, client: WebClient) -> None:
        """Save what was looked at."""
        user = str(body["user"]["id"])
        carried = str(view.get("private_metadata", ""))
        saving = begun(lambda: tried(lambda: self._saved(unpacked(carried), user)))
        known = in_time(saving)
        saved, wrong = known if known is not None else (LATER, "")
        ack(response_action="update", view=said_modal(saved or wrong))
        # Who was told that it is saved later must hear that it was not.
        self.home.show(client, user, said="" if known is not None else saving.result()[1])

    def save_button(self, ack: Ack, respond: Callable[..., object], body: Json, action: Json) -> None:
        """Save what a command has shown."""
        ack()
        user = str(body["user"]["id"])
        saved, wrong = tried(lambda: self._saved(unpacked(str(action.get("value", ""))), user))
        respond(
            text=saved or wrong,
            replace_original=saved is not None,
            response_type=None if saved is not None else "ephemeral",
        )

    def suggest(self, ack: Ack, body: Json) -> None:
        """Offer what fits what somebody types."""
        typed, action_id = str(body.get("value", "")), str(body.get("action_id", ""))
        ack(options=suggestions(action_id, typed, self.app.queries.lexicon))

    def _saved(self, wanted: Subscription, user: str) -> str:
        self._allowed(wanted, user)
        store = self.app.store
        if wanted.id:
            if self._mine(str(wanted.id), user) is None or not store.alter(wanted):
                raise UsageError("This subscription is not yours, or has ended.")
            return f"Subscription {wanted.id} is changed: {described(wanted)}."
        with _saving:
            same = (item.id for item in store.subscriptions() if replace(item, id=0, paused="") == wanted)
            number = next(same, 0) or store.subscribe(wanted, datetime.now(UTC))
        return f"Subscription {number} is saved: {described(wanted)}. To end it: unsubscribe {number}"

    def _allowed(self, wanted: Subscription, user: str) -> None:
        managed = _is_channel(wanted.target) and may_manage(self.app.settings, user)
        if wanted.channel != "slack" or not (wanted.target == user or managed):
            raise UsageError("This subscription is somebody else's, or of a channel that others manage here.")

    def _mine(self, number: str, user: str) -> Subscription | None:
        """Return a subscription that somebody may change: their own, or a channel's if they manage these."""
        manager = may_manage(self.app.settings, user)
        found = (item for item in self.app.store.subscriptions() if str(item.id) == number)
        held = next((item for item in found if item.channel == "slack"), None)
        if held is None or held.target == user or (manager and _is_channel(held.target)):
            return held
        return None


def _is_channel(target: str) -> bool:
    return target.startswith(("C", "G"))
