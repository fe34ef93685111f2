"""Pictures are recognised where the extra is installed; what they show is told as a doubt and never concluded from."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from functools import cache
from typing import Any

import docx
import pytest
from docx.shared import Cm
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.files import PICTURE, READ_FROM_PICTURE, documents
from controlwatch.adapters.files.documents import read_annex, read_document
from controlwatch.adapters.files.docx import read_docx
from controlwatch.adapters.files.pdf import read_pdf
from controlwatch.adapters.files.picture_text import can_read_pictures
from controlwatch.adapters.files.pictures import read_picture
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.model import Annex, AnnexLink, Attention, Document
from controlwatch.core.rendering.sentences_zh import translate_sentence
from controlwatch.core.sources.notice_pages import parse_notice_page
from controlwatch.services.annexes import list_picture_doubts

from .golden import snapshot

URL = "https://www.mofcom.gov.cn/attach/a.png"
#: Narrow columns: a row's number touches the code beside it, and the lines around both.
ROWS = (("No", "HS code", "Item"), ("1", "8103200010", "tantalum"), ("2", "8112999010", "niobium"))
COLUMNS, TOP, HEIGHT = (100, 160, 360, 640), 200, 56


needs_ocr = pytest.mark.skipif(not can_read_pictures(), reason="the extra `ocr` is not installed")


@cache
def sheet(rows: Sequence[Sequence[str]] = ROWS) -> Image.Image:
    """A scanned page, drawn with a font that every test environment has."""
    drawn = Image.new("RGB", (1240, 1754), "white")
    pen = ImageDraw.Draw(drawn)
    font = ImageFont.load_default(size=30)
    pen.text((100, 100), "Annex 1: items under control", font=font, fill="black")
    bottom = TOP + HEIGHT * len(rows)
    for number, row in enumerate(rows):
        for left, right, cell in zip(COLUMNS, COLUMNS[1:], row, strict=False):
            wide = font.getlength(cell)
            # Numbers stand at the right of their column, codes at the left of theirs.
            place = right - 5 - wide if left == COLUMNS[0] else left + 5
            pen.text((place, TOP + HEIGHT * number + 10), cell, font=font, fill="black")
    for number in range(len(rows) + 1):
        pen.line(
            (COLUMNS[0], TOP + HEIGHT * number, COLUMNS[-1], TOP + HEIGHT * number), fill="black", width=2
        )
    for x in COLUMNS:
        pen.line((x, TOP, x, bottom), fill="black", width=2)
    return drawn


def saved(drawn: Image.Image, form: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    drawn.save(out, form, **options)
    return out.getvalue()


def scanned(drawn: Image.Image, *, before: str = "", over: str = "") -> bytes:
    """A PDF of a page of text, if any, and a page that is a picture, perhaps with some words over it."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842))
    if before:
        canvas.drawString(60, 700, before)
        canvas.showPage()
    canvas.drawImage(ImageReader(drawn), 0, 0, width=595, height=842)
    canvas.drawString(60, 30, over)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def data_address(width: int, height: int) -> str:
    """The address of a picture that the page itself holds; its size is in its first bytes."""
    drawn = saved(Image.new("RGB", (width, height), "white"), "JPEG")
    return f"data:image/jpeg;base64,{base64.b64encode(drawn).decode()}"


def annex(body: bytes) -> Annex:
    return read_annex(snapshot(body, url=URL, kind="application/octet-stream"), AnnexLink(url=URL, name="a"))


# --------------------------------------------------------------------------- without the extra


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF"])
def test_a_picture_is_known_by_its_bytes_and_unread_without_a_reader(form: str) -> None:
    read = read_picture(saved(sheet(), form))
    assert (read.text, read.picture_text, read.doubts, read.pictures) == ("", "", (PICTURE,), 1)


