"""A file is what its bytes are, whatever its name says; markup is never passed off as text."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import docx
import pytest
from openpyxl import Workbook

from controlwatch.adapters.files.documents import read_annex
from controlwatch.core.model import Annex, AnnexLink

from .files import zipped
from .golden import snapshot

URL = "https://www.ministry.example/files/list.doc"
TABLE = "<p>附件 物项清单</p><table><tr><td>1</td><td>钽粉</td><td>8103200010</td></tr></table>"
ROW = "1\t钽粉\t8103200010"
WORD_2003 = "http://schemas.microsoft.com/office/word/2003/wordml"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
CELLS = "".join(f"<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>" for cell in ROW.split("\t"))
WORD_BODY = f"<w:body><w:tbl><w:tr>{CELLS}</w:tr></w:tbl></w:body>"
SHEET_CELLS = "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in ROW.split("\t"))
EXCEL_2003 = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="表"><Table><Row>'
    f"{SHEET_CELLS}</Row></Table></Worksheet></Workbook>"
)


def annex(body: bytes, name: str = "list.doc") -> Annex:
    return read_annex(snapshot(body, url=URL, kind="application/msword"), AnnexLink(url=URL, name=name))


def saved_page(*pages: str, charset: str = "gb2312") -> bytes:
    made = MIMEMultipart("related", type="text/html")
    for page in pages:
        made.attach(MIMEText(f"<html><body>{page}</body></html>", "html", charset))
    return made.as_bytes()


def word() -> bytes:
    made = docx.Document()
    for cell, value in zip(made.add_table(1, 3).rows[0].cells, ROW.split("\t"), strict=True):
        cell.text = value
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def workbook() -> bytes:
    made = Workbook()
    made.active.append(ROW.split("\t"))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def repacked(body: bytes, *, names: tuple[str, str] = ("", ""), texts: tuple[str, str] = ("", "")) -> bytes:
    """The same package with other names of members, and other words in its markup."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith((".xml", ".rels")):
                part = re.sub(texts[0], texts[1], part.decode()).encode() if texts[0] else part
            info = zipfile.ZipInfo(name)
            info.filename = name.replace(*names) if names[0] else name  # the constructor would mend it
            new.writestr(info, part)
    return out.getvalue()


STRICT = (
    r"http://schemas\.openxmlformats\.org/(wordprocessingml|spreadsheetml|officeDocument)/2006/",
    r"http://purl.oclc.org/ooxml/\1/",
)


@pytest.mark.parametrize(
    "body",
    [
        saved_page(TABLE),
        saved_page(TABLE, charset="utf-8"),
        saved_page("<frameset></frameset>", TABLE),
        b"\r\n" + saved_page(TABLE),
        f'<?xml version="1.0"?><w:wordDocument xmlns:w="{WORD_2003}">{WORD_BODY}</w:wordDocument>'.encode(),
        f'<?xml version="1.0" encoding="GB2312"?><w:wordDocument xmlns:w="{WORD_2003}">{WORD_BODY}</w:wordDocument>'.encode(
            "gbk"
        ),
        (
            '<?xml version="1.0"?><?mso-application progid="Word.Document"?>'
            '<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage"><pkg:part><pkg:xmlData>'
            f'<w:document xmlns:w="{WORD}">{WORD_BODY}</w:document></pkg:xmlData></pkg:part></pkg:package>'
        ).encode(),
        EXCEL_2003.encode(),
        word(),
        repacked(word(), names=("/", "\\")),
        repacked(word(), texts=STRICT),
        repacked(
            word(),
            names=("word/document.xml", "word/document2.xml"),
            texts=("word/document.xml", "word/document2.xml"),
        ),
        workbook(),
        repacked(workbook(), names=("/", "\\")),
        repacked(workbook(), texts=STRICT),
        repacked(workbook(), names=("workbook.xml", "main.xml"), texts=(r"workbook\.xml", "main.xml")),
        f'<html xmlns:w="urn:schemas-microsoft-com:office:word"><body>{TABLE}</body></html>'.encode("gbk"),
    ],
)
def test_a_file_is_read_by_its_content(body: bytes) -> None:
    read = annex(body, "附件")
    assert ROW in read.text.split("\n")
    assert not re.search(r"[<>]|base64|w:t\b|MIME", read.text)


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (r"{\rtf1\ansi\ansicpg936 \'bd\'f0\'ca\'f4\par 8103200010\par}", ["金属", "8103200010"]),
        (r"{\rtf1\ansi\uc1{\fonttbl{\f0 SimSun;}}\u37329?\u23646?10{\super 5}\par}", ["金属10⁵"]),
        (
            r"{\rtf1\ansi\trowd\cellx1 1\cell \u-27047?\cell 8103200010\cell\row\pard end\par}",
            ["1\t陙\t8103200010", "end"],
        ),
        (r"{\rtf1\ansi{\*\generator x;}{\info{\title t}}a\~b\par}", ["a b"]),
    ],
)
def test_rich_text_is_read(body: str, lines: list[str]) -> None:
    assert annex(body.encode()).text.split("\n") == lines


