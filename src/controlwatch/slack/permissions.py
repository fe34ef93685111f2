"""Who asks, from where, and what they may manage: the rule of CONTROLWATCH_SLACK_MANAGERS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controlwatch.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, and from where."""

    user: str
    channel: str  #: the user again, in a direct message
    is_manager: bool = True  #: may manage the subscriptions of the channel


def identify_asker(settings: Settings, user: str, channel: str) -> Asker:
    """Return the asker; a direct message and no channel at all are the asker's own place."""
    own = not channel or channel.startswith("D") or channel == user
    return Asker(user=user, channel=user if own else channel, is_manager=own or may_manage(settings, user))


def may_manage(settings: Settings, user: str) -> bool:
    """Say whether somebody may manage what channels are subscribed to: everybody, where nobody is named."""
    return not settings.managers or user in settings.managers
