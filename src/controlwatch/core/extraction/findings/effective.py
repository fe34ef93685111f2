"""When a notice takes effect and until when, each date with the sentence that says so."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from itertools import pairwise

from controlwatch.core.extraction.findings.date_scope import find_scope
from controlwatch.core.extraction.findings.merge_dates import merge_dates
from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.identity.kind import REPORT_KINDS
from controlwatch.core.extraction.identity.published import find_issue_date
from controlwatch.core.extraction.mentions.dates import (
    DateMention,
    add_duration,
    apply_duration,
    find_date_mentions,
    find_duration,
    place_after,
)
from controlwatch.core.extraction.mentions.places import opens_with_foreign_state
from controlwatch.core.extraction.mentions.terms import find_phrase_ends, is_about_foreign_act, is_recital
from controlwatch.core.extraction.text.document_text import Sentence
from controlwatch.core.extraction.text.normalize import NUMERAL, parse_numeral
from controlwatch.core.model import EffectiveDate

_FORCE = r"(?:正式)?(?:施行|实施|执行|生效|启用|适用|实行)"
_CLOCK = (
    rf"(?:\s*(?P<hour>\d{{1,2}}|{NUMERAL}{{1,3}})\s*[时点:]\s*"
    rf"(?:(?P<minute>\d{{1,2}}|{NUMERAL}{{1,3}})\s*分?)?)"
)
FROM_BEFORE = re.compile(
    r"(?:自|从|由|于|(?:次日|之日|当日)[（(]|(?:实施|施行|发効|発効|适用开始)日は|\bab(?: dem)?\s|\bmit Wirkung (?:vom|zum)\s|\bzum\s|(?:施行|生效|实施|执行|起始)(?:日期|时间)(?:为|是|[:：])|(?:自|从|由)北京时间"
    r"|\b(?:effective(?: date\W{0,8}| from| on| as of| beginning)?|starting(?: from| on)?"
    r"|beginning(?: on)?|with effect from|as (?:of|from)|from"
    r"|in force (?:from|on|since)|into (?:force|effect|operation) (?:on|as of|as from|from)|(?:takes?|took"
    r"|taking) effect(?: at [\d:]+)?"
    r"(?: ?\([^)]{1,24}\))?(?: on| from| as of)?"
    r"|due on|starts? on|begins? on|apply from|applies from|implemented (?:on|from|as of))\W{0,4}"
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,?\s+(?:the\s+)?)?)\s*$",
    re.IGNORECASE,
)  # 自|2025年11月8日起 · effective from |8 November 2025
_INCLUSIVE = r"(?:\s*[（(](?:不?含[^（）()]{0,6}|以[^（）()]{2,10}为准|[周星]期.|北京时间)[）)])?"
FROM_AFTER = re.compile(
    rf"^[）)]?{_INCLUSIVE}{_CLOCK}?{_INCLUSIVE}\s*(?:起|开始|之日起|以后|之后|后(?=装|启|出口|进口|申报|签)|\s*{_FORCE})"
)  # |12时01分起 · |（含）起
#: A day with 起 behind it begins something, with or without 自 before it.
BARE_FROM_AFTER = re.compile(
    rf"^[）)]?{_INCLUSIVE}{_CLOCK}?{_INCLUSIVE}\s*(?:起(?!草|诉|算(?!；)|初)|から(?!.{{0,30}}まで)|以降)"
)  # 2028年4月1日|起，不再退税
FORCE_AFTER = re.compile(
    rf"^(?!(?:以|之)?前){_INCLUSIVE}{_CLOCK}?\s*(?:起|开始)?[^，。；\n【]{{0,6}}?{_FORCE}"
)  # |起正式实施
UNTIL_BEFORE = re.compile(
    r"(?:终止日期[^，。；]{0,20}[（(]|至|到|截至|延长至|延期至|有效期至|\b(?:until|through|to|till"
    r"|expires? on|ends? on"
    r"|valid until|bis(?: zum| einschließlich)?)\W{0,2}(?:midnight(?: on)? |\d{1,2}:\d{2}(?: [ap]\.?m\.?)? (?:on |of )?)?)\s*$",
    re.IGNORECASE,
)  # 至|2026年11月10日 · until |10 November 2026
UNTIL_AFTER = re.compile(r"^\s*まで")  # 2028年11月10日|まで
#: All the days behind it begin something: takes effect in two steps: 1 September for …, 1 December for …
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
    r"|(?:自|于)?(?:公布|发布|公告)(?:当日|之日|当天)起?(?:生效|施行|实施|执行)|自?(?:公布|发布)当[日天]起|(?<!不是)(?<!并非)自?即日起(?!\s*\d)|(?:立即|即刻|即时|即日)(?:生效|施行|实施|执行)"
    r"|今(?:日|天)?(?:上午|下午|凌晨|中午|晚上?)?(?:\d{1,2}[时点:](?:\d{1,2}分?)?)?起(?=[，,]?(?:正式|暂停|恢复|实施|禁止|对|施行|生效))"
    rf"|自(?:公布|发布|印发)(?:之日)?(?:(?:的|起)?(?P<next>次日)|(?:之日)?后第\s*(?P<nth>{_COUNT})\s*日)起"
    r"|\b(?P<days>\d{1,3}|thirty|sixty|ninety) days (?:after|from|following) (?:the )?(?:(?:date|day) of )?"
    r"(?:its |the )?(?:publication|promulgation|issuance|announcement)\b"
    r"|\b(?:(?:upon (?:its )?|(?:from|as of|as from) the (?:date|day) of (?:its )?)"
    r"(?:publication|promulgation|release|announcement|issuance)|(?:effective|takes effect"
    r"|with) immediate(?:ly| effect)"
    r"|effective immediately|takes? effect (?:at once|immediately)"
    r"|on the (?:date|day) of (?:its )?(?:publication|promulgation|issuance|release|issue"
    r"|announcement)|immediate upon publication"
    r"|(?:on|from|as of) the (?:day|date) (?:on which )?(?:it|this \w+|the \w+) (?:is|was) (?:published|issued|promulgated|released)|since publication|upon being published"
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
RANGE_TO = re.compile(rf"^{_CLOCK}?\s*起?\s*(?:至|到|—|–|-|~|to|until|through|till)\s*$", re.IGNORECASE)
RANGE_FROM = re.compile(
    r"^\W*(?:[（(]?[一二三四五六七八九十\d]{1,3}[)）]?[、.．]?)?\s*$|(?:自|从|由|期限为?|有效期为?|期间为?|[:：]|\bfrom|\bbetween)\s*$",
    re.IGNORECASE,
)
RECORD_RANGE = re.compile(r"(?:sentences?|dated|held) from\s*$")  # held from 1 to 3 May: not of force
#: A day at which something older ends.
LAPSE_WORDS = re.compile(r"^[^，。；\n]{0,6}(?:届满|到期|期满)")
CONTINUATION_WORDS = re.compile(r"暂停|延长|\bsuspended\b")
TERM_WORDS = re.compile(
    r"暂停|延长|延期|顺延|有效期|期限|继续|禁止|试行|豁免|\bsuspen|\bexten|\bon hold\b|\bpaus|\bexempt"
    r"|\bvalid",
    re.IGNORECASE,
)  # without these words an end alone does not end a measure
NOT_FORCE = re.compile(
    r"废止的|之日起\s*\d*\s*个?(?:工作)?日内|审查期限|有效期(?:不超过|内)|起算|截止时间|^附件|\.(?:pdf|docx?|xlsx?)\s*$"
    r"|国家标准|行业标准|GB(?:/T)? ?\d|ISO ?\d|征求|反馈意见|报名|公示期|公告期限|年 +月"
)
#: From here on a sentence is about contracts and goods under way, not about the measure.
UNDER_WAY = re.compile(
    r"(?:已(?:经)?(?:签订|签署|签发|申报|启运|起运|装运|装船|报关|离境|取得|领取|获得))|在途|过渡期|宽限期|仍可|执行完毕|以前启运"
    r"|\b(?:concluded before|signed before|in transit|(?<!no )grace period)\b"
)
CLAUSE_NUMBER = re.compile(
    r"^\s*(第[一二三四五六七八九十]+条|[一二三四五六七八九十]+(?=、)|[一二三四五六七八九]是|(?:First|Second|Third|Fourth)(?=,)|\d{1,2}(?=[.．:：])|[IVX]{1,4}(?=\.))"
)
#: The step that a stage makes, in a notice with several: 由13%下调至6%, 取消…出口退税.
RATE_STEP = re.compile(
    r"(?:由|从)?\s*\d[\d.]*%\s*(?:提高|下调|上调|调整|降|调低|调高)[^，。；\d]{0,4}\d[\d.]*%"
    r"|(?:调整为|调至|降至|下调至|上调至|提高至|提高到|恢复执行|按|征收|加征)\s*\d[\d.]*%|取消[^，。；\n]{1,30}"
    r"|\bfrom \d[\d.]*(?:%| percent) to \d[\d.]*(?:%| percent)"
)
QUESTION = re.compile(r"^\s*(?:【[^】\n]{0,16}记者[^】\n]{0,8}】|问[:：]|记者[:：]|Q[:：])")
ANNOUNCED_WORDS = re.compile(r"(?:商务部|海关总署|工信部)[^。；\n]{0,30}(?:公告|发布|公布|宣布)")
NUMBER_WORD = re.compile(r"\d\s*号|\bNo(?:s)?\. ?\d")
SAME_DAY = re.compile(
    r"(?:自|从|于)?(?:同日|该日|当日)(?:起|から|より)|\b(?:from|as from|on|as of|effective|takes? effect|took effect|in force) the same (?:day|date)\b"
)
RECALL_LENGTH = 8  #: characters in which a sentence says that it recalls the past (此前，…)
FOREIGN_ACT = re.compile(
    r"[^，。；\n]{0,16}(?:自|政府|宣布|将|限制|对我|对华|加征)"
)  # 日本自2026年2月15日起限制…
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
DATE_MARKS = re.compile(r"起|至|期|暂停|延长|[自由]\d|后装|后启运|\bthe same d")
ACTING_WORDS = re.compile(
    r"恢复|废止|暂停|停止|取消|不再|下调|降为|调整为|列入|移出|增列|删去|加征|\bsuspend|\bretain|\bcease|\brepeal|\bresum|\bremov|\babolish|\breduc",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedSentence:
    """A sentence that may date the measure, and what its days are read against."""

    context: ReadingContext
    sentence: Sentence
    words: str  #: of the sentence, up to where it turns to goods under way
    anchor: date | None  #: the day of publication, for days without a year
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
        if same and PERMIT_WORDS.search(words[: same.start()]):  # 批复函件自…之日起失效
            return
        if same and earlier is None and self.context.told_on:
            earlier = self.issue_date
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
            is_report = self.context.identity.kind in REPORT_KINDS
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
            yield found if until else apply_duration(found, words[word.end :], words[: word.start])

    def _build_publication_date(self, hit: re.Match[str], until: date | None) -> EffectiveDate:
        """Return a start on publication or a stated time after it."""
        counted = hit["count"] or hit["days"] or hit["nth"] or (hit["next"] and "1")
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
    for sentence in context.text.sentences:
        words = sentence.words
        clause = CLAUSE_NUMBER.match(words)
        if clause and ACTING_WORDS.search(words):
            acting_clauses.add(clause[1])
        under_way = UNDER_WAY.search(words)
        measure = words[: under_way.start()] if under_way else words
        if not (DATE_MARKS.search(words) or FORCE_WORDS.search(words)) or NOT_FORCE.search(measure):
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
            issue_date=issue_date,
        )
        earlier = next((one.start for one in reversed(found) if one.start), None)
        found += list(dated.find_dates(earlier)) or (dated.continue_date(found[-1]) if found else [])
    dates = merge_dates(found, is_several=len(acting_clauses) > 1)
    if len(dates) == 1 and RATE_STEP.fullmatch(dates[0].scope):
        dates = (replace(dates[0], scope="all"),)  # the only step is the whole
    if not dates and is_own:
        return (EffectiveDate(start=None, basis="not-stated", quote="", rule="date.not-stated"),)
    return dates


def _sets_no_date(context: ReadingContext, words: str) -> bool:
    """Return whether a sentence only recalls what a numbered notice set, or is a reporter's question.

    A question that repeats what was announced dates an answer that only explains it.
    """
    if QUESTION.match(words) and not ANNOUNCED_WORDS.search(words):
        return True
    return NUMBER_WORD.search(words) is not None and is_recital(context.lexicon, words, context.told_on)


def _is_start_date(words: str, word: DateMention, ends: Iterable[DateMention]) -> bool:
    before, behind = words[: word.start], words[word.end :]
    if RANGE_FROM.search(before) and any(
        RANGE_TO.match(words[word.end : end.start]) for end in ends if end.start > word.end
    ):
        return True
    if FROM_BEFORE.search(before) or FROM_BEFORE.search(HOUR_BETWEEN.sub(" ", before)):
        # 于 and "from" introduce any date; the words that follow must speak of force.
        if before.rstrip().endswith(("自", "从", "由", "于", "间")):
            return FROM_AFTER.match(behind) is not None or FORCE_AFTER.match(behind) is not None
        return FORCE_WORDS.search(words) is not None and not RECORD_RANGE.search(before)
    if STEPS.search(before) and not UNTIL_BEFORE.search(before):
        return True
    if BARE_FROM_AFTER.match(behind) and not RECALLED_BEFORE.search(before):
        return True
    return FORCE_AFTER.match(behind) is not None and not behind.startswith("，")


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
