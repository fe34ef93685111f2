"""The log of alerts: what was told to whom, and what people did about it."""

from __future__ import annotations

import csv
import re
import sys
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated

import typer

from controlwatch.cli.common import (
    JsonOption,
    build_cell,
    build_table,
    console,
    open_cli_app,
    print_json,
    to_json_value,
)
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import strip_hidden

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controlwatch.core.law.answers import AlertLine

#: A spreadsheet would run what begins so, also behind the sign that parts cells in its own country: ;=1+1
FORMULA_START = re.compile(r"(^|[;\t\n])(?=[^\S;\t\n]*[=+\-@＝＋－＠])")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Subscribe")(alerts)


def alerts(
    *,
    waiting: Annotated[bool, typer.Option("--open", help="Only those that nobody has acted on.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet or an audit.")] = False,
    json: JsonOption = False,
) -> None:
    """What was told to whom, and who did what about it, newest first.

    Example: controlwatch alerts --csv --limit 10000 > alerts.csv
    """
    if as_csv and json:
        raise UsageError("--csv and --json exclude each other")
    with open_cli_app() as app:
        lines = app.store.actions.list_alerts(open_only=waiting, limit=limit)
    if json:
        print_json(lines)
    elif as_csv:
        _print_csv(lines)
    else:
        _print_table(lines)


def _print_csv(lines: Iterable[AlertLine]) -> None:
    from controlwatch.core.law.answers import AlertLine

    names = [item.name for item in fields(AlertLine)]
    writer = csv.writer(sys.stdout)
    writer.writerow(names)
    for line in lines:
        writer.writerow([_neutralize_formula(to_json_value(getattr(line, name))) for name in names])


def _neutralize_formula(value: object) -> str:
    return FORMULA_START.sub(r"\1'", strip_hidden("" if value is None else str(value)))


def _print_table(lines: tuple[AlertLine, ...]) -> None:
    drawn = build_table("Made", "Kind", "Alert", "To", "State", "Done")
    for line in lines:
        done = f"{line.what} by {line.who} {line.acted_at:%Y-%m-%d %H:%M}" if line.acted_at else ""
        drawn.add_row(
            f"{line.made_at:%Y-%m-%d %H:%M}",
            line.kind,
            build_cell(line.number or line.title),
            build_cell(f"{line.channel} {line.target}"),
            line.state,
            build_cell(f"{done} {line.note or ''}".strip()),
        )
    console.print(drawn if lines else "No alert has been made yet.")
