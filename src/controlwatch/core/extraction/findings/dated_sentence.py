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
from controlwatch.core.extraction.text.lexicon import LATIN_WORD, Lexicon
from controlwatch.core.extraction.text.normalize import parse_numeral
from controlwatch.core.model import EffectiveDate, NoticeKind

ENGLISH_DAY_COUNTS = {"thirty": 30, "sixty": 60, "ninety": 90, "thirtie": 30, "sixtie": 60, "ninetie": 90}
#: The groups of a count of days or months after publication.
PRINTED_BEHIND = re.compile(r"[ ,，(（]{1,3}(?:on )?")  # effective on publication, |September 20, 2027
#: The words before a day that was planned, comes back every year, or is that of a deal or a number.
OTHER_DAYS = ("date.former", "deadline.recurring", "date.of-a-deal", "date.of-number")
COUNTS = ("count", "full", "days", "within", "nth", "ordinal")
STALE_AFTER = timedelta(days=90)  #: a start this long before the signature is background
PAST_TOLERANCE = timedelta(days=31)  #: a start without a year lies at most this far back


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedSentence:
    """A sentence that may date the measure, and what its days are read against."""

    context: ReadingContext
    sentence: Sentence
    words: str  #: of the sentence, up to where it turns to goods under way
    anchor: date | None  #: the day of publication, for days without a year
    last_day: date | None  #: that the sentence before names
    issue_date: date | None  #: as `anchor`; of a report, the day on which it says the notice was issued
    is_loose: bool = False  #: a day ahead begins something even where no known word says so

    def quote(self, start: int, end: int) -> str:
        """Return the quote around a stretch of the words."""
        return self.context.text.quote_around(self.sentence.start + start, self.sentence.start + end)

    def find_dates(self, earlier: date | None) -> Iterator[EffectiveDate]:
        """Yield the stated dates, those that follow from publication, and an end that comes alone.

        `earlier` is the last day stated before, which "the same day" means.
        """
        get_pattern = self.context.lexicon.get_pattern
        words = self.words
        starts, ends = self._sort_days()
        yield from self._build_stated_dates(starts, ends)
        same = get_pattern("date.same-day").search(words)
        if same and self.context.told_on:  # of the day that stands before it
            before = find_date_mentions(words[: same.start()], self.context.lexicon, anchor=self.anchor)
            named = [word.day for word in before if word.day]
            earlier = named[-1] if named and not starts else earlier
        if same and get_pattern("date.permit-before").search(words[: same.start()]):  # 批复函件自…之日起失效
            return
        if same and self.context.told_on and not starts:
            earlier = earlier or self.last_day or self.issue_date
        if not starts and earlier is not None and same:
            yield self._build_same_day(same, earlier, ends[-1].day if ends else None)
            return
        last = ends[-1] if ends else None
        published = [
            hit
            for hit in get_pattern("date.on-publication").finditer(words)
            if not (starts and same and same.start() < hit.end() and hit.start() < same.end())
        ]
        for hit in published:
            if not get_pattern("date.permit-before").search(words[: hit.start()]):  # 许可证自签发之日起生效
                yield self._build_publication_date(hit, last.day if last else None)
        is_permit = last and get_pattern("date.permit-words").search(words[: last.start])
        if last and not (starts or published or is_permit) and get_pattern("date.term").search(words):
            clause = get_pattern("date.clause-number").match(words)
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
        get_pattern = self.context.lexicon.get_pattern
        words = self.words
        days = [
            word
            for word in find_date_mentions(words, self.context.lexicon, anchor=self.anchor)
            if word.day
            and not (word.relative and self.context.identity.publication_day is None)
            and not get_pattern("date.that-year").match(words, word.start)
            and not self._is_of_another(word)
            and not any(get_pattern(name).search(words[: word.start]) for name in OTHER_DAYS)
            and not get_pattern("date.lapse-after").match(words[word.end :])
            and not get_pattern("date.relative-clause").match(words[word.end :])
            and (self._goes_on_from(word) or not get_pattern("date.replaced-after").match(words[word.end :]))
        ]
        replacing = get_pattern("date.replacing-before")
        moved = [word for word in days if replacing.search(words[: word.start])]
        names_start, names_end = get_pattern("date.start-words"), get_pattern("date.end-words")
        is_start = names_start.search(words) or get_pattern("date.postponed").search(words)
        is_start_moved = is_start is not None and not names_end.search(words)
        begins_later = moved if is_start_moved else []
        ends = [] if is_start_moved else list(moved)
        ends += [
            word
            for before, word in pairwise((None, *days))
            if word
            and word not in moved
            and (
                get_pattern("date.until-before").search(words[: word.start])
                or get_pattern("date.until-after").match(words[word.end :])
                or (before and _joins_range(words, before, word, self.context.lexicon))
            )
        ]
        ends.sort(key=lambda word: word.start)
        starts = [
            word
            for word in days
            if word not in ends
            and (
                word in begins_later
                or self._goes_on_from(word)
                or _is_start_date(words, word, ends, self.context.lexicon)
                or (self.is_loose and self._is_ahead(word))
            )
        ]
        starts += [
            word
            for begun, word in pairwise(days)
            if begun in starts
            and word not in (*starts, *ends)
            and self._is_ahead(word)
            and get_pattern("date.coordinated-between").match(words[begun.end : word.start])
        ]
        return starts, [place_after(end, starts, words) for end in ends]

    def _goes_on_from(self, word: DateMention) -> bool:
        """Return whether a day ended a term that goes on from it: 暂停期限由2027年11月10日延长至…."""
        get_pattern = self.context.lexicon.get_pattern
        before, behind = self.words[: word.start], self.words[word.end :]
        is_prolonged = get_pattern("date.prolonged-from").match(behind) is not None
        opens = get_pattern("date.prolonged-before").search(before) is not None
        return is_prolonged and opens and not get_pattern("date.start-words").search(self.words)

    def _is_ahead(self, word: DateMention) -> bool:
        """Return whether a day lies ahead of the text and closes, limits or plans nothing."""
        get_pattern = self.context.lexicon.get_pattern
        told = self.context.identity.publication_day or self.anchor
        before, behind = self.words[: word.start], self.words[word.end :]
        return bool(
            word.day
            and told
            and (word.day > told or (word.yearless and word.day < told - PAST_TOLERANCE))
            and not get_pattern("date.limit-before").search(before)
            and not get_pattern("date.limit-behind").match(behind)
            and not get_pattern("date.other-event").search(self.sentence.words)
        )

    def _build_same_day(self, same: re.Match[str], start: date, until: date | None) -> EffectiveDate:
        """Return a date that begins on the day stated before."""
        found = EffectiveDate(
            start=start,
            until=until,
            basis="stated",
            scope=find_scope(self.words[: same.start()], self.context.lexicon),
            quote=self.quote(same.start(), same.end()),
            rule="date.same-day",
        )
        return found if until else self._apply_duration(found, same.start(), same.end())

    def _is_of_another(self, word: DateMention) -> bool:
        """Return whether a day stands in the bracket behind a number, which is about that notice."""
        opened = self.words.rfind("（", 0, word.start)
        is_closed = opened < 0 or "）" in self.words[opened : word.start]
        ends_number = self.context.lexicon.get_pattern("date.number-before")
        return not is_closed and ends_number.search(self.words[:opened]) is not None

    def _build_stated_dates(
        self, starts: list[DateMention], ends: list[DateMention]
    ) -> Iterator[EffectiveDate]:
        """Pair each start with the end before the next start; a lone start takes the last end."""
        words, published = self.words, self.context.identity.publication
        rate_step = self.context.lexicon.get_pattern("date.rate-step")
        another_act = self.context.lexicon.get_pattern("date.another-act")
        has_begun = self.context.lexicon.get_pattern("date.already-behind")
        is_signed = published is not None and published.source in {"promulgation", "signature", "label"}
        only_end = ends[-1].day if len(starts) == 1 and ends else None
        for word, limit in zip(starts, (*(word.start for word in starts[1:]), len(words)), strict=False):
            day = word.day
            told = self.context.identity.publication_day
            is_past = has_begun.match(words[word.end :]) is not None
            if day and told and word.yearless and day < told - PAST_TOLERANCE and not is_past:
                day = add_duration(day, 1, "year")  # notices speak of what is ahead of them
            identity = self.context.identity
            is_told = identity.is_report or identity.kind == NoticeKind.SPOKESPERSON
            is_stale = day and published and (is_signed or is_told) and published.day - day > STALE_AFTER
            is_recalled = is_past and identity.kind == NoticeKind.SPOKESPERSON  # in a question, most often
            if is_stale or is_recalled or is_about_foreign_act(self.context.lexicon, words[: word.start]):
                continue
            until = next((end.day for end in ends if word.end <= end.start < limit), None) or only_end
            until = until if until and day and until >= day else None  # else the end of something older
            scope = find_scope(words[: word.start], self.context.lexicon)
            step = rate_step.search(words, word.end, limit) if scope == "all" else None
            found = EffectiveDate(
                start=day,
                until=until,
                basis="stated",
                scope=step[0] if step else scope,
                quote=self.quote(word.start, word.end),
                time=_find_time(words, word, self.context.lexicon),
                rule="date.stated",
            )
            dated = found if until else self._apply_duration(found, word.start, word.end)
            yield dated
            if dated.until and (other := another_act.search(words, word.end, limit)):
                quote = self.quote(other.start(), other.end())
                yield replace(found, until=None, scope=other[0].strip("，,;； "), quote=quote)
            elif dated.until and word is starts[-1] and (part := self._find_next_act()):
                quote = self.context.text.quote_around(part.start, part.end)
                yield replace(found, until=None, scope=part.words.strip("。；"), quote=quote)

    def _find_next_act(self) -> Sentence | None:
        """Return the part behind the sentence's semicolon that ends something on the same day."""
        if not self.words.endswith("；"):
            return None
        part = self.context.text.find_sentence(self.sentence.end)
        is_act = self.context.lexicon.get_pattern("date.next-act").match(part.words.rstrip("。；"))
        return part if is_act and part.start == self.sentence.end else None

    def _build_publication_date(self, hit: re.Match[str], until: date | None) -> EffectiveDate:
        """Return a start on publication or a stated time after it."""
        is_morrow = hit["next"] or hit["morrow"]
        counted = next((hit[name] for name in COUNTS if hit[name]), is_morrow and "1")
        is_today = self.context.told_on and self.context.lexicon.get_pattern("date.from-today").search(hit[0])
        start = self.context.told_on if is_today else self.issue_date
        if counted:
            count = ENGLISH_DAY_COUNTS.get(counted.lower()) or parse_numeral(counted)
            start = add_duration(start, count, hit["unit"] or "day") if start and count else None
            behind, that_is = self.words[hit.end() :], self.context.lexicon.get_pattern("date.that-is")
            named = find_date_mentions(behind, self.context.lexicon, anchor=self.anchor)
            start = next((day.day for day in named if that_is.match(behind[: day.start])), None) or start
        elif self.context.told_on and (shown := PRINTED_BEHIND.match(self.words, hit.end())):
            named = find_date_mentions(self.words[shown.end() :], self.context.lexicon, anchor=self.anchor)
            start = next((day.day for day in named if day.start == 0), None) or start
        found = EffectiveDate(
            start=start,
            until=until,
            basis="on-publication",
            scope=find_scope(self.words[: hit.start()], self.context.lexicon),
            quote=self.quote(hit.start(), hit.end()),
            derived=bool(counted) and start is not None,
            rule="date.counted-from-publication" if counted else "date.on-publication",
        )
        before = self.words[: hit.start()]
        term = self.context.lexicon.get_pattern("date.term-right-before").search(before)
        return (
            found
            if until
            else apply_duration(found, self.words[hit.end() :], before if term else "", self.context.lexicon)
        )

    def _apply_duration(self, found: EffectiveDate, start: int, end: int) -> EffectiveDate:
        """Return a date with the end counted from it, where a period stands behind or before its words."""
        return apply_duration(found, self.words[end:], self.words[:start], self.context.lexicon)

    def continue_date(self, last: EffectiveDate) -> list[EffectiveDate]:
        """Return the end, if any, of a start in an earlier sentence (上述措施有效期5年)."""
        quote = self.quote(0, len(self.sentence.words))
        if (term := find_duration(self.words, self.context.lexicon)) and last.until is None and last.start:
            end = add_duration(last.start, *term)
            rule = f"{last.rule}-for-a-period"
            return [replace(last, until=end, derived=True, quote=quote, rule=rule)]
        if not self.context.lexicon.get_pattern("date.continuation").search(self.words):
            return []
        found = apply_duration(replace(last, until=None, quote=quote), self.words, "", self.context.lexicon)
        return [found] if found.until else []


