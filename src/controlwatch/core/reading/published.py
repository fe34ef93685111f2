"""The day of signing or writing: signature, label, dateline, the page's own day, in this order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from controlwatch.core.reading.daywords import day_words
from controlwatch.core.reading.issuers import named

if TYPE_CHECKING:
    from datetime import date

    from controlwatch.core.reading.lexicon import Lexicon
    from controlwatch.core.reading.text import Text

Source = Literal["signature", "label", "dateline", "page", "given"]

SIGNER = re.compile(r"(?:部长|主席|总理|署长|局长|主任|组长)\s*[\u4e00-\u9fff·\s]{2,8}$")  # 部长 王文涛
PAGE_LINE = re.compile(
    r"来源|发布时间|时间[:：]|来自|Source|Updated|Print|点击|浏览", re.IGNORECASE
)  # 来源：商务部 2024-08-26
DATE_LINE = re.compile(
    r"^[ \-*]*(?:Date|日期)\W{0,6}(\d{4}-\d{1,2}-\d{1,2})", re.IGNORECASE | re.MULTILINE
)  # - **Date**: 2025-11-06
HEAD_LINES = 8


@dataclass(frozen=True, slots=True)
class Published:
    """A publication day and where it was read."""

    day: date
    source: Source
    quote: str = ""  #: the line it was read from; "" where it is not in the text


def published_on(
    text: Text,
    lexicon: Lexicon,
    *,
    label: str | None,
    page: date | None,
    given: date | None,
    instrument: bool,
) -> Published | None:
    """Return the publication day in the order in which sources can be trusted, or None."""
    if instrument and (signed := _signature(text, lexicon)):
        return Published(signed[0], "signature", text.verbatim(signed[1]))
    if label and (day := _first_day(label)):
        return Published(day, "label", text.verbatim(label))
    if written := _dateline(text):
        return Published(written[0], "dateline", text.verbatim(written[1]))
    if page:
        return Published(page, "page")
    if printed := _page_day(text):
        return Published(printed[0], "page", text.verbatim(printed[1]))
    return Published(given, "given") if given else None


def _first_day(text: str) -> date | None:
    return next((word.day for word in day_words(text) if word.day), None)


def _bare_day(line: str) -> date | None:
    """Return the day of a line that holds nothing else."""
    words = day_words(line)
    if len(words) == 1 and not line[: words[0].start].strip() and not line[words[0].end :].strip(" 。"):
        return words[0].day
    return None


def _signature(text: Text, lexicon: Lexicon) -> tuple[date, str] | None:
    """Return the day, and its line, that stands on its own line below an issuer's or a signer's name."""
    lines = [line.strip() for line in text.folded[text.title_end :].splitlines() if line.strip()]
    for above, line in pairwise(lines):
        if len(line) <= 20 and len(above) <= 60 and (SIGNER.search(above) or named(above, lexicon)):
            day = _bare_day(line)
            if day:
                return day, line
    # A signature whose names were lost on the way still closes the text.
    return next(
        (
            (day, line)
            for line in reversed(lines[-3:])
            if len(lines) > 4 and len(line) <= 20 and (day := _bare_day(line))
        ),
        None,
    )


def _dateline(text: Text) -> tuple[date, str] | None:
    lines = [line.strip() for line in text.folded[: text.title_end + 1500].splitlines() if line.strip()][
        :HEAD_LINES
    ]
    marked = DATE_LINE.search("\n".join(lines))
    if marked and (day := _first_day(marked[1])):
        return day, marked[0].strip()
    for line in lines:
        words = [word for word in day_words(line[:200]) if word.day]
        if words and (day := words[0].day) and _opens(line, words[0].start, words[0].end):
            return day, line[: words[0].end]
    return None


def _opens(line: str, start: int, end: int) -> bool:
    """Tell whether a day opens its line or is called its date, and the line is no page furniture."""
    if PAGE_LINE.search(line) and len(line) < 60 and not re.match(r"\s*\d{4}", line):
        return False
    before, after = line[:start], line[end:]
    if re.search(r"\bdated\s*$|\bstory,\s*$|·\s*$|更新[:：]\s*$", before):
        return True
    lead = re.sub(r"^\s*(?:\([^)]*\)|（[^）]*）|【[^】]*】)\s*", "", before).strip()
    return not lead and (
        not after.strip()
        or re.match(
            r"\s*(?:\d{1,2}:\d{2}|[.(（·]|[\u4e00-\u9fff]{2,8}[（(:：]|央视|讯|电| +[\u4e00-\u9fff]{2})",
            after,
        )
        is not None
    )


def _page_day(text: Text) -> tuple[date, str] | None:
    lines = [
        line.strip()
        for line in text.folded[text.title_end : text.title_end + 1500].splitlines()
        if line.strip()
    ][:HEAD_LINES]
    return next(
        ((day, line) for line in lines if len(line) < 60 and PAGE_LINE.search(line) and (day := _first_day(line))),
        None,
    )
