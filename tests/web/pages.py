"""An installation with a few notices of our own, whose pages are served; and forms as a browser sends them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.bootstrap.app import App, build_app
from controlwatch.settings import Settings
from controlwatch.web.form_guard import TOKEN_FIELD
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app
from tests.services.test_news import OLD
from tests.services.world import WATCHER, Page, World, world

TOKEN = re.compile(rf'name="{TOKEN_FIELD}" value="([0-9a-f]+)"')
HOSTILE = Page(
    "/notices/art_66.html",
    "商务部公告2026年第66号 <script>alert(1)</script>\"'><img src=x onerror=alert(2)>",
    "决定对<b>金属镓</b>实施出口管制。&lt;img src=x onerror=alert(3)&gt; {{ 7 * 7 }} 本公告自2026年4月1日起正式实施。\n"
    '=HYPERLINK("http://evil.example")',
)


@dataclass(frozen=True)
class Pages:
    """The world behind some pages, and the address at which they are served."""

    world: World
    url: str

    def open(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=30)

    def send(self, page: str, path: str, **fields: object) -> httpx.Response:
        """Open a page with a form, and send the form with its token."""
        with httpx.Client(base_url=self.url, timeout=30) as browser:
            found = TOKEN.search(browser.get(page).text)
            assert found is not None, f"{page} has no form"
            return browser.post(path, data={TOKEN_FIELD: found[1], **fields})


@contextmanager
def served_pages(
    folder: Path, *published: Page, set_up: Callable[[App], App] = lambda app: app
) -> Iterator[Pages]:
    """Serve the pages of an installation that saw one old notice, then each of these as new."""
    with world(folder) as w:
        app = build_app(
            Settings(state_dir=folder, listen="127.0.0.1:0"),
            lexicon=load_lexicon(),
            watchers=(WATCHER,),
            store=w.store,
            fetch=w.fetch,
            channels={},
        )
        app = set_up(app)
        w.ministry.publish(replace(OLD))
        w.poll()
        for page in published:
            w.ministry.publish(replace(page))
            w.poll()
        with serve_in_thread(build_web_app(app, None), host="127.0.0.1", port=0) as url:
            yield Pages(w, url)
