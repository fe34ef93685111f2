"""The doubts of a reading, in a sentence each, for the person who can look at the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from controlwatch.core.extraction.identity.head import read_head_line
from controlwatch.core.extraction.identity.identity import Identity, ReadingContext
from controlwatch.core.extraction.mentions.dates import (
    add_duration,
    find_date_mentions,
    find_duration,
)
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import fold_text
from controlwatch.core.model import Direction, Document, Notice, Verb

MAX_IMPOSSIBLE_DATES = 3
LONGEST_TERM = timedelta(days=6 * 366)  #: that a headline gives to a measure
TERM_TOLERANCE = timedelta(days=3)  #: between a stated last day and the one that the term reaches
OPPOSED_VERBS = frozenset({Verb.SUSPENDS, Verb.RESUMES, Verb.EXTENDS, Verb.REPEALS})
NO_ITEM_NAMED = "The text names no item; its subject follows from the notices it acts on."
#: Doubts that follow from the rule that decided the kind.
KIND_DOUBTS = {
    "kind.frame": "The page has the title of an instrument and no text below it.",
    "kind.garbled": "The text is garbled: it was decoded in the wrong way or damaged, and could not be read.",
    "kind.hearsay": (
        "The text has the form of an instrument but is passed on by somebody who cannot vouch for it."
    ),
}


def list_kind_doubts(identity: Identity) -> tuple[str, ...]:
    """Return the doubt that follows from how the kind of a document was decided, if one does."""
    return (KIND_DOUBTS[identity.kind_rule],) if identity.kind_rule in KIND_DOUBTS else ()


def list_doubts(
    notice: Notice, document: Document, context: ReadingContext, stated_parties: int | None
) -> tuple[str, ...]:
    """Return the doubts of a reading, the most serious first.

    `stated_parties` is how many parties the text says are listed, if it does.
    """
    identity, text = context.identity, context.text
    illegible = context.lexicon.get_pattern("review.illegible").search(text.folded_text)
    unread = text.quote_around(*illegible.span()) if illegible else ""
    second = find_second_number(context) if notice.is_change else None
    is_change, source = notice.is_change, identity.publication.source if identity.publication else None
    undated = [found for found in notice.effective if found.basis == "on-publication" and not found.start]
    impossible = islice(
        _find_impossible_days(document.text, context.lexicon) if is_change else (), MAX_IMPOSSIBLE_DATES
    )
    by_action = Counter(party.action for party in notice.entities)  # the title may speak of those listed only
    counts = {None, len(notice.entities), *by_action.values()}
    miscounted = is_change and notice.entities and stated_parties not in counts
    doubts = (
        (document.replaced, f"{document.replaced} characters of the page could not be decoded."),
        *((True, doubt) for doubt in list_kind_doubts(identity)),
        (
            (is_change or notice.reports_change) and illegible is not None,
            f"Parts of the text are illegible: “{unread}”.",
        ),
        (
            second is not None,
            f"The page holds a second instrument, {second}; only the first was read as this notice.",
        ),
        (
            is_change and source == "page",
            "The publication date is the page's own; a repost may be later than the notice.",
        ),
        (is_change and not notice.number, "The text shows no document number of its own."),
        (
            is_change and _contradicts_title(notice),
            "The title and the text differ: one suspends a notice, the other lets it apply again.",
        ),
        (
            is_change and _begins_before_itself(notice, context.lexicon),
            "A part begins before the day on which the text as a whole takes effect.",
        ),
        (
            is_change and _begins_on_two_days(notice, context.lexicon),
            "The text gives two days on which the whole takes effect.",
        ),
        *(
            (is_change, f"The term and the last day of “{words}” do not agree.")
            for words in _find_mismatched_terms(notice, context.lexicon)
        ),
        (
            notice.reports_change and _differs_from_titled_term(notice, context.lexicon),
            "The title speaks of a term that no period of the text has.",
        ),
        (
            is_change and undated,
            "It takes effect on publication, but no publication date is stated.",
        ),
        (
            is_change and not notice.categories,
            NO_ITEM_NAMED,
        ),
        *(
            (True, f"“{words}” is not a day of the calendar: what it dates is not known.")
            for words in impossible
        ),
        *(
            (True, f"“{words}” has the shape of a day and could not be read.")
            for words in islice(_find_unread_days(context) if is_change else (), MAX_IMPOSSIBLE_DATES)
        ),
        (miscounted, f"The title speaks of {stated_parties} parties; {len(notice.entities)} were read."),
        (
            identity.has_issuerless_number,
            "The report gives a number without its issuer; export-control announcements are MOFCOM's series.",
        ),
    )
    return tuple(doubt for applies, doubt in doubts if applies)


def _find_impossible_days(text: str, lexicon: Lexicon) -> Iterator[str]:
    """Yield what is written as a day with its year, and is not in the calendar."""
    year = lexicon.get_pattern("doubt.year-before")
    for line in filter(lexicon.get_pattern("doubt.year-sign").search, text.splitlines()):
        days = (line[word.start : word.end] for word in find_date_mentions(line, lexicon) if word.day is None)
        yield from (words for words in days if year.match(words))


def _find_unread_days(context: ReadingContext) -> Iterator[str]:
    """Yield what is written in the shape of a day with its year and was read as none."""
    folded, shape = context.text.folded_text, context.lexicon.get_pattern("doubt.day-shape")
    start = 0
    for line in folded.split("\n"):
        shapes = list(shape.finditer(line))
        read = find_date_mentions(line, context.lexicon) if shapes else ()
        at = 0
        for hit in shapes:
            # Both are in order; of 2027年四月廿五日 only the month would be read.
            while at < len(read) and read[at].end < hit.end():
                at += 1
            if at == len(read) or read[at].start >= hit.end():
                yield context.text.get_original(start + hit.start(), start + hit.end())
        start += len(line) + 1


def _contradicts_title(notice: Notice) -> bool:
    """Return whether a measure rests by the title and applies again by the text, or the reverse."""
    opposite = {Direction.SUSPEND: Verb.RESUMES, Direction.RESUME: Verb.SUSPENDS}.get(notice.direction)
    verbs = {found.verb for found in notice.relations if found.verb in OPPOSED_VERBS}
    return opposite is not None and verbs == {opposite}


def _begins_before_itself(notice: Notice, lexicon: Lexicon) -> bool:
    """Return whether a part of a notice begins before the notice as a whole does."""
    whole = lexicon.get_pattern("doubt.whole-start")
    stated = [found for found in notice.effective if found.basis == "stated" and found.scope == "all"]
    return any(
        found.start and later.start and found.start < later.start and found.quote != later.quote
        for later in stated
        if whole.search(fold_text(later.quote))
        for found in stated
    )


def _begins_on_two_days(notice: Notice, lexicon: Lexicon) -> bool:
    """Return whether two sentences say of the whole text when it takes effect, each another day."""
    whole = lexicon.get_pattern("doubt.whole-start")
    days = {
        found.quote: found.start
        for found in notice.effective
        if found.start and found.scope == "all" and whole.search(fold_text(found.quote))
    }
    return len(set(days.values())) > 1


def _find_mismatched_terms(notice: Notice, lexicon: Lexicon) -> Iterator[str]:
    """Yield the sentences that give a term in days, months or years and a last day that it does not reach."""
    for found in notice.effective:
        if found.start is None or found.until is None or found.derived:
            continue
        if term := find_duration(fold_text(found.quote), lexicon):
            reached = add_duration(found.start, *term)
            if abs(reached - found.until) > TERM_TOLERANCE:
                yield found.quote


def _differs_from_titled_term(notice: Notice, lexicon: Lexicon) -> bool:
    """Return whether the title gives a term from which every period of the text is far off.

    A headline rounds, by a fifth at most; what would be a term of many years is a day (29年8月).
    """
    term = find_duration(fold_text(notice.title), lexicon)
    periods = [(found.start, found.until) for found in notice.effective if found.start and found.until]
    if term is None or not periods:
        return False
    reached = [(start, add_duration(start, *term), until) for start, until in periods]
    return all(
        end - start <= LONGEST_TERM and abs(end - until) > (end - start) / 5 for start, end, until in reached
    )


def find_second_number(context: ReadingContext) -> str | None:
    """Return the number of another instrument that begins on a line of its own further down, or None."""
    get_pattern = context.lexicon.get_pattern
    text, own = context.text, context.identity.own_number
    for mention in context.identity.number_mentions:
        if mention.start <= text.title_end or (own and mention.number.key == own.number.key):
            continue
        start = text.folded_text.rfind("\n", 0, mention.start) + 1
        end = text.folded_text.find("\n", mention.end)
        end = end if end >= 0 else len(text.folded_text)
        line = read_head_line(text.folded_text, start, end, context.lexicon)
        opens = mention.start == start
        if opens and get_pattern("doubt.inline-instrument").match(text.folded_text, start):
            return mention.number.canonical
        above = text.folded_text[:start].rstrip()
        if not (line.issuers and line.figure) or above.endswith(("：", ":", "；", "、")):
            continue
        own_voice = get_pattern("doubt.own-voice")
        speaks_below = own_voice.search(text.folded_text, end)
        if speaks_below and own_voice.search(text.folded_text, text.title_end, start):
            return mention.number.canonical
    return None
