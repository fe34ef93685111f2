"""Last days that are not effective dates: for comments, transitions, applications and reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from controlwatch.core.extraction.mentions.dates import add_duration, find_date_mentions
from controlwatch.core.extraction.mentions.terms import is_about_foreign_act
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import parse_numeral
from controlwatch.core.model import Deadline

#: Each kind with the words of its sentence, tried in turn; the day must close something (before, until).
DEADLINE_KINDS = (
    ("comments-close", "deadline.comments"),
    ("transition-ends", "deadline.transition"),
    ("application-closes", "deadline.application"),
    ("report-due", "deadline.report"),
)


def find_deadlines(
    text: DocumentText,
    lexicon: Lexicon,
    *,
    anchor: date | None,
    in_force: date | None,
    is_beside: Callable[[int], bool],
) -> tuple[Deadline, ...]:
    """Return the closing days a text sets, each with its sentence.

    `anchor` is the day of publication: earlier days are past, and stated periods are counted from it; those
    from the day of force on are counted from `in_force`.
    `is_beside` tells whether a place is beside the news of a report.
    """
    get_pattern = lexicon.get_pattern
    closing, suspension = get_pattern("deadline.closing"), get_pattern("deadline.suspension")
    before_day, after_day = get_pattern("deadline.before-day"), get_pattern("deadline.after-day")
    kinds = [(name, get_pattern(pattern)) for name, pattern in DEADLINE_KINDS]
    stated: list[Deadline] = []
    for sentence in text.sentences:
        words = sentence.words
        if not closing.search(words) or suspension.search(words):
            continue
        # Contracts under way that need no licence until a day: that day closes the transition.
        is_transition = get_pattern("deadline.under-way").search(words) is not None
        closes_nothing = get_pattern("deadline.closes-nothing").search(words) is not None
        if (closes_nothing and not is_transition) or is_about_foreign_act(lexicon, words):
            continue
        kind = next((name for name, pattern in kinds if pattern.search(words)), None)
        if kind != "comments-close" and is_beside(sentence.start):
            continue
        for word in find_date_mentions(words, lexicon, anchor=anchor) if kind else ():
            closes = after_day.match(words[word.end :]) or before_day.search(words[: word.start])
            if get_pattern("deadline.span-of-measure").match(words[word.end :]):
                continue
            is_recurring = get_pattern("deadline.recurring").search(words[: word.start])
            if kind and word.day and closes and not (is_recurring or (anchor and word.day < anchor)):
                quote = text.quote_around(sentence.start + word.start, sentence.start + word.end)
                stated.append(Deadline(kind=kind, date=word.day, quote=quote, rule=f"deadline.{kind}"))
    counted = [
        Deadline(
            kind="transition-ends" if hit["performs"] else "comments-close",
            date=add_duration(first, parse_numeral(hit["count"]) or 0, hit["unit"]),
            quote=text.quote_around(hit.start(), hit.end()),
            rule="deadline.counted",
        )
        for hit in get_pattern("deadline.within-days").finditer(text.folded_text)
        if (first := in_force if hit["force"] else anchor)
    ]
    found: dict[tuple[str, date], Deadline] = {}
    for deadline in (*stated, *counted):
        found.setdefault((deadline.kind, deadline.date), deadline)
    return tuple(found.values())
