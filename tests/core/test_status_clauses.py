"""Acts on a clause, and the status of each part."""

from __future__ import annotations

import pytest

from controlwatch.core.extraction.mentions.clauses import covers_scope
from controlwatch.core.law.graph import LegalGraph
from tests.core.legal_status import (
    IN_FORCE,
    PARTLY,
    REPEALED,
    REPEALS,
    SUSPENDED,
    SUSPENDS,
    US_PAUSE,
    US_RULE,
    act,
    day,
    notice,
    part,
    parts,
    stands,
    states,
)


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
