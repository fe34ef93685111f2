"""Refuse pages with too deep a tree: elements nested tens of thousands deep.

Parsing HTML and searching its elements take time quadratic in the depth, and block all threads meanwhile. So
a page with much markup is first parsed in a separate process with limits; most pages have little, and skip
this check.

Run as `python -m controlwatch.adapters.sandbox.nesting_guard TYPE`, with the body on standard input; exit
status 0 when the tree is safe to walk.
"""

from __future__ import annotations

import html
import json
import resource
import subprocess
import sys
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from controlwatch.adapters.sandbox.isolated_process import run_isolated
from controlwatch.core.model.errors import Garbled
from controlwatch.core.sources.decoding import decode_body, detect_format

#: Markup that may begin an element or hide its beginning; a body with fewer is safe however it nests.
MARKUP_SIGNS = (b"<", b"&", b"\\u00")
MAX_UNCHECKED_SIGNS = 5_000
#: The depths of all elements added up: the cost of searching below each of them.
MAX_DEPTH_SUM = 20_000_000
#: Characters of the first prefix that is judged; each next one is twice as long: deep nesting starts early.
FIRST_PREFIX_LENGTH = 1 << 16
MAX_MEMORY = 2_000_000_000  # bytes of address space
MAX_CPU_SECONDS, TIMEOUT_SECONDS = 10, 20  # seconds


def check_nesting(body: bytes, content_type: str = "") -> None:
    """Raise `Garbled` when a page, a feed or a JSON answer holds a tree that is too deep; others pass."""
    if sum(body.count(sign) for sign in MARKUP_SIGNS) < MAX_UNCHECKED_SIGNS:
        return
    if detect_format(body, content_type) not in {"html", "text"}:
        return
    try:
        done = run_isolated(
            "controlwatch.adapters.sandbox.nesting_guard",
            content_type[:200],
            given=body,
            seconds=TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        is_safe = False
    else:
        is_safe = done.returncode == 0
    if not is_safe:
        raise Garbled("the page nests its elements too deeply to be read")


def is_fit(body: bytes, content_type: str) -> bool:
    """Return whether every tree that the body may be parsed as is safe to walk."""
    for markup in _find_trees(decode_body(body, header=content_type).text):
        size = FIRST_PREFIX_LENGTH
        while True:
            if _sum_depths(markup[:size]) > MAX_DEPTH_SUM:
                return False
            if size >= len(markup):
                break
            size *= 2
    return True


def _find_trees(text: str) -> Iterator[str]:
    """Yield the text, the text that a feed escapes, and the markup in strings of JSON."""
    yield text
    if "&" in text:
        yield html.unescape(text)
    try:
        waiting = [json.loads(text)]
    except (ValueError, RecursionError):  # not JSON; the parser of the index will report it
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and "<" in value:
            yield value
        elif isinstance(value, list | dict):
            waiting.extend(value.values() if isinstance(value, dict) else value)


def _sum_depths(markup: str) -> int:
    """Return the sum of the depths of all elements."""
    root = LexborHTMLParser(markup).root
    stack = [(root, 0)] if root is not None else []
    total = 0
    while stack:
        node, depth = stack.pop()
        total += depth
        stack.extend((child, depth + 1) for child in node.iter())
    return total


def main(content_type: str) -> None:
    """Judge standard input and exit with status 0 if it is safe, else 1."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    sys.exit(0 if is_fit(sys.stdin.buffer.read(), content_type) else 1)


if __name__ == "__main__":
    main(sys.argv[1])
