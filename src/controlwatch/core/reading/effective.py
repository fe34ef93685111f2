"""When a notice begins to bind and until when, each date with the sentence that says so."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import TYPE_CHECKING

from controlwatch.core.model import EffectiveDate
from controlwatch.core.reading.daywords import PERIOD, DayWord, after, day_words
from controlwatch.core.reading.merging import merged
from controlwatch.core.reading.numerals import NUMERAL, number
from controlwatch.core.reading.phrases import says

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.core.reading.lexicon import Lexicon
    from controlwatch.core.reading.published import Published
    from controlwatch.core.reading.text import Span, Text

_FORCE = r"(?:正式)?(?:施行|实施|执行|生效|启用|适用)"
FROM_BEFORE = re.compile(
    r"(?:自|从|于|施行日期为|生效日期为|实施日期为|起始日期为"
    r"|\b(?:effective(?: date\W{0,8}| from| on| as of| beginning)?|starting(?: from| on)?"
    r"|beginning(?: on)?|with effect from|as of|from"
    r"|in force (?:from|on|since)|into force on|(?:takes?|took|taking|take) effect(?: at [\d:]+)?(?"
    r": on| from)?"
    r"|due on|apply from|applies from|implemented (?:on|from))\W{0,2})\s*$",
    re.IGNORECASE,
)  # 自|2025年11月8日起 · effective from |8 November 2025
FROM_AFTER = re.compile(
    rf"^(?:\s*(\d{{1,2}})\s*[时:]\s*(?:(\d{{1,2}})\s*分?)?)?\s*(?:起|开始|之日起|\s*{_FORCE})"
)  # |12时01分起
FORCE_AFTER = re.compile(
    rf"^(?:\s*\d{{1,2}}时(?:\d{{1,2}}分)?)?\s*(?:起|开始)?[^，。；\n]{{0,6}}?{_FORCE}"
)  # |起正式实施
UNTIL_BEFORE = re.compile(
    r"(?:至|到|截至|延长至|延期至|有效期至|\b(?:until|through|to|till|expires? on|ends? on"
    r"|valid until)\W{0,2})\s*$",
    re.IGNORECASE,
)  # 至|2026年11月10日 · until |10 November 2026
ENGLISH_TIME = re.compile(r"\bat (\d{1,2}):(\d{2})\b|,\s*(\d{1,2}):(\d{2})\b")  # took effect at 00:01
ON_PUBLICATION = re.compile(
    rf"自?(?:本?(?:公告|通知|办法|规定|决定|条例|令|目录))?(?:公布|发布|印发|公告|下发|颁布|签发|发文|公告生效)之日起(?:\s*(\d{{1,3}}|{NUMERAL}{{1,3}})\s*(日|天|个月)后)?"
    rf"\s*(?:(?P<force>{_FORCE})|(?=至|，暂停|暂停|，|正式))"
    r"|自?即日起(?!\s*\d)|立即(?:生效|施行|实施|执行)"
    r"|\b(?:upon (?:its )?(?:publication|promulgation|release|announcement)|(?:effective"
    r"|takes effect|with) immediate(?:ly| effect)|effective immediately"
    r"|on the (?:date|day) of (?:its )?(?:publication|promulgation|issuance)|immediate upon publication)\b",
    re.IGNORECASE,
)  # 自公布之日起施行 · 自即日起至… · upon publication
LASTING = re.compile(
    r"(?:为期|期限为?|有效期(?:为|限)?|试行|暂停(?:实施|执行)?|延长|延期|措施|\bfor|another)[^，。；\d]{0,6}$"
)  # 为期一年
WITHIN = re.compile(r"^\s*内(?:继续)?暂停")  # 一年|内继续暂停
NOT_LASTING = re.compile(r"^\s*(?:内|前|以内|后)")  # 6个月|内
CONTINUED = re.compile(r"暂停|延长|\bsuspended\b")
NOT_FORCE = re.compile(
    r"废止的|之日起\s*\d*\s*个?(?:工作)?日内|审查期限|有效期(?:不超过|内)|起算|截止时间|^附件|\.(?:pdf|docx?|xlsx?)\s*$"
)
SUBJECT = re.compile(
    r"^[\s、，\d.（）()一二三四五六七八九十]*(?:第[一二三四五六七八九十百]+条\s*)?(?:本|该|此)?(?:公告|通知|办法|规定|决定|条例|法|令|目录|清单|措施|规则|细则)?\s*$"
)  # 九、本公告|自…: the whole notice
PART = re.compile(
    r"((?:本(?:公告|办法|规定|通知|决定|条例)\s*)?[“\"]?第?[一二三四五六七八九十\d]+[（(条款项][^，。；\n]{0,60}?)\s*(?:自|从|于)?\s*$"
)  # 本公告“一（一）”和“一（二）”部分|自…
ISSUED_ON = re.compile(
    r"\bOn ((?:\d{1,2} )?[A-Z][a-z]+\.? (?:\d{1,2}, )?\d{4}),? "
    r"[^.\n]{0,160}?\b(?:issued|released|published|promulgated)\b"
)  # On 7 November 2025 the ministry issued …
STALE = timedelta(days=90)  #: a start so long before the signature is background, not this notice's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the dates are read against."""

    text: Text
    lexicon: Lexicon
    published: Published | None
    own: bool

    @property
    def issued(self) -> date | None:
        """The day of publication; of a report, the day on which it says the notice was issued."""
        if self.published or self.own:
            return self.anchor
        hit = ISSUED_ON.search(self.text.folded)
        words = day_words(hit[1]) if hit else ()
        return words[0].day if words else None

    @property
    def anchor(self) -> date | None:
        """The day that year-less dates lean on."""
        return self.published.day if self.published else None


