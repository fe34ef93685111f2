"""The days of a sentence that date the measure: which begin it, which end it, for how long."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from itertools import pairwise

from controlwatch.core.extraction.findings.date_scope import find_scope
from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.mentions.dates import (
    DateMention,
    add_duration,
    apply_duration,
    find_date_mentions,
    find_duration,
    place_after,
)
from controlwatch.core.extraction.mentions.terms import is_about_foreign_act
from controlwatch.core.extraction.text.document_text import Sentence
from controlwatch.core.extraction.text.normalize import NUMERAL, parse_numeral
from controlwatch.core.model import EffectiveDate

_FORCE = r"(?:正式)?(?:施行|实施|执行|生效|启用|适用|实行)"
_CLOCK = (
    rf"(?:\s*(?P<hour>\d{{1,2}}|{NUMERAL}{{1,3}})\s*[时点:]\s*"
    rf"(?:(?P<minute>\d{{1,2}}|{NUMERAL}{{1,3}})\s*分?)?)"
)
FROM_BEFORE = re.compile(
    r"(?:自|从|由|于|(?<!发布)(?<!成文)(?:时间|日子)(?:是|为|在)|开始时间[:：]?|(?:次日|之日"
    r"|当日)[（(]|(?:实施|施行|发効|発効|适用开始)日は|\bab(?: dem)?\s|\bmit Wirkung (?:vom|zum)\s"
    r"|\bzum\s|(?:施行|生效|实施|执行|起始)(?:日期|时间)(?:为|是|[:：])|(?:自|从|由)北京时间"
    r"|\b(?:effective(?: date\W{0,8}| from| on| as of| beginning)?|starting(?: from| on)?"
    r"|beginning(?: on)?|with effect from|as (?:of|from)|from"
    r"|in force (?:from|on|since)|into (?:force|effect|operation) (?:on|as of|as from|from)|(?:takes?|took"
    r"|taking) effect(?: at [\d:]+)?"
    r"(?: ?\([^)]{1,24}\))?(?: on| from| as of)?"
    r"|due on|starts? on|started on|begins? on|began on|begun on|kicks? in on|follows on|bites? from"
    r"|apply from"
    r"|applies from|implemented (?:on|from|as of))\W{0,4}"
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,?\s+(?:the\s+)?)?)\s*$",
    re.IGNORECASE,
)  # 自|2025年11月8日起 · effective from |8 November 2025
_INCLUSIVE = r"(?:\s*[（(](?:不?含[^（）()]{0,6}|以[^（）()]{2,10}为准|[周星]期.|北京时间)[）)])?"
FROM_AFTER = re.compile(
    rf"^[）)]?{_INCLUSIVE}{_CLOCK}?{_INCLUSIVE}\s*(?:起|开始|之日起|以后|之后|后(?=装|启|出口|进口|申报|签)|\s*{_FORCE})"
)  # |12时01分起 · |（含）起
#: A day with 起 behind it begins something, with or without 自 before it.
BARE_FROM_AFTER = re.compile(
    rf"^[）)]?{_INCLUSIVE}{_CLOCK}?{_INCLUSIVE}\s*(?:起(?!草|诉|算(?!；)|初)|から(?!.{{0,30}}まで)|より[，、]|以降"
    r"|开始(?=要|须|需|都|必须|实施|执行|施行|生效|[，。！!]|$)|\s*an\b)"
)  # 2028年4月1日|起，不再退税
FORCE_AFTER = re.compile(
    rf"^(?!(?:以|之)?前){_INCLUSIVE}{_CLOCK}?\s*(?:起|开始)?[^，。；\n【]{{0,6}}?{_FORCE}"
)  # |起正式实施
UNTIL_BEFORE = re.compile(
    r"(?:终止日期[^，。；]{0,20}[（(]|至|到|截至|延长至|延期至|有效期至|\b(?:until|through|to|till"
    r"|expires? on|ends? on"
    r"|valid until|bis(?: zum| einschließlich)?)\W{0,2}(?:midnight(?: on)? "
    r"|\d{1,2}:\d{2}(?: [ap]\.?m\.?)? (?:on |of )?)?)\s*$",
    re.IGNORECASE,
)  # 至|2026年11月10日 · until |10 November 2026
UNTIL_AFTER = re.compile(r"^\s*まで|^\s*(?:后|起)?(?:自行|自动)(?:失效|废止|终止)")  # 2028年11月10日|まで
#: All the days behind it begin something: takes effect in two steps: 1 September for …, 1 December for …
#: A second act of the sentence, which has no end: 暂停…措施90天，|停止4月9日公告相关措施
ANOTHER_ACT = re.compile(
    r"(?<=[天年月日])[，；](?:对[^，。；\n]{2,40})?(?:停止|取消|移出|不再)[^，。；\n]{4,60}(?:措施|管制|名单)(?=[。；，]|$)"
)
TIME_IS = re.compile(
    r"(?:时间|日期|日子)(?:是|为|在|[:：])\s*$|(?:実施|实施|施行|発効|适用开始)日は$|\b(?:ab|vom"
    r"|zum)(?: dem)?\s*$"
)
STEPS = re.compile(
    r"\bin (?:two|three|four|several) (?:steps|stages|phases|batches)\b|分[两二三四]?[步批阶期]",
    re.IGNORECASE,
)
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
    r"(?:自|从|由)?(?:本?(?:补充)?(?:公告|通知|办法|规定|决定|条例|令|目录))?(?:公布|发布|印发|公告|下发|颁布|签发|发文|公告生效(?=之日起至))之日起"
    rf"(?:\s*[满第]?\s*(?P<count>{_COUNT})\s*(?P<unit>日|天|个月)(?:后|起)?)?"
    rf"\s*(?:{_FORCE}|(?=至|，暂停|暂停|，|正式|恢复|停止|废止|不再|取消|对|出口|禁止|将))"
    r"|(?:自|于)?(?:公布|发布|公告)(?:当日|之日|当天)起?(?:生效|施行|实施|执行)|自?(?:公布|发布)当[日天]起|(?:公布|发布|公告)?当日即行?(?:生效|施行|实施)|自(?:公布|发布)之?日?起?满\s*(?P<full>\d{1,3}|[一二三四五六七八九十]{1,4})\s*日(?:之日)?起|(?<!不是)(?<!并非)自?即日起(?!\s*\d)|(?:立即|即刻|即时|即日)(?:生效|施行|实施|执行)"
    r"|(?:由|自|从)?今(?:日|天)?(?:（\d{1,2}日?）)?(?:上午|下午|凌晨|中午|晚上?)?(?:\d{1,2}[时点:](?:\d{1,2}分?)?)?(?:起|开始)(?=[，,]?(?:正式|暂停|恢复|实施|禁止|对|施行|生效))"
    rf"|自(?:公布|发布|印发)(?:之日)?(?:(?:的|起)?(?P<next>次日)|(?:之日)?后第\s*(?P<nth>{_COUNT})\s*日)起"
    r"|\b(?P<days>\d{1,3}|thirty|sixty|ninety) days (?:after|from|following) (?:the )?(?:(?:date|day) of )?"
    r"(?:its |the )?(?:publication|promulgation|issuance|announcement)\b"
    r"|\b(?:(?:upon (?:its )?|(?:from|as of|as from) the (?:date|day) of (?:its )?)"
    r"(?:publication|promulgation|release|announcement|issuance)|(?:effective|takes effect"
    r"|with) immediate(?:ly| effect)"
    r"|(?:effective|valid|applicable|in force) immediately|(?:takes?|taking|took"
    r"|with) (?:immediate )?effect (?:at once|immediately)|applies immediately"
    r"|on the (?:date|day) of (?:its )?(?:publication|promulgation|issuance|release|issue"
    r"|announcement)|immediate upon publication"
    r"|(?:on|from|as of) the (?:day|date) (?:on which )?(?:it|this \w+|the \w+) (?:is"
    r"|was) (?:published|issued|promulgated|released)|since publication|upon being published"
    r"|as of today|from today|from now(?: on)?(?= until|,)|with immediate effect|since today)\b"
    r"|\bab sofort\b|\bmit sofortiger Wirkung\b|\bvom Tag (?:ihrer|der) (?:Veröffentlichung"
    r"|Bekanntmachung) an\b"
    r"|(?:即日|公布の日から|公布日に?)(?:施行|実施|発効)|同日(?:付で|から)?(?:施行|実施)",
    re.IGNORECASE,
)  # 自公布之日起施行 · 自发布之日起满30日后 · 自即日起至… · upon publication
ENGLISH_DAY_COUNTS = {"thirty": 30, "sixty": 60, "ninety": 90}
#: Words in front of a day with 起 that make it the past of something else.
RECALLED_BEFORE = re.compile(r"(?:此前|曾(?:于|经)?|原定|原订|早在|已于|前次)[^。；，\n]{0,12}$")
#: A day that is replaced by the next one: 由|2028年7月1日|调整为2028年10月1日, “…”|修改为“…”.
REPLACED_AFTER = re.compile(
    r"^[”\"」]?\s*(?:起(?:施行|实施|执行)?)?\s*(?:的)?(?:调整|修改|变更|推迟|延期|延后|延长|顺延|提前|改|更正)(?:施行|实施|执行)?(?:为|至|到)"
)
REPLACING_BEFORE = re.compile(
    r"(?:调整|修改|变更|推迟|延期|延后|延长|顺延|提前|改|更正)(?:施行|实施|执行)?(?:为|至|到)[“\"「]?\s*$"
)
START_WORDS = re.compile(
    r"(?:施行|实施|生效|执行|启用)(?:的)?(?:日期|时间|之日)|起施行|起实施|起执行|延期实施|推迟实施"
)
END_WORDS = re.compile(r"暂停|有效期|期限|届满|到期|截止|延长")
#: Between the first and the last day of a range: 自A|起至|B.
RANGE_TO = re.compile(
    rf"^{_CLOCK}?\s*起?\s*(?:至|到|—|–|-|~|to|until|through|till|bis(?: zum| einschließlich)?)\s*$",
    re.IGNORECASE,
)
RANGE_FROM = re.compile(
    r"^\W*(?:[（(]?[一二三四五六七八九十\d]{1,3}[)）]?[、.．]?)?\s*$|(?:自|从|由|期限为?|有效期为?|执行期为?|适用期为?|实施期为?|期间为?|申报期为?|[:：]|\bfrom|\bbetween|\bvom)\s*$",
    re.IGNORECASE,
)
RECORD_RANGE = re.compile(r"(?:sentences?|dated|held) from\s*$")  # held from 1 to 3 May: not of force
#: A day at which something older ends.
LAPSE_WORDS = re.compile(r"^[^，。；\n]{0,6}(?:届满|到期|期满)")
CONTINUATION_WORDS = re.compile(r"暂停|延长|\bsuspended\b")
TERM_WORDS = re.compile(
    r"暂停|停征|停收|停止|延长|延期|顺延|有效期|期限|继续|禁止|试行|豁免|\bsuspen|\bexten"
    r"|\bon hold\b|\bpaus|\bexempt"
    r"|\bvalid",
    re.IGNORECASE,
)  # without these words an end alone does not end a measure
CLAUSE_NUMBER = re.compile(
    r"^\s*(第[一二三四五六七八九十]+条|[一二三四五六七八九十]+(?=、)|[一二三四五六七八九]是|(?:First|Second|Third|Fourth)(?=,)|\d{1,2}(?=[.．:：])|[IVX]{1,4}(?=\.))"
)
#: The step that a stage makes, in a notice with several: 由13%下调至6%, 取消…出口退税.
RATE_STEP = re.compile(
    r"(?:由|从)?\s*\d[\d.]*%\s*(?:提高|下调|上调|调整|降|调低|调高)[^，。；\d]{0,4}\d[\d.]*%"
    r"|(?:调整为|调至|降至|下调至|上调至|提高至|提高到|恢复执行|按|征收|加征)\s*\d[\d.]*%|取消[^，。；\n]{1,30}"
    r"|\bfrom \d[\d.]*(?:%| percent) to \d[\d.]*(?:%| percent)"
)
SAME_DAY = re.compile(
    r"\b(?:from|as from|as of|since) (?:that|this) (?:day|date)\b|(?:自|从|于)?(?:同日|该日"
    r"|当日)(?:起|から|より)|\b(?:from|as from|on|as of|effective|takes? effect|took effect"
    r"|in force) the same (?:day|date)\b",
    re.IGNORECASE,
)
#: A licence has days that are not the measure's.
PERMIT_WORDS = re.compile(r"(?:许可证?|证件|证书|批件|批复|凭证|证明)[^，。；\n]{0,4}$")
STALE_AFTER = timedelta(days=90)  #: a start this long before the signature is background
PAST_TOLERANCE = timedelta(days=31)  #: a start without a year lies at most this far back
#: Words without which a sentence sets no date.
FORCE_WORDS = re.compile(
    r"施行|实施|生效|执行|effect|force|from|starting|until|immediate|publication|promulgation|due on|through"
    r"|as of|repeal|cease|suspend|extend|starts? on|begins? on",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedSentence:
    """A sentence that may date the measure, and what its days are read against."""

    context: ReadingContext
    sentence: Sentence
    words: str  #: of the sentence, up to where it turns to goods under way
    anchor: date | None  #: the day of publication, for days without a year
    last_day: date | None  #: that the sentence before names
    issue_date: date | None  #: as `anchor`; of a report, the day on which it says the notice was issued

    def quote(self, start: int, end: int) -> str:
        """Return the quote around a stretch of the words."""
        return self.context.text.quote_around(self.sentence.start + start, self.sentence.start + end)

    def find_dates(self, earlier: date | None) -> Iterator[EffectiveDate]:
        """Yield the stated dates, those that follow from publication, and an end that comes alone.

        `earlier` is the last day stated before, which "the same day" means.
        """
        words = self.words
        starts, ends = self._sort_days()
        yield from self._build_stated_dates(starts, ends)
        same = SAME_DAY.search(words)
        if same and self.context.told_on:  # of the day that stands before it
            before = find_date_mentions(words[: same.start()], anchor=self.anchor)
            named = [word.day for word in before if word.day]
            earlier = named[-1] if named and not starts else earlier
        if same and PERMIT_WORDS.search(words[: same.start()]):  # 批复函件自…之日起失效
            return
        if same and self.context.told_on and not starts:
            earlier = earlier or self.last_day or self.issue_date
        if not starts and earlier is not None and same:
            yield self._build_same_day(same, earlier, ends[-1].day if ends else None)
            return
        last = ends[-1] if ends else None
        published = list(ON_PUBLICATION.finditer(words))
        for hit in published:
            if not PERMIT_WORDS.search(words[: hit.start()]):  # 许可证自签发之日起生效
                yield self._build_publication_date(hit, last.day if last else None)
        if last and not starts and not published and TERM_WORDS.search(words):
            clause = CLAUSE_NUMBER.match(words)
            yield EffectiveDate(
                start=None,
                until=last.day,
                basis="not-stated",
                scope=clause[1] if clause else "all",
                quote=self.quote(last.start, last.end),
                rule="date.only-until",
            )

    def _sort_days(self) -> tuple[list[DateMention], list[DateMention]]:
        """Return the days that begin something, and those that end it; a replaced day does neither."""
        words = self.words
        days = [
            word
            for word in find_date_mentions(words, anchor=self.anchor)
            if word.day
            and not words.startswith("同年", word.start)
            and not self._is_of_another(word)
            and not LAPSE_WORDS.match(words[word.end :])
            and not REPLACED_AFTER.match(words[word.end :])
        ]
        moved = [word for word in days if REPLACING_BEFORE.search(words[: word.start])]
        is_start_moved = START_WORDS.search(words) is not None and not END_WORDS.search(words)
        begins_later = moved if is_start_moved else []
        ends = [] if is_start_moved else list(moved)
        ends += [
            word
            for before, word in pairwise((None, *days))
            if word
            and word not in moved
            and (
                UNTIL_BEFORE.search(words[: word.start])
                or UNTIL_AFTER.match(words[word.end :])
                or (before and RANGE_TO.match(words[before.end : word.start]))
            )
        ]
        ends.sort(key=lambda word: word.start)
        starts = [
            word
            for word in days
            if word not in ends and (word in begins_later or _is_start_date(words, word, ends))
        ]
        return starts, [place_after(end, starts, words) for end in ends]

    def _build_same_day(self, same: re.Match[str], start: date, until: date | None) -> EffectiveDate:
        """Return a date that begins on the day stated before."""
        found = EffectiveDate(
            start=start,
            until=until,
            basis="stated",
            scope=find_scope(self.words[: same.start()]),
            quote=self.quote(same.start(), same.end()),
            rule="date.same-day",
        )
        return found if until else apply_duration(found, self.words[same.end() :], self.words[: same.start()])

    def _is_of_another(self, word: DateMention) -> bool:
        """Return whether a day stands in the bracket behind a number, which is about that notice."""
        opened = self.words.rfind("（", 0, word.start)
        is_closed = opened < 0 or "）" in self.words[opened : word.start]
        return not is_closed and self.words[:opened].endswith(("号", "号公告", "号令"))

    def _build_stated_dates(
        self, starts: list[DateMention], ends: list[DateMention]
    ) -> Iterator[EffectiveDate]:
        """Pair each start with the end before the next start; a lone start takes the last end."""
        words, anchor, published = self.words, self.anchor, self.context.identity.publication
        is_signed = published is not None and published.source in {"promulgation", "signature", "label"}
        only_end = ends[-1].day if len(starts) == 1 and ends else None
        for word, limit in zip(starts, (*(word.start for word in starts[1:]), len(words)), strict=False):
            day = word.day
            if day and anchor and word.yearless and day < anchor - PAST_TOLERANCE:
                day = add_duration(day, 1, "年")  # notices speak of what is ahead of them
            is_report = self.context.identity.is_report
            is_stale = day and published and (is_signed or is_report) and published.day - day > STALE_AFTER
            if is_stale or is_about_foreign_act(self.context.lexicon, words[: word.start]):
                continue
            until = next((end.day for end in ends if word.end <= end.start < limit), None) or only_end
            scope = find_scope(words[: word.start])
            step = RATE_STEP.search(words, word.end, limit) if scope == "all" else None
            found = EffectiveDate(
                start=day,
                until=until,
                basis="stated",
                scope=step[0] if step else scope,
                quote=self.quote(word.start, word.end),
                time=_find_time(words, word),
                rule="date.stated",
            )
            dated = found if until else apply_duration(found, words[word.end :], words[: word.start])
            yield dated
            if dated.until and (other := ANOTHER_ACT.search(words, word.end, limit)):
                quote = self.quote(other.start(), other.end())
                yield replace(found, until=None, scope=other[0].strip("，,;； "), quote=quote)

    def _build_publication_date(self, hit: re.Match[str], until: date | None) -> EffectiveDate:
        """Return a start on publication or a stated time after it."""
        counted = hit["count"] or hit["full"] or hit["days"] or hit["nth"] or (hit["next"] and "1")
        start = self.issue_date
        if counted:
            count = ENGLISH_DAY_COUNTS.get(counted.lower()) or parse_numeral(counted)
            start = add_duration(start, count, hit["unit"] or "day") if start and count else None
        found = EffectiveDate(
            start=start,
            until=until,
            basis="on-publication",
            scope=find_scope(self.words[: hit.start()]),
            quote=self.quote(hit.start(), hit.end()),
            derived=bool(counted) and start is not None,
            rule="date.counted-from-publication" if counted else "date.on-publication",
        )
        return found if until else apply_duration(found, self.words[hit.end() :], "")

    def continue_date(self, last: EffectiveDate) -> list[EffectiveDate]:
        """Return the end, if any, of a start in an earlier sentence (上述措施有效期5年)."""
        quote = self.quote(0, len(self.sentence.words))
        if (term := find_duration(self.words)) and last.until is None and last.start:
            end = add_duration(last.start, *term)
            rule = f"{last.rule}-for-a-period"
            return [replace(last, until=end, derived=True, quote=quote, rule=rule)]
        if not CONTINUATION_WORDS.search(self.words):
            return []
        found = apply_duration(replace(last, until=None, quote=quote), self.words, "")
        return [found] if found.until else []


def _is_start_date(words: str, word: DateMention, ends: Iterable[DateMention]) -> bool:
    before, behind = words[: word.start], words[word.end :]
    if RANGE_FROM.search(before) and any(
        RANGE_TO.match(words[word.end : end.start]) for end in ends if end.start > word.end
    ):
        return True
    if FROM_BEFORE.search(before) or FROM_BEFORE.search(HOUR_BETWEEN.sub(" ", before)):
        # 于 and "from" introduce any date; the words that follow must speak of force.
        is_bare = before.rstrip().endswith(("自", "从", "由", "于", "间")) and not TIME_IS.search(before)
        if is_bare:
            return FROM_AFTER.match(behind) is not None or FORCE_AFTER.match(behind) is not None
        has_force = FORCE_WORDS.search(words) is not None and not RECORD_RANGE.search(before)
        return has_force or TIME_IS.search(before) is not None
    is_step = STEPS.search(before) is not None and not UNTIL_BEFORE.search(before)
    is_bare = BARE_FROM_AFTER.match(behind) is not None and not RECALLED_BEFORE.search(before)
    return is_step or is_bare or (FORCE_AFTER.match(behind) is not None and not behind.startswith("，"))


def _find_time(words: str, word: DateMention) -> time | None:
    """Return the hour that is stated with a day."""
    behind = words[word.end :]
    clock = FROM_AFTER.match(behind) or RANGE_TO.match(behind[:20])
    if not clock or not clock["hour"]:
        clock = re.match(_CLOCK, behind)
    if clock:
        hour, minute = parse_numeral(clock["hour"]), parse_numeral(clock["minute"] or "0")
    elif english := ENGLISH_CLOCK.search(words, max(0, word.start - 40), word.end + 10):
        hour, minute = int(english[1]), int(english[2])
        hour += 12 if hour < 12 and (english[3] or "").lower().startswith("p") else 0
    else:
        return None
    if hour is None or minute is None or hour > 23 or minute > 59:
        return None
    return time(hour, minute)
