"""HS codes and control codes; look-alikes (dates, telephones, postcodes, foreign lists) are refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from controlwatch.core.extraction.mentions.places import is_of_foreign_state
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.excluded_rows import is_in_row
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.masking import is_excluded
from controlwatch.core.model import CodeFinding

HS_CODE = re.compile(
    r"(?=\d)(?:(?<![\d.\-A-Za-z])|(?<=\bex))(\d{10}|\d{8}|\d{6}(?=[、，；项）])|\d{4} \d{2}(?=[,，;)）])"
    r"|\d{4}\.\d{2}(?:\.?\d{2}(?:\.?\d{2})?)?)(?:(?=ex\b)|(?![\d\-A-Za-z]))"
)  # 85076000 · 8507.60.00 · 8479899971ex
#: A code anywhere in a text that lists codes: whole, in groups, or broken behind its eighth digit.
LOOSE_CODE = re.compile(  # the figure is looked for first: that is fastest
    r"(?=\d)(?:(?<![\d.\-A-Za-z/])|(?<=\bex))"
    r"(?:\d{2} \d{2} \d{2} \d{2} \d{2}|\d{4}\.\d{2}\.\d{0,2} \d{2}\.?\d{0,2}"
    r"|\d{4}\.\d{2}\. \d{2}\.\d{2}|\d{2}\.\d{2}\.\d{2}\.\d{2}(?:\.\d{2})?"
    r"|\d{4}[. ]\d{4}\n\d{2}(?=[、，,;；）)])|\d{4}[. ]\d{2}[. ]?\d{2}(?:[. ]?\d{2}(?!\d)|(?!\d))"
    r"|\d{4}[. ]\d{4}(?:[. ]?\d{2})?"
    r"|\d{8}[. ]\d{2}|\d{6}[. ]\d{2}(?:[. ]?\d{2})?|\d{10}"
    r"|\d{4}[. ]?\d{2}(?:[. ]?\n[. ]?\d{2}[. ]?\d{2}|[. ]?\d{2}[. ]?\n[. ]?\d{2})(?=[、，,;；）)\t])"
    r"|\d{8}(?:\n\d{2}(?=[\n、，,;；）)\t]|$))?)(?:(?=ex\b)|(?![\d\-A-Za-z]|\.\d))"
)
DOTTED_CODE = re.compile(
    r"(?<![\d.\-A-Za-z])(\d{4}\.\d{2}\.\d{2}(?:\.\d{2})?)(?![\d\-A-Za-z]|\.\d)"
)  # 8419.89.90.51
#: The tariff has no heading of these: figures that begin so are days (20270916) or years.
YEAR_LOOKALIKE = re.compile(r"19(?:0[6-9]|[1-9]\d)|20[1-9]\d")
DATE_LOOKALIKE = re.compile(r"(?:19|20)\d{2}\.(?:0[1-9]|1[0-2])\.(?:0[1-9]|[12]\d|3[01])")
BRACKET_NOTE = re.compile(r"[（(][^）)\n]{0,30}[）)]")
CONTROL_CODE = re.compile(
    r"(?=\d)(?:(?<![A-Za-z0-9.\-])|(?<=\n\d\.)|(?<=\n\d\d\.)|(?<=\s[a-z]\.))([0-9][A-E]\d{3}(?:\.[a-z0-9]{1,2})*)(?![A-Za-z0-9\-])"
)  # 1C117.d · 3A001
CELL_GAP = re.compile(r"[\s|]+")
MAX_RANGE_LENGTH = 15  #: a longer range is not a list of neighbours


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeCodes:
    """The codes of a text: customs codes, control codes, and those named only to be excluded."""

    hs_codes: tuple[CodeFinding, ...] = ()
    control_codes: tuple[CodeFinding, ...] = ()
    excluded_codes: tuple[CodeFinding, ...] = ()


def find_codes(
    text: DocumentText, lexicon: Lexicon, *, is_beside: Callable[[int], bool] = lambda _at: False
) -> NoticeCodes:
    """Return every code with its sentence; a code that is also included somewhere is not excluded.

    `is_beside` tells whether a place is beside the news of a report: its codes do not count.
    """
    get_pattern = lexicon.get_pattern
    folded = text.folded_text[: text.related_links_start]
    codes = list(_find_hs_codes(folded, lexicon))
    if get_pattern("code.statistics").search(text.title):
        codes = [code for code in codes if _opens_row(folded, code[1])]
    for hit in CONTROL_CODE.finditer(folded):
        sentence = text.find_sentence(hit.start())
        around = folded[max(sentence.start, hit.start() - 60) : min(sentence.end, hit.end() + 40)]
        is_foreign = (
            get_pattern("code.foreign-list").search(around)
            or get_pattern("code.foreign-regulation").search(sentence.words)
            or is_of_foreign_state(text, hit.start(), lexicon)
        )
        if not is_foreign:
            last = get_pattern("code.range-end").match(folded, hit.end(1))
            within = _expand_range(hit[1], last[1]) if last else ()
            codes += [(code, hit.start(1), hit.end(1)) for code in (hit[1], *within)]
    hs, control, excluded = dict[str, CodeFinding](), dict[str, CodeFinding](), dict[str, CodeFinding]()
    codes = [code for code in codes if not is_beside(code[1])]
    is_out = [is_excluded(text.folded_text, start, lexicon) for _, start, _ in codes]
    # What a sentence leaves out stands in the table for the sake of order only.
    left_out = {
        code for (code, at, _), out in zip(codes, is_out, strict=True) if out and not is_in_row(folded, at)
    }
    for (code, start, end), out in zip(codes, is_out, strict=True):
        found, rule = (control, "code.control") if code[1].isalpha() else (hs, "code.customs")
        if out or (code in left_out and is_in_row(folded, start)):
            found, rule = excluded, "code.excluded"
        if code not in found:
            found[code] = CodeFinding(code=code, quote=text.quote_around(start, end), rule=rule)
    # 3C901 and 3C901.a are included where 3C901.a.1 is; 6C002 itself goes where its items are listed.
    pieces = [_split_code(code) for code in (*hs, *control)]
    included = {".".join(parts[:depth]) for parts in pieces for depth in range(1, len(parts) + 1)}
    parents = {
        ".".join(parts[:depth]) for parts in map(_split_code, control) for depth in range(1, len(parts))
    }
    return NoticeCodes(
        hs_codes=tuple(hs.values()),
        control_codes=tuple(finding for code, finding in control.items() if code not in parents),
        excluded_codes=tuple(finding for code, finding in excluded.items() if code not in included),
    )


def _split_code(code: str) -> list[str]:
    return code.split(".")


def _opens_row(folded: str, at: int) -> bool:
    """Return whether at most one cell, such as a count, stands before a figure on its line, and no code."""
    before = folded[folded.rfind("\n", 0, at) + 1 : at].strip()
    return len(CELL_GAP.split(before)) <= 1 and not LOOSE_CODE.search(before)


def _find_hs_codes(folded: str, lexicon: Lexicon) -> Iterator[tuple[str, int, int]]:
    """Yield HS codes (without dots) with start and end, in the order of the text.

    Every figure of their form counts in a text that speaks of customs codes, unless the words before it say
    what else it is. Elsewhere only the dotted form is a code beyond doubt. Headings count behind a label.
    """
    get_pattern = lexicon.get_pattern
    not_customs = lexicon.get_pattern("code.not-customs")
    found: dict[int, tuple[str, int]] = {}
    if lexicon.get_pattern("code.customs-label").search(folded) or CONTROL_CODE.search(folded):
        for hit in LOOSE_CODE.finditer(folded):
            found[hit.start()] = re.sub(r"\D", "", hit[0]), hit.end()
        for label in get_pattern("code.hs-label").finditer(folded):
            position = label.end()
            while listed := HS_CODE.search(folded, position, position + 60):
                if get_pattern("code.joiner").sub(
                    "", BRACKET_NOTE.sub("", folded[position : listed.start()])
                ):
                    break
                found.setdefault(listed.start(), (re.sub(r"\D", "", listed[1]), listed.end()))
                position = listed.end()
    for hit in DOTTED_CODE.finditer(folded):
        found.setdefault(hit.start(), (re.sub(r"\D", "", hit[1]), hit.end()))
    for start, (code, end) in sorted(found.items()):
        # The first two digits are a chapter of the tariff; 77 is reserved and empty.
        is_chapter = 1 <= int(code[:2]) <= 97 and code[:2] != "77"
        if not is_chapter or YEAR_LOOKALIKE.match(code) or DATE_LOOKALIKE.fullmatch(folded[start:end]):
            continue
        if not not_customs.search(folded[max(0, start - 30) : start]):
            yield code, start, end


def _expand_range(first: str, last: str) -> Iterator[str]:
    """Yield the codes between the first and the last of a range: 2C903.a至2C903.d, 1C909至1C913."""
    stem, mark, close = first[:-1], first[-1], last[-1]
    same_stem = last[:-1] == stem or (len(last) == 1 and "." in first)
    if same_stem and mark.isalpha() == close.isalpha() and mark < close:
        yield from (f"{stem}{chr(at)}" for at in range(ord(mark) + 1, ord(close)))
    elif first[:2] == last[:2] and "." not in first + last and len(last) == len(first):
        low, high = int(first[2:]), int(last[2:])
        if 0 < high - low <= MAX_RANGE_LENGTH:
            yield from (f"{first[:2]}{at:03d}" for at in range(low + 1, high))
