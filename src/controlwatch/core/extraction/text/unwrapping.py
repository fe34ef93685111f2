"""Lines that a mail program or a printer broke, and the marks of quoted mail, undone.

A text is broken where many of its lines are as long as its longest and end in the middle of a sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

QUOTE_MARKS = re.compile(r"^[ \u3000]*(?:>[ \u3000]?)+", re.MULTILINE)  # > > From: …
PLAIN_BLANKS = str.maketrans(dict.fromkeys("\u00a0\u2002\u2003\u2009\u202f", " "))
LINE = re.compile(r"[^\n]+")
COLUMN_GAP = re.compile(r"[\t|]|\S\s{3,}\S")
WIDE = re.compile(r"[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]")
ENDING = re.compile(r"(?:[。；：！？.;:!?][”’」』）)\]\"']*|\d-\d\d?[\])】]?)\s*$")
ABBREVIATED = re.compile(r"\b(?:Nos?|Nr|Art|approx|e\.g|i\.e)\.$")
#: What opens a new line in any case: a number, a letter, a heading, a bullet, the head of a mail.
NEW_LINE = re.compile(
    r"\s*(?:[一二三四五六七八九十]{1,3}[、.]|第[一二三四五六七八九十百]{1,4}[条章节]|[（(][一二三四五六七八九十\da-z]{1,3}[)）]"
    r"|\d{1,2}(?:[、.．)）]|\.\d)(?!\d)|[-*•·#■●|]|附件|[A-Za-z-]{2,12}: )"
)
FIRST_WORD = re.compile(r"\S+")
HYPHENATED = re.compile(r"[a-z]-$")
GOES_ON = re.compile(r"\s*[a-z(\d]")  #: what hardly opens a line of its own
RAGGED = 0.75  #: share of the full width from which such a line goes on with the one above
BROADEST = 110  #: columns or characters; a longer line was not broken
NARROWEST = 30
NEAR = 10  #: by which a full line can be shorter than the longest
NEAR_WIDE = 3  #: as above, in a script that can be broken anywhere
MIN_BROKEN = 3  #: lines that go on below, of a broken text
MIN_SHARE = 0.2  #: of such lines among all lines
MAX_LONGER = 0.1  #: share of lines that may be longer than the full ones
MIN_OPEN = 0.4  #: share of full lines that end in the middle of a sentence


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line: its place, its words, and how much room it takes up, in columns or in characters."""

    start: int
    end: int
    words: str
    width: int


def undo_wrapping(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Return a text of the same length with blanks for ends of lines between words, and what to cut out.

    Cut out are the ends of lines between characters of a script without blanks, and marks of quoted mail.
    """
    plain = text.translate(PLAIN_BLANKS)
    marks = [hit.span() for hit in QUOTE_MARKS.finditer(plain)]
    quoted = dict(marks)
    spans = [(quoted.get(hit.start(), hit.start()), hit.end()) for hit in LINE.finditer(plain)]
    broken = _find_breaks([(start, end, plain[start:end]) for start, end in spans])
    if not broken:
        return text, marks
    signs, cuts = list(text), list(marks)
    has_no_blanks = sum(_is_wide_break(*pair) for pair in broken) > len(broken) / 2
    for line, below in broken:
        if HYPHENATED.search(line.words) and below.words[:1].islower():
            cuts.append((line.end - 1, below.start))  # Adminis-|tration
            continue
        is_figure = line.words[-1:].isdigit() and below.words[:1].isdigit()
        if _is_wide_break(line, below) or (has_no_blanks and is_figure):
            cuts.append((line.end, below.start))
        else:
            signs[line.end] = " "
    return "".join(signs), cuts


def _find_breaks(printed: list[tuple[int, int, str]]) -> list[tuple[PrintedLine, PrintedLine]]:
    """Return the pairs of lines of which the second goes on with the first, in a text that was broken."""
    best: list[tuple[PrintedLine, PrintedLine]] = []
    longer = sum(len(words) > BROADEST for _, _, words in printed)
    if len(printed) <= MIN_BROKEN or longer > MAX_LONGER * len(printed) + 1:
        return best
    for measure in (len, _count_columns):
        lines = [PrintedLine(start, end, words, measure(words)) for start, end, words in printed]
        for limit in _list_limits(lines):
            broken = [pair for pair in pairwise(lines) if _goes_on(*pair, limit)]
            if len(broken) >= max(MIN_BROKEN, MIN_SHARE * len(lines), len(best) + 1):
                best = broken
    return best


def _is_wide_break(line: PrintedLine, below: PrintedLine) -> bool:
    """Return whether a line was broken beside a character of a script without blanks."""
    return bool(WIDE.match(line.words.rstrip()[-1:]) or WIDE.match(below.words.lstrip()[:1]))


def _count_columns(words: str) -> int:
    return len(words) + len(WIDE.findall(words))


def _list_limits(lines: list[PrintedLine]) -> set[int]:
    """Return the widths at which the lines of a text may have been broken: of the longest, or of most."""
    prose = [line for line in lines if not COLUMN_GAP.search(line.words)]
    widths = sorted((line.width for line in prose), reverse=True)
    allowed = int(MAX_LONGER * len(widths))
    limits = {width for width in (*widths[:1], *widths[allowed : allowed + 1]) if width <= BROADEST}
    return {limit for limit in limits if limit >= NARROWEST and _ends_open(prose, limit)}


def _ends_open(prose: list[PrintedLine], limit: int) -> bool:
    """Return whether the full lines of a text end in the middle of a sentence often enough."""
    full = [line for line in prose if limit - NEAR <= line.width <= limit]
    opened = sum(not ENDING.search(line.words) for line in full)
    return opened >= MIN_OPEN * len(full)


def _goes_on(line: PrintedLine, below: PrintedLine, limit: int) -> bool:
    """Return whether a line was broken only because the next word had no room."""
    is_ended = ENDING.search(line.words) and not ABBREVIATED.search(line.words)
    if is_ended or NEW_LINE.match(below.words) or not below.words.strip():
        return False
    if line.words.lstrip()[:1].isdigit() and below.words.lstrip()[:1].isdigit():
        return False  # rows of a list
    if COLUMN_GAP.search(line.words) or COLUMN_GAP.search(below.words) or line.width > limit:
        return False
    if _is_wide_break(line, below):
        return line.width >= limit - NEAR_WIDE
    if GOES_ON.match(below.words):
        return line.width >= RAGGED * limit
    word = FIRST_WORD.search(below.words)
    return word is not None and line.width + 1 + len(word[0]) > limit
