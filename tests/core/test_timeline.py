"""The shipped register against the chronology: what each notice was on six days, to be read by eye.

Every day rests on what had been issued by then; the newest evidence is of October 2026, so that the last
three columns say what the law as issued by 2026-10-09 makes of November 2026. The readout of 2026-09-28,
which speaks of 2027-01-10, is no instrument and moves none of them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.register_loader import load_register
from controlwatch.adapters.storage import SqlStore
from controlwatch.core.law.graph import LegalGraph
from controlwatch.core.law.status import compute_status
from controlwatch.core.model import to_notice_key

if TYPE_CHECKING:
    from pathlib import Path

DAYS = ("2025-11-01", "2025-11-15", "2026-06-30", "2026-11-09", "2026-11-11", "2026-11-28")

# unissued   not issued by then                   partly     a part suspended, a part not
# not-yet    issued, takes effect later; a draft  lapsed     its own term is over
# in-force   it binds                             repealed   ended by another notice
# suspended  every part of it is
STATE = {"unissued": "unknown", "partly": "partly-suspended"}

# number                             2025-11-01 2025-11-15 2026-06-30 2026-11-09 2026-11-11 2026-11-28
NOTICES = """
MOFCOM-SCA-GACC 2020-63              in-force   in-force   in-force   in-force   in-force   in-force
MOFCOM-GACC 2022-42                  repealed   repealed   repealed   repealed   repealed   repealed
MOFCOM-GACC 2023-23                  in-force   in-force   in-force   in-force   in-force   in-force
MOFCOM-GACC-SASTIND-CMC 2023-27      repealed   repealed   repealed   repealed   repealed   repealed
MOFCOM-GACC-SASTIND-CMC 2023-28      repealed   repealed   repealed   repealed   repealed   repealed
MOFCOM-GACC 2023-39                  in-force   in-force   in-force   in-force   in-force   in-force
MOFCOM-MOST 2023-57                  in-force   in-force   in-force   in-force   in-force   in-force
MOFCOM-GACC 2023-66                  repealed   repealed   repealed   repealed   repealed   repealed
mps-2024-gamma-butyrolactone         in-force   in-force   in-force   in-force   in-force   in-force
工信厅联安全函〔2023〕394号          in-force   in-force   in-force   in-force   in-force   in-force
MOFCOM-GACC-CMC 2024-21              in-force   in-force   in-force   in-force   in-force   in-force
MOFCOM-GACC-CMC 2024-31              in-force   in-force   in-force   in-force   in-force   in-force
MOFCOM-GACC 2024-33                  in-force   in-force   in-force   in-force   in-force   in-force
State Council Order 792              in-force   in-force   in-force   in-force   in-force   in-force
MOFCOM-MIIT-GACC-SCA 2024-51         in-force   in-force   in-force   in-force   in-force   in-force
MOFCOM 2024-46                       in-force   partly     partly     partly     partly     in-force
MOFCOM-GACC 2024-67                  in-force   in-force   repealed   repealed   repealed   repealed
MOFCOM 2025-1                        in-force   in-force   in-force   in-force   in-force   in-force
UEL 2025-1                           in-force   in-force   in-force   in-force   in-force   in-force
UEL 2025-2                           in-force   in-force   in-force   in-force   in-force   in-force
UEL 2025-3                           in-force   in-force   in-force   in-force   in-force   in-force
draft technology catalogue           not-yet    not-yet    not-yet    not-yet    not-yet    not-yet
MOFCOM-GACC 2025-10                  in-force   in-force   in-force   in-force   in-force   in-force
UEL 2025-4                           in-force   in-force   in-force   in-force   in-force   in-force
MOFCOM 2025-13                       in-force   repealed   repealed   repealed   repealed   repealed
UEL 2025-5                           in-force   repealed   repealed   repealed   repealed   repealed
UEL 2025-6                           in-force   repealed   repealed   repealed   repealed   repealed
MOFCOM-GACC 2025-18                  in-force   in-force   in-force   in-force   in-force   in-force
MOFCOM 2025-21                       suspended  suspended  suspended  suspended  in-force   in-force
UEL 2025-7                           suspended  suspended  suspended  suspended  in-force   in-force
SCTC 2025-4                          partly     partly     partly     partly     in-force   in-force
SCTC 2025-5                          repealed   repealed   repealed   repealed   repealed   repealed
MOFCOM 2025-22                       repealed   repealed   repealed   repealed   repealed   repealed
UEL 2025-8                           repealed   repealed   repealed   repealed   repealed   repealed
mps-2025-4-piperidone                in-force   in-force   in-force   in-force   in-force   in-force
MOFCOM 2025-35                       in-force   in-force   in-force   in-force   in-force   in-force
MOFCOM-MOST 2025-28                  in-force   in-force   in-force   in-force   in-force   in-force
answer of 2025-08-12                 in-force   in-force   in-force   in-force   in-force   in-force
MOFCOM Order 2025-5                  in-force   in-force   repealed   repealed   repealed   repealed
MIIT-NDRC-MNR Order 71               in-force   in-force   in-force   in-force   in-force   in-force
draft licence measures               not-yet    not-yet    not-yet    not-yet    not-yet    not-yet
MOFCOM 2025-51                       in-force   in-force   in-force   in-force   in-force   in-force
UEL 2025-9                           in-force   in-force   in-force   in-force   in-force   in-force
MOFCOM-MIIT-GACC-SAMR 2025-54        not-yet    not-yet    in-force   in-force   in-force   in-force
MOFCOM-GACC 2025-55                  not-yet    suspended  suspended  suspended  in-force   in-force
MOFCOM-GACC 2025-56                  not-yet    suspended  suspended  suspended  in-force   in-force
MOFCOM-GACC 2025-57                  not-yet    suspended  suspended  suspended  in-force   in-force
MOFCOM-GACC 2025-58                  not-yet    suspended  suspended  suspended  in-force   in-force
MOFCOM 2025-61                       in-force   suspended  suspended  suspended  in-force   in-force
MOFCOM 2025-62                       in-force   suspended  suspended  suspended  in-force   in-force
UEL 2025-10                          in-force   in-force   in-force   in-force   in-force   in-force
MOT 2025-54                          in-force   suspended  suspended  suspended  in-force   in-force
MOFCOM Order 2025-6                  in-force   suspended  suspended  suspended  in-force   in-force
MOFCOM 2025-68                       in-force   in-force   in-force   in-force   in-force   in-force
SCTC 2025-10                         unissued   in-force   in-force   in-force   lapsed     lapsed
answer of 2025-11-06 on the list     unissued   in-force   in-force   in-force   in-force   in-force
answer of 2025-11-06 on unreliables  unissued   in-force   in-force   in-force   in-force   in-force
MOFCOM-GACC 2025-70                  unissued   in-force   in-force   in-force   lapsed     lapsed
MOFCOM 2025-72                       unissued   in-force   in-force   in-force   in-force   lapsed
MOFCOM 2025-73                       unissued   in-force   in-force   in-force   in-force   in-force
MOFCOM Order 2025-7                  unissued   in-force   in-force   in-force   lapsed     lapsed
mot-2025-11-10-port-fee-suspension   unissued   in-force   in-force   in-force   lapsed     lapsed
工信部联安全函〔2025〕335号          unissued   unissued   in-force   in-force   in-force   in-force
MOFCOM-GACC 2025-79                  unissued   unissued   in-force   in-force   in-force   in-force
licence catalogue 2026               unissued   unissued   in-force   in-force   in-force   in-force
MOFCOM-GACC 2025-88                  unissued   unissued   in-force   in-force   in-force   in-force
MOFCOM-GACC 2025-89                  unissued   unissued   in-force   in-force   in-force   in-force
MOFCOM 2026-1                        unissued   unissued   in-force   in-force   in-force   in-force
MOFCOM 2026-2                        unissued   unissued   in-force   in-force   in-force   in-force
MOF-STA 2026-2                       unissued   unissued   in-force   in-force   in-force   in-force
MOFCOM 2026-11                       unissued   unissued   in-force   in-force   in-force   in-force
MOFCOM 2026-12                       unissued   unissued   in-force   in-force   in-force   in-force
MOFCOM 2026-20                       unissued   unissued   in-force   in-force   in-force   in-force
MOFCOM Order 2026-1                  unissued   unissued   in-force   in-force   in-force   in-force
MOFCOM 2026-21                       unissued   unissued   in-force   in-force   in-force   in-force
MOFCOM 2026-23                       unissued   unissued   in-force   in-force   in-force   in-force
mof-2026-06-22-procurement           unissued   unissued   in-force   in-force   in-force   in-force
MOFCOM 2026-25                       unissued   unissued   not-yet    in-force   in-force   in-force
MOFCOM 2026-26                       unissued   unissued   not-yet    in-force   in-force   in-force
MOFCOM 2026-27                       unissued   unissued   in-force   in-force   in-force   in-force
MOFCOM 2026-28                       unissued   unissued   in-force   in-force   in-force   in-force
MOFCOM-GACC 2026-29                  unissued   unissued   unissued   in-force   in-force   in-force
MOFCOM 2026-30                       unissued   unissued   unissued   in-force   in-force   in-force
MOFCOM 2026-34                       unissued   unissued   unissued   in-force   in-force   in-force
MOFCOM Order 2026-2                  unissued   unissued   unissued   in-force   in-force   in-force
MOFCOM Order 2026-3                  unissued   unissued   unissued   in-force   in-force   in-force
MOFCOM 2026-40                       unissued   unissued   unissued   in-force   in-force   in-force
MOFCOM 2026-44                       unissued   unissued   unissued   in-force   in-force   in-force
"""

# number           clause                     2025-11-01 2025-11-15 2026-06-30 2026-11-09 2026-11-11 2026-11-28
CLAUSES = """
MOFCOM 2024-46   | 第二款                   | in-force   suspended  suspended  suspended  suspended  in-force
MOFCOM 2024-46   | rest                     | in-force   in-force   in-force   in-force   in-force   in-force
MOFCOM 2025-61   | 第一条第（一）、（二）项 | not-yet    suspended  suspended  suspended  in-force   in-force
MOFCOM 2025-61   | 第一条第（三）项         | in-force   suspended  suspended  suspended  in-force   in-force
MOF-STA 2026-2   | 第一条                   | unissued   unissued   in-force   in-force   in-force   in-force
MOF-STA 2026-2   | 第二条                   | unissued   unissued   in-force   in-force   in-force   in-force
SCTC 2025-4      | 24个百分点               | suspended  suspended  suspended  suspended  in-force   in-force
SCTC 2025-4      | rest                     | in-force   in-force   in-force   in-force   in-force   in-force
"""

#: Notices without a number that go by their address, by what the table calls them.
UNNUMBERED = {
    "answer of 2025-08-12": "mofcom-qa-2025-08-12",
    "answer of 2025-11-06 on the list": "mofcom-qa-2025-11-06-control-list",
    "answer of 2025-11-06 on unreliables": "mofcom-qa-2025-11-06-unreliable-entity",
    "draft technology catalogue": "mofcom-draft-2025-01-02-technology-catalogue",
    "draft licence measures": "mofcom-draft-2025-09-16-licence-measures",
    "licence catalogue 2026": "mofcom-gacc-licence-catalogue-2026",
    "mof-2026-06-22-procurement": "mof-2026-06-22-procurement",
    "mot-2025-11-10-port-fee-suspension": "mot-2025-11-10-port-fee-suspension",
    "mps-2024-gamma-butyrolactone": "mps-2024-gamma-butyrolactone",
    "mps-2025-4-piperidone": "mps-2025-4-piperidone",
}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> LegalGraph:
    folder: Path = tmp_path_factory.mktemp("register")
    register = load_register(load_lexicon())
    store = SqlStore.open(f"sqlite:///{folder / 'store.db'}")
    try:
        store.register.import_entries(register, datetime(2026, 10, 9, 1, 0, tzinfo=UTC))
        return store.law.load_graph(register.entries)
    finally:
        store.close()


def _key(ledger: LegalGraph, name: str) -> str:
    part = UNNUMBERED.get(name)
    if part is None:
        return to_notice_key(name)
    (key,) = (key for key in ledger.instruments if part in key)
    return key


def _rows(table: str) -> list[tuple[str, tuple[str, ...]]]:
    split = (line.rsplit(maxsplit=len(DAYS)) for line in table.strip().splitlines())
    return [(name.strip(), tuple(marks)) for name, *marks in split]


@pytest.mark.parametrize(("name", "marks"), _rows(NOTICES))
def test_a_notice_was_on_each_day_what_the_chronology_says(
    ledger: LegalGraph, name: str, marks: tuple[str, ...]
) -> None:
    key = _key(ledger, name)
    found = [compute_status(ledger, key, date.fromisoformat(day)).state.value for day in DAYS]
    assert key in ledger.instruments
    assert found == [STATE.get(mark, mark) for mark in marks]


@pytest.mark.parametrize(("name", "marks"), _rows(CLAUSES))
def test_a_clause_was_on_each_day_what_the_chronology_says(
    ledger: LegalGraph, name: str, marks: tuple[str, ...]
) -> None:
    number, clause = (part.strip() for part in name.strip("| ").split("|"))
    found = []
    for day in DAYS:
        whole = compute_status(ledger, to_notice_key(number), date.fromisoformat(day))
        # A clause that nothing singled out yet is as the notice is.
        parts = {part.scope: part.state.value for part in whole.clauses}
        found.append(parts.get(clause, whole.state.value))
    assert found == [STATE.get(mark, mark) for mark in marks]


@pytest.mark.parametrize(
    ("number", "last"),
    [
        ("MOFCOM-GACC 2025-58", "2026-11-10"),
        ("MOFCOM 2025-61", "2026-11-10"),
        ("MOFCOM 2024-46", "2026-11-27"),
        ("MOFCOM 2025-21", "2026-11-10"),
        ("UEL 2025-7", "2026-11-10"),
        ("MOFCOM Order 2025-6", "2026-11-10"),
        ("MOT 2025-54", "2026-11-10"),
        ("SCTC 2025-4", "2026-11-10"),
    ],
)
def test_an_open_clock_runs_to_the_official_date(ledger: LegalGraph, number: str, last: str) -> None:
    assert str(compute_status(ledger, to_notice_key(number), date(2026, 10, 9)).until) == last


@pytest.mark.parametrize("number", ["MOFCOM-GACC 2025-70", "MOFCOM-GACC 2025-58", "MOFCOM 2025-61"])
def test_the_readout_of_28_september_2026_is_shown_from_that_day_as_not_enacted(
    ledger: LegalGraph, number: str
) -> None:
    shown = [
        any(
            link.verb.startswith("announced, not enacted")
            for link in compute_status(ledger, to_notice_key(number), day).chain
        )
        for day in (date(2026, 9, 27), date(2026, 9, 28))
    ]
    assert shown == [False, True]


def test_the_readout_of_28_september_2026_does_not_speak_of_the_rule_for_the_united_states(
    ledger: LegalGraph,
) -> None:
    chain = compute_status(ledger, "MOFCOM 2024-46", date(2026, 10, 9)).chain
    assert not any(link.verb.startswith("announced") for link in chain)
