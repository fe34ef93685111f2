"""The sources of the bench, served by a process of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controlwatch.testing.sites import Answer, Sites

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SOURCES = 200
ROWS, SHORT_ROWS = 15, 3  #: of a list
PAGE = 42_000  #: bytes of an index
SMALL = b"<html><div class='body'>" + "这是一份样例通知，内容与管制无关。".encode() * 3 + b"</div></html>"


def index(number: int, rows: int = ROWS) -> bytes:
    """A list page of the size that such pages have."""
    listed = "".join(
        f'<li><a href="/{number}/n{n}.html">样例通知第{n}号</a><span>2026-03-01</span></li>'
        for n in range(rows)
    )
    head = f'<html><head><meta charset="utf-8"></head><body><ul class="list">{listed}</ul><!--'
    return (head + "x" * (PAGE - len(head.encode()) - 20) + "--></body></html>").encode()


def serve(pipe: Connection) -> None:
    """Serve the sources until told to stop."""
    with Sites() as sites:
        for number in range(SOURCES):
            sites.put(f"{sites.origin}/{number}/index.html", Answer(body=index(number), etag=True))
            sites.put(
                f"{sites.origin}/{number}/short.html", Answer(body=index(number, SHORT_ROWS), etag=True)
            )
            for n in range(ROWS):
                sites.put(f"{sites.origin}/{number}/n{n}.html", Answer(body=SMALL))
        pipe.send(sites.origin)
        pipe.recv()
