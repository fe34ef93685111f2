"""Subscriptions as a file: for a copy, for another desk, for a review of who is alerted about what."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import console, now, open_cli_app, open_question_app
from controlwatch.cli.subscriptions import group
from controlwatch.core.model.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add `controlwatch subscriptions` with its commands."""
    app.add_typer(group, name="subscriptions", rich_help_panel="Subscribe")


@group.command(name="export")
def export_subscriptions(
    output: Annotated[
        Path | None, typer.Argument(dir_okay=False, help="The JSON file. Default: the standard output.")
    ] = None,
) -> None:
    """Write every confirmed subscription to a JSON file: criteria, targets and times.

    Example: controlwatch subscriptions export subscriptions.json
    """
    from controlwatch.adapters.files.subscription_file import format_subscription_file

    with open_question_app() as app:
        text = format_subscription_file(app.store.subscriptions.list_active())
    if output is None:
        sys.stdout.write(text)
        return
    output.write_text(text, encoding="utf-8")
    console.print(f"Written: {output}", markup=False)


@group.command(name="import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file of `export`.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and stop.")] = False,
    end_others: Annotated[
        bool, typer.Option("--end-others", help="End the subscriptions that the file does not have.")
    ] = False,
) -> None:
    """Make the subscriptions those of a file, all or none; a second time changes nothing.

    A subscription with the same target and the same criteria is the same one. Exit status 2 when the file
    cannot be used; every problem is named with its line and key.

    Example: controlwatch subscriptions import subscriptions.json --dry-run
    """
    from controlwatch.adapters.files.subscription_file import (
        MAX_FILE_BYTES,
        decode_subscription_file,
        parse_subscription_file,
    )
    from controlwatch.bootstrap.connections import resolve_target
    from controlwatch.core.alerting.subscription_import import plan_import
    from controlwatch.core.rendering.subscription_text import count_import, describe_import
    from controlwatch.services.import_subscriptions import import_subscriptions

    if file.stat().st_size > MAX_FILE_BYTES:
        raise UsageError(f"{file} is larger than {MAX_FILE_BYTES // 1_000_000} MB")
    text = decode_subscription_file(file.read_bytes())
    with open_cli_app() as app:
        wanted = parse_subscription_file(
            text,
            app.queries.names,
            lambda channel, target: resolve_target(app.channels, channel, target),
        )
        store = app.store.subscriptions
        if dry_run:
            plan = plan_import(wanted, store.list_active(), end_others=end_others)
        else:
            plan = import_subscriptions(store.transaction, wanted, end_others=end_others, owner="", now=now())
    for line in describe_import(plan):
        console.print(Text(line), soft_wrap=True)
    done = "Nothing was changed yet: " if dry_run and not plan.is_empty else ""
    console.print(f"{done}{count_import(plan)}.", markup=False)
