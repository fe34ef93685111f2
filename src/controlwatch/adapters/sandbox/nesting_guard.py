"""Refuse pages whose tree nobody could walk: elements within elements, tens of thousands deep.

What parses HTML, and what looks for elements in it, takes time by the square of the depth, and holds all our
threads while it does. So a page of many signs is parsed in a process of its own first, within bounds; most
pages have few, and are not asked.

Run as `python -m controlwatch.adapters.sandbox.nesting_guard TYPE`, with the body on standard input; exit
status 0 where the tree is fit to be walked.
"""

from __future__ import annotations

import html
import json
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from controlwatch.adapters.sandbox.isolated_process import run_isolated
from controlwatch.core.model.errors import Garbled
from controlwatch.core.sources.decoding import decode_body

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Signs that may begin an element or hide its beginning; so many are parsed at once however they nest.
MARKUP_SIGNS = (b"<", b"&", b"\\u00")
MAX_UNCHECKED_SIGNS = 5_000
#: The depths of all elements, summed up: what looking for something below each of them takes.
MAX_DEPTH_SUM = 20_000_000
#: Characters of a page that are judged first; then twice as many, and so on: what nests does so early.
FIRST_PREFIX_LENGTH = 1 << 16
MAX_MEMORY = 2_000_000_000  # bytes of address space
MAX_CPU_SECONDS, TIMEOUT_SECONDS = 10, 20  # seconds


def check_nesting(body: bytes, content_type: str = "") -> None:
    """Raise `Garbled` where a page, a feed or a JSON answer holds a tree that is not fit to be walked."""
    if sum(body.count(sign) for sign in MARKUP_SIGNS) < MAX_UNCHECKED_SIGNS:
        return
    try:
        done = run_isolated(
            "controlwatch.adapters.sandbox.nesting_guard",
            content_type[:200],
            given=body,
            seconds=TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        fit = False
    else:
        fit = done.returncode == 0
    if not fit:
        raise Garbled("the page nests its elements too deeply to be read")


def is_fit(body: bytes, content_type: str) -> bool:
    """Say whether every tree that the body may be read as can be walked."""
    text = decode_body(body, header=content_type).text
    return all(
        _sum_depths(part) <= MAX_DEPTH_SUM for markup in _find_trees(text) for part in _list_prefixes(markup)
    )


def _list_prefixes(markup: str) -> Iterator[str]:
    size = FIRST_PREFIX_LENGTH
    while size < len(markup):
        yield markup[:size]
        size *= 2
    yield markup


def _find_trees(text: str) -> Iterator[str]:
    """Yield the text, the text that a feed hides in it, and those that JSON holds."""
    yield text
    if "&" in text:
        yield html.unescape(text)
    try:
        waiting = [json.loads(text)]
    except (ValueError, RecursionError):  # no JSON; its reader will say so
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and "<" in value:
            yield value
        elif isinstance(value, list | dict):
            waiting.extend(value.values() if isinstance(value, dict) else value)


def _sum_depths(markup: str) -> int:
    """Return how deep the elements are, all in all."""
    root = LexborHTMLParser(markup).root
    stack = [(root, 0)] if root is not None else []
    found = 0
    while stack:
        node, depth = stack.pop()
        found += depth
        stack.extend((child, depth + 1) for child in node.iter())
    return found


def main(content_type: str) -> None:
    """Judge standard input, and say by the exit status whether it is fit."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    sys.exit(0 if is_fit(sys.stdin.buffer.read(), content_type) else 1)


if __name__ == "__main__":
    main(sys.argv[1])
