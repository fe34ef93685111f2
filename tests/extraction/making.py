"""Make documents and readings in one line, for tests that read as sentences."""

from __future__ import annotations

from datetime import date

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.model import Document, Notice

LEXICON = load_lexicon()
SIGNED = date(2026, 3, 2)


def notice(
    title: str,
    text: str = "",
    *,
    published: date | None = None,
    page_date: date | None = None,
    labels: tuple[tuple[str, str], ...] = (),
) -> Notice:
    document = Document(
        url="https://example.test/notice", title=title, text=text, page_date=page_date, labels=labels
    )
    return read_notice(document, LEXICON, published=published)


def announcement(body: str, *, title: str = "商务部公告2026年第90号 关于有关事项的公告") -> Notice:
    """An announcement signed by MOFCOM on 2 March 2026."""
    return notice(title, f"{body}\n商务部\n2026年3月2日")
