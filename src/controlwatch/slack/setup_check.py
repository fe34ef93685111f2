"""Checks of the Slack setup: asks Slack itself, and names what is missing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.signature import SignatureVerifier

from controlwatch.adapters.limits.bounded_http import send_once
from controlwatch.adapters.limits.bounded_slack import BoundedSlackClient
from controlwatch.settings import Settings

#: The scopes that the bot needs, and what for.
SCOPES = {
    "chat:write": "to post alerts",
    "commands": "to answer /controlwatch",
    "app_mentions:read": "to answer mentions",
    "im:history": "to answer direct messages",
    "im:write": "to send alerts to a person",
}

#: Slack's errors where the bot must be invited first.
NOT_INVITED_ERRORS = frozenset({"not_in_channel", "channel_not_found"})
CHALLENGE_TEXT = "controlwatch-asks-itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The result of one check, and what to do where it failed."""

    message: str
    is_ok: bool
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSetup:
    """The settings for Slack."""

    token: str = field(repr=False)
    api_url: str | None = None
    signing_secret: str | None = field(default=None, repr=False)
    app_token: str | None = field(default=None, repr=False)
    public_url: str | None = None
    is_listening: bool = False

    def build_client(self) -> BoundedSlackClient:
        """Return a client of Slack's Web API."""
        base = f"{(self.api_url or WebClient.BASE_URL).rstrip('/')}/"
        return BoundedSlackClient(token=self.token, base_url=base, timeout=15)


def read_slack_setup(settings: Settings) -> SlackSetup:
    """Return the settings for Slack, to be checked."""

    def reveal_secret(secret: SecretStr | None) -> str | None:
        return secret.get_secret_value() if secret is not None else None

    return SlackSetup(
        token=reveal_secret(settings.slack_bot_token) or "",
        api_url=settings.slack_api_url,
        signing_secret=reveal_secret(settings.slack_signing_secret),
        app_token=reveal_secret(settings.slack_app_token),
        public_url=settings.public_url,
        is_listening=settings.listen is not None,
    )


def check_slack(setup: SlackSetup) -> Iterator[CheckResult]:
    """Yield the results of the checks, in the order in which problems must be fixed."""
    try:
        answer = setup.build_client().auth_test()
    except SlackApiError as error:
        yield CheckResult(
            message=f"Slack refuses the token: {_read_error_code(error)}",
            is_ok=False,
            advice="reinstall the app, and set CONTROLWATCH_SLACK_BOT_TOKEN to its Bot User OAuth Token",
        )
        return
    except (SlackClientError, OSError) as error:
        yield CheckResult(
            message=f"Slack could not be reached: {error}",
            is_ok=False,
            advice="check the network and the proxy",
        )
        return
    yield CheckResult(
        message=f"the token belongs to {answer.get('user', '?')} in {answer.get('team', '?')}", is_ok=True
    )
    given = {scope.strip() for scope in str(answer.headers.get("x-oauth-scopes", "")).split(",")} - {""}
    if not given:
        yield CheckResult(message="Slack does not report the scopes of the token", is_ok=True)
    for scope, purpose in SCOPES.items() if given else ():
        is_granted = scope in given
        yield CheckResult(
            message=f"scope {scope}, {purpose}" if is_granted else f"scope {scope} is missing, {purpose}",
            is_ok=is_granted,
            advice="add it under OAuth & Permissions, or use slack-manifest.yaml; then reinstall the app",
        )
    yield from _check_socket_mode(setup) if setup.app_token is not None else _check_http(setup)


def send_test_message(setup: SlackSetup, target: str) -> CheckResult:
    """Send a test message to a channel or a person."""
    words = "This is a test message of controlwatch. Alerts will be sent here. · controlwatch 测试消息。"
    try:
        setup.build_client().chat_postMessage(channel=target, text=words)
    except SlackApiError as error:
        reason = _read_error_code(error)
        then = (
            "in the channel: /invite @controlwatch"
            if reason in NOT_INVITED_ERRORS
            else "use an id: C…, G… or U…"
        )
        return CheckResult(message=f"the test message was refused: {reason}", is_ok=False, advice=then)
    except (SlackClientError, OSError) as error:
        return CheckResult(
            message=f"the test message could not be sent: {error}", is_ok=False, advice="try again"
        )
    return CheckResult(message=f"a test message was sent to {target}", is_ok=True)


def _check_socket_mode(setup: SlackSetup) -> Iterator[CheckResult]:
    try:
        setup.build_client().apps_connections_open(app_token=str(setup.app_token))
    except SlackApiError as error:
        yield CheckResult(
            message=f"Socket Mode is refused: {_read_error_code(error)}",
            is_ok=False,
            advice="turn Socket Mode on, and set CONTROLWATCH_SLACK_APP_TOKEN to an app-level token (xapp-…) "
            "with the scope connections:write",
        )
    except (SlackClientError, OSError) as error:
        yield CheckResult(message=f"Socket Mode cannot be tested: {error}", is_ok=False, advice="try again")
    else:
        yield CheckResult(message="commands are received over Socket Mode", is_ok=True)


def _check_http(setup: SlackSetup) -> Iterator[CheckResult]:
    signed = setup.signing_secret is not None
    yield CheckResult(
        message="the signing secret is set" if signed else "no signing secret is set",
        is_ok=signed,
        advice="set CONTROLWATCH_SLACK_SIGNING_SECRET (Basic Information → Signing Secret); "
        "without it commands are refused; alerts are sent all the same",
    )
    yield CheckResult(
        message="the HTTP server is on" if setup.is_listening else "the HTTP server is off",
        is_ok=setup.is_listening,
        advice="set CONTROLWATCH_LISTEN=0.0.0.0:8080, and route https://…/slack/events there",
    )
    if signed and setup.is_listening:
        yield _check_event_delivery(setup)


def _check_event_delivery(setup: SlackSetup) -> CheckResult:
    """Send our public address the request that Slack sends to verify it, signed as Slack signs."""
    if setup.public_url is None:
        return CheckResult(
            message="the delivery of events cannot be tested",
            is_ok=False,
            advice="set CONTROLWATCH_PUBLIC_URL to the address that is set in Slack, without /slack/events",
        )
    address = f"{setup.public_url}/slack/events"
    body = json.dumps({"type": "url_verification", "challenge": CHALLENGE_TEXT, "token": ""})
    stamp = str(int(time.time()))
    signature = SignatureVerifier(str(setup.signing_secret)).generate_signature(timestamp=stamp, body=body)
    headers = {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature or "",
    }
    try:
        answer = send_once("POST", address, seconds=10, body=body.encode(), headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        problem = type(error).__name__
    else:
        if answer.status == 200 and CHALLENGE_TEXT in answer.text:
            return CheckResult(message=f"events arrive at {address}", is_ok=True)
        problem = f"the answer was {answer.status}"
    return CheckResult(
        message=f"events do not arrive at {address}: {problem}",
        is_ok=False,
        advice="start `controlwatch run`, and let your proxy forward this address to it",
    )


def _read_error_code(error: SlackApiError) -> str:
    return str(error.response.get("error", "unknown"))
