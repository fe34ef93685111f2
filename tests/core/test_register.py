"""The shipped register, and how it completes an observed notice without overruling it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.register_loader import build_register, load_register
from controlwatch.adapters.catalog.register_schema import SOURCE_NAMES
from controlwatch.core.law.register import DOUBT_PREFIX, Register, RegisterEntry, merge_register_facts
from controlwatch.core.model import (
    CategoryFinding,
    CodeFinding,
    Deadline,
    Direction,
    EffectiveDate,
    Entity,
    Notice,
    NoticeKind,
    Relation,
    Verb,
)
from controlwatch.core.model.errors import DeclarationError

LEXICON = load_lexicon()
ISSUED, START, UNTIL = date(2025, 11, 7), date(2025, 11, 10), date(2026, 11, 10)
RESTS = re.compile(
    rf"^register: .+ \((?:{'|'.join(map(re.escape, SOURCE_NAMES.values()))}), (?:high|medium|low) confidence\)$"
)


# --------------------------------------------------------------------------- the shipped files


def shipped() -> Register:
    return load_register(LEXICON)


def test_the_shipped_register_loads_and_says_how_far_it_reaches() -> None:
    register = shipped()
    assert len(register.entries) >= 130
    assert register.as_of == date(2026, 10, 9)
    assert register.digest


def test_no_shipped_notice_is_newer_than_the_evidence() -> None:
    register = shipped()
    assert register.as_of is not None
    days = [entry.notice.published for entry in register.entries.values() if entry.notice.published]
    assert max(days) <= register.as_of


def test_every_entry_has_a_name_in_both_languages() -> None:
    for key, entry in shipped().entries.items():
        assert entry.key == key
        assert entry.notice.summary.en, key
        assert entry.notice.summary.zh, key


def test_every_fact_names_what_it_rests_on() -> None:
    for key, entry in shipped().entries.items():
        notice = entry.notice
        facts: list[EffectiveDate | Deadline | CategoryFinding | CodeFinding | Relation] = [
            *(found for found in notice.categories if found.basis == "stated"),
            *notice.effective,
            *notice.deadlines,
            *notice.relations,
            *notice.hs_codes,
            *notice.control_codes,
        ]
        for fact in facts:
            assert RESTS.match(fact.quote), (key, fact.quote)
            assert fact.rule == "register", (key, fact.quote)


def test_a_suspension_takes_the_categories_of_its_targets_marked_resolved() -> None:
    entries = shipped().entries
    suspension = entries["MOFCOM 2025-70"].notice
    targets = [f"MOFCOM 2025-{n}" for n in (55, 56, 57, 58, 61, 62)]
    theirs = {found.id for target in targets for found in entries[target].notice.categories}
    assert {found.id for found in suspension.categories} == theirs
    assert {found.basis for found in suspension.categories} == {"resolved"}


@pytest.mark.parametrize(
    ("key", "verb", "target", "clause", "start", "until"),
    [
        ("MOFCOM 2025-72", Verb.SUSPENDS, "MOFCOM 2024-46", "第二款", None, None),
        ("MOFCOM 2024-31", Verb.REPEALS, "MOFCOM-GACC-SASTIND-CMC 2023-27", None, None, None),
        ("MOFCOM 2024-31", Verb.REPEALS, "MOFCOM-GACC-SASTIND-CMC 2023-28", None, None, None),
        ("MOFCOM Order 2026-1", Verb.REPEALS, "MOFCOM Order 2025-5", None, None, None),
        ("MOFCOM Order 2025-7", Verb.SUSPENDS, "MOFCOM Order 2025-6", None, None, None),
        ("MOFCOM 2022-42", Verb.REPEALS, "MOFCOM-GACC 2021-48", None, None, None),
        ("MOFCOM 2023-66", Verb.REPEALS, "MOFCOM-GACC 2022-42", None, None, None),
        (
            "mofcom-qa-2025-11-06-control-list",
            Verb.SUSPENDS,
            "MOFCOM 2025-21",
            None,
            date(2025, 11, 10),
            date(2026, 11, 10),
        ),
    ],
)
def test_the_register_knows_who_acts_on_whom(
    key: str, verb: Verb, target: str, clause: str | None, start: date | None, until: date | None
) -> None:
    relations = shipped().entries[key].notice.relations
    acts = [(found.verb, found.target, found.clause, found.start, found.until) for found in relations]
    assert (verb, target, clause, start, until) in acts


def test_one_notice_may_begin_on_two_days_by_its_own_clauses() -> None:
    found = {fact.scope: fact.start for fact in shipped().entries["MOFCOM 2025-61"].notice.effective}
    assert found == {"第一条第（一）、（二）项": date(2025, 12, 1), "第一条第（三）项": date(2025, 10, 9)}


def test_part_of_a_notice_repealed_names_the_part() -> None:
    relations = shipped().entries["MOFCOM 2024-51"].notice.relations
    clauses = [found.clause for found in relations if found.target == "MOFCOM-SCA-GACC 2020-63"]
    assert clauses
    assert all(clauses), "the import list of 2020-63 stays in force"


# --------------------------------------------------------------------------- what is refused

Facts = dict[str, Any]


def a_notice(**facts: object) -> Facts:
    known: Facts = {
        "number": "MOFCOM 2025-10",
        "kind": "announcement",
        "zh": "关于某物项的公告",
        "en": "A notice",
        "source": "press",
        "confidence": "high",
    }
    known.update(facts)
    return {name: fact for name, fact in known.items() if fact is not None}


def a_listing(**facts: object) -> Facts:
    return {"number": "MOFCOM 2025-10", "list": "entity.control_list", "complete": True, **facts}


def built(*notices: Facts, listings: tuple[Facts, ...] = ()) -> Register:
    return build_register({"a.toml": {"notice": notices}, "parties.toml": {"listing": listings}}, LEXICON)


@pytest.mark.parametrize(
    ("notice", "fact", "reason"),
    [
        (
            a_notice(relations=[{"verb": "repeals", "target": "MOFCOM 2099-1"}]),
            "MOFCOM 2025-10.relations",
            "MOFCOM 2099-1 is not in the register",
        ),
        (
            a_notice(effective=[{"start": UNTIL, "until": START}]),
            "MOFCOM 2025-10",
            "ends on 2025-11-10, before it begins on 2026-11-10",
        ),
        (
            a_notice(
                relations=[
                    {"verb": "amends", "target": "x", "outside": "old", "start": UNTIL, "until": START},
                ]
            ),
            "MOFCOM 2025-10",
            "before it begins",
        ),
        (a_notice(issued=date(1025, 2, 4)), "MOFCOM 2025-10", "1025-02-04 is not between 1990-01-01 and"),
        (a_notice(categories=["no.such"]), "MOFCOM 2025-10.categories", "no category 'no.such'"),
        (a_notice(number=None), "关于某物项的公告", "neither a number nor an id"),
        (a_notice(number="商务部公告2025年第10号"), "商务部公告2025年第10号", "not a number as we write it"),
        (a_notice(effectiv=[]), "MOFCOM 2025-10.effectiv", "Unexpected"),
        (a_notice(effective=[{"from": START}]), "MOFCOM 2025-10.effective", "Unexpected"),
        (a_notice(source=None), "MOFCOM 2025-10.source", "required"),
        (a_notice(source="hearsay"), "MOFCOM 2025-10.source", "official-text"),
        (a_notice(confidence=None), "MOFCOM 2025-10.confidence", "required"),
    ],
)
def test_a_fact_that_cannot_be_meant_is_refused_by_file_and_name(
    notice: Facts, fact: str, reason: str
) -> None:
    with pytest.raises(DeclarationError, match=re.escape(reason)) as refused:
        built(notice)
    assert refused.value.file == "a.toml"
    assert refused.value.key.startswith(fact)
    assert str(refused.value).startswith(f"a.toml: {fact}")


@pytest.mark.parametrize("number", ["MOFCOM 2025-10", "MOFCOM-GACC 2025-10"])
def test_one_number_stands_in_the_register_once_however_many_issuers_it_names(number: str) -> None:
    with pytest.raises(DeclarationError, match=r"MOFCOM 2025-10: is in the register twice"):
        built(a_notice(), a_notice(number=number))


@pytest.mark.parametrize(
    ("notice", "reason"),
    [
        (a_notice(categories=["entity.watch_list"]), "its notice does not say entity.control_list"),
        (a_notice(number="MOFCOM 2025-11"), "no notice of this number is in the register"),
    ],
)
def test_a_listing_needs_a_notice_that_says_its_list(notice: Facts, reason: str) -> None:
    with pytest.raises(DeclarationError, match=f"^parties.toml: MOFCOM 2025-10: {reason}"):
        built(notice, listings=(a_listing(),))


def test_a_target_outside_the_register_needs_a_reason() -> None:
    relation = {"verb": "repeals", "target": "MOFCOM 1999-1", "outside": "before the register begins"}
    notice = built(a_notice(relations=[relation])).entries["MOFCOM 2025-10"].notice
    assert [found.target for found in notice.relations] == ["MOFCOM 1999-1"]


def test_an_unnumbered_notice_goes_by_its_id_and_is_found_by_its_address() -> None:
    answer = a_notice(number=None, id="an-answer", issued=ISSUED, urls=["https://a.example/1.html"])
    relation = {"verb": "clarifies", "target": "an-answer"}
    register = built(answer, a_notice(relations=[relation]))
    assert set(register.entries) == {"an-answer", "MOFCOM 2025-10"}
    (found,) = register.entries["MOFCOM 2025-10"].notice.relations
    assert found.target == "an-answer"
    assert register.complete_notice(SILENT, "a.example/1.html").published is not None


def test_a_listing_with_names_missing_says_so() -> None:
    parties = [{"zh": "甲公司"}]
    listing = a_listing(complete=False, stated=3, parties=parties)
    register = built(a_notice(categories=["entity.control_list"]), listings=(listing,))
    notice = register.entries["MOFCOM 2025-10"].notice
    assert notice.entities == (Entity(zh="甲公司", en="", action="list"),)
    assert notice.doubts == (f"{DOUBT_PREFIX}names 1 of 3 parties of this listing; read the notice",)


# --------------------------------------------------------------------------- completing what was read

TARGET = "MOFCOM-GACC 2025-55"


def effective(start: date | None, until: date | None = None, quote: str = "as read") -> EffectiveDate:
    return EffectiveDate(start=start, until=until, basis="stated" if start else "not-stated", quote=quote)


def category(name: str) -> CategoryFinding:
    return CategoryFinding(id=name, quote=name)


KNOWN = Notice(
    title="公告",
    language="zh-Hans",
    kind=NoticeKind.ANNOUNCEMENT,
    published=ISSUED,
    is_change=True,
    reports_change=True,
    direction=Direction.SUSPEND,
    effective=(effective(START, UNTIL, quote="register: takes effect"),),
    categories=(category("superhard"), category("graphite")),
    hs_codes=(CodeFinding(code="71051020", quote="register: names 71051020"),),
    control_codes=(CodeFinding(code="2C902.a", quote="register: names 2C902.a"),),
    destinations=("US",),
    entities=(Entity(zh="甲公司", en="Alpha", action="list"),),
    relations=(
        Relation(
            verb=Verb.SUSPENDS, target=TARGET, clause="第二款", start=START, until=UNTIL, quote="register: …"
        ),
    ),
)
SILENT = Notice(
    title="公告", language="zh-Hans", kind=NoticeKind.ANNOUNCEMENT, is_change=True, reports_change=True
)


def test_what_the_text_does_not_say_is_filled_in() -> None:
    found = merge_register_facts(SILENT, KNOWN)
    assert found.published == ISSUED
    assert found.direction is Direction.SUSPEND
    assert found.effective == KNOWN.effective
    assert found.relations == KNOWN.relations
    assert (found.hs_codes, found.control_codes) == (KNOWN.hs_codes, KNOWN.control_codes)
    assert (found.destinations, found.entities) == (KNOWN.destinations, KNOWN.entities)


def test_a_category_filled_in_says_that_it_comes_from_the_register() -> None:
    observed = replace(SILENT, categories=(category("graphite"),))
    assert [(found.id, found.basis) for found in merge_register_facts(observed, KNOWN).categories] == [
        ("graphite", "stated"),
        ("superhard", "register"),
    ]


def test_an_unstated_day_is_filled_in_but_a_stated_one_stays() -> None:
    assert (
        merge_register_facts(replace(SILENT, effective=(effective(None),)), KNOWN).effective
        == KNOWN.effective
    )
    stated = effective(date(2025, 12, 1))
    assert merge_register_facts(replace(SILENT, effective=(stated,)), KNOWN).effective == (stated,)


def test_an_end_is_filled_in_for_the_same_beginning_only() -> None:
    (found,) = merge_register_facts(replace(SILENT, effective=(effective(START),)), KNOWN).effective
    assert (found.start, found.until, found.quote) == (START, UNTIL, "as read")


def test_a_relation_as_read_keeps_its_words_and_takes_the_terms_of_the_register() -> None:
    # A copy prints the number of a joint notice with one issuer only; the act is the same.
    read = Relation(verb=Verb.SUSPENDS, target="MOFCOM 2025-55", quote="暂停实施")
    (found,) = merge_register_facts(replace(SILENT, relations=(read,)), KNOWN).relations
    assert (found.quote, found.target) == ("暂停实施", "MOFCOM 2025-55")
    assert (found.clause, found.start, found.until) == ("第二款", START, UNTIL)


def test_a_clause_as_read_outweighs_the_register() -> None:
    read = Relation(verb=Verb.SUSPENDS, target=TARGET, clause="第三款", quote="第三款暂停实施")
    (found,) = merge_register_facts(replace(SILENT, relations=(read,)), KNOWN).relations
    assert found.clause == "第三款"


def test_what_the_text_says_outweighs_the_register() -> None:
    observed = replace(
        SILENT,
        direction=Direction.TIGHTEN,
        effective=(effective(date(2025, 12, 1), date(2026, 12, 1)),),
        categories=(category("uav"),),
        hs_codes=(CodeFinding(code="88062110", quote="88062110"),),
        destinations=("JP",),
        entities=(Entity(zh="乙公司", en="Beta", action="list"),),
    )
    found = merge_register_facts(observed, KNOWN)
    for name in ("direction", "effective", "hs_codes", "destinations", "entities"):
        assert getattr(found, name) == getattr(observed, name), name
    assert found.categories[0] == category("uav")


def test_a_page_can_go_up_after_its_notice_was_issued_and_never_before() -> None:
    assert merge_register_facts(replace(KNOWN, published=date(2025, 11, 11)), KNOWN).published == ISSUED
    assert merge_register_facts(replace(KNOWN, published=date(2025, 11, 6)), KNOWN).published == date(
        2025, 11, 6
    )


def relation(verb: Verb, target: str) -> Relation:
    return Relation(verb=verb, target=target, quote="as read")


@pytest.mark.parametrize(
    ("said", "doubt"),
    [
        (
            {"published": date(2025, 11, 11)},
            "issued 2025-11-11 by this page, 2025-11-07 by the reference database",
        ),
        ({"effective": (effective(date(2025, 12, 1)),)}, "takes effect 2025-12-01 by this page, 2025-11-10"),
        ({"effective": (effective(START, date(2026, 11, 27)),)}, "ends 2026-11-27 by this page, 2026-11-10"),
        ({"direction": Direction.TIGHTEN}, "tighten by this page, suspend by the reference database"),
        ({"is_change": False}, "changes no rule; the reference database knows the notice as one that does"),
        (
            {"relations": ()},
            f"by the reference database it suspends {TARGET} 第二款; this page as read does not",
        ),
        (
            {"relations": (relation(Verb.REPEALS, TARGET),)},
            f"by the reference database it suspends {TARGET} 第二款; this page as read does not",
        ),
    ],
)
def test_a_difference_becomes_a_doubt_of_the_register(said: Facts, doubt: str) -> None:
    found = merge_register_facts(replace(KNOWN, **said), KNOWN)
    assert len(found.doubts) == 1
    assert found.doubts[0].startswith(DOUBT_PREFIX)
    assert doubt in found.doubts[0]


@pytest.mark.parametrize(
    "said",
    [
        {"hs_codes": (CodeFinding(code="88062110", quote="88062110"),)},
        {"control_codes": (CodeFinding(code="9A012", quote="9A012"),)},
        {"destinations": ("JP",)},
        {"entities": (Entity(zh="乙公司", en="Beta", action="list"),)},
        {"relations": (replace(KNOWN.relations[0], clause="第三款"),)},
        {"relations": (replace(KNOWN.relations[0], until=date(2026, 11, 27)),)},
    ],
)
def test_nothing_that_the_register_knows_otherwise_is_dropped_silently(said: Facts) -> None:
    assert merge_register_facts(replace(KNOWN, **said), KNOWN).doubts


def test_a_term_as_read_outlives_a_register_that_knows_none() -> None:
    known = replace(KNOWN, relations=(replace(KNOWN.relations[0], start=None, until=None),))
    assert merge_register_facts(KNOWN, known).relations == KNOWN.relations


def test_an_end_is_filled_in_for_the_same_part_only() -> None:
    parts = (replace(effective(START), scope="第一条"), replace(effective(START, UNTIL), scope="第二条"))
    known = replace(KNOWN, effective=parts)
    assert merge_register_facts(known, known).effective == parts


def test_acts_on_two_clauses_of_one_notice_both_stay() -> None:
    other = replace(KNOWN.relations[0], clause="第三款", until=date(2026, 11, 27))
    known = replace(KNOWN, relations=(*KNOWN.relations, other))
    assert merge_register_facts(SILENT, known).relations == known.relations


def test_doubts_of_the_reader_stay_before_those_of_the_register() -> None:
    observed = replace(KNOWN, published=date(2025, 11, 11), doubts=("The number was read from the title.",))
    first, second = merge_register_facts(observed, KNOWN).doubts
    assert first == "The number was read from the title."
    assert second.startswith(DOUBT_PREFIX)


def test_a_relation_only_the_page_knows_stays() -> None:
    more = relation(Verb.REPEALS, "MOFCOM 2024-1")
    found = merge_register_facts(replace(KNOWN, relations=(*KNOWN.relations, more)), KNOWN)
    assert found.relations == (*KNOWN.relations, more)


def test_a_cover_page_that_reads_as_no_change_stays_a_change_with_the_doubt() -> None:
    cover = Notice(title="公告", language="zh-Hans", kind=NoticeKind.ANNOUNCEMENT)
    found = merge_register_facts(cover, KNOWN)
    assert found.is_change
    assert found.reports_change
    assert found.doubts == (
        f"{DOUBT_PREFIX}this page as read changes no rule; the reference database knows the notice as one that does",
    )


def test_a_notice_not_in_the_register_stays_as_read() -> None:
    entry = RegisterEntry(key="an-answer", notice=KNOWN, addresses=("a.example/70.html",))
    register = Register(entries={"an-answer": entry})
    assert register.complete_notice(SILENT, "a.example/71.html") is SILENT
    assert register.complete_notice(SILENT, "a.example/70.html").published == ISSUED
    assert (
        register.exclude_keys(frozenset({"an-answer"})).complete_notice(SILENT, "a.example/70.html") is SILENT
    )


def test_a_notice_read_as_the_register_knows_it_gains_nothing_and_no_doubt() -> None:
    assert merge_register_facts(KNOWN, KNOWN) == KNOWN
    once = merge_register_facts(SILENT, KNOWN)
    assert merge_register_facts(once, KNOWN) == once


def test_no_shipped_notice_disagrees_with_itself() -> None:
    for key, entry in shipped().entries.items():
        assert merge_register_facts(entry.notice, entry.notice).doubts == entry.notice.doubts, key
