"""The whole of an alert, in a window of its own: the message in the channel holds what matters most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from slack_bolt import App as Bolt
from slack_sdk import WebClient

from controlwatch.core.model.errors import UsageError
from controlwatch.core.rendering.slack_blocks import WHOLE, render_whole_alert
from controlwatch.core.rendering.wording import pick_language
from controlwatch.services.deliver import Deliverer
from controlwatch.slack.ack_deadline import try_or_explain
from controlwatch.slack.alert_actions import NOT_SENT_HERE, parse_delivery_key
from controlwatch.slack.permissions import Permissions

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeAlertViewer:
    """Opens the window that shows all of an alert."""

    deliverer: Deliverer
    permissions: Permissions

    def register_listeners(self, bolt: Bolt) -> None:
        """Listen for the button."""
        bolt.action(WHOLE)(self.open_window)

    def open_window(
        self,
        ack: Callable[[], object],
        respond: Callable[..., object],
        body: Json,
        action: Json,
        client: WebClient,
    ) -> None:
        """Open the window; or say why the alert cannot be shown."""
        ack()
        trigger = str(body.get("trigger_id", ""))
        user, channel = str(body["user"]["id"]), str(body.get("channel", {}).get("id", ""))
        language = self.permissions.identify_asker(user, channel).language
        view, problem = try_or_explain(lambda: self._build_view(user, channel, action), language)
        if view is not None:
            _, problem = try_or_explain(lambda: client.views_open(trigger_id=trigger, view=view), language)
        if problem:
            respond(text=problem, response_type="ephemeral", replace_original=False)

    def _build_view(self, user: str, channel: str, action: Json) -> Json:
        targets = tuple(filter(None, (channel, user)))
        message = self.deliverer.compose_whole_alert(
            parse_delivery_key(action), targets, now=datetime.now(UTC)
        )
        if message is None:
            raise UsageError(NOT_SENT_HERE)
        language = message.cards[0].language
        return {
            "type": "modal",
            "title": {"type": "plain_text", "text": pick_language("Alert", "提醒", language)},
            "close": {"type": "plain_text", "text": pick_language("Close", "关闭", language)},
            "blocks": render_whole_alert(message.cards[0]),
        }
