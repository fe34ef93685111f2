"""The named patterns of language: examples, references, and that each is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import controlwatch
from controlwatch.adapters.catalog.lexicon_loader import build_lexicon, check_patterns, load_lexicon
from controlwatch.core.extraction.text.normalize import fold_text
from controlwatch.core.model.errors import DeclarationError
from tests.extraction.test_lexicon import RULES, WORDS
from tests.extraction.test_rules import GRAPHITE

SOURCES = Path(controlwatch.__file__).parent / "core" / "extraction"
SOUND = {"id": "day", "means": "A day", "pattern": "[0-9]日", "yes": ["1日"], "no": ["日"]}


def _read_entries(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))


def _load(*entries: dict[str, object]) -> None:
    files = {"days.toml": {"pattern": list(entries)}}
    check_patterns(build_lexicon({"graphite.toml": GRAPHITE}, WORDS, RULES, files))


def test_every_pattern_matches_its_examples() -> None:
    check_patterns(load_lexicon())


def test_every_pattern_is_used_and_every_use_has_a_pattern() -> None:
    known = load_lexicon().patterns
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py"))
    asked = set(re.findall(r"[\"']([a-z]+\.[a-z-]+)[\"']", code))
    files = (SOURCES.parent.parent / "data" / "lexicon" / "patterns").glob("*.toml")
    inserted = set(re.findall(r"@([a-z.-]+)@", "".join(map(_read_entries, files))))
    assert set(known) - asked - inserted == set()
    assert inserted <= set(known) | {"places.zh", "places.en", "places.short"}
    assert set(re.findall(r"get_pattern\(\s*\"([^\"]+)\"", code)) <= set(known)


@pytest.mark.parametrize(
    "flaw",
    [
        {"yes": ["日"]},
        {"no": ["1日"]},
        {"pattern": "(1日"},
        {"pattern": "@month@1日"},
        {"any": ["1日"]},
        {"of": "x"},
    ],
)
def test_a_flawed_pattern_is_refused(flaw: dict[str, object]) -> None:
    with pytest.raises(DeclarationError):
        _load({**SOUND, **flaw})


def test_a_pattern_inserts_an_earlier_one() -> None:
    _load(SOUND, {"id": "span", "means": "Two days", "pattern": "@day@至@day@", "yes": ["1日至2日"]})


def test_patterns_are_written_as_the_text_that_they_read() -> None:
    unfolded = {
        words
        for pattern in load_lexicon().patterns.values()
        for words in re.findall(r"[\u3040-\u30ff\u3400-\u9fff]+", pattern.source)
        if fold_text(words) != words
    }
    assert unfolded == set()
