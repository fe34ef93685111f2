"""A correction that moves a date: the corrected day counts from the day on which the correction was issued."""

from __future__ import annotations

from datetime import date

from controlwatch.core.law.graph import LegalGraph
from controlwatch.core.law.key_dates import find_key_dates
from controlwatch.core.law.status import compute_status
from controlwatch.core.model import Verb
from controlwatch.core.model.alert import TAKES_EFFECT
from tests.core.legal_status import IN_FORCE, LAPSED, NOT_YET, act, day, notice, part, state_on, states

KEY, CORRECTION = "MOFCOM 2027-40", "MOFCOM 2027-44"


def corrected(*, start: str | None = None, until: str | None = None, clause: str | None = None) -> LegalGraph:
    moves = act(Verb.AMENDS, KEY, clause, start=start, until=until)
    parts = (part("all", "2027-04-01", "2027-12-31"),)
    return LegalGraph.from_instruments(
        [
            notice(KEY, "2027-02-01", parts=parts),
            notice(CORRECTION, "2027-03-01", moves, starts=start or "2027-03-01"),
        ]
    )


def test_a_corrected_day_is_the_day_on_which_the_notice_takes_effect() -> None:
    law = corrected(start="2027-05-01")
    assert states(law, KEY, "2027-04-30", "2027-05-01") == [NOT_YET, IN_FORCE]


def test_a_corrected_end_is_the_end_of_the_notice() -> None:
    law = corrected(until="2027-10-31")
    assert states(law, KEY, "2027-10-31", "2027-11-01") == [IN_FORCE, LAPSED]


def test_before_the_correction_was_issued_the_day_first_printed_counts() -> None:
    law = corrected(start="2027-05-01")
    before = compute_status(law, KEY, day("2027-02-15"))
    assert (before.state, before.until) == (NOT_YET, day("2027-03-31"))
    assert "date corrected" not in {step.verb for step in before.chain}


def test_the_chain_names_the_correction_with_its_quote() -> None:
    chain = compute_status(corrected(start="2027-05-01"), KEY, day("2027-06-01")).chain
    told = [(step.verb, step.number, step.date, step.quote) for step in chain]
    assert ("date corrected", CORRECTION, day("2027-03-01"), f"amends {KEY}") in told
    assert ("takes effect", KEY, day("2027-05-01"), f"amends {KEY}") in told
    assert day("2027-04-01") not in {step.date for step in chain}


def test_what_comes_up_is_the_corrected_day_of_the_corrected_notice_alone() -> None:
    events = find_key_dates(corrected(start="2027-05-01"), date(2027, 3, 1), date(2027, 6, 1))
    assert [(event.date, event.event, event.number) for event in events] == [
        (day("2027-05-01"), TAKES_EFFECT, KEY)
    ]


def test_a_later_correction_wins_over_an_earlier_one() -> None:
    law = corrected(start="2027-05-01")
    again = notice("MOFCOM 2027-45", "2027-03-10", act(Verb.AMENDS, KEY, start="2027-06-01"))
    law = LegalGraph.from_instruments([*law.issued, again])
    assert state_on(law, KEY, day("2027-05-15")) is NOT_YET


def test_a_correction_that_does_not_say_which_of_several_dates_it_moves_moves_none() -> None:
    parts = (part("第一条", "2027-04-01"), part("第二条", "2027-07-01"))
    law = LegalGraph.from_instruments(
        [
            notice(KEY, "2027-02-01", parts=parts),
            notice(CORRECTION, "2027-03-01", act(Verb.AMENDS, KEY, start="2027-05-01")),
        ]
    )
    found = compute_status(law, KEY, day("2027-04-15"))
    assert found.state is IN_FORCE
    assert any("which of the dates" in caution and CORRECTION in caution for caution in found.cautions)


def test_an_amendment_without_a_day_of_its_own_moves_no_date() -> None:
    law = LegalGraph.from_instruments(
        [
            notice(KEY, "2027-02-01", starts="2027-04-01"),
            notice(CORRECTION, "2027-03-01", act(Verb.AMENDS, KEY), starts="2027-05-01"),
        ]
    )
    assert state_on(law, KEY, day("2027-04-15")) is IN_FORCE
