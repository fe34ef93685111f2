"""Every conclusion of a reading with the quote that proves it: whole, where a card shows the first ones."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from controlwatch.core.extraction.findings.date_corrections import list_own_dates
from controlwatch.core.extraction.report.measures import choose_measure
from controlwatch.core.law.register import DOUBT_PREFIX
from controlwatch.core.model import EffectiveDate, Notice, Verb
from controlwatch.core.rendering.checks import format_hs_code
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.moved_dates import list_move_lines
from controlwatch.core.rendering.wording import list_languages

#: A fact of the reference database, and what it rests on: register: names 3A001 (the official text, …)
REGISTER_FACT = re.compile(rf"{DOUBT_PREFIX}.*\(([^()]*)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """One conclusion, or several that one quote proves."""

    label: str
    value: str
    quote: str  #: verbatim, a fact of the reference database, or ""
    links: tuple[
        tuple[str, str], ...
    ] = ()  #: what the value leads to: (kind, name), as in ("item", "battery")


def list_conclusions(notice: Notice, context: CardContext) -> tuple[Conclusion, ...]:
    """Return what the reader concluded of a notice, in the order in which a person checks it."""
    return (
        *_list_identity(notice, context),
        *_list_dates(notice, context),
        *_list_items(notice, context),
        *_list_relations(notice, context),
        *_list_parties(notice, context),
        *_list_conditions(notice, context),
    )


def _list_identity(notice: Notice, context: CardContext) -> Iterator[Conclusion]:
    quotes = {ground.about: ground.quote for ground in notice.grounds}
    if notice.number is not None:
        yield Conclusion(
            label=context.find_word("notice-number"),
            value=notice.number.canonical,
            quote=notice.number_raw or quotes.get("number", ""),
        )
    if notice.issuers:
        (language,) = list_languages(context.language)[:1]
        names = [context.lexicon.get_issuer_name(code, language) for code in notice.issuers]
        yield Conclusion(
            label=context.find_word("issuers"), value="; ".join(names), quote=quotes.get("issuers", "")
        )
    if notice.published is not None:
        yield Conclusion(
            label=context.find_word("published"),
            value=context.format_date(notice.published),
            quote=quotes.get("published", ""),
        )
    if notice.is_change:
        measure = choose_measure(notice, context.lexicon)
        yield Conclusion(
            label=context.find_word("measure"),
            value=context.find_word(measure or notice.direction.value).capitalize(),
            quote=quotes.get("direction", "") or quotes.get("is_change", ""),
        )


def _list_dates(notice: Notice, context: CardContext) -> Iterator[Conclusion]:
    for line in list_move_lines(notice, context):
        yield Conclusion(label=context.find_word(line.word), value=line.value, quote=line.quote)
    for effective in list_own_dates(notice, context.lexicon):
        value = _format_effective(effective, context)
        yield Conclusion(label=context.find_word("effective"), value=value, quote=effective.quote)
    for deadline in notice.deadlines:
        label = f"{context.find_word('deadline')} ({context.find_word(deadline.kind)})"
        yield Conclusion(label=label, value=context.format_date(deadline.date), quote=deadline.quote)


def _format_effective(effective: EffectiveDate, context: CardContext) -> str:
    start = effective.start
    value = context.format_date(start) if start is not None else context.find_word("not-stated")
    if effective.time is not None:
        value += f" {effective.time:%H:%M}"
    if effective.until is not None:
        until = context.format_date(effective.until)
        value += context.pick_one(f" until {until}", f"，至{until}")
    if effective.scope != "all":
        value += f" ({context.name_scope(effective.scope)})"
    return value


def _list_items(notice: Notice, context: CardContext) -> Iterator[Conclusion]:
    for quote, ids in _group_by_quote((item.quote, item.id) for item in notice.categories):
        yield Conclusion(
            label=context.find_word("categories"),
            value=context.pick_one("; ", "；").join(map(context.name_category, ids)),
            quote=quote,
            links=tuple(("item", name) for name in ids),
        )
    if notice.destinations:
        name = context.lexicon.get_place_name
        names = [context.pick_one(name(code, "en"), name(code, "zh")) for code in notice.destinations]
        yield Conclusion(label=context.find_word("destinations"), value=", ".join(names), quote="")
    for label, found in (("hs", notice.hs_codes), ("control", notice.control_codes)):
        for quote, codes in _group_by_quote((item.quote, item.code) for item in found):
            shown = [format_hs_code(code) if label == "hs" else code for code in codes]
            yield Conclusion(
                label=context.find_word(label),
                value=", ".join(shown),
                quote=quote,
                links=tuple(("item", code) for code in codes),
            )


def _list_relations(notice: Notice, context: CardContext) -> Iterator[Conclusion]:
    for relation in notice.relations:
        clause = context.name_scope(relation.clause) if relation.clause else ""
        until = (
            f"→ {context.find_word('until')} {context.format_date(relation.until)}"
            if relation.until and relation.verb is not Verb.AMENDS
            else ""
        )
        parts = (context.find_word(relation.verb.value), relation.target, clause, until)
        yield Conclusion(
            label=context.find_word("relations"),
            value=" ".join(filter(None, parts)),
            quote=relation.quote,
            links=(("notice", relation.target),),
        )


def _list_parties(notice: Notice, context: CardContext) -> Iterator[Conclusion]:
    for entity in notice.entities:
        value = " · ".join(filter(None, (entity.en, entity.zh)))
        label = f"{context.find_word('entities')} ({context.find_word(f'party-{entity.action}')})"
        yield Conclusion(label=label, value=value, quote=entity.zh or entity.en)


def _list_conditions(notice: Notice, context: CardContext) -> Iterator[Conclusion]:
    for caveat in notice.caveats:
        value = f"{context.find_word(caveat.kind)} {caveat.value}".rstrip()
        yield Conclusion(label=context.find_word("caveats"), value=value, quote=caveat.quote)


def _group_by_quote(found: Iterable[tuple[str, Hashable]]) -> Iterable[tuple[str, list[str]]]:
    """Return values by the quote that proves them, in the order in which each quote comes first.

    Facts of the reference database are one group for each kind of evidence that they rest on.
    """
    groups: dict[str, list[str]] = {}
    for quote, value in found:
        fact = REGISTER_FACT.fullmatch(quote)
        groups.setdefault(f"{DOUBT_PREFIX}{fact[1]}" if fact else quote, []).append(str(value))
    return groups.items()
