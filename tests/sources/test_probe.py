"""A live source that moved away from its declaration is described in sentences."""

from __future__ import annotations

from dataclasses import replace

from controlwatch.core.model import Snapshot
from controlwatch.core.sources.probe_report import find_differences
from controlwatch.core.sources.watcher import Detail, Expect

from .make import SITE, answer, jpaas, links, unit, watcher

STAMPED = (("content-type", "text/html"), ("etag", '"1"'))
IDS = "{'webId':'w','pageId':'%s','tagId':'列表','editType':'null'}"
SHELL = f"""<script url="/unit" queryData="{IDS}"></script>"""
ROW = '<li><a href="/art_1.html">一</a><span>2026-11-02</span></li>'
ROWS = f'<ul>{ROW}<li><a href="/x.html">二</a></li></ul>'
NOTICE = "<h1>标题</h1><p id=d>2026-11-02</p><article>为维护国家安全，决定实施出口管制措施。</article>"


def stamped(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, headers=STAMPED)


def test_a_source_as_declared_differs_in_nothing() -> None:
    source = watcher(jpaas(), detail=Detail(published=("#d",)))
    sent = {"index": unit(f"<ul>{ROW}</ul>"), "detail": stamped(answer(NOTICE))}
    assert find_differences(source, shell=SHELL % "p", **sent) == ()


def test_ids_of_a_redesign_are_reported() -> None:
    found = find_differences(watcher(jpaas()), shell=SHELL % "new", index=unit(ROWS), detail=None)
    assert "The column page says pageId = new; declared is p." in found


def test_another_service_is_reported() -> None:
    moved = (SHELL % "p").replace('url="/unit"', 'url="/v2/unit"')
    found = find_differences(watcher(jpaas()), shell=moved, index=unit(ROWS), detail=None)
    assert f"The column page asks {SITE}/v2/unit; declared is {SITE}/unit." in found


def test_rows_days_and_links_that_do_not_fit_are_reported() -> None:
    source = watcher(links(), expect=Expect(rows=5))
    found = " ".join(
        find_differences(source, shell=None, index=answer(ROWS.replace("2026-11-02", "昨天")), detail=None)
    )
    assert "shows 1 notices; at least 5 are expected" in found
    assert "1 of 2 rows link to" in found
    assert "1 of 1 rows show no readable day" in found
    assert "neither ETag nor Last-Modified" in found


def test_what_cannot_be_read_is_a_difference_too() -> None:
    source = watcher(links(), detail=Detail(title=("h2",), body=("div.art-con",)), charset="gb18030")
    found = " ".join(
        find_differences(source, shell=None, index=answer("<p>无列表</p>"), detail=answer("<p>空</p>"))
    )
    assert "The list cannot be read (reshaped)" in found
    assert "The notice cannot be read (reshaped)" in found
    assert "The list is utf-8; declared is gb18030" in found
    challenge = answer("<script>$_ts=window['$_ts'];</script>")
    assert "challenge" in " ".join(
        find_differences(source, shell="<p></p>", index=challenge, detail=challenge)
    )


def test_selectors_that_no_longer_match_are_reported() -> None:
    source = watcher(links(), detail=Detail(title=("h2.title",), published=("#gone",)))
    found = find_differences(source, shell=None, index=stamped(answer(ROWS)), detail=stamped(answer(NOTICE)))
    assert "Nothing on the notice's page matches detail.title." in found
    assert "Nothing on the notice's page matches detail.published." in found
    assert "The notice shows no day that can be read." in found
