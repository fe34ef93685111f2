"""Turn HTML into lines: one paragraph a line, one table row a line with its cells separated by tabs."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

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
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")  # <em>出口管制</em>, but not 浓度<5%


def lines(nodes: Iterable[LexborNode], *, without: Container[int] = frozenset()) -> tuple[str, ...]:
    """Return the lines of text below some nodes, in order, without blank ones.

    `without` holds the `mem_id` of nodes to leave out. Block elements and `<br>` break lines, inline elements
    do not. A table that holds another table is layout and is read as blocks; so is a row of a single cell.
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
        elif node.tag == "tr" and _is_data(node):
            yield "\n" + _row(node, without) + "\n"
        else:
            yield from _opened(node, stack)


def _opened(node: LexborNode, stack: list[LexborNode | str]) -> Iterator[str]:
    is_block = node.tag not in _INLINE
    if is_block:
        yield "\n"
        stack.append("\n")
    children = list(node.iter(include_text=True))
    stack.extend(reversed(children))


def _cells(row: LexborNode) -> tuple[LexborNode, ...]:
    return tuple(child for child in row.iter() if child.tag in {"td", "th"})


def _is_data(row: LexborNode) -> bool:
    return len(_cells(row)) > 1 and row.css_first("table") is None


def _row(row: LexborNode, without: Container[int]) -> str:
    return "\t".join(" ".join(lines([cell], without=without)) for cell in _cells(row))
