"""Turn HTML into lines: one paragraph a line, one table row a line with its cells separated by tabs."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from controlwatch.core.sources.html_tables import Cell, Spans, rows

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from selectolax.lexbor import LexborNode

_SILENT = frozenset(
    {
        "script",
        "style",
        "noscript",
        "template",
        "head",
        "title",
        "svg",
        "object",
        "select",
        "textarea",
        "button",
    }
)
_INLINE = frozenset(
    {
        "a",
        "abbr",
        "b",
        "big",
        "cite",
        "code",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
        "o:p",
    }
    | {
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "tt",
        "u",
        "var",
        "img",
        "bdi",
        "ruby",
    }
)

_BREAK_IN_HAN = re.compile(
    r"(?<=[\u3000-\u9fff\uff00-\uffef])[ \t]*\r?\n\s*(?=[\u3000-\u9fff\uff00-\uffef])"
)  # 商务⏎部
_BLANKS = re.compile(
    r"[ \t\r\n\f\v\u00a0\u2000-\u200a\u202f]+"
)  # not U+3000, which stands inside 商务部　海关总署
_NOTHING = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")  # zero-width characters, soft hyphens
_EDGES = " \u3000"
_MOST_ACROSS, _MOST_DOWN = 30, 10_000  # columns and rows that a cell may claim to cover
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")  # <em>出口管制</em>, but not 浓度<5%


def lines(nodes: Iterable[LexborNode], *, without: Container[int] = frozenset()) -> tuple[str, ...]:
    """Return the lines of text below some nodes, in order, without blank ones.

    `without` holds the `mem_id` of nodes to leave out. Block elements and `<br>` break lines, inline elements
    do not. A row of a single cell is read as blocks, and so is one that lays a page out around a table. What
    spans several rows stands in each of them.
    """
    text = "".join(token for node in nodes for token in ("\n", *_tokens(node, without), "\n"))
    stripped = (line.strip(_EDGES).rstrip("\t ") for line in text.split("\n"))
    return tuple(line for line in stripped if line)


def fold(text: str) -> str:
    """Return a text as one line, runs of white space as one space."""
    return _folded(text).strip(_EDGES)


def plain(markup: str) -> str:
    """Return one line without tags and character references: a title out of JSON, or out of an attribute."""
    return fold(html.unescape(_TAG.sub("", markup)))


def _folded(text: str) -> str:
    return _BLANKS.sub(" ", _BREAK_IN_HAN.sub("", _NOTHING.sub("", text)))


def _tokens(root: LexborNode, without: Container[int]) -> Iterator[str]:
    """Walk without recursion: old editors nest thousands of elements."""
    stack: list[LexborNode | str] = [root]
    spans: dict[int, Spans] = defaultdict(Spans)
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            yield node
        elif node.is_text_node:
            yield _folded(node.text_content or "")
        elif not node.is_element_node or node.tag in _SILENT or node.mem_id in without:
            continue
        elif node.tag == "br":
            yield "\n"
        elif node.tag == "pre":
            yield "\n" + (node.text() or "").replace("\t", " ") + "\n"
        elif node.tag == "tr":
            yield from _row(node, stack, spans[_table(node)], without)
        else:
            yield from _opened(node, stack)


def _opened(node: LexborNode, stack: list[LexborNode | str]) -> Iterator[str]:
    is_block = node.tag not in _INLINE
    if is_block:
        yield "\n"
        stack.append("\n")
    children = list(node.iter(include_text=True))
    stack.extend(reversed(children))


def _table(row: LexborNode) -> int:
    above = row.parent
    while above is not None and above.tag != "table":
        above = above.parent
    return above.mem_id if above is not None else 0


def _row(
    row: LexborNode, stack: list[LexborNode | str], spans: Spans, without: Container[int]
) -> Iterator[str]:
    """A row of data as a line, the tables inside it after it; any other row as blocks."""
    cells = tuple(child for child in row.iter() if child.tag in {"td", "th"})
    if len(cells) < 2 and not spans:
        yield from _opened(row, stack)
        return
    inner = tuple(table for cell in cells for table in _outermost_tables(cell))
    outside = _Either({table.mem_id for table in inner}, without)
    texts = [lines([cell], without=outside) for cell in cells]
    if inner and any(len(text) > 1 for text in texts):
        spans.row(())
        yield from _opened(row, stack)
        return
    found = spans.row(_cell(cell, " ".join(text)) for cell, text in zip(cells, texts, strict=True))
    if any(texts):  # editors leave empty rows behind where they have merged cells
        yield "".join(f"\n{line}\n" for line in rows(found))
    stack.extend(reversed(inner))


def _cell(cell: LexborNode, text: str) -> Cell:
    down, across = (_number(cell.attributes.get(name)) for name in ("rowspan", "colspan"))
    # rowspan=0 means the rest of the table
    return Cell(text, down=min(down, _MOST_DOWN) or _MOST_DOWN, across=min(across, _MOST_ACROSS) or 1)


def _number(written: str | None) -> int:
    digits = (written or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 9 else 1


def _outermost_tables(cell: LexborNode) -> Iterator[LexborNode]:
    stack = list(cell.iter())[::-1]
    while stack:
        node = stack.pop()
        if node.tag == "table":
            yield node
        else:
            stack.extend(list(node.iter())[::-1])


class _Either:
    """Two sets of nodes asked as one, without copying the larger one for every row."""

    def __init__(self, few: set[int], many: Container[int]) -> None:
        self._few, self._many = few, many

    def __contains__(self, node: object) -> bool:
        return node in self._few or node in self._many
