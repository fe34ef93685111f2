"""Watchers and answers, made as small as a test needs them."""

from __future__ import annotations

import json
from dataclasses import replace

from controlwatch.core.model import Snapshot
from controlwatch.core.sources.watcher import Detail, Expect, Http, Index, Schedule, Watcher

from .golden import snapshot

SITE = "https://www.mofcom.gov.cn"


def watcher(
    index: Index, *, detail: Detail | None = None, expect: Expect | None = None, **http: object
) -> Watcher:
    return Watcher(
        id="sample",
        name="Sample",
        issuer="MOFCOM",
        maintainers=("us",),
        confidence="B",
        schedule=Schedule(cron=("*/5 * * * *",)),
        index=index,
        detail=detail or Detail(),
        http=replace(Http(hosts=("www.mofcom.gov.cn",)), **http),
        expect=expect or Expect(),
    )


def links(**keys: object) -> Index:
    return replace(
        Index(
            kind="links",
            url=f"{SITE}/list/index.html",
            rows="ul > li",
            date="span",
            article=r"/art_\d+\.html$",
        ),
        **keys,
    )


def jpaas(**keys: object) -> Index:
    ids = {"webId": "w", "pageId": "p", "tagId": "列表", "editType": "null"}
    return links(**{"kind": "jpaas", "api": f"{SITE}/unit", "params": ids, **keys})


def record(**keys: object) -> Index:
    index = Index(
        kind="json",
        url=f"{SITE}/",
        api=f"{SITE}/api",
        rows="page.rows",
        link="url",
        title="title",
        date="day",
    )
    return replace(index, **keys)


def answer(
    body: object, *, status: int = 200, kind: str = "application/json", url: str = f"{SITE}/list/index.html"
) -> Snapshot:
    if isinstance(body, bytes):
        sent = body
    else:
        sent = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()
    return snapshot(sent, url=f"{SITE}/list/index.html", kind=kind, status=status)


def unit(html: str | None, **keys: object) -> Snapshot:
    return answer({"success": True, "code": "200", "data": {"html": html}, **keys})