def _is_start_date(words: str, word: DateMention, ends: Iterable[DateMention], lexicon: Lexicon) -> bool:
    get_pattern = lexicon.get_pattern
    before, behind = words[: word.start], words[word.end :]
    if _opens_range(words, word, ends, lexicon):
        return True
    from_before = get_pattern("date.from-before")
    if from_before.search(before) or from_before.search(get_pattern("date.hour-between").sub(" ", before)):
        return _is_of_force(words, word, lexicon)
    if get_pattern("date.shipped-after").match(behind) and get_pattern("date.let-in").search(before):
        return True
    is_step = get_pattern("date.steps").search(before) and not get_pattern("date.until-before").search(before)
    begins, is_past = get_pattern("date.bare-from-after"), get_pattern("date.recalled-before")
    if (
        is_step
        or get_pattern("date.day-of-force").search(before)
        or (begins.match(behind) and not is_past.search(before))
    ):
        return True
    return get_pattern("date.force-after").match(behind) is not None and not behind.startswith("，")


def speaks_of_force(words: str, lexicon: Lexicon) -> bool:
    """Return whether words are of those without which a sentence sets no date."""
    if lexicon.get_pattern("date.force-words").search(words):
        return True
    is_latin = LATIN_WORD.search(words) is not None
    return is_latin and lexicon.get_pattern("date.english-force-words").search(words) is not None


