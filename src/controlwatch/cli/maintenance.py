"""Care: backups of the state, and the checks of this installation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controlwatch.cli.common import console, error_console, print_check

if TYPE_CHECKING:
    from controlwatch.adapters.system.backup import Progress


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (migrate, backup, restore, adopt, doctor):
        app.command(rich_help_panel="Care")(command)


def migrate() -> None:
    """Bring the schema of the database up to date, and nothing else.

    One machine does this at each start. Where several work together (CONTROLWATCH_ENGINE=postgresql), do it
    once, before the workers of a new version start; those of the version before may run meanwhile. Exit
    status 2 when a newer version wrote the database.

    Example: controlwatch migrate
    """
    from controlwatch.adapters.storage import SqlStore
    from controlwatch.adapters.storage.schema_revisions import find_newest_revision
    from controlwatch.bootstrap.cluster import check_cluster_settings, install_queue
    from controlwatch.bootstrap.state_marks import check_state_folder, describe_state
    from controlwatch.settings import Settings

    settings = Settings.load()
    check_state_folder(settings)
    if settings.is_cluster:
        check_cluster_settings(settings)
    store = SqlStore.open(settings.database)
    try:
        if settings.is_cluster:
            install_queue(settings, store)
    finally:
        store.close()
    where = describe_state(settings)
    console.print(f"The schema is at revision {find_newest_revision()} ({where}).", markup=False)


def backup(target: Annotated[Path, typer.Argument(help="The file to write, such as backup.tar.")]) -> None:
    """Copy the whole state into one file; the service may run meanwhile.

    The copy contains the addresses of the subscribers and the secret of the links: protect it as you protect
    the state. Exit status 2 when it cannot be written.

    Example: controlwatch backup /backups/controlwatch-monday.tar
    """
    from controlwatch.adapters.system import backup as copies
    from controlwatch.settings import PRIVATE_ARCHIVE, Settings

    settings = Settings.load()
    with _show_progress_bar("copying") as progress:
        count = copies.write_backup(settings.state_dir, target, progress=progress)
    size = target.stat().st_size / 1_000_000
    console.print(f"{count} files, {size:.1f} MB, in {target}.", markup=False)
    if settings.archive != PRIVATE_ARCHIVE:
        where = settings.archive.partition("?")[0]
        error_console.print(f"The bodies are not in it: back up their archive, {where}, too.", style="yellow")


def restore(
    source: Annotated[Path, typer.Argument(help="A file that `controlwatch backup` wrote.")],
) -> None:
    """Restore a backup into an empty state directory; every file is checked first.

    Exit status 2 when the backup is damaged or the directory is not empty; then nothing is written. Where it
    is interrupted, no other command uses the directory until it is run again.

    Example: CONTROLWATCH_STATE_DIR=state-new controlwatch restore backup.tar
    """
    from controlwatch.adapters.system import backup as copies
    from controlwatch.service import hold_state_lock
    from controlwatch.settings import Settings

    settings = Settings.load()
    with hold_state_lock(settings):
        with _show_progress_bar("checking") as progress:
            count = copies.restore_backup(source, settings.state_dir, progress=progress)
        console.print(f"{count} files restored to {settings.state_dir}.", markup=False)


def adopt() -> None:
    """Let the database belong to this state directory, when it has replaced another one.

    A PostgreSQL database belongs to the state directory that first used it, because stored bytes and the
    secret of the links are there. Stop the other service and copy its snapshots/, stamps/ and secret first.

    Example: CONTROLWATCH_STATE_DIR=/srv/new controlwatch adopt
    """
    from controlwatch.bootstrap.app import open_app
    from controlwatch.bootstrap.state_marks import describe_state
    from controlwatch.service import hold_state_lock
    from controlwatch.settings import Settings

    settings = Settings.load()
    with hold_state_lock(settings), open_app(settings, adopt=True):
        console.print(
            f"The database belongs to this directory now: {describe_state(settings)}.", markup=False
        )


def doctor() -> None:
    """Check settings, directories, clock, disk, database, sources and channels, with advice for each problem.

    Nothing is sent to subscribers. Exit status 1 when a check fails.

    Example: controlwatch doctor
    """
    from controlwatch.doctor import check_installation
    from controlwatch.settings import Settings

    wrong = False
    for finding in check_installation(Settings.load()):
        wrong |= not finding.is_ok
        print_check(finding)
    raise typer.Exit(1 if wrong else 0)


@contextmanager
def _show_progress_bar(words: str) -> Iterator[Progress]:
    from rich.progress import Progress as Bar

    with Bar(console=error_console, transient=True) as bar:
        task = bar.add_task(words, total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance
