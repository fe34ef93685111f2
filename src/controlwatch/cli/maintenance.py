"""Care: copies of the state, and what is wrong with this installation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import console, errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from controlwatch.adapters.system.backup import Progress


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (backup, restore, doctor):
        app.command(rich_help_panel="Care")(command)


def backup(target: Annotated[Path, typer.Argument(help="The file to write, such as backup.tar.")]) -> None:
    """Copy the whole state into one file, while the service runs.

    It holds every address of a subscriber and the secret of the links: keep it as you keep these.
    Example: controlwatch backup /backups/controlwatch-monday.tar
    """
    from controlwatch.adapters.system import backup as copies
    from controlwatch.settings import Settings

    with _bar("copying") as progress:
        count = copies.backup(Settings.load().state_dir, target, progress=progress)
    size = target.stat().st_size / 1_000_000
    console.print(f"{count} files, {size:.1f} MB, in {target}.", markup=False)


def restore(
    source: Annotated[Path, typer.Argument(help="A file that `controlwatch backup` wrote.")],
) -> None:
    """Put a copy back into an empty state folder; every file is checked first.

    Example: CONTROLWATCH_STATE_DIR=state-new controlwatch restore backup.tar
    """
    from controlwatch.adapters.system import backup as copies
    from controlwatch.service import only_instance
    from controlwatch.settings import Settings

    settings = Settings.load()
    with _bar("checking") as progress:
        count = copies.restore(source, settings.state_dir, progress=progress)
    with only_instance(settings):
        console.print(f"{count} files put back into {settings.state_dir}.", markup=False)


def doctor() -> None:
    """Check settings, folders, clock, disk, database, sources and channels; say what to do.

    Exit status 1 when something needs a person. It sends nothing to subscribers.
    """
    from controlwatch.doctor import examine
    from controlwatch.settings import Settings

    wrong = False
    for finding in examine(Settings.load()):
        wrong |= not finding.right
        sign, style = ("✓", "green") if finding.right else ("✗", "red")
        console.print(Text(f"{sign} {finding.what}", style=style))
        if not finding.right and finding.then:
            console.print(Text(f"  → {finding.then}"))
    raise typer.Exit(1 if wrong else 0)


def _bar(words: str) -> AbstractContextManager[Progress]:
    from contextlib import contextmanager

    from rich.progress import Progress as Bar

    @contextmanager
    def shown() -> Iterator[Progress]:
        with Bar(console=errors, transient=True) as bar:
            task = bar.add_task(words, total=None)

            def advance(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            yield advance

    return shown()
