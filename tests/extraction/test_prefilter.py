"""A prefiltered pattern finds what `re` finds, and is not even tried where a match cannot be."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controlwatch.core.extraction.text.pattern_literals import choose_literals, split_alternatives
from controlwatch.core.extraction.text.prefilter import PatternIndex, PrefilteredPattern
from tests.extraction.making import LEXICON
from tests.extraction.test_properties import documents

SIGNS = "abN起停\n "
WORDS = st.text(alphabet=SIGNS, max_size=24)
ATOMS = st.sampled_from(
    ["a", "b", "N", "起", "停", "[ab]", "[^a]", ".", r"\s", r"\bN", "(?=b)", "(?!a)", "(?<=起)"]
)


def _combine(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(parts, min_size=1, max_size=4).map("".join),
        st.lists(parts, min_size=2, max_size=3).map(lambda found: f"(?:{'|'.join(found)})"),
        parts.map(lambda part: f"({part})?"),
        parts.map(lambda part: f"(?:{part}){{1,2}}"),
    )


PATTERNS = st.recursive(ATOMS, _combine, max_leaves=10)


@settings(max_examples=400, deadline=None)
@given(source=PATTERNS, words=WORDS, flags=st.sampled_from([re.NOFLAG, re.IGNORECASE, re.MULTILINE]))
@example(source=r"\bP\.?O\.?\b", words="po 4500", flags=re.IGNORECASE)
@example(source="(?i:Stop)|停", words="STOP", flags=re.NOFLAG)
@example(source="(?-i:No) 5|停", words="停 no 5", flags=re.IGNORECASE)
@example(source=r"(?P<N>a)|b[\]|]", words="b| A", flags=re.IGNORECASE)
def test_prefiltered_search_finds_what_plain_search_finds(
    source: str, words: str, flags: re.RegexFlag
) -> None:
    plain, prefiltered = re.compile(source, flags), PrefilteredPattern(source, flags, min_searches=0)
    first, found = plain.search(words), prefiltered.search(words)
    assert (found and (found.span(), found.groups())) == (first and (first.span(), first.groups()))
    assert [hit.span() for hit in prefiltered.finditer(words)] == [
        hit.span() for hit in plain.finditer(words)
    ]
    assert prefiltered.sub("_", words) == plain.sub("_", words)


def test_every_pattern_of_the_lexicon_finds_the_same_with_and_without_its_prefilter() -> None:
    texts = [document.text[:600] for document in documents()[::60]]
    for known in LEXICON.patterns.values():
        flags = known.flags
        plain, prefiltered = (
            re.compile(known.source, flags),
            PrefilteredPattern(known.source, flags, min_searches=0),
        )
        for text in (*known.yes, *known.no, *texts):
            spans = [hit.span() for hit in plain.finditer(text)]
            assert [hit.span() for hit in prefiltered.finditer(text)] == spans, known.id


@pytest.mark.parametrize(
    ("source", "literals"),
    [
        ("暂停(?:实施|执行)", ("暂停实施", "暂停执行")),
        ("自[^。]{1,9}起(?:施行)?", ("自",)),
        ("(?:suspend|stop)(?:s|ed)?", ("stop", "suspend")),
        (r"No\.\s*\d+", ("No.",)),
        (r"(?=[^。]*出口)\w{2}管制?", ("出口",)),
        ("(?:停止)?[^。]*", ()),
        (r"\d{1,2}日?|停", ()),
    ],
)
def test_the_literals_of_a_pattern_are_those_that_every_match_holds(
    source: str, literals: tuple[str, ...]
) -> None:
    assert choose_literals(source) == literals


@pytest.mark.parametrize(
    ("source", "alternatives"),
    [
        ("a|b(?:c|d)", ["a", "b(?:c|d)"]),
        (r"(?:a\||[|)]|c)", [r"a\|", "[|)]", "c"]),
        ("(?:a|b)(?:c|d)", ["(?:a|b)(?:c|d)"]),
        (r"(?P<x>a)(?P=x)|b", [r"(?P<x>a)(?P=x)|b"]),
        (r"[\]|]|a", [r"[\]|]", "a"]),
    ],
)
def test_alternatives_are_split_only_at_the_top(source: str, alternatives: list[str]) -> None:
    assert split_alternatives(source) == alternatives


def test_what_is_replaced_is_written_alike_in_short_and_in_long_words() -> None:
    swaps = PrefilteredPattern("(a)(停)", min_searches=0)
    assert swaps.sub(r"\2\1", "a停") == "停a"
    assert swaps.sub(r"\2\1", "a停" + "b" * 100) == "停a" + "b" * 100


def test_an_index_names_the_patterns_that_may_match() -> None:
    index = PatternIndex([("停", "止"), (), ("起",)])
    assert index.find("停止") == (0, 1)
    assert index.find("自今日起") == (1, 2)
