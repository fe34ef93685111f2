"""What the campaign begins with: the examples and the corpus of this project, and a file of every format."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cache

from controlwatch.adapters.catalog.watcher_loader import load_watcher
from controlwatch.core.sources.watcher import Watcher
from controlwatch.testing.pdf import pdf
from tests.extraction.test_properties import documents
from tests.services.test_intake import bomb, mhtml
from tests.services.test_news import GALLIUM
from tests.sources import files, make
from tests.sources.golden import EXAMPLES, TYPES, WATCHERS

ROWS = (("商品编号", "名称", "备注"), ("8112929010", "金属镓", "3C004"), ("8112929090", "氮化镓", ""))


@dataclass(frozen=True)
class Seed:
    """Bytes, the type they are sent as, and who reads them."""

    body: bytes
    kind: str
    watcher: Watcher | None = None


@cache
def pages() -> tuple[Seed, ...]:
    """Notices as sites show them, with the watchers that read them."""
    found = [
        Seed(path.read_bytes(), "text/html", load_watcher(WATCHERS / f"{path.parent.name}.toml"))
        for path in sorted(EXAMPLES.glob("*/detail*.html"))
    ]
    return (*found, Seed(GALLIUM.html.encode(), "text/html"), Seed(files.page(ROWS), "text/html"))


@cache
def indexes(kind: str) -> tuple[Seed, ...]:
    """Lists of one kind, with the watchers that read them."""
    watchers = {path.stem: load_watcher(path) for path in WATCHERS.glob("*.toml")}
    return tuple(
        Seed(path.read_bytes(), TYPES[path.suffix], watchers[path.parent.name])
        for path in sorted(EXAMPLES.glob("*/index*.*"))
        if watchers[path.parent.name].index.kind == kind
    ) or (Seed(json.dumps({"page": {"rows": []}}).encode(), "application/json", make.watcher(make.record())),)


@cache
def office() -> dict[str, tuple[bytes, ...]]:
    """Files of every format that hangs below notices."""
    word, sheet, page = files.word(ROWS), files.workbook(ROWS, merged="A2:A3"), files.ofd_table(ROWS)
    printed = pdf(["附件：物项清单", "自2026 年12 月1 日起施行", "1C226 钨"])
    ruled = files.pdf_of(files.ruled([(*row, "", "") for row in ROWS]))
    old = files.old_word(ROWS)
    return {
        "pdf": (printed, ruled, files.pdf_of(files.ruled(ROWS, (50, 90, 280, 390), lines=files.RECTANGLES), turned=90)),
        "word": (word, files.word_of('<w:p><w:r><w:t>1C226</w:t></w:r></w:p><w:tbl><w:tr><w:tc/></w:tr></w:tbl>')),
        "workbook": (sheet,),
        "ofd": (page, files.ofd(files.ofd_page(("公告", 20, 20), drawn="M 0 0 L 160 0 L 160 80 C"))),
        "old office": (old, files.compound({"EncryptedPackage": b"1"}), files.compound({"Workbook": b"\x09\x08" * 300})),
        "archive": (files.zipped({"清单.docx": word, "a/表.xlsx": sheet, "b.ofd": page, "c.pdf": printed, "d.txt": "第一条", "e.doc": old}),),
    }  # fmt: skip


@cache
def mails() -> tuple[bytes, ...]:
    """Mails and pages saved as one file."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "desk@law.example", "us@corp.example", GALLIUM.title
    mail.set_content("see the page")
    mail.add_alternative(GALLIUM.html, subtype="html")
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="../清单.pdf")
    return (
        mail.as_bytes(),
        mhtml(GALLIUM.html, "https://www.ministry.example/notices/art_40.html"),
        bomb(),
        REPORT,
    )


#: A report of non-delivery.
REPORT = (
    b"From: MAILER-DAEMON@mx.example\r\nTo: a@b.example\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n"
    b"Content-Type: text/plain\r\n\r\n550 5.1.1 no such user\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n"
    b"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; c@d.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
    b"--x\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <0123456789abcdef0123456789abcdef@b.example>\r\n--x--\r\n"
)


@cache
def texts() -> tuple[str, ...]:
    """Documents of the corpus as text, their titles on the first line."""
    return tuple(f"{one.title}\n{one.text}" for one in documents())
