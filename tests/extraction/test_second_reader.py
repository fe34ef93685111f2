"""The second reader: it knows an instrument by its form, and can only ask a person to look."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tools.train_second_reader import TrainingSet, fit, read_examples

from controlwatch.adapters.catalog.lexicon_loader import load_second_reader
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.extraction.report.provenance import list_grounds
from controlwatch.core.extraction.second_reader import find_grams, split_zones
from controlwatch.core.model import Attention, Document, Notice
from tests.evaluation import CORPUS, load_cases
from tests.evaluation.cases import load_estimates, make_second_reader
from tests.evaluation.figures import measure_ranking
from tests.extraction.making import LEXICON

RULE = "review.second-reader"
ON_TRADE = "记者从商务部获悉，出口管制工作座谈会近日在京召开。\n与会企业表示，将认真学习有关规定。"
OFF_TRADE = "记者从市园林局获悉，今年的菊花展近日开幕。\n市民可以免费参观。"
DRAFT = "为完善出口管制制度，现将办法（征求意见稿）向社会公开征求意见。\n意见反馈截止日期为2027年4月1日。"
INSTRUMENT = (
    "商务部 海关总署公告2027年第41号\n根据有关法律规定，经国务院批准，决定对下列物项实施出口管制：\n"
    "出口经营者应当向国务院商务主管部门申请许可。本公告自公布之日起正式实施。\n商务部 海关总署\n2027年3月2日"
)


def read_with(probability: float, body: str, title: str = "出口管制工作座谈会召开") -> Notice:
    """A reading in which the second reader is that sure of every text."""
    lexicon = replace(LEXICON, load_second_reader=lambda: make_second_reader(probability))
    return read_notice(Document(url="https://example.test/", title=title, text=body), lexicon)


def test_a_text_that_it_takes_for_an_instrument_is_looked_at_by_a_person() -> None:
    found = read_with(0.87, ON_TRADE)
    assert not found.is_change
    assert found.attention is Attention.REVIEW
    (reason,) = found.review
    assert reason.rule == RULE
    assert f"trained on {load_second_reader().texts} labelled texts" in reason.reason
    assert "0.87" in reason.reason
    assert reason.quote in f"{found.title} {ON_TRADE}".replace("\n", " ")


def test_a_reading_explains_that_it_asks_for_a_review() -> None:
    (ground,) = (ground for ground in list_grounds(read_with(0.87, ON_TRADE)) if ground.about == "review")
    assert ground.rule == RULE
    assert "0.87" in ground.value
    assert ground.quote


@pytest.mark.parametrize(
    ("title", "body", "probability"),
    [
        pytest.param("出口管制工作座谈会召开", ON_TRADE, 0.05, id="it is not sure"),
        pytest.param("菊花展开幕", OFF_TRADE, 0.99, id="the text is not on trade"),
        pytest.param(
            "关于《办法（征求意见稿）》公开征求意见的通知", DRAFT, 0.99, id="a draft is known as a draft"
        ),
    ],
)
def test_it_asks_nobody_where(title: str, body: str, probability: float) -> None:
    found = read_with(probability, body, title)
    assert [reason for reason in found.review if reason.rule == RULE] == []


def test_it_moves_no_conclusion() -> None:
    sure, unsure = (read_with(probability, ON_TRADE) for probability in (0.99, 0.01))
    assert replace(sure, review=(), possible_categories=(), grounds=()) == replace(
        unsure, review=(), possible_categories=(), grounds=()
    )


def test_it_is_loaded_when_it_is_first_asked() -> None:
    load_second_reader.cache_clear()
    title, _, body = INSTRUMENT.partition("\n")
    assert read_notice(Document(url="https://example.test/", title=title, text=body), LEXICON).is_change
    assert load_second_reader.cache_info().currsize == 0
    read_notice(Document(url="https://example.test/", title="", text=ON_TRADE), LEXICON)
    assert load_second_reader.cache_info().currsize == 1


def test_the_shipped_one_knows_an_instrument_from_the_news() -> None:
    reader = load_second_reader()
    assert reader.estimate(INSTRUMENT) > 0.6
    assert reader.estimate(ON_TRADE) < reader.threshold


def test_it_is_small() -> None:
    reader = load_second_reader()
    assert 5_000 < len(reader.head) + len(reader.body) + len(reader.tail) <= 20_000


def test_white_space_and_figures_make_no_difference() -> None:
    assert find_grams("公告 2 0 2 7 年") != find_grams("公告2027年")  # single figures are several numbers
    assert find_grams("公告 2027 年\n第 8 号") == find_grams("公告2028年第12号")


def test_the_sentence_it_shows_is_the_one_that_speaks_most_for_an_instrument() -> None:
    sentences = [
        "记者昨日获悉此事。",
        "决定对下列物项实施出口管制，本公告自公布之日起实施。",
        "市民反响热烈。",
    ]
    assert load_second_reader().find_telling_sentence(sentences) == 1


def test_the_zones_of_a_text_are_its_head_its_beginning_and_its_end() -> None:
    text = "题\n\n一\n二\n三\n" + "正文" * 3000 + "\n日期"
    head, body, tail = split_zones(text)
    assert head == "题\n一\n二"
    assert len(body) == 4000
    assert tail.endswith("日期")


def test_the_same_texts_give_the_same_weights_in_any_order() -> None:
    cases = list(load_cases(CORPUS))[::18]
    tables = [
        TrainingSet.build(read_examples(order)).train(range(len(cases))) for order in (cases, cases[::-1])
    ]
    assert json.dumps(tables[0]) == json.dumps(tables[1])
    assert list(tables[0]) == ["texts", "threshold", "bias", "head", "body", "tail"]


def test_training_separates_what_can_be_separated() -> None:
    likeness = [[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 1.0]]
    shares = fit(likeness, [1, 1, -1])
    assert shares[0] > 0
    assert shares[2] < 0


def test_a_ranking_is_right_as_often_as_a_case_stands_above_another() -> None:
    assert measure_ranking([(True, 0.9), (False, 0.1)]) == 1
    assert measure_ranking([(True, 0.1), (False, 0.9)]) == 0
    assert measure_ranking([(False, 0.1), (True, 0.2), (False, 0.3), (True, 0.4)]) == 0.75


def test_every_case_it_was_trained_on_has_an_estimate_without_its_author() -> None:
    estimates = load_estimates()
    assert len(estimates) == load_second_reader().texts
    assert {
        case.name for case in load_cases(CORPUS) if case.author in set("ipwxyz") and case.name[1] == "-"
    } <= estimates.keys()
