"""`controlwatch slack check` asks Slack itself and says what is missing."""

from __future__ import annotations

import pytest

from controlwatch.demo.serving import Sites
from controlwatch.demo.slack import SlackStandIn
from tests.cli.test_commands import Terminal, terminal

__all__ = ["terminal"]


def test_a_slack_that_is_set_up_is_said_to_be(terminal: Terminal) -> None:
    slack = SlackStandIn()
    with Sites() as sites:
        output = terminal.types(
            "slack",
            "check",
            CONTROLWATCH_SLACK_BOT_TOKEN=slack.token,
            CONTROLWATCH_SLACK_API_URL=slack.put_up(sites),
            CONTROLWATCH_SLACK_SIGNING_SECRET="s" * 32,
            CONTROLWATCH_LISTEN="127.0.0.1:8080",
        )
    assert "the token is controlwatch's in Demo" in output
    assert "✗" not in output


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
