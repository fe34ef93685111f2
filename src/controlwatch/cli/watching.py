"""The watchers: how they fare, whether they are well declared, how to make one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from controlwatch.adapters.declarations import check_watchers, scaffold
from controlwatch.app import watchers_folder
from controlwatch.cli.common import Json, console, errors, opened, print_json, today
from controlwatch.core.asking import detail, entries, page, shell, unit
from controlwatch.core.calendar import BEIJING
from controlwatch.core.charset import decode
from controlwatch.core.errors import Reshaped, SourceError
from controlwatch.core.indexes import parse
from controlwatch.core.probe import differences
from controlwatch.core.render.safe import one_line
from controlwatch.settings import Settings

if TYPE_CHECKING:
    from datetime import datetime

    from controlwatch.core.answers import WatcherLine
    from controlwatch.core.model import Snapshot
    from controlwatch.core.watcher import Watcher
    from controlwatch.ports import Ask

HEALTH = {
    "healthy": "green",
    "new": "bright_black",
    "failing": "yellow",
    "blocked": "magenta",
    "blind": "bold red",
}

group = typer.Typer(help="The watched sources: health, checks, new ones.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="watchers", rich_help_panel="Watchers")


@group.callback()
def watchers(context: typer.Context, *, json: Json = False) -> None:
    """Show every watcher and how it fares; exit status 1 when one is blind or a delivery was refused."""
    if context.invoked_subcommand is not None:
        return
    with opened() as app:
        lines = app.queries.watchers()
        trouble = app.queries.needs_a_person()
    if json:
        print_json(lines)
    else:
        console.print(_table(lines))
        for sentence in trouble:
            errors.print(Text(f"needs a person: {sentence}", style="red"))
    raise typer.Exit(1 if trouble else 0)


@group.command()
def check(
    directory: Annotated[
        Path | None, typer.Argument(help="A folder of declarations; default: the one in use.")
    ] = None,
) -> None:
    """Validate every declaration; errors name file, key and reason."""
    folder = directory or watchers_folder(Settings.load())
    mistakes = check_watchers(folder)
    for mistake in mistakes:
        errors.print(Text(str(mistake), style="red"))
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
    path = scaffold(watchers_folder(Settings.load()), watcher_id, url)
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
    with opened() as app:
        watcher = app.queries.watcher(watcher_id)
        folder = app.settings.state_dir / "probes" / watcher.id
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with app.fetch.session(watcher) as ask:
                said, readable = _probe(watcher, ask, folder)
        except SourceError as error:
            errors.print(Text(f"{watcher.id}: {error.kind}: {error}", style="red"))
            raise typer.Exit(1) from None
    for sentence in said:
        console.print(Text(f"• {sentence}"))
    console.print(Text(f"{len(said)} differences; saved in {folder}"))
    raise typer.Exit(0 if readable else 1)


def _probe(watcher: Watcher, ask: Ask, folder: Path) -> tuple[tuple[str, ...], bool]:
    """The differences, and whether the list could be read at all."""
    shell_text, ids = _column(watcher, ask, folder)
    request = page(watcher, entries(watcher, today=today())[0], ids=ids, today=today())
    index = ask(request) if request is not None else None
    if index is None:
        raise Reshaped("the index did not come")
    _save(folder / "index.bin", index)
    try:
        refs = parse(watcher, index).refs
    except SourceError:
        return differences(watcher, shell=shell_text, index=index, detail=None), False
    notice = _first_notice(watcher, refs[0].url, ask, folder)
    return differences(watcher, shell=shell_text, index=index, detail=notice), True


def _column(watcher: Watcher, ask: Ask, folder: Path) -> tuple[str | None, dict[str, str] | None]:
    """The column page of a jpaas source and the parameters that it names; neither for others."""
    request = shell(watcher)
    sent = ask(request) if request is not None else None
    if sent is None:
        return None, None
    _save(folder / "shell.bin", sent)
    text = decode(sent.body, header=sent.header("content-type"), declared=watcher.http.charset).text
    try:
        return text, unit(watcher, text)
    except SourceError:
        return text, None  # `differences` says so


def _first_notice(watcher: Watcher, url: str, ask: Ask, folder: Path) -> Snapshot | None:
    try:
        notice = ask(detail(watcher, url)) if watcher.detail.follow else None
    except SourceError:
        return None  # `differences` says so
    if notice is not None:
        _save(folder / "detail.bin", notice)
    return notice


def _save(path: Path, snapshot: Snapshot) -> None:
    path.write_bytes(snapshot.body)
    head = [
        f"{snapshot.status} {snapshot.final_url}",
        *(f"{name}: {value}" for name, value in snapshot.headers),
    ]
    path.with_suffix(".headers.txt").write_text("\n".join(head) + "\n", encoding="utf-8")


def _table(lines: tuple[WatcherLine, ...]) -> Table:
    columns = ("Watcher", "Health", "Last seen (Beijing)", "Newest", "Rows", "Unread", "Reason")
    table = Table(*columns, show_edge=False, pad_edge=False, header_style="bold")
    for line in lines:
        state = line.state
        health = line.health if line.enabled else "off"
        table.add_row(
            Text(line.id),
            Text(health, style=HEALTH.get(health, "")),
            _stamp(state.last_success_at),
            str(state.newest or ""),
            str(state.rows or ""),
            Text(str(state.unread or ""), style="yellow"),
            Text(one_line(state.reason or "", 160)),
        )
    return table


def _stamp(instant: datetime | None) -> str:
    return instant.astimezone(BEIJING).strftime("%m-%d %H:%M") if instant else "never"
