"""Clauses as notices cite them, parsed so that one can be compared with another.

第一条第（三）项 and 第一条（三） are the same place, within 第一条; an annex is a separate place. A path is a
sequence of steps; a step is a level (article 0, paragraph 1, item 2, point 3, or any) and a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from controlwatch.core.extraction.text.normalize import parse_numeral

ClauseStep = tuple[int, int]
ClausePath = tuple[ClauseStep, ...]

#: The scope of a date that governs the whole notice, and of the part that no act on a clause touches.
ALL, REST = "all", "rest"

_ANNEX, _ARTICLE, _PARAGRAPH, _ITEM, _POINT, _LETTER = range(-1, 5)
_ANY = 9  #: a bare number, which may be a paragraph or an item
_LEVELS = {"条": _ARTICLE, "款": _PARAGRAPH, "项": _ITEM, "目": _POINT}
_COUNT = r"[一二三四五六七八九十百零〇\d]{1,4}"
_ELIDED_LIST = re.compile(
    rf"第({_COUNT}(?:(?:、|和|及|至){_COUNT})+)(条|款|项|目)"
)  # 第一、二条 · 第一至三条
_PARTS = re.compile(r"、|,|，|;|；|和|与|及|\band\b")  # 第二条、第三条 · §1.1 and §1.2
_RANGE = re.compile(r"至|–|—|-|\bto\b")  # 第一条至第三条 · §1.1–1.2
_CHINESE = re.compile(
    rf"(?P<annex>附(?:件|表|录)(?P<annex_number>{_COUNT})?)|第[（(]?(?P<counted>{_COUNT})[）)]?(?P<unit>条|款|项|目)|"
    rf"[（(](?P<item>{_COUNT})[）)]|(?P<article>{_COUNT})(?=[（(])"
)  # 附件2 · 第三条 · 第（三）项 · （三） · 一（三）
_WESTERN = re.compile(
    r"(?P<annex>annex|schedule)\s*(?P<annex_number>\d+)?|"
    r"(?P<unit>articles?|sections?|parts?|clauses?|§)\s*(?P<article>\d+)(?P<below>(?:\.\d+)*)|"
    r"paragraphs?\s*\(?(?P<paragraph>\d+)\)?|(?:items?|points?)\s*\(?(?P<item>\d+|[a-z])\)?|"
    r"\((?P<number>\d+)\)|\((?P<letter>[a-z])\)|(?P<bare>\d+)(?P<bare_below>(?:\.\d+)*)",
    re.IGNORECASE,
)  # Annex 2 · Article 1 · §1.3 · paragraph 2 · item (a) · (2) · (a) · 1.3
_DEEPER_LEVEL = re.compile(r",\s*(?=(?:sub-?)?paragraph|item|point)", re.IGNORECASE)  # Article 1, paragraph 2
_OF = re.compile(r"\bof\b", re.IGNORECASE)  # paragraph 2 of Article 1
_WESTERN_CITATION = re.compile(
    r"§|\b(?:annex|schedule|articles?|sections?|paragraphs?|clauses?|items?|points?|parts?)\b", re.IGNORECASE
)
_MAX_RANGE = 60  #: places in a range


@cache
def parse_paths(clause: str) -> frozenset[ClausePath]:
    """Return the places that a citation names, empty where it has no numbers.

    >>> sorted(parse_paths("第一条第（一）项、第（二）项")), parse_paths("batteries")
    ([((0, 1), (2, 1)), ((0, 1), (2, 2))], frozenset())
    """
    # 第一、二条 → 第一条、第二条
    spelt = _ELIDED_LIST.sub(
        lambda match: re.sub(_COUNT, lambda count: f"第{count[0]}{match[2]}", match[1]), clause
    )
    if _WESTERN_CITATION.search(clause) and "第" not in clause:
        parse, text = _parse_western, _DEEPER_LEVEL.sub(" ", clause)
    elif _CHINESE.search(spelt):
        parse, text = _parse_chinese, spelt
    else:
        return frozenset()
    paths: set[ClausePath] = set()
    lead: ClausePath = ()
    for part in _PARTS.split(text):
        first, *rest = (parse(end) for end in _RANGE.split(part))
        lead = _complete_path(lead, first)
        paths.update(_expand_range(lead, _complete_path(lead, rest[-1]) if rest else lead))
    return frozenset(path for path in paths if path)


def name_clause(clause: str) -> str:
    """Return a clause in English: 第二款 → item 2; words without numbers stay as they are.

    Announcements count 一、二、… and cite them as 款 or 项: both are items in English.

    >>> name_clause("第二款"), name_clause("第一条第（三）项、第二条"), name_clause("rest")
    ('item 2', 'Article 1 item 3, Article 2', 'remaining provisions')
    >>> name_clause("本公告第一条")
    'Article 1'
    """
    if clause == REST:
        return "remaining provisions"
    if points := _RATE_POINTS.fullmatch(clause):
        return f"{points[1]} percentage points"
    clause = _PART_MARKS.sub("", _OWN_NOTICE.sub("", clause))
    paths = parse_paths(clause)
    if not paths or not re.search(r"[一-鿿]", clause) or _HAS_OTHER_WORDS.search(clause):
        return clause
    return ", ".join(" ".join(_name_step(step) for step in path) for path in sorted(paths))


#: 本公告第一条: of the notice itself.
_OWN_NOTICE = re.compile(r"本(?:公告|通知|决定|办法|规定|规则|目录|令)(?=第|附|“)")
#: “一（一）”和“一（二）”部分: parts that are cited in marks.
_PART_MARKS = re.compile(r"[“”\"]|部分$")
_RATE_POINTS = re.compile(r"(\d{1,3})个百分点")
#: Characters that a bare citation does not contain.
_HAS_OTHER_WORDS = re.compile(r"[^第附件表录一二三四五六七八九十百零〇\d条款项目至和及与、，,；;（）()\s]")
_STEP_NAMES = {_ANNEX: "Annex", _ARTICLE: "Article", _PARAGRAPH: "item", _ITEM: "item", _POINT: "point"}


def _name_step(step: ClauseStep) -> str:
    level, n = step
    return f"({chr(n)})" if level == _LETTER else f"{_STEP_NAMES.get(level, 'item')} {n}"


def covers_scope(clause: str | None, scope: str) -> bool:
    """Return whether an act on a clause (None: on the whole) governs everything in a scope.

    >>> covers_scope(None, "all"), covers_scope("第一条", "第一条第（三）项"), covers_scope("第二款", "rest")
    (True, True, False)
    """
    if clause is None or clause in {ALL, scope}:
        return True
    return scope not in {ALL, REST} and _are_all_within(parse_paths(scope), parse_paths(clause))


def touches_scope(clause: str | None, scope: str) -> bool:
    """Return whether an act on a clause governs a scope, or a part of it."""
    if covers_scope(clause, scope):
        return True
    wide = parse_paths(clause or "")
    return any(_is_within(place, lead) for place in parse_paths(scope) for lead in wide)


def jointly_cover_scope(clauses: Iterable[str | None], scope: str) -> bool:
    """Return whether acts on several clauses together govern everything in a scope."""
    acted = list(clauses)
    if any(covers_scope(clause, scope) for clause in acted):
        return True
    wide = frozenset(lead for clause in acted for lead in parse_paths(clause or ""))
    return _are_all_within(parse_paths(scope), wide)


def _are_all_within(narrow: frozenset[ClausePath], wide: frozenset[ClausePath]) -> bool:
    return bool(wide and narrow) and all(any(_is_within(place, lead) for lead in wide) for place in narrow)


def _is_within(place: ClausePath, lead: ClausePath) -> bool:
    return len(lead) <= len(place) and all(
        n == m and (level == other or (_ANY in {level, other} and _LETTER not in {level, other}))
        for (level, n), (other, m) in zip(lead, place, strict=False)
    )


def _parse_chinese(text: str) -> ClausePath:
    steps: list[ClauseStep] = []
    for match in _CHINESE.finditer(text):
        if match["annex"]:
            steps.append((_ANNEX, parse_numeral(match["annex_number"] or "") or 1))
        else:
            level = _ARTICLE if match["article"] else _LEVELS.get(match["unit"] or "", _ITEM)
            count = match["counted"] or match["item"] or match["article"]
            steps.append((level, parse_numeral(count) or 0))
    if steps and steps[0][0] != _ANNEX:  # an annex mentioned in passing: 第二条（附件2） is Article 2
        steps = [step for step in steps if step[0] != _ANNEX]
    return tuple(steps)


def _parse_western(text: str) -> ClausePath:
    places = reversed(_OF.split(text))  # paragraph 2 of Article 1
    return tuple(
        step for place in places for match in _WESTERN.finditer(place) for step in _read_steps(match)
    )


def _read_steps(match: re.Match[str]) -> ClausePath:
    if match["annex"]:
        return ((_ANNEX, int(match["annex_number"] or 1)),)
    if match["paragraph"]:
        return ((_PARAGRAPH, int(match["paragraph"])),)
    if item := (match["item"] or match["letter"] or "").lower():
        return ((_ITEM, int(item)),) if item.isdigit() else ((_LETTER, ord(item)),)
    if match["number"]:
        return ((_ANY, int(match["number"])),)
    level = _ARTICLE if match["article"] and match["unit"] != "§" else _ANY
    deeper = (match["below"] or match["bare_below"] or "").split(".")
    return (
        (level, int(match["article"] or match["bare"])),
        *((_ANY, int(count)) for count in deeper if count),
    )


def _complete_path(lead: ClausePath, steps: ClausePath) -> ClausePath:
    """Return a citation completed by what it omits from the one before it: 第一条第（一）项、第（二）项."""
    if not steps:
        return lead
    return (*(step for step in lead if step[0] < steps[0][0] and step[0] != _ANNEX), *steps)


def _expand_range(low: ClausePath, high: ClausePath) -> set[ClausePath]:
    if not low or low[:-1] != high[:-1] or low[-1][0] != high[-1][0]:
        return {low, high}
    level, first = low[-1]
    last = min(high[-1][1], first + _MAX_RANGE)
    return {(*low[:-1], (level, n)) for n in range(first, last + 1)} or {low, high}
