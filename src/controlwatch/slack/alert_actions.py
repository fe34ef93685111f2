"""Acting on an alert in Slack: acknowledge, assign, set a due date, mute, mark as not relevant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from slack_bolt import App as Bolt
from slack_sdk import WebClient

from controlwatch.core.alerting.follow_up import Action
from controlwatch.core.model import Mute
from controlwatch.core.model.errors import UsageError
from controlwatch.core.rendering.slack_blocks import (
    ACKNOWLEDGE,
    ALERT_BLOCK,
    ASSIGN,
    DUE,
    IRRELEVANT,
    MAX_BLOCKS,
    MUTE,
    MUTE_DAYS,
    ORIGINAL,
    REASONS,
)
from controlwatch.services.names import Names
from controlwatch.services.store import AlertActions
from controlwatch.slack.ack_deadline import try_or_explain
from controlwatch.slack.home import AppHome
from controlwatch.slack.permissions import Asker, Permissions
from controlwatch.slack.reply_blocks import USER_ID, build_action_block

Json = dict[str, Any]
NOT_SENT_HERE = "This alert was not sent to this channel."


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertActionHandler:
    """Handles the buttons below an alert: each action is recorded, then shown in the message."""

    actions: AlertActions
    names: Names
    permissions: Permissions
    home: AppHome

    def register_listeners(self, bolt: Bolt) -> None:
        """Listen for the buttons."""
        for action_id in (ACKNOWLEDGE, ASSIGN, DUE, MUTE, IRRELEVANT):
            bolt.action(action_id)(self.handle_action)
        bolt.action(ORIGINAL)(self.acknowledge_link)

    def acknowledge_link(self, ack: Callable[[], object]) -> None:
        """Acknowledge that a link was followed; Slack reports it as an action."""
        ack()

    def handle_action(
        self,
        ack: Callable[[], object],
        respond: Callable[..., object],
        body: Json,
        action: Json,
        client: WebClient,
    ) -> None:
        """Record an action, and show it in the message or in the App Home; or explain why it failed."""
        ack()
        user, channel = str(body["user"]["id"]), str(body.get("channel", {}).get("id", ""))
        asker = self.permissions.identify_asker(user, channel)
        message, problem = try_or_explain(
            lambda: self._record_action(body, action, asker, channel), asker.language
        )
        if "view" in body:
            self.home.publish_view(client, user, warning=problem)
        elif message is None:
            respond(text=problem, response_type="ephemeral", replace_original=False)
        else:
            respond(**message, replace_original=True)

    def _record_action(self, body: Json, action: Json, asker: Asker, channel: str) -> Json:
        """Record an action, and return the message with its actions below the buttons."""
        user, key = asker.user, parse_delivery_key(action)
        what, note = self._read_action(action, asker)
        # An alert may be acted on where it was sent: a direct message is addressed by its own id or by that
        # of the user. The App Home shows a user's own alerts and those of the channels they have subscribed.
        targets = (
            (user, *(item.target for item in self.home.list_subscriptions(user)))
            if "view" in body
            else (channel, user)
        )
        done = self.actions.record_action(
            key, what=what, who=asker.user, targets=targets, note=note, now=datetime.now(UTC)
        )
        if not done:
            raise UsageError(NOT_SENT_HERE)
        line = build_action_block(done, key=key, language=asker.language)
        message = body.get("message", {})
        blocks = [block for block in message.get("blocks", []) if block.get("block_id") != line["block_id"]]
        buttons = (n for n, block in enumerate(blocks, 1) if block.get("block_id") == f"{ALERT_BLOCK}{key}")
        after = next(buttons, None)
        if after is not None:
            blocks.insert(after, line)
        return {"text": str(message.get("text", what))[:300], "blocks": blocks[:MAX_BLOCKS]}

    def _read_action(self, action: Json, asker: Asker) -> tuple[Action, str]:
        """Return the action that a button or a menu stands for, and its note; a mute takes effect at once."""
        chosen = str((action.get("selected_option") or {}).get("value", ""))
        action_id = action.get("action_id")
        if action_id == ASSIGN:
            user = str(action.get("selected_user") or "")
            if not USER_ID.fullmatch(user):
                raise UsageError("No user was selected.")
            return "assigned", user
        if action_id == DUE:
            try:
                return "due", date.fromisoformat(str(action.get("selected_date"))).isoformat()
            except ValueError:
                raise UsageError("No date was selected.") from None
        if action_id == MUTE:
            return "muted", self._mute_category(chosen, asker, parse_delivery_key(action))
        if action_id == IRRELEVANT:
            if chosen not in REASONS:
                raise UsageError("No reason was selected.")
            return "not relevant", chosen
        return "acknowledged", ""

    def _mute_category(self, chosen: str, asker: Asker, key: str) -> str:
        """Mute a category, chosen as CATEGORY:DAYS, and return the note of it."""
        category, _, days = chosen.rpartition(":")
        if category not in self.names.list_categories() or days not in {str(n) for n in MUTE_DAYS}:
            raise UsageError("No category was selected.")
        if not asker.is_manager:
            raise UsageError("Only managers may change the subscriptions of this channel.")
        mute = Mute(category=category, until=datetime.now(UTC) + timedelta(days=int(days)), who=asker.user)
        number = self.actions.find_subscription_id(key, (asker.channel, asker.user))
        if number is None or not self.actions.mute_category(number, mute):
            raise UsageError(NOT_SENT_HERE)
        return f"{category} until {mute.until.date()}"


def parse_delivery_key(action: Json) -> str:
    """Return the key of the delivery that a button belongs to, from the id of its block."""
    return str(action.get("block_id", "")).removeprefix(ALERT_BLOCK)
