"""`controlwatch slack check` asks Slack itself and says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlwatch.testing.sites import Sites
from controlwatch.testing.slack import SlackStandIn
from tests.cli.test_commands import Terminal, terminal
from tests.slack.desk import CHANNEL, desk_in
from tests.slack.socket_standin import SocketStandIn

__all__ = ["terminal"]


def test_a_slack_that_is_set_up_is_said_to_be_and_its_first_message_sent(
    terminal: Terminal, tmp_path: Path
) -> None:
    with desk_in(tmp_path / "service") as desk:
        output = terminal.types(
            *("slack", "check", CHANNEL),
            CONTROLWATCH_SLACK_BOT_TOKEN=desk.slack.token,
            CONTROLWATCH_SLACK_API_URL=str(desk.app.settings.slack_api_url),
            CONTROLWATCH_SLACK_SIGNING_SECRET=desk.asker.secret,
            CONTROLWATCH_LISTEN="127.0.0.1:8080",
            CONTROLWATCH_PUBLIC_URL=desk.web,
            COLUMNS="200",
        )
        assert "the token belongs to controlwatch in Demo" in output
        assert "events arrive at" in output
        assert "✗" not in output
        assert desk.slack.posted[-1].channel == CHANNEL


def test_socket_mode_is_tried_with_its_token(terminal: Terminal) -> None:
    slack = SlackStandIn()
    with Sites() as sites, SocketStandIn() as socket:
        socket.put_up(sites)
        settings = {
            "CONTROLWATCH_SLACK_BOT_TOKEN": slack.token,
            "CONTROLWATCH_SLACK_API_URL": slack.put_up(sites),
        }
        right = terminal.types("slack", "check", CONTROLWATCH_SLACK_APP_TOKEN=socket.token, **settings)
        assert "commands are received over Socket Mode" in right
        wrong = terminal.fails("slack", "check", CONTROLWATCH_SLACK_APP_TOKEN="xapp-other", **settings)
        assert "connections:write" in wrong


def test_an_address_that_does_not_lead_to_us_is_said_so(terminal: Terminal) -> None:
    slack = SlackStandIn()
    with Sites() as sites:
        output = terminal.fails(
            *("slack", "check"),
            CONTROLWATCH_SLACK_BOT_TOKEN=slack.token,
            CONTROLWATCH_SLACK_API_URL=slack.put_up(sites),
            CONTROLWATCH_SLACK_SIGNING_SECRET="s" * 32,
            CONTROLWATCH_LISTEN="127.0.0.1:8080",
            CONTROLWATCH_PUBLIC_URL="http://127.0.0.1:1",
        )
    assert "events do not arrive at" in output


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"token": "xoxb-another"}, "Slack refuses the token: invalid_auth"),
        ({"scopes": ("chat:write",)}, "scope commands is missing"),
        ({}, "no signing secret is set"),
    ],
)
def test_what_is_missing_is_said_with_what_to_do(
    terminal: Terminal, changes: dict[str, object], missing: str
) -> None:
    slack = SlackStandIn(**changes)  # type: ignore[arg-type]
    with Sites() as sites:
        output = terminal.fails(
            "slack",
            "check",
            CONTROLWATCH_SLACK_BOT_TOKEN="xoxb-stand-in",
            CONTROLWATCH_SLACK_API_URL=slack.put_up(sites),
        )
    assert missing in output
    assert "→" in output


def test_without_a_token_it_says_where_to_begin(terminal: Terminal) -> None:
    assert "slack-manifest.yaml" in terminal.fails("slack", "check")
