"""Recorded answers of a model are replayed on labelled cases, and judged by the labels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from controlwatch.adapters.second_readers.recorded_answers import (
    format_recorded_answer,
    load_recorded_answers,
)
from controlwatch.core.second_opinion.records import RecordedAnswer
from controlwatch.services.second_recordings import build_case_question, plan_recording, record_answers
from controlwatch.testing.model_host import ModelHost
from tests.evaluation import evaluate, load_cases
from tests.evaluation.second_answers import NO_RECORDING, draw_answers, measure_answers, replay_answers
from tests.extraction.making import LEXICON
from tests.extraction.test_evaluation import LABELS
from tests.second_opinion.making import to_json
from tests.services.second_reader import reader_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.evaluation import CaseReading

ORDERS = "自2027年5月1日起，办理上述业务应当提前申请，未经许可不得办理"
SILENT = f"关于做好有关工作的提示\n各有关企业：\n现将有关事项提示如下：{ORDERS}。\n办公室\n2027年3月2日"
FLOWERS = "菊花展开幕\n记者从市园林局获悉，今年的菊花展近日开幕。市民可以免费参观。"


def read_cases(folder: Path, **texts: str) -> list[CaseReading]:
    """Two cases: a change that the rules miss, and the news."""
    for name, text in texts.items():
        (folder / name).mkdir()
        (folder / name / "text.txt").write_text(text, encoding="utf-8")
        is_change = name == "missed"
        labels = {**LABELS, "case": name, "is_change": is_change, "reports_change": is_change}
        (folder / name / "gold.json").write_text(json.dumps(labels), encoding="utf-8")
    return evaluate(load_cases(folder)).readings


def record(folder: Path, readings: list[CaseReading], **lists: list[tuple[str, str]]) -> Path:
    """A file in which this is recorded of every text."""
    file = folder / "answers.jsonl"
    questions = [build_case_question(reading.text, LEXICON)[1] for reading in readings]
    answers = [
        RecordedAnswer(
            prompt=question.prompt_version,
            model="a-model",
            text_sha256=question.text_sha256,
            answer=to_json(lists),
            tokens=10,
        )
        for question in questions
    ]
    file.write_text("".join(map(format_recorded_answer, answers)), encoding="utf-8")
    return file


def test_a_change_that_the_rules_miss_is_rescued_and_the_news_is_no_noise(tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    cases.mkdir()
    readings = read_cases(cases, missed=SILENT, news=FLOWERS)
    file = record(tmp_path, readings, is_change=[("true", ORDERS)], codes=[("8110101000", "not in the text")])
    figures = measure_answers(replay_answers(readings, file))
    assert figures["changes rescued"] == (1.0, 1, 1)
    assert figures["noise"] == (0.0, 0, 1)
    assert figures["quotes refused"] == (0.75, 3, 4)
    assert figures["doubts right"] == (0.0, 0, 0)


def test_without_a_recording_no_figure_is_given(tmp_path: Path) -> None:
    readings = read_cases(tmp_path, news=FLOWERS)
    assert draw_answers(replay_answers(readings, record(tmp_path, []))) == NO_RECORDING


def test_a_recording_is_made_once_and_its_cost_is_known_before(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    with ModelHost() as host:
        plan = plan_recording([SILENT, FLOWERS, FLOWERS, ""], LEXICON, ())
        assert (len(plan.questions), plan.kept) == (2, 0)
        assert plan.tokens >= 2 * 1234
        with file.open("a", encoding="utf-8") as kept:
            result = record_answers(
                reader_of(host), plan, lambda answer: kept.write(format_recorded_answer(answer)) and None
            )
        assert (result.recorded, result.tokens, result.failed) == (2, 2 * 1234, 0)
        again = plan_recording([SILENT, FLOWERS], LEXICON, load_recorded_answers(file))
        assert (again.questions, again.kept, len(host.told)) == ((), 2, 2)


def test_a_recording_ends_where_the_host_fails_again_and_again() -> None:
    with ModelHost(fault="server error") as host:
        plan = plan_recording([f"题{n}\n文" for n in range(10)], LEXICON, ())
        result = record_answers(reader_of(host), plan, lambda _answer: None)
        assert (len(host.asked), result.failed, result.is_ended) == (3, 3, True)
        assert "503" in result.last_fault
