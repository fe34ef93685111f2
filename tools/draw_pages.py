"""Draw the pictures of the pages in docs/ from the product (`make pictures`).

The pages of a new installation are served on loopback, with the reference database and the fictional sample
notice, and headless Chromium takes a screenshot of each. CHROMIUM names another executable.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import sync_playwright

from controlwatch.adapters.files.inbox import load_snapshot
from controlwatch.bootstrap.app import open_app
from controlwatch.services.intake import submit
from controlwatch.settings import Settings
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "src" / "controlwatch" / "data" / "samples" / "notice.html"
SAMPLE_URL = "https://www.mofcom.gov.cn/zwgk/zcfb/art/2027/art_88.html"
#: Name of the picture → the page, its width and its height.
PAGES = {
    "page-item": ("/items/gallium", 1180, 1290),
    "page-notice": (f"/notices/{quote('MOFCOM-GACC 2027-88')}?on=2027-03-20", 1180, 1290),
}
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")


def main() -> int:
    """Write the pictures; return the exit status."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    browser_path = next((path for name in names if name and (path := shutil.which(name))), None)
    if browser_path is None:
        print("Chromium is not installed: apt-get install chromium fonts-noto-cjk", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(state_dir=Path(folder), watchers_dir=ROOT / "watchers", listen="127.0.0.1:0")
        with open_app(settings) as app:
            now = datetime.now(UTC)
            snapshot = load_snapshot(SAMPLE, url=SAMPLE_URL, now=now)
            submit(snapshot, app.ingester, app.fetch, app.watchers, title=SAMPLE.stem, now=now)
            with (
                serve_in_thread(build_web_app(app, None), host="127.0.0.1", port=0) as address,
                sync_playwright() as playwright,
            ):
                browser = playwright.chromium.launch(executable_path=browser_path, args=list(OPTIONS))
                for name, (path, width, height) in PAGES.items():
                    page = browser.new_page(viewport={"width": width, "height": height})
                    page.goto(address + path)
                    page.screenshot(path=ROOT / "docs" / f"{name}.png")
                    print(f"docs/{name}.png")
                browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
