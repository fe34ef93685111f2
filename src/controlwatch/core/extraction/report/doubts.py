"""The doubts of a reading, in a sentence each, for the person who can look at the source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from controlwatch.core.extraction.identity.identity import Identity
from controlwatch.core.extraction.mentions.dates import find_date_mentions
from controlwatch.core.model import Document, Notice

YEAR_PREFIX = re.compile(r"[\d〇零一二三四五六七八九]{4}")  # |2025年13月40日: a day written with its year
MAX_IMPOSSIBLE_DATES = 3
#: Doubts that follow from the rule that decided the kind.
KIND_DOUBTS = {
    "kind.garbled": "The text is garbled: it was decoded in the wrong way or damaged, and could not be read.",
    "kind.hearsay": (
        "The text has the form of an instrument but is passed on by somebody who cannot vouch for it."
    ),
}


def list_doubts(
    notice: Notice, document: Document, identity: Identity, stated_parties: int | None
) -> tuple[str, ...]:
    """Return the doubts of a reading, the most serious first.

    `stated_parties` is how many parties the title says are listed, if it does.
    """
    doubts: list[str] = []
    if document.replaced:
        doubts.append(f"{document.replaced} characters of the page could not be decoded.")
    if identity.kind_rule in KIND_DOUBTS:
        doubts.append(KIND_DOUBTS[identity.kind_rule])
    if notice.is_change:
        doubts += _list_change_doubts(notice, identity)
        mentions = (
            (document.text[word.start : word.end], word.day) for word in find_date_mentions(document.text)
        )
        impossible = (written for written, day in mentions if day is None and YEAR_PREFIX.match(written))
        doubts += [
            f"“{written}” is no day of the calendar: what it dates is not known."
            for written in islice(impossible, MAX_IMPOSSIBLE_DATES)
        ]
    if stated_parties is not None and notice.entities and len(notice.entities) != stated_parties:
        doubts.append(f"The title speaks of {stated_parties} parties; {len(notice.entities)} were read.")
    if identity.has_issuerless_number:
        doubts.append(
            "The report gives a number without its issuer; export-control announcements are MOFCOM's series."
        )
    return tuple(doubts)


def _list_change_doubts(notice: Notice, identity: Identity) -> Iterator[str]:
    if identity.publication and identity.publication.source == "page":
        yield "The publication date is the page's own; a repost may be later than the notice."
    if not notice.number:
        yield "The text shows no document number of its own."
    if any(found.basis == "on-publication" and not found.start for found in notice.effective):
        yield "It takes effect on publication, but no publication date is stated."
    if not notice.categories:
        yield "The text names no item; its subject follows from the notices it acts on."
