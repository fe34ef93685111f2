"""The log of alerts: what was sent to whom, and what people did about it."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated

import typer

from controlwatch.cli.common import (
    JsonOption,
    build_cell,
    build_table,
    console,
    open_question_app,
    print_json,
)
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_spreadsheet_cell

if TYPE_CHECKING:
    from controlwatch.core.law.answers import AlertLine


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Subscribe")(alerts)


def alerts(
    *,
    waiting: Annotated[bool, typer.Option("--open", help="Only alerts without an action.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The most alerts to list.")] = 50,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet or an audit.")] = False,
    json: JsonOption = False,
) -> None:
    """List alerts, newest first: what was sent to whom, and who did what about it.

    Example: controlwatch alerts --csv --limit 10000 > alerts.csv
    """
    if as_csv and json:
        raise UsageError("--csv and --json exclude each other")
    with open_question_app() as app:
        lines = app.store.actions.list_alerts(open_only=waiting, limit=limit)
    if json:
        print_json(lines)
    elif as_csv:
        print_csv(lines)
    else:
        drawn = build_table("Made", "Kind", "Alert", "To", "State", "Action")
        for line in lines:
            action = f"{line.what} by {line.who} {line.acted_at:%Y-%m-%d %H:%M}" if line.acted_at else ""
            drawn.add_row(
                f"{line.made_at:%Y-%m-%d %H:%M}",
                line.kind,
                build_cell(line.number or line.title),
                build_cell(f"{line.channel} {line.target}"),
                line.state,
                build_cell(f"{action} {line.note or ''}".strip()),
            )
        console.print(drawn if lines else "No alerts yet.")


def print_csv(lines: Iterable[AlertLine]) -> None:
    """Print alerts as CSV that a spreadsheet takes as text only: no cell is a formula."""
    from controlwatch.core.law.answers import AlertLine
    from controlwatch.core.rendering.json_values import to_json_value

    names = [item.name for item in fields(AlertLine)]
    writer = csv.writer(sys.stdout)
    writer.writerow(names)
    for line in lines:
        values = (to_json_value(getattr(line, name)) for name in names)
        writer.writerow(["" if value is None else to_spreadsheet_cell(str(value)) for value in values])
