"""How a reading is judged: on cases of our own, with labels that are right, wrong or open."""

from __future__ import annotations

import json
from pathlib import Path

from tests.evaluation import Evaluation, evaluate, load_cases
from tests.evaluation.figures import draw_groups, draw_head, draw_misses

TITLE = "商务部公告2027年第12号 关于对镓相关物项实施出口管制的公告"
BODY = "决定对下列镓相关物项实施出口管制：\n金属镓（参考海关商品编号：8110101000）。\n本公告自2027年5月1日起实施。\n商务部\n2027年3月2日"
LABELS: dict[str, object] = {
    "language": "zh-Hans",
    "number": "MOFCOM 2027-12",
    "issuers": ["MOFCOM"],
    "kind": "announcement",
    "published": "2027-03-02",
    "is_change": True,
    "reports_change": True,
    "direction": "tighten",
    "effective": [{"start": "2027-05-01", "until": None, "basis": "stated", "scope": "all"}],
    "deadlines": [],
    "categories": ["minor_metals.gallium"],
    "destinations": [],
    "hs_codes": ["8110101000"],
    "control_codes": [],
    "codes_excluded": [],
    "entities": [],
    "relations": [],
    "expect_doubts": False,
}


def judged(
    folder: Path, *, text: str = f"{TITLE}\n{BODY}", suffix: str = "txt", **labels: object
) -> Evaluation:
    """The evaluation of one case with these labels."""
    case = folder / "k01-gallium"
    case.mkdir()
    (case / f"text.{suffix}").write_text(text, encoding="utf-8")
    written = {**LABELS, **labels, "case": case.name}
    (case / "gold.json").write_text(json.dumps(written), encoding="utf-8")
    return evaluate(load_cases(folder))


def wrong_fields(evaluation: Evaluation) -> set[str]:
    return {found.field for found in evaluation.judgements if not found.is_exact}


def test_what_is_read_as_labelled_is_a_whole_alert(tmp_path: Path) -> None:
    found = judged(tmp_path)
    assert wrong_fields(found) == set()
    assert found.figures["alerts whole"] == 1
    assert found.figures["changes told"] == 1


def test_a_page_is_read_as_the_command_reads_it(tmp_path: Path) -> None:
    paragraphs = "".join(f"<p>{line}</p>" for line in BODY.splitlines())
    page = f"<html><head><title>{TITLE}</title></head><body><nav>首页</nav><h1>{TITLE}</h1><div>{paragraphs}</div></body></html>"
    assert wrong_fields(judged(tmp_path, text=page, suffix="html")) == set()


def test_one_wrong_date_breaks_an_alert(tmp_path: Path) -> None:
    late = [{"start": "2027-05-02", "until": None, "basis": "stated", "scope": "all"}]
    found = judged(tmp_path, effective=late)
    assert wrong_fields(found) == {"effective"}
    assert found.broken_alerts == ["k01-gallium"]
    assert found.figures["alerts whole"] == 0
    assert "[effective] k01-gallium: wanted {('2027-05-02', None)}" in draw_misses(found)


def test_a_wrong_kind_breaks_no_alert(tmp_path: Path) -> None:
    found = judged(tmp_path, kind="notice")
    assert wrong_fields(found) == {"kind"}
    assert found.figures["alerts whole"] == 1


def test_another_right_value_is_right(tmp_path: Path) -> None:
    either = [{"start": "2027-05-02", "start_alt": ["2027-05-01"], "until": None, "basis": "stated"}]
    found = judged(tmp_path, effective=either, direction="relax", direction_alt=["tighten"])
    assert wrong_fields(found) == set()


def test_what_is_optional_counts_neither_way(tmp_path: Path) -> None:
    found = judged(tmp_path, categories=[], categories_optional=["minor_metals.gallium"])
    assert wrong_fields(found) == set()
    assert found.count()["categories"].false == 0


def test_a_field_without_a_label_is_not_judged(tmp_path: Path) -> None:
    found = judged(tmp_path, effective=None, hs_codes=None)
    assert {"effective", "hs_codes"} & found.count().keys() == set()


def test_an_excluded_code_that_is_read_as_covered_breaks_an_alert(tmp_path: Path) -> None:
    found = judged(tmp_path, codes_excluded=["8110101000"], hs_codes=[])
    assert {"exclusions", "hs_codes", "codes_excluded"} == wrong_fields(found)


def test_a_category_in_place_of_its_leaf_is_half_right(tmp_path: Path) -> None:
    tally = judged(tmp_path, categories=["minor_metals.gallium.arsenide"]).count()["categories"]
    assert (tally.right, tally.false, tally.missed, tally.exact) == (0.5, 0.5, 0.5, 0)


def test_a_change_that_nobody_hears_of_is_named_first(tmp_path: Path) -> None:
    found = judged(tmp_path, text="关于召开年度茶话会的通知\n请各处室准时参加。\n办公室\n2027年3月2日")
    assert found.silent_misses == ["k01-gallium"]
    first, *_ = draw_head(found).splitlines()
    assert first.split() == ["silent", "misses", "1", "1/1", "k01-gallium"]


def test_what_is_no_change_and_is_read_as_one_is_named(tmp_path: Path) -> None:
    found = judged(tmp_path, is_change=False, reports_change=False)
    assert found.false_changes == ["k01-gallium"]
    assert found.figures["false changes"] == 1


def test_an_author_is_known_by_the_first_letters(tmp_path: Path) -> None:
    head, row = draw_groups(judged(tmp_path), "author", lambda case: case.author).splitlines()
    assert head.split()[:4] == ["by", "author", "case", "miss"]
    assert row.split()[:3] == ["k", "1", "0"]


def test_labels_may_stand_in_one_file_with_the_paths_of_the_documents(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "first.txt").write_text(f"{TITLE}\n{BODY}", encoding="utf-8")
    (tmp_path / "open.jsonl").write_text(
        json.dumps({**LABELS, "case": "first", "file": "texts/first.txt"}), encoding="utf-8"
    )
    assert wrong_fields(evaluate(load_cases(tmp_path / "open.jsonl"))) == set()
