"""The watchers: how they fare, whether they are well declared, how to make one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from controlwatch.cli.common import JsonOption, console, error_console, open_cli_app, print_json, today
from controlwatch.core.model.errors import SourceError, UsageError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.model.timezones import BEIJING

if TYPE_CHECKING:
    from datetime import datetime

    from controlwatch.core.law.answers import WatcherLine

HEALTH_STYLES = {
    "healthy": "green",
    "new": "bright_black",
    "degraded": "yellow",
    "quiet": "yellow",
    "blocked": "magenta",
    "blind": "bold red",
}

group = typer.Typer(help="The watched sources: health, checks, new ones.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="watchers", rich_help_panel="Watchers")


@group.callback()
def watchers(context: typer.Context, *, json: JsonOption = False) -> None:
    """Show every watcher and how it fares; exit status 1 when one is blind or a delivery was refused."""
    if context.invoked_subcommand is not None:
        return
    with open_cli_app() as app:
        lines = app.queries.list_watchers()
        trouble = app.queries.list_problems()
    if json:
        print_json(lines)
    else:
        console.print(_build_health_table(lines))
        for sentence in trouble:
            error_console.print(Text(f"needs a person: {sentence}", style="red"), soft_wrap=True)
    raise typer.Exit(1 if trouble else 0)


@group.command()
def check(
    directory: Annotated[
        Path | None, typer.Argument(help="A folder of declarations; default: the one in use.")
    ] = None,
) -> None:
    """Validate every declaration; errors name file, key and reason."""
    from controlwatch.adapters.catalog.watcher_loader import check_watchers
    from controlwatch.settings import Settings

    folder = directory or Settings.load().find_watchers_folder()
    mistakes = check_watchers(folder)
    for mistake in mistakes:
        error_console.print(Text(str(mistake), style="red"))
    if mistakes:
        raise typer.Exit(1)
    console.print(f"{len(list(folder.glob('*.toml')))} watchers are well declared.")


@group.command()
def new(
    watcher_id: Annotated[
        str, typer.Argument(metavar="ID", help="Lower-case words and dashes: miit-notices")
    ],
    url: Annotated[str, typer.Argument(help="The page that lists the notices.")],
) -> None:
    """Write a commented declaration for a new source, to be completed by hand."""
    from controlwatch.adapters.catalog.watcher_loader import scaffold_watcher
    from controlwatch.settings import Settings

    path = scaffold_watcher(Settings.load().find_watchers_folder(), watcher_id, url)
    console.print(Text(f"Wrote {path}. Complete it, then: controlwatch watchers check"))


@group.command()
def probe(
    watcher_id: Annotated[
        str, typer.Argument(metavar="ID", help="The watcher to try against the live site.")
    ],
) -> None:
    """Ask the live site once, keep what it sends, and say how it differs from the declaration.

    For a connected machine. What came is saved below state/probes/ID/.
    """
    from controlwatch.services.probe import probe_source

    with open_cli_app() as app:
        watcher = app.queries.names.find_watcher(watcher_id)
        if watcher.source_kind == "mailbox":
            raise UsageError(f"{watcher.id} is no site; `controlwatch mail fetch` looks into it")
        folder = app.settings.state_dir / "probes" / watcher.id
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with app.fetch.open_session(watcher) as ask:
                said, readable = probe_source(watcher, ask, folder, today=today())
        except SourceError as error:
            error_console.print(Text(f"{watcher.id}: {error.kind}: {error}", style="red"))
            raise typer.Exit(1) from None
    for sentence in said:
        console.print(Text(f"• {sentence}"))
    console.print(Text(f"{len(said)} differences; saved in {folder}"))
    raise typer.Exit(0 if readable else 1)


def _build_health_table(lines: tuple[WatcherLine, ...]) -> Table:
    columns = ("Watcher", "Health", "Last seen (Beijing)", "Newest", "Rows", "Unread", "Reason")
    table = Table(*columns, show_edge=False, pad_edge=False, header_style="bold")
    for line in lines:
        state = line.state
        health = line.health if line.enabled else "off"
        table.add_row(
            Text(line.id),
            Text(health, style=HEALTH_STYLES.get(health, "")),
            _format_instant(state.last_success_at),
            str(state.newest or ""),
            str(state.rows or ""),
            Text(str(state.unread or ""), style="yellow"),
            Text(to_one_line(state.problem, 160)),
        )
    return table


def _format_instant(instant: datetime | None) -> str:
    return instant.astimezone(BEIJING).strftime("%m-%d %H:%M") if instant else "never"
