"""The laws at the head of `core/law/status.py`, one test each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from controlwatch.core.law.clauses import covers_scope
from controlwatch.core.law.graph import Instrument, LegalGraph, LegalState
from controlwatch.core.law.status import LegalStatus, compute_status
from controlwatch.core.model import EffectiveDate, NoticeKind, Relation, Verb, to_notice_key

UNKNOWN, NOT_YET, IN_FORCE, PARTLY, SUSPENDED, LAPSED, REPEALED = (
    LegalState.UNKNOWN,
    LegalState.NOT_YET,
    LegalState.IN_FORCE,
    LegalState.PARTLY,
    LegalState.SUSPENDED,
    LegalState.LAPSED,
    LegalState.REPEALED,
)


def state_on(ledger: LegalGraph, key: str, on: date) -> LegalState:
    return compute_status(ledger, key, on, chained=False).state


def day(text: str) -> date:
    return date.fromisoformat(text)


def notice(
    number: str,
    issued: str,
    *acts: Relation,
    starts: str | None = None,
    until: str | None = None,
    parts: tuple[EffectiveDate, ...] = (),
    kind: NoticeKind = NoticeKind.ANNOUNCEMENT,
    enacts: bool = True,
) -> Instrument:
    """A notice in force from its day of issue, or as said."""
    own = EffectiveDate(
        start=day(starts or issued), until=day(until) if until else None, basis="stated", quote=""
    )
    return Instrument(
        key=to_notice_key(number),
        number=number,
        title=number,
        issued=day(issued),
        kind=kind,
        enacts=enacts,
        effective=parts or (own,),
        relations=acts,
    )


def part(scope: str, start: str | None, until: str | None = None) -> EffectiveDate:
    return EffectiveDate(
        start=day(start) if start else None,
        until=day(until) if until else None,
        basis="stated" if start else "not-stated",
        scope=scope,
        quote="",
    )


def act(
    verb: Verb, target: str, clause: str | None = None, *, start: str | None = None, until: str | None = None
) -> Relation:
    return Relation(
        verb=verb,
        target=target,
        clause=clause,
        start=day(start) if start else None,
        until=day(until) if until else None,
        quote=f"{verb.value} {target}",
    )


def states(ledger: LegalGraph, number: str, *days: str) -> list[LegalState]:
    return [state_on(ledger, to_notice_key(number), day(text)) for text in days]


def stands(ledger: LegalGraph, number: str, on: str) -> LegalStatus:
    return compute_status(ledger, to_notice_key(number), day(on))


def parts(ledger: LegalGraph, number: str, on: str) -> dict[str, LegalState]:
    return {found.scope: found.state for found in stands(ledger, number, on).clauses}


def steps(found: LegalStatus) -> list[tuple[str, str, str]]:
    return [(link.verb, link.number, str(link.date)) for link in found.chain]


SUSPENDS, RESUMES, REPEALS, EXTENDS = Verb.SUSPENDS, Verb.RESUMES, Verb.REPEALS, Verb.EXTENDS

BATTERIES = notice("MOFCOM-GACC 2025-58", "2025-10-09", starts="2025-11-08")
PAUSE = notice(
    "MOFCOM-GACC 2025-70",
    "2025-11-07",
    act(SUSPENDS, "MOFCOM-GACC 2025-58"),
    until="2026-11-10",
)
US_RULE = notice("MOFCOM 2024-46", "2024-12-03")
US_PAUSE = notice(
    "MOFCOM 2025-72", "2025-11-09", act(SUSPENDS, "MOFCOM 2024-46", "第二款"), until="2026-11-27"
)

# --------------------------------------------------------------------------- what is known, and when


def test_a_notice_is_unknown_until_it_is_issued() -> None:
    found = stands(LegalGraph.from_instruments([BATTERIES]), "MOFCOM-GACC 2025-58", "2025-10-08")
    assert (found.state, found.clauses, found.chain) == (UNKNOWN, (), ())
    assert found.cautions == ("MOFCOM-GACC 2025-58 was issued on 2025-10-09, after 2025-10-08",)


def test_later_facts_do_not_shine_back() -> None:
    asked_then = stands(LegalGraph.from_instruments([BATTERIES]), "MOFCOM-GACC 2025-58", "2025-11-01")
    asked_now = stands(LegalGraph.from_instruments([BATTERIES, PAUSE]), "MOFCOM-GACC 2025-58", "2025-11-01")
    assert asked_now == asked_then
    assert (asked_now.state, asked_now.until) == (NOT_YET, day("2025-11-07"))


def test_a_notice_that_we_never_saw_is_unknown_with_what_others_do_to_it() -> None:
    found = stands(LegalGraph.from_instruments([PAUSE]), "MOFCOM-GACC 2025-58", "2025-11-15")
    assert found.state is UNKNOWN
    assert steps(found) == [
        ("suspends", "MOFCOM-GACC 2025-70", "2025-11-07"),
        ("suspension ends", "MOFCOM-GACC 2025-70", "2026-11-10"),
    ]
    assert found.cautions == ("MOFCOM 2025-58 itself is not known here, only what others say about it",)


def test_a_notice_of_unknown_date_counts_from_the_day_by_which_it_was_issued() -> None:
    undated = replace(notice("MOFCOM 2020-63", "2020-12-31"), is_dated=False)
    found = stands(LegalGraph.from_instruments([undated]), "MOFCOM 2020-63", "2021-01-01")
    assert found.state is IN_FORCE
    assert any("day of issue of MOFCOM 2020-63 is not known" in caution for caution in found.cautions)


def test_a_notice_without_an_effective_date_counts_from_its_day_of_issue_with_a_caution() -> None:
    silent = notice("MOFCOM 2025-68", "2025-10-26", parts=(part("all", None),))
    found = stands(LegalGraph.from_instruments([silent]), "MOFCOM 2025-68", "2025-10-26")
    assert found.state is IN_FORCE
    assert any("does not state when it takes effect" in caution for caution in found.cautions)


def test_a_notice_that_takes_effect_later_is_not_yet_in_force() -> None:
    ledger = LegalGraph.from_instruments([BATTERIES])
    assert states(ledger, "MOFCOM-GACC 2025-58", "2025-10-09", "2025-11-07", "2025-11-08") == [
        NOT_YET,
        NOT_YET,
        IN_FORCE,
    ]


def test_a_retroactive_notice_is_unknown_before_its_issue_and_in_force_from_it() -> None:
    back = notice("MOFCOM 2024-9", "2024-02-23", starts="2024-02-01")
    ledger = LegalGraph.from_instruments([back])
    assert states(ledger, "MOFCOM 2024-9", "2024-02-10", "2024-02-22", "2024-02-23") == [
        UNKNOWN,
        UNKNOWN,
        IN_FORCE,
    ]


def test_a_notice_that_reaches_back_in_time_says_so() -> None:
    back = notice("MOFCOM 2024-9", "2024-02-23", starts="2024-02-01")
    found = stands(LegalGraph.from_instruments([back]), "MOFCOM 2024-9", "2024-03-01")
    assert any("reaches back to 2024-02-01" in caution for caution in found.cautions)


def test_a_suspension_that_reaches_back_in_time_says_so() -> None:
    late = notice(
        "MOFCOM 2025-80",
        "2025-06-15",
        act(SUSPENDS, "MOFCOM 2025-10"),
        starts="2025-06-01",
        until="2025-12-31",
    )
    ledger = LegalGraph.from_instruments([notice("MOFCOM-GACC 2025-10", "2025-02-04"), late])
    assert states(ledger, "MOFCOM 2025-10", "2025-06-10", "2025-06-15") == [IN_FORCE, SUSPENDED]
    cautions = stands(ledger, "MOFCOM 2025-10", "2025-06-20").cautions
    assert any("MOFCOM 2025-80" in said and "reaches back to 2025-06-01" in said for said in cautions)


def test_a_draft_is_never_law() -> None:
    draft = notice("MOFCOM 2025-90", "2025-09-16", starts="2026-01-01", kind=NoticeKind.DRAFT, enacts=False)
    found = stands(LegalGraph.from_instruments([draft]), "MOFCOM 2025-90", "2026-06-30")
    assert (found.state, found.until) == (NOT_YET, None)
    assert any("is a draft" in caution for caution in found.cautions)


def test_a_draft_that_would_repeal_repeals_nothing() -> None:
    draft = notice(
        "MOFCOM 2025-90", "2025-09-16", act(REPEALS, "MOFCOM 2024-46"), kind=NoticeKind.DRAFT, enacts=False
    )
    assert states(LegalGraph.from_instruments([US_RULE, draft]), "MOFCOM 2024-46", "2026-06-30") == [IN_FORCE]


# --------------------------------------------------------------------------- suspension


def test_a_suspension_before_the_effective_date_holds_from_its_own_first_day() -> None:
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE])
    days = ("2025-11-06", "2025-11-07", "2025-11-08", "2025-11-09")
    assert states(ledger, "MOFCOM-GACC 2025-58", *days) == [NOT_YET, SUSPENDED, SUSPENDED, SUSPENDED]


def test_a_date_that_came_while_suspended_is_one_on_which_it_was_to_take_effect() -> None:
    found = stands(LegalGraph.from_instruments([BATTERIES, PAUSE]), "MOFCOM-GACC 2025-58", "2025-11-15")
    assert steps(found) == [
        ("issued", "MOFCOM-GACC 2025-58", "2025-10-09"),
        ("suspends", "MOFCOM-GACC 2025-70", "2025-11-07"),
        ("was to take effect", "MOFCOM-GACC 2025-58", "2025-11-08"),
        ("suspension ends", "MOFCOM-GACC 2025-70", "2026-11-10"),
    ]


def test_the_last_day_of_a_suspension_is_still_suspended() -> None:
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE])
    assert states(ledger, "MOFCOM-GACC 2025-58", "2026-11-10", "2026-11-11") == [SUSPENDED, IN_FORCE]


def test_since_and_until_are_the_first_and_the_last_day_of_a_state() -> None:
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE])
    spans = [
        (str(found.since), str(found.until))
        for found in (
            stands(ledger, "MOFCOM-GACC 2025-58", text) for text in ("2025-11-06", "2026-01-01", "2026-11-11")
        )
    ]
    assert spans == [("2025-10-09", "2025-11-07"), ("2025-11-07", "2026-11-10"), ("2026-11-11", "None")]


def test_a_notice_that_starts_after_its_suspension_ended_waits_for_its_own_day() -> None:
    pause = notice("MOFCOM 2025-70", "2025-11-07", act(SUSPENDS, "MOFCOM 2025-61"), until="2025-11-20")
    ledger = LegalGraph.from_instruments([notice("MOFCOM 2025-61", "2025-10-09", starts="2025-12-01"), pause])
    days = ("2025-11-20", "2025-11-21", "2025-11-30", "2025-12-01")
    assert states(ledger, "MOFCOM 2025-61", *days) == [SUSPENDED, NOT_YET, NOT_YET, IN_FORCE]


def test_a_suspension_without_an_end_goes_on_with_a_caution() -> None:
    pause = notice("MOFCOM 2025-71", "2025-11-07", act(SUSPENDS, "MOFCOM 2024-46"))
    found = stands(LegalGraph.from_instruments([US_RULE, pause]), "MOFCOM 2024-46", "2035-01-01")
    assert (found.state, found.until) == (SUSPENDED, None)
    assert "MOFCOM 2025-71 states no end of the suspension" in found.cautions


def test_two_suspensions_that_overlap_hold_from_the_first_day_to_the_last() -> None:
    first = notice("MOFCOM 2025-80", "2025-05-14", act(SUSPENDS, "MOFCOM 2024-46"), until="2025-08-12")
    second = notice("MOFCOM 2025-81", "2025-08-12", act(SUSPENDS, "MOFCOM 2024-46"), until="2025-11-10")
    found = stands(LegalGraph.from_instruments([US_RULE, first, second]), "MOFCOM 2024-46", "2025-08-12")
    assert (found.state, found.since, found.until) == (SUSPENDED, day("2025-05-14"), day("2025-11-10"))


def test_a_short_suspension_within_a_longer_one_does_not_end_it() -> None:
    long = notice("MOFCOM 2025-80", "2025-05-14", act(SUSPENDS, "MOFCOM 2024-46"), until="2026-05-13")
    short = notice("MOFCOM 2025-81", "2025-08-12", act(SUSPENDS, "MOFCOM 2024-46"), until="2025-11-10")
    assert states(
        LegalGraph.from_instruments([US_RULE, long, short]), "MOFCOM 2024-46", "2025-11-11", "2026-05-14"
    ) == [
        SUSPENDED,
        IN_FORCE,
    ]


def test_between_two_suspensions_a_notice_is_in_force() -> None:
    first = notice("MOFCOM 2025-80", "2025-05-14", act(SUSPENDS, "MOFCOM 2024-46"), until="2025-08-12")
    second = notice("MOFCOM 2025-81", "2025-09-01", act(SUSPENDS, "MOFCOM 2024-46"), until="2025-11-10")
    days = ("2025-08-12", "2025-08-13", "2025-08-31", "2025-09-01", "2025-11-11")
    assert states(LegalGraph.from_instruments([US_RULE, first, second]), "MOFCOM 2024-46", *days) == [
        SUSPENDED,
        IN_FORCE,
        IN_FORCE,
        SUSPENDED,
        IN_FORCE,
    ]


def test_a_suspending_notice_that_is_repealed_suspends_no_longer() -> None:
    undo = notice("MOFCOM 2026-50", "2026-03-01", act(REPEALS, "MOFCOM-GACC 2025-70"))
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE, undo])
    assert states(ledger, "MOFCOM-GACC 2025-58", "2026-02-28", "2026-03-01") == [SUSPENDED, IN_FORCE]


def test_a_suspending_notice_that_is_suspended_suspends_again_afterwards() -> None:
    hold = notice("MOFCOM 2026-50", "2026-03-01", act(SUSPENDS, "MOFCOM-GACC 2025-70"), until="2026-03-31")
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE, hold])
    days = ("2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01", "2026-11-11")
    assert states(ledger, "MOFCOM-GACC 2025-58", *days) == [
        SUSPENDED,
        IN_FORCE,
        IN_FORCE,
        SUSPENDED,
        IN_FORCE,
    ]


def test_an_answer_of_the_spokesperson_that_sets_a_rule_is_an_instrument() -> None:
    listing = notice("MOFCOM 2025-21", "2025-04-04")
    answer = notice(
        "商务部新闻发言人答记者问",
        "2025-11-06",
        act(SUSPENDS, "MOFCOM 2025-21", start="2025-11-10", until="2026-11-10"),
        kind=NoticeKind.SPOKESPERSON,
    )
    days = ("2025-11-09", "2025-11-10", "2026-11-10", "2026-11-11")
    assert states(LegalGraph.from_instruments([listing, answer]), "MOFCOM 2025-21", *days) == [
        IN_FORCE,
        SUSPENDED,
        SUSPENDED,
        IN_FORCE,
    ]


# --------------------------------------------------------------------------- clauses


def test_a_suspension_of_one_paragraph_leaves_the_rest_in_force() -> None:
    ledger = LegalGraph.from_instruments([US_RULE, US_PAUSE])
    assert states(ledger, "MOFCOM 2024-46", "2025-11-15") == [PARTLY]
    assert parts(ledger, "MOFCOM 2024-46", "2025-11-15") == {"第二款": SUSPENDED, "rest": IN_FORCE}


def test_a_paragraph_is_in_force_again_the_day_after_its_suspension() -> None:
    ledger = LegalGraph.from_instruments([US_RULE, US_PAUSE])
    assert states(ledger, "MOFCOM 2024-46", "2026-11-27", "2026-11-28") == [PARTLY, IN_FORCE]
    assert parts(ledger, "MOFCOM 2024-46", "2026-11-28") == {"第二款": IN_FORCE, "rest": IN_FORCE}


def test_a_clause_says_its_own_last_day() -> None:
    found = stands(LegalGraph.from_instruments([US_RULE, US_PAUSE]), "MOFCOM 2024-46", "2026-01-01")
    assert [(item.scope, item.until) for item in found.clauses] == [
        ("第二款", day("2026-11-27")),
        ("rest", None),
    ]


def test_a_repealed_paragraph_is_gone_and_the_rest_binds() -> None:
    undo = notice("MOFCOM 2026-50", "2026-03-01", act(REPEALS, "MOFCOM 2024-46", "第二款"))
    ledger = LegalGraph.from_instruments([US_RULE, undo])
    assert states(ledger, "MOFCOM 2024-46", "2026-03-01") == [IN_FORCE]
    assert parts(ledger, "MOFCOM 2024-46", "2026-03-01") == {"第二款": REPEALED, "rest": IN_FORCE}


def test_a_notice_of_which_every_stated_part_is_suspended_is_suspended() -> None:
    abroad = notice(
        "MOFCOM 2025-61", "2025-10-09", parts=(part("§1.1–1.2", "2025-12-01"), part("§1.3", "2025-10-09"))
    )
    pause = notice("MOFCOM 2025-70", "2025-11-07", act(SUSPENDS, "MOFCOM 2025-61", "Article 1"))
    assert states(LegalGraph.from_instruments([abroad, pause]), "MOFCOM 2025-61", "2025-11-07") == [SUSPENDED]


def test_two_acts_that_together_cover_a_part_suspend_all_of_it() -> None:
    abroad = notice("MOFCOM 2025-61", "2025-10-09", parts=(part("第一条第（一）、（二）项", "2025-10-09"),))
    pauses = (
        notice("MOFCOM 2025-70", "2025-11-07", act(SUSPENDS, "MOFCOM 2025-61", "第一条第（一）项")),
        notice("MOFCOM 2025-71", "2025-11-07", act(SUSPENDS, "MOFCOM 2025-61", "第一条第（二）项")),
    )
    assert states(LegalGraph.from_instruments([abroad, *pauses]), "MOFCOM 2025-61", "2025-11-07") == [
        SUSPENDED
    ]


@pytest.mark.parametrize(
    ("cited", "scope", "governed"),
    [
        ("第一条", "第一条第（三）项", True),
        ("第一条", "第一条第（一）、（二）项", True),
        ("第一条第（一）、（二）项", "第一条第（二）项", True),
        ("第一条第（一）项、第（二）项", "第一条第（一）、（二）项", True),
        ("第一条至第三条", "第二条第（四）项", True),
        ("§1.1–1.2", "第一条第（二）项", True),
        ("Article 2(1)", "第二条第（一）项", True),
        ("paragraph 2 of Article 1", "§1.2", True),
        ("Article 2", "Article 2(1)", True),
        ("附件1", "Annex 1", True),
        ("第一、二条", "第二条", True),
        ("第一至三条", "第二条", True),
        ("第一条第（三）项", "第一条", False),
        ("第一条第（一）项", "第一条第（一）、（二）项", False),
        ("§1.1–1.2", "§1.3", False),
        ("§1.1", "§1.10", False),
        ("Article 2(1)", "Article 1(2)", False),
        ("Article 1(a)", "Article 1(b)", False),
        ("Article 1, paragraph 2", "Article 2", False),
        ("Article 1, paragraph 2", "Article 1(1)", False),
        ("第一条第二款", "第一条第（二）项", False),
        ("第一条", "第十一条", False),
        ("附件1", "第一条", False),
        ("附件2第三项", "附件2第四项", False),
        ("第二款", "rest", False),
        ("第二款", "all", False),
        ("24个百分点", "第二款", False),
    ],
)
def test_an_act_on_a_clause_governs_what_lies_within_it(cited: str, scope: str, governed: bool) -> None:
    assert covers_scope(cited, scope) is governed


# --------------------------------------------------------------------------- stages and terms


def test_a_notice_in_stages_binds_from_its_first_and_each_part_from_its_own_day() -> None:
    abroad = notice(
        "MOFCOM 2025-61",
        "2025-10-09",
        parts=(part("第一条第（一）、（二）项", "2025-12-01"), part("第一条第（三）项", "2025-10-20")),
    )
    ledger = LegalGraph.from_instruments([abroad])
    days = ("2025-10-09", "2025-10-20", "2025-12-01")
    assert states(ledger, "MOFCOM 2025-61", *days) == [NOT_YET, IN_FORCE, IN_FORCE]
    assert parts(ledger, "MOFCOM 2025-61", "2025-10-20") == {
        "第一条第（一）、（二）项": NOT_YET,
        "第一条第（三）项": IN_FORCE,
    }


def test_a_part_with_two_terms_in_a_row_does_not_lapse_between_them() -> None:
    rebate = notice(
        "MOF-STA 2026-2",
        "2026-01-08",
        parts=(part("第二条", "2026-04-01", "2026-12-31"), part("第二条", "2027-01-01")),
    )
    days = ("2026-03-31", "2026-04-01", "2026-12-31", "2027-01-01")
    assert states(LegalGraph.from_instruments([rebate]), "MOF-STA 2026-2", *days) == [
        NOT_YET,
        IN_FORCE,
        IN_FORCE,
        IN_FORCE,
    ]


def test_a_notice_lapses_the_day_after_its_own_term() -> None:
    trial = notice("MOFCOM 2023-28", "2023-07-31", starts="2023-09-01", until="2025-08-31")
    assert states(LegalGraph.from_instruments([trial]), "MOFCOM 2023-28", "2025-08-31", "2025-09-01") == [
        IN_FORCE,
        LAPSED,
    ]


def test_a_suspended_notice_lapses_with_its_own_term() -> None:
    trial = notice("MOFCOM 2023-28", "2023-07-31", until="2025-08-31")
    pause = notice("MOFCOM 2025-70", "2025-03-01", act(SUSPENDS, "MOFCOM 2023-28"), until="2026-03-01")
    assert states(
        LegalGraph.from_instruments([trial, pause]), "MOFCOM 2023-28", "2025-08-31", "2025-09-01"
    ) == [
        SUSPENDED,
        LAPSED,
    ]


def test_a_notice_of_which_one_part_lapsed_is_in_force() -> None:
    mixed = notice(
        "MOFCOM 2025-30",
        "2025-06-01",
        parts=(part("第一条", "2025-06-01", "2025-12-31"), part("第二条", "2025-06-01")),
    )
    ledger = LegalGraph.from_instruments([mixed])
    assert states(ledger, "MOFCOM 2025-30", "2026-01-01") == [IN_FORCE]
    assert parts(ledger, "MOFCOM 2025-30", "2026-01-01") == {"第一条": LAPSED, "第二条": IN_FORCE}


# --------------------------------------------------------------------------- resumption


def test_a_resumption_ends_every_suspension_that_began_before_it() -> None:
    again = notice("MOFCOM 2025-81", "2025-12-01", act(SUSPENDS, "MOFCOM-GACC 2025-58"), until="2027-01-10")
    back = notice("MOFCOM 2026-50", "2026-03-01", act(RESUMES, "MOFCOM-GACC 2025-58"))
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE, again, back])
    assert states(ledger, "MOFCOM-GACC 2025-58", "2026-02-28", "2026-03-01", "2026-12-31") == [
        SUSPENDED,
        IN_FORCE,
        IN_FORCE,
    ]


def test_a_suspension_after_a_resumption_holds() -> None:
    back = notice("MOFCOM 2026-50", "2026-03-01", act(RESUMES, "MOFCOM-GACC 2025-58"))
    again = notice("MOFCOM 2026-51", "2026-05-01", act(SUSPENDS, "MOFCOM-GACC 2025-58"), until="2026-05-31")
    days = ("2026-04-30", "2026-05-01", "2026-06-01")
    assert states(
        LegalGraph.from_instruments([BATTERIES, PAUSE, back, again]), "MOFCOM-GACC 2025-58", *days
    ) == [
        IN_FORCE,
        SUSPENDED,
        IN_FORCE,
    ]


def test_a_resumption_of_one_clause_leaves_the_rest_suspended() -> None:
    pause = notice("MOFCOM 2025-71", "2025-11-07", act(SUSPENDS, "MOFCOM 2024-46"), until="2026-11-10")
    back = notice("MOFCOM 2026-50", "2026-03-01", act(RESUMES, "MOFCOM 2024-46", "第二款"))
    ledger = LegalGraph.from_instruments([US_RULE, pause, back])
    assert states(ledger, "MOFCOM 2024-46", "2026-03-01", "2026-11-11") == [PARTLY, IN_FORCE]
    assert parts(ledger, "MOFCOM 2024-46", "2026-03-01") == {"第二款": IN_FORCE, "rest": SUSPENDED}


def test_a_resumption_of_the_whole_resumes_a_suspended_clause() -> None:
    back = notice("MOFCOM 2026-50", "2026-03-01", act(RESUMES, "MOFCOM 2024-46"))
    assert states(LegalGraph.from_instruments([US_RULE, US_PAUSE, back]), "MOFCOM 2024-46", "2026-03-01") == [
        IN_FORCE
    ]


def test_a_resumption_before_the_effective_date_leaves_that_date() -> None:
    pause = notice("MOFCOM 2025-70", "2025-10-15", act(SUSPENDS, "MOFCOM 2025-58"))
    back = notice("MOFCOM 2025-71", "2025-10-20", act(RESUMES, "MOFCOM 2025-58"))
    days = ("2025-10-19", "2025-10-20", "2025-11-07", "2025-11-08")
    assert states(LegalGraph.from_instruments([BATTERIES, pause, back]), "MOFCOM 2025-58", *days) == [
        SUSPENDED,
        NOT_YET,
        NOT_YET,
        IN_FORCE,
    ]


# --------------------------------------------------------------------------- repeal


def test_a_repeal_is_for_good_from_a_suspended_notice_too() -> None:
    undo = notice("MOFCOM 2026-50", "2026-03-01", act(REPEALS, "MOFCOM-GACC 2025-58"), starts="2026-04-01")
    days = ("2026-03-31", "2026-04-01", "2026-11-11", "2035-01-01")
    assert states(LegalGraph.from_instruments([BATTERIES, PAUSE, undo]), "MOFCOM-GACC 2025-58", *days) == [
        SUSPENDED,
        REPEALED,
        REPEALED,
        REPEALED,
    ]


def test_what_a_notice_repealed_stays_repealed_when_that_notice_is_repealed_in_turn() -> None:
    new = notice("MOFCOM 2025-20", "2025-02-01", act(REPEALS, "MOFCOM 2024-46"))
    newest = notice("MOFCOM 2026-20", "2026-02-01", act(REPEALS, "MOFCOM 2025-20"))
    assert states(
        LegalGraph.from_instruments([US_RULE, new, newest]), "MOFCOM 2024-46", "2026-02-01", "2030-01-01"
    ) == [
        REPEALED,
        REPEALED,
    ]


def test_a_repealing_notice_that_was_repealed_before_it_could_act_repeals_nothing() -> None:
    new = notice("MOFCOM 2025-20", "2025-02-01", act(REPEALS, "MOFCOM 2024-46"), starts="2025-06-01")
    undo = notice("MOFCOM 2025-30", "2025-05-01", act(REPEALS, "MOFCOM 2025-20"))
    assert states(
        LegalGraph.from_instruments([US_RULE, new, undo]), "MOFCOM 2024-46", "2025-06-01", "2030-01-01"
    ) == [
        IN_FORCE,
        IN_FORCE,
    ]


def test_a_repealing_notice_that_was_suspended_before_it_could_act_repeals_nothing_meanwhile() -> None:
    new = notice("MOFCOM 2025-20", "2025-02-01", act(REPEALS, "MOFCOM 2024-46"), starts="2025-06-01")
    hold = notice("MOFCOM 2025-30", "2025-05-01", act(SUSPENDS, "MOFCOM 2025-20"), until="2025-12-31")
    days = ("2025-06-01", "2025-12-31", "2026-01-01", "2026-06-01")
    assert states(LegalGraph.from_instruments([US_RULE, new, hold]), "MOFCOM 2024-46", *days) == [
        IN_FORCE,
        IN_FORCE,
        REPEALED,
        REPEALED,
    ]


def test_a_repealing_notice_that_is_resumed_repeals_from_that_day() -> None:
    new = notice("MOFCOM 2025-20", "2025-02-01", act(REPEALS, "MOFCOM 2024-46"), starts="2025-06-01")
    hold = notice("MOFCOM 2025-30", "2025-05-01", act(SUSPENDS, "MOFCOM 2025-20"))
    back = notice("MOFCOM 2025-40", "2025-09-01", act(RESUMES, "MOFCOM 2025-20"))
    days = ("2025-08-31", "2025-09-01", "2026-01-01")
    assert states(LegalGraph.from_instruments([US_RULE, new, hold, back]), "MOFCOM 2024-46", *days) == [
        IN_FORCE,
        REPEALED,
        REPEALED,
    ]


def test_a_repealing_notice_that_is_suspended_after_it_acted_has_repealed() -> None:
    new = notice("MOFCOM 2025-20", "2025-02-01", act(REPEALS, "MOFCOM 2024-46"))
    hold = notice("MOFCOM 2025-30", "2025-05-01", act(SUSPENDS, "MOFCOM 2025-20"))
    assert states(
        LegalGraph.from_instruments([US_RULE, new, hold]), "MOFCOM 2024-46", "2025-04-30", "2025-05-01"
    ) == [
        REPEALED,
        REPEALED,
    ]


# --------------------------------------------------------------------------- extension


def test_an_extension_of_the_suspending_notice_prolongs_the_suspension() -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-05", act(EXTENDS, "MOFCOM-GACC 2025-70"), until="2027-01-10")
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE, longer])
    days = ("2026-11-10", "2026-11-11", "2027-01-10", "2027-01-11")
    assert states(ledger, "MOFCOM-GACC 2025-58", *days) == [SUSPENDED, SUSPENDED, SUSPENDED, IN_FORCE]
    assert states(ledger, "MOFCOM-GACC 2025-70", *days) == [IN_FORCE, IN_FORCE, IN_FORCE, LAPSED]


def test_an_extension_from_the_day_after_the_end_leaves_no_gap() -> None:
    longer = notice(
        "MOFCOM 2026-60",
        "2026-11-05",
        act(EXTENDS, "MOFCOM-GACC 2025-70"),
        starts="2026-11-11",
        until="2027-01-10",
    )
    found = stands(
        LegalGraph.from_instruments([BATTERIES, PAUSE, longer]), "MOFCOM-GACC 2025-58", "2026-11-06"
    )
    assert (found.state, found.since, found.until) == (SUSPENDED, day("2025-11-07"), day("2027-01-10"))


def test_an_extension_of_the_suspended_notice_prolongs_its_suspension() -> None:
    """继续暂停90天: the notice named is the one held up, not the one that holds it up."""
    longer = notice(
        "商务部新闻发言人答记者问",
        "2026-11-10",
        act(EXTENDS, "MOFCOM-GACC 2025-58", until="2027-02-08"),
        kind=NoticeKind.SPOKESPERSON,
    )
    days = ("2026-11-10", "2026-11-11", "2027-02-08", "2027-02-09")
    assert states(LegalGraph.from_instruments([BATTERIES, PAUSE, longer]), "MOFCOM-GACC 2025-58", *days) == [
        SUSPENDED,
        SUSPENDED,
        SUSPENDED,
        IN_FORCE,
    ]


def test_an_extension_of_a_notice_of_which_one_clause_is_suspended_prolongs_that_clause_alone() -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-20", act(EXTENDS, "MOFCOM 2024-46"), until="2027-11-27")
    ledger = LegalGraph.from_instruments([US_RULE, US_PAUSE, longer])
    assert parts(ledger, "MOFCOM 2024-46", "2026-12-01") == {"第二款": SUSPENDED, "rest": IN_FORCE}


def test_an_extension_of_a_notice_that_nobody_suspended_suspends_nothing() -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-20", act(EXTENDS, "MOFCOM 2024-46"), until="2027-11-27")
    assert states(LegalGraph.from_instruments([US_RULE, longer]), "MOFCOM 2024-46", "2026-11-20") == [
        IN_FORCE
    ]


def test_an_extension_of_a_trial_prolongs_the_trial() -> None:
    trial = notice("MOFCOM 2023-28", "2023-07-31", starts="2023-09-01", until="2025-08-31")
    longer = notice("MOFCOM 2025-50", "2025-08-01", act(EXTENDS, "MOFCOM 2023-28"), until="2026-08-31")
    days = ("2025-08-31", "2025-09-01", "2026-08-31", "2026-09-01")
    assert states(LegalGraph.from_instruments([trial, longer]), "MOFCOM 2023-28", *days) == [
        IN_FORCE,
        IN_FORCE,
        IN_FORCE,
        LAPSED,
    ]


@pytest.mark.parametrize("named", ["MOFCOM-GACC 2025-70", "MOFCOM-GACC 2025-58"])
def test_a_gap_between_the_end_and_the_extension_is_a_gap(named: str) -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-20", act(EXTENDS, named), until="2027-01-10")
    days = ("2026-11-10", "2026-11-11", "2026-11-19", "2026-11-20", "2027-01-11")
    assert states(LegalGraph.from_instruments([BATTERIES, PAUSE, longer]), "MOFCOM-GACC 2025-58", *days) == [
        SUSPENDED,
        IN_FORCE,
        IN_FORCE,
        SUSPENDED,
        IN_FORCE,
    ]


def test_a_trial_extended_after_its_end_had_lapsed_in_between() -> None:
    trial = notice("MOFCOM 2023-28", "2023-07-31", until="2025-08-31")
    longer = notice("MOFCOM 2025-50", "2025-09-15", act(EXTENDS, "MOFCOM 2023-28"), until="2026-08-31")
    days = ("2025-08-31", "2025-09-01", "2025-09-15", "2026-09-01")
    assert states(LegalGraph.from_instruments([trial, longer]), "MOFCOM 2023-28", *days) == [
        IN_FORCE,
        LAPSED,
        IN_FORCE,
        LAPSED,
    ]


@pytest.mark.parametrize("named", ["MOFCOM-GACC 2025-70", "MOFCOM-GACC 2025-58"])
def test_an_extension_that_is_repealed_prolongs_no_longer(named: str) -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-05", act(EXTENDS, named), until="2027-11-10")
    undo = notice("MOFCOM 2027-5", "2027-03-01", act(REPEALS, "MOFCOM 2026-60"))
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE, longer, undo])
    assert states(ledger, "MOFCOM-GACC 2025-58", "2027-02-28", "2027-03-01") == [SUSPENDED, IN_FORCE]


def test_a_chain_of_extensions_that_each_name_the_suspending_notice_is_one_suspension() -> None:
    years = [
        notice(
            f"MOFCOM {year}-60",
            f"{year}-11-01",
            act(EXTENDS, "MOFCOM-GACC 2025-70"),
            until=f"{year + 1}-11-10",
        )
        for year in range(2026, 2046)
    ]
    found = stands(
        LegalGraph.from_instruments([BATTERIES, PAUSE, *years]), "MOFCOM-GACC 2025-58", "2045-12-01"
    )
    assert (found.state, found.since, found.until) == (SUSPENDED, day("2025-11-07"), day("2046-11-10"))


def test_a_chain_of_extensions_that_each_name_the_one_before_is_one_suspension() -> None:
    years = [
        notice(
            f"MOFCOM {year}-60",
            f"{year}-11-01",
            act(EXTENDS, f"MOFCOM {year - 1}-60" if year > 2026 else "MOFCOM-GACC 2025-70"),
            until=f"{year + 1}-11-10",
        )
        for year in range(2026, 2030)
    ]
    found = stands(
        LegalGraph.from_instruments([BATTERIES, PAUSE, *years]), "MOFCOM-GACC 2025-58", "2029-12-01"
    )
    assert (found.state, found.since, found.until) == (SUSPENDED, day("2025-11-07"), day("2030-11-10"))


def test_an_extension_without_a_stated_end_says_so() -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-05", act(EXTENDS, "MOFCOM-GACC 2025-70"))
    found = stands(
        LegalGraph.from_instruments([BATTERIES, PAUSE, longer]), "MOFCOM-GACC 2025-58", "2027-01-01"
    )
    assert any("MOFCOM 2026-60 states no end" in caution for caution in found.cautions)


# --------------------------------------------------------------------------- announced, not enacted


def readout(number: str, issued: str, *acts: Relation) -> Instrument:
    return replace(notice(number, issued, *acts, kind=NoticeKind.NEWS, enacts=False), effective=())


EIGHTH_ROUND = readout(
    "readout of the eighth round", "2026-09-28", act(EXTENDS, "MOFCOM-GACC 2025-70", until="2027-01-10")
)


def test_what_was_announced_but_not_enacted_changes_no_date() -> None:
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE, EIGHTH_ROUND])
    assert states(ledger, "MOFCOM-GACC 2025-58", "2026-11-10", "2026-11-11") == [SUSPENDED, IN_FORCE]


@pytest.mark.parametrize("asked", ["MOFCOM-GACC 2025-70", "MOFCOM-GACC 2025-58"])
def test_what_was_announced_but_not_enacted_is_shown_beside_the_date(asked: str) -> None:
    found = stands(LegalGraph.from_instruments([BATTERIES, PAUSE, EIGHTH_ROUND]), asked, "2026-10-09")
    assert steps(found)[-1] == (
        "announced, not enacted: extends",
        "readout of the eighth round",
        "2026-09-28",
    )
    assert any("2027-01-10; no instrument is known" in caution for caution in found.cautions)


def test_what_was_announced_is_hidden_once_it_is_enacted() -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-05", act(EXTENDS, "MOFCOM-GACC 2025-70"), until="2027-01-10")
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE, EIGHTH_ROUND, longer])
    shown = [
        any(
            "announced, not enacted" in step[0] for step in steps(stands(ledger, "MOFCOM-GACC 2025-58", text))
        )
        for text in ("2026-11-04", "2026-11-05")
    ]
    assert shown == [True, False]


def test_an_announcement_is_not_hidden_by_what_had_been_enacted_long_before() -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-05", act(EXTENDS, "MOFCOM-GACC 2025-70"), until="2027-01-10")
    again = readout(
        "readout of the ninth round", "2026-12-20", act(EXTENDS, "MOFCOM-GACC 2025-70", until="2027-11-10")
    )
    found = stands(
        LegalGraph.from_instruments([BATTERIES, PAUSE, longer, again]), "MOFCOM-GACC 2025-58", "2026-12-31"
    )
    assert ("announced, not enacted: extends", "readout of the ninth round", "2026-12-20") in steps(found)


def test_an_announcement_about_an_extension_is_shown_for_the_notice_held_up() -> None:
    longer = notice("MOFCOM 2026-60", "2026-11-05", act(EXTENDS, "MOFCOM-GACC 2025-70"), until="2027-01-10")
    again = readout(
        "readout of the ninth round", "2026-12-20", act(EXTENDS, "MOFCOM 2026-60", until="2027-11-10")
    )
    found = stands(
        LegalGraph.from_instruments([BATTERIES, PAUSE, longer, again]), "MOFCOM-GACC 2025-58", "2026-12-31"
    )
    assert ("announced, not enacted: extends", "readout of the ninth round", "2026-12-20") in steps(found)


# --------------------------------------------------------------------------- notices that act on each other


FIRST = notice("MOFCOM 2026-1", "2026-01-10", act(SUSPENDS, "MOFCOM 2026-2"), starts="2026-02-01")
SECOND = notice("MOFCOM 2026-2", "2026-01-20", act(REPEALS, "MOFCOM 2026-1"), starts="2026-03-01")


def test_where_two_notices_act_on_each_other_each_act_is_taken_at_its_word() -> None:
    ledger = LegalGraph.from_instruments([FIRST, SECOND])
    assert states(ledger, "MOFCOM 2026-1", "2026-02-28", "2026-03-01") == [IN_FORCE, REPEALED]
    assert states(ledger, "MOFCOM 2026-2", "2026-01-31", "2026-02-01", "2026-03-01") == [
        NOT_YET,
        SUSPENDED,
        SUSPENDED,
    ]


@pytest.mark.parametrize("number", ["MOFCOM 2026-1", "MOFCOM 2026-2"])
def test_where_two_notices_act_on_each_other_both_acts_are_shown_with_a_doubt(number: str) -> None:
    found = stands(LegalGraph.from_instruments([FIRST, SECOND]), number, "2026-04-01")
    assert {("suspends", "MOFCOM 2026-1"), ("repeals", "MOFCOM 2026-2")} <= {
        (verb, agent) for verb, agent, _ in steps(found)
    }
    assert any("a person must decide" in caution for caution in found.cautions)


def test_where_three_notices_act_in_a_circle_each_is_shown_with_a_caution() -> None:
    ring = [
        notice(f"MOFCOM 2026-{n}", f"2026-01-{n}", act(SUSPENDS, f"MOFCOM 2026-{target}"))
        for n, target in ((11, 12), (12, 13), (13, 11))
    ]
    ledger = LegalGraph.from_instruments(ring)
    for number in ("MOFCOM 2026-11", "MOFCOM 2026-12", "MOFCOM 2026-13"):
        found = stands(ledger, number, "2026-02-01")
        assert found.state is SUSPENDED
        assert any("a person must decide" in caution for caution in found.cautions)


def test_an_extension_of_one_of_two_notices_that_act_on_each_other_turns_on_its_own_days() -> None:
    """`until` names the last day of a state in a ring of notices too."""
    pause = replace(
        FIRST,
        effective=(part("all", "2026-02-01", "2026-04-30"),),
        relations=(act(SUSPENDS, "MOFCOM 2026-2"),),
    )
    other = notice("MOFCOM 2026-2", "2026-01-20", act(SUSPENDS, "MOFCOM 2026-1", start="2027-06-01"))
    longer = notice("MOFCOM 2026-3", "2026-01-25", act(EXTENDS, "MOFCOM 2026-1"), until="2026-07-31")
    ledger = LegalGraph.from_instruments([pause, other, longer])
    assert states(ledger, "MOFCOM 2026-2", "2026-07-31", "2026-08-01") == [SUSPENDED, IN_FORCE]
    assert stands(ledger, "MOFCOM 2026-2", "2026-03-01").until == day("2026-07-31")


# --------------------------------------------------------------------------- the chain


def test_the_steps_are_oldest_first_also_for_an_unknown_notice() -> None:
    undo = notice("MOFCOM 2026-50", "2026-03-01", act(REPEALS, "MOFCOM-GACC 2025-58"))
    found = stands(LegalGraph.from_instruments([PAUSE, undo]), "MOFCOM-GACC 2025-58", "2026-06-30")
    days = [link.date for link in found.chain]
    assert days == sorted(days)


def test_each_step_is_shown_once() -> None:
    """A catalogue that repeals all those before it, year after year: every path leads to the oldest."""
    years = [
        notice(
            f"MOFCOM {year}-66",
            f"{year}-12-31",
            *(act(REPEALS, f"MOFCOM {earlier}-66") for earlier in range(2014, year)),
        )
        for year in range(2014, 2024)
    ]
    chain = stands(LegalGraph.from_instruments(years), "MOFCOM 2014-66", "2026-01-01").chain
    assert len(chain) == len(set(chain))


def test_an_inferred_day_is_said_to_be_our_inference() -> None:
    pause = notice(
        "MOFCOM 2025-80",
        "2025-11-05",
        act(SUSPENDS, "MOFCOM 2024-46"),
        parts=(part("第一条", "2025-11-10", "2026-11-10"), part("第二条", "2025-12-01", "2026-11-30")),
    )
    cautions = stands(LegalGraph.from_instruments([US_RULE, pause]), "MOFCOM 2024-46", "2025-11-15").cautions
    assert any("is our inference" in caution for caution in cautions)


def test_an_act_goes_by_the_date_whose_part_names_its_target() -> None:
    pause = notice(
        "MOFCOM 2025-80",
        "2025-11-05",
        act(SUSPENDS, "MOFCOM 2024-46"),
        act(SUSPENDS, "MOFCOM-GACC 2025-10"),
        parts=(
            part("公告2024年第46号", "2025-11-10", "2026-11-10"),
            part("公告2025年第10号", "2025-12-01", "2026-11-30"),
        ),
    )
    ledger = LegalGraph.from_instruments([US_RULE, notice("MOFCOM-GACC 2025-10", "2025-02-04"), pause])
    assert states(ledger, "MOFCOM 2024-46", "2025-11-10", "2026-11-11") == [SUSPENDED, IN_FORCE]
    assert states(ledger, "MOFCOM-GACC 2025-10", "2025-11-30", "2025-12-01", "2026-11-30") == [
        IN_FORCE,
        SUSPENDED,
        SUSPENDED,
    ]


def test_a_suspension_to_the_end_of_time_ends_never() -> None:
    pause = notice("MOFCOM 2025-80", "2025-11-05", act(SUSPENDS, "MOFCOM 2024-46", until="9999-12-31"))
    found = stands(LegalGraph.from_instruments([US_RULE, pause]), "MOFCOM 2024-46", "2026-01-01")
    assert found.state is SUSPENDED


def test_a_long_row_of_notices_that_each_suspend_the_one_before_has_an_answer() -> None:
    first = day("2020-01-01")
    row = [
        notice(f"MOFCOM 2020-{n}", str(first + timedelta(days=n)), act(SUSPENDS, f"MOFCOM 2020-{n - 1}"))
        for n in range(1, 61)
    ]
    found = stands(LegalGraph.from_instruments(row), "MOFCOM 2020-1", "2026-01-01")
    assert found.state is SUSPENDED  # the last is in force, so the last but one is not, and so on down
