"""Notices, acts and questions for the tests of status."""

from __future__ import annotations

from datetime import date

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
