"""The findings of a notice as facts on a card: each with its label and the quote that proves it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import TypeVar

from controlwatch.core.extraction.findings.date_corrections import list_own_dates
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import Alert, Caveat, Notice, Relation, Verb
from controlwatch.core.rendering.checks import describe_check, format_hs_code
from controlwatch.core.rendering.facts import CardContext, CardFact
from controlwatch.core.rendering.headlines import name_number
from controlwatch.core.rendering.moved_dates import list_move_lines
from controlwatch.core.rendering.state_text import format_announced, format_state

Finding = TypeVar("Finding")
Key = TypeVar("Key", bound=Hashable)

MAX_CODES = 8
MAX_ENTITIES = 6
MAX_ITEMS = 6
MAX_TARGETS = 8
MAX_CAVEATS = 4


def list_status_facts(
    status: LegalStatus | None, context: CardContext, *, is_suspension: bool = False
) -> Iterator[CardFact]:
    """Yield the legal status of a notice on this day, with the quote of the act that caused it."""
    if status is None or status.state == "unknown":
        return
    value = format_state(
        status.state, status.until, status.announced, then=status.then, language=context.language
    )
    if status.state == "lapsed" and is_suspension:
        word, announced = (
            context.find_word("lapsed"),
            format_announced(status.announced, language=context.language),
        )
        again = context.pick_language("the measures it suspended apply again", "所暂停的措施恢复适用")
        value = " · ".join(filter(None, (f"{word}: {again}", announced)))
    yield context.build_fact("status", value, status.chain[-1].quote if status.chain else "")


def list_notice_facts(
    alert: Alert, notice: Notice, status_facts: Iterable[CardFact], context: CardContext
) -> Iterator[CardFact]:
    """Yield what a notice says, in the order in which a reader needs it."""
    check = describe_check(notice, context) if notice.is_change else ""
    if check:
        yield context.build_fact("check", check)
    if alert.about:
        yield context.build_fact("about", name_number(alert.about, context))
    yield from _list_date_facts(notice, context)
    yield from status_facts
    yield from _list_deadline_facts(notice, context)
    items = [found for found in notice.categories if not found.id.startswith("destination.")]
    for (basis, quote), categories in _group_findings(items, lambda item: (item.basis, item.quote)):
        names = [context.name_category(category.id) for category in categories]
        through = context.find_word("resolved")
        resolved = context.pick_one(f" ({through})", f"（{through}）") if basis == "resolved" else ""
        yield context.build_fact("categories", context.join_first(names, MAX_ITEMS) + resolved, quote)
    if notice.destinations:
        name = context.lexicon.get_place_name
        names = [context.pick_language(name(code, "en"), name(code, "zh")) for code in notice.destinations]
        yield context.build_fact("destinations", context.pick_one(", ", "、").join(names))
    if notice.hs_codes:
        codes = [format_hs_code(finding.code) for finding in notice.hs_codes]
        yield context.build_fact("hs", context.join_first(codes, MAX_CODES))
    if notice.control_codes:
        codes = [finding.code for finding in notice.control_codes]
        yield context.build_fact("control", context.join_first(codes, MAX_CODES))
    yield from _list_relation_facts(notice, context, is_about_known=bool(alert.about))
    if notice.entities:
        names = [context.pick_language(entity.en or entity.zh, entity.zh) for entity in notice.entities]
        yield context.build_fact("entities", context.join_first(names, MAX_ENTITIES))


def _list_date_facts(notice: Notice, context: CardContext) -> Iterator[CardFact]:
    for line in list_move_lines(notice, context):
        yield context.build_fact(line.word, line.value, line.quote)
    for effective in list_own_dates(notice, context.lexicon):
        value = context.format_day(effective.start) if effective.start else context.find_word("not-stated")
        if effective.time is not None:
            value += f" {effective.time:%H:%M}"
        if effective.until:
            until = context.format_day(effective.until)
            value += context.pick_one(f" until {until}", f"，至{until}")
        if effective.scope != "all":
            value += f" ({context.name_scope(effective.scope)})"
        yield context.build_fact("effective", value, effective.quote)


def _list_deadline_facts(notice: Notice, context: CardContext) -> Iterator[CardFact]:
    for deadline in notice.deadlines:
        label = f"{context.find_word('deadline')} ({context.find_word(deadline.kind)})"
        yield CardFact(
            label=label,
            value=context.format_day(deadline.date),
            quote=context.translate_proof(deadline.quote),
            word="deadline",
        )


def _list_relation_facts(notice: Notice, context: CardContext, *, is_about_known: bool) -> Iterator[CardFact]:
    """Yield what the notice does to others, those together that one quote names.

    `is_about_known`: which notice it reports on stands in a fact of its own.
    """
    ends = {effective.until for effective in notice.effective if effective.scope == "all"}
    own_end = next(iter(ends)) if len(ends) == 1 else None

    def identify(relation: Relation) -> tuple[Verb, date | None, str]:
        # A suspension that names no end lasts as long as the notice itself.
        inherits = relation.until is None and relation.verb in {Verb.SUSPENDS, Verb.EXTENDS}
        # The day of an amendment is one that it moves, and stands with the dates.
        own = None if relation.verb is Verb.AMENDS else relation.until
        return relation.verb, own_end if inherits else own, relation.quote

    acts = [act for act in notice.relations if not (is_about_known and act.verb is Verb.REPORTS)]
    for (verb, until, quote), relations in _group_findings(acts, identify):
        targets = [
            f"{name_number(relation.target, context)} {context.name_scope(relation.clause or '')}".rstrip()
            for relation in relations
        ]
        day = context.format_date(until) if until else ""
        end = context.pick_one(f" until {day}", f"（至{day}）") if until else ""
        value = f"{context.find_word(verb.value)} {context.join_first(targets, MAX_TARGETS)}{end}"
        yield context.build_fact("relations", value, quote)


def _group_findings(
    findings: Iterable[Finding], identify: Callable[[Finding], Key]
) -> Iterable[tuple[Key, list[Finding]]]:
    """Return findings by key, in the order in which each key comes first."""
    groups: dict[Key, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(identify(finding), []).append(finding)
    return groups.items()


def list_caveat_facts(notice: Notice, context: CardContext) -> Iterator[CardFact]:
    """Yield some caveats with their quotes, each sentence once: the first of each kind, then the second."""
    sentences: dict[str, list[Caveat]] = {}
    for caveat in notice.caveats:
        sentences.setdefault(caveat.quote, []).append(caveat)
    counts: Counter[str] = Counter()
    rank: dict[str, int] = {}
    for quote, (first, *_) in sentences.items():
        rank[quote] = counts[first.kind]
        counts[first.kind] += 1
    shown = sorted(sentences, key=rank.__getitem__)[:MAX_CAVEATS]
    part = f" ({len(shown)}/{len(sentences)})" if len(shown) < len(sentences) else ""
    for quote in shown:
        kinds: dict[str, list[str]] = {}
        for caveat in sentences[quote]:
            kinds.setdefault(caveat.kind, []).extend([caveat.value] if caveat.value else [])
        value = "; ".join(
            f"{context.find_word(kind)} {', '.join(values)}".rstrip() for kind, values in kinds.items()
        )
        yield CardFact(label=context.find_word("caveats") + part, value=value, quote=quote)


def drop_repeated_quotes(facts: Iterable[CardFact], title: str) -> Iterator[CardFact]:
    """Keep each quote with the first fact that it proves: one sentence often proves many.

    The title stands above the facts.
    """
    shown = {title}
    for fact in facts:
        yield replace(fact, quote="" if fact.quote in shown else fact.quote)
        shown.add(fact.quote)
