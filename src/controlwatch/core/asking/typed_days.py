"""Days and periods as people write them. What looks like a day and cannot be read is said, not guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from controlwatch.core.asking.day_readings import (
    DayMention,
    DaySpan,
    add_units,
    read_mention,
    resolve_relative,
)
from controlwatch.core.asking.vocabulary import DayGrammar

#: The word before these is not part of them: since 2024.
LEAD_IS_CONTEXT = frozenset({"month", "month-in-figures", "year"})

#: The end of the problem of a day that is written well, and is not in the calendar: 2026-02-30.
NO_SUCH_DAY = ": this day does not exist"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedDays:
    """When a question is about, and the text without the words that say it."""

    rest: str  #: of the same length: with spaces in the place of those words
    span: DaySpan | None = None
    count: int | None = None  #: days without a direction
    problem: str = ""
    choices: tuple[str, ...] = ()  #: the text with each of the readings in place of unclear words


def find_asked_days(text: str, grammar: DayGrammar, *, today: date, typed: str = "") -> AskedDays:
    """Find the days of a question in folded text; `typed` is the same text as it was typed, for the choices.

    Two days are a period from the first to the second. A day behind `since` or `until` begins or ends a
    period. Days that do not exist, and days without their year, are reported as a problem.
    """
    mentions = _drop_overlaps(list(_find_mentions(text, grammar, today)))
    unclear = next((mention for mention in mentions if mention.problem), None)
    if unclear is not None:
        whole = typed or text
        choices = tuple(
            " ".join(f"{whole[: unclear.start]} {span} {whole[unclear.end :]}".split())
            for span in unclear.readings
        )
        rest = _cut_mentions(text, mentions)
        return AskedDays(rest=rest, problem=unclear.problem, choices=choices)
    spans = [mention.span for mention in mentions if mention.span is not None]
    count = next((mention.count for mention in mentions if mention.count is not None), None)
    if len(spans) > 2 or (spans and count is not None):
        return AskedDays(
            rest=_cut_mentions(text, mentions), problem="there are several dates; write one, or two"
        )
    if len(spans) == 2:
        joined = _widen_mentions(text, mentions, grammar)
        span = DaySpan(first=spans[0].first, last=spans[1].last)
        return AskedDays(rest=_cut_mentions(text, joined), span=span)
    if not spans:
        return AskedDays(rest=_cut_mentions(text, mentions), count=count)
    (only,) = _widen_mentions(
        text, [item for item in mentions if item.span is not None], grammar, today=today
    )
    return AskedDays(rest=_cut_mentions(text, [only]), span=only.span)


def _cut_mentions(text: str, mentions: list[DayMention]) -> str:
    for mention in mentions:
        text = blank_out(text, mention.start, mention.end)
    return text


def _widen_mentions(
    text: str, mentions: list[DayMention], grammar: DayGrammar, *, today: date | None = None
) -> list[DayMention]:
    """Return mentions with the words around them that belong to them; with `today`, as they say."""
    widened = []
    for mention in mentions:
        lead, start = _match_words(text[: mention.start], grammar.leads, at_end=True)
        tail, end = _match_words(text[mention.end :], grammar.tails, at_end=False)
        span = mention.span
        if today is not None and span is not None:
            span = _extend_span(span, {lead, tail}, today)
        left = start if lead else mention.start
        right = mention.end + end if tail else mention.end
        widened.append(replace(mention, start=left, end=right, span=span))
    return widened


def _extend_span(span: DaySpan, roles: set[str], today: date) -> DaySpan:
    """Return the period that a day or a period begins or ends."""
    first, last = span.first, span.last
    if roles & {"since", "after"}:
        if "after" in roles and not span.is_day:
            first = last + timedelta(1)
        # What is still to come has no end; a year is shown with its dates.
        return DaySpan(first=first, last=today if first <= today else add_units(first, 1, "year"))
    if roles & {"until", "before"}:
        if "before" in roles and not span.is_day:
            last = first - timedelta(1)
        return DaySpan(first=min(today, last), last=last)
    return span


def _match_words(text: str, words: Any, *, at_end: bool) -> tuple[str, int]:
    """Return the role of the words that a text ends or begins with, and where they begin or end."""
    roles = sorted(
        ((word, role) for role, found in words.items() for word in found), key=lambda item: -len(item[0])
    )
    for word, role in roles:
        if word not in text:
            continue  # a pattern for each word takes long to compile
        latin = word[0].isascii() and word[0].isalnum()
        edge = (r"(?<![a-z0-9])" if at_end else r"(?![a-z0-9])") if latin else ""
        escaped = re.escape(word)
        pattern = rf"{edge}{escaped}\s*$" if at_end else rf"^\s*{escaped}{edge}"
        if hit := re.search(pattern, text):
            return role, hit.start() if at_end else hit.end()
    return "", 0


def _drop_overlaps(mentions: list[DayMention]) -> list[DayMention]:
    """Return mentions in the order of the text; where two overlap, the longer one, or the earlier found."""
    kept: list[DayMention] = []
    for mention in sorted(mentions, key=lambda item: item.start - item.end):
        if all(mention.end <= other.start or mention.start >= other.end for other in kept):
            kept.append(mention)
    return sorted(kept, key=lambda item: item.start)


def _find_mentions(text: str, grammar: DayGrammar, today: date) -> Iterator[DayMention]:
    for entry in grammar.relative:
        for word in entry.words:
            if word not in text:
                continue
            edge = r"(?<![a-z0-9])", r"(?![a-z0-9])"
            before, after = edge if word.isascii() else ("", "")
            for hit in re.finditer(rf"{before}{re.escape(word)}{after}", text):
                yield DayMention(start=hit.start(), end=hit.end(), span=resolve_relative(entry, today))
    for pattern in grammar.patterns:
        for hit in pattern.compiled.finditer(text):
            # Groups of alternatives are numbered: count, count2.
            groups = {name.rstrip("0123456789"): value for name, value in hit.groupdict().items() if value}
            start = hit.start()
            if pattern.id in LEAD_IS_CONTEXT:
                start = min(hit.start(name) for name, value in hit.groupdict().items() if value)
            mention = DayMention(start=start, end=hit.end())
            try:
                yield read_mention(
                    pattern.id, groups, text[start : hit.end()].strip(), mention, grammar, today
                )
            except (ValueError, OverflowError):
                why = "" if pattern.id == "figures" else NO_SUCH_DAY
                yield replace(mention, problem=f"{hit[0].strip()!r} is not a date{why}")


def blank_out(text: str, start: int, end: int) -> str:
    """Return a text of the same length, with spaces in the place of some of it."""
    return f"{text[:start]}{' ' * (end - start)}{text[end:]}"