def effective_dates(
    text: Text, lexicon: Lexicon, published: Published | None, *, own: bool
) -> tuple[EffectiveDate, ...]:
    """Return the dates a notice sets; `own` notices without any get one entry that says "not stated"."""
    reading = Reading(text=text, lexicon=lexicon, published=published, own=own)
    found: list[EffectiveDate] = []
    for span in text.sentences:
        words = text.at(span)
        new: list[EffectiveDate] = []
        if (
            ("起" in words or "至" in words or _force_words(words))
            and not _foreign(words, lexicon)
            and not NOT_FORCE.search(words)
        ):
            new = list(_sentence(reading, span))
            found += new
        if not new and found and (more := _continued(reading, span, found[-1])):
            found.append(more)
    kept = merged(found)
    if kept or not own:
        return kept
    return (EffectiveDate(start=None, basis="not-stated", quote="", rule="date.not-stated"),)


#: Words without which a sentence sets no date.
FORCE_WORDS = re.compile(
    r"施行|实施|生效|执行|effect|force|from|starting|until|immediate|publication|due on", re.IGNORECASE
)


def _force_words(words: str) -> bool:
    return FORCE_WORDS.search(words) is not None


def _foreign(words: str, lexicon: Lexicon) -> bool:
    return says(lexicon, "foreign_act", words) and not says(lexicon, "chinese_act", words)


def _sentence(reading: Reading, span: Span) -> Iterator[EffectiveDate]:
    words = reading.text.at(span)
    days = [word for word in day_words(words, anchor=reading.anchor) if word.day]
    ends = [word for word in days if UNTIL_BEFORE.search(words[: word.start])]
    until = ends[-1].day if ends else None
    starts = [word for word in days if word not in ends and _starts(words, word)]
    for word in starts:
        if not _stale(word.day, reading.published):
            yield _dated(reading, span, word, until)
    for hit in ON_PUBLICATION.finditer(words):
        yield _published(reading, span, hit, until)
    if until and not starts and not ON_PUBLICATION.search(words) and "暂停" in words:
        quote = reading.text.quote(span.start + ends[-1].start, span.start + ends[-1].end)
        yield EffectiveDate(
            start=None, until=until, basis="not-stated", quote=quote, rule="date.only-until"
        )