def _is_of_force(words: str, word: DateMention, lexicon: Lexicon) -> bool:
    """Return whether a day behind a word such as "from" begins a measure."""
    get_pattern = lexicon.get_pattern
    before, behind = words[: word.start], words[word.end :]
    is_time = get_pattern("date.time-is").search(before) is not None
    # 于 and "from" introduce any date; the words that follow must speak of force.
    if get_pattern("date.bare-before").search(before) and not is_time:
        openings = map(get_pattern, ("date.from-after", "date.force-after", "date.coordinated-after"))
        return any(pattern.match(behind) for pattern in openings)
    is_record = get_pattern("date.record-range").search(before)
    return is_time or (speaks_of_force(words, lexicon) and not is_record)


def _joins_range(words: str, first: DateMention, last: DateMention, lexicon: Lexicon) -> bool:
    """Return whether the words between two days make them a range: from A to B, between A and B."""
    get_pattern, between = lexicon.get_pattern, words[first.end : last.start]
    if get_pattern("date.range-to").match(between):
        return True
    is_enclosed = get_pattern("date.between-before").search(words[: first.start]) is not None
    return is_enclosed and get_pattern("date.between-and").match(between) is not None


def _opens_range(words: str, word: DateMention, ends: Iterable[DateMention], lexicon: Lexicon) -> bool:
    """Return whether a day is the first of a range: 有效期为2027年1月1日至…, or one that encloses a time."""
    begins = lexicon.get_pattern("date.range-from")
    behind = [end for end in ends if end.start >= word.end]
    is_range = begins.search(words[: word.start]) is not None
    return any(
        (is_range and end.start > word.end and _joins_range(words, word, end, lexicon))
        or _is_span(words, word, end, lexicon)
        for end in behind
    )


