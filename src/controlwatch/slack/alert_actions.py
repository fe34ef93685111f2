"""Acting on an alert in Slack: acknowledge, assign, set a day, mute, not relevant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from controlwatch.core.alerting.follow_up import Deed, Done
from controlwatch.core.model import Mute
from controlwatch.core.model.errors import UsageError
from controlwatch.core.rendering.slack_blocks import (
    ACKNOWLEDGE,
    ALERT_BLOCK,
    ASSIGN,
    DUE,
    IRRELEVANT,
    MOST_BLOCKS,
    MUTE,
    MUTE_DAYS,
    ORIGINAL,
    REASONS,
)
from controlwatch.slack.ack_deadline import tried
from controlwatch.slack.permissions import asker_in
from controlwatch.slack.reply_blocks import PERSON, done_block

if TYPE_CHECKING:
    from slack_bolt import App as Bolt
    from slack_sdk import WebClient

    from controlwatch.bootstrap import App
    from controlwatch.slack.home import Home
    from controlwatch.slack.permissions import Asker

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Acting:
    """What the buttons below an alert do. Each is acknowledged first, noted, and shown on the message."""

    app: App
    home: Home

    def register(self, bolt: Bolt) -> None:
        """Listen to the buttons."""
        deeds: dict[str, Callable[[Json, Asker], tuple[Deed, str]]] = {
            ACKNOWLEDGE: self._acknowledged,
            ASSIGN: self._assigned,
            DUE: self._due,
            MUTE: self._muted,
            IRRELEVANT: self._irrelevant,
        }
        for action_id, deed in deeds.items():
            bolt.action(action_id)(self._listener(deed))
        bolt.action(ORIGINAL)(self.original)

    def original(self, ack: Callable[[], object]) -> None:
        """Let a link be followed; Slack wants to hear of it."""
        ack()

    def _listener(self, deed: Callable[[Json, Asker], tuple[Deed, str]]) -> Callable[..., None]:
        def listen(
            ack: Callable[[], object],
            respond: Callable[..., object],
            body: Json,
            action: Json,
            client: WebClient,
        ) -> None:
            ack()
            user, at_home = str(body["user"]["id"]), "view" in body
            shown, wrong = tried(lambda: self._act(deed, body, action))
            if at_home:
                self.home.show(client, user, said=wrong)
            elif shown is None:
                respond(text=wrong, response_type="ephemeral", replace_original=False)
            else:
                respond(**shown, replace_original=True)

        return listen

    def _act(self, deed: Callable[[Json, Asker], tuple[Deed, str]], body: Json, action: Json) -> Json:
        """Do what was asked, note it, and return the message with the line that says so."""
        now = datetime.now(UTC)
        channel = str(body.get("channel", {}).get("id", ""))
        asker = asker_in(self.app.settings, str(body["user"]["id"]), channel)
        what, note = deed(action, asker)
        done = self.app.store.act(
            key_in(action), what=what, who=asker.user, targets=self._places(body), note=note, now=now
        )
        if not done:
            raise UsageError("This alert is not one of this channel.")
        message = body.get("message", {})
        line = done_block([_in_words(one) for one in done], key=key_in(action))
        return {
            "text": str(message.get("text", what))[:300],
            "blocks": list(_with_line(message.get("blocks", []), line, key_in(action)))[:MOST_BLOCKS],
        }

    def _places(self, body: Json) -> tuple[str, ...]:
        """Return where the alert must have gone for somebody to act on it.

        A direct message may have been addressed by its own id, or by that of the person. At home they see
        their own alerts and those of what they have subscribed channels to.
        """
        user = str(body["user"]["id"])
        if "view" not in body:
            return str(body.get("channel", {}).get("id", "")), user
        return user, *(item.target for item in self.home.subscriptions(user))

    def _acknowledged(self, _action: Json, _asker: Asker) -> tuple[Deed, str]:
        return "acknowledged", ""

    def _assigned(self, action: Json, _asker: Asker) -> tuple[Deed, str]:
        user = str(action.get("selected_user") or "")
        if not PERSON.fullmatch(user):
            raise UsageError("Nobody was chosen.")
        return "assigned", user

    def _due(self, action: Json, _asker: Asker) -> tuple[Deed, str]:
        try:
            return "due", date.fromisoformat(str(action.get("selected_date"))).isoformat()
        except ValueError:
            raise UsageError("No day was chosen.") from None

    def _muted(self, action: Json, asker: Asker) -> tuple[Deed, str]:
        category, _, days = _chosen(action).rpartition(":")
        if category not in self.app.queries.categories() or days not in {str(n) for n in MUTE_DAYS}:
            raise UsageError("Nothing was chosen.")
        if not asker.manager:
            raise UsageError("The subscriptions of this channel are managed by others here.")
        until = datetime.now(UTC) + timedelta(days=int(days))
        store = self.app.store
        number = store.subscription_of(key_in(action), (asker.channel, asker.user))
        if number is None or not store.mute(number, Mute(category=category, until=until, who=asker.user)):
            raise UsageError("This alert is not one of this channel.")
        return "muted", f"{category} until {until:%Y-%m-%d}"

    def _irrelevant(self, action: Json, _asker: Asker) -> tuple[Deed, str]:
        reason = _chosen(action)
        if reason not in REASONS:
            raise UsageError("No reason was chosen.")
        return "not relevant", reason


def _with_line(blocks: Iterable[Json], line: Json, key: str) -> Iterator[Json]:
    """Yield the blocks of a message with what was done about an alert below its buttons."""
    for block in blocks:
        if block.get("block_id") == line["block_id"]:
            continue
        yield block
        if block.get("block_id") == f"{ALERT_BLOCK}{key}":
            yield line


def key_in(action: Json) -> str:
    """Return the key of the delivery that a button belongs to: its block says it."""
    return str(action.get("block_id", "")).removeprefix(ALERT_BLOCK)


def _chosen(action: Json) -> str:
    return str((action.get("selected_option") or {}).get("value", ""))


def _in_words(done: Done) -> Done:
    """Put a reason in words, for the message."""
    if done.what != "not relevant":
        return done
    return Done(what=done.what, who=done.who, at=done.at, note=REASONS.get(done.note, done.note))
