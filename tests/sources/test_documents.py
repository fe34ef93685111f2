"""Files of every format become text, and a hostile one becomes a doubt."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import docx
import pytest
from pypdf import PdfWriter
from pypdf.errors import DependencyError

from controlwatch.adapters.files import ENCRYPTED, PICTURE
from controlwatch.adapters.files.doc import read_ole
from controlwatch.adapters.files.documents import read_annex, read_document, sniff_format
from controlwatch.adapters.files.pdf import read_pdf
from controlwatch.adapters.files.pdf_paragraphs import join_paragraphs
from controlwatch.core.model import Annex, AnnexLink
from controlwatch.core.model.errors import Challenged, Garbled, Refused, Reshaped
from controlwatch.testing.pdf import pdf

from .files import compound, ofd, ofd_page, ofd_table, pdf_of, put, ruled, workbook, zipped
from .golden import snapshot

URL = "https://www.mofcom.gov.cn/attach/a.pdf"
SHELL = b"<html><head><script>$_ts=window['$_ts'];</script></head><body></body></html>"


def annex(
    body: bytes, *, name: str = "a", kind: str = "application/octet-stream", status: int = 200
) -> Annex:
    return read_annex(snapshot(body, url=URL, kind=kind, status=status), AnnexLink(url=URL, name=name))


def word() -> bytes:
    out = io.BytesIO()
    made = docx.Document()
    made.add_paragraph("第一条　对下列物项实施出口管制。")
    table = made.add_table(rows=2, cols=3)
    for cell, value in zip(table._cells, ["编码", "名称", "备注", "1C226", "钨", ""], strict=True):
        cell.text = value
    made.add_paragraph("第二条　自公布之日起实施。")
    made.save(out)
    return out.getvalue()


class GbkName(zipfile.ZipInfo):
    """A member as Windows in China names it: in GBK, without saying so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802  (the library's own hook)
        return self.filename.encode("gbk"), self.flag_bits


# --------------------------------------------------------------------------- formats


def test_a_pdf_of_chinese_text_is_read_without_the_gaps_of_the_typesetter() -> None:
    read = annex(pdf(["附件：物项清单", "自2026 年12 月1 日起施行", "— 1 —", "1C226 钨"]))
    assert read.text.split("\n") == ["附件：物项清单", "自2026年12月1日起施行", "1C226钨"]
    assert read.doubt is None


def test_lines_broken_by_the_margin_are_joined_and_others_are_not() -> None:
    wide = "根据有关法律法规规定，经国务院批准，决定对下列物项实施出口管制，自2025年12月"
    short = ("一、编码", "1C226", "3A001")
    assert join_paragraphs([wide, "1日起施行。", *short]) == (f"{wide}1日起施行。", *short)


def test_an_image_only_pdf_needs_ocr() -> None:
    assert annex(pdf([])).doubt == PICTURE


def test_a_word_file_keeps_its_tables() -> None:
    read = annex(word())
    assert read.text.split("\n") == [
        "第一条　对下列物项实施出口管制。",
        "编码\t名称\t备注",
        "1C226\t钨",
        "第二条　自公布之日起实施。",
    ]


def test_a_workbook_writes_whole_numbers_whole() -> None:
    assert annex(workbook([("商品编号", "税率"), ("85076000", "八")])).text == "商品编号\t税率\n85076000\t八"


def test_an_ofd_is_read_from_top_to_bottom_and_left_to_right() -> None:
    page = ofd_page(("自公布之日起实施。", 20, 60), ("2026年第1号", 60, 20), ("商务部公告", 20, 20.5))
    assert annex(ofd(page)).text == "商务部公告2026年第1号\n自公布之日起实施。"


def test_an_archive_gives_each_of_its_documents() -> None:
    body = io.BytesIO(zipped({"清单.docx": word(), "图.png": b"\x89PNG\x00\x00"}))
    with zipfile.ZipFile(body, "a") as archive:
        archive.writestr(GbkName("附件1.txt"), "第三条 其他".encode("gbk"))
    read = annex(body.getvalue())
    assert "1C226\t钨" in read.text
    assert "附件1.txt\n第三条 其他" in read.text
    assert read.doubt == "图.png: not a supported document"


def test_plain_text_has_its_title_in_the_first_line() -> None:
    read = read_document(snapshot("\ufeff\n 标题 \n\n　　正文\n".encode(), url=URL, kind="text/plain"))
    assert (read.title, read.text, read.encoding) == ("标题", "正文", "utf-8")


def test_a_pdf_can_be_the_notice_itself() -> None:
    read = read_document(snapshot(pdf(["商务部公告2026年第1号", "自公布之日起实施。"]), url=URL))
    assert (read.title, read.url) == ("商务部公告2026年第1号", URL)


def test_a_table_saved_as_xls_is_read_as_the_page_it_is() -> None:
    rows = "<tr><td>编码</td><td>名称</td></tr><tr><td>1C226</td><td>钨及其制品的说明文字</td></tr>"
    page = f"<html><body><table>{rows}</table></body></html>"
    assert annex(page.encode("gbk"), name="表.xls").text == "编码\t名称\n1C226\t钨及其制品的说明文字"


@pytest.mark.parametrize(
    ("body", "kind", "format_"),
    [
        (b"%PDF-1.4", "text/html", "pdf"),
        (b"\xef\xbb\xbf\n%PDF-1.4", "text/html", "pdf"),
        (b"PK\x03\x04", "application/pdf", "zip"),
        (b"\xd0\xcf\x11\xe0", "", "ole"),
        (b"<!DOCTYPE html><html>", "application/octet-stream", "html"),
        (b"plain", "text/html", "html"),
        (b"plain", "text/plain", "text"),
        ("宽".encode("utf-16"), "text/plain", "text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image/png", "picture"),
        (b"MM\x00*\x00\x00", "text/plain", "picture"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "", "picture"),
        (b"Rar!\x1a\x07", "", "rar"),
        (b"7z\xbc\xaf\x27\x1c", "", "7z"),
    ],
)
def test_the_first_bytes_tell_the_format_before_the_server_does(body: bytes, kind: str, format_: str) -> None:
    assert sniff_format(snapshot(body, url=URL, kind=kind)) == format_


# --------------------------------------------------------------------------- the old Word format


def old_letter(*, flags: int = 0x0200) -> bytes:
    """A Word file of two pieces: UTF-16 with a field and a row, then code page 1252."""
    wide = "附件\r\x13 HYPERLINK x \x14链接\x15\r甲\x07乙\x07\x07".encode("utf-16-le")
    narrow = b"Annex\r"
    start = 0x200
    header = bytearray(start)
    struct.pack_into("<H", header, 0, 0xA5EC)
    struct.pack_into("<H", header, 0x0A, flags)
    struct.pack_into("<I", header, 0x4C, len(wide) // 2 + len(narrow))
    count = len(wide) // 2
    positions = struct.pack("<3I", 0, count, count + len(narrow))
    places = struct.pack("<HIH", 0, start, 0) + struct.pack(
        "<HIH", 0, (start + len(wide)) * 2 | 0x40000000, 0
    )
    table = positions + places
    clx = b"\x01\x02\x00\xff\xff" + b"\x02" + struct.pack("<I", len(table)) + table
    struct.pack_into("<II", header, 0x01A2, 0, len(clx))
    return compound({"WordDocument": bytes(header) + wide + narrow, "1Table": clx})


def test_an_old_word_file_is_read_by_its_piece_table() -> None:
    assert read_ole(old_letter()).text == "附件\n链接\n甲\t乙\nAnnex"


def test_an_encrypted_word_file_is_a_doubt() -> None:
    assert read_ole(old_letter(flags=0x0300)).doubts == (ENCRYPTED,)


# --------------------------------------------------------------------------- what cannot be read


@pytest.mark.parametrize(
    "body",
    [
        b"%PDF-1.4 nothing \x00\xff" * 50,
        pdf(["一"])[:200],
        b"PK\x03\x04 nothing" * 50,
        word()[:-200],
        zipped({"word/document.xml": "<not a document>"}),
        zipped({"xl/workbook.xml": "<x/>"}),
        zipped(
            {"OFD.xml": "<x/>", "Doc_0/Pages/Page_0/Content.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}
        ),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
        b"Rar!\x1a\x07\x00",
        b"\x00\x01\x02",
    ],
)
def test_a_damaged_or_hostile_file_is_a_doubt_as_an_annex_and_an_error_as_a_notice(body: bytes) -> None:
    read = annex(body)
    assert read.text == ""
    assert read.doubt
    assert read.sha256
    with pytest.raises(Garbled):
        read_document(snapshot(body, url=URL, kind="application/octet-stream"))


def locked(body: bytes, *, reader: str) -> bytes:
    out = io.BytesIO()
    writer = PdfWriter(clone_from=io.BytesIO(body))
    writer.encrypt(reader, "owner", algorithm="RC4-128")
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        locked(pdf(["一"]), reader="secret"),
        compound({"EncryptedPackage": b"1"}),
        compound({"WordDocument": struct.pack("<HxxxxxxxxH", 0xA5EC, 0x0100).ljust(600, b"\x00")}),
        zipped({"a.pdf": locked(pdf(["一"]), reader="secret")}),
    ],
    ids=["pdf", "office", "old word", "archive"],
)
def test_a_file_with_a_password_says_so(body: bytes) -> None:
    assert str(annex(body).doubt).endswith(ENCRYPTED)


def test_a_pdf_that_only_its_owner_may_change_is_read() -> None:
    assert annex(locked(pdf(["1C226 钨"]), reader="")).text == "1C226钨"


def test_what_one_pdf_library_cannot_open_the_other_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(_: object) -> None:
        raise DependencyError("a library for AES is required")

    monkeypatch.setattr("controlwatch.adapters.files.pdf.PdfReader", lacking)
    assert read_pdf(pdf(["附件：物项清单", "1C226 钨"])).text == "附件：物项清单\n1C226钨"


def deflated(*, megabytes: int) -> bytes:
    """A PDF of one page whose content unpacks to `megabytes` megabytes of zeros."""
    packer = zlib.compressobj(9)
    packed = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    head, block = packed[:2], packed[2:]  # which stands for itself: it is packed once
    checksum = ((megabytes << 20) % 65521 << 16) + 1
    packed = head + block * megabytes + zlib.compress(b"")[2:-4] + checksum.to_bytes(4, "big")
    return pdf_of("CONTENT").replace(
        b"<< /Length 7 >>\nstream\nCONTENT",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s" % (len(packed), packed),
    )


@pytest.mark.parametrize(
    ("body", "doubt"),
    [
        (deflated(megabytes=1600), "within the bounds of memory and time"),
        (pdf_of(*[""] * 700), f"{PICTURE}; only the first 600 of 700 pages were read"),
        (zipped({}), "no text was found in the file"),
        (b"", "the file is empty"),
        (b" \r\n\t", "the file is empty"),
        ("第一条 其他\n".encode("gbk") + "第二条　对下列物项实施出口管制".encode(), "another encoding"),
        (b"\xff" * 300, "could not be decoded"),
        (ofd(ofd_page()), PICTURE),
        (ofd_table([("甲", "乙")])[:-90], "damaged"),
        (pdf_of(ruled([("甲", "乙")]))[:900], "damaged, cut off"),
        (compound({"Other": b"1"}), "without a supported document"),
    ],
)
def test_bad_input_is_a_doubt_in_plain_words(body: bytes, doubt: str) -> None:
    assert doubt in str(annex(body).doubt)


def test_a_long_text_is_read_as_far_as_the_bound() -> None:
    read = annex("第一条　对物项实施管制。\n".encode() * 400_000)
    assert read.doubt == "only the first 5000000 characters were read"
    assert len(read.text) <= 5_000_000


def test_a_pdf_of_pictures_and_text_says_how_many_pages_it_could_not_read() -> None:
    read = annex(pdf_of(put("正文", 50, 700), ""))
    assert (read.text, read.doubt) == ("正文", "needs OCR: 1 of 2 pages have no text")


def test_a_wide_text_is_read_also_inside_an_archive() -> None:
    read = annex(zipped({"表.txt": "商品编号\t名称".encode("utf-16")}))
    assert read.text == "表.txt\n商品编号\t名称"


def test_a_zip_bomb_is_not_unpacked() -> None:
    bomb = zipped({f"{n}.txt": bytes(21_000_000) for n in range(10)})
    assert "bytes unpacked" in str(annex(bomb).doubt)


def test_archives_within_archives_end_somewhere() -> None:
    body = zipped({"a.txt": "文字"})
    for _ in range(4):
        body = zipped({"inner.zip": body})
    assert "nested too deeply" in str(annex(body).doubt)


@pytest.mark.parametrize(
    ("body", "status", "doubt"),
    [
        (SHELL, 412, "a bot challenge was sent instead of the file"),
        (SHELL, 200, "a bot challenge was sent instead of the file"),
        (b"<html><body>404 Not Found</body></html>", 404, "the source answered 404"),
        (b"<html><body>Please log in</body></html>", 200, "a web page was sent instead of the file"),
    ],
)
def test_a_page_in_the_place_of_a_file_is_a_doubt(body: bytes, status: int, doubt: str) -> None:
    assert annex(body, kind="text/html", status=status).doubt == doubt


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (SHELL, 200, Challenged),
        (SHELL, 412, Challenged),
        (b"<html><body>gone</body></html>", 404, Refused),
        (b"%PDF-1.4", 500, Refused),
        (b"<html><body></body></html>", 200, Reshaped),
    ],
)
def test_a_notice_that_did_not_come_is_an_error_of_its_kind(
    body: bytes, status: int, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        read_document(snapshot(body, url=URL, status=status))
