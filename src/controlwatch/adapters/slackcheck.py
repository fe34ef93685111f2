"""Is Slack set up? Asks Slack itself, and says what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

#: What the bot needs, and what for.
SCOPES = {
    "chat:write": "to post alerts",
    "commands": "to answer /controlwatch",
    "app_mentions:read": "to answer mentions",
    "im:history": "to answer direct messages",
    "im:write": "to send alerts to a person",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: whether it is right, and what to do if not."""

    what: str
    right: bool
    then: str = ""


def check_slack(
    token: str, *, api_url: str | None, signing_secret: bool, listening: bool, socket: bool
) -> Iterator[Finding]:
    """Yield what was looked at, in the order in which things must be right."""
    base = f"{(api_url or WebClient.BASE_URL).rstrip('/')}/"
    try:
        answer = WebClient(token=token, base_url=base, timeout=15).auth_test()
    except SlackApiError as error:
        reason = str(error.response.get("error", "unknown"))
        yield Finding(
            what=f"Slack refuses the token: {reason}",
            right=False,
            then="install the app again, and set CONTROLWATCH_SLACK_BOT_TOKEN to its Bot User OAuth Token",
        )
        return
    except (SlackClientError, OSError) as error:
        yield Finding(
            what=f"Slack could not be reached: {error}", right=False, then="check the network and the proxy"
        )
        return
    yield Finding(what=f"the token is {answer.get('user', '?')}'s in {answer.get('team', '?')}", right=True)
    yield from _scopes(str(answer.headers.get("x-oauth-scopes", "")))
    if socket:
        yield Finding(what="commands come over Socket Mode", right=True)
        return
    yield Finding(
        what="the signing secret is set" if signing_secret else "no signing secret is set",
        right=signing_secret,
        then="set CONTROLWATCH_SLACK_SIGNING_SECRET (Basic Information → Signing Secret); "
        "without it no command is taken, alerts go out all the same",
    )
    yield Finding(
        what="the HTTP side listens" if listening else "the HTTP side does not listen",
        right=listening,
        then="set CONTROLWATCH_LISTEN=0.0.0.0:8080, and lead https://…/slack/events there",
    )


def _scopes(granted: str) -> Iterator[Finding]:
    given = {scope.strip() for scope in granted.split(",")} - {""}
    if not given:
        yield Finding(what="Slack does not say which scopes the token has", right=True)
        return
    for scope, purpose in SCOPES.items():
        there = scope in given
        yield Finding(
            what=f"scope {scope}, {purpose}" if there else f"scope {scope} is missing, {purpose}",
            right=there,
            then="add it under OAuth & Permissions (or take slack-manifest.yaml), then install the app again",
        )
