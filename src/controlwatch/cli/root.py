"""The command line as a whole: its commands, and the options common to all of them."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from controlwatch.cli.common import is_verbose
from controlwatch.cli.usage_errors import HelpfulGroup

#: The modules of the commands, in the order in which --help lists them.
MODULES = (
    "setup",
    "run",
    "pages",
    "users",
    "ask",
    "mcp",
    "notices",
    "category_list",
    "reviews",
    "evidence",
    "law",
    "screening",
    "subscription_transfer",
    "subscriptions",
    "mail",
    "slack",
    "watchers",
    "held",
    "read",
    "alerts",
    "export",
    "report",
    "second",
    "maintenance",
    "archive",
)
#: The module of each command that people or a timer wait for: where one is named, no other module is loaded.
QUICK_COMMANDS = {
    "poll": "run",
    **dict.fromkeys(("latest", "show", "history"), "notices"),
    **dict.fromkeys(("status", "lookup", "upcoming", "compare", "leads", "known"), "law"),
    "entity": "screening",
    "ask": "ask",
    "mcp": "mcp",
    "categories": "category_list",
}


def build_app(command: str | None = None) -> typer.Typer:
    """Return the command line: with a quick command, what that one needs; else all commands."""
    app = typer.Typer(
        name="controlwatch",
        cls=HelpfulGroup,
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        help="Watch China's export-control regulators and alert compliance teams, "
        "with the proving sentence beside every conclusion.",
        epilog="Exit status: 0 done, 1 something needs a person, 2 wrong usage, wrong settings, "
        "or a database that cannot be used. "
        "Settings are CONTROLWATCH_… environment variables; see docs/settings.md.",
    )
    app.callback()(handle_common_options)
    for name in (QUICK_COMMANDS[command],) if command in QUICK_COMMANDS else MODULES:
        import_module(f"controlwatch.cli.{name}").register(app)
    return app


def print_version(*, value: bool) -> None:
    """Print the version, and end."""
    if value:
        from importlib.metadata import version

        typer.echo(f"controlwatch {version('controlwatch')}")
        raise typer.Exit


def handle_common_options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=lambda value: print_version(value=value), help="Print the version."
        ),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Say which state and which database the command uses.")
    ] = False,
) -> None:
    """Handle the options common to all commands."""
    del version
    is_verbose.set(verbose)
