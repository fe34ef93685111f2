"""Exports on the command line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from python_calamine import load_workbook

from controlwatch.core.rendering.export_rows import ENTITY_COLUMNS, KEY_DATE_COLUMNS
from tests.cli.test_commands import Terminal, terminal

__all__ = ["terminal"]


def test_listed_parties_are_printed_as_they_stand_on_a_day(terminal: Terminal) -> None:
    printed = terminal.types("export", "entities", "--to", "2026-11-29")
    rows = list(csv.DictReader(io.StringIO(printed[printed.index(",".join(ENTITY_COLUMNS)) :])))
    skydio = [row for row in rows if "Skydio" in row["en"]]
    assert {row["number"] for row in skydio} >= {"UEL 2025-7"}


def test_key_dates_are_written_to_a_workbook(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "dates.xlsx"
    terminal.types("export", "calendar", "--from", "2026-11-01", "--to", "2026-11-30", "--output", str(path))
    rows = load_workbook(path).get_sheet_by_name("Calendar").to_python()
    assert tuple(rows[0]) == KEY_DATE_COLUMNS
    assert "2026-11-10" in {row[0] for row in rows}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("secrets",), "cannot be exported"),
        (("notices", "--output", "notices.pdf"), "as .csv or .xlsx"),
        (("notices", "--from", "soon"), "'soon' is not a day"),
    ],
)
def test_what_cannot_be_written_is_refused(terminal: Terminal, words: tuple[str, ...], message: str) -> None:
    assert message in terminal.fails("export", *words)