def _starts(words: str, word: DayWord) -> bool:
    before, behind = words[: word.start], words[word.end :]
    if FROM_BEFORE.search(before):
        # 于 and "from" introduce any date; the words that follow must speak of force.
        if before.rstrip().endswith(("自", "从", "于")):
            return "起" in behind.lstrip()[:12] or FORCE_AFTER.match(behind) is not None
        return _force_words(words) and not _english_range(before)
    return FORCE_AFTER.match(behind) is not None and not behind.startswith("，")


def _english_range(before: str) -> bool:
    return re.search(r"(?:sentences?|dated|held) from\s*$", before) is not None


def _stale(day: date | None, published: Published | None) -> bool:
    return bool(
        day and published and published.source in {"signature", "label"} and published.day - day > STALE
    )


def _dated(reading: Reading, span: Span, word: DayWord, until: date | None) -> EffectiveDate:
    words = reading.text.at(span)
    quote = reading.text.quote(span.start + word.start, span.start + word.end)
    found = EffectiveDate(
        start=word.day,
        until=until,
        basis="stated",
        scope=_scope(words[: word.start]),
        quote=quote,
        time=_hour(words, word),
        rule="date.stated",
    )
    return found if until else _lasting(found, words[word.end :])


def _published(reading: Reading, span: Span, hit: re.Match[str], until: date | None) -> EffectiveDate:
    words = reading.text.at(span)
    quote = reading.text.quote(span.start + hit.start(), span.start + hit.end())
    start = reading.issued
    scope = _scope(words[: hit.start()])
    if hit[1] and (count := number(hit[1])):
        day = after(start, count, hit[2]) if start else None
        return EffectiveDate(
            start=day, until=until, basis="on-publication", scope=scope, quote=quote, derived=True, rule="date.counted-from-publication"
        )
    found = EffectiveDate(
        start=start,
        until=until,
        basis="on-publication",
        scope=scope,
        quote=quote,
        rule="date.on-publication",
    )
    return found if until else _lasting(found, words[hit.end() :])


def _scope(before: str) -> str:
    if SUBJECT.match(before):
        return "all"
    part = PART.search(before)
    return part[1].strip().lstrip("，、 ") if part else "all"


def _hour(words: str, word: DayWord) -> time | None:
    clock = FROM_AFTER.match(words[word.end :])
    if clock and clock[1]:
        return _time(clock[1], clock[2] or "0")
    english = ENGLISH_TIME.search(words, max(0, word.start - 16), word.end + 10)
    if english:
        return _time(english[1] or english[3], english[2] or english[4])
    return None


def _time(hour: str, minute: str) -> time | None:
    return time(int(hour), int(minute)) if int(hour) < 24 and int(minute) < 60 else None


def _lasting(found: EffectiveDate, behind: str) -> EffectiveDate:
    """Count the end of a period (为期一年, 一年内继续暂停, 90天) from the start."""
    if found.start is None:
        return found
    for period in PERIOD.finditer(behind):
        tail = behind[period.end() :]
        spans = WITHIN.match(tail) or (
            LASTING.search(behind[max(0, period.start() - 16) : period.start()])
            and not NOT_LASTING.match(tail)
        )
        count = number(period[1] or period[3])
        if spans and count:
            unit = (period[2] or period[4]).lower().replace("个年", "年")
            return replace(
                found, until=after(found.start, count, unit), derived=True, rule=f"{found.rule}-for-a-period"
            )
    return found


def _continued(reading: Reading, span: Span, last: EffectiveDate) -> EffectiveDate | None:
    """Return the end of a suspension whose start stands in the sentence before (…；继续暂停…措施1年)."""
    words = reading.text.at(span)
    if not CONTINUED.search(words):
        return None
    found = _lasting(replace(last, until=None, quote=reading.text.quote(span.start, span.end)), words)
    return found if found.until else None
