"""What is drawn is what is read: powers, signs, struck, moved and hidden words, formats of numbers."""

from __future__ import annotations

import io

import docx
import pytest
import xlsxwriter
from docx.oxml import parse_xml
from openpyxl import Workbook

from controlwatch.adapters.files.documents import read_annex
from controlwatch.core.model import Annex, AnnexLink
from controlwatch.core.sources.notice_pages import parse_notice_page

from . import files
from .golden import snapshot

URL = "https://www.ministry.example/files/list.bin"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
M = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
LONG = "<p>根据有关法律规定，经批准，决定对下列物项实施出口管制，出口应当申请许可。</p>"


def annex(body: bytes, name: str = "list.bin") -> Annex:
    return read_annex(snapshot(body, url=URL, kind="application/octet-stream"), AnnexLink(url=URL, name=name))


def word_with(*paragraphs: str) -> bytes:
    made = docx.Document()
    body = made.element.body
    for markup in paragraphs:
        body.insert(len(body) - 1, parse_xml(f"<w:p {W} {M}>{markup}</w:p>"))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


# --------------------------------------------------------------------------- powers and signs


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("超过10<sup>5</sup>个", "超过10⁵个"),
        ("1×10<sup>-7</sup> Pa·m<sup>3</sup>/s", "1×10⁻⁷ Pa·m³/s"),
        ("Ga<sub>2</sub>O<sub>3</sub>", "Ga₂O₃"),
        ('10<span style="vertical-align: super">12</span>次', "10¹²次"),
        ("10<sup>0.5</sup>", "10^(0.5)"),
        ("<math><msup><mn>10</mn><mn>5</mn></msup></math>个", "10⁵个"),
        ("<math><mfrac><mi>a</mi><mi>b</mi></mfrac></math>", "a/b"),
        ('大于<font face="Symbol">³</font>5', "大于≥5"),
        ("the 1<sup>st</sup> of May", "the 1st of May"),
    ],
)
def test_a_page_keeps_powers_and_signs(markup: str, shown: str) -> None:
    read = parse_notice_page(f"<body><article>{LONG}<p>{markup}</p></article></body>", url=URL)
    assert read.text.split("\n")[-1] == shown


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        (run("10") + run("5", '<w:vertAlign w:val="superscript"/>') + run("个"), "10⁵个"),
        (run("Ga") + run("2", '<w:vertAlign w:val="subscript"/>') + run("O"), "Ga₂O"),
        ('<w:r><w:sym w:font="Symbol" w:char="F0B3"/></w:r>' + run("5"), "≥5"),
        (run("m", '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>') + run("m"), "μm"),
        (
            "<m:oMath><m:sSup><m:e><m:r><m:t>10</m:t></m:r></m:e><m:sup><m:r><m:t>-3</m:t></m:r></m:sup></m:sSup></m:oMath>",
            "10⁻³",
        ),
        (
            "<m:oMath><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath>",
            "a/b",
        ),
    ],
)
def test_a_word_file_keeps_powers_and_signs(markup: str, shown: str) -> None:
    assert annex(word_with(markup)).text == shown


# --------------------------------------------------------------------------- struck, moved, hidden


def test_what_was_moved_stands_once_and_what_was_deleted_does_not() -> None:
    by = 'w:id="1" w:author="a" w:date="2027-01-01T00:00:00Z"'
    read = annex(
        word_with(
            f"<w:moveFrom {by}>{run('金属钽')}</w:moveFrom>",
            run("金属铌"),
            f"<w:moveTo {by}>{run('金属钽')}</w:moveTo>",
            f"<w:del {by}><w:r><w:delText>金属铪</w:delText></w:r></w:del><w:ins {by}>{run('金属铼')}</w:ins>",
        )
    )
    assert (read.text.split("\n"), read.doubt) == (["金属铌", "金属钽", "金属铼"], None)


@pytest.mark.parametrize("properties", ["<w:strike/>", "<w:dstrike/>", "<w:vanish/>"])
def test_struck_and_hidden_words_of_a_word_file_are_left_out_and_quoted(properties: str) -> None:
    read = annex(word_with(run("金属钽"), run("金属铌8112999000", properties)))
    assert read.text == "金属钽"
    assert "金属铌8112999000" in (read.doubt or "")


