"""Which way a control moves when one value takes the place of another: a figure, a period, its first day."""

from __future__ import annotations

import re

from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.mentions.dates import DateMention, find_date_mentions
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import parse_numeral
from controlwatch.core.model import Direction

#: Ends of the names of groups of replaced words: in quotes, plain, and both in English.
REPLACED_FORMS = ("", "_figure", "_plain", "_en", "_back", "_having", "_moved", "_from")
FIGURES = re.compile(r"\d[\d,]*(?:\.\d+)?")


def compare_thresholds(words: str, lexicon: Lexicon) -> Direction | None:
    """Return which way a replaced figure moves a control: 16 kW or more, now 12 kW or more, covers more."""
    get_pattern = lexicon.get_pattern
    for hit in lexicon.get_pattern("direction.replaced").finditer(words):
        old, new = (
            next((hit[f"{name}{form}"] for form in REPLACED_FORMS if hit[f"{name}{form}"]), "")
            for name in ("old", "new")
        )
        before, after = (
            [float(figure.replace(",", "")) for figure in FIGURES.findall(part)] for part in (old, new)
        )
        is_plain = (
            hit["old_figure"] or hit["old_plain"] or hit["old_having"] or hit["old_moved"] or hit["old_from"]
        )
        is_rate = is_plain and get_pattern("direction.rate").search(words)
        if is_rate or get_pattern("direction.day").search(f"{old}{new}"):
            continue
        if get_pattern("direction.may").search(old) and get_pattern("direction.must").search(new):
            return Direction.TIGHTEN
        pairs = [(a, b) for a, b in zip(before, after, strict=False) if a != b]
        if len(before) != len(after) or not pairs:
            continue
        a, b = pairs[0]
        if get_pattern("direction.period-words").search(
            f"{old}{new}"
        ):  # a licence is valid for six months, not for a year
            months, later = _count_months(old, lexicon), _count_months(new, lexicon)
            if months and later and months != later:
                return Direction.TIGHTEN if later < months else Direction.RELAX
        if get_pattern("direction.fined-from").search(old):  # what is fined begins lower
            return Direction.TIGHTEN if b < a else Direction.RELAX
        if get_pattern("direction.fine").search(f"{old}{words}"):  # a higher fine is stricter
            return Direction.TIGHTEN if pairs[0][1] > pairs[0][0] else Direction.RELAX
        at_most = lexicon.get_pattern("direction.at-most").search(f"{old} {new}")
        return Direction.TIGHTEN if (b < a) != bool(at_most) else Direction.RELAX
    return None


def compare_rates(words: str, lexicon: Lexicon) -> Direction | None:
    """Return which way a control moves by a replaced rate; a higher refund relieves."""
    get_pattern = lexicon.get_pattern
    hit = get_pattern("direction.rate-instead").search(words)
    if hit is None or not get_pattern("direction.rate").search(words):
        return None
    old, new = float(hit["old"]), float(hit["new"])
    if old == new:
        return None
    is_relief = get_pattern("direction.relief").search(words) is not None
    return Direction.TIGHTEN if (new > old) != is_relief else Direction.RELAX


def compare_moved_days(words: str, context: ReadingContext) -> Direction | None:
    """Return which way a control moves whose first day is changed: 原定自6月1日起施行，现改自9月1日起施行."""
    get_pattern, lexicon = context.lexicon.get_pattern, context.lexicon
    if not get_pattern("date.start-words").search(words) or get_pattern("date.end-words").search(words):
        return None
    days = find_date_mentions(words, lexicon, anchor=context.identity.anchor)
    old = next((word.day for word in days if _is_replaced(words, word, lexicon)), None)
    replacing = get_pattern("date.replacing-before")
    follows = get_pattern("date.replacing-behind")
    new = next(
        (
            word.day
            for word in days
            if replacing.search(words[: word.start]) or follows.match(words[word.end :])
        ),
        None,
    )
    if old is None or new is None or old == new:
        return None
    return Direction.SUSPEND if new > old else Direction.TIGHTEN


def _is_replaced(words: str, word: DateMention, lexicon: Lexicon) -> bool:
    """Return whether a day in a sentence gives way to another one."""
    is_former = lexicon.get_pattern("date.former").search(words[: word.start]) is not None
    return is_former or lexicon.get_pattern("date.replaced-after").match(words[word.end :]) is not None


def _count_months(words: str, lexicon: Lexicon) -> int | None:
    """Return the months of a period (1年, 6个月), or None."""
    period = lexicon.get_pattern("direction.period").search(words)
    count = parse_numeral(period[1]) if period else None
    return count * (12 if period["years"] else 1) if period and count else None
