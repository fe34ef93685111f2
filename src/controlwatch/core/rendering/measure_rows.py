"""What the notices of an answer order, for whom, and which act suspended them: rows of a reply."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from controlwatch.core.extraction.report.measures import choose_measure
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import NoticeRecord
from controlwatch.core.law.graph import LegalState
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import DESTINATION_PREFIX, KeyDate, Language, Verb, to_notice_key
from controlwatch.core.model.alert import ANNOUNCED_ONLY, ENDS, SUSPENSION_ENDS
from controlwatch.core.rendering.clause_text import name_part
from controlwatch.core.rendering.day_text import format_date, spell_dates
from controlwatch.core.rendering.replies import ReplyRow
from controlwatch.core.rendering.state_text import format_announced
from controlwatch.core.rendering.wording import find_word, pick_language

#: What happens by itself on a day: no page announces it then.
BY_ITSELF = frozenset({"takes effect", ENDS, SUSPENSION_ENDS})
SENTENCE_END = re.compile(r"(?<=[.。])\s*(?=\S)")
#: What a summary says about itself or about its state on another day.
NOT_OF_THE_MEASURE = re.compile(r"^Page date|suspend|暂停|页面日期", re.IGNORECASE)


def list_measure_rows(
    records: Iterable[NoticeRecord], destination: str, lexicon: Lexicon, language: Language
) -> Iterator[ReplyRow]:
    """Yield what each notice orders: its measure, its destinations, and its summary where it names the place.

    Notices on other destinations only are left out; `destination` is a code.
    """
    for record in records:
        places = [
            found.id.removeprefix(DESTINATION_PREFIX).upper()
            for found in record.notice.categories
            if found.id.startswith(DESTINATION_PREFIX)
        ]
        if places and destination not in places:
            continue
        measure = find_word(choose_measure(record.notice, lexicon), language).lower()
        where = pick_language("every destination", "所有目的地", language)
        if places:
            where = ", ".join(
                lexicon.get_place_name(code, "zh" if language == "zh" else "en") for code in places
            )
        summary = record.notice.summary
        text = (summary.zh or summary.en) if language == "zh" else summary.en
        sentences = [one for one in SENTENCE_END.split(text) if not NOT_OF_THE_MEASURE.search(one)]
        said = " ".join(sentences if places else sentences[:1])
        yield ReplyRow(
            heading=record.line.number or record.line.title,
            body=" · ".join(filter(None, (measure, where, spell_dates(said, language)))),
        )


def list_suspension_rows(statuses: Iterable[LegalStatus], language: Language) -> Iterator[ReplyRow]:
    """Yield which notice suspended which provision, from when, until when, and whether that is over."""
    for status in statuses:
        own = to_notice_key(status.number)
        for step in status.chain:
            if step.verb != Verb.SUSPENDS or step.target != own or step.date > status.on:
                continue
            name = (SUSPENSION_ENDS, step.number, step.clause)
            ends = [one.date for one in status.chain if (one.verb, one.number, one.clause) == name]
            part = f"{status.number} {name_part(step.clause, language)}".strip()
            start = format_date(step.date, language)
            end = format_date(ends[-1], language) if ends else ""
            if ends and ends[-1] < status.on:
                tail = pick_language(f"the suspension ended on {end}", f"暂停已于{end}届满", language)
            elif ends:
                tail = pick_language(f"it is suspended until {end}", f"暂停至{end}", language)
            elif status.state in {LegalState.SUSPENDED, LegalState.PARTLY}:
                tail = pick_language("no end of it is stated", "未载明截止日期", language)
            else:
                tail = pick_language("it is no longer suspended", "现已不再暂停", language)
            announced = format_announced(status.announced, language=language)
            body = pick_language(
                f"suspended {part} from {start}; {tail}", f"自{start}起暂停{part}；{tail}", language
            )
            yield ReplyRow(heading=step.number, body=" · ".join(filter(None, (body, announced))))


def list_event_rows(events: Iterable[KeyDate], language: Language) -> Iterator[ReplyRow]:
    """Yield what took effect, ended or came back by itself, without a notice of that day."""
    for event in events:
        if event.event == ANNOUNCED_ONLY or event.event not in BY_ITSELF:
            continue
        part = f"{event.number} {name_part(event.scope, language)}".strip()
        released = [f"{one.number} {name_part(one.clause, language)}".strip() for one in event.releases]
        again = pick_language("applies again: ", "恢复适用：", language) + ", ".join(released)
        announced = format_announced(event.announced, language=language)
        yield ReplyRow(
            heading=f"{format_date(event.date, language)} {find_word(event.event, language)}",
            body=" · ".join(filter(None, (part, again if released else "", announced))),
            question=f"status {event.number}",
        )
