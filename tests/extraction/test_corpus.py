"""The reader on our own labelled documents: no figure may be worse than its floor."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from html import unescape
from pathlib import Path

import pytest

from controlwatch.core.model import Direction, NoticeKind, Verb
from tests.evaluation import CORPUS, FLOORS, Case, Evaluation, evaluate, find_broken_floors, load_cases
from tests.extraction.making import LEXICON

FIELDS = frozenset(
    [
        "case",
        "language",
        "role",
        "note",
        "number",
        "issuers",
        "kind",
        "published",
        "published_hint",
        "is_change",
        "reports_change",
        "direction",
        "effective",
        "deadlines",
        "categories",
        "categories_resolved",
        "destinations",
        "hs_codes",
        "control_codes",
        "codes_excluded",
        "entities",
        "relations",
        "parts",
        "expect_doubts",
        "marks",
    ]
)
ROLES = {
    "date": {"begins", "ends", "published", "deadline", "cited", "event", "other"},
    "number": {"own", "acted-on", "cited", "other"},
}


@cache
def corpus() -> Evaluation:
    return evaluate(load_cases(CORPUS))


def test_no_figure_is_worse_than_its_floor() -> None:
    assert find_broken_floors(corpus(), FLOORS) == []


def test_a_figure_that_is_worse_than_its_floor_is_named(tmp_path: Path) -> None:
    floors = tmp_path / "floors.toml"
    floors.write_text(
        '[at_least]\n"changes told" = 1.01\n[at_most]\n"silent misses" = -1\n', encoding="utf-8"
    )
    broken = find_broken_floors(corpus(), floors)
    assert [line.partition(" is ")[0] for line in broken] == ["changes told", "silent misses"]
    assert broken[1].endswith(", above its limit of -1")


def test_a_floor_of_an_unknown_figure_is_refused(tmp_path: Path) -> None:
    floors = tmp_path / "floors.toml"
    floors.write_text("[at_least]\ndirektion = 0.9\n", encoding="utf-8")
    with pytest.raises(KeyError, match="direktion"):
        find_broken_floors(corpus(), floors)


def test_labels_keep_to_the_vocabulary_of_the_reading() -> None:
    faults = [f"{case.name}: {fault}" for case in load_cases(CORPUS) for fault in faults_of(case)]
    assert faults == []


def faults_of(case: Case) -> list[str]:
    """What in the labels of a case is not of the vocabulary, or does not stand in its text."""
    labels = case.labels
    allowed = {*FIELDS, *(f"{name}_{kind}" for name in FIELDS for kind in ("alt", "optional"))}
    body = case.path.read_bytes()
    texts = [folded(body.decode(charset, "replace")) for charset in ("utf-8", "gb18030")]
    codes = [
        str(code)
        for field in ("hs_codes", "control_codes", "codes_excluded")
        for code in case.list_values(field)
    ]
    marks = case.list_tables("marks")

    def stands_in(words: str) -> bool:
        return any(folded(words) in text for text in texts)

    checks = {
        "fields": [name for name in labels if name not in allowed],
        "name": [labels["case"]] if labels["case"] != case.name else [],
        "kind": {labels["kind"]} - set(NoticeKind),
        "direction": {labels["direction"]} - set(Direction),
        "verbs": {relation["verb"] for relation in case.list_tables("relations")} - set(Verb),
        "bases": {e["basis"] for e in case.list_tables("effective")}
        - {"stated", "on-publication", "not-stated"},
        "categories": {*case.list_values("categories"), *case.list_optional("categories")}
        - LEXICON.category_ids
        - LEXICON.group_ids,
        "codes that are not in the text": [code for code in codes if not stands_in(code[:5])],
        "marks that are not in the text": [m["text"] for m in marks if not stands_in(str(m["text"]))],
        "roles of marks": [m for m in marks if m["role"] not in ROLES[str(m["kind"])]],
    }
    return [f"{name}: {found}" for name, found in checks.items() if found]


def folded(text: str) -> str:
    """A text without tags, white space and the signs that divide codes."""
    return re.sub(r"<[^>]+>|[\s.。]", "", unicodedata.normalize("NFKC", unescape(text)))
