"""Which passages of a report stand beside its news: background, older mails, what has not changed."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from controlwatch.core.extraction.mentions.dates import MONTHS, find_date_mentions
from controlwatch.core.extraction.mentions.terms import NEWS_AGE
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon

BACKGROUND_AGE = timedelta(days=200)  #: between a report and what it only recalls
CLAUSE_BREAK = re.compile(r"[,，;；]")
MIN_ITEMS = 2  #: of a digest; one numbered line is no item

#: Lines that stand beside the news: what their first word calls background, and what a reporter asks.
LINES_BESIDE = ("report.background-line", "report.asked-line")
#: What a sentence beside the news does: it supposes, lets a company speak, or tells of an earlier act.
SENTENCES_BESIDE = ("report.supposed", "report.company-voice", "date.told-before")
#: Where a passage begins and ends in the folded text.
Span = tuple[int, int]


def find_background_parts(text: DocumentText, written: date | None, lexicon: Lexicon) -> tuple[Span, ...]:
    """Return the passages of a report, written on a day, that do not tell its news."""
    parts = [
        *(
            hit.span()
            for name in LINES_BESIDE
            for hit in lexicon.get_pattern(name).finditer(text.folded_text, text.title_end)
        ),
        *_find_older_mails(text, lexicon),
        *_find_headed_parts(text, written, lexicon),
        *_find_rows_at_rest(text, lexicon),
        *_find_items_without_change(text, lexicon),
    ]
    return tuple(parts)


def is_beside_news(words: str, text: DocumentText, written: date | None, lexicon: Lexicon) -> bool:
    """Return whether a sentence of a report recalls what has long stood, or only supposes something.

    `written` is the day of the report, without which the newest day of its text counts: a rule that has
    stood since a day long before is not its news.
    """
    return _stands_beside(words, written or find_newest_day(text.folded_text, lexicon), lexicon)


@lru_cache(maxsize=512)
def _stands_beside(words: str, written: date | None, lexicon: Lexicon) -> bool:
    words = lexicon.get_pattern("relation.relative-clause").sub(" ", words)
    if any(lexicon.get_pattern(name).search(words) for name in SENTENCES_BESIDE):
        return True
    is_standing = lexicon.get_pattern("report.standing-since").search(words) is not None
    is_general = lexicon.get_pattern("report.long-standing").search(words) is not None
    if written is None or not (is_standing or is_general):
        return is_general
    last = find_last_day_named(words, written, lexicon)
    return is_general if last is None else written - last > BACKGROUND_AGE


def leaves_alone(words: str, at: int, lexicon: Lexicon) -> bool:
    """Return whether the clause at a place of a sentence says that something stays as it is."""
    clause = CLAUSE_BREAK.split(words[:at])[-1] + CLAUSE_BREAK.split(words[at:])[0]
    return lexicon.get_pattern("category.left-alone").search(clause) is not None


@lru_cache(maxsize=2)
def find_newest_day(folded: str, lexicon: Lexicon) -> date | None:
    """Return the newest day that a folded text names with its year."""
    words = find_date_mentions(folded, lexicon)
    return max((word.day for word in words if word.day and not word.yearless), default=None)


def find_last_day_named(words: str, written: date, lexicon: Lexicon) -> date | None:
    """Return the last day that a sentence names; of years without a day, the end of the last."""
    words = lexicon.get_pattern("report.cross-reference").sub("", words)
    months = lexicon.get_pattern("report.month-of-year")
    days = [word.day for word in find_date_mentions(words, lexicon, anchor=written) if word.day]
    days += [_end_month(*_read_month(hit)) for hit in months.finditer(words)]
    years = [date(int(year[1]), 12, 31) for year in lexicon.get_pattern("category.bare-year").finditer(words)]
    return max(days or years, default=None)


def _read_month(hit: re.Match[str]) -> tuple[int, int]:
    month = MONTHS[hit["name"].lower()] if hit["name"] else int(hit["month"])
    return int(hit["year"] or hit["named_year"]), month


def _end_month(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _find_older_mails(text: DocumentText, lexicon: Lexicon) -> Iterator[Span]:
    """Yield the mails that a longer answer quotes below itself, and the subject that it repeats."""
    folded = text.folded_text
    older = lexicon.get_pattern("report.older-mail").search(folded, text.title_end)
    if older and older.start() > len(folded) - older.start():
        yield older.start(), len(folded)
        if subject := lexicon.get_pattern("report.reply-subject").match(text.title):
            yield subject.span()


def _find_headed_parts(text: DocumentText, written: date | None, lexicon: Lexicon) -> Iterator[Span]:
    """Yield the parts whose heading says that they recall the past (Background, 背景).

    A part that tells what was issued in the last weeks is the news, whatever its heading.
    """
    folded, next_heading = text.folded_text, lexicon.get_pattern("identity.heading-line")
    issued_on = lexicon.get_pattern("date.issued-on")
    for hit in lexicon.get_pattern("identity.background-heading").finditer(folded):
        following = next_heading.search(folded, hit.end())
        end = following.start() if following else len(folded)
        issued = (
            word.day
            for act in issued_on.finditer(folded, hit.end(), end)
            for word in find_date_mentions(act[0], lexicon, anchor=written)
        )
        if written is None or not any(day and timedelta() <= written - day <= NEWS_AGE for day in issued):
            yield hit.start(), end


def _find_rows_at_rest(text: DocumentText, lexicon: Lexicon) -> Iterator[Span]:
    """Yield the rows of a table that have not changed, and the lines that name them by their key."""
    folded, keys = text.folded_text, set[str]()
    for row in lexicon.get_pattern("report.row-at-rest").finditer(folded):
        yield row.span()
        if key := lexicon.get_pattern("report.row-key").match(row[0]):
            keys.add(key[1])
    start = 0
    for line in folded.split("\n") if keys else ():
        if any(key in line for key in keys):
            yield start, start + len(line)
        start += len(line) + 1


def _find_items_without_change(text: DocumentText, lexicon: Lexicon) -> Iterator[Span]:
    """Yield the items of a digest that say of themselves that nothing has changed, or not yet."""
    folded = text.folded_text
    starts = [
        hit.start() for hit in lexicon.get_pattern("report.item-heading").finditer(folded, text.title_end)
    ]
    if len(starts) < MIN_ITEMS:
        return
    for start, end in pairwise((*starts, len(folded))):
        still = lexicon.get_pattern("report.nothing-new").search(folded, start, end)
        if still is None:
            continue
        line_start = max(start, folded.rfind("\n", 0, still.start()) + 1)
        line_end = folded.find("\n", still.end(), end)
        line_end = line_end if line_end >= 0 else end
        beside = folded[start:line_start], folded[line_end:end]
        # A section with several paragraphs: one on a numbered notice stands for itself.
        has_news = any(lexicon.get_pattern("date.number-word").search(words) for words in beside)
        yield (line_start, line_end) if has_news else (start, end)
