"""What copying and typesetting did to a text, undone: pronunciations, spacing, hidden and look-alike signs.

The cleaned text is what the rules read; `origins` leads every character back, so that quotes stay verbatim.
"""

from __future__ import annotations

import re
from array import array

from controlwatch.core.extraction.text.unwrapping import undo_wrapping
from controlwatch.core.model.character_forms import COMPATIBILITY, COMPATIBLE

_BLANKS = " \u00a0\u2002\u2003\u2009\u202f\u3000"
_HAN = "\u3400-\u9fff"
_TONES = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ"
_SYLLABLE = rf"[a-zü]{{0,4}}[{_TONES}][a-zü]{{0,4}}"
TONED_PRONUNCIATION = re.compile(
    rf"(?<=[{_HAN}]) ?[(（] ?{_SYLLABLE}(?:[ ']?[a-zü]{{0,4}}[{_TONES}]?[a-zü]{{0,4}}){{0,8}} ?[)）] ?"
)
ANY_PRONUNCIATION = re.compile(
    rf"(?<=[{_HAN}]) ?[(（] ?[a-zü{_TONES}]{{1,6}}(?: [a-zü{_TONES}]{{1,6}}){{0,8}} ?[)）] ?"
)
#: From this many on, a copy annotates at random, and pronunciations without a tone are its own as well.
MIN_TONED = 2
HIDDEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")  # zero width, soft hyphens, bidi
EMPHASIS = re.compile(r"\*\*(?=\S)|(?<=\S)\*\*")  # **12:01 on 10 November 2028**
#: A run of single characters with a blank behind each: 2 0 2 7 年　第 2 4 号
SPACED_RUN = re.compile(rf"(?<!\S)(?:\S[{_BLANKS}]{{1,3}}){{3,}}\S(?!\S)")
HAN = re.compile(rf"[{_HAN}]")
MIN_SPACED_HAN = 2  #: Han characters in a run of a spaced-out text; "A B C D" is a list
MIN_SPACED_RUNS = 3  #: such runs in a text whose other runs, of figures only, are spaced out as well
BLANKS = re.compile(rf"[{_BLANKS}]+")


def clean_text(text: str) -> tuple[str, array[int] | None]:
    """Return the text without what copying added, and the place of each character in the original.

    The places have one entry more, for the end. They are None where nothing was taken out or replaced. A
    character that stands for several (㎏) gives each of them its place.

    >>> clean_text("公告第5號(hào)，商務(wù)部")[0]
    '公告第5號，商務部'
    """
    unwrapped, cuts = undo_wrapping(text)
    cleaned, origins = _remove_additions(unwrapped, cuts)
    if COMPATIBILITY.search(cleaned) is None:
        return cleaned, origins
    forms = [COMPATIBLE.get(ord(sign), sign) for sign in cleaned]
    places = origins if origins is not None else range(len(cleaned) + 1)
    spread = (place for place, form in zip(places, forms, strict=False) for _ in form)
    return "".join(forms), array("l", (*spread, len(text)))


def _remove_additions(text: str, broken: list[tuple[int, int]]) -> tuple[str, array[int] | None]:
    cuts = broken + [hit.span() for pattern in (HIDDEN, EMPHASIS) for hit in pattern.finditer(text)]
    toned = [hit.span() for hit in TONED_PRONUNCIATION.finditer(text)]
    cuts += toned if len(toned) < MIN_TONED else [hit.span() for hit in ANY_PRONUNCIATION.finditer(text)]
    cuts += _find_spacing(text)
    if not cuts:
        return text, None
    kept: list[str] = []
    origins: array[int] = array("l")
    at = 0
    for start, end in (*sorted(cuts), (len(text), len(text))):
        if start > at:
            kept.append(text[at:start])
            origins.extend(range(at, start))
        at = max(at, end)
    origins.append(len(text))
    return "".join(kept), origins


def _find_spacing(text: str) -> list[tuple[int, int]]:
    """Return the blanks between the characters of a text that is spaced out."""
    runs = list(SPACED_RUN.finditer(text))
    written = [hit for hit in runs if len(HAN.findall(hit[0])) >= MIN_SPACED_HAN]
    if len(written) < MIN_SPACED_RUNS:
        runs = written
    return [blank.span() for run in runs for blank in BLANKS.finditer(text, run.start(), run.end())]


def find_origin(origins: array[int] | None, start: int, end: int) -> tuple[int, int]:
    """Return the span in the original of a span of the cleaned text."""
    if origins is None or start >= end:
        return (start, end) if origins is None else (origins[start], origins[start])
    return origins[start], origins[end - 1] + 1
