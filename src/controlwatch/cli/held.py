"""New notices that are held, because a source listed too many at once."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import (
    JsonOption,
    build_table,
    console,
    open_cli_app,
    open_question_app,
    print_json,
)
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.timezones import BEIJING

group = typer.Typer(invoke_without_command=True)
WatcherArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The watcher, as `controlwatch held` names it.")
]
ContainingOption = Annotated[
    str, typer.Option("--containing", metavar="WORDS", help="Only those whose title contains these words.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="held", rich_help_panel="Watchers")


@group.callback()
def held(context: typer.Context, *, json: JsonOption = False) -> None:
    """Show the new notices that wait for a person: too many came from one source at once.

    A site that moved lists hundreds of old notices at new addresses. They are tracked, nothing is lost, and
    no one is alerted until you release or shelve them. The limit is `expect.new_at_once` of the watcher.
    Exit status 1 when something is held.

    Example: controlwatch held
    """
    if context.invoked_subcommand is not None:
        return
    with open_question_app() as app:
        floods = app.queries.list_held()
    if json:
        print_json(floods)
    elif not floods:
        console.print("Nothing is held.")
    else:
        table = build_table("Watcher", "Held", "Since (Beijing)", "The first of them")
        for flood in floods:
            since = f"{flood.since.astimezone(BEIJING):%Y-%m-%d %H:%M}"
            table.add_row(flood.watcher, str(flood.count), since, Text("\n".join(flood.titles)))
        console.print(table)
        console.print(
            "To alert people to them: controlwatch held release ID; without: controlwatch held shelve ID"
        )
    raise typer.Exit(1 if floods else 0)


@group.command()
def release(watcher_id: WatcherArgument, *, containing: ContainingOption = "") -> None:
    """Read held notices and alert the subscribers to them, as if they had just appeared.

    Example: controlwatch held release mofcom-announcements --containing 2026年
    """
    _settle(watcher_id, containing, may_alert=True)


@group.command()
def shelve(watcher_id: WatcherArgument, *, containing: ContainingOption = "") -> None:
    """Read held notices without alerting anybody, as if they had always been there.

    Example: controlwatch held shelve mofcom-announcements
    """
    _settle(watcher_id, containing, may_alert=False)


def _settle(watcher_id: str, containing: str, *, may_alert: bool) -> None:
    from datetime import UTC, datetime

    with open_cli_app() as app:
        watcher = app.queries.names.find_watcher(watcher_id)
        count = app.store.references.settle_held(
            watcher.id, may_alert=may_alert, containing=containing, now=datetime.now(UTC)
        )
    if not count:
        raise UsageError(
            f"nothing of {watcher.id} is held"
            + (f" whose title contains {containing!r}" if containing else "")
        )
    what = "will be read and alerted" if may_alert else "will be read without alerts"
    console.print(f"{count} notices of {watcher.id} {what} at its next polls.", markup=False)
