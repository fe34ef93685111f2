"""Where alerts can be sent: the form that an address must have on each channel."""

from __future__ import annotations

import re
from email.utils import parseaddr

from controlwatch.core.model.errors import UsageError

#: Slack channels, groups, direct messages and people: C0123ABCD, G…, D…, U…
SLACK_TARGET = re.compile(r"[CGDUW][A-Z0-9]{2,}")
MAIL_TARGET = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|localhost)")
#: An address without a password in it; http is for receivers on this machine or network.
WEBHOOK_TARGET = re.compile(r"https?://[^\s/@]+(?:/\S*)?")


def parse_target(channel: str, target: str) -> str:
    """Return the target as the channel knows it; raises `UsageError` where the channel cannot reach it."""
    match channel:
        case "console":
            return "-"
        case "webhook":
            if not WEBHOOK_TARGET.fullmatch(target):
                raise UsageError(
                    f"{target!r} is not an address to post to; use one such as https://receiver.example/hook"
                )
        case "slack":
            if not SLACK_TARGET.fullmatch(target):
                raise UsageError(
                    f"{target!r} is not a Slack id; use the channel's id, such as C0123ABCD, not its #name"
                )
        case _:
            if not MAIL_TARGET.fullmatch(target) or parseaddr(target)[1] != target:
                raise UsageError(f"{target!r} is not an e-mail address; use one such as name@example.com")
    return target
