"""Many names screened at once, from the file to the rows that are written."""

from __future__ import annotations

import codecs
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from python_calamine import load_workbook

from controlwatch.core.rendering.screening_rows import COLUMNS, NO_MATCH
from tests.cli.test_commands import Terminal, terminal

__all__ = ["terminal"]

ON = ("--on", "2026-11-29")
UNKNOWN = "Zwiebelkuchen Backstube Allgäu"


def screened(terminal: Terminal, path: Path, *options: str) -> list[dict[str, str]]:
    """Return the rows that a screening prints as CSV."""
    printed = terminal.types("entity", "--file", str(path), *ON, *options)
    start = printed.index(",".join(COLUMNS))
    lines = [line for line in printed[start:].splitlines(keepends=True) if not line.startswith("# ")]
    return list(csv.DictReader(io.StringIO("".join(lines))))


def written(folder: Path, text: str, name: str = "names.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_each_possible_match_is_a_row_and_a_name_without_one_has_a_row_too(
    terminal: Terminal, tmp_path: Path
) -> None:
    rows = screened(terminal, written(tmp_path, f"Skydio Inc\n{UNKNOWN}\n"))
    assert [row["number"] for row in rows] == ["UEL 2025-7", "MOFCOM 2025-13", ""]
    first = rows[0]
    assert (first["name"], first["match_zh"], first["match_en"]) == (
        "Skydio Inc",
        "斯凯迪奥公司",
        "Skydio Inc.",
    )
    assert (first["state"], first["since"], first["score"]) == ("in-force", "2025-04-04", "100")
    assert first["url"].startswith("https://")
    assert "no legal instrument yet" in first["announced"]
    assert (rows[2]["name"], rows[2]["note"]) == (UNKNOWN, NO_MATCH)


def test_a_name_has_the_same_matches_in_a_file_and_alone(terminal: Terminal, tmp_path: Path) -> None:
    names = ["Lockheed Martin", "护盾人工智能", "Sheild AI Inc.", "IHI", "立方公司", UNKNOWN]
    path = written(tmp_path, "\n".join(names), "names.txt")
    together = json.loads(terminal.types("entity", "--file", str(path), *ON, "--json").partition("\n# ")[0])
    assert [item["name"] for item in together["names"]] == names
    for item in together["names"]:
        alone = json.loads(terminal.types("entity", item["name"], *ON, "--json"))
        assert item["matches"] == alone["matches"], item["name"]
    assert together["incomplete_listings"] == alone["incomplete_listings"]


