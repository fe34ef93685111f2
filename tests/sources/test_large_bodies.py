"""Large lists and pages: parsed in a process of their own, to the same result or the same error."""

from __future__ import annotations

import pytest

from controlwatch.adapters.files import documents, large_bodies
from controlwatch.core.model.errors import Challenged, Garbled, SourceError, TimedOut
from controlwatch.core.sources import index_pages
from tests.sources import make

PAGE = "<html><head><title>公告</title></head><body><article>{}</article></body></html>"
TEXT = "<p>为维护国家安全和利益，经批准，决定对下列物项实施出口管制。</p>"


def rows(count: int) -> bytes:
    items = "".join(
        f'<li><a href="/art_{n}.html">第{n}号公告</a><span>2026-03-02</span></li>' for n in range(count)
    )
    return f"<html><body><ul>{items}</ul></body></html>".encode()


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every body count as a large one."""
    monkeypatch.setattr(documents, "LARGE_BODY", 10)


@pytest.mark.usefixtures("apart")
def test_a_list_is_read_to_the_same_rows() -> None:
    watcher, sent = make.watcher(make.links()), make.answer(rows(40))
    page = documents.parse_index(watcher, sent)
    assert page == index_pages.parse_index(watcher, sent)
    assert len(page.refs) == 40


@pytest.mark.usefixtures("apart")
def test_a_page_is_read_to_the_same_document() -> None:
    sent = make.answer(PAGE.format(TEXT * 3).encode())
    assert documents.read_document(sent) == documents.parse_document(sent)


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<html><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};</script><body></body></html>", Challenged),
        (b"From: a@example.com\nSubject: x\nContent-Type: image/png\n\n", Garbled),
    ],
    ids=["challenge", "mail without text"],
)
def test_an_error_comes_through_as_it_was_raised(body: bytes, error: type[SourceError]) -> None:
    sent = make.answer(body, kind="message/rfc822" if body.startswith(b"From") else "text/html")
    with pytest.raises(error) as here:
        documents.parse_document(sent)
    with pytest.raises(error) as there:
        documents.read_document(sent)
    assert str(there.value) == str(here.value)


@pytest.mark.usefixtures("apart")
def test_what_takes_too_long_is_given_up_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_bodies, "PARSE_SECONDS", 0.01)
    with pytest.raises(TimedOut, match="could not be parsed within"):
        documents.parse_index(make.watcher(make.links()), make.answer(rows(40)))
