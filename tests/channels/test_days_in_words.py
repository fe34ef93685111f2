"""One style of days for people: 8 Nov 2025, or 2025年11月8日; what machines read keeps ISO 8601."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.law.coverage import Coverage, SourceCoverage
from controlwatch.core.model import (
    Alert,
    AlertText,
    AnnouncedMeasure,
    Change,
    Document,
    KeyDate,
    Language,
    ReminderSubject,
    Verb,
)
from controlwatch.core.rendering.card import build_card
from controlwatch.core.rendering.day_text import format_date, spell_dates
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.plain_text import render_card_lines

LEXICON = load_lexicon()
NOW = datetime(2027, 3, 1, 4, tzinfo=UTC)
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
TITLE = "商务部公告2027年第58号 公布暂停实施商务部公告2026年第46号第二款的决定"
TEXT = "经批准，商务部公告2026年第46号第二款自即日起至2028年2月27日暂停实施。\n商务部\n2027年2月28日"
NOTICE = replace(
    read_notice(Document(url="https://a.example/58.html", title=TITLE, text=TEXT), LEXICON),
    published=date(2027, 2, 28),
    doubts=("register: issued 2027-02-28 with medium confidence",),
)
PLAIN = Alert(kind="new", made_at=NOW, title=TITLE, watcher="w", notice=NOTICE)
ANNOUNCED = AnnouncedMeasure(
    verb=Verb.EXTENDS, source="a readout", on=date(2027, 2, 20), until=date(2029, 1, 1)
)
END = KeyDate(
    event="suspension ends",
    date=date(2027, 3, 9),
    number="MOFCOM 2027-58",
    title=TITLE,
    key="MOFCOM 2027-58",
    announced=(ANNOUNCED,),
    quote="register: suspends MOFCOM 2026-46 until 2027-03-09 (the official text, high confidence)",
)
READ = Coverage(
    sources=(SourceCoverage(watcher="w", name="W", issuer="MOFCOM", last_read=NOW),),
    database_until=NOW.date(),
)
ALERTS = {
    "new": PLAIN,
    "amended": replace(
        PLAIN, kind="amended", change=Change(kind="amended", moved=("effective: none → 2027-03-01",))
    ),
    "reminder": replace(PLAIN, kind="reminder", occasion=ReminderSubject(event=END)),
    "ended": replace(
        PLAIN, kind="reminder", occasion=ReminderSubject(event=replace(END, date=date(2027, 2, 28)))
    ),
    "moved": replace(PLAIN, kind="reminder", occasion=ReminderSubject(event=END, was=date(2027, 3, 4))),
    "outlook": replace(PLAIN, kind="outlook", notice=None, agenda=(END,)),
    "health": replace(
        PLAIN,
        kind="health-down",
        notice=None,
        title="a: not readable since 2027-02-27 09:00 Beijing time",
        body="Not read since 2027-02-27 09:00 Beijing time.",
        chinese=AlertText(
            title="a：自 2027-02-27 09:00（北京时间）起无法读取", body="自 2027-02-27 09:00 起。"
        ),
    ),
}


@pytest.mark.parametrize("language", ["en", "zh", "both"])
@pytest.mark.parametrize("name", ALERTS)
def test_no_card_has_an_iso_day(name: str, language: Language) -> None:
    context = CardContext(lexicon=LEXICON, language=language, today=date(2027, 3, 1), coverage=READ)
    lines = list(render_card_lines(build_card(ALERTS[name], context)))
    assert [line for line in lines if ISO_DAY.search(line)] == []
    wanted = r"\d年\d{1,2}月\d{1,2}日" if language == "zh" else r"\d{1,2} (Feb|Mar) 2027"
    assert re.search(wanted, "\n".join(lines))


@pytest.mark.parametrize("language", ["en", "zh", "both"])
@pytest.mark.parametrize("name", ["reminder", "ended", "outlook"])
def test_what_comes_up_says_up_to_when_the_sources_were_read_where_there_is_a_gap(
    name: str, language: Language
) -> None:
    gap = READ.limit_to(date(2027, 3, 5), now=NOW + timedelta(days=4))
    words = "所知截至2027年3月1日" if language == "zh" else "as known on 1 Mar 2027"
    for coverage, is_said in ((gap, True), (READ.limit_to(date(2027, 3, 1), now=NOW), False)):
        context = CardContext(lexicon=LEXICON, language=language, today=date(2027, 3, 5), coverage=coverage)
        card = build_card(ALERTS[name], context)
        assert (words in f"{card.headline} {' '.join(card.summary)}") is is_said


@given(day=st.dates())
def test_a_day_in_a_sentence_is_spelled_as_it_is_alone(day: date) -> None:
    assert spell_dates(f"known until {day}, not later") == f"known until {format_date(day)}, not later"
    assert spell_dates(f"自 {day} 起适用", "zh") == f"自{format_date(day, 'zh')}起适用"


@pytest.mark.parametrize(
    "text",
    [
        "2025-58",
        "MOFCOM 2025-61",
        "https://a.example/2025-11-08/1.html",
        "2025-13-40",
        "t2025-11-08.pdf",
        "IEC 2025-11-081",
    ],
)
def test_numbers_and_addresses_are_no_days(text: str) -> None:
    assert spell_dates(text) == text
