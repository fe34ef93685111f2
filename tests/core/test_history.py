"""The newest steps of a history are the same whether the older ones are asked for or not."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from controlwatch.core.law.graph import LegalGraph
from controlwatch.core.law.history import build_history, build_newest_history
from controlwatch.core.model import Verb
from tests.core.legal_status import act, day, notice, part

START = day("2027-01-01")
DAYS = st.integers(0, 60).map(lambda number: str(START + timedelta(days=number)))


@st.composite
def laws(draw: st.DrawFn) -> LegalGraph:
    """Notices in force from a day to another, some of them suspended by the one after."""
    found = []
    for number in range(draw(st.integers(1, 12))):
        issued, starts, until = sorted((draw(DAYS), draw(DAYS), draw(DAYS)))
        acts = (
            (act(Verb.SUSPENDS, f"MOFCOM 2027-{number - 1}", start=starts, until=until),)
            if number and draw(st.booleans())
            else ()
        )
        found.append(notice(f"MOFCOM 2027-{number}", issued, *acts, parts=(part("all", starts, until),)))
    return LegalGraph.from_instruments(found)


@given(law=laws(), count=st.integers(1, 6))
def test_the_newest_steps_are_those_of_the_whole_history(law: LegalGraph, count: int) -> None:
    keys = tuple(law.instruments)
    whole = build_history(law, keys)
    newest = build_newest_history(law, keys, (), count)
    assert newest[::-1][:count] == whole[::-1][:count]
