"""Clauses as notices cite them, so that one can be told to lie within another.

第一条第（三）项, §1.3 and Article 1(3) are one place; 第二款 alone is the second of whatever comes first.
"""

from __future__ import annotations

import re
from functools import cache

from controlwatch.core.reading.numerals import number

Path = tuple[int, ...]

#: The scope of what governs the notice as a whole, and of what no act on a clause touches.
ALL, REST = "all", "rest"

_LEVELS = {"条": 0, "款": 1, "项": 2, "目": 3}
_PARTS = re.compile(r"、|,|，|;|；|和|与|及|\band\b")  # 第二条、第三条 · §1.1 and §1.2
_STEP = re.compile(
    r"第[（(]?([一二三四五六七八九十百零〇\d]{1,4})[）)]?(条|款|项|目)|[（(]([一二三四五六七八九十\d]{1,3})[）)]"
)  # 第二条 · 第（三）项 · （三）
_ANNEX = re.compile(
    r"附(?:件|表|录)([一二三四五六七八九十\d]{0,3})|\b(?:annex|schedule)\s*(\d{0,3})", re.IGNORECASE
)
_WESTERN = re.compile(r"§|\b(?:articles?|sections?|paragraphs?|clauses?|items?|parts?)\b", re.IGNORECASE)
_COUNTED = re.compile(r"\d{1,3}")  # Article 2(1), §1.3
_RANGE = re.compile(r"至|–|—|-|\bto\b")  # 第一条至第三条 · §1.1–1.2
_MOST = 60  #: places a range may hold


@cache
def paths(clause: str) -> frozenset[Path]:
    """Return the places a citation names, empty where it is not numbered.

    >>> sorted(paths("第一条第（一）项、第（二）项")), sorted(paths("§1.1–1.3")), paths("batteries")
    ([(1, 1), (1, 2)], [(1, 1), (1, 2), (1, 3)], frozenset())
    """
    annex = _ANNEX.search(clause)
    if annex is not None:
        # An annex is a place of its own, apart from the articles.
        return frozenset({(1000 + (number(annex[1] or annex[2] or "1") or 1),)})
    western = "第" not in clause and _WESTERN.search(clause) is not None
    found: set[Path] = set()
    lead: tuple[tuple[int, int], ...] = ()
    for part in _PARTS.split(clause):
        ends = [_western(end) if western else _chinese(end) for end in _RANGE.split(part)]
        lead = _below(lead, ends[0])
        low = tuple(count for _, count in lead)
        high = tuple(count for _, count in _below(lead, ends[-1]))
        if low and high[:-1] == low[:-1]:
            found.update((*low[:-1], step) for step in range(low[-1], min(high[-1], low[-1] + _MOST) + 1))
    return frozenset(found)


def _chinese(text: str) -> tuple[tuple[int, int], ...]:
    return tuple(
        (_LEVELS.get(unit, _LEVELS["项"]), number(counted or bare) or 0)
        for counted, unit, bare in _STEP.findall(text)
    )


def _western(text: str) -> tuple[tuple[int, int], ...]:
    counts = [int(digits) for digits in _COUNTED.findall(text)]
    if " of " in text:  # paragraph 2 of Article 1
        counts.reverse()
    return tuple(enumerate(counts))


def _below(
    lead: tuple[tuple[int, int], ...], steps: tuple[tuple[int, int], ...]
) -> tuple[tuple[int, int], ...]:
    """Complete a citation that leaves out what the one before it said: 第一条第（一）项、第（二）项."""
    if not steps:
        return lead
    return (*(step for step in lead if step[0] < steps[0][0]), *steps)


def covers(clause: str | None, scope: str) -> bool:
    """Say whether an act on a clause (None: on the whole) governs everything in a scope.

    >>> covers(None, "all"), covers("第一条", "第一条第（三）项"), covers("第二款", "rest")
    (True, True, False)
    """
    if clause is None or clause == scope:
        return True
    if scope in {ALL, REST}:
        return False
    wide, narrow = paths(clause), paths(scope)
    return bool(wide and narrow) and all(any(place[: len(lead)] == lead for lead in wide) for place in narrow)
