"""Slack: is it set up?"""

from __future__ import annotations

import typer
from rich.text import Text

from controlwatch.cli.common import console
from controlwatch.core.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    slack = typer.Typer(help="Slack: is it set up?", no_args_is_help=True)
    slack.callback()(_slack)  # so that `check` stays a word of its own
    slack.command("check")(check)
    app.add_typer(slack, name="slack", rich_help_panel="Subscribe")


def _slack() -> None:
    """Slack: is it set up?"""


def check() -> None:
    """Ask Slack whether token and scopes are right, and say what is missing. Exit status 1 when something is.

    Example: controlwatch slack check
    """
    from controlwatch.adapters.slackcheck import check_slack
    from controlwatch.settings import Settings

    settings = Settings.load()
    if settings.slack_bot_token is None:
        raise UsageError(
            "CONTROLWATCH_SLACK_BOT_TOKEN is not set; make an app from slack-manifest.yaml first"
        )
    findings = list(
        check_slack(
            settings.slack_bot_token.get_secret_value(),
            api_url=settings.slack_api_url,
            signing_secret=settings.slack_signing_secret is not None,
            listening=settings.listen is not None,
            socket=settings.slack_app_token is not None,
        )
    )
    for finding in findings:
        console.print(
            Text(f"{'✓' if finding.right else '✗'} {finding.what}", style="green" if finding.right else "red")
        )
        if not finding.right and finding.then:
            console.print(Text(f"  → {finding.then}"))
    raise typer.Exit(0 if all(finding.right for finding in findings) else 1)
