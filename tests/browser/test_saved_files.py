"""What Chromium saves of a source, as HAR and as MHTML, is probed as the source itself would be."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page

from controlwatch.adapters.catalog.watcher_loader import load_watchers
from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.cli.common import today
from controlwatch.core.sources.requests import (
    build_column_request,
    build_page_request,
    list_index_urls,
    parse_unit,
)
from controlwatch.core.sources.watcher import Watcher
from controlwatch.demo.stage import shipped_watchers
from controlwatch.testing.regulators import Regulators
from controlwatch.testing.sites import Sites
from tests.cli.test_commands import Terminal

#: A list of links, one in GBK, a unit that a script asks for, a JSON service and a feed.
LINKS, GBK, UNIT, SERVICE, FEED = (
    "gacc-announcements", "tao-measures", "mofcom-policy", "govcn-policy", "china-briefing",
)  # fmt: skip
FETCH = """async ([url, method, form]) => (await fetch(url, {method, body: form || undefined,
    headers: form ? {'content-type': 'application/x-www-form-urlencoded'} : {}})).text()"""


@dataclass(frozen=True)
class Recording:
    """The files that a browser saved of each source, and the sites themselves."""

    folder: Path
    origin: str

    def find(self, watcher_id: str, name: str) -> Path:
        return self.folder / f"{watcher_id}.{name}"

    def load_har(self, watcher_id: str = LINKS) -> dict[str, Any]:
        return dict(json.loads(self.find(watcher_id, "har").read_text(encoding="utf-8")))


def save_mhtml(page: Page, path: Path) -> None:
    """Save a page as the browser's menu does."""
    session = page.context.new_cdp_session(page)
    path.write_text(session.send("Page.captureSnapshot", {"format": "mhtml"})["data"], encoding="utf-8")


def ask_as_its_script_does(page: Page, watcher: Watcher, sites: Sites) -> None:
    """Request the data of a list from its page; the sample pages have no scripts of their own."""
    fetch = HttpFetcher(connect_to=sites.origin)
    column, ids = build_column_request(watcher), None
    with fetch.open_session(watcher) as session:
        shell = session(column) if column is not None else None
    fetch.close()
    if shell is not None:
        ids = parse_unit(watcher, shell.body.decode())
    request = build_page_request(watcher, list_index_urls(watcher, today=today())[0], ids=ids, today=today())
    assert request is not None
    page.evaluate(FETCH, [to_plain(request.url), request.method, urlencode(request.form)])


def to_plain(url: str) -> str:
    """Return an address over plain http: the sites on loopback stand behind a proxy without TLS."""
    return url.replace("https://", "http://")


