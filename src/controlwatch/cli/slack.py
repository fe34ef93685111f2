"""Slack: is it set up?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import console
from controlwatch.core.errors import UsageError

if TYPE_CHECKING:
    from pydantic import SecretStr


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
    from controlwatch.adapters.slackcheck import Setup, check_slack, send_test
    from controlwatch.cli.subscribing import target_of
    from controlwatch.settings import Settings

    settings = Settings.load()
    if settings.slack_bot_token is None:
        raise UsageError(
            "CONTROLWATCH_SLACK_BOT_TOKEN is not set; make an app from slack-manifest.yaml first"
        )
    setup = Setup(
        token=settings.slack_bot_token.get_secret_value(),
        api_url=settings.slack_api_url,
        signing_secret=_plain(settings.slack_signing_secret),
        app_token=_plain(settings.slack_app_token),
        public_url=settings.public_url,
        listening=settings.listen is not None,
    )
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


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret is not None else None
