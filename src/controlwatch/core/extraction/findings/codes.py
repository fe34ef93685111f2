"""HS codes and control codes; look-alikes (dates, telephones, postcodes, foreign lists) are refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.masking import is_excluded
from controlwatch.core.model import CodeFinding

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
)  # what may separate codes of one list
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
)  # 8526101020、8526109020 between tabs; atomic, so that a row of blanks matches in one way only
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
MAX_RANGE_LENGTH = 15  #: a longer range is not a list of neighbours
FOREIGN_LIST = re.compile(
    r"ECCN|EAR\b|美国商业管制清单|商业管制清单|Commerce Control List|CCL\b|欧盟.{0,12}附件一"
    r"|Annex I\b|瓦森纳.{0,8}清单"
)  # codes of foreign lists have the same form


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeCodes:
    """The codes of a text: customs codes, control codes, and those named only to be excluded."""

    hs_codes: tuple[CodeFinding, ...] = ()
    control_codes: tuple[CodeFinding, ...] = ()
    excluded_codes: tuple[CodeFinding, ...] = ()


def find_codes(text: DocumentText) -> NoticeCodes:
    """Return every code with its sentence; a code that is also included somewhere is not excluded."""
    folded = text.folded_text
    codes = list(_find_hs_codes(folded))
    for hit in CONTROL_CODE.finditer(folded):
        sentence = text.find_sentence(hit.start())
        around = folded[max(sentence.start, hit.start() - 60) : min(sentence.end, hit.end() + 40)]
        if not FOREIGN_LIST.search(around):
            last = RANGE_END.match(folded, hit.end(1))
            within = _expand_range(hit[1], last[1]) if last else ()
            codes += [(code, hit.start(1), hit.end(1)) for code in (hit[1], *within)]
    hs, control, excluded = dict[str, CodeFinding](), dict[str, CodeFinding](), dict[str, CodeFinding]()
    for code, start, end in codes:
        found, rule = (control, "code.control") if code[1].isalpha() else (hs, "code.customs")
        if is_excluded(folded, start):
            found, rule = excluded, "code.excluded"
        if code not in found:
            found[code] = CodeFinding(code=code, quote=text.quote_around(start, end), rule=rule)
    # 3C901 and 3C901.a are included where 3C901.a.1 is; 6C002 itself goes where its items are listed.
    pieces = [code.split(".") for code in (*hs, *control)]
    included = {".".join(parts[:depth]) for parts in pieces for depth in range(1, len(parts) + 1)}
    parents = {code.partition(".")[0] for code in control if "." in code}
    return NoticeCodes(
        hs_codes=tuple(hs.values()),
        control_codes=tuple(finding for code, finding in control.items() if code not in parents),
        excluded_codes=tuple(finding for code, finding in excluded.items() if code not in included),
    )


def _find_hs_codes(folded: str) -> Iterator[tuple[str, int, int]]:
    """Yield HS codes (without dots) with start and end: after a label, in tables, in brackets, dotted."""
    printed: list[tuple[str, int]] = []
    labels = list(HS_LABEL.finditer(folded))
    for label in labels:
        # The codes that follow, as long as only joints separate them.
        position = label.end()
        while listed := HS_CODE.search(folded, position, position + 60):
            if HS_JOINER.sub("", BRACKET_NOTE.sub("", folded[position : listed.start()])):
                break
            printed.append((listed[1], listed.start(1)))
            position = listed.end()
    if labels:
        for cell in CODE_CELL.finditer(folded):
            if "\t" in folded[folded.rfind("\n", 0, cell.start()) + 1 : cell.end() + 1]:
                at = cell.start("codes")
                printed += [(hit[0], at + hit.start()) for hit in re.finditer(_FULL_CODE, cell["codes"])]
        printed += [(hit[1], hit.start(1)) for hit in BRACKETED_CODE.finditer(folded)]
        if heading := CODE_COLUMNS.search(folded):
            rows = ROW_CODE.finditer(folded, heading.end())
            printed += [(row[1] or row[2], row.start(1 if row[1] else 2)) for row in rows]
    # Only a day is written like 8419.89.90: 2027.01.15 is refused.
    dotted = (hit for hit in DOTTED_CODE.finditer(folded) if not DATE_LOOKALIKE.fullmatch(hit[1]))
    printed += [(hit[1], hit.start(1)) for hit in dotted]
    for code, start in printed:
        # The first two digits are a chapter of the tariff; 77 is reserved and empty.
        if 1 <= int(code[:2]) <= 97 and code[:2] != "77":
            yield code.replace(".", ""), start, start + len(code)


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
