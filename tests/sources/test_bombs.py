"""Little that becomes much: packed bombs, XML that repeats or fetches, nests; each ends as a doubt or by name."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from controlwatch.adapters.files.documents import read_document
from controlwatch.core.model.errors import SourceError
from controlwatch.core.sources.index_pages import parse_index
from tests.sources import make
from tests.sources.files import ofd, ofd_page, word, word_of, workbook, zipped
from tests.sources.golden import snapshot
from tests.sources.test_documents import URL, annex

ROWS = [("8112929010", "金属镓")]
PART = {
    "word": "word/document.xml",
    "workbook": "xl/worksheets/sheet1.xml",
    "ofd": "Doc_0/Pages/Page_0/Content.xml",
}
WHOLE = {"word": word(ROWS), "workbook": workbook(ROWS), "ofd": ofd(ofd_page(("金属镓", 20, 20)))}


def with_part(kind: str, change: Callable[[bytes], bytes]) -> bytes:
    """A file of that kind whose text part has been changed."""
    with zipfile.ZipFile(io.BytesIO(WHOLE[kind])) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return zipped({**members, PART[kind]: change(members[PART[kind]])})


def declared(entities: str, use: str) -> Callable[[bytes], bytes]:
    """Put entities before a part, and use one of them in its text."""

    def change(xml: bytes) -> bytes:
        text = xml.decode().partition("?>")[2] if xml.startswith(b"<?xml") else xml.decode()
        return f"<!DOCTYPE x [{entities}]>{text.replace('金属镓', use)}".encode()

    return change


LAUGHS = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha" * 500}">' for n in range(9))


@pytest.mark.slow
@pytest.mark.parametrize("kind", PART)
def test_a_part_that_unpacks_beyond_the_bound_is_a_doubt(kind: str) -> None:
    read = annex(with_part(kind, lambda xml: xml + b" " * 201_000_000))
    assert read.text == ""
    assert "bytes unpacked" in str(read.doubt)


@pytest.mark.parametrize("kind", PART)
def test_xml_that_repeats_itself_a_billion_times_is_not_expanded(kind: str) -> None:
    read = annex(with_part(kind, declared(LAUGHS, "&e8;")))
    assert len(read.text) < 1_000_000
    assert "haha" not in read.text
    assert read.text or read.doubt


@pytest.fixture
def overhearing() -> Iterator[tuple[str, list[str]]]:
    """A server that should never be asked, and what it was asked."""
    heard: list[str] = []

    class Ear(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Ear) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", heard
        server.shutdown()


@pytest.mark.parametrize("kind", [*PART, "feed", "page"])
def test_xml_fetches_nothing_from_disk_or_net(
    kind: str, overhearing: tuple[str, list[str]], tmp_path: Path
) -> None:
    origin, heard = overhearing
    secret = tmp_path / "secret"
    secret.write_text("our-secret")
    entities = (
        f'<!ENTITY % p SYSTEM "{origin}/parameter"> %p; <!ENTITY f SYSTEM "file://{secret}">'
        f'<!ENTITY n SYSTEM "{origin}/entity">'
    )
    said = _read(kind, entities)
    assert "our-secret" not in said
    assert heard == []


def _read(kind: str, entities: str) -> str:
    try:
        if kind == "feed":
            body = f"<!DOCTYPE rss [{entities}]><rss version='2.0'><channel><item><title>公告&f;&n;</title><link>https://www.mofcom.gov.cn/a</link></item></channel></rss>"
            index = make.record(kind="feed", rows="", article="")
            return str(
                parse_index(make.watcher(index), make.answer(body.encode(), kind="application/rss+xml"))
            )
        if kind == "page":
            body = f"<!DOCTYPE html [{entities}]><html><body><p>公告&f;&n;有关事项，请各单位遵照执行，特此公告。</p></body></html>"
            return str(read_document(snapshot(body.encode(), url=URL)))
    except SourceError as error:
        return str(error)
    read = annex(with_part(kind, declared(entities, "公告&f;&n;")))
    return f"{read.text}{read.doubt}"


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b"[" * 100_000,
        json.dumps({"page": {"rows": "x"}}).encode(),
    ],
    ids=["objects", "arrays", "no rows"],
)
def test_json_that_nests_or_holds_no_rows_is_refused_by_name(body: bytes) -> None:
    with pytest.raises(SourceError):
        parse_index(make.watcher(make.record()), make.answer(body))


def test_a_feed_that_repeats_itself_a_billion_times_is_refused_or_short() -> None:
    body = f"<!DOCTYPE rss [{LAUGHS}]><rss version='2.0'><channel><item><title>&e8;</title><link>https://www.mofcom.gov.cn/a</link></item></channel></rss>"
    try:
        page = parse_index(
            make.watcher(make.record(kind="feed", rows="", article="")),
            make.answer(body.encode(), kind="text/xml"),
        )
    except SourceError:
        return
    assert len(str(page)) < 100_000


def test_a_word_file_nested_a_thousand_tables_deep_is_a_doubt_or_a_text() -> None:
    deep = (
        "<w:tbl><w:tr><w:tc>" * 5_000
        + "<w:p><w:r><w:t>1C226</w:t></w:r></w:p>"
        + "</w:tc></w:tr></w:tbl>" * 5_000
    )
    read = annex(word_of(deep))
    assert read.text or read.doubt
