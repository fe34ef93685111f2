"""Write tables for spreadsheets and audits: notices, the log of alerts, listed parties, key dates."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from controlwatch.cli.common import console, open_question_app
from controlwatch.cli.completion import complete_category
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.export_subject import EXPORT_SUBJECTS


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Ask")(export)


def export(
    what: Annotated[str, typer.Argument(help=f"{', '.join(EXPORT_SUBJECTS)}.")],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="Write to this .csv or .xlsx file. Default: CSV on the standard output."
        ),
    ] = None,
    category: Annotated[
        str | None,
        typer.Option(help="Notices and key dates of a category or group.", autocompletion=complete_category),
    ] = None,
    issuer: Annotated[str | None, typer.Option(help="Notices of an issuer: MOFCOM, 海关总署, …")] = None,
    direction: Annotated[str | None, typer.Option(help="Notices that tighten, relax, suspend, …")] = None,
    destination: Annotated[str | None, typer.Option(help="Notices about exports to US, JP, EU, …")] = None,
    first: Annotated[str | None, typer.Option("--from", help="Notices and dates from this day on.")] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Notices and key dates up to this day; parties as of this day.")
    ] = None,
    search: Annotated[str | None, typer.Option(help="Notices with this text in title or body.")] = None,
    changes: Annotated[bool, typer.Option("--changes", help="Only changes of the rules.")] = False,
) -> None:
    """Write a table: CSV or XLSX, in which no cell is a formula.

    Exit status 2 when a value cannot be used.

    Example: controlwatch export notices --category rare_earth --from 2026-01-01 --output notices.xlsx
    """
    from controlwatch.adapters.files.spreadsheet_writer import write_csv, write_workbook
    from controlwatch.services.exports import Exports

    subject = next((item for item in EXPORT_SUBJECTS if item == what), None)
    if subject is None:
        raise UsageError(f"{what!r} cannot be exported; choose one of {', '.join(EXPORT_SUBJECTS)}")
    suffix = output.suffix.lower() if output is not None else ".csv"
    if suffix not in {".csv", ".xlsx"}:
        raise UsageError("the output is written as .csv or .xlsx, by the name of the file")
    given = {
        "category": category,
        "issuer": issuer,
        "direction": direction,
        "destination": destination,
        "from": first,
        "to": last,
        "text": search,
        "changes": "1" if changes else None,
    }
    with open_question_app() as app:
        chosen = app.queries.parse_filter({name: value for name, value in given.items() if value})
        exports = Exports(queries=app.queries, alert_log=app.store.actions)
        table = exports.build_table(subject, chosen)
        if output is None:
            write_csv(table, sys.stdout)
            return
        if suffix == ".xlsx":
            write_workbook({subject.capitalize(): table}, output)
        else:
            with output.open("w", encoding="utf-8-sig", newline="") as stream:
                write_csv(table, stream)
    console.print(f"Written: {output}", markup=False)
