"""The day of signing or writing: of promulgation, signature, label, dateline or page, in this order."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from controlwatch.core.extraction.identity.kind import INSTRUMENT_KINDS
from controlwatch.core.extraction.mentions.dates import REPUBLIC_YEARS, find_date_mentions
from controlwatch.core.extraction.mentions.issuers import find_issuers, remove_issuer_names
from controlwatch.core.extraction.mentions.terms import contains_phrase
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import NoticeKind

DateSource = Literal["promulgation", "signature", "label", "dateline", "page", "given", "lead"]
CLOSING_BRACKET = re.compile(r"[（(]([^（）()\n]{6,60})[)）][。.]?$")
#: A day and the folded words it was read from.
QuotedDate = tuple[date, str]

CLOCK = re.compile(r",?\s+\d{1,2}:\d{2}\b.*$")  # Mar 11, 2029|, 5:42 PM GMT+8
SIGNED_LINES = 14  #: lines at the foot, annexes left aside, that can be a signature
HEAD_BRACKET = re.compile(r"[（(]([^（）()\n]{6,300})[）)]")
ENGLISH_DATELINE = re.compile(
    r"^[A-Z][A-Za-z/ .]{2,40}(?:, [A-Z][a-z]+\.?)?,?\s+"
    r"\(?([A-Z][a-z]{2,8}\.? \d{1,2}|\d{1,2} [A-Z][a-z]{2,8})"
    r"(?:(?:,? \(?(\d{4})\)?)?\s*(?:[(/][A-Za-z][\w .&'-]+[)/]\s*)?(?:--?|—|–)"
    r"|,? (?P<year>\d{4})\. (?=[A-Z]))"
)  # BEIJING, Oct. 21, 2026 -- · TOKYO/BEIJING, March 18 (2027) -
GERMAN_DATELINE = re.compile(
    r"^[A-ZÄÖÜ][\wäöüß/ .-]{2,40}, (?:den )?(\d{1,2}\. ?(?:\d{1,2}\."
    r"|[A-Z][a-zä]{2,8}) ?\d{4})(?=\.? ?(?:[–—-]|$| [A-Z]))"
)  # Frankfurt, 4. Dezember 2028. – · Hamburg, 26.11.2027. Das
BARS = re.compile(r"[|｜\t]")
MIN_ROW_CELLS = 3  #: of a row of a table
WIRE_LENGTH = 24
HEAD_LINES = 8
LOOSE_LENGTH = 100  #: characters of a line that only says who wrote when
MIN_TITLE = 16  #: characters of a title that a page prints once more
HALF_A_YEAR = timedelta(days=182)
STATISTICS_LAG = timedelta(days=45)  #: from the first day of a month until its figures are out
FOOT_LINES = 3
HEAD_LENGTH = 1500  #: characters in which the lines of a head are found
LINE_LENGTH = 60  #: characters; a longer line is prose


@dataclass(frozen=True, slots=True)
class PublicationDate:
    """A publication day and the source that states it."""

    day: date
    source: DateSource
    quote: str = ""  #: the words it was read from; "" where it is not in the text


def find_publication_date(
    text: DocumentText,
    lexicon: Lexicon,
    *,
    label: str | None,
    page: date | None,
    given: date | None,
    kind: NoticeKind,
) -> PublicationDate | None:
    """Return the publication day from the most trusted source that states one, or None.

    `label` and `page` are the days that the page prints as a label and as its own; `given` is the day
    that came with the document.
    """
    head = text.folded_text[text.title_end : text.title_end + HEAD_LENGTH]
    lines = _split_lines(head)
    is_signed = kind in INSTRUMENT_KINDS or kind == NoticeKind.DRAFT
    # The bracket below a law's title: passed, promulgated, last revised.
    is_law = kind in {NoticeKind.LAW, NoticeKind.REGULATION}
    note = lexicon.get_pattern("published.promulgation-note").search(head) if is_law else None
    noted = find_date_mentions(note[1], lexicon) if note else ()
    promulgated = [
        (word.day, note[1])
        for word in noted
        if word.day and note and note[1][word.end : word.end + 1] != "起"
    ]
    labelled = _find_first_date(label, lexicon) if label else None
    sources: tuple[tuple[DateSource, Callable[[], QuotedDate | None]], ...] = (
        ("promulgation", lambda: promulgated[-1] if promulgated else None),
        ("signature", lambda: _find_signature_date(text, lexicon) if is_signed else None),
        ("label", lambda: (labelled, label) if labelled and label else None),
        ("signature", lambda: _find_bracketed_date(text, lexicon) if is_signed else None),
        ("label", lambda: _find_date_behind_number(text, lexicon) if is_signed else None),
        ("label", lambda: _find_own_statement(text, lexicon) if is_signed else None),
        ("dateline", lambda: _find_dateline(text, page or given, lexicon)),
        ("page", lambda: (page, "") if page else _find_page_date(_drop_frame(text, lines), lexicon)),
        ("given", lambda: (given, "") if given else None),
        ("lead", lambda: _find_lead_date(_drop_other_days(lines, lexicon), lexicon)),
        ("dateline", lambda: None if is_signed else _find_republic_stamp(text, lexicon)),
        ("dateline", lambda: None if is_signed else _find_loose_dateline(text, lexicon)),
    )
    for source, find_date in sources:
        if found := find_date():
            return PublicationDate(found[0], source, text.find_original(found[1]))
    return None


def find_date_above(preface: str, original: str, lexicon: Lexicon) -> PublicationDate | None:
    """Return the day that the lines above a document's head state, as those above a full text do.

    `preface` is folded; its words are quoted where they stand so in the original text.
    """
    above = DocumentText.from_parts("", preface)
    found = find_publication_date(above, lexicon, label=None, page=None, given=None, kind=NoticeKind.NEWS)
    is_verbatim = found is not None and found.quote in " ".join(original.split())
    return replace(found, quote="") if found and not is_verbatim else found


def _find_republic_stamp(text: DocumentText, lexicon: Lexicon) -> QuotedDate | None:
    """Return the day in figures of the Republic's calendar at the end of a report: 1170109."""
    stamp = lexicon.get_pattern("published.republic-stamp").search(text.folded_text)
    if stamp is None:
        return None
    try:
        return date(int(stamp[1]) + REPUBLIC_YEARS, int(stamp[2]), int(stamp[3])), stamp[0].strip()
    except ValueError:  # 1170231
        return None


