"""When a notice takes effect and until when, each date with the sentence that says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from controlwatch.core.extraction.findings.dated_sentence import DatedSentence, speaks_of_force
from controlwatch.core.extraction.findings.merge_dates import merge_dates
from controlwatch.core.extraction.findings.relation_verbs import find_reciting_number
from controlwatch.core.extraction.findings.table_dates import find_table_dates
from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.identity.published import find_issue_date
from controlwatch.core.extraction.mentions.dates import add_duration, find_date_mentions, parse_period
from controlwatch.core.extraction.mentions.places import opens_with_foreign_state
from controlwatch.core.extraction.mentions.terms import find_phrase_ends, is_about_foreign_act, is_recital
from controlwatch.core.extraction.text.document_text import Sentence
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import parse_numeral
from controlwatch.core.model import EffectiveDate, NoticeKind

QUESTION_ENDS = ("？", "?", "：", ":")
ANSWER_LENGTH = 8  #: characters in which an answer names the day
DAYS_OF_A_MONTH = 31
RECALL_LENGTH = 8  #: characters in which a sentence says that it recalls the past (此前，…)
#: Words of a dated sentence that date something else.
ASIDES = ("date.own-limit", "date.quoted-rule", "relation.relative-clause", "date.application-clause")


def find_effective_dates(context: ReadingContext, *, is_own: bool) -> tuple[EffectiveDate, ...]:
    """Return the dates a notice sets; a text that sets its own, but none, gets one entry "not stated".

    `is_own` is false for a report, which dates another's notice. Where no sentence says in known words when
    something begins, the days ahead that close or limit nothing are taken: they date what is announced.
    """
    lexicon = context.lexicon
    dates: tuple[EffectiveDate, ...] = ()
    for is_loose in (False, True):
        found, acting_clauses = _collect_dates(context, is_own=is_own, is_loose=is_loose)
        if not is_loose:
            found += find_table_dates(context)
        dates = merge_dates(found, lexicon, is_several=len(acting_clauses) > 1)
        if dates:
            break
    dates = _add_term_of_whole(context, _add_rest_term(context, dates))
    if len(dates) == 1 and lexicon.get_pattern("date.rate-step").fullmatch(dates[0].scope):
        dates = (replace(dates[0], scope="all"),)  # the only step is the whole
    if not dates and is_own:
        return (EffectiveDate(start=None, basis="not-stated", quote="", rule="date.not-stated"),)
    return dates


def _collect_dates(
    context: ReadingContext, *, is_own: bool, is_loose: bool
) -> tuple[list[EffectiveDate], set[str]]:
    """Return the dates that the sentences state, and the numbers of the clauses that do something."""
    lexicon, anchor = context.lexicon, context.identity.anchor
    published = context.identity.publication_day
    issue_date = published if is_own else find_issue_date(context.text, published, lexicon)
    found: list[EffectiveDate] = []
    acting_clauses: set[str] = set()
    before = words = ""
    for sentence in context.text.sentences:
        before, words = words, sentence.words
        clause = lexicon.get_pattern("date.clause-number").match(words)
        if clause and lexicon.get_pattern("date.acting").search(words):
            acting_clauses.add(clause[1])
        is_asked = before.rstrip().endswith(QUESTION_ENDS)
        if is_asked and lexicon.get_pattern("date.when-question").search(before):
            told = _find_told_day(context, sentence, anchor)
            if told is not None:
                found.append(told)
                continue
        is_dated = lexicon.get_pattern("date.marks").search(words) or speaks_of_force(words, lexicon)
        if not (is_dated or is_loose) or _is_in_question(context, sentence):
            continue
        under_way = lexicon.get_pattern("date.under-way").search(words)
        measure = words[: under_way.start()] if under_way else words
        for aside in (
            "date.own-limit",
            "date.quoted-rule",
            "relation.relative-clause",
            "date.application-clause",
        ):
            measure = lexicon.get_pattern(aside).sub(lambda hit: " " * len(hit[0]), measure)
        if _dates_nothing(context, sentence, measure, is_own=is_own):
            continue
        dated = DatedSentence(
            context=context,
            sentence=sentence,
            words=measure,
            anchor=anchor,
            last_day=_find_last_day(before, anchor, lexicon),
            issue_date=_find_issue_day(context, before, words) or issue_date,
            is_loose=is_loose,
        )
        earlier = next((one.start for one in reversed(found) if one.start), None)
        stated = list(dated.find_dates(earlier))
        may_continue = found and not (context.told_on and lexicon.get_pattern("date.past").search(words))
        found += stated or (dated.continue_date(found[-1]) if may_continue else [])
    return found, acting_clauses


def _dates_nothing(context: ReadingContext, sentence: Sentence, measure: str, *, is_own: bool) -> bool:
    """Return whether a sentence is on other days, recalls the past, or tells of another state's measure."""
    lexicon, words = context.lexicon, sentence.words
    if lexicon.get_pattern("date.not-force").search(measure) or context.is_background(sentence.start):
        return True
    if context.is_beside_news(words):
        return True
    recall_ends = find_phrase_ends(lexicon, "background", words[:RECALL_LENGTH])
    is_abroad = not is_own or lexicon.get_pattern("date.foreign-act").match(words)
    if recall_ends or (is_abroad and opens_with_foreign_state(words, lexicon)):
        return True
    if is_own and lexicon.get_pattern("date.recited-start").search(words):
        return find_reciting_number(context, sentence) is not None
    is_told = context.told_on is not None and lexicon.get_pattern("date.told-before").search(words)
    return bool(is_told) or is_about_foreign_act(lexicon, words) or _sets_no_date(context, words)


