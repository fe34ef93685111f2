"""Compare two texts of a notice: a redline of the differences, and the findings that changed."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from controlwatch.core.model import Change, ChangeKind, Notice, RedlineSegment

#: Lines with a counter that the site increments: 浏览次数：1,024, 阅读量 33, 点击数: 7, Views: 88
COUNTER_LINE = re.compile(
    r"^[^\w\n]*+(?:浏览|阅读|点击|访问)(?:次数|数|量|率)?\s*+[:：]?\s*+[\d,]++\s*+次?[^\w\n]*$"
    r"|^[^\w\n]*+(?:views?|hits)\s*+[:：]\s*+[\d,]++[^\w\n]*$",
    re.MULTILINE | re.IGNORECASE,
)
#: A Han character, a whole number (1,000.5 / 300), a Latin word, or any other sign; blanks are not tokens.
TOKEN = re.compile(r"[㐀-鿿豈-﫿]|\d[\d,.]*\d|\d|[^\W\d_]+|[^\s]", re.UNICODE)

#: A longer differing middle is shown as one deletion and one insertion, to limit the time.
MAX_DIFF_TOKENS = 5_000
#: The same beyond this number of equal pairs: a text that repeats one word would take hours.
MAX_EQUAL_PAIRS = 400_000
#: Two equal texts of this length (in comparable characters) are not equal by chance.
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
    before, after = split_tokens(old), split_tokens(new)
    head = _count_shared_prefix(before, after)
    tail = _count_shared_prefix(before[head:][::-1], after[head:][::-1])
    end = len(before) - tail
    segments = [
        *([RedlineSegment(op="same", text=_join_tokens(before[:head]))] if head else ()),
        *_diff_tokens(before[head:end], after[head : len(after) - tail]),
        *([RedlineSegment(op="same", text=_join_tokens(before[end:]))] if tail else ()),
    ]
    last = len(segments) - 1
    shortened: list[RedlineSegment] = []
    for place, segment in enumerate(segments):
        text = segment.text
        if segment.op == "same" and len(text) > 2 * CONTEXT_LENGTH:
            if place == 0:
                text = f"…{_cut_end(text)}"
            elif place == last:
                text = f"{_cut_beginning(text)}…"
            else:
                text = f"{_cut_beginning(text)} … {_cut_end(text)}"
        shortened.append(RedlineSegment(op=segment.op, text=text))
    return tuple(shortened)


def split_tokens(text: str) -> list[str]:
    """Return the words of a text as a comparison sees them: Han characters, whole numbers, Latin words."""
    return TOKEN.findall(_fold_text(text))


def _count_shared_prefix(one: list[str], other: list[str]) -> int:
    """Return how many leading tokens two lists share: difflib's time grows with the square of the rest."""
    return next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _diff_tokens(before: list[str], after: list[str]) -> Iterator[RedlineSegment]:
    counts = Counter(after)
    equal_pairs = sum(counts[token] for token in before)
    if max(len(before), len(after)) > MAX_DIFF_TOKENS or equal_pairs > MAX_EQUAL_PAIRS:
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


def _join_tokens(tokens: list[str]) -> str:
    """Join tokens again: with a blank only between Latin words or numbers."""
    text = ""
    for token in tokens:
        before, first = text[-1:], token[0]
        is_parted = before.isascii() and before.isalnum() and first.isascii() and first.isalnum()
        text += f" {token}" if is_parted else token
    return text


def _cut_beginning(text: str) -> str:
    """Return the first words of a text, each of them whole."""
    return next((text[: word.end()] for word in TOKEN.finditer(text) if word.end() >= CONTEXT_LENGTH), text)


def _cut_end(text: str) -> str:
    """Return the last words of a text, each of them whole."""
    return next(
        (text[word.start() :] for word in TOKEN.finditer(text) if word.end() > len(text) - CONTEXT_LENGTH),
        text,
    )


def describe_changed_findings(was: Notice, now: Notice) -> tuple[str, ...]:
    """Return which findings differ between two readings of a notice, one line each."""
    parties, parties_now = _name_parties(was), _name_parties(now)
    findings = (
        *zip(_list_findings(was), _list_findings(now), strict=True),
        # Of a long list only those parties are named that differ.
        (
            ("entities", _format_values(parties - parties_now)),
            ("entities", _format_values(parties_now - parties)),
        ),
    )
    return tuple(f"{name}: {before} → {after}" for (name, before), (_, after) in findings if before != after)


def _name_parties(notice: Notice) -> frozenset[str]:
    return frozenset(party.en or party.zh for party in notice.entities)


def _list_findings(notice: Notice) -> Iterator[tuple[str, str]]:
    yield "number", notice.number.canonical if notice.number is not None else "not stated"
    yield "direction", notice.direction.value
    dates = (
        f"{effective.start or 'not stated'}" + (f" until {effective.until}" if effective.until else "")
        for effective in notice.effective
    )
    yield "effective", _format_values(dates)
    yield "categories", _format_values(finding.id for finding in notice.categories)
    yield "HS codes", _format_values(finding.code for finding in notice.hs_codes)
    yield "control codes", _format_values(finding.code for finding in notice.control_codes)
    yield "destinations", _format_values(notice.destinations)


def _format_values(values: Iterable[str]) -> str:
    return ", ".join(sorted(values)) or "none"
