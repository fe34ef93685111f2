"""Care: copies of the state, and what is wrong with this installation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import console, error_console

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

    with _build_progress_bar("copying") as progress:
        count = copies.write_backup(Settings.load().state_dir, target, progress=progress)
    size = target.stat().st_size / 1_000_000
    console.print(f"{count} files, {size:.1f} MB, in {target}.", markup=False)


def restore(
    source: Annotated[Path, typer.Argument(help="A file that `controlwatch backup` wrote.")],
) -> None:
    """Put a copy back into an empty state folder; every file is checked first.

    Example: CONTROLWATCH_STATE_DIR=state-new controlwatch restore backup.tar
    """
    from controlwatch.adapters.system import backup as copies
    from controlwatch.service import hold_state_lock
    from controlwatch.settings import Settings

    settings = Settings.load()
    with _build_progress_bar("checking") as progress:
        count = copies.restore_backup(source, settings.state_dir, progress=progress)
    with hold_state_lock(settings):
        console.print(f"{count} files put back into {settings.state_dir}.", markup=False)


def doctor() -> None:
    """Check settings, folders, clock, disk, database, sources and channels; say what to do.

    Exit status 1 when something needs a person. It sends nothing to subscribers.
    """
    from controlwatch.doctor import check_installation
    from controlwatch.settings import Settings

    wrong = False
    for finding in check_installation(Settings.load()):
        wrong |= not finding.is_ok
        sign, style = ("✓", "green") if finding.is_ok else ("✗", "red")
        console.print(Text(f"{sign} {finding.message}", style=style))
        if not finding.is_ok and finding.advice:
            console.print(Text(f"  → {finding.advice}"))
    raise typer.Exit(1 if wrong else 0)


def _build_progress_bar(words: str) -> AbstractContextManager[Progress]:
    from contextlib import contextmanager

    from rich.progress import Progress as Bar

    @contextmanager
    def show_bar() -> Iterator[Progress]:
        with Bar(console=error_console, transient=True) as bar:
            task = bar.add_task(words, total=None)

            def advance(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            yield advance

    return show_bar()
