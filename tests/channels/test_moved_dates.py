"""A notice that moves a date of another: every message says from which day to which, with the words that do so."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime

import pytest
from rich.console import Console

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.channels.console import render_panel
from controlwatch.core.alerting.redline import describe_changed_findings
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.model import Alert, Change, Document, KeyDate, Language, Notice, ReminderSubject
from controlwatch.core.rendering.card import Card, build_card
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.html_mail import render_html
from controlwatch.core.rendering.message import Message
from controlwatch.core.rendering.plain_text import render_text
from controlwatch.core.rendering.slack_blocks import render_message_blocks
from controlwatch.testing.slack_limits import texts

LEXICON = load_lexicon()
HEAD = "商务部 海关总署公告2027年第51号 关于更正2027年第40号公告有关内容的公告"
CORRECTION = "原文“本公告自2027年4月1日起正式实施”更正为“本公告自2027年5月10日起正式实施”。"
END = "公告中“有效期至2028年4月1日”更正为“有效期至2028年5月10日”。"
NOW = datetime(2027, 3, 12, 4, tzinfo=UTC)
MOVED = {"en": "moved from 1 Apr 2027 to 10 May 2027", "zh": "由2027年4月1日改为2027年5月10日"}


def correction(sentence: str) -> Notice:
    text = f"现将商务部 海关总署公告2027年第40号更正如下：\n{sentence}\n商务部 海关总署\n2027年3月12日"
    return read_notice(Document(url="https://a.example/1", title=HEAD, text=text), LEXICON)


def told(notice: Notice, language: Language, occasion: ReminderSubject | None = None) -> Card:
    alert = Alert(
        kind="new" if occasion is None else "moved",
        made_at=NOW,
        title=notice.title,
        watcher="w",
        notice=notice,
        occasion=occasion,
    )
    return build_card(alert, CardContext(lexicon=LEXICON, language=language, today=date(2027, 3, 12)))


@pytest.mark.parametrize(
    ("language", "sentence", "headline"),
    [
        (
            "en",
            CORRECTION,
            "DATE MOVED from 1 Apr 2027 to 10 May 2027 · MOFCOM–GACC 2027-40 (MOFCOM–GACC 2027-51)",
        ),
        (
            "zh",
            CORRECTION,
            "日期变更 由2027年4月1日改为2027年5月10日 · 商务部、海关总署公告2027年第40号"
            "（商务部、海关总署公告2027年第51号）",
        ),
        (
            "en",
            END,
            "END DATE MOVED from 1 Apr 2028 to 10 May 2028 · MOFCOM–GACC 2027-40 (MOFCOM–GACC 2027-51)",
        ),
    ],
)
def test_the_headline_says_which_notice_has_another_date_now(
    language: Language, sentence: str, headline: str
) -> None:
    card = told(correction(sentence), language)
    assert (card.headline, card.weight) == (headline, "normal")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_channel_says_from_which_day_to_which_with_the_quote(language: Language) -> None:
    card = told(correction(CORRECTION), language)
    message = Message(subject=card.headline, cards=(card,))
    file = io.StringIO()
    Console(file=file, width=400).print(render_panel(card))
    for shown in (
        "\n".join(texts(render_message_blocks(message))),
        render_html(message),
        render_text(message),
        file.getvalue(),
    ):
        assert MOVED[language] in shown
        assert CORRECTION in shown


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_day_of_the_other_notice_is_not_called_the_day_of_the_correction(language: Language) -> None:
    notice = correction(CORRECTION)
    dates = [fact.value for fact in told(notice, language).facts if fact.word == "effective"]
    assert len(dates) == 1
    assert MOVED[language] in dates[0]
    assert re.findall(r"\d{4}-\d\d-\d\d", getattr(notice.summary, language)) == ["2027-04-01", "2027-05-10"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_who_was_reminded_of_the_old_day_is_told_both(language: Language) -> None:
    event = KeyDate(
        date=date(2027, 5, 10),
        event="takes effect",
        key="MOFCOM-GACC/2027/40",
        number="MOFCOM-GACC 2027-40",
        title=HEAD,
        quote=CORRECTION,
    )
    card = told(correction(CORRECTION), language, ReminderSubject(event=event, was=date(2027, 4, 1)))
    assert MOVED[language] in card.headline


def read_listing(party: str, day: str) -> Notice:
    title = "商务部公告2027年第15号 公布将2家美国实体列入出口管制管控名单的决定"
    text = (
        f"决定将样例航空公司（Sample Aero LLC）、{party}列入出口管制管控名单。\n"
        f"本公告自{day}起正式实施。\n商务部\n2027年3月1日"
    )
    return read_notice(Document(url="https://a.example/15", title=title, text=text), LEXICON)


@pytest.mark.parametrize(
    ("language", "when", "parties"),
    [
        ("en", "date moved from 1 Apr 2027 to 10 May 2027", "entities: Sample Photonics Inc. → Sample Robotics Inc."),
        ("zh", "生效日期由2027年4月1日改为2027年5月10日", "列名实体：Sample Photonics Inc. → Sample Robotics Inc."),
    ],
)  # fmt: skip
def test_an_amended_text_says_which_day_moved_and_which_party_took_the_place_of_which(
    language: Language, when: str, parties: str
) -> None:
    was = read_listing("样例光电公司（Sample Photonics Inc.）", "2027年4月1日")
    now = read_listing("样例机器人公司（Sample Robotics Inc.）", "2027年5月10日")
    alert = Alert(
        kind="amended",
        made_at=NOW,
        title=now.title,
        watcher="w",
        notice=now,
        change=Change(kind="amended", moved=describe_changed_findings(was, now)),
    )
    card = build_card(alert, CardContext(lexicon=LEXICON, language=language, today=date(2027, 3, 12)))
    assert card.when == when
    assert parties in card.moved
