"""What a compliance officer must not have to guess from a message: cancelled dates, missing names, both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.core.extraction.mentions.clauses import name_clause
from controlwatch.core.extraction.mentions.numbers import parse_number
from controlwatch.core.extraction.report.summary import build_summary
from controlwatch.core.law.graph import LegalState
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import (
    Alert,
    CategoryFinding,
    Deadline,
    Direction,
    EffectiveDate,
    Entity,
    KeyDate,
    Language,
    Notice,
    NoticeKind,
    ReminderSubject,
)
from controlwatch.core.rendering.card import Card, build_card
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.state_text import format_state

LEXICON = load_lexicon()
TODAY, DAY = date(2027, 3, 1), date(2027, 4, 8)
NOTICE = Notice(
    title="公告",
    language="zh-Hans",
    is_change=True,
    direction=Direction.TIGHTEN,
    published=TODAY,
    effective=(EffectiveDate(start=DAY, basis="stated", quote="自2027年4月8日起施行"),),
)


def told(notice: Notice, language: Language = "en", **more: object) -> Card:
    alert = Alert(
        kind="new", made_at=datetime(2027, 3, 1, 4, tzinfo=UTC), title="公告", watcher="w", notice=notice
    )
    context = CardContext(lexicon=LEXICON, language=language, today=TODAY)
    return build_card(replace(alert, **more), context)  # type: ignore[arg-type]


def concerning(*categories: str, **more: object) -> Notice:
    found = tuple(CategoryFinding(id=name, quote="物项") for name in categories)
    return replace(NOTICE, categories=found, **more)  # type: ignore[arg-type]


def on_key_date(event: str, *, gone: bool = False) -> ReminderSubject:
    subject = KeyDate(date=DAY, event=event, key="MOFCOM 2027-1", number="MOFCOM 2027-1", title="", quote="")
    return ReminderSubject(event=subject, was=DAY if gone else None, gone=gone)


@pytest.mark.parametrize(
    ("event", "language", "words"),
    [
        ("takes effect", "en", "DATE CANCELLED: does not take effect on 8 Apr 2027"),
        ("suspension ends", "en", "DATE CANCELLED: suspension does not end on 8 Apr 2027"),
        ("takes effect", "zh", "日期取消：2027年4月8日不生效"),
        ("comments-close", "en", "DATE CANCELLED: comments close on 8 Apr 2027"),
    ],
)
def test_a_cancelled_date_is_never_told_as_one_that_comes(event: str, language: Language, words: str) -> None:
    card = told(concerning("graphite"), language, kind="moved", occasion=on_key_date(event, gone=True))
    assert card.headline.startswith(words)
    assert " day" not in card.headline
    assert next(fact.value for fact in card.facts if fact.word == "what") in card.headline


def test_dates_of_several_notices_cancelled_together_each_name_their_notice_and_items() -> None:
    def cancel(number: str, *categories: str) -> ReminderSubject:
        own = on_key_date("takes effect", gone=True)
        return replace(own, event=replace(own.event, key=number, number=number, categories=categories))

    first, second = cancel("MOFCOM 2027-1"), cancel("MOFCOM 2027-2", "battery")
    notice = concerning("graphite", number=parse_number("MOFCOM 2027-1", LEXICON))
    card = told(notice, kind="moved", occasion=first, others=(second,))
    assert "+1 more date · graphite, batteries (MOFCOM 2027-1, MOFCOM 2027-2)" in card.headline
    happenings = [fact.value for fact in card.facts if fact.word == "what"]
    assert happenings == [
        "does not take effect on 8 Apr 2027",
        "does not take effect on 8 Apr 2027 · MOFCOM 2027-2 · batteries",
    ]


def test_what_begins_with_a_suspension_is_a_suspension() -> None:
    notice = concerning("graphite", direction=Direction.SUSPEND)
    card = told(notice, kind="reminder", occasion=on_key_date("takes effect"))
    assert "suspension begins 8 Apr 2027" in card.headline


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (LegalState.NOT_YET, "not yet in force, from 9 Apr 2027 · 尚未生效，自2027年4月9日起"),
        (LegalState.IN_FORCE, "in force until 8 Apr 2027 · 有效（至2027年4月8日）"),
    ],
)
def test_a_state_in_both_languages_is_whole_in_each(state: LegalState, words: str) -> None:
    assert format_state(state, DAY, language="both") == words


def test_a_listing_of_which_names_are_missing_is_not_screened_by_the_names_alone() -> None:
    listing = concerning(
        "entity.control_list", entities=(Entity(zh="样例公司", en="Sample LLC", action="list"),)
    )
    whole, part = (
        told(listing),
        told(replace(listing, doubts=("The title speaks of 3 parties; 1 were read.",))),
    )
    checks = [next(fact.value for fact in card.facts if fact.word == "check") for card in (whole, part)]
    assert checks[0].endswith("against: Sample LLC.")
    assert checks[1].endswith("against: Sample LLC, and the others that the notice lists.")


def test_a_draft_says_until_when_to_comment_and_an_explanation_of_which_day_it_is() -> None:
    closes = Deadline(kind="comments-close", date=DAY, quote="")
    draft = concerning("graphite", kind=NoticeKind.DRAFT, is_change=False, deadlines=(closes,))
    assert told(draft).headline == "DRAFT FOR COMMENT until 8 Apr 2027 · graphite"
    answer = concerning("graphite", kind=NoticeKind.FAQ, is_change=False, direction=Direction.CLARIFY)
    assert told(answer).headline == "EXPLANATION of 1 Mar 2027 · graphite"


def test_an_explanation_has_no_legal_status_of_its_own() -> None:
    answer = concerning("graphite", kind=NoticeKind.FAQ, is_change=False, direction=Direction.CLARIFY)
    alert = Alert(kind="new", made_at=datetime(2027, 3, 1, tzinfo=UTC), title="", watcher="w", notice=answer)
    status = LegalStatus(number="X", title="", on=TODAY, state=LegalState.IN_FORCE)
    context = CardContext(lexicon=LEXICON, language="en", today=TODAY)
    assert [f.word for f in build_card(alert, context, status=status).facts if f.word == "status"] == []


def test_port_dues_are_charged_on_ships_and_not_on_goods() -> None:
    notice = concerning("shipping", destinations=("US",))
    assert (
        "charges special port dues on ships linked to the United States" in build_summary(notice, LEXICON).en
    )
    card = told(notice)
    assert card.headline == "PORT FEE from 8 Apr 2027 · ships linked to the United States"
    check = next(fact.value for fact in card.facts if fact.word == "check")
    assert check == "Check port calls in China of ships linked to the United States on or after 8 Apr 2027."


@pytest.mark.parametrize(
    ("clause", "name"),
    [
        ("本公告“一（一）”和“一（二）”部分", "Article 1 item 1, Article 1 item 2"),
        ("“一（三）”部分", "Article 1 item 3"),
        ("24个百分点", "24 percentage points"),
    ],
)
def test_a_part_is_named_in_english_however_it_is_cited(clause: str, name: str) -> None:
    assert name_clause(clause) == name