@pytest.fixture(scope="module")
def recorded(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    folder = tmp_path_factory.mktemp("saved")
    watchers = {watcher.id: watcher for watcher in load_watchers(shipped_watchers())}
    with Sites() as sites:
        regulators = Regulators(sites, watchers.values(), today=today())
        for name in (LINKS, GBK, UNIT, SERVICE, FEED):
            context = browser.new_context(
                proxy={"server": sites.origin},
                record_har_path=folder / f"{name}.har",
                record_har_content="embed",
            )
            page = context.new_page()
            page.goto(to_plain(list_index_urls(watchers[name], today=today())[0]))
            if name in {UNIT, SERVICE}:
                ask_as_its_script_does(page, watchers[name], sites)
            save_mhtml(page, folder / f"{name}.list.mhtml")
            page.goto(to_plain(regulators.columns[name].postings[0].url))
            save_mhtml(page, folder / f"{name}.notice.mhtml")
            context.close()
        yield Recording(folder, sites.origin)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def probe(terminal: Terminal, watcher_id: str, *, saved: Path | None = None, origin: str = "") -> list[str]:
    """Return the differences that a probe prints; without an origin, nothing can be reached."""
    words = ["watchers", "probe", watcher_id, *(["--from", str(saved)] if saved else [])]
    env = {
        "CONTROLWATCH_WATCHERS_DIR": str(shipped_watchers()),
        "CONTROLWATCH_CONNECT_TO": origin or "http://127.0.0.1:1",
    }
    return [line for line in terminal.types(*words, **env).splitlines() if line.startswith("•")]


def refuse(terminal: Terminal, saved: Path, watcher_id: str = LINKS) -> str:
    """Return the sentence with which a probe refuses a file."""
    env = {"CONTROLWATCH_WATCHERS_DIR": str(shipped_watchers())}
    said = terminal.fails("watchers", "probe", watcher_id, "--from", str(saved), **env)
    return " ".join(said.split())


@pytest.mark.parametrize("watcher_id", [LINKS, GBK, UNIT, SERVICE, FEED])
def test_a_har_of_chromium_tells_what_the_live_site_tells(
    recorded: Recording, terminal: Terminal, watcher_id: str
) -> None:
    live = probe(terminal, watcher_id, origin=recorded.origin)
    assert probe(terminal, watcher_id, saved=recorded.find(watcher_id, "har")) == live


@pytest.mark.parametrize("watcher_id", [LINKS, GBK])
def test_a_list_of_links_that_chromium_saved_as_mhtml_tells_what_the_live_site_tells(
    recorded: Recording, terminal: Terminal, watcher_id: str
) -> None:
    live = probe(terminal, watcher_id, origin=recorded.origin)
    assert probe(terminal, watcher_id, saved=recorded.find(watcher_id, "list.mhtml")) == live


@pytest.mark.parametrize("watcher_id", [LINKS, GBK, UNIT, SERVICE])
def test_a_notice_that_chromium_saved_as_mhtml_is_compared_with_the_declaration(
    recorded: Recording, terminal: Terminal, watcher_id: str
) -> None:
    assert probe(terminal, watcher_id, saved=recorded.find(watcher_id, "notice.mhtml")) == []


@pytest.mark.parametrize("watcher_id", [UNIT, SERVICE, FEED])
def test_a_list_that_a_script_draws_is_not_in_an_mhtml_and_the_refusal_says_what_to_save(
    recorded: Recording, terminal: Terminal, watcher_id: str
) -> None:
    said = refuse(terminal, recorded.find(watcher_id, "list.mhtml"), watcher_id)
    assert "as the browser drew it" in said
    assert "save a HAR with content" in said


# --------------------------------------------------------------------------- files that arrive damaged

Change = Callable[[dict[str, Any]], object]


def pages(har: dict[str, Any]) -> list[dict[str, Any]]:
    """The contents of the pages in a HAR."""
    contents = (entry["response"]["content"] for entry in har["log"]["entries"])
    return [content for content in contents if "html" in content.get("mimeType", "")]


def pack(har: dict[str, Any], pack_bytes: Callable[[bytes], bytes], coding: str) -> None:
    """Keep the bodies as they came over the line, as proxies that record do."""
    for entry in har["log"]["entries"]:
        content, headers = entry["response"]["content"], entry["response"]["headers"]
        body = pack_bytes(content["text"].encode())
        content |= {"text": base64.b64encode(body).decode(), "encoding": "base64"}
        if coding:
            headers.append({"name": "Content-Encoding", "value": coding})


@pytest.mark.parametrize(
    "change",
    [
        lambda har: pack(har, bytes, ""),
        lambda har: pack(har, gzip.compress, "gzip"),
        lambda har: pack(har, gzip.compress, ""),
        lambda har: pack(har, bytes, "br"),
    ],
    ids=["base64", "gzip", "gzip without a label", "brotli in name only"],
)
def test_a_har_whose_bodies_are_kept_as_bytes_tells_the_same(
    recorded: Recording, terminal: Terminal, change: Change
) -> None:
    har = recorded.load_har()
    change(har)
    path = Path(terminal.file("bytes.har", json.dumps(har)))
    assert probe(terminal, LINKS, saved=path) == probe(terminal, LINKS, origin=recorded.origin)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda har: [content.pop("text") for content in pages(har)], "holds no contents; save the HAR"),
        (lambda har: pages(har)[0].pop("text"), "and not its content; load the page again"),
        (lambda har: pack(har, lambda body: b"\x8b\x03\x80" + body[:90] + b"\x03", "br"), "packed (br)"),
        (lambda har: pages(har)[0].update(text="§§§§", encoding="base64"), "it is damaged"),
        (lambda har: har["log"].update(entries=[]), "holds no contents"),
        (lambda har: har.pop("log"), "neither a HAR nor an MHTML file"),
    ],
    ids=["no contents", "no content of the list", "brotli", "damaged base64", "empty", "other JSON"],
)
def test_a_har_that_cannot_be_used_is_refused_with_what_to_do(
    recorded: Recording, terminal: Terminal, change: Change, said: str
) -> None:
    har = recorded.load_har()
    change(har)
    assert said in refuse(terminal, Path(terminal.file("broken.har", json.dumps(har))))


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_har_that_was_cut_says_so(recorded: Recording, terminal: Terminal, share: float) -> None:
    text = recorded.find(LINKS, "har").read_text(encoding="utf-8")
    path = Path(terminal.file("cut.har", text[: int(len(text) * share)]))
    assert "ends early: it was not saved or sent whole" in refuse(terminal, path)


def test_a_har_of_another_site_says_which_sites_it_has(recorded: Recording, terminal: Terminal) -> None:
    assert "it has answers of www.gwytb.gov.cn" in refuse(terminal, recorded.find(GBK, "har"))


@pytest.mark.parametrize("name", ["list.mhtml", "notice.mhtml"])
def test_an_mhtml_that_was_cut_is_compared_and_says_so(
    recorded: Recording, terminal: Terminal, name: str
) -> None:
    text = recorded.find(LINKS, name).read_text(encoding="utf-8")
    path = Path(terminal.file(name, text[: int(len(text) * 0.9)]))
    assert any("did not come whole" in line for line in probe(terminal, LINKS, saved=path))


def test_an_mhtml_of_another_site_is_refused_by_name(recorded: Recording, terminal: Terminal) -> None:
    assert "it has answers of www.gwytb.gov.cn" in refuse(terminal, recorded.find(GBK, "notice.mhtml"))