def test_a_scanned_page_is_unread_without_a_reader() -> None:
    read = read_pdf(scanned(sheet(), before="8103200010"))
    assert (read.text, read.pictures) == ("8103200010", 1)
    assert read.doubts == ("needs OCR: 1 of 2 pages have no text",)


@pytest.mark.parametrize(
    ("words", "text", "doubt"),
    [
        ("- 12 -", "", PICTURE),
        ("CamScanner", "", PICTURE),
        ("8103200010", "8103200010", "needs OCR: a picture in the file was not read; look"),
    ],
)
def test_the_mark_of_a_scanner_is_not_the_text_of_a_page(words: str, text: str, doubt: str) -> None:
    read = read_pdf(scanned(sheet(), over=words))
    assert (read.text, read.doubts, read.pictures) == (text, (doubt,), 1)


def letter(words: str, *pictures: tuple[Image.Image, float]) -> bytes:
    """A Word file with a paragraph, and pictures, each with its width in centimetres."""
    made, out = docx.Document(), io.BytesIO()
    made.add_paragraph(words)
    for drawn, width in pictures:
        made.add_picture(io.BytesIO(saved(drawn)), width=Cm(width))
    made.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("words", "widths", "doubt"),
    [
        ("8103200010", [15], "needs OCR: a picture in the file was not read; look"),
        ("8103200010", [15, 12], "needs OCR: 2 pictures in the file were not read; look"),
        ("", [15], PICTURE),
        ("8103200010", [2], ""),  # a seal
    ],
)
def test_a_picture_inside_a_word_file_is_told_where_it_can_hold_a_table(
    words: str, widths: list[float], doubt: str
) -> None:
    drawn = (sheet(), sheet(ROWS[:2]))
    read = read_docx(letter(words, *zip(drawn, widths, strict=False)))
    assert read.text == words
    assert read.doubts == ((doubt,) if doubt else ())
    assert not doubt or translate_sentence(f"附件1: {doubt}") != f"附件1: {doubt}"


# --------------------------------------------------------------------------- with it


@needs_ocr
@pytest.mark.slow
def test_a_table_that_was_pasted_into_a_word_file_as_a_picture_is_read() -> None:
    read = annex(letter("1C226 in print", (sheet(), 15)))
    assert read.text == "1C226 in print"
    assert read.picture_text.split("\n")[1:] == ["\t".join(row) for row in ROWS]
    assert read.doubt == f"pictures in the file: {READ_FROM_PICTURE}"


@needs_ocr
@pytest.mark.slow
def test_the_cells_of_a_scanned_table_stay_apart_and_what_is_sure_stays_what_it_was() -> None:
    poor = sheet().rotate(0.8, fillcolor="white").filter(ImageFilter.GaussianBlur(0.7))
    read = annex(scanned(poor, before="1C226 in print"))
    assert read.text == "1C226 in print"
    assert read.picture_text.split("\n")[1:] == ["\t".join(row) for row in ROWS]
    assert read.doubt == f"1 of 2 pages {READ_FROM_PICTURE}"


@needs_ocr
@pytest.mark.slow
def test_a_picture_alone_on_its_side_is_read_as_a_question() -> None:
    read = read_document(snapshot(saved(sheet().rotate(90, expand=True), "JPEG"), url=URL))
    assert read.is_picture
    assert read.text.split("\n")[1:] == ["\t".join(row) for row in ROWS]
    assert read.doubts == (READ_FROM_PICTURE,)


@needs_ocr
@pytest.mark.parametrize("turned", [-2.0, -0.7, 0.0, 0.3, 0.7, 2.0])
def test_the_lines_of_a_table_tell_how_the_paper_lay(turned: float) -> None:
    import numpy

    from controlwatch.adapters.files.picture_ink import measure_line_skew

    noise = Image.effect_noise((1240, 1754), 30).convert("RGB")
    poor = Image.blend(
        sheet().rotate(turned, fillcolor="white", resample=Image.Resampling.BICUBIC), noise, 0.15
    )
    assert measure_line_skew(numpy.asarray(poor)) == pytest.approx(-turned, abs=0.1)


