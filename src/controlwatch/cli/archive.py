"""Stored bytes: copy them from one archive to another."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import console, error_console, show_progress

#: Missing bodies that are named.
MAX_NAMED = 20


def register(app: typer.Typer) -> None:
    """Add the commands."""
    archive = typer.Typer(no_args_is_help=True, help="Copy stored bytes from one archive to another.")
    archive.command("copy")(copy_archive)
    app.add_typer(archive, name="archive", rich_help_panel="Care")


def copy_archive(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="folder, file:///folder, database, s3://bucket/prefix, …")
    ],
    target: Annotated[str, typer.Argument(metavar="TO", help="Likewise; what is there already is kept.")],
) -> None:
    """Copy all stored bytes and time stamps to another archive; each copy is read back and compared.

    The service may run meanwhile. When it is interrupted, or new bytes came in since, run it again: what the
    target has is only checked. Set CONTROLWATCH_ARCHIVE to the target afterwards. Exit status 1 when the
    source lacks bytes, or has damaged ones; they are named.

    Example: controlwatch archive copy folder database
    """
    from controlwatch.adapters.storage import SqlStore
    from controlwatch.bootstrap.archive_addresses import open_archive, open_timestamps
    from controlwatch.bootstrap.state_marks import check_state_folder
    from controlwatch.services.copy_archive import copy_bodies, copy_tokens
    from controlwatch.settings import Settings

    settings = Settings.load()
    check_state_folder(settings)
    store = SqlStore.open(settings.database, is_cluster=settings.is_cluster)
    try:
        archives = [open_archive(settings, store, address) for address in (source, target)]
        with show_progress("copying") as progress:
            done = copy_bodies(store.references.list_stored_hashes(), *archives, on_progress=progress)
        stamps = copy_tokens(*(open_timestamps(settings, store, address) for address in (source, target)))
    finally:
        store.close()
    console.print(
        Text(f"{done.copied} bodies copied, {done.kept} were there already; {stamps} time stamps copied.")
    )
    for sha256 in done.lost[:MAX_NAMED]:
        error_console.print(Text(f"{sha256}: missing or damaged in {source}", style="red"), soft_wrap=True)
    if done.lost:
        error_console.print(Text(f"In total: {len(done.lost)} not copied", style="red"))
    raise typer.Exit(1 if done.lost else 0)
