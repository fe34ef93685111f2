"""What in a text is not the measure: cited titles, legal bases, end uses, file names, exclusions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from controlwatch.core.extraction.text.document_text import RELATED_LINKS, SENTENCE_LIMIT
from controlwatch.core.extraction.text.excluded_rows import find_named_rows, find_replaced_cells
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.prefilter import PrefilteredPattern

BLANK = "\x00"  #: keeps the offsets and matches no pattern

FILE_NAME = re.compile(
    r"^[^\n]{1,120}\.(?:pdf|docx?|xlsx?|ofd|wps|zip)[ ]*$", re.MULTILINE | re.IGNORECASE
)  # 附件…目录.pdf
RELATED_LINKS_BLOCK = re.compile(
    rf"(?:{RELATED_LINKS.pattern})[\s\S]*", re.MULTILINE
)  # 相关链接：… to the end
WEB_ADDRESS = re.compile(
    r"https?://[^\s，。；）]+|(?<![A-Za-z0-9_.])[A-Za-z0-9_.]{1,64}@[A-Za-z0-9_.]{1,100}"
)

CLAUSE_BREAK = re.compile(r"，|, (?:but |while )?|\bbut\b")
ROW_START = re.compile(r"[ \t]*(?:\d{1,4}[ \t]+)?(?:ex[ \t]*)?(?:\d{10}|\d{8}|\d{4}\.)|[^\n]*\t")
SHORT_CLAUSE = 4
TITLE_ZONE = 200  #: characters that hold a title
IMPOSING_ZONE = 2500  #: characters in which a text asks for licences
HEADING_LENGTH = 24
COUNTED_LINE = re.compile(r"[ ]*(\d{1,2})[.)]")  #: 2. The following are not covered:
BRACKETS = {"（": "）", "(": ")"}
BRACKET_BEHIND = re.compile(r"[ ]?[（(][^（）()\n]{1,80}[）)]")  #: 成品除外（参考海关商品编号：9022909030）
CODE_BRACKET = re.compile(r"[（(][^（）()\n]{0,40}\d{6}[^（）()\n]{0,80}[）)]")


@lru_cache(maxsize=2)
def mask_non_measure(folded: str, lexicon: Lexicon) -> str:
    """Return the text with everything blanked that is not the measure itself; offsets stay."""
    get_pattern = lexicon.get_pattern
    masked = _blank_patterns(
        folded,
        (
            get_pattern("mask.cited-title"),
            get_pattern("mask.legal-basis"),
            get_pattern("mask.end-use"),
            FILE_NAME,
            WEB_ADDRESS,
            RELATED_LINKS_BLOCK,
        ),
    )
    pieces, at = [], 0
    for start, end in find_exclusions(folded, lexicon):
        if end > at:
            pieces += [masked[at : max(start, at)], BLANK * (end - max(start, at))]
            at = end
    return "".join((*pieces, masked[at:]))


@lru_cache(maxsize=2)
def mask_cited_titles(folded: str, lexicon: Lexicon) -> str:
    """Return the text with every cited title blanked: what remains says what is done."""
    return _blank_patterns(folded, (lexicon.get_pattern("mask.any-title"), FILE_NAME, RELATED_LINKS_BLOCK))


def keep_spans(folded: str, kept: Iterable[re.Match[str]]) -> str:
    """Return the text with everything blanked but what was matched; offsets stay."""
    pieces, at = [], 0
    for hit in kept:
        pieces += [BLANK * (hit.start() - at), hit[0]]
        at = hit.end()
    return "".join((*pieces, BLANK * (len(folded) - at)))


def blank_untouched(masked: str, folded: str, lexicon: Lexicon) -> str:
    """Return a masked text without the clauses that say that something is not touched and goes on."""
    for hit in lexicon.get_pattern("exclusion.untouched").finditer(folded):
        start = hit.start() if hit["named"] else _find_exclusion_start(folded, hit.start(), lexicon)
        end = hit.end()
        masked = masked[:start] + BLANK * (end - start) + masked[end:]
    return masked


def _blank_patterns(folded: str, patterns: Iterable[re.Pattern[str] | PrefilteredPattern]) -> str:
    for pattern in patterns:
        folded = pattern.sub(lambda hit: BLANK * len(hit[0]), folded)
    return folded


@lru_cache(maxsize=2)
def find_exclusions(folded: str, lexicon: Lexicon) -> tuple[tuple[int, int], ...]:
    """Return the spans (start, end), in order, in which what is named is left out of the measure."""
    spans = [
        (hit.start(), _find_bracket_end(folded, hit.start(), hit.end()))
        for hit in lexicon.get_pattern("exclusion.following").finditer(folded)
    ]
    preceding = list(lexicon.get_pattern("exclusion.preceding").finditer(folded))
    if _imposes_licences(folded, lexicon):
        freed = lexicon.get_pattern("exclusion.freed-following").finditer(folded)
        spans += [(hit.start(), _find_bracket_end(folded, hit.start(), hit.end())) for hit in freed]
        preceding += (
            hit
            for hit in lexicon.get_pattern("exclusion.freed").finditer(folded)
            if not lexicon.get_pattern("exclusion.new-freedom").search(
                folded, _find_sentence_start(folded, hit.start()), hit.start()
            )
        )
    for hit in preceding:
        start = _find_exclusion_start(folded, hit.start(), lexicon)
        others, asked = map(lexicon.get_pattern, ("exclusion.others-free", "exclusion.asked-whether"))
        if others.search(folded, start, hit.start()) or asked.match(folded, start):
            continue
        if not lexicon.get_pattern("mask.no-longer").search(folded, start, hit.start()):
            spans.append((start, _find_note_end(folded, start, hit.end(), lexicon)))
    for hit in lexicon.get_pattern("exclusion.clause").finditer(folded):
        at, low = hit.start(), max(0, hit.start() - SENTENCE_LIMIT)
        reach = _find_exclusion_start(folded, at, lexicon)
        is_line = folded[max(0, reach - 1) : reach] in {"", "\n"}
        if is_line and ROW_START.match(
            folded, reach, at
        ):  # 10079000 其他高粱，种用除外: the goods of a row, not the row
            continue
        start = max(reach, folded.rfind("，", low, at) + 1)
        if at - start < SHORT_CLAUSE:  # an empty clause (…，不作调整) means the one before it
            start = max(reach, folded.rfind("，", low, max(start - 1, 0)) + 1)
        spans.append((start, _find_note_end(folded, start, hit.end(), lexicon)))
    if "\t" in folded or "|" in folded:
        spans += [hit.span() for hit in lexicon.get_pattern("exclusion.row").finditer(folded)]
    for name in ("exclusion.elsewhere", "exclusion.except", "exclusion.corrected"):
        spans += [hit.span() for hit in lexicon.get_pattern(name).finditer(folded)]
    spans += _find_excluded_parts(folded, lexicon)
    spans += find_replaced_cells(folded, lexicon)
    spans += find_named_rows(folded, spans, lexicon)
    return tuple(sorted({span for span in spans if span[0] < span[1]}))


def _imposes_licences(folded: str, lexicon: Lexicon) -> bool:
    """Return whether a text asks for licences: what needs none is then left out, and not what it changes."""
    title = folded[:TITLE_ZONE].partition("\n")[0]
    if lexicon.get_pattern("exclusion.easing").search(title):
        return False
    return lexicon.get_pattern("exclusion.imposing").search(folded, 0, IMPOSING_ZONE) is not None


def is_excluded(folded: str, at: int, lexicon: Lexicon) -> bool:
    """Return whether an offset lies in what is left out of the measure."""
    return any(start <= at < end for start, end in find_exclusions(folded, lexicon))


def _find_bracket_end(folded: str, start: int, end: int) -> int:
    """Return where a clause ends, at the latest at the end of the bracket that it is in."""
    depth = 0
    for at in range(start, end):
        if folded[at] in BRACKETS:
            depth += 1
        elif folded[at] in BRACKETS.values():
            depth -= 1
            if depth < 0:
                return at
    return end


def _find_note_end(folded: str, start: int, end: int, lexicon: Lexicon) -> int:
    """Return where the numbers behind an exclusion end, in a bracket or a clause, else its own end.

    Of an item with one bracket, behind its exception, the bracket is the item's.
    """
    if tail := lexicon.get_pattern("exclusion.tail").match(folded, end):
        return tail.end()
    note = BRACKET_BEHIND.match(folded, end)
    opening = _find_sentence_start(folded, start)
    is_own = opening == start or CODE_BRACKET.search(folded, opening, start)
    return note.end() if note and is_own else end


def _find_sentence_start(folded: str, at: int) -> int:
    low = max(0, at - SENTENCE_LIMIT)
    return max(low - 1, *(folded.rfind(stop, low, at) for stop in ("。", "；", ";", "\n", ". "))) + 1


def _find_exclusion_start(folded: str, at: int, lexicon: Lexicon) -> int:
    """Return where an exclusion that ends at an offset begins: behind the last clause that does something."""
    start = _find_sentence_start(folded, at)
    is_done = lexicon.get_pattern("mask.done-before")
    for act in lexicon.get_pattern("mask.operative").finditer(folded, start, at):
        if act.start() < start or is_done.search(folded, start, act.start()):
            continue
        if comma := CLAUSE_BREAK.search(folded, act.end(), at):
            start = comma.end()
    bracket = folded.rfind("（", start, at)
    return bracket + 1 if bracket >= 0 and "）" not in folded[bracket:at] else start


def _find_excluded_parts(folded: str, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    """Yield the parts that their heading excludes (二、不列管情形)."""
    get_pattern = lexicon.get_pattern
    item = get_pattern("mask.next-part")
    for lead in get_pattern("mask.excluded-list").finditer(folded):
        end = lead.end()
        while item.match(folded, end + 1):  # 一、… / 二、…: each item on a line of its own
            below = folded.find("\n", end + 1)
            end = below if below >= 0 else len(folded)
        yield lead.end(), end
    for lead in get_pattern("mask.exclusion-lead").finditer(folded):
        counted = COUNTED_LINE.match(folded, lead.start())
        following = (
            re.compile(rf"^[ ]*{int(counted[1]) + 1}[.)]", re.MULTILINE)
            if counted
            else get_pattern("mask.next-part")
        ).search(folded, lead.end())
        yield lead.end(), following.start() if following else len(folded)
    heads = [hit.start() for hit in get_pattern("mask.part-heading").finditer(folded)]
    for start, end in pairwise((*heads, len(folded))):
        line_end = folded.find("\n", start, end)
        heading = folded[start : line_end if line_end >= 0 else end]
        if len(heading) > HEADING_LENGTH or not get_pattern("mask.exclusion-heading").search(heading):
            continue
        if get_pattern("exclusion.asked-whether").match(heading):
            continue
        if get_pattern("mask.next-part").match(heading):
            following = get_pattern("mask.next-part").search(folded, end - 1)
            yield start, following.start() if following else len(folded)
        else:
            yield start, end
