"""Mail: test the sending, read the mailbox, process bounces."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import console, error_console, now, open_cli_app, print_poll_report
from controlwatch.core.alerting.subscription_targets import parse_target
from controlwatch.core.model.errors import ControlwatchError, DeliveryError, UsageError
from controlwatch.core.model.text_safety import to_one_line

if TYPE_CHECKING:
    from controlwatch.core.rendering.message import Message

#: The exit status by which a mail server tries again later (EX_TEMPFAIL of sysexits.h).
EXIT_TEMPFAIL = 75

group = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="mail", rich_help_panel="Subscribe")


@group.callback()
def mail() -> None:
    """Mail: test the sending, read the mailbox, process bounces."""


def build_test_message(sent_by: str = "controlwatch mail check") -> Message:
    """Return the message by which the sending is tried; `sent_by` is the command that sends it."""
    from controlwatch.core.rendering.card import Card
    from controlwatch.core.rendering.message import Message

    return Message(
        subject="controlwatch: a test mail",
        cards=(
            Card(
                tone="neutral",
                badge="TEST 测试",
                heading="alerts from controlwatch arrive here",
                title="controlwatch 的提醒可以送达",
                summary=(
                    "You can read this, so alerts would arrive here too. This test sends nothing else.",
                ),
                footer=(f"sent by `{sent_by}`",),
            ),
        ),
    )


@group.command()
def check(
    address: Annotated[str, typer.Argument(help="The recipient of the test mail: an address of yours.")],
) -> None:
    """Send a test mail through the configured server, and print each step.

    Exit status 1 when a step fails; the advice says what to do.

    Example: controlwatch mail check me@example.com
    """
    from controlwatch.bootstrap.connections import build_mail_channel
    from controlwatch.cli.smtp_advice import find_advice
    from controlwatch.settings import Settings

    channel = build_mail_channel(Settings.load())
    target = parse_target("email", address)
    try:
        for step in channel.check_delivery(build_test_message(), target=target, key=secrets.token_hex(16)):
            console.print(Text(f"✓ {step}"))
    except DeliveryError as error:
        error_console.print(Text(f"✗ {error}\n  {find_advice(error)}", style="red"))
        raise typer.Exit(1) from None
    console.print("Now check the mailbox, and its spam folder.")


@group.command()
def fetch() -> None:
    """Read new mails of the mailbox as press reports; then deliver what is due.

    `controlwatch run` does this every five minutes. Exit status 1 when the mailbox cannot be read.

    Example: controlwatch mail fetch
    """
    from controlwatch.bootstrap.connections import build_mailbox
    from controlwatch.services.intake import MAILBOX_ID
    from controlwatch.settings import Settings

    def print_line(line: str) -> None:
        console.print(Text(f"• {to_one_line(line, 300)}"))

    settings = Settings.load()
    build_mailbox(settings)  # raises where no mailbox is set
    with open_cli_app(settings) as app:
        watcher = app.queries.names.find_watcher(MAILBOX_ID)
        report = app.poller.poll(watcher, now=now(), on_decision=print_line)
        print_poll_report(report)
        app.reminder.checker.check_sources(now=now())
        sent, failed = app.deliverer.deliver_all(now)
    console.print(f"{sent} deliveries sent, {failed} failed.")
    raise typer.Exit(1 if report.outcome == "failed" else 0)


@group.command()
def bounce(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE]...", help="Mails as received. Default, or -: standard input."),
    ] = None,
) -> None:
    """Process bounces: a mail server pipes mails to CONTROLWATCH_MAIL_FROM into this command.

    Subscriptions whose address does not exist are paused. docs/bounces.md shows how to set the server up.
    Exit status 0 for any mail, 75 (try again later) when the state cannot be used now.

    Example: controlwatch mail bounce bounce.eml
    """
    from sqlalchemy.exc import SQLAlchemyError

    from controlwatch.adapters.storage.explain_errors import explain_database_error
    from controlwatch.services.bounces import process_bounce

    mails = [(name, _read_mail(name)) for name in files or ["-"]]
    try:
        with open_cli_app() as app:
            for name, raw in mails:
                result = process_bounce(
                    raw, mails=app.store.outbox, subscriptions=app.store.subscriptions, now=now()
                )
                console.print(Text(result if name == "-" else f"{name}: {result}"), soft_wrap=True)
    except (ControlwatchError, OSError, SQLAlchemyError) as error:
        reason = to_one_line(explain_database_error(error) or str(error))
        error_console.print(Text(f"controlwatch: try again later: {reason}", style="red"))
        raise typer.Exit(EXIT_TEMPFAIL) from None


def _read_mail(name: str) -> bytes:
    """Return a mail, cut to one byte more than is read of any mail."""
    from controlwatch.core.alerting.bounce_reports import MAX_MAIL_BYTES

    if name == "-":
        stream = typer.get_binary_stream("stdin")
        mail = stream.read(MAX_MAIL_BYTES + 1)
        while stream.read(1_000_000):  # to the end, or the sender's pipe would break
            pass
        return mail
    try:
        with Path(name).open("rb") as file:
            return file.read(MAX_MAIL_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from error