def test_words_that_are_explicitly_not_struck_are_read() -> None:
    assert annex(word_with(run("金属铌", '<w:strike w:val="0"/>'))).text == "金属铌"


@pytest.mark.parametrize(
    "markup",
    [
        "<s>{}</s>",
        "<del>{}</del>",
        "<strike>{}</strike>",
        '<span style="text-decoration:line-through">{}</span>',
    ],
)
def test_struck_words_of_a_page_are_left_out_and_quoted(markup: str) -> None:
    struck = markup.format("二、金属铌（8112999000）。")
    read = parse_notice_page(f"<body><article>{LONG}<p>{struck}</p></article></body>", url=URL)
    assert "8112999000" not in read.text
    assert any("8112999000" in doubt for doubt in read.doubts)


# --------------------------------------------------------------------------- workbooks


def workbook_with(fill: object) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as made:
        fill(made, made.add_worksheet("清单"))  # type: ignore[operator]
    return out.getvalue()


@pytest.mark.parametrize(
    ("number", "shown_as", "text"),
    [
        (0.999, "0.0%", "99.9%"),
        (0.05, "0%", "5%"),
        (101210000, "0000000000", "0101210000"),
        (1.2, '0.0"kg"', "1.2kg"),
        (300, '"≥"0', "≥300"),
        (8507.6, "General", "8507.6"),
        (5, "#,##0", "5"),
    ],
)
def test_a_number_keeps_what_its_format_adds(number: float, shown_as: str, text: str) -> None:
    def fill(made: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.write_number(0, 0, number, made.add_format({"num_format": shown_as}))

    assert annex(workbook_with(fill)).text == text


def test_a_power_in_a_cell_is_kept_and_a_struck_cell_is_left_out_and_quoted() -> None:
    def fill(made: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        raised = made.add_format({"font_script": 1})
        sheet.write_rich_string(0, 0, "数量10", raised, "5", "个")
        sheet.write_string(1, 0, "8112999000", made.add_format({"font_strikeout": True}))

    read = annex(workbook_with(fill))
    assert read.text == "数量10⁵个"
    assert "8112999000" in (read.doubt or "")


def test_hidden_rows_and_sheets_are_read_and_named() -> None:
    def fill(made: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.write_column(0, 0, ["钽", "铌", "铪"])
        sheet.set_row(1, options={"hidden": True})
        other = made.add_worksheet("旧表")
        other.write(0, 0, "铼")
        other.hide()

    read = annex(workbook_with(fill))
    assert read.text.split("\n") == ["清单", "钽", "铌", "铪", "旧表", "铼"]
    assert "“旧表” is hidden" in (read.doubt or "")
    assert "rows that were read: 2" in (read.doubt or "")


@pytest.mark.parametrize(("row", "column"), [(1_048_576, 16_384), (1_048_576, 1), (2, 16_384)])
def test_a_stray_cell_far_away_does_not_hide_the_sheet(row: int, column: int) -> None:
    made = Workbook()
    made.active.append(["1", "钽粉", "8103200010"])
    made.active.cell(row=row, column=column, value="x")
    out = io.BytesIO()
    made.save(out)
    read = annex(out.getvalue())
    assert read.text.split("\n")[0] == "1\t钽粉\t8103200010"
    assert read.text.endswith("x")


def test_a_cell_merged_downwards_is_repeated_beside_what_it_covers() -> None:
    made = Workbook()
    for values in (["钽", "粉", "8103200010"], [None, "丝", "8103900010"]):
        made.active.append(values)
    made.active.merge_cells("A1:A2")
    out = io.BytesIO()
    made.save(out)
    assert annex(out.getvalue()).text.split("\n")[1] == "钽\t丝\t8103900010"


def test_a_workbook_of_another_maker_is_read_too() -> None:
    assert (
        annex(files.workbook([("编码", "名称"), ("8103200010", "钽粉")])).text
        == "编码\t名称\n8103200010\t钽粉"
    )
