"""HS codes and control codes, with the look-alikes (dates, telephones, postcodes, foreign lists) refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controlwatch.core.extraction.text.exclusions import is_excluded
from controlwatch.core.model import CodeFinding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from controlwatch.core.extraction.text.document_text import DocumentText

HS_LABEL = re.compile(
    r"HS\s*编码(?:为|是|[:：])?|\bHS\s*[:：]|海关编码(?:为|是|[:：])?|进出口税则》?[^。；，\n\d]{0,16}[:：]|(?:参考|对应)?(?:海关)?(?:商品编号|商品编码|商品代码|产品编码|税则号列|税则号|税号|税目号?)(?:为|是|[:：])?"
    r"|\b(?:HS|H\.S\.|customs (?:commodity )?|commodity |tariff )\s*(?:codes?|numbers?|lines?"
    r"|headings?|subheadings?)\b(?:\s+is|\s+are)?",
    re.IGNORECASE,
)  # 参考海关商品编号：2841801000 · 参考税则号列：85076000 · HS code 8507.60.00
HS_CODE = re.compile(
    r"(?<![\d.\-A-Za-z])(\d{10}|\d{8}|\d{4}\.\d{2}(?:\.?\d{2}(?:\.?\d{2})?)?)(?![\d\-A-Za-z])"
)  # 85076000 · 8507.60.00
HS_JOINER = re.compile(
    r"[\s、，,;；:：.和及与或（(）)]|增加|新增|包括|分别为|为|and|or|ex"
)  # what may stand between codes of one list
BRACKETED_CODE = re.compile(r"[（(](\d{4}\.\d{2}\.\d{2}(?:\.?\d{2})?|\d{8}|\d{10})[）)]")  # （8104.19.00）
DOTTED_CODE = re.compile(
    r"(?<![\d.\-A-Za-z])(\d{4}\.\d{2}\.\d{2}(?:\.\d{2})?)(?![\d\-A-Za-z]|\.\d)"
)  # 8419.89.90.51
DATE_LOOKALIKE = re.compile(r"(?:19|20)\d{2}\.(?:0[1-9]|1[0-2])\.(?:0[1-9]|[12]\d|3[01])")
_FULL_CODE = r"\d{4}\.\d{2}\.\d{2}(?:\.?\d{2})?|\d{10}|\d{8}"
CODE_CELL = re.compile(
    rf"(?:(?<=\t)|(?<=\n))[ ]*"
    rf"(?P<codes>(?>(?:{_FULL_CODE})(?:(?>[ ]*[、，,;；/][ ]*|[ ]+)(?:{_FULL_CODE})){{0,199}}))"
    r"[ ]*(?=\t|\n|$)"
)  # 8526101020、8526109020 between tabs; taken whole, so that no row of blanks is read in two ways
CODE_COLUMNS = re.compile(
    r"^[^。；\n]{0,30}(?:商品编码|商品编号|商品代码|产品编码|税则号列|税则号|税号|HS code)"
    r"[^。；：:\n\d]{0,30}$",
    re.MULTILINE | re.IGNORECASE,
)  # 序号 商品编码 商品名称
ROW_CODE = re.compile(
    rf"^[ ]*(?:\d{{1,4}}[ \t.、．]+)?({_FULL_CODE})[ \t]+\S|[ \t]({_FULL_CODE})[ ]*$", re.MULTILINE
)  # 1 69072110 陶瓷砖 · 陶瓷砖 69072110
BRACKET_NOTE = re.compile(r"[（(][^）)\n]{0,30}[）)]")
CONTROL_CODE = re.compile(
    r"(?<![A-Za-z0-9.\-])([0-9][A-E]\d{3}(?:\.[a-z0-9]{1,2})*)(?![A-Za-z0-9\-])"
)  # 1C117.d · 3A001
RANGE_END = re.compile(
    r"(?:项)?\s*(?:至|到|—|–|~|\bto\b|\bthrough\b)\s*([0-9][A-E]\d{3}(?:\.[a-z0-9]{1,2})*|[a-z](?![a-z]))"
)  # 2C903.a|至2C903.d
MAX_RANGE_LENGTH = 15  #: a longer range is no list of neighbours
FOREIGN_LIST = re.compile(
    r"ECCN|EAR\b|美国商业管制清单|商业管制清单|Commerce Control List|CCL\b|欧盟.{0,12}附件一"
    r"|Annex I\b|瓦森纳.{0,8}清单"
)  # codes of foreign lists look the same and are not ours


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeCodes:
    """The codes of a text: customs codes, control codes, and those named only to be left out."""

    hs_codes: tuple[CodeFinding, ...] = ()
    control_codes: tuple[CodeFinding, ...] = ()
    excluded_codes: tuple[CodeFinding, ...] = ()


def find_codes(text: DocumentText) -> NoticeCodes:
    """Return every code with its sentence; a code that is also included somewhere is not excluded."""
    hs = dict[str, CodeFinding]()
    control = dict[str, CodeFinding]()
    out = dict[str, CodeFinding]()
    for code, start, end, is_out in (*_find_hs_codes(text), *_find_control_codes(text)):
        shelf, rule = (control, "code.control") if code[1].isalpha() else (hs, "code.customs")
        shelf, rule = (out, "code.excluded") if is_out else (shelf, rule)
        if code not in shelf:
            shelf[code] = CodeFinding(code=code, quote=text.quote_around(start, end), rule=rule)
    kept = {*hs, *control}
    kept |= _list_parents(kept)
    left_out = tuple(finding for code, finding in out.items() if code not in kept)
    return NoticeCodes(
        hs_codes=tuple(hs.values()), control_codes=tuple(_drop_parents(control)), excluded_codes=left_out
    )


def _drop_parents(found: dict[str, CodeFinding]) -> list[CodeFinding]:
    """Drop a bare parent (6C002) where its items (6C002.a) are listed."""
    bare = {code.partition(".")[0] for code in found if "." in code}
    return [finding for code, finding in found.items() if code not in bare]


def _list_parents(codes: Iterable[str]) -> set[str]:
    """Return every code above one of these: 3C901 and 3C901.a above 3C901.a.1."""
    pieces = (code.split(".") for code in codes)
    return {".".join(parts[:depth]) for parts in pieces for depth in range(1, len(parts))}


CodeHit = tuple[str, int, int, bool]


def _find_hs_codes(text: DocumentText) -> Iterator[CodeHit]:
    folded = text.folded_text
    for label in HS_LABEL.finditer(folded):
        yield from _find_listed_codes(folded, label.end())
    if HS_LABEL.search(folded):
        yield from _find_cell_codes(folded)
        yield from _find_bracketed_codes(folded)
        yield from _find_row_codes(folded)
    yield from _find_dotted_codes(folded)


def _find_listed_codes(folded: str, position: int) -> Iterator[CodeHit]:
    """Yield the codes that follow a label, as long as nothing but joints stands between them."""
    while True:
        code = HS_CODE.search(folded, position, position + 60)
        if code is None or HS_JOINER.sub("", BRACKET_NOTE.sub("", folded[position : code.start()])):
            return
        if _has_valid_chapter(code[1]):
            yield code[1].replace(".", ""), code.start(1), code.end(1), is_excluded(folded, code.start(1))
        position = code.end()


def _find_cell_codes(folded: str) -> Iterator[CodeHit]:
    """Yield the codes that fill a cell of a table, one or several."""
    for cell in CODE_CELL.finditer(folded):
        line = folded[folded.rfind("\n", 0, cell.start()) + 1 : cell.end() + 1]
        if "\t" not in line:
            continue
        for hit in re.finditer(_FULL_CODE, cell["codes"]):
            at = cell.start("codes") + hit.start()
            if _has_valid_chapter(hit[0]):
                yield hit[0].replace(".", ""), at, at + len(hit[0]), is_excluded(folded, at)


def _find_row_codes(folded: str) -> Iterator[CodeHit]:
    """Yield the codes that open or close the rows of a list below a heading of its columns."""
    heading = CODE_COLUMNS.search(folded)
    for row in ROW_CODE.finditer(folded, heading.end()) if heading else ():
        printed = row[1] or row[2]
        at = row.start(1) if row[1] else row.start(2)
        if _has_valid_chapter(printed.replace(".", "")):
            yield printed.replace(".", ""), at, at + len(printed), is_excluded(folded, at)


def _find_dotted_codes(folded: str) -> Iterator[CodeHit]:
    """Yield the codes written 8419.89.90, which nothing else is but a day: 2027.01.15 is refused."""
    for hit in DOTTED_CODE.finditer(folded):
        code = hit[1].replace(".", "")
        if _has_valid_chapter(code) and not DATE_LOOKALIKE.fullmatch(hit[1]):
            yield code, hit.start(1), hit.end(1), is_excluded(folded, hit.start(1))


def _find_bracketed_codes(folded: str) -> Iterator[CodeHit]:
    """Yield the codes that fill a bracket (8104.19.00), in a text that speaks of customs codes elsewhere."""
    for hit in BRACKETED_CODE.finditer(folded):
        code = hit[1].replace(".", "")
        if _has_valid_chapter(code):
            yield code, hit.start(1), hit.end(1), is_excluded(folded, hit.start(1))


def _has_valid_chapter(code: str) -> bool:
    """Tell whether the first two digits are a chapter; 77 is reserved and empty."""
    return 1 <= int(code[:2]) <= 97 and code[:2] != "77"


def _find_control_codes(text: DocumentText) -> Iterator[CodeHit]:
    for hit in CONTROL_CODE.finditer(text.folded_text):
        sentence = text.find_sentence(hit.start())
        around = text.folded_text[max(sentence.start, hit.start() - 60) : min(sentence.end, hit.end() + 40)]
        if not FOREIGN_LIST.search(around):
            out = is_excluded(text.folded_text, hit.start(1))
            for code in (hit[1], *_expand_range(hit[1], RANGE_END.match(text.folded_text, hit.end(1)))):
                yield code, hit.start(1), hit.end(1), out


def _expand_range(first: str, end: re.Match[str] | None) -> Iterator[str]:
    """Yield the codes between the first and the last of a range: 2C903.a至2C903.d, 1C909至1C913."""
    if end is None:
        return
    last = end[1]
    stem, mark, close = first[:-1], first[-1], last[-1]
    same = last[:-1] == stem or (len(last) == 1 and "." in first)
    if same and mark.isalpha() == close.isalpha() and mark < close:
        yield from (f"{stem}{chr(at)}" for at in range(ord(mark) + 1, ord(close)))
    elif first[:2] == last[:2] and "." not in first + last and len(last) == len(first):
        low, high = int(first[2:]), int(last[2:])
        if 0 < high - low <= MAX_RANGE_LENGTH:
            yield from (f"{first[:2]}{at:03d}" for at in range(low + 1, high))
