"""A translation or an explanation is shown only where its numbers, days and codes are those of the text."""

from __future__ import annotations

import json

import pytest

from controlwatch.core.model.errors import UnusableAnswer
from controlwatch.core.second_opinion.instructions import build_prose_question
from controlwatch.core.second_opinion.opinion import Purpose
from controlwatch.core.second_opinion.prose_checks import check_prose, parse_prose
from tests.extraction.making import LEXICON
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
    ],
)
def test_another_number_day_code_or_address_is_refused_by_name(old: str, new: str, named: str) -> None:
    assert old in TRANSLATION
    for purpose in (Purpose.TRANSLATION, Purpose.EXPLANATION):
        reasons = check(TRANSLATION.replace(old, new), purpose)
        assert any(named in reason for reason in reasons), reasons


@pytest.mark.parametrize("missing", ["1 April 2026", "8112929010"])
def test_a_translation_that_leaves_a_day_or_a_code_out_is_refused_and_an_explanation_is_not(
    missing: str,
) -> None:
    shorter = TRANSLATION.replace(missing, "it")
    assert any("leaves out" in reason for reason in check(shorter))
    assert check(shorter, Purpose.EXPLANATION) == ()


@pytest.mark.parametrize(
    "answer",
    ["", "plain words", "[]", "{}", '{"text": 5}', '{"text": " "}', '{"text": "' + "x" * 100_000 + '"}'],
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
