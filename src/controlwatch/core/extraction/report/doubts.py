"""The doubts of a reading, in a sentence each, for the person who can look at the source."""

from __future__ import annotations

import re
from itertools import islice

from controlwatch.core.extraction.identity.identity import Identity
from controlwatch.core.extraction.mentions.dates import find_date_mentions
from controlwatch.core.model import Document, Notice

YEAR_PREFIX = re.compile(r"[\d〇零一二三四五六七八九]{4}")  # |2025年13月40日: a day written with its year
MAX_IMPOSSIBLE_DATES = 3
#: Doubts that follow from the rule that decided the kind.
KIND_DOUBTS = {
    "kind.frame": "The page has the title of an instrument and no text below it.",
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
    is_change, source = notice.is_change, identity.publication.source if identity.publication else None
    undated = [found for found in notice.effective if found.basis == "on-publication" and not found.start]
    mentions = find_date_mentions(document.text) if is_change else ()
    written = (document.text[word.start : word.end] for word in mentions if word.day is None)
    impossible = islice((words for words in written if YEAR_PREFIX.match(words)), MAX_IMPOSSIBLE_DATES)
    miscounted = notice.entities and stated_parties not in {None, len(notice.entities)}
    doubts = (
        (document.replaced, f"{document.replaced} characters of the page could not be decoded."),
        (identity.kind_rule in KIND_DOUBTS, KIND_DOUBTS.get(identity.kind_rule, "")),
        (
            is_change and source == "page",
            "The publication date is the page's own; a repost may be later than the notice.",
        ),
        (is_change and not notice.number, "The text shows no document number of its own."),
        (
            is_change and undated,
            "It takes effect on publication, but no publication date is stated.",
        ),
        (
            is_change and not notice.categories,
            "The text names no item; its subject follows from the notices it acts on.",
        ),
        *(
            (True, f"“{words}” is not a day of the calendar: what it dates is not known.")
            for words in impossible
        ),
        (miscounted, f"The title speaks of {stated_parties} parties; {len(notice.entities)} were read."),
        (
            identity.has_issuerless_number,
            "The report gives a number without its issuer; export-control announcements are MOFCOM's series.",
        ),
    )
    return tuple(doubt for applies, doubt in doubts if applies)
