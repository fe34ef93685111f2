"""Laws of asking: never an exception, never a wrong day, and what is unclear is asked back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.vocabulary_loader import load_vocabulary
from controlwatch.core.asking.question import Question, parse_question
from controlwatch.core.asking.suggestions import suggest_questions
from controlwatch.core.asking.typed_days import find_asked_days
from controlwatch.core.asking.vocabulary import Intent, fold_asked
from controlwatch.core.extraction.text.lexicon import Pattern

TODAY = date(2026, 11, 30)
VOCABULARY = load_vocabulary()
PATTERNS = (*VOCABULARY.days.patterns, *VOCABULARY.numbers)
EXAMPLES = [(intent.name, text) for intent in VOCABULARY.intents for text in intent.questions]
DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2097, 12, 31))
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: Ways to write a day that can be read in one way only.
FORMS = (
    "{y}-{m:02}-{d:02}", "{y}-{m}-{d}", "{y}/{m:02}/{d:02}", "{y}.{m}.{d}", "{d}.{m}.{y}", "{d} {name} {y}", "{d:02} {name} {y}",
    "{d}-{name}-{y}", "{name} {d}, {y}", "{name} {d} {y}", "{name}. {d}th, {y}", "{d}th of {name} {y}", "{y}年{m}月{d}日",
    "{y}年{m:02}月{d:02}号", "{y} 年 {m} 月 {d} 日", "on {d} {name} {y}", "on {y}-{m:02}-{d:02}?", "“{y}–{m:02}–{d:02}”",
)  # fmt: skip
SENTENCES = (
    "status battery {}", "is 2025-58 in force {}", "石墨{}有效吗", "what is in force for graphite {}", "was Skydio listed {}",
    "tell me about gallium {}", "entity Skydio {}",
)  # fmt: skip
WORDS = (
    "status", "is", "2025-61", "in force", "gallium", "this week", "next", "11", "Nov", "2026", "30 days", "镓", "最近", "有什么变化", "?",
    "can we export", "to the US", "entity list", "#3", "MOFCOM", "No.", "61", "of", "2026-02-31", "下个月", "生效", "since", "compare", "31",
    "2025年第61号", "年", "月", "日", "mute", "days", "-", "/", "第", "号", "*", "12/11/2026", "next monday", "99999999999", "０",
)  # fmt: skip


def ask(text: str, today: date = TODAY) -> Question:
    return parse_question(text, VOCABULARY, load_lexicon(), today=today)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.id)
def test_a_pattern_of_days_or_numbers_matches_its_examples(pattern: Pattern) -> None:
    assert [text for text in pattern.yes if not pattern.compiled.search(text)] == []
    assert [text for text in pattern.no if pattern.compiled.search(text)] == []


@pytest.mark.parametrize(("name", "text"), EXAMPLES, ids=[text for _, text in EXAMPLES])
def test_an_example_of_an_intent_can_be_answered(name: str, text: str) -> None:
    question = ask(text)
    assert (question.intent, question.problem, question.unread) == (name, "", "")


@pytest.mark.parametrize("intent", VOCABULARY.intents, ids=lambda intent: intent.name)
def test_the_commands_that_help_names_can_be_answered(intent: Intent) -> None:
    for command in (*intent.example.split(" · "), *intent.example_zh.split(" · ")):
        question = ask(command)
        assert (question.intent, question.problem) == (intent.name, ""), command


@given(st.one_of(st.text(max_size=120), st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)))
@example("status 0000-00-00")
@example("in 99999 years")
@example("latest 30 days 99999999999")
def test_whatever_is_typed_is_understood_or_asked_back(text: str) -> None:
    question = ask(text)
    assert (
        question.intent is not None
        or question.problem
        or suggest_questions(question, VOCABULARY, load_lexicon())
    )


@given(
    DAYS,
    st.sampled_from(FORMS),
    st.sampled_from(SENTENCES),
)
def test_a_day_is_read_as_it_was_written(day: date, form: str, sentence: str) -> None:
    typed = form.format(y=day.year, m=day.month, d=day.day, name=MONTHS[day.month - 1])
    question = ask(sentence.format(typed))
    assert question.span is not None, question
    assert (question.span.first, question.span.last) == (day, day)


@given(st.integers(1, 12), st.integers(1, 31), st.integers(1990, 2099), st.sampled_from(FORMS))
def test_a_day_that_does_not_exist_is_said_and_not_replaced(
    month: int, day: int, year: int, form: str
) -> None:
    typed = form.format(y=year, m=month, d=day, name=MONTHS[month - 1])
    question = ask(f"status battery {typed}")
    try:
        expected = date(year, month, day)
    except ValueError:
        assert (question.span, "is not a date" in question.problem) == (None, True)
    else:
        assert question.span is not None
        assert question.span.first == expected


@given(DAYS, st.integers(1, 12), st.integers(1, 28))
def test_two_readings_of_figures_are_asked_back(today: date, one: int, two: int) -> None:
    question = ask(f"status battery {one}/{two}/2026", today)
    if one == two or two > 12:
        assert question.span is not None
    else:
        assert question.problem
        assert {ask(choice, today).span.first for choice in question.choices} == {  # type: ignore[union-attr]
            date(2026, one, two),
            date(2026, two, one),
        }


@given(DAYS, st.sampled_from(MONTHS), st.integers(1, 28))
def test_a_day_without_its_year_is_asked_back_with_years(today: date, month: str, day: int) -> None:
    question = ask(f"status battery {day} {month}", today)
    assert "does not state the year" in question.problem
    spans = [ask(choice, today).span for choice in question.choices]
    assert all(span is not None and span.first.day == day for span in spans)
    assert len(set(spans)) == 2


@settings(max_examples=15)  # each question is parsed as a whole
@given(DAYS, st.integers(1, 400))
def test_days_are_counted_from_today(today: date, count: int) -> None:
    for text, first, last in (
        (f"what comes in the next {count} days", today, today + timedelta(count)),
        (f"未来{count}天有什么到期", today, today + timedelta(count)),
        (f"what changed in the last {count} days", today - timedelta(count), today),
        (f"最近{count}天有什么变化", today - timedelta(count), today),
    ):
        span = ask(text, today).span
        assert span is not None
        assert (span.first, span.last) == (first, last)


@given(DAYS)
def test_calendar_periods_hold_today_or_touch_it(today: date) -> None:
    spans = [
        find_asked_days(text, VOCABULARY.days, today=today).span
        for text in ("last week", "this week", "next week")
    ]
    before, now, after = (span for span in spans if span is not None)
    assert now.first <= today <= now.last
    assert now.first.weekday() == 0
    assert (before.last + timedelta(1), now.last + timedelta(1)) == (now.first, after.first)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("what changed for gallium this week?", "latest gallium 2026-11-30 to 2026-12-06"),
        ("compare 2025-11-01 and 2025-11-15 for battery", "compare battery 2025-11-01 to 2025-11-15"),
        ("is MOFCOM No. 61/2025 in force on 11 Nov 2026", "status MOFCOM 2025-61 2026-11-11"),
        ("mute battery for two weeks", "mute battery 14"),
    ],
)
def test_the_command_of_a_question_asks_the_same(text: str, expected: str) -> None:
    assert ask(text).write_command() == expected
    assert ask(expected).write_command() == expected


def test_unknown_words_of_a_list_are_said_and_not_dropped_in_silence() -> None:
    assert ask("what changed for widgets this week").unread == "widgets"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Skydio", ("entity Skydio",)),
        ("gallum", ("lookup minor_metals.gallium", "entity gallum")),
        ("is our gallium shipment alright", ("lookup gallium", "status gallium")),
    ],
)
def test_what_is_not_understood_has_two_near_questions(text: str, expected: tuple[str, ...]) -> None:
    question = ask(text)
    if question.intent is None:
        suggested = suggest_questions(question, VOCABULARY, load_lexicon())
        assert len(suggested) == 2
        assert suggested[: len(expected)] == expected
    else:
        assert question.subject in expected[0]


def test_suggestions_are_of_the_language_of_the_question() -> None:
    question = ask("我们的货物今天晚上大概几点钟可以离开港口呀朋友们大家一起说一说")
    for text in suggest_questions(question, VOCABULARY, load_lexicon()):
        assert not fold_asked(text).isascii()


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("latest battery 2025-12", ("latest battery 2025-12-01 to 2025-12-31", "show 2025-12")),
        ("what changed 2025-12?", ("what changed 2025-12-01 to 2025-12-31", "show 2025-12")),
        ("upcoming 2027-01", ("upcoming 2027-01-01 to 2027-01-31", "status 2027-01")),
        ("2025-12", ("latest 2025-12-01 to 2025-12-31",)),
        ("2025-58", ()),
        ("2025-7", ()),
    ],
)
def test_what_may_be_a_month_or_a_number_is_offered_as_both(text: str, choices: tuple[str, ...]) -> None:
    assert ask(text).choices == choices


@pytest.mark.parametrize(
    "text",
    [
        "杜邦中国集团有限公司",
        "有没有杜邦中国集团有限公司",
        "请问有没有杜邦中国集团有限公司？",
        "麻烦查一下杜邦中国集团有限公司",
    ],
)
def test_a_bare_name_is_left_with_its_own_words(text: str) -> None:
    question = ask(text)
    assert (question.intent, question.subject) == (None, "杜邦中国集团有限公司")
