"""What the reader was not sure of, in a sentence each, for the person who can look."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from controlwatch.core.extraction.mentions.dates import find_date_mentions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.core.extraction.identity.published import PublicationDate
    from controlwatch.core.model import Document, Notice


def list_doubts(
    notice: Notice,
    document: Document,
    *,
    published: PublicationDate | None,
    nameless: bool,
    stated: int | None,
) -> tuple[str, ...]:
    """Return the doubts of a reading, the gravest first."""
    doubts = list(_list_decoding_doubts(document))
    rules = {ground.rule for ground in notice.grounds}
    doubts += [
        doubt
        for rule, doubt in (("kind.garbled", GARBLED_DOUBT), ("kind.hearsay", HEARSAY_DOUBT))
        if rule in rules
    ]
    if notice.is_change:
        doubts += _list_change_doubts(notice, published)
        doubts += islice(_list_impossible_dates(document.text), MAX_IMPOSSIBLE_DATES)
    if stated is not None and notice.entities and len(notice.entities) != stated:
        doubts.append(f"The title speaks of {stated} parties; {len(notice.entities)} were read.")
    if nameless:
        doubts.append(
            "The report gives a number without its issuer; export-control announcements are MOFCOM's series."
        )
    return tuple(doubts)


#: A day written with its year; days that no calendar has are named so often at most.
YEAR_PREFIX = re.compile(r"[\d〇零一二三四五六七八九]{4}")
MAX_IMPOSSIBLE_DATES = 3
GARBLED_DOUBT = "The text is garbled: it was decoded in the wrong way or damaged, and could not be read."
HEARSAY_DOUBT = "The text has the form of an instrument but is passed on by somebody who cannot vouch for it."


def _list_decoding_doubts(document: Document) -> Iterator[str]:
    if document.replaced:
        yield f"{document.replaced} characters of the page could not be decoded."


def _list_impossible_dates(text: str) -> Iterator[str]:
    for word in find_date_mentions(text):
        written = text[word.start : word.end]
        if word.day is None and YEAR_PREFIX.match(written):
            yield f"“{written}” is no day of the calendar: what it dates is not known."


def _list_change_doubts(notice: Notice, published: PublicationDate | None) -> Iterator[str]:
    if published and published.source == "page":
        yield "The publication date is the page's own; a repost may be later than the notice."
    if not notice.number:
        yield "The text shows no document number of its own."
    if any(found.basis == "on-publication" and not found.start for found in notice.effective):
        yield "It takes effect on publication, but no publication date is stated."
    if not notice.categories:
        yield "The text names no item; its subject follows from the notices it acts on."