def test_struck_words_of_rich_text_are_left_out_and_quoted() -> None:
    read = annex(rb"{\rtf1\ansi 8103200010\par {\strike 8112999000}\par}")
    assert read.text == "8103200010"
    assert "8112999000" in (read.doubt or "")


@pytest.mark.parametrize(
    "body",
    [
        b'<?xml version="1.0"?><list><code>8103200010</code></list>',
        b"<list xmlns='urn:x'><code>8103200010</code></list>",
        b'<?xml version="1.0"?><!DOCTYPE w:wordDocument [<!ENTITY a "b">]><w:wordDocument>&a;</w:wordDocument>',
    ],
)
def test_markup_of_another_kind_is_a_doubt_and_no_text(body: bytes) -> None:
    read = annex(body)
    assert read.text == ""
    assert read.doubt


def test_files_in_an_archive_are_read_by_their_content_too() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("a.doc", saved_page(TABLE))
        made.writestr("b.doc", EXCEL_2003)
        made.writestr("c.doc", rb"{\rtf1\ansi 8112999000\par}")
        made.writestr("d.xml", "<list/>")
    read = annex(out.getvalue(), "附件.zip")
    assert read.text.split("\n") == ["a.doc", "附件 物项清单", ROW, "b.doc", ROW, "c.doc", "8112999000"]
    assert (read.doubt or "").startswith("d.xml: ")


# --------------------------------------------------------------------------- RAR and 7z

STORED, NORMAL = 0x30, 0x33  # methods of a RAR archive


def rar(*files: tuple[str, bytes, int], flags: int = 0x8000) -> bytes:
    """A RAR archive (version 4) with names in GBK, as Chinese Windows writes them."""

    def block(kind: int, flags: int, rest: bytes) -> bytes:
        head = struct.pack("<BHH", kind, flags, 7 + len(rest)) + rest
        return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head

    out = b"Rar!\x1a\x07\x00" + block(0x73, 0, bytes(6))
    for name, body, method in files:
        spelt = name.encode("gbk")
        rest = struct.pack(
            "<IIBIIBBHI", len(body), len(body), 2, zlib.crc32(body), 0, 20, method, len(spelt), 0x20
        )
        out += block(0x74, flags, rest + spelt) + body
    return out + block(0x7B, 0x4000, b"")


def test_what_is_stored_in_a_rar_is_read_and_what_is_not_read_is_named() -> None:
    read = annex(
        rar(("附件1.txt", "8103200010 钽粉".encode(), STORED), ("附件2.pdf", b"\x00" * 40, NORMAL)),
        name="a.rar",
    )
    assert read.text == "附件1.txt\n8103200010 钽粉"
    assert (read.doubt or "").startswith("附件2.pdf: ")


def test_an_encrypted_rar_names_what_it_holds() -> None:
    read = annex(rar(("附件1.txt", b"8103200010", STORED), flags=0x8004), name="a.rar")
    assert read.text == ""
    assert "RAR archive: not read; it is encrypted; it holds 附件1.txt" in (read.doubt or "")


@pytest.mark.parametrize("body", [b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00" + bytes(40)])
def test_a_damaged_rar_is_a_doubt(body: bytes) -> None:
    assert "RAR archive" in (annex(body, name="a.rar").doubt or "")


def test_a_7z_archive_says_that_it_was_not_read() -> None:
    assert (annex(b"7z\xbc\xaf\x27\x1c" + bytes(30), name="a.7z").doubt or "").startswith(
        "7z archive: not read"
    )


def test_a_rar_in_a_zip_is_opened() -> None:
    body = zipped({"a.rar": rar(("附件1.txt", b"1C226", STORED))})
    assert annex(body, name="a.zip").text == "a.rar\n附件1.txt\n1C226"


@pytest.mark.parametrize(
    ("markup", "doubt"),
    [
        ("<p><s>8112999010</s></p>", "struck through on the page and left out: “8112999010”"),
        (
            '<p style="display:none">8112999010</p>',
            "hidden on the page and left out: “8112999010”",
        ),
        ("<p>附件</p><img src='a.png' width='600'>", "needs OCR: a picture below an annex's heading"),
        ("<p><a href='/b.xlsx'>续表</a></p>", "the file refers to “续表”, which was not read"),
    ],
)
def test_what_a_saved_page_leaves_out_is_told_in_every_wrapping(markup: str, doubt: str) -> None:
    page = f"<p>下列物项自公布之日起实施出口管制，未经许可不得出口。</p>{TABLE}{markup}"
    markup_of_office = f"<html xmlns:o='urn:schemas-microsoft-com:office:office'><body>{page}</body></html>"
    for body in (
        markup_of_office.encode(),
        saved_page(page),
        zipped({"list.doc": markup_of_office}),
    ):
        read = annex(body)
        assert ROW in read.text
        assert doubt in read.doubt
