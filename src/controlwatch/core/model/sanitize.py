"""Text that any store, terminal and mail can hold: no NUL, no half of a surrogate pair.

PostgreSQL refuses NUL in text, and JSON answers can hold lone surrogates that no encoding writes.
"""

from __future__ import annotations

import re
from dataclasses import replace

from controlwatch.core.model import Annex, AnnexLink, Document, NoticeRef

#: U+0000, and the surrogates, which stand for nothing alone
UNPRINTABLE = re.compile("[\x00\ud800-\udfff]")


def remove_unprintable(text: str) -> str:
    """Return text without characters that cannot be kept."""
    return UNPRINTABLE.sub("", text)


def sanitize_reference(ref: NoticeRef) -> NoticeRef:
    """Return a reference that can be kept."""
    content = remove_unprintable(ref.content) if ref.content is not None else None
    return replace(ref, url=remove_unprintable(ref.url), title=remove_unprintable(ref.title), content=content)


def sanitize_document(found: Document) -> Document:
    """Return a document that can be kept."""
    return replace(
        found,
        title=remove_unprintable(found.title),
        text=remove_unprintable(found.text),
        source_name=remove_unprintable(found.source_name) if found.source_name is not None else None,
        labels=tuple((remove_unprintable(name), remove_unprintable(value)) for name, value in found.labels),
        annexes=tuple(
            AnnexLink(url=remove_unprintable(link.url), name=remove_unprintable(link.name))
            for link in found.annexes
        ),
        doubts=tuple(remove_unprintable(doubt) for doubt in found.doubts),
    )


def sanitize_annex(found: Annex) -> Annex:
    """Return an annex that can be kept."""
    return replace(found, name=remove_unprintable(found.name), text=remove_unprintable(found.text))
