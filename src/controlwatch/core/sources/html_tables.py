"""Rows of tables as lines of text: cells separated by tabs, and each row complete without the others."""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_CUSTOMS_CODE = re.compile(r"\d{10}|\d{8}")  # 8486209010 · 84862090
_CODE = re.compile(r"\d{10}|\d{8}|\d[A-E]\d{3}(?:\.[a-z0-9]{1,2})*")  # also 3B915.a
_BETWEEN_CODES = re.compile(r"[\s、，,；;/]+")
_MAX_CODES_IN_CELL = 200  # customs codes; a cell with more is not split
_MAX_COLUMNS = 100  # columns whose cells may span later rows
_MAX_CARRIED = 2_000_000  # characters: a page cannot multiply itself by cells that span thousands of rows


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell as its source declares it: its text, and how many rows and columns it spans."""

    text: str
    rowspan: int = 1
    colspan: int = 1


class RowSpans:
    """Completes the rows of one table with the cells of earlier rows that span into them."""

    def __init__(self) -> None:
        self._spanning: dict[int, tuple[int, str]] = {}  # column: rows still covered, and the text
        self._allowance = _MAX_CARRIED

    def __bool__(self) -> bool:
        return bool(self._spanning)

    def complete_row(self, cells: Iterable[TableCell]) -> tuple[str, ...]:
        """Return the texts of a row by column; a cell that spans columns has its text in the first."""
        row: list[str] = []
        spanning, self._spanning = self._spanning, {}
        last = max(spanning, default=-1)
        waiting = deque(cells)
        while waiting or len(row) <= last:
            column = len(row)
            if column in spanning:
                left, text = spanning[column]
                self._allowance -= len(text) + 1
                self._extend_down(column, left - 1, text)
                row.append(text)
            elif waiting:
                cell = waiting.popleft()
                for place in range(column, column + cell.colspan):
                    text = cell.text if place == column else ""
                    self._extend_down(place, cell.rowspan - 1, text)
                    row.append(text)
            else:
                row.append("")
        return tuple(row)

    def _extend_down(self, column: int, left: int, text: str) -> None:
        if left > 0 and column < _MAX_COLUMNS and self._allowance > 0:
            self._spanning[column] = (left, text)


def format_rows(cells: Sequence[str]) -> Iterator[str]:
    """Yield a row as one line; as one line per code where a cell holds only customs codes."""
    codes: dict[int, list[str]] = {}
    for number, cell in enumerate(cells):
        parts = [part for part in _BETWEEN_CODES.split(cell, maxsplit=_MAX_CODES_IN_CELL) if part]
        if len(parts) > 1 and all(_CUSTOMS_CODE.fullmatch(part) for part in parts):
            codes[number] = parts
    for turn in range(max((len(parts) for parts in codes.values()), default=1)):
        line = (
            codes[number][min(turn, len(codes[number]) - 1)] if number in codes else cell
            for number, cell in enumerate(cells)
        )
        yield "\t".join(line).rstrip("\t ")


def join_lines(lines: Iterable[str]) -> str:
    """Join the lines of a narrow cell: Han without a space, words with one, broken codes without."""
    joined = ""
    for line in lines:
        joined = f"{joined}{_choose_separator(joined, line)}{line}" if joined else line
    return joined


def _choose_separator(before: str, after: str) -> str:
    if not after or _is_wide(before[-1]) or _is_wide(after[0]):
        return ""
    head, tail = before.split()[-1:], after.split()[:1]
    if head and tail and _CODE.fullmatch(head[0] + tail[0]) and not _CODE.fullmatch(tail[0]):
        return ""  # 84862090⏎10 · 3B915⏎.a
    return " "


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"