@needs_ocr
@pytest.mark.slow
def test_the_same_scan_is_recognised_once(monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[str] = []
    run = documents.run_isolated

    def watched(module: str, kind: str, mode: str, **how: Any) -> Any:
        modes.append(mode)
        return run(module, kind, mode, **how)

    monkeypatch.setattr(documents, "run_isolated", watched)
    body = scanned(sheet(), over="- 7 -")
    first, second = annex(body), annex(body)
    assert first.picture_text == second.picture_text != ""
    assert modes.count("ocr") == 1


# --------------------------------------------------------------------------- what follows from it

NOTICE = (
    "商务部 海关总署公告2026年第18号 公布对钽相关物项实施出口管制的决定\n"
    "依据《中华人民共和国出口管制法》，经国务院批准，决定对下列物项实施出口管制：钽粉（参考海关商品编号：8103200010）。"
    "本公告自2026年12月1日起实施。"
)


def test_codes_in_a_picture_are_a_doubt() -> None:
    page = Document(url=URL, title="公告", text="正文")
    scans = [Annex(url=URL, name="附件1", text="", picture_text="1\t钽粉\t8103200010\n2\t铌粉\t8112999010")]
    (doubt,) = list_picture_doubts(page, scans)
    assert doubt.startswith("附件1: a picture in which codes 8103200010, 8112999010 ")
    assert translate_sentence(doubt).startswith("附件1：图片中可识别出编码")


def test_a_notice_that_is_a_picture_is_a_question_and_identifies_nothing() -> None:
    printed = read_notice(Document(url=URL, title="", text=NOTICE), load_lexicon())
    assert printed.is_change
    assert printed.number is not None
    seen = read_notice(Document(url=URL, title="", text=NOTICE, is_picture=True), load_lexicon())
    assert (seen.attention, seen.number, seen.relations) == (Attention.REVIEW, None, ())
    assert set(seen.possible_categories) == {category.id for category in printed.categories}


@pytest.mark.parametrize(
    ("link", "is_annex"),
    [
        ('<a href="/files/1.jpg">附件1：物项清单</a>', True),
        ('<a href="/files/1.png">清单.png</a>', True),
        ('<a href="/files/1.jpg"><img src="/files/small.jpg"></a>', False),
    ],
)
def test_a_picture_is_an_annex_where_the_words_say_so(link: str, *, is_annex: bool) -> None:
    page = f"<html><body><article><p>{NOTICE}</p><p>{link}</p></article></body></html>"
    assert bool(read_document(snapshot(page.encode(), url=URL)).annexes) is is_annex


@pytest.mark.parametrize(
    ("below", "doubt"),
    [
        (
            '<p>附件</p><p>物项清单</p><p><img src="/a/1.jpg"><img src="/a/2.jpg"></p>',
            "2 pictures below an annex's heading were not read",
        ),
        (
            '<p>附表一：</p><img src="/a/1.png" width="640">',
            "a picture below an annex's heading was not read",
        ),
        ('<p>Annex 1</p><img src="/a/1.png">', "a picture below an annex's heading was not read"),
        ('<p>附件</p><p><img src="/icons/icon_doc.gif"><a href="/a.doc">清单</a></p>', ""),
        ('<p>附件</p><p><img src="/a/w.gif" width="16"><a href="/a.doc">清单</a></p>', ""),
        ('<p>图为发布会现场。</p><p><img src="/a/1.jpg"></p>', ""),
        (
            '<p>附件</p><p>一、范围</p><p>二、期限</p><p>三、附则</p><p><img src="/a/1.jpg"></p>',
            "a picture in the article was not read",
        ),
    ],
)
def test_a_scan_below_the_heading_of_an_annex_is_told(below: str, doubt: str) -> None:
    page = f"<html><body><h1>公告</h1><div class='art-con'><p>现公布物项清单，自2026年12月1日起施行。</p>{below}</div></body></html>"
    doubts = [told for told in parse_notice_page(page, url=URL).doubts if told.startswith("needs OCR")]
    assert doubts == ([f"needs OCR: {doubt}; look"] if doubt else [])
    assert all(translate_sentence(told) != told for told in doubts)


@pytest.mark.parametrize(
    ("picture", "is_told"),
    [
        ('<img src="/a/1.jpg" width="800" height="1100">', True),
        ('<img src="/a/1.jpg" style="width:650px;height:900px">', True),
        ('<img src="/a/1.jpg" width="100%">', True),
        (f'<img src="data:image/png;base64,{"A" * 60_000}">', True),
        ("<p>物项清单如下：</p><img src='/a/1.jpg'>", True),
        ('<canvas width="800" height="1000"></canvas>', True),
        ('<p><img src="/a/1.jpg"></p>', True),
        ('<p><span><img class="lazy" src="/img/loading.gif" data-src="/a/1.jpg"></span></p>', True),
        ('<img src="/a/1.jpg" srcset="/a/1.jpg 1080w, /a/2.jpg 540w">', True),
        ('<img src="/a/1.jpg" srcset="/a/1.jpg 120w">', False),
        ('<p>清单<br><img src="/a/1.jpg"><br>说明</p>', True),
        ('<p><a href="/a/big.jpg"><img src="/a/1.jpg"></a></p>', True),
        ('<p><a href="/topics/"><img src="/a/1.jpg"></a></p>', False),
        ('<p><img src="/a/w.gif"><a href="/a.doc">清单</a></p>', False),
        ('<p><img src="/a/1.jpg"></p><p>图为发布会现场。</p>', False),
        ('<p><img src="/a/1.jpg"></p><p>记者 张三 摄</p>', False),
        ('<p><img src="/a/1.jpg" alt="微信二维码"></p>', False),
        ('<p><img src="/a/1.jpg" class="share-button"></p>', False),
        ('<p><img src="/a/1.png" title="微信图片_20261130.png" alt="微信截图"></p>', True),
        ('<p><img src="/a/WechatIMG12.jpeg"></p>', True),
        ('<p><img src="/newmedia/silicon-carbide.jpg"></p>', True),
        ('<p><img src="/shared/narrow.jpg"></p>', True),
        ('<p><img src="/a/ewm.png"></p>', False),
        ('<p><img src="/a/share_weibo.png"></p>', False),
        ('<p><img src="/a/mark.svg"></p>', False),
        ('<p><img src="/images/404.png"></p>', False),
        (f'<p><img src="{data_address(900, 400)}"></p>', True),
        (f'<p><img src="{data_address(160, 160)}"></p>', False),
        ('<img src="/a/seal.png" width="160" height="160">', False),
        ('<img src="/a/logo.png" width="800" height="300">', False),
        ('<img src="/a/line.png" width="800" height="4">', False),
        (f'<img src="data:image/png;base64,{"A" * 2_000}">', False),  # a seal
    ],
)
def test_a_large_picture_in_an_article_is_told_and_a_seal_is_not(picture: str, *, is_told: bool) -> None:
    page = f"<html><body><h1>公告</h1><div class='art-con'><p>现公布有关决定，自2026年12月1日起施行。</p>{picture}</div></body></html>"
    doubts = [told for told in parse_notice_page(page, url=URL).doubts if told.startswith("needs OCR")]
    assert doubts == (["needs OCR: a picture in the article was not read; look"] if is_told else [])
    assert all(translate_sentence(told) != told for told in doubts)


def test_a_picture_on_a_page_without_an_article_may_be_anything() -> None:
    page = "<html><body><h1>公告</h1><p>现公布有关决定，自2026年12月1日起施行。</p><img src='/a/1.jpg'></body></html>"
    assert not any(told.startswith("needs OCR") for told in parse_notice_page(page, url=URL).doubts)
