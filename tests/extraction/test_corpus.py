"""The reader on our own labelled documents: no figure may fall below its floor."""

from __future__ import annotations

from pathlib import Path

from tests.evaluation import HERE, below_floor, cases, evaluate


def test_no_figure_lies_below_its_floor() -> None:
    assert below_floor(evaluate(HERE / "corpus"), HERE / "floors.toml") == []


def test_every_labelled_document_has_its_text() -> None:
    folder = HERE / "corpus"
    found = [str(gold["case_id"]) for gold in cases(folder)]
    assert len(found) >= 60
    assert [
        case for case in found if not (folder / case / "text.txt").read_text(encoding="utf-8").strip()
    ] == []


def test_a_figure_below_its_floor_is_named(tmp_path: Path) -> None:
    floors = tmp_path / "floors.toml"
    floors.write_text("[recall]\nis_change = 1.01\n", encoding="utf-8")
    assert below_floor(evaluate(HERE / "corpus"), floors) == [
        "is_change: recall 1.000 is below its floor of 1.01"
    ]
