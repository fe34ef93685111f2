"""Laws of status over arbitrary notices and acts, circles included."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controlwatch.core.extraction.mentions.clauses import ALL, REST
from controlwatch.core.law.graph import ENDED_STATES, Instrument, LegalGraph, LegalState
from controlwatch.core.law.status import compute_status
from controlwatch.core.model import EffectiveDate, NoticeKind, Relation, Verb

ORIGIN = date(2026, 1, 1)
SPAN = 8
KEYS = tuple(f"MOFCOM 2026-{n}" for n in range(1, 5))
CLAUSES = ("第一条", "第一条第（三）项", "第二条")

brisk = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

thorough = settings(brisk, max_examples=500)

days = st.integers(0, SPAN).map(lambda count: ORIGIN + timedelta(days=count))


def state_on(ledger: LegalGraph, key: str, on: date) -> LegalState:
    return compute_status(ledger, key, on, chained=False).state


@st.composite
def effective(draw: st.DrawFn) -> EffectiveDate:
    """A part of a notice, perhaps without a day, perhaps with a term."""
    start = draw(st.none() | days)
    until = draw(st.none() | days)
    return EffectiveDate(
        start=start,
        until=max(start, until) if start and until else until,
        basis="stated" if start else "not-stated",
        scope=draw(st.sampled_from((ALL, *CLAUSES))),
        quote="",
    )


@st.composite
def relations(draw: st.DrawFn, targets: tuple[str, ...] = KEYS) -> Relation:
    start = draw(st.none() | days)
    until = draw(st.none() | days)
    return Relation(
        verb=draw(st.sampled_from((Verb.SUSPENDS, Verb.RESUMES, Verb.REPEALS, Verb.EXTENDS, Verb.AMENDS))),
        target=draw(st.sampled_from(targets)),
        clause=draw(st.none() | st.none() | st.sampled_from(CLAUSES)),
        start=start,
        until=max(start, until) if start and until else until,
        quote="q",
    )


@st.composite
def instruments(
    draw: st.DrawFn, key: str, *, targets: tuple[str, ...] = KEYS, issued: date | None = None
) -> Instrument:
    instrument = st.sampled_from((NoticeKind.ANNOUNCEMENT, NoticeKind.SPOKESPERSON))
    kind = draw(instrument | instrument | st.sampled_from((NoticeKind.DRAFT, NoticeKind.NEWS)))
    return Instrument(
        key=key,
        number=key,
        title=key,
        issued=issued or draw(days),
        is_dated=draw(st.booleans()),
        kind=kind,
        enacts=kind in {NoticeKind.ANNOUNCEMENT, NoticeKind.SPOKESPERSON},
        effective=tuple(draw(st.lists(effective(), max_size=2))),
        relations=tuple(draw(st.lists(relations(targets), min_size=1, max_size=2))),
    )


def histories(*, issued: date | None = None) -> st.SearchStrategy[tuple[Instrument, ...]]:
    """Notices that act on each other in any way, all but one known; `issued` all on one day, if given."""
    return st.tuples(*(instruments(key, issued=issued) for key in KEYS[:-1]))


@brisk
@given(histories(), st.sampled_from(KEYS), days)
def test_every_notice_has_exactly_one_state_on_every_day(
    law: tuple[Instrument, ...], key: str, on: date
) -> None:
    found = compute_status(LegalGraph.from_instruments(law), key, on)
    issued = any(item.key == key and item.issued <= on for item in law)
    assert (found.state is not LegalState.UNKNOWN) is issued
    assert bool(found.clauses) is issued
    assert found.since is None or found.since <= on
    assert found.until is None or on <= found.until
    assert all(part.until is None or on <= part.until for part in found.clauses)


@brisk
@given(histories().flatmap(lambda law: st.tuples(st.just(law), st.permutations(law))), days)
def test_the_order_of_arrival_changes_no_status(
    laws: tuple[tuple[Instrument, ...], list[Instrument]], on: date
) -> None:
    law, arrived = laws
    assert [compute_status(LegalGraph.from_instruments(law), key, on) for key in KEYS] == [
        compute_status(LegalGraph.from_instruments(arrived), key, on) for key in KEYS
    ]


@brisk
@given(histories(), days)
def test_what_is_issued_after_a_day_changes_no_status_of_that_day(
    law: tuple[Instrument, ...], on: date
) -> None:
    then = tuple(item for item in law if item.issued <= on)
    for item in then:
        assert compute_status(LegalGraph.from_instruments(law), item.key, on) == compute_status(
            LegalGraph.from_instruments(then), item.key, on
        )


@brisk
@given(histories(), instruments("GACC 2026-1", targets=("GACC 2026-2",)), days)
def test_a_notice_that_acts_on_none_of_them_changes_no_status(
    law: tuple[Instrument, ...], stranger: Instrument, on: date
) -> None:
    assert [compute_status(LegalGraph.from_instruments(law), key, on) for key in KEYS] == [
        compute_status(LegalGraph.from_instruments((*law, stranger)), key, on) for key in KEYS
    ]


@thorough
@given(histories(issued=ORIGIN), days)
def test_a_state_is_the_same_on_every_day_from_since_to_until(law: tuple[Instrument, ...], on: date) -> None:
    """All issued on one day, so that every answer rests on the same knowledge."""
    ledger = LegalGraph.from_instruments(law)
    for item in law:
        found = compute_status(ledger, item.key, on)
        assert found.since is not None
        last = found.until or ORIGIN + timedelta(days=SPAN + 2)
        stretch = [found.since + timedelta(days=count) for count in range((last - found.since).days + 1)]
        assert {state_on(ledger, item.key, day) for day in stretch} == {found.state}


@brisk
@given(histories(issued=ORIGIN), days)
def test_the_state_is_another_the_day_before_since_and_the_day_after_until(
    law: tuple[Instrument, ...], on: date
) -> None:
    ledger = LegalGraph.from_instruments(law)
    for item in law:
        found = compute_status(ledger, item.key, on)
        around = (
            found.since and found.since - timedelta(days=1),
            found.until and found.until + timedelta(days=1),
        )
        assert found.state not in {state_on(ledger, item.key, day) for day in around if day is not None}


@brisk
@given(histories(), days)
def test_the_parts_of_a_notice_are_named_once_and_the_whole_is_not_one_of_several_by_an_act(
    law: tuple[Instrument, ...], on: date
) -> None:
    ledger = LegalGraph.from_instruments(law)
    for item in law:
        names = [part.scope for part in compute_status(ledger, item.key, on).clauses]
        stated = {own.scope for own in item.effective}
        assert len(names) == len(set(names))
        assert ALL not in names or len(names) == 1 or ALL in stated
        assert REST not in names or len(names) > 1


@brisk
@given(histories(), days)
def test_the_whole_is_what_its_parts_are(law: tuple[Instrument, ...], on: date) -> None:
    ledger = LegalGraph.from_instruments(law)
    for item in law:
        found = compute_status(ledger, item.key, on)
        parts = {part.state for part in found.clauses}
        living = parts - ENDED_STATES
        if len(parts) == 1:
            assert found.state in parts
        if found.state is LegalState.PARTLY:
            assert LegalState.SUSPENDED in living
            assert len(living) > 1
        if found.state is LegalState.SUSPENDED:
            assert living == {LegalState.SUSPENDED}
        if found.state in ENDED_STATES and found.clauses:
            assert not living


@brisk
@given(
    st.lists(
        st.tuples(st.sampled_from(KEYS[1:]), relations((KEYS[0],))), max_size=4, unique_by=lambda it: it[0]
    ),
    days,
)
def test_acts_on_clauses_leave_the_rest_as_it_was(acts: list[tuple[str, Relation]], on: date) -> None:
    target = Instrument(key=KEYS[0], number=KEYS[0], title="", issued=ORIGIN)
    agents = [
        Instrument(key=key, number=key, title="", issued=ORIGIN, relations=(relation,))
        for key, relation in acts
    ]
    on_the_whole = [
        replace(agent, relations=tuple(found for found in agent.relations if found.clause is None))
        for agent in agents
    ]
    parts = {
        part.scope: part.state
        for part in compute_status(LegalGraph.from_instruments([target, *agents]), KEYS[0], on).clauses
    }
    if REST in parts:
        assert parts[REST] is state_on(LegalGraph.from_instruments([target, *on_the_whole]), KEYS[0], on)


@brisk
@given(histories(), days)
def test_a_repeal_is_for_good(law: tuple[Instrument, ...], on: date) -> None:
    ledger = LegalGraph.from_instruments(law)
    later = [on + timedelta(days=count) for count in (1, 5, SPAN)]
    for item in law:
        # What is issued later may hold up or undo what repeals; by what is known today it stays.
        known = ledger.restrict_to(on)
        if state_on(known, item.key, on) is LegalState.REPEALED:
            assert {state_on(known, item.key, day) for day in later} == {LegalState.REPEALED}