def _is_span(words: str, start: DateMention, end: DateMention, lexicon: Lexicon) -> bool:
    """Return whether two days enclose a time: 2028年1月1日至2028年12月31日期间."""
    joint, closing = lexicon.get_pattern("date.range-to"), lexicon.get_pattern("date.span-after")
    between, behind = words[start.end : end.start], words[end.end :]
    if start.end > end.start:
        return False
    if lexicon.get_pattern("date.japanese-range").match(between):
        return lexicon.get_pattern("date.until-after").match(behind) is not None
    return joint.match(between) is not None and closing.match(behind) is not None


def _find_time(words: str, word: DateMention, lexicon: Lexicon) -> time | None:
    """Return the hour that is stated with a day."""
    get_pattern = lexicon.get_pattern
    behind = words[word.end :]
    clock = get_pattern("date.from-after").match(behind) or get_pattern("date.range-to").match(behind[:20])
    if not clock or not clock["hour"]:
        clock = get_pattern("date.clock").match(behind)
    if clock:
        hour, minute = parse_numeral(clock["hour"]), parse_numeral(clock["minute"] or "0")
    elif english := get_pattern("date.english-clock").search(words, max(0, word.start - 40), word.end + 10):
        hour, minute = int(english[1]), int(english[2])
        hour += 12 if hour < 12 and (english[3] or "").lower().startswith("p") else 0
    else:
        return None
    if hour is None or minute is None or hour > 23 or minute > 59:
        return None
    return time(hour, minute)
