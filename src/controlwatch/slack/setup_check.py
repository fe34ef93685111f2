"""Is Slack set up? Asks Slack itself, and says what is missing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.signature import SignatureVerifier

if TYPE_CHECKING:
    from pydantic import SecretStr

    from controlwatch.settings import Settings

#: What the bot needs, and what for.
SCOPES = {
    "chat:write": "to post alerts",
    "commands": "to answer /controlwatch",
    "app_mentions:read": "to answer mentions",
    "im:history": "to answer direct messages",
    "im:write": "to send alerts to a person",
}

#: What Slack says where the bot must be invited first.
NOT_IN = frozenset({"not_in_channel", "channel_not_found"})
CHALLENGE = "controlwatch-asks-itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: whether it is right, and what to do if not."""

    what: str
    right: bool
    then: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How we are set up for Slack."""

    token: str = field(repr=False)
    api_url: str | None = None
    signing_secret: str | None = field(default=None, repr=False)
    app_token: str | None = field(default=None, repr=False)
    public_url: str | None = None
    listening: bool = False

    def client(self) -> WebClient:
        """Return a client of Slack's Web API."""
        base = f"{(self.api_url or WebClient.BASE_URL).rstrip('/')}/"
        return WebClient(token=self.token, base_url=base, timeout=15)


def slack_setup(settings: Settings) -> Setup:
    """Return how we are set up for Slack, for whoever checks it."""

    def plain(secret: SecretStr | None) -> str | None:
        return secret.get_secret_value() if secret is not None else None

    return Setup(
        token=plain(settings.slack_bot_token) or "",
        api_url=settings.slack_api_url,
        signing_secret=plain(settings.slack_signing_secret),
        app_token=plain(settings.slack_app_token),
        public_url=settings.public_url,
        listening=settings.listen is not None,
    )


def check_slack(setup: Setup) -> Iterator[Finding]:
    """Yield what was looked at, in the order in which things must be right."""
    try:
        answer = setup.client().auth_test()
    except SlackApiError as error:
        yield Finding(
            what=f"Slack refuses the token: {_reason(error)}",
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
    yield from _socket(setup) if setup.app_token is not None else _over_http(setup)


def send_test(setup: Setup, target: str) -> Finding:
    """Send a first message to a channel or a person."""
    words = "This is a test of controlwatch. Alerts will come here. · controlwatch 测试消息。"
    try:
        setup.client().chat_postMessage(channel=target, text=words)
    except SlackApiError as error:
        reason = _reason(error)
        then = "in the channel: /invite @controlwatch" if reason in NOT_IN else "write the id: C…, G… or U…"
        return Finding(what=f"the test message was refused: {reason}", right=False, then=then)
    except (SlackClientError, OSError) as error:
        return Finding(what=f"the test message could not be sent: {error}", right=False, then="try again")
    return Finding(what=f"a test message is in {target}", right=True)


def _socket(setup: Setup) -> Iterator[Finding]:
    try:
        setup.client().apps_connections_open(app_token=str(setup.app_token))
    except SlackApiError as error:
        yield Finding(
            what=f"Socket Mode is refused: {_reason(error)}",
            right=False,
            then="turn Socket Mode on, and set CONTROLWATCH_SLACK_APP_TOKEN to an app-level token (xapp-…) "
            "with the scope connections:write",
        )
    except (SlackClientError, OSError) as error:
        yield Finding(what=f"Socket Mode could not be tried: {error}", right=False, then="try again")
    else:
        yield Finding(what="commands come over Socket Mode", right=True)


def _over_http(setup: Setup) -> Iterator[Finding]:
    signed = setup.signing_secret is not None
    yield Finding(
        what="the signing secret is set" if signed else "no signing secret is set",
        right=signed,
        then="set CONTROLWATCH_SLACK_SIGNING_SECRET (Basic Information → Signing Secret); "
        "without it no command is taken, alerts go out all the same",
    )
    yield Finding(
        what="the HTTP side listens" if setup.listening else "the HTTP side does not listen",
        right=setup.listening,
        then="set CONTROLWATCH_LISTEN=0.0.0.0:8080, and lead https://…/slack/events there",
    )
    if signed and setup.listening:
        yield _events_reach_us(setup)


def _events_reach_us(setup: Setup) -> Finding:
    """Ask our own public address what Slack asks it when it is set up, signed as Slack signs."""
    if setup.public_url is None:
        return Finding(
            what="whether events reach us cannot be tried",
            right=False,
            then="set CONTROLWATCH_PUBLIC_URL to the address that Slack is given, without /slack/events",
        )
    address = f"{setup.public_url}/slack/events"
    body = json.dumps({"type": "url_verification", "challenge": CHALLENGE, "token": ""})
    stamp = str(int(time.time()))
    signature = SignatureVerifier(str(setup.signing_secret)).generate_signature(timestamp=stamp, body=body)
    headers = {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature or "",
    }
    try:
        answer = httpx.post(address, content=body, headers=headers, timeout=10)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        said = type(error).__name__
    else:
        if answer.status_code == 200 and CHALLENGE in answer.text:
            return Finding(what=f"events reach us at {address}", right=True)
        said = f"it answered {answer.status_code}"
    return Finding(
        what=f"events do not reach us at {address}: {said}",
        right=False,
        then="`controlwatch run` must be running, and your proxy must lead this address to it",
    )


def _reason(error: SlackApiError) -> str:
    return str(error.response.get("error", "unknown"))


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
