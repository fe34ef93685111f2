"""Old words, new words → a redline, or nothing."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import date
from difflib import SequenceMatcher

from controlwatch.core.model import Change, ChangeKind, Notice, Stretch

#: Lines that a site counts up by itself: 浏览次数：1,024, 阅读量 33, 点击数: 7, Views: 88
VOLATILE = re.compile(
    r"^[^\w\n]*+(?:浏览|阅读|点击|访问)(?:次数|数|量|率)?\s*+[:：]?\s*+[\d,]++\s*+次?[^\w\n]*$"
    r"|^[^\w\n]*+(?:views?|hits)\s*+[:：]\s*+[\d,]++[^\w\n]*$",
    re.MULTILINE | re.IGNORECASE,
)
#: A Han character, a whole number (1,000.5 / 300), a Latin word, or any other sign; blanks are no words.
TOKEN = re.compile(r"[㐀-鿿豈-﫿]|\d[\d,.]*\d|\d|[^\W\d_]+|[^\s]", re.UNICODE)

#: A differing middle beyond so many tokens is shown as one deletion and one insertion, to stay quick.
LONGEST = 5_000
#: The same where so many pairs of tokens are alike: a text of one word over and over would take hours.
ALIKE = 400_000
#: Two texts of so many comparable characters do not coincide by chance.
MINIMUM_FOR_IDENTITY = 60
CONTEXT = 24  #: characters of unchanged text kept on either side of a difference


def comparable(text: str) -> str:
    """Return the words that matter in a comparison: folded widths, no blanks, no counters."""
    return "".join(_folded(text).split())


def _folded(text: str) -> str:
    return VOLATILE.sub("", unicodedata.normalize("NFKC", text))


def fingerprint(text: str) -> str:
    """Return the SHA-256 of the comparable words, in hex."""
    return hashlib.sha256(comparable(text).encode()).hexdigest()


def compare(kind: ChangeKind, *, old: str, new: str, was: Notice, now: Notice) -> Change | None:
    """Return the change between two texts of a notice, or None when no word differs."""
    if comparable(old) == comparable(new):
        return None
    return Change(kind=kind, redline=redline(old, new), moved=moved(was, now))


def redline(old: str, new: str) -> tuple[Stretch, ...]:
    """Return the differences, with a little of the unchanged text around them ("…" for the rest).

    Whole numbers and Latin words are marked as wholes, so that a date never reads 202⟦5→6⟧.
    """
    before, after = _pieces(_folded(old)), _pieces(_folded(new))
    head = _shared(before, after)
    tail = _shared(before[head:][::-1], after[head:][::-1])
    ends = (before[:head], before[len(before) - tail :])
    middle = (before[head : len(before) - tail], after[head : len(after) - tail])
    stretches = [
        *([Stretch(op="same", text=_joined(ends[0]))] if head else ()),
        *_stretches(*middle),
        *([Stretch(op="same", text=_joined(ends[1]))] if tail else ()),
    ]
    return tuple(_shortened(stretches))


def _shared(one: list[str], other: list[str]) -> int:
    """How many leading pieces two lists share: edits are small, and difflib's time grows with the square."""
    return next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _pieces(text: str) -> list[str]:
    return [match.group() for match in TOKEN.finditer(text)]


def _stretches(before: list[str], after: list[str]) -> Iterator[Stretch]:
    if max(len(before), len(after)) > LONGEST or _alike(before, after) > ALIKE:
        yield Stretch(op="deleted", text=_joined(before))
        yield Stretch(op="inserted", text=_joined(after))
        return
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for op, i1, i2, j1, j2 in matcher.get_opcodes():
        if op == "equal":
            yield Stretch(op="same", text=_joined(before[i1:i2]))
            continue
        if i2 > i1:
            yield Stretch(op="deleted", text=_joined(before[i1:i2]))
        if j2 > j1:
            yield Stretch(op="inserted", text=_joined(after[j1:j2]))


def _alike(before: list[str], after: list[str]) -> int:
    """How many pairs of a token before and one after are the same word."""
    counts = Counter(after)
    return sum(counts[token] for token in before)


def _joined(pieces: list[str]) -> str:
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


def _shortened(stretches: list[Stretch]) -> Iterator[Stretch]:
    last = len(stretches) - 1
    for place, stretch in enumerate(stretches):
        text = stretch.text
        if stretch.op != "same" or len(text) <= 2 * CONTEXT:
            yield stretch
        elif place == 0:
            yield Stretch(op="same", text="…" + _end(text))
        elif place == last:
            yield Stretch(op="same", text=_beginning(text) + "…")
        else:
            yield Stretch(op="same", text=f"{_beginning(text)} … {_end(text)}")


def _beginning(text: str) -> str:
    """The first words of a text, none of them cut."""
    return next((text[: word.end()] for word in TOKEN.finditer(text) if word.end() >= CONTEXT), text)


def _end(text: str) -> str:
    """The last words of a text, none of them cut."""
    return next(
        (text[word.start() :] for word in TOKEN.finditer(text) if word.end() > len(text) - CONTEXT), text
    )


def moved(was: Notice, now: Notice) -> tuple[str, ...]:
    """Say which findings differ between two readings, one sentence each."""
    pairs = (
        ("number", _number(was), _number(now)),
        ("direction", was.direction.value, now.direction.value),
        ("effective", _dates(was), _dates(now)),
        ("categories", _several(c.id for c in was.categories), _several(c.id for c in now.categories)),
        ("HS codes", _several(c.code for c in was.hs_codes), _several(c.code for c in now.hs_codes)),
        (
            "control codes",
            _several(c.code for c in was.control_codes),
            _several(c.code for c in now.control_codes),
        ),
        ("destinations", _several(was.destinations), _several(now.destinations)),
    )
    return tuple(f"{name}: {before} → {after}" for name, before, after in pairs if before != after)


def _one(value: str | None) -> str:
    return value or "not stated"


def _several(values: Iterator[str] | tuple[str, ...]) -> str:
    return ", ".join(sorted(values)) or "none"


def _number(notice: Notice) -> str:
    return _one(notice.number.canonical if notice.number is not None else None)


def _dates(notice: Notice) -> str:
    return _several(tuple(_span(found.start, found.until) for found in notice.effective))


def _span(start: date | None, until: date | None) -> str:
    return _one(str(start) if start else None) + (f" until {until}" if until else "")
