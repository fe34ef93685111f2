"""Slack: is it set up?"""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import console
from controlwatch.core.model.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    slack = typer.Typer(help="Slack: is it set up?", no_args_is_help=True)
    slack.callback()(_slack)  # so that `check` stays a word of its own
    slack.command("check")(check)
    app.add_typer(slack, name="slack", rich_help_panel="Subscribe")


def _slack() -> None:
    """Slack: is it set up?"""


def check(
    target: Annotated[
        str | None, typer.Argument(help="Send a test message there too: a channel (C…) or a person (U…).")
    ] = None,
) -> None:
    """Ask Slack whether token and scopes are right and whether events reach us; say what is missing.

    Exit status 1 when something is. Example: controlwatch slack check C0123ABCD
    """
    from controlwatch.cli.subscriptions import target_of
    from controlwatch.settings import Settings
    from controlwatch.slack.setup_check import check_slack, send_test, slack_setup

    settings = Settings.load()
    if settings.slack_bot_token is None:
        raise UsageError(
            "CONTROLWATCH_SLACK_BOT_TOKEN is not set; make an app from slack-manifest.yaml first"
        )
    setup = slack_setup(settings)
    findings = list(check_slack(setup))
    if target is not None:
        findings.append(send_test(setup, target_of("slack", target)))
    for finding in findings:
        console.print(
            Text(f"{'✓' if finding.right else '✗'} {finding.what}", style="green" if finding.right else "red")
        )
        if not finding.right and finding.then:
            console.print(Text(f"  → {finding.then}"))
    raise typer.Exit(0 if all(finding.right for finding in findings) else 1)
