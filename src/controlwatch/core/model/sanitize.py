"""Text that any store, terminal and mail can hold: no NUL, no half of a surrogate pair.

PostgreSQL refuses NUL in text, and JSON answers can hold lone surrogates that no encoding writes.
"""

from __future__ import annotations

import re
from dataclasses import replace

from controlwatch.core.model import Annex, AnnexLink, Document, NoticeRef

#: U+0000, and the surrogates, which stand for nothing alone
UNPRINTABLE = re.compile("[\x00\ud800-\udfff]")


def printable(text: str) -> str:
    """Return text without characters that cannot be kept."""
    return UNPRINTABLE.sub("", text)


def reference(ref: NoticeRef) -> NoticeRef:
    """Return a reference that can be kept."""
    content = printable(ref.content) if ref.content is not None else None
    return replace(ref, url=printable(ref.url), title=printable(ref.title), content=content)


def document(found: Document) -> Document:
    """Return a document that can be kept."""
    return replace(
        found,
        title=printable(found.title),
        text=printable(found.text),
        source_name=printable(found.source_name) if found.source_name is not None else None,
        labels=tuple((printable(name), printable(value)) for name, value in found.labels),
        annexes=tuple(
            AnnexLink(url=printable(link.url), name=printable(link.name)) for link in found.annexes
        ),
        doubts=tuple(printable(doubt) for doubt in found.doubts),
    )


def annex(found: Annex) -> Annex:
    """Return an annex that can be kept."""
    return replace(found, name=printable(found.name), text=printable(found.text))
