"""HS codes and control codes, with the look-alikes (dates, telephones, postcodes, foreign lists) refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controlwatch.core.extraction.text.exclusions import excluded
from controlwatch.core.model import CodeFinding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from controlwatch.core.extraction.text.document_text import Text

HS_LABEL = re.compile(
    r"HS\s*编码(?:为|是|[:：])?|\bHS\s*[:：]|海关编码(?:为|是|[:：])?|进出口税则》?[^。；，\n\d]{0,16}[:：]|(?:参考|对应)?(?:海关)?(?:商品编号|商品编码|商品代码|产品编码|税则号列|税则号|税号|税目号?)(?:为|是|[:：])?"
    r"|\b(?:HS|H\.S\.|customs (?:commodity )?|commodity |tariff )\s*(?:codes?|numbers?|lines?"
    r"|headings?|subheadings?)\b(?:\s+is|\s+are)?",
    re.IGNORECASE,
)  # 参考海关商品编号：2841801000 · 参考税则号列：85076000 · HS code 8507.60.00
HS_CODE = re.compile(
    r"(?<![\d.\-A-Za-z])(\d{10}|\d{8}|\d{4}\.\d{2}(?:\.?\d{2}(?:\.?\d{2})?)?)(?![\d\-A-Za-z])"
)  # 85076000 · 8507.60.00
HS_FILL = re.compile(
    r"[\s、，,;；:：.和及与或（(）)]|增加|新增|包括|分别为|为|and|or|ex"
)  # what may stand between codes of one list
BRACKETED = re.compile(r"[（(](\d{4}\.\d{2}\.\d{2}(?:\.?\d{2})?|\d{8}|\d{10})[）)]")  # （8104.19.00）
DOTTED = re.compile(
    r"(?<![\d.\-A-Za-z])(\d{4}\.\d{2}\.\d{2}(?:\.\d{2})?)(?![\d\-A-Za-z]|\.\d)"
)  # 8419.89.90.51
DAY = re.compile(r"(?:19|20)\d{2}\.(?:0[1-9]|1[0-2])\.(?:0[1-9]|[12]\d|3[01])")
_FULL = r"\d{4}\.\d{2}\.\d{2}(?:\.?\d{2})?|\d{10}|\d{8}"
CELL = re.compile(
    rf"(?:(?<=\t)|(?<=\n))[ ]*(?P<codes>(?>(?:{_FULL})(?:(?>[ ]*[、，,;；/][ ]*|[ ]+)(?:{_FULL})){{0,199}}))"
    r"[ ]*(?=\t|\n|$)"
)  # 8526101020、8526109020 between tabs; taken whole, so that no row of blanks is read in two ways
COLUMNS = re.compile(
    r"^[^。；\n]{0,30}(?:商品编码|商品编号|商品代码|产品编码|税则号列|税则号|税号|HS code)"
    r"[^。；：:\n\d]{0,30}$",
    re.MULTILINE | re.IGNORECASE,
)  # 序号 商品编码 商品名称
ROW_CODE = re.compile(
    rf"^[ ]*(?:\d{{1,4}}[ \t.、．]+)?({_FULL})[ \t]+\S|[ \t]({_FULL})[ ]*$", re.MULTILINE
)  # 1 69072110 陶瓷砖 · 陶瓷砖 69072110
EX = re.compile(r"[（(][^）)\n]{0,30}[）)]")
CONTROL_CODE = re.compile(
    r"(?<![A-Za-z0-9.\-])([0-9][A-E]\d{3}(?:\.[a-z0-9]{1,2})*)(?![A-Za-z0-9\-])"
)  # 1C117.d · 3A001
RANGE_END = re.compile(
    r"(?:项)?\s*(?:至|到|—|–|~|\bto\b|\bthrough\b)\s*([0-9][A-E]\d{3}(?:\.[a-z0-9]{1,2})*|[a-z](?![a-z]))"
)  # 2C903.a|至2C903.d
MOST_IN_RANGE = 15  #: a longer range is no list of neighbours
FOREIGN_LIST = re.compile(
    r"ECCN|EAR\b|美国商业管制清单|商业管制清单|Commerce Control List|CCL\b|欧盟.{0,12}附件一"
    r"|Annex I\b|瓦森纳.{0,8}清单"
)  # codes of foreign lists look the same and are not ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The codes of a text: customs codes, control codes, and those named only to be left out."""

    hs: tuple[CodeFinding, ...] = ()
    control: tuple[CodeFinding, ...] = ()
    excluded: tuple[CodeFinding, ...] = ()


