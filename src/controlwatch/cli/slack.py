"""Slack: check the setup."""

from __future__ import annotations

from typing import Annotated

import typer

from controlwatch.cli.common import print_check
from controlwatch.core.model.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True)
    group.callback()(slack)  # a group even with one command: `slack check`
    group.command("check")(check_setup)
    app.add_typer(group, name="slack", rich_help_panel="Subscribe")


def slack() -> None:
    """Slack: check the setup."""


def check_setup(
    target: Annotated[
        str | None, typer.Argument(help="Also send a test message to this channel (C…) or person (U…).")
    ] = None,
) -> None:
    """Check token, scopes and the delivery of events with Slack, and print what is missing.

    Exit status 1 when a check fails.

    Example: controlwatch slack check C0123ABCD
    """
    from controlwatch.core.alerting.subscription_targets import parse_target
    from controlwatch.settings import Settings
    from controlwatch.slack.setup_check import check_slack, read_slack_setup, send_test_message

    settings = Settings.load()
    if settings.slack_bot_token is None:
        raise UsageError(
            "CONTROLWATCH_SLACK_BOT_TOKEN is not set; create an app from slack-manifest.yaml first"
        )
    setup = read_slack_setup(settings)
    findings = list(check_slack(setup))
    if target is not None:
        findings.append(send_test_message(setup, parse_target("slack", target)))
    for finding in findings:
        print_check(finding)
    raise typer.Exit(0 if all(finding.is_ok for finding in findings) else 1)
