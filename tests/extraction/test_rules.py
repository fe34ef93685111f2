"""The rules are data: each is borne out by its examples, and each conclusion names one that means something."""

from __future__ import annotations

import copy

import pytest

from controlwatch.adapters.catalog.lexicon_loader import TomlTable, build_lexicon, check_patterns
from controlwatch.core.extraction.report.provenance import describe_rule, list_grounds
from controlwatch.core.model.errors import DeclarationError
from tests.evaluation import CORPUS, load_cases, read_case
from tests.extraction.making import LEXICON, announcement
from tests.extraction.test_lexicon import RULES, WORDS

GRAPHITE: TomlTable = {
    "group": {"id": "graphite", "kind": "item", "zh": "石墨", "en": "graphite"},
    "category": [{"id": "graphite", "zh": "石墨", "en": "graphite"}],
}
SOUND = {
    "id": "relax.trial",
    "of": "relax",
    "means": "A trial",
    "pattern": "取消.{0,4}管制",
    "yes": ["取消管制"],
    "no": ["实施管制"],
}


def _with(rule: TomlTable) -> dict[str, TomlTable]:
    rules = copy.deepcopy(RULES)
    entries = rules["direction.toml"]["rule"]
    assert isinstance(entries, list)
    entries.append(rule)
    return rules


@pytest.mark.parametrize(
    ("flaw", "reason"),
    [
        ({"pattern": "取消("}, "relax.trial.pattern: not a regular expression"),
        ({"pattern": "(取消)管制"}, "relax.trial.pattern: groups must be written"),
        ({"yes": ["恢复管制"]}, "relax.trial.yes: '恢复管制' is not matched"),
        ({"no": ["现取消其管制"]}, "relax.trial.no: '现取消其管制' is matched"),
        ({"of": "sideways"}, "relax.trial.of: 'sideways' is none of"),
        ({"means": ""}, "relax.trial.means: must be a text"),
        ({"example": ["x"]}, "relax.trial.example: no such key"),
    ],
)
def test_a_rule_that_its_examples_do_not_bear_out_is_refused(flaw: TomlTable, reason: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        check_patterns(build_lexicon({"graphite.toml": GRAPHITE}, WORDS, _with({**SOUND, **flaw})))
    assert str(refused.value).startswith(f"direction.toml: {reason}")


def test_a_rule_whose_sentences_would_not_be_looked_at_is_refused() -> None:
    silent = {**SOUND, "pattern": "废弃", "yes": ["一概废弃"], "no": []}
    with pytest.raises(DeclarationError, match=r"acts: none of its words is in '一概废弃'"):
        build_lexicon({"graphite.toml": GRAPHITE}, WORDS, _with(silent))


def test_a_sound_rule_is_taken() -> None:
    lexicon = build_lexicon({"graphite.toml": GRAPHITE}, WORDS, _with(SOUND))
    assert describe_rule("relax.trial", lexicon) == "A trial"


def test_every_conclusion_names_a_rule_that_means_something() -> None:
    read_all = (read_case(case).notice for case in list(load_cases(CORPUS))[::10])
    rules = {ground.rule for notice in read_all for ground in list_grounds(notice)}
    assert {rule for rule in rules if describe_rule(rule, LEXICON) == rule} == set()
    assert len(rules) > 60


def test_what_is_no_change_says_why() -> None:
    read_alone = announcement("决定任命两名处长。", title="商务部关于干部任免的通知")
    because = {ground.about: ground for ground in read_alone.grounds}["is_change"]
    assert (because.value, because.rule) == ("false", "change.other-business")


def test_the_rule_that_moved_the_control_quotes_its_sentence() -> None:
    found = announcement("决定对镓相关物项实施出口管制。本公告自公布之日起施行。")
    moved = {ground.about: ground for ground in found.grounds}["direction"]
    assert (moved.value, moved.rule, moved.quote) == (
        "tighten",
        "tighten.imposes",
        "决定对镓相关物项实施出口管制。",
    )
