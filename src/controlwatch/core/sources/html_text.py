"""Read HTML as a person sees it: lines of text, rows of tables, and titles.

One paragraph is a line; so is one table row, with its cells separated by tabs.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from controlwatch.core.model.addresses import resolve_link
from controlwatch.core.sources.html_tables import RowSpans, TableCell, format_rows
from controlwatch.core.sources.script_signs import decode_symbol_font, to_subscript, to_superscript

_SKIPPED_TAGS = frozenset(
    {"script", "style", "noscript", "template", "head", "title", "annotation", "annotation-xml"}
    | {"svg", "object", "select", "textarea", "button"}
)
#: Elements that do not break a line.
INLINE_TAGS = frozenset(
    {"a", "abbr", "b", "bdi", "big", "cite", "code", "del", "dfn", "em", "font", "i", "img", "ins", "kbd"}
    | {"label", "mark", "o:p", "q", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup"}
    | {"tt", "u", "var"}
    | {"math", "semantics", "mrow", "mi", "mn", "mo", "mtext", "mstyle", "mspace", "mfenced", "msqrt"}
    | {"mroot", "msup", "msub", "msubsup", "mfrac"}
)
#: Elements of MathML whose second child is a power, an index or a denominator.
_MATH_PARENTS = frozenset({"msup", "msub", "msubsup", "mfrac"})
_RAISED_STYLE = re.compile(r"vertical-align\s*:\s*super", re.IGNORECASE)
_LOWERED_STYLE = re.compile(r"vertical-align\s*:\s*sub", re.IGNORECASE)
_SYMBOL_STYLE = re.compile(r"font-family\s*:\s*['\"]?symbol\b", re.IGNORECASE)
#: Elements whose words a reader sees struck through.
STRUCK_SELECTOR = "s, strike, del, [style*='line-through']"

_BREAK_IN_HAN = re.compile(
    r"(?<=[\u3000-\u9fff\uff00-\uffef])[ \t]*\r?\n\s*(?=[\u3000-\u9fff\uff00-\uffef])"
)  # 商务⏎部
_BLANKS = re.compile(
    r"[ \t\r\n\f\v\u00a0\u2000-\u200a\u202f]+"
)  # not U+3000, which is part of 商务部　海关总署
_ZERO_WIDTH = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")  # zero-width characters, soft hyphens
_EDGES = " \u3000"
_MAX_COLSPAN, _MAX_ROWSPAN = 30, 10_000  # columns and rows that a cell may claim to cover
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")  # <em>出口管制</em>, but not 浓度<5%


def extract_lines(nodes: Iterable[LexborNode], *, without: Container[int] = frozenset()) -> tuple[str, ...]:
    """Return the lines of text below some nodes, in order, without blank ones.

    `without` holds the `mem_id` of nodes to leave out. Block elements and `<br>` break lines, inline elements
    do not. A row of a single cell is read as blocks, and so is a row that lays out a page around a table. A
    cell that spans several rows appears in each of them.
    """
    text = "".join(token for node in nodes for token in ("\n", *_walk_tokens(node, without), "\n"))
    stripped = (line.strip(_EDGES).rstrip("\t ") for line in text.split("\n"))
    return tuple(line for line in stripped if line)


def collapse_whitespace(text: str) -> str:
    """Return a text as one line, runs of white space as one space."""
    return _collapse_blanks(text).strip(_EDGES)


def strip_markup(markup: str) -> str:
    """Return a title from JSON or an attribute as one line, without tags and character references."""
    return collapse_whitespace(html.unescape(_TAG.sub("", markup)))


def _collapse_blanks(text: str) -> str:
    return _BLANKS.sub(" ", _BREAK_IN_HAN.sub("", _ZERO_WIDTH.sub("", text)))


def _walk_tokens(root: LexborNode, without: Container[int]) -> Iterator[str]:
    """Yield the text below a node, without recursion: old editors nest thousands of elements."""
    stack: list[LexborNode | str] = [root]
    spans: dict[int, RowSpans] = defaultdict(RowSpans)
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            yield node
        elif node.is_text_node:
            yield _read_signs(node)
        elif not node.is_element_node or node.tag in _SKIPPED_TAGS or node.mem_id in without:
            continue
        elif node.tag == "br":
            yield "\n"
        elif node.tag == "pre":
            yield "\n" + (node.text() or "").replace("\t", " ") + "\n"
        elif node.tag in _MATH_PARENTS:
            stack.extend(reversed(_list_math_parts(node)))
        elif node.tag == "tr":
            yield from _render_row(node, stack, spans[_find_table_id(node)], without)
        else:
            yield from _open_element(node, stack)


def _read_signs(node: LexborNode) -> str:
    """Return the words of a text node as drawn: raised, lowered, or in the Symbol font."""
    words = _collapse_blanks(node.text_content or "")
    around = node.parent
    while around is not None and around.tag in INLINE_TAGS:
        style = around.attributes.get("style") or ""
        if around.tag == "sup" or _RAISED_STYLE.search(style):
            return to_superscript(words)
        if around.tag == "sub" or _LOWERED_STYLE.search(style):
            return to_subscript(words)
        if (around.attributes.get("face") or "").strip().lower() == "symbol" or _SYMBOL_STYLE.search(style):
            return decode_symbol_font(words)
        around = around.parent
    return words


def _list_math_parts(node: LexborNode) -> list[LexborNode | str]:
    """Return a power, an index or a fraction of MathML as its parts in one line: 10⁵, (a+b)/c."""
    parts = [part for part in node.iter() if part.tag != "mspace"][:3]
    rest = ["".join((part.text() or "").split()) for part in parts[1:]]
    if node.tag == "mfrac":
        return [*parts[:1], "/", *rest]
    turns = (to_superscript,) if node.tag == "msup" else (to_subscript, to_superscript)
    return [*parts[:1], *(turn(words) for turn, words in zip(turns, rest, strict=False))]


def _open_element(node: LexborNode, stack: list[LexborNode | str]) -> Iterator[str]:
    is_block = node.tag not in INLINE_TAGS
    if is_block:
        yield "\n"
        stack.append("\n")
    children = list(node.iter(include_text=True))
    stack.extend(reversed(children))


def _find_table_id(row: LexborNode) -> int:
    """Return the id of the innermost table around a row, 0 outside any."""
    above = row.parent
    while above is not None and above.tag != "table":
        above = above.parent
    return above.mem_id if above is not None else 0


def _render_row(
    row: LexborNode, stack: list[LexborNode | str], spans: RowSpans, without: Container[int]
) -> Iterator[str]:
    """Yield a row of data as a line, followed by the tables inside it; any other row as blocks."""
    cells = tuple(child for child in row.iter() if child.tag in {"td", "th"})
    if len(cells) < 2 and not spans:
        yield from _open_element(row, stack)
        return
    inner = tuple(table for cell in cells for table in _find_outermost_tables(cell))
    outside = _NodeUnion({table.mem_id for table in inner}, without)
    texts = [extract_lines([cell], without=outside) for cell in cells]
    if inner and any(len(text) > 1 for text in texts):
        spans.complete_row(())
        yield from _open_element(row, stack)
        return
    complete = spans.complete_row(
        TableCell(
            " ".join(text),
            rowspan=min(_parse_span(cell, "rowspan"), _MAX_ROWSPAN)
            or _MAX_ROWSPAN,  # 0: the rest of the table
            colspan=min(_parse_span(cell, "colspan"), _MAX_COLSPAN) or 1,
        )
        for cell, text in zip(cells, texts, strict=True)
    )
    if any(texts):  # editors leave empty rows behind where they have merged cells
        yield "".join(f"\n{line}\n" for line in format_rows(complete))
    stack.extend(reversed(inner))


def _parse_span(cell: LexborNode, name: str) -> int:
    digits = (cell.attributes.get(name) or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 9 else 1


def _find_outermost_tables(cell: LexborNode) -> Iterator[LexborNode]:
    stack = list(cell.iter())[::-1]
    while stack:
        node = stack.pop()
        if node.tag == "table":
            yield node
        else:
            stack.extend(list(node.iter())[::-1])


class _NodeUnion:
    """The union of two sets of nodes, without a copy of the larger one for every row."""

    def __init__(self, few: set[int], many: Container[int]) -> None:
        self._few, self._many = few, many

    def __contains__(self, node: object) -> bool:
        return node in self._few or node in self._many


def find_base(tree: LexborHTMLParser, url: str) -> str:
    """Return the address that the relative links of a page start from: `<base href>`, else its own."""
    node = tree.css_first("base[href]")
    declared = node.attributes.get("href") or "" if node is not None else ""
    return resolve_link(declared, base=url) or url
