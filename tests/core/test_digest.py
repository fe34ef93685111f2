"""What a digest says first, and what leaves in it once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.core.alerting.gap_alerts import build_gap_alert
from controlwatch.core.alerting.reminders import PlannedAlert, merge_reminders
from controlwatch.core.alerting.routing import NOT_READABLE, OPERATOR_REASON
from controlwatch.core.alerting.signed_links import SignedLinks
from controlwatch.core.alerting.system_alerts import build_system_alert
from controlwatch.core.law.number_gaps import Lead
from controlwatch.core.model import (
    Alert,
    CategoryFinding,
    Delivery,
    Direction,
    DocumentNumber,
    EffectiveDate,
    KeyDate,
    Language,
    Notice,
    ReminderSubject,
    Subscription,
)
from controlwatch.core.model.alert import SUSPENSION_ENDS, TAKES_EFFECT
from controlwatch.core.model.state import PlannedDelivery
from controlwatch.core.rendering.digest_text import GRAVITY
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.message import Message, MessageComposer
from controlwatch.core.rendering.plain_text import render_text
from controlwatch.core.rendering.reason_text import describe_reasons
from controlwatch.core.rendering.wording import WORDS

LEXICON = load_lexicon()
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
READER = Subscription(id=1, channel="email", target="a@b.example", language="en", health=False)


def notice(n: int, direction: Direction = Direction.TIGHTEN) -> Notice:
    return Notice(
        title=f"第{n}号公告",
        language="zh-Hans",
        number=DocumentNumber(issuers=("MOFCOM",), year=2026, n=n),
        issuers=("MOFCOM",),
        is_change=True,
        direction=direction,
        effective=(EffectiveDate(start=date(2026, 4, 1), basis="stated", quote="自2026年4月1日起实施"),),
        categories=(CategoryFinding(id="battery.liion", quote="锂离子电池"),),
    )


def news(n: int, direction: Direction = Direction.TIGHTEN) -> Alert:
    found = notice(n, direction)
    return Alert(kind="new", made_at=NOW, title=found.title, watcher="w", notice=found)


def reminder(n: int, event: str, day: date) -> Alert:
    key_date = KeyDate(date=day, event=event, number=f"MOFCOM 2026-{n}", key=f"MOFCOM 2026-{n}", title="")
    return replace(news(n), kind="reminder", watcher="clock", occasion=ReminderSubject(event=key_date))


DOWN = build_system_alert(
    "health-down",
    ("a: not readable", "甲：无法读取"),
    ("Why.", "原因。"),
    watcher="a",
    now=NOW,
    technical="reshaped",
)


def delivered(alert: Alert, subscription: Subscription = READER, *, number: int, why: str = "") -> Delivery:
    return Delivery(
        id=number, alert_id=number, alert=alert, subscription=subscription, attempts=1,
        key=f"{number:032x}", message="k", why=why,
    )  # fmt: skip


def compose(*alerts: Alert, language: Language = "en", health: bool = False) -> Message:
    reader = replace(READER, language=language, health=health)
    found = tuple(delivered(alert, reader, number=n) for n, alert in enumerate(alerts, 1))
    return MessageComposer(lexicon=LEXICON, now=NOW).compose(found)


LONG = (
    DOWN,
    news(1, Direction.CLARIFY),
    reminder(2, SUSPENSION_ENDS, date(2026, 12, 31)),
    replace(news(3), kind="report"),
    news(4),
    news(5, Direction.RELAX),
    news(6),
    reminder(7, TAKES_EFFECT, date(2026, 4, 1)),
)


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "2 new controls, 1 suspension ends on 31 Dec; 5 more"),
        ("zh", "新增管制2项，暂停期满1项（12月31日）；另有5项"),
    ],
)
def test_the_first_line_of_a_digest_names_the_gravest_and_counts_the_rest(
    language: Language, subject: str
) -> None:
    assert compose(*LONG, language=language).subject == subject


def test_a_digest_puts_law_before_explanations_and_these_before_the_health_of_sources() -> None:
    found = [card.tone for card in compose(*LONG).cards]
    assert found[:2] == ["tighten", "tighten"]
    assert found[-3:] == ["report", "clarify", "health-down"]


def test_the_button_of_each_card_belongs_to_its_alert() -> None:
    message = compose(*LONG)
    numbers = [int(key, 16) if key else 0 for key in message.action_keys]
    titles = [LONG[number - 1].title if number else DOWN.title for number in numbers]
    assert [card.title or card.heading for card in message.cards] == titles


def test_every_word_of_a_first_line_has_a_chinese_name() -> None:
    assert {word for word in GRAVITY if word not in WORDS} <= {"deadline"}


def test_an_alert_that_several_subscriptions_of_a_reader_ask_for_is_one_card_with_all_reasons() -> None:
    second = replace(READER, id=2, categories=("battery",))
    links = SignedLinks(public_url="https://alerts.example", secret=b"s" * 32)
    message = MessageComposer(lexicon=LEXICON, now=NOW, links=links).compose(
        (
            delivered(news(1), number=1, why="subscribed to everything"),
            delivered(news(1), second, number=1, why="category battery.liion"),
        )
    )
    (card,) = message.cards
    assert "you subscribed to everything; items Li-ion batteries" in card.footer[-1]
    assert message.subject == card.headline
    ends = [links.build_unsubscribe_url(number) for number in (1, 2)]
    assert all(url in render_text(message) for url in ends)


def test_readers_of_two_languages_at_one_target_get_both() -> None:
    chinese = replace(READER, id=2, language="zh")
    found = (delivered(news(1), number=1), delivered(news(2), chinese, number=2))
    subject = MessageComposer(lexicon=LEXICON, now=NOW).compose(found).subject
    assert subject == "2 new controls · 新增管制2项"


def test_the_technical_reason_is_for_operators_only() -> None:
    assert "reshaped" in render_text(compose(DOWN, health=True))
    assert "reshaped" not in render_text(compose(DOWN, health=False))


@pytest.mark.parametrize(("language", "heading"), [("en", "a: not readable"), ("zh", "甲：无法读取")])
def test_a_health_alert_is_read_in_the_language_of_its_reader(language: Language, heading: str) -> None:
    (card,) = compose(DOWN, language=language).cards
    assert card.heading == heading
    assert card.summary == (("Why.",) if language == "en" else ("原因。",))


def test_an_alert_that_was_stored_before_it_had_a_chinese_text_is_shown_in_english() -> None:
    (card,) = compose(replace(DOWN, chinese=None), language="zh").cards
    assert card.heading == "a: not readable"


def test_a_numbering_gap_is_told_in_chinese() -> None:
    leads = [Lead(subject=f"MOFCOM 2026-{n}", kind="gap", reason="seen") for n in range(1, 12)]
    (card,) = compose(build_gap_alert(leads, now=NOW), language="zh").cards
    assert card.heading.startswith("未见编号：MOFCOM 2026-1、")
    assert "等11个编号" in card.heading


@pytest.mark.parametrize(
    ("stored", "english", "chinese"),
    [
        ("subscribed to everything", "you subscribed to everything", "您订阅了全部内容"),
        ("category battery.liion; issuer MOFCOM", "items Li-ion batteries; issuer MOFCOM", "物项：可充放电锂离子电池；发布机关：商务部"),
        ("direction tighten; destination US", "direction stricter; destination United States", "方向：收紧；目的地：美国"),
        ("HS code 85076000, 85079090", "HS code 85076000, 85079090", "海关商品编号：85076000、85079090"),
        ("term a, b; c", "term a, b; c", "关键词：a, b；c"),
        (f"category {NOT_READABLE}", f"items {NOT_READABLE}", "物项：该公告中未能识别，为稳妥起见仍发送"),
        (OPERATOR_REASON, OPERATOR_REASON, "运维订阅接收所有待判定文件"),
    ],
)  # fmt: skip
def test_a_reason_is_given_by_names_in_the_language_of_the_reader(
    stored: str, english: str, chinese: str
) -> None:
    for language, words in (("en", english), ("zh", chinese)):
        context = CardContext(lexicon=LEXICON, language=language, today=NOW.date())  # type: ignore[arg-type]
        assert describe_reasons(stored, context) == words


def planned(alert: Alert, *subscriptions: int, muted: bool = False) -> PlannedAlert:
    found = (PlannedDelivery(subscription_id=n, due_at=NOW, why="x", muted=muted) for n in subscriptions)
    key = alert.occasion.event.key if alert.occasion is not None else None
    return PlannedAlert(alert=alert, deliveries=tuple(found), notice_key=key)


def test_the_dates_of_one_notice_that_are_due_on_a_day_are_one_reminder_to_whoever_gets_any() -> None:
    starts = planned(reminder(1, TAKES_EFFECT, date(2026, 3, 3)), 1, 2)
    ends = planned(reminder(1, SUSPENSION_ENDS, date(2026, 4, 1)), 2, 3)
    other = planned(reminder(2, TAKES_EFFECT, date(2026, 3, 3)), 1)
    merged, alone = merge_reminders((starts, ends, other))
    assert merged.alert.occasion == ends.alert.occasion
    assert merged.alert.others == (starts.alert.occasion,)
    assert sorted(item.subscription_id for item in merged.deliveries) == [1, 2, 3]
    assert alone == other
    (card,) = compose(merged.alert).cards
    assert "+1 more date" in card.heading
    values = [fact.value for fact in card.facts if fact.word == "what"]
    assert [value.split(" (")[0] for value in values] == [
        "suspension ends 1 Apr 2026",
        "takes effect 3 Mar 2026",
    ]


def test_a_reminder_that_one_of_its_dates_is_not_muted_for_is_sent() -> None:
    quiet = planned(reminder(1, TAKES_EFFECT, date(2026, 3, 3)), 1, muted=True)
    loud = planned(reminder(1, SUSPENSION_ENDS, NOW.date() + timedelta(days=30)), 1)
    (merged,) = merge_reminders((quiet, loud))
    assert [item.muted for item in merged.deliveries] == [False]
