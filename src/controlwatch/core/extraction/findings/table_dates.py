"""Dates in the columns of a table: a tracker's "In force", a clean-up's 停止执行日期."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.mentions.dates import DateMention, find_date_mentions
from controlwatch.core.extraction.mentions.places import is_place_name
from controlwatch.core.model import EffectiveDate

SEPARATOR = re.compile(r"[\t|]")
COLUMN_GAP = re.compile(r" {3,}")  #: between the columns of a table that is set with blanks
MIN_CELLS = 3
RULER = re.compile(r"^[\s|:+-]*$")  # |---|---|
MAX_ROWS = 400


def find_table_dates(context: ReadingContext) -> Iterator[EffectiveDate]:
    """Yield the dates of the columns that a heading calls days of effect, one for each row.

    "Same day" and "on publication" mean the day in the column of publication. Rows of other states do
    not count. A cell with such a name can also stand right before its days: In force | 1 June 2028.
    """
    begins = context.lexicon.get_pattern("date.column-of-effect")
    columns: dict[str, int] = {}
    width = rows = at = 0
    for line in context.text.folded_text.split("\n"):
        start, at = at, at + len(line) + 1
        separator = SEPARATOR if SEPARATOR.search(line) else COLUMN_GAP
        cells = [cell.strip(" *") for cell in separator.split(line.strip("| "))]
        if len(cells) == 1 and (labelled := context.lexicon.get_pattern("date.labelled-days").match(line)):
            cells = [labelled[1], labelled[2]]
        if len(cells) < 2 or rows > MAX_ROWS or RULER.match(line) or context.is_background(start):
            continue
        rows += 1
        if named := list(_read_named_cell(context, cells, start, at - 1)):
            yield from named
        elif len(cells) < MIN_CELLS:
            continue
        elif any(begins.fullmatch(cell) for cell in cells):
            columns, width = _name_columns(context, cells), len(cells)
        elif (
            columns
            and len(cells) == width
            and not any(is_place_name(cell, context.lexicon) for cell in cells)
        ):
            yield from _read_row(context, cells, columns, start, at - 1)


def _read_named_cell(
    context: ReadingContext, cells: list[str], start: int, end: int
) -> Iterator[EffectiveDate]:
    """Yield the days in the cell right behind one that is called the day of effect."""
    begins = context.lexicon.get_pattern("date.column-of-effect")
    if any(is_place_name(cell, context.lexicon) for cell in cells):
        return
    for name, cell in pairwise(cells):
        if begins.fullmatch(name):
            for word in find_date_mentions(cell, context.lexicon):
                if word.day:
                    quote = context.text.get_original(start, end).strip(" |")
                    yield EffectiveDate(start=word.day, basis="stated", quote=quote, rule="date.column")


def _name_columns(context: ReadingContext, heads: list[str]) -> dict[str, int]:
    """Return which column gives the day of effect, the last day, and the day of publication."""
    patterns = {
        "start": "date.column-of-effect",
        "until": "date.column-of-end",
        "issued": "date.column-of-issue",
    }
    found: dict[str, int] = {}
    for name, pattern_id in patterns.items():
        pattern = context.lexicon.get_pattern(pattern_id)
        place = next((place for place, head in enumerate(heads) if pattern.fullmatch(head)), None)
        if place is not None:
            found[name] = place
    return found


def _read_row(
    context: ReadingContext, cells: list[str], columns: dict[str, int], start: int, end: int
) -> Iterator[EffectiveDate]:
    days = {
        name: next((word.day for word in find_date_mentions(cells[place], context.lexicon) if word.day), None)
        for name, place in columns.items()
    }
    begins = days.get("start")
    if begins is None and context.lexicon.get_pattern("date.cell-same-day").search(cells[columns["start"]]):
        begins = days.get("issued")
    quote = context.text.get_original(start, end).strip(" |")
    for begin, until in _read_periods(context, cells[columns["start"]]) or ((begins, None),):
        if begin is not None:
            last = until or days.get("until")
            yield EffectiveDate(
                start=begin,
                until=last,
                basis="stated",
                scope=_name_row(context, start, end),
                quote=quote,
                rule="date.column",
            )


def _name_row(context: ReadingContext, start: int, end: int) -> str:
    """Return the number of the notice that a row names, where the text names several; else "all"."""
    mentions = context.identity.number_mentions
    named = [mention.number.canonical for mention in mentions if start <= mention.start < end]
    is_digest = len({mention.number.key for mention in mentions}) > 1
    return named[0] if is_digest and len(named) == 1 else "all"


def _read_periods(context: ReadingContext, cell: str) -> list[tuple[date | None, date | None]]:
    """Return the periods of a cell: 2028-06-01 / 2028-09-01, or 2028-05-12 until 2029-05-11."""
    range_to, periods = context.lexicon.get_pattern("date.range-to"), list[tuple[date | None, date | None]]()
    before: DateMention | None = None
    for word in find_date_mentions(cell, context.lexicon):
        if before and range_to.match(cell[before.end : word.start]):
            periods[-1] = (before.day, word.day)
        elif word.day:
            periods.append((word.day, None))
        before = word
    return periods
