"""What a file shows beside its main text is read or told: notes, boxes, files in files, pictures, forms."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter
from openpyxl import Workbook
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText, Highlight
from pypdf.generic import ArrayObject, FloatObject, NameObject
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from controlwatch.adapters.files import READ_FROM_PICTURE, ParsedFile
from controlwatch.adapters.files.archives import read_zip
from controlwatch.adapters.files.doc import read_ole
from controlwatch.adapters.files.doc_pictures import list_box_texts, list_sheet_pictures
from controlwatch.adapters.files.office_xml import read_office_xml
from controlwatch.adapters.files.pdf import read_pdf
from controlwatch.adapters.files.rtf import read_rtf
from controlwatch.core.rendering.sentences_zh import translate_sentence

from .files import compound, old_word, word_of, zipped
from .test_pictures import ROWS, annex, needs_ocr, saved, sheet

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


# --------------------------------------------------------------------------- PDF

HEADING = "Annex 1: list of items, announcement 18 of 2026, page 1 of 3"


def pdf_with(draw: Callable[[Canvas], object], words: str = HEADING) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842))
    canvas.drawString(60, 800, words)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def rewritten(body: bytes, change: Callable[[PdfWriter], object]) -> bytes:
    made, out = PdfWriter(clone_from=PdfReader(io.BytesIO(body))), io.BytesIO()
    change(made)
    made.write(out)
    return out.getvalue()


def put_picture(canvas: Canvas, width: int, height: int, *, strips: int = 1) -> None:
    drawn = sheet()
    step = drawn.height // strips
    for number in range(strips):
        part = drawn.crop((0, number * step, drawn.width, (number + 1) * step))
        high = height / strips
        canvas.drawImage(ImageReader(part), 60, 750 - high * (number + 1), width, high)


def draw_outlines(canvas: Canvas) -> None:
    """Rings where characters would be, as programs draw text whose font may not be embedded."""
    for number in range(120):
        canvas.circle(70 + 20 * (number % 20), 700 - 30 * (number // 20), 5, stroke=0, fill=1)


@pytest.mark.parametrize(
    "draw",
    [
        lambda canvas: put_picture(canvas, 450, 500),
        lambda canvas: put_picture(canvas, 450, 500, strips=12),
        draw_outlines,
    ],
)
def test_a_picture_beside_the_text_of_a_page_is_told(draw: Callable[[Canvas], object]) -> None:
    read = read_pdf(pdf_with(draw))
    assert (read.text, read.doubts, read.pictures) == (HEADING, (PICTURE_UNREAD,), 1)


@pytest.mark.parametrize(
    "draw",
    [
        lambda canvas: put_picture(canvas, 120, 120),  # a seal
        lambda canvas: put_picture(canvas, 450, 40),  # the head of a letter
        lambda canvas: canvas.circle(300, 400, 60, fill=1),
        lambda canvas: None,
    ],
)
def test_a_seal_beside_the_text_of_a_page_is_no_doubt(draw: Callable[[Canvas], object]) -> None:
    read = read_pdf(pdf_with(draw))
    assert (read.text, read.doubts) == (HEADING, ())


@needs_ocr
@pytest.mark.slow
def test_a_table_that_is_a_picture_beside_the_text_of_a_page_is_recognised() -> None:
    read = annex(pdf_with(lambda canvas: put_picture(canvas, 450, 636)))
    assert read.text == HEADING
    assert read.picture_text.split("\n")[1:] == ["\t".join(row) for row in ROWS]
    assert read.doubt == f"pictures in the file: {READ_FROM_PICTURE}"


@pytest.mark.parametrize("mode", [3, 0])
def test_a_text_that_lies_under_a_scan_is_read_with_a_doubt(mode: int) -> None:
    def draw(canvas: Canvas) -> None:
        text = canvas.beginText(60, 700)
        text.setTextRenderMode(mode)
        text.textLine(f"tantalum powder {CODE} and items that are specially designed for it")
        canvas.drawText(text)
        if mode == 0:  # the scan over the text
            canvas.drawImage(ImageReader(sheet()), 0, 0, 595, 842)

    def scan(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(sheet()), 0, 0, 595, 842)
        draw(canvas)

    read = read_pdf(pdf_with(scan if mode == 3 else draw, words=""))
    assert CODE in read.text
    assert read.doubts == (
        "the text of 1 page was recognised in a scan by its maker; compare it with the scan",
    )
    assert is_told(read)


def test_a_text_over_a_picture_of_the_page_is_not_taken_for_a_scan() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(sheet()), 0, 0, 595, 842)
        canvas.drawString(60, 700, f"tantalum powder {CODE} and items that are specially designed for it")

    assert read_pdf(pdf_with(draw)).doubts == (PICTURE_UNREAD,)


def test_a_field_and_a_box_over_a_page_are_read() -> None:
    form = pdf_with(lambda canvas: canvas.acroForm.textfield(value=CODE, x=60, y=600, width=200, height=20))
    box = rewritten(
        pdf_with(lambda canvas: None),
        lambda made: made.add_annotation(0, FreeText(text=CODE, rect=(50, 550, 200, 650))),
    )
    assert [CODE in read_pdf(body).text for body in (form, box)] == [True, True]


def test_a_mark_that_strikes_words_through_is_told() -> None:
    corners = ArrayObject(FloatObject(number) for number in (60, 810, 200, 810, 60, 795, 200, 795))
    mark = Highlight(rect=(60, 795, 200, 810), quad_points=corners)
    mark.update({
        NameObject("/Subtype"): NameObject("/StrikeOut"),
    })  # fmt: skip
    read = read_pdf(rewritten(pdf_with(lambda canvas: None), lambda made: made.add_annotation(0, mark)))
    assert read.doubts == ("1 passage is struck through by a mark over the page and still read; look",)
    assert is_told(read)


def test_a_file_attached_to_a_pdf_is_told() -> None:
    body = rewritten(
        pdf_with(lambda canvas: None), lambda made: made.add_attachment("list.xlsx", inner_workbook())
    )
    assert read_pdf(body).doubts == ("list.xlsx was attached and not read; hand it in separately",)
    assert is_told(read_pdf(body))


# --------------------------------------------------------------------------- OFD

OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'
RESOURCE = '<ofd:MultiMedia ID="5" Type="Image"><ofd:MediaFile>a.png</ofd:MediaFile></ofd:MultiMedia>'


def ofd_page(*objects: str) -> str:
    layer = "".join(objects)
    return f'<ofd:Page {OFD}><ofd:Template TemplateID="9"/><ofd:Content><ofd:Layer>{layer}</ofd:Layer></ofd:Content></ofd:Page>'


def ofd_of(page: str, **members: bytes | str) -> bytes:
    """An OFD of a page, and of more members, whose names are given with `__` for a slash."""
    more = {f"Doc_0/{name.replace('__', '/')}": body for name, body in members.items()}
    template = '<ofd:CommonData><ofd:TemplatePage ID="9" BaseLoc="Tpls/T.xml"/></ofd:CommonData>'
    listed = '<ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages>'
    return zipped({
        "OFD.xml": f"<ofd:OFD {OFD}/>",
        "Doc_0/Document.xml": f"<ofd:Document {OFD}>{template}{listed}</ofd:Document>",
        "Doc_0/Pages/Page_0/Content.xml": page,
        **more,
    })  # fmt: skip


def ofd_text(words: str, x: float = 20, y: float = 20, *, matrix: str = "", size: float = 5) -> str:
    turned = f' CTM="{matrix}"' if matrix else ""
    step = f'DeltaX="g {len(words) - 1} {size / 2}"'
    return f'<ofd:TextObject Boundary="{x} {y} 100 10" Size="{size}"{turned}><ofd:TextCode X="0" Y="{size}" {step}>{words}</ofd:TextCode></ofd:TextObject>'


def test_the_template_behind_the_pages_of_an_ofd_is_read() -> None:
    body = ofd_of(ofd_page(ofd_text("Items")), **{"Tpls__T.xml": ofd_page(ofd_text(CODE, y=40))})
    assert read_zip(body).text.split("\n") == ["Items", CODE]


@pytest.mark.parametrize(
    ("boundary", "media", "doubts"),
    [
        ("20 60 150 200", {"Res__a.png": b"png"}, (PICTURE_UNREAD,)),
        ("20 60 150 200", {}, (PICTURE_UNREAD,)),
        ("20 60 40 40", {"Res__a.png": b"png"}, ()),
    ],
)
def test_a_picture_on_a_page_of_an_ofd_is_told_where_it_can_hold_a_table(
    boundary: str, media: dict[str, bytes], doubts: tuple[str, ...]
) -> None:
    picture = f'<ofd:ImageObject Boundary="{boundary}" ResourceID="5"/>'
    resources = f'<ofd:Res {OFD} BaseLoc="Res"><ofd:MultiMedias>{RESOURCE}</ofd:MultiMedias></ofd:Res>'
    body = ofd_of(ofd_page(ofd_text("Items"), picture), **{"DocumentRes.xml": resources, **media})
    read = read_zip(body)
    assert (read.text, read.doubts) == ("Items", doubts)


@needs_ocr
@pytest.mark.slow
def test_a_table_that_is_a_picture_in_an_ofd_is_recognised() -> None:
    picture = '<ofd:ImageObject Boundary="20 60 150 200" ResourceID="5"/>'
    resources = f'<ofd:Res {OFD} BaseLoc="Res"><ofd:MultiMedias>{RESOURCE}</ofd:MultiMedias></ofd:Res>'
    body = ofd_of(
        ofd_page(ofd_text("Items"), picture),
        **{"DocumentRes.xml": resources, "Res__a.png": saved(sheet())},
    )
    read = annex(body)
    assert read.text == "Items"
    assert read.picture_text.split("\n")[1:] == ["\t".join(row) for row in ROWS]


def test_a_file_attached_to_an_ofd_is_told() -> None:
    listed = f'<ofd:Attachments {OFD}><ofd:Attachment ID="3" Name="list.xlsx"><ofd:FileLoc>list.xlsx</ofd:FileLoc></ofd:Attachment></ofd:Attachments>'
    read = read_zip(ofd_of(ofd_page(ofd_text("Items")), **{"Attachs__Attachments.xml": listed}))
    assert read.doubts == ("list.xlsx was attached and not read; hand it in separately",)


@pytest.mark.parametrize(
    ("matrix", "places"),
    [
        ("", ((20, 20), (60, 20), (20, 40), (60, 40))),
        ("0.5 0 0 0.5 0 0", ((20, 20), (60, 20), (20, 40), (60, 40))),
        ("0 1 -1 0 0 0", ((190, 20), (190, 60), (170, 20), (170, 60))),
        ("0 -1 1 0 0 0", ((20, 270), (20, 230), (40, 270), (40, 230))),
    ],
)
def test_a_table_of_an_ofd_is_read_however_it_is_laid_on_the_page(
    matrix: str, places: tuple[tuple[float, float], ...]
) -> None:
    cells = ("tantalum", CODE, "niobium", "8112999010")
    size = 10 if matrix.startswith("0.5") else 5
    page = ofd_page(
        *(ofd_text(cell, *place, matrix=matrix, size=size) for cell, place in zip(cells, places, strict=True))
    )
    assert read_zip(ofd_of(page)).text.split("\n") == [f"tantalum\t{CODE}", "niobium\t8112999010"]


# --------------------------------------------------------------------------- RTF and XML of Word


def rtf_picture(width: int) -> str:
    return rf"{{\pict\pngblip\picwgoal{width}\pichgoal{width}{{\*\picprop x}} {saved(sheet()).hex()}}}"


@pytest.mark.parametrize(
    ("markup", "text", "doubts"),
    [
        (rtf_picture(9_000), "Items", (PICTURE_UNREAD,)),
        (
            rf"{{\*\shppict {rtf_picture(9_000)}}}{{\nonshppict {rtf_picture(9_000)}}}",
            "Items",
            (PICTURE_UNREAD,),
        ),
        (rtf_picture(1_200), "Items", ()),
        (r"{\object\objemb{\*\objdata 0105}}", "Items", ("a file in the file was not read; look",)),
        (rf"{{\shp{{\*\shpinst{{\shptxt {CODE}\par}}}}}}", f"Items\n{CODE}", ()),
        (rf"{{\upr{{?}}{{\*\ud{{{CODE}}}}}}}", f"Items\n{CODE}", ()),
    ],
)
def test_what_stands_in_rich_text_beside_its_words_is_read_or_told(
    markup: str, text: str, doubts: tuple[str, ...]
) -> None:
    read = read_rtf(rf"{{\rtf1\ansi Items\par {markup}\par}}".encode())
    assert (read.text, read.doubts) == (text, doubts)
    assert is_told(read)


@needs_ocr
@pytest.mark.slow
def test_a_table_that_is_a_picture_in_rich_text_is_recognised() -> None:
    read = annex(rf"{{\rtf1\ansi Items\par {rtf_picture(9_000)}}}".encode())
    assert read.picture_text.split("\n")[1:] == ["\t".join(row) for row in ROWS]


WORD_2003 = "http://schemas.microsoft.com/office/word/2003/wordml"
SHAPE = '<v:shape xmlns:v="urn:schemas-microsoft-com:vml" style="width:400pt;height:300pt"><v:imagedata src="wordml://a.png"/></v:shape>'


@pytest.mark.parametrize(
    ("markup", "doubts"),
    [
        (
            f'<w:pict><w:binData w:name="wordml://a.png">iVBORw==</w:binData>{SHAPE}</w:pict>',
            (PICTURE_UNREAD,),
        ),
        (f"<w:pict>{SHAPE.replace('400pt', '60pt')}</w:pict>", ()),
        ("<w:object/>", ("a file in the file was not read; look",)),
    ],
)
def test_a_picture_in_a_word_file_of_2003_is_told(markup: str, doubts: tuple[str, ...]) -> None:
    body = f'<w:wordDocument xmlns:w="{WORD_2003}"><w:body><w:p><w:r><w:t>Items</w:t>{markup}</w:r></w:p></w:body></w:wordDocument>'
    read = read_office_xml(f'<?xml version="1.0"?>{body}'.encode())
    assert (read.text, read.doubts) == ("Items", doubts)


def test_the_notes_of_a_word_package_in_one_file_are_read() -> None:
    parts = f"<w:document {W}><w:body><w:p><w:r><w:t>Items</w:t></w:r></w:p></w:body></w:document>{notes('footnote')}"
    body = (
        f'<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">{parts}</pkg:package>'
    )
    assert read_office_xml(body.encode()).text.split("\n") == ["Items", f"不含 {CODE}"]


# --------------------------------------------------------------------------- old Word and Excel

STRUCK, DELETED, HIDDEN = b"\x37\x08\x01", b"\x00\x08\x01", b"\x3c\x08\x01"


@pytest.mark.parametrize(
    ("look", "kind"), [(STRUCK, "struck through"), (DELETED, "struck through"), (HIDDEN, "hidden")]
)
def test_struck_deleted_and_hidden_words_of_an_old_word_file_are_left_out_and_quoted(
    look: bytes, kind: str
) -> None:
    rows = [["1", "钽粉", CODE], ["2", "铌粉", "8112999010"]]
    read = read_ole(old_word(rows, looks={"8112999010": look}))
    assert read.text == f"附件\n1\t钽粉\t{CODE}\n2\t铌粉\n注：仅供参考。"
    assert read.doubts == (f"{kind} in the file and left out: “8112999010”",)


def test_notes_and_boxes_of_an_old_word_file_are_read_and_its_heads_and_remarks_are_not() -> None:
    parts = {0x50: "脚注", 0x54: "页眉", 0x5C: "批注", 0x60: "尾注", 0x64: f"文本框 {CODE}"}
    lines = read_ole(old_word([["1", "钽粉"]], parts=parts)).text.split("\n")
    assert lines[-3:] == ["脚注", "尾注", f"文本框 {CODE}"]
    assert not {"页眉", "批注"} & set(lines)


def inline_picture(width: int) -> bytes:
    """A PICF: its length, the length of its head, its size in twips and its scale, and the picture."""
    drawn = saved(sheet())
    head = bytearray(0x44)
    struct.pack_into("<IH", head, 0, 0x44 + len(drawn), 0x44)
    struct.pack_into("<4H", head, 0x1C, width, width, 1_000, 1_000)
    return bytes(head) + drawn


@pytest.mark.parametrize(
    ("parts", "pictures"),
    [
        ({"data": inline_picture(1_000) + inline_picture(9_000)}, 1),
        ({"data": inline_picture(1_000)}, 0),
        ({"behind": saved(sheet())}, 1),
        ({"behind": saved(sheet(), "JPEG")}, 1),
        ({"behind": saved(sheet().resize((200, 200)))}, 0),
    ],
)
def test_a_picture_in_an_old_word_file_is_told_where_it_can_hold_a_table(
    parts: dict[str, bytes], pictures: int
) -> None:
    read = read_ole(old_word([["1", "钽粉"]], **parts))
    assert read.doubts == (PICTURE_UNREAD,) * pictures
    assert read.pictures == pictures


@needs_ocr
@pytest.mark.slow
def test_a_table_that_is_a_picture_in_an_old_word_file_is_recognised() -> None:
    read = annex(old_word([["1", "钽粉"]], data=inline_picture(9_000)))
    assert read.picture_text.split("\n")[1:] == ["\t".join(row) for row in ROWS]


def test_the_boxes_of_an_old_workbook_are_found_in_its_records() -> None:
    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<2H", kind, len(body)) + body

    words = f"钽粉 {CODE}"
    stream = record(0x0809, bytes(16)) + record(0x01B6, bytes(10) + struct.pack("<H", len(words)) + bytes(6))
    stream += record(0x003C, b"\x01" + words.encode("utf-16-le")) + record(0x003C, bytes(8)) + record(10, b"")
    assert list(list_box_texts(stream)) == [words]


def drawing(kind: int, body: bytes, version: int = 15) -> bytes:
    """A record of a drawing."""
    return struct.pack("<2HI", version, kind, len(body)) + body


def blip(picture: bytes) -> bytes:
    """A PNG in a drawing."""
    return drawing(0xF01E, bytes(17) + picture, 0x6E00)


def metafile(width: int, *, hashes: int = 1) -> bytes:
    """A metafile in a drawing, of a width in centimetres and five high."""
    head = bytes(16 * hashes + 20) + struct.pack("<2I", width * 360_000, 5 * 360_000)
    return drawing(0xF01A, head + bytes(60), 0x3D40 + 16 * (hashes - 1))


def bitmap(width: int, height: int) -> bytes:
    return drawing(0xF01F, bytes(17) + struct.pack("<3I", 40, width, height) + bytes(40), 0x7A80)


def old_workbook(cell: str, *pictures: bytes) -> bytes:
    """An old workbook with one cell and with pictures, which are cut into records as Excel cuts them."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<2H", kind, len(body)) + body

    blips = b"".join(drawing(0xF007, bytes(36) + picture, 2) for picture in pictures)
    group = drawing(0xF000, drawing(0xF001, blips))
    parts = [group[at : at + 8_224] for at in range(0, len(group), 8_224)] if pictures else []
    kinds = [0xEB, 0xEB, *[0x3C] * len(parts)]
    drawn = b"".join(record(kind, part) for kind, part in zip(kinds, parts, strict=False))
    begin, end = (struct.pack("<4H8x", 0x0600, kind, 0, 0) for kind in (5, 16))
    head, tail = record(0x0809, begin), drawn + record(10, b"")
    place = len(head) + 4 + 14 + len(tail)
    listed = record(0x85, struct.pack("<I2B2B", place, 0, 0, 6, 0) + b"Sheet1")
    label = record(0x0204, struct.pack("<4HB", 0, 0, 0, len(cell), 1) + cell.encode("utf-16-le"))
    sheet_records = record(0x0809, end) + label + record(10, b"")
    return compound({"Workbook": head + listed + tail + sheet_records})


