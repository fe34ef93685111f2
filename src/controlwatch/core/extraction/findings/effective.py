"""When a notice takes effect and until when, each date with the sentence that says so."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from datetime import date

from controlwatch.core.extraction.findings.dated_sentence import DatedSentence
from controlwatch.core.extraction.findings.merge_dates import merge_dates
from controlwatch.core.extraction.findings.table_dates import find_table_dates
from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.identity.published import find_issue_date
from controlwatch.core.extraction.mentions.dates import (
    find_date_mentions,
)
from controlwatch.core.extraction.mentions.places import opens_with_foreign_state
from controlwatch.core.extraction.mentions.terms import find_phrase_ends, is_about_foreign_act, is_recital
from controlwatch.core.extraction.text.document_text import Sentence
from controlwatch.core.model import EffectiveDate

NOT_FORCE = re.compile(
    r"废止的|之日起\s*\d*\s*个?(?:工作)?日内|审查期限|有效期(?:不超过|内)|起算|截止时间|^附件|\.(?:pdf|docx?|xlsx?)\s*$"
    r"|\bapplications? (?:can|may) be (?:filed|submitted|lodged)|国家标准|行业标准|GB(?:/T)? ?\d"
    r"|ISO ?\d|征求|反馈意见|报名|公示期|公告期限|年 +月"
)
#: From here on a sentence is about contracts and goods under way, not about the measure.
UNDER_WAY = re.compile(
    r"(?:已(?:经)?(?:签订|签署|签发|申报|启运|起运|装运|装船|报关|离境|取得|领取|获得))|在途|(?:过渡期|宽限期)(?:为|至|到|截至|内)|仍可|执行完毕|以前启运"
    r"|\b(?:concluded before|signed before|in transit|(?<!no )grace period)\b"
)
QUESTION = re.compile(r"^\s*(?:【[^】\n]{0,16}记者[^】\n]{0,8}】|问[:：]|记者[:：]|Q[:：])")
ANNOUNCED_WORDS = re.compile(r"(?:商务部|海关总署|工信部)[^。；\n]{0,30}(?:公告|发布|公布|宣布)")
NUMBER_WORD = re.compile(r"\d\s*号|\bNo(?:s)?\. ?\d")
WHEN_QUESTION = re.compile(
    r"(?:啥时候?|什么时候|何时|几时|哪天|时间)[^，。；\n]{0,8}[？?:：]\s*$|\b[Ww]hen\b[^?\n]{0,40}\?\s*$"
)
ANSWER_LENGTH = 8  #: characters in which an answer names the day
RECALL_LENGTH = 8  #: characters in which a sentence says that it recalls the past (此前，…)
#: A report speaks of what was before.
PAST_WORDS = re.compile(
    r"去年|此前|早前|曾|\b(?:last|the previous) (?:year|month|week)\b|\bpreviously\b|\bearlier\b|\bin \d{4}\b"
)
FOREIGN_ACT = re.compile(
    r"[^，。；\n]{0,16}(?:自|政府|宣布|将|限制|对我|对华|加征)"
)  # 日本自2026年2月15日起限制…
DATE_MARKS = re.compile(
    r"起|至|期|暂停|延长|[自由]\d|后装|后启运|开始|时间[是为]|から|まで|より|以降|日は|\bthe same d"
    r"|\b(?:ab|vom|zum)\s\d|\bab dem\b",
    re.IGNORECASE,
)
ACTING_WORDS = re.compile(
    r"恢复|废止|暂停|停止|取消|不再|下调|降为|调整为|列入|移出|增列|删去|加征|\bsuspend|\bretain|\bcease|\brepeal|\bresum|\bremov|\babolish|\breduc",
    re.IGNORECASE,
)


def find_effective_dates(context: ReadingContext, *, is_own: bool) -> tuple[EffectiveDate, ...]:
    """Return the dates a notice sets; a text that sets its own, but none, gets one entry "not stated".

    `is_own` is false for a report, which dates another's notice.
    """
    lexicon, anchor = context.lexicon, context.identity.anchor
    published = context.identity.publication_day
    issue_date = published if is_own else find_issue_date(context.text, published)
    recall_ends = find_phrase_ends(lexicon, "background", context.text.folded_text)
    found: list[EffectiveDate] = []
    acting_clauses: set[str] = set()
    before = words = ""
    for sentence in context.text.sentences:
        before, words = words, sentence.words
        clause = lexicon.get_pattern("date.clause-number").match(words)
        if clause and ACTING_WORDS.search(words):
            acting_clauses.add(clause[1])
        if WHEN_QUESTION.search(before) and (told := _find_told_day(context, sentence, anchor)):
            found.append(told)
            continue
        under_way = UNDER_WAY.search(words)
        measure = words[: under_way.start()] if under_way else words
        if not (
            DATE_MARKS.search(words) or lexicon.get_pattern("date.force-words").search(words)
        ) or NOT_FORCE.search(measure):
            continue
        recall_end = sentence.start + min(len(words), RECALL_LENGTH)
        is_recalled = bisect_right(recall_ends, recall_end) > bisect_right(recall_ends, sentence.start)
        is_abroad = not is_own or FOREIGN_ACT.match(words)
        if is_recalled or (is_abroad and opens_with_foreign_state(words, lexicon)):
            continue
        if is_about_foreign_act(lexicon, words) or _sets_no_date(context, words):
            continue
        dated = DatedSentence(
            context=context,
            sentence=sentence,
            words=measure,
            anchor=anchor,
            last_day=_find_last_day(before, anchor),
            issue_date=issue_date,
        )
        earlier = next((one.start for one in reversed(found) if one.start), None)
        stated = list(dated.find_dates(earlier))
        may_continue = found and not (context.told_on and PAST_WORDS.search(words))
        found += stated or (dated.continue_date(found[-1]) if may_continue else [])
    found += find_table_dates(context)
    dates = merge_dates(found, is_several=len(acting_clauses) > 1)
    if len(dates) == 1 and lexicon.get_pattern("date.rate-step").fullmatch(dates[0].scope):
        dates = (replace(dates[0], scope="all"),)  # the only step is the whole
    if not dates and is_own:
        return (EffectiveDate(start=None, basis="not-stated", quote="", rule="date.not-stated"),)
    return dates


def _find_last_day(words: str, anchor: date | None) -> date | None:
    """Return the last day that a sentence names."""
    return next((word.day for word in reversed(find_date_mentions(words, anchor=anchor)) if word.day), None)


def _find_told_day(context: ReadingContext, sentence: Sentence, anchor: date | None) -> EffectiveDate | None:
    """Return the day with which a sentence answers the question when: 啥时候开始？|明年1月1日！"""
    day = next(iter(find_date_mentions(sentence.words, anchor=anchor)), None)
    if day is None or day.day is None or day.start > ANSWER_LENGTH:
        return None
    quote = context.text.quote_around(sentence.start + day.start, sentence.start + day.end)
    return EffectiveDate(start=day.day, basis="stated", quote=quote, rule="date.answered")


def _sets_no_date(context: ReadingContext, words: str) -> bool:
    """Return whether a sentence only recalls what a numbered notice set, or is a reporter's question.

    A question that repeats what was announced dates an answer that only explains it.
    """
    if QUESTION.match(words) and not ANNOUNCED_WORDS.search(words):
        return True
    return NUMBER_WORD.search(words) is not None and is_recital(context.lexicon, words, context.told_on)
