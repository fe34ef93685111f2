"""Ends that are counted from a start: 为期一年, 一年内暂停, 有效期5年, for 90 days."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from controlwatch.core.extraction.mentions.dates import PERIOD, add_duration
from controlwatch.core.extraction.text.numerals import parse_numeral

if TYPE_CHECKING:
    from controlwatch.core.model import EffectiveDate

DURATION_LEAD = re.compile(
    r"(?:为期|期限为?|有效期(?:为|限)?|试行期?|暂停(?:实施|执行)?|延长|延期|措施|\bfor(?: a)?(?: further"
    r"| period of)?|another)"
    r"[^，。；\d]{0,6}$",
    re.IGNORECASE,
)  # 为期|一年
WITHIN_PERIOD = re.compile(
    r"^\s*(?:时间|期限)?内[，,]?\s*(?:继续|对[^，。；]{0,40})?(?:暂停|停止|豁免|免|不)"
)  # 一年|内继续暂停
TIME_LIMIT = re.compile(r"^\s*(?:内|前|以内|后|以上|以下)")  # 6个月|内
TERM_LEAD = re.compile(
    r"(?:\bfor (?:a )?(?:further |another |additional )?(?:period of )?(?=$)|有效期|实施期限|暂停期限?"
    r"|试行期?|执行期限"
    r"|延长期限?|期限)(?:为|是|限)?\s*$"
)  # 上述措施有效期|5年
PERMIT_WORDS = re.compile(
    r"许可证|证件|证书|凭证|批件|批复|合同|质保|公示|公告期|报名|证明"
)  # a licence has a term of its own


def apply_duration(found: EffectiveDate, behind: str, before: str) -> EffectiveDate:
    """Return a date with the end counted from its start, where a period stands behind it or before it."""
    if found.start is None:
        return found
    for period in PERIOD.finditer(behind):
        tail = behind[period.end() :]
        spans = WITHIN_PERIOD.match(tail) or (
            DURATION_LEAD.search(behind[max(0, period.start() - 24) : period.start()])
            and not TIME_LIMIT.match(tail)
        )
        count = parse_numeral(period[1] or period[3])
        if spans and count:
            return _set_end(found, count, period[2] or period[4])
    term = find_duration(before)
    return _set_end(found, *term) if term else found


def _set_end(found: EffectiveDate, count: int, unit: str) -> EffectiveDate:
    if found.start is None:
        return found
    end = add_duration(found.start, count, unit.lower().replace("个年", "年"))
    return replace(found, until=end, derived=True, rule=f"{found.rule}-for-a-period")


def find_duration(words: str) -> tuple[int, str] | None:
    """Return the term that words set for a measure (count, unit), never the validity of a licence."""
    for period in PERIOD.finditer(words):
        before = words[max(0, period.start() - 24) : period.start()]
        named = TERM_LEAD.search(before)
        count = parse_numeral(period[1] or period[3])
        if (
            named
            and count
            and not PERMIT_WORDS.search(words[max(0, period.start() - 60) : period.start()])
            and not TIME_LIMIT.match(words[period.end() :])
        ):
            return count, (period[2] or period[4]).lower().replace("个年", "年")
    return None