@pytest.mark.parametrize(
    ("pictures", "unread"),
    [
        ([], 0),
        ([blip(saved(sheet()))], 1),
        ([blip(saved(sheet().resize((90, 90))))], 0),
        ([metafile(12)], 1),
        ([metafile(12, hashes=2)], 1),
        ([metafile(4)], 0),
        ([bitmap(800, 300)], 1),
        ([bitmap(80, 80)], 0),
    ],
)
def test_a_picture_in_an_old_workbook_is_told_where_it_can_hold_a_table(
    pictures: list[bytes], unread: int
) -> None:
    read = read_ole(old_workbook(f"钽粉 {CODE}", *pictures))
    assert (read.text, read.doubts, read.pictures) == (f"钽粉 {CODE}", (PICTURE_UNREAD,) * unread, unread)


@pytest.mark.parametrize(("size", "count"), [((800, 300), 1), ((80, 80), 0)])
def test_a_bitmap_of_an_older_workbook_is_found_in_its_record(size: tuple[int, int], count: int) -> None:
    body = struct.pack("<2H2I4H", 9, 1, 100, 12, *size, 1, 24) + bytes(60)
    assert list(list_sheet_pictures(struct.pack("<2H", 0x7F, len(body)) + body)) == [b""] * count


@needs_ocr
@pytest.mark.slow
def test_a_table_that_is_a_picture_in_an_old_workbook_is_recognised() -> None:
    read = annex(old_workbook("钽粉", blip(saved(sheet(ROWS[:2]))), blip(saved(sheet()))))
    assert read.text == "钽粉"
    assert [line for line in read.picture_text.split("\n") if "\t" in line][-3:] == [
        "\t".join(r) for r in ROWS
    ]
