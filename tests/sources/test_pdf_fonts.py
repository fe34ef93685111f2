"""What a PDF draws is read without any font of the machine, or a doubt says that it was not."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files

import pypdfium2
import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import CIDFont, UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from tools.draw_box_font import build_font

from controlwatch.adapters.files.pdf import read_pdf
from controlwatch.testing.pdf import _FONT, _file

ROWS = (("1", "钽粉", "8103200010"), ("2", "铌粉", "8112999010"))
SHOWN = ["\t".join(row) for row in ROWS]
pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
for encoding in ("GB-EUC-H", "GBK-EUC-H"):
    pdfmetrics.registerFont(CIDFont("STSong-Light", encoding))


def drawn(draw: Callable[[Canvas], object]) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def table(canvas: Canvas) -> None:
    canvas.setFont("STSong-Light", 10)
    for number, row in enumerate(ROWS):
        bottom = 500 - 30 * number
        for left, cell in zip((60, 120, 300), row, strict=True):
            canvas.drawString(left, bottom + 8, cell)
        for y in (bottom, bottom + 30):
            canvas.line(50, y, 450, y)
        for x in (50, 100, 280, 450):
            canvas.line(x, bottom, x, bottom + 30)


def turned(degrees: int, x: int, y: int) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        canvas.translate(x, y)
        canvas.rotate(degrees)
        table(canvas)

    return draw


@pytest.mark.parametrize("draw", [table, turned(90, 580, 10), turned(-90, 10, 800), turned(180, 590, 840)])
def test_a_table_is_read_however_it_is_laid_on_the_page(draw: Callable[[Canvas], None]) -> None:
    read = read_pdf(drawn(draw))
    assert (read.text.split("\n"), read.doubts) == (SHOWN, ())


def with_codes(encoding: str, ordering: str, codes: str) -> bytes:
    """A page of one line in a font that is not in the file, in codes of an encoding."""
    outer, inner, descriptor = (part.decode() for part in _FONT)
    content = f"BT /F1 9 Tf 60 700 Td <{codes}> Tj ET".encode()
    return _file(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [6 0 R] /Count 1 >>",
            outer.replace("/Encoding /UniGB-UCS2-H", f"/Encoding /{encoding}").encode(),
            inner.replace("(GB1)", f"({ordering})").encode(),
            descriptor.encode(),
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 7 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        ]
    )


@pytest.mark.parametrize(
    ("encoding", "ordering", "codes"),
    [
        ("UniGB-UTF16-H", "GB1", "钽粉8103200010".encode("utf-16-be").hex()),
        ("GBK-EUC-H", "GB1", "钽粉8103200010".encode("gbk").hex()),
        ("GBKp-EUC-H", "GB1", "钽粉8103200010".encode("gbk").hex()),
        ("GBK2K-H", "GB1", "钽粉8103200010".encode("gb18030").hex()),
        ("ETen-B5-H", "CNS1", "鉭粉8103200010".encode("big5").hex()),
    ],
)
def test_the_maps_of_the_library_tell_the_characters(encoding: str, ordering: str, codes: str) -> None:
    read = read_pdf(with_codes(encoding, ordering, codes))
    assert (read.text[1:], read.doubts) == ("粉8103200010", ())


def test_figures_that_are_given_by_their_place_in_a_character_collection_are_read() -> None:
    codes = "".join(f"{ord(figure) - 31:04x}" for figure in "8103200010")
    assert read_pdf(with_codes("Identity-H", "GB1", codes)).text == "8103200010"


@pytest.mark.parametrize(
    ("encoding", "ordering"),
    [("Identity-H", "Identity"), ("UniGB-UTF8-H", "GB1"), ("Identity-V", "Identity")],
)
def test_characters_that_cannot_be_known_are_a_doubt(encoding: str, ordering: str) -> None:
    codes = "".join(f"{ord(figure) - 31:04x}" for figure in "8103200010")
    if encoding == "UniGB-UTF8-H":
        codes = "钽粉钽粉钽粉8103200010".encode().hex()
    read = read_pdf(with_codes(encoding, ordering, codes))
    assert any("font" in doubt for doubt in read.doubts)


@pytest.mark.parametrize(
    ("figure", "rise", "shown"), [("5", 4, "数量10⁵个"), ("-7", 4, "数量10⁻⁷个"), ("2", -3, "数量10₂个")]
)
def test_a_small_figure_off_the_line_is_a_power_or_an_index(figure: str, rise: int, shown: str) -> None:
    def draw(canvas: Canvas) -> None:
        place = 50.0
        for text, size, up in (("数量10", 10, 0), (figure, 6, rise), ("个", 10, 0)):
            canvas.setFont("STSong-Light", size)
            canvas.drawString(place, 700 + up, text)
            place += canvas.stringWidth(text, "STSong-Light", size)

    assert "".join(read_pdf(drawn(draw)).text.split()) == shown


# --------------------------------------------------------------------------- machines without a font


def test_the_fonts_of_the_machine_are_not_asked() -> None:
    """A missing font draws boxes, also where the machine has the font: what is read depends on the file alone."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont("STSong-Light", 400)
        canvas.drawString(50, 300, "丶")

    body = drawn(draw)
    read_pdf(body)
    file = pypdfium2.PdfDocument(body)
    page = file[0].render().to_numpy()[:, :, 0]
    file.close()
    assert (page < 128).sum() > 400 * 400 / 2


def test_the_shipped_font_is_the_one_that_the_tool_draws() -> None:
    assert files("controlwatch").joinpath("data/fonts/boxes.ttf").read_bytes() == build_font()


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_process_without_any_font_reads_codes_and_characters(degrees: int) -> None:
    places = {0: (0, 0), 90: (580, 10), 180: (590, 840), 270: (10, 800)}
    done = subprocess.run(
        [sys.executable, "-m", "controlwatch.adapters.files.sandboxed_parse", "pdf"],
        input=drawn(turned(degrees, *places[degrees])),
        capture_output=True,
        check=True,
        timeout=60,
        env={**os.environ, "FONTCONFIG_FILE": os.devnull, "HOME": os.devnull},
    )
    read = json.loads(done.stdout)
    assert (read["text"].split("\n"), read["doubts"]) == (SHOWN, [])
