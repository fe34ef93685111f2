"""The command line: thin commands over the use cases and the queries."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from rich.console import Console

from controlwatch.cli import (
    alerts,
    ask,
    categories,
    evidence,
    held,
    law,
    mail,
    maintenance,
    notices,
    read,
    reviews,
    run,
    screening,
    slack,
    subscriptions,
    watchers,
)
from controlwatch.cli.common import is_verbose
from controlwatch.core.model.errors import ControlwatchError

app = typer.Typer(
    name="controlwatch",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Watch China's export-control regulators and alert compliance teams, "
    "with the proving sentence beside every conclusion.",
    epilog="Exit status: 0 done, 1 something needs a person, 2 wrong usage, wrong settings, "
    "or a database that cannot be used. "
    "Settings are CONTROLWATCH_… environment variables; see docs/settings.md.",
)


def _print_version(*, value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"controlwatch {version('controlwatch')}")
        raise typer.Exit


for module in (
    run,
    ask,
    notices,
    categories,
    reviews,
    evidence,
    law,
    screening,
    subscriptions,
    mail,
    slack,
    watchers,
    held,
    read,
    alerts,
    maintenance,
):
    module.register(app)


@app.callback()
def _root(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=lambda value: _print_version(value=value), help="Print the version."
        ),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Say which state and which database the command uses.")
    ] = False,
) -> None:
    """Handle the options common to all commands."""
    del version
    is_verbose.set(verbose)


def main() -> None:
    """Run the command line; an error of controlwatch, its database or its files is one sentence on stderr.

    The exit status is 2 then. An error that is none of these is a bug: its traceback is shown.
    """
    os.umask(0o077)  # files hold pages of sources and addresses of people: only our own account may read them
    try:
        app()
    except Exception as error:
        reason = _explain_error(error)
        if not reason:
            raise
        Console(stderr=True).print(f"controlwatch: {reason}", style="red", markup=False, highlight=False)
        sys.exit(2)


def _explain_error(error: Exception) -> str:
    """Return an error as one sentence, or "" where it is a bug."""
    if isinstance(error, ControlwatchError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    from controlwatch.adapters.storage.explain_errors import explain_database_error

    return explain_database_error(error)
