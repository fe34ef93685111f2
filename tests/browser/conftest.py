"""A browser for each test file, and an installation whose pages are served on loopback."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from controlwatch.bootstrap.app import App, open_app
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app
from tests.known import known

WIDTHS, HEIGHT = (1280, 390), 800
OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
#: What a page weighs at most on the first view, with its styles and scripts.
MAX_FIRST_VIEW = 100_000


@dataclass(frozen=True)
class Site:
    """An open application, and the address at which its pages are served."""

    app: App
    url: str


@contextmanager
def served(folder: Path, **more: object) -> Iterator[Site]:
    """Serve the pages of a new installation that knows the reference database."""
    chosen = Settings(state_dir=known(folder), watchers_dir=shipped_watchers(), listen="127.0.0.1:0", **more)  # type: ignore[arg-type]
    with (
        open_app(chosen) as app,
        serve_in_thread(build_web_app(app, None), host="127.0.0.1", port=0) as address,
    ):
        yield Site(app, address)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("state")) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    if path is None:
        pytest.fail(
            "Chromium is missing: apt-get install chromium fonts-noto-cjk, or set CHROMIUM to its path"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        yield browser
        browser.close()


class Visit:
    """A page as a person opens it, with everything that the browser complained about or loaded."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page, self.origin = page, origin
        self.complaints: list[str] = []
        self.loaded: dict[str, int] = {}
        page.on(
            "console",
            lambda message: self.complaints.append(message.text) if message.type == "error" else None,
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "response",
            lambda response: (
                self.loaded.update({response.url: len(response.body())}) if response.ok else None
            ),
        )

    def open(self, path: str) -> None:
        self.loaded.clear()
        answer = self.page.goto(self.origin + path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"

    def open_in_both_languages(self, path: str) -> None:
        """Open a page, and check it: each language by axe at one of the widths, and for its width at both."""
        for language, width, other in (("en", *WIDTHS), ("zh", *WIDTHS[::-1])):
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            self.open(f"{path}{'&' if '?' in path else '?'}lang={language}")
            self.has_no_fault()
            self.page.set_viewport_size({"width": other, "height": HEIGHT})
            self.fits_its_window()

    def has_no_fault(self) -> None:
        """No error in the console, nothing from another host, small, accessible, no sideways scrolling."""
        assert self.complaints == []
        assert all(url.startswith((self.origin, "data:")) for url in self.loaded), self.loaded
        assert sum(self.loaded.values()) <= MAX_FIRST_VIEW, self.loaded
        found = Axe().run(self.page)
        assert found.violations_count == 0, found.generate_report()
        self.fits_its_window()

    def fits_its_window(self) -> None:
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"{self.page.url} is {wide} px wider than the window"
        cut = self.page.evaluate(
            "[...document.querySelectorAll('.wide, .top nav')].filter(e => e.scrollWidth > e.clientWidth)"
            ".map(e => e.innerText.slice(0, 60))"
        )
        assert cut == [], f"{self.page.url}: a part has to be pushed sideways to be read"


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": WIDTHS[0], "height": HEIGHT})
    yield Visit(context.new_page(), site.url)
    context.close()
