"""Who asks, from where, and what they may manage: the rule of CONTROLWATCH_SLACK_MANAGERS."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """The user who asks, and the channel they ask in."""

    user: str
    channel: str  #: the user again, in a direct message
    is_manager: bool = True  #: may manage the subscriptions of the channel


@dataclass(frozen=True, slots=True)
class Permissions:
    """The users who may manage the subscriptions of channels."""

    managers: frozenset[str]  #: none: every user may

    def may_manage(self, user: str) -> bool:
        """Return whether a user may manage the subscriptions of channels."""
        return not self.managers or user in self.managers

    def identify_asker(self, user: str, channel: str) -> Asker:
        """Return the asker; a direct message, and no channel at all, are the asker's own place."""
        own = not channel or channel.startswith("D") or channel == user
        return Asker(user=user, channel=user if own else channel, is_manager=own or self.may_manage(user))
