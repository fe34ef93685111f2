"""The words are data: nonsense in them is refused with file, key and reason."""

from __future__ import annotations

import copy
import tomllib
from importlib import resources

import pytest

from controlwatch.adapters.catalog.lexicon_loader import TomlTable, build_lexicon, load_lexicon
from controlwatch.core.model.errors import DeclarationError


def _shipped(folder: str) -> dict[str, TomlTable]:
    files = resources.files("controlwatch").joinpath("data", folder).iterdir()
    return {f.name: tomllib.loads(f.read_text(encoding="utf-8")) for f in files if f.name.endswith(".toml")}


WORDS = _shipped("lexicon")
RULES = _shipped("lexicon/rules")
GRAPHITE = {"group": {"id": "graphite", "kind": "item", "zh": "石墨", "en": "graphite"}}


def test_the_shipped_words_are_sound_and_loaded_once() -> None:
    assert load_lexicon() is load_lexicon()
    assert {
        "graphite",
        "battery.primary_lithium",
        "foreign_controls",
        "destination.us",
    } <= load_lexicon().category_ids
    assert "rare_earth" in load_lexicon().group_ids


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"id": "graphite", "zh": "石墨", "en": ""}, "graphite.en: must be a text that is not empty"),
        ({"id": "graphite", "zh": "石墨", "en": "graphite", "term": ["x"]}, "graphite.term: no such key"),
        (
            {"id": "graphite", "zh": "石墨", "en": "graphite", "hs": [3801]},
            "graphite.hs: must be a list of texts; codes are texts too",
        ),
        (
            {"id": "graphite", "zh": "石墨", "en": "graphite", "terms": ["a", "a"]},
            "graphite.terms: 'a' is listed twice",
        ),
        (
            {"id": "graphite", "zh": "石墨", "en": "graphite", "change": "no"},
            "graphite.change: must be true or false",
        ),
    ],
)
def test_a_category_that_makes_no_sense_is_refused(entry: TomlTable, reason: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        build_lexicon({"graphite.toml": {**GRAPHITE, "category": [entry]}}, WORDS, RULES)
    assert str(refused.value) == f"graphite.toml: {reason}"


def test_a_category_defined_twice_is_refused() -> None:
    entry = {"id": "graphite", "zh": "石墨", "en": "graphite"}
    with pytest.raises(DeclarationError, match="graphite: defined twice"):
        build_lexicon({"graphite.toml": {**GRAPHITE, "category": [entry, entry]}}, WORDS, RULES)


def test_a_missing_phrase_list_is_refused() -> None:
    words = copy.deepcopy(WORDS)
    del words["phrases.toml"]["press"]
    entry = {"id": "graphite", "zh": "石墨", "en": "graphite"}
    with pytest.raises(DeclarationError, match=r"phrases\.toml: press: the list is missing"):
        build_lexicon({"graphite.toml": {**GRAPHITE, "category": [entry]}}, words, RULES)


@pytest.mark.parametrize(
    ("section", "entry", "reason"),
    [
        ("verbs", {"suspends": ["suspends"]}, "verbs.suspends: needs two texts: English and Chinese"),
        ("verbs", None, "verbs: the section is missing"),
    ],
)
def test_a_phrase_of_the_summary_in_one_language_is_refused(
    section: str, entry: TomlTable | None, reason: str
) -> None:
    words = copy.deepcopy(WORDS)
    if entry is None:
        del words["summary.toml"][section]
    else:
        words["summary.toml"][section] = entry
    with pytest.raises(DeclarationError) as refused:
        build_lexicon(_shipped("taxonomy"), words, RULES)
    assert str(refused.value) == f"summary.toml: {reason}"
