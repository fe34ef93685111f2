"""A Chinese subscriber gets Chinese throughout, an English one English; the title stays as it was published."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.core.alerting.ended_subscriptions import ENDED_TITLE
from controlwatch.core.alerting.signed_links import SignedLinks
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.law.answers import DeliveryReason
from controlwatch.core.model import Alert, Change, Direction, Document, Language, Notice, Subscription
from controlwatch.core.rendering.card import Card, build_card
from controlwatch.core.rendering.confirmation_card import build_confirmation_card
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.message import Message
from controlwatch.core.rendering.plain_text import render_card_lines
from controlwatch.core.rendering.reason_text import describe_delivery
from controlwatch.core.rendering.sentences_zh import translate_finding, translate_sentence
from controlwatch.core.rendering.slack_blocks import render_message_blocks

LEXICON = load_lexicon()
NOW = datetime(2027, 3, 1, 4, tzinfo=UTC)
TITLE = "商务部公告2027年第58号 公布暂停实施商务部公告2026年第46号第二款的决定"
TEXT = "经批准，商务部公告2026年第46号第二款自即日起至2028年2月27日暂停实施。\n商务部\n2027年2月28日"
#: A Latin word of three letters or more; names of units, codes and the product are not sentences.
ENGLISH = re.compile(r"\b(?!MOFCOM|GACC|HS|https?|controlwatch|example)[A-Za-z]{3,}\b")


def suspension() -> Notice:
    return read_notice(Document(url="https://a.example/58.html", title=TITLE, text=TEXT), LEXICON)


def drawn(notice: Notice, language: Language, **more: object) -> Card:
    alert = Alert(kind="new", made_at=NOW, title=notice.title, watcher="w", notice=notice, **more)  # type: ignore[arg-type]
    return build_card(alert, CardContext(lexicon=LEXICON, language=language, today=date(2027, 3, 1)))


def test_a_chinese_card_has_no_english_sentence() -> None:
    notice = replace(suspension(), doubts=("The title speaks of 6 parties; 5 were read.",))
    card = replace(
        drawn(notice, "zh", change=Change(kind="amended", moved=("effective: none → 2027-03-01",))), footer=()
    )
    assert ENGLISH.findall("\n".join(render_card_lines(card))) == []


def test_an_english_card_is_english_beside_the_title_and_the_quotes() -> None:
    card = drawn(suspension(), "en")
    values = "\n".join((card.badge, card.when, *card.summary, *(fact.value for fact in card.facts)))
    assert re.findall(r"[一-鿿]", values) == []
    assert card.title == TITLE


def test_a_provision_is_named_in_the_readers_language() -> None:
    english = next(fact.value for fact in drawn(suspension(), "en").facts if fact.word == "relations")
    chinese = next(fact.value for fact in drawn(suspension(), "zh").facts if fact.word == "relations")
    assert english == "suspends MOFCOM 2026-46 item 2"
    assert chinese == "暂停 商务部公告2026年第46号 第二款"


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("3 characters of the page could not be decoded.", "页面有 3 个字符无法解码。"),
        ("附件1.pdf: could not be fetched: 404", "附件1.pdf：未能获取（404）。"),
        ("only the first 20 of 35 pages were read", "共 35 项，仅识读前 20 项。"),
        ("a sentence that nobody has put into Chinese", "a sentence that nobody has put into Chinese"),
    ],
)
def test_a_sentence_of_the_reader_is_put_into_chinese_and_an_unknown_one_is_kept(
    english: str, chinese: str
) -> None:
    assert translate_sentence(english) == chinese


def test_what_changed_is_named_in_chinese() -> None:
    assert translate_finding("effective: not stated → 2027-03-01") == "生效日期：未载明 → 2027-03-01"


@pytest.mark.parametrize(
    "quote",
    [
        "register: takes effect 2027-05-01 until 2028-01-10 (the official text, high confidence)",
        "register: suspends MOFCOM 2026-46 第二款 until 2028-02-27 (a page of the issuer, medium confidence)",
        "register: 第二款: does not state when it takes effect (press reports, low confidence)",
    ],
)
def test_a_fact_of_the_reference_database_is_put_into_chinese_and_is_no_quotation(quote: str) -> None:
    notice = suspension()
    spans = tuple(replace(span, quote=quote) for span in notice.effective)
    card = drawn(replace(notice, effective=spans), "zh")
    lines = [line.strip() for line in render_card_lines(card) if "参考数据库" in line]
    assert lines
    assert ENGLISH.findall("\n".join(lines)) == []
    assert not any(line.startswith("「") for line in lines)


@pytest.mark.parametrize("language", ["en", "zh", "both"])
def test_the_buttons_of_an_alert_are_in_the_readers_language(language: Language) -> None:
    card = replace(drawn(suspension(), language), mutable=(("battery", "x"),), review=7, is_shortened=True)
    message = Message(subject="s", cards=(card,), action_keys=("0" * 32,))
    (actions,) = [block for block in render_message_blocks(message) if block["type"] == "actions"]
    labels = [item.get("text", item.get("placeholder"))["text"] for item in actions["elements"]]
    labels += [option["text"]["text"] for item in actions["elements"] for option in item.get("options", ())]
    assert len(labels) > 12
    for label in labels:
        has_english, has_chinese = bool(ENGLISH.search(label)), bool(re.search(r"[一-鿿]", label))
        assert (has_english, has_chinese) == (language != "zh", language != "en"), label


@pytest.mark.parametrize("ended", [False, True])
def test_the_owner_of_an_address_is_asked_in_one_language_what_is_sent(ended: bool) -> None:
    wanted = Subscription(
        channel="email",
        target="a@b.example",
        id=1,
        language="zh",
        categories=("battery.liion",),
        issuers=("MOFCOM",),
        directions=(Direction.TIGHTEN,),
        destinations=("US",),
        hs_prefixes=("8507",),
    )
    alert = Alert(
        kind="confirmation", made_at=NOW, title=ENDED_TITLE if ended else "t", watcher="w", body="王"
    )
    links = SignedLinks(public_url="https://cw.example", secret=b"k" * 32)
    card = build_confirmation_card(alert, wanted, links, LEXICON, now=NOW)
    words = " ".join((card.badge, card.heading, *card.summary)).replace("a@b.example", "")
    assert ENGLISH.findall(words) == []
    for part in ("可充放电锂离子电池", "商务部", "收紧", "美国", "8507"):
        assert part in words


def test_why_an_alert_was_sent_is_said_in_the_language_of_the_subscription() -> None:
    reason = DeliveryReason(
        kind="new", made_at=NOW, state="sent", why="category battery.liion; direction tighten", language="zh"
    )
    row = describe_delivery(reason, LEXICON)
    assert row.heading == "2027年3月1日 12:00（北京时间） 新公告"
    assert row.body == "已发送：物项：可充放电锂离子电池；方向：收紧"
    english = describe_delivery(replace(reason, language="en"), LEXICON)
    assert english.body == "sent: items Li-ion batteries; direction stricter"
