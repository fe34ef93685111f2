"""Rows of tables as lines of text: cells separated by tabs, and every row able to stand alone."""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_CUSTOMS_CODE = re.compile(r"\d{10}|\d{8}")  # 8486209010 · 84862090
_CODE = re.compile(r"\d{10}|\d{8}|\d[A-E]\d{3}(?:\.[a-z0-9]{1,2})*")  # also 3B915.a
_BETWEEN_CODES = re.compile(r"[\s、，,；;/]+")
_MAX_CODES_IN_CELL = 200  # customs codes; what lists more in one cell is left as it stands
_MAX_COLUMNS = 100  # columns whose cells may reach into later rows
_MAX_CARRIED = 2_000_000  # characters: a page cannot make itself grow by cells that span thousands of rows


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell as its source declares it: text, and how many rows and columns it covers."""

    text: str
    rowspan: int = 1
    colspan: int = 1


class RowSpans:
    """Hands the rows of one table out complete: with the cells of earlier rows that reach into them."""

    def __init__(self) -> None:
        self._reaching: dict[int, tuple[int, str]] = {}  # column: rows still covered, and the text
        self._allowance = _MAX_CARRIED

    def __bool__(self) -> bool:
        return bool(self._reaching)

    def complete_row(self, cells: Iterable[TableCell]) -> tuple[str, ...]:
        """Return a row by columns. A cell that covers several columns stands in the first of them."""
        shown: list[str] = []
        reaching, self._reaching = self._reaching, {}
        last = max(reaching, default=-1)
        waiting = deque(cells)
        while waiting or len(shown) <= last:
            column = len(shown)
            if column in reaching:
                shown.append(self._carry_over(column, *reaching[column]))
            elif waiting:
                shown.extend(self._place_cell(column, waiting.popleft()))
            else:
                shown.append("")
        return tuple(shown)

    def _place_cell(self, column: int, cell: TableCell) -> Iterator[str]:
        for place in range(column, column + cell.colspan):
            text = cell.text if place == column else ""
            self._extend_down(place, cell.rowspan - 1, text)
            yield text

    def _carry_over(self, column: int, left: int, text: str) -> str:
        self._allowance -= len(text) + 1
        self._extend_down(column, left - 1, text)
        return text

    def _extend_down(self, column: int, left: int, text: str) -> None:
        if left > 0 and column < _MAX_COLUMNS and self._allowance > 0:
            self._reaching[column] = (left, text)


def format_rows(cells: Sequence[str]) -> Iterator[str]:
    """Return a row as a line, or as several where a cell lists several customs codes: one code a line."""
    codes = {number: found for number, cell in enumerate(cells) if (found := _split_codes(cell))}
    for turn in range(max((len(found) for found in codes.values()), default=1)):
        shown = (
            codes[number][min(turn, len(codes[number]) - 1)] if number in codes else cell
            for number, cell in enumerate(cells)
        )
        yield "\t".join(shown).rstrip("\t ")


def join_lines(lines: Iterable[str]) -> str:
    """Join the lines that a narrow cell was broken into: Han without a gap, words with one, codes whole."""
    whole = ""
    for line in lines:
        whole = f"{whole}{_choose_separator(whole, line)}{line}" if whole else line
    return whole


def _choose_separator(before: str, after: str) -> str:
    if not after or _is_wide(before[-1]) or _is_wide(after[0]):
        return ""
    head, tail = before.split()[-1:], after.split()[:1]
    if head and tail and _CODE.fullmatch(head[0] + tail[0]) and not _CODE.fullmatch(tail[0]):
        return ""  # 84862090⏎10 · 3B915⏎.a
    return " "


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _split_codes(cell: str) -> tuple[str, ...]:
    """Return the customs codes of a cell that holds two or more, and nothing else."""
    parts = tuple(part for part in _BETWEEN_CODES.split(cell, maxsplit=_MAX_CODES_IN_CELL) if part)
    return parts if len(parts) > 1 and all(_CUSTOMS_CODE.fullmatch(part) for part in parts) else ()
