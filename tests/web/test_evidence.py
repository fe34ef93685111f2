"""The evidence behind an alert, over real HTTP: from the page of a ministry to the bytes we kept of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from sqlalchemy import text

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.bootstrap.app import build_app
from controlwatch.core.alerting.signed_links import SignedLinks, sign_token
from controlwatch.settings import Settings
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app
from tests.services.test_news import GALLIUM, started
from tests.services.world import WATCHER, Page, World, world

SECRET = b"a-secret-of-at-least-thirty-two-characters"
HOSTILE = Page(
    "/notices/art_66.html",
    "商务部公告2026年第66号 <script>alert(1)</script>",
    "决定对<b>金属镓</b>实施出口管制。&lt;img src=x onerror=alert(1)&gt; 本公告自2026年4月1日起正式实施。",
)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[tuple[World, str]]:
    with world(tmp_path) as w:
        app = build_app(
            Settings(state_dir=tmp_path),
            lexicon=load_lexicon(),
            watchers=(WATCHER,),
            store=w.store,
            fetch=w.fetch,
            channels={},
        )
        app = replace(app, links=SignedLinks(public_url="https://watch.example", secret=SECRET))
        with serve_in_thread(build_web_app(app, None), host="127.0.0.1", port=0) as web:
            yield w, web


def link(web: str, alert_id: int) -> str:
    return f"{web}/alert/{sign_token(SECRET, 'alert', alert_id)}"


def ring(w: World, page: Page) -> int:
    """Publish a page after the first look, and return the id of the alert about it."""
    started(w).ministry.publish(replace(page))
    w.poll()
    ((delivery,),) = w.store.outbox.claim(now=w.now, owner="test", lease=60, most=1)
    return delivery.alert_id


def test_an_alert_leads_to_every_conclusion_with_its_words_and_to_the_bytes_as_sent(
    told: tuple[World, str],
) -> None:
    w, web = told
    alert_id = ring(w, GALLIUM)
    page = httpx.get(link(web, alert_id))
    assert page.status_code == 200
    assert "1 Apr 2026" in page.text
    assert "本公告自2026年4月1日起正式实施" in page.text
    assert "SHA-256" in page.text
    (address,) = re.findall(r'<a href="([^"]+)"', page.text)
    sent = httpx.get(urljoin(str(page.url), address))
    assert sent.content == GALLIUM.html.encode()


def test_what_a_source_sent_is_never_shown_under_our_name(told: tuple[World, str]) -> None:
    w, web = told
    alert_id = ring(w, HOSTILE)
    page = httpx.get(link(web, alert_id))
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    sent = httpx.get(f"{link(web, alert_id)}/copy")
    assert sent.headers["content-disposition"].startswith("attachment")
    assert sent.headers["content-type"] == "application/octet-stream"
    assert sent.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "token", ["1.AAAA", "1", sign_token(SECRET, "unsubscribe", 1), sign_token(b"x" * 32, "alert", 1)]
)
def test_a_token_that_is_not_one_of_an_alert_shows_nothing(told: tuple[World, str], token: str) -> None:
    w, web = told
    ring(w, GALLIUM)
    for address in (f"{web}/alert/{token}", f"{web}/alert/{token}/copy"):
        assert httpx.get(address).status_code == 404


def test_of_what_no_bytes_are_kept_the_link_to_our_copy_says_so(told: tuple[World, str]) -> None:
    w, web = told
    alert_id = ring(w, GALLIUM)
    with w.store.engine.begin() as connection:
        connection.execute(text("UPDATE version SET snapshot_id = NULL"))
    assert "No bytes are kept" in httpx.get(link(web, alert_id)).text
    answer = httpx.get(f"{link(web, alert_id)}/copy")
    assert answer.status_code == 404
    assert "No bytes are kept" in answer.text


def test_an_alert_that_was_never_made_shows_nothing(told: tuple[World, str]) -> None:
    _, web = told
    assert httpx.get(link(web, 999)).status_code == 404
