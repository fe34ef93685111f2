"""Mail: does it leave, and if not, why."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import console, errors
from controlwatch.cli.subscribing import target_of
from controlwatch.core.errors import DeliveryError
from controlwatch.core.render.card import Card
from controlwatch.core.render.message import Message

TEST = Message(
    subject="controlwatch: a test mail",
    cards=(
        Card(
            tone="neutral",
            badge="TEST 测试",
            heading="mail from controlwatch arrives here",
            title="controlwatch 的邮件可以送达",
            summary=(
                "You can read this: alerts to this address would arrive, too. Nothing else will follow.",
            ),
            footer=("sent by `controlwatch mail check`",),
        ),
    ),
)

group = typer.Typer(help="Mail: does it leave, and if not, why.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="mail", rich_help_panel="Subscribe")


@group.callback()
def mail() -> None:
    """Mail: does it leave, and if not, why."""


@group.command()
def check(
    address: Annotated[str, typer.Argument(help="Where the test mail goes: an address of yours.")],
) -> None:
    """Send one test mail through the configured server and say each step; exit status 1 when one fails.

    Example: controlwatch mail check me@example.com
    """
    from controlwatch.adapters.mailadvice import advice
    from controlwatch.app import mail_channel
    from controlwatch.settings import Settings

    channel = mail_channel(Settings.load())
    target = target_of("email", address)
    try:
        for step in channel.check(TEST, target=target, key=secrets.token_hex(16)):
            console.print(Text(f"✓ {step}"))
    except DeliveryError as error:
        errors.print(Text(f"✗ {error}\n  {advice(error)}", style="red"))
        raise typer.Exit(1) from None
    console.print("Now look into the mailbox, and into its folder for spam.")
