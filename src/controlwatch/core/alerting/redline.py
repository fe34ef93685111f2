"""Old words, new words → a redline, or nothing."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import date
from difflib import SequenceMatcher

from controlwatch.core.model import Change, ChangeKind, Notice, RedlineSegment

#: Lines that a site counts up by itself: 浏览次数：1,024, 阅读量 33, 点击数: 7, Views: 88
COUNTER_LINE = re.compile(
    r"^[^\w\n]*+(?:浏览|阅读|点击|访问)(?:次数|数|量|率)?\s*+[:：]?\s*+[\d,]++\s*+次?[^\w\n]*$"
    r"|^[^\w\n]*+(?:views?|hits)\s*+[:：]\s*+[\d,]++[^\w\n]*$",
    re.MULTILINE | re.IGNORECASE,
)
#: A Han character, a whole number (1,000.5 / 300), a Latin word, or any other sign; blanks are no words.
TOKEN = re.compile(r"[㐀-鿿豈-﫿]|\d[\d,.]*\d|\d|[^\W\d_]+|[^\s]", re.UNICODE)

#: A differing middle beyond so many tokens is shown as one deletion and one insertion, to stay quick.
MAX_DIFF_TOKENS = 5_000
#: The same where so many pairs of tokens are alike: a text of one word over and over would take hours.
MAX_EQUAL_PAIRS = 400_000
#: Two texts of so many comparable characters do not coincide by chance.
MIN_IDENTITY_LENGTH = 60
CONTEXT_LENGTH = 24  #: characters of unchanged text kept on either side of a difference


def to_comparable(text: str) -> str:
    """Return the words that matter in a comparison: folded widths, no blanks, no counters."""
    return "".join(_fold_text(text).split())


def _fold_text(text: str) -> str:
    return COUNTER_LINE.sub("", unicodedata.normalize("NFKC", text))


def fingerprint_text(text: str) -> str:
    """Return the SHA-256 of the comparable words, in hex."""
    return hashlib.sha256(to_comparable(text).encode()).hexdigest()


def compare_texts(kind: ChangeKind, *, old: str, new: str, was: Notice, now: Notice) -> Change | None:
    """Return the change between two texts of a notice, or None when no word differs."""
    if to_comparable(old) == to_comparable(new):
        return None
    return Change(kind=kind, redline=build_redline(old, new), moved=describe_changed_findings(was, now))


def build_redline(old: str, new: str) -> tuple[RedlineSegment, ...]:
    """Return the differences, with a little of the unchanged text around them ("…" for the rest).

    Whole numbers and Latin words are marked as wholes, so that a date never reads 202⟦5→6⟧.
    """
    before, after = _split_tokens(_fold_text(old)), _split_tokens(_fold_text(new))
    head = _count_shared_prefix(before, after)
    tail = _count_shared_prefix(before[head:][::-1], after[head:][::-1])
    ends = (before[:head], before[len(before) - tail :])
    middle = (before[head : len(before) - tail], after[head : len(after) - tail])
    stretches = [
        *([RedlineSegment(op="same", text=_join_tokens(ends[0]))] if head else ()),
        *_diff_tokens(*middle),
        *([RedlineSegment(op="same", text=_join_tokens(ends[1]))] if tail else ()),
    ]
    return tuple(_shorten_context(stretches))


def _count_shared_prefix(one: list[str], other: list[str]) -> int:
    """How many leading pieces two lists share: edits are small, and difflib's time grows with the square."""
    return next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _split_tokens(text: str) -> list[str]:
    return [match.group() for match in TOKEN.finditer(text)]


def _diff_tokens(before: list[str], after: list[str]) -> Iterator[RedlineSegment]:
    if max(len(before), len(after)) > MAX_DIFF_TOKENS or _count_equal_pairs(before, after) > MAX_EQUAL_PAIRS:
        yield RedlineSegment(op="deleted", text=_join_tokens(before))
        yield RedlineSegment(op="inserted", text=_join_tokens(after))
        return
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for op, i1, i2, j1, j2 in matcher.get_opcodes():
        if op == "equal":
            yield RedlineSegment(op="same", text=_join_tokens(before[i1:i2]))
            continue
        if i2 > i1:
            yield RedlineSegment(op="deleted", text=_join_tokens(before[i1:i2]))
        if j2 > j1:
            yield RedlineSegment(op="inserted", text=_join_tokens(after[j1:j2]))


def _count_equal_pairs(before: list[str], after: list[str]) -> int:
    """How many pairs of a token before and one after are the same word."""
    counts = Counter(after)
    return sum(counts[token] for token in before)


def _join_tokens(pieces: list[str]) -> str:
    """Put tokens together again: a blank only between Latin words or numbers."""
    text = ""
    for piece in pieces:
        glue = (
            " "
            if text
            and text[-1].isascii()
            and piece[0].isascii()
            and text[-1].isalnum()
            and piece[0].isalnum()
            else ""
        )
        text += glue + piece
    return text


def _shorten_context(stretches: list[RedlineSegment]) -> Iterator[RedlineSegment]:
    last = len(stretches) - 1
    for place, stretch in enumerate(stretches):
        text = stretch.text
        if stretch.op != "same" or len(text) <= 2 * CONTEXT_LENGTH:
            yield stretch
        elif place == 0:
            yield RedlineSegment(op="same", text="…" + _cut_end(text))
        elif place == last:
            yield RedlineSegment(op="same", text=_cut_beginning(text) + "…")
        else:
            yield RedlineSegment(op="same", text=f"{_cut_beginning(text)} … {_cut_end(text)}")


def _cut_beginning(text: str) -> str:
    """The first words of a text, none of them cut."""
    return next((text[: word.end()] for word in TOKEN.finditer(text) if word.end() >= CONTEXT_LENGTH), text)


def _cut_end(text: str) -> str:
    """The last words of a text, none of them cut."""
    return next(
        (text[word.start() :] for word in TOKEN.finditer(text) if word.end() > len(text) - CONTEXT_LENGTH),
        text,
    )


def describe_changed_findings(was: Notice, now: Notice) -> tuple[str, ...]:
    """Say which findings differ between two readings, one sentence each."""
    pairs = (
        ("number", _format_number(was), _format_number(now)),
        ("direction", was.direction.value, now.direction.value),
        ("effective", _format_dates(was), _format_dates(now)),
        (
            "categories",
            _format_values(c.id for c in was.categories),
            _format_values(c.id for c in now.categories),
        ),
        (
            "HS codes",
            _format_values(c.code for c in was.hs_codes),
            _format_values(c.code for c in now.hs_codes),
        ),
        (
            "control codes",
            _format_values(c.code for c in was.control_codes),
            _format_values(c.code for c in now.control_codes),
        ),
        ("destinations", _format_values(was.destinations), _format_values(now.destinations)),
    )
    return tuple(f"{name}: {before} → {after}" for name, before, after in pairs if before != after)


def _format_value(value: str | None) -> str:
    return value or "not stated"


def _format_values(values: Iterator[str] | tuple[str, ...]) -> str:
    return ", ".join(sorted(values)) or "none"


def _format_number(notice: Notice) -> str:
    return _format_value(notice.number.canonical if notice.number is not None else None)


def _format_dates(notice: Notice) -> str:
    return _format_values(tuple(_format_period(found.start, found.until) for found in notice.effective))


def _format_period(start: date | None, until: date | None) -> str:
    return _format_value(str(start) if start else None) + (f" until {until}" if until else "")