def codes_of(text: Text) -> Codes:
    """Return every code with its sentence; a code that is also included somewhere is not excluded."""
    hs = dict[str, CodeFinding]()
    control = dict[str, CodeFinding]()
    out = dict[str, CodeFinding]()
    for code, start, end, is_out in (*_hs(text), *_control(text)):
        shelf, rule = (control, "code.control") if code[1].isalpha() else (hs, "code.customs")
        shelf, rule = (out, "code.excluded") if is_out else (shelf, rule)
        if code not in shelf:
            shelf[code] = CodeFinding(code=code, quote=text.quote(start, end), rule=rule)
    kept = {*hs, *control}
    kept |= _parents(kept)
    left_out = tuple(finding for code, finding in out.items() if code not in kept)
    return Codes(hs=tuple(hs.values()), control=tuple(_without_parents(control)), excluded=left_out)


def _without_parents(found: dict[str, CodeFinding]) -> list[CodeFinding]:
    """Drop a bare parent (6C002) where its items (6C002.a) are listed."""
    bare = {code.partition(".")[0] for code in found if "." in code}
    return [finding for code, finding in found.items() if code not in bare]


def _parents(codes: Iterable[str]) -> set[str]:
    """Return every code above one of these: 3C901 and 3C901.a above 3C901.a.1."""
    pieces = (code.split(".") for code in codes)
    return {".".join(parts[:depth]) for parts in pieces for depth in range(1, len(parts))}


Hit = tuple[str, int, int, bool]


def _hs(text: Text) -> Iterator[Hit]:
    folded = text.folded
    for label in HS_LABEL.finditer(folded):
        yield from _list_after(folded, label.end())
    if HS_LABEL.search(folded):
        yield from _cells(folded)
        yield from _bracketed(folded)
        yield from _rows(folded)
    yield from _dotted(folded)


def _list_after(folded: str, position: int) -> Iterator[Hit]:
    """Yield the codes that follow a label, as long as nothing but joints stands between them."""
    while True:
        code = HS_CODE.search(folded, position, position + 60)
        if code is None or HS_FILL.sub("", EX.sub("", folded[position : code.start()])):
            return
        if _chapter(code[1]):
            yield code[1].replace(".", ""), code.start(1), code.end(1), excluded(folded, code.start(1))
        position = code.end()


def _cells(folded: str) -> Iterator[Hit]:
    """Yield the codes that fill a cell of a table, one or several."""
    for cell in CELL.finditer(folded):
        line = folded[folded.rfind("\n", 0, cell.start()) + 1 : cell.end() + 1]
        if "\t" not in line:
            continue
        for hit in re.finditer(_FULL, cell["codes"]):
            at = cell.start("codes") + hit.start()
            if _chapter(hit[0]):
                yield hit[0].replace(".", ""), at, at + len(hit[0]), excluded(folded, at)


def _rows(folded: str) -> Iterator[Hit]:
    """Yield the codes that open or close the rows of a list below a heading of its columns."""
    heading = COLUMNS.search(folded)
    for row in ROW_CODE.finditer(folded, heading.end()) if heading else ():
        printed = row[1] or row[2]
        at = row.start(1) if row[1] else row.start(2)
        if _chapter(printed.replace(".", "")):
            yield printed.replace(".", ""), at, at + len(printed), excluded(folded, at)


def _dotted(folded: str) -> Iterator[Hit]:
    """Yield the codes written 8419.89.90, which nothing else is but a day: 2027.01.15 is refused."""
    for hit in DOTTED.finditer(folded):
        code = hit[1].replace(".", "")
        if _chapter(code) and not DAY.fullmatch(hit[1]):
            yield code, hit.start(1), hit.end(1), excluded(folded, hit.start(1))


def _bracketed(folded: str) -> Iterator[Hit]:
    """Yield the codes that fill a bracket (8104.19.00), in a text that speaks of customs codes elsewhere."""
    for hit in BRACKETED.finditer(folded):
        code = hit[1].replace(".", "")
        if _chapter(code):
            yield code, hit.start(1), hit.end(1), excluded(folded, hit.start(1))


def _chapter(code: str) -> bool:
    """Tell whether the first two digits are a chapter; 77 is reserved and empty."""
    return 1 <= int(code[:2]) <= 97 and code[:2] != "77"


def _control(text: Text) -> Iterator[Hit]:
    for hit in CONTROL_CODE.finditer(text.folded):
        sentence = text.sentence_of(hit.start())
        around = text.folded[max(sentence.start, hit.start() - 60) : min(sentence.end, hit.end() + 40)]
        if not FOREIGN_LIST.search(around):
            out = excluded(text.folded, hit.start(1))
            for code in (hit[1], *_to(hit[1], RANGE_END.match(text.folded, hit.end(1)))):
                yield code, hit.start(1), hit.end(1), out


def _to(first: str, end: re.Match[str] | None) -> Iterator[str]:
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
        if 0 < high - low <= MOST_IN_RANGE:
            yield from (f"{first[:2]}{at:03d}" for at in range(low + 1, high))
