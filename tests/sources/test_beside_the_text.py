"""What a file shows beside its main text is read or told: notes, boxes, files in files, pictures, forms."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter
from openpyxl import Workbook

from controlwatch.adapters.files import ParsedFile
from controlwatch.adapters.files.archives import read_zip
from controlwatch.core.rendering.sentences_zh import translate_sentence

from .files import word_of, zipped
from .test_pictures import saved, sheet

CODE = "8103200010"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PICTURE_UNREAD = "needs OCR: a picture in the file was not read; look"


def is_told(parsed: ParsedFile) -> bool:
    """Whether every doubt has its words in Chinese, too."""
    return all(translate_sentence(f"附件1: {doubt}") != f"附件1: {doubt}" for doubt in parsed.doubts)


# --------------------------------------------------------------------------- Word


def word_with(markup: str, kind: str, target: str, part: bytes | str) -> bytes:
    """A Word file with one more part, to which its body is related as `r9`."""
    with zipfile.ZipFile(io.BytesIO(word_of(f"<w:p><w:r><w:t>正文</w:t></w:r></w:p>{markup}"))) as made:
        members: dict[str, bytes | str] = {name: made.read(name) for name in made.namelist()}
    relation = f'<Relationship Id="r9" Type="{R}/{kind}" Target="{target}"/></Relationships>'
    default = f'<Default Extension="{target.rpartition(".")[2]}" ContentType="application/octet-stream"/>'
    if not target.endswith(".xml"):
        types = members["[Content_Types].xml"]
        members["[Content_Types].xml"] = types.replace(b"</Types>", f"{default}</Types>".encode())
    name = "word/_rels/document.xml.rels"
    members[name] = members[name].replace(b"</Relationships>", relation.encode())
    return zipped({**members, f"word/{target}": part})


def inner_workbook() -> bytes:
    made, out = Workbook(), io.BytesIO()
    made.active.append(["钽粉", CODE])
    made.save(out)
    return out.getvalue()


def notes(kind: str) -> str:
    line = f'<w:{kind} w:type="separator"><w:p><w:r><w:t>----</w:t></w:r></w:p></w:{kind}>'
    note = f"<w:{kind}><w:p><w:r><w:t>不含 {CODE}</w:t></w:r></w:p></w:{kind}>"
    return f"<w:{kind}s {W}>{line}{note}</w:{kind}s>"


DIAGRAM = (
    '<d:dataModel xmlns:d="http://schemas.openxmlformats.org/drawingml/2006/diagram" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><d:pt><d:t><a:p><a:r>'
    f"<a:t>钽粉 {CODE}</a:t></a:r></a:p></d:t></d:pt></d:dataModel>"
)
PAGE = f"<html><body><p>现公布物项清单，自公布之日起施行：</p><p>钽粉 {CODE}</p></body></html>"


@pytest.mark.parametrize(
    ("kind", "target", "part", "line"),
    [
        ("footnotes", "footnotes.xml", notes("footnote"), f"不含 {CODE}"),
        ("endnotes", "endnotes.xml", notes("endnote"), f"不含 {CODE}"),
        ("diagramData", "diagrams/data1.xml", DIAGRAM, f"钽粉 {CODE}"),
        ("package", "embeddings/list.xlsx", inner_workbook(), f"钽粉\t{CODE}"),
        ("aFChunk", "chunk.htm", PAGE, f"钽粉 {CODE}"),
    ],
)
def test_a_part_of_a_word_file_beside_its_body_is_read(
    kind: str, target: str, part: bytes | str, line: str
) -> None:
    lines = read_zip(word_with("", kind, target, part)).text.split("\n")
    assert lines[0] == "正文"
    assert lines[-1] == line
    assert "----" not in lines


def test_a_file_in_a_word_file_that_cannot_be_read_is_told() -> None:
    read = read_zip(word_with("", "oleObject", "embeddings/object.bin", b"\x00" * 100))
    assert read.text == "正文"
    assert read.doubts == ("object.bin: not a supported document",)


@pytest.mark.parametrize(
    ("style", "doubts"), [("width:400pt;height:200pt", (PICTURE_UNREAD,)), ("width:2cm;height:2cm", ())]
)
def test_a_picture_in_the_old_markup_of_word_is_told_where_it_can_hold_a_table(
    style: str, doubts: tuple[str, ...]
) -> None:
    shape = f'<v:shape xmlns:v="urn:schemas-microsoft-com:vml" style="position:static;{style}"><v:imagedata xmlns:r="{R}" r:id="r9"/></v:shape>'
    picture = f"<w:p><w:r><w:pict>{shape}</w:pict></w:r></w:p>"
    read = read_zip(word_with(picture, "image", "media/a.png", saved(sheet())))
    assert read.doubts == doubts


@pytest.mark.parametrize(("row", "cell"), [("<w:del/>", ""), ("", "<w:cellDel/>")])
def test_a_row_that_was_deleted_is_not_read(row: str, cell: str) -> None:
    table = "".join(
        f"<w:tr><w:trPr>{inside}</w:trPr><w:tc><w:tcPr>{within}</w:tcPr><w:p><w:r><w:t>{code}</w:t></w:r></w:p></w:tc></w:tr>"
        for inside, within, code in ((row, cell, "8112999010"), ("", "", CODE))
    )
    assert read_zip(word_of(f"<w:tbl>{table}</w:tbl>")).text == CODE


# --------------------------------------------------------------------------- workbooks


def sheet_with(add: Callable[[xlsxwriter.Workbook, xlsxwriter.worksheet.Worksheet], object]) -> bytes:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out)
    page = made.add_worksheet()
    page.write(0, 0, "附件")
    add(made, page)
    made.close()
    return out.getvalue()


def test_a_text_box_on_a_sheet_is_read() -> None:
    body = sheet_with(lambda _, page: page.insert_textbox("B3", f"钽粉 {CODE}"))
    assert read_zip(body).text.split("\n") == ["附件", f"钽粉 {CODE}"]


def test_a_comment_on_a_sheet_is_left_out_and_quoted() -> None:
    read = read_zip(sheet_with(lambda _, page: page.write_comment("A1", f"不含 {CODE}")))
    assert read.text == "附件"
    assert CODE in read.doubts[0]
    assert is_told(read)


@pytest.mark.parametrize(("scale", "doubts"), [(1, (PICTURE_UNREAD,)), (0.05, ())])
def test_a_picture_on_a_sheet_is_told_where_it_can_hold_a_table(
    scale: float, doubts: tuple[str, ...]
) -> None:
    picture = {"image_data": io.BytesIO(saved(sheet())), "x_scale": scale, "y_scale": scale}
    read = read_zip(sheet_with(lambda _, page: page.insert_image("B3", "a.png", picture)))
    assert (read.text, read.doubts) == ("附件", doubts)


def test_a_formula_without_a_result_is_a_doubt_and_one_with_a_result_is_read() -> None:
    made, out = Workbook(), io.BytesIO()
    made.active.append(["钽粉", '="8103"&"200010"'])
    made.save(out)
    read = read_zip(out.getvalue())
    assert read.doubts == ("1 cell is a formula without a result in the file; it was not read",)
    assert is_told(read)
    sound = read_zip(sheet_with(lambda _, page: page.write_formula("B1", '="8103"&"200010"', value=CODE)))
    assert (sound.text, sound.doubts) == (f"附件\t{CODE}", ())
