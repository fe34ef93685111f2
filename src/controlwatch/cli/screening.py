"""Search listed parties by name: one name, or a file of names."""

from __future__ import annotations

import json as json_text
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import (
    JsonOption,
    error_console,
    open_question_app,
    parse_day,
    print_json,
    read_typed,
    show_progress,
    today,
)
from controlwatch.cli.law import DayOption
from controlwatch.cli.law_view import print_answer
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_one_line

if TYPE_CHECKING:
    from datetime import date

    from controlwatch.core.law.party_answers import ScreeningResult

OUTPUT_FORMATS = (".csv", ".json", ".xlsx")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Ask")(entity)


def entity(
    name: Annotated[
        str | None, typer.Argument(help="A name or a part of it, Chinese or English.", callback=read_typed)
    ] = None,
    *,
    file: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Screen the names in a file: .csv, .tsv, or one on each line.",
        ),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(
            help="The column of names, by heading or by number from 1. Default: name, else the first."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            help="Write to this .csv, .json or .xlsx file. Default: CSV on the standard output.",
        ),
    ] = None,
    on: DayOption = None,
    fail_on_match: Annotated[
        bool, typer.Option("--fail-on-match", help="Exit with status 1 if there is a possible match.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show listed parties with a similar name: possible matches, never an identification.

    Example: controlwatch entity 'Shield AI'

    With --file, every name in a file is screened; a row is written for each possible match and for each name
    without one. What limits the result is written to the standard error.

    Example: controlwatch entity --file names.csv --output matches.xlsx
    """
    day = parse_day(on) if on else today()
    if (name is None) == (file is None):
        raise UsageError("write either a name or --file with a file of names")
    if file is None and (column is not None or output is not None):
        raise UsageError("--column and --output belong to --file")
    if file is not None:
        found_any = _screen_file(file, column, output, on=day, as_json=json)
    else:
        found_any = _search_name(name or "", on=day, as_json=json)
    if found_any and fail_on_match:
        raise typer.Exit(1)


def _search_name(name: str, *, on: date, as_json: bool) -> bool:
    """Print the possible matches of a name, and return whether there is one."""
    with open_question_app() as app:
        found = app.queries.parties.find_parties(name, on=on)
    if as_json:
        print_json(found)
    else:
        from controlwatch.core.rendering.law_answers import answer_parties

        print_answer(answer_parties(found, app.lexicon))
    return bool(found.matches)


def _screen_file(file: Path, column: str | None, output: Path | None, *, on: date, as_json: bool) -> bool:
    """Screen the names of a file, write the rows, and return whether there is a possible match."""
    from controlwatch.adapters.files.name_lists import read_name_list

    suffix = output.suffix.lower() if output is not None else ".json" if as_json else ".csv"
    if suffix not in OUTPUT_FORMATS or (as_json and suffix != ".json"):
        raise UsageError(f"the output is written as {', '.join(OUTPUT_FORMATS)}, by the name of the file")
    listed = read_name_list(file, column)
    with open_question_app() as app, show_progress("screening") as progress:
        result = app.queries.parties.screen_names(listed.names, on=on, progress=progress)
    _write_result(result, output, suffix)
    count = sum(bool(item.matches) for item in result.names)
    print_line(
        f"{len(result.names)} names read from {file.name} ({listed.column}); {count} with possible matches"
    )
    if suffix == ".csv":
        from controlwatch.core.rendering.law_answers import describe_incomplete_listings

        gaps = describe_incomplete_listings(result.incomplete_listings)
        for line in (*filter(None, [gaps]), *(f"caution: {caution}" for caution in result.cautions)):
            print_line(line)
    return count > 0


def _write_result(result: ScreeningResult, output: Path | None, suffix: str) -> None:
    from controlwatch.adapters.files.spreadsheet_writer import write_csv, write_workbook
    from controlwatch.core.rendering.screening_rows import (
        COLUMNS,
        LIMIT_COLUMNS,
        build_limit_rows,
        build_screening_rows,
    )

    if suffix == ".json":
        from controlwatch.core.rendering.json_values import to_json_value

        text = json_text.dumps(to_json_value(result), ensure_ascii=False, indent=2)
        if output is None:
            typer.echo(text)
        else:
            output.write_text(f"{text}\n", encoding="utf-8")
        return
    rows = (COLUMNS, *build_screening_rows(result))
    if output is None:
        write_csv(rows, sys.stdout)
    elif suffix == ".csv":
        # with a byte order mark, so that spreadsheets read Chinese names as UTF-8
        with output.open("w", encoding="utf-8-sig", newline="") as stream:
            write_csv(rows, stream)
    else:
        limits = (LIMIT_COLUMNS, *build_limit_rows(result))
        write_workbook({"Matches": rows, "Limits": limits}, output)


def print_line(line: str) -> None:
    """Print a line to the standard error, as a comment beside the rows."""
    error_console.print(Text(f"# {to_one_line(line, 600)}", style="yellow"), soft_wrap=True)
