"""The watchers: source health, checks of the declarations, new declarations."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from controlwatch.cli.common import (
    JsonOption,
    console,
    error_console,
    open_cli_app,
    open_question_app,
    print_json,
    today,
)
from controlwatch.cli.completion import complete_watcher
from controlwatch.core.model.addresses import is_allowed_url
from controlwatch.core.model.errors import SourceError, Unreachable, UsageError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.model.timezones import BEIJING
from controlwatch.core.rendering.wording import find_word

if TYPE_CHECKING:
    from controlwatch.core.law.answers import WatcherLine
    from controlwatch.core.sources.watcher import Watcher

HEALTH_STYLES = {
    "healthy": "green",
    "new": "bright_black",
    "degraded": "yellow",
    "quiet": "yellow",
    "blocked": "magenta",
    "blind": "bold red",
}

group = typer.Typer(invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="watchers", rich_help_panel="Watchers")


@group.callback()
def watchers(context: typer.Context, *, json: JsonOption = False) -> None:
    """Show the health of every watcher; the subcommands check and create declarations.

    Exit status 1 when something needs a person: a failing watcher, a refused delivery.

    Example: controlwatch watchers --json
    """
    if context.invoked_subcommand is not None:
        return
    with open_question_app() as app:
        lines = app.queries.list_watchers()
        problems = app.queries.list_problems()
    if json:
        print_json(lines)
    else:
        console.print(_build_health_table(lines))
        for line in lines:
            for sentence in line.declared:
                console.print(Text(f"{line.id} declares {sentence}"), soft_wrap=True)
        for sentence in problems:
            error_console.print(Text(f"needs a person: {sentence}", style="red"), soft_wrap=True)
    raise typer.Exit(1 if problems else 0)


@group.command()
def check(
    directory: Annotated[
        Path | None, typer.Argument(help="A directory of declarations. Default: the one in use.")
    ] = None,
) -> None:
    """Check every declaration; errors name the file, the key and the reason.

    Exit status 1 when a declaration is not valid.

    Example: controlwatch watchers check watchers/
    """
    from controlwatch.adapters.catalog.watcher_loader import check_watchers
    from controlwatch.settings import Settings

    folder = directory or Settings.load().find_watchers_folder()
    errors = check_watchers(folder)
    for error in errors:
        error_console.print(Text(str(error), style="red"))
    if errors:
        raise typer.Exit(1)
    console.print(f"{len(list(folder.glob('*.toml')))} declarations are valid.")


@group.command()
def new(
    watcher_id: Annotated[
        str, typer.Argument(metavar="ID", help="Lower-case words with dashes: miit-notices")
    ],
    url: Annotated[str, typer.Argument(help="The page that lists the notices.")],
) -> None:
    """Write a commented declaration for a new source, to be completed by hand.

    Exit status 2 when the id is not valid or exists already.

    Example: controlwatch watchers new miit-notices https://www.miit.gov.cn/notices.html
    """
    from controlwatch.adapters.catalog.watcher_loader import scaffold_watcher
    from controlwatch.settings import Settings

    path = scaffold_watcher(Settings.load().find_watchers_folder(), watcher_id, url)
    console.print(Text(f"Wrote {path}. Complete it, then run: controlwatch watchers check"))


@group.command()
def probe(
    watcher_id: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="The watcher to test with the live site.", autocompletion=complete_watcher
        ),
    ],
    saved: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="A HAR or MHTML file that a browser has saved."),
    ] = None,
) -> None:
    """Fetch the live site once, save what it sends, and print how it differs from the declaration.

    Needs a network connection, unless a file is given that a browser saved where the site can be reached: a
    HAR of its network log with the contents, or the list or a notice as MHTML. The pages are saved in
    state/probes/ID/. Exit status 1 when they cannot be read as declared.

    Example: controlwatch watchers probe mofcom-announcements --from list.har
    """
    from controlwatch.services.probe import probe_source

    with open_cli_app() as app:
        watcher = app.queries.names.find_watcher(watcher_id)
        if watcher.source_kind == "mailbox":
            raise UsageError(f"{watcher.id} is not a site; to read it: controlwatch mail fetch")
        folder = app.settings.state_dir / "probes" / watcher.id
        folder.mkdir(parents=True, exist_ok=True)
        try:
            if saved is not None:
                differences, readable = _probe_saved(watcher, saved, folder)
            else:
                with app.fetch.open_session(watcher) as ask:
                    differences, readable = probe_source(watcher, ask, folder, today=today())
        except SourceError as error:
            error_console.print(Text(f"{watcher.id}: {error.kind}: {error}", style="red"))
            raise typer.Exit(1) from None
    for sentence in differences:
        console.print(Text(f"• {sentence}"))
    noun = "difference" if len(differences) == 1 else "differences"
    console.print(Text(f"{len(differences)} {noun}; saved in {folder}"))
    raise typer.Exit(0 if readable else 1)


@group.command()
def stats(
    *,
    days: Annotated[int, typer.Option(min=1, max=400, help="How far back to count.")] = 90,
    json: JsonOption = False,
) -> None:
    """Show how often the polls of each source failed, with which error, and since when.

    Example: controlwatch watchers stats --days 30
    """
    with open_question_app() as app:
        counts = app.store.polling.count_failures(since=datetime.now(UTC) - timedelta(days=days))
        states = [line.state for line in app.queries.list_watchers()]
    # A source fails with one error at a time: the row of another one is over.
    since = {(state.id, state.kind): state.failing_since for state in states}
    if json:
        print_json(
            [asdict(count) | {"failing_since": since.get((count.watcher, count.kind))} for count in counts]
        )
        return
    columns = (
        "Watcher",
        "Error",
        "Polls",
        "First (Beijing)",
        "Last (Beijing)",
        "Failing since",
        "Last reason",
    )
    table = Table(*columns, show_edge=False, pad_edge=False, header_style="bold")
    for count in counts:
        times = (count.first_at, count.last_at, since.get((count.watcher, count.kind)))
        shown = [f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M}" if at is not None else "" for at in times]
        reason = Text(to_one_line(count.reason, 160))
        table.add_row(Text(count.watcher), Text(count.kind), str(count.times), *shown, reason)
    console.print(table if counts else f"No poll failed in {days} days.")


def _probe_saved(watcher: Watcher, path: Path, folder: Path) -> tuple[tuple[str, ...], bool]:
    """Compare a saved file with a declaration: the list and a notice, or the notice that is all it has."""
    from controlwatch.adapters.fetch.saved_session import open_saved_session
    from controlwatch.core.sources.requests import list_index_urls
    from controlwatch.services.probe import probe_notice, probe_source

    session = open_saved_session(path)
    first, url = session.answers[0], list_index_urls(watcher, today=today())[0]
    if session.is_drawn and session.was_requested(url) and watcher.index.kind != "links":
        raise UsageError(
            f"{path.name} shows the list as the browser drew it; the data from which the list of {watcher.id}"
            " is read is not in it: save a HAR with content"
        )
    try:
        return probe_source(watcher, session, folder, today=today(), choose_notice=session.choose_saved)
    except Unreachable:
        if session.was_requested(url) or not is_allowed_url(first.url, watcher.http.hosts):
            raise
        return probe_notice(watcher, first, folder), True


def _build_health_table(lines: tuple[WatcherLine, ...]) -> Table:
    columns = ("Watcher", "Health", "Last seen (Beijing)", "Newest", "Rows", "Unread", "Reason")
    table = Table(*columns, show_edge=False, pad_edge=False, header_style="bold")
    for line in lines:
        state = line.state
        health = find_word(line.health_word, "en") if line.enabled else "off"
        table.add_row(
            Text(line.id),
            Text(health, style=HEALTH_STYLES[line.health] if line.enabled else ""),
            f"{last.astimezone(BEIJING):%m-%d %H:%M}" if (last := state.last_success_at) else "never",
            str(state.newest or ""),
            str(state.rows or ""),
            Text(str(state.unread or ""), style="yellow"),
            Text(to_one_line(state.problem, 160)),
        )
    return table
