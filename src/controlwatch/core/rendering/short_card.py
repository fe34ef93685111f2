"""A card within the room of a chat message: what matters most, and a mark that there is more.

What is left out first: proving sentences beside conclusions that have no date, then the second language,
then codes and parties. The headline, the dates with their sentences, and what needs review are kept longest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from controlwatch.core.model import RedlineSegment
from controlwatch.core.model.text_safety import to_one_line, truncate_text
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.facts import CardFact

#: Characters of the body of an alert in a chat: more is not read.
MAX_BODY = 1_200
#: Facts whose sentence is kept longest.
DATED_WORDS = frozenset({"effective", "status", "deadline", "reason", "what"})
#: Facts by importance; what is not named here comes last.
IMPORTANT_WORDS = (
    *("reason", "what", "check", "effective", "status", "deadline", "again", "was", "relations"),
    *("categories", "hs", "control", "destinations", "entities", "about"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brevity:
    """How much of each part is kept."""

    quote: int  #: characters of the sentence beside a date
    other_quote: int = 0  #: characters of any other sentence; 0: none
    facts: int = 24
    value: int = 500
    summaries: int = 2
    summary: int = 600
    caveats: int = 4
    caveat_quote: int = 160
    doubts: int = 6
    redline: int = 600
    moved: int = 12


#: From the longest form of a card to the shortest.
LEVELS = (
    Brevity(quote=160, other_quote=160),
    Brevity(quote=140),
    Brevity(quote=140, summaries=1, caveats=2, caveat_quote=90, doubts=3, value=250, moved=6, redline=400),
    Brevity(
        quote=110, summaries=1, caveats=2, caveat_quote=60, doubts=2, facts=8, value=160, moved=4, redline=300
    ),
    Brevity(
        quote=80, summaries=1, summary=280, caveats=1, caveat_quote=40, doubts=1, facts=5, value=120, moved=3,
        redline=160,
    ),
    Brevity(
        quote=60, summaries=1, summary=160, caveats=1, caveat_quote=20, doubts=1, facts=3, value=90, moved=2,
        redline=80,
    ),
)  # fmt: skip


def shorten_card(card: Card, room: int = MAX_BODY) -> Card:
    """Return the longest form of a card whose body has at most `room` characters, else the shortest form."""
    shortened = card
    for level in LEVELS:
        shortened = _apply_level(card, level)
        if count_body(shortened) <= room:
            break
    return shortened


def count_body(card: Card) -> int:
    """Return the number of characters of a card below its headline, without addresses and buttons."""
    texts = (
        card.title,
        *card.summary,
        *card.moved,
        *(segment.text for segment in card.redline),
        *(part for fact in (*card.facts, *card.caveats) for part in (fact.label, fact.value, fact.quote)),
        *card.doubts,
        *card.footer,
    )
    return sum(map(len, texts))


def _apply_level(card: Card, level: Brevity) -> Card:
    chosen = sorted(range(len(card.facts)), key=lambda place: (_rank_fact(card.facts[place]), place))
    kept = sorted(chosen[: level.facts])
    facts = tuple(_shorten_fact(card.facts[place], level) for place in kept)
    caveats = tuple(
        replace(caveat, quote=to_one_line(caveat.quote, level.caveat_quote))
        for caveat in card.caveats[: level.caveats]
    )
    return replace(
        card,
        title=to_one_line(card.title, 200),
        summary=tuple(truncate_text(text, level.summary) for text in card.summary[: level.summaries]),
        facts=facts,
        caveats=caveats,
        moved=_limit_lines(card.moved, level.moved),
        redline=_limit_redline(card, level.redline),
        doubts=_limit_lines(card.doubts, level.doubts),
        is_shortened=len(facts) < len(card.facts)
        or len(caveats) < len(card.caveats)
        or [fact.quote for fact in facts] != [fact.quote for fact in card.facts],
    )


def _rank_fact(fact: CardFact) -> int:
    return IMPORTANT_WORDS.index(fact.word) if fact.word in IMPORTANT_WORDS else len(IMPORTANT_WORDS)


def _shorten_fact(fact: CardFact, level: Brevity) -> CardFact:
    most = level.quote if fact.word in DATED_WORDS else level.other_quote
    quote = to_one_line(fact.quote, most) if most else ""
    return replace(fact, value=to_one_line(fact.value, level.value), quote=quote)


def _limit_lines(lines: Iterable[str], most: int) -> tuple[str, ...]:
    shown = tuple(to_one_line(line, 240) for line in lines)
    return (*shown[:most], f"+{len(shown) - most}") if len(shown) > most else shown


def _limit_redline(card: Card, most: int) -> tuple[RedlineSegment, ...]:
    kept: list[RedlineSegment] = []
    left = most
    for segment in card.redline:
        if left <= 0:
            break
        kept.append(replace(segment, text=truncate_text(segment.text, left)))
        left -= len(segment.text)
    return tuple(kept)
