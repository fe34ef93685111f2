"""The codes of an annex are found whatever the format of its file, each in a row that stands alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.files.documents import read_annex
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.model import Annex, AnnexLink, Document, Notice
from controlwatch.services.annexes import join_texts

from . import files
from .golden import snapshot

URL = "https://www.mofcom.gov.cn/attach/list"
LEXICON = load_lexicon()
HEADING = ("序号", "物项名称", "管制编码", "海关商品编号")
ROWS = (
    HEADING,
    ("1", "镀膜用旋转托盘", "3B915.a", "8486209010"),
    ("2", "镀膜用加热底座", "3B915.b", "8486209020"),
    ("3", "耐氟高压阀门", "2B950.g", "84818040"),
    ("4", "细粒合成晶粉", "1C952", "2849909030"),
    ("5", "定位用的软件", "3D915", ""),
    ("6", "低温测试台", "3B916", "9031809090"),
)
CUSTOMS = ["8486209010", "8486209020", "84818040", "2849909030", "9031809090"]
CONTROL = ["3B915.a", "3B915.b", "2B950.g", "1C952", "3D915", "3B916"]
SHOWN = ["\t".join(row).rstrip() for row in ROWS]


def annex(body: bytes, name: str = "附件") -> Annex:
    return read_annex(snapshot(body, url=URL, kind="application/octet-stream"), AnnexLink(url=URL, name=name))


def notice(*annexes: Annex) -> Notice:
    title = "商务部公告2026年第90号 关于对部分设备实施出口管制的公告"
    body = Document(url=URL, title=title, text="对附件所列物项实施出口管制。本公告自公布之日起实施。")
    whole = Document(url=URL, title=title, text=join_texts(body, annexes))
    return read_notice(whole, LEXICON)


def lines(body: bytes, name: str = "附件") -> list[str]:
    return annex(body, name).text.split("\n")


def narrow(row: files.Row) -> files.Row:
    """The row as a narrow column breaks it: after four characters of the name."""
    return (row[0], f"{row[1][:4]}\n{row[1][4:]}", *row[2:])


BUILDERS: dict[str, Callable[[], bytes]] = {
    "a web page saved as .xls": lambda: files.page(ROWS),
    "a ruled PDF": lambda: files.pdf_of(files.ruled(ROWS)),
    "a PDF with its lines filled": lambda: files.pdf_of(files.ruled(ROWS, lines=files.RECTANGLES)),
    "a PDF with broken cells": lambda: files.pdf_of(files.ruled(map(narrow, ROWS))),
    "a Word file": lambda: files.word(ROWS),
    "an old Word file": lambda: files.old_word(ROWS),
    "a workbook": lambda: files.workbook(ROWS),
    "an OFD": lambda: files.ofd_table(ROWS),
    "an archive": lambda: files.zipped({"清单.docx": files.word(ROWS[:4]), "续.htm": files.page(ROWS[4:])}),
}


@pytest.mark.parametrize("built", BUILDERS.values(), ids=BUILDERS.keys())
def test_the_codes_of_an_annex_are_found_whatever_its_format(built: Callable[[], bytes]) -> None:
    found = annex(built(), "附件.xls")
    assert found.doubt is None
    assert [line for line in found.text.split("\n") if "\t" in line] == SHOWN
    said = notice(found)
    assert [finding.code for finding in said.hs_codes] == CUSTOMS
    assert [finding.code for finding in said.control_codes] == CONTROL


# --------------------------------------------------------------------------- cells and rows


def test_a_cell_that_spans_rows_stands_in_each_of_them() -> None:
    whole = [("甲类", "甲", "8486209010"), ("甲类", "乙", "8486209020")]
    page = "<tr><td rowspan=2>甲类</td><td>甲</td><td>8486209010</td></tr><tr><td>乙</td><td>8486209020</td></tr>"
    cells = "<w:tc><w:tcPr><w:vMerge{}/></w:tcPr><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
    other = "".join("<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>" for _ in range(2))
    rows = "".join(
        f"<w:tr>{cells.format(start, first)}{other.format(*rest)}</w:tr>"
        for start, first, rest in ((' w:val="restart"', "甲类", whole[0][1:]), ("", "", whole[1][1:]))
    )
    for body in (
        f"<html><table>{page}</table></html>".encode(),
        files.word_of(f"<w:tbl>{rows}</w:tbl>"),
        files.workbook([whole[0], ("", *whole[1][1:])], merged="A1:A2"),
    ):
        assert lines(body, "表.xls") == ["\t".join(row) for row in whole]


def test_a_cell_of_a_pdf_that_spans_rows_stands_in_each_of_them() -> None:
    right = files.ruled([("甲", "8486209010"), ("乙", "8486209020")], (90, 280, 390))
    left = "50 800 m 50 764 l S 50 800 m 90 800 l S 50 764 m 90 764 l S\n"
    assert lines(files.pdf_of(right + left + files.put("甲类", 53, 780))) == [
        "甲类\t甲\t8486209010",
        "甲类\t乙\t8486209020",
    ]


def test_a_cell_that_spans_columns_leaves_the_others_in_their_columns() -> None:
    table = "<tr><td colspan=2>设备及其零件</td><td>商品编号</td></tr><tr><td>1</td><td>2</td><td>8486209010</td></tr>"
    assert lines(f"<html><table>{table}</table></html>".encode(), "表.xls") == [
        "设备及其零件\t\t商品编号",
        "1\t2\t8486209010",
    ]


@pytest.mark.parametrize(
    "listed", ["8486209010<br>8486209020", "8486209010、8486209020", "8486209010 8486209020"]
)
def test_each_code_of_a_cell_has_a_row_of_its_own(listed: str) -> None:
    table = f"<tr><td>商品编号</td><td>名称</td></tr><tr><td>{listed}</td><td>托盘<br>底座</td></tr>"
    assert lines(f"<html><table>{table}</table></html>".encode(), "表.xls") == [
        "商品编号\t名称",
        "8486209010\t托盘 底座",
        "8486209020\t托盘 底座",
    ]


def test_a_code_that_a_narrow_cell_breaks_is_one_code_and_two_codes_are_two() -> None:
    rows = [("3B915\n.a", "84862090\n10"), ("3B915.b", "8486209020\n8486209030")]
    assert lines(files.pdf_of(files.ruled(rows, (50, 150, 280)))) == [
        "3B915.a\t8486209010",
        "3B915.b\t8486209020",
        "3B915.b\t8486209030",
    ]


def test_a_workbook_gives_customs_codes_the_zero_back_that_numbers_lose() -> None:
    rows = [("序号", "海关商品编号", "数量"), ("1", "0511991010", "101210000"), ("2", "01012100", "5")]
    assert lines(files.workbook(rows)) == [
        "序号\t海关商品编号\t数量",
        "1\t0511991010\t101210000",
        "2\t01012100\t5",
    ]


def test_a_table_in_a_cell_follows_its_row() -> None:
    inner = "<w:tbl><w:tr><w:tc><w:p/></w:tc>{}</w:tr></w:tbl>"
    cell = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p>{}</w:tc>"
    nested = inner.format(cell.format("8486209020", ""))
    row = f"<w:tr>{cell.format('甲', '')}{cell.format('8486209010', nested)}</w:tr>"
    assert lines(files.word_of(f"<w:tbl>{row}</w:tbl>")) == ["甲\t8486209010", "\t8486209020"]


def test_the_words_of_text_boxes_and_controls_are_read_and_deleted_ones_are_not() -> None:
    run, gone = "<w:r><w:t>{}</w:t></w:r>", "<w:del><w:r><w:delText>旧</w:delText></w:r></w:del>"
    box = f"<w:r><w:pict><w:txbxContent><w:p>{run.format('框内')}</w:p></w:txbxContent></w:pict></w:r>"
    held = f"<w:sdt><w:sdtContent><w:p>{run.format('控件')}</w:p></w:sdtContent></w:sdt>"
    added = f"<w:ins>{run.format('新增')}</w:ins>"
    assert lines(files.word_of(f"<w:p>{run.format('正文')}{added}{gone}{box}</w:p>{held}")) == [
        "正文新增",
        "框内",
        "控件",
    ]


# --------------------------------------------------------------------------- pages


def test_a_table_that_runs_over_pages_is_one_table() -> None:
    first = files.ruled([HEADING, ROWS[1], ("2", "镀膜用", "3B915.b", "8486209020")])
    second = files.ruled([HEADING, ("", "加热底座", "", ""), ROWS[3]])
    body = files.pdf_of(first + files.put("— 1 —", 280, 40), second + files.put("2", 290, 40))
    assert lines(body) == [SHOWN[0], SHOWN[1], SHOWN[2], SHOWN[3]]


def test_what_stands_around_a_table_is_read_in_its_place() -> None:
    around = files.put("一、管制清单", 50, 815) + files.put("二、附则", 50, 600)
    assert lines(files.pdf_of(files.ruled(ROWS) + around)) == ["一、管制清单", *SHOWN, "二、附则"]


def test_text_in_a_font_that_is_not_embedded_is_read_although_no_font_is_installed() -> None:
    """Which cells it is in depends on the font that a reader takes instead; its words do not."""
    plain = files.put("一、管制清单", 50, 800) + files.put("8486209010", 50, 780)
    assert lines(files.pdf_of(plain, embedded=False)) == ["一、管制清单", "8486209010"]
    found = notice(annex(files.pdf_of(files.ruled(ROWS), embedded=False)))
    assert {"84818040", "9031809090"} <= {finding.code for finding in found.hs_codes}


def test_a_frame_around_a_text_is_no_table() -> None:
    boxed = files.ruled([("提示：以下内容仅供参考。",)], (50, 540))
    assert lines(files.pdf_of(boxed)) == ["提示：以下内容仅供参考。"]


def test_a_table_on_a_page_laid_on_its_side_is_read_as_the_eye_sees_it() -> None:
    upright = f"q 0 1 -1 0 595 0 cm\n{files.ruled(ROWS[:3])}Q\n"
    turned = files.pdf_of(upright, turned=90)
    assert lines(turned) == SHOWN[:3]


def test_an_ofd_table_is_read_by_its_lines_where_it_draws_them() -> None:
    grid = "".join(f"M 10 {y} L 150 {y} " for y in (10, 30, 40)) + "".join(
        f"M {x} 10 L {x} 40 " for x in (10, 60, 150)
    )
    runs = (
        ("甲类物项", 12, 12),
        ("之零件", 12, 20),
        ("8486209010", 61, 12),
        ("乙", 12, 32),
        ("84818040", 61, 32),
    )
    assert lines(files.ofd(files.ofd_page(*runs, drawn=grid))) == [
        "甲类物项之零件\t8486209010",
        "乙\t84818040",
    ]


# --------------------------------------------------------------------------- old Word files


def test_an_empty_cell_of_an_old_word_file_does_not_end_its_row() -> None:
    found = lines(files.old_word([("1", "", "8486209010"), ("2", "甲\r乙", "84818040")]))
    assert found == ["附件", "1\t\t8486209010", "2\t甲 乙\t84818040", "注：仅供参考。"]


def test_a_word_file_beyond_our_reader_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    found = annex(files.compound({"WordDocument": b"\xdb\xa5-\x00" * 200}))
    assert found.text == ""
    assert "legacy DOC not readable here" in (found.doubt or "")
    assert "LibreOffice" in (found.doubt or "")
