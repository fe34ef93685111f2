"""Answers are written for people: days in words, names of items and lists; ids and ISO days belong to JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from controlwatch.adapters.catalog.vocabulary_loader import load_vocabulary
from controlwatch.bootstrap.question_app import open_question
from controlwatch.core.rendering.proof_text import format_proof
from controlwatch.core.rendering.replies import Reply
from controlwatch.services.answer_question import QuestionResponder
from controlwatch.settings import Settings

NOW = datetime(2026, 10, 20, 4, tzinfo=UTC)
ISO_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")
QUESTIONS = (
    "latest", "latest battery", "latest rare earth", "show 2025-58", "show 2024-46", "status 2025-58", "status battery",
    "status dysprosium", "lookup 8507.60", "lookup gallium", "lookup 镝", "upcoming 90", "upcoming rare_earth 90",
    "history gallium", "history 2024-46", "compare 2025-11-01 2025-11-15", "entity Skydio", "entity Zwiebelkuchen Allgäu",
)  # fmt: skip


@pytest.fixture(scope="module")
def responder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuestionResponder]:
    with open_question(Settings(state_dir=tmp_path_factory.mktemp("none"))) as app:
        yield QuestionResponder(queries=app.queries, vocabulary=load_vocabulary())


def answered(responder: QuestionResponder, text: str, now: datetime = NOW) -> Reply:
    return responder.answer(responder.understand(text, now=now), now=now)


def list_words(reply: Reply) -> list[str]:
    """What a reader sees, without the words of notices and the addresses."""
    rows = [part for row in reply.rows for part in (row.heading, re.sub(r"https?://\S+", "", row.body))]
    return [reply.title, reply.note, *rows, *reply.cautions]


def test_a_week_that_has_just_begun_is_answered_with_the_days_before(responder: QuestionResponder) -> None:
    monday = datetime(2026, 9, 28, 1, tzinfo=UTC)  # something was published on this day
    assert answered(responder, "what changed this week?", monday - timedelta(days=14)).rows == ()
    later = answered(responder, "what changed this week?", datetime(2026, 8, 10, 4, tzinfo=UTC))
    assert "Nothing known for 10 Aug 2026 so far; looked at instead: 3 Aug 2026 to 10 Aug 2026" in later.note
    assert {row.heading.split(" ", 1)[1] for row in later.rows} >= {
        "5 Aug 2026 MOFCOM 2026-34",
        "5 Aug 2026 MOFCOM Order 2026-3",
    }
    assert "3 Aug 2026 to 10 Aug 2026" in later.title


def test_a_longer_period_that_has_nothing_is_not_answered_with_a_shorter_one(
    responder: QuestionResponder,
) -> None:
    reply = answered(responder, "what changed this quarter?", datetime(2026, 12, 20, 4, tzinfo=UTC))
    assert "1 Oct 2026 to 20 Dec 2026" in reply.title


def test_an_empty_period_says_what_was_read_and_offers_longer_ones(responder: QuestionResponder) -> None:
    reply = answered(responder, "本周有什么变化", datetime(2026, 9, 14, 4, tzinfo=UTC))
    assert reply.rows == ()
    assert any("尚未读取任何官方来源" in caution for caution in reply.cautions)
    commands = [offer.value for offer in reply.offers]
    assert commands == ["最新 2026-08-15 to 2026-09-14", "最新 2026-06-16 to 2026-09-14"]
    assert all(responder.understand(command, now=NOW).intent == "latest" for command in commands)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gallium to Japan today?", "no notice in this answer names Japan"),
        ("gallium to Japan today?", "other destinations only are named by MOFCOM 2024-46 (United States)"),
        ("can I export gallium to the US?", "United States is named by MOFCOM 2024-46"),
        ("镓到日本", "本答复中的公告均未点名日本"),
        ("what changed for drones to the US in 2026?", "United States is named by MOFCOM 2026-34"),
    ],
)
def test_the_notices_that_name_a_destination_are_told_from_the_others(
    responder: QuestionResponder, text: str, said: str
) -> None:
    assert said in " ".join(answered(responder, text).cautions)


@pytest.mark.parametrize("text", QUESTIONS)
def test_an_answer_has_no_iso_day_and_no_id_of_a_category(responder: QuestionResponder, text: str) -> None:
    words = list_words(answered(responder, text))
    assert [line for line in words if ISO_DAY.search(line)] == []
    lexicon = responder.queries.names.lexicon
    ids = {name for name in lexicon.category_ids if "." in name or "_" in name}
    shown = {word.strip(",;()") for line in words for word in line.split()}
    assert shown & ids == set()


@pytest.mark.parametrize(
    ("text", "listing"),
    [
        ("which companies were listed in August 2026?", "MOFCOM Order 2026-2"),
        ("who was sanctioned in August 2026?", "MOFCOM Order 2026-3"),
        ("2026年6月有哪些企业被列入关注名单", "MOFCOM 2026-28"),
        ("2026年7月哪些公司被列入管控名单", "MOFCOM 2026-30"),
    ],
)
def test_which_parties_were_listed_is_answered_with_the_listings_of_that_time(
    responder: QuestionResponder, text: str, listing: str
) -> None:
    reply = answered(responder, text)
    assert any(listing in row.heading for row in reply.rows)
    assert "similar name" not in reply.note


def test_a_bare_name_is_searched_among_the_listed_parties_too(responder: QuestionResponder) -> None:
    found = answered(responder, "Lockheed Martin")
    assert any("Lockheed Martin" in row.heading for row in found.rows)
    assert "Read as: entity Lockheed Martin" in found.note
    unknown = answered(responder, "Zwiebelkuchen")
    assert "No item and no listed party is known here as 'Zwiebelkuchen'" in unknown.note
    assert [offer.value for offer in unknown.offers][:1] == ["entity Zwiebelkuchen"]


def test_a_party_is_answered_for_the_day_in_the_question(responder: QuestionResponder) -> None:
    assert answered(responder, "was Skydio listed on 1 Dec 2025?").title.endswith("on 1 Dec 2025")


LATE = datetime(2026, 11, 30, 4, tzinfo=UTC)  # the suspension of item 2 of 2024-46 ended on 27 Nov 2026


def list_rows(reply: Reply) -> list[str]:
    return [f"{row.heading} {row.body}" for row in reply.rows]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("can I ship gallium to the US?", "item 1 bans exports for military users"),
        ("may we export germanium to the United States?", "item 2 refuses licences for the metals"),
        ("can we sell antimony to the US", "the suspension ended on 27 nov 2026"),
        ("镓能出口到美国吗", "暂停已于2026年11月27日届满"),
        ("can I ship tungsten to Germany?", "mofcom-gacc 2025-10 new control · every destination"),
        ("do we need a licence for gallium to Japan?", "mofcom-gacc 2023-23 new control · every destination"),
        ("is the gallium ban to the US still suspended?", "mofcom 2025-72 suspended mofcom 2024-46 item 2"),
        ("was the gallium ban suspended on 1 June 2026?", "it is suspended until 27 nov 2026"),
        (
            "which announcement suspended the rare earths controls?",
            "mofcom-gacc 2025-70 suspended mofcom 2025-61",
        ),
        ("who paused the battery controls", "mofcom-gacc 2025-70 suspended mofcom-gacc 2025-58"),
        ("哪个公告暂停了稀土管制", "mofcom-gacc 2025-70 自2025年11月7日起暂停mofcom 2025-61"),
        ("锗的禁令还暂停吗", "mofcom 2025-72 自2025年11月9日起暂停mofcom 2024-46"),
    ],
)
def test_a_destination_or_a_suspension_is_answered_with_the_measure(
    responder: QuestionResponder, text: str, said: str
) -> None:
    assert said in " | ".join(list_rows(answered(responder, text, LATE))).lower()


def test_a_measure_for_another_destination_is_not_that_of_the_one_asked(responder: QuestionResponder) -> None:
    rows = " | ".join(list_rows(answered(responder, "can I ship gallium to Japan?", LATE)))
    assert "military users" not in rows
    assert "ended on 27 Nov 2026" not in rows


@pytest.mark.parametrize(
    "text",
    [
        "what changed this week?", "what changed last week?", "what happened since 20 Nov 2026?", "any news in the last 7 days?",
        "what changed for gallium in November 2026?", "what is new for antimony this month?", "上周有什么变化", "本周有什么变化",
        "最近7天有什么变化", "2026年11月锗有什么变化",
    ],
)  # fmt: skip
def test_what_came_back_by_itself_is_told_among_what_changed(responder: QuestionResponder, text: str) -> None:
    reply = answered(responder, text, LATE)
    assert any("MOFCOM 2025-72" in row and "MOFCOM 2024-46" in row for row in list_rows(reply)), reply
    assert "Nothing matches" not in reply.note


@pytest.mark.parametrize(
    "text", ["what changed for drones this week?", "本周石油有什么变化", "what changed today?"]
)
def test_where_no_source_was_read_nothing_new_is_unknown(responder: QuestionResponder, text: str) -> None:
    reply = answered(responder, text, LATE)
    assert "unknown since 9 Oct 2026" in reply.note or "2026年10月9日" in reply.note


#: Fixed words of an English answer.
ENGLISH = re.compile(
    r"\b(?:in force|suspended|expired|repealed|until|since|takes effect|ends|Based on|Read as|left out|reference database"
    r"|no official source|destination|Nothing|No known|Possible|exact|known|names|concerns|announced|remaining|item \d|gallium"
    r"|graphite|United States|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec|did not)\b"
)
CHINESE_QUESTIONS = (
    "下个月有什么截止", "未来60天有什么到期", "石墨需要许可证吗", "镓能出口到美国吗", "锂电池可以出口到日本吗", "稀土现在有效吗",
    "商务部公告2024年第46号还有效吗", "2026年11月20日2024年第46号有效吗", "本周有什么变化", "2026年8月有什么变化", "哪个公告暂停了稀土管制",
    "Skydio在管控名单上吗", "韩华海洋被列入了吗", "今年有哪些企业被列入不可靠实体清单", "8507.60受管制吗", "状态 电池", "查询 镓", "大疆被列入名单了吗",
    "石墨管制的历史", "历史 镓", "石墨在2025年11月1日和2025年11月15日之间有什么变化", "对比 2025年11月1日 2025年11月15日 电池",
)  # fmt: skip


@pytest.mark.parametrize("text", CHINESE_QUESTIONS)
def test_a_chinese_question_is_answered_in_chinese(responder: QuestionResponder, text: str) -> None:
    reply = answered(responder, text, LATE)
    assert reply.language == "zh"
    # Titles of notices, addresses and the command that was read stay as they are.
    said = re.sub(r"https?://\S+|理解为：.*|Readout: [^（]*", "", "\n".join(list_words(reply)))
    said = "\n".join([said, *(format_proof(row.quote) for row in reply.rows)])
    assert ENGLISH.findall(said) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("石墨需要许可证吗", "zh"), ("lookup 石墨", "zh"), ("latest 电池", "zh"), ("gallium 能出口吗", "zh"), ("2025-58 是否 in force", "zh"),
        ("what's the latest on 稀土", "en"), ("is 韩华海洋 listed?", "en"), ("is 2025-58 in force?", "en"), ("Intel", "en"),
        ("can we export 镓 to the US?", "en"),
    ],
)  # fmt: skip
def test_an_answer_is_in_the_language_of_the_words_beside_the_subject(
    responder: QuestionResponder, text: str, language: str
) -> None:
    assert responder.understand(text, now=LATE).language == language


def test_what_is_asked_back_is_asked_in_the_language_of_the_question(responder: QuestionResponder) -> None:
    reply = answered(responder, "我们的货物今天晚上大概几点钟可以离开港口呀朋友们", LATE)
    assert reply.title == "未能理解这个问题"
    assert answered(responder, "Zwiebelkuchen", LATE).title == "I did not understand this question"
