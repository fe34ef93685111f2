"""What a text names only to leave it out: the stretches in which items and codes do not count."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CODE = r"[0-9][A-E]\d{3}(?:\.[a-z0-9]{1,2})*"
_CODES = rf"{_CODE}(?:项)?(?:\s*[、，和或及与]\s*{_CODE}(?:项)?){{0,12}}"
#: What follows is left out, to the end of the clause or of the bracket.
EXCLUDES_FOLLOWING = re.compile(
    r"(?:不(?:含|包括(?!在内)|包含|涉及|涵盖|适用于|管制)(?!但不限于)|除外情形[:：])[^。；;\n]*"
    r"|\b(?:excluding|not including|other than|except(?:ing)?(?: for)?"
    r"|leav(?:es?|ing) untouched"
    r"|(?:does|do|did|shall|will) not (?:cover|include|apply to|affect|extend to|concern))\b[^.;\n]*",
    re.IGNORECASE,
)  # 不包括1C231项已列管的铪制品 · excluding finished cells
#: What stands before, in the same sentence, is left out.
EXCLUDES_PRECEDING = re.compile(
    r"(?:均|也|仍|都|则)?(?:不包括在内|不计入|不在[^，。；;\n]{0,16}(?:之列|范围|此列|此限)"
    r"|不属于?(?!不)[^，。；;\n]{0,24}(?:管制|范围|物项|之列|所指|列管)"
    r"|非(?:本|该|上述)[^，。；;\n]{0,16}(?:所指|范围)|不受[^，。；;\n]{0,16}(?:约束|管制|限制)|不(?:予)?(?:列管|管制|纳入|列入)"
    r"|(?:维持|保持)[^，。；;\n]{0,16}不变|措施不变|不作变更|仍按(?:现行|原)|不适用(?:本|上述|前))"
    r"|\b(?:is|are|was|were|remain)\s+(?:not|un)\s*(?:included|covered|subject|affected|controlled|caught|listed)\b"
    r"|\b(?:is|are|fall|falls) outside the scope|\bcontinues? to be (?:governed|subject)"
    r"|\bremains? (?:governed|subject|in force|suspended)|\b(?:un(?:affected|changed))\b",
    re.IGNORECASE,
)  # …不在本公告管制之列 · finished cells are not included
#: Only the clause before it is left out.
EXCLUDES_CLAUSE = re.compile(r"亦同|除外|不受影响|不受此限|不作调整")  # …，已签许可的混合气除外
#: Something ruled elsewhere already.
RULED_ELSEWHERE = re.compile(
    rf"(?:不属于|非)\s*{_CODES}项?(?=的|项)|(?:属于)?{_CODES}[^。；，\n]{{0,6}}(?:已(?:经|被)?(?:列管|管制|列入)|项?下?(?:所)?(?:列管|管制)的)"
)  # 属于9A012、9A501项已管制的
ENGLISH_RULED_ELSEWHERE = re.compile(
    rf"\b(?:not|other than those|already|except those) (?:specified|controlled|listed|covered"
    rf"|included)(?: (?:under|in|by))?(?: items?)? {_CODE}(?:(?:,| and| or) {_CODE}){{0,12}}",
    re.IGNORECASE,
)  # not specified under 1C231
EXCEPT_CLAUSE = re.compile(r"除(?!外)[^，。；\n]{1,80}?(?:以外|之外|外)(?=[，的、])")  # 除1C226项外，
#: A part of the text with a heading that says so, up to the next heading.
PART_HEADING = re.compile(
    r"^[ ]*(?:[（(]?[一二三四五六七八九十]{1,3}[)）]?[、.．]?|\d{1,2}[.、．])[ ]*(?=\S)", re.MULTILINE
)
EXCLUSION_HEADING = re.compile(
    r"(?:不列管|不管制|除外|例外|豁免|不适用|不包括|排除)(?:的)?(?:情形|事项|范围|物项|清单"
    r"|情况)?[ ]*[:：]?[ ]*$"
)
EXCLUSION_LEAD = re.compile(
    r"^[ ]*(?:[一二三四五六七八九十]{1,3}、)?[^。；;\n]*(?:不适用|不包括|不属于|不受|不在[^。；;\n]{0,10}之列"
    r"|除外)[^。；;，\n]{0,14}[:：]?[ ]*$",
    re.MULTILINE,
)  # 三、以下设备不适用本公告：
NEXT_PART = re.compile(
    r"^[ ]*(?:[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十]{1,3}[条章]|[IVX]{1,4}\. )", re.MULTILINE
)
CLAUSE_BREAK = re.compile(r"，|, (?:but |while )?|\bbut\b")
SENTENCE_LIMIT = 1500  #: characters; no sentence is longer
SHORT_CLAUSE = 4
HEADING_LENGTH = 24
NO_LONGER = re.compile(r"不再")  # 不再属于…: that is a change, not an exclusion
BRACKETS = {"（": "）", "(": ")"}


@lru_cache(maxsize=2)
def find_exclusions(folded: str) -> tuple[tuple[int, int], ...]:
    """Return the stretches, in order, in which what is named is left out of the measure."""
    return tuple(sorted({span for span in _find_spans(folded) if span[0] < span[1]}))


def is_excluded(folded: str, at: int) -> bool:
    """Tell whether an offset lies in what is left out."""
    return any(start <= at < end for start, end in find_exclusions(folded))


def _find_spans(folded: str) -> Iterator[tuple[int, int]]:
    for hit in EXCLUDES_FOLLOWING.finditer(folded):
        yield hit.start(), _find_bracket_end(folded, hit.start(), hit.end())
    for hit in EXCLUDES_PRECEDING.finditer(folded):
        start = _find_exclusion_start(folded, hit.start())
        if not NO_LONGER.search(folded, start, hit.end()):
            yield start, hit.start()
    for hit in EXCLUDES_CLAUSE.finditer(folded):
        yield _find_clause_start(folded, hit.start()), hit.start()
    for pattern in (RULED_ELSEWHERE, ENGLISH_RULED_ELSEWHERE, EXCEPT_CLAUSE):
        yield from (hit.span() for hit in pattern.finditer(folded))
    yield from _find_excluded_parts(folded)


def _find_bracket_end(folded: str, start: int, end: int) -> int:
    """Return where a clause ends that may stand in a bracket: at the bracket that was open before it."""
    depth = 0
    for at in range(start, end):
        if folded[at] in BRACKETS:
            depth += 1
        elif folded[at] in BRACKETS.values():
            depth -= 1
            if depth < 0:
                return at
    return end


#: A clause that does something is not swallowed by an exclusion that trails it.
OPERATIVE_WORDS = re.compile(
    r"实施|决定|取消|暂停|列入|恢复|纳入|实行|包括在内|\b(?:impose|control|suspend|add|remove)", re.IGNORECASE
)


def _find_exclusion_start(folded: str, at: int) -> int:
    """Return from where a trailing exclusion reaches: behind the last clause that does something."""
    start = _find_sentence_start(folded, at)
    for done in OPERATIVE_WORDS.finditer(folded, start, at):
        if done.start() >= start and (comma := CLAUSE_BREAK.search(folded, done.end(), at)):
            start = comma.end()
    bracket = folded.rfind("（", start, at)
    return bracket + 1 if bracket >= 0 and "）" not in folded[bracket:at] else start


def _find_clause_start(folded: str, at: int) -> int:
    """Return where the clause before a word begins; an empty one (…，不作调整) reaches back to the next."""
    start = max(_find_exclusion_start(folded, at), folded.rfind("，", max(0, at - SENTENCE_LIMIT), at) + 1)
    if at - start >= SHORT_CLAUSE:
        return start
    return max(
        _find_exclusion_start(folded, at),
        folded.rfind("，", max(0, at - SENTENCE_LIMIT), max(start - 1, 0)) + 1,
    )


def _find_sentence_start(folded: str, at: int) -> int:
    low = max(0, at - SENTENCE_LIMIT)
    return max(low - 1, *(folded.rfind(stop, low, at) for stop in ("。", "；", ";", "\n", ". "))) + 1


def _find_excluded_parts(folded: str) -> Iterator[tuple[int, int]]:
    """Yield the parts whose heading leaves them out (二、不列管情形)."""
    for lead in EXCLUSION_LEAD.finditer(folded):
        following = NEXT_PART.search(folded, lead.end())
        yield lead.end(), following.start() if following else len(folded)
    heads = [hit.start() for hit in PART_HEADING.finditer(folded)]
    for start, end in pairwise((*heads, len(folded))):
        line_end = folded.find("\n", start, end)
        heading = folded[start : line_end if line_end >= 0 else end]
        if len(heading) <= HEADING_LENGTH and EXCLUSION_HEADING.search(heading):
            following = NEXT_PART.search(folded, end - 1) if NEXT_PART.match(heading) else None
            yield (
                start,
                (following.start() if following else len(folded)) if NEXT_PART.match(heading) else end,
            )
