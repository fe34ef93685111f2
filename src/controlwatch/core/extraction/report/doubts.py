"""What the reader was not sure of, in a sentence each, for the person who can look."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from controlwatch.core.extraction.mentions.dates import day_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.core.extraction.identity.published import Published
    from controlwatch.core.model import Document, Notice


def doubts_of(
    notice: Notice, document: Document, *, published: Published | None, nameless: bool, stated: int | None
) -> tuple[str, ...]:
    """Return the doubts of a reading, the gravest first."""
    doubts = list(_garbled(document))
    rules = {ground.rule for ground in notice.grounds}
    doubts += [
        doubt for rule, doubt in (("kind.garbled", GARBLED), ("kind.hearsay", HEARSAY)) if rule in rules
    ]
    if notice.is_change:
        doubts += _of_change(notice, published)
        doubts += islice(_impossible(document.text), MOST)
    if stated is not None and notice.entities and len(notice.entities) != stated:
        doubts.append(f"The title speaks of {stated} parties; {len(notice.entities)} were read.")
    if nameless:
        doubts.append(
            "The report gives a number without its issuer; export-control announcements are MOFCOM's series."
        )
    return tuple(doubts)


#: A day written with its year; days that no calendar has are named so often at most.
WITH_YEAR = re.compile(r"[\d〇零一二三四五六七八九]{4}")
MOST = 3
GARBLED = "The text is garbled: it was decoded in the wrong way or damaged, and could not be read."
HEARSAY = "The text has the form of an instrument but is passed on by somebody who cannot vouch for it."


def _garbled(document: Document) -> Iterator[str]:
    if document.replaced:
        yield f"{document.replaced} characters of the page could not be decoded."


def _impossible(text: str) -> Iterator[str]:
    for word in day_words(text):
        written = text[word.start : word.end]
        if word.day is None and WITH_YEAR.match(written):
            yield f"“{written}” is no day of the calendar: what it dates is not known."


def _of_change(notice: Notice, published: Published | None) -> Iterator[str]:
    if published and published.source == "page":
        yield "The publication date is the page's own; a repost may be later than the notice."
    if not notice.number:
        yield "The text shows no document number of its own."
    if any(found.basis == "on-publication" and not found.start for found in notice.effective):
        yield "It takes effect on publication, but no publication date is stated."
    if not notice.categories:
        yield "The text names no item; its subject follows from the notices it acts on."
