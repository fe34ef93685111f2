"""Clauses as notices cite them, so that one can be told to lie within another.

第一条第（三）项 and 第一条（三） are one place, and lie in 第一条; an annex is a place of its own. A step
of a path is a level (article 0, paragraph 1, item 2, point 3, or any) and a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from controlwatch.core.extraction.text.normalize import parse_numeral

ClauseStep = tuple[int, int]
ClausePath = tuple[ClauseStep, ...]

#: The scope of what governs the notice as a whole, and of what no act on a clause touches.
ALL, REST = "all", "rest"

_ANNEX, _ARTICLE, _PARAGRAPH, _ITEM, _POINT, _LETTER = range(-1, 5)
_ANY = 9  #: a count in digits alone, which may be a paragraph or an item
_LEVELS = {"条": _ARTICLE, "款": _PARAGRAPH, "项": _ITEM, "目": _POINT}
_COUNT = r"[一二三四五六七八九十百零〇\d]{1,4}"
_ELIDED_LIST = re.compile(
    rf"第({_COUNT}(?:(?:、|和|及|至){_COUNT})+)(条|款|项|目)"
)  # 第一、二条 · 第一至三条
_PARTS = re.compile(r"、|,|，|;|；|和|与|及|\band\b")  # 第二条、第三条 · §1.1 and §1.2
_RANGE = re.compile(r"至|–|—|-|\bto\b")  # 第一条至第三条 · §1.1–1.2
_CHINESE = re.compile(
    rf"附(?:件|表|录)({_COUNT})?|第[（(]?({_COUNT})[）)]?(条|款|项|目)|[（(]({_COUNT})[）)]|({_COUNT})(?=[（(])"
)  # 附件2 · 第三条 · 第（三）项 · （三） · 一（三）
_WESTERN = re.compile(
    r"(annex|schedule)\s*(\d+)?|(articles?|sections?|parts?|clauses?|§)\s*(\d+)((?:\.\d+)*)|"
    r"(paragraph)s?\s*\(?(\d+)\)?|(?:items?|points?)\s*\(?(\d+|[a-z])\)?|\((\d+)\)|\(([a-z])\)|(\d+)((?:\.\d+)*)",
    re.IGNORECASE,
)  # Annex 2 · Article 1 · §1.3 · paragraph 2 · item (a) · (2) · (a) · 1.3
_DEEPER_LEVEL = re.compile(r",\s*(?=(?:sub-?)?paragraph|item|point)", re.IGNORECASE)  # Article 1, paragraph 2
_OF = re.compile(r"\bof\b", re.IGNORECASE)  # paragraph 2 of Article 1
_WESTERN_CITATION = re.compile(
    r"§|\b(?:annex|schedule|articles?|sections?|paragraphs?|clauses?|items?|points?|parts?)\b", re.IGNORECASE
)
_MAX_RANGE = 60  #: places a range may hold


@cache
def parse_paths(clause: str) -> frozenset[ClausePath]:
    """Return the places a citation names, empty where it is not numbered.

    >>> sorted(parse_paths("第一条第（一）项、第（二）项")), parse_paths("batteries")
    ([((0, 1), (2, 1)), ((0, 1), (2, 2))], frozenset())
    """
    spelt = _ELIDED_LIST.sub(_spell_out, clause)
    if _WESTERN_CITATION.search(clause) and "第" not in clause:
        read, text = _parse_western, _DEEPER_LEVEL.sub(" ", clause)
    elif _CHINESE.search(spelt):
        read, text = _parse_chinese, spelt
    else:
        return frozenset()
    found: set[ClausePath] = set()
    lead: ClausePath = ()
    for part in _PARTS.split(text):
        first, *rest = (read(end) for end in _RANGE.split(part))
        lead = _complete_path(lead, first)
        found.update(_expand_range(lead, _complete_path(lead, rest[-1]) if rest else lead))
    return frozenset(path for path in found if path)


def covers_scope(clause: str | None, scope: str) -> bool:
    """Say whether an act on a clause (None: on the whole) governs everything in a scope.

    >>> covers_scope(None, "all"), covers_scope("第一条", "第一条第（三）项"), covers_scope("第二款", "rest")
    (True, True, False)
    """
    if clause is None or clause in {ALL, scope}:
        return True
    if scope in {ALL, REST}:
        return False
    wide, narrow = parse_paths(clause), parse_paths(scope)
    return bool(wide and narrow) and all(any(_is_within(place, lead) for lead in wide) for place in narrow)


def touches_scope(clause: str | None, scope: str) -> bool:
    """Say whether an act on a clause governs some of a scope, if not all of it."""
    if covers_scope(clause, scope):
        return True
    wide = parse_paths(clause or "")
    return any(_is_within(place, lead) for place in parse_paths(scope) for lead in wide)


def jointly_cover_scope(clauses: Iterable[str | None], scope: str) -> bool:
    """Say whether acts on several clauses together govern everything in a scope."""
    acted = list(clauses)
    if any(covers_scope(clause, scope) for clause in acted):
        return True
    wide = {lead for clause in acted for lead in parse_paths(clause or "")}
    narrow = parse_paths(scope)
    return bool(wide and narrow) and all(any(_is_within(place, lead) for lead in wide) for place in narrow)


def _is_within(place: ClausePath, lead: ClausePath) -> bool:
    return len(lead) <= len(place) and all(
        n == m and (level == other or (_ANY in {level, other} and _LETTER not in {level, other}))
        for (level, n), (other, m) in zip(lead, place, strict=False)
    )


def _spell_out(hit: re.Match[str]) -> str:
    """Spell an elided list out: 第一、二条 → 第一条、第二条."""
    return re.sub(_COUNT, lambda count: f"第{count[0]}{hit[2]}", hit[1])


def _parse_chinese(text: str) -> ClausePath:
    steps: list[ClauseStep] = []
    for hit in _CHINESE.finditer(text):
        annex, counted, unit, bare, top = hit.groups()
        if hit[0].startswith("附"):
            steps.append((_ANNEX, parse_numeral(annex or "") or 1))
        else:
            level = _ARTICLE if top else _LEVELS.get(unit or "", _ITEM)
            steps.append((level, parse_numeral(counted or bare or top) or 0))
    return _drop_passing_annex(steps)


def _parse_western(text: str) -> ClausePath:
    steps: list[ClauseStep] = []
    for place in reversed(_OF.split(text)):  # paragraph 2 of Article 1
        for hit in _WESTERN.finditer(place):
            steps.extend(_parse_western_step(hit))
    return tuple(steps)


def _parse_western_step(hit: re.Match[str]) -> ClausePath:
    annex, annex_n, _, article, below, _, paragraph, item, round_n, letter, bare, bare_below = hit.groups()
    if annex:
        return ((_ANNEX, int(annex_n or 1)),)
    if paragraph:
        return ((_PARAGRAPH, int(paragraph)),)
    if item or letter:
        sign = (item or letter).lower()
        return ((_ITEM, int(sign)),) if sign.isdigit() else ((_LETTER, ord(sign)),)
    if round_n:
        return ((_ANY, int(round_n)),)
    first = _ARTICLE if article and hit[3] != "§" else _ANY
    deeper = (below or bare_below or "").split(".")
    return ((first, int(article or bare)), *((_ANY, int(count)) for count in deeper if count))


def _drop_passing_annex(steps: list[ClauseStep]) -> ClausePath:
    """Drop what the same part says of an annex in passing: 第二条（附件2） is Article 2."""
    if steps and steps[0][0] != _ANNEX:
        steps = [step for step in steps if step[0] != _ANNEX]
    return tuple(steps)


def _complete_path(lead: ClausePath, steps: ClausePath) -> ClausePath:
    """Complete a citation that leaves out what the one before it said: 第一条第（一）项、第（二）项."""
    if not steps:
        return lead
    return (*(step for step in lead if step[0] < steps[0][0] and step[0] != _ANNEX), *steps)


def _expand_range(low: ClausePath, high: ClausePath) -> set[ClausePath]:
    if not low or low[:-1] != high[:-1] or low[-1][0] != high[-1][0]:
        return {low, high}
    level, first = low[-1]
    return {(*low[:-1], (level, n)) for n in range(first, min(high[-1][1], first + _MAX_RANGE) + 1)} or {
        low,
        high,
    }
