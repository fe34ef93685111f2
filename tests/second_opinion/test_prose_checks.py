"""A translation or an explanation is shown only where its numbers, days and codes are those of the text."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from controlwatch.core.model.errors import UnusableAnswer
from controlwatch.core.rendering.sentences_zh import translate_sentence
from controlwatch.core.second_opinion.instructions import build_prose_question
from controlwatch.core.second_opinion.opinion import Purpose
from controlwatch.core.second_opinion.prose_checks import MAX_PROSE_LENGTH, check_prose, parse_prose
from controlwatch.core.second_opinion.sent_text import SentText
from tests.extraction.making import LEXICON, notice
from tests.second_opinion.making import READING, SENT

TRANSLATION = (
    "MOFCOM Announcement No. 12 of 2026: decision to impose export controls on gallium-related items.\n"
    "Gallium metal (HS code 8112929010) is controlled; exporters must apply for a licence. This announcement "
    "takes effect on 1 April 2026. Announcement No. 61 of 2025 is repealed at the same time. "
    "甲乙丙科技有限公司 is placed on the control list.\nMinistry of Commerce, 2 March 2026"
)
EXPLANATION = (
    "From 2026-04-01 you need a licence to export gallium metal (8112929010). Announcement 61 is repealed."
)


def check(prose: str, purpose: Purpose = Purpose.TRANSLATION) -> tuple[str, ...]:
    return check_prose(prose, purpose, SENT, READING, LEXICON)


def test_a_faithful_translation_and_a_faithful_explanation_are_shown() -> None:
    assert check(TRANSLATION) == ()
    assert check(EXPLANATION, Purpose.EXPLANATION) == ()


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("1 April 2026", "1 May 2026", "2026-05-01"),
        ("1 April 2026", "1 April 2099", "2099-04-01"),
        ("8112929010", "8112929011", "8112929011"),
        ("No. 61", "No. 62", "62"),
        ("2 March 2026", "2 March 2026, within 30 days", "30"),
        ("2 March 2026", "2 March 2026, within thirty days", "30"),
        ("a licence", "a licence under 3A001", "3A001"),
        ("2 March 2026", "2 March 2026. See https://elsewhere.example/", "another place"),
        ("1 April 2026", "May 2026", "month 2026-05"),
        ("1 April 2026", "April 2025", "month 2025-04"),
        ("1 April 2026", "1 April 2026 or in May", "month 5"),
        ("1 April 2026", "the first of May 2026", "first of May"),
        ("1 April 2026", "4/1/2026", "4/1/2026"),
        ("1 April 2026", "2026-15-01", "2026-15-01"),
        ("1 April 2026", "2026年2月30日", "2026年2月30日"),
        ("1 April 2026", "2026-04-01 or 2026-05", "2026-5"),
        ("No. 61 of 2025", "No. 61 of 2026", "document 2026-61"),
        ("No. 61 of 2025", "2025-12", "document 2025-12"),
        ("2 March 2026", "2 March 2026; the fine is 12 million yuan", "12000000"),
        ("2 March 2026", "2 March 2026; the fine is twelve million yuan", "12000000"),
        ("2 March 2026", "2 March 2026；罚款一百万元", "1000000"),
        ("2 March 2026", "2 March 2026; the limit is 6.1 microns", "6.1"),
        ("2 March 2026", "2 March 2026; the limit is .61 microns", "0.61"),
        ("2 March 2026", "2 March 2026; see No.62", "62"),
        ("2 March 2026", "2 March 2026; see A,62", "62"),
        ("2 March 2026", "2 March 2026; within seventy days", "70"),
        ("2 March 2026", "2 March 2026; within fourteen days", "14"),
        ("2 March 2026", "2 March 2026; within twelve or sixty-two days", "62"),
    ],
)
def test_another_number_day_code_or_address_is_refused_by_name(old: str, new: str, named: str) -> None:
    assert old in TRANSLATION
    for purpose in (Purpose.TRANSLATION, Purpose.EXPLANATION):
        reasons = check(TRANSLATION.replace(old, new), purpose)
        assert any(named in reason for reason in reasons), reasons


@given(st.data())
def test_no_translation_with_another_figure_is_shown(data: st.DataObject) -> None:
    places = [place for place, sign in enumerate(TRANSLATION) if sign.isdigit()]
    place = data.draw(st.sampled_from(places))
    figure = data.draw(st.sampled_from("0123456789"))
    assume(figure != TRANSLATION[place])
    for purpose in (Purpose.TRANSLATION, Purpose.EXPLANATION):
        assert check(f"{TRANSLATION[:place]}{figure}{TRANSLATION[place + 1 :]}", purpose)


@given(
    month=st.sampled_from(
        [
            "January",
            "February",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ]
    )
)
def test_no_explanation_with_another_month_is_shown(month: str) -> None:
    for words in (f"1 {month} 2026", f"{month} 1, 2026", f"{month} 2026", f"the start of {month}"):
        assert check(EXPLANATION.replace("2026-04-01", words), Purpose.EXPLANATION)


@pytest.mark.parametrize(
    "words",
    [
        "From April 2026 you need a licence. You may apply from 2 March 2026. May I help? It is announcement 2026-12.",
        "Apply for 8112.92.9010 from 2026/4/1, as announcement No. 12 (2026) says.",
        "自二〇二六年四月一日起，出口金属镓（8112929010）须经许可；2025年第61号公告同时废止。",
    ],
)
def test_the_same_figure_in_another_form_is_shown(words: str) -> None:
    assert check(words, Purpose.EXPLANATION) == ()


@pytest.mark.parametrize(
    ("body", "said", "other"),
    [
        ("罚款1200万元。", "a fine of 12 million yuan", "a fine of 120 million yuan"),
        ("罚款一百万元。", "a fine of 1,000,000 yuan", "a fine of 100,000 yuan"),
        ("粒径不大于0.5微米。", "a grain size of at most 0.5 microns", "a grain size of at most 5 microns"),
        ("粒径不大于5微米。", "a grain size of at most 5.0 microns", "a grain size of at most 0.5 microns"),
        ("不超过12,000千克。", "at most 12000 kilograms", "at most 12 kilograms"),
        ("在61日内办理，不得超过60日。", "within sixty-one days", "within sixty-two days"),
        ("在60日内办理。", "within sixty days", "within sixty-one days"),
        ("第1、2、3项。", "items 1,2,3", "items 1,2,4"),
    ],
)
def test_a_quantity_is_compared_by_its_value(body: str, said: str, other: str) -> None:
    sent = SentText.from_parts("通知", body)
    for prose, is_shown in ((said, True), (other, False)):
        reasons = check_prose(prose, Purpose.EXPLANATION, sent, notice("通知", body), LEXICON)
        assert (reasons == ()) is is_shown, reasons


@pytest.mark.parametrize(
    ("address", "is_shown"),
    [
        ("www.mofcom.gov.cn", True),
        ("https://www.mofcom.gov.cn/a/1.html", True),
        ("desk@mofcom.gov.cn", True),
        ("https://www.mofcom.gov.cn.elsewhere.example/", False),
        ("http://www.mofcom.gov.cn/a/1.html", False),
        ("elsewhere.com/pay", False),
        ("mofcom.gov.cn.elsewhere.top", False),
        ("another@mofcom.gov.cn", False),
    ],
)
def test_an_address_is_shown_only_where_the_text_holds_that_very_one(address: str, is_shown: bool) -> None:
    body = "详见 www.mofcom.gov.cn 及 https://www.mofcom.gov.cn/a/1.html，邮箱 desk@mofcom.gov.cn。"
    sent = SentText.from_parts("通知", body)
    prose = f"See {address}. Co., Ltd. may apply, e.g. by mail."
    reasons = check_prose(prose, Purpose.EXPLANATION, sent, notice("通知", body), LEXICON)
    assert (reasons == ()) is is_shown, reasons


def test_what_our_own_findings_hold_may_be_said_though_the_text_writes_it_in_another_way() -> None:
    body = "对下列物项实施出口管制：金属镓（参考海关商品编号：8112 92 9010）。"
    found = notice("通知", body)
    assert [code.code for code in found.hs_codes] == ["8112929010"]
    sent = SentText.from_parts("通知", body)
    assert check_prose("HS code 8112929010", Purpose.EXPLANATION, sent, found, LEXICON) == ()


@given(st.text(max_size=200))
def test_whatever_a_model_writes_can_be_checked(prose: str) -> None:
    assert isinstance(check(prose), tuple)


@pytest.mark.parametrize(
    "piece", ["一", "1", "1,", "1.", "3A001a", "万", "一百", "one ", "a-", "May ", "1/", "a.", "a@", "www."]
)
def test_a_text_of_one_piece_repeated_is_checked_too(piece: str) -> None:
    prose = piece * (MAX_PROSE_LENGTH // len(piece))
    assert isinstance(check(prose, Purpose.EXPLANATION), tuple)
    assert isinstance(
        check_prose("A licence.", Purpose.EXPLANATION, SentText.from_parts("", prose), READING, LEXICON),
        tuple,
    )


def test_every_reason_is_said_in_chinese_too() -> None:
    wrong = TRANSLATION.replace("1 April 2026", "1 May 2026, 4/1/2026").replace("No. 61", "No. 62")
    reasons = [*check(f"{wrong} 3A001"), *check("See www.elsewhere.example"), *check("")]
    assert len({reason.rpartition(" ")[0] for reason in reasons}) >= 8
    assert [reason for reason in reasons if translate_sentence(reason) == reason] == []


@pytest.mark.parametrize("missing", ["1 April 2026", "8112929010"])
def test_a_translation_that_leaves_a_day_or_a_code_out_is_refused_and_an_explanation_is_not(
    missing: str,
) -> None:
    shorter = TRANSLATION.replace(missing, "it")
    assert any("leaves out" in reason for reason in check(shorter))
    assert check(shorter, Purpose.EXPLANATION) == ()


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "plain words",
        "[]",
        "{}",
        '{"text": 5}',
        '{"text": " "}',
        '{"text": "\\u001b\\u200b"}',
        '{"text": "' + "x" * 100_000 + '"}',
    ],
)
def test_what_holds_no_text_is_not_an_answer(answer: str) -> None:
    with pytest.raises(UnusableAnswer):
        parse_prose(answer)


def test_invisible_characters_of_an_answer_are_not_shown() -> None:
    assert parse_prose(json.dumps({"text": "a\u202eb\u200bc"})) == "abc"


def test_another_word_of_the_question_is_another_version_of_it() -> None:
    questions = [
        build_prose_question(purpose, SENT, language)
        for purpose in (Purpose.TRANSLATION, Purpose.EXPLANATION)
        for language in ("en", "zh")
    ]
    assert len({question.prompt_version for question in questions}) == 4
    assert len({question.compute_key("a model") for question in questions}) == 4
    assert questions[0].compute_key("a model") != questions[0].compute_key("another model")


def test_a_long_translation_may_be_longer_than_an_answer_and_is_paid_for() -> None:
    short = build_prose_question(Purpose.TRANSLATION, SENT, "en")
    long = build_prose_question(Purpose.TRANSLATION, SentText(text="条" * 5_000), "en")
    longest = build_prose_question(Purpose.TRANSLATION, SentText(text="条" * 24_000), "en")
    explanation = build_prose_question(Purpose.EXPLANATION, SentText(text="条" * 24_000), "en")
    assert short.answer_tokens < long.answer_tokens < longest.answer_tokens
    assert explanation.answer_tokens == short.answer_tokens
    assert long.estimate_cost() - short.estimate_cost() > long.answer_tokens - short.answer_tokens
