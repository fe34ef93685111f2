"""Reading a PDF annex, against pdfium extracting the bare text of the same file.

Each figure is the least of several rounds: what the machine can do when it does nothing else. The service reads
each file in a process of its own, whose start is part of the last figure.
"""

from __future__ import annotations

import timeit
from datetime import UTC, datetime

import pypdfium2

from controlwatch.adapters.files.documents import read_annex
from controlwatch.adapters.files.pdf import read_pdf
from controlwatch.core.model import AnnexLink, Snapshot
from controlwatch.testing.pdf import pdf
from tests.sources.files import pdf_of, ruled

PAGES, ROWS_OF_PAGE = 10, 24
ROUNDS = 12
URL = "https://example.test/annex.pdf"


def build_files() -> dict[str, bytes]:
    """Return an annex as a ruled table and one as running text, of ten pages each."""
    tables = []
    for page in range(PAGES):
        rows = [(str(n), f"81032{page:02}{n:03}", f"钽粉及其制品第{n}项") for n in range(ROWS_OF_PAGE)]
        tables.append(ruled([("序号", "海关商品编号", "名称"), *rows]))
    line = "出口上述物项应当依照有关规定申请许可，未经许可不得出口。"
    return {"a ruled table": pdf_of(*tables), "running text": pdf([line] * PAGES * 40)}


def extract_bare_text(body: bytes) -> str:
    """Return the characters of a PDF as pdfium has them, in its own order."""
    with pypdfium2.PdfDocument(body) as document:
        return "".join(page.get_textpage().get_text_range() for page in document)


def read_apart(body: bytes) -> object:
    """Read a file as the service does, in a process of its own."""
    snapshot = Snapshot(
        url=URL, final_url=URL, fetched_at=datetime.now(UTC), status=200, headers=(), body=body
    )
    annex = read_annex(snapshot, AnnexLink(url=URL, name="附件.pdf"))
    assert annex.text, annex.doubt
    return annex


def main() -> None:
    """Run and print."""
    for name, body in build_files().items():
        works = (
            lambda body=body: extract_bare_text(body),
            lambda body=body: read_pdf(body),
            lambda body=body: read_apart(body),
        )
        floor, ours, apart = (min(timeit.repeat(work, number=1, repeat=ROUNDS)) for work in works)
        print(
            f"reading {name} of {PAGES} pages in a PDF: {ours * 1000 / PAGES:.1f} ms a page, "
            f"{ours / floor:.1f} times pdfium's bare text; in a process of its own {apart:.2f} s a file"
        )


if __name__ == "__main__":
    main()
