"""A notice of our own, the reading of the rules, and answers about it in one line."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from controlwatch.core.model import Notice, NoticeKind
from controlwatch.core.second_opinion.answer_schema import AnswerField, parse_answer
from controlwatch.core.second_opinion.comparison import compare_answer
from controlwatch.core.second_opinion.opinion import SecondOpinion
from controlwatch.core.second_opinion.sent_text import SentText
from tests.extraction.making import LEXICON, notice

TITLE = "商务部公告2026年第12号 关于对镓相关物项实施出口管制的决定"
DECIDES = "决定对下列物项实施出口管制"
DAY = "本公告自2026年4月1日起正式实施"
REPEALS = "商务部公告2025年第61号同时废止"
CODE = "金属镓（参考海关商品编号：8112929010）"
LISTS = "将甲乙丙科技有限公司列入管控名单，禁止两用物项出口经营者向其出口"
LICENCE = "出口上述物项应当申请许可，未经许可不得出口"
BODY = f"根据有关法律规定，经批准，{DECIDES}：\n{CODE}。\n{LICENCE}。{DAY}。\n{REPEALS}。\n{LISTS}。\n商务部\n2026年3月2日"
SENT = SentText.from_parts(TITLE, BODY)
READING = notice(TITLE, BODY)
#: What the rules have read, as a second reader may say it too.
SAME: dict[str, list[tuple[str, str]]] = {
    "is_change": [("true", DECIDES)],
    "direction": [("tighten", LICENCE)],
    "number": [("商务部公告2026年第12号", "商务部公告2026年第12号")],
    "effective": [("2026-04-01", DAY)],
    "relations": [("repeals 商务部公告2025年第61号", REPEALS)],
    "codes": [("8112.92.9010", CODE)],
    "categories": [("minor_metals.gallium", "关于对镓相关物项实施出口管制的决定")],
    "parties": [("甲乙丙科技有限公司", LISTS)],
}
#: The same notice, of which the rules have read less.
BARE = replace(READING, effective=(), relations=(), hs_codes=())
#: The same text, on which the rules were silent.
SILENT = replace(
    BARE,
    kind=NoticeKind.OTHER,
    is_change=False,
    reports_change=False,
    number=None,
    entities=(),
    categories=(),
)


def to_json(lists: dict[str, list[tuple[str, str]]]) -> str:
    """An answer as it comes from a host."""
    answer: dict[str, Any] = {name.value: [] for name in AnswerField}
    answer |= {
        name: [{"value": value, "quote": quote} for value, quote in entries]
        for name, entries in lists.items()
    }
    return json.dumps(answer, ensure_ascii=False)


def opinion(
    lists: dict[str, list[tuple[str, str]]],
    reading: Notice = READING,
    *,
    sent: SentText = SENT,
    was_told: bool = True,
) -> SecondOpinion:
    """What follows from an answer."""
    return compare_answer(parse_answer(to_json(lists)), sent, reading, LEXICON, was_told=was_told)
