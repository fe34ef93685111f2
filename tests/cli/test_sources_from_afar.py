"""A source that this machine does not reach: read from a saved file, from a mirror, and counted as failing."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlencode

import pytest

from controlwatch.adapters.catalog.watcher_loader import load_watchers
from controlwatch.adapters.fetch.saved_session import open_saved_session
from controlwatch.cli.common import today
from controlwatch.core.model.errors import Unreachable, UsageError
from controlwatch.core.sources.index_pages import parse_index
from controlwatch.core.sources.requests import Request, build_page_request
from controlwatch.core.sources.watcher import Watcher
from controlwatch.demo.stage import shipped_watchers
from controlwatch.testing.regulators import Regulators
from controlwatch.testing.sites import Answer, Sites
from tests.cli.test_commands import Terminal
from tests.services.raw_server import answer, ask, serving, watcher_of
from tests.services.world import WATCHER

SITE = "https://www.ministry.example"
LIST, NOTICE = f"{SITE}/notices/index.html", f"{SITE}/notices/art_9.html"
ROWS = (
    '<html><head><meta charset="gbk"></head><body><ul class="list">'
    '<li><a href="/notices/art_10.html">商务部公告2026年第10号</a><span>2026-03-03</span></li>'
    '<li><a href="/notices/art_9.html">商务部公告2026年第9号</a><span>2026-03-02</span></li></ul></body></html>'
)
PAGE = "<html><body><h1>公告</h1><p class='day'>2026-03-02</p><div class='body'><p>为维护国家安全，决定对下列物项实施出口管制措施。</p></div></body></html>"
DECLARATION = """
id = "ministry"
name = "Ministry"
issuer = "MOFCOM"
maintainers = ["tests"]
confidence = "B"
[schedule]
cron = ["*/10 * * * *"]
[index]
kind = "links"
url = "https://www.ministry.example/notices/index.html"
rows = "ul.list > li"
date = "span"
[detail]
title = ["h1"]
published = ["p.day"]
body = ["div.body"]
[http]
hosts = ["www.ministry.example", "mirror.example"]
pause = 0.0
timeout = 20.0
"""


def entry(
    url: str, text: str, *, is_base64: bool = False, status: int = 200, moved: str = ""
) -> dict[str, object]:
    content: dict[str, object] = {"mimeType": "text/html; charset=gbk", "text": text}
    if is_base64:
        content |= {"text": base64.b64encode(text.encode("gbk")).decode(), "encoding": "base64"}
    head = [{"name": "Content-Encoding", "value": "gzip"}, {"name": "ETag", "value": '"1"'}]
    sent = {"status": status, "headers": head, "content": content, "redirectURL": moved}
    return {"request": {"method": "GET", "url": url}, "response": sent}


def har(*entries: dict[str, object]) -> str:
    return json.dumps({"log": {"version": "1.2", "entries": entries}}, ensure_ascii=False)


def mhtml(url: str, page: str) -> bytes:
    saved = EmailMessage()
    saved["Snapshot-Content-Location"] = url
    saved["MIME-Version"] = "1.0"
    saved.make_related()
    part = EmailMessage()
    part.set_content(page, subtype="html", charset="utf-8")
    part["Content-Location"] = url
    saved.attach(part)
    return saved.as_bytes()


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


@pytest.fixture
def folder(terminal: Terminal) -> Path:
    made = terminal.folder / "watchers"
    made.mkdir()
    (made / "ministry.toml").write_text(DECLARATION, encoding="utf-8")
    return made


@pytest.mark.parametrize(
    ("saved", "name"),
    [
        (har(entry(LIST, ROWS), entry(NOTICE, PAGE)).encode(), "list.har"),
        (
            har(entry(LIST, ROWS, is_base64=True), entry(NOTICE, PAGE, is_base64=True)).encode("utf-8-sig"),
            "b.har",
        ),
        (har(entry(LIST, "", status=302, moved="/new"), entry(f"{SITE}/new", ROWS)).encode(), "moved.har"),
        (mhtml(LIST, ROWS), "list.mhtml"),
        (mhtml(NOTICE, PAGE), "notice.mhtml"),
    ],
)
def test_a_file_that_a_browser_saved_is_probed_as_the_site_would_be(
    terminal: Terminal, folder: Path, saved: bytes, name: str
) -> None:
    path = terminal.folder / name
    path.write_bytes(saved)
    env = {"CONTROLWATCH_WATCHERS_DIR": str(folder), "CONTROLWATCH_CONNECT_TO": "http://127.0.0.1:1"}
    said = terminal.types("watchers", "probe", "ministry", "--from", str(path), **env)
    assert "cannot be read" not in said
    assert "could not be decoded" not in said
    assert list((terminal.folder / "state" / "probes" / "ministry").glob("*.bin"))


def test_the_notice_that_the_file_has_is_compared_whichever_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    path.write_text(har(entry(LIST, ROWS), entry(NOTICE, PAGE)), encoding="utf-8")
    session = open_saved_session(path)
    assert session.choose_saved([f"{SITE}/notices/art_10.html", NOTICE]) == NOTICE
    with pytest.raises(Unreachable, match="has no answer of"):
        session(Request(url=f"{SITE}/elsewhere.html"))


API = "https://exportcontrol.mofcom.gov.cn/edi_ecms_web_front/front/column/getColumnList"


def column(number: str, title: str, *, page: str = "1", is_json: bool = False) -> dict[str, object]:
    """The answer of the export-control site for one of its columns, which its pages load by a script."""
    row = {"title": title, "url": f"/article/gzdt/202611/{number}.html", "publishTimeStr": "2026-11-02"}
    found = entry(API, json.dumps({"pageInfo": {"rows": [row] * 12}}, ensure_ascii=False))
    fields = {"columnID": number, "title": "", "pageNumber": page}
    posted = {
        "mimeType": "application/json" if is_json else "application/x-www-form-urlencoded; charset=UTF-8",
        "text": json.dumps(fields) if is_json else urlencode(fields),
        **({} if is_json else {"params": [{"name": name, "value": value} for name, value in fields.items()]}),
    }
    return {**found, "request": {"method": "POST", "url": API, "postData": posted}}


@pytest.mark.parametrize("is_json", [False, True])
@pytest.mark.parametrize("watcher_id", ["exportcontrol-faq", "exportcontrol-lists", "exportcontrol-rules"])
def test_a_list_that_a_script_loads_is_told_from_others_of_its_address_by_what_was_posted(
    tmp_path: Path, watcher_id: str, *, is_json: bool
) -> None:
    watcher = next(item for item in load_watchers(shipped_watchers()) if item.id == watcher_id)
    own = str(watcher.index.params["columnID"])
    others = [number for number in ("9", "16", "17", "99") if number != own]
    path = tmp_path / "exportcontrol.har"
    answers = [column(number, f"栏目{number}", is_json=is_json) for number in (own, *others)]
    path.write_text(har(*answers, column(own, "第二页", page="2", is_json=is_json)), encoding="utf-8")
    request = build_page_request(watcher, watcher.index.url, today=today())
    assert request is not None
    found = open_saved_session(path)(request)
    assert found is not None
    assert {ref.title for ref in parse_index(watcher, found).refs} == {f"栏目{own}"}


def test_a_list_of_another_column_is_not_taken_for_the_one_that_is_declared(tmp_path: Path) -> None:
    path = tmp_path / "other.har"
    path.write_text(har(column("99", "别的栏目")), encoding="utf-8")
    request = Request(url=API, method="POST", form=(("columnID", "17"), ("title", ""), ("pageNumber", "1")))
    with pytest.raises(Unreachable, match="columnID=99 and not columnID=17"):
        open_saved_session(path)(request)


@pytest.mark.parametrize(
    "saved",
    [b"", b"{}", b"<html></html>", b'{"log": {"entries": []}}', b'{"log": {"entries": [{}]}}', b"\xff\xfe"],
)
def test_a_file_that_is_no_saved_page_is_refused_with_a_reason(tmp_path: Path, saved: bytes) -> None:
    (tmp_path / "x.har").write_bytes(saved)
    with pytest.raises(UsageError, match="HAR"):
        open_saved_session(tmp_path / "x.har")


def test_failures_are_counted_by_source_and_kind(terminal: Terminal, folder: Path) -> None:
    env = {"CONTROLWATCH_WATCHERS_DIR": str(folder)}
    assert "No poll failed" in terminal.types("watchers", "stats", **env)
    for origin in ("http://127.0.0.1:1", "http://127.0.0.1:1"):
        terminal.fails("poll", CONTROLWATCH_CONNECT_TO=origin, **env)
    with Sites() as sites:
        sites.put(LIST, Answer(status=403))
        terminal.fails("poll", CONTROLWATCH_CONNECT_TO=sites.origin, **env)
    counts = json.loads(terminal.types("watchers", "stats", "--json", **env))
    assert [(count["watcher"], count["kind"], count["times"]) for count in counts] == [
        ("ministry", "unreachable", 2),
        ("ministry", "refused", 1),
    ]
    assert "route: " in counts[0]["reason"]
    assert "403" in terminal.types("watchers", "stats", **env)


def test_the_figures_of_failing_sources_are_those_of_their_polls(terminal: Terminal) -> None:
    shipped = shipped_watchers()
    columns = "mfa-countersanctions", "govcn-policy", "tariff-commission"
    with Sites() as sites:
        regulators = Regulators(sites, load_watchers(shipped), today=today())
        env = {"CONTROLWATCH_CONNECT_TO": sites.origin, "CONTROLWATCH_WATCHERS_DIR": str(shipped)}
        terminal.types("poll", *columns, **env)
        regulators.challenge("mfa-countersanctions")
        sites.put(load(shipped, "govcn-policy").index.api, Answer(body=b"<html>no JSON</html>"))
        for _ in range(2):
            terminal.fails("poll", *columns, **env)
        regulators.restore("mfa-countersanctions")
        sites.put(load(shipped, "govcn-policy").index.api, Answer(status=503))
        for _ in range(3):
            terminal.fails("poll", *columns, **env)
    counts = json.loads(terminal.types("watchers", "stats", "--json", **env))
    found = {(count["watcher"], count["kind"]): count for count in counts}
    times = {key: count["times"] for key, count in found.items()}
    kind = next(kind for watcher, kind in times if watcher == "govcn-policy" and kind != "refused")
    assert times == {
        ("govcn-policy", "refused"): 3,
        ("govcn-policy", kind): 2,
        ("mfa-countersanctions", "blocked"): 2,
    }
    assert "503" in found["govcn-policy", "refused"]["reason"]
    assert found["govcn-policy", kind]["last_at"] < found["govcn-policy", "refused"]["first_at"]
    assert [count["times"] for count in counts] == [3, 2, 2]
    assert [key for key, count in found.items() if count["failing_since"]] == [("govcn-policy", "refused")]


def load(folder: Path, watcher_id: str) -> Watcher:
    return next(watcher for watcher in load_watchers(folder) if watcher.id == watcher_id)


def test_what_is_declared_for_single_hosts_is_shown_and_checked(terminal: Terminal, folder: Path) -> None:
    env = {"CONTROLWATCH_WATCHERS_DIR": str(folder)}
    exceptions = (
        'mirrors = {"www.ministry.example" = ["mirror.example"]}\n'
        '[[http.tls]]\nhost = "www.ministry.example"\nallow = ["tls-1.0"]\n'
    )
    (folder / "ministry.toml").write_text(DECLARATION + exceptions, encoding="utf-8")
    shown = terminal.types("watchers", **env)
    assert "www.ministry.example: TLS with tls-1.0" in shown
    assert "mirrored by mirror.example" in shown
    wrong = exceptions.replace('"tls-1.0"]', '"tls-1.0"]\ncertificates = "none"\nhots = 1')
    for text, named in (
        (wrong, "did you mean host?"),
        (wrong.replace("hots = 1", ""), "cannot be read as PEM"),
        (exceptions.replace("mirror.example", "other.example"), "not among http.hosts"),
        (exceptions.replace("tls-1.0", "ssl3"), "allowed:"),
    ):
        (folder / "ministry.toml").write_text(DECLARATION + text, encoding="utf-8")
        assert named in terminal.fails("watchers", "check", str(folder))


def test_a_mirror_is_asked_where_the_host_cannot_be_reached_and_its_links_count_as_the_host_s() -> None:
    page = '<ul class="list"><li><a href="/notices/art_1.html">公告</a></li></ul>'.encode()
    with serving(lambda _path, _head: answer(page)) as mirror:
        dead = "127.0.0.1:1"
        watcher = watcher_of(mirror, mirrors={dead: (mirror.host,)})
        watcher = replace(watcher, http=replace(watcher.http, hosts=(dead, mirror.host)))
        sent = ask(watcher, "/notices/index.html")
        assert sent is not None
        assert sent.final_url == f"http://{mirror.host}/notices/index.html"
        index = replace(WATCHER.index, url=f"http://{dead}/notices/index.html", date="")
        refs = parse_index(replace(watcher, index=index), sent).refs
        assert [ref.url for ref in refs] == [f"http://{dead}/notices/art_1.html"]
