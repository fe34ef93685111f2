"""Last days that are not effective dates: for comments, transitions, applications and reports."""

from __future__ import annotations

import re
from datetime import date

from controlwatch.core.extraction.mentions.dates import add_duration, find_date_mentions
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.normalize import parse_numeral
from controlwatch.core.model import Deadline

#: Each kind with the words of its sentence, tried in turn; the day must close something (before, until).
DEADLINE_KINDS = (
    (
        "comments-close",
        re.compile(r"意见|建议|反馈|\bcomments?\b|feedback", re.IGNORECASE),
    ),  # 意见反馈截止时间为2025年2月1日
    (
        "transition-ends",
        re.compile(
            r"过渡期|宽限期|已(?:经)?(?:签订|签署|起运|启运|装运|报关|申报|领取|获得)|执行完毕|仍可|继续使用|最迟|完成履行|办结|在途|前[^。；\n]{0,20}从启运地启运|已从启运地启运"
            r"|grace period|transition|concluded before|registered before|may be performed|in transit"
            r"|wind[- ]down",
            re.IGNORECASE,
        ),
    ),  # 过渡期至2026年6月30日 · 已签订的合同，可以在…前执行完毕
    (
        "application-closes",
        re.compile(r"申请|申报|报名|提交材料|\bappl(?:y|ication)", re.IGNORECASE),
    ),  # 于2026年3月31日前提交申请
    ("report-due", re.compile(r"报告|报送|上报|\breports?\b", re.IGNORECASE)),  # 于2026年1月31日前报送
)
CLOSING_WORDS = re.compile(
    r"\d[^\n]*(?:前|止|内)|止|截|至|不晚于|不迟于|\b(?:by|until|before|later|deadline|closes?)\b",
    re.IGNORECASE,
)
CLOSES_BEFORE = re.compile(
    r"(?:截止(?:时间|日期)?(?:为|至|是)?|截至|至|不晚于|不迟于|\b(?:by|until|before|no later than"
    r"|deadline (?:is|of)|closes? on))\s*[:：]?\s*$",
    re.IGNORECASE,
)
CLOSES_AFTER = re.compile(
    r"^\s*(?:\d{1,2}时)?\s*(?:前(?![^，。；\n]{0,4}已)|以前(?!已)|之前(?!已)|止|截止|内|(?:\d{1,2}时)?进口的)"
)
WITHIN_DAYS = re.compile(
    r"(?:发布|公布|印发|登载|施行|实施)之日起\s*(\d{1,3}|[一二三四五六七八九十]{1,3})\s*(日|天|个月)内(?:[^。；\n]{0,40}(?:意见|反馈)|(完成履行|履行完毕|完成|履行))"
)  # 请于公告发布之日起30日内将意见反馈至…


def find_deadlines(text: DocumentText, *, anchor: date | None) -> tuple[Deadline, ...]:
    """Return the closing days a text sets, each with its sentence.

    `anchor` is the day of publication: earlier days are past, and stated periods are counted from it.
    """
    stated: list[Deadline] = []
    for sentence in text.sentences:
        words = sentence.words
        if not CLOSING_WORDS.search(words) or "暂停" in words:
            continue
        kind = next((name for name, pattern in DEADLINE_KINDS if pattern.search(words)), None)
        for word in find_date_mentions(words, anchor=anchor) if kind else ():
            closes = CLOSES_AFTER.match(words[word.end :]) or CLOSES_BEFORE.search(words[: word.start])
            if kind and word.day and closes and not (anchor and word.day < anchor):
                quote = text.quote_around(sentence.start + word.start, sentence.start + word.end)
                stated.append(Deadline(kind=kind, date=word.day, quote=quote, rule=f"deadline.{kind}"))
    counted = [
        Deadline(
            kind="transition-ends" if hit[3] else "comments-close",
            date=add_duration(anchor, parse_numeral(hit[1]) or 0, hit[2]),
            quote=text.quote_around(hit.start(), hit.end()),
            rule="deadline.counted",
        )
        for hit in WITHIN_DAYS.finditer(text.folded_text)
        if anchor
    ]
    found: dict[tuple[str, date], Deadline] = {}
    for deadline in (*stated, *counted):
        found.setdefault((deadline.kind, deadline.date), deadline)
    return tuple(found.values())