@pytest.mark.parametrize(
    ("body", "name", "encoding", "options"),
    [
        ("Skydio\n立方公司\n", "a.txt", "utf-8", ()),
        ("Skydio\n立方公司\n", "a.txt", "gb18030", ()),
        ("Skydio\r\n\r\n立方公司\r\n", "a.txt", "utf-8-sig", ()),
        ("Skydio\n立方公司\n", "a.csv", "utf-16", ()),
        ("名称,地址\nSkydio,Hayward\n立方公司,\n", "a.csv", "gb18030", ()),
        ("id;Name\n1;Skydio\n2;立方公司\n", "a.csv", "utf-8-sig", ()),
        ("id\tSupplier of us\n1\tSkydio\n2\t立方公司\n", "a.tsv", "utf-8", ("--column", "supplier of us")),
        ("1,Skydio\n2,立方公司\n", "a.csv", "utf-8", ("--column", "2")),
        ('Skydio,"Hayward, CA"\n立方公司,x\n', "a.csv", "utf-8", ()),
    ],
)
def test_names_are_read_from_lists_as_people_keep_them(
    terminal: Terminal, tmp_path: Path, body: str, name: str, encoding: str, options: tuple[str, ...]
) -> None:
    rows = screened(terminal, written(tmp_path, body, name, encoding), *options)
    assert list(dict.fromkeys(row["name"] for row in rows)) == ["Skydio", "立方公司"]


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "json"])
def test_the_rows_are_written_to_a_file_with_what_limits_them(
    terminal: Terminal, tmp_path: Path, suffix: str
) -> None:
    output = tmp_path / f"matches.{suffix}"
    source = written(tmp_path, f"Skydio\n{UNKNOWN}\n")
    terminal.types("entity", "--file", str(source), *ON, "--output", str(output))
    if suffix == "csv":
        assert output.read_bytes().startswith(codecs.BOM_UTF8)
        rows: list[list[Any]] = list(csv.reader(io.StringIO(output.read_text("utf-8-sig"))))
        assert rows[0] == list(COLUMNS)
        assert len(rows) == 4
    elif suffix == "xlsx":
        book = load_workbook(output)
        assert [len(book.get_sheet_by_name("Matches").to_python()), book.sheet_names] == [
            4,
            ["Matches", "Limits"],
        ]
        limits = book.get_sheet_by_name("Limits").to_python()
        assert "MOFCOM Order 2026-2" in {row[1] for row in limits}
        assert any("alone does not identify" in row[2] for row in limits)
    else:
        found = json.loads(output.read_text("utf-8"))
        assert [len(item["matches"]) for item in found["names"]] == [2, 0]
        assert found["cautions"]
        assert [item["number"] for item in found["incomplete_listings"]] == ["MOFCOM Order 2026-2"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\t"])
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_no_name_becomes_a_formula(terminal: Terminal, tmp_path: Path, start: str, suffix: str) -> None:
    output = tmp_path / f"matches.{suffix}"
    source = written(tmp_path, f'"{start}HYPERLINK(1)"\n')
    terminal.types("entity", "--file", str(source), *ON, "--output", str(output))
    if suffix == "csv":
        cell = list(csv.reader(io.StringIO(output.read_text("utf-8-sig"))))[1][0]
    else:
        cell = load_workbook(output).get_sheet_by_name("Matches").to_python()[1][0]
    assert cell.startswith("'") or cell == "HYPERLINK(1)"


def test_what_limits_the_rows_is_a_comment_beside_them(terminal: Terminal, tmp_path: Path) -> None:
    told = terminal.types("entity", "--file", str(written(tmp_path, "Skydio\n")), *ON)
    comments = [line for line in told.splitlines() if line.startswith("# ")]
    assert any("1 listing is known without all names: MOFCOM Order 2026-2" in line for line in comments)
    assert any("1 names read" in line or "1 name read" in line for line in comments)
    assert any("caution: " in line for line in comments)


def test_a_match_can_fail_a_script(terminal: Terminal, tmp_path: Path) -> None:
    listed, unknown = written(tmp_path, "Skydio\n", "a.txt"), written(tmp_path, UNKNOWN, "b.txt")
    assert terminal.ends("entity", "--file", str(listed), *ON, "--fail-on-match") == 1
    assert terminal.ends("entity", "--file", str(unknown), *ON, "--fail-on-match") == 0
    assert terminal.ends("entity", "Skydio", *ON, "--fail-on-match") == 1
    assert terminal.ends("entity", "--file", str(listed), *ON) == 0


@pytest.mark.parametrize(
    ("body", "name", "options", "reason"),
    [
        ("", "a.txt", (), "no name"),
        ("\n,\n", "a.csv", (), "no name"),
        ("a,b\n", "a.csv", ("--column", "c"), "no column"),
        ("a\n", "a.txt", ("--column", "1"), "one name on each line"),
        ("a\n", "a.txt", ("--output", "x.pdf"), ".xlsx"),
        ("a\n", "a.txt", ("Skydio",), "either a name or --file"),
    ],
)
def test_what_cannot_be_screened_is_refused(
    terminal: Terminal, tmp_path: Path, body: str, name: str, options: tuple[str, ...], reason: str
) -> None:
    path = written(tmp_path, body, name)
    assert reason in terminal.fails("entity", "--file", str(path), *options)
