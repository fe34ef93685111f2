"""Who asks, from where, in which language, and what they may manage (CONTROLWATCH_SLACK_MANAGERS)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from controlwatch.core.model import Language, Subscription
from controlwatch.services.ports import Subscriptions
from controlwatch.slack.ack_deadline import run_with_deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """The user who asks, and the channel they ask in."""

    user: str
    channel: str  #: the user again, in a direct message
    language: Language = "both"  #: of the subscriptions of the place
    is_manager: bool = True  #: may manage the subscriptions of the channel


@dataclass(frozen=True, slots=True)
class Permissions:
    """The users who may manage the subscriptions of channels."""

    managers: frozenset[str]  #: none: every user may
    subscriptions: Subscriptions

    def may_manage(self, user: str) -> bool:
        """Return whether a user may manage the subscriptions of channels."""
        return not self.managers or user in self.managers

    def identify_asker(self, user: str, channel: str) -> Asker:
        """Return the asker; a direct message, and no channel at all, are the asker's own place."""
        own = not channel or channel.startswith("D") or channel == user
        return Asker(
            user=user,
            channel=user if own else channel,
            language=self.find_language(user, "" if own else channel),
            is_manager=own or self.may_manage(user),
        )

    def find_language(self, user: str, channel: str = "") -> Language:
        """Return the language of the subscriptions of a channel; without any, of those of the user.

        Both languages where the store does not say it in time: an answer never waits for its language.
        """
        return run_with_deadline(lambda: self._read_language(user, channel)) or "both"

    def _read_language(self, user: str, channel: str) -> Language:
        places = (name for name in (channel, user) if name)
        owned = (self.subscriptions.list_own(owner=name, address=name) for name in places)
        return choose_language(next(filter(None, map(_select_slack, owned)), ()))


def _select_slack(subscriptions: Iterable[Subscription]) -> tuple[Subscription, ...]:
    return tuple(item for item in subscriptions if item.channel == "slack")


def choose_language(subscriptions: Iterable[Subscription]) -> Language:
    """Return the one language that subscriptions have; both, where they differ and where none exists."""
    languages = {item.language for item in subscriptions}
    return languages.pop() if len(languages) == 1 else "both"