def _add_rest_term(context: ReadingContext, dates: tuple[EffectiveDate, ...]) -> tuple[EffectiveDate, ...]:
    """Return the only date with the end that follows from the term for which another sentence lets it rest.

    China suspended the bans for one year. The suspension, effective March 10, covers …
    """
    if len(dates) != 1 or dates[0].start is None or dates[0].until is not None:
        return dates
    lexicon = context.lexicon
    terms: dict[tuple[int, str], Sentence] = {}
    for sentence in context.text.sentences:
        own = lexicon.get_pattern("date.quoted-rule").sub("", sentence.words)
        period = lexicon.get_pattern("date.rest-term").search(own)
        is_asked = context.identity.kind == NoticeKind.SPOKESPERSON and is_asked_about(context, sentence)
        is_recited = find_reciting_number(context, sentence) is not None
        if period and not (is_asked or is_recited or _is_term_of_another(context, sentence.words)):
            term = parse_period(period)
            terms |= {term: sentence} if term else {}
    if len(terms) != 1:
        return dates
    term, sentence = next(iter(terms.items()))
    until, rule = add_duration(dates[0].start, *term), f"{dates[0].rule}-for-a-period"
    return (replace(dates[0], until=until, derived=True, rule=rule),)


def _add_term_of_whole(
    context: ReadingContext, dates: tuple[EffectiveDate, ...]
) -> tuple[EffectiveDate, ...]:
    """Return the dates, each with the end of the notice where its term is counted from publication."""
    told = context.identity.publication_day
    term = context.lexicon.get_pattern("date.term-of-whole").search(context.text.folded_text)
    if term is None or told is None or not (count := parse_numeral(term["count"])):
        return dates
    until = add_duration(told, count, term["unit"])
    return tuple(
        replace(found, until=until, derived=True, rule=f"{found.rule}-for-a-period")
        if found.start and found.until is None
        else found
        for found in dates
    )


def _is_term_of_another(context: ReadingContext, words: str) -> bool:
    """Return whether a sentence gives the term of a licence, of an older notice or of a foreign measure."""
    get_pattern = context.lexicon.get_pattern
    return bool(
        get_pattern("date.past").search(words)
        or get_pattern("date.permit-words").search(words)
        or _sets_no_date(context, words)
        or is_about_foreign_act(context.lexicon, words)
    )


def _find_last_day(words: str, anchor: date | None, lexicon: Lexicon) -> date | None:
    """Return the last day that a sentence names."""
    return next(
        (word.day for word in reversed(find_date_mentions(words, lexicon, anchor=anchor)) if word.day), None
    )


def _find_issue_day(context: ReadingContext, *sentences: str) -> date | None:
    """Return the day on which a report says, in one of these sentences, that a notice was issued."""
    told, get_pattern = context.told_on, context.lexicon.get_pattern
    for words in reversed(sentences) if told else ():
        if told and (bare := get_pattern("published.day-of-month").search(words)):
            within = (told - timedelta(days=back) for back in range(DAYS_OF_A_MONTH))
            return next((day for day in within if day.day == int(bare[1])), None)
        issued = get_pattern("date.issued-on").search(words)
        if issued is None:
            continue
        named = find_date_mentions(issued[0], context.lexicon, anchor=told)
        days = [word.day for word in named if word.day and told and word.day <= told]
        if days:
            return days[0]
    return None


def _find_told_day(context: ReadingContext, sentence: Sentence, anchor: date | None) -> EffectiveDate | None:
    """Return the day with which a sentence answers the question when: 啥时候开始？|明年1月1日！"""
    day = next(iter(find_date_mentions(sentence.words, context.lexicon, anchor=anchor)), None)
    if day is None or day.day is None or day.start > ANSWER_LENGTH:
        return None
    quote = context.text.quote_around(sentence.start + day.start, sentence.start + day.end)
    return EffectiveDate(start=day.day, basis="stated", quote=quote, rule="date.answered")


def is_asked_about(context: ReadingContext, sentence: Sentence) -> bool:
    """Return whether a sentence stands in the line of a reporter's question."""
    folded = context.text.folded_text
    words = folded[folded.rfind("\n", 0, sentence.start) + 1 : sentence.end]
    return context.lexicon.get_pattern("date.question").match(words) is not None


def _is_in_question(context: ReadingContext, sentence: Sentence) -> bool:
    """Return whether a sentence is part of a reporter's question, which reaches to the end of its line.

    A question that repeats what was announced dates an answer that only explains it.
    """
    folded = context.text.folded_text
    words = folded[folded.rfind("\n", 0, sentence.start) + 1 : sentence.end]
    is_announced = context.lexicon.get_pattern("date.announced").search(words) is not None
    return is_asked_about(context, sentence) and not is_announced


def _sets_no_date(context: ReadingContext, words: str) -> bool:
    """Return whether a sentence only recalls what a numbered notice set."""
    get_pattern = context.lexicon.get_pattern
    if get_pattern("relation.later-recital").match(words):
        return True
    is_numbered = get_pattern("date.number-word").search(words) is not None
    told = context.identity.publication_day if context.identity.kind == NoticeKind.SPOKESPERSON else None
    return is_numbered and is_recital(context.lexicon, words, told or context.news_day)
