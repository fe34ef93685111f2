"""Acting on an alert in Slack: acknowledge, assign, set a day, mute, not relevant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from controlwatch.core.alerting.follow_up import Action, ActionRecord
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
from controlwatch.slack.ack_deadline import try_or_explain
from controlwatch.slack.permissions import identify_asker
from controlwatch.slack.reply_blocks import USER_ID, build_action_block

if TYPE_CHECKING:
    from slack_bolt import App as Bolt
    from slack_sdk import WebClient

    from controlwatch.bootstrap import App
    from controlwatch.slack.home import AppHome
    from controlwatch.slack.permissions import Asker

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AlertActionHandler:
    """What the buttons below an alert do. Each is acknowledged first, noted, and shown on the message."""

    app: App
    home: AppHome

    def register_listeners(self, bolt: Bolt) -> None:
        """Listen to the buttons."""
        deeds: dict[str, Callable[[Json, Asker], tuple[Action, str]]] = {
            ACKNOWLEDGE: self._parse_acknowledge,
            ASSIGN: self._parse_assignee,
            DUE: self._parse_due_date,
            MUTE: self._mute_category,
            IRRELEVANT: self._parse_irrelevance,
        }
        for action_id, deed in deeds.items():
            bolt.action(action_id)(self._build_listener(deed))
        bolt.action(ORIGINAL)(self.acknowledge_link)

    def acknowledge_link(self, ack: Callable[[], object]) -> None:
        """Let a link be followed; Slack wants to hear of it."""
        ack()

    def _build_listener(self, deed: Callable[[Json, Asker], tuple[Action, str]]) -> Callable[..., None]:
        def listen(
            ack: Callable[[], object],
            respond: Callable[..., object],
            body: Json,
            action: Json,
            client: WebClient,
        ) -> None:
            ack()
            user, at_home = str(body["user"]["id"]), "view" in body
            shown, wrong = try_or_explain(lambda: self._record_action(deed, body, action))
            if at_home:
                self.home.publish_view(client, user, said=wrong)
            elif shown is None:
                respond(text=wrong, response_type="ephemeral", replace_original=False)
            else:
                respond(**shown, replace_original=True)

        return listen

    def _record_action(
        self, deed: Callable[[Json, Asker], tuple[Action, str]], body: Json, action: Json
    ) -> Json:
        """Do what was asked, note it, and return the message with the line that says so."""
        now = datetime.now(UTC)
        channel = str(body.get("channel", {}).get("id", ""))
        asker = identify_asker(self.app.settings, str(body["user"]["id"]), channel)
        what, note = deed(action, asker)
        done = self.app.store.actions.record_action(
            parse_delivery_key(action),
            what=what,
            who=asker.user,
            targets=self._list_targets(body),
            note=note,
            now=now,
        )
        if not done:
            raise UsageError("This alert is not one of this channel.")
        message = body.get("message", {})
        line = build_action_block([_describe_reason(one) for one in done], key=parse_delivery_key(action))
        return {
            "text": str(message.get("text", what))[:300],
            "blocks": list(_insert_action_line(message.get("blocks", []), line, parse_delivery_key(action)))[
                :MAX_BLOCKS
            ],
        }

    def _list_targets(self, body: Json) -> tuple[str, ...]:
        """Return where the alert must have gone for somebody to act on it.

        A direct message may have been addressed by its own id, or by that of the person. At home they see
        their own alerts and those of what they have subscribed channels to.
        """
        user = str(body["user"]["id"])
        if "view" not in body:
            return str(body.get("channel", {}).get("id", "")), user
        return user, *(item.target for item in self.home.list_subscriptions(user))

    def _parse_acknowledge(self, _action: Json, _asker: Asker) -> tuple[Action, str]:
        return "acknowledged", ""

    def _parse_assignee(self, action: Json, _asker: Asker) -> tuple[Action, str]:
        user = str(action.get("selected_user") or "")
        if not USER_ID.fullmatch(user):
            raise UsageError("Nobody was chosen.")
        return "assigned", user

    def _parse_due_date(self, action: Json, _asker: Asker) -> tuple[Action, str]:
        try:
            return "due", date.fromisoformat(str(action.get("selected_date"))).isoformat()
        except ValueError:
            raise UsageError("No day was chosen.") from None

    def _mute_category(self, action: Json, asker: Asker) -> tuple[Action, str]:
        category, _, days = _read_selected_value(action).rpartition(":")
        if category not in self.app.queries.names.list_categories() or days not in {
            str(n) for n in MUTE_DAYS
        }:
            raise UsageError("Nothing was chosen.")
        if not asker.is_manager:
            raise UsageError("The subscriptions of this channel are managed by others here.")
        until = datetime.now(UTC) + timedelta(days=int(days))
        store = self.app.store
        number = store.actions.find_subscription_id(parse_delivery_key(action), (asker.channel, asker.user))
        if number is None or not store.actions.mute_category(
            number, Mute(category=category, until=until, who=asker.user)
        ):
            raise UsageError("This alert is not one of this channel.")
        return "muted", f"{category} until {until:%Y-%m-%d}"

    def _parse_irrelevance(self, action: Json, _asker: Asker) -> tuple[Action, str]:
        reason = _read_selected_value(action)
        if reason not in REASONS:
            raise UsageError("No reason was chosen.")
        return "not relevant", reason


def _insert_action_line(blocks: Iterable[Json], line: Json, key: str) -> Iterator[Json]:
    """Yield the blocks of a message with what was done about an alert below its buttons."""
    for block in blocks:
        if block.get("block_id") == line["block_id"]:
            continue
        yield block
        if block.get("block_id") == f"{ALERT_BLOCK}{key}":
            yield line


def parse_delivery_key(action: Json) -> str:
    """Return the key of the delivery that a button belongs to: its block says it."""
    return str(action.get("block_id", "")).removeprefix(ALERT_BLOCK)


def _read_selected_value(action: Json) -> str:
    return str((action.get("selected_option") or {}).get("value", ""))


def _describe_reason(done: ActionRecord) -> ActionRecord:
    """Put a reason in words, for the message."""
    if done.what != "not relevant":
        return done
    return ActionRecord(what=done.what, who=done.who, at=done.at, note=REASONS.get(done.note, done.note))
