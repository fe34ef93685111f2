"""When a notice begins to bind and until when, each date with the sentence that says so."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import TYPE_CHECKING

from controlwatch.core.extraction.findings.merge_dates import merge_dates
from controlwatch.core.extraction.identity.published import find_issue_date
from controlwatch.core.extraction.mentions.dates import DateMention, add_duration, find_date_mentions
from controlwatch.core.extraction.mentions.periods import apply_duration, find_duration
from controlwatch.core.extraction.mentions.phrases import contains_phrase, is_about_foreign_act
from controlwatch.core.extraction.mentions.places import opens_with_foreign_state
from controlwatch.core.extraction.text.numerals import NUMERAL, parse_numeral
from controlwatch.core.model import EffectiveDate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.core.extraction.identity.published import PublicationDate
    from controlwatch.core.extraction.text.document_text import DocumentText, Span
    from controlwatch.core.extraction.text.lexicon import Lexicon

_FORCE = r"(?:正式)?(?:施行|实施|执行|生效|启用|适用|实行)"
_CLOCK = (
    rf"(?:\s*(?P<hour>\d{{1,2}}|{NUMERAL}{{1,3}})\s*[时点:]\s*"
    rf"(?:(?P<minute>\d{{1,2}}|{NUMERAL}{{1,3}})\s*分?)?)"
)
FROM_BEFORE = re.compile(
    r"(?:自|从|于|(?:施行|生效|实施|执行|起始)(?:日期|时间)(?:为|是|[:：])"
    r"|\b(?:effective(?: date\W{0,8}| from| on| as of| beginning)?|starting(?: from| on)?"
    r"|beginning(?: on)?|with effect from|as (?:of|from)|from"
    r"|in force (?:from|on|since)|into force (?:on|as of|as from)|(?:takes?|took"
    r"|taking) effect(?: at [\d:]+)?"
    r"(?: ?\([^)]{1,24}\))?(?: on| from| as of)?"
    r"|due on|starts? on|begins? on|apply from|applies from|implemented (?:on|from|as of))\W{0,2})\s*$",
    re.IGNORECASE,
)  # 自|2025年11月8日起 · effective from |8 November 2025
FROM_AFTER = re.compile(rf"^{_CLOCK}?\s*(?:起|开始|之日起|\s*{_FORCE})")  # |12时01分起
FORCE_AFTER = re.compile(rf"^{_CLOCK}?\s*(?:起|开始)?[^，。；\n【]{{0,6}}?{_FORCE}")  # |起正式实施
UNTIL_BEFORE = re.compile(
    r"(?:至|到|截至|延长至|延期至|有效期至|\b(?:until|through|to|till|expires? on|ends? on"
    r"|valid until)\W{0,2}(?:midnight(?: on)? )?)\s*$",
    re.IGNORECASE,
)  # 至|2026年11月10日 · until |10 November 2026
ENGLISH_CLOCK = re.compile(
    r"(?:\bat |\bfrom |,\s*)(\d{1,2}):(\d{2})\s*([ap]\.?m)?", re.IGNORECASE
)  # took effect at 00:01 · from 12:01 p.m.
#: The hour that English puts between the word and the day: from |13:01 on| November 10, 2026.
HOUR_BETWEEN = re.compile(
    r"\s*(?:\b(?:at )?(?:\d{1,2}:\d{2}|\d{1,2})\s*(?:[ap]\.?m\.?)?|\bmidnight|\bnoon)\s*(?:\([^)]{1,24}\)"
    r"|Beijing time|BJT)?,?\s*(?:on)?\s*$",
    re.IGNORECASE,
)
_COUNT = rf"\d{{1,3}}|{NUMERAL}{{1,3}}"
ON_PUBLICATION = re.compile(
    r"自?(?:本?(?:公告|通知|办法|规定|决定|条例|令|目录))?(?:公布|发布|印发|公告|下发|颁布|签发|发文|公告生效(?=之日起至))之日起"
    rf"(?:\s*[满第]?\s*(?P<count>{_COUNT})\s*(?P<unit>日|天|个月)(?:后|起)?)?"
    rf"\s*(?:{_FORCE}|(?=至|，暂停|暂停|，|正式|恢复|停止|废止|不再|取消))"
    r"|(?:自|于)?(?:公布|发布)(?:当日|之日)起?(?:生效|施行|实施|执行)|自?即日起(?!\s*\d)|(?:立即|即刻)(?:生效|施行|实施|执行)"
    rf"|自(?:公布|发布|印发)(?:之日)?(?:(?:的|起)?(?P<next>次日)|(?:之日)?后第\s*(?P<nth>{_COUNT})\s*日)起"
    r"|\b(?P<days>\d{1,3}|thirty|sixty|ninety) days (?:after|from|following) (?:the )?(?:(?:date|day) of )?"
    r"(?:its |the )?(?:publication|promulgation|issuance|announcement)\b"
    r"|\b(?:(?:upon (?:its )?|(?:from|as of|as from) the (?:date|day) of (?:its )?)"
    r"(?:publication|promulgation|release|announcement|issuance)|(?:effective|takes effect"
    r"|with) immediate(?:ly| effect)"
    r"|effective immediately|takes? effect (?:at once|immediately)"
    r"|on the (?:date|day) of (?:its )?(?:publication|promulgation|issuance)|immediate upon publication)\b",
    re.IGNORECASE,
)  # 自公布之日起施行 · 自发布之日起满30日后 · 自即日起至… · upon publication
ENGLISH_DAY_COUNTS = {"thirty": 30, "sixty": 60, "ninety": 90}
#: Between the first and the last day of a stretch: 自A|起至|B.
RANGE_TO = re.compile(rf"^{_CLOCK}?\s*起?\s*(?:至|到|—|–|-|~|to|until|through|till)\s*$", re.IGNORECASE)
RANGE_FROM = re.compile(r"(?:自|从|期限为?|有效期为?|期间为?|[:：]|\bfrom|\bbetween)\s*$", re.IGNORECASE)
#: What is past or passing: a day at which something older ends.
LAPSE_WORDS = re.compile(r"^[^，。；\n]{0,6}(?:届满|到期|期满)")
CONTINUATION_WORDS = re.compile(r"暂停|延长|\bsuspended\b")
TERM_WORDS = re.compile(
    r"暂停|延长|延期|顺延|有效期|期限|继续|禁止|试行|豁免|\bsuspen|\bexten|\bon hold\b|\bpaus|\bexempt"
    r"|\bvalid",
    re.IGNORECASE,
)  # words without which an end alone is no end of a measure
NOT_FORCE = re.compile(
    r"废止的|之日起\s*\d*\s*个?(?:工作)?日内|审查期限|有效期(?:不超过|内)|起算|截止时间|^附件|\.(?:pdf|docx?|xlsx?)\s*$"
    r"|国家标准|行业标准|GB(?:/T)? ?\d|ISO ?\d|征求|反馈意见|报名|公示期|公告期限|年 +月"
)
#: From here on a sentence speaks of contracts and goods under way, not of the measure's own days.
UNDER_WAY = re.compile(
    r"(?:已(?:经)?(?:签订|签署|申报|启运|起运|装运|装船|报关|离境|取得|领取|获得))|在途|过渡期|宽限期|仍可|执行完毕|以前启运"
    r"|\b(?:concluded before|signed before|in transit|grace period)\b"
)
WHOLE_NOTICE = re.compile(
    r"^[\s、，\d.（）()一二三四五六七八九十]*(?:第[一二三四五六七八九十百]+条\s*)?(?:本|该|此)?(?:公告|通知|办法|规定|决定|条例|法|令|目录|清单|措施|规则|细则)?\s*$"
)  # 九、本公告|自…: the whole notice
PART_SCOPE = re.compile(
    r"((?:本(?:公告|办法|规定|通知|决定|条例)\s*)?[“\"]?第?[一二三四五六七八九十\d]+[（(条款项][^，。；\n]{0,60}?)\s*(?:自|从|于)?\s*$"
)  # 本公告“一（一）”和“一（二）”部分|自…
CLAUSE_NUMBER = re.compile(
    r"^\s*(第[一二三四五六七八九十]+条|[一二三四五六七八九十]+(?=、)|[一二三四五六七八九]是|(?:First|Second|Third|Fourth)(?=,)|\d{1,2}(?=[.．])|[IVX]{1,4}(?=\.))"
)
#: What a stage does, where a notice has several: 由13%下调至6%, 取消…出口退税.
RATE_STEP = re.compile(
    r"(?:由|从)?\s*\d[\d.]*%\s*(?:提高|下调|上调|调整|降|调低|调高)[^，。；\d]{0,4}\d[\d.]*%"
    r"|(?:调整为|调至|降至|下调至|上调至|提高至|提高到|恢复执行|按|征收|加征)\s*\d[\d.]*%|取消[^，。；\n]{1,30}"
    r"|\bfrom \d[\d.]*(?:%| percent) to \d[\d.]*(?:%| percent)"
)
RECALL_LENGTH = 8  #: characters in which a sentence says that it looks back (此前，…)
FOREIGN_ACT = re.compile(
    r"[^，。；\n]{0,16}(?:自|政府|宣布|将|限制|对我|对华|加征)"
)  # 日本自2026年2月15日起限制…
#: A paper has days of its own, which are not the measure's.
PERMIT_WORDS = re.compile(r"(?:许可证?|证件|证书|批件|批复|凭证|证明)[^，。；\n]{0,4}$")
STALE_AFTER = timedelta(days=90)  #: a start so long before the signature is background, not this notice's own
PAST_TOLERANCE = timedelta(days=31)  #: a year-less start lies no further back than this


@dataclass(frozen=True, slots=True, kw_only=True)
class DateContext:
    """What the dates are read against."""

    text: DocumentText
    lexicon: Lexicon
    publication: PublicationDate | None
    is_own_notice: bool

    @property
    def issue_date(self) -> date | None:
        """The day of publication; of a report, the day on which it says the notice was issued."""
        return self.anchor_date if self.is_own_notice else find_issue_date(self.text, self.anchor_date)

    @property
    def anchor_date(self) -> date | None:
        """The day that year-less dates lean on."""
        return self.publication.day if self.publication else None


def find_effective_dates(
    text: DocumentText, lexicon: Lexicon, published: PublicationDate | None, *, own: bool
) -> tuple[EffectiveDate, ...]:
    """Return the dates a notice sets; `own` notices without any get one entry that says "not stated"."""
    reading = DateContext(text=text, lexicon=lexicon, publication=published, is_own_notice=own)
    kept = merge_dates(_collect_dates(reading), several=_count_acting_clauses(text) > 1)
    kept = kept if len(kept) > 1 else tuple(replace(one, scope=_widen_scope(one.scope)) for one in kept)
    if kept or not own:
        return kept
    return (EffectiveDate(start=None, basis="not-stated", quote="", rule="date.not-stated"),)


def _widen_scope(scope: str) -> str:
    """Return the scope of a date that stands alone: a step of one is the whole."""
    return "all" if RATE_STEP.fullmatch(scope) else scope


def _collect_dates(reading: DateContext) -> list[EffectiveDate]:
    found: list[EffectiveDate] = []
    for span in reading.text.sentences:
        words = _select_own_words(reading, span)
        new = list(_read_sentence(reading, span, words)) if words else []
        if not new and found and words and (more := _continue_date(reading, span, found[-1], words)):
            new = [more]
        found += new
    return found


#: Words without which a sentence sets no date.
FORCE_WORDS = re.compile(
    r"施行|实施|生效|执行|effect|force|from|starting|until|immediate|publication|promulgation|due on|through"
    r"|as of|repeal|cease|suspend|extend|starts? on|begins? on",
    re.IGNORECASE,
)
DATE_MARKS = re.compile(r"起|至|期|暂停|延长")


def _select_own_words(reading: DateContext, span: Span) -> str:
    """Return the words of a sentence that may date the measure; "" where it speaks of something else."""
    words = reading.text.get_words(span)
    if not (DATE_MARKS.search(words) or FORCE_WORDS.search(words)) or NOT_FORCE.search(words):
        return ""
    if is_about_foreign_act(reading.lexicon, words):
        return ""
    if contains_phrase(reading.lexicon, "background", words[:RECALL_LENGTH]):
        return ""
    if opens_with_foreign_state(words, reading.lexicon) and (
        not reading.is_own_notice or FOREIGN_ACT.match(words)
    ):
        return ""
    under_way = UNDER_WAY.search(words)
    return words[: under_way.start()] if under_way else words


ACTING_WORDS = re.compile(
    r"恢复|废止|暂停|停止|取消|列入|移出|增列|删去|加征|\bsuspend|\bretain|\bcease|\brepeal|\bresum|\bremov",
    re.IGNORECASE,
)


def _count_acting_clauses(text: DocumentText) -> int:
    """Count the numbered clauses that each do something of their own."""
    spans = (text.get_words(span) for span in text.sentences)
    return len(
        {hit[1] for words in spans if (hit := CLAUSE_NUMBER.match(words)) and ACTING_WORDS.search(words)}
    )


def _read_sentence(reading: DateContext, span: Span, words: str) -> Iterator[EffectiveDate]:
    days = [
        word
        for word in find_date_mentions(words, anchor=reading.anchor_date)
        if word.day and not _is_lapse(words, word)
    ]
    ends = [word for i, word in enumerate(days) if _is_end_date(words, word, days[i - 1] if i else None)]
    starts = [word for word in days if word not in ends and _is_start_date(words, word, ends)]
    ahead = [_shift_to_future(reading, word) for word in starts]
    for i, word in enumerate(ahead):
        if not _is_stale(word.day, reading.publication):
            limit = ahead[i + 1].start if i + 1 < len(ahead) else len(words)
            if is_about_foreign_act(reading.lexicon, words[: word.start]):
                continue
            until = next((end.day for end in ends if word.end <= end.start < limit), None)
            only = ends[-1].day if len(starts) == 1 and ends else None
            dated = _build_stated_date(reading, span, word, until or only, words)
            step = RATE_STEP.search(words, word.end, limit) if dated.scope == "all" else None
            yield replace(dated, scope=step[0]) if step else dated
    until = ends[-1].day if ends else None
    for hit in ON_PUBLICATION.finditer(words):
        if PERMIT_WORDS.search(words[: hit.start()]):
            continue  # 许可证自签发之日起生效
        yield _build_publication_date(reading, span, hit, until, words)
    if until and not starts and not ON_PUBLICATION.search(words) and TERM_WORDS.search(words):
        quote = reading.text.quote_around(span.start + ends[-1].start, span.start + ends[-1].end)
        clause = CLAUSE_NUMBER.match(words)
        scope = clause[1] if clause else "all"
        yield EffectiveDate(
            start=None, until=until, basis="not-stated", scope=scope, quote=quote, rule="date.only-until"
        )


def _is_lapse(words: str, word: DateMention) -> bool:
    return LAPSE_WORDS.match(words[word.end :]) is not None


def _is_end_date(words: str, word: DateMention, before: DateMention | None) -> bool:
    """Tell whether a day closes a stretch: behind 至, or as the second day of a range."""
    if UNTIL_BEFORE.search(words[: word.start]):
        return True
    return before is not None and RANGE_TO.match(words[before.end : word.start]) is not None


def _is_start_date(words: str, word: DateMention, ends: list[DateMention]) -> bool:
    before, behind = words[: word.start], words[word.end :]
    if RANGE_FROM.search(before) and any(
        RANGE_TO.match(words[word.end : end.start]) for end in ends if end.start > word.end
    ):
        return True
    if FROM_BEFORE.search(before) or FROM_BEFORE.search(HOUR_BETWEEN.sub(" ", before)):
        # 于 and "from" introduce any date; the words that follow must speak of force.
        if before.rstrip().endswith(("自", "从", "于")):
            return FROM_AFTER.match(behind) is not None or FORCE_AFTER.match(behind) is not None
        return FORCE_WORDS.search(words) is not None and not _is_english_range(before)
    return FORCE_AFTER.match(behind) is not None and not behind.startswith("，")


def _is_english_range(before: str) -> bool:
    return re.search(r"(?:sentences?|dated|held) from\s*$", before) is not None


def _shift_to_future(reading: DateContext, word: DateMention) -> DateMention:
    """Return a start without a year in the year to come: notices speak of what is ahead of them."""
    anchor = reading.anchor_date
    if not word.yearless or word.day is None or anchor is None or word.day >= anchor - PAST_TOLERANCE:
        return word
    return replace(word, day=add_duration(word.day, 1, "年"))


def _is_stale(day: date | None, published: PublicationDate | None) -> bool:
    signed = published is not None and published.source in {"promulgation", "signature", "label"}
    return bool(day and published and signed and published.day - day > STALE_AFTER)


def _build_stated_date(
    reading: DateContext, span: Span, word: DateMention, until: date | None, words: str
) -> EffectiveDate:
    quote = reading.text.quote_around(span.start + word.start, span.start + word.end)
    found = EffectiveDate(
        start=word.day,
        until=until,
        basis="stated",
        scope=_find_scope(words[: word.start]),
        quote=quote,
        time=_find_time(words, word),
        rule="date.stated",
    )
    return found if until else apply_duration(found, words[word.end :], words[: word.start])


def _build_publication_date(
    reading: DateContext, span: Span, hit: re.Match[str], until: date | None, words: str
) -> EffectiveDate:
    counted = hit["count"] or hit["days"] or hit["nth"] or (hit["next"] and "1")
    start, derived = reading.issue_date, False
    if counted:
        count = ENGLISH_DAY_COUNTS.get(counted.lower()) or parse_numeral(counted)
        start = add_duration(start, count, hit["unit"] or "day") if start and count else None
        derived = start is not None
    found = EffectiveDate(
        start=start,
        until=until,
        basis="on-publication",
        scope=_find_scope(words[: hit.start()]),
        quote=reading.text.quote_around(span.start + hit.start(), span.start + hit.end()),
        derived=derived,
        rule="date.counted-from-publication" if counted else "date.on-publication",
    )
    return found if until else apply_duration(found, words[hit.end() :], "")


def _find_scope(before: str) -> str:
    if WHOLE_NOTICE.match(before):
        return "all"
    part = PART_SCOPE.search(before)
    return part[1].strip().lstrip("，、 ") if part else "all"


def _find_time(words: str, word: DateMention) -> time | None:
    clock = FROM_AFTER.match(words[word.end :]) or RANGE_TO.match(words[word.end : word.end + 20])
    if clock and clock["hour"]:
        return _build_time(clock["hour"], clock["minute"] or "0")
    range_clock = re.match(_CLOCK, words[word.end :])
    if range_clock:
        return _build_time(range_clock["hour"], range_clock["minute"] or "0")
    english = ENGLISH_CLOCK.search(words, max(0, word.start - 40), word.end + 10)
    if english is None:
        return None
    afternoon = (english[3] or "").lower().startswith("p") and int(english[1]) < 12
    return _build_time(str(int(english[1]) + 12) if afternoon else english[1], english[2])


def _build_time(hour: str, minute: str) -> time | None:
    hours, minutes = parse_numeral(hour), parse_numeral(minute)
    if hours is None or minutes is None or hours > 23 or minutes > 59:
        return None
    return time(hours, minutes)


def _continue_date(reading: DateContext, span: Span, last: EffectiveDate, words: str) -> EffectiveDate | None:
    """Return the end whose start stands in a sentence before (…；继续暂停…措施1年 · 上述措施有效期5年)."""
    quote = reading.text.quote_around(span.start, span.end)
    if (term := find_duration(words)) and last.until is None and last.start:
        end = add_duration(last.start, *term)
        return replace(last, until=end, derived=True, quote=quote, rule=f"{last.rule}-for-a-period")
    if not CONTINUATION_WORDS.search(words):
        return None
    found = apply_duration(replace(last, until=None, quote=quote), words, "")
    return found if found.until else None