def _find_bracketed_date(text: DocumentText, lexicon: Lexicon) -> QuotedDate | None:
    """Return the day in a bracket at the head: （2028年11月6日发布）, (Adopted on October 26, 2028 …)."""
    get_pattern = lexicon.get_pattern
    head = text.folded_text[: text.title_end + HEAD_LENGTH // 2]
    for hit in HEAD_BRACKET.finditer(head):
        line = head[head.rfind("\n", 0, hit.start()) + 1 : hit.start()]
        if line.endswith("》") and not line.startswith("《"):  # 对《…条例》（2024年9月30日公布）作如下修改
            continue
        if (
            get_pattern("published.bracket-words").search(hit[1])
            or not get_pattern("published.bracket-rest").sub("", hit[1]).strip()
        ) and (day := _find_first_date(hit[1], lexicon)):
            return day, hit[1]
    return None


def _find_date_behind_number(text: DocumentText, lexicon: Lexicon) -> QuotedDate | None:
    """Return the day that ends a head behind its number: Announcement No. 14 of 2027, 5 November 2027."""
    head = text.folded_text[: text.title_end]
    day = next(iter(find_date_mentions(head[-LINE_LENGTH:], lexicon)), None)
    if day is None or day.day is None or head[-LINE_LENGTH:][day.end :].strip(" )）.。|"):
        return None
    start = len(head) - len(head[-LINE_LENGTH:]) + day.start
    is_behind = lexicon.get_pattern("published.behind-number").search(head[:start])
    return (day.day, head[start:]) if is_behind else None


def _find_own_statement(text: DocumentText, lexicon: Lexicon) -> QuotedDate | None:
    """Return the day on which an instrument says that it was issued: 本公告于2029年3月1日公布."""
    stated = lexicon.get_pattern("published.own-statement").search(text.folded_text)
    printed = next((stated[name] for name in ("zh", "en", "beside") if stated[name]), "") if stated else ""
    day = _find_first_date(printed, lexicon)
    return (day, stated[0]) if stated and day else None


def _drop_frame(text: DocumentText, lines: list[str]) -> list[str]:
    """Return the lines behind the place where a page prints the title once more, below its menus."""
    titled = [i for i, line in enumerate(lines) if len(line) >= MIN_TITLE and text.title.startswith(line)]
    return lines[titled[0] + 1 :] if titled else lines


def _find_page_date(lines: list[str], lexicon: Lexicon) -> QuotedDate | None:
    """Return the day on a line of the head that the page prints itself."""
    for line in lines[:HEAD_LINES]:
        if (
            len(line) < 2 * LINE_LENGTH
            and lexicon.get_pattern("published.page-line").search(line)
            and (day := _find_first_date(line, lexicon))
        ):
            return day, line
    return None


def _find_lead_date(lines: list[str], lexicon: Lexicon) -> QuotedDate | None:
    """Return the day that the first paragraph opens with, or calls today; a month is not enough."""
    long_lines = [line for line in lines if len(line) > LINE_LENGTH]  # those above a page's text are short
    for line in (*lines[:3], *long_lines[:3]):
        if lexicon.get_pattern("date.question").match(line):
            continue  # what a reporter asks about was before
        names = ("published.today", "published.weekday-bracket")
        today = next((hit for name in names if (hit := lexicon.get_pattern(name).search(line))), None)
        if today and (day := _find_first_date(today[1], lexicon)):
            return day, today[0]
        for word in find_date_mentions(line[:60], lexicon):
            is_month = lexicon.get_pattern("published.month-only").search(line[: word.end])
            if word.day and word.start <= 2 and not is_month:
                return word.day, line[: word.end]
    return None


def _find_loose_dateline(text: DocumentText, lexicon: Lexicon) -> QuotedDate | None:
    """Return the day of a short line at the top or the foot of a report, which says nothing else of it."""
    lines = _drop_other_days(_split_lines(text.folded_text[: _find_older_mail(text, lexicon)]), lexicon)
    top, foot = lines[:HEAD_LINES], lines[-FOOT_LINES - 1 :]
    closing = CLOSING_BRACKET.search(foot[-1]) if foot else None  # (Newswire, Nov 14, 2028)
    closes = lexicon.get_pattern("published.closing-words")
    signed = next((hit for line in reversed(foot[-2:]) if (hit := closes.search(line))), None)
    if signed and (day := _find_first_date(next(group for group in signed.groups() if group), lexicon)):
        return day, signed[0].strip()
    for line in (*top, *reversed(foot), *([closing[1]] if closing else ())):
        if len(line) > LOOSE_LENGTH or lexicon.get_pattern("published.loose-verbs").search(line):
            continue
        for word in find_date_mentions(line, lexicon):
            is_month = lexicon.get_pattern("published.month-only").search(line[: word.end])
            if word.day and not (is_month or word.yearless):
                return word.day, line
    return None


def _find_first_event(text: DocumentText, lexicon: Lexicon) -> date | None:
    """Return a day near that of writing, from the first day that a report names.

    Most often it lies ahead of the report; the month of a statistic lies behind it.
    """
    named = (word for word in find_date_mentions(text.folded_text, lexicon) if word.day)
    word = next(named, None)
    if word is None or word.day is None:
        return None
    is_month = lexicon.get_pattern("published.month-only").search(text.folded_text[: word.end])
    is_figure = contains_phrase(lexicon, "market", text.find_sentence(word.start).words)
    return word.day + STATISTICS_LAG if is_month and is_figure else word.day - HALF_A_YEAR


def _find_older_mail(text: DocumentText, lexicon: Lexicon) -> int:
    """Return where the mails begin that a mail quotes, else where the links to other pages do."""
    older = lexicon.get_pattern("report.older-mail").search(text.folded_text, text.title_end)
    return min(older.start() if older else len(text.folded_text), text.related_links_start)


def _find_first_date(text: str, lexicon: Lexicon) -> date | None:
    return next((word.day for word in find_date_mentions(text, lexicon) if word.day), None)


def _split_lines(folded: str) -> list[str]:
    return [line.strip() for line in folded.splitlines() if line.strip()]


def _drop_other_days(lines: list[str], lexicon: Lexicon) -> list[str]:
    """Return the lines without rows of a table, whose days are of measures, and without days of events."""
    event = lexicon.get_pattern("published.event-line")
    widths = [sum(1 for cell in BARS.split(line) if cell.strip()) for line in lines]
    return [
        line
        for line, width in zip(lines, widths, strict=True)
        if (width < MIN_ROW_CELLS or widths.count(width) == 1) and not event.match(line)
    ]


def _parse_bare_date(line: str, lexicon: Lexicon) -> date | None:
    """Return the day of a line that contains nothing else, in one language or in several."""
    words = find_date_mentions(line, lexicon)
    days = {word.day for word in words}
    ends = [0, *(word.end for word in words)]
    starts = [*(word.start for word in words), len(line)]
    between = "".join(line[end:start] for end, start in zip(ends, starts, strict=True))
    return days.pop() if len(days) == 1 and not between.strip(" 。/|()（）") else None


def _find_signature_date(text: DocumentText, lexicon: Lexicon) -> QuotedDate | None:
    """Return the day below or behind an issuer's or a signer's name, or behind the place, and its line."""
    get_pattern = lexicon.get_pattern
    lines = _split_lines(text.folded_text[text.title_end : text.related_links_start])
    for line in lines:  # Beijing, 14 March 2028
        placed = get_pattern("published.signed-at").match(line) if len(line) <= LINE_LENGTH else None
        if placed and (day := _parse_bare_date(line[placed.end() :].rstrip("."), lexicon)):
            return day, line
    for above, line in pairwise(lines):
        if len(line) > 40 or len(above) > 2 * LINE_LENGTH:
            continue
        day = _parse_bare_date(get_pattern("published.signed-with").sub("", line), lexicon)
        if day and (get_pattern("published.signer").search(above) or find_issuers(above, lexicon)):
            return day, line
    for line in reversed(lines[-SIGNED_LINES:]):  # 商务部　2028年5月10日
        days = find_date_mentions(line, lexicon) if len(line) <= 2 * LINE_LENGTH else ()
        if len(days) == 1 and days[0].day:
            before = line[: days[0].start]
            behind = get_pattern("published.signed-with").sub("", line[days[0].end :]).strip(" 。.)）")
            names = remove_issuer_names(before, lexicon)
            is_named = names != before and not get_pattern("published.name-joint").sub("", names)
            if not behind and (is_named or get_pattern("published.signer").search(before.strip())):
                return days[0].day, line
    # A signature whose names were lost still closes the text.
    for line in reversed(lines[-FOOT_LINES:] if len(lines) > 4 else []):
        if len(line) <= 20 and (day := _parse_bare_date(line, lexicon)):
            return day, line
    return None


def _find_dateline(text: DocumentText, near: date | None, lexicon: Lexicon) -> QuotedDate | None:
    """Return the day that opens a text, is called its date, or closes it in brackets."""
    get_pattern = lexicon.get_pattern
    folded = text.folded_text
    lines = _drop_other_days(_split_lines(folded[: text.title_end + HEAD_LENGTH])[:HEAD_LINES], lexicon)
    marked = get_pattern("published.date-line").search("\n".join(lines))
    if marked and (day := _find_first_date(marked[1], lexicon)):
        return day, marked[0].strip()
    foot = [
        line
        for line in reversed(_split_lines(folded[text.title_end :])[-FOOT_LINES:])
        if len(line) <= LINE_LENGTH
    ]
    editions = (get_pattern("published.edition-line").match(line) for line in foot)
    printed = (_find_first_date(edition[1], lexicon) for edition in editions if edition)
    stamped = _find_page_date(lines, lexicon)
    anchor = near or next((day for day in printed if day), None) or (stamped[0] if stamped else None)
    if anchor is None:
        # The newest number that the text names gives the year. What a report dates first lies ahead of it.
        years = [int(hit[1] or hit[2]) for hit in get_pattern("published.number-year").finditer(folded)]
        first = _find_first_event(text, lexicon) if not years else None
        marked_year = get_pattern("published.copyright").search(folded)
        years = years or ([int(marked_year[1])] if marked_year and not first else [])
        anchor = date(max(years), 7, 1) if years else first
    for line in lines:
        if found := _read_dateline(line, anchor, lexicon):
            return found
    for line in foot:
        edition = get_pattern("published.edition-line").match(line)
        day = _parse_bare_date(line.strip("（）() "), lexicon) or _find_first_date(
            edition[1] if edition else "", lexicon
        )
        if day:
            return day, line
    return None


def _read_dateline(line: str, anchor: date | None, lexicon: Lexicon) -> QuotedDate | None:
    """Return the day of a line in the first form that it has: a wire's, between bars, or at either end."""
    get_pattern = lexicon.get_pattern
    if english := ENGLISH_DATELINE.match(line):
        year = english[2] or english["year"]
        written = f"{english[1]}, {year}" if year else english[1]
        day = next(
            (word.day for word in find_date_mentions(written, lexicon, anchor=anchor) if word.day), None
        )
        if day:
            return day, english[0].strip(" -–—")
    german = GERMAN_DATELINE.match(line)
    if german and (day := _find_first_date(german[1], lexicon)):
        return day, german[0]
    parts = re.split(r"[|｜]", line) if len(line) < 2 * LINE_LENGTH else []
    for part in parts if len(parts) > 1 else ():  # Some Blog | December 18, 2026 | 3 min read
        if day := _parse_bare_date(CLOCK.sub("", part).strip(), lexicon):
            return day, line
    days = [word for word in find_date_mentions(line[:200], lexicon, anchor=anchor) if word.day]
    wire = get_pattern("published.wire-mark")  # 【两部门：6月1日起恢复…】某社5月25日|电
    word = next((word for word in days if wire.match(line[word.end :])), next(iter(days), None))
    if word is None or word.day is None or get_pattern("published.month-only").search(line[: word.end]):
        return None
    before, behind = line[: word.start], line[word.end :]
    is_short = len(line) < LINE_LENGTH
    is_sentence = get_pattern("published.sentence-marks").search(before) is not None
    if is_short and get_pattern("published.page-line").search(line) and not re.match(r"\s*\d{4}", line):
        return None
    lead = re.sub(r"^\s*(?:\([^)]*\)|（[^）]*）|【[^】]*】|〔[^〕]*〕)\s*", "", before).strip()
    is_dateline = any(
        (
            get_pattern("published.date-caption").search(before),
            get_pattern("published.agency-before").match(before),
            get_pattern("published.wire-mark").match(behind)
            and get_pattern("published.agency-before").match(lead),
            not is_sentence
            and get_pattern("published.wire-mark").match(behind)
            and len(before) <= WIRE_LENGTH,
            is_short
            and get_pattern("published.before-lone-date").match(before)
            and get_pattern("published.after-lone-date").match(behind),
            is_short and not is_sentence and not behind.strip(" 　）)"),
            not lead and (not behind.strip() or get_pattern("published.after-dateline").match(behind)),
        )
    )
    return (word.day, line[: word.end]) if is_dateline else None


# --------------------------------------------------------------------------- the notice a report is about

WEEKDAY_PHRASE = re.compile(
    r"\b(?:said|announced|issued|released|published|unveiled)[^.\n]{0,80}?\bon (Mon|Tues|Wednes|Thurs|Fri"
    r"|Satur|Sun)day\b"
    r"|\bon (Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b[^.\n]{0,60}\b(?:said|announced|issued|released"
    r"|published)"
)  # … said on Friday
WEEKDAYS = ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun")
ISSUE_DATE = re.compile(
    r"\b(?:[Oo]n|dated|posted on|issued on|released on|published on|promulgated on)\s+"
    r"((?:\d{1,2} )?[A-Z][a-z]+\.? (?:\d{1,2}, )?\d{4})"
)  # posted late on November 6, 2026
ISSUE_WORDS = re.compile(r"\b(?:issued|released|published|promulgated|posted|announced)\b", re.IGNORECASE)
ISSUE_ZONE = 80  #: characters of the sentence in which the day stands
NEWS_AGE = timedelta(days=31)
LEAD_LENGTH = 700  #: characters in which a report says when the notice was issued


def _find_stated_issue(text: DocumentText, lexicon: Lexicon) -> date | None:
    """Return the day that a text without a day of its own gives for the notice."""
    for hit in ISSUE_DATE.finditer(text.folded_text):
        before = text.folded_text[max(0, hit.start() - 80) : hit.start()].rpartition(". ")[2]
        behind = text.folded_text[hit.end() : hit.end() + 160].partition(". ")[0]
        day = _find_first_date(hit[1], lexicon)
        if day and any(ISSUE_WORDS.search(words) for words in (before, hit[0], behind)):
            return day
    return None


def _find_told_issue(text: DocumentText, written: date, lexicon: Lexicon) -> date | None:
    """Return the day, shortly before that of writing, in a sentence of the lead on what was issued."""
    for sentence in text.sentences:
        if sentence.start > text.title_end + LEAD_LENGTH:
            break
        if lexicon.get_pattern("published.issued").search(sentence.words):
            if lexicon.get_pattern("published.yesterday").search(sentence.words[:ISSUE_ZONE]):
                return written - timedelta(days=1)
            days = (
                word.day for word in find_date_mentions(sentence.words[:ISSUE_ZONE], lexicon, anchor=written)
            )
            day = next((day for day in days if day and written - NEWS_AGE <= day <= written), None)
            if day:
                return day
    return None


def find_issue_date(text: DocumentText, written: date | None, lexicon: Lexicon) -> date | None:
    """Return the day on which a report says that the notice was issued; else the day it was written."""
    get_pattern = lexicon.get_pattern
    if written is None:
        return _find_stated_issue(text, lexicon)
    lead = text.folded_text[: text.title_end + LEAD_LENGTH]
    if told := _find_told_issue(text, written, lexicon):
        return told
    if day_of_month := get_pattern("published.day-of-month").search(lead):
        # The last such day of a month on or before the day of writing.
        within = (written - timedelta(days=back) for back in range(31))
        return next((day for day in within if day.day == int(day_of_month[1])), written)
    if get_pattern("published.yesterday").search(lead):
        return written - timedelta(days=1)
    if week := WEEKDAY_PHRASE.search(lead):
        return written - timedelta(days=(written.weekday() - WEEKDAYS.index(week[1] or week[2])) % 7)
    return written
